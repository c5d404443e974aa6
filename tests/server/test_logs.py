"""What is logged is JSON, and no word of it says who asked, or for what numbers."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from server.logs import Logged, write_json_lines
from tests.server.asgi import answering, ask, response

SECRETS = ["names=Anna", "192.0.2.7", "cookie-of-anna", "agent-of-anna", "elsewhere.example.org"]
REQUEST: dict[str, Any] = {
    "query_string": b"names=Anna&logits=1,2",
    "client": ("192.0.2.7", 50000),
    "headers": {
        "cookie": "ce_replica=cookie-of-anna",
        "user-agent": "agent-of-anna",
        "x-forwarded-for": "192.0.2.7",
        "referer": "https://elsewhere.example.org/?names=Anna",
    },
}


Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Set the loggers up, give what was written, and put them back as they were."""
    part = logging.getLogger("streamlit.a_part")
    loggers = [logging.getLogger(name) for name in ("ce", "uvicorn", "uvicorn.error")]
    loggers += [
        logging.getLogger(name)
        for name in list(logging.root.manager.loggerDict)
        if name.split(".")[0] == "streamlit"
    ]
    before = [(logger, list(logger.handlers), logger.propagate, logger.level) for logger in loggers]
    monkeypatch.setattr("sys.stderr", io.StringIO())
    written = sys.stderr
    part.addHandler(logging.StreamHandler())  # as Streamlit gives each of its own
    write_json_lines()

    def read() -> list[dict[str, Any]]:
        """Return the lines, each by itself JSON, and nobody named."""
        text = written.getvalue()
        assert [secret for secret in SECRETS if secret in text] == []
        return [json.loads(line) for line in text.splitlines()]

    yield read
    for logger, handlers, propagate, level in before:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def visit(app: ASGIApp, path: str = "/pipeline", **more: Any) -> None:
    ask(Logged(app), path, **{**REQUEST, **more})


@pytest.mark.parametrize("status", [200, 206, 301, 304])
def test_a_request_that_went_well_is_for_the_proxys_log(status: int, lines: Lines) -> None:
    visit(answering(*response(status=status)))
    assert lines() == []


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_a_refused_request_is_logged(status: int, lines: Lines) -> None:
    visit(answering(*response(status=status)), method="POST")
    (line,) = lines()
    assert line.pop("time")[10] == "T"
    assert 0 <= line.pop("seconds") < 60
    assert line == {
        "level": "WARNING",
        "logger": "ce",
        "message": "request refused",
        "path": "/pipeline",
        "status": status,
        "method": "POST",
    }


async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Answer nothing."""
    raise OSError("the message")


def test_a_request_without_an_answer_is_logged_and_its_error_goes_on(
    lines: Lines,
) -> None:
    with pytest.raises(OSError, match="the message"):
        visit(fail)
    (line,) = lines()
    assert (line["status"], line["message"]) == (0, "request refused")


@pytest.mark.parametrize("app", [answering({"type": "websocket.close"}), fail])
def test_a_session_is_logged_when_it_ends(app: ASGIApp, lines: Lines) -> None:
    try:
        visit(app, "/_stcore/stream", type="websocket")
    except OSError:
        assert app is fail
    (line,) = lines()
    assert line["message"] == "session ended"
    assert set(line) == {"time", "level", "logger", "message", "path", "seconds"}


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_what_is_under_way_at_the_end_of_the_server_ends_as_a_line(kind: str, lines: Lines) -> None:
    async def open_(_scope: Scope, _receive: Receive, _send: Send) -> None:
        asyncio.current_task().cancel()
        await asyncio.sleep(3600)

    visit(open_, type=kind)
    (line,) = lines()
    assert "traceback" not in line


def test_a_start_is_not_logged(lines: Lines) -> None:
    visit(answering({"type": "lifespan.startup.complete"}), type="lifespan")
    assert lines() == []


def test_a_path_of_any_text_is_one_line_of_bounded_length(
    lines: Lines,
) -> None:
    visit(answering(*response(status=404)), '/"}\n{"level": "ERROR"\u2028\x00' + "x" * 10_000)
    (line,) = lines()
    assert line["level"] == "WARNING"
    assert len(line["path"]) == 100


@pytest.mark.parametrize("write", [str.lower, str.upper])
def test_the_id_of_a_session_is_in_no_line(write: Callable[[str], str], lines: Lines) -> None:
    id_ = write("3f0c8a52-6f0e-4a8e-9d7c-0b5a1c2d3e4f")
    visit(answering(*response(status=404)), f"/_stcore/upload_file/{id_}/{id_}")
    (line,) = lines()
    assert line["path"] == "/_stcore/upload_file/…"


@pytest.mark.parametrize("room", ["room/ABCDE", "ROOM/abcde", "room/AB CDE\n", "room//ABCDE"])
def test_the_code_of_a_room_is_in_no_line(room: str, lines: Lines) -> None:
    visit(answering(*response(status=404)), f"/lab/{room}/answer")
    (line,) = lines()
    assert line["path"] == "/lab/room/…/answer"


def test_an_error_brings_its_traceback_in_the_same_line(
    lines: Lines,
) -> None:
    try:
        raise ValueError("the reason")
    except ValueError:
        logging.getLogger("streamlit.runtime.some_part").exception("it failed")
    (line,) = lines()
    assert (line["level"], line["message"]) == ("ERROR", "it failed")
    assert "the reason" in line["traceback"]
    assert "test_logs.py" in line["traceback"]


def test_of_the_servers_own_messages_which_name_addresses_only_warnings_are_written(
    lines: Lines,
) -> None:
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).info("192.0.2.7 - connected")
        logging.getLogger(name).warning("something")
    assert [line["message"] for line in lines()] == ["something"] * 2


def test_a_message_of_streamlit_is_written_once(lines: Lines) -> None:
    logging.getLogger("streamlit.a_part").warning("beware")
    assert [line["message"] for line in lines()] == ["beware"]
