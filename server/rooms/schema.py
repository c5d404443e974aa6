"""The tables, in the SQL that SQLite and PostgreSQL share, and how older ones become these."""

from typing import Final

# One step a version. A step that has been in a release stays as it is, and only adds: while a new
# version goes from replica to replica, those of the one before work on with its tables.
STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        """
        CREATE TABLE rooms (
            code TEXT PRIMARY KEY,
            secret TEXT NOT NULL,            -- its hash
            lesson TEXT NOT NULL,
            version INTEGER NOT NULL,
            page TEXT NOT NULL,
            link TEXT NOT NULL,
            ask TEXT NOT NULL,               -- as JSON
            ask_key TEXT NOT NULL,           -- of that; '' where nothing is asked
            round INTEGER NOT NULL,
            phase TEXT NOT NULL,
            made DOUBLE PRECISION NOT NULL   -- seconds since 1970
        )
        """,
        # What was asked in a room; a question stays as it was first asked.
        """
        CREATE TABLE questions (
            room TEXT NOT NULL REFERENCES rooms (code) ON DELETE CASCADE,
            ask_key TEXT NOT NULL,
            ask TEXT NOT NULL,
            shown INTEGER NOT NULL,          -- bit 1: the first round was shown; bit 2: the second
            PRIMARY KEY (room, ask_key)
        )
        """,
        """
        CREATE TABLE answers (
            room TEXT NOT NULL REFERENCES rooms (code) ON DELETE CASCADE,
            ask_key TEXT NOT NULL,
            round INTEGER NOT NULL,
            who TEXT NOT NULL,               -- a hash of what the tab calls itself
            value DOUBLE PRECISION NOT NULL,
            x DOUBLE PRECISION NOT NULL,
            y DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (room, ask_key, round, who)
        )
        """,
        # How many students each process has, and when it last said so.
        """
        CREATE TABLE here (
            room TEXT NOT NULL REFERENCES rooms (code) ON DELETE CASCADE,
            process TEXT NOT NULL,
            students INTEGER NOT NULL,
            seen DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (room, process)
        )
        """,
    ),
)
