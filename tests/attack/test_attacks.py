"""The attacks in short: none reaches anything, and visitors wait about as long as without them."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from signal import SIGTERM

import pytest

from tests.attack import raw
from tests.attack.attacked import alone, attack, behind_nginx
from tests.attack.rolling import rolled
from tests.attack.rows import ROWS, Target
from tests.attack.stopping import stopped
from tests.browser.serving import serve
from tests.fuzz.visitor import opening

pytestmark = pytest.mark.slow

SIZE = 0.1  # of what `python -m tests.attack` does
SECONDS = 1.5  # of visitors alone, before and after
# The table wants 2. Other tests run beside these, and come and go between the phases; without the
# guards visitors wait 30 times as long, or for ever.
TIMES = 10


@pytest.fixture(scope="module", params=[alone, behind_nginx], ids=["alone", "behind nginx"])
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """Start what is attacked; after all attacks its log has no traceback."""
    folder = tmp_path_factory.mktemp("attacked")
    with request.param(folder, SIZE) as started:
        yield started
    for log in folder.glob("*.txt"):
        assert "Traceback" not in log.read_text(), log.read_text()


@pytest.mark.parametrize("name", ROWS)
def test_an_attack_reaches_nothing(name: str, target: Target) -> None:
    outcome = attack(name, target, SECONDS)
    assert not outcome.reached, outcome.said
    assert outcome.beside.lost == []
    assert outcome.beside.waits
    assert outcome.ratio < TIMES, outcome


def test_the_app_ends_at_once_under_a_flood(tmp_path: Path) -> None:
    quiet = _ends_alone(tmp_path)
    # Wanted are 3 s on a machine that has nothing else to do.
    assert stopped(tmp_path) < 3 + 3 * quiet
    assert "Traceback" not in (tmp_path / "log.txt").read_text()


def _ends_alone(folder: Path) -> float:
    with serve(folder / "quiet.txt") as app:
        begin = time.monotonic()
        os.kill(app.pid, SIGTERM)
        os.waitid(os.P_PID, app.pid, os.WEXITED | os.WNOWAIT)
        return time.monotonic() - begin


def test_nobody_is_lost_while_replicas_are_started_anew(tmp_path: Path) -> None:
    result = rolled(tmp_path, visitors=20, apart=1.0)
    assert (result.lost, result.bad_gateways) == (0, 0), result
    assert result.opened >= 2 * result.visitors  # each was on a replica that ended


def test_what_a_connection_may_not_do_is_refused_with_a_reason(tmp_path: Path) -> None:
    click = raw.frame(opening().SerializeToString())
    refused = {
        "a large frame": (raw.frame(b"", length=1 << 20), 1009),
        "no message": (raw.frame(b"\0"), 1002),
        "a text": (raw.frame(b"text", 1), 1002),
        "too many messages": (click * 500, 1008),
        "too many pings": (raw.frame(b"", raw.PING) * 500, 1008),
        "too many parts": (raw.frame(b"", last=False) + raw.frame(b"", 0, last=False) * 500, 1008),
    }
    with serve(tmp_path / "log.txt") as app, ExitStack() as stack:
        rooms = {name: stack.enter_context(raw.stream(app.url)) for name in refused}
        for name, (data, _) in refused.items():
            raw.pour(rooms[name], data, raw.PATIENCE)
        codes = {name: raw.heard(rooms[name], raw.PATIENCE)[1] for name in refused}
        # A reset connection may come before its reason.
        assert all(codes[name] in (code, raw.CUT) for name, (_, code) in refused.items()), codes
        assert list(codes.values()).count(raw.CUT) <= 2
        head = raw.request(
            app.url, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        ).split(b"\r\n\r\n")[0]
        assert head.startswith(b"HTTP/1.1 200")
        assert b"server:" not in head.lower()
    log = (tmp_path / "log.txt").read_text()
    assert "Traceback" not in log
