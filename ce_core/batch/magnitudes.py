"""How large numbers are: counts by sign and power of two, which costs the same for any amount."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SMALLEST, LARGEST = -1074, 1023
"""The exponents of float64: of its smallest number, and of its largest."""


@dataclass(frozen=True, eq=False)
class Magnitudes:
    """Counts of numbers. Entry k of two of them is of 2**(k - 1074) <= |x| < 2**(k - 1073).

    Attributes
    ----------
    negative, positive : int64 array, shape (2098,)
    zeros, minus_infinite, infinite, nans : int

    Examples
    --------
    >>> import numpy as np
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
        raise NotImplementedError

    def __add__(self, other: Magnitudes) -> Magnitudes:
        raise NotImplementedError
