"""A prepared lesson in the words of the player: it is played as the path of a page is."""

from collections.abc import Sequence
from dataclasses import replace

from lab.lesson import Lesson, Question
from lab.lesson import Step as LessonStep
from lab.prepared.lesson import Playing, PreparedStep
from lab.settings import Settings
from lab.words import say
from live.parts import Step


def now(own: LessonStep, settings: Settings) -> LessonStep:
    """Return a step of the page's own with what the lesson that is played has in its place."""
    if settings.playing is None:
        return own
    step = settings.playing.step
    return replace(
        own,
        kind=step.kind,
        ask=(lambda now: _question(step, now)) if step.own else own.ask if step.key else None,
    )


def _question(step: PreparedStep, settings: Settings) -> Question:
    """Ask what the teacher asks; the picture stays as it is."""
    if step.own is None:
        raise ValueError("expected a step with a question of its own")
    options, right = step.own.options, step.own.right
    reasons = [
        say("teach.right" if i == right else "teach.wrong", answer=option)
        for i, option in enumerate(options)
    ]
    return Question("own", step.own.text, options, right, reasons, settings)


def told(playing: Playing, lesson: Lesson, own: Sequence[Step]) -> list[Step]:
    """Return the steps of a prepared lesson in words, of which those on other pages are links.

    `own` are those of the page.
    """
    return [
        _told(step, f"{playing.lesson.name}-{n}", n, own if step.page == lesson.page else None)
        for n, step in enumerate(playing.lesson.steps, 1)
    ]


def _told(step: PreparedStep, key: str, n: int, own: Sequence[Step] | None) -> Step:
    title = step.title or say("teach.step", n=n)
    if own is None:
        return Step(key, step.kind, title, "", "", "", (), (), 1, page=step.page)
    shown = own[int(step.opens["at"]) - 1]
    reached = step.kind == "reach"
    asked = step.own.text if step.own else ""
    return Step(
        key,
        step.kind,
        title,
        text=step.text or (shown.text if step.key else ""),
        task=asked or (shown.task if step.key else ""),
        done=shown.done if reached else "",
        shows=shown.shows,
        covers=shown.covers if step.key else (),
        times=shown.times if reached else 1,
        page=step.page,
        hides=step.hidden,
        locks=step.locked,
    )
