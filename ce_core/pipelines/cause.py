"""The step to blame: the class that it hit, what went in, and what should have come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ce_core.pipelines.budget import ADDED, STORED, Budget
from ce_core.pipelines.costs import Moved
from ce_core.pipelines.kinds import Breaks, Case, CauseKind, find_breaks
from ce_core.pipelines.paper import power
from ce_core.pipelines.rows import Array, Values, is_largest, row_max


@dataclass(frozen=True, eq=False)
class Cause:
    """The step to blame for each logit vector; every array has the leading shape (...).

    It is the first that broke: that made an inf, a nan, or a 0. Where the loss is a number all the
    same, it is the step that cost most, unless the loss is right to the last place.

    Attributes
    ----------
    kind : int8 array
        A `CauseKind`.
    step : int8 array
        The position of the step in `Budget.steps`; -1 for NONE and NAN_LOGIT.
    index : int8 array
        The class that it hit, the first where it hit several, or -1 where it hit no single class.
    value : float64 array
        What went into the step; nan where that is no single number.
    significand, exponent : float64 arrays
        What should have come out on paper is significand * 10**exponent with
        1 <= significand < 10, so that exp(800) = 2.73 * 10**347 can be told in any format.
        nan where there is nothing to tell.
    cost : float64 array
        The step's share in the error of the loss, in nats.

    Notes
    -----
    ===================== ============================= ===================================
    kind                  value                         significand * 10**exponent
    ===================== ============================= ===================================
    NAN_LOGIT             the given logit               nothing
    LOGIT_OVERFLOW, _LOST the given logit + shift       its magnitude
    ALL_MASKED            -inf                          nothing
    SUBTRACT_OVERFLOW,    the stored logit              max - logit
    DIFFERENCE_LOST
    EXP_OVERFLOW, _LOST,  the argument of exp           its exponential
    _SUBNORMAL
    SUM_OVERFLOW          the largest argument of exp   the sum
    SUM_UNDERFLOW         the largest argument of exp   its exponential
    TARGET_MASKED         -inf                          nothing
    PROBABILITY_UNDERFLOW the target's argument of exp  the target's probability
    RESULT_OVERFLOW       nothing                       the loss
    ROUNDED               what went in of the class     nothing
    ===================== ============================= ===================================

    The argument of exp is the stored logit in the naive pipeline and logit - max in the others.
    """

    kind: npt.NDArray[np.int8]
    step: npt.NDArray[np.int8]
    index: npt.NDArray[np.int8]
    value: npt.NDArray[np.float64]
    significand: npt.NDArray[np.float64]
    exponent: npt.NDArray[np.float64]
    cost: npt.NDArray[np.float64]


def find_causes(
    case: Case, values: Values, broke: Array, ulps: Array, budget: Budget, paper: Array
) -> Cause:
    """Return the cause of each row, from what broke and from what each step cost."""
    breaks = find_breaks(case, values)
    kinds = broke.copy()
    step = np.full(len(kinds), -1, np.int8)
    index = np.full(len(kinds), -1, np.int8)
    for kind in np.flatnonzero(np.bincount(broke)).tolist():
        if kind != CauseKind.NONE:
            rows = np.flatnonzero(broke == kind)
            index[rows] = _class_hit(CauseKind(kind), case, breaks, rows)
            step[rows] = _step_of(CauseKind(kind), case, values, budget, rows)
    shares = budget.shares.reshape(len(kinds), -1)
    whole = broke == CauseKind.NONE
    off = np.flatnonzero(whole & (ulps >= 1))
    step[off] = np.abs(shares[off]).argmax(axis=-1)
    kinds[off] = CauseKind.ROUNDED
    for k in np.flatnonzero(np.bincount(step[off])).tolist():
        rows = off[step[off] == k]
        name = budget.steps[k]
        cost = budget.costs[name]
        if isinstance(cost, Moved):
            hit = index[rows] = cost.worst(rows)
            if name == "exp":
                exp = np.abs(values["exp"][rows, hit].astype(np.float64))
                small = exp < case.format.smallest_normal
                kinds[rows[small]] = CauseKind.EXP_SUBNORMAL
            for kind, at in _SOFT_AT:
                if at == name and kind in breaks:
                    kinds[rows[breaks[kind][rows, hit]]] = kind
        elif name in _OF_TARGET:
            index[rows] = case.target
    right = whole & ~(ulps >= 1)
    for kind, name in reversed(_SOFT_AT):
        if kind in breaks and name in budget.steps:
            rows = np.flatnonzero(right & breaks[kind].any(axis=-1))
            kinds[rows], step[rows] = kind, budget.steps.index(name)
            index[rows] = breaks[kind][rows].argmax(axis=-1)
    value, log10 = _tell(case, values, kinds, index, step, budget, paper)
    cost = np.where(step >= 0, np.take_along_axis(shares, step[:, None], axis=-1)[:, 0], 0.0)
    return Cause(kinds, step, index, value, *power(log10), cost)


# At which step each of these kinds is found, in order.
_SOFT_AT: Final = (
    (CauseKind.LOGIT_LOST, STORED),
    (CauseKind.LOGIT_LOST, ADDED),
    (CauseKind.DIFFERENCE_LOST, "shifted"),
    (CauseKind.EXP_LOST, "exp"),
)


# Of these steps the number of the true class alone leads to the loss.
_OF_TARGET: Final = ("probabilities", "padded", "clamped", "loss", "log_probabilities")


def _step_of(
    kind: CauseKind, case: Case, values: Values, budget: Budget, rows: Array
) -> Array | int:
    """Return the positions of the step that broke in these rows."""
    if kind in (CauseKind.LOGIT_OVERFLOW, CauseKind.TARGET_MASKED, CauseKind.ALL_MASKED):
        kept = np.isfinite(case.kept[rows]) | (case.kept[rows] == case.given[rows])
        return np.where(kept.all(axis=-1), budget.steps.index(ADDED), budget.steps.index(STORED))
    if kind == CauseKind.PROBABILITY_UNDERFLOW:
        at_exp = values["exp"][rows, case.target] == 0
        return np.where(at_exp, budget.steps.index("exp"), budget.steps.index("probabilities"))
    names = {
        CauseKind.SUBTRACT_OVERFLOW: "shifted",
        CauseKind.EXP_OVERFLOW: "exp",
        CauseKind.SUM_UNDERFLOW: "exp",
        CauseKind.SUM_OVERFLOW: "total" if "total" in values else "rest",
        CauseKind.RESULT_OVERFLOW: budget.steps[-1],
    }
    return budget.steps.index(names[kind]) if kind in names else -1


def _class_hit(kind: CauseKind, case: Case, breaks: Breaks, rows: Array) -> Array | int:
    """Return the class that a kind of cause hit in these rows, or -1."""
    if kind in breaks and breaks[kind].ndim == 2:
        return np.asarray(breaks[kind][rows].argmax(axis=-1))
    if kind == CauseKind.SUM_UNDERFLOW:
        return np.asarray(case.stored[rows].argmax(axis=-1))
    of_target = (CauseKind.TARGET_MASKED, CauseKind.PROBABILITY_UNDERFLOW)
    return case.target if kind in of_target else -1


class _Hit(NamedTuple):
    """The vectors with one kind of cause; an entry each, of the class that was hit."""

    given: Array
    shift: Array
    stored: Array
    argument: Array
    paper: Array
    all_stored: Array
    all_terms: Array


def _log10_distance(a: Array, b: Array) -> Array:
    # Halved, because the distance of two float64 can be beyond float64.
    return np.asarray(np.log10(np.abs(a / 2 - b / 2)) + np.log10(2.0))


def _log10_sum_exp(terms: Array) -> Array:
    largest = np.max(terms, axis=-1)
    rest = np.sum(np.exp(terms - largest[:, None]), axis=-1)
    return np.asarray(largest * _LOG10_E + np.log10(rest))


_LOG10_E: Final = 1 / np.log(10.0)

_Told = tuple[Callable[[_Hit], Array], Callable[[_Hit], Array | float]]
_LOGIT: Final[_Told] = (
    lambda h: h.given + h.shift,
    lambda h: _log10_distance(h.given, -h.shift),
)
_DIFFERENCE: Final[_Told] = (
    lambda h: h.stored,
    lambda h: _log10_distance(np.max(h.all_stored, axis=-1), h.stored),
)
_EXP: Final[_Told] = (lambda h: h.argument, lambda h: h.argument * _LOG10_E)
_TOLD: Final[Mapping[int, _Told]] = {
    CauseKind.NAN_LOGIT: (lambda h: h.given, lambda _: np.nan),
    CauseKind.LOGIT_OVERFLOW: _LOGIT,
    CauseKind.LOGIT_LOST: _LOGIT,
    CauseKind.ALL_MASKED: (lambda h: h.stored, lambda _: np.nan),
    CauseKind.SUBTRACT_OVERFLOW: _DIFFERENCE,
    CauseKind.DIFFERENCE_LOST: _DIFFERENCE,
    CauseKind.EXP_OVERFLOW: _EXP,
    CauseKind.EXP_LOST: _EXP,
    CauseKind.EXP_SUBNORMAL: _EXP,
    CauseKind.SUM_OVERFLOW: (
        lambda h: np.max(h.all_terms, axis=-1),
        lambda h: _log10_sum_exp(h.all_terms),
    ),
    CauseKind.SUM_UNDERFLOW: _EXP,
    CauseKind.TARGET_MASKED: (lambda h: h.stored, lambda _: np.nan),
    CauseKind.PROBABILITY_UNDERFLOW: (lambda h: h.argument, lambda h: -h.paper * _LOG10_E),
    CauseKind.RESULT_OVERFLOW: (lambda _: np.nan, lambda h: np.log10(h.paper)),
}
"""For each kind, `Cause.value` and log10 of significand * 10**exponent."""


def _tell(
    case: Case,
    values: Values,
    kinds: Array,
    index: Array,
    step: Array,
    budget: Budget,
    paper: Array,
) -> tuple[Array, Array]:
    """Return what went into the step that broke, and log10 of its result on paper."""
    value = np.full(len(kinds), np.nan)
    log10 = np.full(len(kinds), np.nan)
    arguments = values.get("shifted", values["logits"]).astype(np.float64, copy=False)
    stored = case.stored.astype(np.float64, copy=False)
    for kind in np.flatnonzero(np.bincount(kinds)).tolist():
        rows = np.flatnonzero(kinds == kind)
        at = rows, index[rows]
        if kind in _TOLD:
            terms = arguments[rows]
            if "rest" in values:
                terms = np.where(is_largest(terms, row_max(terms)), -np.inf, terms)
            hit = _Hit(
                case.given[at],
                case.shift[rows, 0],
                stored[at],
                arguments[at],
                paper[rows],
                stored[rows],
                terms,
            )
            tell_value, tell_log10 = _TOLD[kind]
            value[rows], log10[rows] = tell_value(hit), tell_log10(hit)
    rounded = np.flatnonzero((kinds == CauseKind.ROUNDED) & (index >= 0))
    if rounded.size:
        for name, numbers in (
            (STORED, case.given),
            (ADDED, case.given),
            ("shifted", stored),
            ("exp", arguments),
        ):
            if name in budget.steps:
                rows = rounded[step[rounded] == budget.steps.index(name)]
                value[rows] = numbers[rows, index[rows]]
                if name == ADDED:
                    value[rows] += case.shift[rows, 0]
    return value, log10
