"""Targets: one class a row, or the probabilities of all classes."""

from typing import Final

import numpy as np

from lab.reading.error import UnreadableError
from lab.reading.given import MOST_HELD, Array, Given, indices

# What a column or an array is called that holds the targets, whatever its case.
TARGET_NAMES: Final = frozenset({"label", "labels", "target", "targets", "class", "y", "y_true"})
LOGIT_NAMES: Final = frozenset({"logits", "logit", "scores", "output", "outputs", "pred", "preds"})


def read_targets(given: Given, count: int, classes: int) -> Array:
    """Return what was given apart as the targets of `count` rows of `classes` classes.

    Parameters
    ----------
    given : Given
        What `read_text` or `read_file` read of it.

    Returns
    -------
    ndarray
        int64 (count,): the class of each row, or an index to ignore; or float64 (count, classes):
        probabilities. With one class always the latter.

    Raises
    ------
    UnreadableError
        If there are more or fewer, or a class is no whole number.

    Examples
    --------
    >>> from lab.reading.given import whole
    >>> read_targets(whole(np.array([2.0, 0.0])), 2, 3)
    array([2, 0])
    """
    if (given.count, given.classes) == (count, classes) and count * classes > 1:
        return np.concatenate(list(given.chunks(MOST_HELD))).astype(np.float64)
    # One class a row, in the order of the rows: of (N, d1, ...) the last axis runs fastest.
    column = np.concatenate([block.ravel() for block in given.samples(MOST_HELD)])
    if len(column) != count:
        raise UnreadableError("targets", rows=count, count=len(column))
    return column.astype(np.float64)[:, None] if classes == 1 else indices(column)
