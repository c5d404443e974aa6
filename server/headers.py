"""Security headers on every response: what a page of the app may load, and who may embed it."""

import os
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# An origin, as in https://example.org or https://*.example.org:8443; "'self'"; or "'none'".
_ANCESTOR = re.compile(r"'self'|'none'|https?://(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?")

# What each allowance is for:
# script-src blob:  Streamlit imports the component from a blob: address.
# script-src sha256-…  the two inline scripts of the page, by their text (server/address.py).
# style-src 'unsafe-inline'  Streamlit's React components and plotly.js insert their styles.
# img-src data:  the page's icon, and the pictures of the first page, drawn as SVG.
# font-src data:  KaTeX's fonts in Streamlit's style sheet.
# connect-src  the server and its WebSocket, which 'self' covers (in Safari since 15.4).
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}

# None of them is used.
_POWERS = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "serial",
    "usb",
)


def frame_ancestors(text: str) -> str:
    """Read who may embed the app: origins with blanks between them, or nothing for nobody.

    Raises
    ------
    ValueError
        If one of them is not an origin.

    Examples
    --------
    >>> frame_ancestors("https://moodle.example.org  'self'")
    "https://moodle.example.org 'self'"
    >>> frame_ancestors("")
    "'none'"
    """
    ancestors = text.split() or ["'none'"]
    for ancestor in ancestors:
        if not _ANCESTOR.fullmatch(ancestor):
            raise ValueError(
                "CE_FRAME_ANCESTORS must hold origins such as https://moodle.example.org or"
                f" 'self', with blanks between them; got {ancestor!r}"
            )
    return " ".join(ancestors)


def transport_seconds(text: str) -> int:
    """Read for how many seconds a browser is to ask by https alone; nothing for never.

    Raises
    ------
    ValueError
        If it is no number of seconds.

    Examples
    --------
    >>> transport_seconds("31536000"), transport_seconds("")
    (31536000, 0)
    """
    if text and not re.fullmatch(r"[0-9]{1,10}", text):
        raise ValueError(f"CE_HSTS_SECONDS must be a number of seconds; got {text!r}")
    return int(text or 0)


class SecurityHeaders:
    """Put the headers on every HTTP response, errors and redirects included."""

    def __init__(self, app: ASGIApp, scripts: tuple[str, ...] = ()) -> None:
        self._app = app
        ancestors = frame_ancestors(os.environ.get("CE_FRAME_ANCESTORS", ""))
        policy = {
            **_POLICY,
            "script-src": " ".join([_POLICY["script-src"], *scripts]),
            "frame-ancestors": ancestors,
        }
        self._headers = {
            "Content-Security-Policy": "; ".join(
                f"{name} {value}" for name, value in policy.items()
            ),
            "X-Content-Type-Options": "nosniff",
            # The address holds the learner's numbers and class names; no other host is told.
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": ", ".join(f"{power}=()" for power in _POWERS),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Permitted-Cross-Domain-Policies": "none",
        }
        if ancestors == "'none'":  # for browsers that do not know frame-ancestors
            self._headers["X-Frame-Options"] = "DENY"
        if seconds := transport_seconds(os.environ.get("CE_HSTS_SECONDS", "")):
            self._headers["Strict-Transport-Security"] = f"max-age={seconds}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""

        async def with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, with_headers)
