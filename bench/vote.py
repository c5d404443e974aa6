"""A class that votes: ten questions, while students drag, a replica dies, and a database, too.

`python -m bench.classroom --vote [STUDENTS] [sqlite | postgresql]` runs it, on Linux, with nginx
and PostgreSQL (tests/nginx.sh and tests/postgres.sh find them). Three replicas stand behind nginx.
In the fourth vote one of them is killed, and started again a little later; in the seventh
PostgreSQL crashes and is started again. SQLite has no server: its file stays.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.house import House, Meter
from bench.lecturer import Lecturer, keeps, plan
from bench.ledger import Ledger
from bench.voters import Pace, Voter
from tests.deploy.cluster import Cluster, cluster_of_replicas
from tests.server.postgres import postgres

DATABASES = ("sqlite", "postgresql")
_VOTES = 10
_DIES, _CRASHES = 4, 7  # in which vote
_DEAD = 2.0  # s until a replica is started again
_PATIENCE = 30.0  # s for all to hear the lecturer's last words
# What is wanted of 300 students: s, s, and s/s.
_TOLD, _COUNTED, _IDLE = 1.0, 2.0, 0.05

Faults = Mapping[int, Callable[[], None]]


@dataclass
class Held:
    """What became of a class.

    Attributes
    ----------
    ledger : Ledger
    counted : int
        Votes, each round for itself, in which every answer was kept once.
    idle, busy : float
        Processor time of all servers, in s/s: while nobody did anything, and during the votes
        before the first fault.
    """

    ledger: Ledger
    counted: int = 0
    idle: float = float("nan")
    busy: float = float("nan")


async def hold(house: House, students: int, votes: int, pace: Pace, faults: Faults) -> Held:
    """Hold a class; see `Lecturer.teach` for the faults."""
    lesson = plan(votes)
    ledger = Ledger(students)
    held = Held(ledger)
    lecturer = Lecturer(house.url, lesson, ledger, pace)
    await lecturer.start()
    code, packed = lecturer.code, lesson.lesson
    voters = [Voter(house.url, code, packed, i, ledger, pace) for i in range(students)]
    begun = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(lecturer.listen())
        for voter in voters:
            group.create_task(voter.attend(begun))
            await asyncio.sleep(pace.arrive)
        await lecturer.until_here()
        idle = Meter(house)
        await asyncio.sleep(pace.idle)
        held.idle = idle.rate()
        begun.set()
        working = Meter(house)

        def befalls(step: int) -> None:
            if step == min(faults):
                held.busy = working.rate()
            faults[step]()

        await lecturer.teach(faults, befalls)
        await _until(lambda: not ledger.missed())
        ledger.faults += [f"{i} has not heard the last word" for i in ledger.missed()]
        table = await lecturer.table()
        listening.cancel()
        await lecturer.end()
        await _until(lambda: all(voter.ended.is_set() for voter in voters))
        for i, voter in enumerate(voters):
            if not voter.ended.is_set():
                ledger.faults.append(f"{i} has not heard that the class has ended")
                voter.ended.set()
    held.counted = ledger.agree(table, keeps(packed))
    return held


async def _until(done: Callable[[], bool]) -> None:
    """Wait until something is so, or until it is no use."""
    deadline = time.monotonic() + _PATIENCE
    while not done() and time.monotonic() < deadline:
        await asyncio.sleep(0.1)


def _dies(cluster: Cluster) -> None:
    cluster.kill(0)
    time.sleep(_DEAD)
    cluster.revive()


@contextmanager
def housed(database: str, folder: Path) -> Iterator[tuple[House, Faults]]:
    """Start what serves a class; yield it and what befalls it."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres()) if database == "postgresql" else None
        settings = {"CE_CLASS_DATABASE": server.url if server else ""}  # "": a file in the folder
        cluster = stack.enter_context(cluster_of_replicas(folder, settings=settings))
        parents = [cluster.nginx, *([server.pid] if server else [])]
        faults = {_DIES: lambda: _dies(cluster)}
        if server:
            faults[_CRASHES] = server.restart
        yield House(cluster.url, cluster.replicas, parents), faults


async def measure(database: str, students: int) -> bool:
    """Hold a class, and print a line about it; say whether nothing was lost."""
    with TemporaryDirectory() as folder, housed(database, Path(folder)) as (house, faults):
        start, own = time.monotonic(), time.process_time()
        held = await hold(house, students, _VOTES, Pace(), faults)
        passed = time.monotonic() - start
        students_cpu = (time.process_time() - own) / passed
    books = held.ledger
    votes = len(books.votes)
    print(
        f"| {database} | {students} | {held.counted} of {votes} | {_ms(books.told)} |"
        f" {_ms(books.counted)} | {_ms(books.followed)} | {len(books.released)} |"
        f" {_ms(books.released)} | {held.idle:.3f} | {held.busy:.2f} | {students_cpu:.2f} |"
        f" {len(books.late)} | {len(books.faults)} |",
        flush=True,
    )
    lost = books.late + books.faults
    for kind, lines in groupby(sorted(lost, key=_kind), _kind):
        first, *others = lines
        print(f"   {kind}, {1 + len(others)} times, first: {first}")
    return held.counted == votes and not lost


def _kind(fault: str) -> str:
    return re.sub(r"[\d.]+", "…", fault.partition(":")[0])


def _ms(seconds: Sequence[float]) -> str:
    """Write the median, the 95th percentile and the largest."""
    found = 1000 * np.percentile(seconds or [np.nan], [50, 95, 100])
    return " / ".join(f"{ms:.0f}" for ms in found)


async def main(students: int, databases: Sequence[str]) -> bool:
    """Hold a class with each database, and print a table; say whether nothing was lost."""
    print(
        "| database | students | votes in which each answer counted once | phase to student, ms |"
        " count to lecturer, ms | picture of another step, ms | releases | release, ms |"
        " idle, s/s | votes, s/s | students, s/s | pictures lost | answers lost, students stuck |"
    )
    print("|---|" + "--:|" * 12)
    kept = [await measure(database, students) for database in databases]
    print(
        f"wanted of 300 students: nothing lost, phase to student p95 {1000 * _TOLD:.0f} ms,"
        f" lecturer's count p95 {1000 * _COUNTED:.0f} ms, idle {_IDLE} s/s"
    )
    return all(kept)
