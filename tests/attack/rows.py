"""What a stranger does. An attack says what came of it; AssertionError: it reached something.

All are bounded in count and time, and go to this machine alone.
"""

import json
import random
import re
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from urllib.parse import quote, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.attack import raw
from tests.attack.rooms import rooms
from tests.attack.target import MB, Attack, Target
from tests.fuzz.visitor import opening


def flood(target: Target, message: BackMsg, count: int) -> str:
    """Send a message many times; the sender has to be closed."""
    data = raw.frame(message.SerializeToString())
    with raw.stream(target.url) as connection:
        sent = raw.pour(connection, data * count, raw.PATIENCE)
        messages, code = raw.heard(connection, raw.PATIENCE)
    kinds = {ForwardMsg.FromString(message).WhichOneof("type") for message in messages}
    assert "git_info_changed" not in kinds, "it told of the repository"
    assert code in (1008, raw.CUT), f"it was not closed: {code}"
    return f"{sent // len(data)} of {count} taken, closed {code}"


def git(target: Target) -> str:
    """Ask for git's knowledge of the folder in which the app runs."""
    message = BackMsg(load_git_info=True)
    padded = message.SerializeToString() + b"\xfa\x3f" + b"\xa0\x1f" + bytes(4000)  # field 127
    BackMsg.FromString(padded)
    with raw.stream(target.url) as connection:
        connection.sendall(raw.frame(padded))
        messages, code = raw.heard(connection, 2)
    assert code == 0
    assert not any(ForwardMsg.FromString(m).HasField("git_info_changed") for m in messages)
    message.ParseFromString(padded)
    return flood(target, message, target.count(2000))


def reruns(target: Target) -> str:
    """Run the script as often as can be asked for."""
    said = [flood(target, opening(), target.count(n)) for n in (2000, 20_000)]
    return said[-1]


def crowd(target: Target) -> str:
    """Run the script from many connections, each as fast as is allowed."""
    frames = raw.frame(opening().SerializeToString())
    deadline = time.monotonic() + 8 * target.size
    opened = 0
    with ExitStack() as stack:
        room = []
        for _ in range(target.count(40)):
            with suppress(OSError):
                room.append(stack.enter_context(raw.stream(target.url)))
        opened = len(room)
        while time.monotonic() < deadline:
            for connection in room:
                raw.pour(connection, frames, 0.1)
            time.sleep(0.15)
    return f"{opened} connections"


def churn(target: Target) -> str:
    """Open connections one after the other, and run the script in each."""
    first = raw.frame(opening().SerializeToString())
    opened = refused = 0
    deadline = time.monotonic() + 10 * target.size
    for _ in range(target.count(400)):
        if time.monotonic() > deadline:
            break
        try:
            with raw.stream(target.url, first=first):
                opened += 1
        except OSError:
            refused += 1
    return f"{opened} opened, {refused} refused"


def pings(target: Target) -> str:
    """Send frames that no script sees: pings, and a message in tiny parts."""
    said = []
    parts = raw.frame(b"", 2, last=False) + raw.frame(b"", 0, last=False) * target.count(100_000)
    for data in (raw.frame(b"", raw.PING) * target.count(200_000), parts):
        with raw.stream(target.url) as connection:
            sent = raw.pour(connection, data, raw.PATIENCE)
            _, code = raw.heard(connection, raw.PATIENCE)
        assert code in (1008, raw.CUT), f"it was not closed: {code}"
        said.append(f"{sent / MB:.1f} of {len(data) / MB:.1f} MB")
    return ", ".join(said) + " taken, closed"


def frames(target: Target) -> str:
    """Hold frames open whose headers promise much."""
    before, size = target.memory(), round(190e6 * target.size)
    body = bytes(MB)
    with ExitStack() as stack:
        room = [stack.enter_context(raw.stream(target.url)) for _ in range(4)]
        taken = 0
        for connection in room:
            taken += raw.pour(connection, raw.frame(body, length=size), 5)
            for _ in range(size // MB):
                if (sent := raw.pour(connection, body, 2)) < MB:
                    break
                taken += sent
        codes = {raw.heard(connection, 5)[1] for connection in room}
        grown = target.memory() - before
    assert codes <= {1009, raw.CUT}, f"they were not refused: {codes}"
    # A replica's memory goes up and down a little with its visitors.
    assert grown < 60, f"{grown:.0f} MB more"
    return f"closed {max(codes)}, {grown:+.0f} MB"


def uploads(target: Target) -> str:
    """Upload to one's own session."""
    before, size, statuses = target.memory(), target.count(50 * MB), set()
    with raw.stream(target.url) as connection:
        connection.sendall(raw.frame(opening().SerializeToString()))
        messages, _ = raw.heard(connection, 3)
        read = [ForwardMsg.FromString(message) for message in messages]
        sessions = [m.new_session.initialize.session_id for m in read if m.HasField("new_session")]
        host = urlsplit(target.url).netloc
        told = raw.request(
            target.url,
            f"GET /_stcore/health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode(),
        )
        token = (re.findall(rb"(?i)_streamlit_xsrf=([^;]+)", told) or [b""])[0].decode()
        part = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
        body = part + bytes(size) + b"\r\n--x--\r\n"
        for i in range(8):
            head = (
                f"PUT /_stcore/upload_file/{sessions[0]}/{i} HTTP/1.1\r\nHost: {host}\r\n"
                f"Cookie: _streamlit_xsrf={token}\r\nX-Xsrftoken: {token}\r\nConnection: close\r\n"
                f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n"
            )
            answer = raw.request(target.url, head.encode() + b"\r\n" + body, 5)
            statuses.add(int(answer.split(b" ", 2)[1]) if answer else 0)
        grown = target.memory() - before
    assert statuses <= {404, 403, 413, 0}, f"answered {statuses}"
    assert grown < 60, f"{grown:.0f} MB more"
    return f"answered {max(statuses)}, {grown:+.0f} MB"


def links(target: Target) -> str:
    """Ask for links for uploads."""
    message = BackMsg()
    message.file_urls_request.file_names.extend(["x"] * 100)
    with raw.stream(target.url) as connection:
        raw.pour(connection, raw.frame(message.SerializeToString()) * 20, 5)
        messages, _ = raw.heard(connection, 3)
    kinds = {ForwardMsg.FromString(message).WhichOneof("type") for message in messages}
    assert "file_urls_response" not in kinds, "it gave links"
    return flood(target, message, 200)


def state(target: Target) -> str:
    """Send a large state of a component."""
    big = '"' + "x" * target.count(20 * MB) + '"'
    message = opening("", "pipeline", WidgetState(id="$$x__events", json_trigger_value=big))
    before = target.memory()
    with raw.stream(target.url) as connection:
        raw.pour(connection, raw.frame(message.SerializeToString()), 10)
        _, code = raw.heard(connection, 10)
        grown = target.memory() - before
    assert code in (1009, raw.CUT), f"it was not refused: {code}"
    assert grown < 60, f"{grown:.0f} MB more"
    return f"closed {code}, {grown:+.0f} MB"


ROUTES = [
    "/_stcore/metrics",
    "/_stcore/agent/mcp",
    "/_stcore/agent/interact",
    "/auth/login",
    "/auth/logout",
    "/oauth2callback",
    "/_stcore/upload_file/a/b",
    "/media/x",
    "/component/a/b",
    "/_stcore/bidi-components/a/b",
    "/_stcore/script-health-check",
]


def routes(target: Target) -> str:
    """Ask for what no page needs."""
    host, found = urlsplit(target.url).netloc, {}
    for path in ROUTES:
        for method in ("GET", "POST"):
            text = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            answer = raw.request(target.url, text.encode())
            found[method, path] = int(answer.split(b" ", 2)[1]) if answer else 0
    wrong = {asked: status for asked, status in found.items() if status not in (403, 404)}
    assert not wrong, str(wrong)
    assert {status for (method, _), status in found.items() if method == "GET"} == {404}
    return f"{len(found)} times 404"


def answers(target: Target) -> str:
    """Ask for the dearest answers, each another, faster than they are computed."""
    dice = random.Random(1)  # noqa: S311 - not for secrets
    host, deadline = urlsplit(target.url).netloc, time.monotonic() + max(2.0, 8 * target.size)

    def ask(_: int) -> int:
        if time.monotonic() > deadline:
            return 0
        link = quote(",".join(f"{dice.uniform(-30, 30):.6f}" for _ in range(10)))
        text = f"GET /answer/pipeline?v=&logits={link} HTTP/1.1\r\nHost: {host}\r\n"
        answer = raw.request(target.url, f"{text}Connection: close\r\n\r\n".encode(), 20)
        return int(answer.split(b" ", 2)[1]) if answer else 0

    with ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(ask, range(target.count(2000))))
    counts = {status: statuses.count(status) for status in sorted({*statuses} - {0})}
    assert set(counts) <= {200, 429, 503}, str(counts)
    return ", ".join(f"{count} times {status}" for status, count in counts.items())


def batches(target: Target) -> str:
    """Bring the largest batches that are taken, several at once, and leave most of the answers."""
    host, size = urlsplit(target.url).netloc, target.count(20 * MB)
    numbers = b"1.5 2.5 -3.5 0\n" * (size // 15)
    told = json.dumps(
        {
            **dict.fromkeys(("as", "name", "targets_name"), ""),
            "lang": "en",
            "size": len(numbers),
            "targets_size": 0,
            "options": {"columns": "last"},
        }
    ).encode()
    body = struct.pack("<I", len(told)) + told + numbers
    head = f"POST /batch HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"

    def bring(_: int) -> int:
        text = f"{head}Connection: close\r\n\r\n".encode()
        answer = raw.request(target.url, text + body, max(2.0, 8 * target.size))
        return int(answer.split(b" ", 2)[1]) if answer else 0

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(bring, range(8)))
    counts = {status: statuses.count(status) for status in sorted({*statuses} - {0})}
    assert set(counts) <= {200, 429, 503}, str(counts)
    return ", ".join(f"{count} times {status}" for status, count in counts.items())


def slow(target: Target) -> str:
    """Hold connections open on which half a request was sent."""
    with ExitStack() as stack:
        for _ in range(target.count(300)):
            with suppress(OSError):
                connection = stack.enter_context(raw.dialled(target.url))
                connection.sendall(b"GET / HTTP/1.1\r\nX-A: ")
        time.sleep(5 * target.size)
    return f"{target.count(300)} held"


ROWS: dict[str, Attack] = {
    "git": git,
    "reruns": reruns,
    "reruns of a crowd": crowd,
    "connections": churn,
    "pings and parts": pings,
    "frames held open": frames,
    "uploads": uploads,
    "links for uploads": links,
    "component state": state,
    "routes": routes,
    "dear answers": answers,
    "large batches": batches,
    "rooms": rooms,
    "half requests": slow,
}
