"""The textbook forms are plain NumPy, break where plain NumPy breaks, and say so."""

import math
import warnings
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import ce_core
from ce_core import naive
from ce_core.formats import FORMATS, neighbours
from tests.core.oracle import exp_overflow

INF, NAN = math.inf, math.nan
everywhere = pytest.mark.parametrize("name", FORMATS)
gentle = hnp.arrays(np.float64, (3, 4), elements=st.floats(-5, 5))


def outcome(call: Callable[[], Any]) -> tuple[list[float], set[str]]:
    """Return what a call gives and the texts of the warnings that NumPy gives with it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = np.asarray(call())
    return result.astype(np.float64).ravel().tolist(), {str(w.message) for w in caught}


def plain_sum(terms: np.ndarray) -> np.ndarray:
    return np.sum(terms, axis=-1, keepdims=True)


PLAIN: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "log_sigmoid": lambda z: np.log(1 / (1 + np.exp(-z))),
    "logsumexp": lambda z: np.log(np.sum(np.exp(z), axis=-1)),
    "softmax": lambda z: np.exp(z) / plain_sum(np.exp(z)),
    "log_softmax": lambda z: np.log(np.exp(z) / plain_sum(np.exp(z))),
}


@everywhere
def test_values_and_warnings_are_those_of_plain_numpy(name: str, subtests: pytest.Subtests) -> None:
    for function, scale in product(PLAIN, [1.0, 10.0, 100.0, 400.0]):
        with subtests.test(function=function, scale=scale):
            z = (np.array([[1.0, 0.25, -1.0], [-0.5, -1.0, -0.75]]) * scale).astype(
                FORMATS[name].dtype
            )
            values, texts = outcome(partial(getattr(naive, function), z))
            expected, expected_texts = outcome(partial(PLAIN[function], z))
            np.testing.assert_array_equal(values, expected)
            assert texts == expected_texts
            assert getattr(naive, function)(z[:0]).dtype == FORMATS[name].dtype


@everywhere
def test_exp_overflows_just_above_the_limit_of_the_format(name: str) -> None:
    fmt = FORMATS[name]
    limit = np.array(exp_overflow(fmt)).astype(fmt.dtype)
    if float(limit) > exp_overflow(fmt):
        limit = np.nextafter(limit, np.zeros_like(limit))
    # One class: its exp is finite, and so is a sum that has no other term.
    values, texts = outcome(lambda: naive.softmax(limit[None]))
    assert (values, texts) == ([1.0], set())
    above = np.array([max(neighbours(float(limit), name)[1], float(limit) * 1.125)], fmt.dtype)
    values, texts = outcome(lambda: naive.softmax(above))
    # The largest number, which some formats store instead, by itself is 1.
    assert np.isnan(values).all() if fmt.has_nan else values == [1.0]
    if fmt.bits > 8:  # ml_dtypes does not tell NumPy of an overflow in eight bits
        assert "overflow encountered in exp" in texts
    assert ce_core.softmax(above) == 1


@pytest.mark.parametrize(
    ("logits", "values", "texts"),
    [
        (
            [1000.0, 0.0],
            [NAN, 0.0],
            {"overflow encountered in exp", "invalid value encountered in divide"},
        ),
        ([88.5] * 3, [0.0] * 3, {"overflow encountered in reduce"}),
        ([-1000.0, -1000.0], [NAN, NAN], {"invalid value encountered in divide"}),
    ],
    ids=["exp overflows", "the sum overflows", "all underflow"],
)
def test_three_ways_to_break(logits: list[float], values: list[float], texts: set[str]) -> None:
    z = np.array(logits, np.float32)
    found, said = outcome(lambda: naive.softmax(z))
    np.testing.assert_array_equal(found, values)
    assert said == texts
    assert outcome(lambda: ce_core.softmax(z))[1] == set()


def test_digits_that_the_textbook_form_loses() -> None:
    z = np.array([20, 0, 0], np.float32)
    assert naive.cross_entropy(z, 0) == 0
    assert naive.cross_entropy_gradient(z, 0)[0] == 0
    assert naive.binary_cross_entropy_with_logits(40.0, 1) == 0
    for f in (ce_core.cross_entropy, lambda z, y: -ce_core.cross_entropy_gradient(z, y)[0]):
        assert f(z, 0) > 4e-9


def test_a_wrong_and_confident_answer_has_an_infinite_loss() -> None:
    z = np.array([-60, 60, 0], np.float32)
    found, said = outcome(lambda: naive.cross_entropy(z, 0))
    assert (found, said) == ([INF], {"divide by zero encountered in log"})
    assert ce_core.cross_entropy(z, 0) == 120
    found, said = outcome(lambda: naive.binary_cross_entropy_with_logits(40.0, 0))
    assert (found, said) == ([INF], {"divide by zero encountered in log"})
    assert ce_core.binary_cross_entropy_with_logits(40.0, 0) == 40


def test_only_the_logarithm_of_the_true_class_is_taken() -> None:
    z = np.array([60, -60, 0], np.float32)  # the second probability is 0
    assert outcome(lambda: naive.cross_entropy(z, 0)) == ([0.0], set())
    assert outcome(lambda: naive.cross_entropy(z, [1.0, 0.0, 0.0])) == ([0.0], set())


def test_sums_are_carried_out_in_the_format() -> None:
    ones = np.zeros(1000, dtype=FORMATS["bfloat16"].dtype)
    assert float(naive.softmax(ones)[0]) == 1 / 256  # where a bfloat16 sum of ones stops
    assert float(ce_core.softmax(ones)[0]) == pytest.approx(1 / 1000, rel=2**-8)


@given(gentle)
def test_naive_and_stable_agree_where_nothing_breaks(z: np.ndarray) -> None:
    for function in PLAIN:
        np.testing.assert_allclose(
            getattr(naive, function)(z), getattr(ce_core, function)(z), rtol=1e-12, atol=1e-14
        )


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize(
    ("target", "options"),
    [
        ([0, 3, 1], {}),
        ([0, -1, 1], {"ignore_index": -1}),
        ([-1, -1, -1], {"ignore_index": -1}),
        ([0, 3, 1], {"weight": [1.0, 2.0, 0.5, 0.0], "label_smoothing": 0.2}),
        (np.full((3, 4), 0.25), {"weight": [1.0, 2.0, 0.5, 0.0]}),
    ],
)
@given(gentle)
def test_options_mean_the_same(
    reduction: str, target: Any, options: dict[str, Any], z: np.ndarray
) -> None:
    for function in ("cross_entropy", "cross_entropy_gradient"):
        np.testing.assert_allclose(
            getattr(naive, function)(z, target, reduction=reduction, **options),
            getattr(ce_core, function)(z, target, reduction=reduction, **options),
            rtol=1e-12,
            atol=1e-13,
        )


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@given(gentle)
def test_binary_options_mean_the_same(reduction: str, z: np.ndarray) -> None:
    target = np.linspace(0, 1, 12).reshape(3, 4)
    options = {"weight": [[1.0], [0.0], [2.0]], "pos_weight": [1.0, 2.0, 0.0, 0.5]}
    for function in (
        "binary_cross_entropy_with_logits",
        "binary_cross_entropy_with_logits_gradient",
    ):
        np.testing.assert_allclose(
            getattr(naive, function)(z, target, reduction=reduction, **options),
            getattr(ce_core, function)(z, target, reduction=reduction, **options),
            rtol=1e-12,
            atol=1e-13,
        )


@everywhere
def test_the_dtype_of_the_logits_is_kept(name: str) -> None:
    dtype = FORMATS[name].dtype
    z = np.ones((2, 3), dtype)
    options: dict[str, Any] = {"weight": [1.0, 2.0, 0.5], "label_smoothing": 0.25}
    for reduction in ("none", "sum", "mean"):
        for f in (naive.cross_entropy, naive.cross_entropy_gradient):
            assert f(z, [0, 1], reduction=reduction, **options).dtype == dtype
        for f in (
            naive.binary_cross_entropy_with_logits,
            naive.binary_cross_entropy_with_logits_gradient,
        ):
            assert f(z, np.ones((2, 3)), pos_weight=2, reduction=reduction).dtype == dtype
    for function in PLAIN:
        assert getattr(naive, function)(z).dtype == dtype
        assert getattr(naive, function)([1, 2]).dtype == np.float64


@pytest.mark.parametrize("function", ["logsumexp", "softmax", "log_softmax"])
def test_bad_input_is_refused_as_by_the_stable_forms(function: str) -> None:
    for bad, error in (([], ValueError), (1.0, ValueError), ("a", TypeError), ([1j], TypeError)):
        with pytest.raises(error) as plain:
            getattr(naive, function)(bad)
        with pytest.raises(error) as stable:
            getattr(ce_core, function)(bad)
        assert str(plain.value) == str(stable.value)
