"""The loss on paper, and how far a computed one is from it, against 50 digits in decimal."""

import math
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext

import numpy as np
import pytest

from ce_core.formats import FORMATS, neighbours
from ce_core.pipelines import PIPELINES, STEPS, run, run_formats
from ce_core.pipelines.paper import spacing
from tests.core import exact
from tests.core.oracle import share
from tests.core.test_pipelines import some_vectors

INF = math.inf
WORK = Context(prec=80, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
FAR = [
    ([42.0, 1337.0, 557.0], 1, -338.7496958845364),  # 1.8e-339
    ([1e308, -1e308], 1, 308.30102999566398),  # 2e308
    ([0.0, 1.7e308], 0, 308.23044892137827),
    ([0.0, -744.5], 0, None),
    ([800.0, 0.0, 0.0], 0, None),
]


def vectors(name):
    """Yield vectors that are numbers on paper, some with masked classes."""
    for logits, target, _ in some_vectors(name, 60, seed=21):
        if logits[target] > -INF:
            yield logits.tolist(), target
    rng = np.random.default_rng(22)
    for gap in (1e-9, 1.0, 30.0, 400.0, 740.0, 760.0):
        yield [gap, *rng.normal(size=3).tolist()], 0
    for logits, target, _ in FAR:
        yield logits, target


def unit(truth, name):
    """Return the distance of the neighbours in a format that enclose a number most closely."""
    fmt = FORMATS[name]
    with np.errstate(all="ignore"):
        near = float(np.array(min(float(truth), fmt.max)).astype(fmt.dtype))
    near = near if math.isfinite(near) else fmt.max  # rounded up to what there is not
    below = near if Decimal(near) < truth and near < fmt.max else neighbours(near, name)[0]
    if truth <= Decimal(fmt.smallest_subnormal):
        return Decimal(fmt.smallest_subnormal)
    with localcontext(prec=1100):  # of numbers of float64, exactly
        return Decimal(neighbours(below, name)[1]) - Decimal(below)


@pytest.mark.parametrize("name", FORMATS)
def test_the_loss_on_paper(name):
    for logits, target in vectors(name):
        truth = exact.cross_entropy(logits, target)
        found = run(logits, target, "fused", name)
        with localcontext(WORK):
            if truth > Decimal(np.finfo(float).max):
                assert found.paper == INF
            else:
                # float64 tells itself with its budget, and the others with true_loss.
                digits = Decimal(0.5000001 if name == "float64" else 4)
                assert abs(Decimal(float(found.paper)) - truth) <= digits * unit(truth, "float64")
            # Below 1e-308 the logarithm is a difference of logits times log10(e), in float64.
            log10 = truth.log10() if truth else Decimal("-Infinity")
            if math.isfinite(found.log10_paper):
                gap = abs(Decimal(float(found.log10_paper)) - log10)
                assert gap <= Decimal(2) ** -50 * (1 + abs(log10))
            else:
                assert found.log10_paper == -INF
                assert truth == 0 or log10 < Decimal(-(10**17))


def test_losses_beyond_float64():
    for logits, target, log10 in FAR:
        for pipeline in PIPELINES:
            found = run(logits, target, pipeline, "float64")
            if log10 is not None:
                assert found.log10_paper == pytest.approx(log10, rel=1e-15)
                assert found.paper in (0.0, INF) or log10 < 308.26


def test_a_loss_that_is_0_on_paper():
    for logits in ([2.0, -INF, -INF], [7.0]):
        found = run(logits, 0, "fused", "float64")
        assert (found.paper, found.log10_paper, found.ulps, found.right) == (0, -INF, 0, True)


def test_an_overflow_is_no_right_answer():
    """The infinity of a masked target is right, and that of 2e308 is an overflow."""
    for name in ("float64", "float16"):
        far = FORMATS[name].max
        overflow = run([-far, far], 0, "fused", name)
        assert (overflow.steps["loss"], overflow.ulps, overflow.right) == (INF, INF, False)
        masked = run([-INF, far], 0, "fused", name)
        assert (masked.steps["loss"], masked.ulps, masked.right) == (INF, 0, True)


@pytest.mark.parametrize("name", FORMATS)
def test_the_distance_from_paper(name):
    """Counted in the distance of the neighbours on either side of the loss on paper."""
    judged = off = 0
    for logits, target in vectors(name):
        truth = exact.cross_entropy(logits, target)
        for pipeline in STEPS:
            found = run(logits, target, pipeline, name)
            loss = float(found.steps["loss"])
            if not math.isfinite(loss) or not math.isfinite(found.paper):
                assert found.ulps == INF
                assert not found.right
                continue
            with localcontext(WORK):
                error = Decimal(loss) - truth
                ulps = abs(error) / unit(truth, name)
                # float64 knows its own last digit to a hundredth.
                slack = Decimal("0.01") if name == "float64" else Decimal("1e-6")
                if name == "float64" and truth < Decimal(FORMATS[name].smallest_normal):
                    slack = Decimal("0.5")  # it has no fractions of its smallest number
                allowed = slack + ulps * Decimal("1e-9")
                told = Decimal(float(found.ulps))
                if ulps < Decimal("1e300"):
                    assert abs(told - ulps) <= allowed, (logits, target, pipeline)
                else:
                    assert told > Decimal("1e299")
                assert abs(Decimal(float(found.error)) - error) <= allowed * unit(truth, name)
                limit = Decimal("0.5") if loss == 0 else Decimal(1)
                if abs(ulps - limit) > allowed:
                    assert found.right == (ulps < limit)
                    judged += 1
                    off += not found.right
    assert judged > share(150, name)
    assert off > share(20, name)


def test_a_power_of_two_has_the_lower_unit(subtests):
    """The neighbours of 1 that enclose it most closely are 1 and the number below it."""
    for name in FORMATS:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            for number in (1.0, 2.0, 1.5, fmt.smallest_normal):
                below = neighbours(number, name)[0]
                expected = number - below
                assert unit(Decimal(number), name) == Decimal(expected)
                assert spacing(np.array([number]), fmt) == [expected]
            end = fmt.max - neighbours(fmt.max, name)[0]
            assert spacing(np.array([np.inf, fmt.max]), fmt).tolist() == [end] * 2


def test_all_formats_have_one_paper():
    logits = np.random.default_rng(3).normal(size=(20, 4)) * 20
    papers = [forms["naive"].paper for forms in run_formats(logits, 2).values()]
    for paper in papers:
        np.testing.assert_array_equal(paper, papers[0])
