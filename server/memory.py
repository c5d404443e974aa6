"""Memory that a class took goes back to the system when it has left."""

import asyncio
import ctypes
import gc
import platform

from starlette.types import ASGIApp, Receive, Scope, Send

_GLIBC = ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
_M_ARENA_MAX = -8  # mallopt(3)
_ARENAS = 2
_WAIT = 5.0  # s; who leaves meanwhile is cleared away with the others


def share_arenas() -> None:
    """Let all threads that start from now on share two of malloc's arenas.

    Streamlit computes each answer in a new thread. glibc gives a thread that finds no free arena
    one of its own, up to eight for each core, and each keeps much of the most that it ever held.
    """
    if _GLIBC:
        _GLIBC.mallopt(_M_ARENA_MAX, _ARENAS)


class GivesBack:
    """Collect garbage some seconds after a WebSocket was closed, and give free pages back.

    A Streamlit session refers to itself, so that only the collector of garbage frees it, and Python
    by itself looks at the oldest objects rarely.
    """

    def __init__(self, app: ASGIApp, wait: float = _WAIT) -> None:
        self._app = app
        self._wait = wait
        self._due: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "websocket" and self._due is None:
                loop = asyncio.get_running_loop()
                self._due = loop.call_later(self._wait, self._give_back)

    def _give_back(self) -> None:
        self._due = None
        gc.collect()
        if not gc.get_freeze_count():
            # What is left now is mostly the modules. To look at them took 0.1 s each time, in which
            # nobody is served.
            gc.freeze()
        if _GLIBC:
            _GLIBC.malloc_trim(0)
