"""Links, numbers and names that would like to be more than text."""

from urllib.parse import urlencode

from playwright.sync_api import Dialog, Page, expect

from lab.words import say
from tests.app.instruments import ANSWERS
from tests.browser.conftest import OpenPage
from tests.browser.driving import field, slider
from tests.fuzz.hostile import TEXTS

# What a browser shows in one line; the others are tried below the browser.
SHOWN = [text for text in TEXTS if text.isprintable() and 0 < len(text.strip()) < 200]
KEYS = [parameter.key for parameter in ANSWERS.parameters.all]
# What HTML, Markdown or TeX would make of them; none of it is part of a notice or an instrument.
MADE = "a, img, script, b, em, strong, del, .katex, [onload], [onerror]"


def assert_harmless(page: Page, dialogs: list[Dialog]) -> None:
    """Check that no script of a stranger ran, and that nothing which was text became an element."""
    assert dialogs == []
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src=x], [onerror], [onload], [href^='javascript:']").count() == 0


def test_a_hostile_link_is_shown_as_text_and_runs_nothing(open_page: OpenPage, server: str) -> None:
    page = open_page()
    dialogs: list[Dialog] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog), dialog.dismiss()))
    alert = page.get_by_role("alert")
    for first in range(0, len(SHOWN), 8):
        texts = SHOWN[first : first + 8]
        # As a value that a number or a choice cannot have, and as a key that there is not.
        query = [(key, text) for key, text in zip(KEYS[2:], texts, strict=False)]
        query += [(text, "1") for text in texts]
        page.goto(f"{server}/pipeline?{urlencode(query)}")
        expect(alert).to_contain_text(say("app.ignored"))
        refused = ANSWERS.parameters.read({key: [text] for key, text in query})[1]
        shown = alert.inner_text()
        for part in refused:
            assert " ".join(part.key.split())[:40] in shown
            assert " ".join(part.text.split())[:40] in shown
        assert alert.locator(MADE).count() == 0
        assert_harmless(page, dialogs)


def test_a_hostile_name_or_number_is_text_wherever_it_stands(open_page: OpenPage) -> None:
    page = open_page()
    dialogs: list[Dialog] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog), dialog.dismiss()))
    page.get_by_role("button", name=say("pipeline.classes")).click()
    box = page.get_by_role("textbox", name=say("classes.name", number=1))
    names = ["<img src=x onerror=a", "<b>b</b><script>", "![a](x) **b** $c$", '"><svg onload=a>']
    for name in names:
        box.fill(name)
        box.press("Enter")
        expect(slider(page, name)).to_be_attached()
        assert page.locator(f".ce-live :is({MADE})", has_text=name).count() == 0
        assert_harmless(page, dialogs)
    for text in ("<img src=x onerror=alert(1)>", "javascript:alert(1)", "[a](https://b.example)"):
        field(page, "dog").fill(text)
        field(page, "dog").press("Enter")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text(f"dog logit = {text}")
        assert alert.locator(MADE).count() == 0
        assert_harmless(page, dialogs)
