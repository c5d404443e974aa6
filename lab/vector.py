"""Reading a list of numbers that was put into the field of one."""

import re
from typing import Final

from lab.readers import Reader, plain
from lab.reading import UnreadableError, read_many, read_one
from lab.words import say

_APART: Final = re.compile(r"[\s,;(\[]")
# One number in brackets, as tensor(2.5) or [2.5]; of other texts with a number it is not all.
_ALONE: Final = re.compile(r"\s*[\w.]*[(\[]")
_CUT: Final = "…"  # where the player cut what is longer than an address


class ListError(ValueError):
    """A list that cannot be used; the message is the sentence that says why."""


def read_list(text: str, one: Reader[float], most: int) -> tuple[float, ...]:
    """Read a list of 1 to `most` numbers, each of which `one` reads.

    Parameters
    ----------
    text : str
        What `lab.reading` reads. A comma within a single number is its decimal sign.
    one : Reader
        What a number of the list may be.
    most : int
        How many numbers there may be.

    Returns
    -------
    tuple of float
        The numbers; () where the text is one number, or words.

    Raises
    ------
    ListError
        If a list was meant and cannot be used.

    Examples
    --------
    >>> from lab.readers import logit
    >>> read_list("tensor([2.5, -inf])", logit(), 10), read_list("2,5", logit(), 10)
    ((2.5, -inf), ())
    >>> read_list("1 2 3", logit(), 2)
    Traceback (most recent call last):
        ...
    lab.vector.ListError: Expected at most 2 numbers, and 3 came. “Your own numbers” takes more.
    """
    try:
        read_one(text)
    except UnreadableError as error:
        if error.key == "thousands":
            raise ListError(error.told()) from error
        meant = bool(_APART.search(text.strip()))
    else:
        meant = False
    return _read(text, one, most) if meant else ()


def _read(text: str, one: Reader[float], most: int) -> tuple[float, ...]:
    if text.endswith(_CUT):
        raise ListError(_too_many("long", most))
    try:
        numbers = read_many(text)
    except UnreadableError as error:
        rows = error.key == "rows"
        told = _too_many("rows", most, **error.values) if rows else error.told()
        raise ListError(told) from error
    if len(numbers) == 1 and not _ALONE.match(text):
        return ()
    if len(numbers) > most:
        raise ListError(_too_many("count", most, count=len(numbers)))
    return tuple(_item(number, i, one) for i, number in enumerate(numbers, 1))


def _item(number: float, i: int, one: Reader[float]) -> float:
    found = plain(number)
    try:
        return one.read(found)
    except ValueError:
        said = say("expected.list_item", number=i, found=found, expected=one.expected())
        raise ListError(said) from None


def _too_many(what: str, most: int, **came: object) -> str:
    more = say("expected.list_elsewhere", page=say("numbers.title"))
    return f"{say(f'expected.list_{what}', most=most, **came)} {more}"
