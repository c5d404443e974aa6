"""What NumPy, PyTorch, JAX and TensorFlow print, and code that makes arrays: which hold numbers."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import numpy as np

from lab.reading.error import UnreadableError, place_of
from lab.reading.given import Array
from lab.reading.nested import read_nested, span_of
from lab.reading.number import NUMBER, parse, refused

_NAME: Final = r"[A-Za-z_][\w.]*+"
_MOST_TOKENS: Final = 100_000
_TEXT: Final = r"""'[^'\n]*'|"[^"\n]*\""""
# What may stand around arrays, the first that fits.
_TOKEN: Final = re.compile(
    rf"""(?P<blank>[\s,;:={{}}|]+|\#[^\n]*)
    |(?P<array>\[|\((?=[\s(]{{0,20}}+[-+.\d]))
    |(?P<factor>\d\.?\d*+e[-+]\d+)\s*\*
    |(?P<number>{NUMBER.pattern})(?![\w.])
    |(?P<key>\w++)\s*+=\s*(?P<value>{_TEXT}|<[^<>]*>|\([\d\s,]*\)|{_NAME}(?!\s*+[(\[]))
    |(?P<quote>["']?)(?P<name>[A-Za-z_]\w*)(?P=quote)\s*[=:](?!=)
    |(?P<call>{_NAME}(?:\[[^\[\]\n]*\])*)\s*\(
    |(?P<open>[(<])
    |(?P<close>[)>])
    |(?P<word>{_NAME}(?:\[[^\[\]\n]*\])*|{_TEXT})""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
# What a print leaves out, as it is what everybody has: PyTorch's float32, NumPy's float64.
_UNSAID: Final = {"tensor": "float32", "array": "float64"}


@dataclass(eq=False)
class Item:
    """An array of a print-out: what it is called, its numbers, and the format that is named."""

    name: str
    numbers: Array
    integers: bool  # as they are spelled
    dtype: str = ""


@dataclass
class _Group:
    """What stands between two parentheses, as far as it was read."""

    caller: str = ""
    dtype: str = ""
    factor: str = ""
    items: list[Item] = field(default_factory=list)

    def take(self, name: str, spelled: str, numbers: Array) -> None:
        integers = not any(sign in spelled for sign in ".en")
        if self.factor:
            numbers = _scaled(numbers, Decimal(self.factor))
        self.items.append(Item(name, numbers, integers and not self.factor))

    def finished(self) -> list[Item]:
        """Return the items; those without a format have the one that is named beside them."""
        for item in self.items:
            unsaid = "" if item.integers else _UNSAID.get(self.caller, "")
            item.dtype = item.dtype or self.dtype or unsaid
        return self.items


@np.vectorize(otypes=[float])
def _scaled(number: float, factor: Decimal) -> float:
    """Multiply in decimal digits, as those are what was printed."""
    return float(Decimal(repr(float(number))) * factor)


def read_items(text: str) -> list[Item]:
    """Return the arrays of a text, in order; a number by itself is an array of no axes.

    Raises
    ------
    UnreadableError
        If one cannot be read, or what stands around them is none of what libraries print.

    Examples
    --------
    >>> [item] = read_items("x = tensor([[1., inf]], device='cuda:0', dtype=torch.float16)")
    >>> item.name, item.dtype, item.numbers.tolist()
    ('x', 'float16', [[1.0, inf]])
    """
    groups, name, at = [_Group()], "", 0
    tokens = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if not token:
            word = re.match(r"\S{1,99}", text[at : at + 99])
            raise refused(word[0] if word else text[at], *place_of(text, at))
        tokens += 1
        if tokens > _MOST_TOKENS:
            raise UnreadableError("pieces", *place_of(text, at), most=_MOST_TOKENS)
        start, at = at, token.end()
        match token.lastgroup:
            case "array" | "number":
                numbers, at = _numbers(text, token)
                groups[-1].take(name, text[start:at], numbers)
                name = ""
            case "name" | "word" as kind:
                name = token[kind]
            case "value" if "sparse" in token["value"]:
                raise UnreadableError("sparse", *place_of(text, start))
            case _:
                _group(groups, token)
    return [item for group in groups for item in group.finished()]


def _numbers(text: str, token: re.Match[str]) -> tuple[Array, int]:
    """Return the array or the number that begins at a token, and where it ends."""
    start, end = token.span()
    if token.lastgroup == "array":
        end = span_of(text, start)
        return read_nested(text, start, end), end
    value = parse(token["number"])
    if value is None:
        raise refused(token["number"], *place_of(text, start))
    return np.array(value), end


def _group(groups: list[_Group], token: re.Match[str]) -> None:
    """Open a group, close the last one, or write down what is said of it."""
    match token.lastgroup:
        case "factor":
            groups[-1].factor = token["factor"]
        case "value" if token["key"] == "dtype":
            groups[-1].dtype = token["value"].strip("'\"").rpartition(".")[2]
        case "call" | "open":
            groups.append(_Group((token["call"] or "").rpartition(".")[2]))
        case "close" if len(groups) > 1:
            closed = groups.pop()
            groups[-1].items += closed.finished()
