"""The gradients against mpmath, differences of the loss, and a tape that runs scalar by scalar."""

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES, gradient, run
from tests.core import oracle

INF, NAN = math.inf, math.nan
THROUGH_THE_QUOTIENT = ["naive", "shifted"]
WITH_INFINITY = [name for name, fmt in FORMATS.items() if fmt.has_infinity]
ORDINARY = [
    [2.0, 1.0, 0.1],
    [0.0, 0.0, 0.0],
    [-3.0, 4.0, 0.5],
    [5.0, -5.0, 1.0],
    [-8.0, -9.0, -7.0],
]


def hand_on_nothing(_):
    """End the way back: the number was given, not computed."""


class Variable:
    """One number on the tape of a reverse-mode differentiation, in one format.

    `backward` adds to the gradients of the numbers that this one was computed from.
    """

    def __init__(self, value, tape: list["Variable"], backward: Callable = hand_on_nothing):
        self.value, self.backward = value, backward
        self.gradient = value.dtype.type(0)
        tape.append(self)

    def add(self, gradient):
        """Add what one of the operations that used this number hands back."""
        self.gradient = self.gradient + gradient


def on_a_tape(logits, target, pipeline, dtype):
    """Differentiate -log(exp(z) / sum of exp(z))[target], one scalar operation after the other."""
    tape: list[Variable] = []
    with np.errstate(all="ignore"):
        stored = np.array(logits, np.float64).astype(dtype)
        z = [Variable(x, tape) for x in stored]
        shifted = stored - stored.max() if pipeline == "shifted" else stored
        d = [Variable(x, tape, z_i.add) for x, z_i in zip(shifted, z, strict=True)]
        exps = np.exp(shifted)
        e = [
            Variable(x, tape, lambda g, d_i=d_i, x=x: d_i.add(g * x))
            for x, d_i in zip(exps, d, strict=True)
        ]
        total = Variable(np.sum(exps), tape, lambda g: [e_i.add(g) for e_i in e])

        def divide(e_i):
            p_i = e_i.value / total.value

            def backward(g):
                e_i.add(g / total.value)
                total.add(-(g * (p_i / total.value)))

            return Variable(p_i, tape, backward)

        p = [divide(e_i) for e_i in e]
        p_y = p[target]
        p_y.gradient = dtype.type(-1) / p_y.value
        for variable in reversed(tape):
            variable.backward(variable.gradient)
        return np.array([z_i.gradient for z_i in z])


def as_floats(array):
    return np.asarray(array).astype(np.float64)


def test_ordinary_logits_against_mpmath(subtests):
    for target, pipeline in product([0, 1, 2], PIPELINES):
        with subtests.test(target=target, pipeline=pipeline):
            found = gradient(ORDINARY, target, pipeline, "float64")
            for row, logits in zip(found, ORDINARY, strict=True):
                paper = [float(p) - (i == target) for i, p in enumerate(oracle.softmax(logits))]
                # On paper every entry is a difference of two products that are at most 1; each is
                # the result of some six roundings.
                np.testing.assert_allclose(row, paper, rtol=0, atol=12 * 2.0**-53)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_ordinary_logits_against_differences_of_the_loss(pipeline):
    """Central differences err by h² / 6 times a third derivative below 1, and by 1e-15 / h."""
    h = 1e-5
    for logits in np.array(ORDINARY):
        up = run(logits + h * np.eye(3), 2, pipeline, "float64").steps["loss"]
        down = run(logits - h * np.eye(3), 2, pipeline, "float64").steps["loss"]
        found = gradient(logits, 2, pipeline, "float64")
        np.testing.assert_allclose(found, (up - down) / (2 * h), rtol=0, atol=1e-9)


def test_bit_by_bit_what_a_tape_of_scalars_gives(subtests):
    """Ordinary logits, those that overflow or underflow on the way, and masked classes."""
    for name, pipeline in product(FORMATS, THROUGH_THE_QUOTIENT):
        with subtests.test(name=name, pipeline=pipeline):
            fmt = FORMATS[name]
            rng = np.random.default_rng(0)
            reach = -fmt.ln_zero * 1.3
            drawn = [rng.uniform(-size, size, (40, 3)) for size in (1, 5, reach / 2, reach)]
            rows = np.concatenate([*drawn, np.full((1, 3), fmt.ln_zero / 2), [[-INF, 1.0, 0.5]]])
            found = gradient(rows, 1, pipeline, name)
            assert found.dtype == fmt.dtype
            expected = np.array([on_a_tape(row, 1, pipeline, fmt.dtype) for row in rows])
            np.testing.assert_array_equal(as_floats(found), as_floats(expected))
            assert np.isfinite(as_floats(found)).all(axis=-1).sum() >= 40
            assert np.isnan(as_floats(found)).any() == fmt.has_nan


def test_fused_is_right_for_logits_of_any_size(subtests):
    """For logits whose differences fit, whatever their size.

    In units u, ln p errs by at most |z - max| + 4 + |ln p| (the subtractions, and log1p of a sum
    of up to two exps), which exp makes a relative error of p; p |ln p| <= 1 / e. exp and the
    subtraction of 1 add at most one unit each: 2 / e + 4 + 1 + 1 < 7.
    """
    for name in FORMATS:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            rng = np.random.default_rng(0)
            reaches = [min(reach, fmt.max / 2) for reach in (1, 5, 40, 300)]
            drawn = np.concatenate([rng.uniform(-reach, reach, (20, 3)) for reach in reaches])
            rows = as_floats(drawn.astype(fmt.dtype))
            found = as_floats(gradient(rows, 2, "fused", name))
            paper = [
                [float(p) - (i == 2) for i, p in enumerate(oracle.softmax(row))] for row in rows
            ]
            atol = 7 * fmt.unit_roundoff + fmt.smallest_subnormal
            np.testing.assert_allclose(found, paper, rtol=0, atol=atol)


def test_an_overflow_on_the_way_there_is_no_gradient_on_the_way_back():
    naive = gradient([12.0, 0.0, 0.0], 1, "naive", "float16")
    fused = gradient([12.0, 0.0, 0.0], 1, "fused", "float16")
    assert np.isnan(naive).all()
    paper = [float(p) - (i == 1) for i, p in enumerate(oracle.softmax([12.0, 0.0, 0.0]))]
    # exp errs by its own rounding and by |ln p| = 12 times that of its argument.
    np.testing.assert_allclose(as_floats(fused), paper, rtol=13 * 2.0**-11, atol=0)


def test_a_probability_of_0_is_no_gradient():
    assert run([200.0, 0.0], 1, "shifted", "float32").steps["loss"] == INF
    assert np.isnan(gradient([200.0, 0.0], 1, "shifted", "float32")).all()
    assert gradient([200.0, 0.0], 1, "fused", "float32").tolist() == [1.0, -1.0]


def test_a_finite_loss_whose_gradient_overflows():
    """p_y = 6.1e-6 is a number of float16; 1 / p_y = 163000 is none."""
    assert np.isfinite(run([12.0, 0.0, 0.0], 1, "shifted", "float16").steps["loss"])
    found = gradient([12.0, 0.0, 0.0], 1, "shifted", "float16")
    np.testing.assert_array_equal(found, np.array([INF, NAN, INF], np.float16))


def test_a_sum_so_small_that_dividing_by_it_overflows():
    """Both exps are 1.2e-7 and both probabilities are right; 0.5 / 2.4e-7 is beyond float16."""
    forward = run([-16.0, -16.0], 0, "naive", "float16").steps
    assert forward["probabilities"].tolist() == [0.5, 0.5]
    assert np.isnan(gradient([-16.0, -16.0], 0, "naive", "float16")).all()
    assert gradient([-16.0, -16.0], 0, "shifted", "float16").tolist() == [-0.5, 0.5]


def test_every_vector_is_independent(subtests):
    for name, pipeline in product(FORMATS, PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            logits = np.random.default_rng(0).uniform(-20, 20, (2, 3, 4))
            logits[1, 1] = NAN
            found = gradient(logits, 3, pipeline, name)
            assert found.shape == (2, 3, 4)
            for index in np.ndindex(2, 3):
                alone = gradient(logits[index], 3, pipeline, name)
                assert alone.dtype == found.dtype == FORMATS[name].dtype
                np.testing.assert_array_equal(as_floats(found[index]), as_floats(alone))
            assert gradient(np.empty((0, 4)), 3, pipeline, name).shape == (0, 4)


def test_special_values(subtests):
    for name, pipeline in product(WITH_INFINITY, PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):

            def found(*logits, pipeline=pipeline, name=name):
                return as_floats(gradient(logits, 1, pipeline, name))

            np.testing.assert_array_equal(found(-INF, 1.0), [0.0, 0.0])
            np.testing.assert_array_equal(found(-INF, 0.0, 0.0), [0.0, -0.5, 0.5])
            np.testing.assert_array_equal(found(-INF, -INF), [NAN, NAN])
            np.testing.assert_array_equal(found(NAN, 1.0), [NAN, NAN])
            np.testing.assert_array_equal(
                found(INF, 1.0), [NAN, -1.0 if pipeline == "fused" else NAN]
            )
            np.testing.assert_array_equal(
                found(1.0, INF), [0.0 if pipeline == "fused" else NAN, NAN]
            )
            masked_target = [1.0, -1.0] if pipeline == "fused" else [NAN, NAN]
            np.testing.assert_array_equal(found(1.0, -INF), masked_target)


def test_nothing_warns(subtests):
    for name, pipeline in product(FORMATS, PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            fmt = FORMATS[name]
            ends = [fmt.max, -fmt.max, fmt.ln_max, fmt.ln_zero, 0.0, 30.0, INF, -INF, NAN]
            with np.errstate(all="raise"):
                gradient(np.stack(np.meshgrid(ends, ends), axis=-1), 0, pipeline, name)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((["2", "1"], 0, "naive", "float32"), TypeError, "logits must be real numbers; got dtype"),
        (([], 0, "naive", "float32"), ValueError, r"shape \(\.\.\., C\) with C >= 1; got \(0,\)"),
        (
            ([2.0, 1.0], 2, "naive", "float32"),
            ValueError,
            "target must be a class from 0 to 1; got",
        ),
        (([2.0, 1.0], 0.5, "naive", "float32"), TypeError, r"target must be an integer; got 0\.5"),
        (([2.0, 1.0], 0, "textbook", "float32"), ValueError, "must be one of naive, .* 'textbook'"),
        (
            ([2.0, 1.0], 0, "lse", "float32"),
            ValueError,
            "must be one of naive, shifted, fused; got",
        ),
        (([2.0, 1.0], 0, np.zeros((1, 2)), "float32"), ValueError, "must be one of naive, .* got"),
        (([2.0, 1.0], 0, "naive", "half"), ValueError, "format must be one of float64, .* 'half'"),
    ],
)
def test_bad_input_says_what_was_expected(arguments, error, message):
    with pytest.raises(error, match=message):
        gradient(*arguments)
