"""The path of the likelihood lesson by mouse: every step is one view, and nothing jumps."""

import re

from playwright.sync_api import Locator, Page, expect

from lab.likelihood_path import STEPS
from lab.words import say
from tests.browser.conftest import OpenPage
from tests.browser.driving import at_rest, box_of, readout, violations
from tests.browser.walking import overflowing, places

KEYS = [step.key for step in STEPS]


def step(page: Page, key: str) -> Locator:
    """Wait until a step stands in one view, and return its element."""
    found = page.locator(".ce-step")
    expect(found).to_have_attribute("data-step", str(KEYS.index(key) + 1))
    at_rest(page)
    expect(found).to_have_attribute("data-step-kind", STEPS[KEYS.index(key)].kind)
    assert overflowing(page) == [], key
    return found


def go_on(page: Page) -> None:
    page.get_by_role("button", name=say("player.next"), exact=True).click()


def answer(page: Page, text: str) -> None:
    page.get_by_role("button", name=text, exact=True).click()


def drag(page: Page, i: int, down: float) -> None:
    x, y = box_of(page.locator(".ce-handle").nth(i).locator(".ce-knob")).middle
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + down / 2)
    page.mouse.move(x, y + down)


def test_it_is_walked_by_mouse(open_page: OpenPage) -> None:
    page = open_page(path="likelihood", ready=".ce-pillar", size=(1280, 720))
    found = step(page, "model")
    still = places(page)
    answer(page, say("likelihood.model_all", true="cat"))
    expect(page.locator(".ce-text")).to_have_text(say("likelihood.model_all_why"))
    expect(readout(page, "p-0")).to_have_text("0.333")  # nothing moves before it is answered
    answer(page, say("likelihood.model_shares"))
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "p-0")).to_have_text("0.5")
    at_rest(page)
    assert places(page) == still
    assert violations(page) == []

    go_on(page)
    found = step(page, "fit")
    still = places(page)
    expect(found).to_have_attribute("data-goal", "open")
    bar = box_of(page.locator("[data-part='p.0'] .ce-pillar"))
    drag(page, 0, -1.5 * bar.height)  # from 0.2 to 0.5
    expect(found).to_have_attribute("data-goal", "reached")  # while the hand holds it
    expect(readout(page, "verdict")).to_contain_text("% of the most")
    page.mouse.up()
    at_rest(page)
    assert places(page) == still

    go_on(page)
    found = step(page, "come")
    still = places(page)
    expect(readout(page, "product")).to_have_text(re.compile("e−5$"))
    expect(readout(page, "sum-of-logs")).to_be_hidden()
    expect(page.locator(".ce-player button").first).to_be_disabled()
    answer(page, say("likelihood.when_never"))
    expect(found).to_have_attribute("data-goal", "open")
    answer(page, "100")
    expect(found).to_have_attribute("data-goal", "reached")
    # The point runs there, past all that come in between.
    expect(readout(page, "came")).to_have_text(re.compile("^[3-8][0-9]$"))
    at_rest(page)
    expect(readout(page, "product")).to_have_text("0")
    expect(page.locator(".ce-text")).to_contain_text("Animal 102 ")
    assert places(page) == still
    assert violations(page) == []

    go_on(page)
    step(page, "log")
    expect(readout(page, "came")).to_have_text("133")
    expect(readout(page, "verdict")).to_contain_text(readout(page, "sum-of-logs").inner_text())
    point = page.locator(".ce-plot .ce-handle")
    x, y = box_of(point).middle
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 300, y - 200, steps=3)
    expect(readout(page, "product")).not_to_have_text("0")
    expect(readout(page, "verdict")).to_contain_text(readout(page, "product").inner_text())
    page.mouse.up()
    at_rest(page)

    go_on(page)
    found = step(page, "each")
    still = places(page)
    for i, n in ((1, 3), (2, 2), (0, 5)):
        bar = box_of(page.locator(f"[data-part='n.{i}'] .ce-pillar"))
        expect(found).to_have_attribute("data-goal", "open")
        drag(page, i, bar.height * (n - (i == 0)) / n)
        expect(readout(page, f"n-{i}")).to_have_text("1" if i == 0 else "0")
        page.mouse.up()
        at_rest(page)
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "cross-entropy")).to_have_text("0.6931")
    expect(readout(page, "verdict")).to_contain_text("one-hot")
    assert places(page) == still

    go_on(page)
    step(page, "code")
    expect(readout(page, "bits")).to_have_text("1.800")
    go_on(page)
    found = page.locator(".ce-step")
    expect(found).to_have_attribute("data-step", str(len(KEYS)))
    for key in ("bits", "formats", "formulas", "length_title"):
        expect(page.get_by_role("tab", name=say(f"likelihood.{key}"), exact=True)).to_be_visible()
    page.get_by_role("tab", name=say("lesson.questions"), exact=True).click()
    expect(page.get_by_role("button", name=say("likelihood.break_button"))).to_be_visible()


def test_without_motion_the_point_does_not_run(open_page: OpenPage) -> None:
    page = open_page("?at=3", path="likelihood", ready=".ce-point", reduced_motion="reduce")
    step(page, "come")
    page.evaluate(
        """() => {
            window.seen = new Set();
            const look = () => {
                window.seen.add(document.querySelector('[data-readout="came"]').textContent);
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    answer(page, "100")
    expect(readout(page, "product")).to_have_text("0")
    at_rest(page)
    assert page.evaluate("() => [...window.seen]") == ["10", "108"]
