"""How long the app takes to end while it is flooded."""

import os
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from signal import SIGTERM

from tests.attack import raw
from tests.browser.serving import serve
from tests.fuzz.visitor import opening

FLOODERS = 8


def stopped(folder: Path) -> float:
    """Flood the app, tell it to end, and return after how many seconds it has."""
    over = threading.Event()
    message = raw.frame(opening().SerializeToString())

    def work(url: str) -> None:
        while not over.is_set():
            with suppress(OSError), raw.stream(url) as connection:
                raw.pour(connection, message * 500, 1)
                raw.heard(connection, 0.2)

    with serve(folder / "log.txt") as app, ExitStack() as stack:
        threads = [threading.Thread(target=work, args=[app.url]) for _ in range(FLOODERS)]
        for thread in threads:
            thread.start()
        stack.callback(lambda: [thread.join() for thread in threads])
        stack.callback(over.set)
        time.sleep(2)
        begin = time.monotonic()
        os.kill(app.pid, SIGTERM)
        os.waitid(os.P_PID, app.pid, os.WEXITED | os.WNOWAIT)
        return time.monotonic() - begin
