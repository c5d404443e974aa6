"""What Hypothesis draws: names, settings of all lessons, and texts of strangers."""

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import strategies as st

from ce_core.bugs import BUGS
from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES
from lab import readers
from lab.alike import skeleton
from lab.settings import Parameter, Settings
from tests.app.instruments import ANSWERS, FIRST

PARAMETERS = {parameter.key: parameter for parameter in ANSWERS.parameters.all}
FEWEST_STEPS = min(len(lesson.steps) for lesson in ANSWERS.lessons.values() if lesson.steps)
CELLS = [f"{name}.{form}" for name in FORMATS for form in PIPELINES]

finite = st.floats(-readers.LARGEST, readers.LARGEST, allow_nan=False).map(lambda v: v + 0.0)


def _is_name(text: str) -> bool:
    try:
        return readers.name().read(text) == text
    except ValueError:
        return False


names = st.text(min_size=1, max_size=readers.LONGEST_NAME).filter(_is_name)


def _one_for_each(
    values: st.SearchStrategy[object], *, unique: bool = False
) -> Callable[[Settings], st.SearchStrategy[object]]:
    def draw(now: Settings) -> st.SearchStrategy[object]:
        count = len(now.logits)
        apart = skeleton if unique else None
        lists = st.lists(values, min_size=count, max_size=count, unique_by=apart)
        return lists.map(tuple)

    return draw


def _models(now: Settings) -> st.SearchStrategy[object]:
    model = PARAMETERS["model"]
    first = model.default(now)
    return st.builds(
        lambda i, p: model.put(first, i, p), st.integers(0, len(first) - 1), st.floats(0.0, 1.0)
    )


# What a parameter may be, beside the parameters before it.
_VALUES: dict[str, Callable[[Settings], st.SearchStrategy[object]]] = {
    "lang": lambda _: st.just("en"),
    "logits": lambda _: st.lists(finite | st.just(-math.inf), min_size=2, max_size=10).map(tuple),
    "names": _one_for_each(names, unique=True),
    "target": lambda now: st.integers(0, len(now.logits) - 1),
    "format": lambda _: st.sampled_from(list(FORMATS)),
    "shift": lambda _: finite,
    "reach": lambda _: st.sampled_from([10.0, 100.0, 1000.0]),
    "at": lambda _: st.integers(1, FEWEST_STEPS),
    "counts": lambda now: _one_for_each(st.integers(0, 1000))(now).filter(any),
    "model": _models,
    "x": lambda _: finite,
    "other": lambda _: finite,
    "temperature": lambda _: st.floats(0.01, 100.0),
    "cell": lambda _: st.sampled_from(CELLS),
    "smoothing": lambda _: st.floats(0.0, 1.0).map(lambda v: v + 0.0),
    "rate": lambda _: st.floats(0.001, 100.0),
    "step": lambda _: st.integers(0, 60),
    "bug": lambda _: st.sampled_from(list(BUGS)),
    "dose": lambda _: finite,
    "repaired": lambda _: st.integers(0, 1),
}


_EVERYDAY = ("0", "1", "-1", "0.5", "2", "10", "1000")


def _some(parameter: Parameter[Any], now: Settings) -> st.SearchStrategy[object]:
    """Draw what a parameter without a line above takes of what people write."""
    taken = [parameter.default(now)]
    for text in _EVERYDAY:
        with suppress(ValueError):
            value = parameter.parse(text)
            taken += [value] if parameter.fits(value, now) else []
    return st.sampled_from(taken)


@st.composite
def any_settings(draw: st.DrawFn) -> Settings:
    """Draw every parameter of all lessons."""
    now = FIRST
    for key, parameter in PARAMETERS.items():
        drawn = _VALUES[key](now) if key in _VALUES else _some(parameter, now)
        now = now.put(**{key: draw(drawn)})
    return now


# What has been read wrongly elsewhere.
texts = st.text() | st.sampled_from(
    [
        "nan",
        "inf",
        "-inf",
        "1e999",
        "1_0",
        "٣",
        "0x10",
        "1,2,",
        ",",
        '"',
        "<script>",
        "\u202e",
        "-0",
    ]
)
