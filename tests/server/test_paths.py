"""Which paths there are, and that all others are not found."""

import pytest
import streamlit as st

from server.paths import LONGEST, KnownPaths
from tests.server.asgi import answering, ask, response

PAGES = ("start", "softmax")


def status(path: str, **more: object) -> int:
    return ask(KnownPaths(answering(*response(b"ok")), PAGES), path, **more).status


FOUND = [
    "/",
    "/softmax",
    "/favicon.png",
    "/_stcore/health",
    "/_stcore/host-config",
    "/static/js/x.js",
    "/vendor/1/x.js",
    "/live/1/x.js",
    "/answer/start/layout",
]
NOT_FOUND = [
    "/_stcore/metrics",
    "/_stcore/agent/mcp",
    "/_stcore/agent/interact",
    "/auth/login",
    "/auth/logout",
    "/oauth2callback",
    "/_stcore/upload_file/a/b",
    "/media/x",
    "/component/a/b",
    "/_stcore/bidi-components/a/b",
    "/_stcore/script-health-check",
    "/app",
    "/_stcore/stream",
    "/_stcore/health/",
    "/nowhere",
    "/start/",
    "//start",
    "/static",
    "/_stcore",
    ".",
]


@pytest.mark.parametrize("path", FOUND)
def test_what_a_visit_asks_for_is_served(path: str) -> None:
    assert status(path) == status(path, method="HEAD") == 200
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        assert status(path, method=method) == 405


@pytest.mark.parametrize("path", NOT_FOUND)
def test_what_no_visit_asks_for_is_not_found(path: str) -> None:
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        assert status(path, method=method) == 404


def test_one_path_takes_what_is_sent_and_nothing_else() -> None:
    assert status("/batch", method="POST") == 200
    for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"):
        assert status("/batch", method=method) == 405
    for path in ("/batch/", "//batch", "/batch/x"):
        assert status(path, method="POST") == 404


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/room", "POST"),
        ("/room/ABCDE/lead", "POST"),
        ("/room/ABCDE/answer", "POST"),
        ("/room/ABCDE/end", "POST"),
        ("/room/ABCDE/events", "GET"),
        ("/room/ABCDE/csv", "GET"),
    ],
)
def test_a_room_is_asked_as_its_own_pages_ask(path: str, method: str) -> None:
    assert status(path, method=method) == 200
    for other in {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} - {method}:
        assert status(path, method=other) == 405
    for wrong in (f"{path}/", f"/{path}", f"{path}/x", f"/x{path}"):
        assert status(wrong, method=method) == 404


def test_metrics_are_for_those_who_ask_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, found in [("1", 200), ("0", 404), ("", 404)]:
        monkeypatch.setenv("CE_METRICS", value)
        assert status("/_stcore/metrics") == found


def test_a_path_that_is_longer_than_any_of_ours_is_refused() -> None:
    assert status("/", query_string=b"a" * (LONGEST - 1)) == 200
    assert status("/", query_string=b"a" * LONGEST) == 414
    assert status("/static/" + "a" * LONGEST) == 414


def test_the_first_page_has_no_path_and_is_found_by_one() -> None:
    sent = ask(KnownPaths(answering(*response(b"ok")), PAGES), "/start", query_string=b"at=2&x=%20")
    assert (sent.status, sent.headers["location"]) == (308, "/?at=2&x=%20")
    sent = ask(KnownPaths(answering(*response(b"ok")), PAGES), "/start", method="HEAD")
    assert (sent.status, sent.headers["location"]) == (308, "/")


def test_one_path_leads_to_a_session() -> None:
    def opens(path: str) -> bool:
        known = KnownPaths(answering({"type": "websocket.accept"}), PAGES)
        more = {"websocket.http.response": {}}
        asked = ask(known, path, type="websocket", extensions=more)
        return asked.messages[0]["type"] == "websocket.accept"

    assert opens("/_stcore/stream")
    assert not any(map(opens, ["/", "/start", "/_stcore/health", "/live/1/x", "//_stcore/stream"]))


def test_all_of_them_are_below_the_path_before_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": "lab"}.__getitem__)
    assert {status(path) for path in ["/lab", "/lab/", "/lab/softmax", "/lab/static/x"]} == {200}
    assert status("/lab/start") == 308
    assert {status(path) for path in ["/", "/start", "/lab/lab", "/static/x"]} == {404}
    for path in ("/batch", "/room", "/room/ABCDE/answer"):
        assert [status(base + path, method="POST") for base in ("/lab", "")] == [200, 404]
