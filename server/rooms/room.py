"""What a room holds: where its class is, what it is asked, and what was answered.

What comes from a browser is checked here; whatever is wrong is a `ValueError`.
"""

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from server.rooms.reading import entries, number, one_of, text, unexpected, whole

LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which are read as 1 and 0
CODE: Final = re.compile(f"[{LETTERS}]{{5}}")  # 24**5: 8 million
ROUNDS: Final = 2  # before the discussion, and after it
LONGEST_LINK: Final = 2000  # characters
LONGEST_LESSON: Final = 6000
LONGEST_STATE: Final = 1000

Kind = Literal["choice", "number", "state"]
Phase = Literal["look", "open", "shown", "answered"]
"""Nothing is asked; answers are taken; they are seen; the picture answers."""

_KEY = re.compile(r"[a-z0-9.-]{1,60}")
_WHO = re.compile(r"[A-Za-z0-9_-]{22,43}")
_TEXT = re.compile(r"[!-~]*")  # a link or a packed lesson: ASCII without blanks
_MOST_OPTIONS = 6
_DIGITS = 4  # of a place on the map, which is drawn some hundred pixels wide


class GoneError(Exception):
    """There is no such room, or it has ended."""


class LockedError(Exception):
    """A secret is not the room's."""


class ClosedError(Exception):
    """A question is not open."""


class CrowdedError(Exception):
    """There are as many of these as there may be."""


@dataclass(frozen=True)
class Ask:
    """What a class is asked.

    Attributes
    ----------
    key : str
        By which the class's page knows the question.
    kind : {"choice", "number", "state"}
    count : int
        How many options a choice has; else 0.
    low, high : float
        Between which a number lies; else 0.
    """

    key: str
    kind: Kind
    count: int = 0
    low: float = 0.0
    high: float = 0.0

    @classmethod
    def read(cls, given: object) -> "Ask":
        """Read what a browser says.

        Examples
        --------
        >>> Ask.read({"key": "start.cliff", "kind": "choice", "count": 3}).count
        3
        >>> Ask.read({"key": "start.cliff", "kind": "choice", "count": 30})
        Traceback (most recent call last):
            ...
        ValueError: expected as count an int from 2 to 6, got 30
        """
        ask = entries("ask", given)
        key = text("key", ask.get("key"), _KEY, 60)
        kind: Kind = one_of("kind", ask.get("kind"), get_args(Kind))
        if kind == "choice":
            return cls(key, kind, count=whole("count", ask.get("count"), 2, _MOST_OPTIONS))
        if kind == "number":
            low, high = (number(name, ask.get(name)) for name in ("low", "high"))
            if not low < high:
                raise unexpected("high", f"more than {low}", high)
            return cls(key, kind, low=low, high=high)
        return cls(key, kind)

    @property
    def plain(self) -> dict[str, object]:
        """What `read` reads."""
        limits: dict[str, object] = {}
        if self.kind == "choice":
            limits = {"count": self.count}
        elif self.kind == "number":
            limits = {"low": self.low, "high": self.high}
        return {"key": self.key, "kind": self.kind, **limits}

    def value(self, given: object) -> float:
        """Read an answer to a choice or a number."""
        if self.kind == "choice":
            return float(whole("value", given, 0, self.count - 1))
        return number("value", given, self.low, self.high)

    def result(self, marks: "Sequence[Mark]") -> dict[str, object]:
        """Sum up what was answered.

        Examples
        --------
        >>> Ask("a", "choice", count=3).result([Mark(2.0), Mark(0.0), Mark(2.0)])
        {'counts': [1, 0, 2]}
        >>> Ask("a", "state").result([Mark(1.0, 11.23456, 8.0)])
        {'dots': [[11.23, 8.0, True]]}
        """
        if self.kind == "choice":
            found = Counter(int(mark.value) for mark in marks)
            return {"counts": [found[i] for i in range(self.count)]}
        if self.kind == "number":
            return {"values": [mark.value for mark in marks]}
        return {"dots": [[_rounded(m.x), _rounded(m.y), m.value == 1] for m in marks]}


@dataclass(frozen=True)
class Mark:
    """An answer as it is kept: numbers, and nothing that somebody has typed.

    Attributes
    ----------
    value : float
        The option that was chosen, the number, or 1 for a state that meets its goal and else 0.
    x, y : float
        Where a state lies on the map; else 0.
    """

    value: float
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True)
class Place:
    """Where a class is."""

    page: str
    link: str
    ask: Ask | None
    round: int
    phase: Phase

    @classmethod
    def read(cls, given: Mapping[str, Any], pages: Container[str]) -> "Place":
        """Read where a lecturer leads a class."""
        phase: Phase = one_of("phase", given.get("phase"), get_args(Phase))
        round_ = whole("round", given.get("round"), 1, ROUNDS)
        ask = None if given.get("ask") is None else Ask.read(given["ask"])
        if (ask is None) != (phase == "look"):
            wanted = "none" if phase == "look" else "a question"
            raise unexpected("ask", f"{wanted}, as the phase is {phase}", given.get("ask"))
        return cls(*page_and_link(given, pages), ask, round_, phase)

    @property
    def plain(self) -> dict[str, object]:
        """What `read` reads."""
        return vars(self) | {"ask": self.ask.plain if self.ask else None}


@dataclass(frozen=True)
class Room:
    """A room as it is now; its version is another one after each change of its place."""

    code: str
    lesson: str
    version: int
    place: Place


@dataclass(frozen=True)
class Given:
    """An answer as a browser gives it; its value is read once the question is known."""

    who: str
    key: str
    round: int
    value: object

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Given":
        """Read what a browser says."""
        who = text("who", given.get("who"), _WHO, 43)
        key = text("key", given.get("key"), _KEY, 60)
        return cls(who, key, whole("round", given.get("round"), 1, ROUNDS), given.get("value"))


def page_and_link(given: Mapping[str, Any], pages: Container[str]) -> tuple[str, str]:
    """Read a page and what its address holds."""
    page = given.get("page")
    if not isinstance(page, str) or page not in pages:
        raise unexpected("page", "a page of the lab", page)
    return page, text("link", given.get("link"), _TEXT, LONGEST_LINK)


def lesson_of(given: Mapping[str, Any]) -> str:
    """Read a packed lesson, or "" for none."""
    return text("lesson", given.get("lesson"), _TEXT, LONGEST_LESSON)


def state_of(value: object) -> str:
    """Read the link of a state."""
    return text("value", value, _TEXT, LONGEST_STATE)


def _rounded(number_: float) -> float:
    return float(f"{number_:.{_DIGITS}g}")
