"""Memory that a class took goes back to the system when it has left."""

import asyncio
import ctypes
import gc
import platform
from typing import Any

import streamlit as st
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime

_GLIBC = ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
_M_ARENA_MAX = -8  # mallopt(3)
_ARENAS = 2


def share_arenas() -> None:
    """Let all threads that start from now on share two of malloc's arenas.

    Streamlit computes each answer in a new thread. glibc gives a thread that finds no free arena
    one of its own, up to eight for each core, and each keeps much of the most that it ever held.
    """
    if _GLIBC:
        _GLIBC.mallopt(_M_ARENA_MAX, _ARENAS)


def skip_modules() -> None:
    """Leave what is loaded by now out of every later search for garbage.

    To look at it took 60 ms each time, in which nobody is served, and it is never garbage.
    """
    gc.freeze()


class GivesBack:
    """Free the sessions of those who left when they will not come back, and return the pages.

    Streamlit keeps a session for `server.disconnectedSessionTTL` seconds. It forgets it only when
    another one ends, so that those of a class which left together would stay. Parts of a session
    refer to each other, and Python by itself looks rarely for garbage among old objects.
    """

    def __init__(self, app: ASGIApp, wait: float | None = None) -> None:
        self._app = app
        ttl: int = st.get_option("server.disconnectedSessionTTL")
        self._wait = ttl + 1.0 if wait is None else wait  # s
        self._due: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "websocket" and self._due is None:
                self._later()

    def _later(self) -> None:
        self._due = asyncio.get_running_loop().call_later(self._wait, self._give_back)

    def _give_back(self) -> None:
        self._due = None
        if _sessions_kept():
            self._later()
        gc.collect()
        if _GLIBC:
            _GLIBC.malloc_trim(0)


def _sessions_kept() -> int:
    """Return how many of those who left may still come back, and forget the others.

    `TTLCache` forgets when it is asked for its length; Streamlit has no public way to ask.
    """
    if not runtime.exists():
        return 0
    manager: Any = runtime.get_instance()._session_mgr  # noqa: SLF001
    return len(manager._session_storage._cache)  # noqa: SLF001
