"""The link that others are given: short enough for a small code, and of the same settings."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from lab.lesson import Lesson
from lab.parameters import AT, FIRST_NAMES
from lab.readers import plain
from lab.settings import Settings
from pages.main import LESSONS
from tests.app.instruments import ANSWERS, built, settings, take
from tests.app.strategies import any_settings

LONGEST = 150  # characters: a code of 7 or 8, the modules of which are seen from the back row
HOST = "https://lab.example-school.edu"  # of 30
LOGITS = {"logits": "-12.5,34.5,-10.5", "names": ",".join(FIRST_NAMES), "target": "1"}
# What people set, at its longest.
EVERYDAY = {
    "format": "bfloat16",
    "shift": "-12.5",
    "reach": "100",
    "subtract": "1",
    "form": "shifted",
    "counts": "50,30,12",
    "came": "133",
    "x": "-12.5",
    "other": "34.5",
    "temperature": "2.5",
    "cell": "bfloat16.shifted",
    "smoothing": "0.15",
    "rate": "0.25",
    "step": "25",
    "bug": "softmax_twice",
    "dose": "12.5",
    "repaired": "1",
}
PLACES = [(lesson, at) for lesson in LESSONS for at in range(1, max(len(lesson.steps), 1) + 1)]


def address(page: str, now: Settings) -> str:
    return f"{HOST}/{page}?{ANSWERS.shared(page, now)}"


def opened(lesson: Lesson, at: int, **numbers: str) -> Settings:
    step = {"at": str(at)} if lesson.steps else {}
    now, refused = ANSWERS.read(lesson.page, urlencode(step | numbers))
    assert refused == []
    return now


def states(lesson: Lesson, at: int) -> Iterator[Settings]:
    """Yield a step as it opens, with everyday numbers, and after a drag of each of its sliders."""
    yield opened(lesson, at)
    own = {p.key for p in lesson.parameters}
    moved = {key: text for key, text in EVERYDAY.items() if key in own}
    yield opened(lesson, at, **LOGITS, **moved)
    now = opened(lesson, at, **LOGITS)
    for slider in built(lesson.page, now)[0][0].sliders:
        for k in (7, 61, 143):
            if k < len(slider.values):
                yield take(now, slider.id, plain(float(slider.values[k])), lesson.page)


@pytest.mark.parametrize(("lesson", "at"), PLACES, ids=lambda part: getattr(part, "page", part))
def test_every_step_is_shared_in_few_characters(lesson: Lesson, at: int) -> None:
    for now in states(lesson, at):
        assert ANSWERS.read(lesson.page, ANSWERS.shared(lesson.page, now)) == (now, [])
        assert len(address(lesson.page, now)) <= LONGEST, address(lesson.page, now)
    first = opened(lesson, at)
    assert ANSWERS.shared(lesson.page, first) == (f"at={at}" if lesson.steps else "")
    answers = [
        ANSWERS.numbers(lesson.page, write(lesson.page, first)).body
        for write in (ANSWERS.link, ANSWERS.shared)
    ]
    assert answers[0] == answers[1]


@given(st.sampled_from(LESSONS), any_settings())
@examples(max_examples=30)
def test_any_settings_are_opened_anew_by_what_is_shared(lesson: Lesson, now: Settings) -> None:
    shared = ANSWERS.shared(lesson.page, now)
    assert ANSWERS.read(lesson.page, shared) == (now, [])
    assert len(shared) <= len(ANSWERS.link(lesson.page, now))
    assert (f"{AT.key}={now[AT]}" in shared.split("&")) == bool(lesson.steps or now[AT] > 1)


def test_names_that_look_like_a_list_stay_names() -> None:
    now = settings(names=('dog, "big"', "a&b=c", "+%2C"))
    shared = ANSWERS.shared("pipeline", now)
    assert shared.startswith("names=")
    assert ANSWERS.read("pipeline", shared) == (now, [])


def test_what_a_learner_has_seen_is_not_shared() -> None:
    now = opened(ANSWERS.lessons["overflow"], 9)
    seen = now.having_seen(frozenset({"a"}))
    assert ANSWERS.shared("overflow", seen) == ANSWERS.shared("overflow", now)
