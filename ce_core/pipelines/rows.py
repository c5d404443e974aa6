"""Arrays of logit vectors (N, C), one a row: their sums and maxima are those of each row alone.

With one class after the other in memory (Fortran's order) the sums over the classes, and so all
steps, are faster, some of them eight times.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Values = dict[str, Array]
"""The values of the steps by name: logits (N, C), losses (N,) and so on, in the format's dtype."""


def row_sum(terms: Array) -> Array:
    """Return what np.sum gives for each vector alone, to the last bit."""
    # Class by class it is several times as fast. NumPy adds a vector of eight or more numbers in
    # another order, and one of float16 without rounding in between.
    native = np.issubdtype(terms.dtype, np.floating)
    if terms.dtype == np.float16 or (native and terms.shape[-1] >= 8):
        return np.asarray(np.sum(np.ascontiguousarray(terms), axis=-1))
    return np.asarray(np.sum(np.asfortranarray(terms), axis=-1))


def row_max(logits: Array) -> Array:
    """Return the largest logit of each vector."""
    # Along an axis that is short and contiguous NumPy takes eight times as long (float32, C = 3).
    return np.asarray(np.max(np.asfortranarray(logits), axis=-1))


def is_largest(logits: Array) -> npt.NDArray[np.bool_]:
    """Mark one largest logit, the first of equals, in each vector."""
    classes: npt.NDArray[np.bool_] = np.equal.outer(
        np.arange(logits.shape[-1]), np.argmax(logits, axis=-1)
    )
    return classes.T


def others(logits: Array, exp: Array) -> Array:
    """Return exp with a 0 in place of the one that belongs to the largest logit.

    The sum of these is the rest that log1p is taken of. When the answer is confident the rest is
    the loss: added to exp(0) = 1 it would be rounded away, and log1p adds the 1 without that
    rounding.
    """
    return np.where(is_largest(logits), 0, exp)
