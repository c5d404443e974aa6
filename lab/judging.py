"""Whether the state that a learner sends meets the goal of a step: the core says, and nobody else.

A state is a link, which is text of a stranger: it is read as every link is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from lab.answers import LESSON, Answers
from lab.parameters import AT, LANGUAGE, LOGITS
from lab.settings import Settings
from lab.steps import met_at_rest
from lab.words import speaking
from live.parts import Columns, Slider

# What of a link is the class's own, and what a page asks beside a link.
_NO_STATE: Final = {AT.key, LESSON, "set", "seen"}
_MOST_PARTS: Final = 100  # of a link


@dataclass(frozen=True)
class Judged:
    """What became of a state.

    Attributes
    ----------
    met : bool
        Whether the goal of the step is met there; not where the step has none.
    x, y : float
        Where it lies on a map: the logit of the true class and the largest other one, both with
        what is added to them. Where the picture moves no logit, the values of its first two
        sliders, or of its one and 0. Always finite: a masked logit lies as far below 0 as the
        sliders reach.
    """

    met: bool
    x: float
    y: float


def judged(answers: Answers, page: str, query: str) -> Judged:
    """Judge a state, which takes as long as to compute its picture.

    Parameters
    ----------
    answers : Answers
        Those of the lab.
    page : str
        A page that has steps.
    query : str
        The state, with the step and the lesson in it; `state_in` makes it of a learner's link.

    Returns
    -------
    Judged

    Raises
    ------
    KeyError
        If there is no such page.

    Examples
    --------
    >>> from pages.main import LESSONS
    >>> judged(Answers(LESSONS), "start", "at=1&logits=11.2,8,6")
    Judged(met=True, x=11.2, y=8.0)
    >>> judged(Answers(LESSONS), "start", "at=1&logits=11,8,6").met  # exp(11) is 59874
    False
    """
    settings, _ = answers.read(page, query)
    lesson = answers.lessons[page]
    with speaking(settings[LANGUAGE]):
        columns = Columns()
        sliders = lesson.build(settings, columns)[0].sliders
        met = met_at_rest(lesson, settings, columns, sliders)
    return Judged(met, *_place(settings, sliders))


def state_in(link: str, lesson: str, state: str) -> str:
    """Return what a learner's state is in a class: its numbers, and the step of the class.

    Parameters
    ----------
    link : str
        Where the class is, as `Answers.shared` writes it.
    lesson : str
        The prepared lesson that it plays, packed, or "".
    state : str
        The learner's link. Whichever step and lesson it names, it is judged by the class's.

    Examples
    --------
    >>> state_in("at=3&logits=1,2", "", "at=1&lesson=1.x&logits=9,8&set=at:1")
    'logits=9,8&at=3'
    """
    own = [pair for pair in _parts(state) if pair[0] not in _NO_STATE]
    own += [pair for pair in _parts(link) if pair[0] == AT.key][:1]
    return urlencode([*own, *([(LESSON, lesson)] if lesson else [])], safe=",")


def _parts(link: str) -> list[tuple[str, str]]:
    return parse_qsl(link, keep_blank_values=True)[:_MOST_PARTS]


def _place(settings: Settings, sliders: Sequence[Slider]) -> tuple[float, float]:
    if any(slider.id.startswith(f"{LOGITS.key}.") for slider in sliders):
        added = [max(z, -settings.effective_reach) + settings.shift for z in settings.logits]
        true = added.pop(settings.target)
        return true, max(added)
    values = [float(slider.values[slider.index]) for slider in sliders if len(slider.values) > 1]
    x, y = [*values, 0.0, 0.0][:2]
    return x, y
