"""What a class leaves, as a table."""

import csv
import io
from collections.abc import Iterable

from server.rooms.room import Ask, Mark


def table(answers: Iterable[tuple[Ask, int, str, Mark]]) -> str:
    r"""Write answers as CSV, and a number in place of what a tab calls itself.

    Parameters
    ----------
    answers : iterable of tuple
        What `Store.answers` returns.

    Examples
    --------
    >>> ask = Ask("start.cliff", "choice", count=3)
    >>> print(table([(ask, 1, "5f2a", Mark(2.0)), (ask, 1, "91cc", Mark(0.0))]))
    question,kind,round,student,value,x,y
    start.cliff,choice,1,1,2,,
    start.cliff,choice,1,2,0,,
    <BLANKLINE>
    """
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["question", "kind", "round", "student", "value", "x", "y"])
    numbers: dict[str, int] = {}
    for ask, round_, who, mark in answers:
        student = numbers.setdefault(who, len(numbers) + 1)
        place = [_told(mark.x), _told(mark.y)] if ask.kind == "state" else ["", ""]
        lines.writerow([ask.key, ask.kind, round_, student, _told(mark.value), *place])
    return text.getvalue()


def _told(number: float) -> str:
    return repr(number).removesuffix(".0")
