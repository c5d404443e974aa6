"""Visitors who hold a WebSocket while all replicas are started anew, one after the other."""

import random
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
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
    cookie = f"ce_replica={dice.getrandbits(128):032x}"
    since = time.monotonic()
    while not over.is_set():
        try:
            _hold(url, cookie, over, note)
            since = time.monotonic()
        except (OSError, WebSocketException, TimeoutError):
            if time.monotonic() - since > _AWAY:
                note("lost")
                return
        over.wait(0.2)


def _hold(url: str, cookie: str, over: threading.Event, note: Note) -> None:
    """Open a page and its WebSocket, and hold it until it ends."""
    headers = {"Cookie": cookie}
    with urllib.request.urlopen(urllib.request.Request(f"{url}/", headers=headers)) as page:
        page.read()
    with dial(url, additional_headers=headers) as socket:
        socket.send(opening().SerializeToString())
        note("opened")
        while not over.is_set():
            try:
                socket.recv(timeout=0.5)
            except TimeoutError:
                address = f"{url}/answer/pipeline?v=&logits=1,2"
                with urllib.request.urlopen(
                    urllib.request.Request(address, headers=headers), timeout=20
                ) as answer:
                    answer.read()
