"""Gradient descent on the logits themselves: the shortest training that there is.

A network moves its logits by moving its weights. With the weights left out, what remains is the
pull of the loss alone, and where it comes to rest.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ce_core._checks import as_index, as_weight
from ce_core._softmax import softmax_into
from ce_core._targets import times_log
from ce_core.activations import log_softmax, softmax
from ce_core.formats import as_float64
from ce_core.losses import one_hot

__all__ = ["descend", "loss_along", "slope", "smoothed_target"]

Array = npt.NDArray[np.float64]


def descend(
    logits: npt.ArrayLike,
    target: int,
    rate: npt.ArrayLike,
    steps: int,
    label_smoothing: npt.ArrayLike = 0.0,
) -> Array:
    r"""Return the path of :math:`z \leftarrow z - \eta\, (\operatorname{softmax}(z) - q)`.

    The bracket is the gradient of `ce_core.cross_entropy`; q is its smoothed target,
    1 - ε + ε / C for the true class and ε / C for every other.

    Parameters
    ----------
    logits : array_like, shape (..., C)
        Where the paths begin: real numbers, in nats.
    target : int
        The true class, 0 <= target < C.
    rate : array_like
        η, finite and not negative, in logits per unit of gradient; broadcast to the shape (...).
    steps : int
        How many steps to take, at least 0.
    label_smoothing : array_like, optional
        ε in [0, 1], broadcast to the shape (...).

    Returns
    -------
    float64 array, shape (..., steps + 1, C)
        The logits before the first step and after each. -inf is a masked class and stays -inf. As
        in `ce_core.cross_entropy`, q does not heed masks: where a masked class has q > 0, the loss
        is inf throughout and the sum of the other logits falls. Logits with nan or inf, or all
        -inf, are nan after one step.

    Raises
    ------
    TypeError
        If logits, rate or label_smoothing are no real numbers, or target or steps is no integer.
    ValueError
        If there is no class, the target is out of range, steps is negative, a rate is negative or
        not finite, a smoothing is outside [0, 1], or one of the two does not broadcast.

    See Also
    --------
    loss_along : the loss at each point.

    Notes
    -----
    The eigenvalues of the Hessian, diag(p) - p pᵀ, are at most 1/2 (Böhning), so a step lowers the
    loss by at least :math:`\eta (1 - \eta / 4) \lVert g \rVert^2`, g being the gradient: for every
    rate below 4 it falls. The entries of g sum to 0, so the sum of the logits stays what it was.
    For ε = 0 the loss has no minimum: the logits part forever, and ever more slowly. For ε > 0 they
    come to rest at ln q, up to a constant, where the loss is the entropy of q.

    References
    ----------
    D. Böhning, "Multinomial logistic regression algorithm", Ann. Inst. Statist. Math. 44 (1992),
    197-200: the bound. Y. Nesterov, "Lectures on Convex Optimization", 2nd ed., Springer 2018,
    section 1.2.3: what it means for a step (looked up in the first edition, pages 22 to 26).

    Examples
    --------
    >>> descend([0.0, 0.0], target=0, rate=1.0, steps=2).round(4)
    array([[ 0.    ,  0.    ],
           [ 0.5   , -0.5   ],
           [ 0.7689, -0.7689]])
    """
    z = _with_classes(logits, "logits", 1)
    eta = _for_rows(as_weight(rate, "rate"), z.shape[:-1], "rate")[..., None]
    count = as_index(steps, "steps")
    if count < 0:
        raise ValueError(f"steps must be at least 0; got {count}")
    q = smoothed_target(target, z.shape[-1], _for_rows(label_smoothing, z.shape[:-1]))
    # The classes stand first on the way: NumPy sums over a short last axis slowly.
    z, eta, q = (np.moveaxis(x, -1, 0).copy() for x in (z, eta, q))
    path = np.empty((count + 1, *z.shape))
    path[0] = z
    # A step beyond the largest number leads to inf, and one below the smallest is 0.
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        pull = np.empty_like(z)
        for here, after in pairwise(path):
            _less(softmax_into(pull, here, 0), q, target)
            pull *= eta
            np.subtract(here, pull, out=after)
    return np.moveaxis(path, (0, 1), (-2, -1))


def slope(logits: npt.ArrayLike, target: int, label_smoothing: npt.ArrayLike = 0.0) -> Array:
    r"""Return :math:`\operatorname{softmax}(z) - q`, the gradient of the cross-entropy.

    Parameters
    ----------
    logits, target, label_smoothing
        As in `descend`.

    Returns
    -------
    float64 array, shape (..., C)
        By how much the loss changes per unit of each logit; 0 in sum over the classes, but for
        rounding.

    Raises
    ------
    TypeError, ValueError
        As `descend`.

    See Also
    --------
    ce_core.cross_entropy_gradient : the same for samples, with the options of a loss.

    Notes
    -----
    Where p of the true class rounds to 1 its slope is not 0: it is minus the sum of the others. The
    accurate `ce_core.softmax` is taken.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 4.109
    (not looked up).

    Examples
    --------
    >>> slope([2.0, 1.0, 0.1], target=0).round(4)
    array([-0.341 ,  0.2424,  0.0986])
    >>> slope([40.0, 0.0, 0.0], target=0)
    array([-8.49670851e-18,  4.24835426e-18,  4.24835426e-18])
    """
    z = _with_classes(logits, "logits", 1)
    q = smoothed_target(target, z.shape[-1], _for_rows(label_smoothing, z.shape[:-1]))
    z, q = (np.moveaxis(x, -1, 0) for x in (z, q))  # as in `descend`
    slopes = _less(softmax(z, axis=0, accurate=True), q, target)
    return np.moveaxis(slopes, 0, -1)


def smoothed_target(target: int, classes: int, label_smoothing: npt.ArrayLike = 0.0) -> Array:
    r"""Return :math:`q = (1 - \epsilon)\, y + \epsilon / C`, with y the one-hot target.

    Parameters
    ----------
    target : int
        The true class, 0 <= target < C.
    classes : int
        C.
    label_smoothing : array_like, shape (...), optional
        ε in [0, 1].

    Returns
    -------
    float64 array, shape (..., C)

    Raises
    ------
    TypeError
        If target or classes are no integers, or label_smoothing is no real number.
    ValueError
        If the target is out of range or a smoothing is outside [0, 1].

    References
    ----------
    C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016,
    section 7.

    Examples
    --------
    >>> smoothed_target(0, 4, [0.0, 0.5])
    array([[1.   , 0.   , 0.   , 0.   ],
           [0.625, 0.125, 0.125, 0.125]])
    """
    eps = as_float64(label_smoothing, "label_smoothing")[..., None]
    bad = ~((eps >= 0) & (eps <= 1))
    if bad.any():
        raise ValueError(f"label_smoothing must be in [0, 1]; got {eps[bad][0]}")
    return np.asarray((1 - eps) * one_hot(as_index(target, "target"), classes) + eps / classes)


def loss_along(path: npt.ArrayLike, target: int, label_smoothing: npt.ArrayLike = 0.0) -> Array:
    """Return the cross-entropy at every point of paths, in nats.

    Parameters
    ----------
    path : array_like, shape (..., steps + 1, C)
        Logits, as from `descend`.
    target : int
        The true class, 0 <= target < C.
    label_smoothing : array_like, optional
        ε in [0, 1], broadcast to the shape (...).

    Returns
    -------
    float64 array, shape (..., steps + 1)
        What `ce_core.cross_entropy` gives for each point, at special values too. There are many
        points, so it is computed the plain way, see `ce_core.log_softmax`.

    Raises
    ------
    TypeError
        If path or label_smoothing are no real numbers, or target is no integer.
    ValueError
        If the path has no axis of steps or no class, the target is out of range, or a smoothing is
        outside [0, 1] or does not broadcast.

    References
    ----------
    C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016,
    section 7: label smoothing.

    Examples
    --------
    >>> loss_along(descend([0.0, 0.0], target=0, rate=1.0, steps=2), target=0).round(4)
    array([0.6931, 0.3133, 0.1946])
    """
    z = _with_classes(path, "path", 2)
    q = smoothed_target(target, z.shape[-1], _for_rows(label_smoothing, z.shape[:-2]))
    z, q = (np.moveaxis(x, -1, 0) for x in (z, q))  # as in `descend`, where they stand so already
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        # 0 - sum rather than -sum: a loss of zero is 0.0, not -0.0.
        return np.asarray(0 - times_log(q[..., None], log_softmax(z, axis=0)).sum(0))


def _less(p: Array, q: Array, target: int) -> Array:
    """Turn probabilities (C, ...) into p - q in place, to the last digits of a confident answer.

    From 1/2 on, 1 - p has lost digits to the rounding of p; the other probabilities have them.
    """
    true = p[target].copy()
    p -= q
    p[target] = 0
    p[target] = np.where(true > 0.5, 0 - p.sum(0), true - q[target])
    return p


def _with_classes(values: npt.ArrayLike, name: str, axes: int) -> Array:
    array = as_float64(values, name)
    if array.ndim < axes or array.shape[-1] == 0:
        shape = "(..., C)" if axes == 1 else "(..., steps + 1, C)"
        raise ValueError(f"{name} must have shape {shape} with C >= 1; got {array.shape}")
    return array


def _for_rows(
    values: npt.ArrayLike, shape: tuple[int, ...], name: str = "label_smoothing"
) -> Array:
    array = as_float64(values, name)
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(f"{name} must broadcast to shape {shape}; got {array.shape}") from None
