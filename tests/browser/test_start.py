"""The first page, step by step: by mouse, by keys alone, and by touch."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from lab.words import say
from pages.main import LESSONS, TOOLS
from pages.start import STEPS
from tests.browser.conftest import OpenPage
from tests.browser.driving import at_rest, box_of, darken, readout, violations
from tests.browser.walking import arrived, finger, focused, overflowing, places, press

READY = ".ce-pillar"
KEYS = [step.key for step in STEPS]
VIEWS = [(1280, 720), (1366, 768), (1920, 1080)]


def step(page: Page, key: str) -> Locator:
    """Wait until a step stands, and return its element."""
    return arrived(page, KEYS.index(key) + 1)


def handle(page: Page, i: int) -> Locator:
    return page.locator(".ce-handle").nth(i)


def drag(page: Page, i: int, down: float) -> None:
    """Drag the bar of a class by its handle, in two moves, and let go."""
    x, y = box_of(handle(page, i).locator(".ce-knob")).middle
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + down / 2)
    page.mouse.move(x, y + down)


@pytest.mark.parametrize("size", VIEWS)
def test_every_step_is_one_view(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page(path="", ready=READY, size=size)
    for i, key in enumerate(KEYS):
        found = step(page, key)
        expect(found).to_have_attribute("data-step-kind", STEPS[i].kind)
        assert overflowing(page) == [], key
        if i + 1 < len(KEYS):
            page.get_by_role("button", name=say("player.next"), exact=True).click()
    for title in (say("player.play"), say("pipeline.warnings_title")):
        page.get_by_role("tab", name=title).click()
        assert overflowing(page) == [], title


def test_it_is_walked_by_mouse_and_nothing_jumps(open_page: OpenPage) -> None:
    page = open_page(path="", ready=READY, size=(1280, 720))
    found = step(page, "drag")
    expect(page.get_by_role("heading", level=1)).to_have_text(say("start.title"))
    expect(found).to_have_attribute("data-goal", "open")
    still = places(page)
    drag(page, 0, -16)
    expect(found).to_have_attribute("data-goal", "reached")  # while the hand holds it
    expect(readout(page, "exp-0")).to_have_text("inf")
    expect(readout(page, "p-0")).to_have_text("nan")
    expect(readout(page, "p-1")).to_be_hidden()
    expect(readout(page, "verdict")).to_contain_text("65\u202f504")
    page.mouse.up()
    at_rest(page)
    assert places(page) == still

    page.get_by_role("button", name=say("player.next"), exact=True).click()
    found = step(page, "guess")
    still = places(page)
    expect(readout(page, "p-1")).to_be_hidden()
    drag(page, 1, -30)  # nothing moves before the answer
    page.mouse.up()
    expect(readout(page, "z-1")).to_have_text("8")
    page.get_by_role("button", name=say("start.guess_before")).click()
    expect(page.locator(".ce-text")).to_have_text(say("start.guess_before_wrong", other="dog"))
    expect(page.locator(".ce-text")).to_be_focused()
    expect(found).to_have_attribute("data-goal", "open")
    expect(readout(page, "p-1")).to_be_hidden()
    page.get_by_role("button", name=say("start.guess_zero"), exact=True).click()
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "p-1")).to_be_visible()
    expect(readout(page, "p-1")).to_have_text("0")
    expect(page.locator(".ce-text")).to_be_focused()
    assert places(page) == still

    page.get_by_role("button", name=say("player.next"), exact=True).click()
    found = step(page, "subtract")
    still = places(page)
    before = readout(page, "loss-shifted").inner_text()
    page.get_by_role("switch", name=say("start.control_subtract")).click()
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "exp-0")).to_have_text("1")
    expect(readout(page, "loss-shifted")).to_have_text(before)
    assert places(page) == still

    page.get_by_role("button", name=say("player.next"), exact=True).click()
    found = step(page, "again")
    still = places(page)
    for i, down in enumerate((-200, -200, 300)):
        drag(page, i, down)
        expect(page.locator(".ce-count")).to_have_text(say("player.tries", count=i + 1, times=3))
        page.mouse.up()
        at_rest(page)
    expect(found).to_have_attribute("data-goal", "reached")
    assert places(page) == still

    page.get_by_role("button", name=say("player.next"), exact=True).click()
    step(page, "what")
    expect(readout(page, "loss-naive")).to_have_text("nan")
    expect(readout(page, "verdict")).to_contain_text(readout(page, "loss-shifted").inner_text())
    page.get_by_role("button", name=say("player.next"), exact=True).click()
    step(page, "lessons")
    expect(page.get_by_role("main").get_by_role("link")).to_have_count(
        len(LESSONS) - 1 + len(TOOLS)
    )
    mark = say("lesson.done", title=say("start.short"))
    expect(page.get_by_role("link", name=mark, exact=True)).to_be_attached()


def test_it_is_walked_by_keys_alone(open_page: OpenPage) -> None:
    page = open_page(path="", ready=READY, size=(1280, 720))
    found = step(page, "drag")
    press(page, "Tab", focused(page, "[data-slider='logits.0'] input[type=range]"))
    expect(handle(page, 0)).to_have_class(re.compile("ce-focused"))
    for _ in range(4):  # which a slider uses itself
        page.keyboard.press("PageUp")
    expect(found).to_have_attribute("data-goal", "reached")
    press(page, "Tab", focused(page, ".ce-next"))
    page.keyboard.press("Enter")
    found = step(page, "guess")
    press(page, "Shift+Tab", focused(page, ".ce-answer"))
    page.keyboard.press("Enter")  # the last one: nan, which is wrong
    expect(page.locator(".ce-text")).to_be_focused()
    press(page, "Tab", focused(page, ".ce-answer:nth-child(2)"))
    page.keyboard.press("Enter")
    expect(found).to_have_attribute("data-goal", "reached")
    page.keyboard.press("PageDown")
    found = step(page, "subtract")
    press(page, "Shift+Tab", focused(page, "[role=switch]"))
    page.keyboard.press("Space")
    expect(found).to_have_attribute("data-goal", "reached")
    page.keyboard.press("ArrowRight")
    found = step(page, "again")
    press(page, "Tab", focused(page, "[data-slider='logits.2'] input[type=range]"))
    for i, key in enumerate(("End", "Home", "End")):
        page.keyboard.press(key)
        expect(page.locator(".ce-count")).to_have_text(say("player.tries", count=i + 1, times=3))
        at_rest(page)
    expect(found).to_have_attribute("data-goal", "reached")
    page.keyboard.press("Tab")
    page.keyboard.press("PageDown")
    step(page, "what")
    page.keyboard.press("PageUp")
    step(page, "again")
    expect(found).to_have_attribute("data-goal", "reached")  # it is kept


def test_it_is_walked_by_touch(open_page: OpenPage) -> None:
    page = open_page(path="", ready=READY, size=(390, 844), has_touch=True, is_mobile=True)
    found = step(page, "drag")
    finger(page, box_of(handle(page, 0).locator(".ce-knob")).middle, (0, -40))
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "p-0")).to_have_text("nan")
    left, top = box_of(page.locator(".ce-sentence")).middle
    finger(page, (left + 80, top), (-160, 0))
    found = step(page, "guess")
    page.locator(".ce-answer", has_text=say("start.guess_nan")).tap()
    page.get_by_role("button", name=say("start.guess_before")).tap()
    expect(page.locator(".ce-text")).to_have_text(say("start.guess_zero_right", other="dog"))
    page.get_by_role("button", name=say("player.next"), exact=True).tap()
    found = step(page, "subtract")
    page.get_by_role("switch").tap()
    expect(found).to_have_attribute("data-goal", "reached")
    page.get_by_role("button", name=say("player.next"), exact=True).tap()
    found = step(page, "again")
    for i, name in enumerate(("cat", "dog", "goldfish")):
        page.get_by_role("button", name=name, exact=True).tap()
        slider = page.get_by_role("slider", name=f"{name} logit", exact=True)
        box = box_of(slider)
        finger(page, box.middle, (box.width / 2, 0))
        expect(page.locator(".ce-count")).to_have_text(say("player.tries", count=i + 1, times=3))
        at_rest(page)
    expect(found).to_have_attribute("data-goal", "reached")
    page.get_by_role("button", name=say("player.next"), exact=True).tap()
    step(page, "what")
    page.get_by_role("button", name=say("player.next"), exact=True).tap()
    step(page, "lessons")


def test_a_swipe_up_over_a_slider_sets_nothing(open_page: OpenPage) -> None:
    for path in ("", "pipeline"):
        ready = READY if path == "" else ".ce-bar"
        page = open_page(path=path, ready=ready, size=(390, 844), has_touch=True, is_mobile=True)
        at_rest(page)
        address = page.url
        slider = page.get_by_role("slider", name="cat logit", exact=True)
        before = slider.get_attribute("aria-valuetext")
        box = box_of(slider)
        finger(page, (box.left + 0.25 * box.width, box.middle[1]), (2, -120))
        at_rest(page)
        assert slider.get_attribute("aria-valuetext") == before
        assert float(slider.input_value()) == float(before or "nan")
        assert page.url == address
        finger(page, (box_of(slider).left + 0.25 * box.width, box_of(slider).middle[1]))  # a tap
        expect(page).not_to_have_url(address)


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_the_limit_is_named_above_the_last_bar_that_breaks(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = open_page("?at=2&logits=2,7,14&target=2", path="", ready=READY, size=size)
    at_rest(page)
    name = box_of(page.locator(".ce-limit-text:visible"))
    broken = box_of(page.locator(".ce-pillar[data-state=over], .ce-pillar[data-state=inf]").first)
    assert name.top + name.height <= broken.top + 4  # px: a line of text is higher than its letters


def test_a_link_of_each_step_opens_it(open_page: OpenPage) -> None:
    for i, key in enumerate(KEYS):
        page = open_page(f"?at={i + 1}", path="", ready=READY if i + 1 < len(KEYS) else ".ce-bar")
        step(page, key)
        assert f"at={i + 1}" in page.url


def test_no_rule_of_accessibility_is_broken(open_page: OpenPage) -> None:
    page = open_page(path="", ready=READY, size=(1280, 720))
    step(page, "drag")
    assert violations(page) == []
    for at in ("2", "4", "6"):
        page.locator(f".ce-path li:nth-child({at}) button").click()
        step(page, KEYS[int(at) - 1])
        assert violations(page) == [], at
    page.get_by_role("tab", name=say("player.play")).click()
    assert violations(page) == []
    page.locator(".ce-path li:nth-child(3) button").click()
    step(page, "subtract")
    darken(page)
    assert violations(page) == []
    page.locator(".ce-term").first.click()
    expect(page.locator(".ce-meaning")).to_be_visible()
    assert violations(page) == []


def test_a_lecture_is_large_and_stays_in_the_link(open_page: OpenPage) -> None:
    page = open_page("?lecture=1", path="", ready=READY, size=(1280, 720))
    step(page, "drag")
    expect(page.locator("header")).to_be_hidden()
    sizes = page.evaluate(
        """() => [".ce-text", ".ce-task", ".ce-row-note"].map(
            part => parseFloat(getComputedStyle(document.querySelector(part)).fontSize))"""
    )
    assert sizes[0] >= 24
    assert sizes[1] >= 24
    assert sizes[2] >= 18
    assert overflowing(page) == []
    assert violations(page) == []
    page.keyboard.press("PageDown")
    step(page, "guess")
    assert "lecture=1" in page.url
    assert overflowing(page) == []
    page.get_by_role("button", name=say("player.lecture")).click()
    expect(page.locator("header").first).to_be_visible()
    assert "lecture" not in page.url


def test_a_term_is_told_where_it_is_tapped(open_page: OpenPage) -> None:
    page = open_page(path="", ready=READY, size=(1280, 720))
    step(page, "drag")
    term = page.locator(".ce-text .ce-term", has_text="probabilities")
    term.click()
    note = page.locator(".ce-meaning")
    expect(note).to_contain_text(say("terms.softmax"))
    box = box_of(note)
    assert box.left >= 0
    assert box.top >= 0
    page.keyboard.press("Escape")
    expect(note).to_have_count(0)
    expect(term).to_have_attribute("aria-expanded", "false")


def test_without_motion_the_bars_are_there_at_once(open_page: OpenPage) -> None:
    """With it they go; what they say is said at once in both cases."""
    heights = "() => document.querySelector('.ce-pillar').getAttribute('height')"
    for motion in ("reduce", "no-preference"):
        page = open_page("?at=3", path="", ready=READY, reduced_motion=motion)
        step(page, "subtract")
        page.evaluate(
            f"""() => {{
                window.seen = new Set();
                const look = () => {{
                    window.seen.add(({heights})());
                    requestAnimationFrame(look);
                }};
                look();
            }}"""
        )
        page.get_by_role("switch").click()
        expect(readout(page, "exp-0")).to_have_text("1")
        page.wait_for_function(f"() => Math.round(({heights})()) === 2")
        between = page.evaluate("() => window.seen.size")
        assert (between == 2) if motion == "reduce" else (between > 3)


def test_another_page_s_numbers_come_to_the_first_step_as_it_opens(open_page: OpenPage) -> None:
    page = open_page("?logits=1.25,3,-2&names=a,b,c", path="softmax", ready=".ce-bar")
    at_rest(page)
    page.get_by_role("link", name=say("start.short"), exact=True).first.click()
    expect(page.locator(READY).first).to_be_attached()
    step(page, "drag")
    expect(readout(page, "z-0")).to_have_text("9")
    page.get_by_role("link", name=say("pipeline.short"), exact=True).first.click()
    expect(page.locator(".ce-bar").first).to_be_attached()
    at_rest(page)
    assert not re.search("[?&]at=", page.url)


def test_the_tiles_take_along_what_was_played_with(open_page: OpenPage) -> None:
    page = open_page("?logits=1,2,3", path="")
    step(page, "lessons")
    page.get_by_role("tab", name=say("player.play")).click()
    address = page.url
    page.get_by_role("slider", name="dog logit", exact=True).press("PageUp")
    expect(page).not_to_have_url(address)
    page.get_by_role("tab", name=say("start.lessons")).click()
    link = page.get_by_role("main").get_by_role("link", name=say("sigmoid.short"), exact=True)
    expect(link).to_have_attribute("href", re.compile(r"/sigmoid\?logits=1%2C3%2C3&(?!.*[&?]at=)"))
