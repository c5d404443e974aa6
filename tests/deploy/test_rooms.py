"""A class behind nginx: three replicas share what it does, whichever of them is asked."""

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.deploy.cluster import Cluster
from tests.deploy.test_nginx import Answer, ask, post

PATIENCE = 20  # s
ASK = {"key": "start.cliff", "kind": "choice", "count": 3}
STUDENTS = 30


class Stream:
    """What somebody hears, line by line as it comes."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.response = response
        self.past: list[tuple[str, Any]] = []

    def until(self, name: str, **parts: object) -> Any:
        """Read on until an event says this; return it."""
        while True:
            line = self.response.fp.readline().decode()
            assert line, f"it ended after {self.past}"
            if line.startswith("event: "):
                event = line.removeprefix("event: ").strip()
            elif line.startswith("data: "):
                data = json.loads(line.removeprefix("data: "))
                self.past.append((event, data))
                if event == name and parts.items() <= data.items():
                    return data


@dataclass
class Room:
    """A room behind nginx."""

    url: str
    code: str
    secret: str

    def lead(self, phase: str, url: str = "") -> int:
        """Lead the class, by way of nginx or of one replica; return the status."""
        place = {"page": "start", "link": "at=1", "ask": ASK, "round": 1, "phase": phase}
        return self._post("lead", place, url, Authorization=f"Bearer {self.secret}").status

    def answer(self, n: int) -> int:
        """Answer for a student, who tries again while nobody takes it; return the status."""
        given = {"who": f"{n:022d}", "key": ASK["key"], "round": 1, "value": n % 3}
        for _ in range(PATIENCE):
            status = self._post("answer", given).status
            if status not in (502, 503, 504):
                break
        return status

    def end(self) -> int:
        """End it."""
        return self._post("end", {}, Authorization=f"Bearer {self.secret}").status

    def _post(self, name: str, given: object, url: str = "", **headers: str) -> Answer:
        path, body = f"/room/{self.code}/{name}", json.dumps(given).encode()
        return post(url or self.url, path, body, **headers)

    @contextmanager
    def listening(self, *, leads: bool = False, url: str = "") -> Iterator[Stream]:
        """Listen to it, as browsers do who would take it packed."""
        address = urlsplit(url or self.url).netloc
        connection = http.client.HTTPConnection(address, timeout=PATIENCE)
        headers = {"Accept-Encoding": "gzip, br", "Accept": "text/event-stream"}
        if leads:
            headers["Authorization"] = f"Bearer {self.secret}"
        try:
            connection.request("GET", f"/room/{self.code}/events", headers=headers)
            yield Stream(connection.getresponse())
        finally:
            connection.close()


@pytest.fixture
def room(cluster: Cluster) -> Room:
    wanted = json.dumps({"page": "start", "link": "at=1", "lesson": ""}).encode()
    made = post(cluster.url, "/room", wanted)
    assert made.status == 201, made
    found = json.loads(made.body)
    return Room(cluster.url, found["room"], found["secret"])


def test_what_one_replica_is_told_the_listeners_of_all_hear(cluster: Cluster, room: Room) -> None:
    with room.listening(leads=True) as lecturer, ExitStack() as stack:
        students = [stack.enter_context(room.listening(url=r.url)) for r in cluster.replicas]
        students.append(stack.enter_context(room.listening()))
        for student in students:
            student.until("room", phase="look")
        lecturer.until("count", here=4)
        # Each replica is told something; nothing of it is held back until the next comes.
        for replica, phase in zip(cluster.replicas, ("open", "shown", "answered"), strict=True):
            assert room.lead(phase, replica.url) == 204
            for listener in (lecturer, *students):
                listener.until("room", phase=phase)
        assert room.end() == 204
        for listener in (lecturer, *students):
            listener.until("ended")


def test_a_stream_is_neither_packed_nor_kept_and_has_no_cookie(room: Room) -> None:
    with room.listening() as student:
        headers = student.response.headers
    assert headers["Content-Type"].startswith("text/event-stream")
    assert headers["Cache-Control"] == "no-store"
    for name in ("Content-Encoding", "Content-Length", "Set-Cookie"):
        assert name not in headers


def test_every_answer_counts_once_though_a_replica_is_killed(cluster: Cluster, room: Room) -> None:
    assert room.lead("open") == 204
    with ThreadPoolExecutor(6) as pool, room.listening(leads=True) as lecturer:
        first = list(pool.map(room.answer, range(STUDENTS)))
        lecturer.until("count", answered=STUDENTS)
        again = pool.map(room.answer, range(STUDENTS + 10))
        cluster.kill(1)
        assert {*first, *again} == {200}
    with room.listening(leads=True) as lecturer:  # as the page does when its stream was cut
        lecturer.until("count", answered=STUDENTS + 10)
        assert room.lead("shown") == 204
        assert lecturer.until("room", phase="shown")["results"][0] == {"counts": [14, 13, 13]}


def test_no_log_knows_a_room_or_its_secret(cluster: Cluster, room: Room) -> None:
    before = len(cluster.log())
    with room.listening(leads=True) as lecturer:
        lecturer.until("room")
    paths = [f"/room/{room.code}/{name}" for name in ("lead", "csv", "else", "events/x")]
    for path in (*paths, f"/ROOM/{room.code}", f"//room//{room.code}/csv"):
        ask(cluster.url, path, Authorization=f"Bearer {room.secret}")
    assert room.end() == 204
    masked = {"/room/…/events", "/room/…/lead", "/room/…/csv", "/room/…/end", "/room/…"}
    deadline = time.monotonic() + PATIENCE
    while not masked <= {line["path"] for line in cluster.log()[before:]}:
        assert time.monotonic() < deadline, cluster.log()[before:]
        time.sleep(0.01)
    for file in cluster.folder.glob("*.*"):
        if file.suffix in (".txt", ".log"):
            text = file.read_text()
            assert room.code not in text, file
            assert room.secret not in text, file


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/room", 16_500, 413),
        ("/room/ABCDE/answer", 5_000, 413),
        ("/room/ABCDE/else", 10, 404),
        ("/room/ABCDE/events", 10, 403),
        ("/room/ABCDE/csv", 10, 403),
        ("/room/", 10, 404),
    ],
)
def test_what_no_class_posts_is_refused(
    cluster: Cluster, path: str, size: int, status: int
) -> None:
    assert post(cluster.url, path, b"a" * size).status == status
