"""How large numbers are: counts by sign and power of two, which costs the same for any amount."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

SMALLEST: Final = -1074
"""The exponent of float64's smallest number."""
_COUNT: Final = 1023 - SMALLEST + 1


@dataclass(frozen=True, eq=False)
class Magnitudes:
    """Counts of numbers. Entry k of two of them is of 2**(k - 1074) <= |x| < 2**(k - 1073).

    Attributes
    ----------
    negative, positive : int64 array, shape (2098,)
    zeros, minus_infinite, infinite, nans : int

    Examples
    --------
    >>> found = Magnitudes.of(np.array([1.0, 1.5, -0.25, 0.0, np.nan]))
    >>> np.flatnonzero(found.positive) + SMALLEST, np.flatnonzero(found.negative) + SMALLEST
    (array([0]), array([-2]))
    >>> (found + found).zeros
    2
    """

    negative: npt.NDArray[np.int64]
    positive: npt.NDArray[np.int64]
    zeros: int
    minus_infinite: int
    infinite: int
    nans: int

    @classmethod
    def of(cls, numbers: npt.NDArray[np.float64]) -> Magnitudes:
        """Count numbers of any shape."""
        flat = numbers.ravel()
        finite = flat[np.isfinite(flat)]
        # frexp has 1/2 <= |mantissa| < 1, and the mantissa 0 for 0
        mantissa, exponent = np.frexp(finite)
        at = exponent - (SMALLEST + 1)
        negative, positive = (
            np.bincount(at[where], minlength=_COUNT) for where in (mantissa < 0, mantissa > 0)
        )
        return cls(
            negative,
            positive,
            int(np.count_nonzero(finite == 0)),
            int(np.count_nonzero(flat == -np.inf)),
            int(np.count_nonzero(flat == np.inf)),
            int(np.count_nonzero(np.isnan(flat))),
        )

    def __add__(self, other: Magnitudes) -> Magnitudes:
        """Return the counts of both."""
        names = [field.name for field in fields(self)]
        return Magnitudes(*(getattr(self, name) + getattr(other, name) for name in names))
