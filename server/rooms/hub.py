"""Who listens to which room, in this process; one look at the database tells all of them."""

import asyncio
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from anyio import move_on_after, to_thread

from server.rooms.database import AwayError
from server.rooms.room import GoneError
from server.rooms.watch import Scene, Watch

_LOGGER = logging.getLogger("ce")
_LOOK = 0.25  # s between two looks at the versions of rooms
_LATER = 2.0  # s after which a database that is away is asked again
_SAY = 1.0  # s at least between two counts
_SAY_AGAIN = 5.0  # s after which this process says again who is here: watch.GONE_AFTER is 12
_SWEEP = 60.0  # s between two looks for rooms that are a day old
_PING = 15.0  # s of silence, after which a proxy could take a connection for dead
_SILENCE = b": \n\n"


class Listener:
    """One stream of events. Of each kind only the newest waits to be read.

    Parameters
    ----------
    leads : bool
        Whether the lecturer listens.
    """

    def __init__(self, *, leads: bool) -> None:
        self.leads = leads
        self._news: dict[str, bytes] = {}
        self._bell = asyncio.Event()

    def tell(self, name: str, told: bytes) -> None:
        """Tell an event, which `event` has written."""
        self._news[name] = told
        self._bell.set()

    async def heard(self) -> AsyncIterator[bytes]:
        """Yield events as they are told, until the room has ended."""
        while True:
            with move_on_after(_PING):
                await self._bell.wait()
            self._bell.clear()
            news, self._news = self._news, {}
            yield b"".join(news.values()) or _SILENCE
            if "ended" in news:
                return


@dataclass
class _Group:
    """Those who listen to one room."""

    scene: Scene
    listeners: set[Listener] = field(default_factory=set)
    said: tuple[int, float] = (0, float("-inf"))  # how many students, and when
    count: dict[str, int] = field(default_factory=dict)
    counted: float = float("-inf")

    @property
    def students(self) -> int:
        return sum(not listener.leads for listener in self.listeners)

    @property
    def lecturers(self) -> list[Listener]:
        return [listener for listener in self.listeners if listener.leads]


class Hub:
    """The rooms that this process listens to."""

    def __init__(self, watch: Watch, clock: Callable[[], float] = time.monotonic) -> None:
        self._watch, self._clock = watch, clock
        self._process = secrets.token_hex(8)
        self._groups: dict[str, _Group] = {}

    async def scene(self, code: str) -> Scene:
        """Return a room as it is, or was at the last look; raise as `Watch.scene` does."""
        group = self._groups.get(code)
        return group.scene if group else await to_thread.run_sync(self._watch.scene, code)

    @contextmanager
    def listening(self, scene: Scene, *, leads: bool) -> Iterator[Listener]:
        """Listen to a room, of which this scene is known."""
        code = scene.room.code
        group = self._groups.setdefault(code, _Group(scene))
        listener = Listener(leads=leads)
        if group.scene.room.version > scene.room.version:  # it has changed meanwhile
            listener.tell("room", event("room", group.scene.plain))
        if leads and group.count:
            listener.tell("count", event("count", group.count))
        group.listeners.add(listener)
        try:
            yield listener
        finally:
            group.listeners.discard(listener)

    async def run(self) -> None:
        """Look again and again, until this is cancelled."""
        swept, away = float("-inf"), False
        while True:
            try:
                if self._groups:
                    await self.look()
                if self._clock() - swept >= _SWEEP:
                    swept = self._clock()
                    await to_thread.run_sync(self._watch.sweep)
                away = False
            except AwayError as error:
                if not away:
                    _LOGGER.warning(
                        "no database of classes", extra={"fields": {"error": str(error)}}
                    )
                away = True
            except Exception:
                # A look that fails is no reason never to look again.
                _LOGGER.exception("no look at the classes")
                away = True
            await asyncio.sleep(_LATER if away else _LOOK)

    async def look(self) -> None:
        """Say who is here, and tell what has changed."""
        for code in [code for code, group in self._groups.items() if not group.listeners]:
            del self._groups[code]
            await to_thread.run_sync(self._watch.leave, self._process, code)
        now = self._clock()
        due = {code: g.students for code, g in self._groups.items() if _is_due(g, now)}
        found = await to_thread.run_sync(self._watch.versions, self._process, due)
        for code, students in due.items():
            if code in self._groups:
                self._groups[code].said = students, now
        for code, group in list(self._groups.items()):
            if found.get(code) != group.scene.room.version:
                await self._changed(code, group)
            if group.lecturers and now - group.counted >= _SAY:
                group.counted = now
                await self._counted(code, group)

    async def _changed(self, code: str, group: _Group) -> None:
        """Tell what has become of a room, if it is not only the process that is unknown there."""
        try:
            scene = await to_thread.run_sync(self._watch.scene, code)
        except GoneError:
            del self._groups[code]
            for listener in group.listeners:
                listener.tell("ended", event("ended", {}))
            return
        group.count = {}  # of another question, perhaps: it is told anew, even if it is the same
        before, group.scene = group.scene, scene
        if before.room.version != scene.room.version:
            told = event("room", scene.plain)
            for listener in group.listeners:
                listener.tell("room", told)

    async def _counted(self, code: str, group: _Group) -> None:
        count = await to_thread.run_sync(self._watch.count, code)
        if count != group.count:
            group.count = count
            for listener in group.lecturers:
                listener.tell("count", event("count", count))


def event(name: str, data: object) -> bytes:
    r"""Write an event as a stream of events has it.

    Examples
    --------
    >>> event("count", {"here": 3})
    b'event: count\ndata: {"here":3}\n\n'
    """
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def _is_due(group: _Group, now: float) -> bool:
    students, then = group.said
    return now - then >= (_SAY_AGAIN if students == group.students else _SAY)
