"""What an instrument shows, position by position, and the message that carries it."""

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from pages.shared import controls
from pages.shared.controls import Settings
from pages.shared.live import Instrument
from tests.app.reading import Columns, Position


def many(classes: int, **changes: object) -> Settings:
    """Return settings of so many classes that nobody has touched."""
    query = {"logits": [",".join(map(str, range(classes)))]}
    return replace(controls.read(query)[0], **changes)


def committed(instrument: Instrument) -> Position:
    return len(instrument.sliders) - 1, instrument.sliders[-1].index


def some_positions(instrument: Instrument, step: int = 10) -> Iterator[Position]:
    """Return some positions of every slider: its ends, its own value and some between."""
    for s, slider in enumerate(instrument.sliders):
        for k in {*range(0, len(slider.values), step), slider.index, len(slider.values) - 1}:
            yield s, k


def unpacked(message: bytes) -> tuple[dict[str, Any], Columns]:
    """Return the JSON of a message, which must be JSON as browsers read it, and its columns."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    plain = zlib.decompress(message)
    (length,) = struct.unpack("<I", plain[:4])
    head = json.loads(plain[4 : 4 + length], parse_constant=refuse)
    body = plain[4 + length :]
    columns: Columns = {}
    for name, kind, (sliders, count, *items) in head["columns"]:
        size = np.dtype(kind).itemsize * int(np.prod([sliders, count, *items]))
        planes = np.frombuffer(body[:size], np.uint8).reshape(np.dtype(kind).itemsize, -1)
        numbers = planes.T.copy().view(f"<{kind}").reshape(*items, sliders, count)
        columns[name] = np.moveaxis(numbers, 0, 2) if items else numbers
        body = body[size:]
    assert body == b""
    return head, columns


def positions(
    settings: Settings, instrument: Instrument, chosen: Iterable[int]
) -> Iterator[tuple[Position, Settings]]:
    """Yield some positions of each slider, and the settings that they stand for."""
    for s, slider in enumerate(instrument.sliders):
        last = len(slider.values) - 1
        for k in {*(min(k, last) for k in chosen), last, slider.index}:
            key, _, i = slider.id.partition(".")
            value = slider.values[k]
            if i:
                now = list(getattr(settings, key))
                now[int(i)] = now[int(i)] if slider.masked else value
                value = tuple(now)
            yield (s, k), replace(settings, **{key: value})


def in_full(columns: Columns, shape: tuple[int, int]) -> Columns:
    """Return the columns with those that are the same everywhere spread over the positions."""
    return {
        name: np.broadcast_to(column, (*shape, *column.shape[2:]))
        for name, column in columns.items()
    }
