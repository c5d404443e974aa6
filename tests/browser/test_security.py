"""What the server sends with every response, and what a page may not do."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from live.files import address
from server.headers import frame_ancestors
from tests.browser.conftest import OpenPage
from tests.browser.serving import serve

PLAYER = address("/live", "player.js")
# A page, files, answers, health, a path that is refused, and those that do not exist.
PATHS = {
    "/": 200,
    "/pipeline?logits=1,2": 200,
    "/favicon.png": 200,
    address("/vendor", "plotly-cartesian.min.js"): 200,
    PLAYER: 200,
    "/answer/softmax?v=&logits=1,2&set=logits.0:3": 200,
    "/answer/softmax/layout": 200,
    "/answer/softmax/questions": 200,
    "/answer/softmax/qr?v=&text=https://lab.example/": 200,
    "/answer/softmax/qr?v=&text=javascript:1": 400,
    "/_stcore/health": 200,
    "/..%2f..%2fetc/passwd": None,
    "/vendor/none.js": 404,
    "/live/player.js": 404,
    "/answer/none": 404,
    "/answer/none/qr?v=&text=https://lab.example/": 404,
    "/answer/..%2fsoftmax": None,
}


def answer(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str]]:
    """Return the status and the headers of an answer."""
    asked = urllib.request.Request(url, method=method, headers=headers)
    try:
        with urllib.request.urlopen(asked) as found:
            return found.status, {name.lower(): value for name, value in found.headers.items()}
    except urllib.error.HTTPError as error:
        return error.code, {name.lower(): value for name, value in error.headers.items()}


def expect_secured(headers: dict[str, str]) -> None:
    """Expect the headers that every response has."""
    policy = dict(
        directive.split(" ", 1) for directive in headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe" not in policy["script-src"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(("path", "status"), PATHS.items())
def test_every_response_has_the_security_headers(server: str, path: str, status: int | None):
    found, headers = answer(server + path)
    assert found < 500 if status is None else found == status
    expect_secured(headers)


@pytest.mark.parametrize("part", ["", "/layout", "/questions"])
def test_an_answer_that_the_browser_has_is_not_sent_again(server: str, part: str):
    url = f"{server}/answer/sigmoid{part}?v=&x=1"
    _, first = answer(url)
    status, headers = answer(url, **{"If-None-Match": first["etag"]})
    assert (status, headers["etag"]) == (304, first["etag"])
    expect_secured(headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/answer/softmax?v=", "/answer/softmax/layout", PLAYER])
def test_who_would_write_is_refused(server: str, method: str, path: str):
    status, headers = answer(server + path, method)
    assert status == 405
    expect_secured(headers)


def test_text_that_became_html_would_run_nothing(open_page: OpenPage):
    page = open_page(allowed="Content Security Policy|Refused to|status of 404")
    ran = page.evaluate(
        """async () => {
          const script = document.createElement("script");
          script.textContent = "window.ran = 'a script'";
          const html = document.createElement("div");
          html.innerHTML = `<img src="/none.png" onerror="window.ran = 'an image'">
            <b onclick="window.ran = 'a click'">b</b>`;
          const image = html.querySelector("img");
          const failed = new Promise((resolve) => image.addEventListener("error", resolve));
          document.body.append(script, html);
          html.querySelector("b").click();
          await failed;
          return window.ran ?? null;
        }"""
    )
    assert ran is None


def test_the_log_is_json_and_knows_nobody(tmp_path: Path):
    log = tmp_path / "log.txt"
    with serve(log) as app:
        for path in ("/vendor/none.js", "/answer/none", "/answer/softmax", "/pipeline"):
            answer(f"{app.url}{path}?names=somebody&set=names.0:somebody")
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    refused = [line for line in lines if line["message"] == "request refused"]
    assert [(line["path"], line["status"], line["level"]) for line in refused] == [
        ("/vendor/none.js", 404, "WARNING"),
        ("/answer/none", 404, "WARNING"),
    ]
    assert "somebody" not in log.read_text()
    assert "127.0.0.1" not in "".join(map(json.dumps, lines))


def connects(server: str, origin: str) -> bool:
    stream = f"{server.replace('http', 'ws')}/_stcore/stream"
    try:
        with connect(stream, origin=Origin(origin), subprotocols=[Subprotocol("streamlit")]):
            return True
    except InvalidStatus as refused:
        return refused.response.status_code != 403


def test_a_page_from_elsewhere_is_refused_and_no_other_host_is_asked(tmp_path: Path):
    log = tmp_path / "log.txt"
    friend = "https://friend.example"
    with serve(log, options=[f"--server.corsAllowedOrigins={friend}"]) as app:
        assert connects(app.url, app.url)
        assert connects(app.url, friend)
        assert not connects(app.url, "https://evil.example")
        for path in ("/_stcore/health", "/answer/softmax", PLAYER):
            _, headers = answer(app.url + path, Origin="https://evil.example")
            assert "access-control-allow-origin" not in headers
    assert "external IP" not in log.read_text()


def test_what_is_no_message_is_no_error_of_the_server(tmp_path: Path):
    log = tmp_path / "log.txt"
    with serve(log) as app:
        stream = f"{app.url.replace('http', 'ws')}/_stcore/stream"
        with connect(stream, subprotocols=[Subprotocol("streamlit")]) as socket:
            socket.send("a text, where Streamlit takes bytes only")
            with pytest.raises(ConnectionClosed):
                socket.recv()
    text = log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert "no message" in [line.get("reason") for line in lines]
    assert "Traceback" not in text


def test_who_may_embed_the_app_is_an_origin():
    assert frame_ancestors("https://*.example.org http://a.b:8080") == (
        "https://*.example.org http://a.b:8080"
    )
    for wrong in ("https://a.b;script-src", "https://a.b/c", "*", "javascript:1", "a.b"):
        with pytest.raises(ValueError, match="must hold origins"):
            frame_ancestors(wrong)
