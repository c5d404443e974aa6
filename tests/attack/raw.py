"""A client that keeps to no rule: bytes on a connection, and what comes back."""

import base64
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

STRANGER = "127.0.0.2"  # an address of this machine that no ordinary visitor has
PATIENCE = 30.0  # s
CUT = 1006  # what a browser says of a connection that ended without a word
CLOSE, PING = 8, 9  # of a WebSocket's opcodes


@contextmanager
def dialled(url: str, source: str = STRANGER) -> Iterator[socket.socket]:
    """Connect to a server from an address of the stranger's."""
    to = urlsplit(url)
    assert to.hostname == "127.0.0.1", "only this machine is attacked"
    address = (to.hostname, to.port)
    with socket.create_connection(address, PATIENCE, (source, 0)) as connection:
        yield connection


@contextmanager
def stream(url: str, source: str = STRANGER, first: bytes = b"") -> Iterator[socket.socket]:
    """Open the WebSocket; ConnectionRefusedError where the server does not want one.

    `first` is sent in the same breath.
    """
    with dialled(url, source) as connection:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET /_stcore/stream HTTP/1.1",
            f"Host: {urlsplit(url).netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: streamlit",
        ]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + first)
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(1)
            if not piece:
                break
            head += piece
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionRefusedError(head[:100].decode("latin-1"))
        yield connection


def frame(data: bytes, opcode: int = 2, *, length: int | None = None, last: bool = True) -> bytes:
    """Return a frame; `length` is what its header says, if that is not the truth."""
    length = len(data) if length is None else length
    first = opcode | (0x80 if last else 0)
    if length < 126:
        head = struct.pack("!BB", first, 0x80 | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", first, 0x80 | 126, length)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, length)
    return head + bytes(4) + data  # a mask of zeros


def pour(connection: socket.socket, data: bytes, seconds: float) -> int:
    """Send as much of some bytes as is taken within this time, and return how much that was."""
    deadline, sent = time.monotonic() + seconds, 0
    try:
        while sent < len(data) and (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            sent += connection.send(data[sent : sent + (1 << 18)])
    except OSError:  # not taken in time, or no more
        pass
    return sent


def heard(connection: socket.socket, seconds: float) -> tuple[list[bytes], int]:
    """Return the messages that come, until the server closes, and with what code; 0: it did not."""
    deadline, data = time.monotonic() + seconds, b""
    messages: list[bytes] = []
    try:
        while (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            piece = connection.recv(1 << 16)
            if not piece:
                return messages, CUT
            data += piece
            while (read := _read(data)) is not None:
                opcode, body, data = read
                if opcode == CLOSE:
                    return messages, struct.unpack("!H", body[:2])[0]
                if opcode < CLOSE:  # no ping
                    messages.append(body)
    except TimeoutError:
        return messages, 0
    except OSError:
        return messages, CUT
    return messages, 0


def _read(data: bytes) -> tuple[int, bytes, bytes] | None:
    if len(data) < 2:
        return None
    length, start = data[1] & 0x7F, 2
    if length >= 126:
        start = 4 if length == 126 else 10
        if len(data) < start:
            return None
        length = int.from_bytes(data[2:start], "big")
    if len(data) < start + length:
        return None
    return data[0] & 0xF, data[start : start + length], data[start + length :]


def request(url: str, text: bytes, seconds: float = PATIENCE) -> bytes:
    """Send bytes and return all that comes back."""
    with dialled(url) as connection:
        pour(connection, text, seconds)
        answer, deadline = b"", time.monotonic() + seconds
        try:
            while (left := deadline - time.monotonic()) > 0:
                connection.settimeout(left)
                piece = connection.recv(1 << 16)
                if not piece:
                    break
                answer += piece
        except OSError:
            pass
        return answer
