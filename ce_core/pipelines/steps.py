"""The steps of the pipelines: for each its formula, computation, derivative, and rounding's cost.

All compute the same cross-entropy, loss = -ln softmax(logits)[target]:

- naive: the textbook formula, exp(z) / sum of exp(z), then the log;
- shifted: the same after subtracting the largest logit;
- fused: the log-softmax, which never forms the probability that it takes the log of.

`ce_core.pipelines.further` has other forms that people write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ce_core.pipelines import costs
from ce_core.pipelines.costs import Cost
from ce_core.pipelines.rows import Array, Target, others, row_max, row_sum

Handed = tuple[Array | None, ...]


def _no_way_back(*_: object) -> Handed:
    return ()


def _exact(*_: object) -> None:
    return None


@dataclass(frozen=True, eq=False)
class Step:
    """One line of a pipeline.

    Attributes
    ----------
    name : str
        What the step computes.
    formula : str
        The NumPy expression for one vector, in terms of `inputs` and `target`.
    operation : str
        What NumPy calls it in a warning.
    inputs : tuple of str
        The earlier steps that it needs.
    compute : callable
        The same for arrays (N, C): the values of `inputs`, then the `Target`.
    reverse : callable
        The derivative of the loss by each input, from the derivative by the step's result: that
        derivative, the result, the values of `inputs`, then the `Target`. None for an input that
        counts as a constant, and nothing at all from a step that does not lead to the loss.
    cost : callable
        What the rounding of the result does to the loss, all later steps being exact: the result
        and the values of `inputs`, widened to float64, and what is known before (see
        `ce_core.pipelines.costs`). None from a step that does not round, or leads nowhere.
    """

    name: str
    formula: str
    operation: str
    inputs: tuple[str, ...]
    compute: Callable[..., Array]
    reverse: Callable[..., Handed] = _no_way_back
    cost: Callable[..., Cost | None] = _exact


def _by_entry(by_picked: Array, vectors: Array, target: Target) -> Array:
    """Return the derivative by each class of what was picked at the target."""
    # The other classes get 0 from the indexing, and not 0 * inf.
    by = np.zeros_like(vectors)
    by[target] = by_picked
    return by


# The maximum counts as a constant, as in jax.nn.softmax, which stops the gradient there: its
# derivative is minus the sum of those by the differences, which is 0 on paper.
LARGEST: Final = Step("largest", "np.max(logits)", "reduce", ("logits",), lambda z, _: row_max(z))
SHIFTED: Final = Step(
    "shifted",
    "logits - largest",
    "subtract",
    ("logits", "largest"),
    lambda z, largest, _: z - largest[..., None],
    lambda by, _d, _z, _largest, _t: (by, None),
    costs.differences_rounded,
)
EXP_SHIFTED: Final = Step(
    "exp",
    "np.exp(shifted)",
    "exp",
    ("shifted",),
    lambda d, _: np.exp(d),
    lambda by, e, _d, _t: (by * e,),
    costs.exponentials_rounded,
)
# The loss reads the target from the differences, not from its exponential.
_EXP_FOR_REST: Final = replace(
    EXP_SHIFTED,
    cost=lambda e, d, before: costs.exponentials_rounded(e, d, before, read=False),
)
SUM_TO_LOSS: Final = (
    Step(
        "total",
        "np.sum(exp)",
        "reduce",
        ("exp",),
        lambda e, _: row_sum(e),
        lambda by, _total, _e, _t: (by[..., None],),
        costs.sum_rounded,
    ),
    Step(
        "probabilities",
        "exp / total",
        "divide",
        ("exp", "total"),
        lambda e, total, _: e / total[..., None],
        lambda by, p, _e, total, _t: (
            by / total[..., None],
            -row_sum(by * (p / total[..., None])),
        ),
        costs.quotient_rounded,
    ),
    Step(
        "probability",
        "probabilities[target]",
        "index",
        ("probabilities",),
        lambda p, t: p[t],
        lambda by, _, p, t: (_by_entry(by, p, t),),
    ),
    Step(
        "loss",
        "-np.log(probability)",
        "log",
        ("probability",),
        lambda p, _: -np.log(p),
        lambda by, _loss, p, _t: (-(by / p),),
        lambda loss, p, before: -costs.log_rounded(-loss, p, before),
    ),
)

THREE: Final[Mapping[str, tuple[Step, ...]]] = {
    "naive": (
        Step(
            "exp",
            "np.exp(logits)",
            "exp",
            ("logits",),
            lambda z, _: np.exp(z),
            lambda by, e, _z, _t: (by * e,),
            costs.exponentials_rounded,
        ),
        *SUM_TO_LOSS,
    ),
    "shifted": (LARGEST, SHIFTED, EXP_SHIFTED, *SUM_TO_LOSS),
    "fused": (
        LARGEST,
        SHIFTED,
        _EXP_FOR_REST,
        Step(
            "rest",
            "np.sum(np.where(np.arange(exp.size) == np.argmax(logits), 0, exp))",
            "reduce",
            ("logits", "exp"),
            lambda z, e, _: row_sum(others(e, z, row_max(z))),
            cost=costs.rest_rounded,
        ),
        Step(
            "log_sum",
            "np.log1p(rest)",
            "log1p",
            ("rest",),
            lambda rest, _: np.log1p(rest),
            cost=costs.log1p_rounded,
        ),
        Step(
            "log_probabilities",
            "shifted - log_sum",
            "subtract",
            ("shifted", "log_sum"),
            lambda d, log_sum, _: d - log_sum[..., None],
            # The log-softmax is one operation in the frameworks, log_sum a part of it: nothing is
            # divided on the way back.
            lambda by, log_p, _d, _log_sum, _t: (by - np.exp(log_p) * row_sum(by)[..., None], None),
            lambda log_p, d, log_sum, before: (
                -costs.difference_rounded(log_p[before.target], d[before.target], log_sum)
            ),
        ),
        Step(
            "loss",
            "-log_probabilities[target]",
            "negative",
            ("log_probabilities",),
            lambda log_p, t: -log_p[t],
            lambda by, _loss, log_p, t: (_by_entry(-by, log_p, t),),
        ),
        Step(
            "probability",
            "np.exp(log_probabilities[target])",
            "exp",
            ("log_probabilities",),
            lambda log_p, t: np.exp(log_p[t]),
        ),
    ),
}
"""The steps of the three pipelines after the first, which stores the logits in the format."""
