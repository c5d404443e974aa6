"""What every lesson keeps to: it fits, it follows, it breaks, it asks, and it leads on."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect

from lab.words import say
from pages.main import LESSONS, TOOLS
from tests.browser.conftest import OpenPage, Watched
from tests.browser.driving import ask, at_rest, darken, readout, slider, told_of, violations
from tests.browser.serving import serve

MOVING = ".ce-bar, .ce-point, .ce-line, .ce-pillar"
ALL = [lesson.page for lesson in LESSONS[1:]]
ORDER = [lesson.page for lesson in LESSONS if "break" in lesson.acts]
NEXT = dict(zip(ORDER, (*ORDER[1:], ALL[0]), strict=True))
# A lesson with steps is worked as a whole in the last of them.
FREE = {lesson.page: f"?at={len(lesson.steps)}" if lesson.steps else "" for lesson in LESSONS}
QUESTION = ".ce-question:has(input)"
VERDICT = ".ce-verdict"

PICTURE = """() => {
    const root = document.querySelector(".ce-live");
    return [
        ...[...root.querySelectorAll(".ce-moving *, .ce-bar")].map(node => node.outerHTML),
        ...[...root.querySelectorAll("[data-readout], mn")].map(node => node.textContent),
    ];
}"""


def open_freely(open_page: OpenPage, name: str, query: str = "") -> Page:
    """Open the free instrument of a lesson, which one with steps has as its last."""
    at = FREE[name].removeprefix("?")
    return open_page("?" + "&".join(filter(None, (query, at))), path=name, ready=MOVING)


def picture(page: Page) -> list[str]:
    """Return all that a drag can move: paths, points and numbers."""
    return page.evaluate(PICTURE)


def changed(page: Page, before: list[str]) -> None:
    """Wait until the picture is another one."""
    page.wait_for_function(
        f"before => JSON.stringify(({PICTURE})()) !== JSON.stringify(before)", arg=before
    )


@pytest.mark.parametrize("name", ["", *ORDER])
def test_every_page_fits_every_screen_and_breaks_no_rule_of_accessibility(
    open_page: OpenPage, name: str
) -> None:
    page = open_page(path=name, ready=MOVING)
    at_rest(page)
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
def test_every_slider_moves_the_picture_and_sets_the_link_on_release_alone(
    open_page: OpenPage, name: str
) -> None:
    page = open_freely(open_page, name)
    told = told_of(page)
    sliders = page.locator(".ce-live").first.get_by_role("slider")
    for i in range(sliders.count()):
        before = picture(page)
        address = page.url
        sliders.nth(i).focus()
        for _ in range(3):
            page.keyboard.down("ArrowRight")
        expect(sliders.nth(i)).to_be_focused()
        changed(page, before)
        assert told == []
        page.keyboard.up("ArrowRight")
        expect(page).not_to_have_url(address)
        assert told == [page.url]
        told.clear()
    assert sliders.count()


@pytest.mark.parametrize("name", ORDER)
def test_a_link_reopens_the_lesson_as_it_was_left(open_page: OpenPage, name: str) -> None:
    first = open_freely(open_page, name)
    at_rest(first)
    address = first.url
    sliders = first.locator(".ce-live").first.get_by_role("slider")
    for i in range(sliders.count()):
        sliders.nth(i).press("PageUp")
        expect(first).not_to_have_url(address)
        address = first.url
    second = open_page("?" + address.split("?", 1)[1], path=name, ready=MOVING, locale="de-DE")
    at_rest(second)
    assert picture(first) == picture(second)
    expect(second.get_by_role("alert")).to_be_empty()


@pytest.mark.parametrize("name", ORDER)
def test_a_lesson_is_worked_with_the_keyboard_alone(open_page: OpenPage, name: str) -> None:
    page = open_freely(open_page, name, "logits=2,1,0.1")  # the overflow lab's opens broken
    at_rest(page)
    ask(page)
    before = picture(page)
    address = page.url
    page.get_by_role("button", name=say(f"{name}.break_button"), exact=True).press("Enter")
    expect(page).not_to_have_url(address)
    changed(page, before)
    ask(page)
    answered = 0
    questions = page.locator(QUESTION)
    expect(questions.first).to_be_attached()
    while questions.count():
        questions.first.locator("input").first.press("Space")
        answered += 1
        expect(page.locator(VERDICT)).to_have_count(answered)
        expect(page.locator(f"{VERDICT}:focus")).to_have_count(1)
        at_rest(page)
    title = say("player.done", title=say(f"{name}.short"))
    expect(page.get_by_role("link", name=title, exact=True)).to_be_attached()


@pytest.mark.parametrize("name", ORDER)
def test_the_way_on_carries_the_learner_s_numbers(open_page: OpenPage, name: str) -> None:
    page = open_freely(open_page, name, "logits=1.25,3,-2,0.5&names=a,b,c,d&target=2")
    following = NEXT[name]
    ask(page)
    page.get_by_role("link", name=say("lesson.next", title=say(f"{following}.title"))).click()
    page.wait_for_url(f"**/{following}?**")
    expect(page.get_by_role("heading", level=1)).to_have_text(say(f"{following}.title"))
    expect(page.locator(MOVING).first).to_be_attached()
    if following == "pipeline":  # a path begins with what its first step opens
        assert "logits=1.25%2C3%2C-2%2C0.5" in page.url
        assert "names=a%2Cb%2Cc%2Cd" in page.url
    else:
        expect(page.locator("[data-step='1']")).to_be_attached()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(say(f"{name}.title"))
    expect(page).to_have_url(re.compile("logits=1.25"))


def test_the_navigation_takes_the_learner_s_numbers_along(open_page: OpenPage) -> None:
    page = open_page("?logits=1.25,3,-2,0.5&names=a,b,c,d", path="softmax", ready=MOVING)
    page.locator(".ce-live").get_by_role("slider").first.press("PageUp")
    expect(page).to_have_url(re.compile("logits=3.2"))
    page.get_by_role("link", name=say("pipeline.short"), exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(say("pipeline.title"))
    expect(page).to_have_url(re.compile(r"/pipeline\?logits=3.2%2C3%2C-2%2C0.5"))
    at_rest(page)
    # Back leads to the number before.
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(say("softmax.title"))
    at_rest(page)
    page.go_back()
    expect(page).to_have_url(re.compile("logits=1.25"))


def test_an_address_without_numbers_that_is_typed_begins_anew(
    open_page: OpenPage, server: str
) -> None:
    page = open_page("?logits=1.25,3&names=a,b", path="softmax", ready=MOVING)
    page.locator(".ce-live").get_by_role("slider").first.press("PageUp")
    expect(page).to_have_url(re.compile("logits=2.2%2C3"))
    for name in ("softmax", "pipeline"):
        page.goto(f"{server}/{name}")
        expect(page).to_have_url(re.compile(rf"/{name}[?].*names=cat%2Cdog%2Cgoldfish"))
        expect(slider(page, "dog")).to_have_attribute("aria-valuetext", "1")


def test_behind_a_prefix_everything_is_below_it(
    contexts: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    with (
        serve(tmp_path / "log.txt", options=["--server.baseUrlPath=prefix"], base="/prefix") as app,
        contexts().new_page() as page,
    ):
        failed: list[str] = []

        def note(answer: Response) -> None:
            if not answer.ok or not answer.url.startswith((f"{app.url}/", "blob:")):
                failed.append(f"{answer.status} {answer.url}")

        page.on("response", note)
        watched = Watched(page, app.url)
        page.goto(f"{app.url}/softmax?logits=1.25,3&names=a,b")
        at_rest(page)
        page.locator(".ce-live").get_by_role("slider").first.press("PageUp")
        expect(page).to_have_url(re.compile(r"/prefix/softmax\?logits=2.2%2C3"))
        ask(page)
        page.get_by_role("link", name=say("lesson.next", title=say("overflow.title"))).click()
        expect(page).to_have_url(re.compile(r"/prefix/overflow\?"))
        expect(page.get_by_role("heading", level=1)).to_have_text(say("overflow.title"))
        at_rest(page)
        page.get_by_role("link", name=say("sigmoid.short"), exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(say("sigmoid.title"))
        expect(page).to_have_url(re.compile(r"/prefix/sigmoid\?"))
        at_rest(page)
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text(say("overflow.title"))
        expect(page.locator(MOVING).first).to_be_attached()
        assert failed == []
        assert watched.faults == []


def test_the_way_on_follows_a_release(open_page: OpenPage) -> None:
    way = say("lesson.next", title=say(f"{NEXT['softmax']}.title"))
    page = open_freely(open_page, "softmax")
    at_rest(page)
    for key in ("PageUp", "ArrowLeft"):
        address = page.url
        page.get_by_role("tab").first.press("Enter")
        page.locator(".ce-live").get_by_role("slider").first.press(key)
        expect(page).not_to_have_url(address)
        (logits,) = re.findall("logits=[^&]*", page.url)
        ask(page)
        link = page.get_by_role("main").get_by_role("link", name=way, exact=True)
        expect(link).to_have_attribute("href", re.compile(re.escape(logits)))
        expect(link).to_have_count(1)


def test_what_was_answered_stays_as_it_was_asked(open_page: OpenPage) -> None:
    page = open_freely(open_page, "likelihood")
    ask(page)
    question = page.locator(QUESTION).nth(2)
    asked = question.locator("legend").inner_text()
    question.locator("input").first.press("Space")
    expect(page.locator(VERDICT)).to_have_count(1)
    verdict = page.locator(VERDICT).inner_text()
    page.get_by_role("button", name=say("player.show")).click()
    expect(readout(page, "total")).to_have_text("1")
    expect(page.get_by_text(asked, exact=True)).to_be_visible()
    assert page.locator(VERDICT).inner_text() == verdict
    page.get_by_role("button", name=say("player.again")).click()
    expect(page.locator(VERDICT)).to_have_count(0)


def test_what_a_question_shows_keeps_what_was_set_since_it_was_asked(open_page: OpenPage) -> None:
    page = open_freely(open_page, "gradient")
    at_rest(page)
    page.get_by_label(say("live.format")).select_option("float16")
    expect(page).to_have_url(re.compile("format=float16"))
    ask(page)
    page.locator(QUESTION).first.locator("input").first.press("Space")
    page.get_by_role("button", name=say("player.show")).click()
    expect(page).to_have_url(re.compile("logits=0%2C0%2C0.*format=float16"))


def test_the_first_page_leads_to_every_lesson_and_remembers(open_page: OpenPage) -> None:
    page = open_page("?at=6", path="")
    for name in ALL:
        link = page.get_by_role("main").get_by_role("link", name=say(f"{name}.short"), exact=True)
        expect(link).to_be_visible()
        expect(page.get_by_text(say(f"{name}.line"))).to_be_visible()
    assert page.locator(".ce-lessons img").count() == len(ALL) + len(TOOLS)
    page.get_by_role("main").get_by_role("link", name=say("sigmoid.short"), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(say("sigmoid.title"))
