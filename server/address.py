"""One line in Streamlit's HTML page that tells it where the server answers."""

import base64
import hashlib
import json
import re
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util


def base_path() -> str:
    """Return the path before all others: "/prefix" where the settings name one, else nothing."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def address_script() -> str:
    """Return what tells the page the address of the server, relative to its own.

    And that it takes messages from itself alone: the player asks Streamlit's page for a sign of
    life from the server. By default pages of another company's hosts may do so.
    """
    path = json.dumps(base_path() or "/")
    address = f"BACKEND_BASE_URL:new URL({path},location.href).href"
    return f"window.__streamlit={{{address},HOST_CONFIG:{{allowedOrigins:[location.origin]}}}}"


def script_hashes() -> tuple[str, ...]:
    """Return the hashes of the page's inline scripts, as a Content-Security-Policy names them."""
    page = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    scripts = [address_script(), *re.findall(r"<script>(.*?)</script>", page, re.DOTALL)]
    return tuple(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )


class TellTheAddress:
    """Tell Streamlit's page in its head where the server answers.

    A page that is opened at /sigmoid asks for /sigmoid/_stcore/health first, which does not exist,
    and for /_stcore/health only then: a console error, and a round trip. Streamlit's own switch for
    that, `window.__streamlit`, has to be set before its script runs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._script = f"<script>{address_script()}</script></head>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; the one HTML page there is comes in a single piece or a few."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)
            return
        request = MutableHeaders(scope=scope)
        del request["accept-encoding"]  # 8 kB, to be read before it is packed
        for name in ("if-none-match", "if-modified-since"):
            del request[name]  # a page is another with another line, though its file is the same
        start: Message | None = None
        page = b""

        async def tell(message: Message) -> None:
            nonlocal start, page
            if message["type"] == "http.response.start":
                if Headers(raw=message["headers"]).get("content-type", "").startswith("text/html"):
                    start = message
                    return
            elif start is not None:
                page += message.get("body", b"")
                if message.get("more_body"):
                    return
                page = page.replace(b"</head>", self._script, 1)
                headers = MutableHeaders(scope=start)
                for name in ("etag", "last-modified"):
                    del headers[name]
                if scope["method"] == "HEAD":  # of a page that was not made
                    del headers["content-length"]
                else:
                    headers["content-length"] = str(len(page))
                await send(start)
                message = {"type": "http.response.body", "body": page}
            await send(message)

        await self._app(scope, receive, tell)
