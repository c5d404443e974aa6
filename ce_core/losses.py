"""Cross-entropy of classes and of yes/no questions, computed from logits, with its gradient.

Computing from logits is what keeps the digits: log(softmax(z)) has lost them by the time the log is
taken. The options mean what they mean in PyTorch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ce_core._checks import Array, as_index, as_real, to_float64
from ce_core._softmax import accurate_softmax, accurate_terms
from ce_core._targets import (
    Reduction,
    as_classes,
    as_scores,
    binary_terms,
    class_terms,
    reduce,
    times_log,
)
from ce_core.activations import log_sigmoid, log_softmax, sigmoid

# 0 * inf and a loss beyond the largest number have the results that the docstrings promise.
_QUIET: Any = {"over": "ignore", "under": "ignore", "invalid": "ignore"}


def one_hot(target: npt.ArrayLike, num_classes: int, dtype: npt.DTypeLike = float) -> Array:
    """Return class indices as vectors with a single 1: the target as a distribution.

    Parameters
    ----------
    target : array_like of int
        Class indices in 0..num_classes-1, of any shape.
    num_classes : int
        C, at least 1.
    dtype : dtype_like, optional
        The dtype of the result.

    Returns
    -------
    ndarray, shape (..., C)
        1 at the index, 0 elsewhere.

    Raises
    ------
    TypeError
        If `target` or `num_classes` is no integer.
    ValueError
        If a target is outside 0..num_classes-1, or `num_classes` is below 1.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 4.3.4: the
    1-of-K coding scheme (not looked up).

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    count = as_index(num_classes, "num_classes")
    if count < 1:
        raise ValueError(f"num_classes must be at least 1; got {count}")
    return np.asarray(as_classes(target, count)[..., None] == np.arange(count), dtype)


def cross_entropy(
    logits: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    weight: npt.ArrayLike | None = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
) -> Array:
    r"""Return the cross-entropy between targets and the softmax of logits, in nats.

    For one sample with logits z and the class y that is true,

    .. math:: \ell = -w_y \ln p_y, \qquad p = \operatorname{softmax}(z) ,

    and for target probabilities q, :math:`\ell = -\sum_c w_c q_c \ln p_c`.

    Parameters
    ----------
    logits : array_like, shape (C,) or (N, C)
        One vector of real numbers per sample. -inf is a masked class.
    target : array_like
        The index of the true class, one integer per sample; or probabilities of the logits' shape,
        as floating-point numbers.
    weight : array_like, shape (C,), optional
        w, finite and not negative; 1 for every class if not given.
    ignore_index : int, optional
        Samples with this target are left out, whatever their logits. It need not be a class, and it
        has no meaning for target probabilities. PyTorch's default is -100; here it is none.
    label_smoothing : float, optional
        ε in [0, 1]: the target is mixed with equal probabilities, q = (1 - ε) q + ε / C.
    reduction : {"mean", "sum", "none"}, optional
        "none" returns one loss per sample and "sum" their sum. "mean" divides the sum by the sum of
        the true classes' weights, over the samples that are not ignored; for target probabilities
        it divides by N.

    Returns
    -------
    ndarray or scalar
        Of shape (N,) for "none" and (N, C) logits, else a scalar, of the floating dtype of `logits`
        (float64 for integers). A class with probability 0 and target 0 adds 0 log 0 = 0; with a
        positive target it makes the loss inf. nan logits and logits that are all -inf make it nan;
        an inf makes it nan for its own class and inf for the others. The mean over no samples, and
        over weights that are all 0, is nan.

    Raises
    ------
    TypeError
        If an argument is not made of real numbers, or target or `ignore_index` not of integers.
    ValueError
        If a shape does not fit, C is 0, a target is outside 0..C-1, target probabilities are
        negative or do not sum to 1, a weight is negative or not finite, `label_smoothing` is
        outside [0, 1], `reduction` is unknown, or `ignore_index` comes with target probabilities.

    See Also
    --------
    cross_entropy_gradient
    ce_core.naive.cross_entropy : -log of the softmax, as written.

    Notes
    -----
    Computed from the accurate `log_softmax`, in float64, and rounded once: time is not the point of
    one number for each sample. A loss is off by 1.5 ulps in float64, and by half an ulp elsewhere.
    In PyTorch 0 * -inf is nan: with target probabilities a masked
    class makes its loss nan even where the target is 0.

    References
    ----------
    ``torch.nn.CrossEntropyLoss``, PyTorch 2 documentation. Label smoothing: C. Szegedy et al.,
    "Rethinking the Inception Architecture for Computer Vision", CVPR 2016, section 7.

    Examples
    --------
    >>> cross_entropy([2.0, 1.0, 0.1], 0).round(6)
    np.float64(0.41703)
    >>> cross_entropy([[1000.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [1, 1], reduction="none")
    array([1000.        ,    1.09861229])
    >>> cross_entropy([2.0, 1.0, 0.1], [0.5, 0.5, 0.0]).round(6)
    np.float64(0.91703)
    """
    given = as_scores(logits)
    z = to_float64(given)
    with np.errstate(**_QUIET):
        terms = class_terms(z, target, weight, ignore_index, label_smoothing, reduction)
        # 0 - sum rather than -sum: a loss of zero is 0.0, not -0.0.
        losses = 0 - times_log(terms.coefficients, log_softmax(z, accurate=True)).sum(-1)
        return reduce(losses, terms.divisor, reduction).astype(given.dtype)


def cross_entropy_gradient(
    logits: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    weight: npt.ArrayLike | None = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
) -> Array:
    r"""Return the derivative of `cross_entropy` with respect to the logits.

    For one sample with the target as probabilities q and all weights 1 it is p - q, with
    p = softmax(z).

    Parameters
    ----------
    logits, target, weight, ignore_index, label_smoothing, reduction
        As in `cross_entropy`.

    Returns
    -------
    ndarray
        Of the shape and floating dtype of `logits` (float64 for integers), per unit of logit: for
        "mean" and "sum" the gradient of that number; for "none" each sample's loss is
        differentiated with respect to its own logits, which is the same as for "sum". Zero for
        ignored samples. Logits with nan or inf, or all -inf, make their row nan; a mean over
        weights that are all 0 makes every row nan.

    Raises
    ------
    TypeError, ValueError
        As `cross_entropy`.

    See Also
    --------
    cross_entropy

    Notes
    -----
    With coefficients :math:`a_c = w_c q_c`,

    .. math::

        \frac{\partial \ell}{\partial z_i}
        = p_i \sum_c a_c - a_i
        = a_i (p_i - 1) + p_i \sum_{c \ne i} a_c ,

    and the last form is computed, in float64 and from the accurate `softmax`. Of the most probable
    class 1 - p is the sum of the others: where the answer is right and confident, p rounds to 1 but
    the gradient is not 0. It is off by 2.6 ulps in float64, and by half an ulp elsewhere.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 4.109
    (not looked up).

    Examples
    --------
    >>> cross_entropy_gradient([2.0, 1.0, 0.1], 0).round(4)
    array([-0.341 ,  0.2424,  0.0986])
    >>> print(f"{cross_entropy_gradient(np.array([20, 0, 0], dtype=np.float32), 0)[0]:.5e}")
    -4.12231e-09
    """
    given = as_scores(logits)
    z = to_float64(given)
    with np.errstate(**_QUIET):
        terms = class_terms(z, target, weight, ignore_index, label_smoothing, reduction)
        a = terms.coefficients
        parts = accurate_terms(z, -1)
        p = accurate_softmax(parts, -1)
        # p - 1, which is exact up to 1/2; of the largest it is minus the sum of the others.
        less = p - 1
        np.put_along_axis(less, parts.place, -parts.rest / (1 + parts.rest), -1)
        gradient = a * less + p * (a.sum(-1, keepdims=True) - a)
        gradient = np.where(terms.counted[..., None], gradient / terms.divisor, 0)
        return gradient.astype(given.dtype)


def binary_cross_entropy_with_logits(
    logits: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    weight: npt.ArrayLike | None = None,
    pos_weight: npt.ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> Array:
    r"""Return the cross-entropy between yes/no targets and the sigmoid of logits, in nats.

    For one logit x with target y,

    .. math:: \ell = -w \left( v\, y \ln \sigma(x) + (1 - y) \ln(1 - \sigma(x)) \right) .

    Parameters
    ----------
    logits : array_like
        Real numbers of any shape.
    target : array_like
        Of the same shape: the probability, in [0, 1], that the answer is yes.
    weight : array_like, optional
        w, finite and not negative, of a shape that broadcasts to the logits'.
    pos_weight : array_like, optional
        v, the weight of the answer yes: finite, not negative, and broadcast likewise. A vector of
        length C weights each of C classes in logits of shape (N, C).
    reduction : {"mean", "sum", "none"}, optional
        "none" returns one loss per logit, "sum" their sum, and "mean" divides the sum by the number
        of logits, whatever the weights.

    Returns
    -------
    ndarray or scalar
        Of the logits' shape for "none", else a scalar, of the floating dtype of `logits` (float64
        for integers). A logit of inf or -inf has loss 0 if its target is right and inf otherwise; a
        nan has loss nan unless its weight is 0. The mean over no logits is nan.

    Raises
    ------
    TypeError
        If an argument is not made of real numbers.
    ValueError
        If a shape does not fit, a target is outside [0, 1], a weight is negative or not finite, or
        `reduction` is unknown.

    See Also
    --------
    binary_cross_entropy_with_logits_gradient

    Notes
    -----
    ln(1 - σ(x)) is computed as ln σ(-x), all in float64, and rounded once. In PyTorch infinite
    logits have loss nan.

    References
    ----------
    ``torch.nn.BCEWithLogitsLoss``, PyTorch 2 documentation.

    Examples
    --------
    >>> loss = binary_cross_entropy_with_logits([40.0, -1000.0], [1, 1], reduction="none")
    >>> loss
    array([4.24835426e-18, 1.00000000e+03])
    """
    given = as_real(logits, "logits")
    x = to_float64(given)
    with np.errstate(**_QUIET):
        terms = binary_terms(x, target, weight, pos_weight, reduction)
        logs = times_log(terms.positive, np.asarray(log_sigmoid(x)))
        logs += times_log(terms.negative, np.asarray(log_sigmoid(-x)))
        return reduce(0 - logs, terms.divisor, reduction).astype(given.dtype)[()]


def binary_cross_entropy_with_logits_gradient(
    logits: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    weight: npt.ArrayLike | None = None,
    pos_weight: npt.ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> Array:
    r"""Return the derivative of `binary_cross_entropy_with_logits` with respect to the logits.

    For one logit x with target y and weights 1 it is σ(x) - y.

    Parameters
    ----------
    logits, target, weight, pos_weight, reduction
        As in `binary_cross_entropy_with_logits`.

    Returns
    -------
    ndarray or scalar
        Of the shape and floating dtype of `logits` (float64 for integers), per unit of logit. For
        "none" each loss is differentiated with respect to its own logit, which is the same as for
        "sum". nan where the logit is nan.

    Raises
    ------
    TypeError, ValueError
        As `binary_cross_entropy_with_logits`.

    See Also
    --------
    binary_cross_entropy_with_logits

    Notes
    -----
    Computed as :math:`w ((1 - y) \sigma(x) - v\, y\, \sigma(-x))`, which keeps its digits where
    σ(x) rounds to 1.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 4.91
    (not looked up).

    Examples
    --------
    >>> binary_cross_entropy_with_logits_gradient([0.0, 40.0], [1, 1], reduction="sum")
    array([-5.00000000e-01, -4.24835426e-18])
    """
    given = as_real(logits, "logits")
    x = to_float64(given)
    with np.errstate(**_QUIET):
        terms = binary_terms(x, target, weight, pos_weight, reduction)
        gradient = terms.negative * sigmoid(x) - terms.positive * sigmoid(-x)
        return np.asarray(gradient / terms.divisor).astype(given.dtype)[()]
