"""A process of its own that answers for students, as a replica does."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from server.rooms.database import AwayError, database
from server.rooms.room import ClosedError, Given, Mark, Room
from server.rooms.store import Store

T = TypeVar("T")

Acknowledged = dict[str, int]
"""Who has answered, and what was the last that was acknowledged."""


def answers(setting: str, code: str, name: str, log: Path) -> Acknowledged:
    """Answer for one student after the other until the question is closed; each changes its mind.

    What was acknowledged is written to `log` at once. Where the database is away a student tries
    again, as the page does.
    """
    kept = database(setting)
    store = Store(kept)
    room = _patiently(lambda: store.room(code))
    found: Acknowledged = {}
    try:
        with log.open("w", buffering=1) as written:
            for n in range(sys.maxsize):
                who = f"{name}-{n}"
                for value in (n % 3, (n + n // 3) % 3):
                    _patiently(lambda who=who, value=value: _answer(store, room, who, value))
                    found[who] = value
                    written.write(f"{who} {value}\n")
                time.sleep(0.002)  # a student takes a while, and a room has room for 2,000
    except ClosedError:
        return found
    finally:
        kept.close()
    raise AssertionError


def read(log: Path) -> Acknowledged:
    """Read what a process wrote that may have been killed."""
    lines = log.read_text().rpartition("\n")[0].splitlines() if log.exists() else []
    return {who: int(value) for who, value in map(str.split, lines)}


def _answer(store: Store, room: Room, who: str, value: int) -> None:
    ask = room.place.ask
    assert ask
    store.answer(room.code, Given(who, ask.key, room.place.round, value), Mark(float(value)))


def _patiently(act: Callable[[], T]) -> T:
    while True:
        try:
            return act()
        except AwayError:
            time.sleep(0.02)


if __name__ == "__main__":
    answers(*sys.argv[1:4], Path(sys.argv[4]))
