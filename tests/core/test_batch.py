"""A batch against PyTorch's stored answers, and what people reported of their losses."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from ce_core.batch import Batch, Magnitudes, Options, slopes
from ce_core.batch.magnitudes import SMALLEST
from ce_core.pipelines import PIPELINES, CauseKind

TORCH = json.loads(Path(__file__).with_name("torch_reference.json").read_text())
REPORTS = {case["report"]: case for case in TORCH["float32"] if "report" in case}
NAN, INF = math.nan, math.inf


def batch_of(case, name: str, kind: str = "classes") -> Batch:
    """Return the batch of a stored case, whose classes are axis 1 as in torch."""
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in case["options"].items()}
    logits, target = np.atleast_2d(case["logits"]), np.asarray(case["target"])
    if kind == "binary":
        target = np.atleast_2d(target)
    elif np.ndim(case["logits"]) == 1:
        target = target[None]
    elif logits.ndim > 2:
        logits = np.moveaxis(logits, 1, -1).reshape(-1, logits.shape[1])
        target = target.ravel()
    batch = Batch(name, Options(kind=kind, **options), logits.shape[1])
    batch.add(logits, target)
    return batch


def test_classes_are_as_in_torch(subtests) -> None:
    for case in TORCH["cross_entropy"]:
        with subtests.test(target=case["target"], **case["options"]):
            batch = batch_of(case, "float64")
            wanted = np.reshape(case["loss"], batch.reduced("fused").shape)
            np.testing.assert_allclose(batch.reduced("fused"), wanted, rtol=1e-14, atol=2e-17)
            np.testing.assert_allclose(batch.exact, wanted, rtol=1e-14, atol=2e-17)


def test_yes_and_no_are_as_in_torch(subtests) -> None:
    for case in TORCH["binary_cross_entropy"]:
        if case["options"]["weight"] is not None:
            continue  # of each sample: the batch has those of the questions
        with subtests.test(**case["options"]):
            batch = batch_of(case, "float64", "binary")
            wanted = np.ravel(case["loss"]).reshape(batch.reduced("fused").shape)
            np.testing.assert_allclose(batch.reduced("fused"), wanted, rtol=1e-14)
            np.testing.assert_allclose(batch.exact, wanted, rtol=1e-14)


def test_a_weight_of_each_question_is_that_of_its_column() -> None:
    """Hold it to the sum of the columns, each a batch of its own."""
    logits, target = np.array([[0.5, -3.0], [40.0, 2.0]]), np.array([[1.0, 0.25], [0.0, 1.0]])
    both = Batch("float64", Options("binary", "sum", (2.0, 3.0), pos_weight=(1.0, 5.0)), 2)
    both.add(logits, target)
    apart = []
    for j, (weight, positive) in enumerate([(2.0, 1.0), (3.0, 5.0)]):
        options = Options("binary", "sum", pos_weight=(positive,))
        column = Batch("float64", options, 1)
        column.add(logits[:, j : j + 1], target[:, j])
        apart.append(weight * column.exact)
    assert both.exact == pytest.approx(sum(apart), rel=1e-15)


def test_the_documented_examples_and_the_reports_are_as_in_torch(subtests) -> None:
    for case in TORCH["float32"]:
        binary = case["options"].get("pos_weight") or np.ndim(case["logits"]) == 1
        with subtests.test(report=case.get("report"), **case["options"]):
            batch = batch_of(case, "float32", "binary" if binary else "classes")
            np.testing.assert_allclose(batch.reduced("fused"), case["loss"], rtol=3e-7)
            np.testing.assert_allclose(batch.exact, case["loss"], rtol=3e-7)


def test_the_sum_is_divided_by_the_weights_of_the_true_classes() -> None:
    batch = batch_of(REPORTS["weights 20 and 10"], "float32")
    np.testing.assert_array_equal(batch.rows.loss["fused"], [4000, 0])
    assert (float(batch.total("fused")), batch.denominator) == (4000, 30)
    np.testing.assert_array_equal(batch.rows.part, [20, 10])
    np.testing.assert_array_equal(batch.rows_of_class, [1, 1])
    assert float(batch.reduced("fused")) == pytest.approx(133.33, abs=0.005)
    kinds = {form: CauseKind(int(batch.rows.kind[form][0])).name for form in PIPELINES}
    assert kinds == {
        "naive": "EXP_OVERFLOW",
        "shifted": "PROBABILITY_UNDERFLOW",
        "fused": "EXP_LOST",  # without harm
    }
    assert batch.rows.ulps["fused"][0] < 1
    larger = batch_of(REPORTS["weights 2, 4, 6"], "float32")
    np.testing.assert_allclose(larger.rows.loss["fused"], [5.6390, 4.9593], atol=5e-5)
    assert float(larger.reduced("fused")) == pytest.approx(1.0598, abs=5e-5)
    assert larger.denominator == 10


def test_probabilities_given_as_logits_are_taken_for_logits() -> None:
    batch = batch_of(REPORTS["probabilities of pixels"], "float32")
    assert float(batch.reduced("fused")) == pytest.approx(0.948831, abs=5e-7)
    assert batch.count == 4
    assert all((batch.kinds[form][1 : CauseKind.ROUNDED] == 0).all() for form in PIPELINES)


def test_a_mean_of_no_rows_is_nan_and_their_sum_0() -> None:
    batch = batch_of(REPORTS["all ignored"], "float32")
    assert (batch.count, batch.counted, batch.denominator) == (2, 0, 0)
    assert np.isnan(batch.reduced("naive"))
    assert np.isnan(batch.exact)
    assert batch.worst(3).size == 0
    none = Batch("float16", Options(reduction="sum"), 3)
    none.add(np.empty((0, 3)), np.empty(0, int))
    assert (float(none.reduced("fused")), float(none.exact)) == (0, 0)


def test_an_ignored_row_is_left_out_whatever_it_holds() -> None:
    logits = np.array([[2.0, 1.0], [NAN, INF], [0.0, 3.0]])
    whole = Batch("float16", Options(weight=(1.0, 2.0)), 2)
    told = whole.add(logits, np.array([0, -100, 1]))
    rest = Batch("float16", Options(weight=(1.0, 2.0)), 2)
    rest.add(logits[[0, 2]], np.array([0, 1]))
    assert whole.reduced("naive") == rest.reduced("naive")
    assert (whole.exact, whole.correct) == (rest.exact, 2)
    assert [told.loss["naive"][1], told.kind["naive"][1], told.ulps["naive"][1]] == [0, 0, 0]
    np.testing.assert_array_equal(told.counted, [True, False, True])
    for name in whole.broken:
        np.testing.assert_array_equal(whole.broken[name], rest.broken[name])
    assert whole.logits.nans == whole.logits.infinite == 1
    zero = Batch("float32", Options(ignore_index=0), 2)
    np.testing.assert_array_equal(zero.add(logits, np.array([0, 0, 1])).counted, [0, 0, 1])


def test_a_row_without_a_number_makes_the_reduced_loss_so() -> None:
    batch = Batch("float32", Options(), 2)
    batch.add([[0.0, 0.0], [0.0, 200.0], [200.0, 0.0]], np.array([0, 1, 1]))
    assert np.isnan(batch.reduced("naive"))
    assert batch.reduced("shifted") == INF
    assert float(batch.reduced("fused")) == pytest.approx((200 + math.log(2)) / 3)


def test_512_equal_logits_stall_at_256_in_bfloat16() -> None:
    batch = Batch("bfloat16", Options(), 512)
    rows = batch.add(np.zeros((3, 512)), np.array([0, 5, 511]))
    assert float(rows.loss["shifted"][0]) == float(np.log(256.0).astype(rows.loss["shifted"].dtype))
    np.testing.assert_allclose(rows.exact, math.log(512), rtol=1e-15)
    assert (rows.kind["shifted"] == CauseKind.ROUNDED).all()
    assert (rows.ulps["shifted"] > 10).all()
    wide = Batch("float32", Options(), 512)
    assert (wide.add(np.zeros((1, 512)), np.array([0])).kind["shifted"] == CauseKind.NONE).all()


def test_a_vocabulary_stalls_in_bfloat16_as_numpy_adds_it() -> None:
    logits = np.random.default_rng(0).normal(size=(3, 50_000)).astype(np.float32) / 8
    target = np.array([0, 30_000, 49_999])
    batch = Batch("bfloat16", Options(), 50_000)
    rows = batch.add(logits, target)
    for row, true, loss in zip(logits, target, rows.loss["naive"], strict=True):
        exp = np.exp(row.astype(loss.dtype))
        total = exp[0]
        for term in exp[1:]:
            total = total + term
        assert float(loss) == float(-np.log(exp[true] / total))
        assert float(total) < 1000
    assert (rows.ulps["naive"] > 70).all()
    assert (rows.kind["naive"] == CauseKind.ROUNDED).all()


def test_a_mask_of_minus_a_billion_in_float16() -> None:
    batch = Batch("float16", Options(), 3)
    rows = batch.add([[2.0, 1.0, -1e9], [2.0, 1.0, -1e9]], np.array([0, 2]))
    for form in PIPELINES:
        assert rows.kind[form].tolist() == [CauseKind.LOGIT_LOST, CauseKind.LOGIT_OVERFLOW]
        assert rows.ulps[form][0] < 1
        assert rows.loss[form][1] == INF
    assert rows.exact[1] == pytest.approx(1e9)
    assert batch.worst(2).tolist() == [1, 0]


def test_in_which_formats_the_naive_form_breaks() -> None:
    """exp(12) is beyond float16, exp(100) beyond float32, and exp(800) beyond all of them."""
    logits = np.array([[0.0, 0.0]] * 3 + [[12.0, 0.0]] * 4 + [[100.0, 0.0]] * 2 + [[800.0, 0.0]])
    batch = Batch("float32", Options(), 2)
    batch.add(logits, np.zeros(10, int))
    overflows = {name: int(counts[CauseKind.EXP_OVERFLOW]) for name, counts in batch.broken.items()}
    assert overflows == {"float16": 7, "bfloat16": 3, "float32": 3, "float64": 1}
    assert all(counts.sum() == 10 for counts in batch.broken.values())
    # one row whose sum overflows, and one whose probability underflows
    other = Batch("float64", Options(), 2)
    other.add([[11.0, 11.0], [0.0, -40.0]], np.array([0, 1]))
    found = other.broken["float16"]
    assert (found[CauseKind.SUM_OVERFLOW], found[CauseKind.PROBABILITY_UNDERFLOW]) == (1, 1)
    assert other.broken["float32"][CauseKind.NONE] == 2


def test_magnitudes_are_counted_by_sign_and_power_of_two() -> None:
    rng = np.random.default_rng(1)
    numbers = np.concatenate(
        [
            rng.normal(size=500) * 10.0 ** rng.integers(-300, 300, 500),
            [5e-324, 2.0**-1022, -1.0, 1.0, np.nextafter(2.0, 0), np.finfo(float).max],
            [0.0, -0.0, INF, INF, -INF, NAN],
        ]
    )
    found = Magnitudes.of(numbers.reshape(2, -1))
    wanted: dict[tuple[bool, int], int] = {}
    for x in numbers[np.isfinite(numbers)].tolist():
        if x:
            key = (x > 0, math.frexp(x)[1] - 1)
            wanted[key] = wanted.get(key, 0) + 1
    for (positive, exponent), count in wanted.items():
        counts = found.positive if positive else found.negative
        assert counts[exponent - SMALLEST] == count
    assert found.positive.sum() + found.negative.sum() == 506
    assert (found.zeros, found.infinite, found.minus_infinite, found.nans) == (2, 2, 1, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "both"}, "kind must be classes or binary; got 'both'"),
        ({"reduction": "max"}, "reduction must be mean, sum or none; got 'max'"),
        ({"label_smoothing": NAN}, r"label_smoothing must be a number in \[0, 1\]; got nan"),
        ({"weight": (1.0, -1.0)}, "weight must be finite and not negative; got -1.0"),
        ({"pos_weight": (1.0,)}, r"pos_weight must be None for classes; got \(1.0,\)"),
        ({"kind": "binary", "label_smoothing": 0.5}, "label_smoothing must be 0 for binary"),
        ({"weight": (1.0, 1.0)}, "weight must have 3 numbers; got 2"),
        ({"kind": "binary", "pos_weight": (1.0, 1.0)}, "pos_weight must have 1 or 3 numbers"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        Batch("float32", Options(**options), 3)


@pytest.mark.parametrize(
    ("logits", "target", "message"),
    [
        (np.zeros(3), [0], r"logits must have shape \(n, 3\); got \(3,\)"),
        (np.zeros((2, 3)), [0], r"target must have 2 rows; got shape \(1,\)"),
        (np.zeros((2, 3)), [0, 3], r"target must be in 0..2; got 3"),
        (
            np.zeros((1, 3)),
            [0.0],
            "an integer or 3 floating-point probabilities for each row; got float64",
        ),
        (np.zeros((1, 3)), [[0.5, NAN, 0.5]], "target must be finite and not negative; got nan"),
    ],
)
def test_rows_that_mean_nothing_are_refused_and_nothing_is_counted(logits, target, message) -> None:
    batch = Batch("float32", Options(), 3)
    with pytest.raises(ValueError, match=message):
        batch.add(logits, np.array(target))
    assert batch.count == 0
    batch.add(np.zeros((1, 3)), np.array([1]))
    with pytest.raises(ValueError, match="with all rows of a batch or with none"):
        batch.add(np.zeros((1, 3)))


SHARES = np.array([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0], [0.1, 0.1, 0.1]])


@pytest.mark.parametrize(
    ("options", "target"),
    [
        (Options(weight=(1.0, 2.0, 4.0)), np.array([0, 2, -100])),
        (Options(label_smoothing=0.25, weight=(1.0, 0.0, 3.0)), np.array([1, 2, 2])),
        (Options(label_smoothing=0.25, weight=(1.0, 2.0, 3.0)), SHARES),
        (Options(reduction="sum"), SHARES),
        (Options("binary", weight=(1.0, 2.0, 3.0), pos_weight=(4.0,)), SHARES),
        (Options("binary", "sum"), SHARES),
    ],
)
def test_the_slopes_are_those_of_the_reduced_loss(options: Options, target: np.ndarray) -> None:
    """Hold them to how the loss on paper moves with each logit."""
    logits = np.array([[1.0, 2.0, 3.0], [0.5, -4.0, 0.25], [-1.0, 0.0, 2.0]])
    wanted = np.empty((3, 3))
    for at in np.ndindex(3, 3):
        ends = []
        for h in (1e-6, -1e-6):
            moved = logits.copy()
            moved[at] += h
            batch = Batch("float16", options, 3)
            batch.add(moved, target)
            ends.append(float(batch.exact))
        wanted[at] = (ends[0] - ends[1]) / 2e-6
    if options.kind == "binary":
        found = slopes(batch, logits.ravel(), target.ravel(), np.tile(np.arange(3), 3))
    else:
        found = slopes(batch, logits, target)
    np.testing.assert_allclose(found, wanted.reshape(found.shape), rtol=1e-7, atol=1e-8)
