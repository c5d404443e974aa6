"""Every bug shows its symptom, and both of its functions are what mpmath makes of them."""

import ast
import inspect
import itertools
import json
import math
import struct
import textwrap
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

import ce_core
from ce_core.bugs import BUGS, Bug, run
from ce_core.bugs.formulas import cross_entropy
from ce_core.formats import FORMATS
from tests.core import oracle

INF, NAN = math.inf, math.nan
Rows = Sequence[Sequence[float]]
each_bug = pytest.mark.parametrize("name", BUGS)


@pytest.fixture(autouse=True)
def _digits() -> Iterator[None]:
    with mpmath.workdps(oracle.DIGITS):
        yield


def mean(losses: Sequence[mpf]) -> mpf:
    return mpmath.fsum(losses) / len(losses)


def log_p(rows: Rows, target: Sequence[int]) -> list[mpf]:
    return [oracle.log_softmax(row)[y] for row, y in zip(rows, target, strict=True)]


def true_loss(rows: Rows, target: Sequence[int]) -> mpf:
    return -mean(log_p(rows, target))


def twice(rows: Rows, target: Sequence[int]) -> mpf:
    return true_loss([oracle.softmax(row) for row in rows], target)


def over_the_rows(rows: Rows, target: Sequence[int]) -> mpf:
    columns = [[row[y] for row in rows] for y in target]
    return true_loss(columns, range(len(rows)))


def underflowing(rows: Rows, target: Sequence[int]) -> float | mpf:
    fmt = FORMATS["float32"]
    p = [oracle.softmax(row)[y] for row, y in zip(rows, target, strict=True)]
    return INF if min(p) < fmt.smallest_subnormal / 2 else -mean([mpmath.log(x) for x in p])


def overflowing(rows: Rows, target: Sequence[int]) -> float | mpf:
    fmt = FORMATS["float16"]
    (row,), (y,) = rows, target
    if row[y] > fmt.ln_max:
        return NAN  # inf / inf
    if mpmath.fsum(mpmath.exp(mpf(z)) for z in row) > fmt.max or row[y] < fmt.ln_zero:
        return INF  # -log(p / inf) or -log(0 / sum)
    return true_loss(rows, target)


def of_real_rows(rows: Rows, target: Sequence[int]) -> float | mpf:
    real = [n for n, row in enumerate(rows) if max(row) != -INF]
    return true_loss([rows[n] for n in real], [target[n] for n in real]) if real else NAN


def of_all_rows(rows: Rows, target: Sequence[int]) -> float | mpf:
    return NAN if any(max(row) == -INF for row in rows) else true_loss(rows, target)


def smoothed(row: Sequence[float], y: int) -> mpf:
    """Return (1 - eps) times the loss of y plus eps times the mean loss of all classes."""
    losses = [-x for x in oracle.log_softmax(row)]
    return mpf(0.9) * losses[y] + mpf(0.1) * mean(losses)


def smoothed_over_all(rows: Rows, target: Sequence[int]) -> mpf:
    return mean([smoothed(row, y) for row, y in zip(rows, target, strict=True)])


def smoothed_over_unmasked(rows: Rows, target: Sequence[int]) -> mpf:
    """Delete the masked classes, so that the ordinary smoothing remains."""
    open_classes = [[z for z in row if z != -INF] for row in rows]
    moved = [y - row[:y].count(-INF) for row, y in zip(rows, target, strict=True)]
    return smoothed_over_all(open_classes, moved)


def weighted(rows: Rows, target: Sequence[int]) -> mpf:
    return -mpmath.fsum((1, 1, 10)[y] * x for y, x in zip(target, log_p(rows, target), strict=True))


def by_rows(rows: Rows, target: Sequence[int]) -> mpf:
    return weighted(rows, target) / len(rows)


def by_weights(rows: Rows, target: Sequence[int]) -> mpf:
    return weighted(rows, target) / sum((1, 1, 10)[y] for y in target)


def by_sigmoid(rows: Rows, target: Sequence[int]) -> mpf:
    return -mean([oracle.log_sigmoid(row[y]) for row, y in zip(rows, target, strict=True)])


def of_the_class_before(rows: Rows, target: Sequence[int]) -> mpf:
    return true_loss(rows, [{0: 2, 1: 0, 2: 1}[y] for y in target])


def half(value: float | mpf) -> float:
    """Round to float16 as Python's `struct` does; what is too large is infinite."""
    try:
        return float(struct.unpack("e", struct.pack("e", float(value)))[0])
    except OverflowError:
        return math.copysign(INF, value)


def in_half(rows: Rows, target: Sequence[int]) -> Fraction:
    """Return the mean of 4096 copies of losses that are stored in float16, exactly."""
    losses = [Fraction(half(-x)) for x in log_p(rows, target)]
    return sum(losses, Fraction(0)) / len(losses)


def added_in_half(rows: Rows, target: Sequence[int]) -> float:
    count = 4096 * len(rows)
    return half(half(float(count * in_half(rows, target))) / count)


def added_in_single(rows: Rows, target: Sequence[int]) -> float:
    return float(in_half(rows, target))


def guarded(rows: Rows, target: Sequence[int]) -> float:
    """Return -log(p + 1e-8), each operation rounded to float16."""
    (row,), (y,) = rows, target
    p = half(half(oracle.softmax(row)[y]) + half(1e-8))
    return half(-mpmath.log(p)) if p else INF


def mixed(row: Sequence[float], y: int, other: int) -> mpf:
    """Return the loss of a sample that is 0.7 of one class and 0.3 of another."""
    kept = [-INF if z < -10 else z for z in row]
    losses = [-x for x in oracle.log_softmax(kept)]
    return mpf(0.7) * losses[y] + mpf(0.3) * losses[other]


def mixed_of_all(rows: Rows, target: Sequence[int]) -> mpf:
    return mean([mixed(rows[0], *target), mixed(rows[1], *reversed(target))])


def mixed_with_0_times_infinity(rows: Rows, target: Sequence[int]) -> float | mpf:
    (third,) = {0, 1, 2} - set(target)
    return NAN if any(row[third] < -10 for row in rows) else mixed_of_all(rows, target)


def slope_scaled(rows: Rows, power: float, *, first: bool) -> float:
    """Return p of the second class, stored in float16 before or after the scale of 2**power."""
    p, scale = oracle.softmax(rows[0])[1], mpf(2) ** power
    return float(half(p * scale) / scale if first else half(p) * scale / scale)


EXACT: dict[str, tuple[Callable[..., float | mpf], Callable[..., float | mpf]]] = {
    "softmax_twice": (twice, true_loss),
    "wrong_axis": (over_the_rows, true_loss),
    "log_of_softmax": (underflowing, true_loss),
    "half_precision": (overflowing, true_loss),
    "all_masked_row": (of_all_rows, of_real_rows),
    "smoothing_masked": (smoothed_over_all, smoothed_over_unmasked),
    "weighted_mean": (by_rows, by_weights),
    "sigmoid_first": (by_sigmoid, true_loss),
    "target_off_by_one": (of_the_class_before, true_loss),
    "sum_in_half": (added_in_half, added_in_single),
    "epsilon_vanishes": (guarded, true_loss),
    "zero_times_infinity": (mixed_with_0_times_infinity, mixed_of_all),
    "scaled_too_late": (
        lambda rows, _: slope_scaled(rows, 16, first=False),
        lambda rows, _: slope_scaled(rows, 16, first=True),
    ),
}


def table(bug: Bug, positions: Sequence[float], move: tuple[int, int] | None = None) -> np.ndarray:
    """Return the case's batch with one logit, the slider's, at each position."""
    batches = np.tile(np.array(bug.logits), (len(positions), 1, 1))
    batches[(slice(None), *(move or bug.move))] = positions
    return batches


def drawn(bug: Bug, spread: float) -> np.ndarray:
    """Return random batches, masked where the case's own is."""
    rng = np.random.default_rng(0)
    batches = rng.normal(size=(50, *np.shape(bug.logits))) * spread
    return np.where(np.array(bug.logits) == -INF, -INF, batches)


def assert_exact(name: str, batches: np.ndarray) -> None:
    bug = BUGS[name]
    fmt = FORMATS[bug.format]
    stored = batches.astype(fmt.dtype).astype(float)
    for which, losses, exact in zip(
        ("broken", "repaired"), run(bug, batches), EXACT[name], strict=True
    ):
        # What half_precision repairs is the format, too.
        single = (name, which) == ("half_precision", "repaired")
        u = FORMATS["float32" if single else bug.format].unit_roundoff
        expected = [float(exact(batch.tolist(), bug.target)) for batch in stored]
        # log(p) errs by the relative error of p, whatever the size of the loss.
        atol = 8 * u if bug.power is None else 0.0
        np.testing.assert_allclose(losses, expected, rtol=8 * u, atol=atol, err_msg=which)


@each_bug
def test_at_its_start_both_losses_are_mpmaths(name: str) -> None:
    assert_exact(name, np.array(BUGS[name].logits)[None])


@each_bug
def test_along_its_slider_both_losses_are_mpmaths(name: str) -> None:
    bug = BUGS[name]
    # log of a subnormal p: its last digits are those of the format no more.
    positions = [
        x for x in np.linspace(-bug.reach, bug.reach, 81) if not in_the_subnormals(name, float(x))
    ]
    assert len(positions) > 40
    assert_exact(name, table(bug, positions))


def in_the_subnormals(name: str, position: float) -> bool:
    if name == "log_of_softmax":
        return 87 < position + 60 < 104
    fmt = FORMATS["float16"]
    return name == "half_precision" and fmt.ln_zero < position < fmt.ln_smallest_normal


@each_bug
def test_of_random_logits_both_losses_are_mpmaths(name: str, subtests: pytest.Subtests) -> None:
    for spread in [0.1, 1.0, 2.5]:
        with subtests.test(spread=spread):
            assert_exact(name, drawn(BUGS[name], spread))


@each_bug
def test_the_start_shows_the_bug(name: str) -> None:
    bug = BUGS[name]
    broken, repaired = run(bug, bug.logits)
    assert np.isfinite(repaired)
    # A tenth of a nat; and of a slope, which may be small, a tenth.
    assert not abs(broken - repaired) <= (0.1 if bug.power is None else 0.1 * repaired)


@each_bug
def test_the_slider_holds_its_logit_and_moves_the_repaired_loss(name: str) -> None:
    bug = BUGS[name]
    if bug.power is not None:
        assert abs(bug.power) <= bug.reach
        low, start, high = scaled([-bug.reach, bug.power, bug.reach])[1]
        assert (low, high) == (0, INF)
        assert 0 < start < INF
        return
    assert abs(np.array(bug.logits)[bug.move]) <= bug.reach
    repaired = run(bug, table(bug, [-bug.reach, bug.reach]))[1]
    assert abs(repaired[1] - repaired[0]) > 1


@each_bug
def test_a_case_fits_together(name: str) -> None:
    bug = BUGS[name]
    assert np.array(bug.logits).shape == (len(bug.target), 3)
    assert set(bug.target) <= {0, 1, 2}
    # No logit is out of its format's range, or moved by rounding.
    stored = np.array(bug.logits).astype(FORMATS[bug.format].dtype).astype(float)
    np.testing.assert_array_equal(stored, bug.logits)


@each_bug
def test_a_learner_can_read_the_function(name: str, subtests: pytest.Subtests) -> None:
    for which in ["broken", "repaired"]:
        with subtests.test(which=which):
            function = getattr(BUGS[name], which)
            assert inspect.getdoc(function).count("\n") == 0
            (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
            assert isinstance(tree, ast.FunctionDef)
            body = tree.body[1:]
            assert 2 <= len(body) <= 6
            assert all(isinstance(line, ast.Assign | ast.Return) for line in body)
            names = set(function.__code__.co_names) & set(function.__globals__)
            assert names <= {"np", "softmax", "log_softmax", "logsumexp", "sigmoid", "one_hot"}
            assert all(function.__globals__[n] is getattr(ce_core, n) for n in names - {"np"})


@each_bug
def test_a_table_of_batches_is_its_batches_one_by_one(name: str) -> None:
    bug = BUGS[name]
    batches = np.concatenate([drawn(bug, 5.0), table(bug, np.linspace(-bug.reach, bug.reach, 50))])
    one_by_one = np.array([run(bug, batch) for batch in batches])
    together = np.array(run(bug, batches.reshape(5, 20, *batches.shape[1:])))
    np.testing.assert_array_equal(together, one_by_one.T.reshape(2, 5, 20))


@each_bug
def test_losses_are_float64_and_the_logits_are_not_written_to(name: str) -> None:
    bug = BUGS[name]
    logits = np.array(bug.logits)
    for losses in run(bug, logits):
        assert losses.dtype == np.float64
        assert losses.shape == ()
    np.testing.assert_array_equal(logits, bug.logits)
    for losses in run(bug, logits[None][:0]):
        assert losses.shape == (0,)


@each_bug
def test_logits_are_rounded_to_the_format(name: str) -> None:
    bug = BUGS[name]
    wide = drawn(bug, 1.0)
    stored = wide.astype(FORMATS[bug.format].dtype).astype(float)
    assert (bug.format == "float64") == np.array_equal(stored, wide)
    np.testing.assert_array_equal(run(bug, wide), run(bug, stored))


@each_bug
def test_a_repaired_loss_does_not_hide_odd_logits(name: str, subtests: pytest.Subtests) -> None:
    for odd in [NAN, INF]:
        with subtests.test(odd=odd):
            bug = BUGS[name]
            one, row = np.array(bug.logits), np.array(bug.logits)
            one[0, bug.target[0]] = odd
            row[0] = odd
            assert np.isnan(run(bug, [one, row])[1]).all()


@pytest.mark.parametrize(
    ("logits", "error", "message"),
    [
        (1.0, ValueError, r"logits must have shape \(\.\.\., 2, 3\); got \(\)"),
        ([1.0, 2.0, 3.0], ValueError, r"\(\.\.\., 2, 3\); got \(3,\)"),
        (np.zeros((3, 2)), ValueError, r"\(\.\.\., 2, 3\); got \(3, 2\)"),
        (np.zeros((7, 1, 3)), ValueError, r"\(\.\.\., 2, 3\); got \(7, 1, 3\)"),
        ([["1"] * 3] * 2, TypeError, "logits must be real numbers; got dtype <U1"),
        ([[1j] * 3] * 2, TypeError, "logits must be real numbers; got dtype complex128"),
    ],
)
def test_bad_logits(logits: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        run(BUGS["wrong_axis"], logits)


@pytest.mark.parametrize(
    ("name", "power", "error", "message"),
    [
        ("wrong_axis", 1.0, ValueError, "power must be None for a case without one; got 1.0"),
        ("scaled_too_late", [1.0], ValueError, r"shape \(2,\), one for each batch; got \(1,\)"),
        ("scaled_too_late", 1.0, ValueError, r"shape \(2,\), one for each batch; got \(\)"),
        ("scaled_too_late", ["1"] * 2, TypeError, "power must be real numbers; got dtype <U1"),
    ],
)
def test_bad_powers(name: str, power: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        run(BUGS[name], [BUGS[name].logits] * 2, power)


# What each symptom says.


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(-100, 100))
def test_softmax_twice_never_passes_its_floor(a: float, b: float, c: float) -> None:
    assert run(BUGS["softmax_twice"], [[a, b, c]])[0] >= math.log1p(2 / math.e) - 1e-15


def test_softmax_twice_sticks_at_its_floor() -> None:
    bug = BUGS["softmax_twice"]
    broken, repaired = run(bug, table(bug, [20.0, 100.0]))
    np.testing.assert_allclose(broken, math.log1p(2 / math.e), rtol=1e-8)
    assert (repaired < 1e-8).all()


def interaction(bug: Bug, which: int, first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return how much moving a logit changes what moving another one does to the loss."""
    batches = np.tile(table(bug, [1.0])[0], (2, 2, 1, 1))
    batches[(1, slice(None), *first)] += 1
    batches[(slice(None), 1, *second)] += 1
    losses = run(bug, batches)[which]
    return float(losses[1, 1] - losses[1, 0] - losses[0, 1] + losses[0, 0])


BATCHES = [
    name
    for name, bug in BUGS.items()
    if len(bug.logits) > 1 and bug.format == "float64" and name != "all_masked_row"
]


def test_another_rows_logit_matters_to_a_row_only_over_the_wrong_axis(
    subtests: pytest.Subtests,
) -> None:
    for which, name in itertools.product([0, 1], BATCHES):
        with subtests.test(which=which, name=name):
            across_rows = abs(interaction(BUGS[name], which, (0, 0), (1, 0)))
            if (name, which) == ("wrong_axis", 0):
                assert across_rows > 0.01
            else:
                assert across_rows < 1e-14


def test_wrong_axis_the_probabilities_of_a_row_do_not_sum_to_1() -> None:
    bug = BUGS["wrong_axis"]
    z = np.array(bug.logits)
    pairs = itertools.product(range(3), repeat=2)
    # exp(-2 loss) is the product of two probabilities, one of each row.
    losses = np.array([[f(z, np.array(p)) for f in (bug.broken, bug.repaired)] for p in pairs])
    broken, repaired = np.exp(-2 * losses).sum(0)
    assert repaired == pytest.approx(1, rel=1e-14)
    assert abs(broken - 1) > 0.1


def test_wrong_axis_a_more_confident_right_answer_costs_more() -> None:
    bug = BUGS["wrong_axis"]
    broken, repaired = run(bug, table(bug, [4.0, 6.0, 8.0, 10.0]))
    assert (np.diff(broken) > 0.1).all()
    assert (np.diff(repaired) < 0).all()


def test_log_of_softmax_is_infinite_once_the_probability_underflows() -> None:
    bug = BUGS["log_of_softmax"]
    broken, repaired = run(bug, table(bug, [0.0, 20.0, 44.5, 100.0]))
    np.testing.assert_allclose(broken, [60.0 + math.log(2), 80.0, INF, INF], rtol=1e-6)
    np.testing.assert_allclose(repaired, [60.0 + math.log(2), 80.0, 104.5, 160.0], rtol=1e-6)


def test_half_precision_breaks_where_exp_overflows_float16() -> None:
    bug = BUGS["half_precision"]
    limit = np.log(65504.0)
    broken, repaired = run(bug, table(bug, [limit - 0.02, limit + 0.02, 20.0]))
    np.testing.assert_array_equal(np.isnan(broken), [False, True, True])
    assert (repaired < 1e-3).all()
    # No exp of theirs overflows float32: the format is the cause, not a logit's size.
    z, target = table(bug, [20.0]).astype(np.float32), np.array(bug.target)
    np.testing.assert_allclose(bug.broken(z, target), bug.repaired(z, target), atol=1e-6)


def test_half_precision_is_not_log_of_softmax() -> None:
    half, log = BUGS["half_precision"], BUGS["log_of_softmax"]
    z = np.array(half.logits, np.float16)
    assert np.isfinite(log.broken(z, np.array(half.target)))


def test_all_masked_row_spoils_the_mean_of_the_others() -> None:
    bug = BUGS["all_masked_row"]
    broken, repaired = run(bug, table(bug, np.linspace(-10, 10, 21)))
    assert np.isnan(broken).all()
    for loss, batch in zip(repaired, table(bug, np.linspace(-10, 10, 21)), strict=True):
        assert loss == pytest.approx(ce_core.cross_entropy(batch[:2], bug.target[:2]), rel=1e-14)
        ignored = ce_core.cross_entropy(batch, [0, 1, -100], ignore_index=-100)
        assert loss == pytest.approx(ignored, rel=1e-14)


def test_all_masked_row_without_padding_and_with_nothing_else() -> None:
    bug = BUGS["all_masked_row"]
    broken, repaired = run(bug, np.random.default_rng(0).normal(size=(20, 3, 3)))
    np.testing.assert_allclose(repaired, broken, rtol=1e-14)
    assert np.isnan(run(bug, np.full((3, 3), -INF))).all()


def test_smoothing_masked_is_infinite_because_of_the_mask() -> None:
    bug = BUGS["smoothing_masked"]
    broken, repaired = run(bug, table(bug, np.linspace(-10, 10, 21)))
    assert (broken == INF).all()
    for loss, batch in zip(repaired, table(bug, np.linspace(-10, 10, 21)), strict=True):
        dropped = ce_core.cross_entropy(batch[:, :2], bug.target, label_smoothing=0.1)
        assert loss == pytest.approx(dropped, rel=1e-14)
    broken, repaired = run(bug, table(bug, np.linspace(-10, 10, 21), (0, 2)))
    np.testing.assert_allclose(repaired, broken, rtol=1e-14)


def test_weighted_mean_depends_on_the_classes_in_the_batch() -> None:
    bug = BUGS["weighted_mean"]
    loss = math.log1p(2 * math.exp(-2))  # of each row
    for target in itertools.product(range(3), repeat=3):
        y = np.array(target)
        z = 2.0 * np.eye(3)[y]
        heavy = target.count(2)
        assert bug.repaired(z, y) == pytest.approx(loss, rel=1e-14)
        assert bug.broken(z, y) == pytest.approx(loss * (1 + 3 * heavy), rel=1e-14)


def test_weighted_mean_repaired_has_the_divisor_of_the_option() -> None:
    bug = BUGS["weighted_mean"]
    batches = drawn(bug, 3.0)
    expected = [ce_core.cross_entropy(b, bug.target, weight=[1.0, 1.0, 10.0]) for b in batches]
    np.testing.assert_allclose(run(bug, batches)[1], expected, rtol=1e-14)


@pytest.mark.parametrize("other", [1, 2])
def test_sigmoid_first_does_not_see_the_other_classes(other: int) -> None:
    bug = BUGS["sigmoid_first"]
    broken, repaired = run(bug, table(bug, np.linspace(-20, 20, 41), (0, other)))
    assert (broken == broken[0]).all()
    assert broken[0] < 0.01
    assert (np.diff(repaired) > 0).all()


def test_target_off_by_one_a_better_model_has_a_larger_loss() -> None:
    bug = BUGS["target_off_by_one"]
    assert (np.argmax(bug.logits, axis=-1) == bug.target).all()
    broken, repaired = run(bug, table(bug, [0.0, 2.0, 4.0, 6.0, 8.0]))
    assert (np.diff(broken) > 0.1).all()
    assert (np.diff(repaired) < 0).all()


def test_repaired_is_the_cores_cross_entropy(subtests: pytest.Subtests) -> None:
    for name in [n for n, bug in BUGS.items() if bug.repaired is cross_entropy]:
        with subtests.test(name=name):
            bug = BUGS[name]
            batches = drawn(bug, 30.0).astype(FORMATS[bug.format].dtype)
            expected = [ce_core.cross_entropy(batch, bug.target) for batch in batches]
            # A repair takes the plain log-softmax, off by half an ulp for each unit of logit.
            np.testing.assert_allclose(run(bug, batches)[1], expected, rtol=2e-6)


# ---------------------------------------------------------------- the ends of float16


def test_sum_in_half_overflows_where_the_sum_rounds_beyond_65504() -> None:
    bug = BUGS["sum_in_half"]
    positions = np.linspace(-20, 20, 401)
    batches = table(bug, positions).astype(np.float16).astype(float)
    broken, repaired = run(bug, batches)
    sums = [3 * 4096 * in_half(batch.tolist(), bug.target) for batch in batches]
    np.testing.assert_array_equal(broken, [added_in_half(b.tolist(), bug.target) for b in batches])
    np.testing.assert_array_equal(np.isposinf(broken), [total >= 65520 for total in sums])
    assert 0 < np.isposinf(broken).sum() < 401
    # No loss itself comes near the end of float16, and neither does the mean.
    assert max(repaired) < 10
    means = [float(total / 3 / 4096) for total in sums]
    np.testing.assert_allclose(repaired, means, rtol=2.0**-23)


def test_sum_in_half_is_right_about_fewer_copies() -> None:
    bug = BUGS["sum_in_half"]
    z = np.array(bug.logits, np.float16)
    losses = -ce_core.log_softmax(z)[np.arange(3), np.array(bug.target)]
    with np.errstate(over="ignore"):
        assert np.isfinite(np.sum(np.repeat(losses, 3000)))
        assert np.isposinf(np.sum(np.repeat(losses, 3300)))


def test_epsilon_vanishes_because_float16_has_nothing_as_small() -> None:
    bug = BUGS["epsilon_vanishes"]
    assert half(1e-8) == 0 < half(6e-8) == 2.0**-24
    z, target = table(bug, np.linspace(-20, 20, 401)), np.array(bug.target)
    broken = run(bug, z)[0]
    p = [half(oracle.softmax(row)[0]) for ((row),) in z.astype(np.float16).astype(float).tolist()]
    np.testing.assert_array_equal(np.isposinf(broken), [x == 0 for x in p])
    assert 0 < np.isposinf(broken).sum() < 401
    # In float32, which has 1e-8, the same code is finite, but no loss passes -log(1e-8).
    with np.errstate(all="ignore"):
        wider = bug.broken(z.astype(np.float32), target)
    assert np.isfinite(wider).all()
    assert max(wider) < 18.43 < run(bug, z)[1].max()


def test_zero_times_infinity_is_nan_where_nobodys_class_is_masked() -> None:
    bug = BUGS["zero_times_infinity"]
    positions = np.linspace(-20, 20, 401)
    broken, repaired = run(bug, table(bug, positions))
    np.testing.assert_array_equal(np.isnan(broken), positions < -10)
    np.testing.assert_array_equal(repaired[positions >= -10], broken[positions >= -10])
    # A mask means that the class is not there.
    rows = [([3.0, 1.0], [0.7, 0.3]), ([0.0, 2.0, -1.0], [0.3, 0.7, 0.0])]
    without = np.mean([ce_core.cross_entropy(row, q) for row, q in rows])
    np.testing.assert_allclose(repaired[positions < -10], without, rtol=1e-14)


def test_a_mask_that_is_finite_repairs_zero_times_infinity_too() -> None:
    log_p = ce_core.log_softmax([3.0, 1.0, -1e9])
    q = np.array([0.7, 0.3, 0.0])
    expected = float(mixed([3.0, 1.0, -INF], 0, 1))
    assert -np.sum(q * log_p) == pytest.approx(expected, rel=1e-14)


def scaled(powers: Sequence[float] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    bug = BUGS["scaled_too_late"]
    return run(bug, [bug.logits] * len(powers), powers)


def test_scaled_too_late_has_a_cliff_at_either_end() -> None:
    bug = BUGS["scaled_too_late"]
    powers = np.arange(-64, 65)
    broken, repaired = scaled(powers)
    assert (broken == 0).all()
    expected = [slope_scaled(bug.logits, int(k), first=True) for k in powers]
    np.testing.assert_array_equal(repaired, expected)
    p = oracle.softmax(bug.logits[0])[1]
    low = next(k for k in range(64) if p * mpf(2) ** k > mpf(2) ** -25)  # half the smallest float16
    high = next(k for k in range(64) if p * mpf(2) ** k >= 65520)
    np.testing.assert_array_equal(repaired == 0, powers < low)
    np.testing.assert_array_equal(np.isposinf(repaired), powers >= high)
    # In between it is right to float16's digits, once the scaled slope is no longer subnormal.
    full = (powers < high) & (powers >= low + 11)
    np.testing.assert_allclose(repaired[full], float(p), rtol=2.0**-11)
    assert full.sum() > 20


def test_scaled_too_late_with_a_scale_that_float32_has_not() -> None:
    broken, repaired = scaled([-1e300, -200.0, -149.0, 127.0, 128.0, 1e300])
    np.testing.assert_array_equal(broken, [NAN, NAN, 0, 0, NAN, NAN])
    np.testing.assert_array_equal(repaired, [NAN, NAN, 0, INF, NAN, NAN])


@pytest.mark.parametrize("power", [0.0, 5.0, 10.0])
def test_a_slope_that_is_large_enough_is_pytorchs(power: float) -> None:
    stored = json.loads(Path(__file__).with_name("torch_reference.json").read_text())
    case = next(
        case
        for case in stored["cross_entropy"]
        if case["target"] == [0, 1, 3]
        and case["options"] == {"label_smoothing": 0.0, "reduction": "sum"}
    )
    bug, scale = BUGS["scaled_too_late"], np.float32(2**power)
    given = np.array(case["logits"], np.float16), np.array(case["target"]), scale
    for code in (bug.broken, bug.repaired):  # large enough for either
        # 0.1 is not a float16, and the slope is rounded to one.
        assert code(*given) == pytest.approx(case["gradient"][0][1], rel=2.0**-11 + 1e-4)
