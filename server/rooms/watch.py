"""What a process asks the database again and again: what has changed, and what has to go."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from server.rooms.database import Database, Transaction
from server.rooms.room import ROUNDS, Mark, Room
from server.rooms.store import room_in

LONGEST_LIFE = 24 * 60 * 60  # s of a room
GONE_AFTER = 12.0  # s without a word from a process, after which its students count no more


@dataclass(frozen=True)
class Scene:
    """A room, and what is to be seen of the answers to its question.

    Attributes
    ----------
    room : Room
    results : tuple
        One for each round: None until that was shown.
    """

    room: Room
    results: tuple[dict[str, object] | None, ...]

    @property
    def plain(self) -> dict[str, object]:
        """What a class is told."""
        place = self.room.place.plain
        return {"version": self.room.version, **place, "results": self.results}


class Watch:
    """The rooms in a database, as a process looks at them. Its methods wait: call them in threads.

    Parameters
    ----------
    database : Database
        What keeps them.
    clock : callable
        The time, in seconds since 1970.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    def scene(self, code: str) -> Scene:
        """Return a room, and what is to be seen of the answers.

        Raises
        ------
        GoneError
            If there is none.
        """
        with self._database.reading() as transaction:
            room = room_in(transaction, code)
            return Scene(room, _results(transaction, room))

    def versions(self, process: str, students: Mapping[str, int]) -> dict[str, int]:
        """Say which rooms a process listens to; return the versions of all that it listens to.

        Parameters
        ----------
        process : str
            What the process calls itself.
        students : mapping of str to int
            How many students it has in a room, where that is to be said anew.
        """
        database = self._database
        with database.writing() if students else database.reading() as transaction:
            for code, count in students.items():
                transaction.change(
                    """
                    INSERT INTO here SELECT code, :process, CAST(:count AS INTEGER),
                        CAST(:now AS DOUBLE PRECISION) FROM rooms WHERE code = :code
                    ON CONFLICT (room, process)
                    DO UPDATE SET students = excluded.students, seen = excluded.seen
                    """,
                    code=code,
                    process=process,
                    count=count,
                    now=self._clock(),
                )
            found = transaction.rows(
                """
                SELECT rooms.code, rooms.version FROM here JOIN rooms ON rooms.code = here.room
                WHERE here.process = :process
                """,
                process=process,
            )
        return {code: version for code, version in found}  # noqa: C416 - of rows

    def leave(self, process: str, code: str) -> None:
        """Say that a process no longer listens to a room."""
        with self._database.writing() as transaction:
            transaction.change(
                "DELETE FROM here WHERE room = :code AND process = :process",
                code=code,
                process=process,
            )

    def count(self, code: str) -> dict[str, int]:
        """Return how many students are in a room, and how many have answered what is asked."""
        with self._database.reading() as transaction:
            ((here,),) = transaction.rows(
                "SELECT sum(students) FROM here WHERE room = :code AND seen >= :then",
                code=code,
                then=self._clock() - GONE_AFTER,
            )
            ((answered,),) = transaction.rows(
                """
                SELECT count(*) FROM rooms JOIN answers ON answers.room = rooms.code
                    AND answers.ask_key = rooms.ask_key AND answers.round = rooms.round
                WHERE rooms.code = :code
                """,
                code=code,
            )
        return {"here": here or 0, "answered": answered}

    def sweep(self) -> int:
        """End the rooms that are a day old; return how many."""
        if not self._database.exists():
            return 0
        now = self._clock()
        with self._database.writing() as transaction:
            transaction.change("DELETE FROM here WHERE seen < :then", then=now - GONE_AFTER)
            ended = transaction.change(
                "DELETE FROM rooms WHERE made <= :then", then=now - LONGEST_LIFE
            )
        if ended:
            self._database.forget()
        return ended


def _results(transaction: Transaction, room: Room) -> tuple[dict[str, object] | None, ...]:
    ask = room.place.ask
    if ask is None:
        return (None,) * ROUNDS
    ((shown,),) = transaction.rows(
        "SELECT shown FROM questions WHERE room = :code AND ask_key = :key",
        code=room.code,
        key=ask.key,
    )
    return tuple(
        ask.result(_marks(transaction, room.code, ask.key, n + 1)) if shown >> n & 1 else None
        for n in range(ROUNDS)
    )


def _marks(transaction: Transaction, code: str, key: str, round_: int) -> list[Mark]:
    found = transaction.rows(
        """
        SELECT value, x, y FROM answers WHERE room = :code AND ask_key = :key AND round = :round
        ORDER BY value, x, y
        """,
        code=code,
        key=key,
        round=round_,
    )
    return [Mark(*mark) for mark in found]
