"""The textbook formulas, computed as they are written, so that one can watch them break.

Same names, arguments and checks as the stable versions in `ce_core`. Every operation is carried out
in the format of the input, sums included, and NumPy's warnings are left on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ce_core._checks import Array, as_real, as_vectors
from ce_core._targets import Reduction, as_scores, binary_terms, class_terms, reduce, times_log

__all__ = [
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_gradient",
    "cross_entropy",
    "cross_entropy_gradient",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "sigmoid",
    "softmax",
]


def sigmoid(x: npt.ArrayLike) -> Array:
    r"""Return :math:`1 / (1 + e^{-x})`.

    Parameters, shapes, dtypes and errors are those of `ce_core.sigmoid`. ``exp`` overflows where -x
    is above ln(max) of the format; 1 / inf is then 0, and a warning is all that breaks.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 4.59
    (not looked up).

    Examples
    --------
    >>> sigmoid([0.0, 2.0]).round(4)
    array([0.5   , 0.8808])
    """
    x = as_real(x, "x")
    return np.asarray(1 / (1 + np.exp(-x)))[()]


def log_sigmoid(x: npt.ArrayLike) -> Array:
    r"""Return :math:`\ln(1 / (1 + e^{-x}))`.

    Parameters, shapes, dtypes and errors are those of `ce_core.log_sigmoid`. Where the sigmoid is 0
    it is -inf, and where the sigmoid rounds to 1 it is 0.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 4.59
    (not looked up).

    Examples
    --------
    >>> log_sigmoid([0.0, 40.0]).round(4)
    array([-0.6931,  0.    ])
    """
    return np.asarray(np.log(sigmoid(x)))[()]


def logsumexp(logits: npt.ArrayLike, axis: int = -1, keepdims: bool = False) -> Array:
    r"""Return :math:`\ln \sum_j e^{z_j}`.

    Parameters, shapes, dtypes and errors are those of `ce_core.logsumexp`. It is inf where an
    ``exp`` or the sum overflows, and -inf where every ``exp`` underflows to 0.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and softmax
    functions", IMA J. Numer. Anal. 41 (2021), equation 1.1.

    Examples
    --------
    >>> logsumexp([2.0, 1.0, 0.1]).round(4)
    np.float64(2.417)
    """
    z = as_vectors(logits, axis, "logits")
    return np.asarray(np.log(np.exp(z).sum(axis, keepdims=keepdims)))[()]


def softmax(logits: npt.ArrayLike, axis: int = -1) -> Array:
    r"""Return :math:`e^{z_i} / \sum_j e^{z_j}`.

    Parameters, shapes, dtypes and errors are those of `ce_core.softmax`. Where an ``exp``
    overflows, inf / inf is nan; where only the sum overflows, every probability is 0; where every
    ``exp`` underflows, 0 / 0 is nan.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 4.62
    (not looked up).

    Examples
    --------
    >>> softmax([2.0, 1.0, 0.1]).round(4)
    array([0.659 , 0.2424, 0.0986])
    >>> with np.errstate(over="ignore", invalid="ignore"):
    ...     softmax([1000.0, 0.0])
    array([nan,  0.])
    """
    e = np.exp(as_vectors(logits, axis, "logits"))
    return np.asarray(e / e.sum(axis, keepdims=True))


def log_softmax(logits: npt.ArrayLike, axis: int = -1) -> Array:
    r"""Return :math:`\ln(e^{z_i} / \sum_j e^{z_j})`.

    Parameters, shapes, dtypes and errors are those of `ce_core.log_softmax`. It breaks where
    `softmax` breaks, is -inf where a probability underflows, and 0 where one rounds to 1.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and softmax
    functions", IMA J. Numer. Anal. 41 (2021), 2311-2330, section 1.

    Examples
    --------
    >>> log_softmax([2.0, 1.0, 0.1]).round(4)
    array([-0.417, -1.417, -2.317])
    """
    return np.asarray(np.log(softmax(logits, axis)))


def cross_entropy(
    logits: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    weight: npt.ArrayLike | None = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
) -> Array:
    r"""Return :math:`-\sum_c w_c q_c \ln p_c`, with p from the naive `softmax`.

    Parameters, shapes, dtypes and errors are those of `ce_core.cross_entropy`. Only classes with a
    coefficient enter: with an integer target this is :math:`-w_y \ln p_y`, and no other class's
    logarithm is taken.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 4.108
    (not looked up).

    Examples
    --------
    >>> cross_entropy([2.0, 1.0, 0.1], 0).round(6)
    np.float64(0.41703)
    """
    z = as_scores(logits)
    terms = class_terms(z, target, weight, ignore_index, label_smoothing, reduction)
    losses = 0 - _times_log_of(terms.coefficients, softmax(z)).sum(-1)
    return np.asarray(reduce(losses, terms.divisor, reduction))[()]


def cross_entropy_gradient(
    logits: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    weight: npt.ArrayLike | None = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
) -> Array:
    r"""Return :math:`p_i \sum_c a_c - a_i` with :math:`a_c = w_c q_c` and the naive `softmax` p.

    Parameters, shapes, dtypes and errors are those of `ce_core.cross_entropy_gradient`. With all
    weights 1 it is p - q. It is nan where p is, and 0 where p of the true class rounds to 1.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 4.109
    (not looked up).

    Examples
    --------
    >>> cross_entropy_gradient([2.0, 1.0, 0.1], 0).round(4)
    array([-0.341 ,  0.2424,  0.0986])
    """
    z = as_scores(logits)
    terms = class_terms(z, target, weight, ignore_index, label_smoothing, reduction)
    a = terms.coefficients
    gradient = (softmax(z) * a.sum(-1, keepdims=True) - a) / terms.divisor
    return np.where(terms.counted[..., None], gradient, 0).astype(z.dtype)


def binary_cross_entropy_with_logits(
    logits: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    weight: npt.ArrayLike | None = None,
    pos_weight: npt.ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> Array:
    r"""Return :math:`-w (v\, y \ln p + (1 - y) \ln(1 - p))`, with p from the naive `sigmoid`.

    Parameters, shapes, dtypes and errors are those of `ce_core.binary_cross_entropy_with_logits`.
    A logarithm without a coefficient is not taken. Where p rounds to 1, a wrong answer's loss is
    inf.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 4.90
    (not looked up).

    Examples
    --------
    >>> binary_cross_entropy_with_logits([0.0, 2.0], [1, 0], reduction="none").round(4)
    array([0.6931, 2.1269])
    """
    x = as_real(logits, "logits")
    terms = binary_terms(x, target, weight, pos_weight, reduction)
    p = np.asarray(sigmoid(x))
    losses = 0 - (_times_log_of(terms.positive, p) + _times_log_of(terms.negative, 1 - p))
    return np.asarray(reduce(losses, terms.divisor, reduction))[()]


def binary_cross_entropy_with_logits_gradient(
    logits: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    weight: npt.ArrayLike | None = None,
    pos_weight: npt.ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> Array:
    r"""Return :math:`w ((v\, y + 1 - y)\, p - v\, y)`, with p from the naive `sigmoid`.

    Parameters, shapes, dtypes and errors are those of
    `ce_core.binary_cross_entropy_with_logits_gradient`. With all weights 1 it is p - y. It is 0
    where y is 1 and p rounds to 1.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 4.91
    (not looked up).

    Examples
    --------
    >>> binary_cross_entropy_with_logits_gradient([0.0, 40.0], [1, 1], reduction="sum")
    array([-0.5,  0. ])
    """
    x = as_real(logits, "logits")
    terms = binary_terms(x, target, weight, pos_weight, reduction)
    gradient = (terms.positive + terms.negative) * sigmoid(x) - terms.positive
    return np.asarray(gradient / terms.divisor)[()]


def _times_log_of(coefficients: Array, p: Array) -> Array:
    """Return coefficients * log p, taking the log only where the coefficient is not 0."""
    logs = np.log(p, out=np.zeros_like(p), where=coefficients != 0)
    return times_log(coefficients, logs)
