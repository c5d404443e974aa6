"""What the targets and the options of a batch amount to: what -ln p is multiplied by."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ce_core import _targets
from ce_core._checks import Array, as_real
from ce_core._targets import as_classes, binary_terms
from ce_core.batch.options import Options
from ce_core.pipelines.rows import widened


class Terms(NamedTuple):
    """The loss of a row is a sum over classes of coefficient * -ln p, or that of one class.

    Attributes
    ----------
    logits : array, shape (n, C)
        Of yes/no questions the n cells, with the two logits 0 and x of no and yes.
    true : int array, shape (n,)
        The true class, or that with the largest target probability; 0 where a row is ignored. The
        predicted class, or 0, where there are no targets.
    stored, exact : arrays, shape (n,) or (n, C)
        The coefficient of the true class, or of every class: computed in the format, and in
        float64.
    predicted, right, counted, part : arrays, shape (n,)
        See `Rows`.
    """

    logits: Array
    true: Array
    stored: Array
    exact: Array
    predicted: Array
    right: Array
    counted: Array
    part: Array

    @classmethod
    def of(
        cls,
        logits: Array,
        true: Array,
        coefficients: tuple[Array, Array],
        counted: Array | None = None,
        part: Array | None = None,
    ) -> Terms:
        """Return terms of rows that all count, and as much, if nothing else is said."""
        predicted, one = find_predicted(logits), np.ones(len(logits))
        counted = one == 1 if counted is None else counted
        part = one if part is None else part
        right = counted & (predicted == true)
        return cls(logits, true, *coefficients, predicted, right, counted, part)

    def at(self, rows: Array) -> Terms:
        """Return the terms of these rows alone."""
        return Terms(*(column[rows] for column in self))


def find_terms(
    logits: Array, target: Array | None, options: Options, dtype: np.dtype[Any]
) -> Terms:
    """Return the terms of some rows (n, C), or raise what `Batch.add` promises of targets."""
    if target is None:
        if options.kind == "binary":
            logits = _two_classes(logits)
        true, one = np.maximum(find_predicted(logits), 0), np.ones(len(logits))
        return Terms.of(logits, true, (one.astype(dtype), one))._replace(right=one == 0)
    if options.kind == "binary":
        return _of_cells(logits, target, options, dtype)
    if target.dtype.kind in "iu" and target.shape == logits.shape[:1]:
        return _of_classes(logits, target, options, dtype)
    if target.dtype.kind not in "iub" and target.shape == logits.shape:
        return _of_probabilities(logits, as_real(target, "target"), options, dtype)
    raise ValueError(
        f"target must be an integer or {logits.shape[1]} floating-point probabilities for each row;"
        f" got {target.dtype} of shape (n{''.join(f', {size}' for size in target.shape[1:])})"
    )


def find_predicted(logits: Array) -> Array:
    """Return the class with the largest logit, -1 where there is none; see `Rows.predicted`."""
    wide = widened(logits)
    largest = wide.max(axis=-1)
    none = np.isnan(largest) | (largest == -np.inf)
    return np.where(none, -1, wide.argmax(axis=-1)).astype(np.int32)


def _of_classes(logits: Array, target: Array, options: Options, dtype: np.dtype[Any]) -> Terms:
    classes = logits.shape[1]
    counted = as_classes(target, classes, options.ignore_index) != options.ignore_index
    true = np.where(counted, target, 0).astype(np.intp)
    weight = _weight(options, classes)
    part = np.where(counted, weight[true], 0.0)
    if not options.label_smoothing:
        coefficients = weight.astype(dtype)[true], weight[true]
        return Terms.of(logits, true, coefficients, counted, part)
    each = np.zeros(logits.shape)
    each[np.arange(len(true)), true] = 1
    return Terms.of(logits, true, _of_every_class(each, options, dtype), counted, part)


def _of_probabilities(
    logits: Array, target: Array, options: Options, dtype: np.dtype[Any]
) -> Terms:
    bad = ~((target >= 0) & np.isfinite(target))
    if bad.any():
        raise ValueError(f"target must be finite and not negative; got {target[bad][0]}")
    each = _of_every_class(target.astype(np.float64), options, dtype)
    return Terms.of(logits, target.argmax(axis=-1), each)


def _of_every_class(target: Array, options: Options, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Return the coefficients in the format and in float64."""
    weight = _weight(options, target.shape[1])
    stored, exact = (
        _targets.coefficients(target.astype(kind), weight.astype(kind), options.label_smoothing)
        for kind in (dtype, np.dtype(np.float64))
    )
    return stored, exact


def _of_cells(logits: Array, target: Array, options: Options, dtype: np.dtype[Any]) -> Terms:
    if target.shape == logits.shape[:1] and logits.shape[1] == 1:
        target = target[:, None]
    each = []
    for kind in (dtype, np.dtype(np.float64)):
        terms = binary_terms(
            np.empty(logits.shape, kind), target, options.weight, options.pos_weight, "sum"
        )
        each.append(np.stack([terms.negative.ravel(), terms.positive.ravel()], axis=-1))
    stored, exact = each
    return Terms.of(_two_classes(logits), (target.ravel() > 0.5).astype(np.intp), (stored, exact))


def _two_classes(logits: Array) -> Array:
    return np.stack([np.zeros_like(logits), logits], axis=-1).reshape(-1, 2)


def _weight(options: Options, classes: int) -> Array:
    return np.ones(classes) if options.weight is None else np.array(options.weight, np.float64)
