"""What is attacked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROCESSES = Path("/proc")
MB = 1 << 20


@dataclass(frozen=True)
class Target:
    """What is attacked: an address, and the processes of the app behind it."""

    url: str
    pids: tuple[int, ...]
    size: float = 1.0  # of an attack, beside that of the table

    def count(self, full: int) -> int:
        """Return how many of something are sent."""
        return max(1, round(full * self.size))

    def memory(self) -> float:
        """Return the resident memory of the app's processes, in MB."""
        pages = [(PROCESSES / str(pid) / "statm").read_text().split()[1] for pid in self.pids]
        return sum(map(int, pages)) * 4096 / MB


Attack = Callable[[Target], str]
