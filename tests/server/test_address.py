"""Streamlit's page is told where the server answers, and nothing else is changed."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
import streamlit as st
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from server.address import TellTheAddress, address_script, base_path, script_hashes
from tests.server.asgi import Answer, answering, ask, response

PAGE = b"<html><head><title>a</title></head><body></head></body></html>"
HTML = {"content-type": "text/html; charset=utf-8", "content-length": str(len(PAGE))}
READER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-encoding": "gzip"}


@pytest.fixture
def prefix(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set a path before all others."""
    monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": request.param}.get)
    return str(request.param)


def told(*pieces: bytes, headers: dict[str, str] = HTML, **more: str) -> Answer:
    return ask(TellTheAddress(answering(*response(*pieces, headers=headers))), "/", READER, **more)


def test_the_line_is_the_last_of_the_head_and_the_length_counts_it() -> None:
    answer = told(PAGE)
    line = f"<script>{address_script()}</script>".encode()
    assert answer.body == PAGE.replace(b"</head>", line + b"</head>", 1)
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["content-type"] == HTML["content-type"]


@pytest.mark.parametrize("size", [1, 7, 30, len(PAGE)])
def test_a_page_in_pieces_is_the_same_page(size: int) -> None:
    pieces = [PAGE[i : i + size] for i in range(0, len(PAGE), size)]
    answer = told(*pieces)
    assert [message["type"] for message in answer.messages] == [
        "http.response.start",
        "http.response.body",
    ]
    assert answer.body == told(PAGE).body


@pytest.mark.parametrize(
    ("prefix", "path"),
    [("", "/"), (None, "/"), ("lab", "/lab"), ("/lab/", "/lab"), ("a/b", "/a/b")],
    indirect=["prefix"],
)
@pytest.mark.usefixtures("prefix")
def test_it_names_the_path_before_all_others(path: str) -> None:
    assert f'new URL("{path}",location.href).href' in told(PAGE).body.decode()
    assert base_path() == path.rstrip("/")


@pytest.mark.parametrize("prefix", ['"+alert(1)+"'], indirect=True)
def test_a_path_is_text_and_no_script(prefix: str) -> None:
    assert f"new URL({json.dumps('/' + prefix)}," in address_script()


def test_it_lets_no_other_page_send_messages() -> None:
    assert "allowedOrigins:[location.origin]" in address_script()


@pytest.mark.parametrize("kind", ["text/css", "application/json", ""])
def test_what_is_no_page_passes_as_it_is(kind: str) -> None:
    answer = told(PAGE[:9], PAGE[9:], headers={"content-type": kind, "etag": '"1"'})
    assert answer.body == PAGE
    assert answer.headers["etag"] == '"1"'
    assert len(answer.messages) == 3


async def show_headers(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer with the names of a request's headers."""
    names = b" ".join(name for name, _ in scope["headers"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": names})


@pytest.mark.parametrize(
    ("accept", "kept"), [("text/html,*/*", b"accept"), ("*/*", b"accept accept-encoding")]
)
def test_a_page_is_asked_for_as_it_is_and_a_file_as_the_browser_asks(
    accept: str, kept: bytes
) -> None:
    headers = {"accept": accept, "accept-encoding": "gzip"}
    assert ask(TellTheAddress(show_headers), "/", headers).body == kept


def test_a_page_is_sent_anew_because_its_line_may_be_another(tmp_path: Path) -> None:
    """Of the file alone the browser would be told that it has not changed."""
    (tmp_path / "index.html").write_bytes(PAGE)
    app = TellTheAddress(StaticFiles(directory=tmp_path, html=True))
    answer = ask(app, "/", READER)
    assert answer.status == 200
    assert "etag" not in answer.headers
    assert "last-modified" not in answer.headers
    remembered = {"if-none-match": "*", "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    assert ask(app, "/", {**READER, **remembered}).body == answer.body


def test_head_says_no_length_of_a_page_that_was_not_made() -> None:
    answer = told(b"", method="HEAD")
    assert answer.body == b""
    assert "content-length" not in answer.headers


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_what_is_no_request_passes(kind: str) -> None:
    message = {"type": f"{kind}.x", "headers": []}
    assert ask(TellTheAddress(answering(message)), type=kind).messages == [message]


def test_the_inline_scripts_of_streamlits_page_are_those_that_may_run() -> None:
    """Each by its hash: the browser hashes what stands between the tags."""
    static = Path(st.__file__).parent / "static" / "index.html"
    page = told(static.read_bytes(), headers={"content-type": "text/html"}).body
    scripts = re.findall(rb"<script>(.*?)</script>", page, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in scripts]
    assert {f"'sha256-{digest}'" for digest in digests} == set(script_hashes())
    assert len(scripts) == 2
