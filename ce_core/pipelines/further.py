"""Further forms of the loss that people write, and all forms by name.

- lse: log-sum-exp minus the logit. It subtracts two large numbers, and their common digits cancel;
- padded: -log(p + 1e-8), so that the log of 0 is not taken;
- clamped: -log(max(p, 1e-7)), for the same reason;
- running: the max-subtracted form with a sum that is rounded to the format after each term;
- wide_sum: the same with a sum in float32, rounded once.

The two constants are stored in the format: in float16 the first is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from ce_core.pipelines import costs
from ce_core.pipelines.rows import Array, row_sum
from ce_core.pipelines.steps import EXP_SHIFTED, LARGEST, SHIFTED, SUM_TO_LOSS, THREE, Step

PADDING: Final = 1e-8
CLAMP: Final = 1e-7
"""The default of Keras's ``epsilon``, to which its cross-entropy clips probabilities."""

_TOTAL, *_TO_PROBABILITY, _LOSS = SUM_TO_LOSS
_SOFTMAX: Final = (LARGEST, SHIFTED, EXP_SHIFTED, _TOTAL, *_TO_PROBABILITY)


def _log_of(name: str) -> Step:
    return replace(_LOSS, formula=f"-np.log({name})", inputs=(name,))


def _stored(constant: float, like: Array) -> Array:
    return np.asarray(constant).astype(like.dtype)


def _total(formula: str, add: Callable[..., Array]) -> tuple[Step, ...]:
    total = replace(_TOTAL, formula=formula, compute=add)
    return (LARGEST, SHIFTED, EXP_SHIFTED, total, *_TO_PROBABILITY, _LOSS)


STEPS: Final[Mapping[str, tuple[Step, ...]]] = {
    **THREE,
    "lse": (
        LARGEST,
        # Neither the differences nor their exponentials are what the true logit is read from.
        replace(
            SHIFTED,
            cost=lambda d, z, largest, before: costs.differences_rounded(
                d, z, largest, before, read=False
            ),
        ),
        replace(
            EXP_SHIFTED,
            cost=lambda e, d, before: costs.exponentials_rounded(e, d, before, read=False),
        ),
        _TOTAL,
        Step(
            "log_sum",
            "np.log(total)",
            "log",
            ("total",),
            lambda total, _: np.log(total),
            cost=costs.log_rounded,
        ),
        Step(
            "logsumexp",
            "largest + log_sum",
            "add",
            ("largest", "log_sum"),
            lambda largest, log_sum, _: largest + log_sum,
            cost=lambda lse, largest, log_sum, _: costs.difference_rounded(lse, largest, -log_sum),
        ),
        Step(
            "loss",
            "logsumexp - logits[target]",
            "subtract",
            ("logsumexp", "logits"),
            lambda lse, z, t: lse - z[t],
            cost=lambda loss, lse, z, before: costs.difference_rounded(loss, lse, z[before.target]),
        ),
    ),
    "padded": (
        *_SOFTMAX,
        Step(
            "padded",
            f"probability + logits.dtype.type({PADDING})",
            "add",
            ("probability",),
            lambda p, _: p + _stored(PADDING, p),
            cost=costs.replaced,
        ),
        _log_of("padded"),
    ),
    "clamped": (
        *_SOFTMAX,
        Step(
            "clamped",
            f"np.maximum(probability, logits.dtype.type({CLAMP}))",
            "maximum",
            ("probability",),
            lambda p, _: np.maximum(p, _stored(CLAMP, p)),
            cost=costs.replaced,
        ),
        _log_of("clamped"),
    ),
    "running": _total(
        "np.add.accumulate(exp)[-1]", lambda e, _: np.add.accumulate(e, axis=-1)[..., -1]
    ),
    "wide_sum": _total(
        "np.sum(exp.astype(np.promote_types(exp.dtype, np.float32))).astype(exp.dtype)",
        lambda e, _: row_sum(e.astype(np.promote_types(e.dtype, np.float32))).astype(e.dtype),
    ),
}
"""The steps of each form after the first, which stores the logits in the format."""

PIPELINES: Final = tuple(THREE)
"""The three forms that the lab compares everywhere."""

FURTHER: Final = tuple(form for form in STEPS if form not in THREE)
"""The other forms."""

_LOG_OF_P: Final = dict.fromkeys(("total", "probabilities", "loss", "padded", "clamped"), "fused")
AVOIDED_BY: Final[Mapping[str, Mapping[str, str]]] = {
    "naive": {"exp": "shifted", **_LOG_OF_P},
    "shifted": _LOG_OF_P,
    "fused": {},
    "lse": dict.fromkeys(("total", "logsumexp", "loss"), "fused"),
    "padded": _LOG_OF_P,
    "clamped": _LOG_OF_P,
    "running": {**_LOG_OF_P, "total": "wide_sum"},
    "wide_sum": _LOG_OF_P,
}
"""For each form and a step of it, the form that does without what that step loses."""
