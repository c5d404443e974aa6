"""What the students and the lecturer of a class have seen and sent, and whether the rooms agree.

Nothing here asks the server: a student's answer counts as given when it was acknowledged.
"""

import csv
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

PLACE = ("page", "link", "ask", "round", "phase")

Kept = tuple[float, ...]
"""An answer as a room keeps it: its value, and of a state where it lies."""

Answers = dict[str, list[Kept]]
"""What a room keeps of a vote, by the numbers that it gives to students: one answer of each."""

Keeps = Callable[[Mapping[str, Any], object], Kept]
"""Says for a place and an answer that was sent there what a room has to keep."""


@dataclass
class Ballot:
    """A student's answer in one round of a question."""

    known: object = None  # the last that was acknowledged
    sent: list[object] = field(default_factory=list)  # since then

    @property
    def allowed(self) -> list[object]:
        """The answers one of which has to be kept."""
        return ([] if self.known is None else [self.known]) + self.sent


@dataclass
class Vote:
    """One round of a question."""

    place: Mapping[str, Any]
    ballots: defaultdict[int, Ballot] = field(default_factory=lambda: defaultdict(Ballot))
    known: list[float] = field(default_factory=list)  # when students' first answers were
    counted: int = 0  # answers of which the lecturer has heard


class Ledger:
    """The books of a class.

    Attributes
    ----------
    told, counted, followed, released : list of float
        Seconds from the lecturer's word to a student, from an acknowledgement to the lecturer's
        count, from a student's hearing of another step to its picture, and from a release to its.
    late : list of str
        Who has waited for a picture in vain.
    faults : list of str
        Which answers were lost, and who was stuck.
    """

    def __init__(self, students: int) -> None:
        self.students = students
        self.led: list[tuple[Mapping[str, Any], float]] = []
        self.votes: dict[tuple[str, int], Vote] = {}
        self.told: list[float] = []
        self.counted: list[float] = []
        self.followed: list[float] = []
        self.released: list[float] = []
        self.late: list[str] = []
        self.faults: list[str] = []
        self._heard: dict[int, int] = {}  # how many of `led` a student has heard of

    def lead(self, place: Mapping[str, Any]) -> None:
        """Note what the lecturer is about to say."""
        self.led.append((place, time.perf_counter()))
        if place["phase"] == "open":
            self.votes[place["ask"]["key"], place["round"]] = Vote(place)

    def hear(self, student: int, told: Mapping[str, Any]) -> None:
        """Note what a student was told; who was away hears of several changes at once."""
        now = time.perf_counter()
        place = {key: told[key] for key in PLACE}
        newest = max(i for i, (led, _) in enumerate(self.led) if led == place)
        for i in range(self._heard.get(student, newest + 1), newest + 1):
            self.told.append(now - self.led[i][1])
        self._heard[student] = newest + 1
        if place["phase"] == "shown":
            shown = sum(map(_size, told["results"][place["round"] - 1].values()))
            if shown != self.students:
                self.faults.append(f"{_name(place)}: {shown} answers are shown to {student}")

    def missed(self) -> list[int]:
        """Return who has not heard of everything."""
        return [i for i in range(self.students) if self._heard.get(i) != len(self.led)]

    def send(self, student: int, place: Mapping[str, Any], value: object) -> None:
        """Note what a student is about to answer."""
        self._vote(place).ballots[student].sent.append(value)

    def know(self, student: int, place: Mapping[str, Any], value: object) -> None:
        """Note what was acknowledged."""
        vote = self._vote(place)
        ballot = vote.ballots[student]
        if ballot.known is None:
            vote.known.append(time.perf_counter())
        ballot.known, ballot.sent = value, []

    def refuse(self, student: int, place: Mapping[str, Any]) -> None:
        """Note that what was sent last was not taken."""
        self._vote(place).ballots[student].sent.pop()

    def count(self, place: Mapping[str, Any], answered: int) -> None:
        """Note of how many answers the lecturer has heard; some come before the student knows."""
        vote, now = self._vote(place), time.perf_counter()
        self.counted += [now - known for known in vote.known[vote.counted : answered]]
        vote.counted = max(vote.counted, answered)

    def agree(self, table: str, keeps: Keeps) -> int:
        """Compare all answers with those of a room, its CSV; return in how many votes all counted.

        In it students have numbers. Whose is whose shows in the guesses, of which each student has
        a range of its own (`guess`).
        """
        kept = _read(table)
        for key in kept.keys() - self.votes.keys():
            self.faults.append(f"{key} is kept, and was never asked")
        numbers = self._numbers(kept)
        return sum(
            self._agrees(vote, kept[key], numbers, keeps) for key, vote in self.votes.items()
        )

    def guess(self, student: int, ask: Mapping[str, Any], share: float) -> float:
        """Return a number that only this student guesses, for a share of 0 to 1."""
        low, high = ask["low"], ask["high"]
        guess: float = low + (high - low) * (student + 0.1 + 0.8 * share) / self.students
        return guess

    def _numbers(self, kept: Mapping[tuple[str, int], Answers]) -> dict[int, str]:
        """Return the number that a room has given to each student who has guessed."""
        found: dict[int, set[str]] = defaultdict(set)
        for key, vote in self.votes.items():
            ask = vote.place["ask"]
            if ask["kind"] == "number":
                for number, answers in kept[key].items():
                    for value, *_ in answers:
                        share = (value - ask["low"]) / (ask["high"] - ask["low"])
                        found[int(share * self.students)].add(number)
        for student, several in found.items():
            if len(several) > 1:
                self.faults.append(f"{student} has the numbers {several}")
        return {student: min(several) for student, several in found.items()}

    def _agrees(self, vote: Vote, kept: Answers, numbers: Mapping[int, str], keeps: Keeps) -> bool:
        """Note what is missing, wrong, or there several times; say whether nothing is."""
        faults = []
        for student in range(self.students):
            allowed = [keeps(vote.place, value) for value in vote.ballots[student].allowed]
            found = kept.get(numbers.get(student, ""), [])
            if len(found) != 1 or found[0] not in allowed:
                faults.append(f"{_name(vote.place)}: {student} sent {allowed}, kept is {found}")
        if strangers := kept.keys() - set(numbers.values()):
            faults.append(f"{_name(vote.place)}: nobody has the numbers {strangers}")
        self.faults += faults
        return not faults

    def _vote(self, place: Mapping[str, Any]) -> Vote:
        return self.votes[place["ask"]["key"], place["round"]]


def _read(table: str) -> defaultdict[tuple[str, int], Answers]:
    """Return the answers of each question and round by the numbers of students."""
    kept: defaultdict[tuple[str, int], Answers] = defaultdict(lambda: defaultdict(list))
    for row in csv.DictReader(table.splitlines()):
        values = tuple(float(row[name]) for name in ("value", "x", "y") if row[name])
        kept[row["question"], int(row["round"])][row["student"]].append(values)
    return kept


def _name(place: Mapping[str, Any]) -> str:
    return f"{place['ask']['key']}, round {place['round']}"


def _size(result: list[Any]) -> int:
    """Return how many answers are in a result: counts of options, or one entry for each answer."""
    return sum(result) if all(isinstance(n, int) for n in result) else len(result)
