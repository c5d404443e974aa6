"""Three lessons that are ready, of 20, 45 and 90 minutes: steps of the lab, in a teacher's words.

They are read as what a stranger sends is read; only their link is short: `lesson=ready.20`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import count, takewhile
from typing import Any, Final

from lab.lesson import Lesson
from lab.words import has, say
from live.parts import StepKind

_PREFIX: Final = "ready."


@dataclass(frozen=True)
class Moment:
    """A step of a ready lesson.

    Its sentences are those of ready.toml: <key>_title, and of the teacher's plan <key>_ask (what to
    ask), <key>_comes (what learners usually answer) and <key>_say. A step that only shows something
    has <key>_text, too, and so has one that asks for something of its own, which is <key>_question,
    with <key>_option_0 and on where there are answers to choose from.

    Attributes
    ----------
    page, step : str
        The lesson of the lab, and its step, whose picture it shows; of "predict" and "reach"
        whose question or goal it has, unless it asks its own.
    kind : {"predict", "reach", "see"}
        What there is to do.
    numbers : str
        Settings that it opens in place of the step's, as a link has them.
    own : mapping, optional
        What it asks of its own: "own", "guess" or "goal", with what that needs beside its words
        (`lab.prepared.lesson`).
    hidden : tuple of str
        The parts of the picture that would tell the answer.
    """

    page: str
    step: str
    kind: StepKind
    numbers: str = ""
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()


MOMENTS: Final[Mapping[str, Moment]] = {
    "model": Moment("likelihood", "model", "predict"),
    "come": Moment("likelihood", "come", "predict"),
    "log": Moment("likelihood", "log", "see"),
    "each": Moment("likelihood", "each", "reach"),
    "cat": Moment(
        "likelihood",
        "each",
        "predict",
        "counts=4,0,0&model=0.2,0.3,0.5",
        {"guess": {"of": "cross-entropy", "low": 0, "high": 5}},
        ("part", "minus-log"),
    ),
    "code": Moment("likelihood", "code", "see"),
    "squash": Moment("sigmoid", "squash", "reach"),
    "two": Moment("sigmoid", "two", "reach"),
    "scores": Moment("softmax", "scores", "predict"),
    "over": Moment("softmax", "over", "see"),
    "everyone": Moment("softmax", "everyone", "reach"),
    "add": Moment("softmax", "add", "predict"),
    "drag": Moment("start", "drag", "reach"),
    "guess": Moment("start", "guess", "predict"),
    "subtract": Moment("start", "subtract", "reach"),
    "again": Moment("start", "again", "reach"),
    "what": Moment("start", "what", "see"),
    "lines": Moment("softmax", "lines", "reach"),
    "leave": Moment(
        "start",
        "what",
        "predict",
        "logits=1000,999,997&subtract=0",
        {"own": {"right": 1}},
    ),
    "brink": Moment(
        "overflow",
        "sum",
        "reach",
        "logits=9,8,6",
        {"goal": {"form": "naive", "loss": "inf", "above": 0.9}},
    ),
    "cliffs": Moment("overflow", "cliffs", "reach"),
    "still": Moment("overflow", "still", "reach"),
    "sure": Moment("gradient", "sure", "predict"),
    "takes": Moment("overflow", "still", "see", "logits=-10,10,0&cell=float16.fused"),
}

# Minutes for each of their steps.
READY: Final[Mapping[str, Mapping[str, int]]] = {
    "20": {
        "drag": 2,
        "guess": 4,
        "add": 4,
        "subtract": 2,
        "again": 2,
        "what": 2,
        "lines": 2,
        "leave": 2,
    },
    "45": {
        "model": 5,
        "come": 4,
        "log": 2,
        "each": 3,
        "cat": 3,
        "scores": 4,
        "over": 2,
        "drag": 2,
        "brink": 4,
        "add": 4,
        "subtract": 2,
        "again": 2,
        "still": 5,
        "takes": 3,
    },
    "90": {
        "model": 7,
        "come": 5,
        "log": 3,
        "each": 5,
        "cat": 4,
        "code": 4,
        "squash": 3,
        "two": 4,
        "scores": 7,
        "everyone": 5,
        "add": 4,
        "drag": 3,
        "guess": 5,
        "brink": 6,
        "subtract": 3,
        "lines": 4,
        "cliffs": 4,
        "still": 5,
        "sure": 6,
        "takes": 3,
    },
}

# Where neighbours talk, and then all vote once more.
TALKED: Final[Mapping[str, Collection[str]]] = {
    "20": ("guess",),
    "45": ("model", "scores"),
    "90": ("model", "scores", "sure"),
}


def is_ready(text: str) -> bool:
    """Say whether a link names a ready lesson."""
    return text.removeprefix(_PREFIX) in READY and text.startswith(_PREFIX)


def link_of(name: str) -> str:
    """Return what stands in a link for a ready lesson.

    Examples
    --------
    >>> is_ready(link_of("20")), is_ready("20"), is_ready("ready.21")
    (True, False, False)
    """
    return _PREFIX + name


def content(text: str, lessons: Mapping[str, Lesson]) -> dict[str, Any]:
    """Return a ready lesson as JSON has it.

    Parameters
    ----------
    text : str
        What stands in a link for it.
    lessons : mapping of str to Lesson
        Those of the lab, by their pages.

    Raises
    ------
    KeyError
        If it names no lesson that is ready.
    """
    name = text.removeprefix(_PREFIX)
    return {
        "title": say(f"ready.{name}_title"),
        "steps": [_step(key, MOMENTS[key], lessons) for key in READY[name]],
    }


def _step(key: str, moment: Moment, lessons: Mapping[str, Lesson]) -> dict[str, Any]:
    steps = [step.key for step in lessons[moment.page].steps]
    at = f"at={steps.index(moment.step) + 1}"
    step: dict[str, Any] = {
        "page": moment.page,
        "link": f"{at}&{moment.numbers}" if moment.numbers else at,
        "title": say(f"ready.{key}_title"),
        "kind": moment.kind,
        "hidden": list(moment.hidden),
    }
    for name, given in moment.own.items():
        step[name] = {"text": say(f"ready.{key}_question"), **given}
        if name == "own":
            step[name]["options"] = _options(key)
    if moment.own or moment.kind == "see":
        step["text"] = say(f"ready.{key}_text")
    else:
        step["key"] = moment.step
    return step


def _options(key: str) -> list[str]:
    names = (f"ready.{key}_option_{i}" for i in count())
    return [say(name) for name in takewhile(has, names)]
