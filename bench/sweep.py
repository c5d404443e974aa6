"""Time a sweep, with its causes, beside the bare NumPy formulas on the same pictures.

Run with `python -m bench.sweep` from the project's folder. A slider is released, one sweep is
computed; the ratio is what naming the causes and NumPy's warnings costs.
"""

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ce_core.formats import EVERYDAY, FORMATS
from ce_core.pipelines.sweep import sweep

LOGITS = [2.0, 1.0, 0.1, -1.0, 0.0, 3.0, -2.0, 0.5, 1.5, -0.5]
TARGET = 0
SIZES = [(3, 201, 10), (3, 201, 1000), (10, 401, 10), (10, 401, 1000)]
ROUNDS = 50


def bare(logits: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.floating], ...]:
    """Compute the naive, the shifted and the fused loss of (N, C) logits, and nothing else."""
    exp = np.exp(logits)
    naive = -np.log((exp / exp.sum(axis=-1, keepdims=True))[:, TARGET])
    shifted = logits - logits.max(axis=-1, keepdims=True)
    exp = np.exp(shifted)
    total = exp.sum(axis=-1, keepdims=True)
    return naive, -np.log((exp / total)[:, TARGET]), -(shifted - np.log(total))[:, TARGET]


def pictures(classes: int, positions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Build the logits of every picture: each slider, and the shift, at each position."""
    grid = np.empty((classes + 1, len(positions), classes))
    grid[:] = LOGITS[:classes]
    for i in range(classes):
        grid[i, :, i] = positions
    grid[classes] += positions[:, None]
    return grid.reshape(-1, classes)


def milliseconds(function: Callable[[], object]) -> float:
    """Return the fastest of some rounds; what is slower was disturbed."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def compare(name: str, classes: int, count: int, reach: float) -> tuple[float, float]:
    """Return the milliseconds of a sweep, and of the bare formulas."""
    logits = LOGITS[:classes]
    positions = np.linspace(-reach, reach, count)
    grid = np.tile(positions, (classes, 1))
    ours = milliseconds(lambda: sweep(logits, TARGET, name, grid, shift_positions=positions))
    with np.errstate(all="ignore"):
        stored = pictures(classes, positions).astype(FORMATS[name].dtype)
        beside = milliseconds(lambda: bare(stored))
    return ours, beside


def main() -> None:
    """Print one line for each format and size."""
    print("format         classes x positions  reach  sweep ms  bare ms  ratio")
    for name in EVERYDAY:
        for classes, count, reach in SIZES:
            ours, beside = compare(name, classes, count, reach)
            size = f"{classes} x {count}"
            print(f"{name:14} {size:>19} {reach:6} {ours:9.2f} {beside:8.2f} {ours / beside:6.1f}")


if __name__ == "__main__":
    main()
