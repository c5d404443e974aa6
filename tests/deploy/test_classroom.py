"""A class behind nginx whose replicas die or are started anew while it works."""

import asyncio
import re
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from signal import SIGKILL, SIGTERM

import pytest

from bench.students import LabStudent
from tests.deploy.cluster import Cluster

STUDENTS = 9
PAUSE = 0.2  # s that a student looks at an answer


def sessions(cluster: Cluster) -> list[int]:
    """Return how many sessions each replica says it has."""
    found = []
    for replica in cluster.replicas:
        with urllib.request.urlopen(f"{replica.url}/_stcore/metrics") as answer:
            found.append(int(re.search(rb"active_sessions (\d+)", answer.read())[1]))
    return found


async def come_in(cluster: Cluster, seed: int) -> tuple[LabStudent, int]:
    """Open the page; return the student and the replica that holds the student's session."""
    before = sessions(cluster)
    student = LabStudent(cluster.url, "pipeline", seed)
    await student.open()
    after = sessions(cluster)
    (replica,) = (i for i, (b, a) in enumerate(zip(before, after, strict=True)) if a > b)
    return student, replica


class Lesson:
    """A class that works until all is over, and twice more."""

    def __init__(self) -> None:
        self.done = 0
        self.at_work, self.over = asyncio.Event(), asyncio.Event()

    async def work(self, student: LabStudent) -> None:
        """Release sliders one after the other."""
        left = 2
        while left:
            left -= self.over.is_set()
            await student.release()
            self.done += 1
            if self.done > 2 * STUDENTS:
                self.at_work.set()
            await asyncio.sleep(PAUSE)


async def hold(cluster: Cluster, end: Callable[[list[int]], set[int]]) -> None:
    """Let a class work while `end` ends replicas, and compare what everybody sees afterwards."""
    room = [await come_in(cluster, seed) for seed in range(STUDENTS)]
    start = [student.stands() for student, _ in room]
    lesson = Lesson()
    async with asyncio.TaskGroup() as group:
        for student, _ in room:
            group.create_task(lesson.work(student))
        await lesson.at_work.wait()
        ended = await asyncio.to_thread(end, [replica for _, replica in room])
        lesson.over.set()
    for (student, replica), stood in zip(room, start, strict=True):
        assert student.stands() == pytest.approx(stood | student.released, abs=1e-6)
        # The page's own connection is made again when another page is asked for.
        before = student.reconnected
        await student.go("softmax")
        assert (student.reconnected > before) == (replica in ended)
        stands = student.stands()
        assert {id_: stands[id_] for id_ in student.released} == pytest.approx(
            student.released, abs=1e-6
        )
        await student.leave()


def teach(cluster: Cluster, end: Callable[[list[int]], set[int]]) -> None:
    """Hold a class in a thread: the browser tests leave a loop in the main one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(hold(cluster, end))).result()


def test_students_of_a_killed_replica_go_on_with_their_numbers_on_the_others(
    cluster: Cluster,
) -> None:
    def crash(replicas: list[int]) -> set[int]:
        fullest = max(replicas, key=replicas.count)
        cluster.kill(fullest, SIGKILL)
        return {fullest}

    teach(cluster, crash)


def test_nobody_loses_a_number_while_all_replicas_are_started_anew(cluster: Cluster) -> None:
    def roll(replicas: list[int]) -> set[int]:
        for replica in range(len(cluster.replicas)):
            cluster.kill(replica, SIGTERM)
            cluster.revive()
        return {*replicas}

    teach(cluster, roll)
