"""A prepared lesson in the words of the player: it is played as the path of a page is."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from lab.lesson import Lesson, NumberQuestion, Question
from lab.lesson import Step as LessonStep
from lab.prepared.lesson import Guess, Own, Playing, PreparedStep
from lab.settings import Settings
from lab.words import say
from live.parts import Step


def now(own: LessonStep, settings: Settings) -> LessonStep:
    """Return a step of the page's own with what the lesson that is played has in its place."""
    if settings.playing is None:
        return own
    step = settings.playing.step
    teachers = step.own or step.guess
    asks = partial(_question, teachers) if teachers else None
    return replace(own, kind=step.kind, ask=own.ask if step.key else asks)


def _question(own: Own | Guess, settings: Settings) -> Question | NumberQuestion:
    """Ask what the teacher asks; the picture stays as it is."""
    if isinstance(own, Guess):
        return NumberQuestion("own", own.text, own.of, own.low, own.high)
    reasons = [
        say("teach.right" if i == own.right else "teach.wrong", answer=option)
        for i, option in enumerate(own.options)
    ]
    return Question("own", own.text, own.options, own.right, reasons, settings)


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
    teachers = step.own or step.guess or step.goal
    guessed = (step.guess.of,) if step.guess else ()
    built_in = shown if step.key else None
    return Step(
        key,
        step.kind,
        title,
        text=step.text or (built_in.text if built_in else ""),
        task=teachers.text if teachers else built_in.task if built_in else "",
        done=say("teach.reached") if step.goal else built_in.done if built_in else "",
        # The card that answers is seen, whatever else is.
        shows=(*shown.shows, *guessed) if shown.shows else (),
        covers=built_in.covers if built_in else guessed,
        times=built_in.times if built_in and step.kind == "reach" else 1,
        page=step.page,
        hides=tuple(part for part in step.hidden if part not in guessed),
        locks=step.locked,
    )
