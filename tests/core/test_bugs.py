"""Every bug shows its symptom, and both of its functions are what mpmath makes of them."""

import ast
import inspect
import itertools
import math
import textwrap
from collections.abc import Callable, Iterator, Sequence

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

import ce_core
from ce_core.bugs import BUGS, Bug, run
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
        u = FORMATS["float32"].unit_roundoff if which == "repaired" else fmt.unit_roundoff
        expected = [float(exact(batch.tolist(), bug.target)) for batch in stored]
        # log(p) errs by the relative error of p, whatever the size of the loss.
        np.testing.assert_allclose(losses, expected, rtol=8 * u, atol=8 * u, err_msg=which)


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
    assert not abs(broken - repaired) <= 0.1


@each_bug
def test_the_slider_holds_its_logit_and_moves_the_repaired_loss(name: str) -> None:
    bug = BUGS[name]
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
    batches = np.tile(np.array(bug.logits), (2, 2, 1, 1))
    batches[(1, slice(None), *first)] += 1
    batches[(slice(None), 1, *second)] += 1
    losses = run(bug, batches)[which]
    return float(losses[1, 1] - losses[1, 0] - losses[0, 1] + losses[0, 0])


BATCHES = [name for name, bug in BUGS.items() if len(bug.logits) > 1 and name != "all_masked_row"]


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
    for name in [
        n for n, (_, exact) in EXACT.items() if exact is true_loss and n != "half_precision"
    ]:
        with subtests.test(name=name):
            bug = BUGS[name]
            batches = drawn(bug, 30.0).astype(FORMATS[bug.format].dtype)
            expected = [ce_core.cross_entropy(batch, bug.target) for batch in batches]
            # A repair takes the plain log-softmax, off by half an ulp for each unit of logit.
            np.testing.assert_allclose(run(bug, batches)[1], expected, rtol=2e-6)
