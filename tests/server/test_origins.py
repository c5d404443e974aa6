"""Who may open a session, and that Streamlit is not asked about anybody else."""

import pytest
import streamlit as st
from starlette.types import Receive, Scope, Send

from server.origins import OwnOrigin, is_allowed
from tests.server.asgi import Answer, ask

HOST = "lab.example.org:8501"
CLOSED = [{"type": "websocket.close", "code": 1008, "headers": []}]


async def origin_seen(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer with the origin that came through."""
    seen = dict(scope["headers"]).get(b"origin", b"none")
    await send({"type": "websocket.accept", "headers": [(b"seen", seen)]})


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name two other origins in the settings."""
    others = ["https://moodle.example.org", "https://b.example.org:8443"]
    monkeypatch.setattr(st, "get_option", {"server.corsAllowedOrigins": others}.__getitem__)


def opened(
    origin: str | None, host: str = HOST, kind: str = "websocket", method: str = "GET"
) -> Answer:
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    return ask(OwnOrigin(origin_seen), "/_stcore/stream", headers, type=kind, method=method)


def test_the_apps_own_page_opens_a_session() -> None:
    for scheme in ("http", "https"):  # TLS may end before the server
        assert opened(f"{scheme}://{HOST}").headers["seen"] == f"{scheme}://{HOST}"


def test_what_is_no_browser_says_no_origin_and_may() -> None:
    assert opened(None).headers["seen"] == "none"


STRANGERS = [
    "https://else.example.org",
    "http://lab.example.org",  # another port
    "http://lab.example.org:8502",
    "http://lab.example.org.else.org:8501",
    "http://else-lab.example.org:8501",
    "http://user@lab.example.org:8501",
    "null",
    "lab.example.org:8501",
    "http://",
    "http://[",
    "http://[::1",
    "//",
    "http://lab.example.org:8501:8501",
]


@pytest.mark.parametrize("origin", STRANGERS)
def test_a_page_from_elsewhere_opens_none(origin: str) -> None:
    assert opened(origin).messages == CLOSED


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("origin", STRANGERS)
def test_nor_when_others_are_named(origin: str) -> None:
    assert opened(origin).messages == CLOSED


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize(
    "origin",
    [
        "https://moodle.example.org",
        "https://MOODLE.example.org",
        "https://moodle.example.org:8443",
        "https://b.example.org",
    ],
)
def test_those_that_are_named_do_by_their_host_and_streamlit_does_not_look_again(
    origin: str,
) -> None:
    assert opened(origin).headers["seen"] == "none"


@pytest.mark.parametrize("origin", STRANGERS)
def test_a_request_is_answered_as_if_none_had_been_named(origin: str) -> None:
    """So that no answer says that a page from there may read it."""
    assert opened(origin, kind="http").headers["seen"] == "none"


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("origin", [*STRANGERS, "https://moodle.example.org"])
def test_nothing_is_taken_that_a_page_from_elsewhere_posts(origin: str) -> None:
    """A page that may embed the app sends nothing itself: the app in its frame does."""
    refused = opened(origin, kind="http", method="POST")
    assert refused.status == 403
    assert "access-control-allow-origin" not in refused.headers
    assert (
        opened(f"https://{HOST}", kind="http", method="POST").headers["seen"] == f"https://{HOST}"
    )


def test_what_is_neither_passes() -> None:
    assert opened("https://else.example.org", kind="lifespan").headers["seen"] != "none"


@pytest.mark.parametrize("origin", ["null", "http://", "file:///x"])
def test_an_origin_without_a_host_is_no_page_of_anybodys(origin: str) -> None:
    assert opened(origin, host="").messages == CLOSED
    assert not is_allowed(origin, HOST, ["moodle.example.org"])  # an entry without a scheme
