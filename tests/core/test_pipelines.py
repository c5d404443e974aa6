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
from tests.core.oracle import exp_overflow
from tests.core.traced import trace

INF, NAN = math.inf, math.nan
K = CauseKind
NAMES = list(FORMATS)
# A format without inf and nan stores a number in their place. The causes do not tell that yet.
TOLD = [name for name, fmt in FORMATS.items() if fmt.has_nan]


def kind_of(logits, target, pipeline, name, shift=0.0):
    return K(int(run(logits, target, pipeline, name, shift=shift).cause.kind))


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
            assert kind_of([below], 0, "naive", name) == K.NONE
            broken = run([0.0, above], 0, "naive", name).cause
            assert (broken.kind, broken.index, broken.value) == (K.EXP_OVERFLOW, 1, above)
            for pipeline in ("shifted", "fused"):
                assert kind_of([above, 0.0], 1, pipeline, name) != K.EXP_OVERFLOW


def test_sum_overflow_threshold(subtests):
    for name in TOLD:
        with subtests.test(name=name):
            limit = FORMATS[name].ln_max - math.log(3)
            below, above = number_below(limit, name), number_above(limit, name)
            assert kind_of([below] * 3, 0, "naive", name) == K.NONE
            broken = run([above] * 3, 0, "naive", name).cause
            assert (broken.kind, broken.index, broken.value) == (K.SUM_OVERFLOW, -1, above)
            for pipeline in ("shifted", "fused"):
                assert kind_of([above] * 3, 0, pipeline, name) == K.NONE


def test_sum_underflow_threshold(subtests):
    for name in TOLD:
        with subtests.test(name=name):
            limit = FORMATS[name].ln_zero
            below, above = number_below(limit, name), number_above(limit, name)
            assert kind_of([above, above], 0, "naive", name) == K.NONE
            broken = run([below, below], 0, "naive", name).cause
            assert (broken.kind, broken.index, broken.value) == (K.SUM_UNDERFLOW, 0, below)
            for pipeline in ("shifted", "fused"):
                assert kind_of([below, below], 0, pipeline, name) == K.NONE


def test_exp_of_the_target_underflow_threshold(subtests):
    for name, pipeline in product(TOLD, ["naive", "shifted"]):
        with subtests.test(name=name, pipeline=pipeline):
            limit = FORMATS[name].ln_zero
            below, above = number_below(limit, name), number_above(limit, name)
            # Just above, the probability is the smallest number there is, up to a factor 2 off: its
            # log is off by up to 0.7, which only the formats with few digits do not notice.
            few_digits = FORMATS[name].fraction_bits < 10
            assert kind_of([above, 0.0], 0, pipeline, name) == (
                K.NONE if few_digits else K.DIGITS_LOST
            )
            broken = run([0.0, below], 1, pipeline, name).cause
            assert (broken.kind, broken.index, broken.value) == (K.PROBABILITY_UNDERFLOW, 1, below)
            assert kind_of([below, 0.0], 0, "fused", name) == K.NONE


def test_division_underflow_threshold(subtests):
    """No exp is 0 or inf, but the target's share of the sum rounds to 0."""
    for name in TOLD:
        with subtests.test(name=name):
            limit = -FORMATS[name].ln_zero / 2
            if limit > FORMATS[name].ln_max:
                continue  # its largest number is nearer to 1 than its smallest
            below, above = number_below(limit, name), number_above(limit, name)
            assert kind_of([-below, below], 0, "naive", name) in (K.NONE, K.DIGITS_LOST)
            broken = run([-above, above], 0, "naive", name)
            assert (broken.cause.kind, broken.cause.index) == (K.PROBABILITY_UNDERFLOW, 0)
            assert np.isfinite(broken.steps["exp"]).all()
            assert (broken.steps["exp"] > 0).all()
            assert kind_of([-above, above], 0, "fused", name) == K.NONE


def test_storing_a_logit_threshold(subtests):
    """Half a unit above the largest number, rounding turns from that number to inf or nan."""
    for name, pipeline in product(TOLD, PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            largest = FORMATS[name].max
            half_unit = (largest - neighbours(largest, name)[0]) / 2
            if (
                name == "float64"
            ):  # nothing can be given beyond it, but logit + shift can be beyond it
                below, above = (
                    ([-largest, 0.0], -half_unit * 0.9),
                    ([-largest, 0.0], -half_unit * 1.1),
                )
            else:
                below = ([-largest - half_unit * 0.9, 0.0], 0.0)
                above = ([-largest - half_unit * 1.1, 0.0], 0.0)
            assert kind_of(below[0], 1, pipeline, name, below[1]) != K.LOGIT_OVERFLOW
            broken = run(above[0], 1, pipeline, name, shift=above[1]).cause
            assert (broken.kind, broken.index) == (K.LOGIT_OVERFLOW, 0)
            assert broken.value == above[0][0] + above[1]


def test_adding_the_shift_threshold(subtests):
    for name, pipeline in product(TOLD, PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            largest = FORMATS[name].max
            assert kind_of([0.0, -largest], 0, pipeline, name, largest / 2) != K.LOGIT_OVERFLOW
            broken = run([-largest, 0.0], 1, pipeline, name, shift=-largest / 2).cause
            assert (broken.kind, broken.index) == (K.LOGIT_OVERFLOW, 0)
            told = mpmath.mpf(broken.significand.item()) * mpmath.mpf(10) ** int(broken.exponent)
            assert mpmath.almosteq(told, 1.5 * mpmath.mpf(largest), rel_eps=1e-12)


def test_subtraction_threshold(subtests):
    for name, pipeline in product(TOLD, ["shifted", "fused"]):
        with subtests.test(name=name, pipeline=pipeline):
            largest = FORMATS[name].max
            unit = largest - neighbours(largest, name)[0]
            below = run([largest, -0.4 * unit], 1, "fused", name)
            assert (below.cause.kind, below.steps["loss"]) == (K.NONE, largest)
            broken = run([largest, -0.6 * unit], 1, pipeline, name).cause
            assert (broken.kind, broken.index) == (K.SUBTRACT_OVERFLOW, 1)
            assert kind_of([largest, -0.6 * unit], 1, "naive", name) == K.EXP_OVERFLOW


def test_an_overflow_that_exp_cannot_tell_is_no_cause():
    """Where z - max is -inf, exp is 0: the right answer, if it is not the target's."""
    fine = run([65504.0, -65504.0], 0, "shifted", "float16")
    assert fine.steps["shifted"].tolist() == [0, -INF]
    assert fine.cause.kind == K.NONE  # the loss, exp(-131008), is below half the smallest float16
    assert kind_of([65504.0, 65504.0, -65504.0], 0, "shifted", "float16") == K.NONE


def test_digits_of_a_confident_answer(subtests):
    """1 + exp(-gap) rounds to 1 once exp(-gap) is below the unit roundoff."""
    for name in TOLD:
        with subtests.test(name=name):
            if FORMATS[name].unit_roundoff < 4 * FORMATS[name].smallest_subnormal:
                continue  # it has no number for such a small loss
            gap = number_above(-math.log(FORMATS[name].unit_roundoff) + 1, name)
            for pipeline in ("naive", "shifted"):
                broken = run([0.0, -gap], 0, pipeline, name)
                assert (broken.cause.kind, broken.cause.index) == (K.DIGITS_LOST, 0)
                assert broken.cause.value == broken.steps["loss"] == 0
                assert (broken.cause.significand, broken.cause.exponent) == (1, 0)
            assert kind_of([0.0, -gap], 0, "fused", name) == K.NONE


def test_masked_classes(subtests):
    for name, pipeline in product(TOLD, PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            if not FORMATS[name].has_infinity:
                broken = run([0.0, -INF], 0, pipeline, name).cause
                assert (broken.kind, broken.index, broken.value) == (K.LOGIT_OVERFLOW, 1, -INF)
                assert math.isnan(broken.significand)
                assert math.isnan(broken.exponent)
                continue
            assert kind_of([0.0, 0.0, -INF], 0, pipeline, name) == K.NONE
            masked = run([0.0, -INF], 1, pipeline, name)
            assert (masked.cause.kind, masked.cause.index, masked.cause.value) == (
                K.TARGET_MASKED,
                1,
                -INF,
            )
            assert masked.steps["loss"] == masked.cause.true_loss == INF
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
    assert kind_of([1e39, 100.0, 0.0], 2, "naive", "float32") == K.LOGIT_OVERFLOW
    assert kind_of([90.0, 100.0, 0.0], 2, "naive", "float32") == K.EXP_OVERFLOW
    assert run([0.0, 100.0, 90.0], 2, "naive", "float32").cause.index == 1


def test_a_shift_that_rounds_the_logits():
    broken = run([2.0, 1.0, 0.1], 0, "fused", "float32", shift=1000.0).cause
    assert (broken.kind, broken.index, broken.value) == (K.LOGITS_ROUNDED, 2, 1000.1)
    assert kind_of([2.0, 1.0, 0.0], 0, "fused", "float32", shift=1000.0) == K.NONE
    assert kind_of([2.0, 1.0, 0.1], 0, "fused", "float64", shift=1000.0) == K.LOGITS_ROUNDED


# --- Random vectors against mpmath ------------------------------------------------------------


def some_vectors(name, count, seed):
    """Make vectors of up to 12 logits around the thresholds of a format, with their targets."""
    rng = np.random.default_rng(seed)
    fmt = FORMATS[name]
    marks = [fmt.ln_max, fmt.ln_zero, fmt.ln_smallest_normal, 0.0, 20.0, -50.0, 1000.0]
    for _ in range(count):
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


@pytest.mark.slow
@pytest.mark.usefixtures("_many_digits")
def test_true_loss_and_the_loss_of_digits_agree_with_mpmath(subtests):
    for name in TOLD:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            judged = 0
            for logits, target, shift in some_vectors(name, 150, seed=1):
                for result in run_all(logits, target, name, shift=shift).values():
                    stored = result.steps["logits"].astype(float)
                    if not ((stored < INF).all() and (stored > -INF).any()):
                        continue  # nan, or nothing but masked classes
                    true_loss, given_loss = (
                        loss_on_paper(stored, target),
                        loss_on_paper(logits, target),
                    )
                    if true_loss < 1e308:
                        assert abs(result.cause.true_loss - true_loss) <= 1e-15 * true_loss + 5e-324
                    computed = float(result.steps["loss"])
                    kind = K(int(result.cause.kind))
                    if not math.isfinite(computed) or true_loss == 0 or kind == K.LOGIT_OVERFLOW:
                        continue
                    error = abs(computed - true_loss) / true_loss / fmt.unit_roundoff
                    moved = abs(true_loss - given_loss) / given_loss / fmt.unit_roundoff
                    # float64 as a judge of float64 is itself some roundoffs off.
                    margin = 1 if name == "float64" else 1e-6
                    # No number of the format is nearer than its smallest one allows.
                    tiny = fmt.smallest_subnormal
                    lost = (error > 10 or computed == 0) and abs(computed - true_loss) > tiny
                    rounded = moved > 10 and abs(true_loss - given_loss) > tiny
                    if abs(error - 10) > margin and abs(moved - 10) > margin:
                        expected = (
                            K.DIGITS_LOST if lost else K.LOGITS_ROUNDED if rounded else K.NONE
                        )
                        assert kind == expected, (logits, target, shift, result.pipeline)
                        judged += 1
            assert judged > 100


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


def on_paper(kind, index, result, logits, target, shift):
    """Return what `Cause` says that significand * 10**exponent is."""
    z = [mpmath.mpf(number) for number in result.steps["logits"].astype(float)]
    loss, index = mpmath.mpf(float(result.steps["loss"])), int(index)
    arguments = z if result.pipeline == "naive" else [number - max(z) for number in z]
    if kind == K.LOGIT_OVERFLOW:
        return abs(mpmath.mpf(logits[index]) + mpmath.mpf(shift))
    if kind == K.SUBTRACT_OVERFLOW:
        return max(z) - z[index]
    if kind in (K.EXP_OVERFLOW, K.SUM_UNDERFLOW):
        return mpmath.exp(arguments[index])
    if kind == K.SUM_OVERFLOW:
        return sum(map(mpmath.exp, arguments))
    true_loss, given_loss = loss_on_paper(z, target), loss_on_paper(logits, target)
    if kind == K.PROBABILITY_UNDERFLOW:
        return mpmath.exp(-true_loss)
    if kind == K.DIGITS_LOST:
        return abs(loss - true_loss) / true_loss
    assert kind == K.LOGITS_ROUNDED
    return abs(true_loss - given_loss) / given_loss


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
                        # ln and log10 are float64; of an error of some float64 roundoffs, the
                        # judge is too.
                        tolerance = 1e-14 + 1e-15 * abs(float(cause.exponent))
                        if kind in (K.DIGITS_LOST, K.LOGITS_ROUNDED):
                            tolerance = 0.3 if name == "float64" else 1e-5
                        assert abs(ours - mpmath.log10(expected)) < tolerance, (
                            kind,
                            logits,
                            target,
                            shift,
                        )
                        told.add(kind)
            assert len(told) >= 5


def test_every_infinite_or_nan_loss_has_a_cause(subtests):
    for name in NAMES:
        with subtests.test(name=name):
            for logits, target, shift in some_vectors(name, 150, seed=3):
                for result in run_all(logits, target, name, shift=shift).values():
                    if not math.isfinite(result.steps["loss"]):
                        assert result.cause.kind not in (K.NONE, K.DIGITS_LOST, K.LOGITS_ROUNDED)


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
            ]
            for logits, target, shift in [*some_vectors(name, 100, seed=4), *special]:
                for pipeline in PIPELINES:
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
        for result in run_all(logits, target, name, shift=shift).values():
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
    assert batch.kind[position] == single.kind == single.cause.kind
    assert batch.warnings[position] == single.warnings


def test_a_batch_is_its_rows(subtests):
    for name, classes in product(NAMES, [1, 3, 11]):
        with subtests.test(name=name, classes=classes):
            rng = np.random.default_rng(classes)
            logits = rng.normal(size=(4, 12, classes)) * rng.choice([1, 20, 100, 1e5], (4, 12, 1))
            logits[rng.random(logits.shape) < 0.02] = -INF
            logits[0, 0, 0] = NAN
            shift = rng.choice([0.0, 5.0, -90.0], (4, 12, 1))
            target = classes - 1
            batch = run_all(logits, target, name, shift=shift)
            for i, k in np.ndindex(4, 12):
                alone = run_all(logits[i, k], target, name, shift=shift[i, k])
                for pipeline in PIPELINES:
                    assert_same(batch[pipeline], (i, k), alone[pipeline])


def test_one_pipeline_or_all(subtests):
    for name in NAMES:
        with subtests.test(name=name):
            for logits, target, shift in some_vectors(name, 20, seed=5):
                everything = run_all(logits, target, name, shift=shift)
                assert tuple(everything) == PIPELINES
                for pipeline, result in everything.items():
                    assert_same(result, (), run(logits, target, pipeline, name, shift=shift))


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_no_rows(pipeline):
    empty = run(np.empty((0, 3)), 0, pipeline, "float32")
    assert empty.steps["loss"].shape == empty.cause.kind.shape == empty.warnings.shape == (0,)


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
                kind = K(int(ours.cause.kind))
                if kind in (K.NONE, K.TARGET_MASKED):
                    assert ours.broken is None
                    continue
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
                # Decimal arithmetic ends at 10**-(10**18); float64 is no judge of its own last
                # digits.
                judge = (
                    name in ("float32", "float16", "bfloat16") and ours.steps[position].exact[0] > 0
                )
                if kind == K.DIGITS_LOST and judge:
                    assert here["inexact"].index == target
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
            "pipeline must be one of naive, shifted, fused; got 'best'",
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
