"""Rooms over HTTP: what a lecturer and students get."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from server.rooms.database import database
from server.rooms.hub import Listener, event
from server.rooms.room import GoneError, Room
from server.rooms.store import Store
from server.rooms.watch import LONGEST_LIFE
from tests.server.asgi import in_a_loop, one, scope
from tests.server.classes import (
    CHOICE,
    NUMBER,
    PATIENCE,
    STATE,
    Class,
    Judged,
    held,
    judge,
    who,
)

Work = Callable[[Class], Awaitable[None]]


def test_a_class_votes_twice_and_sees_both_rounds(setting: str) -> None:
    async def work(class_: Class) -> None:
        made = await class_.begin(lesson="1.packed")
        assert (made.status, made.headers["cache-control"]) == (201, "no-store")
        async with class_.listening() as student, class_.listening(class_.secret) as lecturer:
            first = await student.until("room", version=1)
            assert first == {
                "version": 1,
                "page": "start",
                "link": "at=1",
                "lesson": "1.packed",
                "ask": None,
                "round": 1,
                "phase": "look",
                "results": [None, None],
            }
            await lecturer.until("count", here=1, answered=0)
            assert (await class_.lead(CHOICE)).status == 204
            asked = await student.until("room", phase="open")
            assert asked["ask"] == CHOICE
            assert "lesson" not in asked
            for n, value in [(1, 0), (2, 2), (1, 2)]:
                answer = await class_.answer(n, value)
                assert (answer.status, json.loads(answer.body)) == (200, {"met": None})
            await lecturer.until("count", answered=2)
            await class_.lead(CHOICE, "shown")
            assert (await class_.answer(1, 0)).status == 409
            shown = await student.until("room", phase="shown")
            assert shown["results"] == [{"counts": [0, 0, 2]}, None]
            await class_.lead(CHOICE, "open", 2)
            await class_.answer(1, 1, round_=2)
            await class_.lead(CHOICE, "answered", 2)
            both = await student.until("room", phase="answered")
            assert both["results"] == [{"counts": [0, 0, 2]}, {"counts": [0, 1, 0]}]
            table = await class_.get("csv", class_.secret)
            assert table.headers["content-disposition"].startswith("attachment")
            assert sorted(table.body.decode().splitlines()[1:]) == [
                "start.cliff,choice,1,1,2,,",
                "start.cliff,choice,1,2,2,,",
                f"start.cliff,choice,2,{table.body.decode().splitlines()[3].split(',')[3]},1,,",
            ]
            assert (await class_.post(f"/{class_.code}/end", secret=class_.secret)).status == 204
            await student.until("ended")
            await lecturer.until("ended")
        assert "count" not in {name for name, _ in student.events}
        for path in ("events", "csv"):
            assert (await class_.get(path, class_.secret)).status == 404
        assert (await class_.answer(1, 1)).status == 404
        assert (await class_.lead(CHOICE)).status == 404

    held(work, setting)


def test_an_event_goes_out_at_once_and_is_kept_by_nobody(in_class: Callable[[Work], None]) -> None:
    async def work(class_: Class) -> None:
        await class_.begin()
        async with class_.listening() as student:
            await student.until("room")
            headers = student.answer.headers
        assert headers["content-type"].startswith("text/event-stream")
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")

    in_class(work)


def test_a_state_is_judged_and_only_its_place_is_kept(in_class: Callable[[Work], None]) -> None:
    async def work(class_: Class) -> None:
        await class_.begin()
        await class_.lead(STATE)
        for n, link, met in [(1, "logits=1,2", True), (2, "a=1", False)]:
            answer = await class_.answer(n, link, STATE)
            assert json.loads(answer.body) == {"met": met}
        assert (await class_.answer(3, "broken", STATE)).status == 500
        await class_.lead(STATE, "shown")
        async with class_.listening() as student:
            shown = await student.until("room")
        assert shown["results"][0] == {"dots": [[3.0, 1.0, False], [10.0, 1.0, True]]}
        table = (await class_.get("csv", class_.secret)).body.decode()
        assert "start.state,state,1,1,1,10,1" in table or "start.state,state,1,2,1,10,1" in table
        assert "logits" not in table

    in_class(work)


def test_a_state_is_judged_only_while_it_is_asked_for(tmp_path: Path) -> None:
    judged: list[str] = []

    async def work(class_: Class) -> None:
        await class_.begin()
        await class_.lead(STATE)
        await class_.lead(STATE, "shown")
        assert (await class_.answer(1, "a=1", STATE)).status == 409
        assert judged == []

    held(work, f"sqlite:///{tmp_path}/c", lambda _room, state: judged.append(state))


@pytest.mark.parametrize(
    ("meanwhile", "status"),
    [
        ("UPDATE rooms SET link = 'at=1&logits=1,2'", 200),
        ("UPDATE rooms SET phase = 'shown'", 409),
        ("UPDATE rooms SET round = 2", 409),
    ],
)
def test_a_lecturer_may_drag_while_a_state_is_judged_but_not_close(
    tmp_path: Path, meanwhile: str, status: int
) -> None:
    setting = f"sqlite:///{tmp_path}/c"

    def judging(room: Room, state: str) -> Judged:
        with database(setting).writing() as leading:
            leading.change(meanwhile)
        return judge(room, state)

    async def work(class_: Class) -> None:
        await class_.begin()
        await class_.lead(STATE)
        assert (await class_.answer(1, "logits=1,2", STATE)).status == status

    held(work, setting, judging)


def test_what_waited_longer_than_its_sender_is_not_done(in_class: Callable[[Work], None]) -> None:
    async def work(class_: Class) -> None:
        await class_.begin()
        await class_.lead(CHOICE)
        await class_.answer(1, 2)
        class_.leaves = True  # as one does who sends the same again over another connection
        assert (await class_.answer(1, 0)).status == 499
        assert (await class_.lead(CHOICE, "answered")).status == 499
        class_.leaves = False
        await class_.lead(CHOICE, "shown")
        async with class_.listening() as student:
            shown = await student.until("room")
        assert (shown["version"], shown["results"][0]) == (3, {"counts": [0, 0, 1]})

    in_class(work)


@pytest.mark.parametrize(
    ("path", "given", "said"),
    [
        ("", b"{", "JSON|Expecting"),
        ("", b"\xff\xff", "codec"),
        ("", b"[" * 9000, "too deep"),
        ("", [], "as body an object"),
        ("", {"page": "nowhere", "link": "", "lesson": ""}, "as page"),
        ("", {"page": "start", "link": "a b", "lesson": ""}, "as link"),
        ("", {"page": "start", "link": "a" * 2001, "lesson": ""}, "as link"),
        ("", {"page": "start", "link": "", "lesson": "a" * 6001}, "as lesson"),
        ("", {"page": "start", "link": ""}, "as lesson"),
        ("lead", {"ask": {**CHOICE, "count": 7}}, "as count an int from 2 to 6, got 7"),
        ("lead", {"ask": {**CHOICE, "count": True}}, "as count"),
        ("lead", {"ask": {**CHOICE, "key": "Größe"}}, "as key"),
        ("lead", {"ask": {**CHOICE, "kind": "vote"}}, "as kind one of choice, number, state"),
        ("lead", {"ask": {**NUMBER, "low": 9}}, "as high more than"),
        ("lead", {"ask": {**NUMBER, "high": 1e999}}, "as high a finite number"),
        ("lead", {"ask": {**NUMBER, "high": 10**400}}, "as high a finite number"),
        ("lead", {"ask": {**NUMBER, "high": float("nan")}}, "as high a finite number"),
        ("lead", {"ask": {**NUMBER, "high": "5"}}, "as high a finite number"),
        ("lead", {"ask": None}, "as ask a question, as the phase is open"),
        ("lead", {"phase": "look"}, "as ask none"),
        ("lead", {"phase": "over"}, "as phase"),
        ("lead", {"round": 3}, "as round an int from 1 to 2"),
        ("answer", {"value": 3}, "as value an int from 0 to 2, got 3"),
        ("answer", {"value": -1}, "as value"),
        ("answer", {"value": 1.0}, "as value"),
        ("answer", {"value": "1"}, "as value"),
        ("answer", {"value": None}, "as value"),
        ("answer", {"value": True}, "as value"),
        ("answer", {"who": "short"}, "as who"),
        ("answer", {"who": "a" * 44}, "as who"),
        ("answer", {"who": "ä" * 22}, "as who"),
        ("answer", {"round": "1"}, "as round"),
    ],
)
def test_what_is_wrong_is_refused_with_what_was_expected(
    in_class: Callable[[Work], None], path: str, given: object, said: str
) -> None:
    async def work(class_: Class) -> None:
        assert (await class_.begin()).status == 201
        assert (await class_.lead(CHOICE)).status == 204
        whole = {
            "": {},
            "lead": {"page": "start", "link": "", "ask": CHOICE, "round": 1, "phase": "open"},
            "answer": {"who": who(1), "key": CHOICE["key"], "round": 1, "value": 1},
        }[path]
        sent = whole | given if isinstance(given, dict) else given
        address = f"/{class_.code}/{path}" if path else ""
        answer = await class_.post(address, sent, class_.secret)
        assert answer.status == 400
        text = answer.body.decode()
        assert any(part in text for part in said.split("|")), text
        assert len(text) < 200

    in_class(work)


def test_a_number_lies_in_its_limits(in_class: Callable[[Work], None]) -> None:
    async def work(class_: Class) -> None:
        await class_.begin()
        await class_.lead(NUMBER)
        for value, status in [(-1, 200), (5.5, 200), (5.51, 400), (10**400, 400), ("a", 400)]:
            assert (await class_.answer(1, value, NUMBER)).status == status

    in_class(work)


def test_where_the_database_is_away_that_is_said_and_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.write_text("a file, in which there is no room for another")

    async def work(class_: Class) -> None:
        answer = await class_.begin()
        assert (answer.status, answer.headers["retry-after"]) == (503, "2")
        assert str(tmp_path) not in answer.body.decode()
        folder.unlink()
        assert (await class_.begin()).status == 201

    held(work, f"sqlite:///{folder}/classes.sqlite3")


def test_rooms_of_yesterday_are_gone_when_the_app_starts(setting: str) -> None:
    kept = database(setting)
    store = Store(kept, lambda: time.time() - LONGEST_LIFE)
    code, _ = store.make("start", "", "1.old")

    async def work(_class: Class) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    store.room(code)
                except GoneError:
                    return
                await asyncio.sleep(0.01)

    held(work, setting)
    kept.close()


def test_whoever_does_not_read_hears_the_newest_alone() -> None:
    async def work() -> list[bytes]:
        listener = Listener(leads=True)
        for n in range(100):
            listener.tell("room", event("room", n))
            listener.tell("count", event("count", n))
        listener.tell("ended", event("ended", {}))
        return [told async for told in listener.heard()]

    (told,) = in_a_loop(work())
    assert told == b"".join([event("room", 99), event("count", 99), event("ended", {})])


def test_only_the_app_s_own_methods_reach_a_room(in_class: Callable[[Work], None]) -> None:
    async def work(class_: Class) -> None:
        await class_.begin()
        for name in ("lead", "answer", "end"):
            assert (await class_.get(name)).status == 405
        for name in ("events", "csv"):
            path = f"/room/{class_.code}/{name}"
            assert (await one(class_._app, scope(path, method="POST"))).status == 405  # noqa: SLF001

    in_class(work)
