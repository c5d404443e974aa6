"""How malloc shares memory among threads.

Streamlit computes each answer in a new thread. glibc gives a thread that finds no free arena one of
its own, up to eight for each core, and each keeps the most that it ever held: after a class the
server was half as large again as before it. Python's lock lets one thread allocate at a time
anyway, but for NumPy's and zlib's work.
"""

import ctypes
import platform

_M_ARENA_MAX = -8  # mallopt(3)
_ARENAS = 2


def share_arenas() -> None:
    """Let all threads that start from now on share two arenas, where malloc is glibc's."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
