"""Arrays as files store them: numbers as bytes, and which of several are the logits."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Literal

import numpy as np

from ce_core.formats import FORMATS
from lab.reading.error import UnreadableError
from lab.reading.given import Array, Given, Note, check_shape, whole
from lab.reading.targets import LOGIT_NAMES, TARGET_NAMES, read_targets

_LONGEST_NAMES: Final = 60


def format_of(dtype: np.dtype[Any]) -> str:
    """Return the key of a dtype in `FORMATS`; "" for whole numbers."""
    name = dtype.newbyteorder("=").name
    return name if name in FORMATS else ""


def native(block: Array) -> Array:
    """Return numbers as this machine computes with them: whole ones become float64."""
    wanted = np.dtype(np.float64) if block.dtype.kind in "iu" else block.dtype.newbyteorder("=")
    return block.astype(wanted, copy=False)


def of_bytes(
    data: memoryview,
    at: int,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    order: Literal["C", "F"] = "C",
) -> Given:
    """Return the numbers that begin at a byte; they are converted as they are read.

    Raises
    ------
    UnreadableError
        If they are too many, or not all there.
    """
    shape = shape or (1,)
    check_shape(shape)
    count = math.prod(shape)
    if data.nbytes - at < count * dtype.itemsize:
        raise UnreadableError("cut")
    array = np.frombuffer(data, dtype, count, at).reshape(shape, order=order)
    given = whole(array, dtype=format_of(dtype))
    return replace(given, samples=lambda most: map(native, given.samples(most)))


def chosen(names: Sequence[str]) -> tuple[str, str | None, tuple[Note, ...]]:
    """Return which array is the logits, and which the targets, and a note of what is left out.

    Examples
    --------
    >>> chosen(["labels", "logits"])
    ('logits', 'labels', ())
    >>> chosen(["a", "b"])
    ('a', None, (Note(key='left', values={'names': 'b'}),))
    """
    targets = next((name for name in names if name.lower() in TARGET_NAMES), None)
    rest = [name for name in names if name != targets]
    if not rest:
        rest, targets = list(names), None
    logits = next((name for name in rest if name.lower() in LOGIT_NAMES), rest[0])
    left = ", ".join(name for name in rest if name != logits)
    shown = left if len(left) <= _LONGEST_NAMES else left[:_LONGEST_NAMES] + "…"
    return logits, targets, (Note("left", {"names": shown}),) if left else ()


def together(logits: Given, targets: Given | None, notes: tuple[Note, ...]) -> Given:
    """Return logits with the targets that were stored beside them."""
    read = read_targets(targets, logits.count, logits.classes) if targets else None
    return replace(logits, targets=read, notes=notes)
