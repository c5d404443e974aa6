"""Lines of numbers: fast where NumPy's parser can read them, cell by cell where it cannot."""

import io
import re
from array import array
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from lab.reading.error import UnreadableError
from lab.reading.given import Array
from lab.reading.number import MINUS, parse, refused
from lab.reading.spelling import Spelling

BLANK: Final = " \t\u00a0"
# Read at once: a few milliseconds, after which another thread may run.
_BLOCK: Final = 200_000  # letters
MOST_CELLS: Final = 1_000_000  # read one by one: a few seconds


class Cell(NamedTuple):
    """A text between two separators, and its first column, counted from 1."""

    text: str
    column: int


def cells(line: str, separator: str | None) -> Iterator[Cell]:
    """Yield the cells of a line, without quotes and blanks; the separator None is for spaces.

    Examples
    --------
    >>> list(cells('1.5, "cat, big"', ","))
    [Cell(text='1.5', column=1), Cell(text='cat, big', column=6)]
    """
    if separator is None:
        for word in re.finditer(r"[^ ]+", line):
            yield Cell(word[0], word.start() + 1)
        return
    # A quoted cell may hold the separator; none is longer than the names of columns are.
    quoted = rf'"(?:[^"]|""){{0,200}}+"(?=[^\S\t\n]*(?:{separator}|$))[^\S\t\n]*'
    cell = re.compile(rf"([^\S\t\n]*)({quoted}|[^{separator}]*)")
    at = 0
    while (found := cell.match(line, at)) and at <= len(line):
        text = found[2].strip(BLANK)
        if len(text) > 1 and text[0] == text[-1] == '"':
            text = text[1:-1].replace('""', '"')
        yield Cell(text, found.start(2) + 1)
        at = found.end() + 1


def blocks(text: str) -> Iterator[str]:
    """Yield whole lines of a text, many at once."""
    at = 0
    while at < len(text):
        end = text.find("\n", at + _BLOCK)
        end = len(text) if end < 0 else end
        yield text[at:end]
        at = end + 1


def loaded(text: str, separator: str | None) -> Array | None:
    """Read a block by NumPy's parser, ten times as fast; None where that may not be right."""
    if not text.isascii() or not text.strip():
        return None
    try:
        result = np.loadtxt(io.StringIO(text), delimiter=separator, comments=None, ndmin=2)
    except ValueError:
        return None
    beyond = np.isinf(result).sum() != text.lower().count("inf")
    return None if beyond else result


def regular(text: str, separator: str | None) -> Array | None:
    """Read lines by NumPy's parser; None where that is not sure to be right."""
    parts = [loaded(block, separator) for block in blocks(text)]
    read = [part for part in parts if part is not None]
    if len(read) < len(parts) or len({part.shape[1] for part in read}) != 1:
        return None
    return np.concatenate(read)


def numbers(text: str, separator: str | None, line: int, spelling: Spelling) -> Array:
    """Read lines of numbers as a float64 array (lines, cells).

    Parameters
    ----------
    text : str
        The lines; blank ones are passed over.
    separator : str or None
        What stands between the cells; None for spaces.
    line : int
        The number of the first line.
    spelling : Spelling
        How the numbers are spelled.

    Raises
    ------
    UnreadableError
        If a cell is no number, or a line has more or fewer cells than the first.
    """
    parts: list[Array] = []
    reader = _Reader(separator, spelling)
    for block in blocks(text):
        plain = block.translate(MINUS)
        part = loaded(plain, separator)
        if part is None:
            part = loaded(spelling.plain(plain), separator)
        if part is None or part.shape[1] != (reader.width or part.shape[1]):
            part = reader.cell_by_cell(block, line)
        reader.width = reader.width or part.shape[1]
        parts.append(part)
        line += block.count("\n") + 1
    return np.concatenate([part for part in parts if len(part)])


class _Reader:
    """Reads blocks one after the other, all lines of which have the same number of cells."""

    def __init__(self, separator: str | None, spelling: Spelling) -> None:
        self.separator, self.spelling = separator, spelling
        self.width = 0
        self.read = 0

    def cell_by_cell(self, block: str, line: int) -> Array:
        result = array("d")
        for number, text in enumerate(block.split("\n"), line):
            if not text.strip(BLANK):
                continue
            before = len(result)
            result.extend(self._row(text, number))
            count = len(result) - before
            self.width = self.width or count
            if count != self.width:
                raise UnreadableError("ragged", number, count=count, expected=self.width)
        return np.array(result).reshape(-1, self.width or 1)

    def _row(self, text: str, number: int) -> Iterator[float]:
        plain = self.spelling.plain(text.translate(MINUS))
        for cell in cells(plain, self.separator):
            value = parse(cell.text)
            self.read += 1
            if value is None:
                # As it was before it was spelled plainly.
                there = (c for c in cells(text, self.separator) if c.column == cell.column)
                raise refused(next(there, cell).text, number, cell.column)
            if self.read > MOST_CELLS:
                raise UnreadableError("slow", number, most=MOST_CELLS)
            yield value
