"""That memory goes back, and that many threads do not each keep some of their own."""

import asyncio
import gc
import platform
import subprocess
import sys
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.types import Receive, Scope, Send

from server.memory import GivesBack
from tests.browser.serving import ROOT, free_port

pytestmark = pytest.mark.slow

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
FORGOTTEN = """
import asyncio, gc, sys, weakref
import uvicorn
from streamlit import config
from streamlit.runtime.app_session import AppSession
from app import app
from bench.students import LabStudent

config.set_option("server.disconnectedSessionTTL", 1)

async def main(port):
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    students = [LabStudent(f"http://127.0.0.1:{port}", "pipeline", i) for i in range(3)]
    await asyncio.gather(*(student.open() for student in students))
    sessions = [weakref.ref(kept) for kept in gc.get_objects() if isinstance(kept, AppSession)]
    print(len(sessions), flush=True)
    gc.disable()  # nobody else collects
    await asyncio.gather(*(student.leave() for student in students))
    # A variable of Streamlit's loop holds the one that it served last until the next comes.
    while sum(session() is not None for session in sessions) > 1:
        await asyncio.sleep(0.05)
    server.should_exit = True
    await serving

asyncio.run(main(int(sys.argv[1])))
"""


def reserved(how: str) -> int:
    """Return the bytes of addresses that threads take which all hold memory at once."""
    return int(subprocess.check_output([sys.executable, "-c", PROGRAM, how], text=True))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc has arenas")
def test_threads_share_the_arenas_of_malloc() -> None:
    assert reserved("alone") > (THREADS - 2) * RESERVED
    assert reserved("shared") < 3 * RESERVED


def test_sessions_are_forgotten_without_another_visit() -> None:
    command = [sys.executable, "-c", FORGOTTEN, str(free_port())]
    assert subprocess.check_output(command, cwd=ROOT, timeout=60) == b"3\n"


class Session:
    """Something that refers to itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def no_other_collector() -> Iterator[None]:
    """Let nobody else collect garbage meanwhile."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_other_collector")
@pytest.mark.parametrize("failed", [False, True])
def test_what_a_closed_socket_leaves_is_collected(*, failed: bool) -> None:
    left: list[weakref.ref[Session]] = []

    async def serve(_scope: Scope, _receive: Receive, _send: Send) -> None:
        left.append(weakref.ref(Session()))
        if failed:
            raise ConnectionError

    async def visit(app: GivesBack, kind: str) -> None:
        try:
            await app({"type": kind}, None, None)
        except ConnectionError:
            assert failed

    async def leave() -> None:
        app = GivesBack(serve, wait=0.0)
        await visit(app, "http")
        for _ in range(10):
            await asyncio.sleep(0)
        assert left[0]() is not None
        for _ in range(2):  # it is ready for the next one
            await visit(app, "websocket")
            while left[-1]() is not None:
                await asyncio.sleep(0)

    # In a thread: the browser tests leave a loop in the main one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(asyncio.wait_for(leave(), timeout=60))).result()
