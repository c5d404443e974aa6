"""Which step of a pipeline is the first whose result is wrong.

That is read off the values that the steps left, finite in and inf out, and off the loss on paper.
It is never predicted from the limits of the format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property

import numpy as np

from ce_core.formats import FORMATS, FloatFormat
from ce_core.pipelines.paper import true_loss
from ce_core.pipelines.rows import Array, Values


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


def find_cases(
    given: Array, shift: Array, stored: Mapping[str, Array], target: int
) -> dict[str, Case]:
    """Return the case of each format, whose losses on paper are found together."""
    cases = {}
    narrow = {name: logits for name, logits in stored.items() if logits.dtype != np.float64}
    with np.errstate(all="ignore"):
        if narrow:
            wide = [logits.astype(np.float64) for logits in narrow.values()]
            together = true_loss(np.concatenate([given, *wide]), target, corrected=False)
            given_loss, *losses = np.split(together, len(wide) + 1)
            for name, logits, loss in zip(narrow, wide, losses, strict=True):
                fmt = FORMATS[name]
                cases[name] = Case(given, shift, logits, target, fmt, given_loss, loss)
        for name in stored.keys() - narrow.keys():
            loss = given_loss = true_loss(given, target, corrected=True)
            if stored[name] is not given:
                loss = true_loss(stored[name], target, corrected=True)
            fmt = FORMATS[name]
            cases[name] = Case(given, shift, stored[name], target, fmt, given_loss, loss)
    return cases


def find_kinds(case: Case, values: Values) -> Array:
    """Return the kind of each row's cause; to be called with NumPy's warnings off."""
    loss = values["loss"].astype(np.float64, copy=False)
    finite = np.isfinite(loss)
    found: Breaks = {
        CauseKind.LOGITS_ROUNDED: finite & case.moved,
        CauseKind.DIGITS_LOST: finite & _differs(loss, case.true_loss, case.format),
        **find_breaks(case, values),
    }
    kinds = np.zeros(len(loss), np.int8)
    # CauseKind counts in the order of the steps: the smallest kind is the first step that broke.
    for kind in sorted(found, reverse=True):
        hit = found[kind]
        np.putmask(kinds, hit if hit.ndim == 1 else hit.any(axis=-1), kind)
    return kinds


def _differs(loss: Array, reference: Array, fmt: FloatFormat) -> Array:
    """Say where a loss is more than 10 unit roundoffs from the reference, relatively.

    A 0 in place of a positive number has no right digit, even where 10 unit roundoffs exceed 1;
    but nothing is nearer to the reference than the format's smallest number allows.
    """
    distance = np.abs(loss - reference)
    apart = (distance > 10 * fmt.unit_roundoff * reference) | (loss == 0)
    return np.asarray(apart & (distance > fmt.smallest_subnormal))


def find_breaks(case: Case, values: Values) -> Breaks:
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
