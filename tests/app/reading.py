"""Read the numbers and the sentences that the page writes, with exact decimals."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

import numpy as np

from ce_core.sweep import Sweep, sweep
from pages.shared.live import Place, Sentence
from pages.shared.verdict import verdict

Columns = Mapping[str, np.ndarray]
Position = tuple[int, int]
CUT = Decimal(2) ** -28  # the page sends float64 without its last 24 bits


def here(logits: Sequence[float], target: int, name: str, shift: float = 0.0) -> Sweep:
    """Return a table of one position: the logits themselves."""
    return sweep(logits, target, name, [[value] for value in logits], shift=shift)


def told(table: Sweep, names: Sequence[str]) -> tuple[Sentence, Columns]:
    """Return the verdict, and all the columns that its places name."""
    chosen, columns = verdict(table, names)
    losses = {f"loss_{form}": run.steps["loss"].astype(float) for form, run in vars(table).items()}
    return chosen, columns | losses


class Power(NamedTuple):
    """The number significand * 10**exponent, which may be beyond every format."""

    significand: float
    exponent: float

    def __str__(self) -> str:
        return f"{self.significand:.3g}e{self.exponent:.0f}"


def tells(text: str, value: float | Power) -> bool:
    """Say whether a text is this number, to half a unit of the last digit that it shows."""
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


def value_of(place: Place, columns: Columns, at: Position) -> str | float | Power:
    """Return what fills a place of a sentence at one position of the table."""
    value = columns[place.column][at]
    if place.names:
        assert 0 <= value < len(place.names)
        return place.names[value]
    if place.exponent:
        assert np.isfinite([value, columns[place.exponent][at]]).all()
        return Power(float(value), float(columns[place.exponent][at]))
    return float(value)


def template_of(sentence: Sentence, columns: Columns, at: Position) -> str:
    """Return the template that is chosen at one position of the table."""
    return sentence.templates[columns[sentence.column][at]]


def fill(sentence: Sentence, columns: Columns, at: Position) -> str:
    """Return the sentence of one position with three digits of every number."""

    def write(place: re.Match[str]) -> str:
        value = value_of(sentence.places[place[1]], columns, at)
        return f"{value:.3g}" if isinstance(value, float) else str(value)

    return re.sub(r"\{(\w+)\}", write, template_of(sentence, columns, at))


def is_told(text: str, sentence: Sentence, columns: Columns, at: Position) -> bool:
    """Say whether a text is the sentence of this position, with every number right as shown."""
    template = template_of(sentence, columns, at)
    pattern = re.sub(r"\\\{\w+\\\}", "(.+?)", re.escape(template))
    found = re.fullmatch(pattern, text)
    if found is None:
        return False
    names = re.findall(r"\{(\w+)\}", template)
    values = [value_of(sentence.places[name], columns, at) for name in names]
    return all(
        shown == value if isinstance(value, str) else tells(shown, value)
        for shown, value in zip(found.groups(), values, strict=True)
    )
