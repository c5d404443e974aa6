"""The plan of a ready lesson: for each step how long, what to ask, what comes, and what to say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lab.prepared.ready import MOMENTS, READY, TALKED, link_of
from lab.words import say

_SAID: Final = ("needs", "aim", "line")


@dataclass(frozen=True)
class Row:
    """One step of a plan.

    `begins` and `minutes` are whole minutes, `does` says what the class does, and the rest is what
    the teacher asks, hears and says.
    """

    begins: int
    minutes: int
    title: str
    does: str
    ask: str
    comes: str
    say: str


def rows(name: str) -> list[Row]:
    """Return the steps of the plan of a ready lesson.

    Examples
    --------
    >>> [(row.begins, row.minutes) for row in rows("20")][:3]
    [(0, 2), (2, 4), (6, 4)]
    """
    plan, begins = [], 0
    for key, minutes in READY[name].items():
        said = {part: say(f"ready.{key}_{part}") for part in ("title", "ask", "comes", "say")}
        does = "talk" if key in TALKED[name] else MOMENTS[key].kind
        plan.append(Row(begins, minutes, does=say(f"guide.does_{does}"), **said))
        begins += minutes
    return plan


def plans() -> list[Mapping[str, Any]]:
    """Return every ready lesson with its plan, as JSON has it."""
    return [
        {
            "name": name,
            "lesson": link_of(name),
            "page": MOMENTS[next(iter(READY[name]))].page,
            "title": say(f"ready.{name}_title"),
            "minutes": sum(READY[name].values()),
            **{part: say(f"ready.{name}_{part}") for part in _SAID},
            "rows": [vars(row) for row in rows(name)],
        }
        for name in READY
    ]
