"""Rooms over HTTP: a lecturer leads a class, and students answer."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from anyio import fail_after, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from server.address import base_path
from server.bodies import UnreadError, announced, received
from server.pace import household
from server.rooms.database import AwayError, Database
from server.rooms.hub import Hub, Listener, event
from server.rooms.limits import Limits, TooOftenError
from server.rooms.reading import content
from server.rooms.room import (
    CODE,
    ClosedError,
    CrowdedError,
    Given,
    GoneError,
    LockedError,
    Mark,
    Place,
    Room,
    lesson_of,
    page_and_link,
    state_of,
)
from server.rooms.store import Store
from server.rooms.table import table
from server.rooms.watch import Scene, Watch
from server.turns import FullError, Turns

T = TypeVar("T")

_LOGGER = logging.getLogger("ce")
_LARGEST = 12 << 10  # bytes: the longest lesson and link, and what stands around them
_PATIENCE = 10.0  # s for a body, and for the other side to read an event
_MOST_WAITING = 1500  # requests: a class of 1,000 that answers at once, and what else there is
_LATER = "2"  # s
_NO_STORE = {"Cache-Control": "no-store"}
_BEARER = "Bearer "

_STATUS: Final[dict[type[Exception], int]] = {
    ValueError: 400,
    LockedError: 403,
    GoneError: 404,
    ClosedError: 409,
    ClientDisconnect: 499,  # as nginx calls it in its log
    CrowdedError: 503,
    FullError: 503,
    AwayError: 503,
}


class Judged(Protocol):
    """What became of a state."""

    @property
    def met(self) -> bool:
        """Whether it meets the goal of its step."""

    @property
    def x(self) -> float:
        """Where it lies on a map, a finite number."""

    @property
    def y(self) -> float:
        """Where it lies on a map, a finite number."""


Judge = Callable[[Room, str], Judged]
"""What judges a state, given as a link, by the step at which a room is."""


class Rooms:
    """The rooms of one process.

    Parameters
    ----------
    database : Database
        What keeps them.
    judge : Judge
        What judges a state; it may take a while.
    pages : container of str
        The pages on which a class can be.
    """

    def __init__(self, database: Database, judge: Judge, pages: Container[str]) -> None:
        self._database, self._judge, self._pages = database, judge, pages
        self._store = Store(database)
        self._hub = Hub(Watch(database))
        self._limits = Limits()
        # One after the other: the database writes one after the other, too, and what judges a
        # state computes.
        self._turns = Turns(_MOST_WAITING)

    @asynccontextmanager
    async def running(self, _app: object = None) -> AsyncIterator[None]:
        """Look for changes and for old rooms until the end."""
        looking = asyncio.create_task(self._hub.run())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            self._database.close()

    @property
    def routes(self) -> list[Route]:
        """What answers below /room."""
        room = f"{base_path()}/room"
        posted = {"lead": self._lead, "answer": self._answer, "end": self._end}
        return [
            Route(room, partial(self._answered, self._make), methods=["POST"]),
            *(
                Route(f"{room}/{{code}}/{name}", partial(self._answered, work), methods=["POST"])
                for name, work in posted.items()
            ),
            Route(f"{room}/{{code}}/csv", partial(self._answered, self._csv)),
            Route(f"{room}/{{code}}/events", _Stream(self._events), methods=["GET"]),
        ]

    async def _answered(
        self, work: Callable[[Request, str], Awaitable[Response]], request: Request
    ) -> Response:
        try:
            who = household(request.scope.get("client"))
            self._limits.ask(who)
            return await work(request, who)
        except Exception as error:  # noqa: BLE001 - it is logged there
            return _refusal(error)

    async def _make(self, request: Request, who: str) -> Response:
        given = await _body(request)
        wanted = (*page_and_link(given, self._pages), lesson_of(given))
        self._limits.make(who)
        async with self._turns.turn(who):
            code, secret = await to_thread.run_sync(self._store.make, *wanted)
        return JSONResponse({"room": code, "secret": secret}, 201, _NO_STORE)

    async def _lead(self, request: Request, who: str) -> Response:
        place = Place.read(await _body(request), self._pages)
        await self._within(request, who, self._store.lead, _secret(request), place)
        return Response(status_code=204)

    async def _end(self, request: Request, who: str) -> Response:
        await self._within(request, who, self._store.end, _secret(request))
        return Response(status_code=204)

    async def _answer(self, request: Request, who: str) -> Response:
        given = Given.read(await _body(request))
        met = await self._within(request, who, self._taken, given)
        return JSONResponse({"met": met}, headers=_NO_STORE)

    async def _csv(self, request: Request, who: str) -> Response:
        found = await self._within(request, who, self._store.answers, _secret(request))
        code = request.path_params["code"]
        name = {"Content-Disposition": f'attachment; filename="class-{code}.csv"'}
        return Response(table(found), headers=_NO_STORE | name, media_type="text/csv")

    async def _entered(self, request: Request, who: str) -> tuple[Scene, bool]:
        """Return what a room shows at first, and whether its lecturer asks."""
        leads = "authorization" in request.headers
        if leads:
            await self._within(request, who, self._store.check, _secret(request))
        code = _code(request)
        async with self._turns.turn(who):
            with self._limits.naming(who, code):
                return await self._hub.scene(code), leads

    async def _within(
        self, request: Request, who: str, work: Callable[..., T], *values: object
    ) -> T:
        """Do something with the room that a request names, when it is this household's turn.

        Not for those who have left meanwhile: they may have sent it again, and something newer,
        to another process, where it was done already.
        """
        code = _code(request)
        async with self._turns.turn(who):
            if await request.is_disconnected():
                raise ClientDisconnect
            with self._limits.naming(who, code):
                return await to_thread.run_sync(work, code, *values)

    def _taken(self, code: str, given: Given) -> bool | None:
        """Take an answer; say of a state whether it meets its goal."""
        room = self._store.room(code)
        place, ask = room.place, room.place.ask
        asked = ask and (ask.key, place.round, place.phase)
        if ask is None or asked != (given.key, given.round, "open"):
            raise ClosedError
        if ask.kind != "state":
            self._store.answer(code, given, Mark(ask.value(given.value)))
            return None
        judged = self._judge(room, state_of(given.value))
        self._store.answer(code, given, Mark(float(judged.met), judged.x, judged.y))
        return judged.met

    async def _events(self, request: Request, held: ExitStack) -> Response:
        try:
            who = household(request.scope.get("client"))
            self._limits.ask(who)
            held.enter_context(self._limits.stream(who))
            scene, leads = await self._entered(request, who)
            listener = held.enter_context(self._hub.listening(scene, leads=leads))
        except Exception as error:  # noqa: BLE001 - it is logged there
            return _refusal(error)
        return StreamingResponse(
            _told(scene, listener),
            headers=_NO_STORE | {"X-Accel-Buffering": "no"},
            media_type="text/event-stream",
        )


class _Stream:
    """An answer that may go on for a day, and what is held meanwhile.

    It ends where nobody reads on, and quietly when the server ends.
    """

    def __init__(self, answer: Callable[[Request, ExitStack], Awaitable[Response]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""

        async def patiently(message: Message) -> None:
            with fail_after(_PATIENCE):
                await send(message)

        with ExitStack() as held:
            answer = await self._answer(Request(scope, receive), held)
            try:
                await answer(scope, receive, patiently)
            except (TimeoutError, ClientDisconnect):
                _LOGGER.info("events left unread")
            except asyncio.CancelledError:
                # The server ends, and would log a traceback for every student.
                await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _told(scene: Scene, listener: Listener) -> AsyncIterator[bytes]:
    yield event("room", scene.plain | {"lesson": scene.room.lesson})
    async for told in listener.heard():
        yield told


async def _body(request: Request) -> Mapping[str, Any]:
    length = announced(request, _LARGEST)
    return content(bytes(await received(request, length, _PATIENCE)))


def _code(request: Request) -> str:
    code: str = request.path_params["code"]
    if not CODE.fullmatch(code):
        raise GoneError
    return code


def _secret(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix(_BEARER)


def _refusal(error: Exception) -> Response:
    """Answer with what is wrong; what nobody expected is logged."""
    if isinstance(error, UnreadError):
        return Response(status_code=error.status)
    if isinstance(error, TooOftenError):
        return Response(status_code=429, headers={"Retry-After": str(math.ceil(error.wait))})
    for kind, status in _STATUS.items():
        if isinstance(error, kind):
            later = {"Retry-After": _LATER} if status in (429, 503) else None
            return PlainTextResponse(str(error), status, later)
    # Starlette's own answer to an error stands outside of all that adds headers.
    _LOGGER.error("no answer", exc_info=error)
    return Response(status_code=500)
