"""What a database keeps of a class, in SQLite and in PostgreSQL alike."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from server.rooms import store as stores
from server.rooms.room import (
    CODE,
    Ask,
    ClosedError,
    CrowdedError,
    Given,
    GoneError,
    LockedError,
    Mark,
    Place,
)
from server.rooms.watch import LONGEST_LIFE
from tests.server.kept import CHOICE, NUMBER, STATE, Kept


def test_a_room_is_where_it_was_led(kept: Kept) -> None:
    assert CODE.fullmatch(kept.code)
    assert len(kept.secret) == 43
    before = kept.store.room(kept.code)
    assert (before.lesson, before.version, before.place.phase) == ("1.lesson", 1, "look")
    place = Place("sigmoid", "at=2&logits=1,2", NUMBER, 2, "open")
    kept.store.lead(kept.code, kept.secret, place)
    after = kept.store.room(kept.code)
    assert (after.lesson, after.version, after.place) == ("1.lesson", 2, place)


def test_an_answer_counts_once_and_can_be_changed_until_it_is_closed(kept: Kept) -> None:
    kept.lead(CHOICE)
    kept.answer("anna", Mark(1.0))
    kept.answer("bert", Mark(1.0))
    kept.answer("anna", Mark(2.0))
    assert kept.watch.count(kept.code) == {"here": 0, "answered": 2}
    assert kept.results() == (None, None)  # until it is shown
    kept.lead(CHOICE, "shown")
    assert kept.results() == ({"counts": [0, 1, 1]}, None)
    with pytest.raises(ClosedError):
        kept.answer("anna", Mark(0.0))
    assert kept.results() == ({"counts": [0, 1, 1]}, None)


def test_both_rounds_are_seen_side_by_side_once_each_was_shown(kept: Kept) -> None:
    kept.lead(CHOICE)
    kept.answer("anna", Mark(0.0))
    kept.lead(CHOICE, "shown")
    kept.lead(CHOICE, "open", 2)
    kept.answer("anna", Mark(1.0), round_=2)
    assert kept.results() == ({"counts": [1, 0, 0]}, None)
    assert kept.watch.count(kept.code)["answered"] == 1
    kept.lead(CHOICE, "answered", 2)
    assert kept.results() == ({"counts": [1, 0, 0]}, {"counts": [0, 1, 0]})
    kept.lead(CHOICE, "open", 2)  # again
    assert kept.results() == ({"counts": [1, 0, 0]}, None)


def test_a_round_that_was_not_shown_is_not_seen_beside_the_next(kept: Kept) -> None:
    kept.lead(CHOICE)
    kept.answer("anna", Mark(0.0))
    kept.lead(CHOICE, "shown", 2)
    assert kept.results() == (None, {"counts": [0, 0, 0]})


def test_numbers_and_states_are_seen_in_no_order_that_tells_who_came_first(kept: Kept) -> None:
    kept.lead(NUMBER)
    for who, value in [("a", 3.25), ("b", 0.1), ("c", 3.0)]:
        kept.answer(who, Mark(value), NUMBER)
    kept.lead(NUMBER, "shown")
    assert kept.results()[0] == {"values": [0.1, 3.0, 3.25]}
    kept.lead(STATE)
    kept.answer("a", Mark(1.0, 11.25, -3.0), STATE)
    kept.answer("b", Mark(0.0, 2.0, 1e300), STATE)
    kept.lead(STATE, "shown")
    assert kept.results()[0] == {"dots": [[2.0, 1e300, False], [11.25, -3.0, True]]}


def test_whoever_lacks_the_secret_changes_nothing(kept: Kept) -> None:
    kept.lead(CHOICE)
    _, other = kept.store.make("start", "", "")
    version = kept.store.room(kept.code).version
    for secret in ("", "x", other, kept.secret[:-1], kept.secret.lower()):
        place = Place("start", "", None, 1, "look")
        with pytest.raises(LockedError):
            kept.store.lead(kept.code, secret, place)
        with pytest.raises(LockedError):
            kept.store.end(kept.code, secret)
        with pytest.raises(LockedError):
            kept.store.answers(kept.code, secret)
    assert kept.store.room(kept.code).version == version


def test_a_question_stays_as_it_was_first_asked(kept: Kept) -> None:
    kept.lead(CHOICE)
    with pytest.raises(ValueError, match="as it was first asked"):
        kept.lead(Ask(CHOICE.key, "choice", count=4))
    assert kept.store.room(kept.code).place.ask == CHOICE


def test_questions_answers_and_rooms_are_bounded(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MOST_QUESTIONS", "MOST_ANSWERS", "MOST_ROOMS"):
        monkeypatch.setattr(stores, name, 2)
    kept.lead(CHOICE)
    for who in ("anna", "bert"):
        kept.answer(who, Mark(0.0))
    with pytest.raises(CrowdedError):
        kept.answer("carl", Mark(0.0))
    kept.answer("anna", Mark(1.0))  # whoever has answered may still change it
    kept.lead(NUMBER)
    with pytest.raises(ValueError, match="at most 2 questions"):
        kept.lead(STATE)
    kept.store.make("start", "", "")
    with pytest.raises(CrowdedError):
        kept.store.make("start", "", "")


def test_all_answers_of_a_room_and_of_no_other_are_there_for_its_lecturer(kept: Kept) -> None:
    kept.lead(CHOICE)
    kept.answer("anna", Mark(1.0))
    kept.lead(CHOICE, "open", 2)
    kept.answer("anna", Mark(2.0), round_=2)
    other, secret = kept.store.make("start", "", "")
    kept.store.lead(other, secret, Place("start", "", CHOICE, 1, "open"))
    kept.store.answer(other, Given("anna", CHOICE.key, 1, None), Mark(0.0))
    found = kept.store.answers(kept.code, kept.secret)
    assert [(ask, n, mark.value) for ask, n, _, mark in found] == [(CHOICE, 1, 1), (CHOICE, 2, 2)]
    (_, _, elsewhere, _), *_ = kept.store.answers(other, secret)
    assert elsewhere not in {who for _, _, who, _ in found}  # nobody is the same in two rooms
    assert "anna" not in str(found)


@pytest.mark.parametrize("ended", ["by its lecturer", "after a day"])
def test_nothing_is_left_of_a_room_that_has_ended(kept: Kept, ended: str) -> None:
    kept.lead(CHOICE)
    kept.answer("anna", Mark(1.0))
    kept.watch.versions("a process", {kept.code: 1})
    if ended == "after a day":
        kept.now += LONGEST_LIFE - 1
        assert kept.watch.sweep() == 0
        kept.now += 1
        assert kept.watch.sweep() == 1
    else:
        kept.store.end(kept.code, kept.secret)
    for act in (kept.store.room, kept.watch.scene):
        with pytest.raises(GoneError):
            act(kept.code)
    with pytest.raises(GoneError):
        kept.store.check(kept.code, kept.secret)
    assert kept.watch.versions("a process", {kept.code: 1}) == {}
    with kept.database.reading() as transaction:
        for name in ("rooms", "questions", "answers", "here"):
            assert transaction.rows(f"SELECT * FROM {name}") == [], name  # noqa: S608


def test_an_answer_to_a_room_that_has_ended_meanwhile_is_refused(kept: Kept) -> None:
    kept.lead(CHOICE)
    kept.store.end(kept.code, kept.secret)
    with pytest.raises(ClosedError):
        kept.answer("anna", Mark(0.0))


def test_an_answer_waits_for_whoever_is_closing_the_question(kept: Kept) -> None:
    kept.lead(CHOICE)
    with ThreadPoolExecutor(1) as pool:
        with kept.database.writing() as closing:
            closing.change("UPDATE rooms SET phase = 'shown' WHERE code = :code", code=kept.code)
            answering = pool.submit(kept.answer, "anna", Mark(0.0))
            assert wait([answering], 0.1).not_done
        assert isinstance(answering.exception(), ClosedError)


def test_students_of_all_processes_are_counted_and_those_of_a_dead_one_no_more(kept: Kept) -> None:
    assert kept.watch.versions("one", {kept.code: 2}) == {kept.code: 1}
    kept.watch.versions("two", {kept.code: 3})
    assert kept.watch.versions("three", {}) == {}
    assert kept.watch.count(kept.code)["here"] == 5
    kept.now += 10
    kept.watch.versions("two", {kept.code: 4})
    kept.now += 10
    assert kept.watch.count(kept.code)["here"] == 4
    kept.watch.leave("two", kept.code)
    assert kept.watch.count(kept.code)["here"] == 0
