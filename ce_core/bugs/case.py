"""What a case of the gallery is: a mistake, its repair, and a batch that shows the difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ce_core._checks import Array
from ce_core.formats import as_float64, lookup


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
        From logits (..., N, C) and target (N,) to the loss of each batch, in nats. Where there is a
        `power` they take the scales (...) as well, and return one derivative of the loss.
    move : tuple of int
        The row and the class of the logit whose slider shows the symptom best; with a `power`, of
        the logit after which they differentiate.
    reach : float
        The slider reaches from -reach to reach.
    power : float, optional
        The power of two that scales the gradient. The slider moves it instead of a logit.

    Examples
    --------
    >>> from ce_core.bugs import BUGS
    >>> bug = BUGS["sigmoid_first"]
    >>> bug.logits, bug.target
    (((5.0, 12.0, 0.0),), (0,))
    """

    logits: tuple[tuple[float, ...], ...]
    target: tuple[int, ...]
    format: str
    broken: Callable[..., Array]
    repaired: Callable[..., Array]
    move: tuple[int, int]
    reach: float
    power: float | None = None


def run(bug: Bug, logits: npt.ArrayLike, power: npt.ArrayLike | None = None) -> tuple[Array, Array]:
    """Return what the broken and what the repaired code make of batches of logits.

    Parameters
    ----------
    bug : Bug
        The case, with its true classes.
    logits : array_like, shape (..., N, C)
        Batches of the shape of the case's own, in nats. They are rounded to the case's format.
    power : array_like, shape (...), optional
        For a case with a `power`: that of each batch, the case's own if none is given. The scale
        ``2**power`` is stored in float32.

    Returns
    -------
    broken, repaired : ndarray, shape (...)
        Losses in nats or, in a case with a `power`, derivatives of the loss after one logit (no
        unit), computed in the case's formats and then stored as float64. inf and nan are results
        like any other, and nothing warns of them; no batches have no losses.

    Raises
    ------
    TypeError
        If `logits` or `power` are not real numbers.
    ValueError
        If the last two axes of `logits` are not those of the case, or if a `power` is given to a
        case that has none, or that has not one for each batch.

    See Also
    --------
    ce_core.cross_entropy : with its options, what the repaired functions compute.

    Examples
    --------
    The score of a wrong class rises, and the broken loss stays where it is:

    >>> from ce_core.bugs import BUGS
    >>> batches = [[[5.0, 0.0, 0.0]], [[5.0, 12.0, 0.0]]]
    >>> broken, repaired = run(BUGS["sigmoid_first"], batches)
    >>> broken.round(4), repaired.round(4)
    (array([0.0067, 0.0067]), array([0.0134, 7.0009]))

    A gradient of 1.25e-9 in float16, scaled by 1, 2^16 and 2^46:

    >>> bug = BUGS["scaled_too_late"]
    >>> broken, repaired = run(bug, [bug.logits] * 3, [0.0, 16.0, 46.0])
    >>> print(broken, repaired)
    [0. 0. 0.] [0.00000000e+00 1.25055521e-09            inf]
    """
    wide = as_float64(logits, "logits")
    samples, classes = np.shape(bug.logits)
    if wide.shape[-2:] != (samples, classes):
        raise ValueError(f"logits must have shape (..., {samples}, {classes}); got {wide.shape}")
    target = np.array(bug.target)
    with np.errstate(all="ignore"):
        given = (
            wide.astype(lookup(bug.format).dtype),
            target,
            *_scale(bug, power, wide.shape[:-2]),
        )
        broken, repaired = bug.broken(*given), bug.repaired(*given)
    return np.asarray(broken, np.float64), np.asarray(repaired, np.float64)


def _scale(bug: Bug, power: npt.ArrayLike | None, shape: tuple[int, ...]) -> tuple[Array, ...]:
    """Return the scale of each batch, or nothing for a case without one."""
    if bug.power is None:
        if power is not None:
            raise ValueError(f"power must be None for a case without one; got {power!r}")
        return ()
    powers = np.full(shape, bug.power) if power is None else as_float64(power, "power")
    if powers.shape != shape:
        raise ValueError(f"power must have shape {shape}, one for each batch; got {powers.shape}")
    return (np.exp2(powers).astype(np.float32),)
