"""Running products against fractions, scalars in a loop, and each other."""

from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np
import pytest

from ce_core import likelihood as lk
from ce_core.formats import FORMATS


def simplex(draw_from: np.ndarray) -> np.ndarray:
    return draw_from / draw_from.sum(axis=-1, keepdims=True)


def even_order(counts: list[int], length: int) -> list[int]:
    """Return which class is observed when, from the definition, in fractions."""
    total, seen, order = sum(counts), [0] * len(counts), []
    for k in range(1, length + 1):
        behind = [Fraction(n * k, total) - s for n, s in zip(counts, seen, strict=True)]
        order.append(behind.index(max(behind)))
        seen[order[-1]] += 1
    return order


def product_by_product(p: np.ndarray, order: list[int], name: str) -> list[float]:
    """Return the running product in a format, rounding each exact product of two numbers once.

    Two numbers of at most 24 bits have an exact product in float64.
    """
    stored = p.astype(FORMATS[name].dtype).astype(np.float64).tolist()
    product, found = 1.0, []
    for c in order:
        exact = Fraction(product) * Fraction(stored[c])
        product = float(np.float64(float(exact)).astype(FORMATS[name].dtype))
        found.append(product)
    return found


def test_the_order_is_that_of_the_definition() -> None:
    for counts in ([5, 3, 2], [4, 2, 1], [1, 7, 0], [0, 0, 3], [301, 200, 99], [1]):
        found = lk.observation_order(counts, 700)
        assert found.tolist() == even_order(counts, 700), counts
    assert lk.observation_order([1, 2], 0).shape == (0,)


@pytest.mark.parametrize("counts", [[0, 0], [-1, 2], [float("nan")], [[1, 2]], []])
def test_an_order_of_nothing_is_refused(counts: list) -> None:
    with pytest.raises(ValueError, match="counts must"):
        lk.observation_order(counts, 3)


MODELS = [
    (np.array([0.5, 0.3, 0.2]), [4, 2, 1]),
    (np.array([0.05, 0.9, 0.05]), [1, 7, 0]),
    (np.array([0.7, 0.2, 0.1]), [0, 0, 3]),
    (np.array([0.45, 0.55, 0.0]), [3, 3, 0]),
    (np.array([0.6, 0.3, 0.1]), [5, 0, 0]),
    (np.array([0.3, 0.7, 0.0]), [9, 9, 1]),
    (np.array([1.0, 0.0, 0.0]), [2, 0, 0]),
    (np.array([1.0, 0.0, 0.0]), [0, 1, 0]),
    (np.array([0.5, 0.2, 0.3]), [301, 200, 99]),  # a period of its own
]


@cache
def products_of(i: int, name: str) -> list[float]:
    """Return the running product of a model, as far as any test looks."""
    p, counts = MODELS[i]
    return product_by_product(p, even_order(counts, 1200), name)


def test_the_order_is_nginxs_example() -> None:
    """The message of nginx's commit 52327e0 lists a a b a c a a for the weights 5, 1, 1."""
    products = lk.running_product([0.5, 0.25, 0.25], [5, 1, 1], "float64", 14)
    halvings = -np.diff(np.log2(products), prepend=0.0)
    assert halvings.tolist() == [1, 1, 2, 1, 2, 1, 1] * 2
    products = lk.running_product([0.5, 0.125, 0.375], [5, 1, 1], "float64", 7)
    assert products[2] / products[1] == 0.125
    assert products[4] / products[3] == 0.375


def test_every_product_is_rounded(subtests: pytest.Subtests) -> None:
    for name, (i, (p, counts)) in product(FORMATS, enumerate(MODELS)):
        with subtests.test(name=name, counts=counts):
            found = lk.running_product(p, counts, name, 1200)
            assert found.dtype == FORMATS[name].dtype
            np.testing.assert_array_equal(found.astype(np.float64), products_of(i, name))


def test_the_count_is_where_the_loop_first_finds_0(subtests: pytest.Subtests) -> None:
    for name, limit in product(FORMATS, [0, 1, 16, 17, 191, 192, 193, 1200]):
        with subtests.test(name=name, limit=limit):
            made = [products_of(i, name)[:limit] for i in range(len(MODELS))]
            expected = [products.index(0.0) + 1 if 0.0 in products else 0 for products in made]
            models, data = (np.array(rows) for rows in zip(*MODELS, strict=True))
            found = lk.underflow_count(models, data, name, limit)
            assert found.dtype.kind == "i"
            assert found.tolist() == expected


def test_the_count_is_the_range_of_the_format_over_the_cross_entropy(
    subtests: pytest.Subtests,
) -> None:
    """A rounding moves ln of a product by little until the last subnormal numbers; a period, 7."""
    for name in [name for name, fmt in FORMATS.items() if fmt.smallest_subnormal < 0.2]:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            p, counts = np.array([0.5, 0.3, 0.2]), np.array([4, 2, 1])
            stored = p.astype(fmt.dtype).astype(np.float64)
            per_observation = -(counts * np.log(stored)).sum() / counts.sum()
            rough = -fmt.ln_zero / per_observation
            found = lk.underflow_count(p, counts, name, 2000)
            # Each rounding of a normal number moves ln by at most u; of the rest, by a number or
            # two.
            assert abs(found - rough) <= 7 + rough * fmt.unit_roundoff / per_observation


def test_factors_above_a_half_stick_before_0(subtests: pytest.Subtests) -> None:
    for name in [name for name, fmt in FORMATS.items() if fmt.smallest_subnormal <= 0.125]:
        with subtests.test(name=name):
            smallest = FORMATS[name].smallest_subnormal
            for p in ([0.625, 0.375], [0.75, 0.25]):
                last = lk.running_product(p, [3, 0], name, 6000)[-2:].astype(np.float64)
                assert last[0] == last[1] > 0
                assert (
                    last[1] <= 2 * smallest
                )  # 0.75 of two is 1.5, a tie, which rounds to the even two
                assert lk.underflow_count(p, [3, 0], name, 6000) == 0
            assert lk.running_product([0.9375, 0.0625], [1, 0], name, 20000)[-1] >= 4 * smallest
            # One factor of a half or less, however rare, and the product ends.
            assert lk.underflow_count([0.625, 0.375], [30, 1], name, 6000) > 0
            assert (
                lk.underflow_count([0.5, 0.5], [1, 0], name, 6000) == round(-np.log2(smallest)) + 1
            )


def scalar_by_scalar(p: np.ndarray, counts: list[int], name: str) -> np.generic:
    """Multiply the format's own scalars in a Python loop."""
    scalar = FORMATS[name].dtype.type
    product = scalar(1)
    with np.errstate(under="ignore"):
        for c in even_order(counts, sum(counts)):
            product = product * scalar(p[c])
    assert type(product) is scalar
    return product


def bits_of(numbers: np.ndarray) -> list[int]:
    return np.atleast_1d(numbers).view(f"u{numbers.itemsize}").tolist()


def test_the_likelihood_of_all_observations_is_the_end_of_the_running_product(
    subtests: pytest.Subtests,
) -> None:
    """The totals of one call differ: within, at and beyond the observations taken at once."""
    for name in FORMATS:
        with subtests.test(name=name):
            rng = np.random.default_rng(0)
            p = simplex(rng.uniform(0.05, 1, (40, 3)))
            p[:20] = simplex(p[:20] + np.array([20, 0, 0]))  # these are not 0 after a hundred
            totals = [1, 2, 63, 64, 65, 127, 128, 129, 150, 200] * 4
            counts = np.array([rng.multinomial(n, row) for n, row in zip(totals, p, strict=True)])
            together = lk.rounded_likelihood(p, counts, name)
            assert (together.shape, together.dtype) == ((40,), FORMATS[name].dtype)
            alone = [lk.rounded_likelihood(*row, name) for row in zip(p, counts, strict=True)]
            ends = [
                lk.running_product(row, n, name, int(n.sum()))[-1]
                for row, n in zip(p, counts, strict=True)
            ]
            loops = [
                scalar_by_scalar(row, n, name) for row, n in zip(p, counts.tolist(), strict=True)
            ]
            for expected in (alone, ends, loops):
                assert bits_of(together) == bits_of(np.array(expected, together.dtype))
            assert len({*bits_of(together)}) >= (5 if FORMATS[name].bits >= 8 else 2)


def test_formats_together_are_the_formats_alone() -> None:
    """Rows with equal data, with data that is a multiple of another's, and a limit below N."""
    p = simplex(np.array([[5, 3, 2], [1, 1, 1], [97, 2, 1], [5, 3, 2], [0, 1, 9], [1e-9, 1, 1]]))
    counts = np.array([[5, 3, 2], [5, 3, 2], [500, 30, 20], [50, 30, 20], [0, 9, 90], [0, 200, 7]])
    found = lk.likelihood_and_underflow(p, counts, list(FORMATS), 150)
    assert list(found) == list(FORMATS)
    for name, (likelihood, zero_at) in found.items():
        loops = [scalar_by_scalar(row, n, name) for row, n in zip(p, counts.tolist(), strict=True)]
        assert bits_of(likelihood) == bits_of(np.array(loops, FORMATS[name].dtype))
        products = [
            product_by_product(row, even_order(n, 150), name)
            for row, n in zip(p, counts.tolist(), strict=True)
        ]
        assert zero_at.tolist() == [x.index(0.0) + 1 if 0.0 in x else 0 for x in products]
    assert lk.likelihood_and_underflow(p, counts, [], 150) == {}
    with pytest.raises(ValueError, match="whole numbers"):
        lk.likelihood_and_underflow([0.5, 0.5], [0.5, 1], ["float16"], 9)


def test_the_likelihood_of_all_observations_by_hand() -> None:
    half = lk.rounded_likelihood([0.5, 0.5], [[24, 0], [25, 0], [0, 1]], "float16")
    assert half.tolist() == [2.0**-24, 0, 0.5]
    # One factor at a time the product sticks at four times the smallest number; on paper it is 0.
    assert lk.rounded_likelihood([0.9, 0.1], [500, 0], "float16") == np.float16(4 * 2.0**-24)
    assert lk.multinomial_likelihood(np.array([0.9, 0.1], np.float16), [500, 0]) == 0
    assert lk.rounded_likelihood([1.0, 0.0], [[3, 0], [3, 1]], "float32").tolist() == [1, 0]


def test_counts_mean_their_proportions() -> None:
    p = [0.5, 0.3, 0.2]
    for scale in (2, 10, 0.5):
        scaled = lk.running_product(p, np.array([4, 2, 1]) * scale, "float32", 300)
        np.testing.assert_array_equal(scaled, lk.running_product(p, [4, 2, 1], "float32", 300))


def test_leading_axes_of_counts_and_probabilities_broadcast() -> None:
    rng = np.random.default_rng(0)
    p, counts = simplex(rng.uniform(0.05, 1, (4, 1, 3))), rng.integers(1, 20, (5, 3))
    found = lk.underflow_count(p, counts, "float16", 200)
    assert found.shape == (4, 5)
    for i, j in np.ndindex(4, 5):
        assert found[i, j] == lk.underflow_count(p[i, 0], counts[j], "float16", 200) > 0
    assert lk.underflow_count(p[0, 0], counts[0], "float16", 200).shape == ()
    assert lk.underflow_count(np.empty((0, 3)), [1, 2, 3], "float16", 200).shape == (0,)
    assert lk.running_product(p[0, 0], counts[0], "float16", 0).shape == (0,)
    likelihoods = lk.rounded_likelihood(p, counts, "float64")
    assert likelihoods.shape == (4, 5)
    for i, j in np.ndindex(4, 5):
        assert likelihoods[i, j] == lk.rounded_likelihood(p[i, 0], counts[j], "float64")
    assert lk.rounded_likelihood(p[0, 0], counts[0], "float16").shape == ()
    assert lk.rounded_likelihood(np.empty((0, 3)), [1, 2, 3], "float16").shape == (0,)


def test_an_underflow_does_not_warn(subtests: pytest.Subtests) -> None:
    for name in FORMATS:
        with subtests.test(name=name), np.errstate(all="raise"):
            lk.running_product([0.5, 0.5 - 1e-30, 1e-30], [1, 1, 1], name, 100)
            lk.underflow_count([0.5, 0.5 - 1e-30, 1e-30], [1, 1, 1], name, 100)
            lk.rounded_likelihood([0.5, 0.5 - 1e-30, 1e-30], [40, 40, 20], name)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lk.running_product([0.5, 0.6], [1, 1], "float32", 9), ValueError, "sum to 1"),
        (lambda: lk.running_product([0.5, 0.5], [1, -1], "float32", 9), ValueError, "not negative"),
        (lambda: lk.running_product([0.5, 0.5], [0, 0], "float32", 9), ValueError, "row of zeros"),
        (
            lambda: lk.running_product([[0.5, 0.5]], [1, 1], "float32", 9),
            ValueError,
            r"must have shape \(C,\); got \(1, 2\)",
        ),
        (lambda: lk.running_product([0.5, 0.5], [1, 1], "half", 9), ValueError, "got 'half'"),
        (
            lambda: lk.running_product([0.5, 0.5], [1, 1], "float32", -1),
            ValueError,
            "length must be at least 0; got -1",
        ),
        (
            lambda: lk.running_product([0.5, 0.5], [1, 1], "float32", 2.5),
            TypeError,
            r"length must be an integer; got 2\.5",
        ),
        (lambda: lk.running_product([1.0], [1, 2], "float32", 3), ValueError, "classes along"),
        (lambda: lk.underflow_count(["a"], [1], "float32", 9), TypeError, "real numbers"),
        (lambda: lk.underflow_count([], [], "float32", 9), ValueError, "empty"),
        (
            lambda: lk.underflow_count([0.5, 0.5], [[1, 1], [0, 0]], "float32", 9),
            ValueError,
            "counts must have an observation in every row; got a row of zeros",
        ),
        (lambda: lk.underflow_count([0.5, 0.5], [1, 2, 3], "float32", 9), ValueError, "broadcast"),
        (lambda: lk.underflow_count([0.5, 0.5], [1, 1], "half", 9), ValueError, "got 'half'"),
        (
            lambda: lk.underflow_count([0.5, 0.5], [1, 1], "float32", -1),
            ValueError,
            "limit must be at least 0; got -1",
        ),
        (lambda: lk.rounded_likelihood([0.5, 0.6], [1, 1], "float32"), ValueError, "sum to 1"),
        (lambda: lk.rounded_likelihood([0.5, 0.5], [1, -1], "float32"), ValueError, "not negative"),
        (
            lambda: lk.rounded_likelihood([0.5, 0.5], [[2, 1], [1, 0.5]], "float32"),
            ValueError,
            r"counts must be whole numbers; got 0\.5",
        ),
        (
            lambda: lk.rounded_likelihood([0.5, 0.5], [[1, 1], [0, 0]], "float32"),
            ValueError,
            "counts must have an observation in every row; got a row of zeros",
        ),
        (lambda: lk.rounded_likelihood([0.5, 0.5], [1, 2, 3], "float32"), ValueError, "broadcast"),
        (lambda: lk.rounded_likelihood([0.5, 0.5], [1, 1], "half"), ValueError, "got 'half'"),
        (lambda: lk.rounded_likelihood(["a"], [1], "float32"), TypeError, "real numbers"),
        (lambda: lk.rounded_likelihood([], [], "float32"), ValueError, "empty"),
    ],
)
def test_bad_input_says_what_was_expected(call, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
