"""Numbers as unevaluated sums of two float64: about 30 digits, on any machine.

A float64 step of a pipeline errs by a fraction of float64's last digit. To tell that fraction the
exponential has to be known better than float64 holds it; the rest is exact residuals.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import cache
from typing import NamedTuple

import numpy as np

from ce_core.pipelines.rows import Array

_PARTS = 512  # the exponential is tabled at multiples of 1 over this
_FAR = 178  # multiples on either side: up to ln(2) / 2
_BLOCK = 8192  # numbers that are worked on at once, so that they stay near the processor


class Pair(NamedTuple):
    """high + low, where high is that sum rounded to float64."""

    high: Array
    low: Array


def two_sum(a: Array, b: Array) -> Pair:
    """Return a + b exactly; low is nan where the sum is not finite.

    D. E. Knuth, The Art of Computer Programming, vol. 2, section 4.2.2, theorem B.

    Examples
    --------
    >>> [float(part) for part in two_sum(np.array(1e16), np.array(1.0))]
    [1e+16, 1.0]
    """
    total = a + b
    from_b = total - a
    return Pair(total, (a - (total - from_b)) + (b - from_b))


def two_product(a: Array, b: Array) -> Pair:
    """Return a * b exactly, where neither is beyond 2**995 and the product is above 2**-960.

    T. J. Dekker, "A floating-point technique for extending the available precision", Numerische
    Mathematik 18 (1971).

    Examples
    --------
    >>> tenth = np.array(0.1)
    >>> high, low = two_product(tenth, tenth)
    >>> from fractions import Fraction
    >>> Fraction(high.item()) + Fraction(low.item()) == Fraction(0.1) ** 2
    True
    """
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    low = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return Pair(product, low)


def _halves(a: Array) -> tuple[Array, Array]:
    """Split into two numbers of 26 bits."""
    far = a * 134217729.0  # 2**27 + 1
    high = far - (far - a)
    return high, a - high


class Power(NamedTuple):
    """(high + low) * 2**exponent, which neither over- nor underflows."""

    high: Array
    low: Array
    exponent: Array


def exp(x: Array) -> Power:
    r"""Return e**x to about 2**-68 of it, as a mantissa near 1 and a power of two.

    x beyond 2000 counts as that, and so does nan. x = k ln 2 + j / 512 + s, and e**(j / 512) comes
    from a table; e**s is a series.

    P. T. P. Tang, "Table-driven implementation of the exponential function in IEEE floating-point
    arithmetic", ACM TOMS 15 (1989).

    Examples
    --------
    >>> high, low, exponent = exp(np.array(-800.0))
    >>> from decimal import Decimal
    >>> found = (Decimal(float(high)) + Decimal(float(low))) * Decimal(2) ** int(exponent)
    >>> abs(found / Decimal(-800).exp() - 1) < Decimal("1e-18")
    True
    """
    flat = x.ravel(order="K")
    high, low, exponent = (np.empty_like(flat) for _ in range(3))
    table, table_low, _, _ = _table()
    for start in range(0, len(flat), _BLOCK):
        part = slice(start, start + _BLOCK)
        x_part = np.fmax(np.fmin(flat[part], 2000.0), -2000.0)
        k = np.rint(x_part * (1 / _LN2[0]), out=exponent[part])
        first = x_part - k * _LN2[0]  # exact: the two are close, or k is 0
        second = k * _LN2[1]
        s = first - second
        s_low = (first - s) - second
        j = np.rint(s * _PARTS)
        s -= j * (1 / _PARTS)
        tail = s * s * (0.5 + s * (1 / 6 + s * (1 / 24 + s * (1 / 120 + s * (1 / 720)))))
        tail += s_low
        j += _FAR
        at = j.astype(np.intp)
        t, t_low = table.take(at), table_low.take(at)
        product, product_low = two_product(t, s)
        np.add(t, product, out=high[part])
        np.subtract(t, high[part], out=low[part])
        low[part] += product
        tail *= t
        s *= t_low
        low[part] += product_low + (t_low + tail + s)
    return Power(*(_like(x, array) for array in (high, low, exponent)))


def scaled(x: Array, exponent: Array) -> Array:
    """Return x * 2**exponent, exactly where that is a normal number; 2044 is the largest exponent.

    Much faster than np.ldexp. There are two factors, because one can be beyond float64.

    Examples
    --------
    >>> scaled(np.array([5e-324]), np.array([1074.0]))
    array([1.])
    """
    whole = np.clip(exponent, -2044, 2044).astype(np.int64)
    half = whole >> 1
    whole -= half
    return np.asarray(x * _two_to(half) * _two_to(whole))


def _two_to(exponent: Array) -> Array:
    """Return 2**exponent, from the bits of a float64, in place of int64 from -1022 to 1023."""
    exponent += 1023
    exponent <<= 52
    return exponent.view(np.float64)


def _like(x: Array, flat: Array) -> Array:
    """Return an array of x's shape and order in memory."""
    return flat.reshape(x.shape, order="F" if x.flags.f_contiguous else "C")


def expm1(x: Array) -> Pair:
    """Return e**x - 1 to about 2**-63 of it, for |x| up to ln(2) / 2; else as `exp` has it.

    Examples
    --------
    >>> high, low = expm1(np.array(1e-10))
    >>> from decimal import Decimal, getcontext
    >>> x = Decimal(1e-10)
    >>> series = x + x**2 / 2 + x**3 / 6
    >>> abs((Decimal(float(high)) + Decimal(float(low))) / series - 1) < Decimal("1e-18")
    True
    """
    j = np.rint(x * _PARTS)
    small = np.abs(j) <= _FAR  # not where it is nan
    _, _, table, table_low = _table()
    at = np.where(small, j + _FAR, _FAR).astype(np.intp)
    q = x - j / _PARTS
    q_low = q * q * (0.5 + q * (1 / 6 + q * (1 / 24 + q * (1 / 120 + q * (1 / 720 + q / 5040)))))
    # e**(j / 512 + s) - 1 = (e**(j / 512) - 1) (1 + q) + q
    t, t_low = table[at], table_low[at]
    product, product_low = two_product(t, q)
    first, first_low = two_sum(t, q)
    high, low = two_sum(first, product)
    low += first_low + product_low + (t_low + q_low + t * q_low + t_low * q)
    high, low = two_sum(high, low)
    if small.all():
        return Pair(high, low)
    power, power_low, exponent = exp(np.where(small, 0.0, x))
    shift = exponent.astype(np.intc)
    beyond, beyond_low = two_sum(np.ldexp(power, shift), np.array(-1.0))
    beyond_low += np.ldexp(power_low, shift)
    return Pair(np.where(small, high, beyond), np.where(small, low, beyond_low))


# ln 2 in three parts: a product of the first, and one of the second, with an integer below 2**11
# is exact.
_LN2_DIGITS = Context(prec=60).ln(Decimal(2))


def _parted(number: Decimal) -> tuple[float, float, float]:
    first = float(np.ldexp(np.rint(np.ldexp(float(number), 42)), -42))
    second = float(number - Decimal(first))
    second = float(np.ldexp(np.rint(np.ldexp(second, 84)), -84))
    return first, second, float(number - Decimal(first) - Decimal(second))


_LN2 = _parted(_LN2_DIGITS)


@cache
def _table() -> tuple[Array, Array, Array, Array]:
    """Return e**(j / _PARTS), and that minus 1, as two float64 each."""
    context = Context(prec=40)
    exact = [context.exp(Decimal(j) / _PARTS) for j in range(-_FAR, _FAR + 1)]
    columns = []
    for less in (0, 1):
        numbers = [number - less for number in exact]
        high = [float(number) for number in numbers]
        low = [float(n - Decimal(h)) for n, h in zip(numbers, high, strict=True)]
        columns += [np.array(high), np.array(low)]
    return tuple(columns)  # type: ignore[return-value]  # four of them
