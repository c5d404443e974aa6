"""The rows of a batch: each is what `run` tells of it alone, in any chunks, and what SciPy says."""

import math
import operator
from dataclasses import fields
from itertools import pairwise, product

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from ce_core import cross_entropy
from ce_core.batch import BROKEN_IN, Batch, Options, Rows
from ce_core.formats import EVERYDAY, FORMATS
from ce_core.pipelines import PIPELINES, CauseKind, run, run_all
from ce_core.pipelines.kinds import is_broken
from tests.core import oracle
from tests.core.test_targets import rows_of, same

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize("name", FORMATS)
def test_each_row_has_the_cause_of_its_run(name: str) -> None:
    seen = set()
    for classes in (1, 2, 5, 40):
        logits, target = rows_of(name, classes, 30 if name in EVERYDAY else 9)
        rows = Batch(name, Options(), classes).add(logits, target)
        for i, true in enumerate(target.tolist()):
            for form, alone in run_all(logits[i], true, name).items():
                same(rows.loss[form][i], alone.steps["loss"])
                told = (rows.kind[form][i], rows.ulps[form][i], rows.at[form][i])
                assert told == (alone.cause.kind, alone.ulps, true), (form, logits[i])
                seen.add(int(alone.cause.kind))
    assert len(seen) >= (7 if name in EVERYDAY else 3), {CauseKind(k).name for k in seen}


def test_the_naive_form_breaks_in_each_format_as_alone() -> None:
    logits, target = rows_of("float16", 4, 60)
    batch = Batch("float64", Options(), 4)
    batch.add(logits, target)
    for name in BROKEN_IN:
        counts = np.zeros(len(CauseKind), int)
        for row, true in zip(logits, target.tolist(), strict=True):
            counts[int(run(row, true, "naive", name).broke)] += 1
        np.testing.assert_array_equal(batch.broken[name], counts)


NUMBERS = st.one_of(
    st.floats(-20, 20), st.sampled_from([0.0, -INF, INF, NAN, 11.1, 88.8, -104.0, 800.0, -1e9])
)


@st.composite
def batches(draw: st.DrawFn):
    """Draw logits, targets of one of the kinds, options, and where the batch is cut."""
    count, classes = draw(st.integers(1, 7)), draw(st.sampled_from([1, 2, 3, 9]))
    row = st.lists(NUMBERS, min_size=classes, max_size=classes)
    logits = np.array(draw(st.lists(row, min_size=count, max_size=count)))
    weight = draw(st.sampled_from([None, (0.1, 2.0, 0.0, 1.0, 5.0, 1.0, 0.3, 1.0, 2.0)[:classes]]))
    kind = draw(st.sampled_from(["classes", "smoothed", "shares", "binary", "none"]))
    options = Options("binary" if kind == "binary" else "classes", weight=weight)
    shares = np.random.default_rng(draw(st.integers(0, 99))).dirichlet(np.ones(classes), count)
    target: np.ndarray | None = shares.round(1)
    if kind in ("classes", "smoothed"):
        choices = st.lists(st.sampled_from([*range(classes), -100]), min_size=count, max_size=count)
        target = np.array(draw(choices))
        options = Options(weight=weight, label_smoothing=0.1 if kind == "smoothed" else 0.0)
    elif kind == "none":
        target = None
    cuts = sorted(draw(st.lists(st.integers(0, count), max_size=3)))
    return logits, target, options, [0, *cuts, count]


def columns(rows: Rows) -> dict[str, np.ndarray]:
    """Return all columns of rows, by name and form."""
    found = {}
    for field in fields(Rows):
        value = getattr(rows, field.name)
        each = value if isinstance(value, dict) else {"": value}
        found |= {f"{field.name} {form}": column for form, column in each.items()}
    return found


@given(batches(), st.sampled_from(["float32", "float16", "bfloat16", "float64", "float8_e4m3fn"]))
def test_in_any_chunks_a_batch_is_its_rows_alone(drawn, name) -> None:
    logits, target, options, cuts = drawn
    whole, chunked = (Batch(name, options, logits.shape[1]) for _ in range(2))
    rows = whole.add(logits, target)
    for start, stop in pairwise(cuts):
        chunked.add(logits[start:stop], None if target is None else target[start:stop])
    alone = []
    for i in range(len(logits)):
        one = Batch(name, options, logits.shape[1])
        alone.append(one.add(logits[i : i + 1], None if target is None else target[i : i + 1]))
    for other in (chunked.rows, Rows.joined(alone)):
        for column, value in columns(rows).items():
            same(columns(other)[column], value)
    for form in rows.loss:
        same(chunked.reduced(form), whole.reduced(form))
        np.testing.assert_array_equal(chunked.kinds[form], whole.kinds[form])
    same(chunked.exact, whole.exact)
    for counts in ("count", "counted", "correct", "denominator"):
        assert getattr(chunked, counts) == getattr(whole, counts)
    for fmt in BROKEN_IN:
        np.testing.assert_array_equal(chunked.broken[fmt], whole.broken[fmt])
    np.testing.assert_array_equal(chunked.worst(3), whole.worst(3))


def test_blocks_of_one_chunk_are_counted_as_one() -> None:
    """There are two of them, the second with fewer rows."""
    rng = np.random.default_rng(3)
    logits, target = rng.normal(size=(1500, 100)) * 5, rng.integers(100, size=1500)
    whole, parts = Batch("float32", Options(), 100), Batch("float32", Options(), 100)
    whole.add(logits, target)
    for start in range(0, 1500, 300):
        parts.add(logits[start : start + 300], target[start : start + 300])
    for column, value in columns(whole.rows).items():
        same(columns(parts.rows)[column], value)
    np.testing.assert_array_equal(whole.logits.positive, parts.logits.positive)
    log_p = scipy.special.log_softmax(logits, axis=1)
    wanted = -log_p[np.arange(1500), target]
    np.testing.assert_allclose(whole.rows.exact, wanted, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(whole.rows.loss["fused"], whole.rows.exact, rtol=1e-5)
    assert whole.correct == (logits.argmax(axis=1) == target).sum()
    np.testing.assert_array_equal(whole.rows_of_class, np.bincount(target, minlength=100))


def test_shares_of_classes_weigh_the_losses_of_each(subtests) -> None:
    rng = np.random.default_rng(4)
    logits, q = rng.normal(size=(20, 4)) * 5, rng.dirichlet(np.ones(4), 20)
    weight = (0.5, 2.0, 0.0, 1.0)
    for smoothing, name in product((0.0, 0.1), ("float64", "float32", "bfloat16")):
        with subtests.test(smoothing=smoothing, name=name):
            options = Options(weight=weight, label_smoothing=smoothing)
            rows = Batch(name, options, 4).add(logits, q)
            for i, (z, shares) in enumerate(zip(logits, q, strict=True)):
                log_p = oracle.log_softmax(z)
                coefficients = (weight * ((1 - smoothing) * shares + smoothing / 4)).tolist()
                with mpmath.workdps(40):
                    exact = -mpmath.fsum(map(operator.mul, coefficients, log_p))
                assert rows.exact[i] == pytest.approx(float(exact), rel=1e-14)
                for form in PIPELINES:
                    with mpmath.workdps(40):
                        off = abs(float(rows.loss[form][i]) - exact)
                    unit = oracle.ulp(exact, FORMATS[name])
                    assert rows.ulps[form][i] == pytest.approx(
                        float(off / unit), rel=1e-6, abs=2**-8
                    )
            np.testing.assert_allclose(
                rows.exact,
                cross_entropy(
                    logits, q, weight=weight, label_smoothing=smoothing, reduction="none"
                ),
                rtol=1e-14,
            )


def test_the_cause_of_shares_is_that_of_the_class_that_is_furthest_off() -> None:
    options = Options(label_smoothing=0.1)
    rows = Batch("float32", options, 3).add([[0.0, 120.0, 1.0]] * 2, np.array([1, 0]))
    assert rows.at["shifted"].tolist() == [0, 0]  # p is 0 there, whichever class is true
    assert (rows.kind["shifted"] == CauseKind.PROBABILITY_UNDERFLOW).all()
    assert (rows.loss["shifted"] == INF).all()
    assert (rows.kind["naive"] == CauseKind.EXP_OVERFLOW).all()
    assert (rows.ulps["fused"] < 2).all()
    masked = Batch("float32", Options(), 2).add([[0.0, -INF]], np.array([[1.0, 0.0]]))
    assert (masked.loss["naive"][0], masked.exact[0]) == (0, 0)
    # in how many formats a row breaks is asked of the class that breaks first, if it counts
    tail = Batch("float32", options, 2)
    tail.add([[0.0, -40.0]], np.array([0]))
    assert tail.broken["float16"][CauseKind.PROBABILITY_UNDERFLOW] == 1
    assert tail.broken["bfloat16"][CauseKind.NONE] == 1
    without = Batch("float32", Options(), 2)
    without.add([[0.0, -40.0]], np.array([[1.0, 0.0]]))
    assert without.broken["float16"][CauseKind.NONE] == 1
    # what one class is off is no digit of the sum, or the sum itself rounds
    drawn = np.random.default_rng(0).normal(size=(300, 40)) * 2
    found = Batch("bfloat16", options, 40).add(drawn, np.zeros(300, int))
    for form in PIPELINES:
        right = found.ulps[form] < 1
        whole = ~is_broken(found.kind[form])
        off = np.isin(found.kind[form], [CauseKind.ROUNDED, CauseKind.EXP_SUBNORMAL])
        np.testing.assert_array_equal(off, whole & ~right)
        assert right.any()
        assert off.any()


@pytest.mark.parametrize("name", ["float64", "float16"])
def test_probabilities_of_one_class_are_that_class(name: str) -> None:
    logits, target = rows_of(name, 3, 40)
    options = Options(weight=(0.3, 2.0, 0.0))
    classes = Batch(name, options, 3).add(logits, target)
    shares = Batch(name, options, 3).add(logits, np.eye(3)[target])
    for column, value in columns(classes).items():
        if column != "part ":
            same(columns(shares)[column], value)


def test_a_cell_of_yes_and_no_is_the_case_of_two_classes() -> None:
    x = np.array([[0.5, -30.0], [12.0, -12.0], [NAN, 800.0]])
    y = np.array([[1, 0], [0, 1], [1, 0]])
    batch = Batch("float16", Options("binary", pos_weight=(3.0,)), 2)
    rows = batch.add(x, y)
    assert (len(rows), batch.denominator) == (6, 6)
    for i, (cell, true) in enumerate(zip(x.ravel(), y.ravel().tolist(), strict=True)):
        for form, alone in run_all([0.0, cell], true, "float16").items():
            weight = np.float16(3 if true else 1)
            same(rows.loss[form][i], weight * alone.steps["loss"])
            assert rows.kind[form][i] == alone.cause.kind
    assert rows.predicted.tolist() == [1, 0, 1, 0, -1, 1]
    assert batch.correct == 2
    half = Batch("float64", Options("binary"), 1).add([[2.0], [-2.0]], np.array([0.4, 0.4]))
    exact = math.log1p(math.exp(-2)) + 0.6 * 2
    assert half.exact[0] == pytest.approx(exact, rel=1e-15)
    assert half.right.tolist() == [False, True]  # no is the likelier answer


def test_a_weight_can_take_a_loss_beyond_the_format() -> None:
    options = Options(weight=(60000.0, 1.0))
    rows = Batch("float16", options, 2).add([[0.0, 8.0], [0.0, 8.0]], np.array([0, 1]))
    assert rows.loss["fused"][0] == INF
    assert rows.exact[0] == pytest.approx(8.0003 * 60000, rel=1e-4)
    assert (rows.kind["fused"][0], rows.ulps["fused"][0]) == (CauseKind.RESULT_OVERFLOW, INF)
    assert rows.kind["fused"][1] != CauseKind.RESULT_OVERFLOW


def test_without_targets_the_softmax_is_judged() -> None:
    batch = Batch("float16", Options(), 2)
    rows = batch.add([[12.0, 0.0], [1.0, 2.0], [NAN, 0.0], [-20.0, -21.0], [-INF, -INF]])
    names = [CauseKind(kind).name for kind in rows.kind["naive"].tolist()]
    assert names == ["EXP_OVERFLOW", "NONE", "NAN_LOGIT", "SUM_UNDERFLOW", "ALL_MASKED"]
    assert rows.predicted.tolist() == [0, 1, -1, 0, -1]
    assert (rows.loss, rows.ulps, batch.correct, tuple(batch.kinds)) == ({}, {}, 0, ("naive",))
    assert np.isnan(rows.exact).all()
    assert batch.broken["float64"][CauseKind.NONE] == 3
    assert batch.worst(2).tolist() == [0, 2]


def test_the_worst_rows_come_first() -> None:
    logits = [[0.0, 0.0], [0.0, 200.0], [800.0, 0.0], [0.1, 0.0], [NAN, 0.0], [2.0, 1.0]]
    batch = Batch("float32", Options(), 2)
    rows = batch.add(logits, np.array([0, 0, 1, 1, 0, -100]))
    assert batch.worst(9).tolist() == [4, 2, 1, 3, 0]
    for k in range(6):
        assert batch.worst(k).tolist() == batch.worst(9)[:k].tolist()
    assert (rows.kind["fused"][4], rows.kind["fused"][1]) == (1, CauseKind.EXP_LOST)
    rng = np.random.default_rng(2)
    many = Batch("float16", Options(), 3)
    found = many.add(rng.normal(size=(400, 3)) * 8, rng.integers(3, size=400))
    broken = sum(
        ((kind > 0) & (kind < CauseKind.LOGIT_LOST)).astype(int) for kind in found.kind.values()
    )
    furthest = np.max(list(found.ulps.values()), axis=0)
    order = sorted(range(400), key=lambda i: (-broken[i], -furthest[i], -found.exact[i], i))
    assert many.worst(30).tolist() == order[:30]
