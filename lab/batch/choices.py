"""The options of a batch: texts as they were typed, and what they come to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ce_core.batch import Options
from ce_core.formats import FORMATS
from lab.batch.frames import error
from lab.readers import Reader, between, one_of, plain
from lab.reading import read_many
from lab.words import say

_LARGEST_INDEX = 2**31
_COLUMNS: Final = ("auto", "none", "first", "last", "apart")
COLUMNS: Final = one_of(_COLUMNS, "numbers.expected_columns")
_FORMAT: Final = one_of(tuple(FORMATS), "shared.expected_format")
_KIND: Final = one_of(("classes", "binary"))
_REDUCTION: Final = one_of(("mean", "sum", "none"))


@dataclass(frozen=True)
class Choices:
    """The format and the options that hold, and the frames that say which were not taken."""

    format: str
    options: Options
    refused: tuple[bytes, ...]


def choose(typed: Mapping[str, str], format_named: str, classes: int) -> Choices:
    """Read the options of a batch of so many classes; the usual one stands for one that is wrong.

    `format_named` is the format in which the numbers came, or "".
    """
    refused: list[bytes] = []

    def read(key: str, reader: Reader[Any], usual: Any, *, fits: bool = True) -> Any:
        text = typed.get(key, "").strip()
        if not text:
            return usual
        try:
            if fits:
                return reader.read(text)
            expected = say(f"numbers.expected_no_{key}")
        except ValueError:
            expected = reader.expected()
        used = say("app.used", used=_told(usual))
        told = say("app.expected", expected=expected, instead=used)
        refused.append(error(key, told))
        return usual

    kind = read("kind", _KIND, "classes")
    binary = kind == "binary"
    weights = _weights(classes, single=binary)
    form = read("format", _FORMAT, format_named or "float32")
    options = Options(
        kind=kind,
        reduction=read("reduction", _REDUCTION, "mean"),
        weight=read("weight", weights, None),
        ignore_index=read("ignore_index", _INDEX, -100),
        label_smoothing=read("label_smoothing", between(0, 1), 0.0, fits=not binary),
        pos_weight=read("pos_weight", weights, None, fits=binary),
    )
    return Choices(form, options, tuple(refused))


def _told(usual: Any) -> str:
    return say("numbers.no_weights") if usual is None else plain(usual).replace("-", "\u2212")


def _index(text: str) -> int:
    digits = text.removeprefix("-").removeprefix("\u2212")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(_LARGEST_INDEX))):
        raise ValueError("not a whole number")
    return int(digits) if digits == text else -int(digits)


_INDEX: Final = Reader(_index, "numbers.expected_index")


def _weights(classes: int, *, single: bool) -> Reader[tuple[float, ...]]:
    counts = {classes, 1} if single else {classes}

    def read(text: str) -> tuple[float, ...]:
        weights = tuple(read_many(text))
        Options(weight=weights)  # raises where one is negative or no number
        if len(weights) not in counts:
            raise ValueError("not as many as classes")
        return weights

    return Reader(read, "numbers.expected_weights", {"count": classes})
