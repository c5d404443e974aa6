"""What an instrument shows, position by position, and the message that carries it."""

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ce_core.formats import FORMATS
from lab.answers import Answers
from lab.settings import Settings
from live.parts import Columns as Table
from live.parts import Instrument
from pages.main import LESSONS
from tests.app.reading import Columns, Position

ANSWERS = Answers(LESSONS)
# What holds of the numbers of every format is held by tests/core; here are those with a margin in
# which a page's own arithmetic shows.
WIDE = tuple(name for name, fmt in FORMATS.items() if fmt.bits >= 16)
FIRST = ANSWERS.parameters.first()
SWATCHES = {
    "ink",
    "faint",
    "naive",
    "shifted",
    "fused",
    "onehot",
    "broken",
}  # those that the player knows


def settings(**changes: object) -> Settings:
    """Return the settings of an empty link, with changes."""
    return FIRST.put(**changes)


def many(classes: int, **changes: object) -> Settings:
    """Return settings of so many classes that nobody has touched."""
    query = {"logits": [",".join(map(str, range(classes)))]}
    return ANSWERS.parameters.read(query)[0].put(**changes)


def take(now: Settings, id_: str, value: object, page: str = "pipeline") -> Settings:
    """Change one thing as the player's question does; what is refused raises RefusedError."""
    lesson = ANSWERS.lessons[page]
    return ANSWERS._take(lesson, now, id_, str(value))  # noqa: SLF001


def built(page: str, now: Settings) -> tuple[list[Instrument], Columns]:
    """Return the instruments of a page, and the numbers of its columns by their names."""
    table = Table()
    instruments = list(ANSWERS.lessons[page].build(now, table))
    return instruments, {column.name: column.values for column in table}


def committed(instrument: Instrument) -> Position:
    return len(instrument.sliders) - 1, instrument.sliders[-1].index


def some_positions(instrument: Instrument, step: int = 10) -> Iterator[Position]:
    """Return some positions of every slider: its ends, its own value and some between."""
    for s, slider in enumerate(instrument.sliders):
        for k in {*range(0, len(slider.values), step), slider.index, len(slider.values) - 1}:
            yield s, k


def assert_drawn(
    found: Any, expected: Any, low: float, high: float, where: object, parts: int = 512
) -> None:
    """Check what is only drawn, on an axis from low to high."""
    span = high - low
    near = np.where(np.isinf(expected), expected, np.clip(expected, low - span, high + span))
    np.testing.assert_allclose(
        found, near, rtol=1e-7, atol=0.5001 * span / parts, err_msg=str(where)
    )


def unpacked(message: bytes) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Return the JSON of a message, which must be JSON as browsers read it, and its columns."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    (length,) = struct.unpack("<I", message[:4])
    head = json.loads(message[4 : 4 + length], parse_constant=refuse)
    body = message[4 + length :]
    columns = []
    for kind, (sliders, count, *items) in head["columns"]:
        size = np.dtype(kind).itemsize * int(np.prod([sliders, count, *items]))
        planes = np.frombuffer(body[:size], np.uint8).reshape(np.dtype(kind).itemsize, -1)
        numbers = planes.T.copy().view(f"<{kind}").reshape(*items, sliders, count)
        columns.append(np.moveaxis(numbers, 0, 2) if items else numbers)
        body = body[size:]
    assert body == b""
    return head, columns


def head(page: str, query: str) -> dict[str, Any]:
    """Return what a page is told beside its numbers."""
    found, _ = unpacked(ANSWERS.numbers(page, query).body)
    return found


def plotted(plot: Any, columns: Sequence[np.ndarray] = ()) -> Any:
    """Return a figure as the player gives it to Plotly: with its columns' numbers, and colours."""
    if isinstance(plot, dict):
        if "column" in plot:
            numbers = columns[plot["column"]]
            assert numbers.shape[:2] == (1, 1)  # it is the same everywhere
            return numbers.reshape(plot["rows"], -1) if "rows" in plot else numbers.ravel()
        return {key: plotted(part, columns) for key, part in plot.items()}
    if isinstance(plot, list):
        return [plotted(part, columns) for part in plot]
    return "#808080" if plot in SWATCHES else plot


def positions(
    now: Settings, instrument: Instrument, chosen: Iterable[int]
) -> Iterator[tuple[Position, Settings]]:
    """Yield some positions of each slider, and the settings that they stand for."""
    for s, slider in enumerate(instrument.sliders):
        last = len(slider.values) - 1
        for k in {*(min(k, last) for k in chosen), last, slider.index}:
            key, _, i = slider.id.partition(".")
            value = slider.values[k]
            if i:
                values = list(now.get(key))
                values[int(i)] = values[int(i)] if slider.masked else value
                value = tuple(values)
            yield (s, k), now.put(**{key: value})


def in_full(columns: Columns, shape: tuple[int, int]) -> Columns:
    """Return the columns with those that are the same everywhere spread over the positions."""
    return {
        name: np.broadcast_to(column, (*shape, *column.shape[2:]))
        for name, column in columns.items()
        if column.shape[:2] in ((1, 1), shape)
    }
