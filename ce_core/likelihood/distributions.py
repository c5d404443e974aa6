"""Entropies of distributions, and the likelihood of observations in float64."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from ce_core._checks import Array, as_distribution, to_float64
from ce_core.likelihood._inputs import alike, probabilities_and_counts

Unit = Literal["nats", "bits"]

_NATS = {"nats": 1.0, "bits": math.log(2)}


def multinomial_likelihood(
    probabilities: npt.ArrayLike, counts: npt.ArrayLike, axis: int = -1
) -> Array:
    r"""Return :math:`\prod_c p_c^{n_c}`: how probable a sequence of observed classes was.

    Parameters
    ----------
    probabilities : array_like
        p, non-negative and with sum 1 along `axis`.
    counts : array_like
        n, how often each class was observed: finite, not negative, and of a shape that broadcasts
        with the probabilities'. The one-hot vector of a class counts one observation.
    axis : int, optional
        The axis of the classes.

    Returns
    -------
    ndarray or scalar
        In [0, 1], of the floating dtype of `probabilities`; float64 for integers. A class with
        probability 0 that was never observed is a factor of 0^0 = 1. Many observations underflow
        to 0, without a warning.

    Raises
    ------
    TypeError
        If an argument is not made of real numbers or `axis` is no integer.
    ValueError
        If `probabilities` are no distribution along `axis`, there is no such axis or no class along
        it, a count is negative or not finite, or the shapes do not broadcast.

    See Also
    --------
    multinomial_log_likelihood : the same where the product underflows.

    Notes
    -----
    The number of orders in which the classes could have come, n! / (n_1! ... n_C!), is left out: it
    does not depend on the probabilities.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 2.29.

    Examples
    --------
    >>> multinomial_likelihood([0.5, 0.25, 0.25], [2, 1, 0])
    np.float64(0.0625)
    >>> multinomial_likelihood([0.5, 0.25, 0.25], [2000, 1000, 0])
    np.float64(0.0)
    """
    given, p, n = probabilities_and_counts(probabilities, counts, axis)
    with np.errstate(under="ignore"):
        return np.asarray(np.prod(p**n, axis)).astype(given.dtype)[()]


def multinomial_log_likelihood(
    probabilities: npt.ArrayLike, counts: npt.ArrayLike, axis: int = -1, unit: Unit = "nats"
) -> Array:
    r"""Return :math:`\sum_c n_c \ln p_c`, the logarithm of the likelihood.

    Parameters
    ----------
    probabilities, counts, axis
        As in `multinomial_likelihood`.
    unit : {"nats", "bits"}, optional
        The unit of the result.

    Returns
    -------
    ndarray or scalar
        At most 0, of the floating dtype of `probabilities`; float64 for integers. -inf where a
        class with probability 0 was observed, and beyond the format.

    Raises
    ------
    TypeError, ValueError
        As `multinomial_likelihood`, and ValueError for an unknown unit.

    See Also
    --------
    ce_core.cross_entropy : minus the mean of this over samples, computed from logits.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 2.31.

    Examples
    --------
    >>> multinomial_log_likelihood([0.5, 0.25, 0.25], [2000, 1000, 0], unit="bits").round(6)
    np.float64(-4000.0)
    """
    given, p, n = probabilities_and_counts(probabilities, counts, axis)
    return _total(_times_log(n, p), axis, unit, given)


def entropy(p: npt.ArrayLike, axis: int = -1, unit: Unit = "nats") -> Array:
    r"""Return :math:`H(p) = -\sum_c p_c \ln p_c`.

    Parameters
    ----------
    p : array_like
        Probabilities, non-negative and with sum 1 along `axis`.
    axis : int, optional
        The axis of the classes.
    unit : {"nats", "bits"}, optional
        The unit of the result.

    Returns
    -------
    ndarray or scalar
        Between 0 and ln C, of the floating dtype of `p`; float64 for integers.

    Raises
    ------
    TypeError
        If `p` is not real numbers or `axis` is no integer.
    ValueError
        If `p` is no distribution along `axis`, there is no such axis or no class along it, or the
        unit is unknown.

    References
    ----------
    T. M. Cover, J. A. Thomas, "Elements of Information Theory", 2nd ed., Wiley 2006, equation 2.1
    (not looked up).

    Examples
    --------
    >>> entropy([0.5, 0.25, 0.25], unit="bits")
    np.float64(1.5)
    """
    given = as_distribution(p, axis, "p")
    wide = to_float64(given)
    return _total(0 - _times_log(wide, wide), axis, unit, given)


def cross_entropy(p: npt.ArrayLike, q: npt.ArrayLike, axis: int = -1, unit: Unit = "nats") -> Array:
    r"""Return :math:`H(p, q) = -\sum_c p_c \ln q_c = H(p) + D(p \| q)`.

    Parameters
    ----------
    p, q : array_like
        Probabilities, non-negative and with sum 1 along `axis`; the shapes broadcast. p is what is
        true, q what is predicted.
    axis : int, optional
        The axis of the classes.
    unit : {"nats", "bits"}, optional
        The unit of the result.

    Returns
    -------
    ndarray or scalar
        At least H(p), of the wider of the two floating dtypes; float64 for integers. inf where q is
        0 and p is not.

    Raises
    ------
    TypeError
        If `p` or `q` is not real numbers or `axis` is no integer.
    ValueError
        If `p` or `q` is no distribution along `axis`, there is no such axis or no class along it,
        the shapes do not broadcast, or the unit is unknown.

    See Also
    --------
    ce_core.cross_entropy : with q given by logits, which keeps the digits of a q close to 1 or 0.

    References
    ----------
    K. P. Murphy, "Probabilistic Machine Learning: An Introduction", MIT Press 2022, section 6.1.2
    (not looked up).

    Examples
    --------
    >>> cross_entropy([0.5, 0.25, 0.25], [0.25, 0.5, 0.25], unit="bits")
    np.float64(1.75)
    """
    given, true, predicted = _two_distributions(p, q, axis)
    return _total(0 - _times_log(true, predicted), axis, unit, given)


def kl_divergence(p: npt.ArrayLike, q: npt.ArrayLike, axis: int = -1, unit: Unit = "nats") -> Array:
    r"""Return :math:`D(p \| q) = \sum_c p_c \ln(p_c / q_c)`, what it costs to take q for p.

    Parameters
    ----------
    p, q, axis, unit
        As in `cross_entropy`.

    Returns
    -------
    ndarray or scalar
        Of the wider of the two floating dtypes; float64 for integers. 0 if p = q, inf where q is 0
        and p is not. Positive otherwise, if both sum to 1 exactly.

    Raises
    ------
    TypeError, ValueError
        As `cross_entropy`.

    Notes
    -----
    Where p is within a factor of two of q, the logarithm of their ratio is log1p((p - q) / q), for
    p - q is exact there (Sterbenz' lemma) and the ratio, if close to 1, is not. Where the ratio
    overflows, it is the difference of two logarithms.

    References
    ----------
    T. M. Cover, J. A. Thomas, "Elements of Information Theory", 2nd ed., Wiley 2006, equation 2.26
    (not looked up).

    Examples
    --------
    >>> kl_divergence([0.5, 0.25, 0.25], [0.25, 0.5, 0.25], unit="bits")
    np.float64(0.25)
    """
    given, true, predicted = _two_distributions(p, q, axis)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        ratio = true / predicted
        logs = np.select(
            [(ratio >= 0.5) & (ratio <= 2), np.isfinite(ratio)],
            [np.log1p((true - predicted) / predicted), np.log(ratio)],
            np.log(true) - np.log(predicted),
        )
    terms = np.multiply(true, logs, out=np.zeros_like(logs), where=true != 0)
    return _total(terms, axis, unit, given)


def _two_distributions(p: npt.ArrayLike, q: npt.ArrayLike, axis: int) -> tuple[Array, Array, Array]:
    true, predicted = as_distribution(p, axis, "p"), as_distribution(q, axis, "q")
    if true.shape[axis] != predicted.shape[axis]:
        raise ValueError(
            f"p and q must have the same classes along axis {axis}; got shapes {true.shape} and "
            f"{predicted.shape}"
        )
    wider = true if true.itemsize >= predicted.itemsize else predicted
    return (wider, *alike(true, predicted, "p and q"))


def _times_log(coefficients: Array, p: Array) -> Array:
    """Return coefficients * ln p with 0 ln 0 = 0."""
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        products = np.zeros(p.shape, np.result_type(coefficients, p))
        return np.multiply(coefficients, np.log(p), out=products, where=coefficients != 0)


def _total(terms: Array, axis: int, unit: Unit, given: Array) -> Array:
    if not isinstance(unit, str) or unit not in _NATS:
        raise ValueError(f"unit must be one of {', '.join(_NATS)}; got {unit!r}")
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(terms.sum(axis) / _NATS[unit]).astype(given.dtype)[()]
