"""Numbers in brackets within brackets: Python's lists, and the inside of every print-out."""

import math
import re
from array import array
from typing import Final

import numpy as np

from lab.reading.error import UnreadableError, place_of
from lab.reading.given import Array
from lab.reading.lines import MOST_CELLS, regular
from lab.reading.number import NUMBER, parse, refused

_DEEPEST: Final = 8
# Without a way back into a name, so that a long one costs no more than its length.
_NAME: Final = r"(?<![\w.])[A-Za-z_][\w.]*+"
_VALUE: Final = r"""(?:'[^'\n]*'|"[^"\n]*"|<[^<>\n]*>|[\w.]++)"""
_KEYWORDS: Final = rf"(?:\s*+,\s*+\w++\s*+=\s*+{_VALUE})*+\s*+\)"
# A number in a call, as in np.float64(1.5) or -float("inf"), and with what PyTorch writes after it.
_SCALAR: Final = re.compile(
    rf"""([-+]?){_NAME}\(\s*["']?({NUMBER.pattern})["']?{_KEYWORDS}""", re.ASCII | re.IGNORECASE
)
_CONSTANT: Final = re.compile(r"([-+]?)(?<![\w.])[a-z]\w{0,20}\.(inf|nan)(?!\w)", re.ASCII)
_OPENED: Final = re.compile(rf"{_NAME}\(\s*(?=[\[(])", re.ASCII)
_CLOSED: Final = re.compile(rf"(?<=[\])]){_KEYWORDS}", re.ASCII)
_TOKEN: Final = re.compile(r"\s+|[\[\],]|[^\s\[\],]+")
_AMONG: Final = re.compile(r"\[(?<=[^\[\n]\[)")  # a bracket that opens behind a number of its row
_NO_BRACKET: Final = {code: None for code in range(128) if chr(code) not in "[]"}


def span_of(text: str, at: int) -> int:
    """Return where the bracket that opens at a place is closed.

    Raises
    ------
    UnreadableError
        If it is not, or there are more brackets within brackets than an array has.
    """
    depth = 0
    for bracket in re.compile(r"[\[\]()]").finditer(text, at):
        depth += 1 if bracket[0] in "[(" else -1
        if not depth:
            return bracket.end()
        if depth > 2 * _DEEPEST:  # calls have some, too
            raise UnreadableError("nested", *place_of(text, bracket.start()))
    raise UnreadableError("unclosed", *place_of(text, at))


def read_nested(text: str, start: int, end: int) -> Array:
    r"""Read the numbers of text[start:end], from a bracket to the one that closes it, as float64.

    Raises
    ------
    UnreadableError
        If rows differ in length or depth, or a number is none.

    Examples
    --------
    >>> read_nested("[[1., -inf],\n [np.float64(2.5), 3]]", 0, 36).tolist()
    [[1.0, -inf], [2.5, 3.0]]
    """
    result = _fast(text[start:end])
    return _careful(text, start, end) if result is None else result


def _fast(text: str) -> Array | None:
    """Read regular rows by NumPy's parser; None where they are not."""
    shape = _regular(text.translate(_NO_BRACKET)) if text.isascii() else None
    if shape is None:
        return None
    rows = text.replace("],", "]").replace("\n", " ").replace("]", "\n")
    if _AMONG.search(rows.replace(" ", "")):
        return None
    rows = rows.replace("[", " ").strip("\n ")
    result = regular(rows, "," if "," in text else None)
    if result is None or len(result) != math.prod(shape):
        return None
    return result.reshape(*shape, -1)


def _regular(brackets: str) -> tuple[int, ...] | None:
    """Return the shape that brackets alone have, without the innermost axis.

    Examples
    --------
    >>> _regular("[[][][]]"), _regular("[]"), _regular("[[][[]]]")
    ((3,), (), None)
    """
    depth = len(brackets) - len(brackets.lstrip("["))
    whole, shape = "[]", []
    for at in range(depth - 2, -1, -1):
        rest = brackets[at + 1 :]
        count = 0
        while rest.startswith(whole, count * len(whole)):
            count += 1
        shape.append(count)
        whole = f"[{whole * count}]"
    return tuple(reversed(shape)) if whole == brackets else None


def _unwrapped(text: str) -> str:
    """Blank out what is called around numbers and rows; each stays in its place."""
    text = _SCALAR.sub(lambda t: (t[1] + t[2]).ljust(len(t[0])), text)
    text = _CONSTANT.sub(lambda t: (t[1] + t[2]).ljust(len(t[0])), text)
    text, calls = _OPENED.subn(lambda t: " " * len(t[0]), text)
    text = _CLOSED.sub(lambda t: " " * len(t[0]), text, count=calls) if calls else text
    return text.replace("(", "[").replace(")", "]")


def _careful(text: str, start: int, end: int) -> Array:
    inside = _unwrapped(text[start:end])
    rows = _Rows(text, "," in inside)
    for token in _TOKEN.finditer(inside):
        at = start + token.start()
        match token[0]:
            case "[":
                rows.open(at)
            case "]":
                rows.close(at)
            case ",":
                rows.comma(at)
            case spelled if not spelled.isspace():
                rows.number(spelled, at)
    return rows.whole()


class _Rows:
    """The numbers so far, and how many items each open bracket holds."""

    def __init__(self, text: str, commas: bool) -> None:
        self.text, self.commas = text, commas
        self.numbers = array("d")
        self.items: list[int] = []  # of each bracket that is open
        self.sizes: list[int] = []  # of the first bracket closed at each depth; 0 for none yet
        self.depth = 0  # of the numbers
        self.read = 0  # numbers and brackets
        self.ready = True  # for an item: after a bracket opens, or a comma

    def error(self, key: str, at: int, **values: object) -> UnreadableError:
        line, column = place_of(self.text, at)
        return UnreadableError(key, line, column, **values)

    def item(self, at: int) -> None:
        if self.commas and not self.ready:
            raise self.error("comma", at)
        self.read += 1
        if self.read > MOST_CELLS:
            raise self.error("slow", at, most=MOST_CELLS)
        if self.items:
            self.items[-1] += 1

    def open(self, at: int) -> None:
        self.item(at)
        self.items.append(0)
        if len(self.items) > _DEEPEST or 0 < self.depth < len(self.items):
            raise self.error("nested", at)
        self.sizes += [0] * (len(self.items) - len(self.sizes))
        self.ready = True

    def number(self, spelled: str, at: int) -> None:
        value = parse(spelled)
        if value is None:
            raise refused(spelled, *place_of(self.text, at))
        self.item(at)
        self.depth = self.depth or len(self.items)
        if len(self.items) != self.depth:
            raise self.error("nested", at)
        self.numbers.append(value)
        self.ready = False

    def comma(self, at: int) -> None:
        if self.ready:
            raise self.error("missing", at)
        self.ready = True

    def close(self, at: int) -> None:
        count = self.items.pop()
        if not count:
            raise self.error("empty", at)
        depth = len(self.items)
        self.sizes[depth] = self.sizes[depth] or count
        if count != self.sizes[depth]:
            raise self.error("ragged", at, count=count, expected=self.sizes[depth])
        self.ready = False

    def whole(self) -> Array:
        return np.array(self.numbers).reshape(self.sizes)
