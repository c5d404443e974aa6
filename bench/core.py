"""Time and memory of the core beside scipy.special, and what importing it costs.

Run with `python -m bench.core` from the project's folder. Both libraries compute the same vectors,
of which there are one or a batch, in turn, so that what disturbs the machine disturbs both. Limits
of the plain way: never slower than 1.05 times SciPy, and memory for the result and one temporary at
most, 2 times the input. The accurate way has none. NumPy tells tracemalloc of its arrays, so the
peak is exact.
"""

import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.special

import ce_core

Array = npt.NDArray[Any]
Function = Callable[[Array], object]

ROUNDS: dict[tuple[int, ...], int] = {
    (5,): 100,
    (1_000,): 100,
    (100_000,): 50,
    (16_000_000,): 20,
    (10_000, 3): 50,
    (10_000, 10): 50,
    (100, 1_000): 50,
}
"""How often each shape of logits is computed; the last axis has the classes."""
NAMES = ["softmax", "log_softmax", "logsumexp"]
IMPORT_ROUNDS = 15


def microseconds(function: Function, logits: Array, calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        function(logits)
    return (time.process_time() - start) / calls * 1e6


def ways(name: str) -> list[Function]:
    """Return a function of ce_core, SciPy's, and that of ce_core in the accurate way if it has."""
    ours, scipys = getattr(ce_core, name), getattr(scipy.special, name)
    both: list[Function] = [ours, lambda z: scipys(z, axis=-1)]
    return [*both, lambda z: ours(z, accurate=True)] if name != "logsumexp" else both


def compare(
    functions: Sequence[Function], logits: Array
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the microseconds of the fastest rounds, and the medians of their ratios to SciPy's."""
    calls = max(1, 2_000 // logits.size)
    rounds = [
        [microseconds(function, logits, calls) for function in functions]
        for _ in range(ROUNDS[logits.shape])
    ]
    each = list(zip(*rounds, strict=True))
    ratios = (
        statistics.median(mine / theirs for mine, theirs in zip(times, each[1], strict=True))
        for times in each
    )
    return tuple(map(min, each)), tuple(ratios)


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
    heads = ["µs", "SciPy, µs", "ratio", "median", "peak", "SciPy's", "accurate, µs", "ratio"]
    yield f"| function | format | elements | {' | '.join(heads)} |"
    yield "|---|---|" + "--:|" * (1 + len(heads))
    for name in NAMES:
        functions = ways(name)
        for dtype in (np.float32, np.float64):
            for shape in ROUNDS:
                logits = np.random.default_rng(0).standard_normal(shape).astype(dtype)
                (mine, theirs, *accurate), (median, *_) = compare(functions, logits)
                # Of 5 elements the arrays are smaller than the objects around them.
                memory = [
                    f"{peak(function, logits):.2f}" if logits.size > 5 else "–"
                    for function in functions[:2]
                ]
                beside = (
                    [f"{accurate[0]:,.1f} | {accurate[0] / theirs:.2f}"] if accurate else ["– | –"]
                )
                yield (
                    f"| {name} | {logits.dtype} | {' × '.join(f'{n:,}' for n in shape)} "
                    f"| {mine:,.1f} | {theirs:,.1f} | {mine / theirs:.2f} | {median:.2f} "
                    f"| {' | '.join(memory + beside)} |"
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
