"""That many threads do not each keep memory of their own."""

import platform
import subprocess
import sys

import pytest

RESERVED = 64 << 20  # bytes of addresses that glibc reserves for an arena, on 64 bits
THREADS = 16
PROGRAM = f"""
import re, sys, threading
from pathlib import Path
from server.memory import share_arenas

def size():
    return 1024 * int(re.search(r"VmSize:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

if sys.argv[1] == "shared":
    share_arenas()
threading.stack_size(1 << 18)
before, meet = size(), threading.Barrier({THREADS + 1})
def work():
    kept = bytearray(1 << 16)
    meet.wait()
    meet.wait()
threads = [threading.Thread(target=work) for _ in range({THREADS})]
for thread in threads:
    thread.start()
meet.wait()
print(size() - before)
meet.wait()
"""


def reserved(how: str) -> int:
    """Return the bytes of addresses that threads take which all hold memory at once."""
    return int(subprocess.check_output([sys.executable, "-c", PROGRAM, how], text=True))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc has arenas")
def test_threads_share_the_arenas_of_malloc() -> None:
    assert reserved("alone") > (THREADS - 2) * RESERVED
    assert reserved("shared") < 3 * RESERVED
