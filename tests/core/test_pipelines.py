"""Causes and warnings against mpmath, plain NumPy and the thresholds of every format."""

import math
import warnings
from itertools import product

import mpmath
import numpy as np
import pytest

from ce_core.formats import FORMATS, neighbours
from ce_core.pipelines import PIPELINES, STEPS, WARNINGS, CauseKind, run, run_all, run_formats
from ce_core.pipelines.rows import row_sum
from tests.core.oracle import exp_overflow, share
from tests.core.traced import trace

INF, NAN = math.inf, math.nan
K = CauseKind
NAMES = list(FORMATS)
# A format without inf and nan stores a number in their place. The causes do not tell that yet.
TOLD = [name for name, fmt in FORMATS.items() if fmt.has_nan]


SOFT = (K.LOGIT_LOST, K.DIFFERENCE_LOST, K.EXP_LOST)


def broke(logits, target, pipeline, name, shift=0.0):
    """Return the kind of the first step that left no number."""
    return K(int(run(logits, target, pipeline, name, shift=shift).broke))


def blamed(found):
    """Return the kind, the step, and the class of a cause."""
    step = int(found.cause.step)
    name = found.budget.steps[step] if step >= 0 else None
    return K(int(found.cause.kind)), name, int(found.cause.index)


def number_below(limit, name):
    """Return the largest number of a format below a real number that float64 has rounded."""
    stored = float(np.float64(limit).astype(FORMATS[name].dtype))
    return stored if stored < limit else neighbours(stored, name)[0]


def number_above(limit, name):
    stored = float(np.float64(limit).astype(FORMATS[name].dtype))
    return stored if stored > limit else neighbours(stored, name)[1]


# --- Each side of every threshold, in every format --------------------------------------------


def test_exp_overflow_threshold(subtests):
    for name in TOLD:
        with subtests.test(name=name):
            limit = exp_overflow(FORMATS[name])
            below, above = number_below(limit, name), number_above(limit, name)
            assert broke([below], 0, "naive", name) == K.NONE
            broken = run([0.0, above], 0, "naive", name).cause
            assert (broken.kind, broken.index, broken.value) == (K.EXP_OVERFLOW, 1, above)
            for pipeline in ("shifted", "fused"):
                assert broke([above, 0.0], 1, pipeline, name) != K.EXP_OVERFLOW


def test_sum_overflow_threshold(subtests):
    for name in TOLD:
        with subtests.test(name=name):
            limit = FORMATS[name].ln_max - math.log(3)
            below, above = number_below(limit, name), number_above(limit, name)
            assert broke([below] * 3, 0, "naive", name) == K.NONE
            broken = run([above] * 3, 0, "naive", name).cause
            assert (broken.kind, broken.index, broken.value) == (K.SUM_OVERFLOW, -1, above)
            for pipeline in ("shifted", "fused"):
                assert broke([above] * 3, 0, pipeline, name) == K.NONE


def test_sum_underflow_threshold(subtests):
    for name in TOLD:
        with subtests.test(name=name):
            limit = FORMATS[name].ln_zero
            below, above = number_below(limit, name), number_above(limit, name)
            assert broke([above, above], 0, "naive", name) == K.NONE
            broken = run([below, below], 0, "naive", name).cause
            assert (broken.kind, broken.index, broken.value) == (K.SUM_UNDERFLOW, 0, below)
            for pipeline in ("shifted", "fused"):
                assert broke([below, below], 0, pipeline, name) == K.NONE


def test_exp_of_the_target_underflow_threshold(subtests):
    for name, pipeline in product(TOLD, ["naive", "shifted"]):
        with subtests.test(name=name, pipeline=pipeline):
            limit = FORMATS[name].ln_zero
            below, above = number_below(limit, name), number_above(limit, name)
            # Just above, the exponential is the smallest number there is, up to a factor 2 off: its
            # log is off by up to 0.7, which only the formats with few digits do not notice.
            close = run([above, 0.0], 0, pipeline, name)
            assert close.broke == K.NONE
            few_digits = FORMATS[name].fraction_bits < 10
            assert few_digits or not close.right
            if not close.right:
                assert blamed(close) == (K.EXP_SUBNORMAL, "exp", 0)
            broken = run([0.0, below], 1, pipeline, name).cause
            assert (broken.kind, broken.index, broken.value) == (K.PROBABILITY_UNDERFLOW, 1, below)
            assert broke([below, 0.0], 0, "fused", name) == K.NONE


def test_division_underflow_threshold(subtests):
    """No exp is 0 or inf, but the target's share of the sum rounds to 0."""
    for name in TOLD:
        with subtests.test(name=name):
            limit = -FORMATS[name].ln_zero / 2
            if limit > FORMATS[name].ln_max:
                continue  # its largest number is nearer to 1 than its smallest
            below, above = number_below(limit, name), number_above(limit, name)
            assert broke([-below, below], 0, "naive", name) == K.NONE
            broken = run([-above, above], 0, "naive", name)
            assert (broken.cause.kind, broken.cause.index) == (K.PROBABILITY_UNDERFLOW, 0)
            assert np.isfinite(broken.steps["exp"]).all()
            assert (broken.steps["exp"] > 0).all()
            assert broke([-above, above], 0, "fused", name) == K.NONE


@pytest.mark.parametrize("sign", [1, -1])
def test_storing_a_logit_threshold(sign, subtests):
    """Half a unit above the largest number, rounding turns from that number to inf or nan."""
    for name, pipeline in product(TOLD, PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            largest = FORMATS[name].max
            half_unit = (largest - neighbours(largest, name)[0]) / 2
            below, above = (sign * factor * half_unit for factor in (0.9, 1.1))
            if name == "float64":  # nothing can be given beyond it, but logit + shift can be beyond
                below, above = ([sign * largest, 0.0], below), ([sign * largest, 0.0], above)
            else:
                below = ([sign * largest + below, 0.0], 0.0)
                above = ([sign * largest + above, 0.0], 0.0)
            assert broke(below[0], 0, pipeline, name, below[1]) != K.LOGIT_OVERFLOW
            broken = run(above[0], 0, pipeline, name, shift=above[1])
            assert broken.broke == K.LOGIT_OVERFLOW
            step = "added" if name == "float64" else "stored"
            assert blamed(broken) == (K.LOGIT_OVERFLOW, step, 0)
            with np.errstate(over="ignore"):
                assert broken.cause.value == above[0][0] + np.float64(above[1])


def test_a_class_stored_as_minus_infinity_is_masked_and_lost(subtests):
    """Without harm where it is not the target, and its share of the loss is nothing."""
    for name, pipeline in product([n for n in NAMES if FORMATS[n].has_infinity], PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            largest = FORMATS[name].max
            half_unit = (largest - neighbours(largest, name)[0]) / 2
            below, above = -largest - 0.9 * half_unit, -largest - 1.1 * half_unit
            step = "stored"
            if name == "float64":
                step, below, above = "added", -largest, -largest
            shift = -0.9 * half_unit if name == "float64" else 0.0
            kept = run([0.0, 0.0, below], 1, pipeline, name, shift=shift)
            assert (kept.broke, kept.cause.kind) != (K.NONE, K.LOGIT_LOST)
            shift = -1.1 * half_unit if name == "float64" else 0.0
            given = [-shift, -shift, above]
            lost = run(given, 1, pipeline, name, shift=shift)
            assert lost.broke == K.NONE
            assert blamed(lost) == (K.LOGIT_LOST, step, 2)


def test_adding_the_shift_threshold(subtests):
    for name, pipeline in product(TOLD, PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            largest = FORMATS[name].max
            assert broke([0.0, -largest], 0, pipeline, name, largest / 2) != K.LOGIT_OVERFLOW
            broken = run([-largest, 0.0], 0, pipeline, name, shift=-largest / 2)
            assert blamed(broken) == (K.LOGIT_OVERFLOW, "added", 0)
            cause = broken.cause
            told = mpmath.mpf(cause.significand.item()) * mpmath.mpf(10) ** int(cause.exponent)
            assert mpmath.almosteq(told, 1.5 * mpmath.mpf(largest), rel_eps=1e-12)


def test_subtraction_threshold(subtests):
    for name, pipeline in product(TOLD, ["shifted", "fused"]):
        with subtests.test(name=name, pipeline=pipeline):
            largest = FORMATS[name].max
            unit = largest - neighbours(largest, name)[0]
            below = run([largest, -0.4 * unit], 1, "fused", name)
            assert (below.broke, below.steps["loss"]) == (K.NONE, largest)
            broken = run([largest, -0.6 * unit], 1, pipeline, name).cause
            assert (broken.kind, broken.index) == (K.SUBTRACT_OVERFLOW, 1)
            assert broke([largest, -0.6 * unit], 1, "naive", name) == K.EXP_OVERFLOW


def test_an_overflow_that_exp_cannot_tell_is_harmless():
    """Where z - max is -inf, exp is 0: the right answer, if it is not the target's."""
    fine = run([65504.0, -65504.0], 0, "shifted", "float16")
    assert fine.steps["shifted"].tolist() == [0, -INF]
    assert fine.right  # the loss, exp(-131008), is below half the smallest float16
    assert blamed(fine) == (K.DIFFERENCE_LOST, "shifted", 1)
    tied = run([65504.0, 65504.0, -65504.0], 0, "shifted", "float16")
    assert (tied.broke, blamed(tied)) == (K.NONE, (K.DIFFERENCE_LOST, "shifted", 2))


def test_digits_of_a_confident_answer(subtests):
    """1 + exp(-gap) rounds to 1 once exp(-gap) is below the unit roundoff."""
    for name in TOLD:
        with subtests.test(name=name):
            if FORMATS[name].unit_roundoff < 4 * FORMATS[name].smallest_subnormal:
                continue  # it has no number for such a small loss
            gap = number_above(-math.log(FORMATS[name].unit_roundoff) + 1, name)
            for pipeline in ("naive", "shifted"):
                lost = run([0.0, -gap], 0, pipeline, name)
                assert (lost.broke, lost.steps["loss"]) == (K.NONE, 0)
                assert blamed(lost) == (K.ROUNDED, "total", -1)
                paper = math.log1p(math.exp(-gap))
                assert lost.cause.cost == pytest.approx(-paper, rel=0.2)  # exp rounded as well
                assert lost.error == pytest.approx(-paper, rel=1e-9)
            assert run([0.0, -gap], 0, "fused", name).right


def test_masked_classes(subtests):
    for name, pipeline in product(TOLD, PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            if not FORMATS[name].has_infinity:
                broken = run([0.0, -INF], 0, pipeline, name).cause
                assert (broken.kind, broken.index, broken.value) == (K.LOGIT_OVERFLOW, 1, -INF)
                assert math.isnan(broken.significand)
                assert math.isnan(broken.exponent)
                continue
            assert broke([0.0, 0.0, -INF], 0, pipeline, name) == K.NONE
            assert run([0.0, 0.0, -INF], 0, pipeline, name).cause.kind not in SOFT
            masked = run([0.0, -INF], 1, pipeline, name)
            assert (masked.cause.kind, masked.cause.index, masked.cause.value) == (
                K.TARGET_MASKED,
                1,
                -INF,
            )
            assert masked.steps["loss"] == masked.paper == INF
            assert (masked.ulps, masked.right) == (0, True)
            nothing_left = run([-INF, -INF], 1, pipeline, name).cause
            assert (nothing_left.kind, nothing_left.index) == (K.ALL_MASKED, -1)


def test_no_number(subtests):
    for name, pipeline, no_number in product(TOLD, PIPELINES, [NAN, INF]):
        with subtests.test(name=name, pipeline=pipeline, no_number=no_number):
            broken = run([0.0, no_number, -INF], 0, pipeline, name).cause
            assert (broken.kind, broken.index) == (K.NAN_LOGIT, 1)
            assert broken.value == pytest.approx(no_number, nan_ok=True)


def test_one_class_is_certain(subtests):
    for name, pipeline in product(NAMES, PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            certain = run([1.0], 0, pipeline, name)
            assert (certain.cause.kind, certain.steps["loss"], certain.steps["probability"]) == (
                0,
                0,
                1,
            )


def test_the_first_step_that_broke_is_named():
    """The logits overflow, and exp overflows, and the target's probability is 0."""
    assert broke([1e39, 100.0, 0.0], 2, "naive", "float32") == K.LOGIT_OVERFLOW
    assert broke([90.0, 100.0, 0.0], 2, "naive", "float32") == K.EXP_OVERFLOW
    assert run([0.0, 100.0, 90.0], 2, "naive", "float32").cause.index == 1


def test_a_shift_that_rounds_the_logits():
    for name in ("float32", "float64"):
        moved = run([2.0, 1.0, 0.1], 0, "fused", name, shift=1000.0)
        assert blamed(moved) == (K.ROUNDED, "added", 2)
        assert moved.cause.value == 1000.1
    exact_sums = run([2.0, 1.0, 0.0], 0, "fused", "float32", shift=1000.0)
    assert exact_sums.budget.shares[exact_sums.budget.steps.index("added")] == 0


def harmless(found, given):
    """Name what is lost without harm, in numbers alone: the step that first made a 0 of a class."""
    fmt, values = FORMATS[found.format], {k: v.astype(float) for k, v in found.steps.items()}
    with np.errstate(over="ignore"):
        kept = np.array(given).astype(fmt.dtype).astype(float)
    finite = np.isfinite(given)
    lost = [("stored", K.LOGIT_LOST, finite & (kept == -INF))]
    lost += [("added", K.LOGIT_LOST, finite & (values["logits"] == -INF))]
    arguments = values["logits"]
    if "shifted" in values:
        vanished = np.isfinite(arguments) & (values["shifted"] == -INF)
        lost += [("shifted", K.DIFFERENCE_LOST, vanished)]
        arguments = values["shifted"]
    lost += [("exp", K.EXP_LOST, np.isfinite(arguments) & (values["exp"] == 0))]
    for step, kind, where in lost:
        if where.any():
            return kind, step, int(np.flatnonzero(where)[0])
    return K.NONE, None, -1


def test_where_the_loss_is_right_the_first_harmless_step_is_named(subtests):
    seen = set()
    for name in NAMES:
        with subtests.test(name=name):
            masks = [([2.0, 1.0, -1e9], 0, 0.0), ([1.0, -FORMATS[name].max], 0, -FORMATS[name].max)]
            for logits, target, shift in [*some_vectors(name, 150, seed=8), *masks]:
                for result in run_all(logits, target, name, shift=shift).values():
                    if result.broke == K.NONE and result.right:
                        expected = harmless(result, logits)
                        assert blamed(result) == expected, (logits, target, shift, result.pipeline)
                        seen.add(expected[:2])
    assert {kind for kind, _ in seen} == {K.NONE, *SOFT}


# --- Random vectors against mpmath ------------------------------------------------------------


def some_vectors(name, count, seed):
    """Make vectors of up to 12 logits around the thresholds of a format, with their targets.

    For a format that is no everyday one it is a `share` of the count.
    """
    rng = np.random.default_rng(seed)
    fmt = FORMATS[name]
    marks = [fmt.ln_max, fmt.ln_zero, fmt.ln_smallest_normal, 0.0, 20.0, -50.0, 1000.0]
    for _ in range(share(count, name)):
        size = int(rng.integers(1, 13))
        near = rng.choice(marks, size) * rng.choice([0.5, 0.999, 1, 1.001], size)
        choices = [
            rng.normal(size=size) * 3,
            rng.normal(size=size) * fmt.ln_max,
            np.full(size, fmt.ln_max - rng.random() * 3),
            fmt.ln_zero - rng.random(size) * 20,
            near,
            rng.normal(size=size) * (fmt.max / 4),
        ]
        logits = choices[rng.integers(len(choices))]
        if rng.random() < 0.15:
            logits[rng.integers(size)] = -INF
        shift = float(rng.choice([0.0, 0.0, 1.0, -3.7, fmt.ln_max, fmt.max, -fmt.max / 2]))
        yield logits, int(rng.integers(size)), shift


def loss_on_paper(logits, target):
    numbers = [mpmath.mpf(z) for z in logits if z > -INF]
    if logits[target] == -INF:
        return mpmath.inf
    largest = max(numbers)
    numbers.remove(largest)
    others = sum((mpmath.exp(z - largest) for z in numbers), mpmath.mpf(0))
    return mpmath.log1p(others) + (largest - mpmath.mpf(logits[target]))


@pytest.fixture
def _many_digits():
    with mpmath.workdps(60):
        yield


@pytest.mark.parametrize("shift", [0.0, 1000.0])
def test_several_formats_at_once_are_each_alone(shift):
    logits = np.random.default_rng(4).normal(scale=300, size=(60, 9))
    logits[3, 2], logits[4] = -INF, logits[4, 0]
    for name, forms in run_formats(logits, 1, shift=shift).items():
        for pipeline, result in forms.items():
            alone = run(logits, 1, pipeline, name, shift=shift)
            assert (result.format, result.pipeline) == (name, pipeline)
            ours, theirs = ({**r.steps, **vars(r.cause)} for r in (result, alone))
            assert list(ours) == list(theirs)
            for key in ours:
                assert ours[key].flags.c_contiguous  # as np.sum adds a vector
                assert ours[key].dtype == theirs[key].dtype
                if key == "significand":  # of the loss on paper, which float64 tells more closely
                    np.testing.assert_allclose(ours[key], theirs[key], rtol=1e-12)
                else:
                    assert ours[key].tobytes() == theirs[key].tobytes()


def test_the_sums_of_a_table_are_numpy_s_sums_of_its_vectors(subtests):
    for order, classes, name in product(["C", "F"], range(1, 11), NAMES):
        with subtests.test(order=order, classes=classes, name=name):
            rng = np.random.default_rng(classes)
            terms = np.exp(rng.normal(scale=3, size=(300, classes))).astype(
                FORMATS[name].dtype, order
            )
            terms[rng.random(terms.shape) < 0.1] = 0
            assert row_sum(terms).tobytes() == b"".join(
                np.sum(row.copy()).tobytes() for row in terms
            )


def summands(result, index, logits, shift):
    """Return the given logit and 0; or, where adding them is to blame, the stored one and c."""
    if result.budget.steps[int(result.cause.step)] != "added":
        return logits[index], 0.0
    return np.array([logits[index], shift]).astype(FORMATS[result.format].dtype).astype(float)


def on_paper(kind, index, result, logits, target, shift):
    """Return what `Cause` says that significand * 10**exponent is."""
    z = [mpmath.mpf(number) for number in result.steps["logits"].astype(float)]
    index = int(index)
    arguments = z
    if result.pipeline != "naive":
        arguments = [mpmath.mpf(number) for number in result.steps["shifted"].astype(float)]
    if kind in (K.LOGIT_OVERFLOW, K.LOGIT_LOST):
        return abs(mpmath.fsum(summands(result, index, logits, shift)))
    if kind in (K.SUBTRACT_OVERFLOW, K.DIFFERENCE_LOST):
        return max(z) - z[index]
    if kind in (K.EXP_OVERFLOW, K.SUM_UNDERFLOW, K.EXP_LOST, K.EXP_SUBNORMAL):
        return mpmath.exp(arguments[index])
    if kind == K.SUM_OVERFLOW:
        return sum(map(mpmath.exp, arguments))
    if kind == K.PROBABILITY_UNDERFLOW:
        return mpmath.exp(-loss_on_paper(logits, target))
    assert kind == K.RESULT_OVERFLOW
    return loss_on_paper(logits, target)


def went_in(kind, index, result, logits, shift):
    """Return what `Cause` says that went into the step."""
    arguments = result.steps.get("shifted", result.steps["logits"]).astype(float)
    step = result.budget.steps[int(result.cause.step)]
    if kind == K.SUM_OVERFLOW:
        return max(arguments)
    if kind in (K.TARGET_MASKED, K.ALL_MASKED):
        return -INF
    with np.errstate(over="ignore"):
        if kind in (K.LOGIT_OVERFLOW, K.LOGIT_LOST):
            return sum(summands(result, index, logits, shift))
        if step == "added":
            return np.float64(logits[index]) + shift
    if step == "stored":
        return logits[index]
    if step == "shifted":
        return result.steps["logits"].astype(float)[index]
    of_exp = step == "exp" or kind == K.PROBABILITY_UNDERFLOW
    return arguments[index] if of_exp else NAN


NOTHING_TO_TELL = (K.NONE, K.NAN_LOGIT, K.ALL_MASKED, K.TARGET_MASKED, K.ROUNDED)


@pytest.mark.slow
@pytest.mark.usefixtures("_many_digits")
def test_what_should_have_come_out_agrees_with_mpmath(subtests):
    for name in TOLD:
        with subtests.test(name=name):
            told = set()
            for logits, target, shift in some_vectors(name, 150, seed=2):
                for result in run_all(logits, target, name, shift=shift).values():
                    cause, kind = result.cause, K(int(result.cause.kind))
                    if math.isfinite(cause.significand):
                        expected = on_paper(kind, cause.index, result, logits, target, shift)
                        ours = mpmath.log10(float(cause.significand)) + mpmath.mpf(
                            float(cause.exponent)
                        )
                        assert 1 <= cause.significand < 10
                        # ln and log10 are float64.
                        tolerance = 1e-14 + 1e-15 * abs(float(cause.exponent))
                        assert abs(ours - mpmath.log10(expected)) < tolerance, (
                            kind,
                            logits,
                            target,
                            shift,
                        )
                        told.add(kind)
                    else:
                        assert kind in NOTHING_TO_TELL or math.isinf(logits[int(cause.index)])
                    if cause.step >= 0:
                        value = went_in(kind, int(cause.index), result, logits, shift)
                        np.testing.assert_equal(float(cause.value), value, err_msg=str(kind))
            assert len(told) >= 7


def test_what_broke_is_what_left_no_number(subtests):
    for name in NAMES:
        with subtests.test(name=name):
            for logits, target, shift in some_vectors(name, 150, seed=3):
                for result in run_all(logits, target, name, shift=shift).values():
                    no_number = not math.isfinite(result.steps["loss"])
                    # A format without nan has a number for what broke.
                    assert no_number <= (result.broke != K.NONE)
                    assert no_number or result.broke == K.NONE or name not in TOLD
                    assert result.broke not in (*SOFT, K.EXP_SUBNORMAL, K.ROUNDED)
                    if result.broke != K.NONE:
                        assert result.cause.kind == result.broke
                    elif not result.right:
                        off = (K.ROUNDED, K.EXP_SUBNORMAL, *SOFT)
                        assert result.cause.kind in off


# --- Against plain NumPy ----------------------------------------------------------------------


def plain_numpy(logits, target, pipeline, name, shift):
    """Evaluate the formulas as they are printed, on one vector, and record NumPy's warnings."""
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("always")
        dtype = FORMATS[name].dtype
        names = {"np": np, "target": target}
        names["logits"] = np.array(logits, np.float64).astype(dtype)
        if shift:
            names["logits"] = names["logits"] + np.array(shift).astype(dtype)
        for step in STEPS[pipeline]:
            names[step.name] = eval(step.formula, names)  # noqa: S307 - the formulas are ours
    return names, {str(warning.message) for warning in caught}


def test_steps_and_warnings_are_those_of_plain_numpy(subtests):
    for name in NAMES:
        with subtests.test(name=name):
            special = [
                ([0.0, NAN, 1.0], 0, 0.0),
                ([NAN, 0.0], 1, 0.0),
                ([INF, 0.0], 1, 0.0),
                ([INF, INF], 1, 1.0),
                ([-INF, -INF], 0, 0.0),
                ([100.0, 88.6, 88.6], 1, 0.0),  # inf + finite: silent; finite + finite: an overflow
                ([88.6, 88.6, 100.0], 1, 0.0),
                ([-INF, 0.0], 1, 1e300),
                ([FORMATS[name].max, -FORMATS[name].max], 1, 0.0),
            ]
            for logits, target, shift in [*some_vectors(name, 100, seed=4), *special]:
                for pipeline in STEPS:
                    ours = run(logits, target, pipeline, name, shift=shift)
                    theirs, said = plain_numpy(logits, target, pipeline, name, shift)
                    for step, value in ours.steps.items():
                        assert value.dtype == FORMATS[name].dtype
                        np.testing.assert_array_equal(
                            value.astype(float),
                            np.asarray(theirs[step]).astype(float),
                            err_msg=step,
                        )
                    raised = {text for bit, text in enumerate(WARNINGS) if ours.warnings >> bit & 1}
                    assert raised == said, (logits, target, pipeline, shift)


def test_every_warning_can_happen():
    seen = set()
    for logits, target, shift, name in [
        ([1e39, 0.0], 1, 0.0, "float32"),
        ([3e38, 0.0], 1, 3e38, "float32"),
        ([-INF, 0.0], 1, 1e39, "float32"),
        ([0.0, NAN], 1, 0.0, "bfloat16"),
        ([3e38, -3e38], 1, 0.0, "float32"),
        ([88.6, 88.6], 1, 0.0, "float32"),
    ]:
        for result in run_all(logits, target, name, shift=shift, pipelines=list(STEPS)).values():
            seen |= {bit for bit in range(16) if result.warnings >> bit & 1}
    assert seen == set(range(len(WARNINGS)))


# --- Batches ----------------------------------------------------------------------------------


def assert_same(batch, position, single):
    for step, value in single.steps.items():
        np.testing.assert_array_equal(
            batch.steps[step][position].astype(float), value.astype(float)
        )
    for field, value in vars(single.cause).items():
        np.testing.assert_array_equal(getattr(batch.cause, field)[position], value, err_msg=field)
    for field in ("broke", "paper", "log10_paper", "error", "ulps", "right", "warnings"):
        np.testing.assert_array_equal(
            getattr(batch, field)[position], getattr(single, field), err_msg=field
        )
    assert batch.budget.steps == single.budget.steps
    np.testing.assert_array_equal(batch.budget.shares[position], single.budget.shares)


def test_a_batch_is_its_rows(subtests):
    for name, classes in product(NAMES, [1, 3, 11]):
        with subtests.test(name=name, classes=classes):
            rng = np.random.default_rng(classes)
            logits = rng.normal(size=(4, 12, classes)) * rng.choice([1, 20, 100, 1e5], (4, 12, 1))
            logits[rng.random(logits.shape) < 0.02] = -INF
            logits[0, 0, 0] = NAN
            shift = rng.choice([0.0, 5.0, -90.0], (4, 12, 1))
            target = classes - 1
            forms = list(STEPS)
            batch = run_all(logits, target, name, shift=shift, pipelines=forms)
            for i, k in rng.permutation(list(np.ndindex(4, 12)))[:16]:
                alone = run_all(logits[i, k], target, name, shift=shift[i, k], pipelines=forms)
                for pipeline in forms:
                    assert_same(batch[pipeline], (i, k), alone[pipeline])


def test_one_pipeline_or_all(subtests):
    for name in NAMES:
        with subtests.test(name=name):
            for logits, target, shift in some_vectors(name, 8, seed=5):
                assert tuple(run_all(logits, target, name, shift=shift)) == PIPELINES
                everything = run_all(logits, target, name, shift=shift, pipelines=list(STEPS))
                assert tuple(everything) == tuple(STEPS)
                for pipeline, result in everything.items():
                    assert_same(result, (), run(logits, target, pipeline, name, shift=shift))


@pytest.mark.parametrize("pipeline", STEPS)
def test_no_rows(pipeline):
    for name in ("float32", "float64"):
        empty = run(np.empty((0, 3)), 0, pipeline, name)
        assert empty.steps["loss"].shape == empty.cause.kind.shape == empty.warnings.shape == (0,)
        assert (
            empty.broke.shape == empty.paper.shape == empty.ulps.shape == empty.right.shape == (0,)
        )
        assert empty.budget.shares.shape == (0, len(empty.budget.steps))


def test_the_class_that_a_step_hit_may_be_the_five_hundredth():
    logits = np.full(600, -20.0)
    logits[513] = -4.0155  # the only one that bfloat16 does not hold
    logits[0] = 0.0
    moved = run(logits, 0, "fused", "bfloat16")
    assert blamed(moved) == (K.ROUNDED, "stored", 513)


def test_input_is_neither_changed_nor_kept(subtests):
    for name in NAMES:
        with subtests.test(name=name):
            logits = np.array([1.0, 100.0, -INF])
            result = run(logits, 0, "naive", name)
            before = result.steps["logits"].copy()
            np.testing.assert_array_equal(logits, [1.0, 100.0, -INF])
            logits[0] = 7.0
            np.testing.assert_array_equal(
                result.steps["logits"].astype(float), before.astype(float)
            )


# --- trace ------------------------------------------------------------------------------------


def test_trace_agrees_with_run(subtests):
    for name, pipeline in product(NAMES, PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            for logits, target, shift in some_vectors(name, 40, seed=6):
                ours = trace(logits, target, pipeline, name, shift=shift)
                theirs = run(logits, target, pipeline, name, shift=shift)
                assert [step.name for step in ours.steps] == list(theirs.steps)
                for step in ours.steps:
                    np.testing.assert_array_equal(
                        step.output.astype(float), theirs.steps[step.name].astype(float)
                    )
                    assert len(step.exact) == len(step.ulps) == step.output.size
                for field, value in vars(theirs.cause).items():
                    np.testing.assert_array_equal(getattr(ours.cause, field), value)
                recorded = {text for step in ours.steps for text in step.warnings}
                assert recorded == {
                    text for bit, text in enumerate(WARNINGS) if theirs.warnings >> bit & 1
                }


def test_up_to_the_broken_step_all_is_well(subtests):
    """No earlier step has an overflow, an invalid operation or a division by zero."""
    for name, pipeline in product(TOLD, PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            named = set()
            for logits, target, shift in some_vectors(name, 40, seed=7):
                ours = trace(logits, target, pipeline, name, shift=shift)
                kind = broke(logits, target, pipeline, name, shift)
                if kind in (K.NONE, K.TARGET_MASKED):
                    assert ours.broken is None
                    continue
                assert kind == ours.cause.kind
                named.add(kind)
                position = [step.name for step in ours.steps].index(ours.broken)
                earlier = [event.kind for step in ours.steps[:position] for event in step.events]
                harmless = {"underflow", "inexact"}
                if pipeline != "naive":
                    harmless.add("overflow")  # -inf from max - z of another class
                assert set(earlier) <= harmless
                overflows = {K.LOGIT_OVERFLOW, K.SUBTRACT_OVERFLOW, K.EXP_OVERFLOW, K.SUM_OVERFLOW}
                here = {event.kind: event for event in reversed(ours.steps[position].events)}
                if kind in overflows and math.isfinite(logits[ours.cause.index]):
                    assert here["overflow"].index == ours.cause.index
            assert named


def events(result):
    return {
        step.name: [(event.kind, event.index, event.warning) for event in step.events]
        for step in result.steps
        if step.events
    }


def test_events_of_an_overflow():
    assert events(trace([12.0, 0.0], 0, "naive", "float16")) == {
        "exp": [("overflow", 0, "overflow encountered in exp")],
        "probabilities": [
            ("invalid", 0, "invalid value encountered in divide"),
            ("inexact", 1, None),
        ],
    }


def test_events_of_an_underflow():
    assert events(trace([0.0, -200.0], 1, "shifted", "float32")) == {
        "exp": [("underflow", 1, None)],
        "probabilities": [("inexact", 1, None)],
        "probability": [("inexact", 1, None)],
        "loss": [("divide", 1, "divide by zero encountered in log")],
    }


def test_events_of_a_subtraction():
    assert events(trace([3e38, -3e38], 1, "fused", "float32")) == {
        "shifted": [("overflow", 1, "overflow encountered in subtract")],
    }


def test_events_of_a_sum():
    assert events(trace([88.5, 88.5], 0, "naive", "float32"))["total"] == [
        ("overflow", -1, "overflow encountered in reduce")
    ]


def test_a_rounding_to_infinity_that_numpy_does_not_hear_of():
    """exp(20) is a float32 and no float8: ml_dtypes rounds it to inf without a warning."""
    assert events(trace([20.0, 0.0], 0, "naive", "float8_e5m2"))["exp"] == [("overflow", 0, None)]


def test_nothing_happens_to_everyday_logits():
    for pipeline in PIPELINES:
        everyday = trace([2.0, 1.0, 0.0], 0, pipeline, "float32")
        assert events(everyday) == {}
        assert everyday.broken is None
        assert all(ulps < 4 for step in everyday.steps for ulps in step.ulps)


def test_inputs_of_a_step():
    (shifted,) = (
        step for step in trace([3.0, 1.0], 0, "fused", "float64").steps if step.name == "shifted"
    )
    assert shifted.formula == "logits - largest"
    assert shifted.inputs["logits"].tolist() == [3, 1]
    assert shifted.inputs["largest"] == 3
    assert shifted.output.tolist() == [0, -2]
    assert shifted.exact == (0, -2)


# --- Bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"logits": []},
            ValueError,
            r"logits must have shape \(\.\.\., C\) with C >= 1; got \(0,\)",
        ),
        ({"logits": [1j, 0]}, TypeError, "logits must be real numbers; got dtype complex128"),
        ({"logits": ["1", "2"]}, TypeError, "logits must be real numbers; got dtype <U1"),
        ({"target": 2}, ValueError, "target must be a class from 0 to 1; got 2"),
        ({"target": -1}, ValueError, "target must be a class from 0 to 1; got -1"),
        ({"target": 0.0}, TypeError, "target must be an integer; got 0.0"),
        ({"target": True}, TypeError, "target must be an integer; got True"),
        ({"pipeline": {}}, ValueError, r"pipeline must be one of .*; got \{\}"),
        (
            {"pipeline": "best"},
            ValueError,
            "pipeline must be one of naive, shifted, fused, lse, .*; got 'best'",
        ),
        ({"format": "float80"}, ValueError, "format must be one of .*; got 'float80'"),
        ({"shift": INF}, ValueError, "shift must be finite; got inf"),
        ({"shift": [1.0, 2.0]}, ValueError, r"shift must broadcast to shape \(1,\); got \(2,\)"),
    ],
)
def test_bad_input(change, error, message):
    good = {"logits": [1.0, 2.0], "target": 0, "pipeline": "naive", "format": "float32"}
    with pytest.raises(error, match=message):
        run(**good | change)


def test_no_vector():
    with pytest.raises(ValueError, match=r"logits must have shape \(\.\.\., C\).*; got \(\)"):
        run(1.0, 0, "naive", "float32")
