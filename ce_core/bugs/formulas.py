"""Mistakes in the formula, which every number format shows alike."""

# NumPy declares that its reductions return Any; a conversion for its sake would hide the formula.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np

from ce_core._checks import Array
from ce_core.activations import log_softmax, sigmoid, softmax


def cross_entropy(logits: Array, target: Array) -> Array:
    """Average -log p of the true classes over the rows."""
    log_p = log_softmax(logits, axis=-1)
    losses = -log_p[..., np.arange(len(target)), target]
    return np.mean(losses, axis=-1)


def softmax_twice(logits: Array, target: Array) -> Array:
    """Take the softmax before a loss that takes it again."""
    log_p = log_softmax(softmax(logits, axis=-1), axis=-1)
    losses = -log_p[..., np.arange(len(target)), target]
    return np.mean(losses, axis=-1)


def wrong_axis(logits: Array, target: Array) -> Array:
    """Take the softmax over the rows of the batch instead of the classes."""
    log_p = log_softmax(logits, axis=-2)
    losses = -log_p[..., np.arange(len(target)), target]
    return np.mean(losses, axis=-1)


def divided_by_rows(logits: Array, target: Array) -> Array:
    """Divide the weighted losses by the number of rows."""
    log_p = log_softmax(logits, axis=-1)
    weight = np.array([1.0, 1.0, 10.0])[target]
    losses = -weight * log_p[..., np.arange(len(target)), target]
    return np.sum(losses, axis=-1) / len(target)


def divided_by_weights(logits: Array, target: Array) -> Array:
    """Divide the weighted losses by the weights of the rows."""
    log_p = log_softmax(logits, axis=-1)
    weight = np.array([1.0, 1.0, 10.0])[target]
    losses = -weight * log_p[..., np.arange(len(target)), target]
    return np.sum(losses, axis=-1) / np.sum(weight)


def sigmoid_first(logits: Array, target: Array) -> Array:
    """Score each class by itself, so that no class competes with another."""
    log_p = np.log(sigmoid(logits))
    losses = -log_p[..., np.arange(len(target)), target]
    return np.mean(losses, axis=-1)


def target_off_by_one(logits: Array, target: Array) -> Array:
    """Subtract 1 from classes that are counted from 0 already; index -1 is the last class."""
    log_p = log_softmax(logits, axis=-1)
    losses = -log_p[..., np.arange(len(target)), target - 1]
    return np.mean(losses, axis=-1)
