"""Numbers that stand in lines: CSV, TSV, semicolons, spaces, what a spreadsheet copies."""

import re
from typing import Final

from lab.reading.columns import names, with_targets
from lab.reading.error import UnreadableError
from lab.reading.frame import read_frame
from lab.reading.given import Given, Note
from lab.reading.lines import Line, cells, lines_of, numbers

_INDEX_NAMES: Final = frozenset({"", "Unnamed: 0"})  # what pandas writes above an index, and reads
# Commas that all stand within numbers, while spaces separate these: "0,5 1,25".
_WITHIN: Final = re.compile(r"(?:[^,]|(?<=\d),(?=\d))*", re.ASCII)
_SPACED: Final = re.compile(r"\d +[-+]?\d", re.ASCII)
_TWICE: Final = re.compile(r",\d*,", re.ASCII)


def read_table(text: str) -> Given:
    """Read numbers that stand in lines; see `lab.reading.text.read_text`."""
    lines = lines_of(text)
    if not lines:
        raise UnreadableError("empty")
    if frame := read_frame(lines):
        return frame
    separator = _separator(text)
    header = names(list(cells(lines[0].text, separator)))
    body = _closed(lines[1:] if header else lines, separator)
    if not body:
        raise UnreadableError("empty")
    read, notes = numbers(body, separator)
    if header and len(header) == read.shape[1] + 1 and not header[-1]:
        header = header[:-1]
    if header and len(header) != read.shape[1]:
        count, expected = read.shape[1], len(header)
        raise UnreadableError("ragged", body[0].number, count=count, expected=expected)
    if header and header[0] in _INDEX_NAMES and read.shape[1] > 1:
        header, read, notes = header[1:], read[:, 1:], (*notes, Note("index", {}))
    return with_targets(read, header, notes=notes)


def _separator(text: str) -> str | None:
    """Return what separates the numbers; None for spaces."""
    for separator in "\t;":
        if separator in text:
            return separator
    if "," not in text:
        return None
    if "." in text or " " not in text or _TWICE.search(text):
        return ","
    return None if _SPACED.search(text) and _WITHIN.fullmatch(text) else ","


def _closed(lines: list[Line], separator: str | None) -> list[Line]:
    """Take off the separators that end all lines."""
    if separator is None or not all(line.text.rstrip(" ").endswith(separator) for line in lines):
        return lines
    return [Line(line.text.rstrip(" ")[:-1], line.number) for line in lines]
