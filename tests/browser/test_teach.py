"""A lesson that a teacher prepares goes to others in a link, and is played from page to page."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect
from scipy.special import log_softmax

from lab.prepared.lesson import pack, unpack
from lab.words import say
from tests.browser.conftest import OpenPage
from tests.browser.driving import at_rest, darken, violations

READY = ".ce-step[data-step]"
LESSON: dict[str, Any] = {
    "title": "Scores and shares",
    "steps": [
        {
            "page": "softmax",
            "link": "at=8&logits=3,1,-7",
            "title": "Look <b>here</b>",
            "text": "No <i>markup</i>, but a [softmax]: {softmax}, and no {other}.",
            "kind": "predict",
            "own": {"text": "Which share is largest?", "options": ["dog", "cat"], "right": 1},
        },
        {"page": "start", "link": "at=3", "hidden": ["exp"], "locked": ["logits"]},
        {"page": "start", "kind": "reach", "key": "drag", "title": "Break it"},
        {
            "page": "start",
            "link": "at=1&logits=3,2,0",
            "title": "Guess",
            "kind": "predict",
            "guess": {"text": "How large is the loss?", "of": "loss-naive", "low": 0, "high": 5},
        },
        {
            "page": "start",
            "link": "at=1&logits=11,8,6",
            "title": "Sum",
            "kind": "reach",
            "goal": {"text": "Make it inf.", "form": "naive", "loss": "inf", "above": 0.5},
        },
    ],
}
TITLES = ["Look <b>here</b>", say("teach.step", n=2), "Break it", "Guess", "Sum"]


def button(page: Page | Locator, text: str) -> Locator:
    return page.get_by_role("button", name=text, exact=True)


def stands(page: Page, n: int, path: str) -> None:
    """Wait until a step of the lesson is played; the first page has an empty path."""
    expect(page).to_have_url(re.compile(f"/{path}[?](.*&)?at={n}&.*lesson=1[.]"))
    expect(page.locator(".ce-step")).to_have_attribute("data-step", str(n))
    expect(page.get_by_role("heading", level=1)).to_have_text("Scores and shares")
    at_rest(page)


def test_a_lesson_is_played_from_page_to_page(open_page: OpenPage) -> None:
    """Play own questions and goals, what is hidden and locked, and a page's goal."""
    query = f"?lesson={pack(LESSON)}"
    page = open_page(query, path="softmax", ready=READY, size=(1280, 720), own_clock=True)
    stands(page, 1, "softmax")
    steps = page.locator(".ce-path button")
    expect(steps).to_have_text(TITLES)
    expect(page.locator(".ce-sentence")).to_contain_text("No <i>markup</i>, but a softmax: p")
    expect(page.locator(".ce-sentence")).to_contain_text(", and no {other}.")
    expect(page.locator(".ce-sentence math")).to_have_text("pi=ezi∑jezj")
    expect(page.locator(".ce-task")).to_have_text("Which share is largest?")
    button(page, "dog").click()
    expect(page.locator(".ce-sentence")).to_contain_text(say("teach.wrong", answer="dog"))
    button(page, "cat").click()
    expect(page.locator(".ce-sentence")).to_contain_text(say("teach.right", answer="cat"))
    assert violations(page) == []

    button(page, say("player.next")).click()
    stands(page, 2, "")
    expect(page.locator('[data-part="exp"]').first).to_be_hidden()
    expect(page.locator('[data-part="z"]').first).to_be_visible()
    sliders = page.get_by_role("slider").all()
    assert sliders
    for slider in sliders:
        expect(slider).to_be_disabled()
    before = page.locator("[data-readout]").all_text_contents()
    box = page.locator(".ce-stack svg").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 20, steps=3)
    page.mouse.up()
    assert page.locator("[data-readout]").all_text_contents() == before
    assert violations(page) == []

    button(page, say("player.next")).click()
    stands(page, 3, "")
    expect(page.locator(".ce-task")).to_have_text(say("start.step_drag_do", true="cat"))
    page.locator(".ce-dock input[type=range]").first.press("End")
    expect(page.locator(".ce-step")).to_have_attribute("data-goal", "reached")

    button(page, say("player.next")).click()
    stands(page, 4, "")
    guesses(page, keys=False)
    button(page, say("player.next")).click()
    stands(page, 5, "")
    reaches(page, keys=False)

    button(page, say("player.back")).click()
    stands(page, 4, "")
    steps.first.click()
    stands(page, 1, "softmax")
    expect(steps.first).to_have_attribute("data-done", "")


def guesses(page: Page, *, keys: bool) -> None:
    """Guess the number of a card, which is covered until then."""
    asked = LESSON["steps"][3]["guess"]["text"]
    card = page.locator('[data-part="loss-naive"]')
    number = card.locator("[data-readout]").first
    expect(number).to_be_hidden()
    line = page.get_by_role("slider", name=asked, exact=True)
    exact = page.get_by_label(say("player.exact", label=asked), exact=True)
    guess = button(page, say("player.guess"))
    expect(line).to_have_attribute("aria-valuetext", say("player.guess_none"))
    expect(guess).to_be_disabled()
    exact.fill("5.5")
    expect(page.locator(".ce-guess-expected")).to_have_text(
        say("player.guess_expected", low="0", high="5")
    )
    expect(guess).to_be_disabled()
    assert violations(page) == []
    if keys:
        exact.fill("")
        line.focus()
        page.keyboard.press("Home")
        for _ in range(16):
            page.keyboard.press("ArrowRight")
        for _ in range(2):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    else:
        box = line.bounding_box()
        assert box
        page.mouse.click(box["x"] + 0.1 * box["width"], box["y"] + box["height"] / 2)
        guessed = float(exact.input_value())
        assert 0.3 < guessed < 0.8
        exact.fill("0,4")
        guess.click()
    expect(number).to_be_visible()
    shown = number.inner_text()
    assert abs(float(shown) - float(-log_softmax([3.0, 2.0, 0.0])[0])) < 2**-10
    said = say("player.guess_off", guess="0.4", shown=shown, apart=f"{0.4 - float(shown):.3g}")
    expect(page.locator(".ce-sentence")).to_have_text(said)
    expect(page.locator(".ce-sentence p").first).to_be_focused()
    expect(line).to_have_count(0)


def reaches(page: Page, *, keys: bool) -> None:
    """Drag until the sum of the exponentials is inf, and no exponential is."""
    step = page.locator(".ce-step")
    expect(page.locator(".ce-task")).to_have_text(LESSON["steps"][4]["goal"]["text"])
    expect(step).to_have_attribute("data-goal", "open")
    if keys:
        page.locator(".ce-dock input[type=range]").nth(1).focus()
        for _ in range(6):  # exp(8.6) is the first that is too much beside exp(11) and exp(6)
            expect(step).to_have_attribute("data-goal", "open")
            page.keyboard.press("ArrowRight")
    else:
        box = page.locator(".ce-handle").nth(1).bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        for up in range(1, 9):
            page.mouse.move(x, y - up)
        page.mouse.up()
    expect(step).to_have_attribute("data-goal", "reached")
    expect(page.locator(".ce-task")).to_have_text(say("teach.reached"))


def test_a_lesson_leads_to_the_first_page_and_back(open_page: OpenPage) -> None:
    steps = [{"page": name, "link": "at=1"} for name in ("start", "softmax")]
    query = f"?lesson={pack({'title': '', 'steps': steps})}"
    page = open_page(query, path="start", ready=READY, own_clock=True)
    bar = page.locator(".ce-step")
    for step, way in enumerate(["next", "back", None], 1):
        expect(bar).to_have_attribute("data-step", "2" if step == 2 else "1")
        expect(page.get_by_role("dialog")).to_have_count(0)  # Streamlit's: no such page
        assert urlsplit(page.url).path == ("/softmax" if step == 2 else "/")
        if way:
            page.get_by_role("button", name=say(f"player.{way}"), exact=True).click()


# ---------------------------------------------------------------- the page on which it is prepared


def word(key: str, **values: object) -> str:
    return say(f"teach.page_{key}", **values)


def link(page: Page) -> str:
    """Return the link of the lesson when it stands for what is on the page."""
    out = page.locator(".ce-lesson-out")
    expect(out).to_be_visible()
    expect(out).to_have_attribute("aria-busy", "false")  # the link follows the last key
    return page.get_by_role("textbox", name=word("link"), exact=True).input_value()


def lesson(page: Page) -> Any:
    return unpack(urlsplit(link(page)).query.removeprefix("lesson="))


def add(page: Page, text: str) -> None:
    page.get_by_label(word("add_label"), exact=True).fill(text)
    page.keyboard.press("Enter")


def asks(page: Page, step: dict[str, Any]) -> None:
    """Fill in what a step asks for; what is wrong is said meanwhile."""
    if guess := step.get("guess"):
        card = page.get_by_label(word("guess_card"), exact=True)
        expect(card.locator("option")).to_have_count(3)
        card.select_option(guess["of"])
        page.get_by_label(word("question"), exact=True).fill(guess["text"])
        page.get_by_label(word("guess_high"), exact=True).fill("-5")
        expect(page.locator(".ce-fault").nth(1)).to_contain_text(say("teach.unread_guess", n=4))
        page.get_by_label(word("guess_high"), exact=True).fill(str(guess["high"]))
    if goal := step.get("goal"):
        page.get_by_label(word("goal_text"), exact=True).fill(goal["text"])
        page.get_by_label(word("goal_form"), exact=True).select_option(goal["form"])
        page.get_by_label(word("goal_loss"), exact=True).select_option(goal["loss"])
        page.get_by_label(word("goal_above"), exact=True).fill("1,5")
        page.get_by_label(word("goal_below"), exact=True).fill("0.9")
        expect(page.locator(".ce-fault").nth(1)).to_contain_text(say("teach.unread_goal", n=5))
        page.get_by_label(word("goal_above"), exact=True).fill("0,5")
        page.get_by_label(word("goal_below"), exact=True).fill("")
    expect(page.locator(".ce-fault")).to_have_count(0)


def test_a_lesson_is_prepared_shared_and_played_elsewhere(open_page: OpenPage) -> None:
    page = open_page(
        "?at=8&logits=3,1,-7", path="softmax", ready=READY, size=(1280, 720), own_clock=True
    )
    at_rest(page)
    button(page, say("player.share")).click()
    dialog = page.get_by_role("dialog")
    button(dialog, say("player.take")).click()
    expect(dialog.get_by_role("status")).to_contain_text(say("player.taken", n=1))
    assert violations(page) == []
    dialog.get_by_role("link", name=say("player.take_open")).click()

    choose = page.locator(".ce-choose")
    expect(choose).to_have_text(["1. Free"])
    page.get_by_label(word("name"), exact=True).fill(LESSON["title"])
    page.get_by_label(word("step_title"), exact=True).fill("Look <b>here</b>")
    page.get_by_label(word("text"), exact=True).fill(LESSON["steps"][0]["text"])
    page.get_by_label(word("kind"), exact=True).select_option("own")
    page.get_by_label(word("question"), exact=True).fill("Which share is largest?")
    page.get_by_label(word("option", n=1), exact=True).fill("dog")
    page.get_by_label(word("option", n=3), exact=True).fill("cat")
    page.get_by_label(word("right", n=3), exact=True).check()

    host = "{0.scheme}://{0.netloc}".format(urlsplit(page.url))
    add(page, f"{host}/?at=3")
    expect(choose).to_have_text(["1. Look <b>here</b>", "2. Subtract"])
    page.get_by_label(word("step_title"), exact=True).fill("")
    page.get_by_label(word("kind"), exact=True).select_option("see")
    page.get_by_label("exp(z)", exact=True).check()
    page.get_by_label(say("shared.control_logits", name=say("teach.each")), exact=True).check()
    add(page, f"{host}/start?at=5")
    expect(choose).to_have_count(3)
    page.get_by_label(word("step_title"), exact=True).fill("Break it")
    page.get_by_label(word("kind"), exact=True).select_option("key.drag")
    for step, kind in zip(LESSON["steps"][3:], ("guess", "goal"), strict=True):
        add(page, f"{host}/?{step['link']}")
        expect(choose.last).to_have_text(re.compile("Drag$"))
        page.get_by_label(word("step_title"), exact=True).fill(step["title"])
        page.get_by_label(word("kind"), exact=True).select_option(kind)
        asks(page, step)
    assert violations(page) == []
    darken(page)
    assert violations(page) == []

    made = lesson(page)
    assert [step["page"] for step in made["steps"]] == [step["page"] for step in LESSON["steps"]]
    for part in ("text", "own"):
        assert made["steps"][0][part] == LESSON["steps"][0][part]
    assert [made["steps"][1][part] for part in ("hidden", "locked")] == [["exp"], ["logits"]]
    assert made["steps"][2]["link"].startswith("at=1")
    assert made["steps"][3]["guess"] == LESSON["steps"][3]["guess"]
    assert made["steps"][4]["goal"] == LESSON["steps"][4]["goal"] | {"below": None}
    query = f"?at=4&{urlsplit(link(page)).query}"
    other = open_page(query, path="start", ready=READY, size=(1280, 720), own_clock=True)
    stands(other, 4, "")
    expect(other.locator(".ce-path button")).to_have_text(TITLES)
    guesses(other, keys=True)
    button(other, say("player.next")).click()
    stands(other, 5, "")
    reaches(other, keys=True)

    page.reload()
    expect(choose).to_have_count(5)  # the tab keeps it
    page.get_by_role("link", name=word("play"), exact=True).click()
    stands(page, 1, "softmax")


@pytest.mark.parametrize("size", [(1280, 720), (360, 740)])
def test_keys_order_steps_and_a_file_and_a_link_open_a_lesson_again(
    open_page: OpenPage, size: tuple[int, int], tmp_path: Path
) -> None:
    page = open_page("#prepare", path="teach", ready=".ce-teach", size=size, own_clock=True)
    file = tmp_path / "lesson.json"
    file.write_text(json.dumps({"title": "x" * 41, "steps": [*LESSON["steps"][:3], {"page": "x"}]}))
    with page.expect_file_chooser() as chooser:
        button(page, word("open_file")).click()
    chooser.value.set_files(file)
    said = page.locator(".ce-added")
    expect(said).to_contain_text(word("opened", count=3))
    expect(said).to_contain_text("Step 4, page: expected start")
    expect(said).to_contain_text("title: expected a text of 1 to 40 visible letters")
    choose = page.locator(".ce-choose")
    expect(choose).to_have_text(["1. Look <b>here</b>", "2. Step 2", "3. Break it"])

    button(page, word("down", n=1)).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # the focus goes along with the step
    expect(choose).to_have_text(["1. Step 1", "2. Break it", "3. Look <b>here</b>"])
    expect(button(page, word("up", n=3))).to_be_focused()
    button(page, word("remove", n=2)).press("Enter")
    expect(choose).to_have_text(["1. Step 1", "2. Look <b>here</b>"])
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]

    whole = link(page)
    with page.expect_download() as download:
        button(page, word("save")).click()
    saved = json.loads(download.value.path().read_text())
    assert saved["steps"] == lesson(page)["steps"]
    for n in (2, 1):
        button(page, word("remove", n=n)).click()
    expect(page.locator(".ce-lesson-out")).to_be_hidden()
    for wrong in ("softmax", "https://elsewhere.example/x/softmax", whole[:-9]):
        add(page, wrong)
        expect(said).not_to_be_empty()
        expect(choose).to_have_count(0)
    add(page, whole)
    expect(choose).to_have_text(["1. Step 1", "2. Look <b>here</b>"])


def test_what_is_wrong_is_said_beside_the_link(open_page: OpenPage) -> None:
    page = open_page("#prepare", path="teach", ready=".ce-teach", own_clock=True)
    steps = [
        LESSON["steps"][1] | {"text": "".join(chr(97 + (n * i * i + i) % 26) for i in range(299))}
        for n in range(2, 22)
    ]
    page.evaluate(
        "kept => sessionStorage.setItem('ce-teach', kept)",
        json.dumps({"title": "", "steps": steps}),
    )
    page.reload()
    expect(page.locator(".ce-choose")).to_have_count(20)
    page.get_by_label(word("kind"), exact=True).select_option("own")
    faults = page.locator(".ce-fault")
    expect(faults.nth(1)).to_contain_text("Step 20: a question needs its text")
