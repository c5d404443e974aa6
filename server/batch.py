"""The numbers that a visitor brings: a bounded body comes in, an answer goes out as it is made.

Nothing is written to disk, and nothing is kept after the answer.
"""

import logging
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from anyio import fail_after, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from server.address import base_path
from server.bodies import UnreadError, announced, received
from server.pace import household
from server.packed import accepts_gzip
from server.turns import FullError, Turns

_LOGGER = logging.getLogger("ce")
PATH = "/batch"
LARGEST = (20 << 20) + (64 << 10)  # bytes: of numbers, and of the head before them
_LEAST = 64 << 10  # bytes that each body counts as
_ROOM = 64 << 20  # bytes of bodies at the same time; in memory their numbers take some times more
_HOUSEHOLD_ROOM = 42 << 20  # of one visitor: two of the largest
_SLOWEST = 64 << 10  # bytes a second of a body that comes over a phone
_PATIENCE = 10.0  # s more for a body, and as long for the other side to read a piece of the answer
_MOST_WAITING = 200
_LEFT = 499  # as nginx calls it in its log
_LATER = {"Retry-After": "2"}
_QUICKLY = 1  # of zlib's levels
_GZIP = 31  # zlib's word for it: a window of 2**15 bytes, and gzip's head


class Reply(Protocol):
    """What is made of a body: how it goes out, and its pieces, each the work of one turn."""

    @property
    def status(self) -> int:
        """The status, as HTTP counts them."""

    @property
    def media_type(self) -> str:
        """The type of the whole."""

    @property
    def file_name(self) -> str:
        """Under which the browser saves it, in ASCII; "" where it does not."""

    @property
    def pieces(self) -> Iterator[bytes]:
        """The parts of it, made one after the other."""


Work = Callable[[memoryview], Reply]
"""What reads a body."""


def batch_route(work: Work) -> Route:
    """Return the route to which a visitor posts numbers.

    The work is done in turns with that of other visitors, one piece after the other, in a thread.
    It ends with the piece at which the visitor has left. An answer that breaks off, because the
    work failed or too many wait, is one whose last piece is missing.
    """
    return Route(f"{base_path()}{PATH}", _Batches(work), methods=["POST"])


class _Batches:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._turns = Turns(_MOST_WAITING)
        self._room = _Room()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def patiently(message: Message) -> None:
            with fail_after(_PATIENCE):
                await send(message)

        request = Request(scope, receive)
        who = household(scope.get("client"))
        try:
            length = announced(request, LARGEST)
            with self._room.taken(who, length):
                answer = await self._answer(request, who, length)
                await answer(scope, receive, patiently)
        except UnreadError as error:
            await Response(status_code=error.status)(scope, receive, send)
        except FullError:
            await Response(status_code=503, headers=_LATER)(scope, receive, send)
        except (TimeoutError, ClientDisconnect):
            _LOGGER.info("answer left unread")

    async def _answer(self, request: Request, who: str, length: int) -> Response:
        body = await received(request, length, _PATIENCE + length / _SLOWEST)
        try:
            async with self._turns.turn(who):
                if await request.is_disconnected():
                    return Response(status_code=_LEFT)
                reply = await to_thread.run_sync(self._work, body)
        except FullError:
            raise
        except Exception:
            # Starlette's own answer to an error stands outside of all that adds headers.
            _LOGGER.exception("no answer")
            return Response(status_code=500)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        if reply.file_name:
            headers["Content-Disposition"] = f'attachment; filename="{reply.file_name}"'
        pieces = self._pieces(reply.pieces, who)
        # Streamlit would pack it, too, but hold back what is small.
        if accepts_gzip(request.headers.get("accept-encoding", "")):
            headers["Content-Encoding"] = "gzip"
            pieces = _packed(pieces)
        return StreamingResponse(
            pieces, status_code=reply.status, headers=headers, media_type=reply.media_type
        )

    async def _pieces(self, pieces: Iterator[bytes], who: str) -> AsyncIterator[bytes]:
        while True:
            try:
                async with self._turns.turn(who):
                    piece = await to_thread.run_sync(next, pieces, None)
            except FullError:
                return
            except Exception:
                _LOGGER.exception("answer broke off")
                return
            if piece is None:
                return
            yield piece


async def _packed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packing = zlib.compressobj(_QUICKLY, wbits=_GZIP)
    async for piece in pieces:
        yield packing.compress(piece) + packing.flush(zlib.Z_SYNC_FLUSH)
    yield packing.flush()


class _Room:
    """The memory that bodies take, shared by all who send some."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, who: str, length: int) -> Iterator[None]:
        """Hold the room of one body.

        Raises
        ------
        FullError
            If there is none.
        """
        size = max(length, _LEAST)
        if self._taken[who] + size > _HOUSEHOLD_ROOM or self._taken.total() + size > _ROOM:
            raise FullError
        self._taken[who] += size
        try:
            yield
        finally:
            self._taken[who] -= size
            if not self._taken[who]:
                del self._taken[who]
