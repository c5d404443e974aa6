"""The same quantities to 50 digits, and how far a computed number is from them.

A float is an exact number, so the softmax of *stored* logits has a true value. Here it is computed
with the standard library's decimal arithmetic, in which nothing overflows before 10**(10**18).

Special values are those of floating-point arithmetic: a -inf logit is a masked class; nan, +inf or
nothing but -inf among the logits makes every result nan, save that of `logsumexp`.

Logits are a sequence of C floats, the target is a class from 0 to C - 1; anything else raises
`ValueError`.
"""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from functools import lru_cache
from typing import Final, NamedTuple

from ce_core.formats import lookup

DIGITS: Final = 50
"""The significant digits of a result."""

_ROUND: Final = Context(prec=DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
# An argument of exp with more than 18 digits before the point gives 0 or Infinity. One with 18
# leaves 62 digits of its exponential.
_WORK: Final = Context(prec=DIGITS + 30, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


class _Parts(NamedTuple):
    logits: list[Decimal]
    largest: Decimal
    shifted: list[Decimal]
    exp: list[Decimal]
    rest: Decimal
    log_sum: Decimal


def logsumexp(logits: Sequence[float]) -> Decimal:
    """Return ln(sum of exp(logits)).

    Examples
    --------
    >>> print(logsumexp([0.0, 0.0]))
    0.69314718055994530941723212145817656807550013436026
    """
    with localcontext(_WORK):
        parts = _solve(logits)
        if parts.largest.is_finite():
            return _ROUND.plus(parts.largest + parts.log_sum)
        return parts.largest


def softmax(logits: Sequence[float]) -> tuple[Decimal, ...]:
    """Return exp(logits) / sum of exp(logits).

    Examples
    --------
    >>> print(*softmax([800.0, 800.0]))
    0.5 0.5
    """
    with localcontext(_WORK):
        parts = _solve(logits)
        return _round(exp / (1 + parts.rest) for exp in parts.exp)


def log_softmax(logits: Sequence[float]) -> tuple[Decimal, ...]:
    """Return the natural logarithms of `softmax`.

    Examples
    --------
    >>> print(log_softmax([0.0, 10.0])[0])
    -10.000045398899216864646769487829307105596781502282
    """
    with localcontext(_WORK):
        parts = _solve(logits)
        return _round(difference - parts.log_sum for difference in parts.shifted)


def cross_entropy(logits: Sequence[float], target: int) -> Decimal:
    """Return -ln softmax(logits)[target], in nats.

    Examples
    --------
    >>> print(cross_entropy([20.0, 0.0, 0.0], 0))
    4.1223072363804071686993980646498380139391740723761E-9
    """
    return _pick(log_softmax(logits), target).copy_negate()


def steps(logits: Sequence[float], target: int, pipeline: str) -> dict[str, tuple[Decimal, ...]]:
    """Return what the steps of a pipeline give on paper.

    Parameters
    ----------
    logits : sequence of float, length C
        The stored logits.
    target : int
        The true class.
    pipeline : {"naive", "shifted", "fused"}
        A name in `ce_core.pipelines.PIPELINES`.

    Returns
    -------
    dict
        By the names of `ce_core.pipelines.STEPS`: C numbers, or one.

    Examples
    --------
    >>> print(*steps([800.0, 0.0], 0, "naive")["total"])
    2.7263745721125665673647795463672697579665922657898E+347
    """
    with localcontext(_WORK):
        parts = _solve(logits)
        exp = [logit.exp() for logit in parts.logits] if pipeline == "naive" else parts.exp
        found = {
            "logits": _round(parts.logits),
            "largest": _round([parts.largest]),
            "shifted": _round(parts.shifted),
            "exp": _round(exp),
            "total": _round([sum(exp, Decimal(0))]),
            "rest": _round([parts.rest]),
            "log_sum": _round([parts.log_sum]),
        }
    probabilities = softmax(logits)
    log_probabilities = log_softmax(logits)
    return found | {
        "log_probabilities": log_probabilities,
        "probabilities": probabilities,
        "probability": (_pick(probabilities, target),),
        "loss": (_pick(log_probabilities, target).copy_negate(),),
    }


def add(logits: Sequence[float], shift: float) -> tuple[Decimal, ...]:
    """Return logits + shift.

    Examples
    --------
    >>> print(*add([1e16, 1.0], 0.5))
    10000000000000000.5 1.5
    """
    with localcontext(_WORK):
        return _round(Decimal(logit) + Decimal(shift) for logit in logits)


def relative_error(computed: float, exact: Decimal) -> float:
    """Return |computed - exact| / |exact|: 0 where both are equal, inf where only `exact` is 0.

    Examples
    --------
    >>> relative_error(0.0, Decimal("4e-9"))
    1.0
    """
    with localcontext(_WORK):
        difference = Decimal(computed) - exact
        return float(abs(difference / exact)) if difference != 0 else 0.0


def ulp_error(computed: float, exact: Decimal | float, format: str) -> float:
    """Return |computed - exact| in units in the last place of a format.

    The unit is the distance between the two closest numbers a <= exact <= b, a != b, of the format
    with an exponent that is not bounded above: at a power of two that of the numbers below it, and
    below the smallest normal number that of the subnormal ones. A correctly rounded number is at
    most 0.5 away.

    Parameters
    ----------
    computed : float
        A number of the format.
    exact : Decimal or float
        What it should be.
    format : str
        A name in `ce_core.formats.FORMATS`.

    Returns
    -------
    float
        inf where only one of the two is infinite, nan where only one of them is nan. 0 where both
        are the same infinity, or nan.

    Raises
    ------
    ValueError
        If there is no such format.

    References
    ----------
    Harrison's definition, in the words of J.-M. Muller et al., "Handbook of Floating-Point
    Arithmetic", as one of its authors quotes it: V. Lefèvre, "Motion 46: finalise interval
    literals", IEEE P1788 mailing list, 12 July 2013. The book itself was not looked up.

    Examples
    --------
    >>> ulp_error(0.1, Decimal("0.1"), "float64")
    0.4
    >>> ulp_error(1.0 + 2.0**-52, 1.0, "float64"), ulp_error(1.0 - 2.0**-53, 1.0, "float64")
    (2.0, 1.0)
    """
    fmt = lookup(format)
    with localcontext(_WORK):
        found, truth = Decimal(computed), Decimal(exact)
        if found.is_nan() or truth.is_nan():
            return 0.0 if found.is_nan() and truth.is_nan() else math.nan
        if found.is_infinite() or truth.is_infinite():
            return 0.0 if found == truth else math.inf
        size, smallest = truth.copy_abs(), Decimal(fmt.smallest_normal)
        power = _power_of_two_below(size) if size > smallest else smallest
        return float(abs(found - truth) / (power / 2**fmt.fraction_bits))


def _power_of_two_below(size: Decimal) -> Decimal:
    """Return the largest power of two that is smaller than a normal number."""
    if size < Decimal(2) ** 1023:
        power = Decimal(math.ldexp(0.5, math.frexp(float(size))[1]))
    else:
        power = Decimal(2) ** int(size.log10() / Decimal(2).log10())
    return power if power < size else power / 2  # it is one, or float() rounded up to one


def _solve(logits: Sequence[float]) -> _Parts:
    return _solve_once(tuple(map(float, logits)))


@lru_cache(maxsize=8)  # softmax, its log and the logsumexp of the same logits follow each other
def _solve_once(logits: tuple[float, ...]) -> _Parts:
    z = [Decimal(logit) for logit in logits]
    if not z:
        raise ValueError("logits must be at least one number; got none")
    largest = Decimal("NaN") if any(logit.is_nan() for logit in z) else max(z)
    if not largest.is_finite():
        nan = Decimal("NaN")
        return _Parts(z, largest, [nan] * len(z), [nan] * len(z), nan, nan)
    shifted = [logit - largest for logit in z]
    exp = [difference.exp() for difference in shifted]
    position = z.index(largest)
    rest = sum(exp[:position] + exp[position + 1 :], Decimal(0))
    return _Parts(z, largest, shifted, exp, rest, _log1p(rest))


def _log1p(x: Decimal) -> Decimal:
    if x.adjusted() < -_WORK.prec:
        return x  # the next term, -x**2 / 2, is below the last digit
    with localcontext() as context:
        context.prec += max(0, -x.adjusted())
        return (1 + x).ln()


def _pick(numbers: tuple[Decimal, ...], target: int) -> Decimal:
    if not 0 <= target < len(numbers):
        raise ValueError(f"target must be a class from 0 to {len(numbers) - 1}; got {target}")
    return numbers[target]


def _round(numbers: Iterable[Decimal]) -> tuple[Decimal, ...]:
    return tuple(_ROUND.plus(number) for number in numbers)
