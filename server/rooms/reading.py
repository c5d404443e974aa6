"""Reading what comes from a browser, of which nothing is believed.

Whatever is wrong is a `ValueError` that says what was expected and what came.
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

_LARGEST = sys.float_info.max
_SEEN = 40  # characters that an error repeats


def content(body: bytes) -> Mapping[str, Any]:
    """Read an object of JSON.

    Examples
    --------
    >>> content(b'{"round": 1}')
    {'round': 1}
    >>> content(b"[1]")
    Traceback (most recent call last):
        ...
    ValueError: expected as body an object, got [1]
    """
    try:
        return entries("body", json.loads(body))
    except RecursionError:
        raise ValueError("expected as body an object of JSON, got one that is too deep") from None


def entries(name: str, given: object) -> Mapping[str, Any]:
    """Read an object."""
    if not isinstance(given, dict):
        raise unexpected(name, "an object", given)
    return given


def text(name: str, given: object, form: re.Pattern[str], longest: int) -> str:
    """Read a text of some form."""
    if not isinstance(given, str) or len(given) > longest or not form.fullmatch(given):
        raise unexpected(name, f"at most {longest} characters, {form.pattern}", given)
    return given


def one_of(name: str, given: object, options: Sequence[T]) -> T:
    """Read one of some texts."""
    for option in options:
        if given == option:
            return option
    raise unexpected(name, f"one of {', '.join(map(str, options))}", given)


def whole(name: str, given: object, low: int, high: int) -> int:
    """Read an int between two others, themselves included."""
    if not isinstance(given, int) or isinstance(given, bool) or not low <= given <= high:
        raise unexpected(name, f"an int from {low} to {high}", given)
    return given


def number(name: str, given: object, low: float = -_LARGEST, high: float = _LARGEST) -> float:
    """Read a finite number between two others, themselves included.

    Examples
    --------
    >>> number("value", 3, 0.0, 5.0)
    3.0
    >>> number("value", 10**400)
    Traceback (most recent call last):
        ...
    ValueError: expected as value a finite number, got 1000000000000000000000000000000000000000…
    """
    if isinstance(given, bool) or not isinstance(given, int | float) or not low <= given <= high:
        wanted = "a finite number" if high == _LARGEST else f"a number from {low} to {high}"
        raise unexpected(name, wanted, given)
    return float(given)


def unexpected(name: str, expected: str, got: object) -> ValueError:
    """Return what says that something else came than was expected."""
    seen = repr(got)
    return ValueError(
        f"expected as {name} {expected}, got {seen[:_SEEN]}{'…' if len(seen) > _SEEN else ''}"
    )
