"""The frames of a stream, as the docstring of `lab.batch` has them."""

import struct
from typing import Any

from live.message import message
from live.parts import Columns


def framed(told: bytes) -> bytes:
    """Return a message with its length before it."""
    return struct.pack("<I", len(told)) + told


def frame(kind: str, **head: Any) -> bytes:
    """Return the frame of a message without columns."""
    return framed(message({"kind": kind, **head}, Columns()))


def error(field: str, text: str, line: int = 0, column: int = 0) -> bytes:
    """Return the frame of an error; a line and a column of 0 mean that there is none."""
    return frame("error", field=field, text=text, line=line, column=column)
