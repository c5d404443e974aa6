"""deploy/nginx.conf in a real nginx, before three real replicas."""

import gzip
import http.client
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from lab.build import BUILD
from live.files import address
from tests.app.brought import body, frames
from tests.browser.serving import STARTUP
from tests.deploy.cluster import Cluster

YEAR = "max-age=31536000"


@dataclass(frozen=True)
class Answer:
    """What came back, with the body as it was sent."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def ask(url: str, path: str, method: str = "GET", **headers: str) -> Answer:
    """Ask for a path as it stands; urllib would follow, unpack and tidy up."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request(method, path, headers={k.replace("_", "-"): headers[k] for k in headers})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def ask_nginx(
    cluster: Cluster, path: str, method: str = "GET", **headers: str
) -> tuple[Answer, dict[str, Any]]:
    """Ask through nginx; return the answer, and the line of the log, which comes a little later."""
    before = len(cluster.log())
    answer = ask(cluster.url, path, method, **headers)
    deadline = time.monotonic() + STARTUP
    while time.monotonic() < deadline:
        for line in cluster.log()[before:]:
            if line["path"] == urlsplit(path).path:
                return answer, line
        time.sleep(0.005)
    raise AssertionError(f"{path} was not logged")


def visit(cluster: Cluster, cookie: str = "") -> tuple[str, int]:
    """Open a page; return the visitor's cookie, and the replica that answered in the end."""
    answer, line = ask_nginx(cluster, "/sigmoid?x=1", **({"Cookie": cookie} if cookie else {}))
    assert (answer.status, b"<html" in answer.body) == (200, True)
    new = answer.headers.get("Set-Cookie", "")
    assert ("ce_replica=" in new) == (not cookie)
    return cookie or new.split(";")[0], cluster.index(line["replica"].split(", ")[-1])


def script_of(cluster: Cluster) -> str:
    """Return the path of the largest thing that the page loads, Streamlit's own script."""
    page, _ = ask_nginx(cluster, "/")
    found = re.search(rb'src="\./(static/js/index\.[^"]+\.js)"', page.body)
    assert found
    return "/" + found[1].decode()


@pytest.mark.parametrize("name", ["Streamlit's script", "plotly.js"])
def test_a_file_that_never_changes_is_asked_of_a_replica_once_and_sent_packed(
    cluster: Cluster, name: str
) -> None:
    plotly = address("/vendor", "plotly-cartesian.min.js")
    path = plotly if name == "plotly.js" else script_of(cluster)
    encodings = ["gzip, deflate, br", "gzip", ""]
    asked = [ask_nginx(cluster, path, Accept_Encoding=encoding) for encoding in encodings]
    assert [line["cache"] for _, line in asked] == ["MISS", "HIT", "HIT"]
    *answers, plain = [answer for answer, _ in asked]
    for answer in answers:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert YEAR in answer.headers["Cache-Control"]
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers
        assert gzip.decompress(answer.body) == plain.body
    assert "Content-Encoding" not in plain.headers
    assert plain.body == ask(cluster.replicas[0].url, path).body


def test_an_answer_is_computed_once_for_a_whole_class(cluster: Cluster) -> None:
    path = f"/answer/softmax?v={BUILD}&logits=1%2C2%2C3&set=logits.0%3A2.5"
    asked = [ask_nginx(cluster, path, Accept_Encoding=e) for e in ("gzip", "br, gzip", "", "gzip")]
    assert [line["cache"] for _, line in asked] == ["MISS", "HIT", "HIT", "HIT"]
    packed, again, plain, _ = (answer for answer, _ in asked)
    assert packed.status == again.status == plain.status == 200
    assert gzip.decompress(packed.body) == gzip.decompress(again.body) == plain.body
    assert "Set-Cookie" not in packed.headers
    known, _ = ask_nginx(cluster, path, If_None_Match=packed.headers["ETag"])
    assert (known.status, known.body) == (304, b"")


def test_what_another_version_asks_is_answered_and_not_kept(cluster: Cluster) -> None:
    path = "/answer/softmax?v=another&logits=1%2C2%2C3"
    asked = [ask_nginx(cluster, path) for _ in range(2)]
    assert [line["cache"] for _, line in asked] == ["MISS", "MISS"]
    assert {answer.status for answer, _ in asked} == {200}


def post(url: str, path: str, body: bytes, **headers: str) -> Answer:
    """Send a body to a path."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        sent = {k.replace("_", "-"): headers[k] for k in headers}
        connection.request("POST", path, body=body, headers=sent)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def test_numbers_are_answered_by_all_replicas_and_kept_nowhere(cluster: Cluster) -> None:
    before = len(cluster.log())
    rows = b"1 2 3 0\n" * 100_000  # more than nginx would hold in memory
    for _ in range(6):
        answer = post(cluster.url, f"/batch?v={BUILD}", body(rows.decode(), columns="last"))
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        last = list(frames(answer.body))[-1]
        assert last.head["done"] == last.head["of"] == 100_000
    lines = [line for line in cluster.log()[before:] if line["path"] == "/batch"]
    assert {line["cache"] for line in lines} <= {""}
    assert len({line["replica"] for line in lines}) > 1
    assert not [path for path in (cluster.folder / "body").rglob("*") if path.is_file()]
    assert not [path for path in (cluster.folder / "proxy").rglob("*") if path.is_file()]


def test_numbers_are_bounded_and_taken_from_the_page_alone(cluster: Cluster) -> None:
    assert ask(cluster.url, "/batch").status == 403
    assert post(cluster.url, "/softmax", b"1 2").status == 403
    assert post(cluster.url, "/batch", b"1 2", Origin="https://else.example.org").status == 403
    assert post(cluster.url, "/batch", b"", Content_Length=str(22 << 20)).status == 413


def test_answers_come_from_all_replicas_whoever_asks(cluster: Cluster) -> None:
    cookie, _ = visit(cluster)
    replicas = set()
    for i in range(12):
        path = f"/answer/pipeline?v={BUILD}&shift={i}"
        _, line = ask_nginx(cluster, path, Cookie=cookie)
        replicas.add(line["replica"])
    assert len(replicas) > 1


def test_the_page_itself_is_never_kept(cluster: Cluster) -> None:
    answer = ask(cluster.url, "/softmax", Accept_Encoding="gzip")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert b"<html" in gzip.decompress(answer.body)


def test_a_class_behind_one_address_is_spread_over_all_replicas(cluster: Cluster) -> None:
    assert {visit(cluster)[1] for _ in range(60)} == set(range(len(cluster.replicas)))


def test_a_visitor_stays_on_one_replica(cluster: Cluster) -> None:
    for _ in range(3):
        cookie, replica = visit(cluster)
        assert {visit(cluster, cookie)[1] for _ in range(5)} == {replica}


def test_the_visitor_s_cookie_is_random_and_says_nothing(cluster: Cluster) -> None:
    header = ask(cluster.url, "/").headers["Set-Cookie"]
    assert re.fullmatch(r"ce_replica=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Lax", header)
    assert header != ask(cluster.url, "/").headers["Set-Cookie"]


def test_a_cookie_that_nginx_did_not_make_is_replaced(cluster: Cluster) -> None:
    assert "ce_replica" in ask(cluster.url, "/", Cookie="ce_replica=x").headers["Set-Cookie"]


@contextmanager
def session(url: str, cookie: str) -> Iterator[list[ForwardMsg]]:
    """Open a Streamlit session as a browser does; return what its first run sent."""
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    protocols = [Subprotocol("streamlit")]
    headers = {"Cookie": cookie}
    first = BackMsg()
    first.rerun_script.query_string = ""
    with connect(
        address, origin=url, subprotocols=protocols, additional_headers=headers, max_size=None
    ) as socket:
        socket.send(first.SerializeToString())
        received = []
        while not received or received[-1].WhichOneof("type") != "script_finished":
            message = ForwardMsg()
            message.ParseFromString(socket.recv(timeout=60, decode=False))
            received.append(message)
        yield received


def sessions(cluster: Cluster) -> list[int]:
    """Return how many sessions each replica says it has."""
    texts = [ask(r.url, "/_stcore/metrics").body.decode() for r in cluster.replicas]
    return [int(re.search(r"^active_sessions (\d+)", text, re.MULTILINE)[1]) for text in texts]


def test_a_session_is_on_the_replica_that_sent_the_page(cluster: Cluster) -> None:
    for _ in range(3):
        cookie, replica = visit(cluster)
        before = sessions(cluster)
        with session(cluster.url, cookie):
            after = sessions(cluster)
        opened = [new - old for new, old in zip(after, before, strict=True)]
        assert opened[replica] == 1, (opened, replica)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_stcore/metrics"),
        ("GET", "//_stcore/metrics"),
        ("GET", "/%5Fstcore/metrics"),
        ("GET", "/x/../_stcore/metrics"),
        ("GET", "/_stcore/script-health-check"),
        ("PUT", "/_stcore/upload_file/session/file"),
        ("POST", "/_stcore/agent/interact"),
    ],
)
def test_what_only_the_inside_may_ask_is_refused(cluster: Cluster, method: str, path: str) -> None:
    answer = ask(cluster.url, path, method)
    assert answer.status == 404
    assert b"active_sessions" not in answer.body


@pytest.mark.parametrize("path", ["/", "/sigmoid", "/static/x.js", "/_stcore/health"])
def test_nothing_is_posted(cluster: Cluster, path: str) -> None:
    assert ask(cluster.url, path, "POST").status == 403


def test_the_load_balancer_is_told_that_a_replica_works(cluster: Cluster) -> None:
    assert ask(cluster.url, "/health").body == b"ok"


def test_the_log_says_what_was_asked_and_nothing_of_who_asked(cluster: Cluster) -> None:
    cookie, _ = visit(cluster)
    private = {"Cookie": cookie, "User_Agent": "private", "Referer": "http://private/"}
    private["X_Forwarded_For"] = "private"
    _, line = ask_nginx(cluster, "/softmax?names=private", **private)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/softmax", 200)
    assert "private" not in str(line)
    assert cookie.removeprefix("ce_replica=") not in str(line)
    assert set(line) == {
        *("time", "method", "path", "status", "bytes", "seconds"),
        *("cache", "replica", "replica_status"),
    }


def test_of_a_killed_replica_s_visitors_each_goes_on_with_another(cluster: Cluster) -> None:
    visitors = dict(visit(cluster) for _ in range(30))
    dead = visitors[next(iter(visitors))]
    cluster.kill(dead)
    # visit() asserts that every page comes, so nobody sees an error.
    after = {cookie: visit(cluster, cookie)[1] for cookie in visitors}
    assert dead not in after.values()
    stayed = {cookie: replica for cookie, replica in visitors.items() if replica != dead}
    assert {cookie: after[cookie] for cookie in stayed} == stayed
    again = {cookie: visit(cluster, cookie)[1] for cookie in visitors}
    assert again == after
    assert ask(cluster.url, "/health").body == b"ok"


def test_files_are_served_whichever_replica_is_killed(cluster: Cluster) -> None:
    path = script_of(cluster)
    cluster.kill(0)
    assert {ask(cluster.url, path).status for _ in range(6)} == {200}
