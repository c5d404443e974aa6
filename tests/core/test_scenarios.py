"""Every scenario keeps its promise, in `run` and in NumPy written out by hand."""

import math
import warnings
from typing import NamedTuple

import mpmath
import numpy as np
import pytest

from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES, CauseKind, run
from ce_core.scenarios import ALL_SCENARIOS, LAB, SCENARIOS


@pytest.fixture(params=ALL_SCENARIOS)
def scenario(request):
    return ALL_SCENARIOS[request.param]


def test_run_finds_the_effect(scenario):
    assert set(scenario.effect) == set(PIPELINES)
    for pipeline, effect in scenario.effect.items():
        found = run(
            scenario.logits, scenario.target, pipeline, scenario.format, shift=scenario.shift
        )
        assert found.broke == effect
        if effect != CauseKind.NONE:
            assert found.cause.kind == effect


def as_stored(scenario):
    return np.array(scenario.logits).astype(FORMATS[scenario.format].dtype)


def loss_on_paper(logits, target):
    with mpmath.workdps(60):
        z = [mpmath.mpf(float(logit)) for logit in logits]
        return mpmath.log(mpmath.fsum(map(mpmath.exp, z))) - z[target]


class Textbook(NamedTuple):
    """The textbook softmax of z, or of z - max, as plain NumPy leaves it."""

    argument: np.ndarray
    exp: np.ndarray
    total: np.generic
    probability: np.generic
    loss: np.generic

    @classmethod
    def of(cls, argument, target):
        """Compute it step by step."""
        exp = np.exp(argument)
        total = np.sum(exp)
        probability = (exp / total)[target]
        return cls(argument, exp, total, probability, -np.log(probability))


def observed(argument, scenario):
    """Look at what plain NumPy left; an overflow is nan in a format without infinity."""
    _, exp, total, probability, loss = Textbook.of(argument, scenario.target)
    if (as_stored(scenario) == -np.inf).all():
        assert np.isnan(loss)
        return CauseKind.ALL_MASKED
    assert np.isfinite(argument).all()
    if not np.isfinite(exp).all():
        return CauseKind.EXP_OVERFLOW
    if not np.isfinite(total):
        return CauseKind.SUM_OVERFLOW
    if total == 0:
        return CauseKind.SUM_UNDERFLOW
    if probability == 0:
        return CauseKind.PROBABILITY_UNDERFLOW
    assert np.isfinite(loss)
    return CauseKind.NONE


def observed_fused(logits, scenario):
    """Look at log1p of the sum without the largest, less the target's logit - max."""
    shifted = logits - logits.max()
    others = np.delete(np.exp(shifted), np.argmax(logits))
    loss = np.log1p(np.sum(others)) - shifted[scenario.target]
    if (logits == -np.inf).all():
        assert np.isnan(loss)
        return CauseKind.ALL_MASKED
    assert np.isfinite(loss)
    return CauseKind.NONE


def test_plain_numpy_shows_the_effect(scenario):
    logits = as_stored(scenario)
    assert scenario.shift == 0  # `observed` would have to add it
    with np.errstate(all="ignore"):
        assert observed(logits, scenario) == scenario.effect["naive"]
        assert observed(logits - logits.max(), scenario) == scenario.effect["shifted"]
        assert observed_fused(logits, scenario) == scenario.effect["fused"]


def test_sliders_reach_the_logits(scenario):
    assert scenario.reach in (10, 100, 1000)
    # A masked logit has no place on its slider.
    on_sliders = [z for z in (*scenario.logits, scenario.shift) if z != -math.inf]
    assert all(abs(z) <= scenario.reach for z in on_sliders)
    assert 0 <= scenario.target < len(scenario.logits)


EXP_OVERFLOW = "overflow encountered in exp"
SUM_OVERFLOW = "overflow encountered in reduce"
LOG_OF_ZERO = "divide by zero encountered in log"
NO_QUOTIENT = "invalid value encountered in divide"


SHOWS = {
    "exp_overflow": ({EXP_OVERFLOW, NO_QUOTIENT}, lambda seen: np.isinf(seen.exp[0])),
    "sum_overflow": (
        {SUM_OVERFLOW, LOG_OF_ZERO},
        lambda seen: np.isfinite(seen.exp).all() and np.isinf(seen.total),
    ),
    "zero_by_zero": (
        {NO_QUOTIENT},
        lambda seen: (seen.argument > -np.inf).all() and (seen.exp == 0).all(),
    ),
    "log_of_zero": (
        {LOG_OF_ZERO},
        lambda seen: (seen.exp > 0).all() and seen.probability == 0 and seen.loss == np.inf,
    ),
    "all_masked": ({NO_QUOTIENT}, lambda seen: (seen.argument == -np.inf).all()),
    # NumPy hears of no overflow: exp(7) is computed in float32, and its rounding says nothing.
    "no_infinity": (
        set(),
        lambda seen: np.isnan(seen.exp[0]) and np.isnan(np.float64(1e9).astype(seen.exp.dtype)),
    ),
    "lost_digit": (set(), lambda seen: seen.probability == 1 and seen.loss == 0),
    "stored_alike": (
        set(),
        lambda seen: seen.argument[0] == seen.argument[1] and seen.probability == 0.5,
    ),
}
"""What NumPy says of the textbook softmax in each scenario of the lab, and what it leaves."""


def test_the_lab_has_one_of_each(subtests):
    for name, (said, happens) in SHOWS.items():
        with subtests.test(name=name):
            scenario = LAB[name]
            logits = as_stored(scenario)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                seen = Textbook.of(logits, scenario.target)
            assert {str(warning.message) for warning in caught} == said
            with np.errstate(all="ignore"):
                assert happens(seen)


def test_logits_stored_alike_were_given_apart():
    scenario = LAB["stored_alike"]
    assert scenario.logits[0] > scenario.logits[1]
    assert as_stored(scenario)[0] == as_stored(scenario)[1]


def test_the_lab_has_no_others_and_a_name_means_one_scenario():
    assert set(LAB) == set(SHOWS)
    assert set(ALL_SCENARIOS) == set(LAB) | set(SCENARIOS)
    assert all(ALL_SCENARIOS[name] is LAB[name] for name in LAB)


def test_where_digits_were_lost():
    right, wrong = LAB["lost_digit"], LAB["stored_alike"]
    for pipeline in ("naive", "shifted"):
        found = run(right.logits, right.target, pipeline, right.format)
        assert found.budget.steps[int(found.cause.step)] == "total"
        assert found.steps["loss"] == 0 != found.paper
    assert run(right.logits, right.target, "fused", right.format).ulps < 1
    stored = loss_on_paper(as_stored(wrong), wrong.target)
    given = loss_on_paper(wrong.logits, wrong.target)
    for pipeline in PIPELINES:
        found = run(wrong.logits, wrong.target, pipeline, wrong.format)
        assert found.budget.steps[int(found.cause.step)] == "stored"
        assert found.budget.shares[0] == pytest.approx(float(stored - given), rel=1e-9)


def losses(name):
    scenario = ALL_SCENARIOS[name]
    return tuple(
        float(run(scenario.logits, scenario.target, pipeline, scenario.format).steps["loss"])
        for pipeline in PIPELINES
    )


def test_what_the_names_say():
    for name in ("over_89", "over_89_half"):
        assert min(ALL_SCENARIOS[name].logits) > 89
    assert ALL_SCENARIOS["over_89"].logits == ALL_SCENARIOS["over_89_half"].logits
    assert FORMATS["float32"].ln_max < 89
    assert len(set(ALL_SCENARIOS["sum_overflow"].logits)) == 1
    assert ALL_SCENARIOS["sum_overflow"].logits[0] < FORMATS["float32"].ln_max
    assert max(ALL_SCENARIOS["very_negative"].logits) < FORMATS["float32"].ln_zero
    assert losses("everyday") == pytest.approx((0.41703, 0.41703, 0.41703), abs=1e-6)
    assert losses("tie") == pytest.approx((math.log(3),) * 3, rel=1e-6)
    assert losses("confidently_wrong") == (math.inf, math.inf, 120)
    assert losses("confidently_right") == pytest.approx((0, 0, 4.122307e-9), rel=1e-6)
