"""The floating-point formats: their limits, the bits of a value, and its neighbours.

Every number here is derived from what NumPy and ml_dtypes report about the format; none is
typed in.
"""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class FloatFormat:
    """One binary floating-point format.

    Attributes
    ----------
    name : str
        The name of the NumPy dtype.
    dtype : numpy.dtype
        The dtype that computes in this format.
    bits : int
        The width of a number. NumPy stores one of 4 or 6 bits in a whole byte, at its low end.
    sign_bits, exponent_bits, fraction_bits : int
        The widths of the three fields of a stored value. The fraction does not count the leading
        bit of the significand, which is not stored.
    max : float
        The largest finite number.
    smallest_normal, smallest_subnormal : float
        The smallest positive number with all its digits, and the smallest positive number.
    unit_roundoff : float
        u, half the distance from 1 to the next number: rounding to nearest errs by at most u,
        relatively, unless the result overflows or is subnormal.
    has_infinity, has_nan, has_negative_zero : bool
        Which special values have a bit pattern; see Notes.
    too_large : float
        The smallest float64 that is rounded to something beyond `max`: half a unit more, which is a
        tie, or what comes after it if the last bit of `max` is 0, as in float8_e4m3fn.
    overflow : float
        What such a number is stored as: inf; nan without an infinity; without either `max`.
    ln_max : float
        ln(max): the exp of a larger logit is beyond the largest number.
    ln_smallest_normal : float
        Below this logit exp is subnormal: it has fewer digits.
    ln_zero : float
        ln(smallest_subnormal / 2): at and below this logit exp rounds to 0.

    Notes
    -----
    ``exp`` overflows where the result *rounds* to a number above `max`, which is at ln(max) plus
    about `unit_roundoff`. Only formats with four fraction bits or fewer may have a number between
    the two.

    The three flags tell four families of formats apart, by the patterns that are no numbers:

    - an infinity, as in IEEE 754: an exponent of ones is inf where the fraction is 0, else nan;
    - nan, and a zero of either sign ("fn"): only an exponent and a fraction of ones are nan;
    - nan, and one zero ("fnuz"): the pattern that would be -0 is nan, and it is the only one;
    - neither inf nor nan: every pattern is a number. What is too large is stored as the largest
      number, and nan as a zero: the specification leaves that one open, and ml_dtypes does this.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and softmax
    functions", IMA J. Numer. Anal. 41 (2021), Tables 1 and 2. The 8-bit, 6-bit and 4-bit formats
    are those of the README of ml_dtypes.

    Examples
    --------
    >>> half = FORMATS["float16"]
    >>> half.max, half.fraction_bits, round(half.ln_max, 2)
    (65504.0, 10, 11.09)
    >>> [FORMATS[name].overflow for name in ("float8_e4m3", "float8_e4m3fn", "float4_e2m1fn")]
    [inf, nan, 6.0]
    """

    name: str
    dtype: np.dtype[Any]
    bits: int
    sign_bits: int
    exponent_bits: int
    fraction_bits: int
    max: float
    smallest_normal: float
    smallest_subnormal: float
    unit_roundoff: float
    has_infinity: bool
    has_nan: bool
    has_negative_zero: bool
    too_large: float
    overflow: float
    ln_max: float
    ln_smallest_normal: float
    ln_zero: float


def _describe(dtype: np.dtype[Any]) -> FloatFormat:
    info = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]  # not annotated
    with np.errstate(all="ignore"):
        specials = np.array([math.inf, math.nan, -0.0]).astype(dtype).astype(np.float64)
    overflow, nan, zero = specials.tolist()
    largest = float(info.max)
    smallest_subnormal = float(info.smallest_subnormal)
    return FloatFormat(
        name=dtype.name,
        dtype=dtype,
        bits=info.bits,
        sign_bits=1,
        exponent_bits=info.bits - 1 - info.nmant,
        fraction_bits=info.nmant,
        max=largest,
        smallest_normal=float(info.smallest_normal),
        smallest_subnormal=smallest_subnormal,
        unit_roundoff=2.0 ** -(info.nmant + 1),
        has_infinity=math.isinf(overflow),
        has_nan=math.isnan(nan),
        has_negative_zero=math.copysign(1.0, zero) < 0,
        too_large=_too_large(largest, info.nmant),
        overflow=overflow,
        ln_max=math.log(largest),
        ln_smallest_normal=math.log(float(info.smallest_normal)),
        # smallest_subnormal / 2 is 0 in float64, hence the difference of two logarithms.
        ln_zero=math.log(smallest_subnormal) - math.log(2.0),
    )


def _too_large(largest: float, fraction_bits: int) -> float:
    significand, exponent = math.frexp(largest)
    units = math.ldexp(significand, fraction_bits + 1)
    tie = largest + math.ldexp(1.0, exponent - fraction_bits - 2)
    return tie if units % 2 else math.nextafter(tie, math.inf)


FORMATS: dict[str, FloatFormat] = {
    np.dtype(scalar).name: _describe(np.dtype(scalar))
    for scalar in (
        np.float64,
        np.float32,
        np.float16,
        ml_dtypes.bfloat16,
        ml_dtypes.float8_e5m2,
        ml_dtypes.float8_e5m2fnuz,
        ml_dtypes.float8_e4m3,
        ml_dtypes.float8_e4m3fn,
        ml_dtypes.float8_e4m3fnuz,
        ml_dtypes.float8_e4m3b11fnuz,
        ml_dtypes.float8_e3m4,
        ml_dtypes.float6_e3m2fn,
        ml_dtypes.float6_e2m3fn,
        ml_dtypes.float4_e2m1fn,
    )
}
"""The formats by name, widest first.

float8_e8m0fnu is not among them. It has no sign, no zero and no fraction: it scales blocks of other
numbers, and no logit, no probability of 0 and no loss could be stored in it.
"""

EVERYDAY: tuple[str, ...] = (
    "float64",
    "float32",
    "float16",
    "bfloat16",
    "float8_e5m2",
    "float8_e4m3fn",
)
"""The names of those that most frameworks compute or store in."""


def lookup(name: str) -> FloatFormat:
    """Return the format called `name`.

    Raises
    ------
    ValueError
        If there is no such format.

    Examples
    --------
    >>> lookup("bfloat16").exponent_bits
    8
    """
    try:
        return FORMATS[name]
    except (KeyError, TypeError):
        raise ValueError(f"format must be one of {', '.join(FORMATS)}; got {name!r}") from None


def as_float64(numbers: npt.ArrayLike, name: str) -> npt.NDArray[np.float64]:
    """Return real numbers as a new float64 array; `name` is what the error calls them.

    Raises
    ------
    TypeError
        If they are complex, strings or other objects.

    Examples
    --------
    >>> as_float64(["2", "1"], "logits")
    Traceback (most recent call last):
        ...
    TypeError: logits must be real numbers; got dtype <U1
    """
    array = np.asarray(numbers)
    if not np.can_cast(array.dtype, np.float64, "same_kind"):
        raise TypeError(f"{name} must be real numbers; got dtype {array.dtype}")
    return array.astype(np.float64)


def widen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a half-width or narrower array as float32, which holds each of its numbers.

    Sums can be trusted there: in bfloat16 a running sum of ones stops at 256, because 256 + 1
    rounds to 256; in float8_e4m3fn it stops at 16, in float4_e2m1fn at 4. What is computed in
    float32 is rounded to the narrow format once, at the end, as PyTorch's kernels do.
    P. Micikevicius et al., "Mixed Precision Training", ICLR 2018, section 3.3, give the reason:
    reductions, softmax among them, are to be carried out in float32.

    Examples
    --------
    >>> widen(np.ones(2, np.float16)).dtype.name, widen(np.ones(2)).dtype.name
    ('float32', 'float64')
    """
    return array.astype(np.float32) if array.itemsize < 4 else array


def _store(value: float, fmt: FloatFormat) -> npt.NDArray[Any]:
    with np.errstate(all="ignore"):
        return np.array(value, dtype=np.float64).astype(fmt.dtype)


class Bits(NamedTuple):
    """The three fields of a stored number, each a string of 0 and 1, most significant bit first."""

    sign: str
    exponent: str
    fraction: str


def bits(value: float, format: str) -> Bits:
    """Return the bits of `value` as stored in a format.

    Parameters
    ----------
    value : float
        Any number, inf and nan included; it is rounded to the format first, as
        `FloatFormat.overflow` says.
    format : str
        A name in `FORMATS`.

    Returns
    -------
    Bits
        The sign, exponent and fraction fields, without the bits that fill a byte.

    Raises
    ------
    ValueError
        If there is no such format.

    Examples
    --------
    >>> bits(-0.1, "float16")
    Bits(sign='1', exponent='01011', fraction='1001100110')
    >>> bits(100.0, "float4_e2m1fn")
    Bits(sign='0', exponent='11', fraction='1')
    """
    fmt = lookup(format)
    stored = _store(value, fmt)
    pattern = f"{int(stored.view(f'u{fmt.dtype.itemsize}')):0{fmt.bits}b}"
    fraction_start = 1 + fmt.exponent_bits
    return Bits(pattern[0], pattern[1:fraction_start], pattern[fraction_start:])


def neighbours(value: float, format: str) -> tuple[float, float]:
    """Return the next number below and the next number above `value` in a format.

    Parameters
    ----------
    value : float
        Any number; it is rounded to the format first.
    format : str
        A name in `FORMATS`.

    Returns
    -------
    below, above : float
        What comes after the largest number is inf, or nan in a format without infinity, which has
        nothing there. inf is its own neighbour on the outer side; both neighbours of nan are nan.

    Raises
    ------
    ValueError
        If there is no such format.

    Examples
    --------
    >>> neighbours(2048, "float16")
    (2047.0, 2050.0)
    """
    fmt = lookup(format)
    stored = _store(value, fmt)
    return _next_below(stored, fmt), -_next_below(-stored, fmt)


def _next_below(stored: npt.NDArray[Any], fmt: FloatFormat) -> float:
    if stored == -fmt.max and not fmt.has_infinity:
        return math.nan
    # In a format without infinity nextafter towards -inf would be nextafter towards nan.
    limit = -math.inf if fmt.has_infinity else -fmt.max
    with np.errstate(all="ignore"):
        return float(np.nextafter(stored, _store(limit, fmt)))
