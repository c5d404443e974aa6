"""From the likelihood of observations to the cross-entropy between distributions.

N independent observations of C classes, n_j of class j, have under a model with probabilities p_j
the likelihood prod_j p_j ** n_j. (The multinomial distribution has a factor N! / prod n_j! before
it, the number of orders, which does not depend on the model.) Minus its log, divided by N, is the
cross-entropy between the observed frequencies n_j / N and the model. The product leaves a
floating-point format after a few hundred factors, if not sooner; the sum of logs does not.
"""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from ce_core._checks import Array, as_distribution, as_index, as_weight, to_float64
from ce_core.formats import lookup

__all__ = [
    "cross_entropy",
    "entropy",
    "kl_divergence",
    "likelihood_and_underflow",
    "multinomial_likelihood",
    "multinomial_log_likelihood",
    "rounded_likelihood",
    "running_product",
    "underflow_count",
]

Unit = Literal["nats", "bits"]

_NATS = {"nats": 1.0, "bits": math.log(2)}

# How many observations are multiplied at once: most narrow formats end within one.
_CHUNK = 64


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
    given, p, n = _probabilities_and_counts(probabilities, counts, axis)
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
    given, p, n = _probabilities_and_counts(probabilities, counts, axis)
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
    T. M. Cover, J. A. Thomas, "Elements of Information Theory", 2nd ed., Wiley 2006, equation 2.1.

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
    K. P. Murphy, "Probabilistic Machine Learning: An Introduction", MIT Press 2022, section 6.1.2.

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
    T. M. Cover, J. A. Thomas, "Elements of Information Theory", 2nd ed., Wiley 2006, equation 2.26.

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


def running_product(
    probabilities: npt.ArrayLike, counts: npt.ArrayLike, format: str, length: int
) -> Array:
    r"""Return :math:`p_{c_1} p_{c_2} \cdots p_{c_k}` for k = 1, 2, ..., rounded at every factor.

    The observations :math:`c_1, c_2, ...` are a data set's, repeated over and over in an even
    order: the k-th is of the class whose due count k n_c / N is furthest ahead of how often it
    came; the first of equals.

    Parameters
    ----------
    probabilities : array_like, shape (C,)
        p, non-negative and with sum 1. They are stored in the format before the first product.
    counts : array_like, shape (C,)
        n, how often each class is in the data set: finite, not negative and not all 0. N is their
        sum; only n / N matters.
    format : str
        A name in `ce_core.formats.FORMATS`.
    length : int
        How many observations, at least 0.

    Returns
    -------
    ndarray, shape (length,)
        In the format's dtype. A class with probability 0 makes it 0 from the first time it comes.

    Raises
    ------
    TypeError
        If an argument is not made of real numbers, or `length` is no integer.
    ValueError
        If `probabilities` are no distribution, a count is negative or not finite, all are 0, a
        shape is not as above, `length` is negative or the format is unknown.

    See Also
    --------
    underflow_count : when it becomes 0, for many models at once.

    Notes
    -----
    Nothing warns. Near the smallest positive number s, products are rounded to multiples of s. A
    factor above 1/2 brings s back to s, so factors above 1/2 alone never make the product 0; one of
    0.9 stops it at 4 s already, for 3.6 s rounds to 4 s. A half of s is a tie, which rounds to 0.

    References
    ----------
    C. D. Manning, P. Raghavan, H. Schütze, "Introduction to Information Retrieval", Cambridge 2008,
    section 13.2: many probabilities multiplied underflow, and so logarithms are added. The order is
    that of nginx, commit 52327e0, 2012: "smooth weighted round-robin balancing".

    Examples
    --------
    >>> running_product([0.5, 0.25, 0.25], [2, 1, 0], "float16", 6)
    array([0.5     , 0.125   , 0.0625  , 0.03125 , 0.007812, 0.003906],
          dtype=float16)
    >>> running_product([0.9, 0.1], [1, 0], "float16", 500)[-1] == np.float16(4 * 2.0**-24)
    np.True_
    """
    count = _as_length(length, "length")
    p, n = _model_and_data(probabilities, counts, format)
    if p.ndim != 1:
        raise ValueError(f"probabilities and counts must have shape (C,); got {p.shape}")
    observed = _next_observations(np.zeros((1, n.size)), n[None], count)[:, 0]
    with np.errstate(all="ignore"):
        return np.asarray(np.multiply.accumulate(p[observed]))


def underflow_count(
    probabilities: npt.ArrayLike, counts: npt.ArrayLike, format: str, limit: int
) -> npt.NDArray[np.intp]:
    """Return how many observations the running product of their probabilities takes to be 0.

    Parameters
    ----------
    probabilities, counts : array_like, shape (..., C)
        As in `running_product`, for every row; the shapes broadcast.
    format : str
        A name in `ce_core.formats.FORMATS`.
    limit : int
        How many observations to make at most, at least 0.

    Returns
    -------
    integer array, shape (...)
        The number of the observation, counted from 1, at which `running_product` is 0 for the first
        time; 0 where no observation up to `limit` makes it 0.

    Raises
    ------
    TypeError
        If an argument is not made of real numbers, or `limit` is no integer.
    ValueError
        If `probabilities` are no distributions, there is no class, a count is negative or not
        finite, those of a row are all 0, the shapes do not broadcast, `limit` is negative or the
        format is unknown.

    See Also
    --------
    running_product : the product itself, and why it may stop before 0 for good.

    Notes
    -----
    Roughly -ln(s) / H(n / N, p), with s the smallest positive number and H the cross-entropy. Rows
    whose product no observed class can change any more are left out from there on.

    References
    ----------
    As `running_product`.

    Examples
    --------
    >>> underflow_count([0.5, 0.25, 0.25], [2, 1, 0], "float16", limit=2000)
    array(19)
    >>> underflow_count([[0.4, 0.6], [0.6, 0.4]], [0, 1], "float64", limit=2000)
    array([  0, 814])
    """
    end = _as_length(limit, "limit")
    p, n = _model_and_data(probabilities, counts, format)
    ((_, zero_at),) = _multiply([p], n, np.zeros(n.shape[:-1]), end)
    return zero_at


def rounded_likelihood(probabilities: npt.ArrayLike, counts: npt.ArrayLike, format: str) -> Array:
    """Return the likelihood of all observations, multiplied one by one in a format.

    Parameters
    ----------
    probabilities, counts : array_like, shape (..., C)
        As in `underflow_count`; the counts are whole.
    format : str
        A name in `ce_core.formats.FORMATS`.

    Returns
    -------
    ndarray, shape (...)
        The last number of the `running_product` of a row's N observations, in the format's dtype.

    Raises
    ------
    TypeError, ValueError
        As `underflow_count`, and ValueError for a count that is not whole.

    See Also
    --------
    multinomial_likelihood : the same, computed in float64 and rounded once.

    References
    ----------
    As `running_product`.

    Examples
    --------
    >>> rounded_likelihood([0.5, 0.25, 0.25], [[2, 1, 0], [20, 10, 0]], "float16")
    array([0.0625, 0.    ], dtype=float16)
    """
    p, n = _model_and_data(probabilities, counts, format)
    _reject_parts(n)
    ((product, _),) = _multiply([p], n, n.sum(-1), 0)
    return product


def likelihood_and_underflow(
    probabilities: npt.ArrayLike, counts: npt.ArrayLike, formats: Sequence[str], limit: int
) -> dict[str, tuple[Array, npt.NDArray[np.intp]]]:
    """Return `rounded_likelihood` and `underflow_count` in several formats at once.

    Parameters
    ----------
    probabilities, counts : array_like, shape (..., C)
        As in `rounded_likelihood`.
    formats : sequence of str
        Names in `ce_core.formats.FORMATS`.
    limit : int
        As in `underflow_count`.

    Returns
    -------
    dict
        For each format the two results.

    Raises
    ------
    TypeError, ValueError
        As the two functions.

    Notes
    -----
    To find the order of the observations costs more than to multiply them, and it is found once.

    References
    ----------
    As `running_product`.

    Examples
    --------
    >>> found = likelihood_and_underflow([0.5, 0.5], [10, 10], ["float16", "float32"], limit=2000)
    >>> found["float16"]
    (array(9.5e-07, dtype=float16), array(25))
    >>> found["float32"]
    (array(9.536743e-07, dtype=float32), array(150))
    """
    end = _as_length(limit, "limit")
    models = [_model_and_data(probabilities, counts, name) for name in formats]
    if not models:
        return {}
    n = models[0][1]
    _reject_parts(n)
    return dict(zip(formats, _multiply([p for p, _ in models], n, n.sum(-1), end), strict=True))


def _reject_parts(counts: Array) -> None:
    broken = counts != np.floor(counts)
    if broken.any():
        raise ValueError(f"counts must be whole numbers; got {counts[broken][0]}")


def _multiply(
    models: Sequence[Array], n: Array, at: Array, end: int
) -> list[tuple[Array, npt.NDArray[np.intp]]]:
    """Multiply the observations of each row (..., C), in the dtype of each model.

    Returns, for each model, the products of the first `at` (...) observations, and the number of
    the observation up to `end` at which each row's product was 0 first, or 0.
    """
    shape, classes = n.shape[:-1], n.shape[-1]
    order = _Order(n.reshape(-1, classes))
    walks = [_Walk(p.reshape(-1, classes), n.reshape(-1, classes), at, end) for p in models]
    start = 0
    while going := [walk for walk in walks if walk.rows.size]:
        observed = order.next(np.concatenate([walk.rows for walk in going]))
        for walk in going:
            walk.go(observed.take(order.of[walk.rows], axis=0), start)
        start += _CHUNK
    return [(walk.products.reshape(shape), walk.zero_at.reshape(shape)) for walk in walks]


class _Order:
    """The order in which the observations of data sets (R, C) come.

    Data sets that are equal, or equal but for a factor, have one order; `of` (R,) says which. A
    data set of whole counts is repeated as it was, so that its order is found once.
    """

    def __init__(self, counts: Array) -> None:
        whole = bool(((counts == np.floor(counts)) & (counts < 2**53)).all())
        if whole:
            counts = counts / np.gcd.reduce(counts.astype(np.int64), axis=1, keepdims=True)
        self._counts, of = np.unique(counts, axis=0, return_inverse=True)
        self.of = of.reshape(-1)
        total = self._counts.sum(-1)
        self._period = total if whole else np.full_like(total, np.inf)
        self._ahead = np.zeros_like(self._counts)
        # What came so far; a byte for each, as a rule.
        self._past = np.empty((len(total), 0), np.min_scalar_type(counts.shape[1]))
        self._start = 0

    def next(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Return the classes of the next observations (orders, length), true for these rows."""
        needed = np.unique(self.of[rows])
        period = self._period[needed]
        observed = np.zeros((len(self._counts), _CHUNK), np.intp)
        if self._start >= period.max():
            times = np.arange(self._start, self._start + _CHUNK) % period[:, None].astype(np.intp)
            observed[needed] = self._past[needed[:, None], times]
        else:
            ahead = self._ahead[needed]
            observed[needed] = _next_observations(ahead, self._counts[needed], _CHUNK).T
            self._ahead[needed] = ahead
            self._past = np.hstack([self._past, observed.astype(self._past.dtype)])
        self._start += _CHUNK
        return observed


class _Walk:
    """The products of one model's rows (R, C), as far as they are known.

    `rows` are those that go on. A row whose product no observed class can change any more is left
    out from there on.
    """

    def __init__(self, p: Array, n: Array, at: Array, end: int) -> None:
        self._p, self._seen, self._at, self._end = p, n > 0, at.reshape(-1), end
        self.products, self._product = np.ones(len(p), p.dtype), np.ones(len(p), p.dtype)
        self.zero_at = np.zeros(len(p), np.intp)
        self._lengths = np.maximum(self._at, end)
        self.rows = np.flatnonzero(self._lengths > 0)

    def go(self, observed: npt.NDArray[np.intp], start: int) -> None:
        """Multiply the next observations of `rows`: their classes (rows, length), after `start`."""
        rows, length = self.rows, observed.shape[1]
        p, made = self._p[rows], np.empty((rows.size, length + 1), self._p.dtype)
        made[:, 0] = self._product[rows]
        places = observed + np.arange(0, p.size, p.shape[1])[:, None]
        made[:, 1:] = p.reshape(-1).take(places)
        with np.errstate(all="ignore"):
            np.multiply.accumulate(made, axis=1, out=made)
            product = made[:, -1]
            moves = ((product[:, None] * p != product[:, None]) & self._seen[rows]).any(-1)
        self._product[rows] = product
        later = np.flatnonzero(self._at[rows] > start)
        until = np.minimum(self._at[rows[later]] - start, length).astype(np.intp)
        self.products[rows[later]] = made[later, until]
        ended = product == 0
        zero_at = start + (made[ended] == 0).argmax(1)
        self.zero_at[rows[ended]] = np.where(zero_at <= self._end, zero_at, 0)
        self.rows = rows[moves & ~ended & (self._lengths[rows] > start + length)]


def _as_length(value: int, name: str) -> int:
    number = as_index(value, name)
    if number < 0:
        raise ValueError(f"{name} must be at least 0; got {number}")
    return number


def _model_and_data(
    probabilities: npt.ArrayLike, counts: npt.ArrayLike, format: str
) -> tuple[Array, Array]:
    """Return probabilities in the format and counts in float64, of one shape (..., C)."""
    fmt = lookup(format)
    _, p, n = _probabilities_and_counts(probabilities, counts, -1)
    if not n.any(-1).all():
        raise ValueError("counts must have an observation in every row; got a row of zeros")
    with np.errstate(all="ignore"):
        return p.astype(fmt.dtype), n


def _next_observations(ahead: Array, counts: Array, length: int) -> npt.NDArray[np.intp]:
    """Return the classes of the next observations of each row (R, C): an array (length, R).

    `ahead` (R, C) is N times the difference between the count that is due and the observed one,
    exact for whole counts; it is moved on.
    """
    rows = len(counts)
    total, first = counts.sum(-1), np.arange(rows) * counts.shape[-1]
    flat = ahead.reshape(-1)  # a view: one index per row costs half of two
    observed = np.empty((length, rows), np.intp)
    for chosen in observed:
        ahead += counts
        ahead.argmax(-1, out=chosen)
        flat[chosen + first] -= total
    return observed


def _probabilities_and_counts(
    probabilities: npt.ArrayLike, counts: npt.ArrayLike, axis: int
) -> tuple[Array, Array, Array]:
    given = as_distribution(probabilities, axis, "probabilities")
    first, second = _alike(given, as_weight(counts, "counts"), "probabilities and counts")
    if first.shape[axis] != given.shape[axis]:  # repeated, the probabilities would sum to more
        raise ValueError(
            f"counts must have the probabilities' classes along axis {axis}; got shapes "
            f"{np.shape(counts)} and {given.shape}"
        )
    return given, first, second


def _two_distributions(p: npt.ArrayLike, q: npt.ArrayLike, axis: int) -> tuple[Array, Array, Array]:
    true, predicted = as_distribution(p, axis, "p"), as_distribution(q, axis, "q")
    if true.shape[axis] != predicted.shape[axis]:
        raise ValueError(
            f"p and q must have the same classes along axis {axis}; got shapes {true.shape} and "
            f"{predicted.shape}"
        )
    wider = true if true.itemsize >= predicted.itemsize else predicted
    return (wider, *_alike(true, predicted, "p and q"))


def _alike(a: Array, b: Array, names: str) -> tuple[Array, Array]:
    """Return two arrays of one shape, in which sums can be trusted."""
    try:
        first, second = np.broadcast_arrays(to_float64(a), to_float64(b))
    except ValueError:
        raise ValueError(
            f"{names} must have shapes that broadcast; got {a.shape} and {b.shape}"
        ) from None
    return first, second


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
