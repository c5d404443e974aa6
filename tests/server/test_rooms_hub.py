"""What a process says of its listeners, and tells them, look by look."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

from server.rooms.database import database
from server.rooms.hub import Hub, Listener
from server.rooms.room import Ask, Given, Mark, Place
from server.rooms.store import Store
from server.rooms.watch import LONGEST_LIFE, Watch
from tests.server.asgi import in_a_loop

ASK = Ask("start.cliff", "choice", count=3)


class Process:
    """A process with a room, and a clock that is moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_000_000.0
        self.database = database(f"sqlite:///{folder}/classes.sqlite3")
        self.store = Store(self.database, lambda: self.now)
        self.watch = Watch(self.database, lambda: self.now)
        self.hub = Hub(self.watch, lambda: self.now)
        self.code, self.secret = self.store.make("start", "", "")

    async def enter(self, stack: ExitStack, *, leads: bool = False) -> Listener:
        """Let one more listen."""
        scene = await self.hub.scene(self.code)
        return stack.enter_context(self.hub.listening(scene, leads=leads))

    async def look(self, seconds: float = 0.25) -> None:
        """Look again, this much later."""
        self.now += seconds
        await self.hub.look()

    def here(self) -> int:
        """Return how many students the database knows of."""
        return self.watch.count(self.code)["here"]


async def told(listener: Listener) -> bytes:
    """Return what waits for a listener."""
    listener.tell("last", b"|")
    return (await anext(listener.heard())).removesuffix(b"|")


def run(folder: Path, work: Callable[[Process, ExitStack], Awaitable[None]]) -> None:
    async def running() -> None:
        with ExitStack() as stack:
            await work(Process(folder), stack)

    in_a_loop(running())


def test_a_change_is_told_once_to_all_and_silence_is_silent(tmp_path: Path) -> None:
    async def work(process: Process, stack: ExitStack) -> None:
        one, other = [await process.enter(stack) for _ in range(2)]
        await process.look()
        assert await told(one) == b""
        process.store.lead(process.code, process.secret, Place("start", "", ASK, 1, "open"))
        await process.look()
        late = await process.enter(stack)  # who is told the room as it is now when he comes
        await process.look()
        for listener in (one, other):
            text = await told(listener)
            assert text.count(b"event: room") == 1
            assert b'"version":2' in text
        assert await told(late) == b""

    run(tmp_path, work)


def test_whoever_enters_while_the_room_changes_hears_of_it(tmp_path: Path) -> None:
    async def work(process: Process, stack: ExitStack) -> None:
        before = await process.hub.scene(process.code)
        process.store.lead(process.code, process.secret, Place("start", "", ASK, 1, "open"))
        await process.enter(stack)
        late = stack.enter_context(process.hub.listening(before, leads=False))
        await process.look()
        assert b'"version":2' in await told(late)

    run(tmp_path, work)


def test_students_count_while_they_listen_and_their_process_says_so(tmp_path: Path) -> None:
    async def work(process: Process, stack: ExitStack) -> None:
        await process.enter(stack, leads=True)
        for _ in range(3):
            await process.enter(stack)
        await process.look()
        assert process.here() == 3
        for _ in range(40):  # for 30 s, in which nobody comes or goes
            await process.look(0.75)
            assert process.here() == 3
        stack.close()
        await process.look()
        assert process.here() == 0

    run(tmp_path, work)


def test_the_lecturer_alone_hears_counts_and_once_a_second(tmp_path: Path) -> None:
    async def work(process: Process, stack: ExitStack) -> None:
        lecturer = await process.enter(stack, leads=True)
        student = await process.enter(stack)
        process.store.lead(process.code, process.secret, Place("start", "", ASK, 1, "open"))
        await process.look()
        await told(lecturer)
        heard = []
        for n in range(12):  # 3 s
            process.store.answer(process.code, Given(f"{n}", ASK.key, 1, None), Mark(0.0))
            await process.look()
            heard.append(await told(lecturer))
        assert [b'"answered":' in text for text in heard].count(True) == 3
        for _ in range(12):
            await process.look()
            heard.append(await told(lecturer))
        assert b'{"here":1,"answered":12}' in b"".join(heard)
        assert heard[-8:] == [b""] * 8  # nothing has changed since
        assert b"event: count" not in await told(student)
        again = await process.enter(stack, leads=True)  # as after a reload
        assert b'"answered":12' in await told(again)

    run(tmp_path, work)


def test_whoever_listens_hears_of_the_end_after_a_day(tmp_path: Path) -> None:
    async def work(process: Process, stack: ExitStack) -> None:
        student = await process.enter(stack)
        await process.look()
        process.now += LONGEST_LIFE
        process.watch.sweep()
        await process.look()
        assert [text async for text in student.heard()] == [b"event: ended\ndata: {}\n\n"]
        await process.look()

    run(tmp_path, work)


def test_a_process_that_was_forgotten_says_again_that_it_listens(tmp_path: Path) -> None:
    async def work(process: Process, stack: ExitStack) -> None:
        student = await process.enter(stack)
        await process.look()
        others = Watch(process.database, lambda: process.now + 60)  # or this one stood still
        others.sweep()
        await process.look()
        assert await told(student) == b""  # nothing has changed
        others.sweep()
        process.store.lead(process.code, process.secret, Place("start", "", ASK, 1, "open"))
        await process.look()
        assert b'"version":2' in await told(student)
        await process.look(5.0)
        assert process.here() == 1

    run(tmp_path, work)
