"""Pure: numbers in, Plotly figures as plain JSON out. Imports no Streamlit.

Plain dicts, because building and checking `plotly.graph_objects` takes longer than all the
mathematics of a release; a test passes every figure through them instead.
"""

from typing import Any

Plot = dict[str, Any]

DENSE = 7  # from so many classes on, the bars get the room of the row names below them


def _margin(count: int, top: int) -> dict[str, int]:
    # The left margin is the first column of the values below (live.css).
    return {"l": 40 if count >= DENSE else 104, "r": 4, "t": top, "b": 6}


def _bars(count: int, base: float, traces: int) -> list[Plot]:
    # The component sets the lengths. Positions are numbers: Plotly would read names as HTML.
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


def probabilities(count: int) -> Plot:
    """Three bars for each class from 0 to 1: naive, max-subtracted, one-hot."""
    layout = _layout(count, 6, range=[0, 1.08], tickvals=[0, 0.25, 0.5, 0.75, 1], zeroline=True)
    return {"data": _bars(count, 0.0, 3), "layout": layout}
