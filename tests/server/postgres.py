"""A real PostgreSQL in a temporary folder, on a free port of this machine."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT, SIGQUIT, Signals
from typing import Any

import psycopg

from tests.browser.serving import ROOT, STARTUP, free_port

# PostgreSQL refuses to run as root.
_USER = "nobody" if os.geteuid() == 0 else None


class Postgres:
    """A server; `url` leads to its one database."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._data, self._port = programs, folder / "data", free_port()
        self.url = f"postgresql://lab@127.0.0.1:{self._port}/postgres"
        self._run("initdb", "--pgdata", self._data, "--username=lab", "--auth=trust", "--no-sync")
        self._process = self._started()
        self._count = 0

    @property
    def pid(self) -> int:
        """The first of its processes, another one after each start."""
        return self._process.pid

    def schema(self) -> str:
        """Return a URL that leads to tables of its own."""
        self._count += 1
        name = f"test_{self._count}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{self.url}?options=-csearch_path%3D{name}"

    def restart(self) -> None:
        """Let it crash, and start it again: it recovers what was committed."""
        self.stop(SIGQUIT)
        self._process = self._started()

    def stop(self, how: Signals = SIGINT) -> None:
        """Stop it: in order, or as in a crash (SIGQUIT)."""
        self._process.send_signal(how)
        self._process.wait(STARTUP)

    def _started(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [
                *(self._programs / "postgres", "-D", self._data, "-p", str(self._port)),
                *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
                *("-c", "fsync=off", "-c", "max_connections=40"),  # the machine does not crash
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._as_user(),
        )
        deadline = time.monotonic() + STARTUP
        while True:
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                assert process.poll() is None, "postgres ended"
                assert time.monotonic() < deadline, "postgres did not start"
                time.sleep(0.02)
            else:
                return process

    def _run(self, program: str, *options: object) -> None:
        command = [str(self._programs / program), *map(str, options)]
        subprocess.run(command, check=True, capture_output=True, **self._as_user())

    def _as_user(self) -> dict[str, Any]:
        if _USER is None:
            return {"cwd": "/"}
        return {"cwd": "/", "user": _USER, "group": pwd.getpwnam(_USER).pw_gid, "extra_groups": []}


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a server, and stop it at the end."""
    found = subprocess.check_output(["sh", ROOT / "tests" / "postgres.sh"], text=True)
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # outside of pytest's, which are root's
    try:
        if _USER is not None:
            shutil.chown(folder, _USER)
        server = Postgres(Path(found.strip()), folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
