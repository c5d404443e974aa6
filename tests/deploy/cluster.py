"""Three replicas of the app behind nginx, as deploy/ describes them, on this machine's loopback."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from signal import SIGKILL, Signals
from types import MappingProxyType
from typing import Any

from tests.browser.serving import ROOT, STARTUP, Server, free_port, serve

DEPLOY = ROOT / "deploy"


class Cluster:
    """Replicas and an nginx in front of them, whose address is `url`."""

    def __init__(
        self,
        folder: Path,
        stack: ExitStack,
        count: int,
        script: str,
        options: Sequence[str],
        settings: Mapping[str, str],
    ) -> None:
        self.folder, self._stack = folder, stack
        self._script, self._options, self._settings = script, options, settings
        self._ports = [free_port() for _ in _named()[:count]]
        self._dead: set[int] = set()
        with ThreadPoolExecutor() as pool:
            self.replicas: list[Server] = list(pool.map(self._serve, range(len(self._ports))))
        self.url, self.nginx = stack.enter_context(nginx_before(folder, self._ports))

    def kill(self, replica: int, how: Signals = SIGKILL) -> None:
        """End a replica: at once, as a crash or a power cut does, or as it is asked to end."""
        os.kill(self.replicas[replica].pid, how)
        os.waitid(os.P_PID, self.replicas[replica].pid, os.WEXITED | os.WNOWAIT)
        self._dead.add(replica)

    def revive(self) -> None:
        """Start again, at the same address, what was killed."""
        while self._dead:
            replica = self._dead.pop()
            self.replicas[replica] = self._serve(replica)

    def log(self) -> list[dict[str, Any]]:
        """Return what nginx has logged so far: a line for each request that has ended."""
        lines = (self.folder / "access.log").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def index(self, address: str) -> int:
        """Return which replica has this address (host:port) in the log."""
        return [replica.url.removeprefix("http://") for replica in self.replicas].index(address)

    def _serve(self, replica: int) -> Server:
        log = self.folder / f"replica-{replica}.txt"
        return self._stack.enter_context(
            serve(
                log,
                script=self._script,
                port=self._ports[replica],
                options=self._options,
                # By its metrics a replica says how many sessions it has.
                settings={"CE_METRICS": "1", **self._settings},
            )
        )


@contextmanager
def cluster_of_replicas(
    folder: Path,
    count: int = 3,
    script: str = "app.py",
    options: Sequence[str] = (),
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Cluster]:
    """Start replicas, three at most, and nginx, and stop them at the end."""
    with ExitStack() as stack:
        yield Cluster(folder, stack, count, script, options, settings)


def _named() -> list[str]:
    """Return the replicas as replicas.conf names them (host:port)."""
    return re.findall(r"^server (\S+)", (DEPLOY / "replicas.conf").read_text(), re.MULTILINE)


@contextmanager
def nginx_before(folder: Path, ports: list[int]) -> Iterator[tuple[str, int]]:
    """Run deploy/nginx.conf with other addresses and folders, and with nothing else changed.

    Yield its address and the number of its first process.
    """
    port, packer = free_port(), free_port()
    _copy("nginx.conf", folder, {
        "listen 8080;": f"listen 127.0.0.1:{port};",
        "127.0.0.1:8081": f"127.0.0.1:{packer}",
        "/var/cache/nginx": str(folder),
        "/var/log/nginx": str(folder),
    })  # fmt: skip
    names = _named()
    unused = {f"server {name} ": f"# server {name} " for name in names[len(ports) :]}
    _copy("replicas.conf", folder, unused | {
        name: f"127.0.0.1:{p}" for name, p in zip(names, ports, strict=False)
    })  # fmt: skip
    program = subprocess.check_output(["sh", ROOT / "tests" / "nginx.sh"], text=True).strip()
    # nginx started by root hands its work to a user who may not read the folder.
    user = "user root;" if os.geteuid() == 0 else ""
    settings = f"daemon off; pid {folder}/nginx.pid; {user}"
    command: list[str | Path] = [
        program,
        "-c",
        folder / "nginx.conf",
        "-e",
        "stderr",
        "-g",
        settings,
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            _wait_for(folder / "nginx.pid", process)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


def _copy(name: str, folder: Path, changes: dict[str, str]) -> None:
    text = (DEPLOY / name).read_text()
    for old, new in changes.items():
        assert old in text, f"{name} no longer has {old!r}"
        text = text.replace(old, new)
    (folder / name).write_text(text)


def _wait_for(pid_file: Path, process: "subprocess.Popen[str]") -> None:
    """Wait until nginx, which writes this file once it listens, has written it."""
    deadline = time.monotonic() + STARTUP
    while not pid_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            _, printed = process.communicate()
            raise RuntimeError(f"nginx did not start; it printed:\n{printed}")
        time.sleep(0.02)
