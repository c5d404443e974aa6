"""Rooms over HTTP: what a stranger does not get, and what he costs others."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from server.rooms import limits, routes
from server.turns import Turns
from tests.server.asgi import scope
from tests.server.classes import (
    CHOICE,
    ELSEWHERE,
    HOME,
    STATE,
    Class,
    who,
)

Work = Callable[[Class], Awaitable[None]]


def test_enormous_texts_are_refused_before_they_are_read(in_class: Callable[[Work], None]) -> None:
    async def work(class_: Class) -> None:
        await class_.begin()
        for path in ("", f"/{class_.code}/answer", f"/{class_.code}/lead"):
            assert (await class_.post(path, b"a" * 20_000, class_.secret)).status == 413

    in_class(work)


def test_without_the_secret_nobody_leads(in_class: Callable[[Work], None]) -> None:
    async def work(class_: Class) -> None:
        await class_.begin()
        code, right = class_.code, class_.secret
        await class_.begin()
        other, class_.code = class_.secret, code
        async with class_.listening() as student:
            for wrong in (other, right[:-1], right + "a", "", "null"):
                class_.secret = wrong
                assert (await class_.lead(CHOICE)).status == 403
                assert (await class_.post(f"/{code}/end", secret=wrong)).status == 403
                assert (await class_.get("csv", wrong)).status == 403
                if wrong:
                    assert (await class_.get("events", wrong)).status == 403
            class_.secret = right
            await class_.lead(CHOICE)
            assert (await student.until("room", phase="open"))["version"] == 2

    in_class(work)


def test_whoever_guesses_rooms_has_to_wait_and_his_neighbours_do_not(
    in_class: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_GUESSED", 1e-3)

    async def work(class_: Class) -> None:
        await class_.begin()
        await class_.lead(CHOICE)
        assert (await class_.answer(1, 1)).status == 200
        for code in ("abcde", "OOOOO", "ABCD", "ABCDEF", "ÄBCDE"):  # no code looks like these
            assert (await class_.get("events", code=code)).status == 404
        found = [
            (await class_.get("events", code=f"AA{a}{b}A")).status
            for a in "BCDEFGHJKLMN"
            for b in "BCDEFGH"
        ]
        assert found == [404] * 59 + [429] * 25  # the first was of the room that there is
        refused = await class_.get("csv", "x", "QQQQQ")
        assert refused.status == 429
        assert int(refused.headers["retry-after"]) >= 1
        assert (await class_.answer(2, 1)).status == 200  # his household was in this room
        async with class_.listening() as student:
            await student.until("room")
        async with class_.listening(client=ELSEWHERE) as other:
            await other.until("room")

    in_class(work)


def test_a_household_makes_few_rooms_and_others_make_theirs(
    in_class: Callable[[Work], None],
) -> None:
    async def work(class_: Class) -> None:
        found = [(await class_.begin()).status for _ in range(20)]
        assert found == [201] * 12 + [429] * 8
        assert (await class_.begin(client=ELSEWHERE)).status == 201
        assert (await class_.lead(CHOICE)).status == 204  # whoever is in a room goes on

    in_class(work)


def test_streams_and_requests_of_a_household_are_bounded(
    in_class: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_OPEN_HERE", 3)
    monkeypatch.setattr(limits, "_ASKED_AT_ONCE", 20)
    monkeypatch.setattr(limits, "_ASKED", 1e-3)  # so that none comes in meanwhile

    async def work(class_: Class) -> None:
        await class_.begin()
        async with AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(class_.listening())
            assert (await class_.get("events")).status == 429
            async with class_.listening(client=ELSEWHERE) as other:
                await other.until("room")
        async with class_.listening() as student:
            await student.until("room")
        found = [(await class_.answer(n, 1)).status for n in range(30)]
        assert found[0] == 409
        assert found[-1] == 429

    in_class(work)


def test_whoever_answers_a_thousand_times_waits_behind_others(
    in_class: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_MOST_WAITING", 50)

    async def work(class_: Class) -> None:
        class_.rooms._turns = Turns(50)  # noqa: SLF001
        await class_.begin()
        await class_.lead(CHOICE)
        flood = [asyncio.ensure_future(class_.answer(n, 1)) for n in range(200)]
        body = {"page": "start", "link": "", "lesson": ""}
        made = await class_.post("", body, client=ELSEWHERE)
        done = sum(answer.done() for answer in flood)
        found = [(await answer).status for answer in flood]
        assert made.status == 201
        assert done < 190
        assert set(found) == {200, 503}

    in_class(work)


def test_no_log_knows_a_room_a_secret_or_who_answers(
    in_class: Callable[[Work], None], caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []

    async def work(class_: Class) -> None:
        await class_.begin()
        await class_.lead(STATE)
        told.extend([class_.code, class_.secret, who(7), HOME, "at=1"])
        for value in ("broken", "a b", "logits=1,2"):
            await class_.answer(7, value, STATE)
        await class_.post(f"/{class_.code}/end", secret="x" * 43)

    with caplog.at_level(logging.DEBUG, "ce"):
        in_class(work)
    assert "KeyError" in caplog.text  # of the judge
    assert [text for text in told if text in caplog.text] == []


def test_whoever_reads_nothing_at_all_is_left(
    in_class: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_PATIENCE", 0.05)

    async def work(class_: Class) -> None:
        await class_.begin()

        async def receive() -> dict[str, object]:
            await asyncio.Event().wait()
            raise AssertionError

        async def send(_message: object) -> None:
            await asyncio.Event().wait()

        app = class_._app  # noqa: SLF001
        request = scope(f"/room/{class_.code}/events")
        request["asgi"] = {"version": "3.0", "spec_version": "2.3"}
        await asyncio.wait_for(app(request, receive, send), 20)
        assert not class_.rooms._limits._open  # noqa: SLF001

    in_class(work)
