"""Take the screenshots that the README and the docs show: `python -m docs.screenshots`."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from lab.words import say
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
    "numbers-light": ("numbers", (1280, 720), "light"),
}


BATCH = """tensor([[ 12.5000,   3.0000,  -1.2500],
        [  2.1000,     -inf,   3.0000],
        [ 20.0000,   3.0000,   1.0000],
        [  0.5000,   1.2500,   0.7500]], dtype=torch.float16)
target = tensor([1, 0, 2, 1])"""


def _bring(page: Page) -> None:
    """Paste a batch, and wait for what is said of its rows."""
    page.get_by_role("textbox", name=say("numbers.page_box")).fill(BATCH)
    page.locator("[data-readout=loss-reduced]").wait_for()


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
            if query == "numbers":
                _bring(page)
            page.locator(".ce-live:not([aria-busy])").first.wait_for()
            page.locator(".ce-bar, .ce-line, .ce-stack, .ce-lane").first.wait_for(state="attached")
            page.evaluate("document.fonts.ready")
            page.screenshot(path=HERE / f"{name}.png")
            page.close()


if __name__ == "__main__":
    main()
