"""The softmax lesson as a person uses it, in a real browser."""

import math
import re
from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, expect

from lab.softmax import TEMPERATURE
from lab.words import say
from pages.softmax import STEPS
from tests.app.reading import tells
from tests.browser.conftest import OpenPage
from tests.browser.driving import box_of, field, position, readout, slider, told_of

FREE = f"?at={len(STEPS)}"
LINES = ("logits", "largest", "shifted", "exp", "total", "probabilities", "check", "without")


@pytest.fixture
def open_softmax(open_page: OpenPage) -> OpenPage:
    """Open the lesson."""

    def open_(query: str = FREE) -> Page:
        return open_page(query, path="softmax")

    return open_


def lines(page: Page) -> dict[str, list[str]]:
    """Return the numbers of the table, line by line; a line begins with its name."""
    table = page.locator(f'table[aria-label="{say("softmax.lines")}"]')  # in a tab, seen or not
    rows = table.locator("tbody tr").all()
    found = {
        re.match(r"\w+", row.locator("th").text_content() or "")[0]: (
            row.locator("td").all_text_contents()
        )
        for row in rows
    }
    assert tuple(found) == LINES
    return found


def expect_lines(page: Page, logits: Sequence[float]) -> None:
    """Expect what a loop makes of these logits in float64, step after step."""
    largest = max(logits)
    below = [z - largest for z in logits]
    exps = [math.exp(d) for d in below]
    total = math.fsum(exps)
    p = [e / total for e in exps]
    whole = [None] * len(logits)
    expected = {
        "logits": [*logits, None],
        "largest": [*whole, largest],
        "shifted": [*below, None],
        "exp": [*exps, None],
        "total": [*whole, total],
        "probabilities": [*p, None],
        "check": [*p, None],
    }
    expect(readout(page, "total_shifted")).to_have_text(f"{total:.4f}")
    shown = lines(page)
    for name, values in expected.items():
        for text, value in zip(shown[name], values, strict=True):
            assert text == "" if value is None else tells(text, value), name
    assert all(abs(float(text.replace("\u2212", "-"))) < 1e-15 for text in shown["without"][:-1])
    for name, value in (("largest_shifted", largest), ("total_shifted", total)):
        assert tells(readout(page, name).inner_text(), value)
    for i, value in enumerate(p):
        assert tells(readout(page, f"p-shifted-{i}").inner_text(), value)
        for j, other in enumerate(p):
            moves = readout(page, f"jacobian-{i}-{j}").text_content() or ""
            assert tells(moves, value * ((i == j) - other))


def test_a_bar_of_exp_is_dragged_and_every_line_follows(open_softmax: OpenPage) -> None:
    page = open_softmax("?format=float64")
    told = told_of(page)
    expect_lines(page, [2, 1, 0.1])
    bar = page.locator(".ce-bar").nth(1)  # exp of dog
    box = box_of(bar)
    x = box.middle[0]
    page.mouse.move(x, box.top + 2)
    page.mouse.down()
    page.mouse.move(x, box.top - 50, steps=4)
    expect(slider(page, "dog")).not_to_have_attribute("aria-valuetext", "1")
    moved = position(slider(page, "dog"))
    assert moved > 2
    expect_lines(page, [2, moved, 0.1])
    expect(readout(page, "largest")).to_contain_text("dog has the largest logit")
    assert told == []
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"logits=2%2C{moved:g}%2C0.1"))
    assert told == [page.url]
    expect_lines(page, [2, moved, 0.1])


def test_a_tie_is_told_where_it_is_and_nowhere_else(open_softmax: OpenPage) -> None:
    page = open_softmax("?logits=2,1.9,0.1&format=float64")
    told = told_of(page)
    expect(readout(page, "largest")).to_contain_text("cat has the largest logit, 2.")
    slider(page, "dog").focus()
    page.keyboard.down("ArrowRight")
    total = 2 + math.exp(0.1 - 2)
    tie = say("softmax.largest_tie", ties=2, largest=2, total=f"{total:.6g}")
    expect(readout(page, "largest")).to_have_text(tie)
    assert readout(page, "p-shifted-0").inner_text() == readout(page, "p-shifted-1").inner_text()
    page.keyboard.down("ArrowRight")
    expect(readout(page, "largest")).to_contain_text("dog has the largest logit, 2.1.")
    assert told == []
    page.keyboard.up("ArrowRight")
    field(page, "goldfish").fill("2.1")
    field(page, "goldfish").press("Enter")
    expect(readout(page, "largest")).to_contain_text("2 classes share the largest logit, 2.1.")


def test_a_low_temperature_stretches_the_differences(open_softmax: OpenPage) -> None:
    page = open_softmax("?format=float64&shift=-1")
    told = told_of(page)
    temperature = page.get_by_role("slider", name=TEMPERATURE.called(), exact=True)
    temperature.focus()
    page.keyboard.down("Home")
    expect(temperature).to_have_attribute("aria-valuetext", re.compile("."))
    expect(readout(page, "largest")).to_contain_text("cat has the largest logit, 19.")
    expect_lines(page, [19, 9, 0])
    assert told == []
    page.keyboard.up("Home")
    expect(page).to_have_url(re.compile(r"temperature=0\.1"))


def test_the_break_fills_the_naive_line_with_nan_and_leaves_the_others(
    open_softmax: OpenPage,
) -> None:
    page = open_softmax()
    page.get_by_role("tab", name=say("lesson.questions"), exact=True).click()
    page.get_by_role("button", name=say("softmax.break_button"), exact=True).click()
    expect(readout(page, "total_naive")).to_have_text("inf")
    expect(page).to_have_url(re.compile("logits=95%2C94%2C92"))
    shown = lines(page)
    assert shown["check"] == shown["without"] == ["nan"] * 3 + [""]
    total = 1 + math.exp(-1) + math.exp(-3)
    for text, value in zip(shown["probabilities"], (1, math.exp(-1), math.exp(-3)), strict=False):
        assert float(text) == pytest.approx(value / total, rel=1e-6)
    for swatch, state, count in (("naive", "inf", 3), ("naive", "nan", 3), ("shifted", "", 6)):
        bars = page.locator(f'.ce-bar[data-swatch="{swatch}"][data-state="{state}"]')
        expect(bars).to_have_count(count)
    expect(readout(page, "warnings")).to_contain_text("overflow encountered in exp")
