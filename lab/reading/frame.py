"""Tables that pandas prints: with an index, the names of the columns, and a line below."""

import re
from typing import Final

import numpy as np

from ce_core.formats import FORMATS
from lab.reading.columns import with_targets
from lab.reading.error import UnreadableError
from lab.reading.given import Given, Note, whole
from lab.reading.lines import Line, cells, numbers
from lab.reading.number import parse

_SHAPE: Final = re.compile(r"\[\d+ rows x \d+ columns\]", re.ASCII)
_SERIES: Final = re.compile(r"(?:Freq: \w+, |Name: .*?, |Length: \d+, )*dtype: (\w+)")
_INDEX: Final = re.compile(r"\S+ *")


def read_frame(lines: list[Line]) -> Given | None:
    """Read what pandas prints of a frame or a series; None if it is none.

    Raises
    ------
    UnreadableError
        If it is one, but holds what is no number.
    """
    last = lines[-1].text.strip()
    if len(lines) > 1 and (series := _SERIES.fullmatch(last)):
        read, _ = numbers(_without_index(lines[:-1]), None)
        if read.shape[1] > 1:
            raise UnreadableError("ragged", lines[0].number, count=read.shape[1], expected=1)
        dtype = series[1] if series[1] in FORMATS else ""
        return whole(read[:, 0], dtype=dtype, notes=(Note("index", {}),))
    lines = lines[:-1] if _SHAPE.fullmatch(last) else lines
    # Columns that do not fit beside each other are printed below, after a header ending in "\\".
    blocks = 1 + sum(line.text.rstrip().endswith("\\") for line in lines)
    step = max(1, len(lines) // blocks)
    header: tuple[str, ...] = ()
    parts = []
    for block in (lines[at : at + step] for at in range(0, len(lines), step)):
        above = _names(block[0].text.rstrip(" \\"), len(header))
        if not above or len(block) < 2 or len(list(cells(block[1].text, None))) != len(above) + 1:
            return None
        header += above
        parts.append(numbers(_without_index(block[1:]), None)[0])
    return with_targets(np.hstack(parts), header, notes=(Note("index", {}),))


def _names(line: str, before: int) -> tuple[str, ...]:
    """Return the names of the columns, of which `before` came before; () if they are none."""
    texts = [cell.text for cell in cells(line, None)]
    named = (t == str(i) or parse(t) is None for i, t in enumerate(texts, before))
    return tuple(texts) if all(named) and not re.search("[,;\t]", line) else ()


def _without_index(lines: list[Line]) -> list[Line]:
    return [
        Line(_INDEX.sub(lambda index: " " * len(index[0]), line.text, count=1), line.number)
        for line in lines
    ]
