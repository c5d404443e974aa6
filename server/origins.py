"""Only the app's own page speaks to the server, and those origins that the settings name.

What a page sends is taken from the app's own page alone.

Streamlit checks this, too, but first asks an outside host for the machine's public address, while
everybody waits.
"""

from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


def is_allowed(origin: str, host: str, allowed: list[str]) -> bool:
    """Say whether a page of this origin may speak to the server at this host.

    Examples
    --------
    >>> is_allowed("http://lab.example.org:8501", "lab.example.org:8501", [])
    True
    >>> is_allowed("https://else.example.org", "lab.example.org", ["https://else.example.org"])
    True
    >>> is_allowed("http://[", "lab.example.org", [])
    False
    """
    try:
        address = urlsplit(origin)
    except ValueError:
        return False
    if not address.hostname:  # "null", which an entry without a scheme would equal
        return False
    return address.netloc == host or address.hostname in {urlsplit(o).hostname for o in allowed}


class OwnOrigin:
    """Refuse what a page from elsewhere sends; no answer to a request is shared with one.

    That is a WebSocket, and a POST: of those browsers always name the origin, and one that is
    opaque is "null".
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._allowed: list[str] = st.get_option("server.corsAllowedOrigins")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; Streamlit looks no further where no other origin is named."""
        if scope["type"] in ("http", "websocket"):
            headers = MutableHeaders(scope=scope)
            origin, host = headers.get("origin", ""), headers.get("host", "")
            if origin and not is_allowed(origin, host, []):
                if scope["type"] == "websocket" and not is_allowed(origin, host, self._allowed):
                    await send({"type": "websocket.close", "code": 1008})
                    return
                if scope["type"] == "http" and scope["method"] == "POST":
                    await PlainTextResponse("Not from elsewhere", 403)(scope, receive, send)
                    return
                del headers["origin"]
        await self._app(scope, receive, send)
