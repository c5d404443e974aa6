"""The page for teachers: its sections, the lessons that are ready, their plans and their links."""

import re

from playwright.sync_api import Page, expect

from lab.prepared.ready import READY
from lab.words import say
from tests.browser.conftest import OpenPage
from tests.browser.driving import darken, violations

SECTIONS = ("ready", "prepare", "class", "misconceptions", "course", "challenge")


def guide(open_page: OpenPage, section: str = "", size: tuple[int, int] = (1280, 720)) -> Page:
    page = open_page(section, path="teach", ready=".ce-guide", size=size, own_clock=True)
    expect(page.locator(".ce-guide")).to_be_visible()
    return page


def shown(page: Page, section: str) -> None:
    """Wait until this section alone is seen."""
    expect(page.locator(f"[data-section={section}]")).to_be_visible()
    expect(page.locator("[data-section]:visible")).to_have_count(1)


def test_keys_lead_to_every_section_and_each_can_be_read(open_page: OpenPage) -> None:
    page = guide(open_page)
    tabs = page.get_by_role("navigation", name=say("guide.sections")).get_by_role("link")
    expect(tabs).to_have_text([say(f"guide.tab_{name}") for name in SECTIONS])
    for name, tab in zip(SECTIONS, tabs.all(), strict=True):
        tab.press("Enter")
        shown(page, name)
        expect(tab).to_have_attribute("aria-current", "page")
        assert page.url.endswith(f"/teach#{name}")
        assert violations(page) == [], name
    darken(page)
    page.go_back()
    shown(page, SECTIONS[-2])
    assert violations(page) == []
    page.reload()
    shown(page, SECTIONS[-2])


def test_every_section_has_room_on_a_phone(open_page: OpenPage) -> None:
    page = guide(open_page, size=(360, 740))
    for name in (*SECTIONS, "plan-90"):
        page.evaluate("name => { location.hash = name; }", name)
        shown(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
    assert violations(page) == []


def test_a_ready_lesson_is_played_and_its_plan_is_read(open_page: OpenPage) -> None:
    page = guide(open_page)
    for name in READY:
        card = page.locator(f"[data-lesson='{name}']")
        expect(card.get_by_role("button", name=say("class.start"))).to_be_enabled()
        card.get_by_role("link", name=say("guide.ready_plan")).click()
        shown(page, f"plan-{name}")
        expect(page.locator(f"[data-section=plan-{name}] .ce-plan > li")).to_have_count(
            len(READY[name])
        )
        page.get_by_role("link", name=say("guide.plan_back")).click()
        shown(page, "ready")
    page.locator("[data-lesson='20']").get_by_role("link", name=say("guide.ready_play")).click()
    expect(page.locator(".ce-step")).to_have_attribute("data-step", "1")
    expect(page.get_by_role("heading", level=1)).to_have_text(say("ready.20_title"))
    expect(page).to_have_url(re.compile("lesson=ready[.]20"))
    titles = [say(f"ready.{key}_title") for key in READY["20"]]
    expect(page.locator(".ce-path button")).to_have_text(titles)
    page.locator(".ce-path button").last.click()
    expect(page.locator(".ce-task")).to_have_text(say("ready.leave_question"))
    expect(page).to_have_url(re.compile("at=8&.*lesson=ready[.]20"))


def test_a_ready_lesson_is_changed_and_takes_nothing_away_unasked(open_page: OpenPage) -> None:
    page = guide(open_page)

    def change(name: str) -> None:
        page.get_by_role("link", name=say("guide.tab_ready")).click()
        card = page.locator(f"[data-lesson='{name}']")
        card.get_by_role("button", name=say("guide.ready_edit")).click()
        shown(page, "prepare")

    change("20")
    steps = page.locator(".ce-choose")
    expect(steps).to_have_count(len(READY["20"]))
    expect(page.get_by_label(say("teach.page_name"), exact=True)).to_have_value(
        say("ready.20_title")
    )
    change("45")
    expect(page.locator(".ce-added")).to_have_text(say("teach.page_replaces"))
    expect(steps).to_have_count(len(READY["20"]))
    page.keyboard.press("Enter")
    expect(steps).to_have_count(len(READY["45"]))


def test_a_misconception_leads_to_its_step(open_page: OpenPage) -> None:
    page = guide(open_page, "#misconceptions")
    links = page.locator(".ce-dissolves")
    expect(links).to_have_count(15)
    links.first.click()
    expect(page.locator(".ce-step")).to_have_attribute("data-step-kind", "predict")
    expect(page).to_have_url(re.compile("/softmax[?]"))


def test_what_is_copied_into_a_course_holds_the_address_of_this_lab(open_page: OpenPage) -> None:
    page = guide(open_page, "#course")
    home = page.url.removesuffix("/teach#course")
    texts = page.locator("[data-section=course] pre").all_text_contents()
    framed = [text for text in texts if "lesson=ready.20" in text]
    assert len(framed) == len(texts) - 1 == 5
    assert all(f"{home}/?lesson=ready.20" in text for text in framed)
    frame = page.context.new_page()
    frame.goto(f"{home}/?lesson=ready.20")
    expect(frame.get_by_role("heading", level=1)).to_have_text(say("ready.20_title"))
