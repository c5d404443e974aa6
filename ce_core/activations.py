"""Sigmoid, logsumexp and softmax, in the forms that hold for every finite logit.

Formats narrower than float32 are computed in float32 or float64 and rounded once; see
`ce_core.formats.widen`. No function warns. In a format without infinity a result of -inf is nan; in
one without nan, too, it is the lowest number, and a result of nan is 0: see
`ce_core.formats.FloatFormat`.

`softmax` and `log_softmax` have a plain way, which takes no longer than SciPy's and errs as much,
and an accurate one. The errors in the notes are the largest that `bench.accuracy` found.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ce_core._checks import Array, as_real, as_vectors, to_float64
from ce_core._softmax import accurate_softmax, accurate_terms, largest_of, softmax_into
from ce_core.formats import widen

# inf - inf, a difference beyond the largest number, and exp of a very negative one all have the
# result that the docstrings promise.
_QUIET: Any = {"over": "ignore", "under": "ignore", "invalid": "ignore"}


def sigmoid(x: npt.ArrayLike) -> Array:
    r"""Return the logistic function :math:`\sigma(x) = 1 / (1 + e^{-x})`, element by element.

    Parameters
    ----------
    x : array_like
        Real numbers of any shape, in nats: the log of the odds.

    Returns
    -------
    ndarray or scalar
        Probabilities in [0, 1], of the shape and floating dtype of `x`; float64 for integers.
        -inf gives 0, inf gives 1, nan gives nan, and no elements give no elements.

    Raises
    ------
    TypeError
        If `x` is not real numbers.

    See Also
    --------
    log_sigmoid

    Notes
    -----
    ``exp`` is only taken of -abs(x), so it cannot overflow. Everything up to float32 is computed in
    float64; see `ce_core._checks.to_float64`.

    References
    ----------
    N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM 2002, chapter 1:
    rearranging a formula so that its intermediate results stay in range (not looked up).

    Examples
    --------
    >>> sigmoid([-1000.0, 0.0, 1000.0])
    array([0. , 0.5, 1. ])
    """
    given = as_real(x, "x")
    with np.errstate(**_QUIET):
        wide = to_float64(given)
        e = np.exp(-np.abs(wide))
        # For negative x the textbook e / (1 + e) rounds once more than e - e² / (1 + e), whose
        # second term is at most half of the first.
        result = np.where(wide < 0, e - e * e / (1 + e), 1 / (1 + e))
        return result.astype(given.dtype, copy=False)[()]


def log_sigmoid(x: npt.ArrayLike) -> Array:
    r"""Return :math:`\ln \sigma(x) = -\ln(1 + e^{-x})`, element by element.

    Parameters
    ----------
    x : array_like
        Real numbers of any shape, in nats: the log of the odds.

    Returns
    -------
    ndarray or scalar
        Log-probabilities in nats, at most 0, of the shape and floating dtype of `x`; float64 for
        integers. -inf gives -inf, inf gives 0, nan gives nan, no elements give no elements.

    Raises
    ------
    TypeError
        If `x` is not real numbers.

    See Also
    --------
    sigmoid

    Notes
    -----
    Computed as min(x, 0) - log1p(exp(-abs(x))): two terms of one sign, neither of which can
    overflow. Everything up to float32 is computed in float64, as in `sigmoid`.

    References
    ----------
    M. Mächler, "Accurately computing log(1 - exp(-|a|))", vignette of the R package Rmpfr, 2012.

    Examples
    --------
    >>> log_sigmoid([-1000.0, 0.0, 40.0])
    array([-1.00000000e+03, -6.93147181e-01, -4.24835426e-18])
    """
    given = as_real(x, "x")
    with np.errstate(**_QUIET):
        wide = to_float64(given)
        result = np.minimum(wide, 0) - np.log1p(np.exp(-np.abs(wide)))
        return result.astype(given.dtype, copy=False)[()]


def logsumexp(logits: npt.ArrayLike, axis: int = -1, keepdims: bool = False) -> Array:
    r"""Return :math:`\ln \sum_j e^{z_j}` along an axis.

    Parameters
    ----------
    logits : array_like
        Real numbers z, at least one along `axis`, in nats. -inf is a masked class: it adds nothing.
    axis : int, optional
        The axis of the classes.
    keepdims : bool, optional
        Keep that axis, with length one.

    Returns
    -------
    ndarray or scalar
        In nats, of the floating dtype of `logits`; float64 for integers. If all logits are -inf it
        is -inf; if one is inf it is inf; if one is nan it is nan.

    Raises
    ------
    TypeError
        If `logits` are not real numbers or `axis` is no integer.
    ValueError
        If there is no such axis, or no element along it.

    See Also
    --------
    log_softmax : ``logits - logsumexp(logits)``, with more digits.

    Notes
    -----
    With m one index of the largest logit,

    .. math:: z_m + \operatorname{log1p} \sum_{j \ne m} e^{z_j - z_m} .

    No ``exp`` is above 1, so none overflows. Leaving out m, whose ``exp`` is 1, keeps the digits of
    the others: in float32, 1 + 4e-9 is 1, but log1p(4e-9) is 4e-9.

    The exponentials and their sum are in float64, whatever the format: a narrower result is off by
    half an ulp, where SciPy's in float32 is off by up to 33, and takes half of SciPy's time. A
    result near 0 is the difference of two larger numbers: in float64 it is off by an ulp or two of
    these, and so by any number of its own.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and softmax
    functions", IMA J. Numer. Anal. 41 (2021), 2311-2330: the algorithm with a shift.

    Examples
    --------
    >>> logsumexp([1000.0, 1000.0])
    np.float64(1000.6931471805599)
    >>> logsumexp([[0, 0], [0, -np.inf]])
    array([0.69314718, 0.        ])
    """
    given = as_vectors(logits, axis, "logits")
    with np.errstate(**_QUIET):
        z = widen(given)
        index, largest = largest_of(z, axis)
        terms = np.subtract(z, largest, dtype=np.result_type(z, np.float64))
        np.exp(terms, out=terms)
        result = largest + _log_sum(index, terms, axis)
        # A largest logit of inf, -inf or nan is the result itself; z - largest was nan.
        result = np.where(np.isfinite(largest), result, largest).astype(given.dtype, copy=False)
    return result if keepdims else result.squeeze(axis)[()]


def softmax(logits: npt.ArrayLike, axis: int = -1, *, accurate: bool = False) -> Array:
    r"""Return the probabilities :math:`p_i = e^{z_i} / \sum_j e^{z_j}` along an axis.

    Parameters
    ----------
    logits : array_like
        Real numbers z, at least one along `axis`, in nats. -inf is a masked class: it gets
        probability 0.
    axis : int, optional
        The axis of the classes.
    accurate : bool, optional
        Take the rounding error of z - max z into account, see the notes.

    Returns
    -------
    ndarray
        Of the shape and floating dtype of `logits`; float64 for integers. A vector with nan or inf,
        and one whose entries are all -inf, is nan throughout; other vectors are not touched by it.

    Raises
    ------
    TypeError
        If `logits` are not real numbers or `axis` is no integer.
    ValueError
        If there is no such axis, or no element along it.

    See Also
    --------
    log_softmax : where a probability would underflow, or is close to 1.
    ce_core.naive.softmax : the formula as written, which overflows.

    Notes
    -----
    Adding a constant to all logits changes no probability. So the largest logit is subtracted
    first, and no ``exp`` is above 1. The C probabilities of a vector sum to one within (C + 1) u, u
    being the format's unit roundoff, but for what underflows.

    The plain way rounds z - max z, and where that is -d the ``exp`` is off by up to d/2 ulps, as in
    SciPy. ``accurate=True`` computes narrower formats in float64, and for float64 the rounding
    error of the difference, which it gives back to the ``exp``. The result is then off by at most
    2.6 ulps in float64 and half an ulp elsewhere, where the plain one is off by up to 502 in
    float64 and 62 in float32. It takes 1.2 to 5 times SciPy's time, most of it for vectors of
    many thousands, and memory for four more vectors of float64.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and softmax
    functions", IMA J. Numer. Anal. 41 (2021), 2311-2330: the algorithm with a shift. They show that
    without the division, as exp(z - logsumexp(z)), digits can be lost.

    Examples
    --------
    >>> softmax([2.0, 1.0, 0.1]).round(4)
    array([0.659 , 0.2424, 0.0986])
    >>> softmax([1000.0, 1000.0, -np.inf])
    array([0.5, 0.5, 0. ])
    >>> z = [0.1, -99.7]
    >>> float(softmax(z)[1]), float(softmax(z, accurate=True)[1])  # it is 4.54371105767722192e-44
    (4.543711057677247e-44, 4.543711057677221e-44)
    """
    given = as_vectors(logits, axis, "logits")
    with np.errstate(**_QUIET):
        if accurate:
            p = accurate_softmax(accurate_terms(given, axis), axis)
        else:
            z = widen(given)
            p = softmax_into(np.empty_like(z), z, axis)
        return p.astype(given.dtype, copy=False)


def softmax_jacobian(logits: npt.ArrayLike) -> Array:
    r"""Return :math:`\partial p_i / \partial z_j = p_i (\delta_{ij} - p_j)`, with p = softmax(z).

    Parameters
    ----------
    logits : array_like, shape (..., C)
        Real numbers z, in nats, C >= 1. -inf is a masked class: its row and column are 0.

    Returns
    -------
    ndarray, shape (..., C, C)
        Row i, column j: by how much p_i changes per unit of z_j. Of the floating dtype of `logits`;
        float64 for integers. Symmetric. Logits with nan or inf, or all -inf, make their matrix nan.

    Raises
    ------
    TypeError
        If `logits` are not real numbers.
    ValueError
        If there is no axis of classes, or no element along it.

    See Also
    --------
    softmax

    Notes
    -----
    Adding a constant to all logits changes no probability, so a row sums to 0; as the probabilities
    sum to 1 whatever the logits, so does a column. On the diagonal 1 - p_i is computed as the sum
    of the other probabilities: where p_i rounds to 1, their sum is not 0. The probabilities are the
    accurate ones, in float64, and each entry is rounded once.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 4.106
    (not looked up).

    Examples
    --------
    >>> softmax_jacobian([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    >>> print(f"{softmax_jacobian(np.array([20, 0, 0], dtype=np.float32))[0, 0]:.5e}")
    4.12231e-09
    """
    given = as_vectors(logits, -1, "logits")
    with np.errstate(**_QUIET):
        p = softmax(to_float64(given), accurate=True)
        diagonal = np.eye(p.shape[-1], dtype=bool)
        others = np.where(diagonal, 0, p[..., None, :]).sum(-1, keepdims=True)
        factors = np.where(diagonal, others, 0 - p[..., None, :])
        return np.asarray(p[..., None] * factors).astype(given.dtype, copy=False)


def log_softmax(logits: npt.ArrayLike, axis: int = -1, *, accurate: bool = False) -> Array:
    r"""Return the log-probabilities :math:`\ln p_i = z_i - \ln \sum_j e^{z_j}` along an axis.

    Parameters
    ----------
    logits : array_like
        Real numbers z, at least one along `axis`, in nats. -inf is a masked class: it gets
        log-probability -inf.
    axis : int, optional
        The axis of the classes.
    accurate : bool, optional
        Take the rounding error of z - max z into account, see the notes.

    Returns
    -------
    ndarray
        In nats, of the shape and floating dtype of `logits`; float64 for integers. A vector with
        nan is nan throughout, and so is one whose entries are all -inf. In a vector with inf, each
        inf gives nan and the others -inf. A log-probability beyond the format is -inf.

    Raises
    ------
    TypeError
        If `logits` are not real numbers or `axis` is no integer.
    ValueError
        If there is no such axis, or no element along it.

    See Also
    --------
    softmax, logsumexp

    Notes
    -----
    With m one index of the largest logit,

    .. math:: (z_i - z_m) - \operatorname{log1p} \sum_{j \ne m} e^{z_j - z_m} .

    Both terms are at most 0, so no digit cancels, and the ``log1p`` of a sum that leaves out m
    keeps the digits of a confident answer, see `logsumexp`.

    The plain way and the accurate one differ as those of `softmax` do. The errors are 1.8 ulps in
    float64 and half an ulp elsewhere, and in the plain way up to 479 in float64 and 62 in float32.
    ``accurate=True`` takes 1 to 3 times SciPy's time, and memory for four more vectors of
    float64.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and softmax
    functions", IMA J. Numer. Anal. 41 (2021), 2311-2330: the algorithm with a shift.

    Examples
    --------
    >>> log_softmax([2.0, 1.0, 0.1]).round(4)
    array([-0.417, -1.417, -2.317])
    >>> print(f"{log_softmax(np.array([20, 0, 0], dtype=np.float32))[0]:.5e}")
    -4.12231e-09
    """
    given = as_vectors(logits, axis, "logits")
    with np.errstate(**_QUIET):
        if accurate:
            terms = accurate_terms(given, axis)
            log_sum = np.where(np.isfinite(terms.largest), np.log1p(terms.rest), 0)
            result = np.asarray(terms.shifted + (terms.lost - log_sum))
            return result.astype(given.dtype, copy=False)
        z = widen(given)
        index, largest = largest_of(z, axis)
        log_p = z - largest
        log_sum = _log_sum(index, np.exp(log_p), axis)
        # Without a finite largest logit, log_p already has the entries that are promised.
        log_p -= np.where(np.isfinite(largest), log_sum, 0)
        return log_p.astype(given.dtype, copy=False)


def _log_sum(index: Array, exp: Array, axis: int) -> Array:
    """Return the log of the sum along the axis, of which the term at `index` is 1.

    That term is set to 0 in place: log1p adds it.
    """
    np.put_along_axis(exp, index, 0, axis)
    return np.asarray(np.log1p(exp.sum(axis, keepdims=True)))
