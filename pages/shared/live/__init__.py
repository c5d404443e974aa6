"""The live component: sliders that play a table which NumPy has computed before the drag.

It knows nothing of softmax. It takes sliders, figures, text readouts and a table of columns; column
`x[s, k]` holds what `x` is when slider `s` stands at its position `k`. While the pointer moves, the
browser looks the row up and redraws; on release it sends one message, and the next table comes.
"""

import json
import struct
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import plotly
import streamlit as st

from pages.shared import progress
from pages.shared.words import say

_HERE = Path(__file__).parent
_SCRIPTS = ("numbers.js", "drawing.js", "live.js")  # one module, in this order
_MOST_CHANGES = 1000  # that are taken from one message
_LARGEST_NUMBER = 2**53  # up to which JavaScript counts

_mount = st.components.v2.component(
    "live",
    html=(_HERE / "live.html").read_text(encoding="utf-8"),
    css=(_HERE / "live.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS),
    # plotly.js puts its style rules into the document; a shadow root would not see them.
    isolate_styles=False,
)


@dataclass(frozen=True)
class Style:
    """How a number is written.

    "fixed" has `digits` decimals, "significant" that many digits, "shortest" the fewest digits that
    tell the value within `digits`; each turns to scientific notation where a value is extreme.
    "bits" writes the bytes of a column, whose first `digits` bits after the sign are the exponent.
    """

    kind: Literal["fixed", "significant", "shortest", "prose", "bits"]
    digits: int


@dataclass(frozen=True)
class Slider:
    """One row of the table's first axis, with a slider, a field for exact values, and a choice.

    The values rise. They are evenly spaced, but for the one at `index`, which is kept exactly;
    `uneven` ones are, and the slider moves from one to the next.
    """

    id: str
    name: str
    label: str
    values: Sequence[float]
    index: int
    masked: bool = False
    choice: str = ""  # the accessible name of a radio button in front of the row; none if empty
    uneven: bool = False
    play: Sequence[str] = ()  # the names of three buttons: one step, play, pause


@dataclass(frozen=True)
class Choice:
    """One of several, from a list; the browser sends the value of the one that was picked."""

    id: str
    label: str
    options: Sequence[tuple[str, str]]  # value and text
    selected: int


@dataclass(frozen=True)
class Presets:
    """Pills in one row above the instrument; the browser sends the value of the one picked."""

    id: str
    label: str
    options: Sequence[tuple[str, str]]  # value and text
    picked: str = ""


@dataclass(frozen=True)
class Cell:
    """A number that follows the drag: `column[s, k]`, or `column[s, k, item]`.

    With `words`, the column holds the positions of words, and the word is shown. With `shade`, the
    number colours its background: -1 to 1. With `under`, a smaller cell stands below. With `pick`,
    the cell is a button that sends (id, value); `picked` says that it is the one.
    """

    column: str
    style: Style | None = None
    item: int = 0
    readout: str = ""  # the `data-readout` name under which tests and scripts find it
    words: Sequence[str] = ()
    tones: Sequence[str] = ()  # for each word "good", "warn", "bad" or nothing
    shade: bool = False
    under: "Cell | None" = None
    pick: tuple[str, str] | None = None
    picked: bool = False
    label: str = ""  # what a button is called
    zero: str = ""  # what stands in the place of 0


@dataclass(frozen=True)
class Row:
    """A line of numbers under a figure or in a table; `swatch` names the colour of its bars."""

    label: str
    cells: Sequence[Cell | None]
    swatch: str = ""
    code: bool = False  # the label is source code


@dataclass(frozen=True)
class Bars:
    """Trace number `trace` of the figure, whose bar lengths are `column[s, k, :]`."""

    trace: int
    column: str
    swatch: str
    zero: Sequence[str]  # for each bar, what stands there while its value is 0
    drag: Sequence[str] = ()  # the sliders that its bars drag, one for each bar


@dataclass(frozen=True)
class Line:
    """A line through (x, y): columns of items, or fixed x. It has a gap where one is nan."""

    x: str | Sequence[float]
    y: str
    swatch: str
    dashed: bool = False


@dataclass(frozen=True)
class Point:
    """A point at (x, y), columns without items; `drag` is the slider that it drags."""

    x: str
    y: str
    swatch: str
    drag: str = ""


@dataclass(frozen=True)
class Arrows:
    """Upright arrows at the positions x, from one column of items to another."""

    x: Sequence[float]
    start: str
    end: str
    swatch: str


@dataclass(frozen=True)
class Figure:
    """A Plotly figure as plain JSON, with parts that move, and their values as text.

    `of` names the sliders that leave the background true; while another is held, it is dimmed.
    """

    title: str
    alt: str
    plot: Mapping[str, Any]
    bars: Sequence[Bars] = ()
    lines: Sequence[Line] = ()
    points: Sequence[Point] = ()
    arrows: Sequence[Arrows] = ()
    names: Sequence[str] = ()
    rows: Sequence[Row] = ()
    key: Sequence[tuple[str, str]] = ()  # swatch and text of lines and points
    dense: bool = False  # many bars: the plot's left margin is 40 px instead of 104 px
    of: Sequence[str] | None = None
    tall: bool = False


@dataclass(frozen=True)
class Card:
    """One large number with a title, a line of explanation, and a second number."""

    title: str
    note: str
    swatch: str
    value: Cell
    unit: str
    second_label: str = ""
    second: Cell | None = None


@dataclass(frozen=True)
class Sentence:
    """A sentence chosen by the whole number `column[s, k]`, with places filled from columns."""

    readout: str
    title: str
    column: str
    templates: Sequence[str]
    places: Mapping[str, "Place"]


@dataclass(frozen=True)
class Place:
    """What fills a place in a sentence: a number, a number with a power of ten, or a name."""

    column: str
    style: Style | None = None
    exponent: str = ""
    names: Sequence[str] = ()
    item: int = 0


@dataclass(frozen=True)
class Table:
    """A table of numbers that follow the drag."""

    title: str
    lead: str
    head: Sequence[str]
    rows: Sequence[Row]
    main: bool = False  # it stands beside the controls, before the figures


@dataclass(frozen=True)
class Formula:
    """A formula in MathML (pages/shared/mathml.py), some of whose numbers follow the drag."""

    lead: str
    math: Sequence[Any]


@dataclass(frozen=True)
class Code:
    """Source code that changes on release, with a button that copies it."""

    title: str
    lead: str
    text: str
    copy: str
    copied: str


@dataclass(frozen=True)
class Instrument:
    """All that one live component shows. Its last slider is never masked."""

    title: str
    hint: str
    sliders: Sequence[Slider]
    choice_id: str = ""  # what the radio buttons in front of the sliders set
    choice_label: str = ""
    choice: int = 0
    choices: Sequence[Choice] = ()
    presets: Presets | None = None
    figures: Sequence[Figure] = ()
    cards_title: str = ""
    cards: Sequence[Card] = ()
    sentences: Sequence[Sentence] = ()
    formulas_title: str = ""
    formulas: Sequence[Formula] = ()
    tables: Sequence[Table] = ()
    code: Code | None = None


def cut(column: np.ndarray) -> np.ndarray:
    """Cut float64 to the 29 bits that hold eight digits; subnormal numbers stay whole.

    It lets a message deflate: the pipeline's, with ten classes, takes 420 kB instead of 600.
    """
    bits = np.ascontiguousarray(column, np.float64).view(np.uint64)
    is_normal = np.abs(column) >= np.finfo(np.float64).smallest_normal
    return np.where(is_normal, bits & ~np.uint64(0xFFFFFF), bits).view(np.float64)


def drawn(column: np.ndarray) -> np.ndarray:
    """Return a column that is only drawn as float32 with 11 significant bits: half a pixel."""
    with np.errstate(over="ignore"):  # past the edge of every figure
        whole = np.ascontiguousarray(column, np.float32).view(np.uint32)
    return np.where(np.isfinite(column), whole & ~np.uint32(0x1FFF), whole).view(np.float32)


def pack(
    instrument: Instrument,
    columns: Mapping[str, np.ndarray],
    serial: int,
    seen: int,
    kept: Mapping[str, Any] | None = None,
) -> bytes:
    """One deflated message: the length of the head, the head as JSON, and the columns.

    A column has the shape (sliders, positions) or (sliders, positions, items); with one slider and
    one position it is the same everywhere. Level 1 costs a millisecond or two and leaves a fifth to
    a third of the table; higher levels gain little.
    """
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    head = json.dumps(
        {
            "serial": serial,
            "seen": seen,
            "kept": kept,
            "plotly": f"{'/' + base if base else ''}/vendor/plotly.min.js?v={plotly.__version__}",
            "columns": [
                [name, column.dtype.str[1:], column.shape] for name, column in columns.items()
            ],
            "instrument": instrument,
            "words": {
                word: say(f"live.{word}")
                for word in ("no_chart", "offline", "late", "waits", "nan", "inf", "exact")
            },
        },
        default=vars,
        allow_nan=False,
    ).encode()
    body = b"".join(map(_planes, columns.values()))
    return zlib.compress(struct.pack("<I", len(head)) + head + body, 1)


def _planes(column: np.ndarray) -> bytes:
    """Return the numbers of the first item, then of the second: of each the first byte, and so on.

    Along a slider the bytes of one place change little. So arranged, the tables deflate to two
    thirds of what they otherwise do, and in two thirds of the time.
    """
    items = np.moveaxis(column, 2, 0) if column.ndim == 3 else column
    numbers = np.ascontiguousarray(items).reshape(-1, 1)
    return numbers.view(np.uint8).T.tobytes()


def live(
    key: str,
    instrument: Instrument,
    columns: Mapping[str, np.ndarray],
    on_commit: Callable[[], None],
) -> None:
    """Show the instrument; on release call `on_commit`, where `committed(key)` tells the news."""
    # A browser that is sent the same bytes twice does not look at them again: a field would keep a
    # number that was refused, and a server that was started anew would not be told what it missed.
    before = st.session_state.get(f"{key}.serial", time.time_ns())
    serial = st.session_state[f"{key}.serial"] = before + 1
    seen = st.session_state.get(f"{key}.seen", 0)
    message = pack(instrument, columns, serial, seen, progress.copy())
    _mount(key=key, data=message, on_commit_change=on_commit)


def committed(key: str) -> list[tuple[str, Any]]:
    """Return the ids and values that the browser sent and that were not returned before.

    Streamlit keeps one of two messages that reach it while the script is running. So each message
    repeats, with rising numbers, what the server has not yet said that it saw.

    Raises
    ------
    ValueError
        If the message is not of the form that the component sends.
    """
    state = st.session_state.get(key)
    message = state.get("commit") if isinstance(state, Mapping) else None
    seen: int = st.session_state.get(f"{key}.seen", 0)
    news: dict[int, tuple[str, Any]] = {}  # a stranger may repeat one change many times
    changes = message[:_MOST_CHANGES] if isinstance(message, list) else []
    for change in changes or [None]:
        match change:
            case {"n": int() as n, "id": str() as id_, "value": value} if not isinstance(n, bool):
                if seen < n <= _LARGEST_NUMBER:
                    news[n] = id_, value
            case _:
                raise ValueError("expected a list of changes, each with n, an id and a value")
    st.session_state[f"{key}.seen"] = max([seen, *news])
    return [news[n] for n in sorted(news)]
