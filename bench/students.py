"""Students as the server sees them, without a browser.

All hold a Streamlit session over a WebSocket, which brings the pages. A student of the lab asks for
answers over HTTP, as the player does; one of the plain page speaks Streamlit's own protocol: a
`BackMsg` asks for a run of the script, and `ForwardMsg`s bring its elements. Like the browser, a
student whose connection is lost connects again, and asks again for what was not answered.
"""

import asyncio
import json
import re
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import numpy as np
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.typing import Origin, Subprotocol

from bench.wire import Http
from lab.readers import plain

PATIENCE = 30  # s without an answer before a release counts as lost
AGAIN = 0.5  # s between two attempts to connect
MEGABYTE = 1 << 20


class LostError(Exception):
    """The server did not answer, or answered with an error."""


class DisconnectedError(Exception):
    """The connection was closed."""


class Student(Protocol):
    """One open page of the app."""

    page: str
    random: Random

    @property
    def received(self) -> int:
        """The bytes that came."""

    @property
    def reconnected(self) -> int:
        """How often a connection was lost, and another made."""

    async def open(self) -> float:
        """Ask for the page, and return the seconds until it stands."""

    async def release(self) -> float:
        """Move a slider, and return the seconds until the table of its new position is here."""

    async def go(self, page: str) -> float:
        """Click in the navigation, and return the seconds until the other page stands."""

    async def leave(self) -> None:
        """Close the page."""


# ---------------------------------------------------------------- Streamlit's protocol


class Session:
    """A Streamlit session over a WebSocket; `elements` get what a run draws."""

    def __init__(self, url: str, page: str) -> None:
        self.url, self.page = url, page
        self.query, self.id, self.cookie = "", "", ""
        self.pages: dict[str, str] = {}  # the hash of each page
        self.elements: list[tuple[Element, str]] = []  # of the last run, and their fragments
        self.received = 0  # bytes
        self.reconnected = 0  # how often

    async def open(self) -> None:
        """Ask for the page, and connect."""
        try:
            async with asyncio.timeout(PATIENCE):
                self.cookie = await _cookie(self.url, self.page)
                await self._connect()
            await self.run(page_name=self.page)
        except (TimeoutError, OSError, websockets.WebSocketException, DisconnectedError) as error:
            raise LostError(repr(error)) from error

    async def show(self, page: str, kept: list[WidgetState] | None = None) -> None:
        """Run another page, or this one again, over a new connection where the old one is lost."""
        self.page = page
        try:
            await self.run(page_script_hash=self.pages[page])
        except DisconnectedError:
            await self.reconnect(kept or [])

    async def lost(self) -> None:
        """Wait until the connection is closed."""
        await self._socket.wait_closed()

    async def leave(self) -> None:
        """Close the page."""
        await self._socket.close()

    async def reconnect(self, kept: list[WidgetState]) -> None:
        """Connect until a server answers, and ask it for the page as the URL has it."""
        deadline = time.perf_counter() + PATIENCE
        while True:
            try:
                await self._connect()
                await self.run(kept, page_script_hash=self.pages[self.page])
            except (DisconnectedError, OSError, websockets.WebSocketException) as error:
                if time.perf_counter() > deadline:
                    raise LostError(repr(error)) from error
                await asyncio.sleep(AGAIN)
            else:
                self.reconnected += 1
                return

    async def run(self, states: list[WidgetState] | None = None, **asked: str) -> None:
        """Ask for a run, and wait until it has ended."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.context_info.url = f"{self.url}/{self.page}"
        for name, value in asked.items():
            setattr(message.rerun_script, name, value)
        message.rerun_script.widget_states.widgets.extend(states or [])
        self.elements = []
        try:
            async with asyncio.timeout(PATIENCE):
                await self._socket.send(message.SerializeToString())
                while not self._take(await self._socket.recv(decode=False)):
                    pass
        except TimeoutError as error:
            raise LostError(repr(error)) from error
        except (websockets.WebSocketException, OSError) as error:
            raise DisconnectedError from error

    async def _connect(self) -> None:
        address = urlsplit(self.url)
        protocols = ["streamlit", "NO_TOKEN", self.id] if self.id else ["streamlit"]
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

    def _take(self, answer: bytes) -> bool:
        """Take a message; say whether the run has ended."""
        self.received += len(answer)
        message = ForwardMsg()
        message.ParseFromString(answer)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.id = message.new_session.initialize.session_id
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "navigation":
            self.pages = {
                page.url_pathname: page.page_script_hash for page in message.navigation.app_pages
            }
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                raise LostError(element.exception.message or "the server failed")
            self.elements.append((element, message.delta.fragment_id))
        return kind == "script_finished"


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


# ---------------------------------------------------------------- the lab


class LabStudent:
    """A student of the lab: the page over Streamlit's session, the tables as answers to a link.

    Parameters
    ----------
    url, page : str
        Where the app is, and which page is opened.
    seed : int
        For what is moved where.
    link : str, optional
        What is opened.
    follows : bool
        Whether each slider is moved from the lecturer's link, instead of from the student's own.
    """

    def __init__(
        self, url: str, page: str, seed: int, link: str = "", *, follows: bool = False
    ) -> None:
        self.page, self.link = page, link
        self.random = Random(seed)  # noqa: S311 - a student is no secret
        self.released: dict[str, float] = {}  # where each slider was left
        self._session, self._http = Session(url, page), Http(url)
        self._first, self._follows = link, follows
        self._again = 0
        self._layouts: dict[str, Any] = {}  # of this tab, by hash

    @property
    def received(self) -> int:
        """The bytes that came."""
        return self._session.received + self._http.received

    @property
    def reconnected(self) -> int:
        """How often a connection was lost, and another made."""
        return self._session.reconnected + self._again

    @property
    def shared(self) -> str:
        """A short link to what is seen."""
        link: str = self._head["shared"]
        return link

    @property
    def question(self) -> dict[str, Any] | None:
        """What the step asks."""
        question: dict[str, Any] | None = self._head.get("question")
        return question

    async def open(self) -> float:
        """Ask for the page, and return the seconds until its picture stands."""
        start = time.perf_counter()
        await self._session.open()
        self._told()
        await self._ask(self.link)
        return time.perf_counter() - start

    async def go(self, page: str) -> float:
        """Click in the navigation, and return the seconds until the other picture stands."""
        start = time.perf_counter()
        self.page = page
        await self._session.show(page)
        self._told()
        await self._ask(self._first if self._follows else self.link)
        return time.perf_counter() - start

    async def follow(self, page: str, link: str) -> float:
        """Go where a class is, which needs no session; return the seconds as `go` does."""
        start = time.perf_counter()
        self.page, self._first = page, link
        await self._ask(link)
        return time.perf_counter() - start

    async def stay(self) -> None:
        """Connect again whenever the session's connection is lost, as the page does."""
        while True:
            await self._session.lost()
            with suppress(LostError):
                await self._session.reconnect([])

    async def release(self) -> float:
        """Move a slider, and return the seconds until the table of its new position is here."""
        id_, value = self._moved()
        start = time.perf_counter()
        link = self._first if self._follows else self.link
        await self._ask(f"{link}&set={quote(f'{id_}:{plain(value)}')}".lstrip("&"))
        passed = time.perf_counter() - start
        # A share of the model is rounded when the others make room for it.
        if abs(self.stands()[id_] - value) > 1e-6:
            raise LostError("the table is not the one of the release")
        self.released[id_] = value
        return passed

    async def leave(self) -> None:
        """Close the page."""
        await self._http.close()
        await self._session.leave()

    def stands(self) -> dict[str, float]:
        """Return where each slider stands in the table that came last."""
        return {id_: values[index] for id_, values, index in self._sliders()}

    def _moved(self) -> tuple[str, float]:
        id_, values, index = self.random.choice(list(self._sliders()))
        others = [value for k, value in enumerate(values) if k != index]
        return id_, self.random.choice(others)

    def _sliders(self) -> list[tuple[str, list[float], int]]:
        layout = self._layouts[self._head["layout"]]
        found = []
        for instrument, now in zip(layout["instruments"], self._head["instruments"], strict=True):
            table = self._table(instrument["positions"])
            for slider, s, row in zip(instrument["sliders"], now["sliders"], table, strict=True):
                if s["count"] > 1 and not s["masked"]:
                    found.append((slider["id"], row[: s["count"]].tolist(), s["index"]))
        return found

    def _table(self, number: int) -> np.ndarray:
        """Return a column without items."""
        sizes = [np.dtype(kind).itemsize * int(np.prod(n)) for kind, n in self._head["columns"]]
        kind, shape = self._head["columns"][number]
        start = sum(sizes[:number])
        planes = np.frombuffer(self._body[start : start + sizes[number]], np.uint8)
        numbers = planes.reshape(np.dtype(kind).itemsize, -1).T.copy().view(f"<{kind}")
        return numbers.reshape(shape)

    def _told(self) -> None:
        """Read what the page tells the player."""
        (component,) = (
            element.bidi_component
            for element, _ in self._session.elements
            if element.WhichOneof("type") == "bidi_component"
        )
        self._version = json.loads(component.json)["version"]

    async def _ask(self, query: str) -> None:
        """Ask for the numbers, and for the layout where it is another one."""
        numbers = await self._get("", query)
        (length,) = struct.unpack("<I", numbers[:4])
        self._head = json.loads(numbers[4 : 4 + length])
        self._body = numbers[4 + length :]
        self.link = self._head["link"]
        if self._head["layout"] not in self._layouts:
            layout = json.loads(await self._get("/layout", query))
            self._layouts[layout["hash"]] = layout

    async def _get(self, part: str, query: str) -> bytes:
        """Ask until there is an answer, as the player does."""
        path = f"/answer/{self.page}{part}?v={self._version}&{query}"
        deadline = time.perf_counter() + PATIENCE
        while True:
            try:
                async with asyncio.timeout(PATIENCE):
                    return await self._http.get(path, self._session.cookie)
            except (OSError, asyncio.IncompleteReadError) as error:
                if time.perf_counter() > deadline:
                    raise LostError(repr(error)) from error
                self._again += 1
                await asyncio.sleep(AGAIN)


# ---------------------------------------------------------------- the plain page


class PlainStudent:
    """A student of `bench/plain_page.py`: `st.slider`s above two `st.plotly_chart`s."""

    def __init__(self, url: str, page: str, seed: int) -> None:
        self.page = page
        self.random = Random(seed)  # noqa: S311 - a student is no secret
        self._session = Session(url, page)
        self._values: dict[str, float] = {}  # where each slider was left

    @property
    def received(self) -> int:
        """The bytes that came."""
        return self._session.received

    @property
    def reconnected(self) -> int:
        """How often a connection was lost, and another made."""
        return self._session.reconnected

    async def open(self) -> float:
        """Ask for the page, and return the seconds until it stands."""
        start = time.perf_counter()
        await self._session.open()
        self._read()
        return time.perf_counter() - start

    async def go(self, page: str) -> float:
        """Click in the navigation, and return the seconds until the other page stands."""
        start = time.perf_counter()
        self.page = page
        await self._session.show(page)
        self._read()
        return time.perf_counter() - start

    async def release(self) -> float:
        """Move a slider, and return the seconds until its charts are here."""
        moved = self.random.choice(self._shown)
        old, before = self._values[moved], self._charts[0]
        choices = [v for k in range(-100, 101) if (v := k / 10) != old]
        self._values[moved] = self.random.choice(choices)
        start = time.perf_counter()
        hash_ = self._session.pages[self.page]
        try:
            await self._session.run(
                self._states(), fragment_id=self._fragment, page_script_hash=hash_
            )
        except DisconnectedError:
            await self._session.reconnect(self._states())
        self._read()
        if self._charts[0] == before:  # the exponentials change with every slider
            raise LostError("the charts are not those of the release")
        return time.perf_counter() - start

    async def leave(self) -> None:
        """Close the page."""
        await self._session.leave()

    def _read(self) -> None:
        self._shown, self._charts = [], []
        for element, fragment in self._session.elements:
            kind = element.WhichOneof("type")
            if kind == "slider":
                self._fragment = fragment
                self._shown.append(element.slider.id)
                self._values.setdefault(element.slider.id, element.slider.default[0])
            elif kind == "plotly_chart":
                self._charts.append(element.plotly_chart.spec)

    def _states(self) -> list[WidgetState]:
        """Send all sliders, as Streamlit's browser does."""
        states = []
        for id_, value in self._values.items():
            state = WidgetState(id=id_)
            state.double_array_value.data.append(value)
            states.append(state)
        return states


# ---------------------------------------------------------------- a class


@dataclass
class Register:
    """What a class saw."""

    opened: list[float] = field(default_factory=list)  # s
    released: list[float] = field(default_factory=list)  # s
    changed: list[float] = field(default_factory=list)  # s, another page
    lost: list[str] = field(default_factory=list)
    received: int = 0  # bytes
    reconnected: int = 0  # how often a connection was lost, and another made


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
