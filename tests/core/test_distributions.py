"""The likelihood, entropy and their kin against mpmath, SciPy and their identities."""

from itertools import product

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special, stats

from ce_core import likelihood as lk
from ce_core.formats import FORMATS

ROOMY = [name for name, fmt in FORMATS.items() if fmt.bits > 8]


def simplex(draw_from: np.ndarray) -> np.ndarray:
    return draw_from / draw_from.sum(axis=-1, keepdims=True)


positive = hnp.arrays(np.float64, st.integers(2, 6), elements=st.floats(0.01, 1.0))


def exact_cross_entropy(q: np.ndarray, p: np.ndarray) -> mpmath.mpf:
    with mpmath.workdps(50):
        terms = [
            mpmath.mpf(float(a)) * mpmath.log(float(b)) for a, b in zip(q, p, strict=True) if a
        ]
        return -mpmath.fsum(terms)


@given(positive, st.data())
def test_cross_entropy_is_mpmaths(q: np.ndarray, data: st.DataObject) -> None:
    p = simplex(data.draw(hnp.arrays(np.float64, len(q), elements=st.floats(0.01, 1.0))))
    q = simplex(q)
    exact = exact_cross_entropy(q, p)
    assert float(abs(lk.cross_entropy(q, p) - exact) / exact) <= 4 * len(q) * 2.0**-53
    bits = exact / mpmath.log(2)
    assert float(abs(lk.cross_entropy(q, p, unit="bits") - bits) / bits) <= 5 * len(q) * 2.0**-53


@given(positive, st.data())
def test_divergence_is_scipys_and_what_is_left_beside_the_entropy(
    q: np.ndarray, data: st.DataObject
) -> None:
    p = simplex(data.draw(hnp.arrays(np.float64, len(q), elements=st.floats(0.01, 1.0))))
    q = simplex(q)
    divergence = lk.kl_divergence(q, p)
    # Rounded to float64, the probabilities sum to 1 within 1e-15 only, and so much may be below 0.
    assert divergence >= -1e-15
    np.testing.assert_allclose(divergence, special.rel_entr(q, p).sum(), rtol=1e-9, atol=1e-14)
    rest = lk.cross_entropy(q, p) - lk.entropy(q)
    np.testing.assert_allclose(divergence, rest, rtol=1e-9, atol=1e-14)
    assert lk.kl_divergence(q, q) == 0


def test_divergence_keeps_digits_where_the_difference_cancels() -> None:
    q, p = np.array([0.5, 0.5]), np.array([0.5 + 1e-7, 0.5 - 1e-7])
    with mpmath.workdps(50):
        exact = mpmath.fsum(
            mpmath.mpf(float(a)) * mpmath.log(mpmath.mpf(float(a)) / float(b))
            for a, b in zip(q, p, strict=True)
        )
    # The terms are 1e-7 and cancel to 1e-14, so 1e-7 * 2**-53 / 1e-14 of the result may go.
    assert float(abs(lk.kl_divergence(q, p) - exact) / exact) < 1e-8


@given(positive)
def test_entropy_lies_between_zero_and_log_c(p: np.ndarray) -> None:
    p = simplex(p)
    h = lk.entropy(p)
    assert 0 <= h <= np.log(len(p)) * (1 + 1e-15)
    np.testing.assert_allclose(h, stats.entropy(p), rtol=1e-13)
    np.testing.assert_allclose(lk.entropy(p, unit="bits"), stats.entropy(p, base=2), rtol=1e-13)


def test_a_uniform_distribution_has_the_entropy_log_c(subtests: pytest.Subtests) -> None:
    for name, classes in product(ROOMY, [2, 3, 10]):
        with subtests.test(name=name, classes=classes):
            fmt = FORMATS[name]
            p = np.full(classes, 1 / classes).astype(fmt.dtype)
            h = lk.entropy(p)
            assert h.dtype == fmt.dtype
            assert abs(float(h) - np.log(classes)) <= 4 * fmt.unit_roundoff * np.log(classes)


def test_a_one_hot_label_leaves_one_term() -> None:
    p = np.array([0.7, 0.2, 0.1])
    for j in range(3):
        assert lk.cross_entropy(np.eye(3)[j], p) == -np.log(p[j])


def test_zero_times_log_zero_is_zero_and_impossible_is_infinite() -> None:
    assert lk.entropy([1.0, 0.0]) == 0
    assert not np.signbit(lk.entropy([1.0, 0.0]))
    assert lk.cross_entropy([0.5, 0.5, 0.0], [0.5, 0.5, 0.0]) == pytest.approx(np.log(2))
    assert lk.cross_entropy([0.5, 0.5], [1.0, 0.0]) == np.inf
    assert lk.kl_divergence([0.5, 0.5], [1.0, 0.0]) == np.inf
    assert lk.kl_divergence([1.0, 0.0], [0.5, 0.5]) == pytest.approx(np.log(2))
    assert lk.multinomial_likelihood([1.0, 0.0], [3, 0]) == 1
    assert lk.multinomial_likelihood([1.0, 0.0], [3, 1]) == 0
    assert lk.multinomial_log_likelihood([1.0, 0.0], [3, 0]) == 0
    assert lk.multinomial_log_likelihood([1.0, 0.0], [3, 1]) == -np.inf


@given(st.lists(st.integers(0, 40), min_size=3, max_size=3), positive.filter(lambda p: len(p) == 3))
def test_product_and_sum_agree_with_the_multinomial_of_scipy(
    counts: list[int], p: np.ndarray
) -> None:
    p = simplex(p)
    n = sum(counts)
    orders = special.gammaln(n + 1) - sum(special.gammaln(k + 1) for k in counts)
    expected = stats.multinomial.logpmf(counts, n, p) - orders
    np.testing.assert_allclose(
        lk.multinomial_log_likelihood(p, counts), expected, rtol=1e-10, atol=1e-10
    )
    np.testing.assert_allclose(
        np.log(lk.multinomial_likelihood(p, counts)), expected, rtol=1e-10, atol=1e-10
    )


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any))
def test_minus_log_likelihood_per_observation_is_the_cross_entropy(counts: list[int]) -> None:
    p = np.array([0.5, 0.3, 0.2])
    frequencies = np.array(counts) / sum(counts)
    per_observation = -lk.multinomial_log_likelihood(p, counts) / sum(counts)
    np.testing.assert_allclose(per_observation, lk.cross_entropy(frequencies, p), rtol=1e-13)


def test_the_product_underflows_where_the_format_ends_and_the_sum_does_not(
    subtests: pytest.Subtests,
) -> None:
    for name in ROOMY:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            p = np.array([0.5, 0.5]).astype(fmt.dtype)
            last = round(
                -np.log2(fmt.smallest_subnormal)
            )  # 0.5 ** last is the smallest positive number
            assert float(lk.multinomial_likelihood(p, [last, 0])) == fmt.smallest_subnormal
            assert lk.multinomial_likelihood(p, [last + 1, 0]) == 0
            log = float(lk.multinomial_log_likelihood(p, [last + 1, 0]))
            assert log == pytest.approx(-(last + 1) * np.log(2), rel=2 * fmt.unit_roundoff)


def test_rows_are_independent_and_shapes_broadcast() -> None:
    q = np.array([[0.5, 0.5], [1.0, 0.0]])
    p = np.array([0.25, 0.75])
    both = lk.cross_entropy(q, p)
    assert both.shape == (2,)
    assert both[0] == lk.cross_entropy(q[0], p)
    assert both[1] == lk.cross_entropy(q[1], p)
    assert lk.multinomial_likelihood(q, [1, 2]).shape == (2,)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lk.entropy([0.5, 0.6]), ValueError, "sum to 1"),
        (lambda: lk.entropy([1.5, -0.5]), ValueError, "negative"),
        (lambda: lk.entropy([np.nan, 1.0]), ValueError, "nan"),
        (lambda: lk.entropy([]), ValueError, "empty"),
        (lambda: lk.entropy(["a", "b"]), TypeError, "real numbers"),
        (lambda: lk.entropy([1j, 1]), TypeError, "real numbers"),
        (lambda: lk.entropy([0.5, 0.5], unit="bans"), ValueError, "one of nats, bits"),
        (lambda: lk.cross_entropy([0.5, 0.5], [1.0]), ValueError, "same classes"),
        (lambda: lk.cross_entropy([[0.5, 0.5]] * 2, [[0.5, 0.5]] * 3), ValueError, "broadcast"),
        (lambda: lk.multinomial_likelihood([0.5, 0.5], [1, -1]), ValueError, "not negative"),
        (lambda: lk.multinomial_likelihood([0.5, 0.5], [1, np.inf]), ValueError, "finite"),
        (lambda: lk.multinomial_likelihood([0.5, 0.5], [1, 2, 3]), ValueError, "broadcast"),
        (
            lambda: lk.multinomial_likelihood([1.0], [1, 2]),
            ValueError,
            r"probabilities' classes along axis -1; got shapes \(2,\) and \(1,\)",
        ),
        (lambda: lk.entropy([1.0], unit={}), ValueError, r"one of nats, bits; got \{\}"),
        (
            lambda: lk.entropy([1e308, 1e308]),
            ValueError,
            "sum to 1 along axis -1; got a sum of inf",
        ),
        (
            lambda: lk.entropy(np.full(9, np.nan, FORMATS["bfloat16"].dtype)),
            ValueError,
            "no negative number and no nan; got nan",
        ),
    ],
)
def test_bad_input_says_what_was_expected(call, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(("name", "count"), [("float16", 1e166), ("float64", 1.7e308)])
def test_a_log_likelihood_beyond_the_format_is_minus_infinity_without_a_warning(
    name: str, count: float
) -> None:
    p = np.array([0.25, 0.75]).astype(name)
    assert lk.multinomial_log_likelihood(p, [count, 1], unit="nats") == -np.inf
