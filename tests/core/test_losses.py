"""The losses against mpmath sums written from their definitions, against PyTorch, and at edges."""

import json
import math
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

from ce_core import (
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_gradient,
    cross_entropy,
    cross_entropy_gradient,
    one_hot,
)
from ce_core.formats import FORMATS
from tests.core import oracle

INF, NAN = math.inf, math.nan
LOSSES = [cross_entropy, binary_cross_entropy_with_logits]
GRADIENTS = [cross_entropy_gradient, binary_cross_entropy_with_logits_gradient]
REDUCTIONS = ["none", "sum", "mean"]
TORCH = json.loads(Path(__file__).with_name("torch_reference.json").read_text())


def slow_cross_entropy(
    logits: np.ndarray,
    target: np.ndarray,
    *,
    weight: list[float] | None,
    ignore_index: int | None,
    label_smoothing: float,
) -> tuple[list[mpf], list[list[mpf]], mpf]:
    """Return the loss and the gradient of every sample, and what the mean divides by.

    By the sums in the documentation of torch.nn.CrossEntropyLoss, class by class.
    """
    classes = logits.shape[-1]
    w = [mpf(1)] * classes if weight is None else [mpf(x) for x in weight]
    eps = mpf(label_smoothing)
    losses, gradients, divisor = [], [], mpf(0)
    for row, wanted in zip(logits.tolist(), target.tolist(), strict=True):
        if isinstance(wanted, int) and wanted == ignore_index:
            losses.append(mpf(0))
            gradients.append([mpf(0)] * classes)
            continue
        if isinstance(wanted, int):
            divisor += w[wanted]
            q = [mpf(c == wanted) for c in range(classes)]
        else:
            divisor += 1
            q = [mpf(x) for x in wanted]
        a = [w[c] * ((1 - eps) * q[c] + eps / classes) for c in range(classes)]
        log_p = oracle.log_softmax(row)
        losses.append(-mpmath.fsum(a[c] * log_p[c] for c in range(classes) if a[c]))
        p = oracle.softmax(row)
        gradients.append([p[c] * mpmath.fsum(a) - a[c] for c in range(classes)])
    return losses, gradients, divisor


def slow_binary(x: float, y: float, weight: float, pos_weight: float) -> tuple[mpf, mpf, mpf]:
    """Return the loss by the formula of torch.nn.BCEWithLogitsLoss, and its derivative's two terms.

    The loss falls with the first term and rises with the second.
    """
    with mpmath.workdps(700):  # 1 - p is exp(-700), and p is 1 - exp(-700)
        p = 1 / (1 + mpmath.exp(-mpf(x)))
        w, v, y = mpf(weight), mpf(pos_weight), mpf(y)
        loss = -w * (v * y * mpmath.log(p) + (1 - y) * mpmath.log(1 - p))
        return loss, w * v * y * (1 - p), w * (1 - y) * p


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mpmath.workdps(oracle.DIGITS):
        yield


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    samples, classes = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    rows = st.lists(st.floats(-40, 40, width=16), min_size=classes, max_size=classes)
    logits = np.array(draw(st.lists(rows, min_size=samples, max_size=samples)))
    options: dict[str, Any] = {"weight": None, "ignore_index": None}
    if draw(st.booleans()):
        weights = st.floats(0.125, 8, width=16)
        options["weight"] = draw(st.lists(weights, min_size=classes, max_size=classes))
    options["label_smoothing"] = draw(st.sampled_from([0.0, 0.125, 0.5, 1.0]))
    if draw(st.booleans()):
        parts = st.lists(st.integers(0, 8), min_size=classes, max_size=classes).filter(any)
        q = np.array(draw(st.lists(parts, min_size=samples, max_size=samples)), dtype=float)
        return logits, q / q.sum(-1, keepdims=True), options
    allowed = st.integers(0, classes - 1)
    if draw(st.booleans()):
        options["ignore_index"] = draw(st.sampled_from([-100, 0, classes - 1]))
        allowed |= st.just(options["ignore_index"])
    target = np.array(draw(st.lists(allowed, min_size=samples, max_size=samples)))
    return logits, target, options


@given(problems())
@settings(max_examples=200, deadline=None)
def test_cross_entropy_and_its_gradient_are_mpmaths(
    problem: tuple[np.ndarray, np.ndarray, dict[str, Any]],
) -> None:
    logits, target, options = problem
    losses, gradients, divisor = slow_cross_entropy(logits, target, **options)
    u, classes = 2.0**-53, logits.shape[-1]
    span = 80.0  # of the logits: rounding z - max z errs by up to that many roundoffs
    tolerance = (2 * span + 10 * classes + 20) * u

    each = cross_entropy(logits, target, reduction="none", **options)
    for computed, exact in zip(each, losses, strict=True):
        # All terms of a loss have one sign, so the error stays relative.
        assert abs(mpf(float(computed)) - exact) <= tolerance * exact
    total = mpmath.fsum(losses)
    summed = cross_entropy(logits, target, reduction="sum", **options)
    assert abs(mpf(float(summed)) - total) <= 2 * tolerance * total
    mean = cross_entropy(logits, target, **options)
    if divisor:
        assert abs(mpf(float(mean)) - total / divisor) <= 2 * tolerance * total / divisor
    else:
        assert np.isnan(mean)

    scale = max(options["weight"] or [1.0])
    for reduction, by in (("none", mpf(1)), ("sum", mpf(1)), ("mean", divisor)):
        computed = cross_entropy_gradient(logits, target, reduction=reduction, **options)
        assert computed.shape == logits.shape
        exact = np.array(gradients, dtype=object) / (by or mpf(1))
        error = np.abs(computed - exact).astype(float)
        # p and q are at most 1, so what cancels in p - q is at most 1.
        assert (error <= 2 * tolerance * scale / float(by or 1)).all()


def test_a_loss_is_rounded_once_to_a_narrow_format(subtests: pytest.Subtests) -> None:
    for name, target in product(FORMATS, [0, 1]):
        with subtests.test(name=name, target=target):
            fmt = FORMATS[name]
            rng = np.random.default_rng(5)
            bound = 0.5 + 1e-2 if fmt.dtype.itemsize < 4 else 45
            for logits in (rng.uniform(-8, 8, (40, 3))).astype(fmt.dtype):
                exact = -oracle.log_softmax(logits.astype(float).tolist())[target]
                loss = cross_entropy(logits, target)
                assert loss.dtype == fmt.dtype
                assert oracle.ulps(float(loss), exact, fmt) <= bound


def test_a_mean_over_many_samples_does_not_stall_in_a_narrow_format() -> None:
    logits = np.zeros((1000, 2), dtype=FORMATS["bfloat16"].dtype)
    target = np.zeros(1000, dtype=int)
    assert float(cross_entropy(logits, target)) == pytest.approx(math.log(2), rel=2**-8)
    assert float(cross_entropy(logits, target, reduction="sum")) == pytest.approx(693, rel=2**-8)


def test_the_gradient_keeps_the_digits_of_a_confident_answer() -> None:
    gradient = cross_entropy_gradient(np.array([20, 0, 0], np.float32), 0)
    rest = 2 * math.exp(-20)
    expected = [-rest / (1 + rest), *[math.exp(-20) / (1 + rest)] * 2]
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)
    gradient = binary_cross_entropy_with_logits_gradient(np.float32(40), 1)
    assert float(gradient) == pytest.approx(-math.exp(-40), rel=1e-6)


@given(
    st.floats(-700, 700),
    st.integers(0, 16).map(lambda k: k / 16),
    st.floats(0, 8),
    st.floats(0, 8),
)
@settings(max_examples=200, deadline=None)
def test_binary_cross_entropy_and_its_gradient_are_mpmaths(
    x: float, y: float, weight: float, pos_weight: float
) -> None:
    loss, down, up = slow_binary(x, y, weight, pos_weight)
    options = {"weight": weight, "pos_weight": pos_weight, "reduction": "none"}
    tiny = 1e-300  # products that underflow
    computed = binary_cross_entropy_with_logits(x, y, **options)
    assert abs(mpf(float(computed)) - loss) <= 8 * 2.0**-53 * loss + tiny
    computed = binary_cross_entropy_with_logits_gradient(x, y, **options)
    assert abs(mpf(float(computed)) - (up - down)) <= 8 * 2.0**-53 * (up + down) + tiny


def test_cross_entropy_is_torchs(subtests: pytest.Subtests) -> None:
    for case in TORCH["cross_entropy"]:
        with subtests.test(case=case):
            arguments = case["logits"], case["target"]
            loss = cross_entropy(*arguments, **case["options"])
            np.testing.assert_allclose(loss, case["loss"], rtol=1e-14, atol=1e-16)
            gradient = cross_entropy_gradient(*arguments, **case["options"])
            np.testing.assert_allclose(gradient, case["gradient"], rtol=1e-13, atol=1e-16)


def test_binary_cross_entropy_is_torchs(subtests: pytest.Subtests) -> None:
    for case in TORCH["binary_cross_entropy"]:
        with subtests.test(case=case):
            arguments = case["logits"], case["target"]
            loss = binary_cross_entropy_with_logits(*arguments, **case["options"])
            np.testing.assert_allclose(loss, case["loss"], rtol=1e-14, atol=1e-16)
            gradient = binary_cross_entropy_with_logits_gradient(*arguments, **case["options"])
            np.testing.assert_allclose(gradient, case["gradient"], rtol=1e-13, atol=1e-16)


def derivative(f: Callable[[np.ndarray], Any], at: np.ndarray) -> np.ndarray:
    """Return the gradient of a sum by central differences of fourth order.

    Its error is h**4 / 30 times a fifth derivative, and a roundoff of the values over h: 1e-11.
    """
    h = 1e-3
    result = np.empty_like(at)
    for i in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[i] = h
        result[i] = (
            8 * (np.sum(f(at + step)) - np.sum(f(at - step)))
            - (np.sum(f(at + 2 * step)) - np.sum(f(at - 2 * step)))
        ) / (12 * h)
    return result


def test_the_gradient_is_the_numerical_derivative(subtests: pytest.Subtests) -> None:
    for reduction, target, weight, label_smoothing in product(
        REDUCTIONS,
        [np.array([0, 2, 1, 2]), np.full((4, 3), 1 / 3), np.eye(3)[[0, 1, 2, 2]]],
        [None, [0.5, 2.0, 1.0]],
        [0.0, 0.3],
    ):
        with subtests.test(
            reduction=reduction, target=target, weight=weight, label_smoothing=label_smoothing
        ):
            logits = np.random.default_rng(3).normal(size=(4, 3)) * 2
            options = {"weight": weight, "label_smoothing": label_smoothing, "reduction": reduction}
            np.testing.assert_allclose(
                cross_entropy_gradient(logits, target, **options),
                derivative(partial(cross_entropy, target=target, **options), logits),
                atol=1e-9,
            )


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_the_binary_gradient_is_the_numerical_derivative(reduction: str) -> None:
    rng = np.random.default_rng(4)
    logits, target = rng.normal(size=(4, 3)) * 2, rng.uniform(size=(4, 3))
    options = {"weight": [[1.0], [2.0], [0.5], [0.0]], "pos_weight": [1.0, 3.0, 0.5]}
    np.testing.assert_allclose(
        binary_cross_entropy_with_logits_gradient(logits, target, reduction=reduction, **options),
        derivative(
            lambda z: binary_cross_entropy_with_logits(z, target, reduction=reduction, **options),
            logits,
        ),
        atol=1e-9,
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_class_is_its_one_hot_vector(reduction: str) -> None:
    logits = np.array([[2.0, 1.0, -INF], [800.0, 0.0, 1.0]])
    for f in (cross_entropy, cross_entropy_gradient):
        by_class = f(logits, [0, 2], reduction=reduction)
        np.testing.assert_array_equal(by_class, f(logits, one_hot([0, 2], 3), reduction=reduction))


def test_one_vector_is_a_batch_of_one() -> None:
    for target in (1, [0.25, 0.75]):
        assert cross_entropy([2.0, 1.0], target) == cross_entropy([[2.0, 1.0]], [target])
        assert cross_entropy([2.0, 1.0], target, reduction="none").shape == ()
        gradient = cross_entropy_gradient([2.0, 1.0], target)
        np.testing.assert_array_equal([gradient], cross_entropy_gradient([[2.0, 1.0]], [target]))


def test_masked_classes() -> None:
    logits = [-INF, 0.0, 0.0]
    assert cross_entropy(logits, 1) == math.log(2)
    assert cross_entropy(logits, 0) == INF
    assert cross_entropy(logits, 1, label_smoothing=0.1) == INF
    assert cross_entropy(logits, 1, label_smoothing=0.1, weight=[0, 1, 1]) < INF
    np.testing.assert_array_equal(cross_entropy_gradient(logits, 1), [0, -0.5, 0.5])
    np.testing.assert_array_equal(cross_entropy_gradient(logits, 0), [-1, 0.5, 0.5])
    assert np.isnan(cross_entropy([-INF, -INF], 0))
    assert np.isnan(cross_entropy_gradient([-INF, -INF], 0)).all()


@pytest.mark.parametrize(("odd", "losses"), [(NAN, [NAN, NAN]), (INF, [NAN, INF])])
def test_an_odd_logit_spoils_its_own_row(odd: float, losses: list[float]) -> None:
    logits = [[odd, 0.0], [odd, 0.0], [0.0, 0.0]]
    computed = cross_entropy(logits, [0, 1, 0], reduction="none")
    np.testing.assert_array_equal(computed, [*losses, math.log(2)])
    computed = cross_entropy_gradient(logits, [0, 1, 0], reduction="sum")
    np.testing.assert_array_equal(computed, [[NAN, NAN], [NAN, NAN], [-0.5, 0.5]])


@pytest.mark.parametrize("odd", [NAN, INF, -INF])
def test_an_ignored_sample_does_not_count_whatever_its_logits(odd: float) -> None:
    logits, target = [[odd, odd], [2.0, 0.0]], [7, 0]
    assert cross_entropy(logits, target, ignore_index=7) == cross_entropy([2.0, 0.0], 0)
    gradient = cross_entropy_gradient(logits, target, ignore_index=7)
    np.testing.assert_array_equal(gradient[0], [0, 0])


def test_the_mean_over_nothing_is_nan() -> None:
    none = np.zeros(0, dtype=int)
    assert np.isnan(cross_entropy(np.zeros((0, 3)), none))
    assert cross_entropy(np.zeros((0, 3)), none, reduction="sum") == 0
    assert cross_entropy(np.zeros((0, 3)), none, reduction="none").shape == (0,)
    assert cross_entropy_gradient(np.zeros((0, 3)), none).shape == (0, 3)
    assert np.isnan(cross_entropy(np.zeros((0, 3)), np.zeros((0, 3))))
    assert np.isnan(binary_cross_entropy_with_logits([], []))
    assert binary_cross_entropy_with_logits([], [], reduction="sum") == 0


def test_infinite_logits_of_a_binary_loss() -> None:
    logits, target = [INF, INF, -INF, -INF, NAN], [1, 0, 1, 0, 1]
    losses = binary_cross_entropy_with_logits(logits, target, reduction="none")
    np.testing.assert_array_equal(losses, [0, INF, INF, 0, NAN])
    gradient = binary_cross_entropy_with_logits_gradient(logits, target, reduction="none")
    np.testing.assert_array_equal(gradient, [0, 1, -1, 0, NAN])


def test_a_loss_of_zero_has_no_sign() -> None:
    assert not np.signbit(cross_entropy([1000.0, 0.0], 0))
    assert not np.signbit(binary_cross_entropy_with_logits(1000.0, 1))


def test_the_dtype_of_the_logits_is_kept(subtests: pytest.Subtests) -> None:
    for name, reduction in product(FORMATS, REDUCTIONS):
        with subtests.test(name=name, reduction=reduction):
            dtype = FORMATS[name].dtype
            logits, target = np.ones((2, 3), dtype), [0, 1]
            options: dict[str, Any] = {"weight": [1.0, 2.0, 3.0], "reduction": reduction}
            for f in (cross_entropy, cross_entropy_gradient):
                assert f(logits, target, label_smoothing=0.1, **options).dtype == dtype
                assert f(logits, np.full((2, 3), 1 / 3), **options).dtype == dtype
            for f in (binary_cross_entropy_with_logits, binary_cross_entropy_with_logits_gradient):
                assert f(logits, np.ones((2, 3)), pos_weight=0.1, **options).dtype == dtype


def test_integers_become_float64(subtests: pytest.Subtests) -> None:
    for function in [*LOSSES, *GRADIENTS]:
        with subtests.test(function=function.__name__):
            assert function([2, 1], [0.5, 0.5]).dtype == np.float64


def test_arguments_are_not_written_to(subtests: pytest.Subtests) -> None:
    for function in [*LOSSES, *GRADIENTS]:
        with subtests.test(function=function.__name__):
            logits, target, weight = (
                np.array([2.0, 1.0]),
                np.array([0.5, 0.5]),
                np.array([1.0, 2.0]),
            )
            function(logits, target, weight=weight)
            np.testing.assert_array_equal([logits, target, weight], [[2, 1], [0.5, 0.5], [1, 2]])


def test_nothing_is_reported_for_finite_logits(subtests: pytest.Subtests) -> None:
    for function, logits in product(
        [*LOSSES, *GRADIENTS], [[1e308, -1e308], [-1e-300, 1e-300], [800.0, 0.0]]
    ):
        with subtests.test(function=function.__name__, logits=logits), np.errstate(all="raise"):
            function(logits, [0.0, 1.0])


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([1.0, 2.0], 2), {}, ValueError, r"target must be in 0\.\.1; got 2"),
        (([1.0, 2.0], -1), {}, ValueError, r"target must be in 0\.\.1; got -1"),
        (([[1.0, 2.0]] * 2, [0, -100]), {"ignore_index": -1}, ValueError, "got -100"),
        (
            ([1.0, 2.0], [0, 1]),
            {},
            ValueError,
            r"integers of shape \(\).*got int64 of shape \(2,\)",
        ),
        (([[1.0, 2.0]], [0, 1]), {}, ValueError, r"integers of shape \(1,\).*got int64 of shape"),
        (([[1.0, 2.0]], [0.5]), {}, TypeError, r"of shape \(1, 2\); got float64 of shape \(1,\)"),
        (([1.0, 2.0], True), {}, TypeError, "got bool"),
        (([1.0, 2.0], "0"), {}, TypeError, "got dtype <U1"),
        (([1.0, 2.0], [0.5, 0.6]), {}, ValueError, "sum to 1 along axis -1; got a sum of 1.1"),
        (([1.0, 2.0], [1.5, -0.5]), {}, ValueError, "no negative number and no nan; got -0.5"),
        (([1.0, 2.0], [NAN, 1.0]), {}, ValueError, "no negative number and no nan; got nan"),
        (([], 0), {}, ValueError, r"logits must not be empty along axis -1; got shape \(0,\)"),
        ((1.0, 0), {}, ValueError, r"logits must have an axis -1; got shape \(\)"),
        ((np.zeros((1, 1, 2)), [[0]]), {}, ValueError, r"\(C,\) or \(N, C\); got \(1, 1, 2\)"),
        (([1j, 2.0], 0), {}, TypeError, "logits must be real numbers; got dtype complex128"),
        (([1.0, 2.0], 0), {"weight": [1, -1]}, ValueError, "weight must be finite.*got -1"),
        (([1.0, 2.0], 0), {"weight": [1, NAN]}, ValueError, "weight must be finite.*got nan"),
        (
            ([1.0, 2.0], 0),
            {"weight": [1]},
            ValueError,
            r"weight must have shape \(2,\); got \(1,\)",
        ),
        (([1.0, 2.0], 0), {"weight": ["a", "b"]}, TypeError, "weight must be real numbers"),
        (([1.0, 2.0], 0), {"label_smoothing": 1.5}, ValueError, r"in \[0, 1\]; got 1.5"),
        (([1.0, 2.0], 0), {"label_smoothing": NAN}, ValueError, r"in \[0, 1\]; got nan"),
        (([1.0, 2.0], 0), {"label_smoothing": [0.1, 0.2]}, ValueError, r"got \[0.1, 0.2\]"),
        (([1.0, 2.0], 0), {"label_smoothing": "a"}, TypeError, "label_smoothing must be real"),
        (([1.0, 2.0], 0), {"ignore_index": 0.5}, TypeError, "ignore_index must be an integer"),
        (([1.0, 2.0], [0.5, 0.5]), {"ignore_index": 1}, ValueError, "must be None for prob.*got 1"),
        (([1.0, 2.0], 0), {"reduction": "avg"}, ValueError, "none, sum, mean; got 'avg'"),
        (([1.0, 2.0], 0), {"reduction": ["sum"]}, ValueError, r"none, sum, mean; got \['sum'\]"),
        (([1.0, 2.0], 0), {"reduction": np.zeros(2)}, ValueError, r"none, sum, mean; got array"),
        (([1.0, 2.0], 0), {"ignore_index": True}, TypeError, "must be an integer; got True"),
        (
            ([1.0, 2.0], 0),
            {"weight": np.array([NAN, 1], FORMATS["bfloat16"].dtype)},
            ValueError,
            "weight must be finite and not negative; got nan",
        ),
    ],
)
def test_bad_input_of_the_cross_entropy(
    arguments: tuple[Any, Any], options: dict[str, Any], error: type[Exception], message: str
) -> None:
    for f in (cross_entropy, cross_entropy_gradient):
        with pytest.raises(error, match=message):
            f(*arguments, **options)


@pytest.mark.parametrize("target", [1, [0.0, 1.0, 0.0]])
def test_a_weight_beyond_the_format_is_that_of_its_own_class_alone(target: Any) -> None:
    logits, weight = np.array([0.0, 6.25, -1.625], np.float32), [1e216, 2, 1]
    expected = 2 * cross_entropy(logits, 1)
    assert cross_entropy(logits, target, weight=weight, reduction="sum") == expected
    slope = cross_entropy_gradient(logits, target, weight=weight, reduction="sum")
    np.testing.assert_array_equal(slope, 2 * cross_entropy_gradient(logits, 1))


@pytest.mark.parametrize("option", ["weight", "pos_weight"])
def test_a_binary_weight_beyond_the_format_is_that_of_its_own_answer_alone(option: str) -> None:
    logits = np.zeros(2, np.float32)
    loss = binary_cross_entropy_with_logits(logits, [0, 1], **{option: 1e300}, reduction="none")
    assert loss[0] == (math.inf if option == "weight" else np.log(np.float32(2)))
    assert loss[1] == math.inf


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([1.0, 2.0], [1]), {}, ValueError, r"logits' shape \(2,\); got \(1,\)"),
        ((1.0, 1.5), {}, ValueError, r"target must be in \[0, 1\]; got 1.5"),
        ((1.0, NAN), {}, ValueError, r"target must be in \[0, 1\]; got nan"),
        (
            ([1.0] * 9, np.full(9, NAN, FORMATS["bfloat16"].dtype)),
            {},
            ValueError,
            r"target must be in \[0, 1\]; got nan",
        ),
        (("1", 1), {}, TypeError, "logits must be real numbers; got dtype <U1"),
        ((1.0, 1j), {}, TypeError, "target must be real numbers; got dtype complex128"),
        ((1.0, 1), {"weight": -1}, ValueError, "weight must be finite and not negative; got -1"),
        ((1.0, 1), {"pos_weight": INF}, ValueError, "pos_weight must be finite.*got inf"),
        (([1.0, 2.0], [1, 1]), {"weight": [1, 1, 1]}, ValueError, r"\(2,\); got shape \(3,\)"),
        ((1.0, 1), {"pos_weight": [1, 1]}, ValueError, r"\(\); got shape \(2,\)"),
        ((1.0, 1), {"reduction": None}, ValueError, "none, sum, mean; got None"),
    ],
)
def test_bad_input_of_the_binary_cross_entropy(
    arguments: tuple[Any, Any], options: dict[str, Any], error: type[Exception], message: str
) -> None:
    for f in (binary_cross_entropy_with_logits, binary_cross_entropy_with_logits_gradient):
        with pytest.raises(error, match=message):
            f(*arguments, **options)


def test_one_hot() -> None:
    np.testing.assert_array_equal(one_hot(1, 3), [0, 1, 0])
    np.testing.assert_array_equal(one_hot([[0], [2]], 3), [[[1, 0, 0]], [[0, 0, 1]]])
    assert one_hot([0], 2).dtype == np.float64
    assert one_hot([0], 2, dtype=np.int8).dtype == np.int8
    assert one_hot([0], 2, dtype=FORMATS["bfloat16"].dtype).dtype == FORMATS["bfloat16"].dtype
    assert one_hot(np.zeros((0,), int), 2).shape == (0, 2)


@pytest.mark.parametrize(
    ("target", "num_classes", "error", "message"),
    [
        (3, 3, ValueError, r"target must be in 0\.\.2; got 3"),
        ([0, -1], 3, ValueError, r"target must be in 0\.\.2; got -1"),
        (0, 0, ValueError, "num_classes must be at least 1; got 0"),
        (0.0, 3, TypeError, "target must be integers; got dtype float64"),
        (True, 3, TypeError, "target must be integers; got dtype bool"),
        (0, 2.5, TypeError, "num_classes must be an integer; got 2.5"),
    ],
)
def test_bad_input_of_one_hot(
    target: Any, num_classes: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        one_hot(target, num_classes)
