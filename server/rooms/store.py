"""What is done with rooms, as transactions of the database. Its methods wait: call them in threads.

Of a secret and of what a tab calls itself only hashes are kept. Answering locks the row of the
room, as closing does: an answer stands before the close, or is refused.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable

from server.rooms.database import Database, Transaction
from server.rooms.room import (
    LETTERS,
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
_TRIES = 20  # codes; with 2,000 rooms one of 4,000 is taken
_SHOWN = ("shown", "answered")


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
            return room_in(transaction, code)

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

    def answer(self, code: str, given: Given, mark: Mark) -> None:
        """Keep an answer in place of an earlier one.

        Parameters
        ----------
        code : str
            The room's.
        given : Given
            Who answers what.
        mark : Mark
            What is kept of it.

        Raises
        ------
        ClosedError
            If that is not asked there, or no longer. The lecturer's sliders may have moved.
        CrowdedError
            If as many have answered as may.
        """
        with self._database.writing() as transaction:
            # It changes nothing and locks the row: whoever closes the question waits for this
            # answer, or this one for him, and then it finds another phase.
            open_ = transaction.change(
                """
                UPDATE rooms SET phase = 'open' WHERE code = :code
                    AND ask_key = :key AND round = :round AND phase = 'open'
                """,
                code=code,
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
                code=code,
                key=given.key,
                round=given.round,
                who=_hashed(code + given.who),
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


def room_in(transaction: Transaction, code: str) -> Room:
    """Return a room as it is in a transaction.

    Raises
    ------
    GoneError
        If there is none.
    """
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


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
