"""What is done with rooms, as transactions of the database. Its methods wait: call them in threads.

Of a secret and of what a tab calls itself only hashes are kept. Answering locks the row of the
room, as closing does: an answer stands before the close, or is refused.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from server.rooms.database import Database, Row, Transaction
from server.rooms.room import (
    LETTERS,
    ROUNDS,
    Ask,
    ClosedError,
    CrowdedError,
    Given,
    GoneError,
    LockedError,
    Mark,
    Place,
    Room,
)

MOST_ROOMS = 2000
MOST_QUESTIONS = 60  # of a room
MOST_ANSWERS = 2000  # of a round: a class of 1,000, of whom each opens a second tab
LONGEST_LIFE = 24 * 60 * 60  # s
GONE_AFTER = 12.0  # s without a word from a process, after which its students count no more
_TRIES = 20  # codes; with 2,000 rooms one of 4,000 is taken
_SHOWN = ("shown", "answered")


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


class Store:
    """The rooms in a database."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    def make(self, page: str, link: str, lesson: str) -> tuple[str, str]:
        """Make a room; return its code and its secret.

        Raises
        ------
        CrowdedError
            If there are as many as there may be.
        """
        secret = secrets.token_urlsafe(32)
        with self._database.writing() as transaction:
            (count,) = transaction.rows("SELECT count(*) FROM rooms")[0]
            for _ in range(_TRIES if count < MOST_ROOMS else 0):
                code = "".join(secrets.choice(LETTERS) for _ in range(5))
                if transaction.change(
                    """
                    INSERT INTO rooms VALUES (:code, :secret, :lesson, 1, :page, :link,
                        'null', '', 1, 'look', :made)
                    ON CONFLICT (code) DO NOTHING
                    """,
                    code=code,
                    secret=_hashed(secret),
                    lesson=lesson,
                    page=page,
                    link=link,
                    made=self._clock(),
                ):
                    return code, secret
        raise CrowdedError

    def room(self, code: str) -> Room:
        """Return a room as it is now.

        Raises
        ------
        GoneError
            If there is none.
        """
        with self._database.reading() as transaction:
            return _room(transaction, code)

    def scene(self, code: str) -> Scene:
        """Return a room, and what is to be seen of the answers; raise as `room` does."""
        with self._database.reading() as transaction:
            room = _room(transaction, code)
            return Scene(room, _results(transaction, room))

    def check(self, code: str, secret: str) -> None:
        """Check that a secret is that of a room.

        Raises
        ------
        GoneError
            If there is no such room.
        LockedError
            If it is another one.
        """
        with self._database.reading() as transaction:
            _check(transaction, code, secret)

    def lead(self, code: str, secret: str, place: Place) -> None:
        """Lead a class to a place; raise as `check` does.

        Raises
        ------
        ValueError
            If the question was another one when it was first asked, or if too many were asked.
        """
        ask = json.dumps(place.ask.plain if place.ask else None)
        key = place.ask.key if place.ask else ""
        with self._database.writing() as transaction:
            _check(transaction, code, secret)
            changed = transaction.change(
                """
                UPDATE rooms SET page = :page, link = :link, ask = :ask, ask_key = :key,
                    round = :round, phase = :phase, version = version + 1
                WHERE code = :code
                """,
                code=code,
                page=place.page,
                link=place.link,
                ask=ask,
                key=key,
                round=place.round,
                phase=place.phase,
            )
            if not changed:  # it has ended meanwhile
                raise GoneError
            if place.ask:
                _ask(transaction, code, key, ask)
                _show(transaction, code, key, place)

    def answer(self, room: Room, given: Given, mark: Mark) -> None:
        """Keep an answer in place of an earlier one.

        Parameters
        ----------
        room : Room
            As it was when the answer was read and judged.
        given : Given
            Who answers what.
        mark : Mark
            What is kept of it.

        Raises
        ------
        ClosedError
            If the class is no longer there.
        CrowdedError
            If as many have answered as may.
        """
        with self._database.writing() as transaction:
            # It changes nothing and locks the row: whoever closes the question waits for this
            # answer, or this one for him, and then it finds another phase.
            open_ = transaction.change(
                """
                UPDATE rooms SET phase = 'open' WHERE code = :code AND page = :page
                    AND link = :link AND ask_key = :key AND round = :round AND phase = 'open'
                """,
                code=room.code,
                page=room.place.page,
                link=room.place.link,
                key=given.key,
                round=given.round,
            )
            if not open_:
                raise ClosedError
            kept = transaction.change(
                """
                INSERT INTO answers
                SELECT :code, :key, CAST(:round AS INTEGER), :who, CAST(:value AS DOUBLE PRECISION),
                    CAST(:x AS DOUBLE PRECISION), CAST(:y AS DOUBLE PRECISION)
                WHERE :most > (
                    SELECT count(*) FROM answers WHERE room = :code AND ask_key = :key
                        AND round = :round AND who <> :who)
                ON CONFLICT (room, ask_key, round, who)
                DO UPDATE SET value = excluded.value, x = excluded.x, y = excluded.y
                """,
                code=room.code,
                key=given.key,
                round=given.round,
                who=_hashed(room.code + given.who),
                most=MOST_ANSWERS,
                **vars(mark),
            )
        if not kept:
            raise CrowdedError

    def end(self, code: str, secret: str) -> None:
        """End a room, of which nothing is kept; raise as `check` does."""
        with self._database.writing() as transaction:
            _check(transaction, code, secret)
            transaction.change("DELETE FROM rooms WHERE code = :code", code=code)
        self._database.forget()

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

    def answers(self, code: str, secret: str) -> list[tuple[Ask, int, str, Mark]]:
        """Return all answers of a room; raise as `check` does.

        Returns
        -------
        list of tuple
            The question, the round, the hash of who answered, and the answer; questions by their
            keys, and answers in no order that says when they came.
        """
        with self._database.reading() as transaction:
            _check(transaction, code, secret)
            found = transaction.rows(
                """
                SELECT ask, round, who, value, x, y
                FROM answers JOIN questions ON questions.room = answers.room
                    AND questions.ask_key = answers.ask_key
                WHERE answers.room = :code
                ORDER BY answers.ask_key, answers.round, answers.who
                """,
                code=code,
            )
        return [
            (Ask.read(json.loads(ask)), round_, who, Mark(*mark))
            for ask, round_, who, *mark in found
        ]

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


def _room(transaction: Transaction, code: str) -> Room:
    found = transaction.row(
        "SELECT lesson, version, page, link, ask, round, phase FROM rooms WHERE code = :code",
        code=code,
    )
    if found is None:
        raise GoneError
    lesson, version, page, link, ask, round_, phase = found
    asked = json.loads(ask)
    place = Place(page, link, Ask.read(asked) if asked else None, round_, phase)
    return Room(code, lesson, version, place)


def _check(transaction: Transaction, code: str, secret: str) -> None:
    found = transaction.row("SELECT secret FROM rooms WHERE code = :code", code=code)
    if found is None:
        raise GoneError
    if not hmac.compare_digest(found[0], _hashed(secret)):
        raise LockedError


def _ask(transaction: Transaction, code: str, key: str, ask: str) -> None:
    transaction.change(
        """
        INSERT INTO questions VALUES (:code, :key, :ask, 0)
        ON CONFLICT (room, ask_key) DO NOTHING
        """,
        code=code,
        key=key,
        ask=ask,
    )
    ((first, count),) = transaction.rows(
        """
        SELECT ask, (SELECT count(*) FROM questions WHERE room = :code) FROM questions
        WHERE room = :code AND ask_key = :key
        """,
        code=code,
        key=key,
    )
    if first != ask:
        raise ValueError(f"expected the question {key} as it was first asked")
    if count > MOST_QUESTIONS:
        raise ValueError(f"expected at most {MOST_QUESTIONS} questions in a room")


def _show(transaction: Transaction, code: str, key: str, place: Place) -> None:
    """Note which rounds were shown; one that is opened again no longer is."""
    bit = 1 << (place.round - 1)
    transaction.change(
        """
        UPDATE questions SET shown = (shown | :bit) - :hidden WHERE room = :code AND ask_key = :key
        """,
        code=code,
        key=key,
        bit=bit,
        hidden=0 if place.phase in _SHOWN else bit,
    )


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
    found: list[Row] = transaction.rows(
        """
        SELECT value, x, y FROM answers WHERE room = :code AND ask_key = :key AND round = :round
        ORDER BY value, x, y
        """,
        code=code,
        key=key,
        round=round_,
    )
    return [Mark(*mark) for mark in found]


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
