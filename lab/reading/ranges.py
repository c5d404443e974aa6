"""Hugging Face's DebugUnderflowOverflow: the ranges of weights, inputs and outputs of modules.

The format is that of transformers/debug_utils.py. Each module has a line with its name and class,
and then a line for each of its tensors: abs min, abs max, what it is.
"""

import math
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from ce_core.formats import FORMATS, lookup
from lab.reading.error import excerpt
from lab.reading.finding import Link, Range, Report, Sentence

_HEAD: Final = re.compile(r"abs min +abs max +metadata")
_BATCH: Final = re.compile(r"(?:during batch_number|Starting batch number)=(\d{1,9})", re.ASCII)
_VALUE: Final = r"(\d\.\d\de[+-]\d\d+|inf|nan)"
_RANGE: Final = re.compile(rf"\s*{_VALUE}\s+{_VALUE}\s+(\S.*)", re.ASCII)
_MODULE: Final = re.compile(r"\s*(?:([\w.]+) )?([A-Za-z_]\w*)\s*", re.ASCII)
_MOST: Final = 100_000  # ranges; a model has a few thousand
_LONGEST: Final = 80  # letters of a module's name
# The limits that training meets, the lowest first, and what is said of each. bfloat16 ends about
# where float32 does.
_LIMITS: Final = {
    "float16": "before_float16",
    "float32": "before_float32",
    "float64": "before_float64",
}


def read_ranges(text: str) -> Report | None:
    """Read the report; None if it is none."""
    ranges = tuple(islice(_ranges(text), _MOST)) if _HEAD.search(text) else ()
    if not ranges:
        return None
    batch = _BATCH.search(text)
    at = next((i for i, r in enumerate(ranges) if not _is_finite(r)), len(ranges))
    before = max(ranges[:at], key=lambda r: r.high, default=None)
    # The format is the narrowest that holds all numbers that came before.
    name = next((f for f in _LIMITS if before and before.high <= lookup(f).max), "")
    half = next((r for r in ranges[:at] if r.high > FORMATS["float16"].max), None)
    broken = ranges[at] if at < len(ranges) else None
    value = "" if not broken else "nan" if math.isnan(broken.high) else "inf"
    link = _link(ranges[: at + 1], name) if value == "inf" else None
    shown = broken or half or max(ranges, key=lambda r: r.high)
    return Report(
        tool="DebugUnderflowOverflow",
        first=Sentence(value or ("passed" if half else "finite"), _places(shown)),
        text=tuple(_text(broken, half, before, name, link)),
        value=value,
        format=name if broken else "float16" if half else "",
        batch=int(batch[1]) if batch else None,
        ranges=ranges,
        passed=broken or half,
        link=link,
    )


def _ranges(text: str) -> Iterator[Range]:
    module = kind = ""
    for number, line in enumerate(text.split("\n"), 1):
        if found := _RANGE.fullmatch(line):
            what = excerpt(found[3], _LONGEST)
            yield Range(number, module, kind, what, float(found[1]), float(found[2]))
        elif (found := _MODULE.fullmatch(line)) and found[1] != "None":
            module, kind = excerpt(found[1] or "", _LONGEST), excerpt(found[2], _LONGEST)


def _is_finite(tensor: Range) -> bool:
    return math.isfinite(tensor.low) and math.isfinite(tensor.high)


def _places(tensor: Range, **others: object) -> dict[str, object]:
    limit = f"{FORMATS['float16'].max:g}"
    place = {"tensor": tensor.told(), "line": tensor.line, "high": f"{tensor.high:g}"}
    return {**place, "limit": limit, **others}


def _text(
    broken: Range | None, half: Range | None, before: Range | None, name: str, link: Link | None
) -> Iterator[Sentence]:
    """Say what the numbers before it tell of the format."""
    if not (broken and before and name):
        return
    most = f"{lookup(name).max:g}"
    yield Sentence(_LIMITS[name], _places(before, max=most))
    if half:
        yield Sentence("half", _places(half))
    if link and link.key == "exp":
        yield Sentence("exp", {**link.values, "max": most})
    if math.isnan(broken.high):
        yield Sentence("no_overflow", {})


def _link(ranges: tuple[Range, ...], name: str) -> Link | None:
    """Return the picture of what broke in the last range."""
    broken = ranges[-1]
    if not name:
        return None
    fmt = lookup(name)
    beside = [r.high for r in ranges[:-1] if (r.module, r.kind) == (broken.module, broken.kind)]
    if "exp" in broken.kind.lower() and beside and beside[-1] > fmt.ln_max:
        query = {"logits": f"{beside[-1]:g},0", "format": name}
        return Link("overflow", query, "exp", {"x": f"{beside[-1]:g}", "format": name})
    if name == "float64":  # no link holds a logit beyond it
        return None
    # A number that is stored as inf, beside the largest that was printed.
    query = {"logits": f"{fmt.too_large:.17g},{max(r.high for r in ranges[:-1]):g}", "format": name}
    return Link("overflow", query, "stored", {"format": name})
