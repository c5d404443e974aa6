"""The paths against a loop in mpmath, the bound on a step, and where they come to rest."""

import math
from itertools import pairwise, product

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from ce_core import cross_entropy, cross_entropy_gradient, softmax, softmax_jacobian
from ce_core.descent import descend, loss_along, slope, smoothed_target
from ce_core.likelihood import entropy
from tests.core import oracle

INF, NAN = math.inf, math.nan


def slow_path(logits, target, rate, steps, smoothing):
    """Follow the definition, one number at a time, to 30 digits."""
    with mpmath.workdps(30):
        z = [mpf(x) for x in logits]
        path = [z]
        for _ in range(steps):
            total = mpmath.fsum(mpmath.exp(x) for x in z)
            eps = mpf(smoothing)
            z = [
                x - rate * (mpmath.exp(x) / total - (1 - eps) * (c == target) - eps / len(z))
                for c, x in enumerate(z)
            ]
            path.append(z)
        return np.array(path, dtype=np.float64)


def starts(shape, reach=4.0):
    return np.random.default_rng(0).uniform(-reach, reach, shape)


def test_against_a_slow_loop(subtests):
    for smoothing, rate in product([0.0, 0.1, 1.0], [0.0, 0.3, 1.0, 7.0]):
        with subtests.test(smoothing=smoothing, rate=rate):
            for logits in starts((4, 3)):
                found = descend(logits, 1, rate, 20, smoothing)
                expected = slow_path(logits.tolist(), 1, rate, 20, smoothing)
                # A step beyond the stable rate multiplies an error by up to |1 - 7 / 2|; 20 of
                # them, 1e11.
                atol = 1e-14 if rate <= 4 else 1e-3
                np.testing.assert_allclose(found, expected, rtol=0, atol=atol)


def test_a_step_is_the_rate_times_the_gradient_of_the_cross_entropy():
    for logits in starts((5, 4)):
        path = descend(logits, 2, 0.7, 3, 0.2)
        for before, after in pairwise(path):
            gradient = cross_entropy_gradient(before, 2, label_smoothing=0.2)
            np.testing.assert_allclose(before - after, 0.7 * gradient, rtol=0, atol=1e-14)


def on_paper(logits, target, smoothing):
    """Return the slopes to 17 digits."""
    with mpmath.workdps(400):
        total = mpmath.fsum(mpmath.exp(mpf(x)) for x in logits)
        eps = mpf(smoothing)
        return [
            float(mpmath.exp(mpf(x)) / total - (1 - eps) * (c == target) - eps / len(logits))
            for c, x in enumerate(logits)
        ]


def test_the_slopes_of_a_confident_answer_keep_their_digits_and_add_up_to_0():
    for logits in ([40.0, 0.0, 0.0], [700.1, 0.3, -1.0], [40.0, 39.0, -300.0], [0.1, 40.2, 3.0]):
        for target in range(3):
            found = slope(logits, target)
            np.testing.assert_allclose(found, on_paper(logits, target, 0.0), rtol=1e-15)
            np.testing.assert_allclose(found, cross_entropy_gradient(logits, target), rtol=1e-15)
            assert abs(found.sum()) <= 2.0**-52 * abs(found).max()


def test_smoothed_slopes_are_right_to_a_roundoff_of_1():
    for logits in starts((5, 4), 30.0):
        for smoothing in (0.1, 1.0):
            expected = on_paper(logits.tolist(), 2, smoothing)
            np.testing.assert_allclose(slope(logits, 2, smoothing), expected, rtol=0, atol=2.0**-52)


def test_a_step_from_a_confident_answer_still_moves():
    """The probability of the first class rounds to 1, and p - 1 to 0."""
    path = descend([0.0, -40.0, -40.0], 0, 1.0, 1)
    assert path[1, 0] == slope([0.0, -40.0, -40.0], 0)[0] * -1 > 8e-18


def test_rows_have_rates_and_smoothings_of_their_own():
    logits = starts((2, 3, 4))
    rates, smoothing = np.array([[0.1, 0.5, 1.0]]), np.array([[0.0], [0.3]])
    found = descend(logits, 0, rates, 5, smoothing)
    losses = loss_along(found, 0, smoothing)
    assert found.shape == (2, 3, 6, 4)
    assert found.dtype == np.float64
    assert losses.shape == (2, 3, 6)
    for i, j in np.ndindex(2, 3):
        alone = descend(logits[i, j], 0, rates[0, j], 5, smoothing[i, 0])
        np.testing.assert_allclose(found[i, j], alone, rtol=0, atol=1e-14)
        direct = [cross_entropy(z, 0, label_smoothing=smoothing[i, 0]) for z in found[i, j]]
        np.testing.assert_allclose(losses[i, j], direct, rtol=1e-14)


def test_no_steps_and_no_rows():
    assert descend([2.0, 1.0], 0, 1.0, 0).tolist() == [[2.0, 1.0]]
    assert descend(np.empty((0, 3)), 0, 1.0, 4).shape == (0, 5, 3)
    assert loss_along(np.empty((0, 5, 3)), 0).shape == (0, 5)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_no_eigenvalue_of_the_hessian_exceeds_a_half(classes):
    """On which the bound of the next test rests; [large, large, -large, ...] comes close to it."""
    extreme = np.full((1, classes), -40.0)
    extreme[:, :2] = 0
    hessians = softmax_jacobian(np.concatenate([starts((200, classes), 8.0), extreme]))
    largest = np.linalg.eigvalsh(hessians).max(axis=-1)
    assert (largest <= 0.5 + 1e-15).all()
    assert largest[-1] > 0.5 - 1e-12


def test_every_step_lowers_the_loss_by_what_the_bound_says(subtests):
    for smoothing, rate in product([0.0, 0.1, 0.5], [0.05, 0.5, 1.0, 3.9]):
        with subtests.test(smoothing=smoothing, rate=rate):
            path = descend(starts((50, 3), 8.0), 0, rate, 60, smoothing)
            losses = loss_along(path, 0, smoothing)
            q = (1 - smoothing) * np.eye(3)[0] + smoothing / 3
            squares = ((softmax(path) - q) ** 2).sum(-1)
            drop = losses[:, :-1] - losses[:, 1:]
            # Losses up to 20, so with roundings up to 1e-14.
            assert (drop >= rate * (1 - rate / 4) * squares[:, :-1] - 1e-14).all()
            assert (drop[:, :5] > 0).all() or rate > 1


def test_a_rate_above_4_climbs_out_of_the_minimum():
    """Between two equal classes the curvature is 1/2: a step of rate 5 overshoots by a half."""
    losses = loss_along(descend([0.01, -0.01], 0, 5.0, 5, 1.0), 0, 1.0)
    assert (np.diff(losses) > 0).all()
    assert (np.diff(loss_along(descend([0.01, -0.01], 0, 3.0, 5, 1.0), 0, 1.0)) < 0).all()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_sum_of_the_logits_stays(smoothing):
    path = descend(starts((20, 5)), 3, 0.9, 100, smoothing)
    sums = path.sum(-1)
    # Each of 100 steps rounds 5 logits below 16.
    assert abs(sums - sums[:, :1]).max() <= 100 * 5 * 16 * 2.0**-53


@pytest.mark.parametrize("smoothing", [0.1, 0.4, 1.0])
def test_smoothing_leads_to_rest_at_the_log_of_the_target(smoothing):
    start = starts((10, 3))
    last = descend(start, 0, 1.0, 3000, smoothing)[:, -1]
    q = (1 - smoothing) * np.eye(3)[0] + smoothing / 3
    rest = np.log(q) - np.log(q).mean() + start.mean(-1, keepdims=True)
    np.testing.assert_allclose(last, rest, rtol=0, atol=1e-11)
    losses = loss_along(last[:, None], 0, smoothing)
    np.testing.assert_allclose(losses, entropy(q), rtol=0, atol=1e-14)


def test_without_smoothing_the_logits_part_forever():
    path = descend([0.0, 0.0, 0.0], 0, 1.0, 2000)
    gap = path[:, 0] - path[:, 1]
    assert (np.diff(gap) > 0).all()
    assert (np.diff(gap, 2) < 0).all()
    # gap' = (1 - p) * 3 / 2 is about 3 exp(-gap), so exp(gap) grows by 3 per step, and a little.
    assert gap[-1] == pytest.approx(math.log(3 * 2000), abs=0.01)


def test_a_masked_class_stays_masked():
    path = descend([2.0, -INF, 1.0], 0, 0.5, 10)
    assert (path[:, 1] == -INF).all()
    np.testing.assert_array_equal(path[:, [0, 2]], descend([2.0, 1.0], 0, 0.5, 10))
    np.testing.assert_array_equal(loss_along(path, 0), loss_along(path[:, [0, 2]], 0))


def test_smoothing_gives_a_masked_class_its_share_as_cross_entropy_does():
    logits = [2.0, -INF, 1.0]
    path = descend(logits, 0, 0.5, 10, 0.3)
    assert (path[:, 1] == -INF).all()
    assert cross_entropy(logits, 0, label_smoothing=0.3) == INF
    assert (loss_along(path, 0, 0.3) == INF).all()
    assert (np.diff(path[:, [0, 2]].sum(-1)) < 0).all()


def test_what_has_no_probabilities_has_no_path(subtests):
    for logits in [[NAN, 1.0], [INF, 1.0], [-INF, -INF], [NAN, -INF]]:
        with subtests.test(logits=logits):
            with np.errstate(all="raise"):
                path = descend([logits, [2.0, 1.0]], 0, 0.5, 3)
            np.testing.assert_array_equal(path[0, 0], logits)
            assert np.isnan(path[0, 1:]).all()
            np.testing.assert_array_equal(path[1], descend([2.0, 1.0], 0, 0.5, 3))


def test_overflow_and_underflow_do_not_warn():
    with np.errstate(all="raise"):
        overflow = descend([1e308, 1e308], 1, 1.7e308, 2)
        underflow = descend([-700.0, 0.0], 1, 1e-300, 2)
        losses = loss_along([[1e308, -1e308]], 1)
    assert overflow[1, 1] == INF
    assert np.isnan(overflow[2]).all()
    assert (underflow == underflow[0]).all()
    assert losses.tolist() == [INF]


GOOD = {"logits": [2.0, 1.0], "target": 0, "rate": 1.0, "steps": 2}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"logits": ["2", "1"]}, TypeError, "logits must be real numbers; got dtype <U1"),
        (
            {"logits": 2.0},
            ValueError,
            r"logits must have shape \(\.\.\., C\) with C >= 1; got \(\)",
        ),
        ({"logits": []}, ValueError, r"logits must have shape .*; got \(0,\)"),
        ({"target": 2}, ValueError, r"target must be in 0\.\.1; got 2"),
        ({"target": 0.5}, TypeError, r"target must be an integer; got 0\.5"),
        ({"rate": -1.0}, ValueError, r"rate must be finite and not negative; got -1\.0"),
        ({"rate": NAN}, ValueError, "rate must be finite and not negative; got nan"),
        ({"rate": "fast"}, TypeError, "rate must be real numbers; got dtype <U4"),
        ({"rate": [1.0, 2.0]}, ValueError, r"rate must broadcast to shape \(\); got \(2,\)"),
        ({"steps": -1}, ValueError, "steps must be at least 0; got -1"),
        ({"steps": 2.0}, TypeError, r"steps must be an integer; got 2\.0"),
        ({"label_smoothing": 1.5}, ValueError, r"label_smoothing must be in \[0, 1\]; got 1\.5"),
        ({"label_smoothing": NAN}, ValueError, r"label_smoothing must be in \[0, 1\]; got nan"),
        ({"label_smoothing": [0.1, 0.2]}, ValueError, r"label_smoothing must broadcast to shape"),
        ({"label_smoothing": "a bit"}, TypeError, "label_smoothing must be real numbers; got"),
    ],
)
def test_bad_input_says_what_was_expected(change, error, message):
    with pytest.raises(error, match=message):
        descend(**(GOOD | change))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            ([2.0, 1.0], 0),
            ValueError,
            r"path must have shape \(\.\.\., steps \+ 1, C\) .*; got \(2,",
        ),
        (([["2", "1"]], 0), TypeError, "path must be real numbers; got dtype <U1"),
        (([[2.0, 1.0]], -1), ValueError, r"target must be in 0\.\.1; got -1"),
        (([[2.0, 1.0]], 0, -0.1), ValueError, r"label_smoothing must be in \[0, 1\]; got -0\.1"),
        (([[2.0, 1.0]], 0, [0.1, 0.2]), ValueError, r"broadcast to shape \(\); got \(2,\)"),
    ],
)
def test_a_bad_path_is_told(arguments, error, message):
    with pytest.raises(error, match=message):
        loss_along(*arguments)


def test_the_slope_is_softmax_minus_the_smoothed_target(subtests):
    for eps, count in product([0.0, 0.1, 0.7, 1.0], [2, 3, 10]):
        with subtests.test(eps=eps, count=count):
            logits = starts(count).tolist()
            wanted = [
                float(p) - (1 - eps) * (i == 1) - eps / count
                for i, p in enumerate(oracle.softmax(logits))
            ]
            np.testing.assert_allclose(slope(logits, 1, eps), wanted, rtol=0, atol=1e-15 * count)
            target = smoothed_target(1, count, eps)
            np.testing.assert_allclose(
                target, softmax(logits) - slope(logits, 1, eps), rtol=0, atol=1e-15
            )
            assert target.sum() == pytest.approx(1)


def test_a_smoothed_target_says_what_it_cannot_be():
    with pytest.raises(ValueError, match="target"):
        smoothed_target(3, 3)
    with pytest.raises(ValueError, match=r"label_smoothing must be in \[0, 1\]; got 1.5"):
        smoothed_target(0, 3, [0.5, 1.5])
    with pytest.raises(ValueError, match="label_smoothing must broadcast"):
        slope([[1.0, 2.0]], 0, [0.1, 0.2])
