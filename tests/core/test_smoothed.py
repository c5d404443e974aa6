"""The forms with a smoothed label: against mpmath, and against the forms without smoothing."""

import math
from itertools import product

import mpmath
import numpy as np
import pytest

from ce_core import cross_entropy, cross_entropy_gradient
from ce_core.formats import FORMATS
from ce_core.pipelines import gradient_of, run_all
from ce_core.smoothed import smoothed_forms

INF = math.inf


def starts(shape):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=shape) * rng.choice([1.0, 10.0, 100.0], (*shape[:-1], 1))
    logits[..., :2, 0] = -INF
    return logits


def same(found, expected):
    np.testing.assert_array_equal(found.astype(float), expected.astype(float))  # ml_dtypes' nan


def test_without_smoothing_every_form_is_itself_to_the_last_bit(subtests):
    for name, classes in product(FORMATS, (1, 2, 3, 10)):
        with subtests.test(format=name, classes=classes):
            logits = starts((4, 20, classes))
            found = smoothed_forms(logits, classes - 1, name)
            for form, run in run_all(logits, classes - 1, name).items():
                same(found[form].loss, run.steps["loss"])
                same(found[form].slopes, gradient_of(run))
                assert found[form].slopes.dtype == run.steps["loss"].dtype


def on_paper(logits, target, smoothing):
    with mpmath.workdps(40):
        z = [mpmath.mpf(x) for x in logits]
        whole = mpmath.log(mpmath.fsum(map(mpmath.exp, z)))
        eps = mpmath.mpf(smoothing)
        q = [(1 - eps) * (c == target) + eps / len(z) for c in range(len(z))]
        slopes = [float(mpmath.exp(x - whole) - y) for x, y in zip(z, q, strict=True)]
        return float(mpmath.fsum(y * (whole - x) for x, y in zip(z, q, strict=True))), slopes


@pytest.mark.parametrize(("name", "rtol"), [("float64", 1e-14), ("float32", 1e-5)])
def test_every_form_is_the_smoothed_loss_on_paper(name, rtol):
    smoothing = np.array([0.0, 0.1, 0.5, 1.0])
    logits = np.array([2.0, 1.0, 0.125]) * np.ones((4, 1))
    for form, found in smoothed_forms(logits, 1, name, smoothing).items():
        for i, eps in enumerate(smoothing):
            loss, slopes = on_paper(logits[i], 1, eps)
            np.testing.assert_allclose(found.loss[i], loss, rtol=rtol, err_msg=form)
            np.testing.assert_allclose(found.slopes[i], slopes, rtol=0, atol=rtol, err_msg=form)


def test_each_vector_has_a_smoothing_of_its_own():
    logits, smoothing = starts((3, 5, 4)), np.array([0.0, 0.1, 0.0, 0.7, 1.0])
    together = smoothed_forms(logits, 0, "float32", smoothing)
    for (i, j), form in product(np.ndindex(3, 5), together):
        alone = smoothed_forms(logits[i, j], 0, "float32", smoothing[j])[form]
        np.testing.assert_array_equal(together[form].loss[i, j], alone.loss)
        np.testing.assert_array_equal(together[form].slopes[i, j], alone.slopes)


def test_smoothing_looks_at_every_class_and_what_underflowed_breaks_two_forms():
    found = smoothed_forms([0.0, 800.0], 1, "float64", 0.25)
    assert found["fused"].loss == 100 == cross_entropy([0.0, 800.0], 1, label_smoothing=0.25)
    gradient = cross_entropy_gradient([0.0, 800.0], 1, label_smoothing=0.25)
    np.testing.assert_array_equal(found["fused"].slopes, gradient)
    assert np.isnan(found["naive"].loss)
    assert found["shifted"].loss == INF
    assert np.isnan(found["shifted"].slopes).all()


def test_a_share_that_the_format_rounds_to_0_does_not_count():
    assert smoothed_forms([0.0, -INF], 0, "float16", 1e-9)["fused"].loss == 0
    assert smoothed_forms([0.0, -INF], 0, "float64", 1e-9)["fused"].loss == INF


def test_bad_input():
    with pytest.raises(ValueError, match=r"label_smoothing must be in \[0, 1\]; got 1.5"):
        smoothed_forms([0.0, 1.0], 0, "float32", 1.5)
    with pytest.raises(ValueError, match=r"must broadcast to shape \(\); got \(2,\)"):
        smoothed_forms([0.0, 1.0], 0, "float32", [0.0, 0.1])
    with pytest.raises(ValueError, match="format must be one of"):
        smoothed_forms([0.0, 1.0], 0, "float80")
