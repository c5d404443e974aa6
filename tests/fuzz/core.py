"""Fuzzers of the core: any argument is computed with, or refused in words; nothing warns.

Where the result has a property that needs no second computation, or an oracle that is exact, it is
checked too.
"""

import math
import re
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from typing import Any

import numpy as np

from ce_core import (
    FORMATS,
    binary,
    bits,
    descent,
    likelihood,
    many_classes,
    naive,
    neighbours,
)
from ce_core import activations as act
from ce_core import bugs as mistakes
from ce_core import losses as loss
from ce_core.pipelines import PIPELINES, STEPS, WARNINGS, CauseKind, Run, find_events, gradient
from ce_core.pipelines import run as run_pipeline
from ce_core.pipelines.kinds import HARMLESS
from ce_core.pipelines.sweep import sweep
from tests.core import exact
from tests.core.traced import trace
from tests.fuzz.source import Source

NAMES = tuple(FORMATS)
CLASSES = 4  # at most, for a batch; a vector may have eight
REFUSED: Any = object()


def call(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Return the result, or `REFUSED`. Only the documented errors may come, and in our words."""
    try:
        return function(*arguments, **options)
    except (TypeError, ValueError) as error:
        # NumPy itself says it of a ragged list, and of more numbers than there can be.
        if not re.search("; got |inhomogeneous|Maximum allowed", str(error)):
            raise
        return REFUSED


def wide(values: Any) -> np.ndarray:
    return np.asarray(values).astype(np.float64)


def roundoff(values: np.ndarray) -> float:
    return FORMATS[values.dtype.name].unit_roundoff


def tiny(values: np.ndarray) -> float:
    return FORMATS[values.dtype.name].smallest_subnormal


def is_ours(*arrays: Any) -> bool:
    """Say whether these are results in formats whose limits are known; longdouble's are not."""
    return all(a is not REFUSED and np.asarray(a).dtype.name in FORMATS for a in arrays)


def logits_of(source: Source) -> np.ndarray:
    if source.yes():
        return source.array(source.whole(0, 8))
    return source.array(source.whole(0, 3), source.whole(0, CLASSES))


def activations(source: Source) -> None:
    """Try softmax and its kin along any axis."""
    logits = source.or_junk(logits_of(source))
    axis = source.or_junk(source.pick((-1, -1, -1, 0, 1, -2, 5)))
    p, log_p = call(act.softmax, logits, axis), call(act.log_softmax, logits, axis)
    total = call(act.logsumexp, logits, axis, keepdims=True)
    jacobian = call(act.softmax_jacobian, logits)
    with np.errstate(all="ignore"):
        for stable in (act.softmax, act.log_softmax, act.logsumexp):
            broken = call(getattr(naive, stable.__name__), logits, axis)
            ours = call(stable, logits, axis)
            assert (broken is REFUSED) == (ours is REFUSED)
            if is_ours(broken, ours):
                assert (broken.shape, broken.dtype) == (ours.shape, ours.dtype)
    if not is_ours(p, log_p, total):
        return
    assert p.shape == log_p.shape == np.shape(logits)
    z, total = np.asarray(logits).astype(p.dtype), np.broadcast_to(total, p.shape)
    classes = z.shape[axis]
    for row in range(z.size // classes if classes else 0):
        vectors = [np.moveaxis(a, axis, -1).reshape(-1, classes)[row] for a in (z, p, log_p, total)]
        check_vector(*vectors)
    if is_ours(jacobian) and np.isfinite(wide(jacobian)).all():
        rest = abs(wide(jacobian).sum(-1))
        assert (rest <= 8 * classes * (roundoff(jacobian) + tiny(jacobian))).all()


def check_vector(z: np.ndarray, p: np.ndarray, log_p: np.ndarray, total: np.ndarray) -> None:
    number, u = wide(z), roundoff(z)
    if np.isnan(number).any() or np.isposinf(number).any() or np.isneginf(number).all():
        assert np.isnan(wide(p)).all()
        return
    assert ((wide(p) >= 0) & (wide(p) <= 1)).all()
    assert abs(math.fsum(wide(p)) - 1) <= (len(z) + 1) * u + len(z) * tiny(z)
    has_infinity = FORMATS[z.dtype.name].has_infinity
    assert ((wide(log_p) <= 0) | (np.isnan(wide(log_p)) & (not has_infinity))).all()
    largest, found = number.max(), float(total[0])
    if math.isfinite(found):
        slack = 2 * u * (abs(largest) + 3)
        assert largest - slack <= found <= largest + math.log(len(z)) + slack
    else:  # only because it is beyond the format
        assert largest + math.log(len(z)) > FORMATS[z.dtype.name].max * (1 - u)
    # A constant that adds to every logit without rounding changes no bit.
    with np.errstate(all="ignore"):
        moved = (number + 4).astype(z.dtype)
    if (wide(moved) - 4 == number).all() and (wide(moved) == number + 4).all():
        np.testing.assert_array_equal(act.softmax(moved), p)
        np.testing.assert_array_equal(act.log_softmax(moved), log_p)


def elementwise(source: Source) -> None:
    """Try the sigmoid and its log."""
    x = source.or_junk(source.array(source.whole(0, 6)))
    p, log_p = call(act.sigmoid, x), call(act.log_sigmoid, x)
    with np.errstate(all="ignore"):
        for name in ("sigmoid", "log_sigmoid"):
            broken = call(getattr(naive, name), x)
            assert (broken is REFUSED) == (p is REFUSED)
    if is_ours(p, log_p):
        known = ~np.isnan(wide(x))
        assert ((wide(p) >= 0) & (wide(p) <= 1) | ~known).all()
        lost = np.isnan(wide(log_p)) if p.dtype.name == "float8_e4m3fn" else ~known
        assert ((wide(log_p) <= 0) | lost).all()


def losses(source: Source) -> None:
    """Try the cross-entropy with every kind of target and option, and its gradient."""
    logits = logits_of(source)
    target, options = target_of(source, logits.shape), options_of(source, logits.shape)
    logits = source.or_junk(logits)
    found = call(loss.cross_entropy, logits, target, **options)
    gradient = call(loss.cross_entropy_gradient, logits, target, **options)
    with np.errstate(all="ignore"):
        broken = call(naive.cross_entropy, logits, target, **options)
        slope = call(naive.cross_entropy_gradient, logits, target, **options)
    refused = [result is REFUSED for result in (found, gradient, broken, slope)]
    assert len(set(refused)) == 1
    if not is_ours(found, gradient, broken, slope):
        return
    assert (found.shape, found.dtype) == (broken.shape, broken.dtype)
    assert gradient.shape == slope.shape == np.shape(logits)
    assert gradient.dtype == slope.dtype == found.dtype
    assert not (wide(found) < 0).any()
    z = wide(logits)
    if not np.isfinite(z).all() or not FORMATS[found.dtype.name].has_infinity:
        return
    may_be_nan = options["reduction"] == "mean"  # of no samples, or of none that counts
    if weight_fits(options["weight"], found) and not may_be_nan:
        assert not np.isnan(wide(found)).any()
        assert not np.isnan(wide(gradient)).any()
    plain = options["weight"] is options["ignore_index"] is None and not options["label_smoothing"]
    if plain and z.ndim == 1 and np.ndim(target) == 0:
        check_loss(np.asarray(logits).astype(found.dtype), int(target), found)


def weight_fits(weight: Any, result: np.ndarray) -> bool:
    """Say whether the weights are finite in the format that is computed in, squared or not."""
    widest = 1e15 if result.itemsize < 8 else 1e150
    return weight is None or bool((wide(weight) <= widest).all())


def check_loss(z: np.ndarray, target: int, found: np.ndarray) -> None:
    """Compare with the loss to 50 digits."""
    truth = exact.cross_entropy(wide(z), target)
    if truth > FORMATS[z.dtype.name].max:
        return
    # exp of a difference d errs by d units and a few, and a term counts as exp(d): 1500 is ample.
    error = abs(float(found) - float(truth))
    bound = 2 * roundoff(z) + 1500 * min(roundoff(z), 2**-24)
    assert error <= bound * float(truth) + 2 * tiny(z), (float(found), truth)


def target_of(source: Source, shape: tuple[int, ...]) -> Any:
    classes, samples = shape[-1], shape[:-1]
    if source.whole(0, 3):
        drawn = [source.whole(0, max(0, classes - 1)) for _ in range(math.prod(samples))]
        target = np.array(drawn, np.int64).reshape(samples)
        return source.or_junk(target if source.whole(0, 7) else target - 1)
    if not classes:
        return np.zeros(shape)
    rows = [source.distribution(classes) for _ in range(math.prod(samples))]
    return source.or_junk(np.array(rows).reshape(shape))


def options_of(source: Source, shape: tuple[int, ...]) -> dict[str, Any]:
    weight = abs(source.array(shape[-1])) if source.whole(0, 3) == 0 else None
    smoothing = abs(source.number()) if source.whole(0, 3) == 0 else 0.0
    return {
        "weight": source.or_junk(weight),
        "ignore_index": source.or_junk(source.pick((None, None, 0, -1))),
        "label_smoothing": source.or_junk(smoothing),
        "reduction": source.or_junk(source.pick(("mean", "sum", "none"))),
    }


def binary_losses(source: Source) -> None:
    """Try the binary cross-entropy and its gradient."""
    count = source.whole(0, 5)
    logits = source.or_junk(source.array(count))
    target = source.or_junk(np.array([source.whole(0, 8) / 8 for _ in range(count)]))
    options = {
        "weight": source.or_junk(abs(source.array(count)) if source.yes() else None),
        "pos_weight": source.or_junk(abs(source.array(1)) if source.yes() else None),
        "reduction": source.or_junk(source.pick(("mean", "sum", "none"))),
    }
    found = call(loss.binary_cross_entropy_with_logits, logits, target, **options)
    slope = call(loss.binary_cross_entropy_with_logits_gradient, logits, target, **options)
    with np.errstate(all="ignore"):
        broken = call(naive.binary_cross_entropy_with_logits, logits, target, **options)
        call(naive.binary_cross_entropy_with_logits_gradient, logits, target, **options)
    assert len({result is REFUSED for result in (found, slope, broken)}) == 1
    if not is_ours(found, slope, broken):
        return
    assert (found.shape, found.dtype) == (broken.shape, broken.dtype)
    assert not (wide(found) < 0).any()
    known = np.isfinite(wide(logits)).all() and FORMATS[found.dtype.name].has_infinity
    fits = all(weight_fits(options[name], found) for name in ("weight", "pos_weight"))
    if known and fits and options["reduction"] != "mean":
        assert not np.isnan(wide(found)).any()
        assert not np.isnan(wide(slope)).any()


def one_hot(source: Source) -> None:
    """Try targets as vectors, and the numbers of a format."""
    classes = source.whole(-1, 6)
    target = source.or_junk(np.array([source.whole(-1, 5) for _ in range(source.whole(0, 3))], int))
    found = call(loss.one_hot, target, source.or_junk(classes))
    if found is not REFUSED:
        assert (found.sum(-1) == 1).all()
    name, value = source.or_junk(source.pick(NAMES)), source.number()
    fields_, around = call(bits, value, name), call(neighbours, value, name)
    if fields_ is REFUSED or around is REFUSED:
        return
    fmt = FORMATS[name]
    pattern = np.array(int("".join(fields_), 2)).astype(f"u{fmt.dtype.itemsize}").view(fmt.dtype)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(wide(pattern), wide(np.array(value).astype(fmt.dtype)))
    below, above = around
    stored = float(wide(pattern))
    assert below < stored < above or abs(stored) in (math.inf, fmt.max) or math.isnan(stored)


def distributions(source: Source) -> None:
    """Try entropies and likelihoods."""
    classes = source.whole(1, 6)
    p, q = (source.or_junk(source.distribution(classes)) for _ in range(2))
    if source.whole(0, 3) == 0 and isinstance(p, np.ndarray) and p.dtype == np.float64:
        with np.errstate(all="ignore"):
            p = p.astype(FORMATS[source.pick(NAMES)].dtype)
    if source.whole(0, 15) == 0:
        p = source.array(classes)
    counts = source.or_junk(abs(source.array(classes)))
    options = {
        "axis": source.or_junk(source.pick((-1, -1, 0, 1))),
        "unit": source.or_junk(source.pick(("nats", "bits"))),
    }
    own = call(likelihood.entropy, p, **options)
    cross = call(likelihood.cross_entropy, p, q, **options)
    call(likelihood.kl_divergence, p, q, **options)
    chance = call(likelihood.multinomial_likelihood, p, counts, options["axis"])
    log = call(likelihood.multinomial_log_likelihood, p, counts, **options)
    if is_ours(own) and own.ndim == 0:
        most = math.log(classes) / (math.log(2) if options["unit"] == "bits" else 1)
        slack = 1e-5 + 6 * roundoff(own)  # probabilities of a narrow format may sum to 1 + 2 u
        assert -slack <= own <= most + slack * (1 + most)
    if is_ours(own, cross) and own.ndim == 0:
        assert float(cross) >= float(own) - slack * (1 + most)
    if is_ours(chance, log):
        assert not (wide(chance) < 0).any()
        assert not np.isnan(wide(chance)).any()


def products(source: Source) -> None:
    """Try likelihoods multiplied one by one in a format."""
    classes = source.whole(1, 4)
    p = source.or_junk(source.distribution(classes))
    counts = source.or_junk(np.array([source.whole(0, 40) for _ in range(classes)]))
    name = source.or_junk(source.pick(NAMES))
    length = source.or_junk(source.whole(-1, 300))
    path = call(likelihood.running_product, p, counts, name, length)
    zero = call(likelihood.underflow_count, p, counts, name, length)
    whole = call(likelihood.rounded_likelihood, p, counts, name)
    if path is REFUSED or zero is REFUSED:
        return
    found = np.flatnonzero(wide(path) == 0)
    assert int(zero) == (found[0] + 1 if found.size else 0)
    total = int(np.broadcast_to(counts, np.shape(p)).sum())  # True counts each class once
    if whole is not REFUSED and 0 < total <= length:
        np.testing.assert_array_equal(wide(whole), wide(path)[total - 1])


def pipelines(source: Source) -> None:
    """Try the pipelines step by step: causes, warnings, events, and the way back."""
    numbers = [source.number() for _ in range(source.whole(0, 5))]
    logits = source.or_junk(numbers)
    target = source.or_junk(source.whole(0, max(0, len(numbers) - 1)))
    name, form = (
        source.or_junk(source.pick(NAMES)),
        source.or_junk(source.pick(tuple(STEPS))),
    )
    shift = source.or_junk(source.number() if source.yes() else 0.0)
    run = call(run_pipeline, logits, target, form, name, shift=shift)
    call(gradient, logits, target, form, name)
    if run is REFUSED:
        return
    find_events(run)
    if "total" in run.steps:
        many_classes.with_copies(run, source.whole(1, 300))
    check_cause(run)
    if run.cause.kind.ndim:
        return
    given = wide(logits)
    if np.isfinite(given).all():
        check_distance(run, exact.cross_entropy(given, target))
    if form not in PIPELINES:
        return
    detail = trace(logits, target, form, name, shift=shift)
    # What was read off the values is what NumPy says.
    said = {warning for step in detail.steps for warning in step.warnings}
    found = {text for bit, text in enumerate(WARNINGS) if int(run.warnings) >> bit & 1}
    assert said == found


def check_cause(run: Run) -> None:
    """Compare the cause with what broke, with the distance from paper, and with the shares."""
    cause, whole = run.cause, run.broke == CauseKind.NONE
    np.testing.assert_array_equal(cause.kind[~whole], run.broke[~whole])
    off = whole & ~run.right
    assert np.isin(cause.kind[whole & run.right], tuple(HARMLESS)).all()
    assert (cause.step[off] >= 0).all()
    size = abs(run.budget.shares[off])
    largest = np.where(np.isnan(size), 0, size).max(axis=-1, initial=0.0)
    np.testing.assert_array_equal(abs(cause.cost[off]), largest)


def check_distance(run: Run, truth: Decimal) -> None:
    """Compare the loss on paper, and the distance from it, with 50 digits."""
    paper, loss = float(run.paper), float(run.steps["loss"])
    assert math.isclose(paper, float(truth), rel_tol=1e-14, abs_tol=5e-324)
    if run.right:  # exact counts in a unit that is no smaller
        assert exact.ulp_error(loss, truth, run.format) < 1 + 1e-6


def sweeps(source: Source) -> None:
    """Compare all positions of all sliders at once with the positions one by one."""
    classes, count = source.whole(1, 3), source.whole(0, 3)
    logits = source.or_junk([source.number() for _ in range(classes)])
    target, name = source.or_junk(source.whole(0, classes - 1)), source.or_junk(source.pick(NAMES))
    grid = source.or_junk([[source.number() for _ in range(count)] for _ in range(classes)])
    shift = source.or_junk(source.number() if source.yes() else 0.0)
    moves = source.or_junk([source.number() for _ in range(count)] if source.yes() else None)
    options = {"shift": shift, "shift_positions": moves}
    table = call(sweep, logits, target, name, grid, **options)
    if table is REFUSED or not np.size(grid):
        return
    i, k = source.whole(0, len(logits) - 1), source.whole(0, len(grid[0]) - 1)
    picture = wide(logits)
    picture[i], here = grid[i][k], shift
    for field in fields(table):
        found = getattr(table, field.name)
        alone = run_pipeline(picture, target, field.name, name, shift=here)
        assert found.broke[i, k] == alone.broke
        assert found.cause.kind[i, k] == alone.cause.kind
        assert found.cause.step[i, k] == alone.cause.step
        np.testing.assert_array_equal(found.budget.shares[i, k], alone.budget.shares)
        assert found.warnings[i, k] == alone.warnings
        for step, values in alone.steps.items():
            rounding = 8 * roundoff(np.asarray(values))
            np.testing.assert_allclose(
                wide(found.steps[step][i, k]), wide(values), rtol=rounding, atol=tiny(values)
            )


def descents(source: Source) -> None:
    """Try paths downhill."""
    shape = (source.whole(0, 2), source.whole(0, 3)) if source.yes() else (source.whole(0, 4),)
    logits = source.or_junk(source.array(*shape))
    target = source.or_junk(source.whole(0, max(0, shape[-1] - 1)))
    rate, steps = source.or_junk(abs(source.number())), source.or_junk(source.whole(-1, 4))
    smoothing = source.or_junk(source.whole(0, 8) / 8 if source.yes() else source.number())
    path = call(descent.descend, logits, target, rate, steps, smoothing)
    call(descent.slope, logits, target, smoothing)
    call(descent.smoothed_target, target, source.or_junk(shape[-1]), smoothing)
    if path is REFUSED:
        return
    assert path.shape == (*np.shape(logits)[:-1], steps + 1, np.shape(logits)[-1])
    np.testing.assert_array_equal(path[..., 0, :], wide(logits))
    along = call(descent.loss_along, path, target, smoothing)
    assert along.shape == path.shape[:-1]
    assert not (along < 0).any()


def two_classes(source: Source) -> None:
    """Try the sigmoid in its forms, and the mistakes with their repairs."""
    name = source.or_junk(source.pick(NAMES))
    found = call(binary.run, source.or_junk(source.array(source.whole(0, 3))), name)
    if found is not REFUSED:
        assert found.warnings.shape == found.x.shape
    bug = source.pick(list(mistakes.BUGS.values()))
    batch = np.array(bug.logits)
    batch[source.whole(0, len(batch) - 1), source.whole(0, batch.shape[1] - 1)] = source.number()
    call(mistakes.run, bug, source.or_junk(batch))


def on_paper(source: Source) -> None:
    """Try the exact values and the distance from them."""
    numbers = [source.number() for _ in range(source.whole(0, 4))]
    target = source.whole(-1, 4)
    for function in (exact.logsumexp, exact.softmax, exact.log_softmax):
        call(function, numbers)
    call(exact.add, numbers, source.number())
    call(exact.steps, numbers, target, source.pick(PIPELINES))
    truth = call(exact.cross_entropy, numbers, target)
    if truth is not REFUSED:
        computed, name = source.number(), source.or_junk(source.pick(NAMES))
        call(exact.relative_error, computed, truth)
        distance = call(exact.ulp_error, computed, truth, name)
        assert distance is REFUSED or not distance < 0
        assert truth.is_nan() or truth >= 0


TARGETS = (
    activations,
    elementwise,
    losses,
    binary_losses,
    one_hot,
    distributions,
    products,
    pipelines,
    sweeps,
    descents,
    two_classes,
    on_paper,
)
