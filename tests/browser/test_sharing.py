"""What is on the screen goes to others: as a link, and as a code that is read off the screen."""

import io
import re
from urllib.parse import urlsplit

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from lab.words import say
from tests.browser.conftest import OpenPage
from tests.browser.driving import at_rest, box_of, darken, slider, violations

STEP = "?at=2&logits=-12,34,-25&target=1"
READY = ".ce-slider"


def button(page: Page | Locator, word: str) -> Locator:
    return page.get_by_role("button", name=say(word), exact=True)


def shared(page: Page) -> Locator:
    """Open what is shared, and wait for its code."""
    button(page, "player.share").click()
    dialog = page.get_by_role("dialog", name=say("player.share"), exact=True)
    expect(dialog.get_by_role("status")).to_have_text(re.compile("with these numbers"))
    image = dialog.get_by_role("img", name=say("player.share_code"), exact=True)
    expect(image).to_have_js_property("complete", True)
    return dialog


def field(dialog: Locator) -> Locator:
    return dialog.get_by_role("textbox", name=say("player.share_link"), exact=True)


def read(page: Page, part: float = 1) -> list[str]:
    """Read all codes off the screen, as small as they are seen from afar."""
    screen = Image.open(io.BytesIO(page.screenshot()))
    seen = screen.resize((round(part * screen.width), round(part * screen.height)))
    return [found.text for found in zxingcpp.read_barcodes(seen)]


@pytest.mark.parametrize("size", [(1280, 720), (360, 740)])
def test_a_step_is_shared_as_it_stands_and_opened_elsewhere(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = open_page(STEP, path="overflow", ready=READY, size=size)
    at_rest(page)
    slider(page, "cat").press("ArrowRight")
    dialog = shared(page)
    expect(field(dialog)).to_have_value(re.compile("logits=-11,34,-25"))
    link = field(dialog).input_value()
    assert len(link) <= 150
    assert read(page) == read(page, 1 / 3) == [link]
    assert box_of(dialog.get_by_role("img")).width > 0.9 * min(size)

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button(dialog, "live.copy").press("Enter")
    expect(button(dialog, "live.copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link

    query = "?" + urlsplit(link).query
    other = open_page(query, path="overflow", ready=READY, size=size, own_clock=True)
    at_rest(other)
    assert other.evaluate("location.search") == page.evaluate("location.search")
    expect(other.locator(".ce-step")).to_have_attribute("data-step", "2")
    numbers = "[data-readout]"
    expect(other.locator(numbers)).to_have_text(page.locator(numbers).all_text_contents())


def test_keys_alone_open_copy_and_close_it(open_page: OpenPage) -> None:
    page = open_page(STEP, path="overflow", ready=READY, size=(1280, 720))
    at_rest(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    button(page, "player.share").focus()
    page.keyboard.press("Enter")
    expect(button(page, "live.copy")).to_be_focused()
    assert violations(page) == []
    darken(page)
    assert violations(page) == []
    assert len(read(page)) == 1  # dark on light here, too
    for key in ("ArrowRight", "PageDown"):  # they go from step to step only where these are seen
        page.keyboard.press(key)
    for key in ("Escape", "Enter", "Tab", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button(page, "player.share")).to_be_focused()
    assert {urlsplit(url).path for url in asked} == {"/answer/overflow/qr"}


def test_a_page_without_steps_is_shared_from_a_large_screen_and_from_paper(
    open_page: OpenPage,
) -> None:
    page = open_page("?logits=-12,34.5,2", size=(1920, 1080))
    at_rest(page)
    dialog = shared(page)
    link = field(dialog).input_value()
    assert link.endswith("/pipeline?logits=-12,34.5,2")
    assert read(page, 1 / 4) == [link]
    page.emulate_media(media="print")
    assert read(page) == [link]
    expect(button(dialog, "player.close")).to_be_hidden()


def test_what_is_not_answered_comes_into_the_link_when_it_is(open_page: OpenPage) -> None:
    page = open_page(STEP, path="overflow", ready=READY, allowed="ERR_FAILED")
    at_rest(page)
    answers = re.compile("/answer/")
    page.route(answers, lambda route: route.abort())
    slider(page, "cat").press("ArrowRight")
    button(page, "player.share").click()
    dialog = page.get_by_role("dialog")
    said = f"{say('player.share_waits')} {say('player.share_no_code')}"
    expect(dialog.get_by_role("status")).to_have_text(said)
    expect(field(dialog)).to_have_value(re.compile("logits=-12,34,-25"))
    page.unroute(answers)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(field(dialog)).to_have_value(re.compile("logits=-11,34,-25"))
    expect(dialog.get_by_role("status")).to_have_text(say("player.share_step"))
    expect(dialog.get_by_role("img")).to_be_visible()


def test_a_link_that_is_too_long_for_a_code_says_so(open_page: OpenPage) -> None:
    names = ",".join(f"{'ß' * 18}{i}" for i in range(10))
    page = open_page(f"?logits=0,1,2,3,4,5,6,7,8,9&names={names}")
    at_rest(page)
    button(page, "player.share").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_have_text(say("player.share_no_code"))
    expect(dialog.get_by_role("img")).to_be_hidden()
    assert len(field(dialog).input_value()) > 900
