"""Whose turn it is: visitors take turns, so that one who asks for much waits for his own."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FullError(Exception):
    """Too many are waiting, and of them this visitor has most."""


class Turns:
    """A few at a time, and of those who wait each visitor in turn, however many turns each wants.

    Parameters
    ----------
    most : int
        How many may wait. When one more comes, the last one is sent away of the visitor that has
        most waiting.
    at_once : int
        How many have a turn at the same time.
    """

    def __init__(self, most: int, at_once: int = 1) -> None:
        self._most = most
        self._free = at_once
        self._count = 0
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, visitor: str) -> AsyncIterator[None]:
        """Wait for a turn, and end it.

        Raises
        ------
        FullError
            If this one was sent away.
        """
        await self.begin(visitor)
        try:
            yield
        finally:
            self.end()

    async def begin(self, visitor: str) -> None:
        """Wait for a turn, which has to be ended once."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(visitor)

    async def _wait(self, visitor: str) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(visitor, deque()).append(mine)
        self._count += 1
        if self._count > self._most:
            longest = max(self._waiting, key=lambda key: len(self._waiting[key]))
            last = self._waiting[longest].pop()
            self._count -= 1
            if not last.done():
                last.set_exception(FullError())
            if not self._waiting[longest]:
                del self._waiting[longest]
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled() and not mine.exception():
                self.end()  # the turn came, and nobody is there to take it
            raise

    def end(self) -> None:
        """Give the turn to the visitor who has waited longest for one, if anybody waits."""
        while self._waiting:
            visitor = next(iter(self._waiting))
            future = self._take(visitor)
            if not future.done():  # else whoever waited has left
                future.set_result(None)
                return
        self._free += 1

    def _take(self, visitor: str) -> "asyncio.Future[None]":
        queue = self._waiting.pop(visitor)
        self._count -= 1
        future = queue.popleft()
        if queue:
            self._waiting[visitor] = queue
        return future
