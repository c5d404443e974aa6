"""Read the numbers and the sentences that the page writes, with exact decimals."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any, NamedTuple

import numpy as np

from ce_core.pipelines import Run, run_all
from lab.settings import Settings
from lab.verdict import verdict
from live.parts import Columns as Table
from live.parts import Place, Sentence

Columns = Mapping[str, np.ndarray]
Runs = Mapping[str, Run]
Position = tuple[int, int]
CUT = Decimal(2) ** -28  # the page sends float64 without its last 24 bits


def here(logits: Sequence[float], target: int, name: str, shift: float = 0.0) -> Runs:
    """Return the three pipelines at one position: the logits themselves."""
    return run_all([[logits]], target, name, shift=np.full((1, 1, 1), shift))


def told(runs: Runs, settings: Settings) -> Sentence:
    """Return the verdict on some runs; the names of the classes are those of the settings."""
    columns = Table()
    losses = {
        form: columns.add(f"loss_{form}", run.steps["loss"].astype(float))
        for form, run in runs.items()
    }
    return verdict(runs, losses, settings, columns)


class Power(NamedTuple):
    """The number significand * 10**exponent, which may be beyond every format."""

    significand: float
    exponent: float

    def __str__(self) -> str:
        return f"{self.significand:.3g}e{self.exponent:.0f}"


def tells(text: str, value: float | Power) -> bool:
    """Say whether a text is this number, to half a unit of the last digit that it shows."""
    text = text.replace("\u2212", "-")
    if isinstance(value, Power):
        if abs(value.exponent) >= 1e6:
            return text.startswith("10^") and tells(text.removeprefix("10^"), value.exponent)
        exact = Decimal(value.significand).scaleb(int(value.exponent))
    elif np.isfinite(value):
        exact = Decimal(value)
    else:
        return text == str(value)
    plain = text.replace("\u202f", "")
    if not re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", plain):
        return False
    with localcontext(prec=1200):  # the smallest float64 has 751 digits
        shown = Decimal(plain)
        unit = Decimal(1).scaleb(int(shown.as_tuple().exponent))
        return abs(shown - exact) <= unit / 2 + abs(exact) * CUT


def at_position(values: np.ndarray, at: Position) -> Any:
    """Return what a column holds at a position; one of a single place is the same everywhere."""
    return values[(0, 0) if values.shape[:2] == (1, 1) else at]


def value_of(place: Place, at: Position) -> str | float | Power:
    """Return what fills a place of a sentence at one position of the table."""
    value = at_position(place.column.values, at)
    value = value[place.item] if np.ndim(value) else value
    if place.names:
        assert 0 <= value < len(place.names)
        return place.names[value]
    if place.exponent:
        exponent = at_position(place.exponent.values, at)
        assert np.isfinite([value, exponent]).all()
        return Power(float(value), float(exponent))
    return float(value)


def template_of(sentence: Sentence, at: Position) -> str:
    """Return what is said at one position of the table, with its places open."""
    code = int(at_position(sentence.column.values, at))
    pieces = [code] if sentence.said is None else sentence.said[code]
    return sentence.glue.join(sentence.pieces[i] for i in pieces)


def fill(sentence: Sentence, at: Position) -> str:
    """Return the sentence of one position with three digits of every number."""

    def write(place: re.Match[str]) -> str:
        value = value_of(sentence.places[place[1]], at)
        return f"{value:.3g}" if isinstance(value, float) else str(value)

    return re.sub(r"\{(\w+)\}", write, template_of(sentence, at))


def is_told(text: str, sentence: Sentence, at: Position) -> bool:
    """Say whether a text is the sentence of this position, with every number right as shown."""
    template = template_of(sentence, at)
    pattern = re.sub(r"\\\{\w+\\\}", "(.+?)", re.escape(template))
    found = re.fullmatch(pattern, text)
    if found is None:
        return False
    names = re.findall(r"\{(\w+)\}", template)
    values = [value_of(sentence.places[name], at) for name in names]
    return all(
        shown == value if isinstance(value, str) else tells(shown, value)
        for shown, value in zip(found.groups(), values, strict=True)
    )
