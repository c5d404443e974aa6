"""Which step of a pipeline is the first whose result is wrong.

That is read off the values that the steps left, finite in and inf out, and off the loss on paper.
It is never predicted from the limits of the format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ce_core.formats import FloatFormat

Array = npt.NDArray[Any]
Values = dict[str, Array]
"""The values of the steps by name: logits (N, C), losses (N,) and so on, in the format's dtype."""


class CauseKind(IntEnum):
    """Why a result is wrong, or infinite. Where several hold, the first in this order is named."""

    NONE = 0
    """Nothing broke: the loss is right to about a decimal digit less than the format has."""
    NAN_LOGIT = 1
    """A given logit is nan or +inf: there is no loss, on paper either."""
    LOGIT_OVERFLOW = 2
    """A logit, or logit + shift, is beyond the format: it was stored as inf or nan."""
    ALL_MASKED = 3
    """Every logit is -inf: there is no class left to give a probability to."""
    SUBTRACT_OVERFLOW = 4
    """logit - max is beyond the format."""
    EXP_OVERFLOW = 5
    """exp of a finite logit is beyond the format."""
    SUM_OVERFLOW = 6
    """Every exp is finite; their sum is beyond the format."""
    SUM_UNDERFLOW = 7
    """Every exp rounded to 0, so the probabilities are 0 / 0."""
    TARGET_MASKED = 8
    """The target's logit is -inf: its loss is infinite, on paper too."""
    PROBABILITY_UNDERFLOW = 9
    """The target's probability rounded to 0, whose log is infinite."""
    DIGITS_LOST = 10
    """The loss is finite; its error exceeds 10 unit roundoffs and the format's smallest number."""
    LOGITS_ROUNDED = 11
    """Only storing the logits (and adding the shift) moved the loss by more than that."""


@dataclass(frozen=True, eq=False)
class Cause:
    """The first wrong step of each logit vector; every array has the leading shape (...).

    Attributes
    ----------
    kind : int8 array
        A `CauseKind`.
    index : integer array
        The class that it hit, the first where it hit several, or -1 where it hit no single class.
    value : float64 array
        What went into the step that broke; nan for NONE.
    significand, exponent : float64 arrays
        What should have come out on paper is significand * 10**exponent with
        1 <= significand < 10, so that exp(800) = 2.73 * 10**347 can be told in any format.
        nan where there is nothing to tell.
    true_loss : float64 array
        The loss of the *stored* logits on paper, to float64's accuracy.

    Notes
    -----
    ===================== ============================= ===================================
    kind                  value                         significand * 10**exponent
    ===================== ============================= ===================================
    NAN_LOGIT             the given logit               nothing
    LOGIT_OVERFLOW        the given logit + shift       its magnitude
    ALL_MASKED            -inf                          nothing
    SUBTRACT_OVERFLOW     the stored logit              max - logit
    EXP_OVERFLOW          the stored logit              its exponential
    SUM_OVERFLOW          the largest argument of exp   the sum
    SUM_UNDERFLOW         the largest argument of exp   its exponential
    TARGET_MASKED         -inf                          nothing
    PROBABILITY_UNDERFLOW the target's argument of exp  the target's probability
    DIGITS_LOST           the loss as computed          its relative error
    LOGITS_ROUNDED        the given logit + shift whose the relative change of the loss
                          storing moved the loss most
    ===================== ============================= ===================================

    The argument of exp is the stored logit in the naive pipeline and logit - max in the others.
    `index` is the class of that value; for DIGITS_LOST it is the target.
    """

    kind: npt.NDArray[np.int8]
    index: npt.NDArray[np.intp]
    value: npt.NDArray[np.float64]
    significand: npt.NDArray[np.float64]
    exponent: npt.NDArray[np.float64]
    true_loss: npt.NDArray[np.float64]


Breaks = dict[CauseKind, Array]
"""Where each kind of cause holds: (N, C), or (N,) if the class that it hits is known, or none."""


@dataclass(frozen=True, eq=False)
class Case:
    """What all pipelines were given and should find; logits are float64 (N, C), losses (N,)."""

    given: Array
    shift: Array
    stored: Array
    target: int
    format: FloatFormat
    given_loss: Array
    true_loss: Array

    @classmethod
    def of(
        cls,
        given: Array,
        shift: Array,
        stored: Array,
        target: int,
        fmt: FloatFormat,
        given_loss: Callable[[bool], Array],
    ) -> Case:
        """Find the loss on paper of the logits as stored.

        `given_loss` is `true_loss` of the given logits.
        """
        corrected = fmt.dtype == np.float64
        loss = given_loss(corrected)
        if stored is given:
            return cls(given, shift, given, target, fmt, loss, loss)
        wide = stored.astype(np.float64)
        return cls(given, shift, wide, target, fmt, loss, true_loss(wide, target, corrected))

    def at(self, rows: Array) -> Case:
        """Return the case of these rows alone."""
        return replace(
            self,
            given=self.given.take(rows, axis=0),
            shift=self.shift.take(rows, axis=0),
            stored=self.stored.take(rows, axis=0),
            given_loss=self.given_loss.take(rows),
            true_loss=self.true_loss.take(rows),
        )

    # What follows is the same in all pipelines.

    @cached_property
    def finite(self) -> Array:
        """Where a stored logit is a number."""
        return np.asarray(np.isfinite(self.stored))

    @cached_property
    def moved(self) -> Array:
        """Where storing the logits moved the loss."""
        return _differs(self.true_loss, self.given_loss, self.format)

    @cached_property
    def breaks(self) -> Breaks:
        """Where the storing of the logits is the step that broke."""
        if self.finite.all():
            return {}
        no_number = np.isnan(self.given) | (self.given == np.inf)
        masked = self.stored == -np.inf
        return {
            CauseKind.NAN_LOGIT: no_number,
            CauseKind.LOGIT_OVERFLOW: ~(no_number | self.finite) & (self.stored != self.given),
            CauseKind.ALL_MASKED: masked.all(axis=-1),
            CauseKind.TARGET_MASKED: masked[:, self.target],
        }


def find_kinds(case: Case, values: Values) -> Array:
    """Return the kind of each row's cause; to be called with NumPy's warnings off."""
    loss = values["loss"].astype(np.float64, copy=False)
    finite = np.isfinite(loss)
    found: Breaks = {
        CauseKind.LOGITS_ROUNDED: finite & case.moved,
        CauseKind.DIGITS_LOST: finite & _differs(loss, case.true_loss, case.format),
        **_find_breaks(case, values),
    }
    kinds = np.zeros(len(loss), np.int8)
    # CauseKind counts in the order of the steps: the smallest kind is the first step that broke.
    for kind in sorted(found, reverse=True):
        hit = found[kind]
        np.putmask(kinds, hit if hit.ndim == 1 else hit.any(axis=-1), kind)
    return kinds


def find_causes(case: Case, values: Values, kinds: Array) -> Cause:
    """Return the cause of each row, whose kind was found."""
    loss = values["loss"].astype(np.float64, copy=False)
    index = np.full(len(kinds), -1)
    breaks = _find_breaks(case, values)
    for kind in np.flatnonzero(np.bincount(kinds)).tolist():
        rows = np.flatnonzero(kinds == kind)
        index[rows] = _class_hit(CauseKind(kind), case, breaks, rows)
    value, log10 = _tell(case, values, loss, kinds, index)
    exponent = np.floor(log10)
    return Cause(kinds, index, value, 10 ** (log10 - exponent), exponent, case.true_loss)


def _differs(loss: Array, reference: Array, fmt: FloatFormat) -> Array:
    """Say where a loss is more than 10 unit roundoffs from the reference, relatively.

    A 0 in place of a positive number has no right digit, even where 10 unit roundoffs exceed 1;
    but nothing is nearer to the reference than the format's smallest number allows.
    """
    distance = np.abs(loss - reference)
    apart = (distance > 10 * fmt.unit_roundoff * reference) | (loss == 0)
    return np.asarray(apart & (distance > fmt.smallest_subnormal))


def _find_breaks(case: Case, values: Values) -> Breaks:
    """Return where an inf, a nan or a 0 came out wrong."""
    found = dict(case.breaks)
    finite = case.finite
    if "shifted" in values:
        finite = np.isfinite(values["shifted"])
        overflow = case.finite & ~finite
        if overflow.any():
            # -inf is as good as any very negative number for exp, unless the loss is to be read
            # from it.
            is_target = np.arange(overflow.shape[-1]) == case.target
            found[CauseKind.SUBTRACT_OVERFLOW] = overflow & (
                np.isnan(values["shifted"]) | is_target
            )
    finite_exp = np.isfinite(values["exp"])
    all_finite = finite_exp.all(axis=-1)
    if not all_finite.all():
        found[CauseKind.EXP_OVERFLOW] = finite & ~finite_exp
    total = values["total" if "total" in values else "rest"]
    found[CauseKind.SUM_OVERFLOW] = all_finite & ~np.isfinite(total)
    if "total" in values:
        found[CauseKind.SUM_UNDERFLOW] = total == 0
        found[CauseKind.PROBABILITY_UNDERFLOW] = values["probability"] == 0
    return found


def _class_hit(kind: CauseKind, case: Case, breaks: Breaks, rows: Array) -> Array | int:
    """Return the class that a kind of cause hit in these rows, or -1."""
    if kind in breaks and breaks[kind].ndim == 2:
        return np.asarray(breaks[kind][rows].argmax(axis=-1))
    if kind == CauseKind.SUM_UNDERFLOW:
        return np.asarray(case.stored[rows].argmax(axis=-1))
    if kind == CauseKind.LOGITS_ROUNDED:
        given, shift, stored = case.given[rows], case.shift[rows], case.stored[rows]
        moved = _difference_error(given, -shift, stored)
        # How far the loss follows a logit: that of the target to the full, another by its share.
        weight = np.exp(stored - row_max(stored)[:, None])
        weight[:, case.target] = 1
        return np.asarray(np.abs(moved * weight).argmax(axis=-1))
    of_target = (
        CauseKind.TARGET_MASKED,
        CauseKind.PROBABILITY_UNDERFLOW,
        CauseKind.DIGITS_LOST,
    )
    return case.target if kind in of_target else -1


def _arguments(values: Values) -> Array:
    return values.get("shifted", values["logits"]).astype(np.float64, copy=False)


class _Hit(NamedTuple):
    """The vectors with one kind of cause; an entry each, of the class that was hit."""

    given: Array
    shift: Array
    stored: Array
    argument: Array
    loss: Array
    true_loss: Array
    given_loss: Array
    all_stored: Array
    all_terms: Array


def _log10_distance(a: Array, b: Array) -> Array:
    # Halved, because the distance of two float64 can be beyond float64.
    return np.asarray(np.log10(np.abs(a / 2 - b / 2)) + np.log10(2.0))


def _log10_sum_exp(terms: Array) -> Array:
    largest = np.max(terms, axis=-1)
    rest = np.sum(np.exp(terms - largest[:, None]), axis=-1)
    return np.asarray(largest * _LOG10_E + np.log10(rest))


def _log10_change(loss: Array, reference: Array) -> Array:
    return np.asarray(np.log10(np.abs(loss - reference) / reference))


_LOG10_E: Final = 1 / np.log(10.0)

_TOLD: Final[Mapping[int, tuple[Callable[[_Hit], Array], Callable[[_Hit], Array | float]]]] = {
    CauseKind.NAN_LOGIT: (lambda h: h.given, lambda _: np.nan),
    CauseKind.LOGIT_OVERFLOW: (
        lambda h: h.given + h.shift,
        lambda h: _log10_distance(h.given, -h.shift),
    ),
    CauseKind.ALL_MASKED: (lambda h: h.stored, lambda _: np.nan),
    CauseKind.SUBTRACT_OVERFLOW: (
        lambda h: h.stored,
        lambda h: _log10_distance(np.max(h.all_stored, axis=-1), h.stored),
    ),
    CauseKind.EXP_OVERFLOW: (lambda h: h.argument, lambda h: h.argument * _LOG10_E),
    CauseKind.SUM_OVERFLOW: (
        lambda h: np.max(h.all_terms, axis=-1),
        lambda h: _log10_sum_exp(h.all_terms),
    ),
    CauseKind.SUM_UNDERFLOW: (lambda h: h.argument, lambda h: h.argument * _LOG10_E),
    CauseKind.TARGET_MASKED: (lambda h: h.stored, lambda _: np.nan),
    CauseKind.PROBABILITY_UNDERFLOW: (lambda h: h.argument, lambda h: -h.true_loss * _LOG10_E),
    CauseKind.DIGITS_LOST: (lambda h: h.loss, lambda h: _log10_change(h.loss, h.true_loss)),
    CauseKind.LOGITS_ROUNDED: (
        lambda h: h.given + h.shift,
        lambda h: _log10_change(h.true_loss, h.given_loss),
    ),
}
"""For each kind, `Cause.value` and log10 of significand * 10**exponent."""


def _tell(
    case: Case, values: Values, loss: Array, kinds: Array, index: Array
) -> tuple[Array, Array]:
    """Return what went into the step that broke, and log10 of its result on paper."""
    value = np.full(len(kinds), np.nan)
    log10 = np.full(len(kinds), np.nan)
    arguments = _arguments(values)
    for kind in np.flatnonzero(np.bincount(kinds)).tolist():
        if kind in _TOLD:
            rows = np.flatnonzero(kinds == kind)
            at = rows, index[rows]
            terms = arguments[rows]
            if "rest" in values:
                terms = np.where(is_largest(terms), -np.inf, terms)
            hit = _Hit(
                case.given[at],
                case.shift[rows, 0],
                case.stored[at],
                arguments[at],
                loss[rows],
                case.true_loss[rows],
                case.given_loss[rows],
                case.stored[rows],
                terms,
            )
            tell_value, tell_log10 = _TOLD[kind]
            value[rows], log10[rows] = tell_value(hit), tell_log10(hit)
    log10[np.isinf(log10)] = np.nan
    return value, log10


def true_loss(logits: Array, target: int, corrected: bool) -> Array:
    """Return the loss of float64 logits to within a few units in the last place of float64.

    All terms of rest and of the result have one sign, so nothing cancels. What is left is the
    rounding of logit - max, whose effect grows with the size of the difference, unless it is
    `corrected`. For formats narrower than float64 it is far below their own rounding.

    A loss below the smallest float64 is returned as that smallest number: 0 would say that there
    is no other class.
    """
    largest = row_max(logits)[:, None]
    shifted = logits - largest
    exp = np.exp(shifted)
    if corrected:
        exp += exp * _difference_error(logits, largest, shifted)
    rest = row_sum(np.where(is_largest(logits), 0, exp))
    loss = np.asarray(np.log1p(rest) - shifted[:, target])
    vanished = np.flatnonzero(loss == 0)
    if vanished.size:
        others = np.sum(logits[vanished] > -np.inf, axis=-1) > 1
        loss[vanished[others]] = np.nextafter(0.0, 1.0)
    return loss


def _difference_error(a: Array, b: Array, difference: Array) -> Array:
    """Return (a - b) - difference, exact where `difference` is a - b rounded; 0 where not finite.

    D. E. Knuth, The Art of Computer Programming, vol. 2, section 4.2.2, theorem B.
    """
    from_a = difference - a
    error = (a - (difference - from_a)) - (b + from_a)
    return np.where(np.isfinite(error), error, 0.0)


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
