"""The steps of the softmax lesson, walked by mouse; what stands still, and what fits."""

import pytest
from playwright.sync_api import Locator, Page, expect

from lab.parameters import SHIFT
from lab.softmax import TEMPERATURE
from lab.words import say
from pages.softmax import STEPS
from tests.browser.conftest import OpenPage
from tests.browser.driving import at_rest, box_of, readout, violations
from tests.browser.test_start import drag
from tests.browser.walking import overflowing, places

KEYS = [step.key for step in STEPS]
READY = ".ce-pillar"


def step(page: Page, key: str) -> Locator:
    found = page.locator(".ce-step")
    expect(found).to_have_attribute("data-step", str(KEYS.index(key) + 1))
    at_rest(page)
    return found


def onward(page: Page) -> None:
    page.get_by_role("button", name=say("player.next"), exact=True).click()


def choose(page: Page, text: str) -> None:
    page.get_by_role("button", name=text, exact=True).click()


def pull(page: Page, name: str, share: float) -> None:
    """Take a slider's thumb by the mouse to a share of its way, and hold it there."""
    slider = page.get_by_role("slider", name=name, exact=True)
    box = box_of(slider)
    value, low, high = (
        float(slider.evaluate("(node, key) => node[key]", key)) for key in ("value", "min", "max")
    )
    y = box.middle[1]
    page.mouse.move(box.left + 8 + (box.width - 16) * (value - low) / (high - low), y)
    page.mouse.down()
    page.mouse.move(box.left + 8 + (box.width - 16) * share, y, steps=4)


def let_go(page: Page) -> None:
    page.mouse.up()
    at_rest(page)


def said(page: Page, name: str) -> str:
    return readout(page, name).text_content() or ""


def columns(page: Page) -> list[list[float]]:
    """Return where the columns of each table that is seen stand."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".ce-led table")].map(table =>
            [...table.rows[0].cells].map(cell => Math.round(cell.getBoundingClientRect().x)))"""
    )


def test_it_is_walked_by_mouse_and_nothing_jumps(open_page: OpenPage) -> None:
    page = open_page(path="softmax", ready=READY, size=(1280, 720))
    found = step(page, "scores")
    still = places(page)
    less, same, more = (say(f"softmax.ask_option_{i}") for i in range(3))
    choose(page, more)
    text = page.locator(".ce-text")
    expect(text).to_have_text(say("softmax.scores_more", true="cat", other="dog"))
    expect(found).to_have_attribute("data-goal", "open")
    expect(readout(page, "z-0")).to_have_text("2")
    choose(page, less)
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "z-0")).to_have_text("3")
    expect(text).to_contain_text(said(page, "p-1"))
    assert places(page) == still

    onward(page)
    step(page, "over")
    still = places(page)
    drag(page, 2, -30)
    expect(readout(page, "share-2")).to_have_text(said(page, "p-2"))
    expect(readout(page, "p-2")).not_to_have_text("0.0986")
    let_go(page)
    assert places(page) == still

    onward(page)
    found = step(page, "everyone")
    still, stand = places(page), columns(page)
    expect(page.locator(".ce-handle")).to_have_count(2)
    drag(page, 0, 60)
    expect(found).to_have_attribute("data-goal", "reached")  # while the hand holds it
    expect(readout(page, "z-1")).to_have_text("1")
    expect(readout(page, "moves")).to_contain_text(said(page, "jacobian-1-0"))
    assert columns(page) == stand
    let_go(page)
    assert places(page) == still

    onward(page)
    found = step(page, "add")
    still, p = places(page), said(page, "p-0")
    choose(page, more)
    choose(page, same)
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "z-0")).to_have_text("102")
    expect(readout(page, "p-0")).to_have_text(p)
    assert places(page) == still

    onward(page)
    found = step(page, "lines")
    still, stand = places(page), columns(page)
    check = page.get_by_role("row", name=say("softmax.line_naive"))
    expect(check).not_to_contain_text("nan")
    pull(page, SHIFT.called(), 1)
    expect(check).to_contain_text("nan")
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "lines")).to_contain_text("exp(102)")
    row = page.get_by_role("row", name="probabilities = exp / total")
    assert [float(cell) for cell in row.locator("td").all_inner_texts()[:3]] == pytest.approx(
        [0.659001, 0.242433, 0.098566], abs=1e-5
    )
    assert columns(page) == stand
    let_go(page)
    assert places(page) == still
    assert overflowing(page) == []

    onward(page)
    found = step(page, "heat")
    still = places(page)
    for share, count in ((0, 1), (1, 2)):
        pull(page, TEMPERATURE.called(), share)
        expect(page.locator(".ce-count")).to_have_text(say("player.tries", count=count, times=2))
        let_go(page)
    expect(found).to_have_attribute("data-goal", "reached")
    assert places(page) == still

    onward(page)
    found = step(page, "many")
    still = places(page)
    expect(readout(page, "total_low-3")).to_be_hidden()
    expect(readout(page, "share-low")).to_be_hidden()
    choose(page, "1002")
    expect(text).to_have_text(say("softmax.many_paper", paper="1002", format="bfloat16", gap="4"))
    choose(page, "256")
    expect(found).to_have_attribute("data-goal", "reached")
    expect(readout(page, "total_low-3")).to_have_text("256")
    expect(readout(page, "share-low")).to_have_text("0.003906")
    assert places(page) == still

    onward(page)
    step(page, "free")


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768), (1920, 1080), (390, 844)])
def test_every_step_is_one_view(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page(path="softmax", ready=READY, size=size)
    for i, key in enumerate(KEYS):
        found = step(page, key)
        expect(found).to_have_attribute("data-step-kind", STEPS[i].kind)
        # On a phone the free instrument is longer than the screen.
        assert not overflowing(page) or (size[0] == 390 and key == "free"), key
        if i + 1 < len(KEYS):
            onward(page)


def test_no_column_of_the_free_tables_moves_in_a_drag(open_page: OpenPage) -> None:
    page = open_page(f"?at={len(KEYS)}", path="softmax", ready=".ce-bar", size=(1280, 720))
    step(page, "free")
    for name in (say("softmax.lines"), say("softmax.jacobian"), say("softmax.many")):
        page.get_by_role("tab", name=say("player.play"), exact=True).click()
        slider = page.get_by_role("slider", name="goldfish logit", exact=True)
        slider.focus()
        seen = []
        for key in ("Home", "End"):
            page.keyboard.down(key)
            page.get_by_role("tab", name=name, exact=True).evaluate("tab => tab.click()")
            seen.append(columns(page))
            page.keyboard.up(key)
            at_rest(page)
            page.get_by_role("tab", name=say("player.play"), exact=True).click()
            slider.focus()
        assert seen[0] == seen[1], name


def test_no_rule_of_accessibility_is_broken(open_page: OpenPage) -> None:
    page = open_page(path="softmax", ready=READY, size=(1280, 720))
    for i, key in enumerate(KEYS):
        page.locator(f".ce-path li:nth-child({i + 1}) button").click()
        step(page, key)
        assert violations(page) == [], key
