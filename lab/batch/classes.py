"""What the classes are called, and which of many are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lab.alike import skeleton
from lab.parameters import MAX_CLASSES
from lab.readers import name
from lab.words import say

Array = npt.NDArray[Any]
_LARGEST: Final = 4  # of the other classes, where there are many


def names_of(header: Sequence[str], classes: int) -> tuple[str, ...]:
    """Return the names of the classes: those above the columns, if each is one and they differ."""
    try:
        read = tuple(map(name().read, header))
    except ValueError:
        read = ()
    if len(read) == classes and len(set(map(skeleton, read))) == classes:
        return read
    return tuple(say("numbers.class_number", number=i) for i in range(classes))


@dataclass(frozen=True, eq=False)
class Shown:
    """The classes of each of K rows that are shown, and whether the others are summed up.

    `at` has the shape (K, B); where there are others, they are one bar more.
    """

    at: Array
    names: tuple[str, ...]
    others: int

    def of(self, values: Array) -> Array:
        """Return the values (K, C) of what is shown, those of the others added: (1, K, B)."""
        taken = np.take_along_axis(values, self.at, axis=-1)
        if self.others:
            rest = values.astype(np.float64)
            np.put_along_axis(rest, self.at, 0.0, axis=-1)
            taken = np.concatenate([taken, rest.sum(axis=-1, keepdims=True)], axis=-1)
        return taken[None]


def shown(logits: Array, told: Array, names: tuple[str, ...], called: str) -> Shown:
    """Choose the classes: all, or of many the one that is told of and the largest others."""
    classes = logits.shape[-1]
    if classes <= MAX_CLASSES:
        return Shown(np.broadcast_to(np.arange(classes), logits.shape), names, 0)
    order = np.nan_to_num(logits, nan=np.inf)  # also of -inf a number, which is above that of told
    np.put_along_axis(order, told[:, None], -np.inf, axis=-1)
    largest = np.argpartition(-order, _LARGEST, axis=-1)[:, :_LARGEST]
    ranks = np.argsort(-np.take_along_axis(order, largest, axis=-1), axis=-1, kind="stable")
    at = np.concatenate([told[:, None], np.take_along_axis(largest, ranks, axis=-1)], axis=-1)
    others = classes - 1 - _LARGEST
    largest_others = [say(f"numbers.rank_{i}") for i in range(1, _LARGEST + 1)]
    return Shown(at, (called, *largest_others, say("numbers.others", count=others)), others)
