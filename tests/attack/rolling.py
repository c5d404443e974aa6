"""Visitors who hold a WebSocket while all replicas are started anew, one after the other."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM

from websockets.exceptions import WebSocketException

from tests.deploy.cluster import Cluster, cluster_of_replicas
from tests.fuzz.visitor import dial, opening

_AWAY = 8.0  # s for which Streamlit's page tries again before it says that something is wrong


Note = Callable[[str], None]


@dataclass
class Rolled:
    """What came of it."""

    visitors: int
    opened: int = 0  # WebSockets
    lost: int = 0  # visitors who found nobody for too long
    bad_gateways: int = 0


def rolled(folder: Path, visitors: int, apart: float) -> Rolled:
    """Start three replicas anew, with this many seconds between them, and count who was lost."""
    with cluster_of_replicas(folder) as cluster:
        return roll(cluster, visitors, apart)


def roll(cluster: Cluster, visitors: int, apart: float) -> Rolled:
    """Start the replicas of a cluster anew."""
    result, over, lock = Rolled(visitors), threading.Event(), threading.Lock()
    before = len(cluster.log())

    def note(name: str) -> None:
        with lock:
            setattr(result, name, getattr(result, name) + 1)

    threads = [
        threading.Thread(target=_visit, args=[cluster.url, i, over, note]) for i in range(visitors)
    ]
    for thread in threads:
        thread.start()
    for replica in range(len(cluster.replicas)):
        time.sleep(apart)
        cluster.kill(replica, SIGTERM)
        cluster.revive()
    time.sleep(apart)
    over.set()
    for thread in threads:
        thread.join()
    statuses = Counter(line["status"] for line in cluster.log()[before:])
    result.bad_gateways = statuses[502] + statuses[504]
    return result


def _visit(url: str, seed: int, over: threading.Event, note: Note) -> None:
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    visitor = _Visitor(url, f"ce_replica={dice.getrandbits(128):032x}", over, note)
    while not over.is_set():
        try:
            visitor.hold()
        except (OSError, WebSocketException, TimeoutError):
            if time.monotonic() - visitor.served > _AWAY:
                note("lost")
                return
        over.wait(0.2)


class _Visitor:
    def __init__(self, url: str, cookie: str, over: threading.Event, note: Note) -> None:
        self._url, self._headers, self._over, self._note = url, {"Cookie": cookie}, over, note
        self.served = time.monotonic()  # the last time that somebody answered

    def hold(self) -> None:
        """Open the WebSocket, and hold it until it ends.

        Nothing else is asked: an answer would tell nginx that its replica works.
        """
        with dial(self._url, additional_headers=self._headers) as socket:
            socket.send(opening().SerializeToString())
            self._note("opened")
            while not self._over.is_set():
                with suppress(TimeoutError):
                    socket.recv(timeout=0.5)
                self.served = time.monotonic()
