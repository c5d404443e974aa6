"""What the softmax and its logarithms are made of, for those who take them over and over.

No function here checks anything, and all are to be called with NumPy's warnings off.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ce_core._checks import Array, to_float64


def softmax_into(p: Array, z: Array, axis: int) -> Array:
    """Write the softmax of z into p.

    Examples
    --------
    >>> softmax_into(np.empty(2), np.zeros(2), -1)
    array([0.5, 0.5])
    """
    np.subtract(z, z.max(axis, keepdims=True), out=p)
    np.exp(p, out=p)
    p /= p.sum(axis, keepdims=True)
    return p


def largest_of(z: Array, axis: int) -> tuple[Array, Array]:
    """Return the index of one largest element along the axis, and that element; nan is largest."""
    index = z.argmax(axis, keepdims=True)
    return index, np.take_along_axis(z, index, axis)


class Terms(NamedTuple):
    """Logits relative to the largest along an axis, and their exponentials, in float64."""

    place: Array
    """The index of one largest logit; here, in `largest` and in `rest` the axis has length one."""
    largest: Array
    """What is not finite here is the sum's logarithm, and makes the probabilities nan."""
    shifted: Array
    """z - largest, rounded."""
    lost: Array
    """What the rounding took: z - largest is shifted + lost."""
    exp: Array
    """exp(z - largest), but 0 at `place`, where it is 1."""
    rest: Array
    """The sum of `exp`."""


def accurate_terms(given: Array, axis: int) -> Terms:
    """Return the terms without the error of z - max z, which is what a plain softmax errs by.

    For narrower formats float64 has the digits of the difference. Of float64 itself the rounding
    error is computed (`_rounded_off`), and exp(d + e) is exp(d) (1 + e) but for e², which is below
    1e-26 wherever exp(d) is above 0.

    Examples
    --------
    >>> terms = accurate_terms(np.array([1e16, 1e16 - 2, 0.1]), -1)
    >>> terms.shifted, terms.lost
    (array([ 0.e+00, -2.e+00, -1.e+16]), array([0. , 0. , 0.1]))
    """
    z = to_float64(given)
    index, largest = largest_of(z, axis)
    shifted = z - largest
    exp = np.exp(shifted)
    lost = np.zeros(())
    if z is given:
        lost = _rounded_off(z, largest, shifted)
        exp += exp * lost
    np.put_along_axis(exp, index, 0, axis)
    return Terms(index, largest, shifted, lost, exp, exp.sum(axis, keepdims=True))


def accurate_softmax(terms: Terms, axis: int) -> Array:
    """Return the probabilities, written over `Terms.exp`; nan where the largest is not finite."""
    np.put_along_axis(terms.exp, terms.place, 1, axis)
    total = np.where(np.isfinite(terms.largest), 1 + terms.rest, np.nan)
    return np.asarray(np.divide(terms.exp, total, out=terms.exp))


def _rounded_off(a: Array, b: Array, difference: Array) -> Array:
    """Return a - b - difference, which is a number of the format; 0 where something overflows.

    This is TwoSum of Knuth and Møller, with -b for b: whichever of the two is larger.
    """
    minus_b = difference - a
    lost: Array = difference - minus_b
    np.subtract(a, lost, out=lost)
    minus_b += b
    lost -= minus_b
    np.copyto(lost, 0, where=~np.isfinite(lost))
    return lost
