"""Files go out compressed, and each is compressed once for all who ask.

Streamlit sends its own files as they are, because to compress them for every visitor takes the
server longer than it saves: 3.2 MB at a first visit. Kept compressed they are 1.2 MB, and take half
of the processor time that it takes to read them anew.
"""

import asyncio
import gzip
import posixpath
from collections import OrderedDict

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.address import base_path

_FOLDERS = ("/static/", "/vendor/", "/live/")
# No HTML: whatever does not exist below /static/ is answered with Streamlit's page.
_TYPES = {
    "application/javascript",
    "application/json",
    "image/svg+xml",
    "text/css",
    "text/javascript",
    "text/plain",
}
_SMALLEST = 500  # bytes of a file; below, the headers weigh more than what is saved
_LARGEST = 8 << 20
_ROOM = 16 << 20  # bytes of compressed files; all that there are take 8 million


def accepts_gzip(encodings: str) -> bool:
    """Say whether an Accept-Encoding names gzip, and does not refuse it.

    Examples
    --------
    >>> accepts_gzip("br, GZIP;q=0.5"), accepts_gzip("gzip;q=0, br"), accepts_gzip("")
    (True, False, False)
    """
    for encoding in encodings.lower().split(","):
        name, _, weight = encoding.partition(";")
        if name.strip() == "gzip":
            return weight.strip().removeprefix("q=").strip("0.") != "" or not weight.strip()
    return False


class Packed:
    """Send the files below some folders compressed, and keep them so, up to `room` bytes.

    The app within is asked for a file's headers each time, so that only what it serves now is
    served. A file is kept by its path alone, without the query and without detours ("/./", "//"):
    what a stranger invents takes no memory.
    """

    def __init__(
        self, app: ASGIApp, folders: tuple[str, ...] = _FOLDERS, room: int = _ROOM
    ) -> None:
        self._app = app
        self._folders = tuple(f"{base_path()}{folder}" for folder in folders)
        self._room = room
        self._kept: OrderedDict[str, tuple[str, bytes]] = OrderedDict()  # path: ETag, content
        # One at a time: a class that comes at once asks for the same files.
        self._packing = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http" or not scope["path"].startswith(self._folders):
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        packs = accepts_gzip(asked.get("accept-encoding", ""))
        # Streamlit would compress what is not its own, for each who asks.
        scope["headers"] = [(k, v) for k, v in scope["headers"] if k.lower() != b"accept-encoding"]

        async def send_varied(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Accept-Encoding")
                if packs and message["status"] == 304:
                    _weaken(headers)
            await send(message)

        if packs and scope["method"] in ("GET", "HEAD"):
            start, _ = await self._ask(scope, receive, "HEAD")
            if _is_worth_it(start) and (content := await self._content(scope, receive, start)):
                headers = MutableHeaders(scope=start)
                headers["Content-Encoding"] = "gzip"
                headers["Content-Length"] = str(len(content))
                del headers["Accept-Ranges"]  # ranges are of the file as it is
                _weaken(headers)
                await send_varied(start)
                body = content if scope["method"] == "GET" else b""
                await send({"type": "http.response.body", "body": body})
                return
        await self._app(scope, receive, send_varied)

    async def _ask(self, scope: Scope, receive: Receive, method: str) -> tuple[Message, bytes]:
        start: Message = {}
        pieces: list[bytes] = []

        async def gather(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                pieces.append(message.get("body", b""))

        # Without extensions the file itself comes, and not its path for the server to send.
        await self._app({**scope, "method": method, "extensions": {}}, receive, gather)
        return start, b"".join(pieces)

    async def _content(self, scope: Scope, receive: Receive, start: Message) -> bytes | None:
        """Return a file compressed; None where its reader left before all of it was read."""
        path, etag = posixpath.normpath(scope["path"]), Headers(scope=start)["etag"]
        if kept := self._find(path, etag):
            return kept
        async with self._packing:
            if kept := self._find(path, etag):  # meanwhile
                return kept
            _, body = await self._ask(scope, receive, "GET")
            if len(body) != int(Headers(scope=start)["content-length"]):
                return None
            content = await asyncio.to_thread(gzip.compress, body, 9, mtime=0)
            self._kept[path] = etag, content
            while sum(len(content) for _, content in self._kept.values()) > self._room:
                self._kept.popitem(last=False)
            return content

    def _find(self, path: str, etag: str) -> bytes | None:
        """Return what is kept of a file, unless that was another state of it."""
        kept_etag, content = self._kept.get(path, ("", b""))
        if kept_etag != etag:
            return None
        self._kept.move_to_end(path)
        return content


def _is_worth_it(start: Message) -> bool:
    headers = Headers(scope=start)
    return (
        start["status"] == 200
        and headers.get("content-type", "").partition(";")[0] in _TYPES
        and "content-encoding" not in headers
        and "etag" in headers
        and _SMALLEST <= int(headers.get("content-length", 0)) <= _LARGEST
    )


def _weaken(headers: MutableHeaders) -> None:
    """Let the ETag name the file in all its encodings; Starlette finds it in If-None-Match."""
    if headers.get("etag", "").startswith('"'):
        headers["etag"] = f"W/{headers['etag']}"
