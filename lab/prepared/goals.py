"""Where a goal of a teacher's own is met: the core says, at every position of every slider."""

import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from ce_core.pipelines import Run
from lab.prepared.lesson import Goal, Loss

_HOLDS: Final[Mapping[Loss, Callable[[np.ndarray], np.ndarray]]] = {
    "any": lambda loss: np.ones(loss.shape, bool),
    "finite": np.isfinite,
    "inf": np.isinf,
    "nan": np.isnan,
}


def met(goal: Goal, runs: Mapping[str, Run]) -> np.ndarray:
    """Say where a goal is met.

    Parameters
    ----------
    goal : Goal
        One that `lab.prepared.reading` has read.
    runs : mapping of str to Run
        The forms of the loss on logits (sliders, positions, C), by their names.

    Returns
    -------
    ndarray of bool, shape (sliders, positions)

    Notes
    -----
    p on paper is exp of minus the loss on paper, and the two losses are compared: so a p of 0.5 is
    not more than 0.5. Where every class is masked there is no p, and no bound holds.

    Examples
    --------
    In float16 the exponentials of 11 and 8.7 fit, and their sum does not: the loss is inf, and on
    paper the first class has 0.91.

    >>> from ce_core.pipelines import run_all
    >>> runs = run_all([[[11.0, 8.7], [11.0, 8.0]]], 0, "float16")
    >>> met(Goal("", "naive", "inf", above=0.9), runs)
    array([[ True, False]])
    """
    run = runs[goal.form]
    holds = _HOLDS[goal.loss](run.steps["loss"].astype(np.float64))
    if goal.above is not None:
        holds = holds & (run.paper < -math.log(goal.above))
    if goal.below is not None:
        holds = holds & (run.paper > -math.log(goal.below))
    return np.asarray(holds)
