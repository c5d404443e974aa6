"""One JSON object a line for what the server does, without a word about who asked.

No address, no cookie, no query string: a link holds class names that somebody typed.
"""

import asyncio
import json
import logging
import re
import time
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOGGER = logging.getLogger("ce")
# Whoever knows a session's id may go on with that session; Streamlit has paths that hold one.
_SESSION = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}.*", re.IGNORECASE | re.DOTALL
)
# Whoever knows a room's code is in the room.
_ROOM = re.compile(r"/room/+[^/]*", re.IGNORECASE)
_QUIET = 400  # HTTP status; requests that went well are for the proxy's log


class JsonLines(logging.Formatter):
    """Format a log record as one line of JSON.

    Examples
    --------
    >>> record = logging.LogRecord("ce", logging.INFO, "", 0, "opened %s", ("a",), None)
    >>> line = json.loads(JsonLines().format(record))
    >>> line["level"], line["logger"], line["message"]
    ('INFO', 'ce', 'opened a')
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is one of its texts."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def write_json_lines() -> None:
    """Let the loggers of the app, of Streamlit and of its server write JSON lines.

    The server's own messages name addresses, so that of these only warnings are written.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    for name in ("ce", "streamlit", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("streamlit."):  # each has a handler of its own
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = [], True
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.WARNING)
    _LOGGER.setLevel(logging.INFO)


class Logged:
    """Log requests that were refused or failed, and how long each WebSocket was open."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        start = time.monotonic()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except asyncio.CancelledError:
            # uvicorn alone cancels this, when it ends while an answer is under way. It would log a
            # traceback for each: seconds, where many are open.
            pass
        finally:
            fields: dict[str, object] = {"path": _masked(scope["path"])[:100]}
            fields["seconds"] = round(time.monotonic() - start, 3)
            if scope["type"] == "websocket":
                _LOGGER.info("session ended", extra={"fields": fields})
            elif status >= _QUIET or status == 0:
                fields |= {"status": status, "method": scope["method"]}
                _LOGGER.warning("request refused", extra={"fields": fields})


def _masked(path: str) -> str:
    return _ROOM.sub("/room/…", _SESSION.sub("…", path))
