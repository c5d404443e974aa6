"""What the rounding of one step does to the loss, if every step after it is exact.

Each function takes what a step made and what went into it, in the format, and what is known before
the rounding. What it finds of a vector is the same among others and alone, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ce_core.pipelines import pairs
from ce_core.pipelines.pairs import Pair
from ce_core.pipelines.rows import FEW, Array, Target, others, row_max, take_rows, widened

T = TypeVar("T")


class Once:
    """What several forms have in common, found once."""

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], tuple[Any, tuple[Array, ...]]] = {}

    def __call__(self, find: Callable[..., T], *arrays: Array) -> T:
        """Return find(*arrays)."""
        return self.named(find, arrays, lambda: find(*arrays))

    def named(self, name: object, arrays: tuple[Array, ...], find: Callable[[], T]) -> T:
        """Return what was found under this name for these arrays, or is now."""
        key = (name, *map(id, arrays))
        if key not in self._found:
            self._found[key] = find(), arrays  # which keeps them, and so their ids
        found: T = self._found[key][0]
        return found


class Before(NamedTuple):
    """What is known before a step.

    Attributes
    ----------
    target : Target
        The true class.
    fine : bool
        Whether the format is float64 itself, whose last digit float64 does not tell.
    shares : array, shape (N, C)
        The softmax of what was computed so far, on paper.
    once : Once
        What is found once.
    """

    target: Target
    fine: bool
    shares: Array
    once: Once

    def wide(self, array: Array) -> Array:
        """Return the numbers of a step in float64."""
        return self.once(widened, array)

    def of_target(self, array: Array) -> Array:
        """Return those of the true class."""
        return widened(array[self.target])


class Moved(NamedTuple):
    """A rounding that met each class by itself.

    Attributes
    ----------
    whole : array, shape (N,)
        What it did to the loss, in nats.
    relative : array, shape (N, C)
        How far each exponential is off, relatively.
    before, shares : array, shape (N, C)
        The softmax before and after.
    target : Target or None
        The class that the loss is read from, if from these numbers.
    """

    whole: Array
    relative: Array
    before: Array
    shares: Array
    target: Target | None

    def worst(self, rows: Array) -> Array:
        """Return the class whose rounding would have done most alone, in some rows."""
        shares, relative = take_rows(self.before, rows), take_rows(self.relative, rows)
        alone = shares * relative
        if self.target is not None:
            target = self.target.at(rows)
            of_target = relative[target]
            shares[target] = 0
            alone[target] = -_sum(shares) * (of_target / (1 + of_target))
        size = np.abs(alone)
        far = np.flatnonzero(~(row_max(size) < 1e-3))  # else the logarithm changes no order
        size[far] = np.abs(np.log1p(alone[far]))
        return np.asarray(size.argmax(axis=-1))  # nan is farthest: no number was left


Cost = Moved | Array
"""A rounding of each class, or what a rounding of one number for all did to the loss, (N,)."""


def _sum(terms: Array) -> Array:
    """Return the sums of rows, from the first class to the last."""
    if len(terms) == 1:  # NumPy would add its numbers in another order
        return np.asarray(np.add.accumulate(terms, axis=-1)[:, -1])
    return np.asarray(np.add.reduce(np.asfortranarray(terms), axis=-1))


def softmax(logits: Array) -> Array:
    """Return the softmax of rows; to be called with NumPy's warnings off."""
    exp = np.exp(logits - row_max(logits)[:, None])
    return np.asarray(exp / _sum(exp)[:, None])


_SMALL = 1e-5
"""Relative changes whose squares are no digit of what they do."""


def _moved(relative: Array, before: Before, *, read: bool) -> Moved:
    """Return what it does that each exponential is off by so much, relatively.

    The loss is ln(sum of exponentials / that of the target); `read` is false where only the
    numerator is read from the exponentials that are off.
    """
    shares, target = before.shares, before.target if read else None
    if not relative.any():
        return Moved(0.0 * shares[:, 0], relative, shares, shares, target)
    far = np.flatnonzero(~(row_max(np.abs(relative)) < _SMALL))
    if len(far) == len(relative):
        return Moved(*_moved_far(relative, shares, target), target)
    apart = relative if target is None else relative - relative[target][:, None]
    found = Moved(_sum(shares * apart), relative, shares, shares, target)
    if not far.size:
        return found
    of_far = _moved_far(take_rows(relative, far), take_rows(shares, far), target and target.at(far))
    found.whole[far] = of_far[0]
    after = shares.copy(order="K")
    after[far] = of_far[3]
    return found._replace(shares=after)


def _moved_far(
    relative: Array, shares: Array, target: Target | None
) -> tuple[Array, Array, Array, Array]:
    """Return the first four of `Moved`, of any change."""
    alone = shares * relative
    total = _sum(alone)
    after = shares + alone
    after /= (1 + total)[:, None]
    if target is None:
        return np.log1p(total), relative, shares, after
    # ln(sum p_j (1 + r_j)) - ln(1 + r_t), without the difference of two numbers near 0.
    of_target = relative[target]
    alone -= shares * of_target[:, None]
    alone /= (1 + of_target)[:, None]
    alone[target] = 0.0
    whole = np.log1p(_sum(alone)) + 0 * np.log1p(of_target)  # nan where it is lost
    return whole, relative, shares, after


def logits_moved(
    after: Array, paper: Pair, masked: Array, before: Before, *, read: bool = True
) -> Moved:
    """Logits became others: stored, or shifted; `read` if the loss is read from the target's.

    Where `masked` is -inf there was no class before.
    """
    moved = after - paper.high
    lost = after == -np.inf
    if lost.any():
        moved[lost] = -np.inf
        moved[lost & (masked == -np.inf)] = 0.0
    if paper.low.any():
        np.subtract(moved, paper.low, out=moved, where=np.isfinite(paper.low))
    if not moved.any():
        return _moved(moved, before, read=read)
    size = np.abs(moved)
    # Of small numbers e**x - 1 is x, to the digits that are needed.
    relative = np.expm1(moved, out=moved.copy(order="K"), where=~(size < _SMALL))
    cost = _moved(relative, before, read=read)
    # Where a logit moved far, 1 + a relative change may have no digits left; and then nothing
    # cancels in the difference of two logarithms.
    far = np.flatnonzero(row_max(size) > 0.5)
    if not far.size:
        return cost
    at = paper.high[far].argmax(axis=-1)[:, None]
    now = _relative(Pair(after[far], np.zeros((len(far), after.shape[1]))), at)
    low = np.broadcast_to(paper.low, after.shape)[far]
    then = _relative(Pair(paper.high[far], low), at)
    aside = np.take_along_axis(moved[far], at, axis=-1)[:, 0]
    if read:
        aside -= moved[before.target][far]
    cost.whole[far] = (_log_sum_exp(now) - _log_sum_exp(then)) + aside
    cost.shares[far] = softmax(now)
    return cost


def differences_rounded(
    d: Array, z: Array, largest: Array, before: Before, *, read: bool = True
) -> Moved:
    """Differences z - max were rounded; `read` if the loss is read from that of the target."""
    d, z, largest = map(before.wide, (d, z, largest))
    if before.fine:
        paper = pairs.two_sum(z, -largest[:, None])
    else:
        paper = Pair(z - largest[:, None], _NOTHING)
    return logits_moved(d, paper, z, before, read=read)


_NOTHING = np.zeros((1, 1))


def _relative(logits: Pair, at: Array) -> Array:
    """Subtract a logit from all before the two parts are added."""
    high, low = (part - np.take_along_axis(part, at, axis=-1) for part in logits)
    return np.asarray(high + np.where(np.isfinite(low), low, 0.0))


def _log_sum_exp(x: Array) -> Array:
    largest = row_max(x)
    rest = _sum(others(np.exp(x - largest[:, None]), x, largest))
    return np.asarray(largest + np.log1p(rest))


def exponentials_rounded(exp: Array, x: Array, before: Before, *, read: bool = True) -> Moved:
    """Each exp(x) was rounded; `read` if the loss is read from that of the target."""
    find = _error_in_float64 if before.fine else _error
    relative = before.once(find, before.wide(exp), before.wide(x))
    return _moved(relative, before, read=read)


def _error(exp: Array, x: Array) -> Array:
    """Return (exp - e**x) / e**x."""
    exact = np.exp(x)
    relative = exp - exact
    relative /= exact
    return _where_lost(exp, x, relative)


def _error_in_float64(exp: Array, x: Array) -> Array:
    """Return the same where float64 does not hold e**x well enough."""
    high, low, exponent = pairs.exp(x)
    relative = pairs.scaled(exp, -exponent)
    relative -= high
    relative -= low
    high += low
    relative /= high
    return _where_lost(exp, x, relative)


def _where_lost(exp: Array, x: Array, relative: Array) -> Array:
    none = exp == 0
    if none.any():  # be it that float64 holds no digit of it either
        relative[none] = -1.0
        relative[x == -np.inf] = 0.0
    return relative


def _sum_error(total: Array, terms: Array, fine: bool) -> tuple[Array, Array]:
    """Return total - sum of terms, and that sum."""
    if not fine:
        # Beside the largest, the others may be less than a digit of it, and all of the loss.
        largest = row_max(terms)
        rest = _sum(others(terms, terms, largest))
        return (total - largest) - rest, largest + rest
    exact, low = sum_in_pairs(terms)
    return (total - exact) - low, exact


def sum_in_pairs(terms: Array) -> Pair:
    """Return the sums of rows of float64 as pairs."""
    low = np.zeros(len(terms))
    while terms.shape[1] > FEW:  # of many classes halves are added, which takes few steps
        half = terms.shape[1] // 2
        rest = terms[:, 2 * half :]
        terms, error = pairs.two_sum(terms[:, :half], terms[:, half : 2 * half])
        terms = np.concatenate([terms, rest], axis=1)
        low += _sum(error)
    exact = terms[:, 0]
    for j in range(1, terms.shape[1]):
        exact, error = pairs.two_sum(exact, terms[:, j])
        low = low + error
    return Pair(exact, low)


def sum_rounded(total: Array, exp: Array, before: Before) -> Array:
    """Return what rounding the sum of all exponentials did."""
    error, exact = _sum_error(before.wide(total), before.wide(exp), before.fine)
    return np.asarray(np.log1p(error / exact))


def rest_rounded(rest: Array, z: Array, exp: Array, before: Before) -> Array:
    """Return what rounding the sum of all exponentials but that of the largest, 1, did."""
    terms = others(before.wide(exp), z, row_max(z))
    error, exact = _sum_error(before.wide(rest), terms, before.fine)
    return np.asarray(np.log1p(error / (1 + exact)))


def quotient_rounded(p: Array, exp: Array, total: Array, before: Before) -> Array:
    """Return what rounding exp / total did."""
    of_target, p, total = before.of_target(exp), before.of_target(p), before.wide(total)
    if not before.fine:
        change = (p * total - of_target) / of_target
    else:  # with mantissas, so that nothing is beyond float64
        (p, a), (total, b), (wanted, c) = map(np.frexp, (p, total, of_target))
        product, low = pairs.two_product(p, total)
        wanted = np.ldexp(wanted, c - a - b)
        change = ((product - wanted) + low) / wanted
    change[(p == 0) & (of_target == 0)] = 0.0
    return np.asarray(-np.log1p(change))


def log_rounded(log: Array, of: Array, before: Before) -> Array:
    """Return how far `log` is from ln(of)."""
    log, of = widened(log), before.wide(of)
    if not before.fine:
        return np.asarray(log - np.log(of))
    high, low, exponent = pairs.exp(log)
    wanted = pairs.scaled(of, -exponent)
    change = ((high - wanted) + low) / wanted
    near = np.flatnonzero(np.abs(of - 1) < 0.25)  # there the logarithm is far below 1
    if near.size:
        high, low = pairs.expm1(log[near])
        change[near] = ((high - (of[near] - 1)) + low) / of[near]
    return np.asarray(np.log1p(change))


def log1p_rounded(log: Array, of: Array, before: Before) -> Array:
    """Return how far `log` is from ln(1 + of)."""
    log, of = before.wide(log), before.wide(of)
    if not before.fine:
        return np.asarray(log - np.log1p(of))
    high, low = pairs.expm1(log)
    return np.asarray(np.log1p(((high - of) + low) / (1 + of)))


def difference_rounded(result: Array, a: Array, b: Array) -> Array:
    """Return how far a result is from a - b."""
    high, low = pairs.two_sum(widened(a), -widened(b))
    return np.asarray((widened(result) - high) - low)


def replaced(after: Array, p: Array, _: Before) -> Array:
    """Return what it did that the log is taken of another number than the probability."""
    after, p = widened(after), widened(p)
    change = (after - p) / p  # of a subnormal p it can be beyond float64
    return np.asarray(np.where(change < 1, -np.log1p(change), np.log(p) - np.log(after)))
