"""Time how long each lesson takes to open, beside the pipeline page, in one run.

Run with `python -m bench.open [ROUNDS]` from the project's folder. A page is open with the frame
after which its first instrument is drawn and the app's script has ended; the pages take turns, so
that a busy machine slows them alike.
"""

import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from pages.main import LESSONS
from tests.browser.serving import chromium, serve

PAGES = [lesson.page for lesson in LESSONS[1:]]
BASELINE = "pipeline"
ALLOWED = 1.2  # times the baseline
PATIENCE = 60_000  # ms

OPENED = """() => {
  const instrument = document.querySelector(".ce-live:not([aria-busy])");
  const drawn = instrument?.querySelector(".ce-bar, .ce-point, .ce-line, .ce-pillar");
  return drawn && document.querySelector("[data-test-script-state=notRunning]")
    ? performance.now() : 0;
}"""


def opened(browser: Browser, url: str) -> float:
    """Return the milliseconds from the start of the navigation; every page is a new visit."""
    page = browser.contexts[0].new_page()
    page.goto(url, wait_until="commit")
    time = page.wait_for_function(OPENED, timeout=PATIENCE).json_value()
    page.close()
    return float(time)


def main(rounds: int) -> None:
    """Print the median of each page, and its ratio to the baseline's of the same rounds."""
    names = (BASELINE, *(n for n in ("", *PAGES) if n != BASELINE))
    times: dict[str, list[float]] = {name: [] for name in names}
    log = Path(tempfile.mkdtemp()) / "server.txt"
    with (
        serve(log) as app,
        sync_playwright() as playwright,
        playwright.chromium.launch(**chromium()) as browser,
    ):
        browser.new_context(viewport={"width": 1280, "height": 800})
        for name in names:  # fill the browser's cache, and the server's
            opened(browser, f"{app.url}/{name}")
        for _ in range(rounds):
            for name in names:
                times[name].append(opened(browser, f"{app.url}/{name}"))
    baseline = median(times[BASELINE])
    print(f"medians of {rounds} rounds; {ALLOWED} times the {BASELINE} page are wanted at most")
    for name in names:
        ratio = median(times[name]) / baseline
        print(f"{name or 'start':<12} {median(times[name]):6.0f} ms   {ratio:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
