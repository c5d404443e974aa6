"""One server and one browser for the whole run; a fresh tab for every test."""

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
FAILURES = Path(__file__).parent / "failures"
PATIENCE = 20_000  # ms; how long a condition may take on a busy machine before it counts as failed

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the app on a free port, and return its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address=127.0.0.1"]
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, f"--server.port={port}"], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/_stcore/health", process, log)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)
    assert "Traceback" not in log.read_text(), log.read_text()


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, TimeoutError):
            pass
    pytest.fail(f"the server stopped:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    path = (
        os.environ.get("CHROMIUM")
        or subprocess.check_output(["sh", ROOT / "tests" / "chromium.sh"], text=True).strip()
    )
    with sync_playwright() as playwright:
        # The last three keep Chromium from calling home, which no test wants to wait for.
        flags = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()


class Watched:
    """What a page did that no page of ours may do."""

    def __init__(self, page: Page, server: str) -> None:
        self.faults: list[str] = []
        host = urlsplit(server).netloc
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on(
            "console",
            lambda message: (
                message.type == "error" and self.faults.append(f"console error: {message.text}")
            ),
        )
        page.on(
            "request",
            lambda request: (
                urlsplit(request.url).netloc not in {host, ""}
                and not request.url.startswith(("blob:", "data:"))
                and self.faults.append(f"request to another host: {request.url}")
            ),
        )


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Callable[..., BrowserContext]:
    """Return one context for each set of options, so that its pages share a cache of 5 MB."""

    @cache
    def context(**options: object) -> BrowserContext:
        width, height = options.pop("size", (1280, 800))
        return browser.new_context(viewport={"width": width, "height": height}, **options)

    return context


@pytest.fixture
def open_page(
    server: str, contexts: Callable[..., BrowserContext], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Open an address of the app in a new tab, and wait until the picture stands.

    At the end of the test every page must have been free of console errors, page errors and
    requests to another host, but for those that match `allowed`.
    """
    opened: list[tuple[Page, Watched, str]] = []
    with ExitStack() as closing:

        def open_(query: str = "", *, allowed: str = r"(?!)", ready: str = ".ce-bar", **options):
            context = contexts(**options)
            page = context.new_page()
            closing.callback(page.close)
            page.set_default_timeout(PATIENCE)
            opened.append((page, Watched(page, server), allowed))
            if block := getattr(request, "param", None):
                page.route(block, lambda route: route.abort())
            page.goto(f"{server}/{query}")
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


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember which tests failed, for their screenshots."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report
