"""The shares of the steps against mpmath: E_k is the loss whose later steps are exact."""

import math
from collections.abc import Callable, Iterator, Mapping

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
import pytest

from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES, STEPS, Budget, CauseKind, Run, run
from tests.core.test_pipelines import some_vectors

# A loss of 1e-320 is 1 minus a probability.
_BITS = {"float64": 1400, "float32": 420}
INF = math.inf
Values = Mapping[str, list[mpmath.mpf]]


def of_logits(z: list[mpmath.mpf], target: int) -> mpmath.mpf:
    """Return the cross-entropy on paper."""
    largest = max(z)
    return mpmath.log(mpmath.fsum(mpmath.exp(x - largest) for x in z)) + (largest - z[target])


def minus_log(p: mpmath.mpf) -> mpmath.mpf:
    return mpmath.inf if p == 0 else -mpmath.log(p)


def ratio(a: mpmath.mpf, b: mpmath.mpf) -> mpmath.mpf:
    return mpmath.nan if a == b == 0 else a / b


def other_than_largest(v: Values) -> mpmath.mpf:
    at = v["logits"].index(max(v["logits"]))
    return mpmath.fsum(e for j, e in enumerate(v["exp"]) if j != at)


# The loss on paper from what a step left, t being the target.
FROM_EXP = {
    "exp": lambda v, t: minus_log(ratio(v["exp"][t], mpmath.fsum(v["exp"]))),
    "total": lambda v, t: minus_log(ratio(v["exp"][t], v["total"][0])),
    "probabilities": lambda v, t: minus_log(v["probabilities"][t]),
}
FROM_LOGITS = {"shifted": lambda v, t: of_logits(v["shifted"], t)}
LOSS = {"loss": lambda v, t: v["loss"][0]}
PADDED = {name: lambda v, t, name=name: minus_log(v[name][0]) for name in ("padded", "clamped")}
WITH_MAX: dict[str, dict[str, Callable[[Values, int], mpmath.mpf]]] = {
    "naive": {**FROM_EXP, **LOSS},
    "shifted": {**FROM_LOGITS, **FROM_EXP, **LOSS},
    "fused": {
        **FROM_LOGITS,
        "exp": lambda v, t: mpmath.log1p(other_than_largest(v)) - v["shifted"][t],
        "rest": lambda v, t: mpmath.log1p(v["rest"][0]) - v["shifted"][t],
        "log_sum": lambda v, t: v["log_sum"][0] - v["shifted"][t],
        "log_probabilities": lambda v, t: -v["log_probabilities"][t],
    },
    "lse": {
        "shifted": lambda v, t: (
            mpmath.log(mpmath.fsum(map(mpmath.exp, v["shifted"]))) + (max(v["logits"]) - v["logits"][t])
        ),
        "exp": lambda v, t: mpmath.log(mpmath.fsum(v["exp"])) + (max(v["logits"]) - v["logits"][t]),
        "total": lambda v, t: mpmath.log(v["total"][0]) + (max(v["logits"]) - v["logits"][t]),
        "log_sum": lambda v, t: v["log_sum"][0] + (max(v["logits"]) - v["logits"][t]),
        "logsumexp": lambda v, t: v["logsumexp"][0] - v["logits"][t],
        **LOSS,
    },
    "padded": {**FROM_LOGITS, **FROM_EXP, "padded": PADDED["padded"], **LOSS},
    "clamped": {**FROM_LOGITS, **FROM_EXP, "clamped": PADDED["clamped"], **LOSS},
    "running": {**FROM_LOGITS, **FROM_EXP, **LOSS},
    "wide_sum": {**FROM_LOGITS, **FROM_EXP, **LOSS},
}


def losses(found: Run, given: list[float], shift: float) -> Iterator[mpmath.mpf]:
    """Yield the loss of the given logits on paper, and the loss after each step that rounds."""
    target, values = found.target, {}
    for name, array in found.steps.items():
        values[name] = [mpmath.mpf(x) for x in np.atleast_1d(array.astype(np.float64)).tolist()]
    dtype = FORMATS[found.format].dtype
    kept = [mpmath.mpf(float(np.array(z).astype(dtype))) for z in given]
    yield of_logits([mpmath.mpf(z) for z in given], target)
    yield of_logits(kept, target)
    yield of_logits(values["logits"], target)
    for name in found.budget.steps[2:]:
        yield WITH_MAX[found.pipeline][name](values, target)


def assert_shares(found: Run, given: list[float], shift: float) -> bool:
    """Compare the budget of one vector; say whether it is a number to its end."""
    budget, fmt = found.budget, FORMATS[found.format]
    exact = losses(found, given, shift)
    before = paper = next(exact)
    unit = ulp_unit(paper, found.format)
    for k, (name, after) in enumerate(zip(budget.steps, exact, strict=False)):
        share = float(budget.shares[k])
        if not mpmath.isfinite(after):
            assert share == INF, (found.pipeline, fmt.name, given, name, share)
            assert np.isnan(budget.shares[k + 1 :]).all()
            return False
        wanted, before = after - before, after
        # Or what is less than a digit of the whole error, or than float64 tells of the numbers.
        size = max(abs(wanted), abs(float(found.error)))
        allowed = mpmath.mpf(2) ** -9 * unit + size * mpmath.mpf(2) ** -40
        if found.pipeline == "lse" and name in found.steps:
            digits = 60 if fmt.name == "float64" else 52
            allowed += abs(float(found.steps[name].max())) * mpmath.mpf(2) ** -digits
        assert abs(share - wanted) <= allowed, (found.pipeline, fmt.name, given, name, share, wanted)
    off = min(abs(mpmath.mpf(float(found.steps["loss"])) - paper) / unit, mpmath.mpf("1e300"))
    assert abs(min(float(found.ulps), 1e300) - off) <= mpmath.mpf(2) ** -8 + off * mpmath.mpf(2) ** -30
    return True


def ulp_unit(at: mpmath.mpf, name: str) -> mpmath.mpf:
    """Return the unit in the last place of a format at a number, as the other judge has it."""
    fmt = FORMATS[name]
    size = min(max(at, mpmath.mpf(fmt.smallest_normal)), mpmath.mpf(fmt.max))
    _, exponent = mpmath.frexp(size)
    if size == mpmath.mpf(2) ** (exponent - 1) and size > fmt.smallest_normal:
        exponent -= 1
    return mpmath.mpf(2) ** (exponent - 1 - fmt.fraction_bits)


@pytest.mark.parametrize("name", FORMATS)
def test_shares_are_the_differences_of_the_losses(name: str) -> None:
    whole = 0
    mpmath.mp.prec = _BITS.get(name, 420)
    for z, target, shift in some_vectors(name, 12 if name == "float64" else 80, 11):
        given = z.tolist()
        if given[target] == -INF or (not FORMATS[name].has_infinity and -INF in given):
            continue
        for pipeline in STEPS:
            found = run(given, target, pipeline, name, shift=shift)
            if np.isfinite(found.steps["logits"].astype(float)).any():
                whole += assert_shares(found, given, shift)
    assert whole > 40


def test_the_shares_add_up_to_the_error() -> None:
    rng = np.random.default_rng(5)
    for name in FORMATS:
        z = rng.normal(size=(200, 4)) * 3
        for pipeline in STEPS:
            found = run(z, 1, pipeline, name)
            whole = np.isfinite(found.budget.shares).all(axis=-1) & (found.ulps > 0)
            assert whole.sum() > 100
            error, ulps = found.error[whole], found.ulps[whole]
            gap = np.abs(found.budget.shares[whole].sum(axis=-1) - error) / np.abs(error) * ulps
            assert gap.max() < 0.01, (name, pipeline)


def blamed(found: Run) -> str:
    return found.budget.steps[int(found.cause.step)]


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
