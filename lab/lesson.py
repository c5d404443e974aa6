"""A lesson: all that one page of the lab says of itself, in one file of pages/."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.parameters import Act
from lab.settings import Parameter, Settings
from live.parts import Columns, Instrument


@dataclass(frozen=True)
class Question:
    """A question that is answered before the picture answers it.

    `right` is the position of the right option, as `ce_core` computed it. `reasons` has one
    sentence for each option, and `shown` is what the picture shows afterwards. Two are equal that
    the learner cannot tell apart before the picture is shown.
    """

    key: str
    text: str
    options: Sequence[str]
    right: int
    reasons: Sequence[str]
    shown: Settings = field(compare=False)


def no_questions(_: Settings) -> Sequence[Question]:
    """Ask nothing."""
    return ()


@dataclass(frozen=True)
class Lesson:
    """What a lesson says of itself.

    Its sentences are those of the words file of its name: title, short, line, lead_1 and so on,
    break_title, break_lead, break_button, closing.

    Attributes
    ----------
    page : str
        Its name, in the address and in the words.
    parameters : sequence of Parameter
        Those that its links always hold.
    picture : callable
        Returns its small picture, as the inside of an SVG (see `lab.pictures`).
    build : callable
        Makes its instruments for some settings, and adds the columns that they play.
    acts : mapping
        What its buttons do, by their id. "break" is the one that breaks the instrument.
    ask : callable
        Makes its questions.
    topic : callable
        The questions are asked anew when this changes, and stay while the learner moves anything
        else.
    reveals : bool
        Whether it shows more to those who have seen an answer: `Settings.seen`.
    sees : callable
        The keys of the questions whose answers a picture shows.
    formulas : sequence of (str, str)
        The key of a heading, and a formula in TeX; each is explained by the page's sentence
        "formula_" and the last word of the key.
    """

    page: str
    parameters: Sequence[Parameter[Any]]
    picture: Callable[[], str]
    build: Callable[[Settings, Columns], Sequence[Instrument]]
    acts: Mapping[str, Act] = field(default_factory=dict)
    ask: Callable[[Settings], Sequence[Question]] = no_questions
    topic: Callable[[Settings], str] = lambda _: ""
    reveals: bool = False
    sees: Callable[[Settings], Sequence[str]] = lambda _: ()
    formulas: Sequence[tuple[str, str]] = ()
