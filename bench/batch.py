"""Time and memory of a batch with all that is told of its rows, beside SciPy's losses alone.

Run with `python -m bench.batch` from the project's folder. Each number comes from a process of its
own, which is given the logits in chunks, as the page is: it makes them (not timed) and adds them.
SciPy computes the losses of the same chunks by `scipy.special.log_softmax`, in float32 as well, and
nothing else: no cause, no unit in the last place, one way instead of three. The time is the wall's;
a batch uses all cores. Memory is the most that the process held, Python and NumPy included.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.special

from ce_core.batch import Batch, Options

Array = npt.NDArray[Any]

SIZES = [
    *((rows, 10) for rows in (100, 1_000, 10_000, 100_000, 1_000_000)),
    *((rows, 1_000) for rows in (100, 1_000, 10_000, 100_000)),
    *((rows, 50_000) for rows in (100, 1_000, 2_000)),
]
"""Rows and classes, up to 1e8 numbers."""
CHUNK = 1_000_000
"""Numbers in a chunk."""


def chunks(rows: int, classes: int) -> Iterator[tuple[Array, Array]]:
    """Yield logits and targets, part by part."""
    rng, size = np.random.default_rng(0), CHUNK // classes
    for start in range(0, rows, size):
        count = min(size, rows - start)
        logits = rng.standard_normal((count, classes), np.float32)
        logits *= 4
        yield logits, rng.integers(classes, size=count)


def ours(classes: int) -> Callable[[Array, Array], object]:
    return Batch("float32", Options(), classes).add


def scipys(_: int) -> Callable[[Array, Array], object]:
    losses = []

    def add(logits: Array, target: Array) -> None:
        log_p = scipy.special.log_softmax(logits, axis=1)
        losses.append(-log_p[np.arange(len(target)), target])

    return add


WAYS = {"ours": ours, "scipy": scipys}


def answer(way: str, rows: int, classes: int) -> None:
    """Print the seconds and the megabytes of one way."""
    add, seconds = WAYS[way](classes), 0.0
    for logits, target in chunks(rows, classes):
        start = time.perf_counter()
        add(logits, target)
        seconds += time.perf_counter() - start
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)


def measure(way: str, rows: int, classes: int) -> tuple[float, float]:
    """Return the seconds and the megabytes of one way, in a new process."""
    command = [sys.executable, "-m", "bench.batch", way, str(rows), str(classes)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, megabytes = map(float, output.split())
    return seconds, megabytes


def main() -> None:
    """Print one line for each size."""
    print("| rows | classes | numbers | s | SciPy, s | ratio | peak, MB | SciPy's, MB |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|")
    for rows, classes in SIZES:
        (mine, peak), (theirs, their_peak) = (measure(way, rows, classes) for way in WAYS)
        print(
            f"| {rows:,} | {classes:,} | {rows * classes:.0e} | {mine:.3f} | {theirs:.4f} "
            f"| {mine / theirs:.0f} | {peak:.0f} | {their_peak:.0f} |".replace(",", " "),
            flush=True,
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        answer(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
