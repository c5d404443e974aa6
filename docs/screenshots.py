"""Take the screenshots that the README and the docs show: `python -m docs.screenshots`."""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.serving import chromium, serve

HERE = Path(__file__).parent
PICTURES = {
    "pipeline-light": ("pipeline?form=shifted", (1280, 1100), "light"),
    "overflow-light": ("overflow?at=2&logits=12,8,6&reach=20", (1280, 720), "light"),
    "likelihood-dark": ("likelihood?at=4", (1280, 720), "dark"),
    "start-phone-light": ("?at=4", (390, 844), "light"),
    "softmax-light": ("softmax?at=5", (1280, 720), "light"),
    "gradient-light": ("gradient?at=5", (1280, 720), "light"),
    "bugs-light": ("bugs?at=3&repaired=1", (1280, 720), "light"),
    "sigmoid-light": ("sigmoid?at=5", (1280, 720), "light"),
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
            page.locator(".ce-bar, .ce-line, .ce-stack, .ce-lane").first.wait_for(state="attached")
            page.evaluate("document.fonts.ready")
            page.screenshot(path=HERE / f"{name}.png")
            page.close()


if __name__ == "__main__":
    main()
