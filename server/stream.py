"""The WebSocket: who may open one, what may be sent over it, and how fast.

A proxy sees that there is a connection, and nothing of what is sent over it.
"""

import asyncio
import logging
from collections import Counter, deque
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from server.messages import passed
from server.pace import Bucket, Buckets, household
from server.turns import Turns

_LOGGER = logging.getLogger("ce")

# A run of the script takes 10 to 20 ms of a processor, and nobody clicks as often as this.
_CLICKS, _CLICKS_AT_ONCE = 5, 20  # messages of a connection: each second, and at once
_FAR_BEHIND = 30  # messages that wait; whoever has more of them does not read what comes back
# A class has one address, opens the page at once, and follows the same link at once.
_ADDRESS, _ADDRESS_AT_ONCE = 15, 30  # messages of all connections of an address; more wait
_OPENED, _OPENED_AT_ONCE = 20, 60  # connections that an address opens
# Runs of the script at the same time: each is a thread, and among sixty of them the one that
# listens to everybody has a sixtieth of the time.
_RUNS = 2
_LONGEST_RUN = 2.0  # s after which the next one begins, whatever became of it
_PATIENCE = 15.0  # s that a new connection waits for its turn before it is refused
_OPEN_HERE = 400  # connections of an address
_OPEN = 600  # connections of this process; a class of 300 fills it

_POLICY = 1008  # https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
_NO_MESSAGE = 1002


class Stream:
    """Let through what the app's own page sends, as fast as a person can click."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open: Counter[str] = Counter()
        self._opened = Buckets(_OPENED, _OPENED_AT_ONCE)
        self._messages = Buckets(_ADDRESS, _ADDRESS_AT_ONCE)
        self._runs = Turns(_OPEN, at_once=_RUNS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection, or refuse it; its page asks again a little later."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        who = household(scope.get("client"))
        opened = self._opened.of(who)
        wait = opened.wait()
        if self._open[who] >= _OPEN_HERE or self._open.total() >= _OPEN or wait > _PATIENCE:
            await _refuse(send)
            return
        opened.take()
        self._open[who] += 1
        run = _Run(self._runs, who)
        paced = _Paced(receive, send, self._messages.of(who), run)
        try:
            await asyncio.sleep(wait)
            await self._app(scope, paced.receive, paced.send)
        finally:
            paced.end()
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]


async def _refuse(send: Send) -> None:
    headers = [(b"retry-after", b"5"), (b"content-type", b"text/plain")]
    await send({"type": "websocket.http.response.start", "status": 503, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b"Too many are here."})


class _Run:
    """The run of the script that a connection has asked for, from its turn to its end."""

    def __init__(self, runs: Turns, who: str) -> None:
        self._runs, self._who = runs, who
        self._limit: asyncio.TimerHandle | None = None

    async def begin(self) -> None:
        """Wait for a turn; a run that is under way is told to end, and gives its own."""
        self.end()
        await self._runs.begin(self._who)
        self._limit = asyncio.get_running_loop().call_later(_LONGEST_RUN, self.end)

    def see(self, message: Message) -> None:
        """Note that it has ended, if this says so."""
        data = message.get("bytes")
        if self._limit and data and ForwardMsg.FromString(data).HasField("script_finished"):
            self.end()

    def end(self) -> None:
        """Give the turn to somebody else."""
        if self._limit:
            self._limit.cancel()
            self._limit = None
            self._runs.end()


class _Paced:
    """One connection's messages: read as they come, passed on as fast as is allowed."""

    def __init__(self, receive: Receive, send: Send, shared: Bucket, run: "_Run") -> None:
        self._receive, self._send, self._run = receive, send, run
        self._buckets = (Bucket(_CLICKS, _CLICKS_AT_ONCE), shared)
        self._waiting: deque[bytes | None] = deque()  # None: one that is not passed on
        self._next: asyncio.Task[Message] | None = None
        self._closed = False

    async def receive(self) -> Message:
        """Return the next message that Streamlit may have."""
        while True:
            if self._closed:
                return {"type": "websocket.disconnect", "code": _POLICY}
            pause = max(bucket.wait() for bucket in self._buckets) if self._waiting else None
            if pause == 0:
                for bucket in self._buckets:
                    bucket.take()
                if told := self._waiting.popleft():
                    if BackMsg.FromString(told).HasField("rerun_script"):
                        await self._run.begin()
                    return {"type": "websocket.receive", "bytes": told}
                continue
            message = await self._read(pause)
            if message is None:
                continue
            if message["type"] != "websocket.receive":
                return message  # it connects; or has left, and what it still wants matters no more
            await self._sort(message)

    async def send(self, message: Message) -> None:
        """Send what Streamlit says, while anybody is there to hear it.

        An error of this would end the connection a second time, in Streamlit, with a traceback;
        that the visitor has left is what `receive` says next.
        """
        if message["type"] == "websocket.send":
            self._run.see(message)
        if not self._closed:
            with suppress(OSError):
                await self._send(message)

    def end(self) -> None:
        """Read no further."""
        self._run.end()
        if self._next:
            self._next.cancel()

    async def _read(self, pause: float | None) -> Message | None:
        """Return what comes within this time. A read that takes longer goes on meanwhile."""
        self._next = self._next or asyncio.ensure_future(self._receive())
        done, _ = await asyncio.wait({self._next}, timeout=pause)
        if not done:
            return None
        message, self._next = self._next.result(), None
        return message

    async def _sort(self, message: Message) -> None:
        try:
            # A text, which Streamlit answers with an error of its own, is no message either.
            told = passed(message.get("bytes") or b"" if message.get("text") is None else b"\0")
        except ValueError:
            await self._close(_NO_MESSAGE, "no message")
            return
        if len(self._waiting) >= _FAR_BEHIND:
            await self._close(_POLICY, "too fast")
        else:
            self._waiting.append(told)

    async def _close(self, code: int, reason: str) -> None:
        self._waiting.clear()
        await self.send({"type": "websocket.close", "code": code, "reason": reason})
        self._closed = True
        _LOGGER.warning("connection closed", extra={"fields": {"reason": reason}})
