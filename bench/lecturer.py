"""A lesson of ten votes, and the lecturer who leads a class through it."""

import asyncio
import time
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from bench.ledger import PLACE, Kept, Ledger
from bench.students import LabStudent
from bench.voters import PAGE, Pace
from bench.wire import Http, listening
from lab.answers import Answers
from lab.judging import judged, state_in
from lab.prepared.lesson import pack
from lab.prepared.ready import content, link_of
from pages.main import LESSONS

_ANSWERS = Answers(LESSONS)
_PATIENCE = 60.0  # s for all answers to be counted
# In place of the questions at which a slider can be where the lesson cannot follow it, and at which
# a picture takes 36 ms: 300 students who drag there every 5 s want more than two cores.
_GUESSES: Mapping[int, Mapping[str, Any]] = {
    i: {
        "page": page,
        "link": link,
        "kind": "predict",
        "guess": {"text": "How large is it?", "of": of, "low": 0, "high": 12},
    }
    for i, page, link, of in (
        (1, "likelihood", "at=5", "cross-entropy"),
        (3, "start", "at=1", "loss-naive"),
        (6, "softmax", "at=6", "share"),
    )
}


@dataclass(frozen=True)
class Plan:
    """A prepared lesson, packed, and the page of each of its steps."""

    lesson: str
    pages: Sequence[str]


def plan(votes: int) -> Plan:
    """Return what is asked in the ready lesson of 45 minutes, and three guesses."""
    ready = content(link_of("45"), _ANSWERS.lessons)["steps"]
    asking = [step for step in ready if step["kind"] in ("predict", "reach")][:votes]
    steps = [_GUESSES.get(i, step) for i, step in enumerate(asking)]
    return Plan(pack({"title": "Votes", "steps": steps}), [step["page"] for step in steps])


class Lecturer:
    """The lecturer, who waits for all answers before the next word."""

    def __init__(self, url: str, plan: Plan, ledger: Ledger, pace: Pace) -> None:
        self._url, self._plan, self._ledger, self._pace = url, plan, ledger, pace
        self._page = LabStudent(url, PAGE, 0)
        self._http = Http(url)
        self._place: dict[str, Any] = {}
        self._told: Mapping[str, Any] = {}  # the place of which the stream has told last
        self._counts = asyncio.Condition()
        self._count: Mapping[str, int] = {}
        self.code = ""

    async def start(self) -> None:
        """Start a class at the first step."""
        await self._page.open()
        page = self._plan.pages[0]
        made = await self._http.insist(
            "/room", {"page": page, "link": "at=1", "lesson": self._plan.lesson}
        )
        self.code, self._fields = made["room"], {"Authorization": f"Bearer {made['secret']}"}
        self._room = f"/room/{self.code}"
        self._place = _place(page, 1, None, 1, "look")
        self._ledger.lead(self._place)

    async def listen(self) -> None:
        """Hear how many are here and how many have answered, until this is cancelled."""
        stream = listening(self._url, f"{self._room}/events", self._fields)
        async with aclosing(stream) as heard:
            async for name, told in heard:
                await self._hear(name, told)

    async def teach(self, faults: Container[int], befalls: Callable[[int], None]) -> None:
        """Go through the lesson.

        Parameters
        ----------
        faults : container of int
            The votes in which something happens, while a third of the answers have come.
        befalls : callable
            Does it, in a thread.
        """
        async with asyncio.TaskGroup() as group:
            for step in range(1, len(self._plan.pages) + 1):
                await self._go(step)
                ask = self._asking(step)
                rounds = 2 if ask["kind"] == "choice" else 1
                for round_ in range(1, rounds + 1):
                    await self._lead(step, ask, round_, "open")
                    if round_ == 1 and step in faults:
                        await self._until("answered", self._ledger.students // 3)
                        group.create_task(asyncio.to_thread(befalls, step))
                    await self._until("answered", self._ledger.students)
                    await self._lead(step, ask, round_, "shown")
                await self._lead(step, ask, rounds, "answered")

    async def until_here(self) -> None:
        """Wait until all students have come."""
        await self._until("here", self._ledger.students)

    async def table(self) -> str:
        """Return all answers, as CSV."""
        table = await self._http.once("GET", f"{self._room}/csv", self._fields, b"")
        return table.decode()

    async def end(self) -> None:
        """End the class."""
        await self._http.insist(f"{self._room}/end", {}, self._fields)
        await self._http.close()
        await self._page.leave()

    async def _go(self, step: int) -> None:
        """Go to a step, as everybody else does."""
        page = self._plan.pages[step - 1]
        await self._lead(step, None, 1, "look")
        await self._page.follow(page, f"at={step}&lesson={self._plan.lesson}")

    def _asking(self, step: int) -> dict[str, Any]:
        """Return what is asked at a step, as the page of a class reads it (classask.js)."""
        ask = {"key": f"{self._plan.pages[step - 1]}.{step}", "kind": "state"}
        question = self._page.question
        if question is None:
            return ask
        if question["kind"] == "number":
            return ask | {name: question[name] for name in ("kind", "low", "high")}
        return ask | {"kind": "choice", "count": len(question["options"])}

    async def _lead(self, step: int, ask: dict[str, Any] | None, round_: int, phase: str) -> None:
        place = _place(self._plan.pages[step - 1], step, ask, round_, phase)
        self._place = place
        self._ledger.lead(place)
        await self._http.insist(f"{self._room}/lead", place, self._fields)
        if phase != "open":
            await asyncio.sleep(self._pace.look)

    async def _until(self, what: str, wanted: int) -> None:
        """Wait until a count has come; give up after a while."""
        start = time.perf_counter()

        def come() -> bool:
            # A count that is told before the place is of the question before.
            return self._told == self._place and self._count.get(what, -1) >= wanted

        try:
            async with asyncio.timeout(_PATIENCE), self._counts:
                await self._counts.wait_for(come)
        except TimeoutError:
            passed = time.perf_counter() - start
            self._ledger.faults.append(
                f"{self._count} of {wanted} {what} after {passed:.0f} s at {self._place}"
            )

    async def _hear(self, name: str, told: Any) -> None:
        async with self._counts:
            if name == "room":
                self._count, self._told = {}, {key: told[key] for key in PLACE}
            elif name == "count":
                self._count = told
                if self._told.get("phase") == "open":
                    self._ledger.count(self._told, told["answered"])
            self._counts.notify_all()


def keeps(lesson: str) -> Callable[[Mapping[str, Any], Any], Kept]:
    """Return what a room has to keep of the answers in a lesson."""

    def kept(place: Mapping[str, Any], value: Any) -> Kept:
        if place["ask"]["kind"] != "state":
            return (float(value),)
        found = judged(_ANSWERS, place["page"], state_in(place["link"], lesson, value))
        return float(found.met), found.x, found.y

    return kept


def _place(
    page: str, step: int, ask: dict[str, Any] | None, round_: int, phase: str
) -> dict[str, Any]:
    return {"page": page, "link": f"at={step}", "ask": ask, "round": round_, "phase": phase}
