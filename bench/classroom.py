"""A class at once: many students beside the same students on a plain Streamlit page.

Run with `python -m bench.classroom [SECONDS] [STUDENTS ...]` from the project's folder, on Linux
(processor time and memory are read from /proc), with nginx (tests/nginx.sh finds it). Each class is
held before one server process, and before the three of deploy/ behind nginx, fresh ones that a few
students have warmed up. The students run in this process; servers and students share the machine.
`python -m bench.classroom --vote [STUDENTS]` holds a class that votes: see bench/vote.py.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench import vote
from bench.house import House
from bench.students import MEGABYTE, LabStudent, PlainStudent, Register, Student, attend
from tests.browser.serving import serve
from tests.deploy.cluster import cluster_of_replicas

EVERY = 5.0  # s between two releases of a student
REPLICAS = 3  # of deploy/replicas.conf
ARRIVE = 0.05  # s between two students who come in
FORGET = 2  # s for which the server keeps the session of somebody who left
# What is wanted of 300 students: s, bytes for each, and the memory that stays.
P95, SESSION, STAYS = 0.5, 5 * MEGABYTE, 1.10
LESSONS = ["pipeline", "likelihood", "sigmoid", "softmax", "overflow", "gradient"]


@dataclass(frozen=True)
class Lab:
    """The app; each student goes an own way, or all follow one lesson."""

    name: str = "the lab"
    script: str = "app.py"
    pages: tuple[str, ...] = tuple(LESSONS)
    follows: bool = False

    def student(self, url: str, seed: int) -> Student:
        """Return a student who starts where the lecturer does."""
        return LabStudent(url, "pipeline", seed, follows=self.follows)


@dataclass(frozen=True)
class Plain:
    """The page with Streamlit's own sliders and charts."""

    name: str = "plain Streamlit"
    script: str = "bench/plain_page.py"
    pages: tuple[str, ...] = ("", "second")

    def student(self, url: str, seed: int) -> Student:
        """Return a student of the plain page."""
        return PlainStudent(url, "", seed)


async def class_of(subject: Lab | Plain, url: str, count: int, seconds: float) -> Register:
    """Let a class come in over a while, work, and leave."""
    seen = Register()
    async with asyncio.TaskGroup() as group:
        for i in range(count):
            student = subject.student(url, i)
            arrives = ARRIVE * i
            stays = seconds + ARRIVE * (count - i)
            group.create_task(attend(student, list(subject.pages), arrives, stays, EVERY, seen))
    return seen


@contextmanager
def house(subject: Lab | Plain, processes: int, folder: Path) -> Iterator[House]:
    """Start one server, or several behind nginx."""
    options = [f"--server.disconnectedSessionTTL={FORGET}"]
    if processes == 1:
        with serve(folder / "log.txt", script=subject.script, options=options) as server:
            yield House(server.url, [server])
        return
    with cluster_of_replicas(folder, processes, subject.script, options) as cluster:
        yield House(cluster.url, cluster.replicas, [cluster.nginx])


async def look_around(subject: Lab | Plain, servers: House) -> None:
    """Let ten students for each process see all pages, and use each, before a class comes.

    What is computed once and imported late belongs to no class.
    """

    async def visit(seed: int) -> None:
        student = subject.student(servers.url, seed)
        await student.open()
        for page in subject.pages:
            await student.go(page)
            await student.release()
        await student.leave()

    await asyncio.gather(*(visit(i) for i in range(10 * len(servers.servers))))


async def settle(servers: House) -> int:
    """Return the memory when those who left have been forgotten (server/memory.py)."""
    await asyncio.sleep(2 * FORGET + 4)
    return servers.memory()


async def measure(subject: Lab | Plain, processes: int, count: int, seconds: float) -> None:
    """Hold a class, and print a line about it."""
    with TemporaryDirectory() as folder, house(subject, processes, Path(folder)) as servers:
        await look_around(subject, servers)
        empty = await settle(servers)
        cpu, start, own = servers.cpu(), time.monotonic(), time.process_time()
        full = 0

        async def watch() -> None:
            nonlocal full
            while True:
                full = max(full, servers.memory())
                await asyncio.sleep(1)

        watching = asyncio.create_task(watch())
        seen = await class_of(subject, servers.url, count, seconds)
        watching.cancel()
        passed = time.monotonic() - start
        busy = (servers.cpu() - cpu) / passed
        students = (time.process_time() - own) / passed
        after = await settle(servers)
    released = 1000 * np.array(seen.released or [np.nan])
    middle, p95, p99 = np.percentile(released, [50, 95, 99])
    opened = 1000 * np.percentile(seen.opened or [np.nan], [50, 95])
    answers = max(len(seen.released) + len(seen.opened) + len(seen.changed), 1)
    print(
        f"| {subject.name} | {processes} | {count} | {len(seen.released)} |"
        f" {middle:.0f} | {p95:.0f} | {p99:.0f} |"
        f" {opened[0]:.0f} / {opened[1]:.0f} | {len(seen.lost)} | {busy:.2f} | {students:.2f} |"
        f" {seen.received / answers / 1000:.0f} |"
        f" {(full - empty) / count / MEGABYTE:.2f} | {empty / MEGABYTE:.0f} |"
        f" {after / empty:.2f} |",
        flush=True,
    )
    for line in sorted(set(seen.lost))[:5]:
        print("   lost:", line)


async def main(seconds: float, counts: list[int]) -> None:
    """Hold each class in the lab and on the plain page, and print a table."""
    print(
        "| page | processes | students | releases | median, ms | p95 | p99 |"
        " opened, median / p95, ms | lost | server CPU, s/s | students' CPU | kB per answer |"
        " MB per session | MB empty | memory after / before |"
    )
    print("|---|" + "--:|" * 14)
    for count in counts:
        for subject, processes in (
            (Lab(), 1),
            (Lab(), REPLICAS),
            (Lab("the lab, one lesson", follows=True), REPLICAS),
            (Plain(), REPLICAS),
        ):
            await measure(subject, processes, count, seconds)
    print(
        f"wanted of 300 students: none lost, p95 {1000 * P95:.0f} ms, at most"
        f" {SESSION / MEGABYTE:.0f} MB per session, memory after at most {STAYS:.2f}"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--vote"]:
        count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
        sys.exit(not asyncio.run(vote.main(count, sys.argv[3:] or vote.DATABASES)))
    asyncio.run(
        main(
            float(sys.argv[1]) if len(sys.argv) > 1 else 40.0,
            [int(n) for n in sys.argv[2:]] or [30, 100, 300],
        )
    )
