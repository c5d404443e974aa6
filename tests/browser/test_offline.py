"""The server dies, and the network goes: the page keeps what the learner did, and says so."""

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Request,
    WebSocket,
    expect,
)

from lab.words import say
from tests.browser.conftest import PATIENCE, Watched
from tests.browser.driving import ask, bars, box_of, drag, position, slider
from tests.browser.network import Network, network
from tests.browser.serving import Server, free_port, serve

OPENED = "?logits=3,1,0.5,-inf&names=owl,dog,newt,eel&target=1&format=float16"
AWAY = ".stApp[data-test-connection-state]:not([data-test-connection-state=CONNECTED])"
STANDS = ".ce-live:not([aria-busy]) .ce-bar"
# Of addresses that cannot be reached, and of Streamlit saying so.
REFUSED = (
    "ERR_(CONNECTION_[A-Z]+|EMPTY_RESPONSE|INTERNET_DISCONNECTED)"
    "|server endpoint|not responding|when disconnected from server"
)

NOTE_DIALOGS = """
    window.seen = { values: [] };
    new MutationObserver(() => {
        if (document.querySelector("[role=dialog]")) document.body.dataset.dialog = "seen";
    }).observe(document, { childList: true, subtree: true });
"""
NOTE_VALUES = """slider => {
    new MutationObserver(() => seen.values.push(slider.getAttribute("aria-valuetext")))
        .observe(slider, { attributeFilter: ["aria-valuetext"] });
}"""


@pytest.fixture
def visit(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Server]:
    with serve(tmp_path / "log.txt") as running:
        yield running
    assert "Traceback" not in running.log.read_text()


@pytest.fixture
def between(app: Server) -> Iterator[Network]:
    with network(urlsplit(app.url).port or 0) as link:
        yield link


def ready(page: Page) -> None:
    expect(page.locator(STANDS).first).to_be_attached()
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()


def opened(page: Page, url: str) -> Watched:
    watched = Watched(page, url)
    page.goto(url)
    ready(page)
    return watched


def notice(page: Page) -> Locator:
    return page.locator(".ce-offline").first


def moved(page: Page, before: list[str | None]) -> None:
    page.wait_for_function(
        """before => JSON.stringify(before) !== JSON.stringify(
            [...document.querySelectorAll(".ce-bar")].map(bar => bar.getAttribute("d")))""",
        arg=before,
    )


def held(page: Page, name: str, fractions: list[float]) -> None:
    """Drag a slider, see the bars follow, and hold it."""
    before = bars(page)
    drag(page, slider(page, name), fractions)
    moved(page, before)


def follows(page: Page, name: str, fractions: list[float]) -> float:
    """Drag a slider, see the bars follow, release it, and return where."""
    held(page, name, fractions)
    page.mouse.up()
    return position(slider(page, name))


def hurry(page: Page, awaited: Locator) -> None:
    """Let the page's clock run fast until something is there."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not awaited.count() and time.monotonic() < deadline:
        page.clock.fast_forward(500)
    expect(awaited).to_be_attached()


def shown(page: Page) -> list[str]:
    """Return what the instrument shows and what was answered."""
    return page.locator(".ce-live [data-readout], .ce-live mn, .ce-verdict").all_inner_texts()


def address(*logits: float) -> re.Pattern[str]:
    return re.compile(re.escape("logits=" + "%2C".join(f"{z:g}" for z in logits)))


def test_a_server_that_is_killed_and_started_again_takes_nothing_along(
    visit: BrowserContext, tmp_path: Path
) -> None:
    port, page = free_port(), visit.new_page()
    with serve(tmp_path / "first.txt", port=port) as app:
        page.clock.install()
        page.add_init_script(NOTE_DIALOGS)
        watched = opened(page, f"{app.url}/softmax{OPENED}")
        ask(page)
        questions = page.locator(".ce-question:has(input)")
        expect(questions).to_have_count(3)
        for left in (2, 1, 0):
            questions.first.locator("input").first.press("Space")
            expect(questions).to_have_count(left)
        before_break = page.url
        page.get_by_role("button", name=say("softmax.break_button"), exact=True).press("Enter")
        expect(page).not_to_have_url(before_break)
        done = page.get_by_role("link", name=say("lesson.done", title=say("softmax.short")))
        expect(done).to_be_attached()
        page.go_back()
        page.get_by_role("tab").first.press("Enter")
        expect(slider(page, "owl")).to_have_attribute("aria-valuetext", "3")
        ready(page)
        verdicts = page.locator(".ce-verdict").all_inner_texts()

        held(page, "owl", [0.6, 0.7])
        before, box = bars(page), box_of(slider(page, "owl"))
        os.kill(app.pid, signal.SIGKILL)
        expect(page.locator(AWAY)).to_be_attached()
        page.mouse.move(box.left + box.width * 0.9, box.middle[1])
        moved(page, before)
        expect(notice(page)).to_be_empty()
        page.mouse.up()
        owl = position(slider(page, "owl"))
        expect(notice(page)).to_have_text(say("player.offline"))
        dog = follows(page, "dog", [0.5, 0.4])
        expect(notice(page)).to_have_text(f"{say('player.offline')} {say('player.waits')}")
        expect(page.locator(".ce-waits")).to_have_count(1)
        expect(page.locator(".ce-waits")).to_contain_text("owl")
        assert (owl, dog) != (3, 1)
        # From the sixth time that it cannot reach the server, Streamlit shows a dialog.
        hurry(page, page.locator("body[data-dialog]"))
        expect(page.get_by_role("dialog")).to_have_count(0)
        moved_by_hand = slider(page, "owl").element_handle()
        moved_by_hand.evaluate(NOTE_VALUES)
    with serve(tmp_path / "second.txt", port=port):
        page.clock.fast_forward(5_000)  # both try again after 4 s at most
        expect(page).to_have_url(address(owl, dog, 0.5, float("-inf")))
        expect(page.locator(".ce-verdict")).to_have_text(verdicts)
        expect(done).to_be_attached()
        expect(notice(page)).to_be_empty()
        expect(page.locator(".ce-waits, [role=dialog]")).to_have_count(0)
        ready(page)
        assert moved_by_hand.evaluate("slider => slider.isConnected")
        assert set(page.evaluate("seen.values")) <= {f"{owl:g}"}
        restored = shown(page)
        page.reload()
        ready(page)
        expect(page.locator(".ce-verdict")).to_have_text(verdicts)
        expect(done).to_be_attached()
        assert shown(page) == restored
        assert [fault for fault in watched.faults if not re.search(REFUSED, fault)] == []
    assert "Traceback" not in (tmp_path / "second.txt").read_text()


def test_where_the_learner_went_while_the_server_was_away_is_there_when_it_is_back(
    visit: BrowserContext, tmp_path: Path
) -> None:
    port, page = free_port(), visit.new_page()
    with serve(tmp_path / "first.txt", port=port) as app:
        page.clock.install()
        watched = opened(page, f"{app.url}/softmax{OPENED}")
        os.kill(app.pid, signal.SIGKILL)
        expect(page.locator(AWAY)).to_be_attached()
        follows(page, "owl", [0.6, 0.7])
        expect(notice(page)).to_have_text(say("player.offline"))
        ask(page)
        following = page.get_by_role("link", name=say("lesson.next", title=say("overflow.title")))
        following.click()
        page.wait_for_url("**/overflow?**")
    with serve(tmp_path / "second.txt", port=port):
        title = page.get_by_role("heading", level=1)
        page.clock.fast_forward(5_000)
        expect(title).to_have_text(say("overflow.title"))
        expect(page.locator("[data-step='1']")).to_be_attached()  # its path begins
        # The navigation goes the same way, and the pipeline, which has no path, has the numbers.
        page.get_by_role("link", name=say("pipeline.short"), exact=True).first.click()
        expect(title).to_have_text(say("pipeline.title"))
        expect(notice(page)).to_be_empty()
        assert [fault for fault in watched.faults if not re.search(REFUSED, fault)] == []


def asked_of(page: Page) -> list[str]:
    """Return a list that gets the addresses of all numbers that are asked for from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if re.search(r"/answer/\w+[?]", request.url):
            asked.append(request.url)

    page.on("request", note)
    return asked


def test_a_connection_that_is_dead_without_a_word_is_noticed_and_replaced(
    visit: BrowserContext, between: Network
) -> None:
    page = visit.new_page()
    page.clock.install()
    watched = opened(page, f"http://127.0.0.1:{between.port}/pipeline{OPENED}")
    between.freeze()
    owl = follows(page, "owl", [0.6, 0.8])
    page.clock.fast_forward(2_500)
    expect(notice(page)).to_have_text(say("player.late"))
    dog = follows(page, "dog", [0.5, 0.3])
    expect(notice(page)).to_have_text(f"{say('player.late')} {say('player.waits')}")
    expect(page.locator(".ce-waits")).to_contain_text("owl")
    between.renew()
    page.clock.fast_forward(8_500)
    expect(page).to_have_url(address(owl, dog, 0.5, float("-inf")))
    expect(notice(page)).to_be_empty()
    expect(page.locator(".ce-waits")).to_have_count(0)
    # Streamlit's connection is dead as well, which is noticed where it is needed.
    page.get_by_role("link", name=say("softmax.short"), exact=True).click()
    hurry(page, page.get_by_role("heading", level=1, name=say("softmax.title")))
    assert watched.faults == []


def test_a_slow_network_delays_the_answer_and_not_the_picture(
    visit: BrowserContext, between: Network
) -> None:
    page = visit.new_page()
    sockets: list[WebSocket] = []

    def count(socket: WebSocket) -> None:
        sockets.append(socket)

    page.on("websocket", count)
    page.clock.install()
    watched = opened(page, f"http://127.0.0.1:{between.port}/pipeline{OPENED}")
    asked = asked_of(page)
    between.delay = 0.2
    between.freeze()
    owl = follows(page, "owl", [0.6, 0.8])
    page.clock.fast_forward(2_500)
    expect(notice(page)).to_have_text(say("player.late"))
    between.thaw()
    dog = follows(page, "dog", [0.5, 0.3])
    expect(page).to_have_url(address(owl, dog, 0.5, float("-inf")))
    expect(notice(page)).to_be_empty()
    assert len(sockets) == 1
    assert len(asked) == len(set(asked))  # nothing was given up
    assert watched.faults == []


def test_a_browser_without_a_network_goes_on_and_comes_back(
    visit: BrowserContext, app: Server
) -> None:
    page = visit.new_page()
    watched = opened(page, f"{app.url}/pipeline{OPENED}")
    visit.set_offline(True)
    owl = follows(page, "owl", [0.6, 0.8])
    expect(notice(page)).to_have_text(say("player.offline"))
    page.get_by_role("radio", name="newt").first.check()
    expect(notice(page)).to_contain_text(say("player.waits"))
    visit.set_offline(False)
    expect(page).to_have_url(address(owl, 1, 0.5, float("-inf")))
    expect(page).to_have_url(re.compile("target=2"))
    expect(notice(page)).to_be_empty()
    assert [fault for fault in watched.faults if not re.search(REFUSED, fault)] == []
