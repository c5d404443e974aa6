"""Sigmoid, logsumexp, softmax and its Jacobian against mpmath, in every format and at the edges."""

import math
import warnings
from itertools import product

import ml_dtypes
import numpy as np
import pytest
from mpmath import mpf

from ce_core import (
    FORMATS,
    log_sigmoid,
    log_softmax,
    logsumexp,
    sigmoid,
    softmax,
    softmax_jacobian,
)
from tests.core import exact, oracle
from tests.core.oracle import ulps

INF, NAN = math.inf, math.nan
ELEMENTWISE = [sigmoid, log_sigmoid]
ALONG_AXIS = [logsumexp, softmax, log_softmax]
EVERY = ELEMENTWISE + ALONG_AXIS
WITH_INFINITY = [name for name, fmt in FORMATS.items() if fmt.has_infinity]


def as_floats(array):
    return np.asarray(array).astype(np.float64).ravel().tolist()


# Error bounds, in units of 2**-24 (float32) or 2**-53 (float64) relative to the result, of which
# an ulp is at least one. NumPy promises exp in float32 to 2.52 ulps, so to 5.04 units; pairwise
# summation of blocks of 128 in 8 columns adds at most 16 + 3 + log2(n / 128) units; log1p and
# every other operation is given 2 ulps. A difference z - m is off by half an ulp of itself, and
# exp makes a relative error of it: that is the `distance`. Numbers below the normal ones are off by
# ulps of their own, hence the last 3.
EXP, LOG, TAIL = 5.04, 4.0, 3.0


def rounded_once(bound, fmt):
    """Carry a bound in float32 over to a narrower format, to which one rounding leads."""
    return bound if fmt.fraction_bits >= 23 else 0.5 + bound * 2.0 ** (fmt.fraction_bits - 23)


def assert_accurate(logits, fmt, log_total, log_probabilities, probabilities):
    """Compare the three functions with their exact results for one vector."""
    z = as_floats(logits)
    below = [max(z) - logit for logit in z]
    rest = sorted(below)[1:]
    odds = math.fsum(math.exp(-d) for d in rest)
    share = odds / (1 + odds)
    # The mean of the differences, weighted by what each adds to the sum.
    products = math.fsum(d * math.exp(-d) for d in rest if d < INF)
    distance = products / odds if odds else 0.0
    addition = len(z) - 1 if len(z) <= 8 else 19 + max(0.0, math.log2(len(z) / 128))
    total = distance + EXP + addition

    # Where the largest logit and the log cancel, the error is that of the log.
    log_share = math.log1p(odds) / abs(float(log_total)) if log_total else 0.0
    bound = rounded_once(1 + log_share * (total + LOG) + TAIL, fmt)
    assert ulps(float(logsumexp(logits)), log_total, fmt) <= bound

    bound = rounded_once(1 + total + LOG + 1 + TAIL, fmt)
    for found, truth in zip(as_floats(log_softmax(logits)), log_probabilities, strict=True):
        assert ulps(found, truth, fmt) <= bound

    for found, truth, d in zip(as_floats(softmax(logits)), probabilities, below, strict=True):
        # exp(-750) rounds to 0 in every format.
        bound = EXP + d + share * total + addition + 2 + TAIL if d < 750 else 0.5
        assert ulps(found, truth, fmt) <= rounded_once(bound, fmt)


@pytest.mark.slow
def test_along_an_axis_against_mpmath(subtests):
    for name in FORMATS:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            for logits in oracle.vectors(fmt, np.random.default_rng(0)):
                z = as_floats(logits)
                assert_accurate(
                    logits, fmt, oracle.logsumexp(z), oracle.log_softmax(z), oracle.softmax(z)
                )


def test_many_classes(subtests):
    """Against the 50 digits of `tests.core.exact`, which cost less for long sums."""
    for magnitude, name in product([1e-6, 1.0, 10.0, 400.0], FORMATS):
        with subtests.test(magnitude=magnitude, name=name):
            fmt = FORMATS[name]
            drawn = np.random.default_rng(0).uniform(-1, 1, 300) * magnitude
            logits = drawn.clip(-fmt.max, fmt.max).astype(fmt.dtype)
            z = as_floats(logits)
            expected = [
                [mpf(str(number)) for number in numbers]
                for numbers in ([exact.logsumexp(z)], exact.log_softmax(z), exact.softmax(z))
            ]
            assert_accurate(logits, fmt, expected[0][0], *expected[1:])


def numbers(fmt):
    """Return all numbers of a small format, and a thousand of the others, of every size."""
    patterns = np.arange(2 ** min(fmt.bits, 10), dtype=np.uint64)
    patterns *= 2**fmt.bits // len(patterns)
    stored = patterns.astype(f"u{fmt.dtype.itemsize}").view(fmt.dtype)
    rng = np.random.default_rng(0)
    usual = np.concatenate([rng.uniform(-reach, reach, 100) for reach in (1, 10, 100, 750)])
    stored = np.concatenate([stored, usual.clip(-fmt.max, fmt.max).astype(fmt.dtype)])
    with np.errstate(invalid="ignore"):  # NumPy says "invalid" of a signalling nan
        return stored[np.isfinite(stored)]


def test_elementwise_against_mpmath(subtests):
    """Up to float32 the result is correctly rounded, but for 1e-8 of an ulp.

    In float64 exp, the addition of 1 and the division leave at most 3 ulps; 1.47 were seen.
    """
    for name in FORMATS:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            bound = 3.0 if name == "float64" else 0.5 + 2.0 ** (fmt.fraction_bits - 50)
            x = numbers(fmt)
            columns = [as_floats(x), as_floats(sigmoid(x)), as_floats(log_sigmoid(x))]
            for value, probability, log_probability in zip(*columns, strict=True):
                assert ulps(probability, oracle.sigmoid(value), fmt) <= bound
                assert ulps(log_probability, oracle.log_sigmoid(value), fmt) <= bound


def test_a_confident_answer_keeps_its_digits(subtests):
    """The log of a probability that rounds to 1 is not 0; the formula with log(sum) makes it 0."""
    for gap, name in product([8.0, 15.0, 80.0], FORMATS):
        with subtests.test(gap=gap, name=name):
            fmt = FORMATS[name]
            if float(np.array(gap).astype(fmt.dtype)) != gap:
                continue  # it cannot be given
            truth = oracle.logsumexp([0.0, -gap])
            # The argument of exp is exact here, so none but exp and log1p err: 2.52 ulps and 2.
            bound = rounded_once(4.6, fmt)
            assert ulps(float(logsumexp(np.array([0.0, -gap], fmt.dtype))), truth, fmt) <= bound
            assert (
                ulps(-as_floats(log_softmax(np.array([gap, 0.0], fmt.dtype)))[0], truth, fmt)
                <= bound
            )


@pytest.mark.parametrize("name", WITH_INFINITY)
@pytest.mark.parametrize(
    ("logits", "log_total", "probabilities", "log_probabilities"),
    [
        pytest.param([3, -INF], 3, [1, 0], [0, -INF], id="masked"),
        pytest.param([-INF, 3, 3, -INF], 3 + math.log(2), [0, 0.5, 0.5, 0], None, id="two-masked"),
        pytest.param([-INF, -INF], -INF, [NAN, NAN], [NAN, NAN], id="all-masked"),
        pytest.param([-INF], -INF, [NAN], [NAN], id="the-only-one-masked"),
        pytest.param([INF, 3], INF, [NAN, NAN], [NAN, -INF], id="inf"),
        pytest.param([INF, INF], INF, [NAN, NAN], [NAN, NAN], id="two-inf"),
        pytest.param([INF, -INF], INF, [NAN, NAN], [NAN, -INF], id="inf-and-masked"),
        pytest.param([NAN, 3], NAN, [NAN, NAN], [NAN, NAN], id="nan"),
        pytest.param([NAN, INF], NAN, [NAN, NAN], [NAN, NAN], id="nan-and-inf"),
        pytest.param([NAN, -INF], NAN, [NAN, NAN], [NAN, NAN], id="nan-and-masked"),
        pytest.param([3], 3, [1], [0], id="one-class"),
    ],
)
def test_special_values(name, logits, log_total, probabilities, log_probabilities):
    fmt = FORMATS[name]
    stored = np.array(logits, fmt.dtype)
    np.testing.assert_allclose(as_floats(logsumexp(stored)), [log_total], rtol=fmt.unit_roundoff)
    np.testing.assert_array_equal(as_floats(softmax(stored)), probabilities)
    if log_probabilities is not None:
        np.testing.assert_array_equal(as_floats(log_softmax(stored)), log_probabilities)


def test_nan_in_the_format_without_infinity():
    dtype = ml_dtypes.float8_e4m3fn
    stored = np.array([[1.0, NAN], [1.0, 1.0]], dtype)
    assert np.isnan(as_floats(softmax(stored))).tolist() == [True, True, False, False]
    # exp(-448 - log 2) is no number of the format, and neither is -inf.
    assert math.isnan(float(log_softmax(np.array([448.0, -448.0], dtype))[1]))


def test_elementwise_special_values(subtests):
    for name in WITH_INFINITY:
        with subtests.test(name=name):
            x = np.array([-INF, INF, NAN, 0.0, -0.0], FORMATS[name].dtype)
            np.testing.assert_array_equal(as_floats(sigmoid(x)), [0, 1, NAN, 0.5, 0.5])
            half = float(np.array(-math.log(2)).astype(x.dtype))
            np.testing.assert_array_equal(as_floats(log_sigmoid(x)), [-INF, 0, NAN, half, half])


def test_a_special_value_stays_in_its_row(subtests):
    for special, function in product([NAN, INF, -INF], ALONG_AXIS):
        with subtests.test(special=special, function=function.__name__):
            logits = np.array([[2.0, 1.0, 0.1], [special, 1.0, 0.1], [0.0, 0.0, 0.0]])
            alone = function(logits[[0, 2]])
            np.testing.assert_array_equal(function(logits)[[0, 2]], alone)
            assert np.isfinite(alone).all()


def test_an_empty_axis_raises(subtests):
    for function, shape in product(ALONG_AXIS, [(0,), (3, 0), (0, 0)]):
        with (
            subtests.test(function=function.__name__, shape=shape),
            pytest.raises(
                ValueError, match=r"logits must not be empty along axis -1; got shape \("
            ),
        ):
            function(np.empty(shape))


def test_no_vectors_and_no_elements_are_no_results():
    assert softmax(np.empty((0, 3))).shape == (0, 3)
    assert log_softmax(np.empty((0, 3))).shape == (0, 3)
    assert logsumexp(np.empty((0, 3))).shape == (0,)
    assert sigmoid([]).shape == log_sigmoid([]).shape == (0,)


def test_what_is_no_number_raises(subtests):
    for function, bad in product(EVERY, ["two", ["2", "1"], [1j], [None], [{}]]):
        message = r"must be real numbers; got dtype "
        with subtests.test(bad=bad), pytest.raises(TypeError, match=message):
            function(bad)


@pytest.mark.parametrize("function", ALONG_AXIS)
def test_a_wrong_axis_raises(function):
    with pytest.raises(ValueError, match=r"logits must have an axis 1; got shape \(2,\)"):
        function([0.0, 1.0], axis=1)
    with pytest.raises(ValueError, match=r"logits must have an axis -1; got shape \(\)"):
        function(3.0)
    with pytest.raises(TypeError, match=r"axis must be an integer; got True"):
        function(np.zeros((2, 2)), True)
    with pytest.raises(TypeError, match=r"axis must be an integer; got 0\.5"):
        function([0.0, 1.0], axis=0.5)


def test_the_format_is_kept(subtests):
    for function, name in product(EVERY, FORMATS):
        with subtests.test(function=function.__name__, name=name):
            logits = np.array([2.0, 1.0, 0.5], FORMATS[name].dtype)
            assert function(logits).dtype == logits.dtype
            assert function(np.stack([logits, logits])).dtype == logits.dtype


def test_integers_become_float64(subtests):
    for function, dtype in product(EVERY, [bool, np.int8, np.uint8, np.int64, np.uint64]):
        with subtests.test(function=function.__name__, dtype=dtype):
            logits = np.array([1, 0, 1], dtype)
            found = function(logits)
            assert found.dtype == np.float64
            np.testing.assert_array_equal(found, function([1.0, 0.0, 1.0]))


def test_finite_input_never_warns(subtests):
    """Not even where the caller asked NumPy to raise, and not at the ends of the format."""
    for function, name in product(EVERY, FORMATS):
        with subtests.test(function=function.__name__, name=name):
            fmt = FORMATS[name]
            ends = [
                fmt.max,
                -fmt.max,
                fmt.smallest_subnormal,
                fmt.smallest_normal,
                0.0,
                fmt.ln_zero,
                min(30.0, fmt.max),
            ]
            stored = np.array(ends, np.float64).astype(fmt.dtype)
            pairs = np.stack(np.meshgrid(stored, stored), axis=-1)
            with warnings.catch_warnings(), np.errstate(all="raise"):
                warnings.simplefilter("error")
                found = function(pairs)
            assert found.shape == (pairs.shape if function is not logsumexp else pairs.shape[:-1])
            if function is logsumexp:  # that of two logits of the largest size may be beyond it
                found = found[pairs.max(axis=-1) < fmt.max]
            if function is not log_softmax and function is not log_sigmoid:
                assert np.isfinite(found).all()


def test_axis(subtests):
    for axis, function in product([0, 1, 2, -1, -2, -3], ALONG_AXIS):
        with subtests.test(axis=axis, function=function.__name__):
            logits = np.random.default_rng(0).standard_normal((2, 3, 4))
            last = function(np.moveaxis(logits, axis, -1))
            found = function(logits, axis=axis)
            if function is logsumexp:
                kept = logsumexp(logits, axis=axis, keepdims=True)
                np.testing.assert_array_equal(kept, np.expand_dims(found, axis))
            else:
                last = np.moveaxis(last, -1, axis)
            # The order of a sum follows the memory, so the last digit may differ.
            np.testing.assert_allclose(found, last, rtol=1e-15, atol=0)


def test_a_single_vector_gives_a_scalar_logsumexp():
    assert isinstance(logsumexp([0.0, 0.0]), np.float64)
    assert logsumexp([0.0, 0.0], keepdims=True).shape == (1,)
    assert isinstance(sigmoid(0.0), np.float64)
    assert isinstance(log_sigmoid(0.0), np.float64)


def test_the_input_is_not_written_to(subtests):
    for function, name in product(EVERY, FORMATS):
        with subtests.test(function=function.__name__, name=name):
            logits = np.array([[2.0, 1.0, 0.5], [0.0, 0.0, 3.0]], FORMATS[name].dtype, order="F")
            before = logits.tobytes()
            logits.setflags(write=False)
            found = function(logits)
            assert logits.tobytes() == before
            assert not np.shares_memory(found, logits)


# --- The Jacobian of softmax ------------------------------------------------------------------


def test_jacobian_against_mpmath(subtests):
    """Every entry is a product of two numbers; each is a probability, or a sum of C - 1 of them."""
    for spread, name in product([0.01, 1.0, 4.0, 10.0, 30.0], FORMATS):
        with subtests.test(spread=spread, name=name):
            fmt = FORMATS[name]
            rng = np.random.default_rng(0)
            drawn = [rng.uniform(-1, 1, size) * spread for size in (1, 2, 3, 8)]
            for logits in [*drawn, np.array([2 * spread, 0, 0])]:
                stored = logits.clip(-fmt.max, fmt.max).astype(fmt.dtype)
                z = as_floats(stored)
                p = oracle.softmax(z)
                # A probability: exp and its argument, above and below the line, a sum and a
                # division.
                probability = 2 * (EXP + max(z) - min(z)) + len(z) + 1
                bound = rounded_once(2 * probability + len(z) + 1 + TAIL, fmt)
                found = softmax_jacobian(stored)
                assert found.shape == (len(z), len(z))
                for i, row in enumerate(found.astype(np.float64).tolist()):
                    others = sum((p[j] for j in range(len(z)) if j != i), mpf(0))
                    for j, entry in enumerate(row):
                        truth = p[i] * (others if i == j else -p[j])
                        assert ulps(entry, truth, fmt) <= bound


def test_jacobian_against_differences():
    """Central differences err by h² / 6 times a third derivative below 1, and by 1e-16 / h."""
    logits, h = np.array([2.0, 1.0, 0.1, -3.0]), 1e-5
    columns = [(softmax(logits + h * e) - softmax(logits - h * e)) / (2 * h) for e in np.eye(4)]
    np.testing.assert_allclose(softmax_jacobian(logits), np.stack(columns, -1), rtol=0, atol=1e-10)


def test_rows_and_columns_of_a_jacobian_sum_to_zero(subtests):
    """Relative to their largest entry, on the diagonal, however small that is."""
    for magnitude in [1e-3, 1.0, 30.0, 800.0]:
        with subtests.test(magnitude=magnitude):
            logits = np.random.default_rng(0).uniform(-magnitude, magnitude, (20, 5))
            found = softmax_jacobian(logits)
            largest = np.diagonal(found, axis1=-2, axis2=-1)
            np.testing.assert_array_equal(found, found.swapaxes(-2, -1))
            # A sum of 5 probabilities is off by 4 roundings; each product, and the sum here, adds
            # some.
            assert (abs(found.sum(-1)) <= 16 * 2.0**-53 * largest).all()
            assert (abs(found.sum(-2)) <= 16 * 2.0**-53 * largest).all()


@pytest.mark.parametrize("name", WITH_INFINITY)
@pytest.mark.parametrize(
    ("logits", "expected"),
    [
        pytest.param([3, -INF], [[0, 0], [0, 0]], id="masked"),
        pytest.param(
            [3, -INF, 3], [[0.25, 0, -0.25], [0, 0, 0], [-0.25, 0, 0.25]], id="masked-of-three"
        ),
        pytest.param([-INF, -INF], [[NAN, NAN]] * 2, id="all-masked"),
        pytest.param([INF, 3], [[NAN, NAN]] * 2, id="inf"),
        pytest.param([NAN, 3], [[NAN, NAN]] * 2, id="nan"),
        pytest.param([NAN], [[NAN]], id="nan-alone"),
        pytest.param([3], [[0]], id="one-class"),
    ],
)
def test_special_values_of_the_jacobian(name, logits, expected):
    found = softmax_jacobian(np.array(logits, FORMATS[name].dtype))
    np.testing.assert_array_equal(found.astype(np.float64), expected)


def test_rows_of_a_jacobian_are_independent():
    logits = np.array([[[2.0, 1.0, 0.1], [NAN, 1.0, 0.1]], [[0.0, 800.0, 0.0], [1.0, 1.0, 1.0]]])
    found = softmax_jacobian(logits)
    assert found.shape == (2, 2, 3, 3)
    for index in np.ndindex(2, 2):
        np.testing.assert_array_equal(found[index], softmax_jacobian(logits[index]))
    assert softmax_jacobian(np.empty((0, 3))).shape == (0, 3, 3)


@pytest.mark.parametrize("shape", [(0,), (3, 0)])
def test_a_jacobian_of_no_class_raises(shape):
    with pytest.raises(ValueError, match=r"logits must not be empty along axis -1; got shape \("):
        softmax_jacobian(np.empty(shape))


def test_a_jacobian_of_what_is_no_vector_raises():
    with pytest.raises(ValueError, match=r"logits must have an axis -1; got shape \(\)"):
        softmax_jacobian(3.0)
    with pytest.raises(TypeError, match=r"logits must be real numbers; got dtype <U1"):
        softmax_jacobian(["2", "1"])


def test_a_jacobian_keeps_the_format_and_never_warns(subtests):
    for name in FORMATS:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            ends = [
                fmt.max,
                -fmt.max,
                fmt.smallest_subnormal,
                0.0,
                fmt.ln_zero,
                fmt.ln_zero / 2,
                min(30.0, fmt.max),
            ]
            stored = np.array(ends, np.float64).astype(fmt.dtype)
            pairs = np.stack(np.meshgrid(stored, stored), axis=-1)
            with np.errstate(all="raise"):
                found = softmax_jacobian(pairs)
            assert found.dtype == fmt.dtype
            assert np.isfinite(found).all()
            assert softmax_jacobian(np.array([1, 0])).dtype == np.float64
