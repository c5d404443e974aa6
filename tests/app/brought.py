"""Bring numbers as the page does, and read the frames that come back."""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lab.batch.replies import Reply, reply
from tests.app.instruments import unpacked

OPTIONS = ("format", "kind", "reduction", "weight", "ignore_index", "label_smoothing", "pos_weight")


def body(
    numbers: str | bytes, targets: str = "", file: str = "", name: str = "", **options: str
) -> bytes:
    """Write a request."""
    data = numbers if isinstance(numbers, bytes) else numbers.encode()
    apart = targets.encode()
    head = {
        "lang": "en",
        "as": file,
        "name": name,
        "size": len(data),
        "targets_name": "",
        "targets_size": len(apart),
        "options": dict.fromkeys((*OPTIONS, "columns"), "") | options,
    }
    told = json.dumps(head).encode()
    return struct.pack("<I", len(told)) + told + data + apart


@dataclass(frozen=True)
class Frame:
    """A message: its head, and its columns."""

    head: dict[str, Any]
    columns: list[np.ndarray]

    @property
    def kind(self) -> str:
        """Return what it is about."""
        return str(self.head["kind"])

    def value(self, cell: dict[str, Any], position: int = 0) -> float:
        """Return the number of a cell."""
        column = self.columns[cell["column"]]
        row = column[(0, 0) if column.shape[:2] == (1, 1) else (0, position)]
        return float(row[cell["item"]] if np.ndim(row) else row)

    def readout(self, name: str) -> float:
        """Return the number of the card whose readout has this name."""
        cards = [*self.head["reduced"], self.head["denominator"]]
        for card in self.head["layout"]["instruments"]:
            cards += card["cards"]
        (cell,) = [card["value"] for card in cards if card and card["value"]["readout"] == name]
        return self.value(cell)

    def column(self, title: str) -> list[float]:
        """Return a column of the table of rows, whose words are numbers here."""
        table = self.head["layout"]["rows"]
        cell = table["cells"][table["head"].index(title)]
        return [self.value(cell, k) for k in range(len(self.queries))]

    @property
    def queries(self) -> list[str]:
        """Return the links of the rows."""
        return list(self.head["opens"]["queries"])


def frames(data: bytes) -> Iterator[Frame]:
    """Read frames, of which none may be cut."""
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        at += 4 + length
        assert at <= len(data)
        yield Frame(*unpacked(data[at - length : at]))


def brought(numbers: str | bytes, targets: str = "", **options: str) -> list[Frame]:
    """Bring numbers; return the frames of the answer."""
    return list(frames(b"".join(answer(numbers, targets, **options).pieces)))


def answer(numbers: str | bytes, targets: str = "", **options: str) -> Reply:
    """Bring numbers; return the answer as it goes out."""
    return reply(memoryview(body(numbers, targets, **options)))


def result(numbers: str | bytes, targets: str = "", **options: str) -> Frame:
    """Bring numbers; return the last frame, which has all rows, of an answer without errors."""
    found = brought(numbers, targets, **options)
    assert [frame.kind for frame in found if frame.kind in ("error", "report")] == []
    assert found[-1].head["done"] == found[-1].head["of"]
    return found[-1]


def titles(frame: Frame) -> list[str]:
    """Return what is advised."""
    return [advice["title"] for advice in frame.head["advice"]]
