"""The order in which observations come."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ce_core._checks import Array

BLOCK = 192
"""How many observations a block has at most: some periods of most data sets."""


class Order:
    """The order in which the observations of data sets (R, C) come, a block at a time.

    Data sets that are equal, or equal but for a factor, have one order; `of` (R,) says which. A
    data set of whole counts is repeated as it was: one that fits into a block fills it as often as
    it fits, and all its blocks are alike. `lengths` (R,) says how many observations a block has.
    """

    def __init__(self, counts: Array) -> None:
        whole = bool(((counts == np.floor(counts)) & (counts < 2**53)).all())
        if whole:
            counts = counts / np.gcd.reduce(counts.astype(np.int64), axis=1, keepdims=True)
        rows: dict[bytes, int] = {}  # np.unique sorts them, which takes three times as long
        self.of = np.array([rows.setdefault(row.tobytes(), len(rows)) for row in counts], np.intp)
        self._counts = np.frombuffer(b"".join(rows)).reshape(-1, counts.shape[1])
        total = self._counts.sum(-1)
        self._repeats = (total <= BLOCK) & whole
        period = np.where(self._repeats, total, BLOCK).astype(np.intp)
        self.lengths = (BLOCK // period * period)[self.of]
        self._ahead = np.zeros_like(self._counts)
        self._block = self._repeated(period)

    def _repeated(self, period: npt.NDArray[np.intp]) -> Array:
        """Return the block of the orders that repeat; in the others there is no class yet."""
        stored = np.min_scalar_type(self._counts.shape[1])  # a byte for each, as a rule
        nothing = stored.type(self._counts.shape[1]).tobytes()
        counts, longest = self._counts[self._repeats], period[self._repeats].max(initial=0)
        once = next_observations(np.zeros_like(counts), counts, longest).T.astype(stored).tobytes()
        blocks, start = [], 0  # as bytes: NumPy takes ten times as long to repeat short rows
        for length, repeats in zip(period.tolist(), self._repeats.tolist(), strict=True):
            if repeats:
                row = once[start : start + length * stored.itemsize] * (BLOCK // length)
                start += longest * stored.itemsize
                blocks.append(row + nothing * (BLOCK % length))
            else:
                blocks.append(nothing * BLOCK)
        return np.frombuffer(b"".join(blocks), stored).reshape(-1, BLOCK).T.copy()

    def next(self, rows: npt.NDArray[np.intp]) -> Array:
        """Return the classes of the next block (BLOCK, orders), true for these rows.

        C stands for no class. The array is the same as before where nothing in it changed.
        """
        if not self._repeats.all():
            orders = np.unique(self.of[rows])
            orders = orders[~self._repeats[orders]]
            ahead, self._block = self._ahead[orders], self._block.copy()
            self._block[:, orders] = next_observations(ahead, self._counts[orders], BLOCK)
            self._ahead[orders] = ahead
        return self._block


def next_observations(ahead: Array, counts: Array, length: int) -> npt.NDArray[np.intp]:
    """Return the classes of the next observations of each row (R, C): an array (length, R).

    `ahead` (R, C) is N times the difference between the count that is due and the observed one,
    exact for whole counts; it is moved on.
    """
    rows = len(counts)
    total, first = counts.sum(-1), np.arange(rows) * counts.shape[-1]
    flat = ahead.reshape(-1)  # a view: one index per row costs half of two
    observed = np.empty((length, rows), np.intp)
    for chosen in observed:
        ahead += counts
        ahead.argmax(-1, out=chosen)
        flat[chosen + first] -= total
    return observed
