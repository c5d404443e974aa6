"""The kind of event of each step, of whole tables, against the trace of one vector at a time."""

import math
from itertools import product

import numpy as np

from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES, STEPS, EventKind, find_events, run
from tests.core.traced import trace

INF, NAN = math.inf, math.nan
K = EventKind
WITH_NAN = [name for name, fmt in FORMATS.items() if fmt.has_nan]


def some_vectors(name, count, seed):
    """Return pairs of logits and a target, as large as exp can bear and far beyond it."""
    fmt, rng = FORMATS[name], np.random.default_rng(seed)
    # The trace's decimals end at 10**-(10**18), so that no logit here is beyond 1e18; and the
    # difference of two logits fits the format.
    large = min(fmt.max / 2, 1e18)
    scales = [1, 10, fmt.ln_max, 2 * fmt.ln_max, -fmt.ln_zero, large]
    pairs = []
    for _ in range(count):
        size = int(rng.integers(1, 5))
        scale = min(rng.choice(scales), large)
        logits = rng.uniform(-scale, scale, size)
        if rng.random() < 0.3:  # ties, and numbers at the edges of the format
            edges = [0.0, -scale, scale, fmt.ln_zero, fmt.ln_max - math.log(size) / 2]
            logits = np.clip(rng.choice(edges, size), -large, large)
        target = int(rng.integers(size))
        if fmt.has_infinity and rng.random() < 0.15:  # else -inf is stored as nan
            logits[np.arange(size) != target] = -INF
        pairs.append((logits.tolist(), target))
    return pairs


def number_of(array, target, *, picked):
    """Return the numbers of a step as a list; that of the target alone, where it is picked."""
    numbers = np.atleast_1d(array).astype(float)
    return numbers[[target]] if picked and len(numbers) > 1 else numbers


def told(step, target):
    """Return the kind of a step, from what its trace tells of each number."""
    events = {event.kind for event in step.events}
    for kind in (K.OVERFLOW, K.INVALID, K.DIVIDE):
        if kind.name.lower() in events:
            return kind
    picked = step.name in ("probability", "loss")
    output = number_of(step.output, target, picked=picked)
    small = [event.index for event in step.events if event.kind == "underflow"]
    if any(output[index if len(output) > 1 else 0] == 0 for index in small):
        return K.UNDERFLOW
    came_in = np.concatenate([number_of(a, target, picked=picked) for a in step.inputs.values()])
    bad_in, bad_out = (np.isnan(a) | (a == INF) for a in (came_in, output))
    return K.CARRIED if bad_in.any() and bad_out.any() else K.NONE


def assert_as_traced(logits, target, pipeline, name):
    """Compare all steps, and return the kinds that there were."""
    ours = find_events(run(logits, target, pipeline, name))
    theirs = trace(logits, target, pipeline, name).steps[1:]
    assert list(ours) == [step.name for step in theirs]
    for step in theirs:
        # A finite number over an infinite sum is 0 without a rounding, and yet not so on paper.
        if not np.isinf(step.inputs.get("total", 0)):
            assert ours[step.name] == told(step, target), (logits, target, step.name)
    return {K(int(kind)) for kind in ours.values()}


CAN_HAPPEN = {
    "naive": {K.NONE, K.OVERFLOW, K.INVALID, K.DIVIDE, K.UNDERFLOW, K.CARRIED},
    "shifted": {K.NONE, K.DIVIDE, K.UNDERFLOW},
    "fused": {K.NONE, K.UNDERFLOW},
}


def test_every_kind_is_that_of_the_trace(subtests):
    for name, pipeline in product(FORMATS, PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            seen = set()
            for logits, target in some_vectors(name, 60, seed=1):
                seen |= assert_as_traced(logits, target, pipeline, name)
            can_happen = CAN_HAPPEN[pipeline]
            if name not in WITH_NAN:  # nothing but numbers is handed on; the sum is soon too large
                can_happen = can_happen - {K.CARRIED}
                seen -= {K.OVERFLOW} - can_happen
            assert seen == can_happen


def test_a_logit_that_is_no_number_is_carried_on(subtests):
    for name, (pipeline, target), bad in product(
        WITH_NAN,
        [("naive", 0), ("naive", 1), ("shifted", 0), ("shifted", 1), ("fused", 1)],
        [NAN, INF, "too large"],
    ):
        with subtests.test(name=name, pipeline=pipeline, target=target, bad=bad):
            too_large = INF if name == "float64" else 3 * FORMATS[name].max
            logit = too_large if bad == "too large" else bad
            assert K.CARRIED in assert_as_traced([1.0, logit, 0.5], target, pipeline, name)


def test_what_a_format_stores_as_a_number_is_not_carried_on(subtests):
    for name, pipeline, bad in product(FORMATS.keys() - {*WITH_NAN}, PIPELINES, [NAN, INF, 1e9]):
        with subtests.test(name=name, pipeline=pipeline, bad=bad):
            events = find_events(run([1.0, bad, 0.5], 0, pipeline, name))
            assert K.CARRIED not in events.values()
            if pipeline == "naive" and bad != bad:
                assert events["exp"] == K.NONE  # the logit is 0
            elif pipeline == "naive":
                assert events["exp"] == K.OVERFLOW


def test_an_overflow_that_leaves_a_number_is_seen():
    """exp(2) = 7.39 is stored as 6 in float4_e2m1fn; exp(-2) twice is 0, and 0 / 0 is 0."""
    forward = run([2.0, 0.0], 0, "naive", "float4_e2m1fn")
    assert forward.steps["exp"].tolist() == [6, 1]
    kinds = [K(int(kind)) for kind in find_events(forward).values()]
    assert kinds == [K.OVERFLOW, K.OVERFLOW, K.UNDERFLOW, K.NONE, K.NONE]
    forward = run([-2.0, -2.0], 0, "naive", "float4_e2m1fn")
    assert forward.steps["probabilities"].tolist() == [0, 0]
    assert forward.steps["loss"] == 6
    kinds = [K(int(kind)) for kind in find_events(forward).values()]
    assert kinds == [K.UNDERFLOW, K.NONE, K.INVALID, K.NONE, K.DIVIDE]


def test_the_mask_of_a_class_is_no_event_and_what_follows_from_it_is(subtests):
    for name, pipeline in product(
        [name for name, fmt in FORMATS.items() if fmt.has_infinity], ["naive", "shifted"]
    ):
        with subtests.test(name=name, pipeline=pipeline):
            assert assert_as_traced([1.0, -INF, 0.5], 0, pipeline, name) == {K.NONE}
            assert assert_as_traced([1.0, -INF, 0.5], 1, pipeline, name) == {K.NONE, K.DIVIDE}
            events = find_events(run([-INF, -INF], 0, pipeline, name))
            first = next(step for step, kind in events.items() if kind != K.NONE)
            assert first == ("probabilities" if pipeline == "naive" else "shifted")
            assert events[first] == K.INVALID
            assert events["loss"] == K.CARRIED


def test_the_exp_of_a_number_is_never_0_on_paper(subtests):
    """Not even where the decimals of the trace end."""
    for name, pipeline in product(["float64", "float32", "bfloat16"], PIPELINES):
        with subtests.test(name=name, pipeline=pipeline):
            logits = [-FORMATS[name].max / 4, 0.0]
            assert find_events(run(logits, 1, pipeline, name))["exp"] == K.UNDERFLOW


def test_a_table_is_its_rows(subtests):
    for name, pipeline in product(FORMATS, STEPS):
        with subtests.test(name=name, pipeline=pipeline):
            fmt, rng = FORMATS[name], np.random.default_rng(2)
            logits = rng.uniform(-2, 2, (4, 5, 3)) * fmt.ln_max
            logits[0, 0], logits[1, 1], logits[2, 2, 0] = NAN, -INF, INF
            table = find_events(run(logits, 1, pipeline, name))
            for i, k in np.ndindex(4, 5):
                one = find_events(run(logits[i, k], 1, pipeline, name))
                assert {step: kinds[i, k] for step, kinds in table.items()} == one
            for kinds in table.values():
                assert kinds.shape == (4, 5)
                assert kinds.dtype == np.int8


def test_no_rows():
    for kinds in find_events(run(np.empty((0, 3)), 0, "fused", "float32")).values():
        assert kinds.shape == (0,)
