"""A lesson: all that one page of the lab says of itself, in one file of pages/."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ce_core.pipelines import Run
from lab.export.parts import Export
from lab.parameters import Act
from lab.settings import Parameter, Settings
from live.parts import Columns, Instrument, Slider, StepKind


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
    kind: Literal["choice"] = "choice"


@dataclass(frozen=True)
class NumberQuestion:
    """A question whose answer is a number from `low` to `high`.

    The picture answers it: the card whose number has the readout `of`, which the step covers.
    """

    key: str
    text: str
    of: str
    low: float
    high: float
    kind: Literal["number"] = "number"


def stay(settings: Settings) -> Settings:
    """Open nothing."""
    return settings


@dataclass(frozen=True)
class Step:
    """A step of a lesson's path: a short text, what it opens and shows, and one thing to do.

    Its sentences are those of the lesson's words file: step_<key>_title (two or three words),
    step_<key>_text (at most 40), step_<key>_do (what to do, or the question; "see" has none), and
    of "reach" step_<key>_done (said when it is reached).

    Attributes
    ----------
    key : str
        Its name in the words, and under which the browser keeps that it was done.
    kind : {"predict", "reach", "see", "explore"}
        What there is to do.
    shows : sequence of str
        The parts of the picture that are seen, by their names in `live.parts`; all if empty.
    opens : callable
        The settings that it opens, made of those of before.
    ask : callable, optional
        Makes the question of "predict" for the settings that are open. What the `shown` of a
        choice opens is seen after the answer.
    goal : callable, optional
        Of "reach": where the goal is met, a boolean array of shape (sliders, positions), or (1, 1)
        where it is the same everywhere. It is given the settings and the columns of `build`.
    times : int
        In how many drags the goal is to be met; 1 is also met by a switch or a preset.
    rests : callable, optional
        The same for a goal that looks at where a drag began: where a picture meets it that nobody
        drags.
    covers : callable
        Names the parts that are covered until the question is answered, or, of "reach", while the
        goal is met: so that the next step can ask for them.
    goals : bool
        Whether a teacher may set a goal there, on a page that has `Lesson.losses`: not where the
        picture is of other losses than those.
    """

    key: str
    kind: StepKind
    shows: Sequence[str] = ()
    opens: Callable[[Settings], Settings] = stay
    ask: Callable[[Settings], Question | NumberQuestion] | None = None
    goal: Callable[[Settings, Columns], np.ndarray] | None = None
    times: int = 1
    rests: Callable[[Settings, Columns], np.ndarray] | None = None
    covers: Callable[[Settings], Sequence[str]] = lambda _: ()
    goals: bool = True


def no_questions(_: Settings) -> Sequence[Question]:
    """Ask nothing."""
    return ()


def no_export(_: Settings) -> Export:
    """Let nothing leave the page."""
    return Export((), {})


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
    steps : sequence of Step
        Its path, which ends in the free instrument. Without steps a page is one long sheet.
    case : callable
        Names what the path is walked through, where it is walked once for each of several: what is
        done is kept for each, and a sentence of a step may have "-" and the name at its end.
    losses : callable, optional
        The forms of the loss at every position of some sliders, for goals that a teacher sets. A
        page without it has none of logits, a true class and a format that they could be about.
    export : callable
        What leaves it as a file: the numbers that its picture shows for some settings, and the
        NumPy that makes them.
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
    steps: Sequence[Step] = ()
    case: Callable[[Settings], str] = lambda _: ""
    losses: Callable[[Settings, Sequence[Slider]], Mapping[str, Run]] | None = None
    export: Callable[[Settings], Export] = no_export


@dataclass(frozen=True)
class Tool:
    """A page that is no lesson: it has no link, no questions, and nothing of it is finished.

    Its sentences are those of the words file of its name: title, short, line, and "page_" and each
    of the names of its words.

    Attributes
    ----------
    page : str
        Its name, in the address and in the words.
    picture : callable
        Returns its small picture, as the inside of an SVG (see `lab.pictures`).
    script : str
        The module of the player's folder that shows it.
    words : sequence of str
        The names of the sentences that its script says.
    given : callable
        What its script is given beside them.
    plays : bool
        Whether it shows the pages of lessons inside itself (live/front/hosted.js).
    """

    page: str
    picture: Callable[[], str]
    script: str
    words: Sequence[str]
    given: Callable[[], Mapping[str, Any]]
    plays: bool = False
