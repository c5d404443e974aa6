"""Reading one value of a stranger's: from the text of a link, of a field, or of a button.

A reader knows its own limits and says them: `expected` is the sentence for what it does not take.
"""

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from lab.alike import hidden
from lab.reading import read_one
from lab.words import say

T = TypeVar("T")

LARGEST = 1e300  # a typed logit; the sum of two of them is still a float64
LONGEST_NAME = 20
LONGEST_TEXT = 2000  # longer than any link the app writes; a bound on work, not on meaning

# Unicode categories that a class name may not hold: controls, surrogates, unassigned and private
# characters, line breaks, and format characters (which include the bidirectional overrides that
# would reorder the text around a name). U+200D may join emoji, and nothing else.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
# A name needs a letter, number, punctuation or symbol that is not blank: the empty Braille pattern.
_SEEN_CATEGORIES = frozenset("LNPS")
_BLANK = frozenset("\u2800")


@dataclass(frozen=True)
class Reader(Generic[T]):
    """What reads one value, and says in words what it takes.

    `read` raises ValueError for all else. `key` names the sentence in words/, `limits` fill it.
    """

    read: Callable[[str], T]
    key: str
    limits: dict[str, object] = field(default_factory=dict)

    def expected(self) -> str:
        """Say what is read: "a number from 0 to 1"."""
        return say(self.key, **self.limits)


def plain(value: Any) -> str:
    """Write a number or a text as a link does: the shortest text that reads back exactly.

    Examples
    --------
    >>> plain(2.0), plain(0.1), plain("cat")
    ('2', '0.1', 'cat')
    """
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    return str(value)


def _finite(text: str) -> float:
    result = read_one(text)
    if not abs(result) <= LARGEST:
        raise ValueError("not a finite number in range")
    return result + 0.0  # -0 becomes 0


def number() -> Reader[float]:
    """Read a finite number."""
    return Reader(_finite, "expected.number")


def logit() -> Reader[float]:
    """Read a finite number, or -inf: a masked class."""

    def read(text: str) -> float:
        return -math.inf if read_one(text) == -math.inf else _finite(text)

    return Reader(read, "expected.logit")


def between(low: float, high: float) -> Reader[float]:
    """Read a number from `low` to `high`."""

    def read(text: str) -> float:
        result = _finite(text)
        if not low <= result <= high:
            raise ValueError("out of range")
        return result

    return Reader(read, "expected.between", {"low": plain(low), "high": plain(high)})


def whole(high: int) -> Reader[int]:
    """Read a whole number from 0 to `high`."""

    def read(text: str) -> int:
        result = _finite(text)
        if not (result.is_integer() and 0 <= result <= high):
            raise ValueError("not a whole number in range")
        return int(result)

    return Reader(read, "expected.whole", {"high": high})


def counted(high: int) -> Reader[int]:
    """Read a whole number from 1 to `high`."""

    def read(text: str) -> int:
        result = whole(high).read(text)
        if result < 1:
            raise ValueError("out of range")
        return result

    return Reader(read, "expected.counted", {"high": high})


def one_of(choices: Sequence[T], key: str = "") -> Reader[T]:
    """Read one of some values, written as a link does."""
    by_text = {plain(choice): choice for choice in choices}

    def read(text: str) -> T:
        if text not in by_text:
            raise ValueError("not one of the choices")
        return by_text[text]

    *most, last = by_text
    key = key or ("expected.one_of" if most else "expected.one")
    return Reader(read, key, {"most": ", ".join(most), "last": last})


def name() -> Reader[str]:
    """Read a class name: short, printable, on one line."""
    return line(LONGEST_NAME, "expected.name")


def line(longest: int, key: str) -> Reader[str]:
    """Read a text of 1 to `longest` characters, printable and on one line."""
    return Reader(lambda text: _line(text, longest), key, {"longest": longest})


def _line(text: str, longest: int) -> str:
    if len(text) > LONGEST_TEXT:
        raise ValueError("too long")
    cleaned = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(cleaned) <= longest:
        raise ValueError("empty or too long")
    if hidden(cleaned):
        raise ValueError("holds characters that cannot be seen")
    categories = {c: unicodedata.category(c) for c in cleaned.replace("\u200d", "")}
    if not _REFUSED_CATEGORIES.isdisjoint(categories.values()):
        raise ValueError("holds characters that cannot be shown")
    if not any(k[0] in _SEEN_CATEGORIES and c not in _BLANK for c, k in categories.items()):
        raise ValueError("holds nothing that can be seen")
    return cleaned
