"""Reading a text that holds numbers, whatever printed it."""

import re
from typing import Final

from lab.reading.arrays import read_printed
from lab.reading.error import UnreadableError, place_of
from lab.reading.given import MOST_BYTES, Given
from lab.reading.number import MINUS
from lab.reading.table import read_table

_CONTROLS: Final = "".join(chr(c) for c in (*range(32), 127) if chr(c) not in "\t\n")
_NO_TEXT: Final = (*((c, "control") for c in _CONTROLS), ("...", "elided"), ("…", "elided"))
# What Python's and Jupyter's consoles write before what was typed, and before its value.
_PROMPT: Final = re.compile(
    r"^(?:>>> ?|\.\.\. |In \[\d+\]: ?|Out\[\d+\]: ?| +\.\.\.: )", re.MULTILINE
)
_PROMPTED: Final = re.compile(r"^(?:>>>|In \[|Out\[)", re.MULTILINE)


def read_text(text: str) -> Given:
    r"""Read the numbers of a text.

    Parameters
    ----------
    text : str
        CSV, TSV, with semicolons or spaces, what a spreadsheet or pandas shows, Python's lists, or
        what NumPy, PyTorch, JAX and TensorFlow print.

    Returns
    -------
    Given
        The logits as float64, and the targets if they stand beside them.

    Raises
    ------
    UnreadableError
        If a number is none, lines differ in length, numbers were left out ("..."), or there are too
        many; it says in which line and column.

    Examples
    --------
    >>> read_text("2.0, 1.0, 0.1").shape
    (3,)
    >>> read_text("cat;dog;label\n2,5;1;0\n0,5;3;1").targets.tolist()
    [0, 1]
    """
    if len(text) > MOST_BYTES:
        raise UnreadableError("large", most=MOST_BYTES >> 20)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if _PROMPTED.search(text):
        text = _PROMPT.sub(lambda prompt: " " * len(prompt[0]), text)
    for sign, key in _NO_TEXT:
        if (at := text.find(sign)) >= 0:
            raise UnreadableError(key, *place_of(text, at))
    return read_printed(text.translate(MINUS)) if _is_printed(text) else read_table(text)


def _is_printed(text: str) -> bool:
    """Say whether a text holds arrays in brackets; only a header of columns may have some, too."""
    first, _, rest = text.strip().partition("\n")
    if rest.endswith(" columns]"):  # below a frame of pandas
        return False
    alone = not rest.strip() or "=" in rest
    return any(b in rest for b in "[]()") or (alone and any(b in first for b in "[("))


def read_many(text: str) -> list[float]:
    """Read a row or a column of numbers as it is typed or pasted.

    Parameters
    ----------
    text : str
        Whatever `read_text` reads.

    Raises
    ------
    UnreadableError
        If it cannot be read, or holds several rows.

    Examples
    --------
    >>> read_many("2, 1, 0.1"), read_many("0,5; −1"), read_many("4")
    ([2.0, 1.0, 0.1], [0.5, -1.0], [4.0])
    """
    given = read_text(text)
    if given.count > 1 and given.classes > 1:
        raise UnreadableError("rows", count=given.count)
    return [float(number) for rows in given.chunks(1_000_000) for number in rows.ravel()]
