"""Agreement with scipy.special, and at least its accuracy."""

import math
from itertools import product

import numpy as np
import pytest
import scipy.special

from ce_core import log_sigmoid, log_softmax, logsumexp, sigmoid, softmax
from tests.core import exact

pytestmark = pytest.mark.slow

INF, NAN = math.inf, math.nan
FLOATS = ["float32", "float64"]
# Each function, the same in SciPy, and on paper.
ALONG_AXIS = [
    (softmax, scipy.special.softmax, exact.softmax),
    (log_softmax, scipy.special.log_softmax, exact.log_softmax),
    (logsumexp, scipy.special.logsumexp, lambda logits: (exact.logsumexp(logits),)),
]
ELEMENTWISE = [
    (sigmoid, scipy.special.expit, exact.softmax),
    (log_sigmoid, scipy.special.log_expit, exact.log_softmax),
]


def test_same_numbers(subtests):
    for axis, name, (ours, scipys, _on_paper) in product([0, 1, -1], FLOATS, ALONG_AXIS):
        with subtests.test(axis=axis, name=name, ours=ours.__name__):
            logits = (np.random.default_rng(0).standard_normal((40, 50)) * 5).astype(name)
            found, reference = ours(logits, axis=axis), scipys(logits, axis=axis)
            assert found.shape == reference.shape
            assert found.dtype == reference.dtype
            # Both are off by half an ulp for each unit between two logits, of which there are up to
            # 40. SciPy takes the log of a sum near 1, which is off by an eps, however small the
            # result.
            eps = np.finfo(name).eps
            atol = 0.0 if ours is softmax else 4 * eps
            np.testing.assert_allclose(found, reference, rtol=40 * eps, atol=atol)


@pytest.mark.parametrize("keepdims", [False, True])
def test_same_keepdims(keepdims):
    logits = np.random.default_rng(0).standard_normal((2, 3, 4))
    found = logsumexp(logits, axis=1, keepdims=keepdims)
    reference = scipy.special.logsumexp(logits, axis=1, keepdims=keepdims)
    assert found.shape == reference.shape
    np.testing.assert_allclose(found, reference, rtol=1e-15)


def test_same_numbers_element_by_element(subtests):
    for name, (ours, scipys, _on_paper) in product(FLOATS, ELEMENTWISE):
        with subtests.test(name=name, ours=ours.__name__):
            # Below -88 SciPy's float32 expit is 0, and below -709 its float64 one.
            x = np.linspace(-85, 750, 4000).astype(name)
            np.testing.assert_allclose(ours(x), scipys(x), rtol=4 * np.finfo(name).eps)


VALUES = [-INF, INF, NAN, -1e30, 0.0, 3.0]


@pytest.mark.filterwarnings("ignore:invalid value")
def test_same_special_values(subtests):
    """SciPy warns of inf - inf; ours does not."""
    for name, (ours, scipys, _on_paper) in product(FLOATS, ALONG_AXIS):
        with subtests.test(name=name, ours=ours.__name__):
            for width in (1, 2, 3):
                logits = (
                    np.stack(np.meshgrid(*[VALUES] * width), axis=-1)
                    .reshape(-1, width)
                    .astype(name)
                )
                found, reference = ours(logits), scipys(logits, axis=-1)
                eps = np.finfo(name).eps
                np.testing.assert_allclose(found, reference, rtol=4 * eps, atol=eps)


def test_same_special_values_element_by_element(subtests):
    for name, (ours, scipys, _on_paper) in product(FLOATS, ELEMENTWISE):
        with subtests.test(name=name, ours=ours.__name__):
            x = np.array([*VALUES, -0.0], name)
            np.testing.assert_allclose(ours(x), scipys(x), rtol=4 * np.finfo(name).eps)


def largest_error(found, truth, name):
    return max(
        exact.ulp_error(number, on_paper, name)
        for number, on_paper in zip(np.ravel(found).tolist(), truth, strict=True)
    )


def test_error_is_at_most_scipys(subtests):
    for spread, name, (ours, scipys, on_paper) in product(
        [0.1, 1.0, 10.0, 100.0], FLOATS, ALONG_AXIS
    ):
        with subtests.test(spread=spread, name=name, ours=ours.__name__):
            rng = np.random.default_rng(1)
            for classes in (2, 3, 10, 100):
                logits = (rng.standard_normal((400 // classes, classes)) * spread).astype(name)
                truth = [number for row in logits.tolist() for number in on_paper(row)]
                error = largest_error(ours(logits), truth, name)
                assert error <= max(1.0, largest_error(scipys(logits, axis=-1), truth, name))


def test_error_is_at_most_scipys_element_by_element(subtests):
    for reach, name, (ours, scipys, on_paper) in product(
        [1.0, 10.0, 100.0, 750.0], FLOATS, ELEMENTWISE
    ):
        with subtests.test(reach=reach, name=name, ours=ours.__name__):
            x = np.random.default_rng(1).uniform(-reach, reach, 500).astype(name)
            truth = [on_paper([number, 0.0])[0] for number in x.tolist()]
            error = largest_error(ours(x), truth, name)
            assert error <= max(1.0, largest_error(scipys(x), truth, name))
