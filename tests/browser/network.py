"""A network between the browser and the app that can be slow, or dead without a word."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Network:
    """Forward connections to a port of this machine; stop forwarding, or do it slowly."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._flows: list[asyncio.Event] = []
        self._frozen = False
        self._end = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop
        self.port = 0
        self.delay = 0.0  # s for each piece of at most 64 kB

    def freeze(self) -> None:
        """Let nothing more through, and close no connection."""
        self._frozen = True
        for flows in self._flows:
            flows.clear()

    def renew(self) -> None:
        """Let through new connections; those that were frozen stay dead."""
        self._frozen = False

    def thaw(self) -> None:
        """Let through what was kept back, and all that follows."""
        self._frozen = False
        for flows in self._flows:
            self._loop.call_soon_threadsafe(flows.set)

    def end(self) -> None:
        """Close everything."""
        self._end.set()

    async def run(self, ready: threading.Event) -> None:
        """Accept connections until the end."""
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._end.wait()
        server.close()

    async def _connect(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_connection("127.0.0.1", self._to)
        flows = asyncio.Event()
        if not self._frozen:
            flows.set()
        self._flows.append(flows)
        with suppress(ConnectionError, asyncio.CancelledError):  # either end may go at any time
            await asyncio.gather(self._pass(near, there, flows), self._pass(far, back, flows))
        there.close()
        back.close()

    async def _pass(
        self, source: asyncio.StreamReader, to: asyncio.StreamWriter, flows: asyncio.Event
    ) -> None:
        while piece := await source.read(2**16):
            await asyncio.sleep(self.delay)
            await flows.wait()
            to.write(piece)
            await to.drain()
        to.close()


@contextmanager
def network(port: int) -> Iterator[Network]:
    """Put a network before a port."""
    between, ready = Network(port), threading.Event()
    loop = asyncio.new_event_loop()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(between.run(ready))

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    try:
        yield between
    finally:
        loop.call_soon_threadsafe(between.end)
        thread.join()
