"""HTTP as a browser has it: connections that stay open, streams of events, and what is sent again.

Pauses and patience are those of live/front/classstream.js and classsend.js.
"""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 8.0  # s for an acknowledgement
SILENCE = 40.0  # s without a word, after which a stream is dead
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)  # s between attempts, the longest over and over
BUSY = {408, 425, 429}

_LOST = (OSError, asyncio.IncompleteReadError, TimeoutError)
_RANDOM = Random(0)  # noqa: S311 - a pause is no secret


class AwayError(Exception):
    """The server was not reached, or has no time now; it is asked again.

    Attributes
    ----------
    wait : float
        Seconds that the server asked for.
    """

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class RefusedError(Exception):
    """The server will not answer this, however often it is asked.

    Attributes
    ----------
    status : int
        Of HTTP.
    doubt : bool
        Whether it was sent before, and may have been taken then.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status, self.doubt = status, False


@dataclass(frozen=True)
class _Head:
    """The head of an answer."""

    status: int
    text: str

    def field(self, name: str) -> str:
        """Return a field, or "" for none."""
        found = re.search(rf"^{name}: *([^\r]*)", self.text, re.IGNORECASE | re.MULTILINE)
        return found[1] if found else ""


class Http:
    """One connection that stays open; one request at a time goes over it."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.received = 0  # bytes

    async def get(self, path: str, cookie: str) -> bytes:
        """Return what the server answers, unpacked.

        Raises
        ------
        OSError, asyncio.IncompleteReadError
            If the connection was lost, or the answer is no 200.
        """
        fields = {"Accept-Encoding": "gzip", "Cookie": cookie}
        head, body = await self._ask("GET", path, fields, b"")
        if head.status != 200:
            await self.close()
            raise OSError(head.text.partition("\r\n")[0])
        return gzip.decompress(body) if head.field("content-encoding") == "gzip" else body

    async def once(self, method: str, path: str, fields: Mapping[str, str], body: bytes) -> bytes:
        """Return what the server answers to a request that is made once.

        Raises
        ------
        AwayError, RefusedError
            If it is no answer.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                head, answer = await self._ask(method, path, fields, body)
        except _LOST as error:
            raise AwayError(repr(error)) from error
        _check(head, answer)
        return answer

    async def insist(
        self, path: str, content: object, fields: Mapping[str, str] = MappingProxyType({})
    ) -> Any:
        """Post something until it is acknowledged; return what is answered, None for nothing.

        Raises
        ------
        RefusedError
            If it is refused.
        """
        fields = {"Content-Type": "application/json", **fields}
        failures = 0
        while True:
            try:
                answer = await self.once("POST", path, fields, json.dumps(content).encode())
            except AwayError as error:
                await asyncio.sleep(pause(failures, error.wait))
                failures += 1
            except RefusedError as error:
                error.doubt = failures > 0
                raise
            else:
                return json.loads(answer) if answer else None

    async def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._streams:
            self._streams[1].close()
            with suppress(OSError):
                await self._streams[1].wait_closed()
        self._streams = None

    async def _ask(
        self, method: str, path: str, fields: Mapping[str, str], body: bytes
    ) -> tuple[_Head, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(
                self._address.hostname, self._address.port
            )
        reader, writer = self._streams
        try:
            writer.write(_request(method, path, self._address.netloc, fields, body))
            head = await _head(reader)
            if head.field("transfer-encoding") == "chunked":
                answer = b"".join([piece async for piece in _pieces(reader)])
            else:
                answer = await reader.readexactly(int(head.field("content-length") or 0))
        except BaseException:  # one that is given up, too: what still comes answers nothing
            await self.close()
            raise
        self.received += len(head.text) + len(answer)
        return head, answer


async def events(
    url: str, path: str, fields: Mapping[str, str] = MappingProxyType({})
) -> AsyncGenerator[tuple[str, Any]]:
    """Yield events, their names and what they hold, until the stream ends.

    A comment, which only says that the server is there, has no name.

    Raises
    ------
    AwayError, RefusedError
        If there is no stream, or no more of it.
    """
    address = urlsplit(url)
    writer = None
    try:
        async with asyncio.timeout(SILENCE):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            writer.write(_request("GET", path, address.netloc, fields, b""))
            head = await _head(reader)
        if head.status != 200:
            _check(head, await reader.read(int(head.field("content-length") or 0)))
        text = b""
        pieces = _pieces(reader)
        while True:
            async with asyncio.timeout(SILENCE):
                piece = await anext(pieces, None)
            if piece is None:
                return
            *whole, text = (text + piece).split(b"\n\n")
            for event in whole:
                yield _event(event.decode())
    except _LOST as error:
        raise AwayError(repr(error)) from error
    finally:
        if writer:
            writer.close()


async def listening(
    url: str, path: str, fields: Mapping[str, str] = MappingProxyType({})
) -> AsyncGenerator[tuple[str, Any]]:
    """Yield events as `events` does, of another stream whenever one is cut.

    Raises
    ------
    RefusedError
        If there is no stream.
    """
    failures = 0
    while True:
        wait = 0.0
        try:
            async with aclosing(events(url, path, fields)) as heard:
                async for event in heard:
                    failures = 0
                    yield event
        except AwayError as error:
            wait = error.wait
        await asyncio.sleep(pause(failures, wait))
        failures += 1


def pause(failures: int, wait: float) -> float:
    """Return the seconds before another attempt: what the server asked for, and some more.

    A whole class does not come back at once.
    """
    return wait + PAUSES[min(failures, len(PAUSES) - 1)] * _RANDOM.uniform(0.5, 1.5)


def _request(method: str, path: str, host: str, fields: Mapping[str, str], body: bytes) -> bytes:
    length = {"Content-Length": str(len(body))} if method == "POST" else {}
    lines = [f"{name}: {value}" for name, value in ({"Host": host, **fields} | length).items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + body


async def _head(reader: asyncio.StreamReader) -> _Head:
    text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    return _Head(int(text.split(" ", 2)[1]), text)


async def _pieces(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Read a body of no known length (https://www.rfc-editor.org/rfc/rfc9112#section-7.1)."""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")


def _check(head: _Head, body: bytes) -> None:
    if head.status < 300:
        return
    reason = f"{head.status} {body[:200].decode(errors='replace')}"
    if head.status >= 500 or head.status in BUSY:
        raise AwayError(reason, float(head.field("retry-after") or 0))
    raise RefusedError(head.status, body[:200].decode(errors="replace"))


def _event(text: str) -> tuple[str, Any]:
    fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    name = fields.get("event", "")
    return name, json.loads(fields["data"]) if name else None
