"""A database in which classes are kept, behind one small interface.

Statements are written once, in the SQL that both SQLite and PostgreSQL know, with `:name` where a
value goes.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from server.rooms.drivers import Connection, Driver, PostgreSQL, SQLite
from server.rooms.schema import STEPS

Row = Sequence[Any]

_IDLE = 4  # connections that are kept; a process rarely uses more than two at the same time


class AwayError(Exception):
    """The database cannot be reached, or did not do what it was told.

    Its text is the kind of error alone: what drivers say holds values, and parts of the address.
    """


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
        self._keeps = _IDLE
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
        """Close what is idle, and what is in use when it no longer is."""
        self._keeps = 0
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
        if len(self._idle) < self._keeps:
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
