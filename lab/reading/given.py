"""Numbers as they were given: their shape, their rows, and what stood beside them."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lab.reading.error import UnreadableError
from lab.words import say

MOST_BYTES: Final = 20 << 20  # as many as the server takes
MOST_NUMBERS: Final = 100_000_000
# Read and held at once: a sample of several dimensions, or an array that does not lie in rows.
MOST_HELD: Final = 10_000_000

Array = npt.NDArray[Any]
Samples = Callable[[int], Iterator[Array]]
"""Yields arrays (n, ...) of whole samples in order, of at most so many numbers, but n >= 1."""


@dataclass(frozen=True)
class Note:
    """What a reader did that the one who gave the numbers should know."""

    key: str
    values: dict[str, object]

    def told(self) -> str:
        """Say it."""
        return say(f"reading.note_{self.key}", **self.values)


@dataclass(frozen=True)
class Given:
    """Numbers as they were given.

    Attributes
    ----------
    shape : tuple of int
        (C,), (N, C), or (N, C, d1, ...) whose classes are axis 1, as PyTorch takes them.
    samples : callable
        Yields them along the first axis, from the beginning with each call; (C,) is one sample.
    dtype : str
        The format that the source names, a key of `ce_core.formats.FORMATS`; "" if none.
    header : tuple of str
        The names of the columns; () if there are none.
    targets : ndarray or None
        What stood beside the logits and is clearly the targets: int64 (rows,), or float64 (rows, C)
        of probabilities.
    notes : tuple of Note
        What was read otherwise than it seems.

    Examples
    --------
    >>> given = whole(np.arange(12.0).reshape(2, 3, 2))
    >>> given.count, given.classes
    (4, 3)
    >>> [rows.tolist() for rows in given.chunks(6)]
    [[[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]], [[6.0, 8.0, 10.0], [7.0, 9.0, 11.0]]]
    """

    shape: tuple[int, ...]
    samples: Samples
    dtype: str = ""
    header: tuple[str, ...] = ()
    targets: Array | None = None
    notes: tuple[Note, ...] = ()

    @property
    def classes(self) -> int:
        """The number of classes C."""
        return self.shape[min(1, len(self.shape) - 1)]

    @property
    def count(self) -> int:
        """The number of rows: samples times the places d1, ... in each."""
        return math.prod(self.shape) // self.classes

    def chunks(self, most: int) -> Iterator[Array]:
        """Yield the rows in order, (n, C) arrays with n * C <= `most`, but n >= 1.

        Raises
        ------
        UnreadableError
            If a file turns out to be damaged.
        """
        rows = max(1, most // self.classes)
        for block in self.samples(most):
            flat = np.moveaxis(block, 1, -1).reshape(-1, self.classes)
            yield from (flat[at : at + rows] for at in range(0, len(flat), rows))

    def without(self, where: str | int) -> "tuple[Given, Array]":
        """Take out the "first" or the "last" column, or the one at an index.

        Returns
        -------
        others : Given
            The other columns.
        targets : ndarray
            The column as `indices` returns it, or (rows, 1) of float64 if one other column is left.

        Raises
        ------
        UnreadableError
            If there is no other column, or it holds no whole numbers.

        Examples
        --------
        >>> logits, targets = whole(np.array([[2.0, 1.0, 1.0], [0.5, 3.0, 0.0]])).without("last")
        >>> logits.shape, targets.tolist()
        ((2, 2), [1, 0])
        """
        if len(self.shape) != 2 or self.classes < 2:
            raise UnreadableError("no_column", shape=written(self.shape))
        at = where if isinstance(where, int) else 0 if where == "first" else self.classes - 1
        column = np.concatenate([block[:, at] for block in self.samples(MOST_HELD)])
        others = replace(
            self,
            shape=(self.count, self.classes - 1),
            samples=lambda most: (np.delete(block, at, axis=1) for block in self.samples(most)),
            header=self.header[:at] + self.header[at + 1 :],
        )
        return others, column.astype(np.float64)[:, None] if self.classes == 2 else indices(column)


def whole(array: Array, **others: Any) -> Given:
    """Return an array that is in memory as what was given; `others` are the fields of `Given`."""
    samples = array[None] if array.ndim == 1 else array
    size = math.prod(samples.shape[1:])

    def blocks(most: int) -> Iterator[Array]:
        step = max(1, most // size)
        return (samples[at : at + step] for at in range(0, len(samples), step))

    return Given(array.shape, blocks, **others)


def indices(column: Array) -> Array:
    """Return the classes that a column of whole numbers names, as int64.

    Raises
    ------
    UnreadableError
        If one is no whole number, with its row.
    """
    numbers = column.astype(np.float64)
    broken = ~(np.abs(numbers) < 2**53) | (numbers != np.rint(numbers))
    if broken.any():
        row = int(np.argmax(broken))
        told = repr(float(numbers[row])).replace("-", "\u2212")
        raise UnreadableError("target_part", row=row + 1, text=told)
    return numbers.astype(np.int64)


def written(shape: tuple[int, ...]) -> str:
    """Write a shape as Python does.

    Examples
    --------
    >>> written((3,)), written((2, 3))
    ('(3,)', '(2, 3)')
    """
    return str(tuple(shape))


def check_shape(shape: tuple[int, ...]) -> None:
    """Refuse a shape without numbers, or with more than can be read.

    Raises
    ------
    UnreadableError
        Says which.
    """
    count = math.prod(shape)
    if count < 1:
        raise UnreadableError("empty")
    if count > MOST_NUMBERS:
        said = count if count < 10**15 else f"{min(count, 10**300):.4g}"
        raise UnreadableError("many", count=said, most=MOST_NUMBERS)
