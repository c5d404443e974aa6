"""Where the digits went: the share of each step in the error of the loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ce_core.pipelines.costs import Before, Cost, Moved, Once, logits_moved
from ce_core.pipelines.kinds import Case
from ce_core.pipelines.pairs import Pair, two_sum
from ce_core.pipelines.paper import true_loss
from ce_core.pipelines.rows import Array, Target, Values, widened
from ce_core.pipelines.steps import Step

STORED, ADDED = "stored", "added"
"""The two steps before those of a form: the logits are stored, and c is added to them."""


@dataclass(frozen=True, eq=False)
class Budget:
    r"""The error of a loss, taken apart: error = sum of shares.

    With E_k the loss whose steps 1..k ran in the format and all later ones exactly, and E_0 the
    loss of the logits as given, the share of step k is E_k - E_(k-1).

    Attributes
    ----------
    steps : tuple of str
        The K steps that round, in order: "stored", "added", and those of the form.
    shares : float64 array, shape (..., K)
        In nats. A step after which no number is left has inf, those after it nan.

    Notes
    -----
    The error of the whole loss can be smaller than a share: shares have signs, and cancel.
    """

    steps: tuple[str, ...]
    shares: npt.NDArray[np.float64]
    costs: Mapping[str, Cost] = field(repr=False)


def find_budget(case: Case, steps: tuple[Step, ...], values: Values, once: Once) -> Budget:
    """Return the budget of each row; to be called with NumPy's warnings off."""
    target, fine = case.target, case.format.dtype == np.float64
    before = Before(target, fine, case.shares, once)
    finders: list[tuple[str, Callable[..., Cost | None], tuple[Any, ...]]] = [
        (STORED, _stored, (case,)),
        (ADDED, _added, (case,)),
        *((step.name, step.cost, (step.name, *step.inputs)) for step in steps),
    ]
    found: dict[str, Cost] = {}
    for name, find, names in finders:
        arrays = tuple(values[n] if isinstance(n, str) else n for n in names)
        cost = once.named(find, (*arrays, before.shares), partial(find, *arrays, before))
        if cost is not None:
            found[name] = cost
            if isinstance(cost, Moved):
                before = before._replace(shares=cost.shares)
    shares = np.stack([c.whole if isinstance(c, Moved) else c for c in found.values()])
    shares[:, np.isneginf(case.given[target])] = 0  # infinite on paper, too
    finite = np.isfinite(shares)
    if not finite.all():
        after = np.logical_or.accumulate(~finite)
        shares[after] = np.nan
        first = after.copy()
        first[1:] &= ~after[:-1]
        shares[first] = np.inf
    return Budget(tuple(found), shares.T, found)


def _stored(case: Case, before: Before) -> Cost:
    """Return what storing the logits did."""
    given = case.given
    if case.format.dtype == np.float64:
        return np.zeros(len(given))
    return logits_moved(before.wide(case.kept), Pair(given, np.zeros((1, 1))), given, before)


def _added(case: Case, before: Before) -> Cost:
    """Return what adding c did.

    What is added is the same for all classes, however it was rounded, and moves no loss.
    """
    count = len(case.given)
    rows = np.flatnonzero(case.shift)  # few, in a table: those of one slider
    if not rows.size:
        return np.zeros(count)
    kept, after = (widened(logits[rows]) for logits in (case.kept, case.stored))
    constant = widened(case.shift[rows].astype(case.format.dtype))
    part = before._replace(shares=before.shares[rows], target=before.target.at(rows))
    moved = logits_moved(after, two_sum(kept, constant), kept, part)
    if len(rows) == count:
        return moved
    whole, relative, shares = np.zeros(count), np.zeros_like(case.given), before.shares.copy()
    whole[rows], relative[rows], shares[rows] = moved.whole, moved.relative, moved.shares
    return Moved(whole, relative, before.shares, shares, before.target)


def find_paper(given: Array, target: Target, loss: Array, budget: Budget) -> Pair:
    """Return the loss of float64 logits on paper, to about 2**-60 of it.

    It is the fused one in float64 less its error, which its budget tells.
    """
    error = budget.shares.sum(axis=-1)
    near = np.abs(error) < 2.0**-20 * loss
    if near.all():
        return two_sum(loss, -error)
    return two_sum(np.where(near, loss, true_loss(given, target)), np.where(near, -error, 0.0))
