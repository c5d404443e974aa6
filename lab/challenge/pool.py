"""What a challenge is drawn from: steps of the lessons, and the numbers that they may open with.

There are so few that tests look at every one: it is a question with one right answer, which the
core finds, or a goal that is not met where it opens and can be reached.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

from ce_core.bugs import BUGS


@dataclass(frozen=True)
class Kind:
    """A step by its page, its key and its kind, and the links that it may open with.

    `locked` are the parameters that nobody moves, as by them a goal is met without what it asks.
    """

    page: str
    key: str
    kind: Literal["predict", "reach"]
    links: tuple[str, ...] = ("",)
    locked: tuple[str, ...] = ()


def _each(**values: Sequence[object]) -> tuple[str, ...]:
    """Return a link for each choice of one value of each parameter.

    Examples
    --------
    >>> _each(x=[1, 2], format=["float16"])
    ('x=1&format=float16', 'x=2&format=float16')
    """
    pairs = [[f"{key}={value}" for value in some] for key, some in values.items()]
    return tuple("&".join(pair) for pair in product(*pairs))


_TARGETS: Final = (0, 1, 2)
_CASES: Final = _each(bug=[*BUGS])

POOL: Final = (
    Kind(
        "start",
        "drag",
        "reach",
        (
            *_each(logits=["9,8,6", "7,9,4", "6,8.5,6"], target=_TARGETS, format=["float16"]),
            *_each(logits=["80,70,60", "75,80,60"], target=_TARGETS, format=["bfloat16"]),
        ),
    ),
    Kind(
        "start",
        "guess",
        "predict",
        (
            *_each(logits=["12,8,6", "11.5,9,10", "13,11.5,2", "12,12.5,3"], target=[0]),
            *_each(logits=["8,12,6", "11.3,12,5", "3,11.4,9"], target=[1]),
            *_each(logits=["6,9,11.4", "12,3,11.5", "2,7,14"], target=[2]),
        ),
    ),
    Kind("start", "again", "reach", _each(logits=["9,8,6", "12,3,5", "1,3,2"], format=["float16"])),
    Kind(
        "likelihood",
        "model",
        "predict",
        (
            *_each(counts=["4,2,1", "5,1,3", "3,2,2"], target=[0]),
            *_each(counts=["2,6,1", "1,4,3"], target=[1]),
            *_each(counts=["1,3,5", "2,2,3"], target=[2]),
        ),
    ),
    Kind(
        "likelihood",
        "fit",
        "reach",
        (
            "counts=5,3,2&model=0.2,0.48,0.32&target=0",
            "counts=6,3,1&model=0.24,0.57,0.19&target=0",
            "counts=2,5,3&model=0.32,0.2,0.48&target=1",
            "counts=3,1,6&model=0.6,0.2,0.2&target=2",
        ),
    ),
    Kind(
        "likelihood",
        "come",
        "predict",
        tuple(
            f"{seen}&format={name}"
            for seen in (
                "counts=5,3,2&model=0.5,0.3,0.2",
                "counts=6,3,1&model=0.6,0.3,0.1",
                "counts=2,7,1&model=0.2,0.7,0.1",
                "counts=8,1,1&model=0.8,0.1,0.1",
            )
            for name in ("float16", "bfloat16", "float32", "float64")
        ),
    ),
    Kind("likelihood", "each", "reach", _each(counts=["5,3,2", "2,4,1", "3,1,2"], target=_TARGETS)),
    Kind("sigmoid", "squash", "reach", _each(x=[-5, -2, 0, 1.5, 3])),
    Kind("sigmoid", "steep", "predict"),
    Kind("sigmoid", "flat", "reach", _each(x=[-3, 0, 2, 4], format=["float16", "bfloat16"])),
    Kind("sigmoid", "break", "predict"),
    Kind("sigmoid", "two", "reach", _each(x=[-1, 1, 3], other=[-2, 0.5, 2])),
    Kind(
        "softmax",
        "scores",
        "predict",
        _each(logits=["2,1,0.1", "0.5,1.5,1", "-1,0,1"], target=_TARGETS),
    ),
    Kind(
        "softmax",
        "everyone",
        "reach",
        (
            *_each(logits=["2,1,0.1", "3,1,-1", "1.5,1,0", "0.5,1,1.5"], target=[0]),
            *_each(logits=["2,3,0.5", "2,2.5,1"], target=[1]),
            *_each(logits=["2,1,3", "2,0,2.5"], target=[2]),
        ),
    ),
    Kind(
        "softmax", "add", "predict", _each(logits=["2,1,0.1", "-1,2,0.5", "3,3,1"], target=_TARGETS)
    ),
    Kind(
        "softmax",
        "lines",
        "reach",
        _each(logits=["2,1,0.1", "3,0,-1", "1,1.5,2"], format=["float16", "bfloat16", "float32"]),
    ),
    Kind(
        "softmax",
        "heat",
        "reach",
        (
            *_each(logits=["2,1,0.1", "3,1,2", "1,0,-1"], target=[0]),
            *_each(logits=["0,2,1"], target=[1]),
            *_each(logits=["1,0.5,2.5"], target=[2]),
        ),
    ),
    Kind("softmax", "many", "predict"),
    Kind("overflow", "rulers", "predict"),
    Kind("overflow", "cliffs", "reach", _each(logits=["9,8,6", "5,7,3", "2,1,4"], target=_TARGETS)),
    Kind("overflow", "sum", "reach", _each(logits=["8,8,8", "9,7,10", "10,10,4"])),
    Kind("overflow", "nothing", "reach", _each(logits=["2,1,0", "1,-18,0", "-18,3,-19"])),
    Kind("overflow", "still", "reach", _each(logits=["2,1,0", "0,4,-3", "5,5,5"], target=_TARGETS)),
    Kind("overflow", "mask", "predict"),
    Kind(
        "gradient",
        "even",
        "predict",
        _each(logits=["0,0", "0,0,0", "0,0,0,0", "0,0,0,0,0", "1,1,1"]),
    ),
    Kind(
        "gradient",
        "pull",
        "predict",
        (
            *_each(logits=["2,1,0.1", "2,1", "3,0,0,-1"], target=[0]),
            *_each(logits=["1,2.5,2", "-1,1"], target=[1]),
            *_each(logits=["0,1,2", "-2,1,1.5"], target=[2]),
        ),
    ),
    Kind(
        "gradient",
        "downhill",
        "reach",
        ("logits=-3,1,1", "logits=-3,2,0", "logits=1,-3,1&target=1", "logits=0,2,-4&target=2"),
        ("logits",),
    ),
    Kind("gradient", "sure", "predict"),
    Kind(
        "gradient",
        "map",
        "reach",
        ("logits=-3,3,0", "logits=-4,2,0", "logits=2,-3,0&target=1", "logits=3,0,-2&target=2"),
    ),
    Kind("gradient", "raw", "reach", _each(target=_TARGETS)),
    Kind("bugs", "symptom", "reach", _CASES),
    Kind("bugs", "diagnosis", "predict", _CASES),
)
"""In the order of the story."""
