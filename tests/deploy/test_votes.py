"""A class votes behind nginx while PostgreSQL crashes and a replica is killed."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.house import House
from bench.vote import Faults, hold
from bench.voters import Pace
from tests.deploy.cluster import cluster_of_replicas
from tests.server.postgres import postgres

STUDENTS = 9
VOTES = 3  # a choice, which is asked twice, a number and a state
PACE = Pace(arrive=0.0, answer=0.6, look=0.05, every=0.3, idle=0.0)


def test_every_answer_counts_once_and_nobody_is_stuck_when_postgresql_crashes_and_a_replica(
    tmp_path: Path,
) -> None:
    with postgres() as server:
        settings = {"CE_CLASS_DATABASE": server.url}
        with cluster_of_replicas(tmp_path, 2, settings=settings) as cluster:
            house = House(cluster.url, cluster.replicas)
            faults: Faults = {2: server.restart, 3: lambda: cluster.kill(0)}
            class_ = hold(house, STUDENTS, VOTES, PACE, faults)
            # In a thread: the browser tests leave a loop in the main one.
            with ThreadPoolExecutor(1) as pool:
                held = pool.submit(asyncio.run, class_).result()
    assert held.ledger.faults + held.ledger.late == []
    assert held.counted == len(held.ledger.votes) == VOTES + 1
