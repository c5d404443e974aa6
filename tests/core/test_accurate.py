"""The accurate softmax and its logarithms against 50 digits, and their special values."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from ce_core import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_gradient,
    log_softmax,
    logsumexp,
    softmax,
    softmax_jacobian,
)
from ce_core._softmax import accurate_terms
from ce_core.formats import FORMATS
from tests.core import exact

INF, NAN = math.inf, math.nan
MAGNITUDES = [1e-300, 1e-10, 0.03, 1.0, 5.0, 30.0, 100.0, 300.0, 1e5, 1e30, 1e308]
# In ulps: what is computed in float64 is rounded once. bench.accuracy finds 2.6 in float64.
LIMITS = {"float64": 3.5, "float32": 0.501, "float16": 0.501, "bfloat16": 0.501}


def batches(name):
    fmt, rng = FORMATS[name], np.random.default_rng(3)
    for magnitude, classes in product(MAGNITUDES, (2, 3, 10, 100)):
        if fmt.smallest_normal <= magnitude <= fmt.max:
            numbers = rng.uniform(-1, 1, (max(1, 60 // classes), classes)) * magnitude
            yield numbers.astype(fmt.dtype)


def errors(found, truth, name):
    return [
        exact.ulp_error(number, on_paper, name)
        for number, on_paper in zip(np.ravel(found).astype(float).tolist(), truth, strict=True)
        if abs(on_paper) <= FORMATS[name].max
    ]


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize(
    ("function", "on_paper"), [(softmax, exact.softmax), (log_softmax, exact.log_softmax)]
)
def test_nothing_is_lost_to_the_difference(function, on_paper, name):
    for logits in batches(name):
        rows = logits.astype(float).tolist()
        truth = [number for row in rows for number in on_paper(row)]
        assert max(errors(function(logits, accurate=True), truth, name)) <= LIMITS[name]


@pytest.mark.parametrize("name", LIMITS)
def test_the_losses_are_as_accurate(name):
    for logits in batches(name):
        rows, target = logits.astype(float).tolist(), np.zeros(len(logits), int)
        losses = cross_entropy(logits, target, reduction="none")
        truth = [exact.cross_entropy(row, 0) for row in rows]
        assert max(errors(losses, truth, name), default=0) <= LIMITS[name]
        slopes = cross_entropy_gradient(logits, target, reduction="none")
        truth = []
        for row in rows:
            _, *others = exact.softmax(row)
            truth += [-sum(others), *others]
        assert max(errors(slopes, truth, name)) <= LIMITS[name]


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_what_is_added_up_is_rounded_once_too(reduction):
    logits = np.random.default_rng(0).normal(size=(3000, 4)).astype(np.float32)
    target = np.arange(3000) % 4
    options = {"weight": [0.1, 0.2, 0.3, 0.4], "label_smoothing": 0.1, "reduction": reduction}
    wide = cross_entropy(logits.astype(float), target, **options)
    assert cross_entropy(logits, target, **options) == np.float32(wide)
    slopes = cross_entropy_gradient(logits.astype(float), target, **options)
    found = cross_entropy_gradient(logits, target, **options)
    np.testing.assert_array_equal(found, slopes.astype(np.float32))
    yes = (logits > 0).astype(np.float32)
    wide = binary_cross_entropy_with_logits(logits.astype(float), yes, reduction=reduction)
    assert binary_cross_entropy_with_logits(logits, yes, reduction=reduction) == np.float32(wide)


def test_logsumexp_is_rounded_once_and_in_float64_errs_by_its_larger_term():
    for name in LIMITS:
        for logits in batches(name):
            found = logsumexp(logits)
            for number, row in zip(
                found.astype(float).tolist(), logits.astype(float).tolist(), strict=True
            ):
                truth = exact.logsumexp(row)
                if name != "float64":
                    assert exact.ulp_error(number, truth, name) <= 0.501
                elif abs(truth) < FORMATS[name].max:
                    size = max(abs(float(truth)), abs(max(row)))
                    assert abs(float(exact.add([number], -float(truth))[0])) <= 2 * math.ulp(size)


def test_the_plain_way_does_lose_it():
    """Or these tests would hold of it as well."""
    logits = np.array([0.1, -699.7])
    (_, truth) = exact.softmax(logits.tolist())
    assert exact.ulp_error(softmax(logits)[1], truth, "float64") > 5
    assert exact.ulp_error(softmax(logits, accurate=True)[1], truth, "float64") < 2


def test_a_difference_and_what_its_rounding_took_are_exact():
    rng = np.random.default_rng(0)
    for _ in range(2000):
        logits = rng.normal(size=3) * 2.0 ** rng.integers(-60, 60, 3)
        terms = accurate_terms(logits, -1)
        largest = Fraction(logits.max())
        for z, shifted, lost in zip(logits, terms.shifted, terms.lost, strict=True):
            assert Fraction(z) - largest == Fraction(shifted) + Fraction(lost)


VALUES = [-INF, INF, NAN, -1e4, 0.0, 3.0]


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_special_values_are_those_of_the_plain_way(function, name):
    for width in (1, 2, 3):
        grid = np.stack(np.meshgrid(*[VALUES] * width), axis=-1).reshape(-1, width)
        logits = grid.astype(FORMATS[name].dtype)
        found, plain = function(logits, accurate=True), function(logits)
        assert found.dtype == plain.dtype
        eps = 4 * FORMATS[name].unit_roundoff
        np.testing.assert_allclose(found.astype(float), plain.astype(float), rtol=eps, atol=eps)


def test_differences_beyond_float64():
    logits = np.array([1.7e308, -1.7e308, 1e308])
    assert softmax(logits, accurate=True).tolist() == [1, 0, 0]
    assert log_softmax(logits, accurate=True).tolist() == [0, -INF, 1e308 - 1.7e308]
    assert logsumexp(logits) == 1.7e308


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_axes_and_shapes(axis):
    logits = np.random.default_rng(0).normal(size=(2, 3, 4))
    for function in (softmax, log_softmax):
        found, plain = function(logits, axis, accurate=True), function(logits, axis)
        assert found.shape == plain.shape
        np.testing.assert_allclose(found, plain, rtol=1e-14)
    assert softmax(np.empty((0, 3)), accurate=True).shape == (0, 3)


def test_what_is_given_is_left_as_it_was():
    logits = np.array([2.0, 1.0, 0.1])
    for function in (softmax, log_softmax):
        function(logits, accurate=True)
    cross_entropy_gradient(logits, 0)
    assert logits.tolist() == [2.0, 1.0, 0.1]


def test_a_row_of_the_jacobian_sums_to_0_where_one_probability_rounds_to_1():
    matrix = softmax_jacobian([40.0, 0.0, 0.0])
    np.testing.assert_allclose(matrix.sum(-1), 0, atol=1e-33)
    assert matrix[0, 0] == pytest.approx(2 * math.exp(-40), rel=1e-15)
