"""Ask an ASGI app as a server would, without one."""

import asyncio
import copy
from collections.abc import Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

T = TypeVar("T")


@dataclass
class Answer:
    """What came back: each message as it was, and what a client reads from them."""

    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> int:
        """Return the status of a response."""
        return self.messages[0]["status"]

    @property
    def headers(self) -> Headers:
        """Return the headers of a response."""
        return Headers(raw=self.messages[0]["headers"])

    @property
    def body(self) -> bytes:
        """Return all of a body."""
        return b"".join(message.get("body", b"") for message in self.messages[1:])


def ask(
    app: ASGIApp, path: str = "/", headers: Mapping[str, str] | None = None, **more: Any
) -> Answer:
    """Send one request, and return its answer."""
    return ask_all(app, [scope(path, headers, **more)])[0]


def ask_all(app: ASGIApp, scopes: Iterable[Scope]) -> list[Answer]:
    """Send requests at the same time."""

    async def asking() -> list[Answer]:
        return list(await asyncio.gather(*(one(app, each) for each in scopes)))

    return in_a_loop(asking())


def in_a_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run something in a thread: the browser tests leave an event loop in the main one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(asyncio.wait_for(work, timeout=60))).result()


async def one(app: ASGIApp, request: Scope, body: bytes = b"", *, leaves: bool = False) -> Answer:
    """Send a request within a loop, and perhaps leave as soon as it was read."""
    answer = Answer()
    read = False

    async def receive() -> Message:
        nonlocal read
        if leaves and read:
            return {"type": "http.disconnect"}
        read = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        # Headers as a list of their own: who changes them later changes no answer.
        answer.messages.append({**message, "headers": list(message.get("headers", []))})

    await app(request, receive, send)
    return answer


def scope(path: str = "/", headers: Mapping[str, str] | None = None, **more: Any) -> Scope:
    """Return a request; as from a server, the names of its headers are in lower case."""
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    request = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": raw,
        "client": ("192.0.2.7", 50000),
        "server": ("lab.example.org", 80),
    }
    return {**request, **more}


def answering(*messages: Message) -> ASGIApp:
    """Return an app that answers everything with the same messages."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        for message in copy.deepcopy(messages):  # who changes one changes no other answer
            await send(message)

    return app


def response(
    *pieces: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> tuple[Message, ...]:
    """Return the messages of a response whose body comes in pieces."""
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    bodies = pieces or (b"",)
    return (
        {"type": "http.response.start", "status": status, "headers": raw},
        *(
            {"type": "http.response.body", "body": body, "more_body": i < len(bodies) - 1}
            for i, body in enumerate(bodies)
        ),
    )
