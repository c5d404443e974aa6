"""Which step of a pipeline is the first whose result is wrong.

That is read off the values that the steps left, finite in and inf out, and off the loss on paper.
It is never predicted from the limits of the format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
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


class Case(NamedTuple):
    """What all pipelines were given and should find; logits are float64 (N, C), losses (N,)."""

    given: Array
    shift: Array
    stored: Array
    target: int
    format: FloatFormat
    given_loss: Array
    true_loss: Array

    @classmethod
    def of(cls, given: Array, shift: Array, stored: Array, target: int, fmt: FloatFormat) -> Case:
        """Find the losses on paper of the given logits, and of the same as stored."""
        if stored is given:
            loss = _true_loss(given, target, fmt)
            return cls(given, shift, given, target, fmt, loss, loss)
        wide = stored.astype(np.float64)
        losses = _true_loss(np.concatenate([given, wide]), target, fmt)
        return cls(given, shift, wide, target, fmt, *np.split(losses, 2))

    def at(self, rows: Array) -> Case:
        """Return the case of these rows alone."""
        return self._replace(
            given=self.given.take(rows, axis=0),
            shift=self.shift.take(rows, axis=0),
            stored=self.stored.take(rows, axis=0),
            given_loss=self.given_loss.take(rows),
            true_loss=self.true_loss.take(rows),
        )


def find_kinds(case: Case, values: Values, broken: Array) -> tuple[Array, Array]:
    """Return the kind of each row's cause, and the class that it hit or -1.

    `broken` are the rows that are to be searched for an inf, a nan or a 0 that should not be there.
    To be called with NumPy's warnings off, as `find_causes`.
    """
    loss = values["loss"].astype(np.float64, copy=False)
    lost = np.isfinite(loss) & _differs(loss, case.true_loss, case.format)
    rounded = np.isfinite(loss) & ~lost & _differs(case.true_loss, case.given_loss, case.format)
    kind = np.zeros(len(loss), np.int8)
    index = np.full(len(loss), -1)
    kind[lost], index[lost] = CauseKind.DIGITS_LOST, case.target
    if rounded.any():
        moved = _difference_error(case.given[rounded], -case.shift[rounded], case.stored[rounded])
        kind[rounded] = CauseKind.LOGITS_ROUNDED
        # How far the loss follows a logit: that of the target to the full, another by its share.
        stored = case.stored[rounded]
        weight = np.exp(stored - row_max(stored)[:, None])
        weight[:, case.target] = 1
        index[rounded] = np.abs(moved * weight).argmax(axis=-1)
    if broken.size:
        part = {name: array.take(broken, axis=0) for name, array in values.items()}
        wrong, broken_kind, broken_index = _find_breaks(case.at(broken), part)
        kind[broken[wrong]], index[broken[wrong]] = broken_kind, broken_index
    return kind, index


def find_causes(case: Case, values: Values, kind: Array, index: Array) -> Cause:
    """Return the cause of each row, whose kind and class were found."""
    loss = values["loss"].astype(np.float64, copy=False)
    value, log10 = _tell(case, values, loss, kind, index)
    exponent = np.floor(log10)
    return Cause(kind, index, value, 10 ** (log10 - exponent), exponent, case.true_loss)


def _differs(loss: Array, reference: Array, fmt: FloatFormat) -> Array:
    """Say where a loss is more than 10 unit roundoffs from the reference, relatively.

    A 0 in place of a positive number has no right digit, even where 10 unit roundoffs exceed 1;
    but nothing is nearer to the reference than the format's smallest number allows.
    """
    distance = np.abs(loss - reference)
    apart = (distance > 10 * fmt.unit_roundoff * reference) | (loss == 0)
    return np.asarray(apart & (distance > fmt.smallest_subnormal))


def _find_breaks(case: Case, values: Values) -> tuple[Array, Array, Array]:
    """Return the rows in which an inf, a nan or a 0 came out wrong, their kinds and classes."""
    given, stored = case.given, case.stored
    is_target = np.arange(given.shape[-1]) == case.target
    arguments = _arguments(values)
    exp = values["exp"]
    finite_exp = np.isfinite(exp)

    no_number = np.isnan(given) | (given == np.inf)
    subtract_overflow = np.isfinite(stored) & ~np.isfinite(arguments)
    # -inf is as good as any very negative number for exp, unless the loss is to be read from it.
    subtract_overflow &= np.isnan(arguments) | is_target
    found = {
        CauseKind.NAN_LOGIT: no_number,
        CauseKind.LOGIT_OVERFLOW: ~no_number & ~np.isfinite(stored) & (stored != given),
        CauseKind.ALL_MASKED: (stored == -np.inf).all(axis=-1, keepdims=True),
        CauseKind.SUBTRACT_OVERFLOW: subtract_overflow,
        CauseKind.EXP_OVERFLOW: np.isfinite(arguments) & ~finite_exp,
        CauseKind.TARGET_MASKED: (stored == -np.inf) & is_target,
    }
    total = values["total" if "total" in values else "rest"][:, None]
    found[CauseKind.SUM_OVERFLOW] = finite_exp.all(axis=-1, keepdims=True) & ~np.isfinite(total)
    if "total" in values:
        found[CauseKind.SUM_UNDERFLOW] = (total == 0) & is_largest(stored)
        found[CauseKind.PROBABILITY_UNDERFLOW] = (values["probabilities"] == 0) & is_target

    # CauseKind counts in the order of the steps: the smallest kind is the first step that broke.
    nothing = np.int8(len(CauseKind))
    kinds = np.full(given.shape, nothing)
    for kind in sorted(found, reverse=True):
        kinds = np.where(found[kind], np.int8(kind), kinds)
    index = np.argmin(kinds, axis=-1)
    kind = kinds[np.arange(len(kinds)), index]
    index[(kind == CauseKind.ALL_MASKED) | (kind == CauseKind.SUM_OVERFLOW)] = -1
    broken = np.flatnonzero(kind != nothing)
    return broken, kind[broken], index[broken]


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


def _true_loss(logits: Array, target: int, fmt: FloatFormat) -> Array:
    """Return the loss of float64 logits to within a few units in the last place of float64.

    All terms of rest and of the result have one sign, so nothing cancels. What is left is the
    rounding of logit - max, whose effect grows with the size of the difference. For formats
    narrower than float64 it is far below their own rounding.

    A loss below the smallest float64 is returned as that smallest number: 0 would say that there
    is no other class.
    """
    largest = row_max(logits)[:, None]
    shifted = logits - largest
    exp = np.exp(shifted)
    if fmt.dtype == np.float64:
        exp += exp * _difference_error(logits, largest, shifted)
    rest = np.sum(np.where(is_largest(logits), 0, exp), axis=-1)
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


def row_max(logits: Array) -> Array:
    """Return the largest logit of each vector."""
    # Along an axis that is short and contiguous NumPy takes eight times as long (float32, C = 3).
    return np.asarray(np.max(np.asfortranarray(logits), axis=-1))


def is_largest(logits: Array) -> npt.NDArray[np.bool_]:
    """Mark one largest logit, the first of equals, in each vector."""
    classes: npt.NDArray[np.bool_] = (
        np.arange(logits.shape[-1]) == np.argmax(logits, axis=-1)[..., None]
    )
    return classes
