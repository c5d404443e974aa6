"""The shares of the steps against mpmath: E_k is the loss whose later steps are exact."""

import math

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
import pytest

from ce_core.formats import EVERYDAY, FORMATS
from ce_core.pipelines import PIPELINES, STEPS, Budget, CauseKind, Run, run
from tests.core import judge
from tests.core.judge import Judged, mpf
from tests.core.oracle import share
from tests.core.test_pipelines import some_vectors

INF = math.inf


@pytest.fixture(autouse=True)
def _digits():
    """Take the digits in which the difference of two losses keeps those of a double."""
    with mpmath.workprec(420):
        yield


def judged(name: str, count: int, seed: int):
    """Yield runs of all forms on vectors that have a loss on paper, with the judge of each."""
    for z, target, shift in some_vectors(name, count, seed):
        given = z.tolist()
        if given[target] == -INF or (not FORMATS[name].has_infinity and -INF in given):
            continue
        paper = judge.of_logits([mpf(x) for x in given], target)
        for pipeline in STEPS:
            found = run(given, target, pipeline, name, shift=shift)
            if np.isfinite(found.steps["logits"].astype(float)).any():
                yield found, Judged(found, (), given, paper)


def assert_shares(found: Run, by: Judged) -> None:
    """Compare the budget of one vector, and the step to blame."""
    fmt, off, exact = FORMATS[found.format], float(found.error), by.shares
    allowed = {}
    for k, (name, wanted) in enumerate(exact.items()):
        share = float(found.budget.shares[k])
        none = any(
            x == INF or mpmath.isnan(x)
            for x in by.values.get("logits" if name == "added" else name, [])
        )
        if none or not mpmath.isfinite(wanted):
            assert share == INF, (found.pipeline, fmt.name, by.given, name, share)
            assert np.isnan(found.budget.shares[k + 1 :]).all()
            return
        # Or what is less than a digit of the whole error, or than float64 tells of the numbers.
        size = max(abs(wanted), abs(off))
        allowed[name] = mpf(2) ** -9 * by.unit + size * mpf(2) ** -40
        if found.pipeline == "lse" and name in found.steps:
            digits = 60 if fmt.name == "float64" else 52
            allowed[name] += abs(float(found.steps[name].max())) * mpf(2) ** -digits
        message = (found.pipeline, fmt.name, by.given, name, share, wanted)
        assert abs(share - wanted) <= allowed[name], message
    if found.broke == CauseKind.NONE and not found.right:
        largest = max(exact, key=lambda name: abs(exact[name]))
        close = allowed[largest] + allowed[blamed(found)]
        assert abs(exact[blamed(found)]) >= abs(exact[largest]) - close, message
        assert float(found.cause.cost) == found.budget.shares[int(found.cause.step)]


@pytest.mark.parametrize("name", FORMATS)
def test_shares_are_the_differences_of_the_losses(name: str) -> None:
    whole = off = 0
    for found, by in judged(name, 80, 11):
        assert_shares(found, by)
        whole += bool(np.isfinite(found.budget.shares).all())
        off += bool(found.cause.kind in (CauseKind.ROUNDED, CauseKind.EXP_SUBNORMAL))
    assert whole > share(200, name)
    assert off > (50 if name in EVERYDAY else 7)


def alone(found: Run, by: Judged, step: str, j: int):
    """Return what it does to the loss that one class alone was rounded in a step."""
    t, v = found.target, by.values
    if step == "stored":
        kept = np.array(by.given).astype(FORMATS[found.format].dtype).astype(float).tolist()
        before = [mpf(x) for x in by.given]
        after = [mpf(kept[i]) if i == j else x for i, x in enumerate(before)]
    elif step == "shifted":
        before = [x - max(v["logits"]) for x in v["logits"]]
        after = [v["shifted"][i] if i == j else x for i, x in enumerate(before)]
    else:
        arguments = v.get("shifted", v["logits"])
        before = after = arguments
        ratio = v["exp"][j] / mpmath.exp(arguments[j])
        if ratio == 0:
            after = [x for i, x in enumerate(arguments) if i != j]
        else:
            after = [x + mpmath.log(ratio) * (i == j) for i, x in enumerate(arguments)]
        if found.pipeline in ("fused", "lse"):
            # Only the sum is read from the exponentials: the target's own counts there alone.
            moved = mpmath.fsum(map(mpmath.exp, after)) - mpmath.fsum(map(mpmath.exp, before))
            return mpmath.log1p(moved / mpmath.fsum(map(mpmath.exp, before)))
        if ratio == 0 and j == t:
            return mpmath.inf
        t -= ratio == 0 and j < t
    return judge.of_logits(after, t) - judge.of_logits(before, by.run.target)


@pytest.mark.parametrize("name", FORMATS)
def test_the_class_to_blame_did_most_alone(name: str) -> None:
    seen = set()
    # In few bits most losses are right or broken: fewer are a step's doing.
    for found, by in judged(name, 60 if name in EVERYDAY else 120, 12):
        step = blamed(found)
        if found.broke != CauseKind.NONE or found.right or step not in OF_CLASSES:
            continue
        finite = [j for j, x in enumerate(by.given) if x > -INF]
        effects = {j: abs(alone(found, by, step, j)) for j in finite}
        hit = int(found.cause.index)
        assert effects[hit] >= max(effects.values()) * (1 - mpf(10) ** -6), (
            found.pipeline,
            by.given,
        )
        seen.add(step)
    least = {"float64": 1, "float4_e2m1fn": 0}
    assert len(seen) >= least.get(name, 2 if name in EVERYDAY else 1)


OF_CLASSES = ("stored", "shifted", "exp")


def test_the_shares_add_up_to_the_error() -> None:
    rng = np.random.default_rng(5)
    for name in FORMATS:
        z = rng.normal(size=(200, 4)) * 3
        for pipeline in STEPS:
            found = run(z, 1, pipeline, name)
            whole = np.isfinite(found.budget.shares).all(axis=-1) & (found.ulps > 0)
            assert whole.sum() > (100 if name in EVERYDAY else 60)
            error, ulps = found.error[whole], found.ulps[whole]
            gap = np.abs(found.budget.shares[whole].sum(axis=-1) - error) / np.abs(error) * ulps
            assert gap.max() < 0.01, (name, pipeline)


def blamed(found: Run) -> str:
    step = int(found.cause.step)
    return found.budget.steps[step] if step >= 0 else ""


def test_the_step_that_cost_most_is_named() -> None:
    budget: Budget = run([16.0, 0.0], 0, "shifted", "float64").budget
    assert budget.steps[int(np.abs(budget.shares).argmax())] == "total"  # 1 + rest
    subnormal = run([-102, -87.5], 0, "naive", "float32")
    assert (blamed(subnormal), subnormal.cause.kind) == ("exp", CauseKind.EXP_SUBNORMAL)
    moved = run([16.0716, 20.2513], 1, "fused", "bfloat16")
    assert (blamed(moved), moved.cause.index) == ("stored", 0)
    shifted = run([2.0, 1.0, 0.1], 0, "fused", "float64", shift=1000.0)
    assert blamed(shifted) == "added"
    vanished = run([0.0] + [-7.0] * 9, 0, "fused", "float8_e4m3fn")
    assert (blamed(vanished), vanished.cause.kind) == ("exp", CauseKind.EXP_LOST)
    stalled = run([1.0] * 512, 0, "shifted", "bfloat16")
    assert blamed(stalled) == "total"
    assert stalled.steps["total"] == 256


def test_a_mask_that_was_stored_as_minus_infinity_is_harmless() -> None:
    for pipeline in PIPELINES:
        found = run([2.0, 1.0, -1e9], 0, pipeline, "float16")
        assert found.cause.kind == CauseKind.LOGIT_LOST
        assert found.ulps < 1


def test_what_padding_hides_is_told() -> None:
    """The probability became 0, and the loss is a number all the same: minus the log of 1e-8."""
    found = run([0.0, 120.0], 0, "padded", "float32")
    assert found.broke == CauseKind.PROBABILITY_UNDERFLOW
    assert float(found.steps["loss"]) == pytest.approx(-math.log(1e-8))
    assert run([0.0, 120.0], 0, "padded", "float16").steps["loss"] == INF  # 1e-8 is 0 there


def test_what_padding_does_to_the_smallest_number() -> None:
    """1e-8 over 5e-324 is beyond float64, and its logarithm is not."""
    found = run([0.0, 745.1332191019411], 0, "padded", "float64")
    tiny = FORMATS["float64"].smallest_subnormal
    assert found.steps["probability"] == tiny
    share = float(found.budget.shares[found.budget.steps.index("padded")])
    assert share == pytest.approx(math.log(tiny) - math.log(1e-8), rel=1e-14)
    assert (blamed(found), found.cause.cost) == ("padded", share)


@pytest.mark.parametrize("name", ["float64", "bfloat16"])
def test_the_shares_of_many_classes(name: str) -> None:
    rng = np.random.default_rng(6)
    for classes in (33, 70):
        given = (rng.normal(size=classes) * 3).tolist()
        paper = judge.of_logits([mpf(x) for x in given], 7)
        for pipeline in STEPS:
            found = run(given, 7, pipeline, name)
            assert_shares(found, Judged(found, (), given, paper))
