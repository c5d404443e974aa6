"""Students of a class that votes: they follow it, drag, and answer what is asked.

Each has the page of a student of the lab (bench/students.py), and with it a stream of events and a
connection for answers, as the page of a class has them.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from random import Random
from typing import Any

import websockets

from bench.ledger import PLACE, Ledger
from bench.students import LabStudent, LostError
from bench.wire import Http, RefusedError, listening

PAGE = "pipeline"  # whose session a student holds
CHANGES = 0.2  # of the students change an answer
_CLOSED = {409, 404}  # the question, and the room
_OTHER = "softmax"  # to which everybody can go at the end


@dataclass(frozen=True)
class Pace:
    """How fast a class is.

    Attributes
    ----------
    arrive : float
        Seconds between two students who come in.
    answer : float
        Seconds in which a student answers, and then perhaps changes the answer.
    look : float
        Seconds that the lecturer looks at what was told.
    every : float
        Seconds between two releases of a student.
    idle : float
        Seconds in which nobody does anything, before the lesson.
    """

    arrive: float = 0.05
    answer: float = 6.0
    look: float = 2.0
    every: float = 5.0
    idle: float = 10.0


class Voter:
    """A student, who keeps the books of what was heard and sent.

    Parameters
    ----------
    url, code, lesson : str
        Where the app is, the letters of the room, and the lesson that is played there.
    number : int
        Which student, counted from 0.
    """

    def __init__(
        self, url: str, code: str, lesson: str, number: int, ledger: Ledger, pace: Pace
    ) -> None:
        self._url, self._lesson, self._number = url, lesson, number
        self._room = f"/room/{code}"
        self._ledger, self._pace = ledger, pace
        self._random = Random(number)  # noqa: S311 - a student is no secret
        self._student = LabStudent(url, PAGE, number, follows=True)
        self._http = Http(url)
        self._who = secrets.token_urlsafe(24)
        self._place: Mapping[str, Any] = {}
        self._version = 0
        self._at = ("", "")  # the page and the link that were followed
        self._hand = asyncio.Lock()  # one thing is done with the picture at a time
        self._sends = asyncio.Lock()  # one answer after the other
        self._led = asyncio.Event()
        self._voted: set[tuple[str, int]] = set()
        self.ended = asyncio.Event()

    async def attend(self, begun: asyncio.Event) -> None:
        """Come in, take part from a moment on until the room ends, and see that all still works."""
        try:
            await self._student.open()
            async with asyncio.TaskGroup() as group:
                doing = [
                    group.create_task(self._listen(group)),
                    group.create_task(self._student.stay()),
                    group.create_task(self._work(begun)),
                ]
                await self.ended.wait()
                for task in doing:
                    task.cancel()
            await self._student.go(_OTHER)
        except LostError as error:
            self._ledger.faults.append(f"{self._number} is stuck: {error}")
        with suppress(websockets.WebSocketException, OSError, AttributeError):
            await self._student.leave()
        await self._http.close()

    async def _listen(self, group: asyncio.TaskGroup) -> None:
        with suppress(RefusedError):
            async with aclosing(listening(self._url, f"{self._room}/events")) as heard:
                async for name, told in heard:
                    if name == "ended":
                        break
                    self._hear(name, told, group)
        self.ended.set()

    def _hear(self, name: str, told: Any, group: asyncio.TaskGroup) -> None:
        # A replica that has not looked yet tells less than the one before.
        if name != "room" or told["version"] <= self._version:
            return
        self._version = told["version"]
        self._place = {key: told[key] for key in PLACE}
        self._ledger.hear(self._number, told)
        self._led.set()
        if told["phase"] == "open" and (told["ask"]["key"], told["round"]) not in self._voted:
            self._voted.add((told["ask"]["key"], told["round"]))
            group.create_task(self._vote(self._place))

    async def _work(self, begun: asyncio.Event) -> None:
        """Go where the class is, and release a slider now and then, each student at other times."""
        await begun.wait()
        clock, every = asyncio.get_running_loop().time, self._pace.every
        due = clock() + self._random.uniform(0, every)
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._led.wait()
            async with self._hand:
                if self._led.is_set():
                    await self._follow()
                    continue
                due = clock() + every * self._random.uniform(0.8, 1.2)
                await self._sees(self._student.release(), self._ledger.released)

    async def _follow(self) -> None:
        """Go where the class is; who is there already keeps the numbers."""
        self._led.clear()
        page, link = at = self._place["page"], self._place["link"]
        if at != self._at:
            there = self._student.follow(page, f"{link}&lesson={self._lesson}")
            if await self._sees(there, self._ledger.followed):
                self._at = at
            else:
                self._led.set()  # once more

    async def _sees(self, picture: Awaitable[float], seconds: list[float]) -> bool:
        try:
            seconds.append(await picture)
        except LostError as error:
            self._ledger.late.append(f"{self._number} has no picture: {error}")
            return False
        return True

    async def _vote(self, place: Mapping[str, Any]) -> None:
        """Answer after a while, and perhaps answer anew."""
        await asyncio.sleep(self._random.uniform(0, self._pace.answer))
        await self._answer(place)
        if self._random.random() < CHANGES:
            await asyncio.sleep(self._random.uniform(0, self._pace.answer) / 4)
            await self._answer(place)

    async def _answer(self, place: Mapping[str, Any]) -> None:
        value = await self._value(place["ask"])
        given = {"key": place["ask"]["key"], "round": place["round"], "value": value}
        self._ledger.send(self._number, place, value)
        try:
            async with self._sends:
                await self._http.insist(f"{self._room}/answer", {"who": self._who, **given})
        except RefusedError as error:
            if error.status not in _CLOSED:
                self._ledger.faults.append(f"{self._number} sent {given}: {error}")
            elif not error.doubt:
                self._ledger.refuse(self._number, place)
        else:
            self._ledger.know(self._number, place, value)

    async def _value(self, ask: Mapping[str, Any]) -> object:
        if ask["kind"] == "choice":
            return self._random.randrange(ask["count"])
        if ask["kind"] == "number":
            return self._ledger.guess(self._number, ask, self._random.random())
        async with self._hand:
            await self._follow()
            return bare(self._student.shared)


def bare(link: str) -> str:
    """Return what a room holds of a link: without its lesson."""
    return "&".join(part for part in link.split("&") if not part.startswith("lesson="))
