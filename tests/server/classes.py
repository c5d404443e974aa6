"""A class that speaks to rooms over ASGI: a lecturer and students, without a server."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.types import Message

from server.rooms.database import database
from server.rooms.room import Room
from server.rooms.routes import Rooms
from tests.server.asgi import Answer, in_a_loop, one, scope

PATIENCE = 20.0  # s
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"
CHOICE = {"key": "start.cliff", "kind": "choice", "count": 3}
NUMBER = {"key": "start.loss", "kind": "number", "low": -1, "high": 5.5}
STATE = {"key": "start.state", "kind": "state"}


@dataclass(frozen=True)
class Judged:
    """What the judge of these tests says."""

    met: bool
    x: float
    y: float


def judge(room: Room, state: str) -> Judged:
    """Judge a state by its length, and refuse one that says so."""
    if state == "broken":
        raise KeyError(state)
    return Judged(len(state) > 3, float(len(state)), float(room.place.round))


def who(n: int) -> str:
    """Return what a tab calls itself."""
    return f"{n:022d}"


class Stream:
    """What somebody hears."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.left = asyncio.Event()
        self._came = asyncio.Event()

    async def receive(self) -> Message:
        """Wait until this one leaves."""
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take what comes."""
        self.answer.messages.append(message)
        self._came.set()

    @property
    def events(self) -> list[tuple[str, Any]]:
        """What came so far."""
        return [
            (lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: ")))
            for lines in map(str.splitlines, self.answer.body.decode().split("\n\n"))
            if lines and not lines[0].startswith(":")
        ]

    async def until(self, name: str, **parts: object) -> dict[str, Any]:
        """Wait for an event that says this; return it."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for event, data in self.events:
                    if event == name and parts.items() <= data.items():
                        return data
                self._came.clear()
                await self._came.wait()


class Class:
    """Rooms, and a room in them."""

    def __init__(self, app: Starlette, rooms: Rooms) -> None:
        self._app, self.rooms = app, rooms
        self.code = self.secret = ""
        self.leaves = False  # whether whoever posts something is gone before it is done

    async def post(
        self, path: str, given: object = None, secret: str = "", client: str = HOME
    ) -> Answer:
        """Post something; `given` may be bytes as they are."""
        body = given if isinstance(given, bytes) else json.dumps(given).encode()
        headers = {"content-length": str(len(body))}
        if secret:
            headers["authorization"] = f"Bearer {secret}"
        request = scope(f"/room{path}", headers, method="POST", client=(client, 5))
        return await one(self._app, request, body, leaves=self.leaves)

    async def begin(self, client: str = HOME, lesson: str = "") -> Answer:
        """Make a room, and be in it."""
        answer = await self.post(
            "", {"page": "start", "link": "at=1", "lesson": lesson}, "", client
        )
        if answer.status == 201:
            made = json.loads(answer.body)
            self.code, self.secret = made["room"], made["secret"]
        return answer

    async def lead(self, ask: object = None, phase: str = "open", round_: int = 1) -> Answer:
        """Lead the class."""
        place = {"page": "start", "link": "at=1", "ask": ask, "round": round_, "phase": phase}
        return await self.post(f"/{self.code}/lead", place, self.secret)

    async def answer(self, n: int, value: object, ask: Any = CHOICE, round_: int = 1) -> Answer:
        """Let a student answer."""
        given = {"who": who(n), "key": ask["key"], "round": round_, "value": value}
        return await self.post(f"/{self.code}/answer", given)

    async def get(self, name: str, secret: str = "", code: str = "", client: str = HOME) -> Answer:
        """Ask for something that ends."""
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        path = f"/room/{code or self.code}/{name}"
        return await one(self._app, scope(path, headers, client=(client, 5)))

    @asynccontextmanager
    async def listening(self, secret: str = "", client: str = HOME) -> AsyncIterator[Stream]:
        """Listen to the room."""
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        request = scope(f"/room/{self.code}/events", headers, client=(client, 5))
        request["asgi"] = {"version": "3.0", "spec_version": "2.3"}  # uvicorn's
        stream = Stream()
        task = asyncio.ensure_future(self._app(request, stream.receive, stream.send))
        try:
            async with asyncio.timeout(PATIENCE):
                while not stream.answer.messages and not task.done():
                    await asyncio.sleep(0.005)
            yield stream
        finally:
            stream.left.set()
            async with asyncio.timeout(PATIENCE):
                await task


def held(work: Callable[[Class], Awaitable[None]], setting: str, judged: Any = judge) -> None:
    """Hold a class."""

    async def holding() -> None:
        rooms = Rooms(database(setting), judged, {"start", "sigmoid"})
        class_ = Class(Starlette(routes=rooms.routes), rooms)
        async with rooms.running():
            await work(class_)

    in_a_loop(holding())
