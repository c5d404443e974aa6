"""The gradient of a batch's reduced loss by the logits of some of its rows, in float64."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ce_core import binary_cross_entropy_with_logits_gradient, cross_entropy_gradient
from ce_core._targets import coefficients
from ce_core.batch import Batch, Options

Array = npt.NDArray[Any]


def slopes(batch: Batch, logits: Array, targets: Array, questions: Array) -> Array:
    """Return the derivative of the reduced loss by each logit; of "none" that of each own loss.

    Parameters
    ----------
    batch : Batch
        All rows, which say what the mean divides by.
    logits : array, shape (n, C); of yes/no questions (n,)
    targets : array, shape (n,) or (n, C)
    questions : int array, shape (n,)
        Which question each of n cells answers; of classes it is not looked at.
    """
    options, z = batch.options, logits.astype(np.float64)
    if options.kind == "binary":
        found = _of_cells(z, targets, questions, options)
    elif targets.dtype.kind == "f":
        found = _of_shares(z, targets, options)
    else:
        found = cross_entropy_gradient(
            z,
            targets,
            weight=options.weight,
            ignore_index=options.ignore_index,
            label_smoothing=options.label_smoothing,
            reduction="sum",
        )
    with np.errstate(all="ignore"):
        return np.asarray(found / batch.denominator if options.reduction == "mean" else found)


def _of_shares(z: Array, targets: Array, options: Options) -> Array:
    """Return the gradient for shares of all classes, which need not sum to 1 in PyTorch."""
    weights = np.ones(z.shape[-1]) if options.weight is None else np.array(options.weight)
    shares = coefficients(targets, weights, options.label_smoothing)
    total = shares.sum(axis=-1, keepdims=True)
    even = np.full_like(shares, 1 / shares.shape[-1])
    shares = np.where(total > 0, shares / np.where(total > 0, total, 1), even)
    return np.asarray(total * cross_entropy_gradient(z, shares, reduction="sum"))


def _of_cells(x: Array, answers: Array, questions: Array, options: Options) -> Array:
    def of_each(weights: tuple[float, ...] | None) -> Array:
        given = np.array(weights or (1.0,))
        return given[np.minimum(questions, len(given) - 1)]

    return np.asarray(
        binary_cross_entropy_with_logits_gradient(
            x,
            answers,
            weight=of_each(options.weight),
            pos_weight=of_each(options.pos_weight),
            reduction="sum",
        )
    )
