"""From the body of a request to the pieces of its answer."""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lab.batch.frames import error, frame
from lab.batch.picture import result
from lab.words import say


@dataclass(frozen=True)
class Reply:
    """An answer: how it goes out, and its pieces, each the work of one turn."""

    pieces: Iterator[bytes]
    status: int = 200
    media_type: str = "application/octet-stream"
    file_name: str = ""


def reply(body: memoryview) -> Reply:
    """Read the body of a request, and begin its answer."""
    return Reply(_stream(body))


def _stream(body: memoryview) -> Iterator[bytes]:
    try:
        (length,) = struct.unpack_from("<I", body)
        head = json.loads(bytes(body[4 : 4 + length]))
        size = int(head["size"])
        text = bytes(body[4 + length : 4 + length + size]).decode()
        options = head["options"]
    except (struct.error, ValueError, KeyError, TypeError):
        yield error("numbers", say("numbers.expected_head"))
        return
    try:
        table = [[float(x) for x in line.replace(",", " ").split()] for line in text.splitlines()]
        given = np.array([row for row in table if row])
        if given.ndim != 2:
            raise ValueError("ragged")
    except ValueError as wrong:
        yield error("numbers", str(wrong), 1, 1)
        return
    targets = given[:, -1].astype(int)
    logits = given[:, :-1]
    rows, classes = logits.shape
    targets = np.clip(targets, 0, classes - 1)
    texts = [[f"{x:g}" for x in row] for row in logits[:50]]
    yield frame(
        "read",
        rows=rows,
        classes=classes,
        notes=[],
        dtype="",
        header=[],
        table=texts,
        targets=[str(t) for t in targets],
    )
    yield frame("progress", done=0, of=rows)
    yield result(logits, targets, options.get("format") or "float32")
