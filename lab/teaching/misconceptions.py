"""Fifteen things that are believed, and the step of the lab that dissolves each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lab.lesson import Lesson
from lab.words import has, say
from live.parts import StepKind


@dataclass(frozen=True)
class Misconception:
    """What is believed, by its sentences in guide.toml, and the step that dissolves it.

    The sentences are <key>_belief, <key>_why (why it is believed) and <key>_holds; where a fact is
    from elsewhere, <key>_source names where. `numbers` are settings beside those of the step.
    """

    page: str
    step: str
    kind: StepKind
    numbers: str = ""


MISCONCEPTIONS: Final[Mapping[str, Misconception]] = {
    "own_score": Misconception("softmax", "scores", "predict"),
    "more_for_all": Misconception("softmax", "add", "predict"),
    "approximation": Misconception("start", "subtract", "reach"),
    "certainty": Misconception("softmax", "heat", "reach"),
    "two_functions": Misconception("sigmoid", "two", "reach"),
    "huge_numbers": Misconception("start", "drag", "reach"),
    "same_bits": Misconception("overflow", "rulers", "predict"),
    "nan_is_large": Misconception("overflow", "nothing", "reach"),
    "no_warning": Misconception("overflow", "digit", "see"),
    "cured": Misconception("overflow", "still", "reach"),
    "softmax_first": Misconception("bugs", "symptom", "reach", "bug=softmax_twice"),
    "epsilon": Misconception("bugs", "symptom", "reach", "bug=epsilon_vanishes"),
    "every_class": Misconception("likelihood", "each", "reach"),
    "reaches_zero": Misconception("likelihood", "code", "see"),
    "never_zero": Misconception("likelihood", "come", "predict"),
}


def misconceptions(lessons: Mapping[str, Lesson]) -> list[Mapping[str, Any]]:
    """Return all of them in words, as JSON has it.

    Parameters
    ----------
    lessons : mapping of str to Lesson
        Those of the lab, by their pages.
    """
    return [_told(key, one, lessons[one.page]) for key, one in MISCONCEPTIONS.items()]


def _told(key: str, one: Misconception, lesson: Lesson) -> Mapping[str, Any]:
    at = f"at={[step.key for step in lesson.steps].index(one.step) + 1}"
    source = f"guide.{key}_source"
    return {
        "belief": say(f"guide.{key}_belief"),
        "why": say(f"guide.{key}_why"),
        "holds": say(f"guide.{key}_holds"),
        "source": say(source) if has(source) else "",
        "page": one.page,
        "link": f"{one.numbers}&{at}" if one.numbers else at,
        "opens": say(
            f"guide.misconceptions_{one.kind}",
            lesson=say(f"{one.page}.short"),
            step=say(f"{one.page}.step_{one.step}_title"),
        ),
    }
