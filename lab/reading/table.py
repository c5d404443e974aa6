"""Numbers that stand in lines: CSV, TSV, semicolons, spaces, what a spreadsheet copies."""

import re
from typing import Final

import numpy as np

from lab.reading.columns import names, with_targets
from lab.reading.error import UnreadableError
from lab.reading.frame import read_frame
from lab.reading.given import Array, Given, Note
from lab.reading.lines import cells, numbers
from lab.reading.spelling import spelling_of

_INDEX_NAMES: Final = frozenset({"", "Unnamed: 0"})  # what pandas writes above an index, and reads
_COUNTING_NAMES: Final = frozenset({"#", "id", "index", "no", "no.", "nr", "nr.", "row"})
# Commas that all stand within numbers, while spaces separate these: "0,5 1,25".
_WITHIN: Final = re.compile(r"(?:[^,]|(?<=\d),(?=\d))*+", re.ASCII)
_SPACED: Final = re.compile(r"\d +[-+]?\d", re.ASCII)
_TWICE: Final = re.compile(r",\d*+,", re.ASCII)
# Blank lines, and comments as `numpy.savetxt` writes them.
_BEFORE: Final = re.compile(r"(?:[ \t\u00a0]*+(?:\n|\Z)|#[^\n]*+(?:\n|\Z))*+")
_CLOSING: Final = re.compile(r"(?<=[^,;\t\s])[,;\t] *$", re.MULTILINE)


def read_table(text: str) -> Given:
    """Read numbers that stand in lines; see `lab.reading.text.read_text`."""
    passed = _BEFORE.match(text)
    start = passed.end() if passed else 0
    end = text.find("\n", start) + 1 or len(text)
    first = text[start:end].rstrip("\n")
    if not first:
        raise UnreadableError("empty")
    if frame := read_frame(text[start:], text.count("\n", 0, start) + 1):
        return frame
    separator = _separator(text)
    header = names(cells(first, separator))
    start = end if header else start
    body = _without_empty_end(text[start:])
    if not body.strip():
        raise UnreadableError("empty")
    if separator and first.rstrip(" ").endswith(separator):  # and so do all lines
        body, header = _CLOSING.sub("", body), header[:-1]
    spelling = spelling_of(body, separator)
    line = text.count("\n", 0, start) + 1
    read, notes = numbers(body, separator, line, spelling), spelling.notes
    if header and len(header) != read.shape[1]:
        line += body.count("\n", 0, len(body) - len(body.lstrip()))
        raise UnreadableError("ragged", line, count=read.shape[1], expected=len(header))
    if header and read.shape[1] > 1 and _is_index(header[0], read[:, 0]):
        header, read, notes = header[1:], read[:, 1:], (*notes, Note("index", {}))
    return with_targets(read, header, notes=notes)


def _without_empty_end(body: str) -> str:
    r"""Return lines without those at the end that have but empty cells, as spreadsheets have.

    Examples
    --------
    >>> _without_empty_end("1;2\n3;\n;\n;\n")
    '1;2\n3;'
    """
    end = body.find("\n", len(body.rstrip(" \t\u00a0,;\n")))
    return body if end < 0 else body[:end]


def _is_index(name: str, column: Array) -> bool:
    """Say whether a column numbers the rows: by pandas' name, or by its name and numbers."""
    counting = column[0] in (0, 1) and bool((np.diff(column) == 1).all())
    return name in _INDEX_NAMES or (counting and name.strip().lower() in _COUNTING_NAMES)


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
