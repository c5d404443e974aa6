"""The server dies, and the network goes: the page keeps what the learner did."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE
from tests.browser.driving import bars, drag, position, readout, slider
from tests.browser.serving import free_port, serve

STANDS = ".ce-live:not([aria-busy]) .ce-bar"


@pytest.fixture
def visit(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(2 * PATIENCE)
    yield context
    context.close()


def opened(visit: BrowserContext, url: str) -> Page:
    page = visit.new_page()
    page.goto(url)
    expect(page.locator(STANDS).first).to_be_attached()
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    return page


@pytest.mark.parametrize("lesson", ["pipeline", "softmax"])
def test_a_killed_server_comes_back_and_a_release_made_meanwhile_counts(
    visit: BrowserContext, tmp_path: Path, lesson: str
):
    port = free_port()
    query = "?logits=3,1,0.5&names=owl,dog,newt&target=1&format=float16"
    with serve(tmp_path / "first.txt", port=port) as app:
        page = opened(visit, f"{app.url}/{lesson}{query}")
        os.kill(app.pid, signal.SIGKILL)
        expect(page.locator("[data-test-connection-state=CONNECTED]")).to_have_count(0)
        owl = slider(page, "owl")
        before = bars(page)
        drag(page, owl, [0.6, 0.7, 0.8])
        expect(page.locator(STANDS).first).not_to_have_attribute("d", before[0] or "")
        page.mouse.up()
        released = position(owl)
        assert released != 3
    with serve(tmp_path / "second.txt", port=port):
        expect(page.locator("[data-test-connection-state=CONNECTED]")).to_be_attached(
            timeout=3 * PATIENCE
        )
        page.wait_for_url(f"**/{lesson}?logits={released:g}*", timeout=3 * PATIENCE)
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(slider(page, "newt")).to_have_attribute("aria-valuetext", "0.5")
        expect(page.get_by_role("radio", name="dog").first).to_be_checked()
        expect(readout(page, "verdict")).not_to_be_empty()
    assert "Traceback" not in (tmp_path / "second.txt").read_text()
