"""One server and one browser for each process of the run; a fresh tab for every test."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    WebSocket,
    expect,
    sync_playwright,
)

from tests.browser.driving import note_what_is_told
from tests.browser.serving import chromium, serve

FAILURES = Path(__file__).parent / "failures"
OpenPage = Callable[..., Page]
PATIENCE = 20_000  # ms; how long a condition may take on a busy machine before it counts as failed
FAILED = pytest.StashKey[bool]()
LOG = pytest.StashKey[Path]()

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[str]:
    """Start the app, and return its address."""
    log = pytestconfig.stash[LOG] = tmp_path_factory.mktemp("server") / "log.txt"
    with serve(log) as app:
        yield app.url
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium, with one process for all tabs of a context that show the app."""
    options = chromium()
    options["args"].append("--process-per-site")
    with sync_playwright() as playwright, playwright.chromium.launch(**options) as browser:
        yield browser


class Watched:
    """What a page did that no page of ours may do."""

    def __init__(self, page: Page, server: str) -> None:
        self.faults: list[str] = []
        self.host = urlsplit(server).netloc
        page.on("pageerror", self._error)
        page.on("console", self._said)
        page.on("request", self._asked)
        page.on("websocket", self._asked)

    def _error(self, error: Error) -> None:
        self.faults.append(f"page error: {error}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console error: {message.text}")

    def _asked(self, request: Request | WebSocket) -> None:
        address = urlsplit(request.url)
        if address.netloc != self.host and address.scheme not in {"blob", "data"}:
            self.faults.append(f"request to another host: {request.url}")


@pytest.fixture(scope="session")
def contexts(browser: Browser, server: str) -> Callable[..., BrowserContext]:
    """Return one context for each set of options, whose pages share a cache of 5 MB.

    It has a tab that stays open. So there is always a window for the next tab, and a process in
    which the scripts are compiled: a page then takes half of the processor time.
    """

    @cache
    def context(**options: object) -> BrowserContext:
        made = browser.new_context(**options)
        made.new_page().goto(f"{server}/_stcore/health")
        return made

    return context


@pytest.fixture
def open_page(
    server: str,
    browser: Browser,
    contexts: Callable[..., BrowserContext],
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., Page]]:
    """Open an address of the app in a new tab, and wait until the picture stands.

    `own_clock` makes a context for this page alone, as a clock is that of a whole context.
    At the end of the test every page must have been free of console errors, page errors and
    requests to another host, but for those that match `allowed`.
    """
    opened: list[tuple[Page, Watched, str]] = []
    with ExitStack() as closing:

        def open_(
            query: str = "",
            *,
            path: str = "pipeline",
            allowed: str = r"(?!)",
            ready: str = ".ce-bar",
            size: tuple[int, int] = (1280, 800),
            own_clock: bool = False,
            **options,
        ):
            context = browser.new_context(**options) if own_clock else contexts(**options)
            if own_clock:
                closing.callback(context.close)
            page = context.new_page()
            closing.callback(page.close)
            page.set_default_timeout(PATIENCE)
            page.set_viewport_size({"width": size[0], "height": size[1]})
            opened.append((page, Watched(page, server), allowed))
            note_what_is_told(page)
            if block := getattr(request, "param", None):
                page.route(block, lambda route: route.abort())
            page.goto(f"{server}/{path}{query}")
            expect(page.locator(ready).first).to_be_attached()
            return page

        yield open_
        if request.node.stash.get(FAILED, False):
            FAILURES.mkdir(exist_ok=True)
            for i, (page, _, _) in enumerate(opened):
                name = re.sub(r"\W+", "-", request.node.name)
                page.screenshot(path=FAILURES / f"{name}-{i}.png", full_page=True)
        faults = [
            f for _, watched, allowed in opened for f in watched.faults if not re.search(allowed, f)
        ]
    assert faults == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember which tests failed, for their screenshots, and show what the server printed."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    if report.failed and (log := item.config.stash.get(LOG, None)):
        report.sections.append(("the server's log", log.read_text()))
    return report
