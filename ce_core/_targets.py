"""What the stable and the naive losses share: targets and options, turned into coefficients.

Every loss here is a weighted sum of logarithms of probabilities. The target and the options decide
the weights, which are the same for all ways of computing the logarithms.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ce_core._checks import (
    Array,
    as_distribution,
    as_fraction,
    as_index,
    as_real,
    as_vectors,
    as_weight,
)

Reduction = Literal["none", "mean", "sum"]


class ClassTerms(NamedTuple):
    """The loss of one sample is minus the sum over classes of coefficients * log p."""

    coefficients: Array
    """Of the logits' shape (..., C) and dtype."""
    counted: npt.NDArray[np.bool_]
    """Shape (...): False for the samples that `ignore_index` leaves out."""
    divisor: Array
    """What the sum of the losses is divided by."""


class BinaryTerms(NamedTuple):
    """The loss of one element is - positive * log p - negative * log(1 - p)."""

    positive: Array
    negative: Array
    divisor: Array


def as_scores(logits: npt.ArrayLike) -> Array:
    """Return logits of shape (C,) or (N, C) as an array, after checking that C > 0."""
    array = as_vectors(logits, -1, "logits")
    if array.ndim > 2:
        raise ValueError(f"logits must have shape (C,) or (N, C); got {array.shape}")
    return array


def as_classes(
    target: npt.ArrayLike, num_classes: int, ignore_index: int | None = None
) -> npt.NDArray[np.integer[Any]]:
    """Return class indices as an array, after checking that each is a class or is ignored."""
    array = np.asarray(target)
    if array.dtype.kind not in "iu":
        raise TypeError(f"target must be integers; got dtype {array.dtype}")
    bad = np.asarray((array < 0) | (array >= num_classes))
    if ignore_index is not None:
        bad &= array != ignore_index
    if bad.any():
        raise ValueError(f"target must be in 0..{num_classes - 1}; got {array[bad][0]}")
    return array


def class_terms(
    logits: Array,
    target: npt.ArrayLike,
    weight: npt.ArrayLike | None,
    ignore_index: int | None,
    label_smoothing: float,
    reduction: Reduction,
) -> ClassTerms:
    """Return what a target and the options of a cross-entropy amount to, after checking them.

    The meaning of the options, the divisor of the mean included, is that of
    ``torch.nn.CrossEntropyLoss``.
    """
    samples, num_classes = logits.shape[:-1], logits.shape[-1]
    smoothing = as_fraction(label_smoothing, "label_smoothing")
    weight = as_weight(np.ones(num_classes) if weight is None else weight, "weight")
    if weight.shape != (num_classes,):
        raise ValueError(f"weight must have shape ({num_classes},); got {weight.shape}")
    weight = weight.astype(logits.dtype)
    if ignore_index is not None:
        ignore_index = as_index(ignore_index, "ignore_index")

    given = np.asarray(target)
    if given.dtype.kind in "iu" and given.shape == samples:
        classes = as_classes(given, num_classes, ignore_index)
        counted = np.full(samples, True) if ignore_index is None else classes != ignore_index
        distribution = (classes[..., None] == np.arange(num_classes)).astype(logits.dtype)
        total = weight[classes[counted]].sum(dtype=np.float64)
    elif given.dtype.kind not in "iub" and as_real(given, "target").shape == logits.shape:
        if ignore_index is not None:
            raise ValueError(f"ignore_index must be None for probabilities; got {ignore_index}")
        counted = np.full(samples, True)
        distribution = as_distribution(given, -1, "target").astype(logits.dtype)
        total = math.prod(samples)
    else:
        error = ValueError if given.dtype.kind in "iu" else TypeError
        raise error(
            f"target must be integers of shape {samples} or floating-point probabilities of shape "
            f"{logits.shape}; got {given.dtype} of shape {given.shape}"
        )
    each = coefficients(distribution, weight, smoothing)
    each = np.where(np.asarray(counted)[..., None], each, 0)
    return ClassTerms(
        each.astype(logits.dtype),
        np.asarray(counted),
        _divisor(total, reduction, logits.dtype),
    )


def coefficients(distribution: Array, weight: Array, label_smoothing: float) -> Array:
    """Return what -log p of each class (..., C) is multiplied by, in the dtype of all of them."""
    dtype = distribution.dtype
    if label_smoothing:
        keep = np.asarray(1 - label_smoothing, dtype)
        even = np.asarray(label_smoothing / distribution.shape[-1], dtype)
        distribution = keep * distribution + even
    return _weighted(weight, distribution)


def binary_terms(
    logits: Array,
    target: npt.ArrayLike,
    weight: npt.ArrayLike | None,
    pos_weight: npt.ArrayLike | None,
    reduction: Reduction,
) -> BinaryTerms:
    """Return what a target and the options of a binary cross-entropy amount to, after checks.

    The meaning of the options is that of ``torch.nn.BCEWithLogitsLoss``.
    """
    positive = as_real(target, "target")
    if positive.shape != logits.shape:
        raise ValueError(f"target must have the logits' shape {logits.shape}; got {positive.shape}")
    with np.errstate(invalid="ignore"):  # ml_dtypes compares with an instruction that minds nan
        bad = ~((positive >= 0) & (positive <= 1))
    if bad.any():
        raise ValueError(f"target must be in [0, 1]; got {positive[bad][0]}")
    positive = positive.astype(logits.dtype)
    negative = 1 - positive
    if pos_weight is not None:
        positive = _weighted(_like(logits, pos_weight, "pos_weight"), positive)
    if weight is not None:
        rescale = _like(logits, weight, "weight")
        positive, negative = _weighted(rescale, positive), _weighted(rescale, negative)
    return BinaryTerms(positive, negative, _divisor(logits.size, reduction, logits.dtype))


def _like(logits: Array, values: npt.ArrayLike, name: str) -> Array:
    array = as_weight(values, name).astype(logits.dtype)
    try:
        return np.broadcast_to(array, logits.shape)
    except ValueError:
        raise ValueError(
            f"{name} must broadcast to the logits' shape {logits.shape}; got shape {array.shape}"
        ) from None


def _weighted(weight: Array, share: Array) -> Array:
    """Return the products; what has no share stays 0, though its weight is beyond the format."""
    return np.where(share != 0, weight * share, 0).astype(share.dtype)


def _divisor(total: float, reduction: Reduction, dtype: np.dtype[Any]) -> Array:
    known = ("none", "sum", "mean")
    if not isinstance(reduction, str) or reduction not in known:
        raise ValueError(f"reduction must be one of {', '.join(known)}; got {reduction!r}")
    # A sum over nothing, divided by nan, is the nan that 0 / 0 would be, without its warning.
    return np.asarray((total or math.nan) if reduction == "mean" else 1, dtype)


def times_log(coefficients: Array, logs: Array) -> Array:
    """Return the products, with 0 * log 0 = 0: what has no weight is not looked at."""
    products = np.zeros_like(logs)
    np.multiply(coefficients, logs, out=products, where=coefficients != 0)
    return products


def reduce(losses: Array, divisor: Array, reduction: Reduction) -> Array:
    """Return the losses one by one, or their sum over the divisor."""
    return losses if reduction == "none" else losses.sum() / divisor
