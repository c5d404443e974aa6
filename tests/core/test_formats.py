"""The formats against their definitions, the literature, and every number of the small ones."""

import itertools
import math
import struct
from decimal import Decimal
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from ce_core.formats import EVERYDAY, FORMATS, Bits, as_float64, bits, lookup, neighbours
from tests.core.definitions import DEFINED, decoded
from tests.core.oracle import exp_overflow

# Largest, smallest normal and smallest subnormal number as the definitions print them, for what
# `decoded` and the table above could get wrong together.
PRINTED = {
    "float8_e5m2": (57344, 2**-14, 2**-16),
    "float8_e4m3fn": (448, 2**-6, 2**-9),
    "float8_e4m3fnuz": (240, 2**-7, 2**-10),
    "float8_e5m2fnuz": (57344, 2**-15, 2**-17),
    "float6_e3m2fn": (28, 0.25, 0.0625),
    "float6_e2m3fn": (7.5, 1, 0.125),
    "float4_e2m1fn": (6, 1, 0.5),
}
SMALL = [name for name, fmt in FORMATS.items() if fmt.bits <= 16]


def patterns(name):
    """Return all bit patterns of a small format, and their values as float64."""
    fmt = FORMATS[name]
    codes = np.arange(2**fmt.bits).astype(f"u{fmt.dtype.itemsize}")
    with np.errstate(invalid="ignore"):  # some patterns are signalling nans
        return codes, codes.view(fmt.dtype).astype(np.float64)


def test_every_format_has_a_definition():
    assert list(DEFINED) == list(FORMATS)


def test_every_pattern_is_what_its_definition_says(subtests):
    for name in SMALL:
        with subtests.test(name=name):
            codes, values = patterns(name)
            assert len(codes) == 2 ** (1 + sum(DEFINED[name][:2]))
            for code, value in zip(codes.tolist(), values.tolist(), strict=True):
                expected = decoded(code, name)
                if math.isnan(value):
                    assert math.isnan(expected), code
                else:
                    assert value == expected, code
                    assert math.copysign(1, value) == math.copysign(1, expected), code


def test_limits_follow_from_the_definition(subtests):
    for name, (exponent_bits, fraction_bits, bias, specials) in DEFINED.items():
        with subtests.test(name=name):
            fmt = FORMATS[name]
            assert (fmt.sign_bits, fmt.exponent_bits) == (1, exponent_bits)
            assert fmt.fraction_bits == fraction_bits
            assert fmt.bits == 1 + exponent_bits + fraction_bits
            assert fmt.dtype == np.dtype(name)
            # Of the patterns without a sign the last one that is a number is the largest.
            last = 2 ** (fmt.bits - 1) - 1
            last -= {"inf and nan": 2**fraction_bits, "nan for ones": 1}.get(specials, 0)
            assert Fraction(fmt.max) == decoded(last, name)
            assert Fraction(fmt.smallest_normal) == Fraction(2) ** (1 - bias)
            assert Fraction(fmt.smallest_subnormal) == decoded(1, name)
            assert Fraction(fmt.unit_roundoff) == Fraction(1, 2 ** (fraction_bits + 1))


def test_the_limits_that_are_printed(subtests):
    for name, printed in PRINTED.items():
        with subtests.test(name=name):
            fmt = FORMATS[name]
            assert (fmt.max, fmt.smallest_normal, fmt.smallest_subnormal) == printed


def test_a_format_declares_its_specials(subtests):
    for name, (*_, specials) in DEFINED.items():
        with subtests.test(name=name):
            fmt = FORMATS[name]
            assert fmt.has_infinity == (specials == "inf and nan")
            assert fmt.has_nan == (specials != "nothing")
            assert fmt.has_negative_zero == (specials != "nan for -0")


def test_what_is_too_large_is_stored_as_the_overflow(subtests):
    for name, fmt in FORMATS.items():
        too_large = [math.inf, *([] if name == "float64" else [2 * fmt.max, 1e300])]
        for value, sign in itertools.product(too_large, [1, -1]):
            with subtests.test(name=name, value=value, sign=sign), np.errstate(over="ignore"):
                stored = float(np.array(sign * value).astype(fmt.dtype))
                assert stored == pytest.approx(sign * fmt.overflow, rel=0, nan_ok=True)
        expected = math.inf if fmt.has_infinity else math.nan if fmt.has_nan else fmt.max
        assert fmt.overflow == pytest.approx(expected, rel=0, nan_ok=True)


def test_where_a_number_is_too_large(subtests):
    for name in [name for name in FORMATS if name not in ("float64", "float32")]:
        fmt = FORMATS[name]
        # From a float64 ml_dtypes goes to float32 first, which would round these.
        tie = np.float32(fmt.too_large)
        for value in (np.nextafter(tie, np.float32(0)), tie, np.nextafter(tie, np.float32(np.inf))):
            with subtests.test(name=name, value=value), np.errstate(over="ignore"):
                expected = fmt.overflow if float(value) >= fmt.too_large else fmt.max
                stored = float(np.array(value).astype(fmt.dtype))
                assert stored == pytest.approx(expected, rel=0, nan_ok=True)
    assert FORMATS["float64"].too_large == math.inf
    assert FORMATS["float32"].too_large == 2.0**128 - 2.0**103
    assert FORMATS["float8_e4m3fn"].too_large == math.nextafter(464, math.inf)


def test_nan_is_stored_as_0_where_the_format_has_none(subtests):
    for name, fmt in FORMATS.items():
        with subtests.test(name=name):
            stored = float(np.array(math.nan).astype(fmt.dtype))
            assert math.isnan(stored) if fmt.has_nan else stored == 0


def test_the_format_without_a_sign_is_left_out():
    """Its definition (MX 1.0, in the README of ml_dtypes): no sign, no zero, no fraction."""
    scale = ml_dtypes.finfo(ml_dtypes.float8_e8m0fnu)
    assert "float8_e8m0fnu" not in FORMATS
    assert (scale.nmant, scale.nexp) == (0, 8)
    assert np.isnan(np.array([0.0, -1.0]).astype(scale.dtype).astype(float)).all()


def test_everyday_formats_are_formats():
    assert set(EVERYDAY) < set(FORMATS)
    assert [name for name in FORMATS if name in EVERYDAY] == list(EVERYDAY)


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
            logits = np.array(numbers_around(exp_overflow(fmt), name)).astype(fmt.dtype)
            with np.errstate(over="ignore"):
                below, above = np.exp(logits).astype(float)
            assert below <= fmt.max
            assert above == pytest.approx(fmt.overflow, rel=0, nan_ok=True)
            if fmt.fraction_bits > 4:  # then hardly a number lies between: it is the next one
                assert neighbours(fmt.ln_max, name)[0] <= logits[0] < logits[1]
                assert logits[1] <= neighbours(fmt.ln_max, name)[1]


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
            # With three fraction bits or fewer the number below may be so near that its exp, a
            # little less than the smallest normal number, is rounded up to that.
            if fmt.fraction_bits > 3:
                assert below < fmt.smallest_normal
            else:
                assert below <= fmt.smallest_normal
                assert below - math.exp(logits[0]) <= fmt.smallest_subnormal / 2
            assert above >= fmt.smallest_normal


def test_bits_spell_the_number(subtests):
    for name in SMALL:
        with subtests.test(name=name):
            codes, values = patterns(name)
            every = 1 + len(codes) // 2**12  # all of 256, some thousands of 65536
            for code, value in zip(codes[::every], values[::every], strict=True):
                if not math.isnan(value):  # which has several patterns in some formats
                    fields = bits(value, name)
                    assert int("".join(fields), 2) == code
                    assert tuple(map(len, fields)) == (1, *DEFINED[name][:2])


def test_bits_of_nan_are_a_pattern_of_nan(subtests):
    for name in SMALL:
        with subtests.test(name=name):
            read = decoded(int("".join(bits(math.nan, name)), 2), name)
            assert math.isnan(read) if FORMATS[name].has_nan else read == 0


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
    for name in [name for name in FORMATS if FORMATS[name].has_nan]:
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
    widths = [fmt.bits for fmt in FORMATS.values()]
    assert all(wide >= narrow for wide, narrow in itertools.pairwise(widths))
    assert list(FORMATS) == [fmt.name for fmt in FORMATS.values()]
