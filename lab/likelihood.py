"""What the likelihood lesson is about: how often each class was seen, and a model of it."""

from collections.abc import Sequence
from math import fsum
from typing import Final

from lab.controls import scale
from lab.parameters import numbers, one_for_each_class, without
from lab.readers import between, counted, whole
from lab.settings import Parameter, Settings
from lab.words import say
from live.parts import Slider

MAX_COUNT = 1000  # observations of one class
FIRST_COUNTS = (5, 3, 2, 1, 1, 1, 1, 1, 1, 1)
FIRST_MODEL = (0.2, 0.3, 0.5)
LIMIT = 2000  # observations that are made at most, to see where a product becomes 0


def first_model(count: int) -> tuple[float, ...]:
    """Return the probabilities of a model that nobody has touched."""
    return FIRST_MODEL if count == len(FIRST_MODEL) else (1 / count,) * count


def share(model: Sequence[float], i: int, value: float) -> tuple[float, ...]:
    """Return the model with p_i = value; what is left keeps its proportions.

    Examples
    --------
    >>> share((0.2, 0.3, 0.5), 2, 0.0)
    (0.4, 0.6, 0.0)
    """
    rest = fsum(p for j, p in enumerate(model) if j != i)
    others = [p / rest if rest else 1 / (len(model) - 1) for p in model]
    return tuple(value if j == i else (1 - value) * q for j, q in enumerate(others))


COUNTS: Final[Parameter[tuple[int, ...]]] = Parameter(
    "counts",
    "likelihood",
    whole(MAX_COUNT),
    lambda settings: FIRST_COUNTS[: len(settings.logits)],
    split=numbers,
    fits=lambda values, settings: one_for_each_class(values, settings) and sum(values) > 0,
    added=lambda counts: (*counts, 0),
    removed=without,
)
MODEL: Final[Parameter[tuple[float, ...]]] = Parameter(
    "model",
    "likelihood",
    between(0.0, 1.0),
    lambda settings: first_model(len(settings.logits)),
    split=numbers,
    fits=lambda values, settings: (
        one_for_each_class(values, settings) and abs(fsum(values) - 1) <= 1e-6
    ),
    put=share,
    added=lambda model: (*model, 0.0),
    removed=lambda model, i: without(share(model, i, 0.0), i),
)
# How many observations have come, where they come one by one.
CAME: Final[Parameter[int]] = Parameter("came", "likelihood", counted(LIMIT), 1)


def count_sliders(settings: Settings, few: int = 100) -> list[Slider]:
    """Make a slider for each count, up to `few`, or as far as the largest count needs."""
    counts = settings[COUNTS]
    top = next(top for top in (few, 100, MAX_COUNT) if max(counts) <= top)
    sliders = []
    for j, (name, count) in enumerate(zip(settings.names, counts, strict=True)):
        values, index = scale(count, range(0, top + 1, max(top // 100, 1)))
        if sum(counts) == count:
            values[0] = values[0] or 1  # one observation at least
        shown, label = say("likelihood.count", name=name), COUNTS.called(name)
        sliders.append(Slider(f"{COUNTS.key}.{j}", shown, label, values, index))
    return sliders


def model_sliders(settings: Settings, *, choice: bool = True) -> list[Slider]:
    """Make a slider for each probability, with a radio button that chooses the class if asked."""
    sliders, model = [], settings[MODEL]
    for j, (name, p) in enumerate(zip(settings.names, model, strict=True)):
        values, index = scale(p, [k / 100 for k in range(101)])
        sliders.append(
            Slider(
                f"{MODEL.key}.{j}",
                say("likelihood.probability", name=name),
                MODEL.called(name),
                values,
                index,
                choice=say("likelihood.curve_choice", name=name) if choice else "",
            )
        )
    return sliders
