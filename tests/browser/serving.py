"""The app as a process of its own, and the Chromium that looks at it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypedDict

ROOT = Path(__file__).parents[2]
STARTUP = 60  # s, for a machine that is busy with other work


@dataclass(frozen=True)
class Server:
    """A running app: where it answers, its process, and what it has printed."""

    url: str
    pid: int
    log: Path


@contextmanager
def serve(
    log: Path,
    *,
    script: str = "app.py",
    port: int | None = None,
    options: Sequence[str] = (),
    root: Path = ROOT,
    base: str = "",
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Server]:
    """Start the app on a port of this machine, a free one if none is named; stop it at the end.

    `root` is the checkout whose app it is, `base` the path that its options put before all, and
    `settings` what stands in its environment beside ours. Those whose logs are in one folder share
    their classes.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}{base}"
    command = [sys.executable, "-m", "streamlit", "run", script]
    command += ["--server.address=127.0.0.1", f"--server.port={port}", *options]
    with (
        log.open("w") as out,
        subprocess.Popen(
            command,
            cwd=root,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "XDG_STATE_HOME": str(log.parent), **settings},
        ) as process,
    ):
        try:
            _wait_until_healthy(url, process, log)
            yield Server(url, process.pid, log)
        finally:
            process.terminate()


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + STARTUP
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except OSError:  # nobody listens yet, or not in time
            time.sleep(0.05)
    raise RuntimeError(f"the app did not start; it printed:\n{log.read_text()}")


class LaunchOptions(TypedDict):
    """What `playwright.chromium.launch` takes."""

    executable_path: str
    args: list[str]


def chromium() -> LaunchOptions:
    """Find the browser, and tell it to speak to nobody but the app."""
    path = subprocess.check_output(["sh", ROOT / "tests" / "chromium.sh"], text=True).strip()
    flags = [
        "--no-sandbox",  # which Chromium refuses to set up for root
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ]
    return {"executable_path": path, "args": flags}
