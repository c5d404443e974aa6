"""The step to blame: the class that it hit, what went in, and what should have come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ce_core.pipelines.budget import ADDED, STORED, Budget
from ce_core.pipelines.costs import Moved, Once
from ce_core.pipelines.kinds import Breaks, Case, CauseKind
from ce_core.pipelines.paper import power
from ce_core.pipelines.rows import (
    Array,
    Values,
    is_largest,
    row_max,
    row_sum,
    take_rows,
    widened,
)


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
    index : int32 array
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
    LOGIT_OVERFLOW, _LOST the given logit, or the       its magnitude
                          stored one + shift
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
    index: npt.NDArray[np.int32]
    value: npt.NDArray[np.float64]
    significand: npt.NDArray[np.float64]
    exponent: npt.NDArray[np.float64]
    cost: npt.NDArray[np.float64]


class Judged(NamedTuple):
    """What is known of the rows of a run; see the attributes of `ce_core.pipelines.Run`."""

    case: Case
    values: Values
    breaks: Breaks
    broke: Array
    right: Array
    budget: Budget
    shares: Array
    paper: Array
    once: Once


def find_causes(run: Judged) -> Cause:
    """Return the cause of each row; to be called with NumPy's warnings off."""
    count = len(run.broke)
    found = _Found(run.broke.copy(), np.full(count, -1, np.int8), np.full(count, -1, np.int32))
    _name_what_broke(run, found)
    _name_what_cost_most(run, found)
    _name_what_is_harmless(run, found)
    value, log10 = _tell(run, found)
    known = np.flatnonzero(found.step >= 0)
    cost = np.zeros(count)
    cost[known] = run.shares[known, found.step[known]]
    return Cause(found.kind, found.step, found.at, value, *power(log10), cost)


class _Found(NamedTuple):
    """The first columns of a `Cause`, to be filled."""

    kind: Array
    step: Array
    at: Array


def _name_what_broke(run: Judged, found: _Found) -> None:
    for number in np.flatnonzero(np.bincount(run.broke)).tolist():
        kind = CauseKind(number)
        if kind != CauseKind.NONE:
            rows = np.flatnonzero(run.broke == kind)
            found.at[rows] = _class_hit(kind, run.case, run.breaks, rows)
            found.step[rows] = _step_of(kind, run, rows)


def _name_what_cost_most(run: Judged, found: _Found) -> None:
    off = np.flatnonzero((run.broke == CauseKind.NONE) & ~run.right)
    found.kind[off] = CauseKind.ROUNDED
    found.step[off] = np.abs(take_rows(run.shares, off)).argmax(axis=-1)
    for k in np.flatnonzero(np.bincount(found.step[off])).tolist():
        rows = off[found.step[off] == k]
        name = run.budget.steps[k]
        cost = run.budget.costs[name]
        if name in _OF_TARGET:
            found.at[rows] = run.case.target.at(rows).classes
        if not isinstance(cost, Moved):
            continue
        hit = found.at[rows] = cost.worst(rows)
        if name == "exp":
            exp = np.abs(widened(run.values["exp"][rows, hit]))
            found.kind[rows[exp < run.case.format.smallest_normal]] = CauseKind.EXP_SUBNORMAL
        if _LOSES.get(name) in run.breaks:
            found.kind[rows[_lost_at(run, name)[rows, hit]]] = _LOSES[name]


def _name_what_is_harmless(run: Judged, found: _Found) -> None:
    right = (run.broke == CauseKind.NONE) & run.right
    for name, kind in reversed(_LOSES.items()):
        if name in run.budget.steps and kind in run.breaks:
            lost = _lost_at(run, name)
            rows = np.flatnonzero(right & lost.any(axis=-1))
            found.kind[rows], found.step[rows] = kind, run.budget.steps.index(name)
            found.at[rows] = lost[rows].argmax(axis=-1)


_LOSES: Final[dict[str, CauseKind]] = {
    STORED: CauseKind.LOGIT_LOST,
    ADDED: CauseKind.LOGIT_LOST,
    "shifted": CauseKind.DIFFERENCE_LOST,
    "exp": CauseKind.EXP_LOST,
}
"""What a step can lose of a class without leaving no number."""


def _lost_at(run: Judged, step: str) -> Array:
    """Return where a step lost a class, (N, C)."""
    kind = _LOSES[step]
    lost = run.breaks[kind]
    if kind == CauseKind.LOGIT_LOST:
        lost = lost & ((run.case.kept == -np.inf) == (step == STORED))
    return np.asarray(lost)


# Of these steps the number of the true class alone leads to the loss.
_OF_TARGET: Final = ("probabilities", "padded", "clamped", "loss", "log_probabilities")


def _step_of(kind: CauseKind, run: Judged, rows: Array) -> Array | int:
    """Return the positions of the step that broke in these rows."""
    case, values, budget = run.case, run.values, run.budget
    if kind == CauseKind.LOGIT_OVERFLOW:
        at_once = run.breaks[kind][rows] & (np.abs(case.given[rows]) >= case.format.too_large)
        at = at_once.any(axis=-1)
        return np.where(at, budget.steps.index(STORED), budget.steps.index(ADDED))
    if kind in (CauseKind.TARGET_MASKED, CauseKind.ALL_MASKED):
        kept = np.isfinite(case.kept[rows]) | (case.kept[rows] == case.given[rows])
        return np.where(kept.all(axis=-1), budget.steps.index(ADDED), budget.steps.index(STORED))
    if kind == CauseKind.PROBABILITY_UNDERFLOW:
        at_exp = values["exp"][case.target][rows] == 0
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
        hit = breaks[kind][rows]
        if kind == CauseKind.LOGIT_OVERFLOW:  # one that was lost when it was stored comes first
            at_once = hit & (np.abs(case.given[rows]) >= case.format.too_large)
            hit = np.where(np.any(at_once, axis=-1, keepdims=True), at_once, hit)
        return np.asarray(hit.argmax(axis=-1))
    if kind == CauseKind.SUM_UNDERFLOW:
        return np.asarray(case.stored[rows].argmax(axis=-1))
    of_target = (CauseKind.TARGET_MASKED, CauseKind.PROBABILITY_UNDERFLOW)
    return case.target.at(rows).classes if kind in of_target else -1


class _Hit(NamedTuple):
    """The vectors with one kind of cause; an entry each, of the class that was hit."""

    run: Judged
    rows: Array
    at: Array

    @property
    def given(self) -> Array:
        return np.asarray(self.run.case.given[self.rows, self.at])

    @property
    def shift(self) -> Array:
        return np.asarray(self.run.case.shift[self.rows, 0])

    @property
    def summands(self) -> tuple[Array, Array]:
        """What was too large for the format: the given logit, or the stored one and the shift."""
        case, given = self.run.case, self.given
        at_once = np.abs(given) >= case.format.too_large
        kept, shift = case.kept[self.rows, self.at], self.shift.astype(case.format.dtype)
        return np.where(at_once, given, widened(kept)), np.where(at_once, 0.0, widened(shift))

    @property
    def stored(self) -> Array:
        return widened(self.run.case.stored[self.rows, self.at])

    @property
    def argument(self) -> Array:
        return widened(_arguments(self.run.values)[self.rows, self.at])

    @property
    def paper(self) -> Array:
        return np.asarray(self.run.paper[self.rows])

    @property
    def largest(self) -> Array:
        return widened(row_max(take_rows(self.run.case.stored, self.rows)))

    @property
    def terms(self) -> Array:
        """The arguments of the exponentials that are summed."""
        terms = widened(take_rows(_arguments(self.run.values), self.rows))
        if "rest" in self.run.values:
            terms[is_largest(terms, row_max(terms))] = -np.inf
        return terms


def _arguments(values: Values) -> Array:
    return values.get("shifted", values["logits"])


def _log10_distance(a: Array, b: Array) -> Array:
    # Halved, because the distance of two float64 can be beyond float64.
    return np.asarray(np.log10(np.abs(a / 2 - b / 2)) + np.log10(2.0))


def _log10_sum_exp(terms: Array) -> Array:
    largest = row_max(terms)
    rest = row_sum(np.exp(terms - largest[:, None]))
    return np.asarray(largest * _LOG10_E + np.log10(rest))


_LOG10_E: Final = 1 / np.log(10.0)

_Told = tuple[Callable[[_Hit], Array | float], Callable[[_Hit], Array | float]]
_LOGIT: Final[_Told] = (
    lambda h: sum(h.summands),
    lambda h: _log10_distance(h.summands[0], -h.summands[1]),
)
_DIFFERENCE: Final[_Told] = (lambda h: h.stored, lambda h: _log10_distance(h.largest, h.stored))
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
    CauseKind.SUM_OVERFLOW: (lambda h: row_max(h.terms), lambda h: _log10_sum_exp(h.terms)),
    CauseKind.SUM_UNDERFLOW: _EXP,
    CauseKind.TARGET_MASKED: (lambda h: h.stored, lambda _: np.nan),
    CauseKind.PROBABILITY_UNDERFLOW: (lambda h: h.argument, lambda h: -h.paper * _LOG10_E),
    CauseKind.RESULT_OVERFLOW: (lambda _: np.nan, lambda h: np.log10(h.paper)),
}
"""For each kind, `Cause.value` and log10 of significand * 10**exponent."""

_WENT_IN: Final[Mapping[str, Callable[[_Hit], Array]]] = {
    STORED: lambda h: h.given,
    ADDED: lambda h: np.asarray(h.given + h.shift),
    "shifted": lambda h: h.stored,
    "exp": lambda h: h.argument,
}
"""`Cause.value` of ROUNDED, for each step that rounds classes one by one."""


def _tell(run: Judged, found: _Found) -> tuple[Array, Array]:
    """Return what went into the step to blame, and log10 of its result on paper."""
    value = np.full(len(found.kind), np.nan)
    log10 = np.full(len(found.kind), np.nan)
    for kind in np.flatnonzero(np.bincount(found.kind)).tolist():
        if kind in _TOLD:
            rows = np.flatnonzero(found.kind == kind)
            hit = _Hit(run, rows, found.at[rows])
            tell_value, tell_log10 = _TOLD[kind]
            value[rows], log10[rows] = tell_value(hit), tell_log10(hit)
    for name, went_in in _WENT_IN.items():
        if name in run.budget.steps:
            at = run.budget.steps.index(name)
            rows = np.flatnonzero((found.kind == CauseKind.ROUNDED) & (found.step == at))
            value[rows] = went_in(_Hit(run, rows, found.at[rows]))
    return value, log10
