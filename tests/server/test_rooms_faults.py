"""Several processes answer at the same time, are killed, and lose their database."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from server.rooms.database import database
from server.rooms.room import Ask, Place
from server.rooms.store import Store
from server.rooms.watch import Watch
from tests.browser.serving import ROOT
from tests.server.answering import Acknowledged, read
from tests.server.postgres import Postgres

ASK = Ask("start.cliff", "choice", count=3)
PATIENCE = 60.0  # s


class Class:
    """A room whose question is open, and processes that answer it."""

    def __init__(self, setting: str, folder: Path) -> None:
        self.setting, self.folder = setting, folder
        self.database = database(setting)
        self.store, self.watch = Store(self.database), Watch(self.database)
        self.code, self.secret = self.store.make("start", "at=1", "")
        self.lead("open")
        self.processes: list[subprocess.Popen[bytes]] = []

    def lead(self, phase: str) -> None:
        """Open the question, or close it."""
        self.store.lead(self.code, self.secret, Place("start", "at=1", ASK, 1, phase))

    def start(self) -> None:
        """Start one more process."""
        name = f"process-{len(self.processes)}"
        command = [sys.executable, "-m", "tests.server.answering", self.setting, self.code, name]
        process = subprocess.Popen([*command, self.folder / name], cwd=ROOT)
        self.processes.append(process)

    def acknowledged(self) -> Acknowledged:
        """Return what was acknowledged so far, by all processes."""
        logs = self.folder.glob("process-*")
        return {who: value for log in logs for who, value in read(log).items()}

    def wait(self, count: int) -> None:
        """Wait until so many more have answered."""
        wanted = len(self.acknowledged()) + count
        self.until(lambda: len(self.acknowledged()) >= wanted)

    def until(self, done: Callable[[], bool]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < deadline, len(self.acknowledged())
            time.sleep(0.01)

    def counts(self) -> list[int]:
        """Return what is shown."""
        result = self.watch.scene(self.code).results[0]
        assert result
        return result["counts"]  # type: ignore[return-value]


@contextmanager
def class_in(setting: str, folder: Path) -> Iterator[Class]:
    class_ = Class(setting, folder)
    try:
        yield class_
    finally:
        for process in class_.processes:
            process.kill()
            process.wait()
        class_.database.close()


def counted(answers: Acknowledged) -> list[int]:
    found = Counter(answers.values())
    return [found[i] for i in range(ASK.count)]


def test_what_two_processes_acknowledge_counts_once_and_nothing_after_the_close(
    setting: str, tmp_path: Path
) -> None:
    with class_in(setting, tmp_path) as class_:
        class_.start()
        class_.start()
        class_.until(lambda: all(read(tmp_path / f"process-{n}") for n in range(2)))
        class_.wait(50)
        class_.lead("shown")
        shown = class_.counts()
        assert [process.wait(PATIENCE) for process in class_.processes] == [0, 0]
        assert counted(class_.acknowledged()) == shown == class_.counts()


def test_what_was_acknowledged_outlives_a_killed_process(setting: str, tmp_path: Path) -> None:
    with class_in(setting, tmp_path) as class_:
        class_.start()
        class_.start()
        class_.wait(50)
        class_.processes[0].kill()
        class_.processes[0].wait()
        class_.wait(20)  # the other one goes on
        class_.lead("shown")
        class_.processes[1].wait(PATIENCE)
        found = {who for _, _, who, _ in class_.store.answers(class_.code, class_.secret)}
        known = class_.acknowledged()
        # The one that was killed may have stored an answer and not have told of it.
        assert len(known) <= len(found) <= len(known) + 1
        assert sum(class_.counts()) == len(found)


def test_nothing_is_lost_when_the_server_crashes_and_recovers(
    server: Postgres, tmp_path: Path
) -> None:
    with class_in(server.schema(), tmp_path) as class_:
        class_.start()
        class_.start()
        class_.wait(50)
        server.restart()
        class_.wait(50)
        class_.lead("shown")  # whoever was idle meanwhile notices nothing
        shown = class_.counts()
        assert [process.wait(PATIENCE) for process in class_.processes] == [0, 0]
        assert counted(class_.acknowledged()) == shown == class_.counts()
