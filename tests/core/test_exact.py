"""The 50 digits against mpmath, and ulp_error against the numbers of the formats themselves."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import product

import mpmath
import numpy as np
import pytest

from ce_core.formats import FORMATS, neighbours
from ce_core.pipelines import PIPELINES, STEPS
from tests.core import exact

INF, NAN = math.inf, math.nan

VECTORS = [
    [0.0],
    [2.0, 1.0, 0.1],
    [20.0, 0.0, 0.0],
    [800.0, 0.0, -800.0],
    [-1e5, -1e5, -1e5],
    [1e-300, -1e-300],
    [0.1, 0.1 + 2**-55],
    [60.0, -60.0, -INF],
    [700.0, 700.0, 1.0],
]


def agrees(ours: Decimal, reference: mpmath.mpf, digits: int = exact.DIGITS) -> bool:
    if reference == 0 or mpmath.isinf(reference):
        return ours == Decimal(float(reference))
    return abs(mpmath.mpf(str(ours)) / reference - 1) <= mpmath.mpf(10) ** (1 - digits)


@pytest.fixture(autouse=True)
def _digits():
    """Take the digits that exp(800) + exp(-800) and 1 + 1e-300 need."""
    with mpmath.workdps(2000):
        yield


def reference_loss(logits, target):
    logsumexp = mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(z)) for z in logits))
    return logsumexp - mpmath.mpf(logits[target])


def test_50_digits(subtests):
    for logits in VECTORS:
        with subtests.test(logits=logits):
            exp = [mpmath.exp(mpmath.mpf(z)) for z in logits]
            total = mpmath.fsum(exp)
            assert agrees(exact.logsumexp(logits), mpmath.log(total))
            for i, (probability, log_probability) in enumerate(
                zip(exact.softmax(logits), exact.log_softmax(logits), strict=True)
            ):
                assert agrees(probability, exp[i] / total)
                assert agrees(log_probability, -reference_loss(logits, i))
                assert exact.cross_entropy(logits, i) == log_probability.copy_negate()


def test_a_difference_beyond_2000_digits():
    """exp(-1000) beside 1, at logits of 1e15: the loss is exp(-1000) but for its square."""
    assert agrees(exact.cross_entropy([1e15, 1e15 - 1000, 3.0], 0), mpmath.exp(-1000))


def test_magnitudes_to_the_end_of_float64():
    assert exact.cross_entropy([1e308, -1e308], 0) == 0  # exp(-2e308) is below 10**-(10**18)
    assert agrees(exact.cross_entropy([1e308, -1e308], 1), 2 * mpmath.mpf(1e308))
    assert exact.softmax([1e308, 1e308]) == (Decimal("0.5"), Decimal("0.5"))
    assert agrees(exact.logsumexp([1e-300, 1e-300]), mpmath.log(2) + mpmath.mpf(1e-300))


def test_special_values_make_everything_nan(subtests):
    for logits in [[NAN, 0.0], [0.0, NAN], [INF, 0.0], [-INF, -INF]]:
        with subtests.test(logits=logits):
            assert all(number.is_nan() for number in exact.softmax(logits))
            assert all(number.is_nan() for number in exact.log_softmax(logits))
            assert exact.cross_entropy(logits, 1).is_nan()
            expected = max(logits) if not any(map(math.isnan, logits)) else NAN
            assert exact.logsumexp(logits) == expected or exact.logsumexp(logits).is_nan()


@pytest.mark.parametrize(
    ("logits", "expected"), [([INF, 0.0], INF), ([-INF, -INF], -INF), ([-INF, 3.0], 3.0)]
)
def test_logsumexp_of_infinities(logits, expected):
    assert exact.logsumexp(logits) == expected


def test_masked_class():
    assert exact.softmax([0.0, -INF]) == (1, 0)
    assert exact.cross_entropy([0.0, -INF], 0) == 0
    assert exact.cross_entropy([0.0, -INF], 1) == INF


def test_steps_hold_every_step_of_a_pipeline(subtests):
    for pipeline, logits in product(
        PIPELINES, [[2.0, 1.0, 0.1], [800.0, -800.0, 0.0], [-INF, 1.0]]
    ):
        with subtests.test(pipeline=pipeline, logits=logits):
            found = exact.steps(logits, 0, pipeline)
            z = [mpmath.mpf(logit) for logit in logits]
            largest = max(z)
            arguments = z if pipeline == "naive" else [logit - largest for logit in z]
            exp = [mpmath.exp(argument) for argument in arguments]
            total = mpmath.fsum(exp)
            loss = reference_loss(logits, 0) if z[0] > -INF else mpmath.inf
            expected = {
                "largest": [largest],
                "shifted": [logit - largest for logit in z],
                "exp": exp,
                "total": [total],
                "probabilities": [e / total for e in exp],
                "probability": [exp[0] / total],
                "loss": [loss],
                "rest": [total - 1],
                "log_sum": [mpmath.log(total)],
                "log_probabilities": [
                    logit - mpmath.log(mpmath.fsum(map(mpmath.exp, z))) for logit in z
                ],
            }
            for step in STEPS[pipeline]:
                assert len(found[step.name]) == len(expected[step.name])
                assert all(map(agrees, found[step.name], expected[step.name])), step.name


def test_add_is_exact():
    (total,) = exact.add([1e16], 2**-30)
    assert Fraction(total) == Fraction(10**16) + Fraction(1, 2**30)
    assert exact.add([-INF], 1.0) == (-INF,)


def test_bad_input():
    with pytest.raises(ValueError, match="logits must be at least one number; got none"):
        exact.softmax([])
    for target in (2, -1):
        with pytest.raises(ValueError, match=f"target must be a class from 0 to 1; got {target}"):
            exact.cross_entropy([0.0, 0.0], target)
    with pytest.raises(ValueError, match="format must be one of"):
        exact.ulp_error(0.0, 0.0, "float80")


def test_a_neighbour_is_one_ulp_away(subtests):
    for name in FORMATS:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            start = [0.0, fmt.smallest_normal, 1.5, 3.0, fmt.max / 2]
            for value in [float(np.float64(number).astype(fmt.dtype)) for number in start]:
                above = neighbours(value, name)[1]
                assert exact.ulp_error(above, value, name) == 1
                # Between the two, on paper: half an ulp from each.
                with localcontext(prec=1200):
                    middle = (Decimal(value) + Decimal(above)) / 2
                assert exact.ulp_error(value, middle, name) == 0.5
                assert exact.ulp_error(above, middle, name) == 0.5


def test_rounding_is_within_half_an_ulp(subtests):
    for name in FORMATS:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            rng = np.random.default_rng(1)
            drawn = rng.standard_normal(200) * 2.0 ** rng.integers(-5, 5, 200)
            for exact_value in drawn[np.abs(drawn) < fmt.max]:
                stored = float(exact_value.astype(fmt.dtype))
                error = exact.ulp_error(stored, float(exact_value), name)
                size = Fraction(abs(float(exact_value)))
                below = abs(stored) if abs(stored) <= size else neighbours(abs(stored), name)[0]
                unit = Fraction(neighbours(below, name)[1]) - Fraction(below)
                assert error <= 0.5
                assert error == float(abs(abs(Fraction(stored)) - size) / unit)


def test_at_a_power_of_two_the_unit_is_the_smaller_one(subtests):
    """Of 2**k the closest numbers on either side are 2**k and the one below it."""
    for name, fmt in FORMATS.items():
        with subtests.test(name=name):
            twice = 2 * fmt.smallest_normal
            for value in (twice, *(v for v in (0.5, 1.0, -4.0) if twice <= abs(v) < fmt.max)):
                below, above = sorted(neighbours(value, name), key=abs)
                assert exact.ulp_error(below, value, name) == 1
                assert exact.ulp_error(above, value, name) == 2
            # Just above it the unit is that of the numbers above.
            above = exact.ulp_error(twice, Decimal(twice) * (1 + Decimal(10) ** -40), name)
            assert above == pytest.approx(1e-40 * 2.0**fmt.fraction_bits)


def test_the_unit_goes_on_beyond_the_largest_number():
    largest = FORMATS["float16"].max  # 65504, whose unit is 32
    assert exact.ulp_error(largest, 65520.0, "float16") == 0.5
    assert exact.ulp_error(largest, 65536.0, "float16") == 1
    assert exact.ulp_error(largest, 65600.0, "float16") == 1.5  # the unit is 64
    assert exact.ulp_error(1.0, Decimal("1e400"), "float64") == pytest.approx(
        float(Decimal("1e400") / Decimal(2) ** (1328 - 52))
    )


def test_just_below_a_power_of_two_the_unit_is_the_smaller_one():
    just_below_one = Decimal(1) - Decimal(10) ** -40  # float() makes it 1.0
    assert exact.ulp_error(1.0, just_below_one, "float64") == pytest.approx(1e-40 * 2**53)


def test_ulp_error_of_special_values():
    assert exact.ulp_error(INF, INF, "float32") == 0
    assert exact.ulp_error(INF, 1.0, "float32") == INF
    assert exact.ulp_error(1.0, INF, "float32") == INF
    assert exact.ulp_error(-INF, INF, "float32") == INF
    assert exact.ulp_error(NAN, NAN, "float32") == 0
    assert math.isnan(exact.ulp_error(NAN, 1.0, "float32"))
    assert math.isnan(exact.ulp_error(INF, NAN, "float32"))
    assert exact.ulp_error(0.0, Decimal("1e-1000"), "float64") == 0
    assert exact.ulp_error(1.0, Decimal("1e100000000000000"), "float64") > 2.0**52


def test_relative_error():
    assert exact.relative_error(3.0, Decimal(4)) == 0.25
    assert exact.relative_error(0.0, Decimal(0)) == 0
    assert exact.relative_error(1.0, Decimal(0)) == INF
    assert exact.relative_error(0.0, Decimal("1e-1000000000")) == 1
