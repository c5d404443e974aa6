"""The names of columns, and the column that they say holds the targets."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from lab.reading.given import Array, Given, check_shape, whole
from lab.reading.lines import Cell
from lab.reading.number import MINUS, parse
from lab.reading.targets import TARGET_NAMES

_MOST_NAMES: Final = 200_000  # a vocabulary has 50 000


def names(first: Iterable[Cell], before: int = 0, numbered: bool = False) -> tuple[str, ...]:
    """Return the names of the columns if a line holds them; () if it holds numbers.

    Parameters
    ----------
    first : iterable of Cell
        The line.
    before : int
        How many columns there are before these.
    numbered : bool
        Whether all names may be numbers: pandas counts columns that nobody has named.
    """
    texts: list[str] = []
    spelled, named = before, numbered
    for text, _ in first:
        plain = text.translate(MINUS)
        if parse(plain) is None:
            named = True
            if re.match(r"[-+.\d]", plain):
                return ()
        elif plain == str(spelled):
            spelled += 1
        else:
            return ()
        texts.append(text)
        if len(texts) > _MOST_NAMES:
            return ()
    return tuple(texts) if named else ()


def with_targets(read: Array, header: tuple[str, ...], **others: Any) -> Given:
    """Return what a table holds; a column whose name says so is taken out as the targets."""
    check_shape(read.shape)
    if len(read) == 1 and not header:
        return whole(read[0], **others)
    given = whole(read, header=header, **others)
    found = [i for i, name in enumerate(header) if name.strip().lower() in TARGET_NAMES]
    if len(found) != 1 or len(header) == 1:
        return given
    logits, targets = given.without(found[0])
    return replace(logits, targets=targets)
