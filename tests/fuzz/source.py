"""Values of every kind, made of a fuzzer's bytes."""

import math
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from ce_core.formats import FORMATS

T = TypeVar("T")

NUMBERS = (0.0, -0.0, 1.0, 0.5, 89.0, 1e300, 5e-324, math.inf, -math.inf, math.nan)
JUNK = (
    None,
    True,
    "",
    "1",
    "mean",
    b"1",
    1j,
    -1,
    10**30,
    [],
    [[1.0], [2.0, 3.0]],
    [[]],
    {},
    object(),
    np.array("2020", "datetime64[Y]"),
    np.array([1j]),
    np.array(["a", None], object),
    np.zeros((1, 2, 3)),
    np.zeros((0, 3)),
    np.array([1, 2], np.uint64) + np.uint64(2**63),
    np.array([True, False]),
    np.longdouble(1.5),
)


class Provider(Protocol):
    """What is used of `atheris.FuzzedDataProvider`."""

    def ConsumeIntInRange(self, low: int, high: int, /) -> int: ...  # noqa: D102, N802
    def ConsumeBytes(self, count: int, /) -> bytes: ...  # noqa: D102, N802
    def remaining_bytes(self) -> int: ...  # noqa: D102


class Source:
    """Draws values; each is a choice of the fuzzer."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        return self._provider.ConsumeIntInRange(low, high)

    def yes(self) -> bool:
        """Return yes or no."""
        return self.whole(0, 1) == 1

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self.whole(0, len(choices) - 1)]

    def rest(self) -> str:
        """Return all that is left as text; bytes that are no UTF-8 become lone surrogates."""
        return self._text(self._provider.remaining_bytes())

    def text(self) -> str:
        """Return a short text."""
        return self._text(self.whole(0, 40))

    def _text(self, count: int) -> str:
        return self._provider.ConsumeBytes(count).decode("utf-8", "surrogateescape")

    def number(self) -> float:
        """Return any float64; small ones and the special ones more often."""
        kind = self.whole(0, 7)
        if kind == 0:
            return self.pick(NUMBERS)
        if kind == 1:
            number = float(np.frombuffer(self._provider.ConsumeBytes(8).ljust(8, b"\0"))[0])
            return number if number == number else math.nan  # a quiet one
        if kind == 2:  # the ends of the exponentials of all formats
            return self.pick((1, -1)) * self.whole(0, 800 * 8) / 8
        return self.whole(-160, 160) / 8

    def array(self, *shape: int) -> np.ndarray:
        """Return numbers of a shape, in any dtype that the core takes."""
        numbers = [self.number() for _ in range(math.prod(shape))]
        wide = np.array(numbers, np.float64).reshape(shape)
        with np.errstate(all="ignore"):
            if self.whole(0, 9) == 0:
                whole = np.nan_to_num(wide, nan=0, posinf=9, neginf=-9).clip(-100, 100)
                return whole.astype(self.pick(("i1", "u1", "i8", "?")))
            return wide.astype(self.pick([fmt.dtype for fmt in FORMATS.values()]))

    def distribution(self, classes: int) -> np.ndarray:
        """Return probabilities; a few of them 0, or as uneven as float64 allows."""
        weights = np.abs([self.number() for _ in range(classes)])
        weights = np.where(np.isfinite(weights), np.minimum(weights, 1e300), 0.0)
        weights = weights if weights.any() else np.ones(classes)
        with np.errstate(under="ignore"):
            return weights / weights.sum()

    def or_junk(self, value: T) -> T | Any:
        """Return the value, or now and then something else altogether."""
        return self.pick(JUNK) if self.whole(0, 31) == 31 else value
