"""Time and memory of the core beside scipy.special, and what importing it costs.

Run with `python -m bench.core` from the project's folder. Both libraries compute the same vector in
turn, so that what disturbs the machine disturbs both. Limits: never slower than 1.05 times SciPy,
and memory for the result and one temporary at most, 2 times the input. NumPy tells tracemalloc of
its arrays, so the peak is exact.
"""

import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.special

import ce_core

Array = npt.NDArray[Any]
Function = Callable[[Array], object]

SIZES = [5, 1_000, 100_000, 16_000_000]
ROUNDS = {5: 100, 1_000: 100, 100_000: 50, 16_000_000: 20}
FUNCTIONS: dict[str, tuple[Function, Function]] = {
    "softmax": (ce_core.softmax, lambda z: scipy.special.softmax(z, axis=-1)),
    "log_softmax": (ce_core.log_softmax, lambda z: scipy.special.log_softmax(z, axis=-1)),
    "logsumexp": (ce_core.logsumexp, lambda z: scipy.special.logsumexp(z, axis=-1)),
}
IMPORT_ROUNDS = 15


def microseconds(function: Function, logits: Array, calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        function(logits)
    return (time.process_time() - start) / calls * 1e6


def compare(ours: Function, scipys: Function, logits: Array) -> tuple[float, float, float]:
    """Return the microseconds of the fastest rounds, and the median of the rounds' ratios."""
    calls = max(1, 2_000 // logits.size)
    pairs = [
        (microseconds(ours, logits, calls), microseconds(scipys, logits, calls))
        for _ in range(ROUNDS[logits.size])
    ]
    fastest = (min(times) for times in zip(*pairs, strict=True))
    return (*fastest, statistics.median(mine / theirs for mine, theirs in pairs))


def peak(function: Function, logits: Array) -> float:
    """Return the most memory that a call holds, its result included, in sizes of the input."""
    tracemalloc.start()
    try:
        function(logits)
        return tracemalloc.get_traced_memory()[1] / logits.nbytes
    finally:
        tracemalloc.stop()


def rows() -> Iterator[str]:
    """Yield the table in Markdown, line by line."""
    yield "| function | format | elements | µs | SciPy, µs | ratio | median | peak | SciPy's |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|"
    for name, (ours, scipys) in FUNCTIONS.items():
        for dtype in (np.float32, np.float64):
            for size in SIZES:
                logits = np.random.default_rng(0).standard_normal(size).astype(dtype)
                mine, theirs, median = compare(ours, scipys, logits)
                # Of 5 elements the arrays are smaller than the objects around them.
                memory = [
                    f"{peak(function, logits):.2f}" if size > 5 else "–"
                    for function in (ours, scipys)
                ]
                yield (
                    f"| {name} | {logits.dtype} | {size:,} | {mine:,.1f} | {theirs:,.1f} "
                    f"| {mine / theirs:.2f} | {median:.2f} | {' | '.join(memory)} |"
                ).replace(",", " ")


def import_milliseconds() -> tuple[float, float]:
    """Return the fastest imports: of ce_core after numpy and ml_dtypes, and of those two."""
    code = (
        "from time import process_time as now; start = now(); import numpy, ml_dtypes; "
        "middle = now(); import ce_core; print(now() - middle, middle - start)"
    )
    command = [sys.executable, "-c", code]
    outputs = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for _ in range(IMPORT_ROUNDS)
    ]
    ours, beside = zip(*(map(float, output.split()) for output in outputs), strict=True)
    return min(ours) * 1e3, min(beside) * 1e3


def import_sentence() -> str:
    ours, beside = import_milliseconds()
    return (
        f"`import ce_core` takes {ours:.1f} ms after `import numpy, ml_dtypes`, "
        f"which take {beside:.1f} ms: {ours / beside:.2f} times as long."
    )


def main() -> None:
    """Print the table while it is measured."""
    for row in rows():
        print(row, flush=True)
    print(import_sentence())


if __name__ == "__main__":
    main()
