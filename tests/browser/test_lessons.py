"""What every lesson keeps to: it fits, it follows, it breaks, it asks, and it leads on."""

import re

import pytest
from playwright.sync_api import Page, expect

from pages.shared.lesson import ORDER
from pages.shared.words import say
from tests.browser.conftest import OpenPage
from tests.browser.driving import darken, frames_sent, readout, violations

MOVING = ".ce-bar, .ce-point, .ce-line"
NEXT = dict(zip(ORDER, (*ORDER[1:], "pipeline"), strict=True))


def picture(page: Page) -> list[str]:
    """Return all that a drag can move: paths, points and numbers."""
    return page.locator(".ce-live").first.evaluate(
        """root => [
            ...[...root.querySelectorAll(".ce-moving *, .ce-bar")].map(n => n.outerHTML),
            ...[...root.querySelectorAll("[data-readout], mn")].map(n => n.textContent),
        ]"""
    )


@pytest.mark.parametrize("name", ["", *ORDER])
def test_every_page_fits_every_screen_and_breaks_no_rule_of_accessibility(
    open_page: OpenPage, name: str
) -> None:
    page = open_page(path=name, ready=MOVING)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    assert violations(page) == []
    darken(page)
    assert violations(page) == []
    for width, height in ((800, 600), (390, 844), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        # Streamlit scrolls an element inside the document. The charts are drawn anew a moment after
        # the window has changed.
        page.wait_for_function(
            """width => innerWidth === width &&
                [document.documentElement, ...document.querySelectorAll(".stMain, .stApp")]
                    .every(element => element.scrollWidth <= element.clientWidth)""",
            arg=width,
        )


@pytest.mark.parametrize("name", ORDER)
def test_every_slider_moves_the_picture_and_tells_the_server_on_release_alone(
    open_page: OpenPage, name: str
) -> None:
    page = open_page(path=name, ready=MOVING)
    sent = frames_sent(page)
    sliders = page.locator(".ce-live").first.get_by_role("slider")
    for i in range(sliders.count()):
        before = picture(page)
        address = page.url
        sliders.nth(i).focus()
        for _ in range(3):
            page.keyboard.down("ArrowRight")
        expect(sliders.nth(i)).to_be_focused()
        page.wait_for_function(
            """before => JSON.stringify([
                ...[...document.querySelector(".ce-live").querySelectorAll(".ce-moving *, .ce-bar")]
                    .map(n => n.outerHTML),
                ...[...document.querySelector(".ce-live").querySelectorAll("[data-readout], mn")]
                    .map(n => n.textContent),
            ]) !== JSON.stringify(before)""",
            arg=before,
        )
        assert sent == []
        page.keyboard.up("ArrowRight")
        expect(page).not_to_have_url(address)
        assert len(sent) == 1
        sent.clear()
    assert sliders.count()


@pytest.mark.parametrize("name", ORDER)
def test_a_link_reopens_the_lesson_as_it_was_left(open_page: OpenPage, name: str) -> None:
    first = open_page(path=name, ready=MOVING)
    address = first.url
    sliders = first.locator(".ce-live").first.get_by_role("slider")
    for i in range(sliders.count()):
        sliders.nth(i).press("PageUp")
        expect(first).not_to_have_url(address)
        address = first.url
    second = open_page("?" + address.split("?", 1)[1], path=name, ready=MOVING, locale="de-DE")
    assert picture(first) == picture(second)
    assert second.locator(".stAlert").count() == 0


@pytest.mark.parametrize("name", ORDER)
def test_a_lesson_is_worked_with_the_keyboard_alone(open_page: OpenPage, name: str) -> None:
    page = open_page(path=name, ready=MOVING)
    before = picture(page)
    page.get_by_role("button", name=say(f"{name}.break_button"), exact=True).press("Enter")
    page.wait_for_url(re.compile(r"[?]"))
    answered = 0
    questions = page.locator(".stRadio")
    expect(questions.first).to_be_attached()
    while questions.count():
        questions.first.locator("input").first.press("Space")
        answered += 1
        expect(page.locator(".stAlert")).to_have_count(answered)
        expect(questions.locator("input:checked")).to_have_count(0)
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    title = say("lesson.done", title=say(f"{name}.short"))
    expect(page.get_by_role("link", name=title, exact=True)).to_be_attached()
    assert picture(page) != before


@pytest.mark.parametrize("name", ORDER)
def test_the_way_on_carries_the_learner_s_numbers(open_page: OpenPage, name: str) -> None:
    page = open_page("?logits=1.25,3,-2,0.5&names=a,b,c,d&target=2", path=name, ready=MOVING)
    following = NEXT[name]
    page.get_by_role("link", name=say("lesson.next", title=say(f"{following}.title"))).click()
    page.wait_for_url(f"**/{following}?**")
    expect(page.get_by_role("heading", level=1)).to_have_text(say(f"{following}.title"))
    expect(page.locator(MOVING).first).to_be_attached()
    assert "logits=1.25%2C3%2C-2%2C0.5" in page.url
    assert "names=a%2Cb%2Cc%2Cd" in page.url
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(say(f"{name}.title"))


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("softmax", say("lesson.next", title=say(f"{NEXT['softmax']}.title"))),
        ("", say("lesson.open", title=say("pipeline.short"))),
    ],
)
def test_the_way_on_follows_a_release(open_page: OpenPage, name: str, way: str) -> None:
    page = open_page(path=name, ready=MOVING)
    link = page.get_by_role("main").get_by_role("link", name=way, exact=True)
    for key in ("PageUp", "ArrowLeft"):
        address = page.url
        page.locator(".ce-live").get_by_role("slider").first.press(key)
        expect(page).not_to_have_url(address)
        (logits,) = re.findall("logits=[^&]*", page.url)
        expect(link).to_have_attribute("href", re.compile(re.escape(logits)))
        expect(link).to_have_count(1)


def test_what_was_answered_stays_as_it_was_asked(open_page: OpenPage) -> None:
    page = open_page(path="likelihood", ready=MOVING)
    question = page.locator(".stRadio").nth(2)
    asked = question.get_by_test_id("stWidgetLabel").inner_text()
    question.locator("input").first.press("Space")
    expect(page.locator(".stAlert")).to_have_count(1)
    verdict = page.locator(".stAlert").inner_text()
    page.get_by_role("button", name=say("lesson.show")).click()
    expect(readout(page, "total")).to_have_text("1")
    expect(page.get_by_text(asked, exact=True)).to_be_visible()
    assert page.locator(".stAlert").inner_text() == verdict
    page.get_by_role("button", name=say("lesson.again")).click()
    expect(page.locator(".stAlert")).to_have_count(0)


def test_the_first_page_leads_to_every_lesson_and_remembers(open_page: OpenPage) -> None:
    page = open_page(path="")
    for name in ("pipeline", *ORDER):
        link = page.get_by_role("main").get_by_role("link", name=say(f"{name}.short"), exact=True)
        expect(link).to_be_visible()
        expect(page.get_by_text(say(f"{name}.line"))).to_be_visible()
    assert page.locator(".stImage img").count() == len(ORDER) + 1
    page.get_by_role("main").get_by_role("link", name=say("sigmoid.short"), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(say("sigmoid.title"))
