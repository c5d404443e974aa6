"""The gradient lesson as a person uses it, in a real browser."""

import math
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from lab.words import say
from pages.gradient import MAX_STEP
from tests.app.reading import tells
from tests.browser.conftest import OpenPage
from tests.browser.driving import (
    bars,
    box_of,
    position,
    readout,
    slider,
    stop_clock,
    told_of,
)


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
