"""Visitors take turns, and who asks for much waits for his own."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server.turns import FullError, Turns


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run in a thread: the browser tests leave a loop in the main one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(asyncio.wait_for(work, 30))).result()


class Room:
    """Visitors who ask for turns, and the order in which they got them."""

    def __init__(self, most: int = 1000) -> None:
        self.turns = Turns(most)
        self.order: list[str] = []
        self.go = asyncio.Event()

    def ask(self, visitor: str, name: str = "") -> "asyncio.Task[None]":
        """Ask for a turn; it begins when it can, and ends when all may go."""
        return asyncio.create_task(self._ask(visitor, name or visitor))

    async def _ask(self, visitor: str, name: str) -> None:
        async with self.turns.turn(visitor):
            self.order.append(name)
            await self.go.wait()


def test_visitors_take_turns_however_much_one_asks_for() -> None:
    async def work() -> None:
        room = Room()
        asked = [room.ask("flood") for _ in range(50)]
        await asyncio.sleep(0)
        asked += [room.ask("a"), room.ask("b"), room.ask("a")]
        await asyncio.sleep(0)
        room.go.set()
        await asyncio.gather(*asked)
        assert len(room.order) == 53
        assert room.order[:7] == ["flood", "flood", "a", "b", "flood", "a", "flood"]

    run(work())


def test_one_turn_at_a_time() -> None:
    async def work() -> None:
        room = Room()
        asked = [room.ask(str(i)) for i in range(9)]
        await asyncio.sleep(0.01)
        assert room.order == ["0"]
        room.go.set()
        await asyncio.gather(*asked)
        assert room.order == [str(i) for i in range(9)]

    run(work())


def test_when_it_is_full_the_one_who_asks_for_most_is_sent_away() -> None:
    async def work() -> None:
        room = Room(most=10)
        flood = [room.ask("flood", f"flood {i}") for i in range(11)]
        await asyncio.sleep(0)
        mine = room.ask("a")
        await asyncio.sleep(0.01)
        assert isinstance(flood[-1].exception(), FullError)
        more = room.ask("flood")
        await asyncio.sleep(0.01)
        assert isinstance(more.exception(), FullError)
        room.go.set()
        await asyncio.gather(*flood[:-1], mine)
        assert room.order[:3] == ["flood 0", "flood 1", "a"]

    run(work())


def test_who_leaves_holds_nobody_up_even_when_the_turn_has_just_come() -> None:
    async def work() -> None:
        room = Room()
        first, second, third = room.ask("a"), room.ask("b"), room.ask("c")
        last = room.ask("d")
        await asyncio.sleep(0.01)
        second.cancel()  # while waiting
        room.go.set()
        await first
        third.cancel()  # the turn is given, and not yet taken
        await last
        assert room.order[-1] == "d"
        async with room.turns.turn("e"):
            pass

    run(work())


def test_a_turn_that_fails_is_over() -> None:
    async def work() -> None:
        turns = Turns(10)
        with pytest.raises(KeyError):
            async with turns.turn("a"):
                raise KeyError
        async with turns.turn("b"):
            pass

    run(work())
