"""Small inputs that the lab once told something untrue about, each standing for a kind."""

import math

import mpmath
import numpy as np
import pytest

from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES, WARNINGS, CauseKind, Run, run

INF = math.inf
K = CauseKind


def on_paper(logits, target):
    with mpmath.workdps(60):
        z = [mpmath.mpf(x) for x in logits]
        others = (mpmath.exp(x - z[target]) for j, x in enumerate(z) if j != target)
        return mpmath.log1p(mpmath.fsum(others))


def all_forms(logits, target, name, shift=0.0):
    """Run the three forms, whose loss on paper is mpmath's."""
    runs = [run(logits, target, form, name, shift=shift) for form in PIPELINES]
    assert float(runs[0].paper) == pytest.approx(float(on_paper(logits, target)), rel=1e-14)
    return runs


def blamed(found: Run):
    step = int(found.cause.step)
    return K(int(found.cause.kind)), found.budget.steps[step] if step >= 0 else None


def warnings(found):
    return [text for bit, text in enumerate(WARNINGS) if found.warnings >> bit & 1]


def share(found, step):
    return float(found.budget.shares[found.budget.steps.index(step)])


def test_two_logits_beyond_the_format_have_a_probability_on_paper():
    for found in all_forms([-70000, -70001], 0, "float16"):
        assert (found.broke, blamed(found)) == (K.LOGIT_OVERFLOW, (K.LOGIT_OVERFLOW, "stored"))
        assert math.exp(-found.paper) == pytest.approx(0.7310585786300049, rel=1e-14)


def test_a_mask_as_people_write_it_breaks_nothing():
    for found in all_forms([2, 1, -1e9], 0, "float16"):
        assert (found.broke, blamed(found)) == (K.NONE, (K.LOGIT_LOST, "stored"))
        assert (found.cause.index, found.right) == (2, True)
        assert float(found.steps["loss"]) == pytest.approx(0.3133, abs=2.5e-4)


def test_exponentials_that_lost_their_digits_among_the_subnormals():
    fused = all_forms([-4.25, -20, -20, -20], 0, "float16")[2]
    assert share(fused, "shifted") == 0
    assert (blamed(fused), fused.cause.value) == ((K.EXP_SUBNORMAL, "exp"), -15.75)
    told = float(fused.cause.significand) * 10.0 ** float(fused.cause.exponent)
    assert told == pytest.approx(float(mpmath.exp(-15.75)), rel=1e-13)


def test_exponentials_that_became_0():
    for found in all_forms([0] + [-7] * 9, 0, "float8_e4m3fn"):
        assert share(found, "stored") == share(found, "added") == 0
        assert blamed(found) == (K.EXP_LOST, "exp")


def test_two_equal_losses_that_are_both_wrong():
    naive, _, fused = all_forms([0] + [-17.5] * 9, 0, "float16")
    assert naive.paper == pytest.approx(2.26e-7, rel=1e-3)
    for found in (naive, fused):
        assert (found.steps["loss"], found.right, blamed(found)) == (0, False, (K.EXP_LOST, "exp"))


def test_a_quotient_of_a_subnormal_is_not_what_rounded():
    naive = all_forms([-102, -87.5], 0, "float32")[0]
    assert blamed(naive) == (K.EXP_SUBNORMAL, "exp")
    stored = float(naive.steps["exp"][0])
    assert stored / FORMATS["float32"].smallest_subnormal == 4  # 3.59 on paper
    assert abs(share(naive, "probabilities")) < 1e-6 * abs(share(naive, "exp"))


def test_the_sum_of_a_confident_answer_lost_the_digits():
    shifted = all_forms([16, 0], 0, "float64")[1]
    assert blamed(shifted) == (K.ROUNDED, "total")
    exp = float(shifted.steps["exp"][1])
    assert share(shifted, "total") == pytest.approx(
        float(mpmath.log1p(mpmath.mpf(float(shifted.steps["total"])) - 1) - mpmath.log1p(exp)),
        rel=1e-6,
    )


def test_the_class_that_moved_the_loss_most():
    fused = all_forms([16.0716, 20.2513], 1, "bfloat16")[2]
    assert (blamed(fused), fused.cause.index) == ((K.ROUNDED, "stored"), 0)
    stored = np.array([16.0716, 20.2513]).astype(FORMATS["bfloat16"].dtype).astype(float).tolist()
    paper = on_paper([16.0716, 20.2513], 1)
    alone = [on_paper([stored[0], 20.2513], 1) - paper, on_paper([16.0716, stored[1]], 1) - paper]
    assert abs(alone[0] / alone[1]) == pytest.approx(42, rel=0.02)


def test_a_loss_below_every_float64():
    fused = run([42, 1337, 557], 1, "fused", "float64")
    assert (fused.paper, fused.right) == (0, True)
    truth = mpmath.log10(on_paper([42, 1337, 557], 1))
    assert float(fused.log10_paper) == pytest.approx(float(truth), rel=1e-15)
    assert 10 ** (truth + 339) == pytest.approx(1.78, abs=0.005)


def test_a_loss_of_0_is_reached_by_masks_and_approached_by_numbers():
    masked, far = (run(z, 0, "fused", "float64") for z in ([2, -INF, -INF], [1000, 0, 0]))
    assert masked.steps["loss"] == far.steps["loss"] == 0
    assert masked.log10_paper == -INF
    assert far.log10_paper == pytest.approx(float(mpmath.log10(2 * mpmath.exp(-1000))), rel=1e-15)


def test_log_sum_exp_minus_the_logit_cancels():
    lse, fused = (run([1e8, 1e8], 0, form, "float32") for form in ("lse", "fused"))
    assert lse.steps["loss"] == 0
    assert blamed(lse) == (K.ROUNDED, "logsumexp")
    assert lse.cause.cost == pytest.approx(-math.log(2), rel=1e-7)
    assert fused.right
    assert fused.steps["loss"] == np.float32(math.log(2))


def test_a_logit_that_moved_by_less_than_its_shown_digits():
    fused = all_forms([100000000.4, 100000000], 0, "float32")[2]
    assert (blamed(fused), fused.cause.index) == ((K.ROUNDED, "stored"), 0)
    assert fused.cause.value == 100000000.4
    assert fused.error == pytest.approx(math.log(2) - 0.5130152500079447, abs=1e-7)


def test_three_losses_that_do_not_agree():
    found = all_forms([1.6171875, -0.439453125], 0, "bfloat16")
    losses = [float(form.steps["loss"]) for form in found]
    assert losses == pytest.approx([0.1245, 0.1157, 0.1196], abs=5e-5)
    unit = FORMATS["bfloat16"].unit_roundoff * float(found[0].paper)
    assert (max(losses) - min(losses)) / unit == pytest.approx(18, abs=1)
    assert not any(form.right for form in found)
    other = all_forms([-0.772, 1.208], 1, "bfloat16")
    assert [bool(form.right) for form in other] == [False, False, True]


def test_adding_c_moved_the_logits_and_not_storing_them():
    for found in all_forms([2, 1, 0.1], 0, "float64", shift=1000.0)[1:]:
        assert (blamed(found), found.cause.index) == ((K.ROUNDED, "added"), 2)
        assert share(found, "stored") == 0
        moved = float(mpmath.mpf(1000.1) - mpmath.mpf(1000) - mpmath.mpf(0.1))
        weight = math.exp(0.1 - 2 - found.paper)
        assert found.cause.cost == pytest.approx(moved * weight, rel=1e-2)


def test_numpy_warns_of_a_difference_that_became_minus_infinity():
    for found in all_forms([30000, -40000, 29990], 0, "float16")[1:]:
        assert found.broke == K.NONE
        assert float(found.steps["shifted"][1]) == -INF
        assert warnings(found) == ["overflow encountered in subtract"]
        # 29990 is stored as 29984, and the loss falls by e**-6.
        assert (blamed(found), found.cause.index) == ((K.ROUNDED, "stored"), 2)


@pytest.mark.parametrize(("logits", "off"), [([12, 11, 10], 0.84), ([2, 1, 0.1], 0.2)])
def test_two_bits_of_mantissa_are_far_off(logits, off):
    shifted = all_forms(logits, 0, "float8_e5m2")[1]
    assert abs(float(shifted.error)) / float(shifted.paper) == pytest.approx(off, abs=0.005)
    assert not shifted.right


def test_a_loss_of_0_that_is_the_nearest_number():
    shifted = all_forms([100, 1, 0.1], 0, "float16")[1]
    assert (shifted.steps["loss"], shifted.right) == (0, True)
    assert float(shifted.error) == -float(shifted.paper)  # 100 % off
    assert blamed(shifted) == (K.EXP_LOST, "exp")


def test_where_the_log_softmax_ends():
    beyond = run([-40000, 40000], 0, "fused", "float16")
    assert (beyond.steps["loss"], beyond.broke) == (INF, K.SUBTRACT_OVERFLOW)
    assert float(beyond.paper) == 80000
    small = all_forms([276.31, 0], 0, "float32")[2]
    assert (small.steps["loss"], small.right) == (0, True)
    assert float(small.paper) == pytest.approx(1.0002e-120, rel=1e-4)
    given = run([-70000, 0], 0, "fused", "float16")
    assert float(given.steps["logits"][0]) == -INF
    assert (given.broke, given.cause.value) == (K.LOGIT_OVERFLOW, -70000)


def test_a_sum_that_stopped_growing():
    for found in all_forms([1.0] * 512, 0, "bfloat16")[:2]:
        assert blamed(found) == (K.ROUNDED, "total")
    assert found.steps["total"] == 256
    assert share(found, "total") == pytest.approx(-math.log(2), rel=1e-12)
