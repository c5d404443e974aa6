"""What a database keeps of a class, for tests."""

from server.rooms.database import database
from server.rooms.room import (
    Ask,
    Given,
    Mark,
    Phase,
    Place,
)
from server.rooms.store import Store
from server.rooms.watch import Watch

CHOICE = Ask("start.cliff", "choice", count=3)
NUMBER = Ask("start.loss", "number", low=0.0, high=5.0)
STATE = Ask("start.state", "state")


class Kept:
    """A database, whoever uses it, and a clock that stands still."""

    def __init__(self, setting: str) -> None:
        self.now = 1_000_000.0
        self.database = database(setting)
        self.store = Store(self.database, lambda: self.now)
        self.watch = Watch(self.database, lambda: self.now)
        self.code, self.secret = self.store.make("start", "at=1", "1.lesson")

    def lead(self, ask: Ask | None, phase: Phase = "open", round_: int = 1) -> None:
        """Ask something, or show it."""
        place = Place("start", "at=1", ask, round_, phase)
        self.store.lead(self.code, self.secret, place)

    def answer(self, who: str, mark: Mark, ask: Ask = CHOICE, round_: int = 1) -> None:
        """Answer for somebody."""
        self.store.answer(self.code, Given(who, ask.key, round_, None), mark)

    def results(self) -> tuple[dict[str, object] | None, ...]:
        """Return what is seen of both rounds."""
        return self.watch.scene(self.code).results
