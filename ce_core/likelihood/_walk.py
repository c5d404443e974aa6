"""Products of many rows at once, in several formats."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ce_core._checks import Array
from ce_core.likelihood._order import BLOCK, Order

# Where the first block is cut to see which products are 0: most narrow formats end within a part.
_CUTS = (0, 16, 32, 64, 128, BLOCK)


def multiply(
    models: Sequence[Array], n: Array, at: Array, end: int
) -> list[tuple[Array, npt.NDArray[np.intp]]]:
    """Multiply the observations of each row (..., C), in the dtype of each model.

    Returns, for each model, the products of the first `at` (...) observations, and the number of
    the observation up to `end` at which each row's product was 0 first, or 0.
    """
    shape, classes = n.shape[:-1], n.shape[-1]
    n = n.reshape(-1, classes)
    order = Order(n)
    walks = [_Walk(p.reshape(-1, classes), n > 0, order, at.reshape(-1), end) for p in models]
    while going := [walk for walk in walks if walk.rows.size]:
        observed = order.next(np.concatenate([walk.rows for walk in going]))
        for walk in going:
            walk.go(observed)
    return [(walk.products.reshape(shape), walk.zero_at.reshape(shape)) for walk in walks]


class _Walk:
    """The products of one model's rows (R, C), as far as they are known.

    `rows` are those that go on. Rows whose product no observed class can change any more are left
    out once they are half of them: until then it costs less to multiply them, too.
    """

    def __init__(
        self, p: Array, seen: npt.NDArray[np.bool_], order: Order, at: Array, end: int
    ) -> None:
        # One more class, the factor of no observation.
        self._p = np.concatenate([p, np.ones((len(p), 1), p.dtype)], axis=1)
        self._seen, self._order, self._at, self._end = seen, order, at, end
        self._last = np.maximum(at, end)
        self.products = np.ones(len(p), p.dtype)
        self.zero_at = np.zeros(len(p), np.intp)
        self.rows = np.flatnonzero(self._last > 0)
        self._product = self.products[self.rows]
        self._done = np.zeros(self.rows.size, np.intp)
        self._observed: Array | None = None
        self._factors = np.empty((BLOCK, self.rows.size), p.dtype)
        self._known = 0  # so many rows of the factors

    def go(self, observed: Array) -> None:
        """Multiply the observations of the next block: the classes (BLOCK, orders)."""
        first = self._observed is None
        if observed is not self._observed:
            self._observed, self._known = observed, 0
        for start, stop in pairwise(_CUTS if first else (0, BLOCK)):
            self._multiply(observed, start, stop)
            self._keep((self._product != 0) & (self._last[self.rows] > self._done + stop))
            if not self.rows.size:
                return
        self._done += self._order.lengths[self.rows]
        p = self._p[self.rows, :-1]
        with np.errstate(all="ignore"):
            moves = self._product[:, None] * p != self._product[:, None]
        self._keep((moves & self._seen[self.rows]).any(-1))

    def _multiply(self, observed: Array, start: int, stop: int) -> None:
        """Multiply the observations from `start` to `stop` of the block, and note what is asked."""
        rows = self.rows
        if self._known < stop:
            places = observed[self._known : stop].take(self._order.of[rows], axis=1)
            places = places + rows * self._p.shape[1]
            self._p.take(places, out=self._factors[self._known : stop], mode="clip")
            self._known = stop
        factors = self._factors[start:stop]
        made = np.empty((stop - start + 1, rows.size), factors.dtype)
        made[0] = self._product
        with np.errstate(all="ignore"):
            # Along the shorter side there are fewer calls; across it NumPy multiplies many at once.
            if len(factors) < rows.size:
                product = made[0]
                for factor, after in zip(factors, made[1:], strict=True):
                    np.multiply(product, factor, after)
                    product = after
            else:
                made[1:] = factors
                np.multiply.accumulate(made, axis=0, out=made)
        self._product = made[-1]
        done = self._done + start
        later = np.flatnonzero(self._at[rows] > done)
        if later.size:
            until = np.minimum(self._at[rows[later]] - done[later], stop - start).astype(np.intp)
            self.products[rows[later]] = made[until, later]
        ended = np.flatnonzero((made[-1] == 0) & (made[0] != 0))
        if ended.size:
            # What is 0 stays 0. To add up bytes takes half the time of `argmax`.
            some = (made.take(ended, axis=1) != 0).view(np.uint8)
            zero_at = done[ended] + np.add.reduce(some, axis=0, dtype=np.uint8)
            self.zero_at[rows[ended]] = np.where(zero_at <= self._end, zero_at, 0)

    def _keep(self, alive: npt.NDArray[np.bool_]) -> None:
        if 2 * np.count_nonzero(alive) <= alive.size:
            self.rows, self._product = self.rows[alive], self._product[alive]
            self._done = self._done[alive]
            self._factors = self._factors.compress(alive, axis=1)
