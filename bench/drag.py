"""Drag the first logit of the app and of a static page in turn, and compare what is painted.

Run `make bench`, or `python -m bench.drag [ROUNDS]` with the packages of requirements-dev.txt, on
Linux (the server's CPU time is read from /proc). The static page holds plotly.js, the same five
bars, and a softmax in an `oninput` handler: no server could do better than its pictures.
"""

import asyncio
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any, TypedDict

import numpy as np
import plotly
from playwright.async_api import Browser, FloatRect, Page, WebSocket, async_playwright

from tests.browser.serving import chromium, serve

APP_PAGE = "/pipeline?logits=2,1,0.1,-1,0&target=0"
SECONDS = 3
RATE = 60  # pointer moves per second, and frames
FRAME = 1000 / RATE  # ms
# The share of the slider that the pointer crosses, there and back; these are the logits -3 to 7,
# where every position has a picture of its own.
REACH = (0.35, 0.85)
CROSSINGS = 4

# Once per frame, in the task after the browser has drawn it, compare the bars with the frame
# before. The latency of a picture counts from the pointer event that was the first to change the
# slider since the picture before.
WATCH = """() => {
  const bars = () => Array.from(document.querySelectorAll(".bars .point path"));
  const drawn = () => bars().map((bar) => bar.getAttribute("d")).join();
  const seen = (window.seen = { inputs: 0, latencies: [], pictures: 0 });
  let before = drawn();
  let moved;
  let waiting;
  addEventListener("pointermove", (event) => { moved = event.timeStamp; }, true);
  addEventListener("input", () => { seen.inputs += 1; waiting ??= moved; }, true);
  const { port1, port2 } = new MessageChannel();
  const next = () => requestAnimationFrame(() => port2.postMessage(null));
  port1.onmessage = () => {
    const now = performance.now();
    const picture = drawn();
    if (picture !== before) {
      before = picture;
      seen.pictures += 1;
      if (waiting !== undefined) seen.latencies.push(now - waiting);
      waiting = undefined;
    }
    next();
  };
  next();
}"""


class Seen(TypedDict):
    """What the page saw during one drag."""

    inputs: int
    latencies: list[float]  # ms
    pictures: int


@dataclass(frozen=True)
class Drag:
    """One drag of three seconds."""

    seen: Seen
    messages: int  # from the page to the server
    cpu: float  # s of the server's


async def drag(browser: Browser, url: str, pid: int | None) -> Drag:
    """Open a page, and drag its first slider at 60 moves a second."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    sent: list[str | bytes] = []

    def note(frame: str | bytes) -> None:
        sent.append(frame)

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", note)

    page.on("websocket", listen)
    await page.goto(url)
    await ready(page)
    box = await first_slider(page)
    y = box["y"] + box["height"] / 2
    await page.mouse.move(box["x"] + box["width"] * REACH[0], y)
    await page.mouse.down()
    await page.evaluate(WATCH)
    devtools = await context.new_cdp_session(page)
    sent.clear()
    cpu = cpu_seconds(pid)
    start = time.perf_counter()
    async with asyncio.TaskGroup() as moves:
        # A move is sent when its time has come, whether or not the page has dealt with the last.
        for i, share in enumerate(path()):
            await asyncio.sleep(max(0, start + i / RATE - time.perf_counter()))
            move = {"type": "mouseMoved", "button": "left", "buttons": 1, "y": y}
            move["x"] = box["x"] + box["width"] * share
            moves.create_task(devtools.send("Input.dispatchMouseEvent", move))
    seen: Seen = await page.evaluate("() => seen")
    result = Drag(seen, len(sent), cpu_seconds(pid) - cpu)
    await page.mouse.up()
    await context.close()
    return result


async def ready(page: Page) -> None:
    """Wait until the bars stand and nothing is going on."""
    await page.locator(".bars .point path").nth(4).wait_for(state="attached")
    await page.wait_for_load_state("networkidle")
    running = page.locator("[data-test-script-state=running]")
    await running.wait_for(state="detached")


async def first_slider(page: Page) -> FloatRect:
    """Return where the first slider is."""
    box = await page.get_by_role("slider", name="cat logit", exact=True).bounding_box()
    if box is None:
        raise RuntimeError("the first slider is not on the screen")
    return box


def path() -> list[float]:
    """Return where the pointer is at each move, as a share of the slider's width."""
    phase = np.linspace(0, CROSSINGS, SECONDS * RATE, endpoint=False)
    triangle = 1 - abs(phase % 2 - 1)
    return list(REACH[0] + (REACH[1] - REACH[0]) * triangle)


def cpu_seconds(pid: int | None) -> float:
    """Read the CPU time that a process has used, in user and kernel mode."""
    if pid is None:
        return 0.0
    # proc_pid_stat(5): fields 14 and 15; the second field, a name in brackets, may hold blanks.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def static_page(slider_width: float) -> Iterator[str]:
    """Serve the static page, with the plotly.js that the app serves."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "index.html").symlink_to(Path(__file__).with_name("static_page.html"))
        (root / "plotly.min.js").symlink_to(
            Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
        )
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=folder)) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/?slider={slider_width}"
            finally:
                server.shutdown()


class Silent(SimpleHTTPRequestHandler):
    """A file server that logs nothing."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the base class's name
        """Print nothing."""


async def slider_width(browser: Browser, url: str) -> float:
    """Measure the app's first slider."""
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    await page.goto(url)
    await ready(page)
    box = await first_slider(page)
    await page.close()
    return box["width"]


HEAD = """
              slider         bar   pointer to picture, ms   server CPU,   messages to
            inputs/s  pictures/s       median         p95         s / s    the server"""
ROW = "{:12}{:8.1f}{:12.1f}{:13.1f}{:12.1f}{:14.3f}{:14}"


def report(name: str, drags: list[Drag]) -> tuple[float, float]:
    """Print the medians of the rounds; return pictures a second and the latency's p95."""
    pictures = median(drag.seen["pictures"] / SECONDS for drag in drags)
    inputs = median(drag.seen["inputs"] / SECONDS for drag in drags)
    middle = median(np.percentile(drag.seen["latencies"], 50) for drag in drags)
    late = median(np.percentile(drag.seen["latencies"], 95) for drag in drags)
    cpu = median(drag.cpu / SECONDS for drag in drags)
    messages = sum(drag.messages for drag in drags)
    print(ROW.format(name, inputs, pictures, middle, late, cpu, messages))
    return pictures, late


async def main(rounds: int) -> None:
    """Drag both pages in each round, and print what came of it."""
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder) / "log.txt") as app:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(**chromium())
            width = await slider_width(browser, app.url + APP_PAGE)
            with static_page(width) as url:
                static, ours = [], []
                for _ in range(rounds):
                    static.append(await drag(browser, url, None))
                    ours.append(await drag(browser, app.url + APP_PAGE, app.pid))
            await browser.close()
    print(f"{rounds} rounds of {SECONDS} s, {RATE} pointer moves a second; medians of the rounds")
    print(HEAD)
    limit, limit_late = report("static page", static)
    pictures, late = report("app", ours)
    print(f"pictures: {pictures / limit:.2f} times the static page's (0.90 or more is wanted)")
    frames = (late - limit_late) / FRAME
    print(f"p95: {frames:+.2f} frames of {FRAME:.1f} ms to the static page's (2 or less is wanted)")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
