"""Products of the probabilities of observations, one factor after the other, in a format."""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ce_core._checks import Array, as_index, as_weight, to_float64
from ce_core.formats import lookup
from ce_core.likelihood._inputs import probabilities_and_counts
from ce_core.likelihood._order import next_observations
from ce_core.likelihood._walk import multiply


def observation_order(counts: npt.ArrayLike, length: int) -> npt.NDArray[np.intp]:
    """Return the classes of the observations 1, 2, ... in the order of `running_product`.

    Parameters
    ----------
    counts : array_like, shape (C,)
        As in `running_product`.
    length : int
        How many observations, at least 0.

    Returns
    -------
    integer array, shape (length,)
        The position of each observation's class.

    Raises
    ------
    TypeError
        If the counts are not made of real numbers, or `length` is no integer.
    ValueError
        If a count is negative or not finite, all are 0, the shape is not as above, or `length` is
        negative.

    References
    ----------
    As `running_product`.

    Examples
    --------
    >>> observation_order([2, 1, 0], 6)
    array([0, 1, 0, 0, 1, 0])
    """
    count = _as_length(length, "length")
    n = to_float64(as_weight(counts, "counts"))
    if n.ndim != 1:
        raise ValueError(f"counts must have shape (C,); got {n.shape}")
    _reject_none(n)
    return next_observations(np.zeros((1, n.size)), n[None], count)[:, 0]


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
    section 13.2: many probabilities multiplied underflow, and so logarithms are added (not looked
    up). The order is that of nginx, commit 52327e0, 2012: "smooth weighted round-robin balancing".

    Examples
    --------
    >>> running_product([0.5, 0.25, 0.25], [2, 1, 0], "float16", 6)
    array([0.5     , 0.125   , 0.0625  , 0.03125 , 0.007812, 0.003906],
          dtype=float16)
    >>> running_product([0.9, 0.1], [1, 0], "float16", 500)[-1] == np.float16(4 * 2.0**-24)
    np.True_
    """
    count = _as_length(length, "length")
    (p,), n = _models_and_data(probabilities, counts, [format])
    if p.ndim != 1:
        raise ValueError(f"probabilities and counts must have shape (C,); got {p.shape}")
    observed = observation_order(n, count)
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
    (p,), n = _models_and_data(probabilities, counts, [format])
    ((_, zero_at),) = multiply([p], n, np.zeros(n.shape[:-1]), end)
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
    (p,), n = _models_and_data(probabilities, counts, [format])
    _reject_parts(n)
    ((product, _),) = multiply([p], n, n.sum(-1), 0)
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
    models, n = _models_and_data(probabilities, counts, formats)
    _reject_parts(n)
    return dict(zip(formats, multiply(models, n, n.sum(-1), end), strict=True))


def _reject_parts(counts: Array) -> None:
    broken = counts != np.floor(counts)
    if broken.any():
        raise ValueError(f"counts must be whole numbers; got {counts[broken][0]}")


def _as_length(value: int, name: str) -> int:
    number = as_index(value, name)
    if number < 0:
        raise ValueError(f"{name} must be at least 0; got {number}")
    return number


def _reject_none(n: Array) -> None:
    if not n.any(-1).all():
        raise ValueError("counts must have an observation in every row; got a row of zeros")


def _models_and_data(
    probabilities: npt.ArrayLike, counts: npt.ArrayLike, formats: Sequence[str]
) -> tuple[list[Array], Array]:
    """Return probabilities in each format and counts in float64, of one shape (..., C)."""
    dtypes = [lookup(name).dtype for name in formats]
    _, p, n = probabilities_and_counts(probabilities, counts, -1)
    _reject_none(n)
    with np.errstate(all="ignore"):
        return [p.astype(dtype) for dtype in dtypes], n
