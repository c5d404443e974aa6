"""Mistakes with the range of a format: what is too large becomes inf, and what is too small 0."""

# NumPy declares that its reductions return Any; a conversion for its sake would hide the formula.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np

from ce_core._checks import Array
from ce_core.activations import log_softmax, softmax
from ce_core.losses import one_hot


def log_of_softmax(logits: Array, target: Array) -> Array:
    """Take the logarithm of a probability that may have become 0."""
    log_p = np.log(softmax(logits, axis=-1))
    losses = -log_p[..., np.arange(len(target)), target]
    return np.mean(losses, axis=-1)


def half_precision(logits: Array, target: Array) -> Array:
    """Take exp of the logits in the format they come in."""
    e = np.exp(logits)
    log_p = np.log(e / e.sum(axis=-1, keepdims=True))
    losses = -log_p[..., np.arange(len(target)), target]
    return np.mean(losses, axis=-1)


def single_precision(logits: Array, target: Array) -> Array:
    """Widen the logits to float32, and subtract their maximum in log_softmax."""
    log_p = log_softmax(logits.astype(np.float32), axis=-1)
    losses = -log_p[..., np.arange(len(target)), target]
    return np.mean(losses, axis=-1)


def sum_in_half(logits: Array, target: Array) -> Array:
    """Store the sum of the losses in their own format before dividing it."""
    log_p = log_softmax(logits, axis=-1)
    losses = -log_p[..., np.arange(len(target)), target]
    losses = np.repeat(losses, 4096, axis=-1)
    return np.sum(losses, axis=-1) / losses.shape[-1]


def sum_in_single(logits: Array, target: Array) -> Array:
    """Add the losses in float32, which holds their sum."""
    log_p = log_softmax(logits, axis=-1)
    losses = -log_p[..., np.arange(len(target)), target]
    losses = np.repeat(losses, 4096, axis=-1)
    return np.sum(losses, axis=-1, dtype=np.float32) / losses.shape[-1]


def epsilon_vanishes(logits: Array, target: Array) -> Array:
    """Guard the logarithm with an epsilon that rounds to 0."""
    log_p = np.log(softmax(logits, axis=-1) + 1e-8)
    losses = -log_p[..., np.arange(len(target)), target]
    return np.mean(losses, axis=-1)


def scaled_too_late(logits: Array, target: Array, scale: Array) -> Array:
    """Scale the gradient when float16 has already rounded it."""
    p = softmax(logits.astype(np.float32), axis=-1)
    gradient = p - one_hot(target, logits.shape[-1], np.float32)
    stored = scale[..., None, None] * gradient.astype(np.float16)
    return stored[..., 0, 1] / scale


def scaled_in_time(logits: Array, target: Array, scale: Array) -> Array:
    """Scale the gradient, as scaling the loss does, before float16 rounds it."""
    p = softmax(logits.astype(np.float32), axis=-1)
    gradient = p - one_hot(target, logits.shape[-1], np.float32)
    stored = (scale[..., None, None] * gradient).astype(np.float16)
    return stored[..., 0, 1] / scale
