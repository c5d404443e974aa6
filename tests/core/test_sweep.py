"""The sweep is nothing but `run`, at every position of every slider."""

import math
from itertools import product

import numpy as np
import pytest

from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES, CauseKind, run_all
from ce_core.pipelines.sweep import Sweep, sweep

POSITIONS = np.array([-1000.0, -95.0, -1.0, 0.0, 0.1, 9.5, 88.6, 1000.0])


def pictures(logits, shift, with_shift):
    """Yield slider, position, logits and shift of every picture, one at a time."""
    for i, _ in enumerate(logits):
        for k, position in enumerate(POSITIONS):
            moved = list(logits)
            moved[i] = position
            yield i, k, moved, shift
    if with_shift:
        for k, position in enumerate(POSITIONS):
            yield len(logits), k, list(logits), position


def assert_same(table, row, single):
    for step, value in single.steps.items():
        assert table.steps[step].dtype == value.dtype
        np.testing.assert_array_equal(table.steps[step][row].astype(float), value.astype(float))
    for field, value in vars(single.cause).items():
        np.testing.assert_array_equal(getattr(table.cause, field)[row], value, err_msg=field)
    for field in ("broke", "paper", "ulps", "right", "warnings"):
        np.testing.assert_array_equal(getattr(table, field)[row], getattr(single, field))
    np.testing.assert_array_equal(table.budget.shares[row], single.budget.shares)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_every_picture_is_a_run(name, subtests):
    # The pictures of a shift are more of the same table: without them in two formats alone.
    for with_shift, (logits, target, shift) in product(
        [False, True] if name in ("float64", "float16") else [True],
        [
            ([2.0, 1.0, 0.1], 0, 0.0),
            ([88.5, 88.5, -math.inf], 2, 0.5),
            ([0.0], 0, -3.0),
            ([1.0, -2.0, 3.0, -4.0, 5.0, -6.0, 7.0, -8.0, 9.0], 8, 90.0),
        ],
    ):
        with subtests.test(
            name=name, with_shift=with_shift, logits=logits, target=target, shift=shift
        ):
            positions = np.tile(POSITIONS, (len(logits), 1))
            table = sweep(
                logits,
                target,
                name,
                positions,
                shift=shift,
                shift_positions=POSITIONS if with_shift else None,
            )
            count = 0
            for i, k, moved, constant in pictures(logits, shift, with_shift):
                for pipeline, single in run_all(moved, target, name, shift=constant).items():
                    assert_same(getattr(table, pipeline), (i, k), single)
                count += 1
            assert count == table.fused.cause.kind.size


def test_shapes():
    table = sweep([1.0, 2.0], 1, "float32", np.zeros((2, 5)), shift_positions=np.zeros(5))
    assert isinstance(table, Sweep)
    for pipeline in PIPELINES:
        result = getattr(table, pipeline)
        assert result.pipeline == pipeline
        assert result.steps["logits"].shape == (3, 5, 2)
        assert result.steps["loss"].shape == result.warnings.shape == (3, 5)
        assert all(array.shape == (3, 5) for array in vars(result.cause).values())


def test_each_slider_has_its_own_positions():
    table = sweep([0.0, 0.0], 0, "float64", [[1.0, 2.0], [30.0, 40.0]], shift_positions=[5.0, 6.0])
    np.testing.assert_array_equal(
        table.fused.steps["logits"],
        [[[1, 0], [2, 0]], [[0, 30], [0, 40]], [[5, 5], [6, 6]]],
    )


def test_the_shift_holds_for_all_logits():
    table = sweep([0.0, 1.0], 0, "float64", [[2.0], [3.0]], shift=10.0)
    np.testing.assert_array_equal(table.fused.steps["logits"], [[[12, 11]], [[10, 13]]])


def test_a_slider_meets_the_causes_one_after_the_other():
    positions = np.array([[0.0, 85.0, 88.7, 89.0, 1e39], [0.0] * 5])
    found = sweep([0.0, 85.0], 1, "float32", positions).naive
    assert found.broke[0].tolist() == [
        CauseKind.NONE,
        CauseKind.NONE,
        CauseKind.SUM_OVERFLOW,
        CauseKind.EXP_OVERFLOW,
        CauseKind.LOGIT_OVERFLOW,
    ]
    np.testing.assert_array_equal(found.cause.kind[0, 2:], found.broke[0, 2:])
    assert found.cause.kind[0, 0] == CauseKind.ROUNDED  # 1 + exp(-85) is 1, and the loss 0
    assert found.steps["loss"][0, 0] == 0 < found.paper[0, 0]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"logits": [[1.0, 2.0]]}, ValueError, r"logits must have shape \(C,\); got \(1, 2\)"),
        ({"logits": 1.0}, ValueError, r"logits must have shape \(C,\); got \(\)"),
        ({"logits": ["1", "2"]}, TypeError, "logits must be real numbers; got dtype <U1"),
        ({"positions": [0.0, 1.0]}, ValueError, r"positions must have shape \(2, K\); got \(2,\)"),
        ({"positions": [[0.0]]}, ValueError, r"positions must have shape \(2, K\); got \(1, 1\)"),
        (
            {"positions": [[1j], [0]]},
            TypeError,
            "positions must be real numbers; got dtype complex",
        ),
        (
            {"shift_positions": [1.0, 2.0]},
            ValueError,
            r"shift_positions must have shape \(1,\); got \(2,\)",
        ),
        ({"shift_positions": [math.nan]}, ValueError, "shift must be finite"),
        ({"shift": math.inf}, ValueError, "shift must be finite"),
        ({"shift": "1"}, TypeError, "shift must be real numbers; got dtype <U1"),
        ({"shift": [1.0]}, ValueError, r"shift must be one number; got shape \(1,\)"),
        ({"target": 2}, ValueError, "target must be a class from 0 to 1; got 2"),
        ({"format": "float80"}, ValueError, "format must be one of .*; got 'float80'"),
    ],
)
def test_bad_input(change, error, message):
    good = {"logits": [1.0, 2.0], "target": 0, "format": "float32", "positions": [[0.0], [1.0]]}
    with pytest.raises(error, match=message):
        sweep(**good | change)


def test_no_class():
    with pytest.raises(ValueError, match="C >= 1"):
        sweep([], 0, "float32", np.empty((0, 3)))
