"""The letters of seeds and codes, which nobody mistakes for one another."""

import re
from typing import Final

# Of https://www.crockford.com/base32.html: no O, which is read as 0, no I and L, read as 1, no U.
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 5  # of a seed: 2**25 of them
_READ_AS: Final = str.maketrans("OIL", "011")
_BETWEEN: Final = re.compile("[ -]+")


def plain_letters(text: str) -> str | None:
    """Return the letters of what somebody typed, or None where there is another one.

    Examples
    --------
    >>> plain_letters("k7q-2m lo"), plain_letters("K7Q2?")
    ('K7Q2M10', None)
    """
    letters = _BETWEEN.sub("", text).upper().translate(_READ_AS)
    return letters if all(letter in LETTERS for letter in letters) else None


def read_seed(text: str) -> str:
    """Read a seed as somebody typed it.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> read_seed(" k7-o l i")
    'K7011'
    """
    seed = plain_letters(text)
    if seed is None or len(seed) != LENGTH:
        raise ValueError(f"expected {LENGTH} of the letters and digits {LETTERS}; got {text!r}")
    return seed


def letters_of(number: int, length: int) -> str:
    """Write a number from 0 in so many letters; what has no room in them is left out.

    Examples
    --------
    >>> letters_of(33, 3), number_of("011")
    ('011', 33)
    """
    return "".join(LETTERS[number >> 5 * i & 31] for i in reversed(range(length)))


def number_of(letters: str) -> int:
    """Read a number that `letters_of` has written.

    Raises
    ------
    ValueError
        If there is a letter that is none of `LETTERS`.
    """
    number = 0
    for letter in letters:
        number = number << 5 | LETTERS.index(letter)
    return number
