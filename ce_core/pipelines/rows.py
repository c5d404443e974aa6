"""Arrays of logit vectors (N, C), one a row: their sums and maxima are those of each row alone.

With one class after the other in memory (Fortran's order) the sums over the classes, and so all
steps, are faster, some of them eight times.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Values = dict[str, Array]
"""The values of the steps by name: logits (N, C), losses (N,) and so on, in the format's dtype."""


class Target(NamedTuple):
    """The true class of each row: the index that takes its number from an array (N, C).

    Examples
    --------
    >>> z = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> z[Target.of(0, 2)], z[Target.of(np.array([0, 1]), 2)]
    (array([1., 3.]), array([1., 4.]))
    """

    rows: slice | Array
    classes: int | Array

    @classmethod
    def of(cls, classes: int | Array, count: int) -> Target:
        """Return the index for so many rows: one class for all of them, or one for each."""
        # A slice is as fast as can be, which the sweeps of the sliders need.
        return cls(np.s_[:] if isinstance(classes, int) else np.arange(count), classes)

    def at(self, rows: Array) -> Target:
        """Return the index for these rows alone."""
        if isinstance(self.classes, int):
            return self
        return Target(np.arange(len(rows)), self.classes[rows])


EVERY_CLASS: Final = np.s_[:, :]
"""With it in the place of a target, a step that reads one gives its result for every class."""

_IN_PAIRS: Final = frozenset((np.dtype(np.float32), np.dtype(np.float64)))


FEW: Final = 32
"""Classes that are looked through one by one in less time than all of them at once."""


def row_sum(terms: Array) -> Array:
    """Return what np.sum gives for each vector alone, to the last bit."""
    # Class by class it is several times as fast. NumPy adds a vector of eight or more numbers in
    # another order, and one of float16 without rounding in between.
    if terms.dtype == np.float16 or (terms.dtype in _IN_PAIRS and terms.shape[-1] >= 8):
        return np.asarray(np.add.reduce(np.ascontiguousarray(terms), axis=-1))
    return np.asarray(np.add.reduce(np.asfortranarray(terms), axis=-1))


def take_rows(array: Array, rows: Array) -> Array:
    """Return some rows, one class after the other in memory."""
    return np.asarray(array.T.take(rows, axis=-1).T)


def widened(array: Array) -> Array:
    """Return the same numbers in float64."""
    return np.asarray(array.astype(np.float64, copy=False))


def row_max(logits: Array) -> Array:
    """Return the largest logit of each vector."""
    # Along an axis that is short and contiguous NumPy takes eight times as long (float32, C = 3).
    return np.asarray(np.maximum.reduce(np.asfortranarray(logits), axis=-1))


def is_largest(logits: Array, largest: Array) -> npt.NDArray[np.bool_]:
    """Mark the first of each vector's logits that is the largest; nan is larger than a number."""
    found: npt.NDArray[np.bool_] = logits == largest[:, None]
    if np.isnan(largest).any():
        found |= np.isnan(logits)
    if found.shape[1] > FEW:
        first = Target.of(found.argmax(axis=-1), len(found))
        alone = np.zeros_like(found)
        alone[first] = found[first]
        return alone
    # Of few classes np.argmax takes three times as long.
    before = found[:, 0].copy()
    for j in range(1, found.shape[1]):
        found[:, j] &= ~before
        before |= found[:, j]
    return found


def others(exp: Array, logits: Array, largest: Array) -> Array:
    """Return exp with a 0 in place of the one that belongs to the largest logit.

    The sum of these is the rest that log1p is taken of. When the answer is confident the rest is
    the loss: added to exp(0) = 1 it would be rounded away, and log1p adds the 1 without that
    rounding.
    """
    return np.where(is_largest(logits, largest), 0, exp)
