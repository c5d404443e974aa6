"""Take the screenshots that the README and the docs show: `python -m docs.screenshots`."""

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page, sync_playwright

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


VOTES = ((11, 4, 9), (5, 16, 3))  # for each answer to "What is p(dog) now?", in two rounds


def _class(browser: Browser, url: str) -> None:
    """Lead a class through two votes, and take a picture of what it said."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{url}/?at=2", wait_until="networkidle")
    page.get_by_role("button", name=say("player.share"), exact=True).click()
    page.get_by_role("button", name=say("class.start"), exact=True).click()
    page.wait_for_url("**/class?room=*")
    room = f"{url}/room/{page.url.partition('room=')[2][:5]}"
    turn = page.locator(".ce-first")
    with ExitStack() as students:
        for _ in range(sum(VOTES[0])):
            students.enter_context(urlopen(f"{room}/events"))
        for round_, votes in enumerate(VOTES, 1):
            with page.expect_request(f"{room}/lead") as asked:
                turn.click()
            key = asked.value.post_data_json["ask"]["key"]
            asked.value.response()
            values = [value for value, count in enumerate(votes) for _ in range(count)]
            for student, value in enumerate(values):
                who = f"student-{student:014}"
                given = {"who": who, "key": key, "round": round_, "value": value}
                urlopen(Request(f"{room}/answer", json.dumps(given).encode())).close()
            turn.click()
            page.locator(f".ce-vote-bar:nth-of-type({round_ + 1})").first.wait_for()
        page.locator(f".ce-here-now:has-text('{sum(VOTES[0])}')").wait_for()
        page.screenshot(path=HERE / "class-light.png")
    page.close()


def main() -> None:
    """Open each page, wait until its bars stand, and take its picture."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(
            Path(folder) / "log.txt",
            settings={"CE_CLASS_DATABASE": f"sqlite:///{folder}/classes.sqlite3"},
        ) as app,
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
        _class(browser, app.url)


if __name__ == "__main__":
    main()
