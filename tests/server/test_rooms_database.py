"""The databases: made once, brought up to date, forgetting, and away."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from threading import Barrier

import psycopg
import pytest

from server.rooms import database as databases
from server.rooms.database import AwayError, Database, database
from server.rooms.room import (
    Mark,
)
from server.rooms.schema import STEPS
from server.rooms.store import Store
from server.rooms.watch import LONGEST_LIFE, Watch
from tests.browser.serving import STARTUP
from tests.server.kept import CHOICE, Kept
from tests.server.postgres import Postgres


def test_an_older_database_becomes_today_s_and_keeps_its_rooms(
    kept: Kept, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.lead(CHOICE)
    step = ("ALTER TABLE rooms ADD COLUMN colour TEXT NOT NULL DEFAULT 'none'",)
    monkeypatch.setattr(databases, "STEPS", (*STEPS, step))
    newer = [database(setting) for _ in range(4)]

    def colour(of: Database) -> object:
        with of.reading() as transaction:
            return transaction.row("SELECT colour FROM rooms WHERE code = :code", code=kept.code)

    with ThreadPoolExecutor(4) as pool:  # as replicas that are started together
        assert [tuple(row) for row in pool.map(colour, newer)] == [("none",)] * 4  # type: ignore[call-overload]
    with newer[0].reading() as transaction:
        assert len(transaction.rows("SELECT done FROM schema_steps")) == len(STEPS) + 1
    kept.answer("anna", Mark(1.0))  # the version before works on meanwhile
    assert Store(newer[0]).room(kept.code).place.ask == CHOICE
    for each in newer:
        each.close()


def test_replicas_that_start_together_make_one_database(setting: str) -> None:
    together = [database(setting) for _ in range(8)]
    started = Barrier(len(together))

    def make(mine: Database) -> tuple[str, str]:
        started.wait()
        return Store(mine).make("start", "", "")

    with ThreadPoolExecutor(len(together)) as pool:
        made = dict(pool.map(make, together))
    for mine in together:
        assert {code for code in made if Store(mine).room(code)} == set(made)
        mine.close()


def test_a_transaction_that_fails_leaves_nothing_and_the_next_one_works(kept: Kept) -> None:
    with pytest.raises(AwayError) as failed, kept.database.writing() as transaction:  # noqa: PT012
        transaction.change("DELETE FROM rooms")
        transaction.change("SELECT nothing FROM nowhere WHERE 'hidden' = 'hidden'")
    assert "hidden" not in str(failed.value)
    assert kept.store.room(kept.code)
    with pytest.raises(KeyError), kept.database.writing() as transaction:  # noqa: PT012
        transaction.change("DELETE FROM rooms")
        raise KeyError
    assert kept.store.room(kept.code)


def test_of_a_room_that_has_ended_no_byte_is_left_in_the_file(tmp_path: Path) -> None:
    kept = Kept(f"sqlite:///{tmp_path}/classes.sqlite3")
    other = kept.code
    kept.code, kept.secret = kept.store.make("start", "at=1&names=Anna", "1.a-whole-lesson")
    kept.lead(CHOICE)
    kept.answer("anna", Mark(1.0))
    texts = [kept.code, other, "names=Anna", "1.a-whole-lesson", CHOICE.key]

    def left() -> list[str]:
        content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        return [text for text in texts if text.encode() in content]

    assert {"1.a-whole-lesson", CHOICE.key} <= set(left())
    kept.store.end(kept.code, kept.secret)
    assert left() == [other]
    kept.now += LONGEST_LIFE
    kept.watch.sweep()
    assert left() == []
    kept.database.close()


def test_a_file_that_another_is_making_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "classes.sqlite3"
    kept = database(f"sqlite:///{path}")
    with ThreadPoolExecutor(1) as pool, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        making = pool.submit(Store(kept).make, "start", "", "")
        assert wait([making], 0.1).not_done
        other.rollback()
        assert making.result()
    kept.close()


def test_what_is_in_use_when_all_is_closed_is_closed_too(server: Postgres) -> None:
    kept = Kept(f"{server.schema()}&application_name=closed")
    with kept.database.reading() as transaction:
        kept.database.close()
        assert transaction.rows("SELECT code FROM rooms")
    with psycopg.connect(server.url) as connection:
        found = "SELECT pid FROM pg_stat_activity WHERE application_name = 'closed'"
        deadline = time.monotonic() + STARTUP
        while connection.execute(found).fetchone():
            assert time.monotonic() < deadline
            time.sleep(0.01)
            connection.rollback()


def test_a_server_that_was_started_anew_is_noticed_by_nobody(server: Postgres) -> None:
    kept = Kept(server.schema())
    server.restart()
    assert kept.store.room(kept.code)
    kept.database.close()


def test_only_its_owner_reads_the_file_and_it_is_made_for_the_first_class(tmp_path: Path) -> None:
    path = tmp_path / "state" / "cross-entropy-lab" / "classes.sqlite3"
    found = database("", {"XDG_STATE_HOME": str(tmp_path / "state")})
    Watch(found).sweep()
    assert not path.exists()
    Store(found).make("start", "", "")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.parametrize("setting", ["sqlite:///relative", "mysql://me:password@host/", "/a/path"])
def test_a_setting_that_names_no_database_is_refused_and_not_repeated(setting: str) -> None:
    with pytest.raises(ValueError, match="CE_CLASS_DATABASE must be") as error:
        database(setting)
    assert "password" not in str(error.value)


def test_a_server_that_is_away_is_no_more_than_that() -> None:
    store = Store(database("postgresql://me:password@127.0.0.1:1/lab"))
    with pytest.raises(AwayError) as error:
        store.make("start", "", "")
    assert str(error.value) == "OperationalError"
