"""A lesson that a teacher prepares: it goes to others in a link, and is played from page to page."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from lab.prepared.lesson import pack
from lab.words import say
from tests.browser.conftest import OpenPage
from tests.browser.driving import at_rest, violations

READY = ".ce-step[data-step]"
LESSON: dict[str, Any] = {
    "title": "Scores and shares",
    "steps": [
        {
            "page": "softmax",
            "link": "at=8&logits=3,1,-7",
            "title": "Look <b>here</b>",
            "text": "No <i>markup</i>, but a [softmax].",
            "kind": "predict",
            "own": {"text": "Which share is largest?", "options": ["dog", "cat"], "right": 1},
        },
        {"page": "start", "link": "at=3", "hidden": ["exp"], "locked": ["logits"]},
        {"page": "start", "kind": "reach", "key": "drag", "title": "Break it"},
    ],
}


def button(page: Page | Locator, text: str) -> Locator:
    return page.get_by_role("button", name=text, exact=True)


def stands(page: Page, n: int, path: str) -> None:
    """Wait until a step of the lesson is played; the first page has an empty path."""
    expect(page).to_have_url(re.compile(f"/{path}[?](.*&)?at={n}&.*lesson=1[.]"))
    expect(page.locator(".ce-step")).to_have_attribute("data-step", str(n))
    expect(page.get_by_role("heading", level=1)).to_have_text("Scores and shares")
    at_rest(page)


def plays(page: Page) -> None:
    """Play the lesson: its own question, what is hidden and locked, and the goal of a page."""
    stands(page, 1, "softmax")
    steps = page.locator(".ce-path button")
    expect(steps).to_have_text(["Look <b>here</b>", say("teach.step", n=2), "Break it"])
    expect(page.locator(".ce-sentence")).to_contain_text("No <i>markup</i>, but a softmax.")
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
    page.go_back()
    stands(page, 2, "")
    steps.first.click()
    stands(page, 1, "softmax")
    expect(steps.first).to_have_attribute("data-done", "")


def test_a_lesson_is_played_from_page_to_page(open_page: OpenPage) -> None:
    query = f"?lesson={pack(LESSON)}"
    plays(open_page(query, path="softmax", ready=READY, size=(1280, 720), own_clock=True))
