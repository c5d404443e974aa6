"""The messages to the player: what rarely changes, and what changes with every release."""

import hashlib
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from live.parts import Column, Columns, Figure, Instrument, Surround

# What changes with a release and is sent with the numbers; the rest decides which elements there
# are.
_NOW = {
    "sliders": ("values", "index", "masked"),
    "switches": ("on",),
    "stacks": ("looks", "alt"),
    "lanes": ("stretches", "low", "high", "alt"),
    "choices": ("selected",),
    "figures": ("plot", "alt"),
    "sentences": ("said",),
}


@dataclass(frozen=True)
class Packed:
    """The two messages about one picture; `hash` is that of the layout."""

    layout: bytes
    hash: str
    numbers: bytes


def pack(
    instruments: Sequence[Instrument],
    columns: Columns,
    surround: Surround,
    head: Mapping[str, Any],
) -> Packed:
    """Write the messages about some instruments and the table that they play.

    The numbers are the length of a head (four bytes, the lowest first), the head as JSON, and the
    columns. `head` is what the player is told beside the numbers.

    Examples
    --------
    >>> from live.parts import Slider
    >>> instrument = Instrument("Scores", "", [Slider("z", "z", "score", [0.0, 1.0], 1)])
    >>> packed = pack([instrument], Columns(), Surround(), {"link": "z=1"})
    >>> (length,) = struct.unpack("<I", packed.numbers[:4])
    >>> json.loads(packed.numbers[4 : 4 + length])["instruments"][0]["sliders"]
    [{'count': 2, 'index': 1, 'masked': False}]
    """
    laid_out = _laid_out(instruments, columns)
    around = {
        "title": surround.title,
        "steps": surround.steps,
        "break": surround.breaking,
        "questions": surround.questions,
        "closing": surround.closing,
        "links": surround.links,
        "lessons": surround.tiles,
        "reveals": surround.reveals,
        "instruments": laid_out,
    }
    layout = _json(around)
    digest = hashlib.blake2b(layout, digest_size=8).hexdigest()
    told = {**head, "layout": digest, "instruments": [_now(i) for i in instruments]}
    return Packed(
        b'{"hash":"' + digest.encode() + b'",' + layout[1:], digest, message(told, columns)
    )


def message(head: Mapping[str, Any], columns: Columns) -> bytes:
    """Write a head and some columns."""
    table = [[column.values.dtype.str[1:], column.values.shape] for column in columns]
    told = _json({**head, "columns": table})
    return struct.pack("<I", len(told)) + told + b"".join(_planes(c.values) for c in columns)


def pack_whole(
    instruments: Sequence[Instrument],
    figures: Sequence[Figure],
    columns: Columns,
    head: Mapping[str, Any],
    layout: Mapping[str, Any],
) -> bytes:
    """Write one message about what is shown once: its head holds the layout, too.

    `figures` are those that belong to no instrument.
    """
    laid_out = _laid_out(instruments, columns)
    changing = [{key: vars(figure)[key] for key in _NOW["figures"]} for figure in figures]
    still = [_without(figure, _NOW["figures"]) for figure in figures]
    told = {
        **head,
        "layout": {**layout, "instruments": laid_out, "figures": still},
        "instruments": [_now(instrument) for instrument in instruments],
        "figures": changing,
    }
    return message(told, columns)


def _laid_out(instruments: Sequence[Instrument], columns: Columns) -> list[dict[str, Any]]:
    positions = [
        columns.add(f"positions {i}", _positions(instrument))
        for i, instrument in enumerate(instruments)
    ]
    return [
        _layout(instrument) | {"positions": column}
        for instrument, column in zip(instruments, positions, strict=True)
    ]


def _json(value: Any) -> bytes:
    text = json.dumps(value, default=_plain, allow_nan=False, separators=(",", ":"))
    return text.encode()


def _plain(part: Any) -> Any:
    return part.number if isinstance(part, Column) else vars(part)


def _positions(instrument: Instrument) -> np.ndarray:
    """Return the values of all sliders; the shorter ones stay at their last."""
    longest = max(len(slider.values) for slider in instrument.sliders)
    table = np.empty((len(instrument.sliders), longest))
    for row, slider in zip(table, instrument.sliders, strict=True):
        row[: len(slider.values)] = slider.values
        row[len(slider.values) :] = slider.values[-1]
    return table


def _layout(instrument: Instrument) -> dict[str, Any]:
    layout = dict(vars(instrument))
    for part, changing in _NOW.items():
        layout[part] = [_without(item, changing) for item in layout[part]]
    del layout["choice"]
    if instrument.presets:
        layout["presets"] = {k: v for k, v in vars(instrument.presets).items() if k != "picked"}
    if instrument.code:
        layout["code"] = {k: v for k, v in vars(instrument.code).items() if k != "text"}
    return layout


def _without(part: Any, keys: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in vars(part).items() if key not in keys}


def _now(instrument: Instrument) -> dict[str, Any]:
    return {
        "sliders": [
            {"count": len(slider.values), "index": slider.index, "masked": slider.masked}
            for slider in instrument.sliders
        ],
        "choice": instrument.choice,
        "switches": [{"on": switch.on} for switch in instrument.switches],
        "stacks": [{"alt": stack.alt, "looks": stack.looks} for stack in instrument.stacks],
        "lanes": [{key: vars(lanes)[key] for key in _NOW["lanes"]} for lanes in instrument.lanes],
        "choices": [{"selected": choice.selected} for choice in instrument.choices],
        "picked": instrument.presets.picked if instrument.presets else "",
        "figures": [{"plot": figure.plot, "alt": figure.alt} for figure in instrument.figures],
        "sentences": [sentence.said for sentence in instrument.sentences],
        "code": instrument.code.text if instrument.code else None,
    }


def _planes(column: np.ndarray) -> bytes:
    """Return the numbers of the first item, then of the second: of each the first byte, and so on.

    Along a slider the bytes of one place change little. So arranged, the tables deflate to two
    thirds of what they otherwise do, and in two thirds of the time.
    """
    items = np.moveaxis(column, 2, 0) if column.ndim == 3 else column
    numbers = np.ascontiguousarray(items).reshape(-1, 1)
    return numbers.view(np.uint8).T.tobytes()


def cut(column: np.ndarray) -> np.ndarray:
    """Cut float64 to 29 bits where it shows the same digits then, of up to eight; else leave it.

    It lets a message deflate: the pipeline's, with ten classes, takes 216 kB instead of 400.

    Rounded to n <= 8 digits, two numbers look alike if they lie between the same two multiples of
    half a unit of the eighth digit. Between these there is a number of 29 bits, next below the
    given one or next above. One that is itself close to a multiple, such as 0.1, stays whole, for
    its side counts; and so does one below 1e-290, of which the multiples are beyond float64.

    Examples
    --------
    >>> short = cut(np.array([4.76452715285, 0.1]))
    >>> f"{short[0]:.8g} {short[0]:.14g} {short[1]}"
    '4.7645272 4.764527156949 0.1'
    """
    numbers = np.ascontiguousarray(column, np.float64).reshape(-1)
    found = np.empty_like(numbers)
    for start in range(0, len(numbers), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        _cut_into(found[part], numbers[part])
    return found.reshape(np.shape(column))


def _cut_into(found: np.ndarray, numbers: np.ndarray) -> None:
    bits, low = numbers.view(np.uint64), found.view(np.uint64)
    np.bitwise_and(bits, ~np.uint64(0xFFFFFF), out=low)
    per_half = _PER_HALF[(bits >> np.uint64(48)).view(np.int64)]
    with np.errstate(over="ignore", invalid="ignore"):
        place = np.abs(numbers)
        place *= per_half
        cell = np.floor(place)
        place -= cell
        below = np.abs(found)
        below *= per_half
        below -= cell
        good = below > _NEAR
        good &= place < 1 - _NEAR
        rest = np.flatnonzero(~good)
        above = (low[rest] + np.uint64(0x1000000)).view(np.float64)
        inside = np.abs(above) * per_half[rest] - cell[rest] < 1 - _NEAR
        inside &= place[rest] > _NEAR
    found[rest] = np.where(inside, above, numbers[rest])


def _multiples() -> np.ndarray:
    """Return, by sign, exponent and four more bits, how many halves of a unit are in 1."""
    per_half = np.zeros(2**15)
    first = (np.arange(2**15, dtype=np.uint64) << np.uint64(48)).view(np.float64)
    # A sixteenth of a binade with a power of ten inside has the finer unit of those below it.
    powers = range(-290, 309)
    starts = np.searchsorted(first, [float(f"1e{power}") for power in powers])
    for power, start, end in zip(powers, starts, [*starts[1:], 0x7FF0], strict=True):
        per_half[start:end] = float(f"2e{7 - power}")
    return np.tile(per_half, 2)


_PER_HALF = _multiples()
_NEAR = 1e-6  # a product, which is below 2e9, errs by less
_AT_ONCE = 8192  # numbers, so that what is computed of them stays in the cache


def drawn(column: np.ndarray, low: float, high: float, parts: int = 512) -> np.ndarray:
    """Return a column that is only drawn, to half a pixel on an axis from low to high.

    It is rounded to a power of two of at most the axis in so many parts: most bytes of it are 0
    then. What lies more than an axis beyond an end is brought there, for the player draws no line
    further; an infinity, which is a gap, stays.
    """
    span = high - low
    step = 2.0 ** math.floor(math.log2(span / parts))
    rounded: np.ndarray = np.clip(column, low - span, high + span)
    if span < 1e37:
        rounded = rounded.astype(np.float32)
    rounded /= step
    np.rint(rounded, out=rounded)
    rounded *= step
    np.copyto(rounded, column, where=np.isinf(column))
    return rounded
