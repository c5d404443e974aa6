"""A target for each vector: every row is what the row alone is, to the last bit."""

import math

import numpy as np
import pytest

from ce_core.formats import EVERYDAY, FORMATS
from ce_core.pipelines import (
    PIPELINES,
    STEPS,
    CauseKind,
    Run,
    find_events,
    gradient,
    gradient_of,
    run,
    run_all,
    run_formats,
)

INF = math.inf


def same(found, expected) -> None:
    np.testing.assert_array_equal(found.astype(float), expected.astype(float))


def told(result: Run) -> dict[str, np.ndarray]:
    """Return all that is told of a run, by name."""
    columns = {**result.steps, **vars(result.cause), **find_events_of(result)}
    columns |= {"shares": result.budget.shares}
    for name in ("broke", "paper", "log10_paper", "error", "ulps", "right", "warnings"):
        columns[name] = getattr(result, name)
    if result.pipeline in PIPELINES:
        columns["gradient"] = gradient_of(result)
    return columns


def find_events_of(result: Run) -> dict[str, np.ndarray]:
    return {f"event of {name}": kinds for name, kinds in find_events(result).items()}


def rows_of(name: str, classes: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors around a format's thresholds, some with masks, and a target for each."""
    fmt, rng = FORMATS[name], np.random.default_rng(classes)
    reach = rng.choice([3.0, fmt.ln_max, -fmt.ln_zero, fmt.max / 4], (count, 1))
    logits = rng.normal(size=(count, classes)) * reach
    logits[rng.random(logits.shape) < 0.05] = -INF
    logits[0, -1], logits[1, 0] = math.nan, INF
    return logits, rng.integers(classes, size=count)


@pytest.mark.parametrize("name", FORMATS)
def test_a_row_with_its_target_is_that_row_alone(name: str) -> None:
    kinds = set()
    for classes in (2, 3, 8, 11):
        logits, targets = rows_of(name, classes, 8 if name in EVERYDAY else 5)
        batch = {
            form: told(r) for form, r in run_all(logits, targets, name, pipelines=[*STEPS]).items()
        }
        for i, target in enumerate(targets.tolist()):
            alone = run_all(logits[i], target, name, pipelines=[*STEPS])
            for form, result in alone.items():
                for column, value in told(result).items():
                    same(batch[form][column][i], value)
            kinds.add(int(alone["naive"].cause.kind))
    assert len(kinds) >= (5 if name in EVERYDAY else 2), {CauseKind(k).name for k in kinds}


def test_one_target_is_that_target_for_each_row_in_any_shape() -> None:
    logits = rows_of("float32", 4, 12)[0].reshape(3, 4, 4)
    one, each = (
        run(logits, 2, "naive", "float16"),
        run(logits, np.full((3, 4), 2), "naive", "float16"),
    )
    assert (one.target, each.target.shape) == (2, (3, 4))
    for column, value in told(one).items():
        same(told(each)[column], value)
    targets = np.arange(12).reshape(3, 4) % 4
    found = run_formats(logits, targets, ("float64", "float32"))["float32"]["fused"]
    for i, j in np.ndindex(3, 4):
        alone = run(logits[i, j], int(targets[i, j]), "fused", "float32")
        same(found.steps["loss"][i, j], alone.steps["loss"])
        same(
            gradient(logits, targets, "fused", "float32")[i, j],
            gradient(logits[i, j], int(targets[i, j]), "fused", "float32"),
        )


def test_targets_of_another_shape_or_kind_are_refused() -> None:
    logits = np.zeros((3, 2))
    with pytest.raises(ValueError, match=r"one class or have shape \(3,\); got \(2,\)"):
        run(logits, [0, 1], "naive", "float32")
    with pytest.raises(ValueError, match="target must be a class from 0 to 1; got 2"):
        run(logits, [0, 1, 2], "naive", "float32")
    with pytest.raises(ValueError, match="target must be a class from 0 to 1; got -1"):
        run(logits, [0, -1, 1], "naive", "float32")
    with pytest.raises(TypeError, match="target must be integers; got dtype float64"):
        run(logits, [0.0, 1.0, 1.0], "naive", "float32")
    assert run(np.empty((0, 2)), np.empty(0, int), "fused", "float32").cause.kind.shape == (0,)
