"""Lists pasted into the field of one logit, from the real clipboard."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from lab.words import say
from tests.browser.conftest import OpenPage
from tests.browser.driving import at_rest, bars, box_of, field, readout
from tests.browser.walking import focused, press

PRINTED = """tensor([[ 2.1000e+00, -3.0000e+00,  5.0000e-01,  1.0000e-03,  1.2250e+01]],
       device='cuda:0', grad_fn=<AddmmBackward0>)"""
LOGITS = ("2.1", "-3", "0.5", "0.001", "12.25")
NAMES = ("cat", "dog", "goldfish", "class 4", "class 5")
CLIPBOARD = ("clipboard-read", "clipboard-write")


def copy(page: Page, text: str) -> None:
    page.evaluate("text => navigator.clipboard.writeText(text)", text)


def told(page: Page) -> Locator:
    return page.locator(".ce-notices")


def heights(page: Page, count: int) -> list[float]:
    """Return how far each of the first bars, those of the logits, goes up from its axis."""
    found = [re.match(r"M[^,]+,([^V]+)V([^H]+)H", d or "") for d in bars(page)[:count]]
    return [float(path[1]) - float(path[2]) for path in found if path]


@pytest.mark.parametrize("path", ["", "softmax", "pipeline"])
def test_a_print_out_sets_all_logits_by_keys_alone(open_page: OpenPage, path: str) -> None:
    page = open_page("?logits=2,1,0.1", path=path, permissions=CLIPBOARD)
    if path == "":
        page.get_by_role("tab", name=say("player.play")).click()
    at_rest(page)
    copy(page, PRINTED)
    press(page, "Tab", focused(page, "[data-slider='logits.1'] input[type=text]"))
    page.keyboard.press("Control+V")
    for name, logit in zip(NAMES, LOGITS, strict=True):
        expect(field(page, name)).to_have_value(logit)
    at_rest(page)
    expect(field(page, "dog")).to_be_focused()
    # Plotly writes hundredths of a pixel.
    scale = heights(page, 5)[4] / 12.25
    assert heights(page, 5) == pytest.approx([scale * float(z) for z in LOGITS], abs=0.02)
    assert "logits=2.1%2C-3%2C0.5%2C0.001%2C12.25&" in page.url
    expect(told(page)).to_be_empty()


@pytest.mark.parametrize("path", ["?at=1", "softmax?logits=2,1,0.1", "pipeline"])
def test_a_print_out_sets_all_logits_on_a_phone(open_page: OpenPage, path: str) -> None:
    page, query = path.split("?") if "?" in path else (path, "")
    shown = open_page(
        f"?{query}",
        path=page,
        ready=".ce-pillar" if query == "at=1" else ".ce-bar",
        size=(390, 844),
        permissions=CLIPBOARD,
        has_touch=True,
        is_mobile=True,
    )
    at_rest(shown)
    copy(shown, PRINTED)
    field(shown, "cat").tap()
    shown.keyboard.press("Control+V")
    expect(shown).to_have_url(re.compile("logits=2.1%2C-3%2C0.5%2C0.001%2C12.25&"))
    at_rest(shown)
    expect(field(shown, "cat")).to_have_value("2.1")
    expect(shown.locator("[data-slider^='logits.']")).to_have_count(5)
    expect(told(shown)).to_be_empty()


def test_what_else_is_pasted_is_read_in_its_lines_or_told(open_page: OpenPage) -> None:
    page = open_page(permissions=CLIPBOARD)
    at_rest(page)
    copy(page, "\u22122.5\r\n4\r\n0.5\r\n")  # a column of a spreadsheet
    field(page, "dog").focus()
    page.keyboard.press("Control+V")
    expect(field(page, "cat")).to_have_value("-2.5")
    expect(field(page, "goldfish")).to_have_value("0.5")
    address = page.url

    copy(page, "\n".join(map(str, range(11))))
    page.keyboard.press("Control+V")
    expect(told(page)).to_contain_text("Expected at most 10 numbers, and 11 came.")
    expect(told(page)).to_contain_text("“Your own numbers” takes more. Kept -2.5,4,0.5.")
    expect(field(page, "dog")).to_have_value("4")
    copy(page, "1\t2\r\n3\t4\r\n")
    page.keyboard.press("Control+V")
    expect(told(page)).to_contain_text("Expected at most 10 numbers in one row, and 2 rows came.")
    expect(field(page, "dog")).to_have_value("4")
    assert page.url == address

    copy(page, "7\n8\n")
    page.keyboard.press("Control+A")
    page.keyboard.type("[")
    page.keyboard.press("Control+V")
    page.keyboard.type("]")
    expect(field(page, "dog")).to_have_value("[7 8 ]")
    page.keyboard.press("Enter")
    expect(field(page, "dog")).to_have_value("8")
    expect(field(page, "cat")).to_have_value("7")
    expect(field(page, "goldfish")).to_have_count(0)
    expect(told(page)).to_be_empty()
    expect(readout(page, "loss-fused")).to_have_text("1.313262")  # log(1 + e)


@pytest.mark.parametrize("size", [(1280, 720), (360, 640)])
def test_what_is_wrong_with_a_link_covers_no_step_and_is_closed(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = open_page("?at=3&logits=a,b", path="softmax", ready=".ce-pillar", size=size)
    at_rest(page)
    expect(told(page)).to_contain_text("logits = a,b")
    head, notice = box_of(page.locator(".ce-head")), box_of(told(page))
    assert notice.top >= head.top + head.height
    page.get_by_role("button", name=say("player.close"), exact=True).click()
    expect(told(page)).to_be_empty()
