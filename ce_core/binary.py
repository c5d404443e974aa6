"""Two classes: the sigmoid, its log and the binary cross-entropy, each computed in several ways."""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ce_core import naive
from ce_core.activations import log_sigmoid, sigmoid
from ce_core.formats import as_float64, lookup
from ce_core.listening import listening
from ce_core.losses import binary_cross_entropy_with_logits

__all__ = ["FORMS", "BinaryRun", "run"]

Array = npt.NDArray[Any]

FORMS: Final = ("naive", "log", "fused")
"""The three ways to the loss: all by the textbook; the log of a sigmoid that never overflows;
and the form that never computes the probability."""


@dataclass(frozen=True, eq=False)
class BinaryRun:
    """What one format makes of numbers x of shape (...).

    Attributes
    ----------
    x : array
        The numbers as stored.
    sigmoid : dict of arrays
        1 / (1 + exp(-x)) by the "naive" formula and by the "stable" one.
    log_sigmoid : dict of arrays
        Its natural logarithm, likewise.
    complement : array
        1 - sigmoid(x), computed as sigmoid(-x), which keeps its digits.
    slope : array
        The derivative sigmoid(x) sigmoid(-x).
    losses : dict of arrays (..., 2)
        The binary cross-entropy for label 0 and label 1, for each of `FORMS`.
    warnings : array of str
        What NumPy says when the naive sigmoid, its log and both naive losses are computed for this
        number alone, one warning a line; "" for nothing.
    """

    x: Array
    sigmoid: Mapping[str, Array]
    log_sigmoid: Mapping[str, Array]
    complement: Array
    slope: Array
    losses: Mapping[str, Array]
    warnings: npt.NDArray[np.str_]


def run(x: npt.ArrayLike, format: str) -> BinaryRun:
    r"""Compute the sigmoid and the binary cross-entropy of x in one format, in several ways.

    Parameters
    ----------
    x : array_like
        Real numbers, the logit of label 1.
    format : str
        A name in `ce_core.formats.FORMATS`.

    Returns
    -------
    BinaryRun

    Raises
    ------
    TypeError
        If x is not made of real numbers.
    ValueError
        If there is no such format.

    Notes
    -----
    Nothing warns: what NumPy would have said is in `BinaryRun.warnings`.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equations 4.59, 4.90
    (not looked up).

    Examples
    --------
    >>> far = run([-1234.0], "float64")
    >>> far.sigmoid["naive"], far.log_sigmoid["naive"], far.log_sigmoid["stable"]
    (array([0.]), array([-inf]), array([-1234.]))
    >>> print(far.warnings[0])
    overflow encountered in exp
    divide by zero encountered in log
    """
    fmt = lookup(format)
    with np.errstate(all="ignore"):
        stored = as_float64(x, "x").astype(fmt.dtype)
        p, rest = sigmoid(stored), sigmoid(-stored)
        labels = np.stack([np.zeros(stored.shape), np.ones(stored.shape)], axis=-1)
        both = np.stack([stored, stored], axis=-1)
        return BinaryRun(
            x=stored,
            sigmoid={"naive": naive.sigmoid(stored), "stable": p},
            log_sigmoid={"naive": naive.log_sigmoid(stored), "stable": log_sigmoid(stored)},
            complement=rest,
            slope=np.asarray(p * rest),
            losses={
                "naive": naive.binary_cross_entropy_with_logits(both, labels, reduction="none"),
                # 0 - log rather than -log: a loss of zero is 0.0, not -0.0.
                "log": 0 - np.log(np.stack([1 - p, p], axis=-1)),
                "fused": binary_cross_entropy_with_logits(both, labels, reduction="none"),
            },
            warnings=_warnings(stored),
        )


def _warnings(x: Array) -> npt.NDArray[np.str_]:
    """Ask NumPy: it warns once for a whole array, so one that warned is asked again in parts."""
    numbers = x.reshape(-1)
    with listening() as said:
        p = naive.sigmoid(numbers)
        np.log(np.stack([1 - p, p]))
    if said and numbers.size > 1:
        size = -(-numbers.size // 8)
        parts = [_warnings(numbers[i : i + size]) for i in range(0, numbers.size, size)]
        return np.concatenate(parts).reshape(x.shape)
    return np.full(x.shape, np.array("\n".join(said)))
