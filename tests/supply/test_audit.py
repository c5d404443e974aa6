"""The audit fails when something is found, and says so when nobody could be asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.browser.serving import free_port
from tests.supply.audit import audit, last_audit, note_audit
from tests.supply.lock import locked

pytestmark = pytest.mark.slow

# What https://ossf.github.io/osv-schema/ calls a vulnerability, in its shortest form.
FLAW = {
    "id": "TEST-1",
    "affected": [{"package": {"name": "streamlit", "ecosystem": "PyPI"}, "ranges": []}],
}


@contextmanager
def service(flaws: list[dict[str, Any]], status: int = 200, body: str = "") -> Iterator[Any]:
    """Answer like OSV on this machine; yield the address and what was asked."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = question["package"]["name"]
            asked.append(name)
            found = {"vulns": flaws} if flaws and name == "streamlit" else {}
            self.send_response(status)
            self.end_headers()
            self.wfile.write((body or json.dumps(found)).encode())

        def log_message(self, *_: object) -> None:
            """Be silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=[0.01]).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()


def test_every_package_is_asked_for_and_none_is_at_fault() -> None:
    with service([]) as (url, asked):
        assert audit(url) == 0
    # before all others comes a question whose answer does not matter
    assert sorted(asked[1:]) == sorted(locked())


def test_a_known_vulnerability_is_a_failure(capfd: pytest.CaptureFixture[str]) -> None:
    with service([FLAW]) as (url, _):
        assert audit(url) != 0
    assert "TEST-1" in capfd.readouterr().out


@pytest.mark.parametrize(("status", "body"), [(404, "{}"), (200, "<html>log in first")])
def test_a_service_that_does_not_answer_as_one_is_named(
    status: int, body: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with service([], status, body) as (url, _):
        assert audit(url) == 0
    assert "NOT AUDITED" in capfd.readouterr().err


def test_where_nobody_can_be_asked_that_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    assert audit(f"http://127.0.0.1:{free_port()}") == 0
    said = capfd.readouterr().err
    assert "NOT AUDITED" in said
    assert f"last audit: {last_audit()}" in said


def test_the_date_of_the_last_audit_is_kept(tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("Before.\n\nThe last audit that found nothing: none yet.\n")
    assert last_audit(notes) == "none yet"
    note_audit(notes)
    assert last_audit(notes) == datetime.now(UTC).date().isoformat()
    assert notes.read_text().startswith("Before.\n\nThe last audit")


def test_it_is_kept_where_people_look() -> None:
    assert last_audit() == "none yet" or date.fromisoformat(last_audit())
