"""What holds for all logits: laws of the softmax and of the loss, within stated rounding errors."""

import math
from itertools import product

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ce_core import (
    FORMATS,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_gradient,
    cross_entropy,
    cross_entropy_gradient,
    log_sigmoid,
    log_softmax,
    logsumexp,
    naive,
    sigmoid,
    softmax,
)

U = {name: fmt.unit_roundoff for name, fmt in FORMATS.items()}
ANY_FORMAT = st.sampled_from(list(FORMATS))
HARDWARE = st.sampled_from(["float32", "float64"])


def vectors(names, reach=1e4, max_size=20):
    """Draw logits of a format, up to a size beyond which every softmax has saturated."""

    def of(name):
        limit = min(reach, FORMATS[name].max)
        numbers = st.floats(-limit, limit, width=64)
        sizes = st.integers(1, max_size)
        return sizes.flatmap(lambda n: hnp.arrays(np.float64, n, elements=numbers)).map(
            lambda array: array.astype(FORMATS[name].dtype)
        )

    return names.flatmap(of)


def wide(array):
    return np.asarray(array).astype(np.float64)


def roundoff(array):
    return U[array.dtype.name]


def tiny(array):
    return FORMATS[array.dtype.name].smallest_subnormal


@given(vectors(ANY_FORMAT))
def test_probabilities_sum_to_one(logits):
    """A sum of n terms is off by n units, each quotient by one, and by a subnormal number."""
    probabilities = wide(softmax(logits))
    assert (probabilities >= 0).all()
    assert (probabilities <= 1).all()
    bound = (len(logits) + 2) * roundoff(logits) + len(logits) * tiny(logits)
    assert abs(math.fsum(probabilities) - 1) <= bound


@given(vectors(ANY_FORMAT))
def test_log_probabilities_are_not_positive(logits):
    assert not (log_softmax(logits) > 0).any()


@given(vectors(HARDWARE, reach=100), st.integers(-64, 64))
def test_a_shift_that_is_exact_changes_nothing(logits, shift):
    logits = np.round(wide(logits) * 16) / 16  # sums of these are exact, in float32 too
    logits, shifted = logits.astype(np.float32), (logits + shift).astype(np.float32)
    np.testing.assert_array_equal(softmax(logits), softmax(shifted))
    np.testing.assert_array_equal(log_softmax(logits), log_softmax(shifted))
    difference = wide(logsumexp(shifted)) - wide(logsumexp(logits))
    assert abs(difference - shift) <= 2 * U["float32"] * 200


@given(vectors(HARDWARE, reach=50), st.floats(-50, 50, width=32))
def test_a_shift_changes_as_much_as_it_rounds(logits, shift):
    """A logit that is off by d makes a probability off by d, relatively, and the sum as well."""
    shifted = logits + logits.dtype.type(shift)
    u, largest = roundoff(logits), 100
    # Shifted logits are off by u * 100, and their differences from the largest as much again.
    bound = 2 * (2 * largest + 2 * largest + len(logits) + 10) * u
    np.testing.assert_allclose(softmax(shifted), softmax(logits), rtol=bound)


@given(vectors(ANY_FORMAT), st.randoms(use_true_random=False))
def test_a_permutation_of_the_classes_permutes_the_result(logits, random):
    """Only the order of the sum differs: by n units in a sum that is between 1 and n."""
    order = random.sample(range(len(logits)), len(logits))
    bound = 2 * (len(logits) + 2) * roundoff(logits)
    for function in (softmax, log_softmax):
        found, permuted = wide(function(logits))[order], wide(function(logits[order]))
        # A log-probability may be below the lowest number: one rounding away from it.
        lowest = -FORMATS[logits.dtype.name].max
        found = np.nan_to_num(found, nan=lowest, neginf=lowest)
        permuted = np.nan_to_num(permuted, nan=lowest, neginf=lowest)
        np.testing.assert_allclose(permuted, found, rtol=bound, atol=tiny(logits))
    np.testing.assert_allclose(
        wide(logsumexp(logits[order])), wide(logsumexp(logits)), rtol=bound, atol=bound
    )


@given(vectors(ANY_FORMAT))
def test_a_larger_logit_has_no_smaller_probability(logits):
    """Within one vector the order is kept exactly: same maximum, same sum, and exp rises."""
    order = np.argsort(wide(logits))
    assert (np.diff(wide(softmax(logits))[order]) >= 0).all()
    log_probabilities = wide(log_softmax(logits))[order]
    log_probabilities = log_probabilities[np.isfinite(log_probabilities)]
    assert (np.diff(log_probabilities) >= 0).all()


@given(vectors(HARDWARE, reach=100), st.integers(0, 19), st.floats(0, 100, width=32))
def test_raising_a_logit_raises_its_probability_and_logsumexp(logits, index, rise):
    assume(index < len(logits))
    raised = logits.copy()
    raised[index] += logits.dtype.type(rise)
    # Each side may be off by its distance from the largest logit, up to 300, and the sum's n.
    slack = 1 + 2 * (300 + 2 * len(logits) + 10) * roundoff(logits)
    assert softmax(raised)[index] * slack + tiny(logits) >= softmax(logits)[index]
    error = 8 * roundoff(logits) * (100 + len(logits))
    assert logsumexp(raised) >= logsumexp(logits) - error


def test_elementwise_functions_never_fall(subtests):
    """For all numbers of a format."""
    small = [name for name, fmt in FORMATS.items() if fmt.bits <= 16]
    for name, function in product(small, [sigmoid, log_sigmoid]):
        with subtests.test(name=name, function=function.__name__):
            fmt = FORMATS[name]
            unsigned = f"u{fmt.dtype.itemsize}"
            x = np.arange(2**fmt.bits).astype(unsigned).view(fmt.dtype)
            with np.errstate(invalid="ignore"):  # NumPy says "invalid" of a signalling nan
                x = np.sort(wide(x)[np.isfinite(wide(x))]).astype(fmt.dtype)
            assert (np.diff(wide(function(x))) >= 0).all()


@given(ANY_FORMAT, st.floats(-750, 750, width=64))
def test_sigmoid_is_the_softmax_of_two(name, number):
    """The sigmoid is within 3 units; exp in the softmax errs by |x| units and 5, its sum by 2."""
    fmt = FORMATS[name]
    x = np.asarray(np.clip(number, -fmt.max, fmt.max)).astype(fmt.dtype)
    pair = np.stack([x, np.zeros_like(x)])
    u = fmt.unit_roundoff
    # Narrow formats are computed in float32, where one more rounding follows on either side.
    bound = 2 * u + (3 + abs(float(x)) + 5 + 2 + 2) * min(u, U["float32"])
    size = 4 * fmt.smallest_subnormal
    np.testing.assert_allclose(wide(softmax(pair))[0], wide(sigmoid(x)), rtol=bound, atol=size)


@given(ANY_FORMAT, st.floats(-750, 750, width=64))
def test_sigmoid_and_its_complement_sum_to_one(name, number):
    fmt = FORMATS[name]
    x = np.asarray(np.clip(number, -fmt.max, fmt.max)).astype(fmt.dtype)
    assert abs(float(sigmoid(x)) + float(sigmoid(-x)) - 1) <= 3 * fmt.unit_roundoff


def batches(names):
    shape = st.tuples(st.integers(1, 6), st.integers(1, 6))
    return names.flatmap(
        lambda name: shape.flatmap(
            lambda s: hnp.arrays(np.float64, s, elements=st.floats(-200, 200, width=16))
        ).map(lambda array: array.astype(FORMATS[name].dtype))
    )


@given(batches(ANY_FORMAT), st.data())
def test_a_batch_is_its_rows_one_by_one(logits, data):
    """Within one unit: vectorised and single exp may differ in the last digit."""
    rows, classes = logits.shape
    target = data.draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows))
    bound = 6 * roundoff(logits)

    def same(batch, single):
        np.testing.assert_allclose(wide(batch), wide(single), rtol=bound, atol=tiny(logits))

    for function in (softmax, log_softmax, logsumexp):
        same(function(logits), np.stack([function(row) for row in logits]))
    one_by_one = list(zip(logits, target, strict=True))
    same(
        cross_entropy(logits, target, reduction="none"),
        np.stack([cross_entropy(row, t) for row, t in one_by_one]),
    )
    same(
        cross_entropy_gradient(logits, target, reduction="none"),
        np.stack([cross_entropy_gradient(row, t) for row, t in one_by_one]),
    )


@st.composite
def problems(draw, reach=1e4):
    """Draw float64 logits (N, C), and targets and options of every kind."""
    rows, classes = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    numbers = st.floats(-reach, reach, width=64)
    logits = draw(hnp.arrays(np.float64, (rows, classes), elements=numbers))
    options = {
        "reduction": draw(st.sampled_from(["mean", "sum", "none"])),
        "label_smoothing": draw(st.sampled_from([0.0, 0.1, 1.0])),
    }
    if draw(st.booleans()):
        options["weight"] = draw(hnp.arrays(np.float64, classes, elements=st.floats(0.125, 8)))
    if draw(st.booleans()):
        counts = hnp.arrays(np.float64, (rows, classes), elements=st.floats(0.0625, 1))
        target = draw(counts)
        target /= target.sum(axis=-1, keepdims=True)
    else:
        target = draw(hnp.arrays(np.int64, rows, elements=st.integers(0, classes - 1)))
    return logits, target, options


@given(vectors(HARDWARE))
def test_the_gradient_of_a_class_sums_to_zero_in_its_last_digits(logits):
    """Each term is right to its last digits, be it tiny, but for what exp makes of a difference."""
    bound = (750 + 2 * len(logits) + 20) * roundoff(logits)
    for target in range(len(logits)):
        gradient = wide(cross_entropy_gradient(logits, target))
        assert (gradient[:target] >= 0).all()
        assert gradient[target] <= 0
        scale = abs(gradient).sum()
        assert abs(math.fsum(gradient)) <= bound * scale + 3 * len(logits) * tiny(logits)


@given(problems())
def test_the_gradient_sums_to_zero(problem):
    """Up to 5 terms of at most 8, the largest weight; d units in exp(-d) are below one unit."""
    logits, target, options = problem
    gradient = cross_entropy_gradient(logits, target, **options)
    assert (abs(gradient.sum(axis=-1)) <= 5 * 8 * 20 * U["float64"]).all()


def numerical_gradient(function, logits, step=1e-3):
    """Return central differences, extrapolated once: the error is of the order of step**4."""
    gradient = np.empty_like(logits)
    for position in np.ndindex(logits.shape):
        slopes = []
        for h in (step, 2 * step):
            above, below = logits.copy(), logits.copy()
            above[position] += h
            below[position] -= h
            slopes.append((np.sum(function(above)) - np.sum(function(below))) / (2 * h))
        gradient[position] = (4 * slopes[0] - slopes[1]) / 3
    return gradient


@given(problems(reach=20))
def test_the_gradient_is_the_derivative(problem):
    """The losses are below 8 * 4 * 50, and their rounding is divided by the step."""
    logits, target, options = problem
    expected = numerical_gradient(lambda z: cross_entropy(z, target, **options), logits)
    found = cross_entropy_gradient(logits, target, **options)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@given(
    hnp.arrays(np.float64, 4, elements=st.floats(-30, 30, width=64)),
    hnp.arrays(np.float64, 4, elements=st.floats(0, 1)),
    hnp.arrays(np.float64, 4, elements=st.floats(0, 8)),
    st.floats(0, 8),
    st.sampled_from(["mean", "sum", "none"]),
)
def test_the_binary_gradient_is_the_derivative(logits, target, weight, pos_weight, reduction):
    options = {"weight": weight, "pos_weight": pos_weight, "reduction": reduction}
    expected = numerical_gradient(
        lambda x: binary_cross_entropy_with_logits(x, target, **options), logits
    )
    found = binary_cross_entropy_with_logits_gradient(logits, target, **options)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-8)


@given(problems())
def test_a_loss_is_not_negative(problem):
    logits, target, options = problem
    assert (cross_entropy(logits, target, **options) >= 0).all()


@given(vectors(HARDWARE, reach=30))
def test_naive_and_stable_agree_where_naive_does_not_break(logits):
    """exp(30) and the sum of 20 of them fit; naive logs have the absolute error of their input."""
    u = roundoff(logits)
    bound = 2 * (60 + 2 * len(logits) + 20) * u
    np.testing.assert_allclose(naive.softmax(logits), softmax(logits), rtol=bound)
    np.testing.assert_allclose(naive.log_softmax(logits), log_softmax(logits), rtol=u, atol=bound)
    np.testing.assert_allclose(naive.logsumexp(logits), logsumexp(logits), rtol=8 * u, atol=bound)
    np.testing.assert_allclose(naive.sigmoid(logits), sigmoid(logits), rtol=bound)
    np.testing.assert_allclose(naive.log_sigmoid(logits), log_sigmoid(logits), rtol=u, atol=bound)
    for target in range(len(logits)):
        stable = cross_entropy(logits, target)
        np.testing.assert_allclose(naive.cross_entropy(logits, target), stable, rtol=u, atol=bound)


@settings(max_examples=50)
@given(problems(reach=30))
def test_naive_and_stable_losses_agree_for_every_option(problem):
    logits, target, options = problem
    for ours, textbook in (
        (cross_entropy, naive.cross_entropy),
        (cross_entropy_gradient, naive.cross_entropy_gradient),
    ):
        np.testing.assert_allclose(
            textbook(logits, target, **options), ours(logits, target, **options), atol=1e-11
        )
