"""Mistakes that people make with the cross-entropy, each beside its repair, on the same batch.

The functions are written to be read: plain NumPy, and no checks. They take logits of shape
(..., N, C) in the format of their case and one true class per row, and give losses of shape (...).
Where a broken loss is wrong, the arithmetic makes it so.
"""

# NumPy declares that its reductions return Any; a conversion for its sake would hide the formula.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from ce_core._checks import Array
from ce_core.activations import log_softmax, sigmoid, softmax
from ce_core.formats import as_float64, lookup
from ce_core.losses import one_hot


@dataclass(frozen=True)
class Bug:
    """A mistake, its repair, and a batch that shows the difference.

    Attributes
    ----------
    logits : tuple of tuple of float
        A batch of shape (N, C), in nats. -inf is a masked class.
    target : tuple of int
        The true class of each row.
    format : str
        The name in `ce_core.formats.FORMATS` of the format that the logits come in. It is float64
        where the format has no part in the mistake.
    broken, repaired : callable
        From logits (..., N, C) and target (N,) to the loss of each batch, in nats.
    move : tuple of int
        The row and the class of the logit whose slider shows the symptom best.
    reach : float
        That slider reaches from -reach to reach.

    Examples
    --------
    >>> bug = BUGS["sigmoid_first"]
    >>> bug.logits, bug.target
    (((5.0, 12.0, 0.0),), (0,))
    """

    logits: tuple[tuple[float, ...], ...]
    target: tuple[int, ...]
    format: str
    broken: Callable[[Array, Array], Array]
    repaired: Callable[[Array, Array], Array]
    move: tuple[int, int]
    reach: float


def run(bug: Bug, logits: npt.ArrayLike) -> tuple[Array, Array]:
    """Return the broken and the repaired loss of batches of logits.

    Parameters
    ----------
    bug : Bug
        The case, with its true classes.
    logits : array_like, shape (..., N, C)
        Batches of the shape of the case's own, in nats. They are rounded to the case's format.

    Returns
    -------
    broken, repaired : ndarray, shape (...)
        In nats, computed in the case's format and then stored as float64. inf and nan are results
        like any other, and nothing warns of them; no batches have no losses.

    Raises
    ------
    TypeError
        If `logits` are not real numbers.
    ValueError
        If their last two axes are not those of the case.

    See Also
    --------
    ce_core.cross_entropy : with its options, what the repaired functions compute.

    Examples
    --------
    The score of a wrong class rises, and the broken loss stays where it is:

    >>> batches = [[[5.0, 0.0, 0.0]], [[5.0, 12.0, 0.0]]]
    >>> broken, repaired = run(BUGS["sigmoid_first"], batches)
    >>> broken.round(4), repaired.round(4)
    (array([0.0067, 0.0067]), array([0.0134, 7.0009]))
    """
    wide = as_float64(logits, "logits")
    samples, classes = np.shape(bug.logits)
    if wide.shape[-2:] != (samples, classes):
        raise ValueError(f"logits must have shape (..., {samples}, {classes}); got {wide.shape}")
    target = np.array(bug.target)
    with np.errstate(all="ignore"):
        stored = wide.astype(lookup(bug.format).dtype)
        broken, repaired = bug.broken(stored, target), bug.repaired(stored, target)
    return np.asarray(broken, np.float64), np.asarray(repaired, np.float64)


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


def without_padding(logits: Array, target: Array) -> Array:
    """Average over the rows that have an unmasked class."""
    log_p = log_softmax(logits, axis=-1)
    losses = -log_p[..., np.arange(len(target)), target]
    real = np.any(logits != -np.inf, axis=-1)
    return np.sum(losses, axis=-1, where=real) / np.sum(real, axis=-1)


def smoothing_masked(logits: Array, target: Array) -> Array:
    """Give every class its share of the smoothing, masked or not."""
    log_p = log_softmax(logits, axis=-1)
    share = 0.1 / logits.shape[-1]
    q = 0.9 * one_hot(target, logits.shape[-1]) + share
    losses = -np.sum(q * log_p, axis=-1)
    return np.mean(losses, axis=-1)


def smoothing_unmasked(logits: Array, target: Array) -> Array:
    """Share the smoothing among the unmasked classes."""
    log_p = log_softmax(logits, axis=-1)
    unmasked = logits != -np.inf
    share = 0.1 / np.sum(unmasked, axis=-1, keepdims=True)
    q = 0.9 * one_hot(target, logits.shape[-1]) + share
    losses = -np.sum(q * log_p, axis=-1, where=unmasked)
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


_MASKED: Final = float("-inf")

BUGS: Final[Mapping[str, Bug]] = MappingProxyType(
    {
        # "The input is expected to contain the unnormalized logits": torch.nn.CrossEntropyLoss,
        # PyTorch 2 documentation. Probabilities differ by 1 at most, so the second softmax gives
        # the true class e / (e + C - 1) at most.
        "softmax_twice": Bug(
            ((10.0, 0.0, 0.0),), (0,), "float64", softmax_twice, cross_entropy, (0, 0), 20.0
        ),
        # Both rows are right and confident; over the rows, one can only gain what the other loses.
        "wrong_axis": Bug(
            ((4.0, 0.0, 1.0), (8.0, 1.0, 0.0)),
            (0, 0),
            "float64",
            wrong_axis,
            cross_entropy,
            (1, 0),
            10.0,
        ),
        # P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and
        # softmax functions", IMA J. Numer. Anal. 41 (2021), section 1. exp(-120) is 0 in float32.
        "log_of_softmax": Bug(
            ((-60.0, 60.0, 0.0),), (0,), "float32", log_of_softmax, cross_entropy, (0, 1), 100.0
        ),
        # P. Micikevicius et al., "Mixed Precision Training", ICLR 2018, section 3.3: softmax is to
        # read and write float16 but compute in float32. exp(12) is 2.5 times the largest float16.
        "half_precision": Bug(
            ((12.0, 3.0, 0.0),), (0,), "float16", half_precision, single_precision, (0, 0), 20.0
        ),
        # The last row is padding, and its target a placeholder.
        "all_masked_row": Bug(
            ((3.0, 1.0, 0.0), (0.5, 2.0, -1.0), (_MASKED, _MASKED, _MASKED)),
            (0, 1, 0),
            "float64",
            cross_entropy,
            without_padding,
            (0, 0),
            10.0,
        ),
        # Label smoothing: C. Szegedy et al., "Rethinking the Inception Architecture for Computer
        # Vision", CVPR 2016, section 7. Its uniform distribution is over the classes there are.
        "smoothing_masked": Bug(
            ((4.0, 1.0, _MASKED),),
            (0,),
            "float64",
            smoothing_masked,
            smoothing_unmasked,
            (0, 0),
            10.0,
        ),
        # The divisor of the mean with class weights: torch.nn.CrossEntropyLoss, PyTorch 2
        # documentation. The three rows have the same loss before they are weighted.
        "weighted_mean": Bug(
            ((2.0, 0.0, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 2.0)),
            (0, 1, 2),
            "float64",
            divided_by_rows,
            divided_by_weights,
            (2, 2),
            10.0,
        ),
        # C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 4.3.4:
        # classes that exclude each other call for the softmax, 4.3.2: two classes for the sigmoid.
        "sigmoid_first": Bug(
            ((5.0, 12.0, 0.0),), (0,), "float64", sigmoid_first, cross_entropy, (0, 1), 20.0
        ),
        "target_off_by_one": Bug(
            ((6.0, 0.0, 1.0), (0.0, 7.0, 1.0), (1.0, 0.0, 6.0)),
            (0, 1, 2),
            "float64",
            target_off_by_one,
            cross_entropy,
            (0, 0),
            10.0,
        ),
    }
)
"""The bugs by name."""
