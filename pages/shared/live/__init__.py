"""The live component: sliders that play a table which NumPy has computed before the drag.

It knows nothing of softmax. It takes sliders, figures, text readouts and a table of columns; column
`x[s, k]` holds what `x` is when slider `s` stands at its position `k`. While the pointer moves, the
browser looks the row up and redraws; on release it sends one message, and the next table comes.
"""

import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import plotly
import streamlit as st

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "live",
    html=(_HERE / "live.html").read_text(encoding="utf-8"),
    css=(_HERE / "live.css").read_text(encoding="utf-8"),
    js=(_HERE / "live.js").read_text(encoding="utf-8"),
    # plotly.js puts its style rules into the document; a shadow root would not see them.
    isolate_styles=False,
)


@dataclass(frozen=True)
class Style:
    """How a number is written.

    "fixed" has `digits` decimals, "significant" that many digits, "shortest" the fewest digits that
    tell the value within `digits`; each turns to scientific notation where a value is extreme.
    """

    kind: Literal["fixed", "significant", "shortest", "prose"]
    digits: int


@dataclass(frozen=True)
class Slider:
    """One row of the table's first axis, with a slider, a field for exact values, and a choice."""

    id: str
    name: str
    label: str
    values: Sequence[float]  # evenly spaced, but for the one at `index`, which is kept exactly
    index: int
    masked: bool = False
    choice: str = ""  # the accessible name of a radio button in front of the row; none if empty


@dataclass(frozen=True)
class Choice:
    """One of several, from a list; the browser sends the position of the one that was picked."""

    id: str
    label: str
    options: Sequence[str]
    selected: int


@dataclass(frozen=True)
class Cell:
    """A number that follows the drag: `column[s, k]`, or `column[s, k, item]`."""

    column: str
    style: Style
    item: int = 0
    readout: str = ""  # the `data-readout` name under which tests and scripts find it


@dataclass(frozen=True)
class Row:
    """A line of numbers under a figure or in a table; `swatch` names the colour of its bars."""

    label: str
    cells: Sequence[Cell | None]
    swatch: str = ""


@dataclass(frozen=True)
class Bars:
    """Trace number `trace` of the figure, whose bar lengths are `column[s, k, :]`."""

    trace: int
    column: str
    swatch: str
    zero: Sequence[str]  # for each bar, what stands there while its value is 0
    drag: Sequence[str] = ()  # the sliders that its bars drag, one for each bar


@dataclass(frozen=True)
class Figure:
    """A Plotly figure as plain JSON, with bars that move and their values as text."""

    title: str
    alt: str
    plot: Mapping[str, Any]
    bars: Sequence[Bars]
    names: Sequence[str]
    rows: Sequence[Row]
    dense: bool  # many bars: the plot's left margin is 40 px instead of 104 px


@dataclass(frozen=True)
class Card:
    """One large number with a title, a line of explanation, and a second number."""

    title: str
    note: str
    swatch: str
    value: Cell
    unit: str
    second_label: str
    second: Cell


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


@dataclass(frozen=True)
class Table:
    """A table of numbers that follow the drag."""

    title: str
    lead: str
    head: Sequence[str]
    rows: Sequence[Row]


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
    """All that one live component shows."""

    title: str
    hint: str
    sliders: Sequence[Slider]
    choice_label: str
    choice: int
    choices: Sequence[Choice]
    figures: Sequence[Figure]
    cards_title: str
    cards: Sequence[Card]
    sentences: Sequence[Sentence]
    table: Table
    code: Code
    words: Mapping[str, str]


def pack(instrument: Instrument, columns: Mapping[str, np.ndarray], serial: int) -> bytes:
    """One message: the length of the head, the head as JSON, and the columns, deflated.

    The columns stand in falling order of item size, so that each is aligned for a typed array.
    Level 1 costs about 2 ms for five classes and halves the message; higher levels gain little.
    """
    order = sorted(columns, key=lambda name: -columns[name].dtype.itemsize)
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    head = json.dumps(
        {
            "serial": serial,
            "plotly": f"{'/' + base if base else ''}/vendor/plotly.min.js?v={plotly.__version__}",
            "columns": [[name, columns[name].dtype.str[1:], columns[name].shape] for name in order],
            "instrument": instrument,
        },
        default=vars,
        allow_nan=False,
    ).encode()
    body = b"".join(np.ascontiguousarray(columns[name]).tobytes() for name in order)
    return struct.pack("<I", len(head)) + head + zlib.compress(body, 1)


def live(
    key: str,
    instrument: Instrument,
    columns: Mapping[str, np.ndarray],
    on_commit: Callable[[], None],
) -> None:
    """Show the instrument; on release call `on_commit`, where `committed(key)` tells the news."""
    # A browser that is sent the same bytes twice does not look at them again, and a field would
    # keep a number that was refused.
    serial = st.session_state[f"{key}.serial"] = st.session_state.get(f"{key}.serial", 0) + 1
    _mount(key=key, data=pack(instrument, columns, serial), on_commit_change=on_commit)


def committed(key: str) -> tuple[str, Any]:
    """Return the id and the value that the browser sent, unchecked but for their shape.

    Raises
    ------
    ValueError
        If the message is not of the form that the component sends.
    """
    state = st.session_state.get(key)
    message = state.get("commit") if isinstance(state, Mapping) else None
    match message:
        case {"id": str() as id_, "value": value}:
            return id_, value
    raise ValueError("expected a message with an id and a value")
