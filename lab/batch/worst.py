"""The worst rows of a batch, with their logits."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ce_core.batch import Batch, Rows
from lab.reading import Given

MOST = 100  # rows
_MOST_NUMBERS = 300_000  # of all their classes: their causes are found again with each picture
_AT_ONCE = 1_000_000  # numbers

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Worst:
    """K rows; of yes/no questions K cells, each as the two classes no and yes.

    Attributes
    ----------
    numbers, questions : int arrays, shape (K,)
        Which row each is, and which question of it; both from 0.
    logits : float64 array, shape (K, C)
        As given; of a cell (0, x).
    classes : int array, shape (K,)
        The class that is told of.
    targets : array, shape (K,) or (K, C), or None
        As given.
    rows : Rows
        What the batch tells of each.
    shared : bool
        Whether more classes than one may count in a row.
    """

    numbers: Array
    questions: Array
    logits: Array
    classes: Array
    targets: Array | None
    rows: Rows
    shared: bool


def worst(batch: Batch, given: Given, targets: Array | None) -> Worst:
    """Return the worst rows of those that were added; where none counts, the first."""
    binary = batch.options.kind == "binary"
    width = 2 if binary else given.classes
    most = max(1, min(MOST, _MOST_NUMBERS // width))
    found = batch.worst(most)
    if not len(found):
        found = np.arange(min(most, batch.count))
    numbers, questions = np.divmod(found, given.classes) if binary else (found, 0 * found)
    logits = _logits(given, numbers)
    if binary:
        yes = np.take_along_axis(logits, questions[:, None], axis=-1)
        logits = np.concatenate([np.zeros_like(yes), yes], axis=-1)
    rows = batch.rows.take(found)
    at = rows.at["naive"] if rows.at else rows.predicted
    told = np.where(rows.counted, at, rows.predicted)
    own = None if targets is None else targets[numbers]
    if binary and own is not None:
        own = np.take_along_axis(own.reshape(len(own), -1), questions[:, None], axis=-1)[:, 0]
    shared = bool(batch.options.label_smoothing)
    if own is not None and own.dtype.kind == "f":
        shared |= not np.isin(own, (0, 1)).all() if binary else True
    told = np.maximum(told, 0).astype(np.intp)
    return Worst(numbers, questions, logits, told, own, rows, shared)


def _logits(given: Given, numbers: Array) -> Array:
    found = np.empty((len(numbers), given.classes))
    start, last = 0, numbers.max()
    for chunk in given.chunks(_AT_ONCE):
        here = (numbers >= start) & (numbers < start + len(chunk))
        found[here] = chunk[numbers[here] - start].astype(np.float64)
        start += len(chunk)
        if start > last:
            break
    return found
