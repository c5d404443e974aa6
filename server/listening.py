"""What uvicorn is told, which `streamlit run` starts with settings of its own."""

import asyncio
import inspect
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from server.pace import Bucket

LARGEST_FRAME = 64 << 10  # bytes; the longest link that the page can have, twice, is 32 kB
_GRACE = 1  # s that answers under way have when the server is to end
_PIECE = 4 << 10  # bytes that are looked at before it is asked whether there are too many
_WAITING = 60  # messages; server.stream closes a connection sooner, if it gets to see them
_PINGS, _PINGS_AT_ONCE = 1, 30  # frames that are no message of their own; a browser sends none
_LAST_WORD = 1.0  # s for the reason to arrive, before the connection is cut
_POLICY = 1008


class PromptProtocol(H11Protocol):
    """HTTP whose answers go out at once.

    The head of an answer and its body are two packets. Streamlit makes the socket that listens
    without naming TCP, so that asyncio does not see that it is one and leaves Nagle's algorithm on:
    the body then waits for the other side to confirm the head, which it does after 40 ms.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin with a connection."""
        send_at_once(transport)
        super().connection_made(transport)


def send_at_once(transport: asyncio.BaseTransport) -> None:
    """Let what is written to a connection go out without waiting for more."""
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class BoundedProtocol(WebSocketsSansIOProtocol):
    """A WebSocket that is cut when more comes than anybody would send.

    uvicorn reads 256 kB at once, of which all messages wait in its queue and each ping is answered;
    and for ten seconds after it has closed a connection it reads on, to see that the other side
    has closed it too.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pings = Bucket(_PINGS, _PINGS_AT_ONCE)
        self._cut = False

    def data_received(self, data: bytes) -> None:
        """Read what came, piece by piece."""
        for start in range(0, len(data), _PIECE):
            if self._cut or self.transport.is_closing():
                return
            super().data_received(data[start : start + _PIECE])
            if self.queue.qsize() > _WAITING:
                self._end("too fast")

    def handle_ping(self) -> None:
        """Answer a ping, if there are few."""
        self._count()
        if not self._cut:
            super().handle_ping()

    def handle_cont(self, event: Any) -> None:
        """Take a part of a message, if it has few."""
        self._count()
        if not self._cut:
            super().handle_cont(event)

    async def send(self, message: Any) -> None:
        """Send what the app says, until the connection is closed; then nothing is read any more."""
        if self.close_sent:  # uvicorn would call it a mistake of the app
            raise ClientDisconnected
        await super().send(message)
        if message["type"] == "websocket.close" and message.get("code", 1000) != 1000:
            self._read_no_more()

    def _count(self) -> None:
        if self._pings.wait():
            self._end("too many parts")
        else:
            self._pings.take()

    def _end(self, reason: str) -> None:
        if self._cut or self.close_sent or not self.handshake_complete:
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": _POLICY, "reason": reason})
        self.conn.send_close(_POLICY, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._read_no_more()

    def _read_no_more(self) -> None:
        self._cut = True
        self.stop_keepalive()
        if self.transport.is_closing():
            return
        self.transport.pause_reading()
        if self.close_timer:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(_LAST_WORD, self.transport.close)


def bound_uvicorn() -> None:
    """Change the settings of the uvicorn that is importing the app, if one is.

    Streamlit has settings for a few of them: `server.maxMessageSize` is the largest frame, in whole
    megabytes, and of what is sent as well.
    """
    frame = inspect.currentframe()
    while frame:
        config = frame.f_locals.get("self")
        if isinstance(config, uvicorn.Config):
            bound(config)
            return
        frame = frame.f_back


def bound(config: uvicorn.Config) -> None:
    """Change settings that were read from nowhere yet."""
    config.server_header = False
    config.encoded_headers = [
        (name, value) for name, value in config.encoded_headers if name != b"server"
    ]
    config.http_protocol_class = PromptProtocol
    config.ws_max_size = LARGEST_FRAME
    config.timeout_graceful_shutdown = _GRACE
    config.ws_protocol_class = BoundedProtocol
