"""The processes that serve a class, and what they take of the machine."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.drag import cpu_seconds
from tests.browser.serving import Server


def memory(pid: int) -> int:
    """Return the bytes that a process holds in memory (VmRSS of proc_pid_status(5), in kB)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))


@dataclass(frozen=True)
class House:
    """Server processes, and the address under which they answer together."""

    url: str
    servers: Sequence[Server]
    parents: Sequence[int] = ()  # the first processes of nginx and of a database

    def memory(self) -> int:
        """Return the bytes that the servers hold."""
        return sum(memory(server.pid) for server in self.servers)

    def cpu(self) -> float:
        """Return the seconds of processor time that all have taken."""
        pids = [server.pid for server in self.servers]
        for parent in self.parents:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text()
            pids += [parent, *map(int, children.split())]
        return sum(cpu_seconds(pid) for pid in pids)


class Meter:
    """What a house takes of the processors from now on."""

    def __init__(self, house: House) -> None:
        self._house, self._cpu, self._start = house, house.cpu(), time.monotonic()

    def rate(self) -> float:
        """Return seconds of processor time for each second so far."""
        return (self._house.cpu() - self._cpu) / (time.monotonic() - self._start)
