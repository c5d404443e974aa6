"""The formats as they are defined elsewhere, and what their bit patterns stand for."""

import math
from fractions import Fraction

# Exponent bits, fraction bits, bias, and which patterns are no numbers. The README of ml_dtypes
# (commit 0b1a3c0), looked up, has the bias and the specials of each small format, and names where
# they are defined: OCP 8-bit Floating Point (OFP8) and OCP Microscaling Formats (MX), revisions 1.0
# of 2023, and B. Noune et al., arXiv 2206.02915 (fnuz), which were not looked up themselves.
# float8_e4m3b11fnuz is of TensorFlow's and XLA's own making.
DEFINED = {
    "float64": (11, 52, 1023, "inf and nan"),
    "float32": (8, 23, 127, "inf and nan"),
    "float16": (5, 10, 15, "inf and nan"),
    "bfloat16": (8, 7, 127, "inf and nan"),
    "float8_e5m2": (5, 2, 15, "inf and nan"),
    "float8_e5m2fnuz": (5, 2, 16, "nan for -0"),
    "float8_e4m3": (4, 3, 7, "inf and nan"),
    "float8_e4m3fn": (4, 3, 7, "nan for ones"),
    "float8_e4m3fnuz": (4, 3, 8, "nan for -0"),
    "float8_e4m3b11fnuz": (4, 3, 11, "nan for -0"),
    "float8_e3m4": (3, 4, 3, "inf and nan"),
    "float6_e3m2fn": (3, 2, 3, "nothing"),
    "float6_e2m3fn": (2, 3, 1, "nothing"),
    "float4_e2m1fn": (2, 1, 1, "nothing"),
}


def decoded(code: int, name: str) -> Fraction | float:
    """Return what a bit pattern stands for: a fraction, or a float where it is no number or -0."""
    exponent_bits, fraction_bits, bias, specials = DEFINED[name]
    field, fraction = divmod(code, 2**fraction_bits)
    negative, exponent = divmod(field, 2**exponent_bits)
    ones, all_of_fraction = 2**exponent_bits - 1, 2**fraction_bits - 1
    if specials == "inf and nan" and exponent == ones:
        return math.nan if fraction else -math.inf if negative else math.inf
    if specials == "nan for ones" and (exponent, fraction) == (ones, all_of_fraction):
        return math.nan
    if negative and (exponent, fraction) == (0, 0):
        return math.nan if specials == "nan for -0" else -0.0
    leading = 1 if exponent else 0
    significand = leading + Fraction(fraction, 2**fraction_bits)
    size = significand * Fraction(2) ** (max(exponent, 1) - bias)
    return -size if negative else size
