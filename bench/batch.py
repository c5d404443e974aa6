"""Time and memory of a batch with all that is told of its rows, beside SciPy's losses alone.

Run with `python -m bench.batch` from the project's folder. Each number comes from a process of its
own, which is given the logits in chunks, as the page is: it makes them (not timed) and adds them.
SciPy computes the losses of the same chunks by `scipy.special.log_softmax`, in float32 as well, and
nothing else: no cause, no unit in the last place, one way instead of three. A batch uses all cores,
so that the wall's time can be below the processors'. What else runs disturbs the first; the ratio
is of the second. Memory is the most that the process held, Python and NumPy included.
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
    """Print the seconds of the wall and of the processors, and the megabytes, of one way."""
    add, wall, cpu = WAYS[way](classes), 0.0, 0.0
    for logits, target in chunks(rows, classes):
        start, worked = time.perf_counter(), time.process_time()
        add(logits, target)
        wall += time.perf_counter() - start
        cpu += time.process_time() - worked
    print(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)


def measure(way: str, rows: int, classes: int) -> tuple[float, ...]:
    """Return what one way prints, in a new process."""
    command = [sys.executable, "-m", "bench.batch", way, str(rows), str(classes)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return tuple(map(float, output.split()))


def main() -> None:
    """Print one line for each size."""
    print(
        "| rows | classes | numbers | s | CPU, s | SciPy, CPU, s | ratio | peak, MB | SciPy's, MB |"
    )
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for rows, classes in SIZES:
        wall, mine, peak = measure("ours", rows, classes)
        _, theirs, their_peak = measure("scipy", rows, classes)
        print(
            f"| {rows:,} | {classes:,} | {rows * classes:.0e} | {wall:.3f} | {mine:.3f} "
            f"| {theirs:.4f} | {mine / theirs:.0f} | {peak:.0f} | {their_peak:.0f} |".replace(
                ",", " "
            ),
            flush=True,
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        answer(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
