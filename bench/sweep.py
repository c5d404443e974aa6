"""Time a sweep with all that is told of it, beside that of another checkout of the project.

Run with `python -m bench.sweep [FOLDER]` from the project's folder. FOLDER is another checkout,
such as `git worktree add` makes of the code before a change: the two take turns, each in a process
of its own, and the last column is the median of the rounds' ratios. What is measured is the CPU
time of what a released slider asks for: the steps of the three forms, what broke, the cause, the
warnings, and the budget where the code has one.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from ce_core.formats import EVERYDAY
from ce_core.pipelines.sweep import sweep

LOGITS = [2.0, 1.0, 0.1, -1.0, 0.0, 3.0, -2.0, 0.5, 1.5, -0.5]
TARGET = 0
SIZES = [(3, 201, 10), (3, 201, 1000), (10, 401, 10), (10, 401, 1000)]
ROOT = Path(__file__).parents[1]
CALLS = 9
ROUNDS = 3


def tell(name: str, classes: int, count: int, reach: float) -> None:
    """Compute one sweep and all that the lab reads of it; what is lazy is asked for."""
    positions = np.linspace(-reach, reach, count)
    grid = np.tile(positions, (classes, 1))
    table = sweep(LOGITS[:classes], TARGET, name, grid, shift_positions=positions)
    for run in (table.naive, table.shifted, table.fused):
        for part in ("cause", "warnings", "budget"):
            getattr(run, part, None)  # older code has no budget


def milliseconds(name: str, size: tuple[int, int, int]) -> float:
    """Return the CPU time of the fastest of some calls; what is slower was disturbed."""
    times = []
    for _ in range(CALLS):
        start = time.process_time()
        tell(name, *size)
        times.append(time.process_time() - start)
    return min(times) * 1e3


def measure(folder: Path, name: str, size: Sequence[int]) -> float:
    """Return the milliseconds of the code in a folder, measured by this file in a new process."""
    code = "import runpy, sys; sys.path[0] = sys.argv[1]; runpy.run_path(sys.argv[2])['answer']()"
    command = [sys.executable, "-c", code, str(folder), __file__, name, *map(str, size)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def answer() -> None:
    """Print the milliseconds of what the command line names."""
    name, *size = sys.argv[3:]
    classes, count, reach = map(int, size)
    print(milliseconds(name, (classes, count, reach)))


def main(folders: Sequence[Path]) -> None:
    """Print one line for each format and size."""
    checkouts = [ROOT, *folders]
    print("| format | classes x positions | reach |", *("ms |" for _ in checkouts), "ratio |")
    print("|---|--:|--:|", *("--:|" for _ in checkouts), "--:|", sep="")
    for name in EVERYDAY:
        for size in SIZES:
            rounds = [[measure(folder, name, size) for folder in checkouts] for _ in range(ROUNDS)]
            fastest = [f"{min(times):.2f} |" for times in zip(*rounds, strict=True)]
            ratio = median(times[0] / times[-1] for times in rounds)
            print(f"| {name} | {size[0]} x {size[1]} | {size[2]} |", *fastest, f"{ratio:.2f} |")


if __name__ == "__main__":
    main([Path(folder).resolve() for folder in sys.argv[1:]])
