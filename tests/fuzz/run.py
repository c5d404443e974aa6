"""Fuzz the parsers and the core, guided by the branches that are reached.

    python -m tests.fuzz.run SECONDS [MODULE ...]

MODULE is one of `MODULES`, or one target of it (`core.losses`); without any, all modules share the
time. What a fuzzer finds is printed with the values that did it, and belongs into the tests of the
module that it is about.
"""

import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = ("lab", "core")
SLICE = 60  # s; atheris never frees what comparisons of arrays return, so it begins anew
TEXTS = Path(__file__).parent / "texts.txt"  # links and names, one a line


@dataclass(frozen=True)
class Result:
    """How a fuzzer ended: inputs tried, branches reached, and what a failure looked like."""

    failed: bool
    tried: int
    reached: int
    discoveries: int  # inputs that reached what none had reached before
    report: str


def fuzz(module: str, seconds: float, *options: str) -> Result:
    """Run one module's fuzzer for so long, from a few texts and a few random inputs."""
    output, failed, tried, begin = "", False, 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for i, seed in enumerate(_seeds()):
            (corpus / str(i)).write_bytes(seed)
        command = [sys.executable, "-m", "tests.fuzz.guided", module]
        command += ["-len_control=0", "-max_len=600", "-timeout=60", f"-artifact_prefix={folder}/"]
        while not failed and (left := seconds - (time.monotonic() - begin)) >= 1:
            part = f"-max_total_time={min(int(left), SLICE)}"
            ended = subprocess.run(
                [*command, part, *options, str(corpus)],
                check=False,
                cwd=ROOT,
                capture_output=True,
                text=True,
                errors="replace",
            )
            failed = ended.returncode != 0
            output += ended.stdout + ended.stderr
            tried += int(re.findall(r"^#(\d+)", "#0\n" + ended.stderr, re.MULTILINE)[-1])
    # What is left is what a target said when it failed.
    report = re.sub(r"^(#\d|INFO|WARNING|0x).*\n", "", output, flags=re.MULTILINE)
    reached = [int(count) for count in re.findall(r"cov: (\d+)", output)]
    discoveries = len(re.findall(r"^#\d+\s+NEW", output, re.MULTILINE))
    return Result(failed, tried, max(reached, default=0), discoveries, report)


def _seeds() -> list[bytes]:
    """Return inputs to begin with. The last byte picks the target."""
    dice = random.Random(1)  # noqa: S311 - not for secrets
    texts = TEXTS.read_text(encoding="utf-8").splitlines()
    written = [text.encode() + bytes([target]) for text in texts for target in range(4)]
    return written + [dice.randbytes(300) for _ in range(40)]


def main() -> int:
    """Fuzz as the command line says; 1 if something was found."""
    seconds, modules = float(sys.argv[1]), sys.argv[2:] or list(MODULES)
    failed = False
    for module in modules:
        result = fuzz(module, seconds / len(modules))
        failed = failed or result.failed
        if result.failed:
            sys.stdout.write(result.report)
        sys.stdout.write(
            f"{module}: {result.tried} inputs, {result.reached} branches, "
            f"{result.discoveries} discoveries{', FAILED' * result.failed}\n"
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
