"""The paths that a visit needs. All others answer 404, whatever Streamlit serves there.

It serves uploads, downloads, an API for agents, ways to log in, and its metrics, to whoever asks.
"""

import os
import re

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from server.address import base_path
from server.batch import PATH as BATCH

LONGEST = 16_000  # characters of a path and its query; docs/deploy.md: nginx takes no more either
_FOLDERS = ("/static/", "/vendor/", "/live/", "/answer/")
_FILES = ("/", "/favicon.png", "/_stcore/health", "/_stcore/host-config")
_STREAM = "/_stcore/stream"
_METRICS = "/_stcore/metrics"
_METHODS = ("GET", "HEAD")
_ROOM = re.compile(r"/room(/[^/]+/(?P<name>events|csv|lead|answer|end))?")


class KnownPaths:
    """Let requests through that a visit has a use for.

    Parameters
    ----------
    app : ASGI app
        What answers them.
    pages : tuple of str
        The names of the pages. The first has no path in Streamlit; who asks for one is sent on.
    """

    def __init__(self, app: ASGIApp, pages: tuple[str, ...]) -> None:
        self._app = app
        base = base_path()
        files = [*_FILES, *(f"/{page}" for page in pages[1:])]
        if os.environ.get("CE_METRICS") == "1":
            files.append(_METRICS)
        self._files = {f"{base}{path}" for path in files} | ({base} if base else set())
        self._folders = tuple(f"{base}{folder}" for folder in _FOLDERS)
        self._stream = f"{base}{_STREAM}"
        self._base = base
        self._first = f"{base}/{pages[0]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it."""
        if scope["type"] == "http":
            refusal = self._refusal(scope)
            if refusal:
                await refusal(scope, receive, send)
                return
        elif scope["type"] == "websocket" and scope["path"] != self._stream:
            await PlainTextResponse("Not found", 404)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if len(scope.get("raw_path") or path) + len(scope["query_string"]) > LONGEST:
            return PlainTextResponse("Too long", 414)
        if path == self._first:
            query = scope["query_string"].decode("latin-1")
            return RedirectResponse(f"{self._base}/{f'?{query}' if query else ''}", 308)
        methods = self._methods(path)
        if not methods:
            return PlainTextResponse("Not found", 404)
        if scope["method"] not in methods:
            return PlainTextResponse("Not allowed", 405, {"Allow": ", ".join(methods)})
        return None

    def _methods(self, path: str) -> tuple[str, ...]:
        """Return how a path may be asked for; nothing where there is none."""
        if path in self._files or path.startswith(self._folders):
            return _METHODS
        below = path.removeprefix(self._base) if path.startswith(self._base) else ""
        if room := _ROOM.fullmatch(below):
            return ("GET",) if room["name"] in ("events", "csv") else ("POST",)
        return ("POST",) if below == BATCH else ()
