"""The figures are figures to Plotly, and what they say is where the numbers are."""

import json
import math

import numpy as np
import plotly.graph_objects as go

from lab import figures
from live.parts import Columns
from tests.app.instruments import plotted


def test_plotly_accepts_the_bars_of_every_number_of_classes() -> None:
    for count in range(2, 11):
        for plot in (
            figures.exponentials(count, (-6.0, 6.0), 38.5, "limit"),
            figures.exponentials(count, (-6.0, 6.0), 4.8, "limit"),
            figures.probabilities(count),
            figures.probabilities(count, traces=1),
            figures.signed(count, 2.0),
        ):
            for trace in go.Figure(plot).to_plotly_json()["data"]:
                assert len(trace["x"]) == count


def test_the_limit_is_a_line_in_view_or_a_dotted_one_at_the_top() -> None:
    below = figures.exponentials(3, (-6.0, 6.0), 4.5, "limit")["layout"]["shapes"][0]
    above = figures.exponentials(3, (-6.0, 6.0), 38.5, "limit")["layout"]["shapes"][0]
    assert (below["y0"], below["line"]["dash"]) == (10.5 / 12, "solid")
    assert (above["y0"], above["line"]["dash"]) == (1, "dot")


def test_a_curve_has_gaps_where_a_number_is_none_and_names_a_column_instead_of_its_numbers() -> (
    None
):
    column = Columns().add("x", np.linspace(0, 1, 3)[None, None])
    ends = (0.0, 1.0)
    plot = figures.curves([(column, [1.0, math.inf, math.nan], "ink")], ends, ends, "x")
    (line,) = plot["data"]
    assert line["x"] == {"column": column}
    assert line["y"] == [1.0, None, None]
    contour = figures.contours([0.0, 0.5, 1.0], column, "x", "y")["data"][0]
    assert contour["z"] == {"column": column, "rows": 3}


def test_a_title_is_text_to_plotly_which_reads_html() -> None:
    plot = figures.curves([], (0.0, 1.0), (0.0, 1.0), "logit of <b>&")
    assert plot["layout"]["xaxis"]["title"]["text"] == "logit of &lt;b&gt;&amp;"


def test_a_lane_is_filled_where_nothing_else_stands_instead() -> None:
    instead = np.array(["", "", "nan", "nan", "?", ""])
    plot = figures.lanes(np.arange(6.0), [("one", instead), ("two", np.full(6, ""))], "z")
    json.dumps(plot, allow_nan=False)
    assert go.Figure(plotted(plot)).data
    upper, lower = plot["data"]
    assert upper["x"] == [0, 1, None, 5, 5, None]
    assert set(upper["y"]) == {1, None}
    assert lower["x"] == [0, 5, None]
    assert set(lower["y"]) == {0, None}
    assert [(a["text"], a["x"], a["y"]) for a in plot["layout"]["annotations"]] == [("nan", 2.5, 1)]
    assert plot["layout"]["yaxis"]["ticktext"] == ["two", "one"]
