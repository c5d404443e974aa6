"""The two databases in which classes are kept: a file, and a server."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.server.classes import Class, held
from tests.server.kept import Kept
from tests.server.postgres import Postgres, postgres


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """Start a PostgreSQL for a process of the run."""
    with postgres() as started:
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a setting that names an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/classes.sqlite3"
    server: Postgres = request.getfixturevalue("server")
    return server.schema()


@pytest.fixture
def in_class(tmp_path: Path) -> Callable[[Callable[[Class], Awaitable[None]]], None]:
    """Return what holds a class whose room is in a file."""
    return lambda work: held(work, f"sqlite:///{tmp_path}/classes.sqlite3")


@pytest.fixture
def kept(setting: str) -> Iterator[Kept]:
    """Return an empty database with a room in it."""
    found = Kept(setting)
    yield found
    found.database.close()
