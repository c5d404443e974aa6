"""The gradient of a batch's reduced loss by the logits of some of its rows, in float64."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ce_core import _targets
from ce_core._checks import Array
from ce_core.batch.account import Batch
from ce_core.batch.options import Options
from ce_core.losses import binary_cross_entropy_with_logits_gradient, cross_entropy_gradient


def slopes(
    batch: Batch, logits: Array, target: Array, questions: Array | None = None
) -> npt.NDArray[np.float64]:
    r"""Return :math:`\partial L / \partial z_i` of the reduced loss L; of "none" of each own loss.

    Parameters
    ----------
    batch : Batch
        All rows, which say what the mean divides by.
    logits : array, shape (n, C); for binary (n,)
        Some rows; for binary some cells.
    target : array, shape (n,) or (n, C)
        Their targets, as `Batch.add` takes them; for binary the answers of the cells.
    questions : int array, shape (n,), optional
        For binary, which question each cell answers, from 0; it says which weights it has.

    Returns
    -------
    float64 array, of the shape of the logits
        0 for a row that is ignored; nan where the mean divides by 0.

    Examples
    --------
    >>> batch = Batch("float16", Options(weight=(1.0, 3.0)), 2)
    >>> logits, target = np.zeros((2, 2)), np.array([0, 1])
    >>> _ = batch.add(logits, target)
    >>> slopes(batch, logits, target)
    array([[-0.125,  0.125],
           [ 0.375, -0.375]])
    """
    options, z = batch.options, logits.astype(np.float64)
    if questions is not None:
        found = _of_cells(z, target, questions, options)
    elif target.dtype.kind == "f":
        found = _of_shares(z, target, options)
    else:
        found = cross_entropy_gradient(
            z,
            target,
            weight=options.weight,
            ignore_index=options.ignore_index,
            label_smoothing=options.label_smoothing,
            reduction="sum",
        )
    with np.errstate(all="ignore"):
        return np.asarray(found / batch.denominator if options.reduction == "mean" else found)


def _of_shares(z: Array, target: Array, options: Options) -> Array:
    """Return the gradient for shares of all classes, which need not sum to 1 in PyTorch."""
    weights = np.ones(z.shape[-1]) if options.weight is None else np.array(options.weight)
    shares = _targets.coefficients(target, weights, options.label_smoothing)
    total = shares.sum(axis=-1, keepdims=True)
    even = np.full_like(shares, 1 / shares.shape[-1])
    shares = np.where(total > 0, shares / np.where(total > 0, total, 1), even)
    return np.asarray(total * cross_entropy_gradient(z, shares, reduction="sum"))


def _of_cells(x: Array, answers: Array, questions: Array, options: Options) -> Array:
    def of_each(weights: Sequence[float] | None) -> Array:
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
