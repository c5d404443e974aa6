"""Weigh the first page and a release on the wire, and time how long a release takes to settle.

Run with `python -m bench.load [RELEASES]` from the project's folder. Bytes are all that the server
sends through its sockets, headers included: the browser reaches it through a proxy that counts.
"""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import numpy as np
from playwright.async_api import Browser, Page, async_playwright

from bench.drag import first_slider, ready
from tests.browser.serving import chromium, serve

LOGITS = [2, 1, 0.1, -1, 0, 3, -2, 0.5, 1.5, -0.5]
FORMATS = ("float32", "float64")
# What is wanted: bytes of the first page, bytes of a release per number of classes, ms to settle.
PAGE = 2_200_000
RELEASE = {3: 30_000, 5: 60_000, 10: 200_000}
SETTLED = 100

# A release has settled with the frame after which nothing in the document changes any more: the
# server has answered, which shows in the address, and half a second of frames brought nothing new.
SETTLE = """() => {
  window.settled = new Promise((resolve) => {
    const address = location.href;
    let released;
    let changed = false;
    let settled;
    let quiet = 0;
    const once = { capture: true, once: true };
    addEventListener("pointerup", (event) => { released = event.timeStamp; }, once);
    const everything = { attributes: true, characterData: true, childList: true, subtree: true };
    const observer = new MutationObserver(() => { changed = true; });
    observer.observe(document, everything);
    const { port1, port2 } = new MessageChannel();
    const next = () => requestAnimationFrame(() => port2.postMessage(null));
    port1.onmessage = () => {
      if (changed) {
        changed = false;
        quiet = 0;
        settled = performance.now();
      } else if (released !== undefined && location.href !== address) quiet += 1;
      if (quiet < 30) return next();
      observer.disconnect();
      resolve(settled - released);
    };
    next();
  });
}"""


@dataclass
class Proxy:
    """The way to the server, and what came along it."""

    url: str = ""
    received: int = 0  # bytes, from the server


@asynccontextmanager
async def counting_proxy(server: str) -> AsyncIterator[Proxy]:
    """Pass everything on between the browser and the server, and count what the server sends."""
    proxy = Proxy()
    upstream = urlsplit(server)

    async def pump(
        source: asyncio.StreamReader, sink: asyncio.StreamWriter, weight: int = 0
    ) -> None:
        with contextlib.suppress(ConnectionError):  # the other side may hang up first
            while data := await source.read(1 << 16):
                proxy.received += weight * len(data)
                sink.write(data)
                await sink.drain()
        sink.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(upstream.hostname, upstream.port)
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer, weight=1))

    async with await asyncio.start_server(connect, "127.0.0.1", 0) as listening:
        proxy.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield proxy


async def open_and_rest(page: Page, url: str) -> None:
    """Open a page, and wait until a picture stands and nothing is going on."""
    await page.goto(url)
    await page.locator(".ce-live:not([aria-busy])").first.wait_for()
    await page.locator(".ce-bar, .ce-point, .ce-line").first.wait_for(state="attached")
    await page.wait_for_load_state("networkidle")


def query(classes: int, fmt: str) -> str:
    """Write the address of the page with this many classes."""
    return f"/pipeline?logits={','.join(map(str, LOGITS[:classes]))}&target=0&format={fmt}"


async def release(page: Page, share: float) -> float:
    """Drag the first slider to a share of its width, release it, and return ms until all stands."""
    box = await first_slider(page)
    x, y = box["x"] + box["width"] * share, box["y"] + box["height"] / 2
    await page.mouse.move(x - 20, y)
    await page.mouse.down()
    await page.mouse.move(x, y, steps=3)
    await page.evaluate(SETTLE)
    await page.mouse.up()
    time: float = await page.evaluate("() => settled")
    return time


async def weigh(browser: Browser, server: str, path: str) -> tuple[int, int]:
    """Return the bytes of a first visit, and those of one release after it."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    async with counting_proxy(server) as proxy:
        await page.goto(proxy.url + path)
        await ready(page)
        first = proxy.received
        await release(page, 0.75)
        again = proxy.received - first
        await context.close()
    return first, again


async def settle(browser: Browser, url: str, releases: int) -> list[float]:
    """Return the ms that each of some releases took."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await page.goto(url)
    await ready(page)
    times = [await release(page, share) for share in np.linspace(0.3, 0.8, releases)]
    await context.close()
    return times


async def main(releases: int) -> None:
    """Weigh and time the page with 3, 5 and 10 classes, and print what came of it."""
    print(f"{'':20}{'first page, kB':>16}{'release, kB':>14}{'settled, ms':>14}{'p95':>8}")
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder) / "log.txt") as app:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(**chromium())
            for classes in RELEASE:
                for fmt in FORMATS:
                    path = query(classes, fmt)
                    first, again = await weigh(browser, app.url, path)
                    times = await settle(browser, app.url + path, releases)
                    print(
                        f"{classes:2} classes, {fmt:8}{first / 1000:16.0f}{again / 1000:14.1f}"
                        f"{median(times):14.0f}{np.percentile(times, 95):8.0f}"
                    )
            await browser.close()
    wanted = ", ".join(f"{size / 1000:.0f} kB for {c} classes" for c, size in RELEASE.items())
    print(f"wanted: first page {PAGE / 1000:.0f} kB; release {wanted}; settled {SETTLED} ms")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
