"""The names of columns, and the column that they say holds the targets."""

import re
from dataclasses import replace
from typing import Any

from lab.reading.given import Array, Given, check_shape, whole
from lab.reading.lines import Cell
from lab.reading.number import MINUS, parse
from lab.reading.targets import TARGET_NAMES


def names(first: list[Cell]) -> tuple[str, ...]:
    """Return the names of the columns if the first line holds them; () if it holds numbers.

    pandas names columns 0, 1, ... where nobody has named them.
    """
    texts = [cell.text for cell in first]
    plain = [text.translate(MINUS) for text in texts]
    spelled = [text for text in plain if parse(text) is not None]
    words = [text for text in plain if text and parse(text) is None]
    counted = spelled == [str(i) for i in range(len(spelled))]
    named = words or (not texts[0] and spelled)
    if named and counted and not any(re.match(r"[-+.\d]", word) for word in words):
        return tuple(texts)
    return ()


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
