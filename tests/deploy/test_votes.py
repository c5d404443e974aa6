"""A class votes behind nginx while a replica is killed and a database crashes."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.house import House
from bench.vote import Faults, hold
from bench.voters import Pace
from tests.deploy.cluster import Cluster, cluster_of_replicas
from tests.server.postgres import postgres

STUDENTS = 9
VOTES = 3  # a choice, which is asked twice, a number and a state
PACE = Pace(arrive=0.0, answer=0.6, look=0.05, every=0.3, idle=0.0)


def teach(cluster: Cluster, faults: Faults) -> None:
    """Hold a class in a thread: the browser tests leave a loop in the main one."""
    house = House(cluster.url, cluster.replicas)
    with ThreadPoolExecutor(1) as pool:
        class_ = hold(house, STUDENTS, VOTES, PACE, faults)
        held = pool.submit(asyncio.run, class_).result()
    assert held.ledger.faults + held.ledger.late == []
    assert held.counted == len(held.ledger.votes) == VOTES + 1


def test_every_answer_counts_once_and_nobody_is_stuck_when_a_replica_is_killed(
    cluster: Cluster,
) -> None:
    teach(cluster, {1: lambda: cluster.kill(0)})


def test_every_answer_counts_once_when_postgresql_crashes_and_then_a_replica(
    tmp_path: Path,
) -> None:
    with postgres() as server:
        settings = {"CE_CLASS_DATABASE": server.url}
        with cluster_of_replicas(tmp_path, 2, settings=settings) as cluster:
            teach(cluster, {2: server.restart, 3: lambda: cluster.kill(0)})
