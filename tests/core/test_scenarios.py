"""Every scenario keeps its promise, in `run` and in NumPy written out by hand."""

import math

import mpmath
import numpy as np
import pytest

from ce_core.formats import FORMATS
from ce_core.scenarios import ALL_SCENARIOS
from ce_core.trace import PIPELINES, CauseKind, run


@pytest.fixture(params=ALL_SCENARIOS)
def scenario(request):
    return ALL_SCENARIOS[request.param]


def test_run_finds_the_effect(scenario):
    assert set(scenario.effect) == set(PIPELINES)
    for pipeline, effect in scenario.effect.items():
        found = run(
            scenario.logits, scenario.target, pipeline, scenario.format, shift=scenario.shift
        )
        assert found.cause.kind == effect


def right(loss, scenario):
    """Say whether a loss is within 10 unit roundoffs of that of the stored logits."""
    stored = np.array(scenario.logits).astype(FORMATS[scenario.format].dtype).astype(float)
    with mpmath.workdps(60):
        z = [mpmath.mpf(logit) for logit in stored]
        true_loss = mpmath.log(sum(map(mpmath.exp, z))) - z[scenario.target]
        return abs(loss - true_loss) <= 10 * FORMATS[scenario.format].unit_roundoff * true_loss


def observed(argument, scenario):
    """Look at the textbook softmax of z, or of z - max, as NumPy computes it."""
    exp = np.exp(argument)
    total = np.sum(exp)
    probability = exp[scenario.target] / total
    loss = -np.log(probability)
    if np.isinf(exp).any():
        return CauseKind.EXP_OVERFLOW
    if np.isinf(total):
        return CauseKind.SUM_OVERFLOW
    if (exp == 0).all():
        return CauseKind.SUM_UNDERFLOW
    if probability == 0:
        return CauseKind.PROBABILITY_UNDERFLOW
    return CauseKind.NONE if right(float(loss), scenario) else CauseKind.DIGITS_LOST


def test_plain_numpy_shows_the_effect(scenario):
    logits = np.array(scenario.logits).astype(FORMATS[scenario.format].dtype)
    assert scenario.shift == 0  # `observed` would have to add it
    with np.errstate(all="ignore"):
        assert observed(logits, scenario) == scenario.effect["naive"]
        assert observed(logits - logits.max(), scenario) == scenario.effect["shifted"]
        shifted = logits - logits.max()
        others = np.delete(np.exp(shifted), np.argmax(logits))
        fused = np.log1p(np.sum(others)) - shifted[scenario.target]
    assert scenario.effect["fused"] == CauseKind.NONE
    assert right(float(fused), scenario)


def test_sliders_reach_the_logits(scenario):
    assert scenario.reach in (10, 100, 1000)
    assert all(abs(logit) <= scenario.reach for logit in (*scenario.logits, scenario.shift))
    assert 0 <= scenario.target < len(scenario.logits)


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
