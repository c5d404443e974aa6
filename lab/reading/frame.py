"""Tables that pandas prints: with an index, the names of the columns, and a line below."""

import re
from itertools import islice
from typing import Final

import numpy as np

from ce_core.formats import FORMATS
from lab.reading.columns import names, with_targets
from lab.reading.error import UnreadableError
from lab.reading.given import Array, Given, Note, whole
from lab.reading.lines import BLANK, cells, numbers
from lab.reading.spelling import Spelling

_MOST_LINES: Final = 200_000  # each is taken apart; pandas itself prints 60 of a longer frame
_SHAPE: Final = re.compile(r"\[\d+ rows x \d+ columns\]", re.ASCII)
_SERIES: Final = re.compile(r"(?:Freq: \w+, |Name: .*?, |Length: \d+, )*dtype: (\w+)")
_INDEX: Final = re.compile(r" *[^ ]+ *")

Lines = list[tuple[int, str]]


def read_frame(text: str, line: int) -> Given | None:
    """Read what pandas prints of a frame or a series, from a line on; None if it is none.

    Raises
    ------
    UnreadableError
        If it is one, but holds what is no number.
    """
    if text.count("\n") > _MOST_LINES:
        return None
    lines = [(n, t) for n, t in enumerate(text.split("\n"), line) if t.strip(BLANK)]
    last = lines[-1][1].strip()
    if len(lines) > 1 and (series := _SERIES.fullmatch(last)):
        read = _numbers(lines[:-1])
        if read.shape[1] > 1:
            raise UnreadableError("ragged", line, count=read.shape[1], expected=1)
        dtype = series[1] if series[1] in FORMATS else ""
        return whole(read[:, 0], dtype=dtype, notes=(Note("index", {}),))
    lines = lines[:-1] if _SHAPE.fullmatch(last) else lines
    # Columns that do not fit beside each other are printed below, after a header ending in "\\".
    blocks = 1 + sum(text.rstrip().endswith("\\") for _, text in lines)
    if len(lines) % blocks:
        return None
    step = len(lines) // blocks
    header: tuple[str, ...] = ()
    parts = []
    for at in range(0, len(lines), step):
        block = lines[at : at + step]
        above = _names(block[0][1].rstrip(" \\"), len(header))
        if not above or len(block) < 2 or _count(block[1][1], len(above)) != len(above) + 1:
            return None
        header += above
        parts.append(_numbers(block[1:]))
    return with_targets(np.hstack(parts), header, notes=(Note("index", {}),))


def _names(line: str, before: int) -> tuple[str, ...]:
    found = () if re.search("[,;\t]", line) else names(cells(line, None), before, numbered=True)
    return found if all(found) else ()


def _count(line: str, about: int) -> int:
    """Count the cells of a line, as far as it may have one more than there are names."""
    return sum(1 for _ in islice(cells(line, None), about + 2))


def _numbers(lines: Lines) -> Array:
    """Read the numbers behind an index."""
    first = lines[0][0]
    rows = [""] * (lines[-1][0] - first + 1)
    for number, text in lines:
        row = _INDEX.sub(lambda index: " " * len(index[0]), text, count=1)
        if not row.strip(BLANK):
            raise UnreadableError("missing", number)
        rows[number - first] = row
    return numbers("\n".join(rows), None, first, Spelling())
