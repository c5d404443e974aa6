"""The two databases that a class can be kept in, behind one small interface.

Statements are written once, in the SQL that both know, with `:name` where a value goes.
"""

import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

from server.rooms.schema import STEPS

Row = Sequence[Any]
Values = Mapping[str, object]

_PATIENCE = 5.0  # s for a lock, or for a database that does not answer
_MIGRATION = 0x6C6162  # the lock under which one process at a time changes PostgreSQL's tables
_IDLE = 4  # connections that are kept; a process rarely uses more than two at the same time


class AwayError(Exception):
    """The database cannot be reached, or did not do what it was told.

    Its text is the kind of error alone: what drivers say holds values, and parts of the address.
    """


class Connection(Protocol):
    """What the connections of both drivers have."""

    def execute(self, query: str, params: Values = ..., /) -> Any:
        """Run a statement, and return its cursor."""

    def close(self) -> None:
        """Close it."""


class Driver(Protocol):
    """What differs between the two."""

    @property
    def errors(self) -> type[Exception]:
        """What its connections raise."""

    @property
    def begin(self) -> str:
        """How a transaction begins that writes."""

    @property
    def begin_alone(self) -> Sequence[str]:
        """How one begins beside which nobody changes the tables."""

    def exists(self) -> bool:
        """Say whether there can be anything in it, without making it."""

    def connect(self) -> Connection:
        """Open a connection that commits each statement which stands in no transaction."""

    def is_alive(self, connection: Connection) -> bool:
        """Say whether a connection that was idle can still be used."""

    def written(self, sql: str) -> str:
        """Return a statement with the driver's own marks for values."""

    def forget(self, connection: Connection) -> None:
        """Let what was deleted leave the files as well, as far as the database can."""


class SQLite:
    """One file, which processes of one machine share."""

    errors: Final = sqlite3.Error
    begin: Final = "BEGIN IMMEDIATE"  # one that reads first and writes later could be refused then
    begin_alone: Final = (begin,)

    def __init__(self, path: Path) -> None:
        self._path = path

    def exists(self) -> bool:
        """Say whether the file is there."""
        return self._path.exists()

    def connect(self) -> sqlite3.Connection:
        """Open the file, which nobody else on the machine may read."""
        if not self._path.exists():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(
            self._path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
        # NORMAL: what was committed outlives any process; a power cut may take the last seconds.
        for pragma in (
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "secure_delete = ON",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def is_alive(self, _connection: Connection) -> bool:
        """Say yes: a file does not go away."""
        return True

    def written(self, sql: str) -> str:
        """Return the statement as it is."""
        return sql

    def forget(self, connection: Connection) -> None:
        """Empty the log of changes, in which deleted rows still stand.

        Where somebody is reading it stays as it is until the next time.
        """
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class PostgreSQL:
    """A server, which replicas on several machines share."""

    begin: Final = "BEGIN"
    begin_alone: Final = ("BEGIN", f"SELECT pg_advisory_xact_lock({_MIGRATION})")

    def __init__(self, address: str) -> None:
        import psycopg  # noqa: PLC0415 - only who uses it needs it

        self._address = address
        self._psycopg = psycopg
        self.errors: type[Exception] = psycopg.Error

    def exists(self) -> bool:
        """Say yes."""
        return True

    def connect(self) -> Connection:
        """Open a connection that gives up when the server does not answer."""
        connection: Connection = self._psycopg.connect(
            self._address,
            autocommit=True,
            connect_timeout=round(_PATIENCE),
            tcp_user_timeout=round(1000 * _PATIENCE),
            prepare_threshold=None,  # a pooler may lead each transaction elsewhere
        )
        connection.execute(f"SET statement_timeout = {round(1000 * _PATIENCE)}")
        return connection

    def is_alive(self, connection: Connection) -> bool:
        """Ask: the server may have been started anew."""
        try:
            connection.execute("SELECT 1")
        except self.errors:
            return False
        return True

    def written(self, sql: str) -> str:
        """Return the statement with psycopg's marks."""
        return _marked(sql)

    def forget(self, _connection: Connection) -> None:
        """Do nothing: autovacuum clears what was deleted."""


@cache
def _marked(sql: str) -> str:
    return re.sub(r":([a-z_]+)", r"%(\1)s", sql)


class Transaction:
    """Statements of which all are done or none."""

    def __init__(self, connection: Connection, written: Callable[[str], str]) -> None:
        self._connection, self._written = connection, written

    def rows(self, sql: str, **values: object) -> list[Row]:
        """Return what a statement finds."""
        found: list[Row] = self._connection.execute(self._written(sql), values).fetchall()
        return found

    def row(self, sql: str, **values: object) -> Row | None:
        """Return the first that a statement finds."""
        return next(iter(self.rows(sql, **values)), None)

    def change(self, sql: str, **values: object) -> int:
        """Run a statement, and return how many rows it has changed."""
        count: int = self._connection.execute(self._written(sql), values).rowcount
        return count


class Database:
    """A database whose tables are made, or brought up to date, when it is first used.

    Its methods wait, and are called in threads.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._idle: list[Connection] = []
        self._migrating = threading.Lock()
        self._migrated = False

    def exists(self) -> bool:
        """Say whether there can be anything in it."""
        return self._driver.exists()

    def writing(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction that changes something; an error undoes it.

        Raises
        ------
        AwayError
            If the database fails.
        """
        return self._transaction(self._driver.begin)

    def reading(self) -> AbstractContextManager[Transaction]:
        """Begin one that changes nothing, which in SQLite waits for nobody; raise as `writing`."""
        return self._transaction("BEGIN")

    def forget(self) -> None:
        """Let what was deleted leave the files as well, as far as the database can."""
        with self._connected() as connection:
            self._driver.forget(connection)

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            with suppress(self._driver.errors):
                self._idle.pop().close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Transaction]:
        with self._connected() as connection:
            with self._migrating:
                if not self._migrated:
                    self._migrate(connection)
                    self._migrated = True
            with self._all_or_none(connection, begin) as transaction:
                yield transaction

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            connection = self._taken()
            try:
                yield connection
            except self._driver.errors:
                with suppress(self._driver.errors):
                    connection.close()
                raise
            except BaseException:
                self._give_back(connection)
                raise
            self._give_back(connection)
        except (OSError, self._driver.errors) as error:
            raise AwayError(type(error).__name__) from None

    def _taken(self) -> Connection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._driver.connect()
            if self._driver.is_alive(connection):
                return connection
            connection.close()

    def _give_back(self, connection: Connection) -> None:
        if len(self._idle) < _IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    @contextmanager
    def _all_or_none(self, connection: Connection, *begin: str) -> Iterator[Transaction]:
        for statement in begin:
            connection.execute(statement)
        try:
            yield Transaction(connection, self._driver.written)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _migrate(self, connection: Connection) -> None:
        with self._all_or_none(connection, *self._driver.begin_alone) as transaction:
            transaction.change("CREATE TABLE IF NOT EXISTS schema_steps (done INTEGER NOT NULL)")
            done = len(transaction.rows("SELECT done FROM schema_steps"))
            for number, step in enumerate(STEPS[done:], done + 1):
                for statement in step:
                    transaction.change(statement)
                transaction.change("INSERT INTO schema_steps VALUES (:number)", number=number)


def database(setting: str, environment: Mapping[str, str] = os.environ) -> Database:
    """Return the database that a setting names.

    Parameters
    ----------
    setting : str
        "sqlite:////path/of/a/file", "postgresql://…" as libpq reads it, or "" for a file in the
        state folder of whoever runs the app.
    environment : mapping of str to str
        What says where that folder is.

    Raises
    ------
    ValueError
        If it is anything else, or if the driver is not installed. The setting is not repeated: it
        may hold a password.
    """
    if setting.startswith(("postgresql://", "postgres://")):
        if not find_spec("psycopg"):
            raise ValueError(
                "CE_CLASS_DATABASE names PostgreSQL, for which the packages of"
                " requirements-postgresql.lock have to be installed"
            )
        return Database(PostgreSQL(setting))
    if setting.startswith("sqlite:////"):
        return Database(SQLite(Path(setting.removeprefix("sqlite:///"))))
    if setting:
        raise ValueError(
            "CE_CLASS_DATABASE must be sqlite:////path/of/a/file or postgresql://host/database,"
            " or empty for a file in the user's state folder"
        )
    state = environment.get("XDG_STATE_HOME") or "~/.local/state"
    return Database(SQLite(Path(state).expanduser() / "cross-entropy-lab" / "classes.sqlite3"))
