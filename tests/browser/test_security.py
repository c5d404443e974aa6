"""What the server sends with every response, and what a page may not do."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from server.headers import frame_ancestors
from tests.browser.conftest import OpenPage
from tests.browser.serving import serve

# A page, a file, plotly.js, health, a path that is refused, and one that does not exist.
PATHS = [
    "/",
    "/pipeline?logits=1,2",
    "/favicon.png",
    "/vendor/plotly.min.js",
    "/_stcore/health",
    "/..%2f..%2fetc/passwd",
    "/vendor/none.js",
]


def headers_of(url: str) -> dict[str, str]:
    try:
        with urllib.request.urlopen(url) as answer:
            return dict(answer.headers.items())
    except urllib.error.HTTPError as error:
        if error.code >= 500:
            raise
        return dict(error.headers.items())


@pytest.mark.parametrize("path", PATHS)
def test_every_response_has_the_security_headers(server: str, path: str):
    headers = {name.lower(): value for name, value in headers_of(server + path).items()}
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


def test_text_that_became_html_would_run_nothing(open_page: OpenPage):
    page = open_page(allowed="Content Security Policy|Refused to")
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
        headers_of(f"{app.url}/vendor/none.js?names=somebody")
        headers_of(f"{app.url}/pipeline?names=somebody")
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    refused = [line for line in lines if line["message"] == "request refused"]
    assert [(line["path"], line["status"], line["level"]) for line in refused] == [
        ("/vendor/none.js", 404, "WARNING")
    ]
    assert "somebody" not in log.read_text()
    assert "127.0.0.1" not in "".join(map(json.dumps, lines))


def connects(server: str, origin: str) -> bool:
    address = f"{server.replace('http', 'ws')}/_stcore/stream"
    try:
        with connect(address, origin=Origin(origin), subprotocols=[Subprotocol("streamlit")]):
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
        health = f"{app.url}/_stcore/health"
        asked = urllib.request.Request(health, headers={"Origin": "https://evil.example"})
        with urllib.request.urlopen(asked) as response:
            assert "Access-Control-Allow-Origin" not in response.headers
    assert "external IP" not in log.read_text()


def test_what_is_no_message_is_no_error_of_the_server(tmp_path: Path):
    log = tmp_path / "log.txt"
    with serve(log) as app:
        address = f"{app.url.replace('http', 'ws')}/_stcore/stream"
        with connect(address, subprotocols=[Subprotocol("streamlit")]) as socket:
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
