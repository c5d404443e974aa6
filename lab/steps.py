"""The path of a lesson: which settings a step opens, and what of it the player is told."""

from collections.abc import Container, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np

from lab.lesson import Lesson, NumberQuestion, Question
from lab.lesson import Step as LessonStep
from lab.parameters import AT, MAX_CLASSES
from lab.prepared import goals, playing
from lab.readers import counted
from lab.settings import Settings
from lab.words import has, say
from live.parts import Card, Columns, Slider, Step


def entered(lesson: Lesson, settings: Settings, text: str) -> Settings:
    """Go to a step: the settings that it opens.

    Raises
    ------
    ValueError
        If the lesson has no such step.
    """
    at = counted(len(lesson.steps)).read(text)
    return lesson.steps[at - 1].opens(settings.put(at=at))


def opened(lesson: Lesson, settings: Settings, named: Container[str]) -> Settings:
    """Return what a link opens in a lesson with steps; in others, what it says.

    Where a link names a step, all else that it leaves out is as the path has opened it up to there.
    Where it names numbers of the lesson's own and no step, they are for the free instrument, which
    is the last step; and where it names neither, the path begins.
    """
    if not lesson.steps:
        return settings
    last = len(lesson.steps)
    if AT.key not in named and any(p.key in named for p in lesson.parameters):
        return settings.put(at=last)
    at = min(settings[AT], last) if AT.key in named else 1
    path = reduce(lambda now, step: step.opens(now), lesson.steps[:at], settings)
    kept = {key: settings.get(key) for key in settings if key in named}
    return path.put(**kept | {AT.key: at})


def told(lesson: Lesson, settings: Settings) -> list[Step]:
    """Return the steps of a lesson in words, or those of the prepared one that is played."""
    own = _own(lesson, settings)
    return playing.told(settings.playing, lesson, own) if settings.playing else own


def _own(lesson: Lesson, settings: Settings) -> list[Step]:
    case = lesson.case(settings)
    return [
        Step(
            f"{step.key}-{case}" if case else step.key,
            step.kind,
            title=_said(lesson, step, "title", settings),
            text=_said(lesson, step, "text", settings),
            task=_said(lesson, step, "do", settings),
            done=_said(lesson, step, "done", settings),
            shows=step.shows,
            covers=step.covers(settings),
            times=step.times,
        )
        for step in lesson.steps
    ]


def _said(lesson: Lesson, step: LessonStep, what: str, settings: Settings) -> str:
    key, case = f"{lesson.page}.step_{step.key}_{what}", lesson.case(settings)
    own = f"{lesson.page}.step_{step.key}_{what}-{case}"
    found = [name for name in (own, key) if has(name)]
    return say(found[0], **places(settings)) if found else ""


def places(settings: Settings) -> dict[str, str]:
    """Return what fills the places of a step's sentences.

    The true class, the first of the others, the last class, and the format.
    """
    names, target = settings.names, settings.target
    return {
        "true": names[target],
        "other": names[other(settings)],
        "last": names[-1],
        "format": settings.format,
    }


def other(settings: Settings) -> int:
    """Return the first class that is not the true one."""
    return next(i for i in range(MAX_CLASSES) if i != settings.target)


def asked(
    lesson: Lesson, settings: Settings, cards: Sequence[Card]
) -> Question | NumberQuestion | None:
    """Return the question of the step, where it has one that these cards can answer."""
    step = _now(lesson, settings)
    question = step.ask(settings) if step and step.ask else None
    if isinstance(question, NumberQuestion):
        numbers = [card.value.readout for card in cards if not card.value.words]
        return question if question.of in numbers else None
    return question


def played(
    lesson: Lesson, settings: Settings, columns: Columns, sliders: Sequence[Slider]
) -> dict[str, Any]:
    """Return what the player is told about the step; its goal becomes a column."""
    step = _now(lesson, settings)
    if step is None:
        return {}
    # A step without a goal has the column too, so that all steps of a picture have one layout.
    met = _met(step, lesson, settings, columns, sliders)
    at = settings.playing.at if settings.playing else settings[AT]
    return {"at": at, "goal": columns.add("goal", met.astype("u1"))}


def met_at_rest(
    lesson: Lesson, settings: Settings, columns: Columns, sliders: Sequence[Slider]
) -> bool:
    """Say whether the goal of the step is met where the sliders of its picture stand.

    Each of them stands in the same state, and a goal may be about the one that is dragged.
    """
    step = _now(lesson, settings)
    if step is None:
        return False
    longest = max(len(slider.values) for slider in sliders)
    resting = replace(step, goal=step.rests or step.goal)
    met = _met(resting, lesson, settings, columns, sliders)
    everywhere = np.broadcast_to(met, (len(sliders), longest))
    return any(bool(everywhere[s, slider.index]) for s, slider in enumerate(sliders))


def _met(
    step: LessonStep,
    lesson: Lesson,
    settings: Settings,
    columns: Columns,
    sliders: Sequence[Slider],
) -> np.ndarray:
    """Say where the goal of a step is met, the page's or the teacher's."""
    own = settings.playing.step.goal if settings.playing else None
    if own and lesson.losses:
        return goals.met(own, lesson.losses(settings, sliders))
    return step.goal(settings, columns) if step.goal else np.zeros((1, 1), bool)


def _now(lesson: Lesson, settings: Settings) -> LessonStep | None:
    steps: Sequence[LessonStep] = lesson.steps
    return playing.now(steps[settings[AT] - 1], settings) if steps else None
