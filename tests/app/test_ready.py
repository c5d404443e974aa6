"""The lessons that are ready: they are read as all others are, and play as they are written."""

import json

import pytest

from lab.prepared.lesson import LONGEST, pack, plain
from lab.prepared.reading import Read
from lab.prepared.ready import MOMENTS, READY, link_of
from tests.app.instruments import ANSWERS, head

NAMES = sorted(READY)


def whole(name: str) -> Read:
    return Read(link_of(name), ANSWERS.lessons, ANSWERS.parameters)


@pytest.mark.parametrize("name", NAMES)
def test_a_ready_lesson_is_one_that_anybody_could_have_prepared(name: str) -> None:
    read = whole(name)
    assert read.faults == []
    assert read.lesson is not None
    assert len(read.lesson.steps) == len(READY[name])
    packed = pack(plain(read.lesson))
    assert len(packed) <= LONGEST
    edited = Read(packed, ANSWERS.lessons, ANSWERS.parameters)
    assert edited.faults == []
    assert edited.lesson is not None
    assert plain(edited.lesson) == plain(read.lesson)
    assert edited.lesson.packed == packed


@pytest.mark.parametrize("name", NAMES)
def test_each_of_its_steps_plays_and_its_link_is_short(name: str) -> None:
    assert sum(READY[name].values()) == int(name)
    for n, key in enumerate(READY[name], 1):
        moment = MOMENTS[key]
        found = head(moment.page, f"lesson={link_of(name)}&at={n}")
        assert (found["at"], found["notices"]) == (n, []), key
        assert found["shared"] == f"at={n}&lesson={link_of(name)}"
        assert ("question" in found) == (moment.kind == "predict"), key
        layout = json.loads(ANSWERS.layout(moment.page, f"lesson={link_of(name)}&at={n}").body)
        step = layout["steps"][n - 1]
        assert step["kind"] == moment.kind
        assert step["text"], key
        assert step["task"] or moment.kind == "see", key


def test_no_other_text_is_a_ready_lesson() -> None:
    for text in ("ready.21", "ready.", "20", "Ready.20", "ready.20 "):
        assert Read(text, ANSWERS.lessons, ANSWERS.parameters).lesson is None
