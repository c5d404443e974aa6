"""Pure: numbers in, Plotly figures as plain JSON out. Imports no Streamlit.

Plain dicts, because building and checking `plotly.graph_objects` takes longer than all the
mathematics of a release; a test passes every figure through them instead.
"""

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from live.parts import Column

Plot = dict[str, Any]
Numbers = Sequence[float] | np.ndarray | Column

DENSE = 7  # from so many classes on, the bars get the room of the row names below them


def _margin(count: int, top: int) -> dict[str, int]:
    # The left margin is the first column of the values below (live.css).
    return {"l": 40 if count >= DENSE else 104, "r": 4, "t": top, "b": 6}


def _bars(count: int, base: float, traces: int) -> list[Plot]:
    # The player sets the lengths. Positions are numbers: Plotly would read names as HTML.
    return [
        {"type": "bar", "x": list(range(count)), "y": [1.0] * count, "base": base}
        for _ in range(traces)
    ]


def _layout(count: int, top: int, **yaxis: Any) -> Plot:
    return {
        "barmode": "group",
        "bargap": 0.25,
        "showlegend": False,
        "margin": _margin(count, top),
        "xaxis": {"range": [-0.5, count - 0.5], "visible": False},
        "yaxis": {"tickfont": {"size": 11}, **yaxis},
    }


def exponentials(count: int, decades: tuple[float, float], limit: float, caption: str) -> Plot:
    """Two bars of exp for each class on a log scale, growing from exp(0) = 1.

    Parameters
    ----------
    count : int
        How many classes.
    decades : (float, float)
        The powers of ten at the bottom and the top.
    limit : float
        log10 of the format's largest number, drawn as a line; at the top if it lies above.
    caption : str
        What stands at the line.
    """
    low, high = decades
    layout = _layout(
        count,
        22,
        type="log",
        range=[low, high],
        exponentformat="power",
        nticks=7,
    )
    inside = limit <= high
    # As a share of the axis: ten to the power of float64's limit is more than a float64 holds.
    share = (limit - low) / (high - low) if inside else 1.0
    layout["shapes"] = [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "yref": "paper",
            "y0": share,
            "y1": share,
            "line": {"width": 2, "dash": "solid" if inside else "dot"},
        }
    ]
    layout["annotations"] = [
        {
            "text": caption,
            "xref": "paper",
            "yref": "paper",
            "x": 1,
            "xanchor": "right",
            "y": 1,
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 11},
        }
    ]
    return {"data": _bars(count, 1.0, 2), "layout": layout}


def shares(count: int, decades: tuple[float, float]) -> Plot:
    """Make a bar for each step on a log scale, in units in the last place."""
    low, high = decades
    ticks = [10.0**k for k in range(0, int(high) + 1, max(1, math.ceil(high / 4)))]
    layout = _layout(
        count, 6, type="log", range=[low, high], tickvals=ticks, exponentformat="power"
    )
    layout["margin"]["l"] = 104  # that of few bars: the names of the rows have room
    return {"data": _bars(count, 10.0**low, 1), "layout": layout}


def probabilities(count: int, traces: int = 3) -> Plot:
    """Bars for each class from 0 to 1: for the pipeline naive, max-subtracted, one-hot."""
    layout = _layout(count, 6, range=[0, 1.08], tickvals=[0, 0.25, 0.5, 0.75, 1], zeroline=True)
    return {"data": _bars(count, 0.0, traces), "layout": layout}


def sent(numbers: Numbers) -> list[float | None] | Plot:
    """Return numbers as JSON has them, nothing where one is not finite; or name their column."""
    if isinstance(numbers, Column):
        return {"column": numbers}
    array = np.asarray(numbers, float)
    if np.isfinite(array).all():
        return list(array.tolist())
    return [v if math.isfinite(v) else None for v in array.tolist()]


def curves(
    lines: Sequence[tuple[Numbers, Numbers, str]],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    x_title: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    marks: Sequence[tuple[str, float, str]] = (),
) -> Plot:
    """Lines that stand still behind the points that move.

    Parameters
    ----------
    lines : list of (x, y, colour)
        Long ones are better columns, whose numbers travel as bytes. A colour is "ink", "faint" or
        the name of a swatch of the player.
    x_range, y_range : (float, float)
        What the axes show, in powers of ten on a log axis.
    x_title : str
        What stands below the horizontal axis.
    log_x, log_y : bool
        Whether the axes are logarithmic.
    marks : list of (axis, value, caption)
        Dashed lines across the figure at a value of the axis "x" or "y". Captions of level lines
        stand above and below in turn, so that those of neighbours do not meet.
    """
    log: Plot = {"type": "log", "exponentformat": "power"}
    log_axes = {
        "x": {**log, "dtick": 1} if log_x else {},
        "y": {**log, "nticks": 6} if log_y else {},
    }
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "x": sent(x),
                "y": sent(y),
                # Plotly leaves out what it takes for straight, and curves become polygons.
                "line": {"color": colour, "width": 2, "simplify": False},
            }
            for x, y, colour in lines
        ],
        "layout": {
            "showlegend": False,
            "margin": {"l": 46, "r": 8, "t": 14, "b": 36},
            "xaxis": {
                "range": list(x_range),
                "title": _title(x_title, 4),
                "tickfont": {"size": 11},
                **log_axes["x"],
            },
            "yaxis": {
                "range": list(y_range),
                "tickfont": {"size": 11},
                **log_axes["y"],
            },
            "shapes": [_across(axis, value) for axis, value, _ in marks],
            "annotations": [
                _caption(axis, value, caption, above=i % 2 == 0)
                for i, (axis, value, caption) in enumerate(marks)
            ],
        },
    }


def _title(text: str, standoff: int) -> Plot:
    # Plotly reads a text as HTML, and a class may be called <b>.
    return {"text": escape(text, quote=False), "standoff": standoff, "font": {"size": 12}}


def _across(axis: str, value: float) -> Plot:
    other = "y" if axis == "x" else "x"
    return {
        "type": "line",
        f"{axis}ref": axis,
        f"{axis}0": value,
        f"{axis}1": value,
        f"{other}ref": "paper",
        f"{other}0": 0,
        f"{other}1": 1,
        "line": {"width": 1.5, "dash": "dash"},
    }


def _caption(axis: str, value: float, caption: str, *, above: bool) -> Plot:
    place: Plot = (
        {"x": value, "xref": "x", "y": 1, "yref": "paper", "yanchor": "bottom"}
        if axis == "x"
        else {
            "x": 1,
            "xref": "paper",
            "y": value,
            "yref": "y",
            "yanchor": "bottom" if above else "top",
        }
    )
    side = "center" if axis == "x" else "right"
    return {"text": caption, "showarrow": False, "font": {"size": 11}, "xanchor": side, **place}


def lanes(x: np.ndarray, rows: Sequence[tuple[str, np.ndarray]], x_title: str) -> Plot:
    """Bars along x where something is right, one lane below the other.

    Parameters
    ----------
    x : array of float
    rows : list of (name, instead)
        For each lane what there is instead of the right number, for each x: "" where it is right,
        and a "?" is not written.
    x_title : str
        What stands below the horizontal axis.
    """
    plot = curves([], (float(x[0]), float(x[-1])), (-0.7, len(rows) - 0.3), x_title)
    layout = plot["layout"]
    layout["margin"]["l"] = 132
    layout["yaxis"] |= {
        "tickvals": list(range(len(rows))),
        "ticktext": [name for name, _ in rows][::-1],
        "tickfont": {"size": 10},
        "zeroline": False,
    }
    for height, (_, instead) in zip(range(len(rows) - 1, -1, -1), rows, strict=True):
        ends: list[float | None] = []
        first = np.flatnonzero(np.append(True, instead[1:] != instead[:-1]))
        last = np.append(first[1:], len(x)) - 1
        for begin, end, text in zip(
            x[first].tolist(), x[last].tolist(), instead[first].tolist(), strict=True
        ):
            if not text:
                ends += [begin, end, None]
            elif text != "?":
                layout["annotations"].append(_in_the_gap(text, (begin + end) / 2, height))
        plot["data"].append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": ends,
                "y": [None if end is None else height for end in ends],
                "line": {"color": "fused", "width": 7},
            }
        )
    return plot


def _in_the_gap(text: str, x: float, y: float) -> Plot:
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": "x",
        "yref": "y",
        "showarrow": False,
        "font": {"size": 10},
    }


def room(reach: float) -> tuple[float, float]:
    """Return what the axis of `signed` shows."""
    return -1.15 * reach, 1.15 * reach


def signed(count: int, reach: float) -> Plot:
    """One bar for each class that grows from 0 up or down."""
    layout = _layout(count, 6, range=list(room(reach)), zeroline=True, nticks=6)
    return {"data": _bars(count, 0.0, 1), "layout": layout}


def contours(axis: Sequence[float], values: Column, x_title: str, y_title: str) -> Plot:
    """Labelled lines of equal value over a square.

    Parameters
    ----------
    axis : list of float
        Where the values are, across and up.
    values : Column, shape (1, 1, len(axis)**2)
        Place by place across, and then up; the same everywhere.
    x_title, y_title : str
        What stands at the axes.
    """
    plot = curves([], (axis[0], axis[-1]), (axis[0], axis[-1]), x_title)
    plot["layout"]["yaxis"]["title"] = _title(y_title, 2)
    plot["data"].append(
        {
            "type": "contour",
            "x": list(axis),
            "y": list(axis),
            "z": {"column": values, "rows": len(axis)},
            "showscale": False,
            "contours": {"coloring": "lines", "showlabels": True, "labelfont": {"size": 10}},
            "colorscale": [[0, "fused"], [1, "fused"]],
            "ncontours": 12,
            "line": {"color": "fused", "width": 1.5},
        }
    )
    return plot
