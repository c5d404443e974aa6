"""Which step of a pipeline is the first that broke.

That is read off the values that the steps left, finite in and inf out. It is never predicted from
the limits of the format.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Final

import numpy as np

from ce_core.formats import FloatFormat
from ce_core.pipelines.costs import softmax
from ce_core.pipelines.rows import (
    Array,
    Target,
    Values,
    others,
    row_sum,
    take_rows,
    widened,
)


class CauseKind(IntEnum):
    """What there is to tell of a loss. Of what broke the first in this order is named."""

    NONE = 0
    """Nothing broke, and the loss is right to the last place."""
    NAN_LOGIT = 1
    """A given logit is nan or +inf: there is no loss, on paper either."""
    LOGIT_OVERFLOW = 2
    """A logit, or logit + shift, is beyond the format, and no number of it was kept."""
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
    RESULT_OVERFLOW = 10
    """What is left is beyond the format: the log of a probability, or the loss."""
    LOGIT_LOST = 11
    """Another class's logit was stored as -inf, which masks it."""
    DIFFERENCE_LOST = 12
    """logit - max of another class is -inf, whose exponential is 0."""
    EXP_LOST = 13
    """exp of another class rounded to 0."""
    EXP_SUBNORMAL = 14
    """exp is below the smallest number that has all its digits."""
    ROUNDED = 15
    """A step rounded, and the loss is not right to the last place."""


HARMLESS: Final = frozenset(
    (CauseKind.NONE, CauseKind.LOGIT_LOST, CauseKind.DIFFERENCE_LOST, CauseKind.EXP_LOST)
)
"""Where the loss is right to the last place, it is one of these."""


def is_broken(kinds: Array) -> Array:
    """Say where a step left no number, or a wrong one for good."""
    return (kinds > CauseKind.NONE) & (kinds < CauseKind.LOGIT_LOST)


Breaks = dict[CauseKind, Array]
"""Where each kind of cause holds: (N, C), or (N,) if the class that it hits is known, or none."""


@dataclass(frozen=True, eq=False)
class Case:
    """What all pipelines were given and should find.

    Logits are (N, C): `given` in float64, `kept` in the format, `stored` with the shift added.
    """

    given: Array
    shift: Array
    kept: Array
    stored: Array
    target: Target
    format: FloatFormat

    def at(self, rows: Array) -> Case:
        """Return the case of these rows alone."""
        return replace(
            self,
            given=take_rows(self.given, rows),
            shift=take_rows(self.shift, rows),
            kept=take_rows(self.kept, rows),
            stored=take_rows(self.stored, rows),
            target=self.target.at(rows),
        )

    # What follows is the same in all pipelines.

    @cached_property
    def shares(self) -> Array:
        """The softmax of the given logits, (N, C)."""
        return softmax(self.given)

    @cached_property
    def finite(self) -> Array:
        """Where a stored logit is a number."""
        return np.asarray(np.isfinite(self.stored))

    @cached_property
    def is_target(self) -> Array:
        """Which class is the true one, (1, C) or (N, C)."""
        return np.asarray((np.arange(self.given.shape[-1])[:, None] == self.target.classes).T)

    @cached_property
    def breaks(self) -> Breaks:
        """Where the storing of the logits is the step that broke."""
        found: Breaks = {}
        if not self.format.has_nan:
            kept = self.kept.astype(np.float64)
            shifted = kept + self.shift.astype(self.format.dtype).astype(np.float64)
            found[CauseKind.LOGIT_OVERFLOW] = saturated(kept, self.given, self.format) | saturated(
                self.stored, shifted, self.format
            )
        if self.finite.all():
            return found
        no_number = np.isnan(self.given) | (self.given == np.inf)
        masked = self.stored == -np.inf
        lost = ~(no_number | self.finite) & (self.stored != self.given)
        as_mask = masked & ~self.is_target & ~masked.all(axis=-1)[:, None]
        return {
            CauseKind.NAN_LOGIT: no_number,
            CauseKind.LOGIT_OVERFLOW: lost & ~as_mask,
            CauseKind.ALL_MASKED: masked.all(axis=-1),
            CauseKind.TARGET_MASKED: masked[self.target],
            CauseKind.LOGIT_LOST: lost & as_mask,
        }


def saturated(result: Array, on_paper: Array, fmt: FloatFormat) -> Array:
    """Say where a format that has no infinity and no nan kept its largest number instead."""
    return np.asarray((np.abs(result) == fmt.max) & (np.abs(on_paper) >= fmt.too_large))


def find_kinds(found: Breaks, count: int) -> Array:
    """Return what broke in each row, or NONE."""
    kinds = np.zeros(count, np.int8)
    # CauseKind counts in the order of the steps: the smallest kind is the first step that broke.
    for kind in sorted(found.keys() - SOFT, reverse=True):
        hit = found[kind]
        np.putmask(kinds, hit if hit.ndim == 1 else hit.any(axis=-1), kind)
    return kinds


SOFT: Final = frozenset((CauseKind.LOGIT_LOST, CauseKind.DIFFERENCE_LOST, CauseKind.EXP_LOST))
"""What broke without leaving the loss without a number."""


def find_breaks(case: Case, values: Values) -> Breaks:
    """Return where an inf, a nan or a 0 came out wrong; to be called with NumPy's warnings off."""
    found = dict(case.breaks)
    finite = case.finite
    logits = values["logits"]
    if "shifted" in values:
        shifted = values["shifted"]
        finite = np.isfinite(shifted)
        overflow = case.finite & ~finite
        if overflow.any():
            # -inf is as good as any very negative number for exp, unless the loss is to be read
            # from it.
            wrong = np.isnan(shifted)
            if "logsumexp" not in values:
                wrong = wrong | case.is_target
            found[CauseKind.SUBTRACT_OVERFLOW] = overflow & wrong
            found[CauseKind.DIFFERENCE_LOST] = overflow & ~wrong
        logits = shifted
    exp = values["exp"]
    finite_exp = np.isfinite(exp)
    all_finite = finite_exp.all(axis=-1)
    if not all_finite.all():
        found[CauseKind.EXP_OVERFLOW] = finite & ~finite_exp
    total = values["total" if "total" in values else "rest"]
    found[CauseKind.SUM_OVERFLOW] = all_finite & ~np.isfinite(total)
    if "total" in values:
        found[CauseKind.SUM_UNDERFLOW] = total == 0
    if "probabilities" in values:
        found[CauseKind.PROBABILITY_UNDERFLOW] = values["probability"] == 0
    if not case.format.has_nan:
        found[CauseKind.EXP_OVERFLOW] = saturated(exp, np.exp(widened(logits)), case.format)
        terms = widened(exp)
        if "rest" in values:
            terms = others(terms, values["logits"], values["largest"])
        found[CauseKind.SUM_OVERFLOW] = saturated(total, row_sum(terms), case.format)
    loss = values["loss"]
    found[CauseKind.RESULT_OVERFLOW] = ~np.isfinite(loss)
    none = exp == 0
    if none.any():
        found[CauseKind.EXP_LOST] = none & np.isfinite(logits)
    return found
