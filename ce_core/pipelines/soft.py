"""Targets that are shares of all classes: a sum of the losses that a form has for each class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ce_core.pipelines.backward import go_back
from ce_core.pipelines.rows import EVERY_CLASS, Array, Values, row_sum
from ce_core.pipelines.steps import Step


def of_every_class(rows: Values, steps: Sequence[Step]) -> Values:
    """Return the values of the steps that depend on the target, for every class: (N, C)."""
    own: Values = {}
    for step in steps:
        if "target" in step.formula or not own.keys().isdisjoint(step.inputs):
            inputs = (own.get(name, rows[name]) for name in step.inputs)
            own[step.name] = step.compute(*inputs, EVERY_CLASS)
    return own


def weighted(losses: Array, coefficients: Array) -> Array:
    """Return each loss (N, C) times its coefficient, 0 where that is 0: 0 * inf would be nan."""
    return np.where(coefficients != 0, coefficients * losses, 0).astype(losses.dtype)


def weighted_sum(losses: Array, coefficients: Array) -> Array:
    """Return the sum of `weighted` in the format, as np.sum gives it for each row alone, (N,)."""
    return row_sum(weighted(losses, coefficients))


def slopes(rows: Values, own: Values, steps: Sequence[Step], coefficients: Array) -> Array:
    """Return the derivative of `weighted_sum` by the logits, (N, C)."""
    by: Values = {"loss": coefficients}
    go_back(by, [step for step in steps if step.name in own], {**rows, **own}, EVERY_CLASS)
    for name in by.keys() - own.keys():
        by[name][coefficients == 0] = 0  # again for 0 * inf
    go_back(by, [step for step in steps if step.name not in own], rows, EVERY_CLASS)
    return by["logits"]
