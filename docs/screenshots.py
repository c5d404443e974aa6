"""Take the screenshots that the README and the docs show: `python -m docs.screenshots`."""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.serving import chromium, serve

HERE = Path(__file__).parent
BROKEN = "pipeline?logits=13,9.5,2&format=float16&target=1"
PICTURES = {
    "pipeline-light": ("pipeline", (1280, 800), "light"),
    "pipeline-dark": (BROKEN, (1280, 800), "dark"),
    "pipeline-phone-light": (BROKEN, (390, 844), "light"),
    "overflow-light": ("overflow?logits=13,9.5,2&target=1", (1280, 800), "light"),
    "pipeline-phone-dark": ("pipeline", (390, 844), "dark"),
}


def main() -> None:
    """Open each page, wait until its bars stand, and take its picture."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder) / "log.txt") as app,
        sync_playwright() as playwright,
        playwright.chromium.launch(**chromium()) as browser,
    ):
        for name, (query, (width, height), scheme) in PICTURES.items():
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page.goto(f"{app.url}/{query}", wait_until="networkidle")
            page.locator(".ce-live:not([aria-busy])").first.wait_for()
            page.locator(".ce-bar, .ce-line").first.wait_for(state="attached")
            page.evaluate("document.fonts.ready")
            page.screenshot(path=HERE / f"{name}.png")
            page.close()


if __name__ == "__main__":
    main()
