"""The arithmetic of some rows: their losses in a format and on paper, and what broke in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ce_core._checks import Array
from ce_core.batch.rows import Rows
from ce_core.batch.terms import Terms
from ce_core.formats import FloatFormat
from ce_core.pipelines import STEPS, CauseKind, Run, run_all
from ce_core.pipelines.costs import sum_in_pairs
from ce_core.pipelines.kinds import HARMLESS
from ce_core.pipelines.pairs import Pair, two_product, two_sum
from ce_core.pipelines.paper import error, spacing, true_loss
from ce_core.pipelines.rows import EVERY_CLASS, Target, row_sum, widened
from ce_core.pipelines.soft import of_every_class, weighted, weighted_sum


def tell(terms: Terms, fmt: FloatFormat) -> Rows:
    """Return what is told of rows with targets; to be called with NumPy's warnings off."""
    if terms.exact.ndim == 1:
        told = _of_one_class(terms, fmt)
    else:
        # A row in which one class counts is told as if it were given as that class.
        counting = np.count_nonzero(terms.exact, axis=-1)
        one, more = np.flatnonzero(counting <= 1), np.flatnonzero(counting > 1)
        parts = _of_one_class(_with_one_class(terms.at(one)), fmt), _of_classes(terms.at(more), fmt)
        told = Rows.joined(parts).take(np.argsort(np.concatenate([one, more])))
    return told if terms.counted.all() else _without_ignored(told)


def tell_softmax(terms: Terms, fmt: FloatFormat) -> Rows:
    """Return what is told of rows without targets: what breaks up to the largest probability."""
    naive = run_all(terms.logits, terms.true, fmt.name, pipelines=("naive",))["naive"]
    at = {"naive": terms.true.astype(np.int32)}
    none = np.full(len(terms.true), np.nan)
    return _rows(terms, loss={}, exact=none, kind={"naive": naive.broke}, ulps={}, at=at)


def _rows(terms: Terms, **columns: Any) -> Rows:
    same = {name: getattr(terms, name) for name in ("predicted", "right", "counted", "part")}
    return Rows(**columns, **same)


def _with_one_class(terms: Terms) -> Terms:
    """Return terms with the coefficient of one class, where no other counts."""
    true = np.where(terms.exact.any(axis=-1), terms.exact.argmax(axis=-1), terms.true)
    at = Target.of(true, len(true))
    return terms._replace(true=true, stored=terms.stored[at], exact=terms.exact[at])


def _of_one_class(terms: Terms, fmt: FloatFormat) -> Rows:
    """Tell of rows in which one class counts."""
    runs = run_all(terms.logits, terms.true, fmt.name)
    kind, loss, ulps = _kinds(runs, terms.logits, terms.true), {}, {}
    for form, run in runs.items():
        loss[form] = terms.stored * run.rows["loss"]
        ulps[form] = run.ulps
        # the weight can be what takes a loss beyond the format
        beyond = np.isfinite(run.rows["loss"]) & ~np.isfinite(loss[form])
        kind[form][beyond], ulps[form][beyond] = CauseKind.RESULT_OVERFLOW, np.inf
    paper = next(iter(runs.values())).paper
    exact = np.where(terms.exact != 0, terms.exact * paper, 0.0)
    at = dict.fromkeys(runs, terms.true.astype(np.int32))
    return _rows(terms, loss=loss, exact=exact, kind=kind, ulps=ulps, at=at)


def _kinds(runs: Mapping[str, Run], logits: Array, target: Array) -> dict[str, Array]:
    """Return the kind of each run's causes.

    Of what broke, or is right without a class that was lost, it is known without the budget, which
    takes longer than all else.
    """
    kinds = {form: run.broke.copy() for form, run in runs.items()}
    unclear = np.zeros(len(logits), bool)
    for form, run in runs.items():
        lost = (run.rows["exp"] == 0).any(axis=-1)
        unclear |= (kinds[form] == CauseKind.NONE) & (lost | ~run.right)
    rows = np.flatnonzero(unclear)
    if 2 * rows.size > len(unclear):  # to pick the rows and run them again would take longer
        return {form: run.cause.kind.copy() for form, run in runs.items()}
    if rows.size:
        name = next(iter(runs.values())).format
        found = run_all(logits[rows], target[rows], name, pipelines=tuple(runs))
        for form, run in found.items():
            kinds[form][rows] = run.cause.kind
    return kinds


def _of_classes(terms: Terms, fmt: FloatFormat) -> Rows:
    """Tell of rows in which more than the true class counts."""
    runs = run_all(terms.logits, terms.true, fmt.name)
    on_paper = _weighted_on_paper(terms, fmt)
    whole = sum_in_pairs(on_paper.high)
    whole = two_sum(whole.high, whole.low + row_sum(on_paper.low))
    exact = np.where(np.isfinite(whole.high), whole.high, row_sum(on_paper.high))
    loss, kinds, ulps, at = {}, {}, {}, {}
    for form, run in runs.items():
        own = of_every_class(run.rows, STEPS[form])["loss"]
        loss[form] = weighted_sum(own, terms.stored)
        off = np.abs(error(widened(weighted(own, terms.stored)), on_paper))
        off[np.isnan(off)] = np.inf
        at[form] = off.argmax(axis=-1).astype(np.int32)
        ulps[form] = _ulps(loss[form], Pair(exact, whole.low), fmt)
        of_class = run_all(terms.logits, at[form], fmt.name, pipelines=(form,))
        kind = _kinds(of_class, terms.logits, at[form])[form]
        # The sum over the classes rounds, too; and what one class is off can be none of its digits.
        right = np.where(loss[form] == 0, ulps[form] <= 0.5, ulps[form] < 1)
        harmless = np.isin(kind, list(HARMLESS))
        kind[harmless & ~right] = CauseKind.ROUNDED
        # A loss that is infinite on paper, too, is no number: it keeps what is masked.
        fine = right & np.isfinite(exact) & (run.broke == CauseKind.NONE)
        kind[~harmless & fine] = CauseKind.NONE
        kinds[form] = kind
    return _rows(terms, loss=loss, exact=exact, kind=kinds, ulps=ulps, at=at)


def _weighted_on_paper(terms: Terms, fmt: FloatFormat) -> Pair:
    """Return coefficient * -ln p of each class (n, C) on paper.

    As far as float64 goes, which is enough for the other formats; its own last digits are below it.
    """
    z, a = np.asfortranarray(widened(terms.logits)), terms.exact
    rounded = weighted(true_loss(z, EVERY_CLASS), a)
    if fmt.dtype != np.float64:
        return Pair(rounded, np.zeros_like(rounded))
    # -ln p of a class is that of the largest logit, and how far below that one its logit is.
    top = z.argmax(axis=-1)
    largest = run_all(z, top, fmt.name, pipelines=("fused",))["fused"]
    gap = two_sum(z[Target.of(top, len(z))][:, None], -z)
    paper = two_sum(largest.rows["loss"][:, None], gap.high)
    high, low = two_product(paper.high, a)
    low += a * (paper.low + gap.low - largest.error[:, None])
    fine = np.isfinite(low)
    return Pair(np.where(fine, high, rounded), np.where(fine, low, 0.0))


def _ulps(loss: Array, exact: Pair, fmt: FloatFormat) -> Array:
    """Return how far losses are off, as `Run.ulps` has it."""
    off = np.abs(error(widened(loss), exact)) / spacing(exact.high, fmt)
    off[np.isinf(exact.high) & (widened(loss) == exact.high)] = 0.0
    return np.where(np.isnan(off), np.inf, off)


def _without_ignored(told: Rows) -> Rows:
    """Return the rows with nothing told of those that are ignored."""
    keep = told.counted

    def blank(column: Array) -> Array:
        return np.where(keep, column, np.zeros((), column.dtype))

    of_forms: dict[str, Any] = {
        name: {form: blank(column) for form, column in getattr(told, name).items()}
        for name in ("loss", "kind", "ulps")
    }
    return replace(told, exact=blank(told.exact), **of_forms)
