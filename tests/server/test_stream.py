"""How fast messages are passed on, and whom the server refuses or closes."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from server import stream
from server.stream import Stream
from tests.fuzz.visitor import opening
from tests.server.asgi import scope

CLICK = {"type": "websocket.receive", "bytes": opening("logits=1,2").SerializeToString()}
GIT = {"type": "websocket.receive", "bytes": BackMsg(load_git_info=True).SerializeToString()}
FINISHED = ForwardMsg(script_finished=0).SerializeToString()
CONNECT: Message = {"type": "websocket.connect"}
LEFT: Message = {"type": "websocket.disconnect", "code": 1001}


class Browser:
    """A connection: what it will send, and what was sent to it."""

    def __init__(self, *messages: Message, address: str = "192.0.2.7") -> None:
        self.queue: asyncio.Queue[Message] = asyncio.Queue()
        for message in (CONNECT, *messages):
            self.queue.put_nowait(message)
        self.scope = scope("/_stcore/stream", type="websocket", client=(address, 5))
        self.received: list[Message] = []

    async def send(self, message: Message) -> None:
        """Take what the server sends."""
        self.received.append(message)

    @property
    def closed(self) -> list[int]:
        """Return with which codes the server has closed it."""
        return [m["code"] for m in self.received if m["type"] == "websocket.close"]

    @property
    def refused(self) -> bool:
        """Say whether it was let in at all."""
        return self.received[:1] != [] and self.received[0].get("status") == 503


class Streamlit:
    """Read messages until the visitor has left."""

    def __init__(self, *, finishes: bool = True) -> None:
        self.finishes = finishes
        self.read: list[Message] = []
        self.open = 0

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        await receive()
        await send({"type": "websocket.accept"})
        self.open += 1
        while (message := await receive())["type"] != "websocket.disconnect":
            self.read.append(message)
            if self.finishes:
                await send({"type": "websocket.send", "bytes": FINISHED})
        self.open -= 1
        await send({"type": "websocket.send", "bytes": b""})


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Run in a thread: the browser tests leave a loop in the main one."""

    async def bounded() -> None:
        await asyncio.wait_for(work(), 30)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(bounded())).result()


def serve(app: Stream, browser: Browser) -> "asyncio.Task[Any]":
    return asyncio.ensure_future(app(browser.scope, browser.queue.get, browser.send))


def test_clicks_come_through_at_once_and_many_of_them_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "_CLICKS", 20)

    async def work() -> None:
        server, browser = Streamlit(), Browser(*[CLICK] * 30)
        task = serve(Stream(server), browser)
        await asyncio.sleep(0.1)
        assert 20 <= len(server.read) < 30
        while len(server.read) < 30:
            await asyncio.sleep(0.01)
        assert {message["bytes"] for message in server.read} == {CLICK["bytes"]}
        assert not task.done()
        browser.queue.put_nowait(LEFT)
        await task
        assert browser.closed == []

    run(work)


@pytest.mark.parametrize("message", [CLICK, GIT])
def test_who_is_far_behind_is_closed_and_streamlit_hears_that_he_left(message: Message) -> None:
    async def work() -> None:
        server, browser = Streamlit(), Browser(*[message] * 2000)
        await serve(Stream(server), browser)
        assert browser.closed == [1008]
        assert browser.received[-1]["type"] == "websocket.close"
        assert len(server.read) <= 20
        assert server.open == 0
        assert browser.queue.qsize() > 1900  # the rest was not even read

    run(work)


@pytest.mark.parametrize(
    "message", [{"bytes": b"\0"}, {"text": "a text"}, {"bytes": None, "text": ""}]
)
def test_what_is_no_message_ends_the_connection_without_a_word_in_streamlit(
    message: Message,
) -> None:
    async def work() -> None:
        server, browser = Streamlit(), Browser({"type": "websocket.receive", **message})
        await serve(Stream(server), browser)
        assert browser.closed == [1002]
        assert server.read == []

    run(work)


def test_what_the_page_never_sends_is_dropped() -> None:
    async def work() -> None:
        server, browser = Streamlit(), Browser(GIT, CLICK, GIT, LEFT)
        await serve(Stream(server), browser)
        assert browser.closed == []
        assert len(server.read) <= 1

    run(work)


def test_who_left_while_something_is_sent_is_no_error() -> None:
    async def work() -> None:
        server, browser = Streamlit(), Browser(LEFT)

        async def gone(message: Message) -> None:
            if message["type"] == "websocket.send":
                raise OSError("gone")

        await Stream(server)(browser.scope, browser.queue.get, gone)

    run(work)


def test_an_address_and_the_process_have_so_many_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "_OPEN_HERE", 3)
    monkeypatch.setattr(stream, "_OPEN", 5)

    async def work() -> None:
        server = Streamlit()
        app = Stream(server)
        room = [Browser() for _ in range(4)]
        others = [Browser(address=f"192.0.2.{i}") for i in range(50, 53)]
        for browser in [*room, *others]:
            serve(app, browser)
        await asyncio.sleep(0.05)
        assert [browser.refused for browser in room] == [False, False, False, True]
        assert [browser.refused for browser in others] == [False, False, True]
        for browser in room[:3]:
            browser.queue.put_nowait(LEFT)
        await asyncio.sleep(0.05)
        again = Browser()
        serve(app, again)
        await asyncio.sleep(0.05)
        assert not again.refused
        assert server.open == 3

    run(work)


def test_who_opens_many_connections_waits_and_then_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"_OPENED": 10, "_OPENED_AT_ONCE": 2, "_PATIENCE": 0.45}.items():
        monkeypatch.setattr(stream, name, value)

    async def work() -> None:
        server = Streamlit()
        app = Stream(server)
        room = [Browser() for _ in range(10)]
        for browser in room:
            serve(app, browser)
        other = Browser(address="192.0.2.50")
        serve(app, other)
        await asyncio.sleep(0.05)
        assert server.open == 3  # two, and the one from elsewhere
        assert sum(browser.refused for browser in room) == 4
        await asyncio.sleep(0.5)
        assert server.open == 7

    run(work)


def test_a_request_is_none_of_its_business() -> None:
    async def work() -> None:
        seen = []

        async def app(asked: Scope, _receive: Receive, _send: Send) -> None:
            seen.append(asked["type"])

        browser = Browser()
        await Stream(app)({**browser.scope, "type": "http"}, browser.queue.get, browser.send)
        assert seen == ["http"]

    run(work)


@pytest.mark.parametrize("finishes", [True, False])
def test_two_scripts_run_at_once_and_one_that_never_ends_holds_nobody_up_for_long(
    finishes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_LONGEST_RUN", 0.3)

    async def work() -> None:
        server = Streamlit(finishes=finishes)
        app = Stream(server)
        room = [Browser(CLICK) for _ in range(5)]
        tasks = [serve(app, browser) for browser in room]
        await asyncio.sleep(0.1)
        assert len(server.read) == (5 if finishes else 2)
        await asyncio.sleep(0.8)
        assert len(server.read) == 5
        for browser in room:
            browser.queue.put_nowait(LEFT)
        await asyncio.gather(*tasks)

    run(work)


def test_a_sign_of_life_waits_for_no_script() -> None:
    beat = BackMsg(app_heartbeat=True).SerializeToString()

    async def work() -> None:
        server = Streamlit(finishes=False)
        app = Stream(server)
        for _ in range(3):
            serve(app, Browser(CLICK))
        browser = Browser(*[{"type": "websocket.receive", "bytes": beat}] * 5)
        serve(app, browser)
        await asyncio.sleep(0.1)
        assert [message["bytes"] for message in server.read].count(beat) == 5

    run(work)
