"""The loss on paper, to float64's accuracy, and what a rounding left of a difference."""

from __future__ import annotations

import numpy as np

from ce_core.pipelines.rows import Array, others, row_max, row_sum


def true_loss(logits: Array, target: int, corrected: bool) -> Array:
    """Return the loss of float64 logits to within a few units in the last place of float64.

    All terms of rest and of the result have one sign, so nothing cancels. What is left is the
    rounding of logit - max, whose effect grows with the size of the difference, unless it is
    `corrected`. For formats narrower than float64 it is far below their own rounding.

    A loss below the smallest float64 is returned as that smallest number: 0 would say that there
    is no other class.
    """
    largest = row_max(logits)
    shifted = logits - largest[:, None]
    exp = np.exp(shifted)
    if corrected:
        exp += exp * difference_error(logits, largest[:, None], shifted)
    rest = row_sum(others(exp, logits, largest))
    loss = np.asarray(np.log1p(rest) - shifted[:, target])
    vanished = np.flatnonzero(loss == 0)
    if vanished.size:
        accompanied = np.sum(logits[vanished] > -np.inf, axis=-1) > 1
        loss[vanished[accompanied]] = np.nextafter(0.0, 1.0)
    return loss


def difference_error(a: Array, b: Array, difference: Array) -> Array:
    """Return (a - b) - difference, exact where `difference` is a - b rounded; 0 where not finite.

    D. E. Knuth, The Art of Computer Programming, vol. 2, section 4.2.2, theorem B.
    """
    from_a = difference - a
    error = (a - (difference - from_a)) - (b + from_a)
    return np.where(np.isfinite(error), error, 0.0)
