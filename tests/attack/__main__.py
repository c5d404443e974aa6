"""Attack the app as it is, and print what its visitors feel: `python -m tests.attack [ROW ...]`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.attack.attacked import alone, attack, behind_nginx
from tests.attack.rolling import rolled
from tests.attack.rows import ROWS
from tests.attack.stopping import stopped

SECONDS = 6.0  # of visitors alone, before and after each attack
WANTED = 2.0  # times of their own p95 that visitors wait at most


def main(names: list[str]) -> int:
    """Print the table; return how many attacks reached something."""
    failures = 0
    print("| attack | at | came of it | own p95, ms | beside it, ms | times | lost |")
    print("|---|---|---|--:|--:|--:|--:|")
    for place, start in {"the app": alone, "nginx": behind_nginx}.items():
        with TemporaryDirectory() as folder:
            with start(Path(folder), 1.0) as target:
                for name in names or ROWS:
                    if name not in ROWS:
                        continue
                    out = attack(name, target, SECONDS)
                    failures += out.reached or out.ratio > WANTED or bool(out.beside.lost)
                    print(
                        f"| {name} | {place} | {'**REACHED** ' * out.reached}{out.said} |"
                        f" {1000 * out.own:.0f} | {1000 * out.beside.p95:.0f} |"
                        f" {out.ratio:.1f} | {len(out.beside.lost)} |",
                        flush=True,
                    )
            logs = "".join(path.read_text() for path in Path(folder).glob("*.txt"))
            print(f"tracebacks in the log of {place}: {logs.count('Traceback')}", flush=True)
    if not names or "stop" in names:
        with TemporaryDirectory() as folder:
            print(f"SIGTERM under a flood: over after {stopped(Path(folder)):.1f} s", flush=True)
    if not names or "rolling" in names:
        with TemporaryDirectory() as folder:
            result = rolled(Path(folder), visitors=60, apart=3.0)
            failures += bool(result.lost or result.bad_gateways)
            print(f"replicas started anew one after the other: {result}", flush=True)
    return failures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
