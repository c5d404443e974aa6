"""What ordinary visitors feel while a stranger is at work, beside what they feel otherwise."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.attack.rows import ROWS, Target
from tests.attack.visitors import Class, Felt
from tests.browser.serving import serve
from tests.deploy.cluster import cluster_of_replicas

VISITORS = 3


@dataclass(frozen=True)
class Outcome:
    """One attack: what came of it, and what visitors felt."""

    said: str
    reached: bool
    own: float  # s; the p95 of visitors without the stranger, the greater of before and after
    beside: Felt

    @property
    def ratio(self) -> float:
        """Return how many times as long as without it visitors waited."""
        return self.beside.p95 / self.own


def attack(name: str, target: Target, seconds: float) -> Outcome:
    """Run an attack beside visitors, and at least this long before and after it."""
    with Class(target.url, VISITORS).at_work() as visitors:
        time.sleep(0.5)  # the first opening of all is dearer
        before = visitors.felt(seconds)
        reached = False
        with visitors.noted() as beside, ThreadPoolExecutor(1) as pool:
            at_work, begin = pool.submit(ROWS[name], target), time.monotonic()
            try:
                said = at_work.result()
            except (AssertionError, OSError) as error:
                said, reached = str(error).split("\n")[0] or repr(error), True
            time.sleep(max(0.0, seconds - (time.monotonic() - begin)))
        after = visitors.felt(seconds)
    return Outcome(said, reached, max(before.p95, after.p95), beside)


@contextmanager
def alone(folder: Path, size: float) -> Iterator[Target]:
    """Start the app by itself."""
    with serve(folder / "log.txt") as app:
        yield Target(app.url, (app.pid,), size)


@contextmanager
def behind_nginx(folder: Path, size: float, replicas: int = 3) -> Iterator[Target]:
    """Start replicas behind deploy/nginx.conf."""
    with cluster_of_replicas(folder, count=replicas) as cluster:
        yield Target(cluster.url, tuple(r.pid for r in cluster.replicas), size)
