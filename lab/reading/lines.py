"""Lines of cells: where each number of a text stands, and what it spells."""

import re
from array import array
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from lab.reading.error import UnreadableError
from lab.reading.given import Array, Note
from lab.reading.number import MINUS, parse, refused

_LONG: Final = 1000  # letters of a line that is worth a call of NumPy's parser
BLANK: Final = " \t\u00a0"
_FLOAT_SIGN: Final = re.compile(r"[fF](?<=[\d.].)(?![\w.])", re.ASCII)
# A comma that cannot separate thousands: 0,5 and 1234,5 and 1,25, but not 1,234.
_DECIMAL: Final = re.compile(r"(?<![\d,.])(?:0\d*|\d{4,}|\d{1,3}(?=,(?!\d{3}(?!\d)))),\d", re.ASCII)
# Commas that can separate nothing else: 1,234.5 and 1,234,567; then those of 1,234 do, too.
_THOUSANDS: Final = re.compile(
    r"(?<![\d,.])[1-9]\d{0,2}(?:(?:,\d{3})+\.\d*|(?:,\d{3}){2,})(?![\d,.])", re.ASCII
)
_GROUPED: Final = re.compile(
    r"(?<![\d,.+-])[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?(?![\d,.])", re.ASCII
)
_QUOTED: Final = r'(?:(?<=^)|(?<={0}))"([^"{0}\n]*)"(?={0}|$)'  # and nothing beside the quotes
_SWAPPED: Final = str.maketrans(",.", "._")  # a point among decimal commas is no number


class Line(NamedTuple):
    """A line that is not blank, and its number, counted from 1."""

    text: str
    number: int


class Cell(NamedTuple):
    """A text between two separators, and its first column, counted from 1."""

    text: str
    column: int


def lines_of(text: str) -> list[Line]:
    """Return the lines that are neither blank nor, as `numpy.savetxt` writes them, a comment."""
    return [
        Line(line, number)
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip(BLANK) and not line.startswith("#")
    ]


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
    # A quoted cell may hold the separator.
    cell = re.compile(rf'([^\S\t\n]*)("(?:[^"]|"")*"(?=\s*(?:{separator}|$))\s*|[^{separator}]*)')
    at = 0
    while (found := cell.match(line, at)) and at <= len(line):
        text = found[2].strip(BLANK)
        if len(text) > 1 and text[0] == text[-1] == '"':
            text = text[1:-1].replace('""', '"')
        yield Cell(text, found.start(2) + 1)
        at = found.end() + 1


def plainly(text: str, separator: str | None) -> tuple[str, tuple[Note, ...]]:
    """Spell all numbers of a text in NumPy's way, each in its place and as long as it was."""
    text = _FLOAT_SIGN.sub(" ", text)
    if separator and '"' in text:
        text = re.sub(_QUOTED.format(separator), r" \1 ", text, flags=re.MULTILINE)
    if separator == "," or "," not in text:
        return text, ()
    if _THOUSANDS.search(text):
        text = _GROUPED.sub(lambda t: t[0].replace(",", "").rjust(len(t[0])), text)
        return text, (Note("thousands", {}),)
    if separator == ";" or _DECIMAL.search(text):
        return text.translate(_SWAPPED), (Note("decimal_comma", {}),)
    return text, ()


def numbers(lines: list[Line], separator: str | None) -> tuple[Array, tuple[Note, ...]]:
    """Read lines of numbers as a float64 array (lines, cells).

    Raises
    ------
    UnreadableError
        If a cell is no number, or a line has more or fewer cells than the first.
    """
    text = "\n".join(line.text for line in lines).translate(MINUS)
    result = loaded(text.split("\n"), separator)
    if result is not None:
        return result, ()
    text, notes = plainly(text, separator)
    plain = text.split("\n")
    result = loaded(plain, separator)
    return _careful(plain, lines, separator) if result is None else result, notes


def loaded(rows: list[str], separator: str | None) -> Array | None:
    """Read by NumPy's parser, ten times as fast; None where that is not sure to be right."""
    if not all(row.isascii() and not row.isspace() and row for row in rows):
        return None
    try:
        result = np.loadtxt(rows, delimiter=separator, comments=None, ndmin=2)
    except ValueError:
        return None
    spelled = sum(row.lower().count("inf") for row in rows)
    beyond = np.isinf(result).sum() != spelled
    return None if beyond else result


def _careful(plain: list[str], lines: list[Line], separator: str | None) -> Array:
    result, width = array("d"), 0
    for text, line in zip(plain, lines, strict=True):
        before = len(result)
        row = loaded([text], separator) if len(text) > _LONG else None
        if row is not None:
            result.extend(row[0])
        else:
            result.extend(_cell_by_cell(text, line, separator))
        count = len(result) - before
        width = width or count
        if not count:  # an index of pandas without a number
            raise UnreadableError("missing", line.number)
        if count != width:
            raise UnreadableError("ragged", line.number, count=count, expected=width)
    return np.array(result).reshape(len(lines), width)


def _cell_by_cell(text: str, line: Line, separator: str | None) -> Iterator[float]:
    for cell in cells(text, separator):
        value = parse(cell.text)
        if value is None:
            raise refused(_original(line, cell, separator), line.number, cell.column)
        yield value


def _original(line: Line, cell: Cell, separator: str | None) -> str:
    """Return a cell as it was before its numbers were spelled plainly."""
    at = (c.text for c in cells(line.text, separator) if c.column == cell.column)
    return next(at, cell.text)
