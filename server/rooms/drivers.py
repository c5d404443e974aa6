"""What differs between SQLite and PostgreSQL: how one connects, begins, and forgets."""

import os
import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

Values = Mapping[str, object]

_PATIENCE = 5.0  # s for a lock, or for a database that does not answer
_PAUSE = 0.01  # s before SQLite is asked again
_LARGEST = 1 << 30  # bytes of the file, whose pages have 4,096
_MIGRATION = 0x6C6162  # the lock under which one process at a time changes PostgreSQL's tables


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
        _write_ahead(connection)
        # NORMAL: what was committed outlives any process; a power cut may take the last seconds.
        for pragma in (
            "synchronous = NORMAL",
            f"max_page_count = {_LARGEST // 4096}",
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


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and a writer not wait for each other.

    The file keeps this. While replicas that start together make it, SQLite refuses instead of
    waiting.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                connection.close()
                raise
            time.sleep(_PAUSE)
        else:
            return


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
