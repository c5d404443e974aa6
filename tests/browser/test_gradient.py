"""The gradient lesson as a person uses it, in a real browser."""

import math
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from lab.gradient import MAX_STEP
from lab.words import say
from pages.gradient import STEPS
from tests.app.reading import tells
from tests.browser.conftest import OpenPage
from tests.browser.driving import (
    at_rest,
    bars,
    box_of,
    darken,
    position,
    readout,
    slider,
    stop_clock,
    told_of,
    violations,
)
from tests.browser.walking import finger


@pytest.fixture
def open_lesson(open_page: OpenPage) -> OpenPage:
    """Open the gradient lesson."""

    def open_(query: str = "", **options: object) -> Page:
        page = open_page(query, path="gradient", ready=".ce-arrow", **options)
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
        return page

    return open_


def button(page: Page, key: str) -> Locator:
    return page.get_by_role("button", name=say(f"gradient.{key}"), exact=True)


def step(page: Page) -> Locator:
    return page.get_by_role("slider", name=say("gradient.control_step"), exact=True)


def losses(z: list[float], steps: int) -> list[float]:
    """Return the losses of gradient descent with rate 1, the first class being true, by hand."""
    result = []
    for _ in range(steps + 1):
        p = [math.exp(x) / sum(map(math.exp, z)) for x in z]
        result.append(-math.log(p[0]))
        z = [x - (q - (i == 0)) for i, (x, q) in enumerate(zip(z, p, strict=True))]
    return result


def test_one_step_downhill_lowers_the_loss(open_lesson: OpenPage) -> None:
    page = open_lesson("?logits=-3,1,1&target=0")
    expected = losses([-3, 1, 1], 3)
    assert tells(readout(page, "loss").inner_text(), expected[0])
    for taken in (1, 2, 3):
        button(page, "one_step").click()
        expect(page).to_have_url(re.compile(rf"step={taken}(&|$)"))
        expect(step(page)).to_have_attribute("aria-valuetext", str(taken))
        assert tells(readout(page, "loss").inner_text(), expected[taken])
        assert expected[taken] < expected[taken - 1]


def test_play_goes_to_the_end_and_pause_stops_it(open_lesson: OpenPage) -> None:
    page = open_lesson("?logits=-3,1,1&target=0", own_clock=True)
    expected = losses([-3, 1, 1], MAX_STEP)
    log = told_of(page)
    stop_clock(page)
    button(page, "play").click()
    page.clock.run_for(350)
    stopped = int(position(step(page)))
    assert 1 < stopped < MAX_STEP
    assert tells(readout(page, "loss").inner_text(), expected[stopped])
    assert log == []
    button(page, "pause").click()
    expect(button(page, "play")).to_be_focused()
    expect(page).to_have_url(re.compile(rf"step={stopped}(&|$)"))
    page.clock.run_for(350)
    expect(step(page)).to_have_attribute("aria-valuetext", str(stopped))
    assert tells(readout(page, "loss").inner_text(), expected[stopped])
    assert len(log) == 1
    button(page, "play").click()
    page.clock.run_for(100 * MAX_STEP)
    expect(page).to_have_url(re.compile(rf"step={MAX_STEP}(&|$)"))
    expect(step(page)).to_have_attribute("aria-valuetext", str(MAX_STEP))
    expect(button(page, "play")).to_be_visible()
    assert tells(readout(page, "loss").inner_text(), expected[MAX_STEP])
    assert len(log) == 2


def test_a_bar_is_dragged_by_its_end_and_its_arrow_follows(open_lesson: OpenPage) -> None:
    page = open_lesson("?logits=2,1,0.1&target=0")
    log = told_of(page)
    bar, arrow = page.locator(".ce-bar").nth(1), page.locator(".ce-arrow").nth(1)

    def start_and_length() -> tuple[float, float]:
        """Return where the arrow begins, and how far down its tip is, in pixels."""
        start, tip = re.findall(r"^M[\d.]+,([\d.]+)V([\d.]+)", arrow.get_attribute("d") or "")[0]
        return float(start), float(tip) - float(start)

    before, _ = start_and_length()
    path = bars(page)[1]
    box = box_of(bar)
    x = box.middle[0]
    page.mouse.move(x, box.top + 1)
    page.mouse.down()
    page.mouse.move(x, box.top - 30, steps=4)
    expect(slider(page, "dog")).not_to_have_attribute("aria-valuetext", "1")
    expect(readout(page, "loss")).not_to_have_text("0.417030")
    moved = position(slider(page, "dog"))
    assert moved > 1
    expect(bar).not_to_have_attribute("d", path or "")
    top = re.search(r"V([\d.]+)H", bar.get_attribute("d") or "")
    assert top
    start, length = start_and_length()
    assert start == pytest.approx(float(top[1]))
    assert start == pytest.approx(before - 30, abs=4)
    # It is not the true class: it is pushed down by its probability.
    p = math.exp(moved) / (math.exp(2) + math.exp(moved) + math.exp(0.1))
    pixels = (before - start) / (moved - 1)
    assert length / pixels == pytest.approx(0.4 * 10 * p, abs=0.1)
    assert tells(readout(page, "pull-1").inner_text(), p)
    assert log == []
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"logits=2%2C{moved:g}%2C0.1"))
    assert len(log) == 1


# ---------------------------------------------------------------- the steps

KEYS = [one.key for one in STEPS]
STILL = ".ce-head h1, .ce-path button, .ce-stack, .ce-side > *, .ce-sentence, .ce-step, .ce-answer"


def arrive(page: Page, key: str) -> Locator:
    """Wait until a step stands, and return its element."""
    found = page.locator(".ce-step")
    expect(found).to_have_attribute("data-step", str(KEYS.index(key) + 1))
    at_rest(page)
    return found


def onward(page: Page, key: str) -> Locator:
    page.get_by_role("button", name=say("player.next"), exact=True).click()
    return arrive(page, key)


def places(page: Page) -> list[list[float]]:
    return page.evaluate(
        """selector => [...document.querySelectorAll(selector)].map(node => {
            const {x, y, width, height} = node.getBoundingClientRect();
            return [x, y, width, height].map(Math.round);
        })""",
        STILL,
    )


def fits(page: Page) -> bool:
    """Say whether nothing scrolls and nothing is cut off."""
    return page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll(
                ".stMain, .stApp, .ce-led, .ce-sentence, .ce-side, .ce-instruments")]
            .every(node => node.scrollHeight <= node.clientHeight + 1
                && node.scrollWidth <= node.clientWidth + 1)
            && [...document.querySelectorAll(".ce-side > *, .ce-stack, .ce-step")]
            .every(node => {
                const {top, bottom, left, right} = node.getBoundingClientRect();
                return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
            })"""
    )


def answer(page: Page, name: str) -> None:
    page.locator(".ce-answer", has_text=re.compile(f"^{re.escape(name)}$")).click()


def pull(page: Page, target: Locator, right: float, down: float) -> None:
    """Drag something by its middle, and hold it."""
    x, y = box_of(target).middle
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2, steps=3)
    page.mouse.move(x + right, y + down, steps=3)


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768), (1920, 1080)])
def test_every_step_is_one_view(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page(path="gradient", ready=".ce-pillar", size=size)
    for i, key in enumerate(KEYS[:-1]):
        found = arrive(page, key)
        expect(found).to_have_attribute("data-step-kind", STEPS[i].kind)
        assert fits(page), key
        if i + 1 < len(KEYS):
            page.get_by_role("button", name=say("player.next"), exact=True).click()
    arrive(page, "free")
    expect(page.get_by_role("tab", name=say("gradient.forms"))).to_be_visible()


def test_all_steps_are_walked_by_mouse_and_nothing_jumps(open_page: OpenPage) -> None:
    page = open_page(path="gradient", ready=".ce-pillar", size=(1280, 720))
    found = arrive(page, "even")
    still = places(page)
    expect(readout(page, "loss")).to_be_hidden()
    answer(page, "0.3333")
    expect(page.locator(".ce-text")).to_have_text(say("gradient.even_share_why", value="0.3333"))
    expect(found).to_have_attribute("data-goal", "open")
    answer(page, "1.0986")
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "loss")).to_have_text("1.0986")
    expect(readout(page, "loss")).to_be_visible()
    assert places(page) == still

    found = onward(page, "pull")
    still = places(page)
    expect(page.locator(".ce-stack-arrows").first).to_be_hidden()
    answer(page, "dog")
    expect(page.locator(".ce-text")).to_contain_text("0.242")
    answer(page, "cat")
    expect(found).to_have_attribute("data-goal", "reached")
    expect(page.locator(".ce-stack-arrows").first).to_be_visible()
    expect(readout(page, "slope-0")).to_have_text("−0.3410")
    assert places(page) == still

    found = onward(page, "downhill")
    still = places(page)
    rate = page.get_by_role("slider", name=say("gradient.control_rate"), exact=True)
    for taken in range(1, 11):
        button(page, "one_step").click()
        expect(step(page)).to_have_attribute("aria-valuetext", str(taken))
    expect(readout(page, "loss")).to_have_text(f"{losses([-3, 1, 1], 10)[10]:.4f}")
    expect(found).to_have_attribute("data-goal", "open")
    rate.focus()
    for _ in range(2):
        page.keyboard.press("PageUp")
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "verdict")).to_contain_text("10")
    at_rest(page)
    assert places(page) == still

    found = onward(page, "sure")
    still = places(page)
    expect(readout(page, "slope-naive")).to_be_hidden()
    answer(page, "0")
    expect(page.locator(".ce-text")).to_have_text(say("gradient.sure_zero_why"))
    answer(page, "nan")
    expect(readout(page, "slope-naive")).to_have_text("nan")
    expect(readout(page, "loss-naive")).to_have_text("inf")
    expect(readout(page, "slope-fused")).to_have_text("−1")
    assert places(page) == still

    found = onward(page, "map")
    still = places(page)
    point = page.locator("[data-part=map] .ce-dragged")
    before = box_of(point)
    pull(page, point, 60, 20)
    expect(found).to_have_attribute("data-goal", "open")
    expect(readout(page, "z-0")).not_to_have_text("−3")
    expect(readout(page, "z-1")).not_to_have_text("3")
    expect(readout(page, "z-2")).to_have_text("0")
    page.mouse.move(before.middle[0] + 330, before.middle[1] + 130, steps=5)
    expect(found).to_have_attribute("data-goal", "reached")  # while the hand holds it
    held = readout(page, "loss").inner_text()
    assert float(held) < 0.01
    page.mouse.up()
    expect(page).to_have_url(re.compile("logits=(?!-3)"))
    at_rest(page)
    expect(readout(page, "loss")).to_have_text(held)
    assert places(page) == still

    onward(page, "smoothing")
    expect(readout(page, "floor")).to_have_text("0.2911")
    expect(readout(page, "loss")).to_have_text("0.5137")

    found = onward(page, "raw")
    still = places(page)
    c = page.get_by_role("slider", name=say("shared.control_shift"), exact=True)
    pull(page, page.locator(".ce-handle[data-drag='logits.0']"), 0, -120)
    expect(readout(page, "raw")).to_have_text(re.compile(r"^−[12]\d\d$"))
    expect(found).to_have_attribute("data-goal", "open")  # as the probabilities have changed
    page.mouse.up()
    at_rest(page)
    page.locator(".ce-path li:nth-child(7) button").click()
    at_rest(page)
    loss = readout(page, "loss").inner_text()
    c.press("End")
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "loss")).to_have_text(loss)
    expect(readout(page, "raw")).to_have_text("−202")
    at_rest(page)
    assert places(page) == still
    onward(page, "free")
    title = say("gradient.break_button")
    expect(page.get_by_role("button", name=title, include_hidden=True)).to_be_attached()


def test_on_a_phone_a_finger_drags_the_point(open_page: OpenPage) -> None:
    page = open_page(
        "?at=5",
        path="gradient",
        ready=".ce-dragged",
        size=(390, 844),
        has_touch=True,
        is_mobile=True,
    )
    found = arrive(page, "map")
    expect(page.locator(".ce-stack")).to_be_hidden()
    finger(page, box_of(page.locator("[data-part=map] .ce-dragged")).middle, (190, 80))
    expect(found).to_have_attribute("data-goal", "reached")


def test_no_rule_of_accessibility_is_broken_by_a_step(open_page: OpenPage) -> None:
    page = open_page(path="gradient", ready=".ce-pillar", size=(1280, 720))
    for i, key in enumerate(KEYS):
        page.locator(f".ce-path li:nth-child({i + 1}) button").click()
        arrive(page, key)
        assert violations(page) == [], key
    page.locator(".ce-path li:nth-child(3) button").click()
    arrive(page, "downhill")
    darken(page)
    assert violations(page) == []
