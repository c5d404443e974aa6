"""The loss on paper, and how far a computed one is from it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ce_core.formats import FloatFormat
from ce_core.pipelines.pairs import Pair, two_sum
from ce_core.pipelines.rows import Array, Target, others, row_max, row_sum

_LOG10_E = 1 / np.log(10.0)


def true_loss(logits: Array, target: Target | tuple[slice, slice]) -> Array:
    """Return the loss of float64 logits to within a few units in the last place of float64.

    All terms of rest and of the result have one sign, so nothing cancels.
    """
    largest = row_max(logits)
    shifted = logits - largest[:, None]
    exp = np.exp(shifted)
    low = two_sum(logits, -largest[:, None]).low
    if low.any():
        exp += exp * np.where(np.isfinite(low), low, 0.0)
    rest = row_sum(others(exp, logits, largest))
    return np.asarray((np.log1p(rest) - shifted[target].T).T)


class Power(NamedTuple):
    """significand * 10**exponent, 1 <= significand < 10 or both 0; nan where there is no number."""

    significand: Array
    exponent: Array


def power(log10: Array) -> Power:
    """Return 10**log10, which may be beyond float64."""
    exponent, significand = np.full(log10.shape, np.nan), np.full(log10.shape, np.nan)
    told = np.isfinite(log10)
    exponent[told] = np.floor(log10[told])
    significand[told] = 10 ** (log10[told] - exponent[told])
    zero = np.isneginf(log10)
    exponent[zero] = significand[zero] = 0.0
    return Power(significand, exponent)


def log10_loss(loss: Array, logits: Array, target: Target) -> Array:
    """Return the decimal logarithm of losses on paper, those beyond float64's ends included."""
    log10 = np.log10(loss)
    small = np.flatnonzero(loss < np.finfo(np.float64).smallest_normal)
    if small.size:  # the loss is the sum of the other classes' shares
        rows = logits[small]
        largest = row_max(rows)
        other = np.where(others(np.ones_like(rows), rows, largest) > 0, rows, -np.inf)
        second = row_max(other)
        with np.errstate(all="ignore"):
            total = row_sum(np.exp(other - second[:, None]))
            log10[small] = (second - largest) * _LOG10_E + np.log10(total)
        log10[small[np.isneginf(second)]] = -np.inf  # there is no other class
    large = np.flatnonzero(np.isposinf(loss))
    if large.size:  # the distance of two float64 can be beyond float64
        rows = logits[large] / 2
        log10[large] = np.log10(row_max(rows) - logits[target][large] / 2) + np.log10(2.0)
    return np.asarray(log10)


def spacing(number: Array, fmt: FloatFormat) -> Array:
    """Return the unit in the last place of a format at real numbers, float64 of any shape.

    It is the distance of the two neighbouring numbers of the format that enclose the number: at a
    power of two that of the lower ones. Beyond the largest number it is the largest distance.

    J. Harrison, "A machine-checked theory of floating point arithmetic", TPHOLs 1999, as cited in
    J.-M. Muller et al., Handbook of Floating-Point Arithmetic, 2nd edition, section 2.3.2.
    """
    size = np.clip(np.abs(number), fmt.smallest_normal, fmt.max)
    mantissa, exponent = np.frexp(size)
    lower = (mantissa == 0.5) & (size > fmt.smallest_normal)
    return np.asarray(np.ldexp(1.0, exponent - lower - 1 - fmt.fraction_bits))


def error(loss: Array, paper: Pair) -> Array:
    """Return computed losses minus those on paper, in nats; nan where one of them is no number."""
    return np.asarray((loss - paper.high) - paper.low)
