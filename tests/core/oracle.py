"""The functions of the core in mpmath, from their definitions, and errors in ulps.

Nothing here shares a formula with `ce_core`: probabilities are 1 / (1 + sum of the others' odds),
computed with so many digits that no trick is needed.
"""

import math
from collections.abc import Sequence

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
from mpmath import mpf

from ce_core.formats import EVERYDAY, FloatFormat

DIGITS = 60


def share(count: int, name: str) -> int:
    """Return how many of `count` random draws are enough for a format.

    All of them for those that all see; a quarter for the others, which have few numbers and the
    same code: every width and every family of specials is still drawn.
    """
    return count if name in EVERYDAY else count // 4


def sigmoid(x: float) -> mpf:
    with mpmath.workdps(DIGITS):
        return 1 / (1 + mpmath.exp(-mpf(x)))


def log_sigmoid(x: float) -> mpf:
    with mpmath.workdps(DIGITS):
        return -mpmath.log1p(mpmath.exp(-mpf(x)))


def logsumexp(logits: Sequence[float]) -> mpf:
    # The smallest logit moves its exp, which is close to 1, by as much.
    smallest = min((abs(z) for z in logits if z and math.isfinite(z)), default=1.0)
    with mpmath.workdps(DIGITS + max(0, -math.floor(math.log10(smallest)))):
        return mpmath.log(mpmath.fsum(mpmath.exp(mpf(z)) for z in logits))


def odds_against(logits: Sequence[float], i: int) -> mpf:
    with mpmath.workdps(DIGITS):
        others = (z for j, z in enumerate(logits) if j != i)
        return mpmath.fsum(mpmath.exp(mpf(z) - mpf(logits[i])) for z in others)


def softmax(logits: Sequence[float]) -> list[mpf]:
    with mpmath.workdps(DIGITS):
        return [1 / (1 + odds_against(logits, i)) for i in range(len(logits))]


def log_softmax(logits: Sequence[float]) -> list[mpf]:
    with mpmath.workdps(DIGITS):
        return [-mpmath.log1p(odds_against(logits, i)) for i in range(len(logits))]


def ulp(exact: mpf, fmt: FloatFormat) -> mpf:
    """Return the spacing of the format's numbers at `exact`."""
    with mpmath.workdps(DIGITS):
        size = min(max(abs(exact), mpf(fmt.smallest_normal)), mpf(fmt.max))
        exponent = mpmath.frexp(size)[1] - 1  # frexp gives 0.5 <= m < 1
        return mpmath.ldexp(1, exponent - fmt.fraction_bits)


def ulps(computed: float, exact: mpf, fmt: FloatFormat) -> float:
    """Return |computed - exact| in ulps; 0 for the right overflow, inf for a wrong one or nan."""
    with mpmath.workdps(DIGITS):
        if abs(exact) >= fmt.max + ulp(mpf(fmt.max), fmt) / 2:
            stored = fmt.overflow if exact > 0 else 0 - fmt.overflow
            return 0.0 if repr(float(computed)) == repr(stored) else math.inf
        if math.isnan(computed):
            return math.inf
        return float(abs(mpf(computed) - exact) / ulp(exact, fmt))


def exp_overflow(fmt: FloatFormat) -> float:
    """Return the logit from which on exp rounds to a number above the format's largest.

    It is the log of the largest number and half a unit more: a tie goes to the even neighbour.
    """
    significand = 2 * math.frexp(fmt.max)[0]
    return fmt.ln_max + math.log1p(fmt.unit_roundoff / significand)


def vectors(fmt: FloatFormat, rng: np.random.Generator) -> list[np.ndarray]:
    """Return vectors of logits in a format, of every power of ten from 1e-300 to 1e308 that fits.

    Among them are ties, masked classes where the format has -inf, one class alone, differences that
    cancel, and sums close to one, where the logsumexp is close to zero.
    """
    smallest = max(-300, math.ceil(math.log10(fmt.smallest_subnormal)))
    largest = math.floor(math.log10(fmt.max))
    drawn = [
        10.0**k * rng.uniform(-1, 1, size)
        for k in [*range(smallest, -4, 12), *range(-4, 4), *range(4, largest, 16), largest]
        if smallest <= k <= largest
        for size in (1, 2, 3, 10)
    ]
    drawn += [np.full(size, value) for size in (2, 3, 7) for value in (0.0, 1.0, -fmt.ln_max)]
    drawn += [rng.uniform(-1, 1, 4) * fmt.ln_max for _ in range(4)]
    drawn += [np.log(rng.dirichlet(np.ones(size))) for size in (2, 3, 10)]
    drawn += [np.array([gap, 0.0, 0.0]) for gap in (5.0, 10.0, 20.0, 40.0, 100.0)]
    drawn += [np.array([fmt.max, -fmt.max]), np.array([fmt.max, fmt.max])]
    drawn = [logits.clip(-fmt.max, fmt.max) for logits in drawn]
    if fmt.has_infinity:
        drawn += [np.array([-np.inf, 1.0, 2.0]), np.array([0.5, -np.inf])]
    return [logits.astype(fmt.dtype) for logits in drawn]
