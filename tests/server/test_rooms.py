"""Rooms over HTTP: what a lecturer and students get, and what a stranger does not."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from server.rooms import limits, routes
from server.rooms.hub import Listener, event
from server.turns import Turns
from tests.server.asgi import one, scope
from tests.server.classes import CHOICE, ELSEWHERE, HOME, NUMBER, STATE, Class, held, who

Work = Callable[[Class], Awaitable[None]]


@pytest.fixture
def in_class(tmp_path: Path) -> Callable[[Work], None]:
    """Return what holds a class in a file."""
    return lambda work: held(work, f"sqlite:///{tmp_path}/classes.sqlite3")


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
        await class_.begin()
        await class_.lead(CHOICE)
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
    in_class: Callable[[Work], None],
) -> None:
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
        assert set(found) == {404, 429}
        assert found.count(404) <= 62  # and what comes in meanwhile
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


def test_whoever_does_not_read_hears_the_newest_alone() -> None:
    async def work() -> list[bytes]:
        listener = Listener(1, leads=True)
        for n in range(100):
            listener.tell("room", event("room", n))
            listener.tell("count", event("count", n))
        listener.tell("ended", event("ended", {}))
        return [told async for told in listener.heard()]

    (told,) = asyncio.run(work())
    assert told == b"".join([event("room", 99), event("count", 99), event("ended", {})])


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


def test_only_the_app_s_own_methods_reach_a_room(in_class: Callable[[Work], None]) -> None:
    async def work(class_: Class) -> None:
        await class_.begin()
        for name in ("lead", "answer", "end"):
            assert (await class_.get(name)).status == 405
        for name in ("events", "csv"):
            path = f"/room/{class_.code}/{name}"
            assert (await one(class_._app, scope(path, method="POST"))).status == 405  # noqa: SLF001

    in_class(work)
