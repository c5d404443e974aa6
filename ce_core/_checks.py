"""What the functions of the core ask of the arrays that they are given."""

from __future__ import annotations

import operator
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from ce_core.formats import FORMATS, widen

Array = npt.NDArray[Any]

_FLOATS = frozenset(fmt.dtype for fmt in FORMATS.values())


def as_real(values: npt.ArrayLike, name: str) -> Array:
    """Return an array that keeps a floating dtype; integers become float64.

    Examples
    --------
    >>> as_real([2, 1], "logits").dtype.name
    'float64'
    >>> as_real(["2", "1"], "logits")
    Traceback (most recent call last):
        ...
    TypeError: logits must be real numbers; got dtype <U1
    """
    array = np.asarray(values)
    # ml_dtypes' formats do not report themselves as floating; longdouble is not among ours.
    if array.dtype in _FLOATS or array.dtype.kind == "f":
        return array
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    raise TypeError(f"{name} must be real numbers; got dtype {array.dtype}")


def as_vectors(values: npt.ArrayLike, axis: int, name: str) -> Array:
    """Return what `as_real` does, after checking that there are entries along `axis`."""
    array = as_real(values, name)
    axis = as_index(axis, "axis")
    if not -array.ndim <= axis < array.ndim:
        raise ValueError(f"{name} must have an axis {axis}; got shape {array.shape}")
    if array.shape[axis] == 0:
        raise ValueError(f"{name} must not be empty along axis {axis}; got shape {array.shape}")
    return array


def as_distribution(values: npt.ArrayLike, axis: int, name: str) -> Array:
    """Return what `as_vectors` does, after checking that each vector is a distribution.

    Rounding probabilities to a format moves their sum by up to half an eps of the format. The sum
    may be off by one eps, and by 1e-6 in any format, so that a float32 result is still a
    distribution after a cast to float64.
    """
    array = as_vectors(values, axis, name)
    with np.errstate(invalid="ignore"):  # as in `as_weight`
        bad = ~(array >= 0)
    if bad.any():
        raise ValueError(f"{name} must hold no negative number and no nan; got {array[bad][0]}")
    eps = float(ml_dtypes.finfo(array.dtype).eps)  # type: ignore[no-untyped-call]  # not annotated
    with np.errstate(over="ignore"):
        sums = np.atleast_1d(widen(array).sum(axis))
    bad = ~(abs(sums - 1) <= max(1e-6, eps))
    if bad.any():
        raise ValueError(f"{name} must sum to 1 along axis {axis}; got a sum of {sums[bad][0]}")
    return array


def as_weight(values: npt.ArrayLike, name: str) -> Array:
    """Return what `as_real` does, after checking that every number is a possible weight."""
    array = as_real(values, name)
    with np.errstate(invalid="ignore"):  # ml_dtypes compares with an instruction that minds nan
        bad = ~((array >= 0) & np.isfinite(array))
    if bad.any():
        raise ValueError(f"{name} must be finite and not negative; got {array[bad][0]}")
    return array


def as_index(value: int, name: str) -> int:
    """Return an integer of any type as an int; True is none: NumPy indexes otherwise with it."""
    try:
        if not isinstance(value, bool):
            return operator.index(value)
    except TypeError:
        pass
    raise TypeError(f"{name} must be an integer; got {value!r}")


def as_fraction(value: float, name: str) -> float:
    """Return a number in [0, 1] as a float."""
    number = as_real(value, name)
    if number.ndim != 0 or not 0 <= number <= 1:
        raise ValueError(f"{name} must be a number in [0, 1]; got {value!r}")
    return float(number)


def to_float64(array: Array) -> Array:
    """Return a narrower array as float64, so that the result only errs by its final rounding.

    In float32 NumPy's vectorised ``exp`` is off by more than two ulps for some arguments, where C's
    is off by half an ulp; in float64 both are off by half an ulp.
    """
    return array.astype(np.float64) if array.itemsize < 8 else array
