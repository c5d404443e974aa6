"""Students as the server sees them: Streamlit sessions over a WebSocket, without a browser.

They speak Streamlit's own protocol: a `BackMsg` asks for a run of the script, and `ForwardMsg`s
bring its elements. What a student reads of a page is what the browser would: the instrument in
the component's message, and the page hashes in the navigation. Like the browser, a student whose
connection is lost connects again with the URL and the cookie, and sends what was not answered.
"""

import asyncio
import json
import re
import struct
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol
from urllib.parse import urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.typing import Origin, Subprotocol

PATIENCE = 30  # s without an answer before a release counts as lost
AGAIN = 0.5  # s between two attempts to connect
MEGABYTE = 1 << 20


class LostError(Exception):
    """The server did not answer, or answered with an error."""


class _DisconnectedError(Exception):
    """The connection was closed."""


class Table(Protocol):
    """What a release moves and brings: the sliders of a page, and how one is moved."""

    def read(self, element: Element, fragment: str) -> bool:
        """Take an element of the page; say whether it is the table that a release brings."""

    def move(self, random: Random) -> None:
        """Move a slider."""

    def release(self) -> tuple[list[WidgetState], str]:
        """Return what the browser sends of the last move, and the fragment that it asks for."""

    def kept(self) -> list[WidgetState]:
        """Return what the browser tells a server that it connects to anew."""

    def shows(self) -> bool:
        """Say whether the table that came last is the one of the last move."""


@dataclass
class Instrument:
    """The live component of the lab."""

    id: str = ""
    fragment: str = ""
    head: Mapping[str, Any] = field(default_factory=dict)
    sent: tuple[int, str, float] = (0, "", 0.0)  # number, slider and value of the last release
    released: dict[str, float] = field(default_factory=dict)  # where each slider was left

    def read(self, element: Element, fragment: str) -> bool:
        """Take the head of the component's message, which is JSON."""
        if element.WhichOneof("type") != "bidi_component":
            return False
        message = zlib.decompressobj()
        (length,) = struct.unpack("<I", message.decompress(element.bidi_component.bytes, 4))
        self.id, self.fragment = element.bidi_component.id, fragment
        self.head = json.loads(message.decompress(message.unconsumed_tail, length))
        return True

    def move(self, random: Random) -> None:
        """Take a slider to another of its positions."""
        slider = random.choice(list(self._sliders()))
        value = random.choice([v for k, v in enumerate(slider["values"]) if k != slider["index"]])
        self.sent = (max(self.sent[0], self.head["seen"]) + 1, slider["id"], value)
        self.released[slider["id"]] = value

    def release(self) -> tuple[list[WidgetState], str]:
        """Send the change with its number, as often as it takes."""
        number, id_, value = self.sent
        change = {"n": number, "id": id_, "value": value}
        trigger = json.dumps([{"event": "commit", "value": [change]}])
        state = WidgetState(
            id=f"$$STREAMLIT_INTERNAL_KEY_{self.id}__events", json_trigger_value=trigger
        )
        return [state], self.fragment

    def kept(self) -> list[WidgetState]:
        """Tell nothing: the numbers are in the URL."""
        return []

    def stands(self) -> dict[str, float]:
        """Return where each slider stands in the table that came last."""
        return {slider["id"]: slider["values"][slider["index"]] for slider in self._sliders()}

    def _sliders(self) -> Iterator[Mapping[str, Any]]:
        return (s for s in self.head["instrument"]["sliders"] if not s["masked"])

    def shows(self) -> bool:
        """Compare what was released with where the slider stands now."""
        number, id_, value = self.sent
        # A share of the model is rounded when the others make room for it.
        return bool(self.head["seen"] >= number and abs(self.stands()[id_] - value) <= 1e-6)


@dataclass
class PlainSliders:
    """`st.slider`s above two `st.plotly_chart`s, as most people would write the page."""

    values: dict[str, float] = field(default_factory=dict)  # where each slider was left
    shown: list[str] = field(default_factory=list)  # the sliders of this page
    charts: list[str] = field(default_factory=list)  # the exponentials and the probabilities
    before: str = ""  # the exponentials before the last move
    fragment: str = ""

    def read(self, element: Element, fragment: str) -> bool:
        """Take the sliders and the charts; the second chart is the end of the table."""
        kind = element.WhichOneof("type")
        self.fragment = fragment
        if kind == "slider":
            if self.charts:  # a page begins with its sliders
                self.shown, self.charts = [], []
            self.shown.append(element.slider.id)
            self.values.setdefault(element.slider.id, element.slider.default[0])
        if kind != "plotly_chart":
            return False
        self.charts.append(element.plotly_chart.spec)
        return len(self.charts) == 2

    def move(self, random: Random) -> None:
        """Take a slider somewhere else."""
        moved = random.choice(self.shown)
        old = self.values[moved]
        self.values[moved] = random.choice([v for k in range(-100, 101) if (v := k / 10) != old])
        self.before = self.charts[0]

    def release(self) -> tuple[list[WidgetState], str]:
        """Send all sliders, as Streamlit's browser does."""
        return self.kept(), self.fragment

    def kept(self) -> list[WidgetState]:
        """Tell where the sliders stand."""
        states = []
        for id_, value in self.values.items():
            state = WidgetState(id=id_)
            state.double_array_value.data.append(value)
            states.append(state)
        return states

    def shows(self) -> bool:
        """Say whether the exponentials changed, as they do with every slider."""
        return self.charts[0] != self.before


class Student:
    """One open page of the app, and what it has been told."""

    def __init__(self, url: str, page: str, table: Table, seed: int) -> None:
        self.url, self.page, self.table = url, page, table
        self.random = Random(seed)  # noqa: S311 - a student is no secret
        self.query, self.session, self.cookie = "", "", ""
        self.pages: dict[str, str] = {}  # the hash of each page
        self.received = 0  # bytes
        self.reconnected = 0  # how often

    async def open(self) -> float:
        """Ask for the page, connect, and return the seconds until it stands."""
        start = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                self.cookie = await _cookie(self.url, self.page)
                await self._connect()
            await self._run(page_name=self.page)
        except (TimeoutError, OSError, websockets.WebSocketException, _DisconnectedError) as error:
            raise LostError(repr(error)) from error
        return self._arrived - start

    async def release(self) -> float:
        """Move a slider, and return the seconds until the table of its new position is here."""
        self.table.move(self.random)
        start = time.perf_counter()
        while True:
            states, fragment = self.table.release()
            try:
                await self._run(states, fragment_id=fragment, page_script_hash=self._hash())
            except _DisconnectedError:
                await self._reconnect()
                continue
            if not self.table.shows():
                raise LostError("the table is not the one of the release")
            return self._arrived - start

    async def go(self, page: str) -> float:
        """Click in the navigation, and return the seconds until the other page stands."""
        self.page = page
        start = time.perf_counter()
        try:
            await self._run(page_script_hash=self._hash())
        except _DisconnectedError:
            await self._reconnect()
        return self._arrived - start

    async def leave(self) -> None:
        """Close the page."""
        await self._socket.close()

    def _hash(self) -> str:
        return self.pages[self.page]

    async def _connect(self) -> None:
        address = urlsplit(self.url)
        protocols = ["streamlit", "NO_TOKEN", self.session] if self.session else ["streamlit"]
        self._socket = await websockets.connect(
            f"ws://{address.netloc}/_stcore/stream",
            origin=Origin(self.url),
            subprotocols=[Subprotocol(name) for name in protocols],
            additional_headers={"Cookie": self.cookie} if self.cookie else {},
            max_size=64 * MEGABYTE,
            compression=None,
            ping_interval=None,
            open_timeout=PATIENCE,
        )

    async def _reconnect(self) -> None:
        """Connect until a server answers, and ask it for the page as the URL has it."""
        deadline = time.perf_counter() + PATIENCE
        while True:
            try:
                await self._connect()
                await self._run(self.table.kept(), page_script_hash=self._hash())
            except (_DisconnectedError, OSError, websockets.WebSocketException) as error:
                if time.perf_counter() > deadline:
                    raise LostError(repr(error)) from error
                await asyncio.sleep(AGAIN)
            else:
                self.reconnected += 1
                return

    async def _run(self, states: list[WidgetState] | None = None, **asked: str) -> None:
        """Ask for a run, note when the table is here, and wait until the run has ended."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.context_info.url = f"{self.url}/{self.page}"
        for name, value in asked.items():
            setattr(message.rerun_script, name, value)
        message.rerun_script.widget_states.widgets.extend(states or [])
        arrived = False
        try:
            async with asyncio.timeout(PATIENCE):
                await self._socket.send(message.SerializeToString())
                while True:
                    answer = await self._socket.recv(decode=False)
                    if self._take(answer):
                        arrived, self._arrived = True, time.perf_counter()
                    elif self._ended and arrived:
                        return
        except TimeoutError as error:
            raise LostError(repr(error)) from error
        except (websockets.WebSocketException, OSError) as error:
            raise _DisconnectedError from error

    def _take(self, answer: bytes) -> bool:
        """Take a message; say whether it is the table."""
        self.received += len(answer)
        message = ForwardMsg()
        message.ParseFromString(answer)
        kind = message.WhichOneof("type")
        self._ended = kind == "script_finished"
        if kind == "new_session":
            self.session = message.new_session.initialize.session_id
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "navigation":
            self.pages = {
                page.url_pathname: page.page_script_hash for page in message.navigation.app_pages
            }
        elif kind == "delta":
            return self._draw(message.delta)
        return False

    def _draw(self, delta: Delta) -> bool:
        if delta.WhichOneof("type") != "new_element":
            return False
        element = delta.new_element
        if element.WhichOneof("type") == "exception":
            raise LostError(element.exception.message or "the server failed")
        return self.table.read(element, delta.fragment_id)


@dataclass
class Register:
    """What a class saw."""

    opened: list[float] = field(default_factory=list)  # s
    released: list[float] = field(default_factory=list)  # s
    changed: list[float] = field(default_factory=list)  # s, another page
    lost: list[str] = field(default_factory=list)
    received: int = 0  # bytes
    reconnected: int = 0  # how often a connection was lost, and another made


async def _cookie(url: str, page: str) -> str:
    """Fetch a page, and return the cookies that it sets."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    lines = f"GET /{page} HTTP/1.1", f"Host: {address.netloc}", "Connection: close", "", ""
    writer.write("\r\n".join(lines).encode())
    head, _, _ = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    set_ = re.findall(r"^set-cookie: ([^;\r]+)", head, re.IGNORECASE | re.MULTILINE)
    return "; ".join(set_)


async def attend(
    student: Student, pages: list[str], arrives: float, seconds: float, every: float, seen: Register
) -> None:
    """Come in, release a slider about `every` seconds, change page now and then, leave."""
    clock = asyncio.get_running_loop().time
    random = student.random
    await asyncio.sleep(arrives)
    until = clock() + seconds
    try:
        seen.opened.append(await student.open())
        await asyncio.sleep(random.uniform(0, every))
        while clock() < until:
            began = clock()
            if len(pages) > 1 and random.random() < 1 / 12:
                seen.changed.append(await student.go(random.choice(pages)))
            else:
                seen.released.append(await student.release())
            pause = every * random.uniform(0.8, 1.2)
            await asyncio.sleep(max(0.0, began + pause - clock()))
    except LostError as error:
        seen.lost.append(f"{student.page}: {error}")
    seen.received += student.received
    seen.reconnected += student.reconnected
    with suppress(websockets.WebSocketException, OSError, AttributeError):
        await student.leave()
