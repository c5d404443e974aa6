"""Every response has the security headers, and the settings say who may embed the app."""

from typing import Any

import pytest
from starlette.types import Message

from server.headers import SecurityHeaders
from tests.server.asgi import Answer, answering, ask, response

NAMES = {
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "x-frame-options",
    "x-permitted-cross-domain-policies",
}


@pytest.fixture(autouse=True)
def _nobody_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CE_FRAME_ANCESTORS", "CE_HSTS_SECONDS"):
        monkeypatch.delenv(name, raising=False)


def policy(answer: Answer) -> dict[str, str]:
    """Return what the Content-Security-Policy says of each kind."""
    parts = answer.headers["content-security-policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


def plain() -> Answer:
    return ask(SecurityHeaders(answering(*response(b"text"))))


@pytest.mark.parametrize("status", [200, 206, 301, 304, 403, 404, 405, 500])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_every_response_has_them(status: int, method: str) -> None:
    app = SecurityHeaders(answering(*response(b"text", status=status)))
    answer = ask(app, method=method)
    assert (answer.status, answer.body) == (status, b"text")
    assert set(answer.headers) == NAMES


def test_a_refused_socket_has_them() -> None:
    refusal: list[Message] = [
        {"type": "websocket.http.response.start", "status": 403, "headers": []},
        {"type": "websocket.http.response.body", "body": b"no"},
    ]
    answer = ask(SecurityHeaders(answering(*refusal)), type="websocket")
    assert set(answer.headers) == NAMES
    assert answer.body == b"no"


@pytest.mark.parametrize(
    "kind", ["websocket.accept", "websocket.close", "lifespan.startup.complete"]
)
def test_no_other_message_is_changed(kind: str) -> None:
    message: dict[str, Any] = {"type": kind, "headers": []}
    assert ask(SecurityHeaders(answering(message))).messages == [message]


def test_they_replace_those_of_the_app_and_keep_its_others() -> None:
    own = {"content-security-policy": "default-src *", "content-type": "text/css"}
    answer = ask(SecurityHeaders(answering(*response(headers=own))))
    assert policy(answer)["default-src"] == "'none'"
    assert answer.headers.getlist("content-security-policy")[1:] == []
    assert answer.headers["content-type"] == "text/css"


def test_a_page_runs_and_loads_its_own_only() -> None:
    said = policy(plain())
    assert {kind: said[kind] for kind in ("default-src", "base-uri", "form-action")} == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    words = " ".join(said.values()).split()
    assert set(words) == {"'none'", "'self'", "'unsafe-inline'", "blob:", "data:"}
    assert [kind for kind in said if "'unsafe-inline'" in said[kind]] == ["style-src"]


def test_inline_scripts_run_by_their_hash_alone() -> None:
    app = SecurityHeaders(answering(*response()), scripts=("'sha256-a'", "'sha256-b'"))
    assert policy(ask(app))["script-src"] == "'self' blob: 'sha256-a' 'sha256-b'"


def test_no_power_of_the_device_is_given() -> None:
    powers = plain().headers["permissions-policy"].split(", ")
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(powers)
    assert all(power.endswith("=()") for power in powers)


def test_nobody_embeds_the_app_unless_named() -> None:
    answer = plain()
    assert policy(answer)["frame-ancestors"] == "'none'"
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "text",
    [
        "https://moodle.example.org",
        "'self' https://*.example.org:8443",
        "  http://127.0.0.1:8080\n'self' ",
    ],
)
def test_who_is_named_embeds_it(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CE_FRAME_ANCESTORS", text)
    answer = plain()
    assert policy(answer)["frame-ancestors"] == " ".join(text.split())
    assert "x-frame-options" not in answer.headers  # it could not name them


@pytest.mark.parametrize(
    "text",
    [
        "moodle.example.org",
        "https://a.example.org; script-src *",
        "https://a.example.org/path",
        "https://a.example.org, https://b.example.org",
        "self",
        "*",
        "https://*",
        "https://a.example.org:999999",
        "ftp://a.example.org",
    ],
)
def test_what_is_no_origin_stops_the_start(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CE_FRAME_ANCESTORS", text)
    with pytest.raises(ValueError, match="CE_FRAME_ANCESTORS must hold origins"):
        plain()


def test_behind_tls_a_browser_is_told_to_ask_by_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "strict-transport-security" not in plain().headers
    monkeypatch.setenv("CE_HSTS_SECONDS", "31536000")
    assert plain().headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("text", ["a year", "-1", "1; preload", "٣", "1" * 11])
def test_what_is_no_number_of_seconds_stops_the_start(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CE_HSTS_SECONDS", text)
    with pytest.raises(ValueError, match="number of seconds"):
        SecurityHeaders(answering())
