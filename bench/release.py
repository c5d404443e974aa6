"""What a release costs: the server's time, bytes, and the time until the picture has settled.

Run with `python -m bench.release [RELEASES] [FOLDER]` from the project's folder, on Linux (the
server's CPU time is read from /proc). FOLDER is another checkout of the project, such as
`git worktree add` makes of the code before a change: the two take turns, page by page, and are
driven alike, through the sliders of a real browser.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from playwright.async_api import Browser, Page, async_playwright

from bench.drag import cpu_seconds
from bench.load import SETTLE, counting_proxy, open_and_rest
from tests.browser.serving import ROOT, Server, chromium, serve

PAGES = ("pipeline", "sigmoid", "softmax", "overflow", "gradient", "likelihood")
ROUNDS = 2


@dataclass
class Cost:
    """What the releases of one page cost."""

    cpu: list[float] = field(default_factory=list)  # ms of the server's, the mean of a round
    bytes: list[float] = field(default_factory=list)  # the mean of a round
    settled: list[float] = field(default_factory=list)  # ms, each


async def release(page: Page, key: str) -> float:
    """Move the first slider by a key, and return the ms until all stands."""
    await page.evaluate(SETTLE.replace("pointerup", "keyup"))
    await page.keyboard.press(key)
    time: float = await page.evaluate("() => settled")
    return time


async def measure(browser: Browser, server: Server, name: str, releases: int, cost: Cost) -> None:
    """Release the first slider of a page so often, in a visit of its own."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    async with counting_proxy(server.url) as proxy:
        await open_and_rest(page, f"{proxy.url}/{name}")
        slider = page.get_by_role("slider").first
        await slider.focus()
        await release(page, "ArrowRight")  # the first one may load what the others have
        cpu, received = cpu_seconds(server.pid), proxy.received
        for _ in range(releases):  # never the same place again: the browser would have it
            cost.settled.append(await release(page, "ArrowRight"))
        cost.cpu.append(1000 * (cpu_seconds(server.pid) - cpu) / releases)
        cost.bytes.append((proxy.received - received) / releases)
        await context.close()


async def main(releases: int, folders: Sequence[Path]) -> None:
    """Release on each page of each checkout in turn, and print a table."""
    costs = {(folder, name): Cost() for folder in folders for name in PAGES}
    with tempfile.TemporaryDirectory() as logs, ExitStack() as stack:
        servers = {
            folder: stack.enter_context(serve(Path(logs) / f"{i}.txt", root=folder))
            for i, folder in enumerate(folders)
        }
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(**chromium())
            for _ in range(ROUNDS):
                for name in PAGES:
                    for folder, server in servers.items():
                        cost = costs[folder, name]
                        await measure(browser, server, name, releases, cost)
            await browser.close()
    print("| page | code | server CPU, ms | kB | settled, ms: median | p95 |")
    print("|---|---|--:|--:|--:|--:|")
    for name in PAGES:
        for folder in folders:
            cost = costs[folder, name]
            code = "here" if folder == ROOT else folder.name
            print(
                f"| {name} | {code} | {median(cost.cpu):.1f} | {median(cost.bytes) / 1000:.1f} |"
                f" {median(cost.settled):.0f} | {np.percentile(cost.settled, 95):.0f} |"
            )


if __name__ == "__main__":
    asyncio.run(
        main(
            int(sys.argv[1]) if len(sys.argv) > 1 else 20,
            [ROOT, *(Path(folder).resolve() for folder in sys.argv[2:])],
        )
    )
