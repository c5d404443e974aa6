"""Walk a lesson's steps in a browser, as somebody would who has its answers beside them."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from lab.lesson import Lesson, Question
from lab.lesson import Step as LessonStep
from lab.settings import Settings
from tests.app.instruments import ANSWERS, built, unpacked
from tests.browser.driving import at_rest

STEP = ".ce-step"

# What is to stand still whatever is done within a step.
LANDMARKS = (
    ".ce-head h1, .ce-path button, .ce-stack, .ce-side > *, .ce-sentence, .ce-step, .ce-do,"
    " .ce-answer, .ce-ways button, .ce-panels, .ce-tabs, .ce-figures figure, .ce-cards > *,"
    " .ce-slider, .ce-table, .ce-top"
)


def arrived(page: Page, at: int) -> Locator:
    """Wait until a step stands, counted from 1, and return its element."""
    found = page.locator(STEP)
    expect(found).to_have_attribute("data-step", str(at))
    at_rest(page)
    return found


def places(page: Page) -> list[tuple[str, list[int]]]:
    """Return where the landmarks stand that are seen; a slider for keys alone is 1 px wide."""
    return page.evaluate(
        """selector => [...document.querySelectorAll(selector)]
            .filter(node => node.getBoundingClientRect().width > 1).map(node => {
                const {x, y, width, height} = node.getBoundingClientRect();
                const part = node.className.replace(" ce-docked", "");
                return [part, [x, y, width, height].map(Math.round)];
            })""",
        LANDMARKS,
    )


def overflowing(page: Page) -> list[str]:
    """Name what scrolls, or is not whole on the screen: nothing where all is one view."""
    return page.evaluate(
        """() => [
            ...[document.documentElement, ...document.querySelectorAll(
                ".stMain, .stApp, .ce-led, .ce-sentence, .ce-side, .ce-do")]
                .filter(node => node.scrollHeight > node.clientHeight + 1
                    || node.scrollWidth > node.clientWidth + 1),
            ...[...document.querySelectorAll(".ce-head, .ce-stack, .ce-sentence, .ce-step")]
                .filter(node => {
                    const {top, bottom, left, right} = node.getBoundingClientRect();
                    return top < 0 || left < 0 || bottom > innerHeight || right > innerWidth;
                }),
        ].map(node => node.className || node.tagName)"""
    )


def press(page: Page, key: str, until: Callable[[], bool], most: int = 80) -> None:
    """Press a key until something holds."""
    for _ in range(most):
        if until():
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} did not lead there")


def focused(page: Page, selector: str) -> Callable[[], bool]:
    return lambda: page.evaluate("s => document.activeElement.matches(s)", selector)


def finger(page: Page, start: tuple[float, float], *moves: tuple[float, float]) -> None:
    """Put a finger down, move it, and take it off, as a touch screen tells it."""
    screen = page.context.new_cdp_session(page)

    def tell(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    tell("touchStart", start)
    x, y = start
    for right, down in moves:
        for i in range(1, 6):
            tell("touchMove", (x + right * i / 5, y + down * i / 5))
        x, y = x + right, y + down
    tell("touchEnd")


def now_at(page: Page, lesson: Lesson) -> Settings:
    """Return the settings of what the page shows, by its address."""
    return ANSWERS.read(lesson.page, urlsplit(page.url).query)[0]


def question(page: Page, lesson: Lesson, step: LessonStep) -> Question:
    """Return what the step asks."""
    assert step.ask is not None
    return step.ask(now_at(page, lesson))


def as_read(text: str) -> str:
    """Return a sentence without the brackets around its terms."""
    return re.sub(r"\[([a-zA-Z][^\[\]|]*)(\|[\w-]+)?\]", r"\1", text)


# What is moved before the slider that reaches a goal, where it takes several: positions, and last.
BEFORE = {
    ("likelihood", "each"): (("counts.1", 0, 6), ("counts.2", 0, 6)),
    ("gradient", "downhill"): (("step", 10, 10),),
    ("gradient", "map"): (("logits.1", 0, 200),),
}


def moves(page: Page, lesson: Lesson, step: LessonStep) -> Iterator[tuple[str, int, int] | None]:
    """Yield the drags that reach a goal once, as `where_met` tells them."""
    for move in BEFORE.get((lesson.page, step.key), ()):
        address = page.url
        yield move
        expect(page).not_to_have_url(address)
        at_rest(page)
    yield where_met(page, lesson)
    at_rest(page)


def where_met(page: Page, lesson: Lesson) -> tuple[str, int, int] | None:
    """Return a slider, a position where the goal is met, and its last; None for a switch.

    The position is the middle of the longest stretch, which a finger finds.
    """
    now = now_at(page, lesson)
    head, columns = unpacked(ANSWERS.numbers(lesson.page, ANSWERS.link(lesson.page, now)).body)
    met = columns[head["goal"]]
    if met.shape == (1, 1):
        return None
    (instrument, *_), _ = built(lesson.page, now)
    best = (0, 0, 0)
    for s, slider in enumerate(instrument.sliders):
        if not slider.label:  # a figure is dragged by it, and nobody finds it
            continue
        row = np.r_[0, met[s, : len(slider.values)], 0].astype(int)
        starts, ends = np.flatnonzero(np.diff(row) == 1), np.flatnonzero(np.diff(row) == -1)
        for start, end in zip(starts, ends, strict=True):
            # Not where it stands already: that would be no move.
            k = (start + end - 1) // 2 + int((start + end - 1) // 2 == slider.index)
            best = max(best, (end - start, s, k))
    length, s, k = best
    assert length, "expected a goal that one slider reaches"
    slider = instrument.sliders[s]
    return slider.id, k, len(slider.values) - 1
