"""What a visitor posts is taken in bounds, worked on in turns, and answered as it is made."""

import asyncio
import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from starlette.applications import Starlette
from starlette.types import Message, Scope

from server import batch
from server.batch import LARGEST, PATH, batch_route
from tests.server.asgi import Answer, scope

ONE, OTHER = "192.0.2.7", "192.0.2.8"


@dataclass
class Reply:
    """An answer of some pieces."""

    pieces: Iterator[bytes]
    status: int = 200
    media_type: str = "application/octet-stream"
    file_name: str = ""


@dataclass
class Work:
    """Answer with a body's first letter, as many times as its length says, a piece for each."""

    told: list[str] = field(default_factory=list)
    at_once: int = 0
    most: int = 0

    def __call__(self, body: memoryview) -> Reply:
        """Begin an answer."""
        text = bytes(body).decode()
        if text == "broken":
            raise KeyError(text)
        return Reply(self.pieces(text), file_name="numbers.csv" if text == "file" else "")

    def pieces(self, text: str) -> Iterator[bytes]:
        """Work for a moment on each piece."""
        for letter in text:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            threading.Event().wait(0.005)
            self.told.append(letter)
            self.at_once -= 1
            if letter == "!":
                raise KeyError(letter)
            yield letter.encode()


@dataclass
class Visitor:
    """A client that sends a body in pieces and may leave after some pieces of the answer."""

    body: list[bytes]
    client: str = ONE
    length: int | None = None
    leaves_after: int = 1000
    headers: dict[str, str] = field(default_factory=dict)
    answer: Answer = field(default_factory=Answer)

    async def visit(self, app: Starlette) -> None:
        """Ask; a body that ends early is one that nobody sends on."""
        left = asyncio.Event()
        waiting = list(self.body)
        size = sum(map(len, self.body))
        length = size if self.length is None else self.length
        headers = {"content-length": str(length), **self.headers}

        async def receive() -> Message:
            if waiting:
                more = len(waiting) > 1 or length > size
                return {"type": "http.request", "body": waiting.pop(0), "more_body": more}
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            self.answer.messages.append({**message, "headers": list(message.get("headers", []))})
            if len(self.answer.messages) > self.leaves_after:
                left.set()
                await asyncio.sleep(0.05)

        await app(posted(headers, self.client), receive, send)


def posted(headers: dict[str, str], client: str = ONE) -> Scope:
    request = scope(PATH, headers, method="POST", client=(client, 5))
    request["asgi"] = {"version": "3.0", "spec_version": "2.3"}  # uvicorn's
    return request


def visit(work: Work, *visitors: Visitor) -> list[Answer]:
    """Let visitors come at the same time, in a loop of their own."""
    app = Starlette(routes=[batch_route(work)])

    async def all_of_them() -> None:
        await asyncio.gather(*(visitor.visit(app) for visitor in visitors))

    thread = threading.Thread(target=lambda: asyncio.run(all_of_them()), daemon=True)
    thread.start()
    thread.join(30)
    return [visitor.answer for visitor in visitors]


def test_an_answer_goes_out_piece_by_piece_and_is_kept_by_nobody() -> None:
    (answer,) = visit(Work(), Visitor([b"ab", b"c"]))
    assert answer.status == 200
    assert [m["body"] for m in answer.messages[1:]] == [b"a", b"b", b"c", b""]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    assert "content-disposition" not in answer.headers


def test_packed_pieces_can_be_read_one_by_one() -> None:
    (answer,) = visit(Work(), Visitor([b"abc"], headers={"accept-encoding": "gzip"}))
    pieces = [m["body"] for m in answer.messages[1:]]
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(b"".join(pieces)) == b"abc"
    assert all(pieces[:3])  # nothing is held back for what comes later


def test_a_file_has_its_name() -> None:
    (answer,) = visit(Work(), Visitor([b"file"]))
    assert answer.headers["content-disposition"] == 'attachment; filename="numbers.csv"'


@pytest.mark.parametrize(
    ("length", "status"),
    [(str(LARGEST + 1), 413), ("9" * 5000, 413), ("-1", 411), ("", 411), ("1²", 411)],
)
def test_what_is_too_large_or_has_no_length_is_refused_before_it_is_read(
    length: str, status: int
) -> None:
    work = Work()
    (answer,) = visit(work, Visitor([b"abc"], headers={"content-length": length}))
    assert (answer.status, work.told) == (status, [])


def test_visitors_take_turns_piece_by_piece() -> None:
    work = Work()
    long, short = visit(work, Visitor([b"a" * 40]), Visitor([b"bb"], client=OTHER))
    assert (long.body, short.body) == (b"a" * 40, b"bb")
    assert "".join(work.told).rindex("b") < 8
    assert work.most == 1


def test_the_work_ends_when_its_visitor_leaves() -> None:
    work = Work()
    visit(work, Visitor([b"a" * 200], leaves_after=3))
    assert 2 <= len(work.told) < 20


def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "_PATIENCE", 0.02)
    (answer,) = visit(Work(), Visitor([b"abc"], length=10))
    assert answer.status == 408


def test_whoever_does_not_read_the_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "_PATIENCE", 0.02)
    work = Work()

    class Deaf(Visitor):
        async def visit(self, app: Starlette) -> None:
            async def receive() -> Message:
                if self.body:
                    return {"type": "http.request", "body": self.body.pop()}
                await asyncio.Event().wait()
                raise AssertionError

            async def send(_message: Message) -> None:
                await asyncio.Event().wait()

            await app(posted({"content-length": "100"}), receive, send)

    deaf = Deaf([b"a" * 100])
    visit(work, deaf, Visitor([b"b"], client=OTHER))
    assert "b" in work.told
    assert len(work.told) < 20


def test_large_bodies_are_few_and_small_ones_many() -> None:
    size = LARGEST - 100
    large = [Visitor([b"a"], length=size) for _ in range(3)]
    other = Visitor([b"a"], length=size, client=OTHER)
    small = [Visitor([b"ab"], client=f"192.0.2.{i}") for i in range(20, 60)]
    for visitor in (*large, other):
        visitor.headers["content-length"] = str(size)

    async def them(app: Starlette) -> None:
        waiting = [asyncio.ensure_future(v.visit(app)) for v in (*large, other)]
        await asyncio.gather(*(v.visit(app) for v in small))
        for one in waiting:
            one.cancel()

    thread = threading.Thread(
        target=lambda: asyncio.run(them(Starlette(routes=[batch_route(Work())])))
    )
    thread.start()
    thread.join(30)
    refused = [v for v in large if v.answer.messages and v.answer.status == 503]
    assert len(refused) == 1
    assert refused[0].answer.headers["retry-after"]
    assert not other.answer.messages  # it is still awaited
    assert [v.answer.status for v in small] == [200] * 40


def test_room_is_given_back() -> None:
    work = Work()
    app = Starlette(routes=[batch_route(work)])
    visitors = [Visitor([b"ab"], headers={"content-length": "2"}) for _ in range(5)]

    async def one_by_one() -> None:
        for visitor in visitors:
            await visitor.visit(app)

    thread = threading.Thread(target=lambda: asyncio.run(one_by_one()))
    thread.start()
    thread.join(30)
    assert [visitor.answer.status for visitor in visitors] == [200] * 5
    assert not app.routes[0].app._room._taken  # type: ignore[attr-defined]  # noqa: SLF001


def test_what_fails_is_logged_and_ends_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    begun, broken = visit(Work(), Visitor([b"ab!c"]), Visitor([b"broken"]))
    assert (begun.status, begun.body) == (200, b"ab")
    assert broken.status == 500
    assert caplog.text.count("KeyError") >= 2
