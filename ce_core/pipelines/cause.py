"""What broke: the class that it hit, what went in, and what should have come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ce_core.pipelines.kinds import Breaks, Case, CauseKind, find_breaks
from ce_core.pipelines.paper import difference_error
from ce_core.pipelines.rows import Array, Values, is_largest, row_max


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


def find_causes(case: Case, values: Values, kinds: Array) -> Cause:
    """Return the cause of each row, whose kind was found."""
    loss = values["loss"].astype(np.float64, copy=False)
    index = np.full(len(kinds), -1)
    breaks = find_breaks(case, values)
    for kind in np.flatnonzero(np.bincount(kinds)).tolist():
        rows = np.flatnonzero(kinds == kind)
        index[rows] = _class_hit(CauseKind(kind), case, breaks, rows)
    value, log10 = _tell(case, values, loss, kinds, index)
    exponent = np.floor(log10)
    return Cause(kinds, index, value, 10 ** (log10 - exponent), exponent, case.true_loss)


def _class_hit(kind: CauseKind, case: Case, breaks: Breaks, rows: Array) -> Array | int:
    """Return the class that a kind of cause hit in these rows, or -1."""
    if kind in breaks and breaks[kind].ndim == 2:
        return np.asarray(breaks[kind][rows].argmax(axis=-1))
    if kind == CauseKind.SUM_UNDERFLOW:
        return np.asarray(case.stored[rows].argmax(axis=-1))
    if kind == CauseKind.LOGITS_ROUNDED:
        given, shift, stored = case.given[rows], case.shift[rows], case.stored[rows]
        moved = difference_error(given, -shift, stored)
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
    arguments = values.get("shifted", values["logits"]).astype(np.float64, copy=False)
    for kind in np.flatnonzero(np.bincount(kinds)).tolist():
        if kind in _TOLD:
            rows = np.flatnonzero(kinds == kind)
            at = rows, index[rows]
            terms = arguments[rows]
            if "rest" in values:
                terms = np.where(is_largest(terms, row_max(terms)), -np.inf, terms)
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
