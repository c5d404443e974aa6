"""The work itself: rows are added to the account, and what is known is told from time to time."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ce_core.batch import Batch
from lab.batch.brought import Array, Numbers
from lab.batch.choices import Choices

CHUNK = 200_000  # numbers of one turn
_OFTEN = 0.5  # s of work between two results
_SHARE = 4  # times what a result takes are between two, so that the work comes first
_CLOSE = 1e-3  # of the sum of a row of probabilities, which may have been printed with four digits


@dataclass
class Seen:
    """What the logits look like, beside what they come to."""

    probabilities: bool = True  # every row is not negative and sums to 1
    lowest: float = np.inf  # of the finite ones
    largest: float = -np.inf

    def see(self, logits: Array) -> None:
        """Look at some rows."""
        numbers = logits.astype(np.float64)
        if self.probabilities:
            sums = numbers.sum(axis=-1)
            self.probabilities = bool((numbers >= 0).all() and (np.abs(sums - 1) < _CLOSE).all())
        finite = numbers[np.isfinite(numbers)]
        self.lowest = min(self.lowest, finite.min(initial=np.inf))
        self.largest = max(self.largest, finite.max(initial=-np.inf))


class Account:
    """A batch on its way: the rows that were added, of all that there are."""

    def __init__(self, numbers: Numbers, targets: Array | None, choices: Choices) -> None:
        self.numbers, self.targets, self.choices = numbers, targets, choices
        self.batch = Batch(choices.format, choices.options, numbers.given.classes)
        self.seen = Seen()
        self.done = 0

    @property
    def of(self) -> int:
        """How many rows there are."""
        return self.numbers.given.count

    def work(self) -> Iterator[None]:
        """Add all rows, a chunk with each step."""
        for logits in self.numbers.given.chunks(CHUNK):
            here = slice(self.done, self.done + len(logits))
            with np.errstate(all="ignore"):
                self.batch.add(logits, None if self.targets is None else self.targets[here])
                self.seen.see(logits)
            self.done = here.stop
            yield


class Pace:
    """When to tell again: every half second of work, and seldom where telling takes long."""

    def __init__(self) -> None:
        self._worked, self._wait = 0.0, _OFTEN

    def worked(self, seconds: float) -> bool:
        """Note some work; say whether it is time."""
        self._worked += seconds
        return self._worked >= self._wait

    def told(self, seconds: float) -> None:
        """Note how long it took to tell."""
        self._worked, self._wait = 0.0, max(_OFTEN, _SHARE * seconds)


clock = time.perf_counter  # s; it is read within a turn, so that no other's work is counted
