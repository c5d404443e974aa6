"""Every lesson's path from its first step to its last: by keys alone, and by touch.

It answers wrongly and then rightly, reaches each goal where the core says that it is met, and
looks whether all stays in one view and where it was. The three looks take turns, so that each path
is seen in all of them. What is particular to a lesson stands in its own test.
"""

import pytest
from playwright.sync_api import Page, expect

from lab.lesson import Lesson
from lab.lesson import Step as LessonStep
from lab.words import say
from pages.main import LESSONS
from tests.browser.conftest import OpenPage
from tests.browser.driving import at_rest, box_of, darken, violations
from tests.browser.walking import (
    STEP,
    arrived,
    as_read,
    finger,
    focused,
    moves,
    overflowing,
    places,
    press,
    question,
)

LED = [lesson for lesson in LESSONS if lesson.steps]
LOOKS = ("light", "dark", "lecture")
each_lesson = pytest.mark.parametrize("lesson", LED, ids=lambda lesson: lesson.page)


def opened(open_page: OpenPage, lesson: Lesson, **options: object) -> Page:
    path = "" if lesson is LESSONS[0] else lesson.page
    ready = f"{STEP}[data-step]"
    return open_page(path=path, ready=ready, reduced_motion="reduce", **options)


def assert_clean(page: Page, look: str) -> None:
    """Look at a step in the light, in the dark or in a lecture, and go back to the light."""
    if look == "dark":
        darken(page)
    if look == "lecture":
        lecture = page.get_by_role("button", name=say("player.lecture"))
        lecture.click()
        assert overflowing(page) == []
    assert violations(page) == [], look
    if look == "dark":
        page.emulate_media(color_scheme="light")
    if look == "lecture":
        lecture.click()


# ---------------------------------------------------------------- by keys alone


def answer_by_keys(page: Page, lesson: Lesson, step: LessonStep) -> None:
    asked = question(page, lesson, step)
    wrong = (asked.right + 1) % len(asked.options)
    press(page, "Shift+Tab", focused(page, f".ce-answer:nth-child({wrong + 1})"))
    page.keyboard.press("Enter")
    expect(page.locator(".ce-text")).to_have_text(as_read(asked.reasons[wrong]))
    expect(page.locator(".ce-text")).to_be_focused()
    expect(page.locator(STEP)).to_have_attribute("data-goal", "open")
    press(page, "Tab", focused(page, f".ce-answer:nth-child({asked.right + 1})"))
    page.keyboard.press("Enter")
    expect(page.locator(".ce-text")).to_have_text(as_read(asked.reasons[asked.right]))
    expect(page.locator(".ce-text")).to_be_focused()


def reach_by_keys(page: Page, move: tuple[str, int, int] | None) -> None:
    if move is None:
        press(page, "Shift+Tab", focused(page, "[role=switch]"))
        page.keyboard.press("Space")
        return
    id_, k, last = move
    press(page, "Shift+Tab", focused(page, f'[data-slider="{id_}"] input[type=range]'))
    # Held, so that it is one drag: from the nearer end.
    end, far, near, way = ("Home", "PageUp", "ArrowRight", k)
    if 2 * k > last:
        end, far, near, way = ("End", "PageDown", "ArrowLeft", last - k)
    keys = [end, *[far] * (way // 10), *[near] * (way % 10)]
    for key in keys:
        page.keyboard.down(key)
    for key in dict.fromkeys(keys):
        page.keyboard.up(key)


@each_lesson
def test_it_is_walked_by_keys_alone(open_page: OpenPage, lesson: Lesson) -> None:
    page = opened(open_page, lesson, size=(1280, 720))
    for i, step in enumerate(lesson.steps):
        found = arrived(page, i + 1)
        assert overflowing(page) == [], step.key
        still = places(page)
        if step.ask:
            answer_by_keys(page, lesson, step)
        for _ in range(step.times if step.goal else 0):
            for move in moves(page, lesson, step):
                reach_by_keys(page, move)
        expect(found).to_have_attribute("data-goal", "reached")
        at_rest(page)
        assert places(page) == still, step.key
        assert overflowing(page) == [], step.key
        assert_clean(page, LOOKS[i % len(LOOKS)])
        if i + 1 < len(lesson.steps):
            press(page, "Tab", focused(page, "button.ce-next"))
            page.keyboard.press("Enter")


# ---------------------------------------------------------------- by touch


def answer_by_touch(page: Page, lesson: Lesson, step: LessonStep) -> None:
    asked = question(page, lesson, step)
    for option in ((asked.right + 1) % len(asked.options), asked.right):
        page.locator(".ce-answer").nth(option).tap()
        expect(page.locator(".ce-text")).to_have_text(as_read(asked.reasons[option]))


def reach_by_touch(page: Page, move: tuple[str, int, int] | None) -> None:
    if move is None:
        page.get_by_role("switch").tap()
        return
    id_, k, last = move
    chip = page.locator(f'[data-focus="chip-{id_}"]')
    if chip.count() and chip.is_visible():
        chip.tap()
    box = box_of(page.locator(f'[data-slider="{id_}"] input[type=range]'))
    thumb = 16  # px
    across = box.left + thumb / 2 + (box.width - thumb) * k / last
    finger(page, (across, box.middle[1]))


@each_lesson
def test_it_is_walked_by_touch(open_page: OpenPage, lesson: Lesson) -> None:
    page = opened(open_page, lesson, size=(390, 844), has_touch=True, is_mobile=True)
    for i, step in enumerate(lesson.steps):
        found = arrived(page, i + 1)
        if step.ask:
            answer_by_touch(page, lesson, step)
        for _ in range(step.times if step.goal else 0):
            for move in moves(page, lesson, step):
                reach_by_touch(page, move)
        expect(found).to_have_attribute("data-goal", "reached")
        across = (
            "[document.documentElement.scrollWidth, document.querySelector('.stMain').scrollWidth]"
        )
        assert max(page.evaluate(across)) <= 390, step.key
        if i + 1 < len(lesson.steps):
            page.locator("button.ce-next").tap()
