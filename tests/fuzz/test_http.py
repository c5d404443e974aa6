"""Requests that nobody's browser makes: none is a server error, and none gets a file of ours."""

import random
import re
import socket
from urllib.parse import urlsplit

from tests.browser.serving import Server
from tests.fuzz.hostile import HEADERS, METHODS, PATHS
from tests.fuzz.visitor import visit

SECRETS = (b"root:x:", b"import streamlit", b"[core]", b"def ", b"Traceback")
LULL, PATIENCE = 0.1, 60  # s


def ask(server: Server, request: bytes) -> bytes:
    """Send bytes, and return all that comes back until the server hangs up."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.settimeout(LULL)
        answer = b""
        try:
            connection.sendall(request)
            while piece := _receive(connection):
                answer += piece
        except ConnectionError:  # it may hang up on us
            pass
        return answer


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1 << 16)
    except TimeoutError:  # half a request, perhaps: say that there is no more
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(PATIENCE)
        return connection.recv(1 << 16)


def request(path: str, method: str = "GET", *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *headers, "Connection: close"]
    if not any(header.startswith("Host:") for header in headers):
        lines.insert(1, "Host: 127.0.0.1")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def status(answer: bytes) -> int:
    """Return the status; 0 if the server hung up."""
    return int(answer.split(b" ", 2)[1]) if answer else 0


def hostile_requests() -> list[bytes]:
    """Return each path, method and header, and mixtures and mutilations of them."""
    dice = random.Random(1)  # noqa: S311 - not for secrets
    asked = [request(path) for path in PATHS]
    asked += [request(path, method) for path in PATHS[:40] for method in METHODS]
    asked += [request("/pipeline", "GET", header) for header in HEADERS]
    asked += [request("/pipeline", "GET", "Accept: text/html", header) for header in HEADERS]
    for _ in range(700):
        method = dice.choice(METHODS) if dice.random() < 0.2 else "GET"
        headers = dice.sample(HEADERS, 1) if dice.random() < 0.2 else []
        text = bytearray(request(dice.choice(PATHS)[:3000], method, "Accept: text/html", *headers))
        for _ in range(dice.randrange(4)):
            text[dice.randrange(len(text) - 4)] = dice.randrange(256)
        asked.append(bytes(text))
    return asked


def test_no_request_is_a_server_error_or_gets_a_file(server: Server) -> None:
    for asked in hostile_requests():
        answer = ask(server, asked)
        assert status(answer) < 500 or status(answer) == 501, (asked[:200], answer[:500])
        assert not any(secret in answer.replace(b"undef ", b"") for secret in SECRETS), asked[:200]
    assert status(ask(server, request("/pipeline"))) == 200
    assert "Traceback" not in server.log.read_text(), server.log.read_text()


def test_the_app_takes_no_upload(server: Server) -> None:
    told = ask(server, request("/_stcore/host-config")) + ask(server, request("/_stcore/health"))
    token = re.findall(rb"(?i)set-cookie: _streamlit_xsrf=([^;]+)", told)[0].decode()
    headers = (f"Cookie: _streamlit_xsrf={token}", f"X-Xsrftoken: {token}")
    kind = "Content-Type: multipart/form-data; boundary=x"
    file = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n--x--\r\n'
    length = f"Content-Length: {len(file)}"
    with visit(server.url) as visitor:  # whose session Streamlit would take it for
        session = visitor.open().session
        assert re.fullmatch(r"[0-9a-f-]{36}", session)
        for id_ in (session, "a"):
            for method in ("PUT", "DELETE"):
                path = f"/_stcore/upload_file/{id_}/b"
                for more in ((), headers):
                    asked = request(path, method, *more, kind, length, body=file)
                    assert status(ask(server, asked)) == 404
    assert session not in server.log.read_text()
    assert "Traceback" not in server.log.read_text(), server.log.read_text()
