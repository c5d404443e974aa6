"""The sigmoid and the binary cross-entropy in every way, against mpmath and plain NumPy."""

import math
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from ce_core import naive
from ce_core.binary import FORMS, run
from ce_core.formats import FORMATS
from tests.core import oracle
from tests.core.oracle import ulps

INF, NAN = math.inf, math.nan
WITH_INFINITY = [name for name, fmt in FORMATS.items() if fmt.has_infinity]
everywhere = pytest.mark.parametrize("name", FORMATS)


def numbers(name):
    """Return numbers of a format, from its smallest to its largest and around its limits."""
    fmt = FORMATS[name]
    rng = np.random.default_rng(0)
    sizes = np.geomspace(fmt.smallest_normal, fmt.max / 2, 40)
    drawn = np.concatenate([rng.uniform(-reach, reach, 60) for reach in (2, 20, 110, 800)])
    limits = np.array([fmt.ln_max, fmt.ln_zero, fmt.smallest_subnormal, 0.0])
    x = np.concatenate([sizes, -sizes, drawn, limits, -limits, [-fmt.max, fmt.max]])
    return x.clip(-fmt.max, fmt.max).astype(fmt.dtype).astype(np.float64)


def numbers_and(name, *arrays):
    columns = (numbers(name), *(array.astype(np.float64) for array in arrays))
    return zip(*(column.tolist() for column in columns), strict=True)


def rounded(value, name):
    return float(np.float64(value).astype(FORMATS[name].dtype))


def log_bound(fmt):
    """Bound what np.log errs by, in ulps.

    NumPy promises 4 ulps in float32, which the narrower formats compute in and round once.
    """
    return 4.0 if fmt.fraction_bits >= 23 else 0.5 + 4 * 2.0 ** (fmt.fraction_bits - 23)


@everywhere
def test_the_stable_arrays_are_mpmaths(name):
    """Up to float32 they are rounded once from float64; see `test_elementwise_against_mpmath`."""
    fmt = FORMATS[name]
    bound = 3.0 if name == "float64" else 0.5 + 2.0 ** (fmt.fraction_bits - 50)
    found = run(numbers(name), name)
    assert found.x.astype(np.float64).tolist() == numbers(name).tolist()
    for x, p, log_p, rest, slope in numbers_and(
        name, found.sigmoid["stable"], found.log_sigmoid["stable"], found.complement, found.slope
    ):
        assert ulps(p, oracle.sigmoid(x), fmt) <= bound
        assert ulps(log_p, oracle.log_sigmoid(x), fmt) <= bound
        assert ulps(rest, oracle.sigmoid(-x), fmt) <= bound
        with mpmath.workdps(oracle.DIGITS):
            exact_slope = oracle.sigmoid(x) * oracle.sigmoid(-x)
        # Half an ulp is at most a unit roundoff of the number: those of two factors and a product.
        assert ulps(slope, exact_slope, fmt) <= (2 * bound + 0.5) * 2


@everywhere
def test_the_naive_arrays_are_plain_numpys(name):
    found = run(numbers(name), name)
    x = found.x
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(-x))
        expected = {
            "sigmoid": p,
            "log_sigmoid": np.log(p),
            "losses": np.stack([-np.log(1 - p), -np.log(p)], axis=-1),
        }
    for attribute, array in expected.items():
        computed = getattr(found, attribute)["naive"]
        assert computed.dtype == FORMATS[name].dtype
        np.testing.assert_array_equal(computed.astype(np.float64), array.astype(np.float64))


@everywhere
def test_the_naive_sigmoid_is_mpmaths_until_exp_overflows(name):
    fmt = FORMATS[name]
    overflowed = 0
    for x, p in numbers_and(name, run(numbers(name), name).sigmoid["naive"]):
        if -x > oracle.exp_overflow(fmt):
            overflowed += 1
            beyond = rounded(1 / rounded(1 + fmt.overflow, name), name)
            assert p == pytest.approx(beyond, rel=0, nan_ok=True)
        else:
            # exp errs by at most 2.52 ulps, the sum and the quotient by half an ulp each.
            assert ulps(p, oracle.sigmoid(x), fmt) <= (2.52 + 0.5 + 0.5) * 2
    assert overflowed > 10


@everywhere
def test_the_losses_of_both_labels_are_the_logs_of_their_probabilities(name):
    """By "naive" and "log" it is the rounded probability whose log is taken; "fused" has none."""
    fmt = FORMATS[name]
    found = run(numbers(name), name)
    for form, sigmoid in (("naive", found.sigmoid["naive"]), ("log", found.sigmoid["stable"])):
        losses = found.losses[form]
        assert losses.shape == (*found.x.shape, 2)
        for _, p, loss_0, loss_1 in numbers_and(name, sigmoid, losses[:, 0], losses[:, 1]):
            for loss, probability in ((loss_0, rounded(1 - p, name)), (loss_1, p)):
                assert math.copysign(1, loss) == 1 or math.isnan(loss)
                if math.isnan(probability):
                    assert math.isnan(loss)
                else:
                    with mpmath.workdps(oracle.DIGITS):
                        exact = -mpmath.log(mpf(probability))
                    assert ulps(loss, exact, fmt) <= log_bound(fmt)


@everywhere
def test_the_fused_losses_are_mpmaths(name):
    fmt = FORMATS[name]
    # Narrower formats are computed in float32, and that is rounded once.
    bound = 3.0 if name == "float64" else 0.5 + 2.0 ** (fmt.fraction_bits - 23)
    losses = run(numbers(name), name).losses["fused"]
    assert losses.dtype == fmt.dtype
    for x, loss_0, loss_1 in numbers_and(name, losses[:, 0], losses[:, 1]):
        with mpmath.workdps(oracle.DIGITS):
            exact_0, exact_1 = -oracle.log_sigmoid(-x), -oracle.log_sigmoid(x)
        assert ulps(loss_0, exact_0, fmt) <= bound
        assert ulps(loss_1, exact_1, fmt) <= bound


def test_the_textbook_loses_minus_1234_and_the_stable_form_keeps_it():
    for name in ("float64", "float32", "float16"):  # in the narrower ones it is not stored exactly
        found = run(-1234.0, name)
        assert found.sigmoid["naive"] == 0
        assert found.log_sigmoid["naive"] == -INF
        assert found.log_sigmoid["stable"] == -1234
        assert found.losses["naive"].tolist() == [0, INF]
        assert found.losses["log"].tolist() == [0, INF]
        assert found.losses["fused"].tolist() == [0, 1234]
        mirrored = run(1234.0, name)
        assert mirrored.sigmoid["naive"] == 1
        assert mirrored.losses["naive"].tolist() == [INF, 0]
        assert mirrored.losses["fused"].tolist() == [1234, 0]


def test_only_the_fused_loss_keeps_a_confident_answer():
    found = run(40.0, "float64")
    assert {form: float(found.losses[form][1]) for form in FORMS} == {
        "naive": 0.0,
        "log": 0.0,
        "fused": pytest.approx(4.248354255291589e-18, rel=1e-15),
    }
    assert float(found.complement) == pytest.approx(4.248354255291589e-18, rel=1e-15)


def test_infinity_and_nan(subtests):
    for name, (x, sigmoid, log_sigmoid, losses) in product(
        WITH_INFINITY,
        [(-INF, 0, -INF, [0, INF]), (INF, 1, 0, [INF, 0]), (NAN, NAN, NAN, [NAN, NAN])],
    ):
        with subtests.test(name=name, x=x, sigmoid=sigmoid, log_sigmoid=log_sigmoid, losses=losses):
            found = run(x, name)
            for form in ("naive", "stable"):
                np.testing.assert_equal(float(found.sigmoid[form]), sigmoid)
                np.testing.assert_equal(float(found.log_sigmoid[form]), log_sigmoid)
            np.testing.assert_equal(float(found.complement), 1 - sigmoid)
            np.testing.assert_equal(float(found.slope), sigmoid * (1 - sigmoid))
            for form in FORMS:
                np.testing.assert_array_equal(found.losses[form].astype(np.float64), losses)


def plain_warnings(x):
    """Return what NumPy warns of in each naive formula for one number: no text comes twice."""
    formulas = [
        lambda: 1 / (1 + np.exp(-x)),
        lambda: np.log(1 / (1 + np.exp(-x))),
        lambda: -np.log(1 - 1 / (1 + np.exp(-x))),
        lambda: naive.sigmoid(x),
        lambda: naive.log_sigmoid(x),
        lambda: naive.binary_cross_entropy_with_logits(x, [0.0], reduction="none"),
        lambda: naive.binary_cross_entropy_with_logits(x, [1.0], reduction="none"),
    ]
    texts = set()
    for formula in formulas:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            formula()
        texts |= {str(warning.message) for warning in caught}
    return texts


@everywhere
def test_the_warnings_are_numpys_for_each_number_alone(name):
    x = [*numbers(name), -INF, INF, NAN] if name in WITH_INFINITY else numbers(name)
    found = run(x, name)
    for number, text in zip(found.x, found.warnings, strict=True):
        lines = text.splitlines()
        assert set(lines) == plain_warnings(number.reshape(1))
        assert len(lines) == len(set(lines))
    assert "" in found.warnings


def test_what_numpy_says_to_the_left_and_to_the_right():
    overflow, log_of_zero = "overflow encountered in exp", "divide by zero encountered in log"
    found = run([-800.0, -700.0, 0.0, 30.0, 40.0], "float64")
    assert found.warnings.tolist() == [f"{overflow}\n{log_of_zero}", "", "", "", log_of_zero]
    # Rounding exp(12) to eight bits gives inf without an overflow that NumPy hears of.
    assert run(-12.0, "float8_e5m2").warnings == log_of_zero


@everywhere
def test_nothing_warns_and_numpys_settings_stay(name):
    x = numbers(name)
    with np.errstate(all="raise"):
        before = np.geterr(), np.geterrcall()
        run(x, name)
        assert (np.geterr(), np.geterrcall()) == before


def test_threads_do_not_hear_each_others_warnings():
    x = {name: numbers(name) for name in FORMATS}
    alone = {name: run(x[name], name).warnings.tolist() for name in FORMATS}
    jobs = [*FORMATS] * 4
    with ThreadPoolExecutor(8) as pool:
        together = pool.map(lambda name: run(x[name], name).warnings.tolist(), jobs)
        for name, texts in zip(jobs, together, strict=True):
            assert texts == alone[name]


@everywhere
def test_shapes(name, subtests):
    for shape in [(), (3,), (2, 3), (0,), (2, 0)]:
        with subtests.test(shape=shape):
            x = np.linspace(-20, 20, math.prod(shape)).reshape(shape)
            found = run(x, name)
            arrays = [found.x, found.complement, found.slope, *found.sigmoid.values()]
            for array in (*arrays, *found.log_sigmoid.values()):
                assert (array.shape, array.dtype) == (shape, FORMATS[name].dtype)
            assert tuple(found.losses) == FORMS
            for losses in found.losses.values():
                assert (losses.shape, losses.dtype) == ((*shape, 2), FORMATS[name].dtype)
            assert (found.warnings.shape, found.warnings.dtype.kind) == (shape, "U")
            for place in np.ndindex(shape):
                alone = run(x[place], name)
                assert alone.sigmoid["stable"] == found.sigmoid["stable"][place]
                assert alone.warnings == found.warnings[place]


def test_the_given_numbers_are_left_alone_and_integers_are_numbers():
    x = np.array([-1234.0, 0.0])
    found = run(x, "float64")
    found.x[:] = 1
    assert x.tolist() == [-1234, 0]
    assert run([-2, 3], "float32").x.tolist() == [-2, 3]


@pytest.mark.parametrize(
    ("x", "name", "error", "message"),
    [
        (["a"], "float32", TypeError, "x must be real numbers; got dtype <U1"),
        ([1j], "float32", TypeError, "x must be real numbers; got dtype complex128"),
        (None, "float32", TypeError, "x must be real numbers; got dtype object"),
        ([1.0], "half", ValueError, "format must be one of float64, .*; got 'half'"),
        ([1.0], None, ValueError, "format must be one of float64, .*; got None"),
    ],
)
def test_bad_input_says_what_was_expected(x, name, error, message):
    with pytest.raises(error, match=message):
        run(x, name)
