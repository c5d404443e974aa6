"""What NumPy says while it computes, kept rather than given as a warning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


class _Log:
    """What NumPy writes to; unlike `warnings.catch_warnings` safe in threads."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def write(self, message: str) -> None:
        self.messages.append(message.removeprefix("Warning: ").rstrip())


@contextmanager
def listening() -> Iterator[list[str]]:
    """Return the list to which NumPy's words are added, each operation's once.

    It is silent about underflow, as by default.

    Examples
    --------
    >>> with listening() as said:
    ...     x = np.exp(np.array([800.0, 0.0]))
    >>> said
    ['overflow encountered in exp']
    """
    log = _Log()
    with np.errstate(over="log", divide="log", invalid="log", under="ignore", call=log):
        yield log.messages
