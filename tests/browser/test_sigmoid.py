"""The sigmoid lesson as a person uses it, in a real browser."""

import math
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from lab.binary import OTHER
from lab.words import say
from pages.sigmoid import STEPS
from tests.app.reading import tells
from tests.browser.conftest import OpenPage
from tests.browser.driving import at_rest, box_of, drawn, position, readout, told_of, violations
from tests.browser.walking import finger, overflowing


@pytest.fixture
def open_sigmoid(open_page: OpenPage) -> OpenPage:
    """Open the lesson."""

    def open_(query: str = "") -> Page:
        return open_page(query, path="sigmoid", ready=".ce-point")

    return open_


def expect_shown(page: Page, x: float) -> None:
    """Expect what x makes of the textbook's formulas; the page says it in float64."""
    p, rest = 1 / (1 + math.exp(-x)), 1 / (1 + math.exp(x))
    shown = {
        "sigmoid-naive": p,
        "sigmoid-stable": p,
        "log-naive": math.log(p),
        "log-stable": -math.log1p(math.exp(-x)),
        "slope": p * rest,
        "complement": rest,
        "loss-fused-0": math.log1p(math.exp(x)),
        "loss-fused-1": math.log1p(math.exp(-x)),
    }
    expect(readout(page, "loss-fused-1")).to_have_text(f"{shown['loss-fused-1']:.6f}")
    for name, value in shown.items():
        assert tells(readout(page, name).inner_text(), value), name


def test_the_point_is_dragged_along_the_curve_before_anything_is_sent(
    open_sigmoid: OpenPage,
) -> None:
    page = open_sigmoid("?format=float64")
    told = told_of(page)
    slider = page.locator(".ce-live").first.get_by_role("slider")
    expect_shown(page, 2)
    tangent = page.locator(".ce-line").first
    steep = tangent.get_attribute("d")
    point = page.locator(".ce-point").first
    x, y = box_of(point).middle
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 90, y + 60, steps=4)
    expect(slider).not_to_have_attribute("aria-valuetext", "2")
    moved = position(slider)
    assert -10 < moved < 1
    expect_shown(page, moved)
    expect(readout(page, "verdict")).to_have_text(say("sigmoid.said_agree"))
    assert tangent.get_attribute("d") != steep
    assert told == []
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"x={moved:g}(&|$)"))
    assert told == [page.url]
    expect_shown(page, moved)


def test_the_break_loses_the_log_alone_and_numpy_says_so(open_sigmoid: OpenPage) -> None:
    page = open_sigmoid("?x=2")
    expect(readout(page, "warnings")).to_have_text(say("pipeline.warnings_none"))
    page.get_by_role("tab", name=say("lesson.questions")).click()
    page.get_by_role("button", name=say("sigmoid.break_button"), exact=True).click()
    expect(page).to_have_url(re.compile("x=-1234"))
    expected = {
        "sigmoid-naive": "0",
        "sigmoid-stable": "0",
        "log-naive": "\u2212inf",
        "log-stable": "\u22121234",
        "loss-naive-1": "inf",
        "loss-log-1": "inf",
        "loss-fused-1": "1234.000000",
        "loss-fused-0": "0.000000",
    }
    for name, text in expected.items():
        value = readout(page, name)
        expect(value).to_have_text(re.compile(rf"^{text}(\.0+)?$"))
    verdict = say("sigmoid.said_overflow", format="float64", p="0", stable="\u22121234")
    expect(readout(page, "verdict")).to_have_text(verdict)
    said = [
        say("verdict.warning", pipeline=say("pipeline.loss_naive"), text=text)
        for text in ("overflow encountered in exp", "divide by zero encountered in log")
    ]
    assert readout(page, "warnings").inner_text().splitlines() == said


def test_what_looks_flat_is_1_in_float16_and_not_in_float32(open_sigmoid: OpenPage) -> None:
    page = open_sigmoid("?x=9&format=float32")
    assert tells(readout(page, "sigmoid-stable").inner_text(), 1 / (1 + math.exp(-9)))
    formats = page.get_by_label(say("live.format"))
    formats.select_option("float16")
    expect(readout(page, "sigmoid-stable")).to_have_text("1")
    expect(readout(page, "log-naive")).to_have_text("0")
    expect(readout(page, "complement")).to_have_text(re.compile(r"^1\.23\d*e\u22124$"))
    expect(readout(page, "verdict")).to_contain_text("The sigmoid rounds to 1 in float16")


def test_a_softmax_of_two_follows_the_second_score(open_sigmoid: OpenPage) -> None:
    page = open_sigmoid("?format=float64")
    told = told_of(page)
    page.get_by_role("tab", name=say("sigmoid.pair")).click()
    pair = page.locator(".ce-live").nth(1)
    other = pair.get_by_role("slider", name=OTHER.called(), exact=True)
    other.focus()
    for _ in range(7):
        page.keyboard.down("ArrowRight")
    expect(other).to_have_attribute("aria-valuetext", "0.7")
    total = math.exp(2) + math.exp(0.7)
    one = 1 / (1 + math.exp(-(2 - 0.7)))
    expect(readout(page, "pair-2")).to_have_text(f"{one:.6f}")
    for i, value in enumerate((math.exp(2) / total, math.exp(0.7) / total, one)):
        assert tells(readout(page, f"pair-{i}").inner_text(), value)
    assert readout(page, "pair-0").inner_text() == readout(page, "pair-2").inner_text()
    assert told == []
    page.keyboard.up("ArrowRight")
    expect(page).to_have_url(re.compile(r"other=0\.7"))
    assert told == [page.url]


def test_an_x_that_was_stored_as_infinite_has_no_point_and_breaks_nothing(
    open_page: OpenPage,
) -> None:
    page = open_page("?x=-70000&format=float16", path="sigmoid", ready=".ce-point")
    at_rest(page)
    assert page.locator(".ce-point[visibility=visible]").count() == 0


# ---------------------------------------------------------------- the steps

KEYS = [step.key for step in STEPS]
# What is to stand still whatever is done within a step.
LANDMARKS = (
    ".ce-head h1, .ce-path button, .ce-scene figure:not([data-off]), .ce-stack,"
    " .ce-side > :not([data-off]), .ce-sentence, .ce-step, .ce-do, .ce-answer, .ce-ways button"
)


def step(page: Page, key: str) -> Locator:
    """Wait until a step stands, see that it is one view, and return its element."""
    found = page.locator(".ce-step")
    expect(found).to_have_attribute("data-step", str(KEYS.index(key) + 1))
    expect(found).to_have_attribute("data-step-kind", STEPS[KEYS.index(key)].kind)
    at_rest(page)
    for size in ((1366, 768), (1280, 720)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        assert overflowing(page) == [], (key, size)
        assert page.evaluate(
            """() => [".ce-scene figure:not([data-off])", ".ce-side > *"]
                .flatMap(part => [...document.querySelectorAll(part)])
                .every(node => node.getBoundingClientRect().bottom
                    <= document.querySelector(".ce-sentence").getBoundingClientRect().top)"""
        ), (key, size)
    drawn(page)
    return found


def places(page: Page) -> list[list[float]]:
    return page.evaluate(
        """selector => [...document.querySelectorAll(selector)].map(node => {
            const {x, y, width, height} = node.getBoundingClientRect();
            return [x, y, width, height].map(Math.round);
        })""",
        LANDMARKS,
    )


def go_on(page: Page) -> None:
    page.get_by_role("button", name=say("player.next"), exact=True).click()


def answer(page: Page, text: str) -> None:
    page.get_by_role("button", name=text, exact=True).click()


def drag(page: Page, knob: Locator, right: float, down: float) -> None:
    """Drag a point in two moves, and keep it in hand."""
    x, y = box_of(knob).middle
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2)
    page.mouse.move(x + right, y + down)


def test_the_steps_are_walked_by_mouse_and_nothing_jumps(open_page: OpenPage) -> None:
    page = open_page(path="sigmoid", ready=".ce-point", size=(1280, 720))
    found = step(page, "squash")
    still = places(page)
    expect(found).to_have_attribute("data-goal", "open")
    drag(page, page.locator(".ce-dragged").first, 220, -130)
    expect(found).to_have_attribute("data-goal", "reached")  # while the hand holds it
    expect(readout(page, "verdict")).to_contain_text("What is missing to 1")
    page.mouse.up()
    at_rest(page)
    assert places(page) == still
    assert violations(page) == []

    go_on(page)
    found = step(page, "steep")
    still = places(page)
    tangent = page.locator(".ce-line[data-part=tangent]")
    expect(readout(page, "slope")).to_be_hidden()
    assert tangent.evaluate("node => getComputedStyle(node).visibility") == "hidden"
    drag(page, page.locator(".ce-dragged").first, 100, 0)  # nothing moves before the answer
    page.mouse.up()
    expect(readout(page, "sigmoid-stable")).to_have_text("0.500000")
    answer(page, "0.5")
    expect(page.locator(".ce-text")).to_have_text(say("sigmoid.steep_why_1"))
    expect(page.locator(".ce-text")).to_be_focused()
    expect(readout(page, "slope")).to_be_hidden()
    answer(page, "0.25")
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "slope")).to_have_text("0.25")
    assert tangent.evaluate("node => getComputedStyle(node).visibility") == "visible"
    assert places(page) == still

    go_on(page)
    found = step(page, "flat")
    still = places(page)
    drag(page, page.locator(".ce-dragged").first, 100, 0)
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "sigmoid-stable")).to_have_text("1")
    expect(readout(page, "verdict")).to_contain_text("was rounded to 1")
    page.mouse.up()
    at_rest(page)
    assert places(page) == still

    go_on(page)
    found = step(page, "break")
    still = places(page)
    for name in ("exp", "sigmoid-naive", "log-naive"):
        expect(readout(page, name)).to_be_hidden()
    answer(page, "\u2212800")
    expect(page.locator(".ce-text")).to_have_text(say("sigmoid.break_why_0"))
    answer(page, "\u2212inf")
    expect(found).to_have_attribute("data-goal", "reached")
    shown = {
        "exp": "inf",
        "sigmoid-naive": "0",
        "log-naive": "\u2212inf",
        "log-stable": "\u2212800",
    }
    for name, text in shown.items():
        expect(readout(page, name)).to_be_visible()
        expect(readout(page, name)).to_have_text(text)
    assert places(page) == still
    # The log is the largest text on the screen.
    size = "node => parseFloat(getComputedStyle(node).fontSize)"
    largest = readout(page, "log-naive").evaluate(size)
    others = page.evaluate(
        f"""() => [...document.querySelectorAll(".ce-led *")]
            .filter(node => node.checkVisibility() && node.childElementCount === 0
                && node.dataset.readout !== "log-naive" && node.textContent.trim())
            .map({size})"""
    )
    assert largest > 1.5 * max(others)
    assert violations(page) == []

    go_on(page)
    step(page, "from_x")
    expect(readout(page, "loss-fused-0")).to_have_text("20.0000")
    expect(readout(page, "loss-naive-0")).to_have_text("inf")
    expect(readout(page, "loss-naive-1")).to_have_text("0")

    go_on(page)
    found = step(page, "two")
    still = places(page)
    x, y = box_of(page.locator(".ce-knob").first).middle
    page.mouse.move(x, y)
    page.mouse.down()
    for up in range(1, 200):
        page.mouse.move(x, y - up)
        if found.get_attribute("data-goal") == "reached":
            break
    expect(found).to_have_attribute("data-goal", "reached")
    page.mouse.up()
    at_rest(page)
    expect(readout(page, "p-0")).to_have_text(re.compile(r"^0\.90"))
    assert readout(page, "p-0").text_content() == readout(page, "pair-2").text_content()
    assert places(page) == still

    go_on(page)
    step(page, "free")
    for title in ("sigmoid.losses", "sigmoid.formulas", "sigmoid.pair", "lesson.questions"):
        page.get_by_role("tab", name=say(title)).click()
        assert overflowing(page) == [], title
    expect(page.locator(".ce-predict legend")).to_have_count(3)
    expect(page.get_by_role("main").locator("a.ce-next")).to_be_visible()
    mark = say("lesson.done", title=say("sigmoid.short"))
    expect(page.get_by_role("link", name=mark, exact=True)).to_be_attached()


def test_a_finger_has_the_point_itself(open_page: OpenPage) -> None:
    page = open_page(
        path="sigmoid", ready=".ce-point", size=(390, 844), has_touch=True, is_mobile=True
    )
    at_rest(page)
    found = page.locator(".ce-step")
    finger(page, box_of(page.locator(".ce-plot .ce-handle").first).middle, (90, -110))
    expect(found).to_have_attribute("data-goal", "reached")
    expect(found).to_have_attribute("data-step", "1")  # it was no swipe
    assert float(readout(page, "sigmoid-stable").inner_text()) >= 0.99


def test_the_curve_is_drawn_from_all_its_numbers(open_page: OpenPage) -> None:
    page = open_page(path="sigmoid", ready=".ce-point")
    at_rest(page)
    path = page.locator(".ce-scene .js-line").first.get_attribute("d") or ""
    assert len(re.findall("[ML]", path)) > 200
