"""The sigmoid lesson as a person uses it, in a real browser."""

import math
import re

import pytest
from playwright.sync_api import Page, expect

from lab.words import say
from pages.sigmoid import OTHER
from tests.app.reading import tells
from tests.browser.conftest import OpenPage
from tests.browser.driving import at_rest, box_of, position, readout, told_of


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
    page = open_sigmoid()
    expect(readout(page, "warnings")).to_have_text(say("pipeline.warnings_none"))
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
