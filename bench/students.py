"""Students as the server sees them: Streamlit sessions over a WebSocket, without a browser.

They speak Streamlit's own protocol: a `BackMsg` asks for a run of the script, and `ForwardMsg`s
bring its elements. What a student reads of a page is what the browser would: the instrument in
the component's message, and the page hashes in the navigation.
"""

import asyncio
import json
import struct
import time
import zlib
from collections.abc import Mapping
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
MEGABYTE = 1 << 20


class LostError(Exception):
    """The server did not answer, or answered with an error."""


class Table(Protocol):
    """What a release moves and brings: the sliders of a page, and how one is moved."""

    def read(self, element: Element, fragment: str) -> bool:
        """Take an element of the page; say whether it is the table that a release brings."""

    def move(self, random: Random) -> tuple[list[WidgetState], str]:
        """Move a slider; return what the browser would send, and the fragment that it asks for."""

    def shows(self) -> bool:
        """Say whether the table that came last is the one of the last move."""


@dataclass
class Instrument:
    """The live component of the lab."""

    id: str = ""
    fragment: str = ""
    head: Mapping[str, Any] = field(default_factory=dict)
    sent: tuple[int, str, float] = (0, "", 0.0)  # number, slider and value of the last release

    def read(self, element: Element, fragment: str) -> bool:
        """Take the head of the component's message, which is JSON."""
        if element.WhichOneof("type") != "bidi_component":
            return False
        message = zlib.decompress(element.bidi_component.bytes)
        (length,) = struct.unpack_from("<I", message)
        self.id, self.fragment = element.bidi_component.id, fragment
        self.head = json.loads(message[4 : 4 + length])
        return True

    def move(self, random: Random) -> tuple[list[WidgetState], str]:
        """Release a slider at another of its positions."""
        sliders = [s for s in self.head["instrument"]["sliders"] if not s["masked"]]
        slider = random.choice(sliders)
        value = random.choice([v for k, v in enumerate(slider["values"]) if k != slider["index"]])
        number = self.head["seen"] + 1
        self.sent = (number, slider["id"], value)
        change = {"n": number, "id": slider["id"], "value": value}
        trigger = json.dumps([{"event": "commit", "value": [change]}])
        state = WidgetState(
            id=f"$$STREAMLIT_INTERNAL_KEY_{self.id}__events", json_trigger_value=trigger
        )
        return [state], self.fragment

    def shows(self) -> bool:
        """Compare what was released with where the slider stands now."""
        number, id_, value = self.sent
        stands = {
            s["id"]: s["values"][s["index"]]
            for s in self.head["instrument"]["sliders"]
            if not s["masked"]
        }
        # A share of the model is rounded when the others make room for it.
        return bool(self.head["seen"] == number and abs(stands[id_] - value) <= 1e-6)


@dataclass
class PlainSliders:
    """`st.slider`s above two `st.plotly_chart`s, as most people would write the page."""

    values: dict[str, float] = field(default_factory=dict)
    charts: tuple[str, str] = ("", "")  # the exponentials and the probabilities, as they came
    before: tuple[str, str] = ("", "")
    fragment: str = ""

    def read(self, element: Element, fragment: str) -> bool:
        """Take the sliders and the charts; the second chart is the end of the table."""
        kind = element.WhichOneof("type")
        self.fragment = fragment
        if kind == "slider":
            self.values.setdefault(element.slider.id, element.slider.default[0])
        if kind != "plotly_chart":
            return False
        self.charts = (self.charts[1], element.plotly_chart.spec)
        return '"softmax"' in element.plotly_chart.spec

    def move(self, random: Random) -> tuple[list[WidgetState], str]:
        """Release a slider somewhere else; Streamlit's browser sends all of them."""
        moved = random.choice(list(self.values))
        old = self.values[moved]
        self.values[moved] = random.choice([v for k in range(-100, 101) if (v := k / 10) != old])
        self.before = self.charts
        states = []
        for id_, value in self.values.items():
            state = WidgetState(id=id_)
            state.double_array_value.data.append(value)
            states.append(state)
        return states, self.fragment

    def shows(self) -> bool:
        """Say whether the exponentials changed, as they do with every slider."""
        return self.charts[0] != self.before[0]


class Student:
    """One open page of the app, and what it has been told."""

    def __init__(self, url: str, page: str, table: Table, seed: int) -> None:
        self.url, self.page, self.table = url, page, table
        self.random = Random(seed)  # noqa: S311 - a student is no secret
        self.query = ""
        self.pages: dict[str, str] = {}  # the hash of each page
        self.received = 0  # bytes

    async def open(self) -> float:
        """Connect, and return the seconds until the page stands."""
        address = urlsplit(self.url)
        self._socket = await websockets.connect(
            f"ws://{address.netloc}/_stcore/stream",
            origin=Origin(self.url),
            subprotocols=[Subprotocol("streamlit")],
            max_size=64 * MEGABYTE,
            compression=None,
            ping_interval=None,
            open_timeout=PATIENCE,
        )
        return await self._run(page_name=self.page)

    async def release(self) -> float:
        """Move a slider, and return the seconds until the table of its new position is here."""
        states, fragment = self.table.move(self.random)
        seconds = await self._run(states, fragment_id=fragment, page_script_hash=self._hash())
        if not self.table.shows():
            raise LostError("the table is not the one of the release")
        return seconds

    async def go(self, page: str) -> float:
        """Click in the navigation, and return the seconds until the other page stands."""
        self.page = page
        return await self._run(page_script_hash=self._hash())

    async def leave(self) -> None:
        """Close the page."""
        await self._socket.close()

    def _hash(self) -> str:
        return self.pages[self.page]

    async def _run(self, states: list[WidgetState] | None = None, **asked: str) -> float:
        """Ask for a run; return the seconds until the table is here, when the run has ended."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.context_info.url = f"{self.url}/{self.page}"
        for name, value in asked.items():
            setattr(message.rerun_script, name, value)
        message.rerun_script.widget_states.widgets.extend(states or [])
        start = time.perf_counter()
        arrived = None
        try:
            async with asyncio.timeout(PATIENCE):
                await self._socket.send(message.SerializeToString())
                while True:
                    answer = await self._socket.recv(decode=False)
                    if self._take(answer):
                        arrived = time.perf_counter() - start
                    elif self._ended and arrived is not None:
                        return arrived
        except (TimeoutError, websockets.WebSocketException, OSError) as error:
            raise LostError(repr(error)) from error

    def _take(self, answer: bytes) -> bool:
        """Take a message; say whether it is the table."""
        self.received += len(answer)
        message = ForwardMsg()
        message.ParseFromString(answer)
        kind = message.WhichOneof("type")
        self._ended = kind == "script_finished"
        if kind == "page_info_changed":
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
    with suppress(websockets.WebSocketException, OSError, AttributeError):
        await student.leave()
