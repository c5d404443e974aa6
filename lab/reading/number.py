"""The spelling of one number, the same in every text and every field."""

import math
import re
from typing import Final

from lab.reading.error import UnreadableError, excerpt

# Digits of other scripts, 1_000 and 0x10 are no spellings here; float() would read the first two.
# There is no way back into digits, so that many of them cost no more than their number.
_UNSIGNED: Final = r"(?:(?:\d++\.?\d*+|\.\d++)(?:e[-+]?\d+)?f?|inf(?:inity)?|∞|nan)"
NUMBER: Final = re.compile(rf"[-+]?{_UNSIGNED}", re.ASCII | re.IGNORECASE)
_COMMA: Final = re.compile(r"([-+]?\d+),(\d+(?:e[-+]?\d+)?f?)", re.ASCII | re.IGNORECASE)
# 1,234 is a thousand in one country and one and a bit in another; 0,234 and 1,23 are not.
_THOUSANDS: Final = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
# The minus sign of typeset mathematics, and the hyphens and dashes that stand in its place.
MINUS: Final = str.maketrans(dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d", "-"))
# The thin spaces that separate thousands, as in 65\u202f504; they separate no two numbers.
_THIN: Final = re.compile(r"(?<=\d)[\u2009\u202f](?=\d{3}(?!\d))", re.ASCII)


def parse(text: str) -> float | None:
    """Return the number that a text spells; None if it spells none.

    inf is what says inf: what is beyond float64 spells no number here.

    Examples
    --------
    >>> parse("90f"), parse("-Infinity"), parse("1e-3f"), parse("1_000")
    (90.0, -inf, 0.001, None)
    """
    if not NUMBER.fullmatch(text):
        return None
    if text[-1] in "yYnN∞" or text[-2:-1] in {"n", "N"}:  # infinity, nan or inf
        return float(text.replace("∞", "inf"))
    value = float(text.rstrip("fF"))
    return value if math.isfinite(value) else None


def parse_comma(text: str) -> float | None:
    """Return the number that a text spells whose decimal sign is a comma; None if it spells none.

    Examples
    --------
    >>> parse_comma("-0,5"), parse_comma("1.5")
    (-0.5, None)
    """
    found = _COMMA.fullmatch(text)
    return parse(f"{found[1]}.{found[2]}") if found else None


def may_be_thousands(text: str) -> bool:
    """Say whether the commas of a number may separate its thousands.

    Examples
    --------
    >>> may_be_thousands("1,234"), may_be_thousands("0,234"), may_be_thousands("12,5")
    (True, False, False)
    """
    return bool(_THOUSANDS.fullmatch(text))


def refused(text: str, line: int = 0, column: int = 0) -> UnreadableError:
    """Return the error for a text in a number's place."""
    key = "text" if text else "missing"
    if NUMBER.fullmatch(text):
        key = "beyond" if parse(text) is None else "point"
    elif may_be_thousands(text):
        key = "thousands"
    return UnreadableError(key, line, column, text=excerpt(text))


def read_one(text: str) -> float:
    """Read one number as it is typed or pasted.

    Parameters
    ----------
    text : str
        With a point or, where it cannot separate thousands, a comma; U+2212 for a minus, an f at
        the end, thin spaces between thousands, inf, Infinity, ∞ and nan are read too. There is no
        None, True or 1_000.

    Returns
    -------
    float
        The number; -0.0, inf and nan as they were spelled.

    Raises
    ------
    UnreadableError
        If it is no number, or one beyond float64.

    Examples
    --------
    >>> read_one(" −90f "), read_one("0,5")
    (-90.0, 0.5)
    >>> read_one("1,234")
    Traceback (most recent call last):
        ...
    lab.reading.error.UnreadableError: “1,234” may be 1.234 or 1234. Write it without the comma.
    """
    plain = _THIN.sub("", text.strip().translate(MINUS))
    value = parse(plain)
    if value is None and not may_be_thousands(plain):
        value = parse_comma(plain)
    if value is None:
        raise refused(plain)
    return value
