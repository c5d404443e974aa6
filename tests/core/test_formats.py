"""The formats against IEEE 754's formulas, the literature, and every number of the small ones."""

import itertools
import math
import struct
from decimal import Decimal
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from ce_core.formats import FORMATS, Bits, as_float64, bits, lookup, neighbours

# Exponent bits, fraction bits. float8_e4m3fn has no infinity and is not of this family.
IEEE = {
    "float64": (11, 52),
    "float32": (8, 23),
    "float16": (5, 10),
    "bfloat16": (8, 7),
    "float8_e5m2": (5, 2),
}
SMALL = ["float16", "bfloat16", "float8_e5m2", "float8_e4m3fn"]


def test_limits_follow_from_the_widths(subtests):
    for name, widths in IEEE.items():
        with subtests.test(name=name, widths=widths):
            exponent_bits, fraction_bits = widths
            fmt = FORMATS[name]
            bias = 2 ** (exponent_bits - 1) - 1
            assert (fmt.sign_bits, fmt.exponent_bits, fmt.fraction_bits) == (1, *widths)
            assert Fraction(fmt.max) == (2 - Fraction(1, 2**fraction_bits)) * 2**bias
            assert Fraction(fmt.smallest_normal) == Fraction(1, 2 ** (bias - 1))
            assert Fraction(fmt.smallest_subnormal) == Fraction(1, 2 ** (bias - 1 + fraction_bits))
            assert Fraction(fmt.unit_roundoff) == Fraction(1, 2 ** (fraction_bits + 1))
            assert fmt.has_infinity
            assert fmt.dtype == np.dtype(name)


def test_float8_e4m3fn_is_that_of_the_open_compute_project():
    """OCP 8-bit Floating Point Specification (OFP8), revision 1.0 (2023), table 2."""
    fmt = FORMATS["float8_e4m3fn"]
    assert (fmt.sign_bits, fmt.exponent_bits, fmt.fraction_bits) == (1, 4, 3)
    assert (fmt.max, fmt.smallest_normal, fmt.smallest_subnormal) == (448, 2**-6, 2**-9)
    assert fmt.unit_roundoff == 2**-4
    assert not fmt.has_infinity


# Blanchard, Higham and Higham (2021), to three significant figures, some of them cut off and not
# rounded (ln 65504 = 11.09 is printed as 11.0): unit roundoff, smallest subnormal, smallest normal,
# largest number; and the natural logarithms of the last three.
TABLES_1_AND_2 = {
    "bfloat16": "3.91e-3 9.18e-41 1.18e-38 3.39e38 -92.2 -87.3 88.7",
    "float16": "4.88e-4 5.96e-8 6.10e-5 6.55e4 -16.6 -9.70 11.0",
    "float32": "5.96e-8 1.40e-45 1.18e-38 3.40e38 -103 -87.3 88.7",
    "float64": "1.11e-16 4.94e-324 2.22e-308 1.80e308 -744 -708 709",
}


def test_tables_of_blanchard_higham_and_higham(subtests):
    for name, row in TABLES_1_AND_2.items():
        with subtests.test(name=name, row=row):
            fmt = FORMATS[name]
            ours = (
                fmt.unit_roundoff,
                fmt.smallest_subnormal,
                fmt.smallest_normal,
                fmt.max,
                math.log(fmt.smallest_subnormal),
                fmt.ln_smallest_normal,
                fmt.ln_max,
            )
            for number, printed in zip(ours, map(Decimal, row.split()), strict=True):
                unit_of_third_figure = Decimal(10) ** (printed.adjusted() - 2)
                assert abs(Decimal(number) - printed) < unit_of_third_figure


def numbers_around(limit, name):
    """Return the numbers of a format on both sides of a limit, which float64 has rounded."""
    if name == "float64":
        return neighbours(limit, name)
    stored = float(np.float64(limit).astype(FORMATS[name].dtype))
    below, above = neighbours(stored, name)
    return (stored, above) if stored < limit else (below, stored)


def test_exp_overflows_above_ln_max(subtests):
    for name in FORMATS:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            logits = np.array(numbers_around(fmt.ln_max, name)).astype(fmt.dtype)
            with np.errstate(over="ignore"):
                below, above = np.exp(logits).astype(float)
            assert math.isfinite(below)
            assert above == math.inf if fmt.has_infinity else math.isnan(above)


def test_exp_is_zero_below_ln_zero(subtests):
    for name in FORMATS:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            logits = np.array(numbers_around(fmt.ln_zero, name)).astype(fmt.dtype)
            below, above = np.exp(logits).astype(float)
            assert below == 0 < above


def test_exp_is_subnormal_below_ln_smallest_normal(subtests):
    for name in FORMATS:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            logits = np.array(numbers_around(fmt.ln_smallest_normal, name)).astype(fmt.dtype)
            below, above = np.exp(logits).astype(float)
            assert below < fmt.smallest_normal <= above


def patterns(name):
    """Return all bit patterns of a small format, and their values as float64."""
    fmt = FORMATS[name]
    size = fmt.dtype.itemsize
    codes = np.arange(2 ** (8 * size)).astype(f"u{size}")
    with np.errstate(invalid="ignore"):  # some patterns are signalling nans
        return codes, codes.view(fmt.dtype).astype(np.float64)


def test_bits_spell_the_number(subtests):
    for name in SMALL:
        with subtests.test(name=name):
            fmt = FORMATS[name]
            bias = 2 ** (fmt.exponent_bits - 1) - 1
            codes, values = patterns(name)
            every = 1 + len(codes) // 2**12  # all of 256, some thousands of 65536
            for code, value in zip(codes[::every], values[::every], strict=True):
                fields = bits(value, name)
                if not math.isnan(value):
                    assert int("".join(fields), 2) == code
                if math.isfinite(value):
                    exponent, fraction = int(fields.exponent, 2), int(fields.fraction, 2)
                    leading = 1 if exponent else 0
                    significand = leading + Fraction(fraction, 2**fmt.fraction_bits)
                    magnitude = significand * Fraction(2) ** (max(exponent, 1) - bias)
                    assert abs(Fraction(value)) == magnitude
                    assert (fields.sign == "1") == (math.copysign(1, value) < 0)


def test_bits_of_large_formats_are_those_that_struct_packs(subtests):
    for (name, pack, exponent), value in itertools.product(
        [("float64", ">d", 11), ("float32", ">f", 8)],
        [0.0, -0.0, 1.0, -0.1, 1e-40, 3e38, math.inf, -math.inf, math.nan],
    ):
        with subtests.test(name=name, pack=pack, exponent=exponent, value=value):
            pattern = "".join(f"{byte:08b}" for byte in struct.pack(pack, value))
            expected = Bits(pattern[0], pattern[1 : 1 + exponent], pattern[1 + exponent :])
            assert bits(value, name) == expected


def test_neighbours_are_the_next_numbers(subtests):
    for name in SMALL:
        with subtests.test(name=name):
            _, values = patterns(name)
            finite = np.unique(values[np.isfinite(values)])  # -0 and 0 are one
            beyond = math.inf if FORMATS[name].has_infinity else math.nan
            line = [-beyond, *finite.tolist(), beyond]
            every = 1 + len(line) // 2**12
            for i in [*range(1, len(line) - 1, every), len(line) - 2]:
                below, value, above = line[i - 1 : i + 2]
                assert neighbours(value, name) == pytest.approx((below, above), rel=0, nan_ok=True)


def test_neighbours_in_float64_are_those_of_the_math_module(subtests):
    for value in [0.0, 1.0, -1.0, 0.1, 1e300, 5e-324, 1.7976931348623157e308]:
        with subtests.test(value=value):
            expected = (math.nextafter(value, -math.inf), math.nextafter(value, math.inf))
            assert neighbours(value, "float64") == expected


def test_neighbours_in_float32(subtests):
    for value in [0.0, 1.0, -1.0, 1e-45, 3.4028235e38]:
        with subtests.test(value=value):
            stored = np.float32(value)
            with np.errstate(over="ignore"):
                expected = (
                    np.nextafter(stored, np.float32(-np.inf)),
                    np.nextafter(stored, np.float32(np.inf)),
                )
            assert neighbours(value, "float32") == expected


def test_infinity_has_one_neighbour(subtests):
    for name in [name for name in FORMATS if FORMATS[name].has_infinity]:
        with subtests.test(name=name):
            assert neighbours(math.inf, name) == (FORMATS[name].max, math.inf)
            assert neighbours(-math.inf, name) == (-math.inf, -FORMATS[name].max)


def test_nan_has_no_neighbours(subtests):
    for name in FORMATS:
        with subtests.test(name=name):
            assert all(math.isnan(neighbour) for neighbour in neighbours(math.nan, name))


def test_unknown_format(subtests):
    for name in ["float128", "", "bfloat", None, []]:
        with (
            subtests.test(name=name),
            pytest.raises(ValueError, match=r"format must be one of float64, float32, .*; got"),
        ):
            lookup(name)


def test_what_is_no_real_number_is_refused(subtests):
    for numbers in [[1j], ["1"], [None], [10**400], [np.datetime64("2026-01-01")]]:
        message = "logits must be real numbers; got dtype"
        with subtests.test(numbers=numbers), pytest.raises(TypeError, match=message):
            as_float64(numbers, "logits")


def test_real_numbers_become_float64(subtests):
    for dtype in [np.int8, np.uint64, np.bool_, np.float16, ml_dtypes.bfloat16]:
        with subtests.test(dtype=dtype):
            array = as_float64(np.array([0, 1]).astype(dtype), "logits")
            assert array.dtype == np.float64
            assert array.tolist() == [0, 1]


def test_formats_are_listed_from_the_widest():
    widths = [fmt.dtype.itemsize for fmt in FORMATS.values()]
    assert all(wide >= narrow for wide, narrow in itertools.pairwise(widths))
    assert list(FORMATS) == [fmt.name for fmt in FORMATS.values()]
