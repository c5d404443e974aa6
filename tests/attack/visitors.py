"""Ordinary visitors: they open a page, move a slider, and note how long each answer took."""

import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from websockets.exceptions import WebSocketException

from tests.app.instruments import ANSWERS
from tests.fuzz.visitor import visit

PAUSE = 0.1  # s that a visitor looks at an answer
PATIENCE = 20.0  # s; whoever waits longer is lost
PAGES = tuple(ANSWERS.lessons)


@dataclass
class Felt:
    """What visitors waited, and how often in vain."""

    waits: list[float] = field(default_factory=list)  # s
    lost: list[str] = field(default_factory=list)  # why

    @property
    def p95(self) -> float:
        """Return what 95 of 100 waited at most; what was lost took all of a visitor's patience."""
        waits = sorted(self.waits + [PATIENCE] * len(self.lost))
        return waits[min(len(waits) - 1, int(0.95 * len(waits)))] if waits else PATIENCE


class Class:
    """Some visitors of a server, each in a thread. What they feel is noted by phases."""

    def __init__(self, url: str, count: int) -> None:
        self._url = url
        self._over = threading.Event()
        self._phase = Felt()
        self._threads = [threading.Thread(target=self._work, args=[i]) for i in range(count)]

    @contextmanager
    def at_work(self) -> Iterator["Class"]:
        """Let them work until the end."""
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join()

    def felt(self, seconds: float) -> Felt:
        """Return what they feel from now on, for this long."""
        with self.noted() as felt:
            time.sleep(seconds)
        return felt

    @contextmanager
    def noted(self) -> Iterator[Felt]:
        """Note what they feel meanwhile."""
        before, self._phase = self._phase, Felt()
        mine = self._phase
        try:
            yield mine
        finally:
            self._phase = before

    def _work(self, seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 - not for secrets
        while not self._over.is_set():
            page = dice.choice(PAGES)
            begin, phase = time.monotonic(), self._phase
            try:
                if dice.random() < 0.3:
                    with visit(self._url) as visitor:
                        answer = visitor.open("", page)
                    assert answer.ended == "FINISHED_SUCCESSFULLY", answer
                else:
                    self._ask(page, dice)
                phase.waits.append(time.monotonic() - begin)
            except (OSError, TimeoutError, WebSocketException, AssertionError) as error:
                phase.lost.append(f"{type(error).__name__}: {error}"[:100])
            self._over.wait(PAUSE)

    def _ask(self, page: str, dice: random.Random) -> None:
        link = f"logits={dice.uniform(-9, 9):.2f},1,0.5"
        address = f"{self._url}/answer/{page}?v=&{link}"
        begin = time.monotonic()
        while True:
            try:
                with urllib.request.urlopen(address, timeout=PATIENCE) as response:
                    response.read()
                return
            except urllib.error.HTTPError as error:  # as the player does
                if error.code not in (429, 503) or time.monotonic() - begin > PATIENCE:
                    raise
                time.sleep(float(error.headers.get("Retry-After", 1)))
