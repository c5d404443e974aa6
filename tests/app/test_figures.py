"""The figures are figures to Plotly, and hold no text from a stranger."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from pages.shared import controls, figures
from pages.shared.controls import Settings
from pages.shared.pipeline import build


@pytest.mark.parametrize("count", range(2, 11))
def test_plotly_accepts_them(count: int) -> None:
    for plot in (
        figures.exponentials(count, (-6.0, 6.0), 38.5, "limit"),
        figures.exponentials(count, (-6.0, 6.0), 4.8, "limit"),
        figures.probabilities(count),
    ):
        assert go.Figure(plot).to_plotly_json()["data"]


@pytest.mark.parametrize("name", controls.FORMATS)
@pytest.mark.parametrize("count", range(2, 11))
def test_plotly_accepts_those_of_the_page(count: int, name: str) -> None:
    logits = tuple(float(5 * i - 20) for i in range(count - 1))
    wanted = Settings((*logits, -np.inf), 0, name, controls.first_names(count))
    instrument, _ = build(wanted)
    for figure in instrument.figures:
        assert len(go.Figure(figure.plot).data) == len(figure.bars)
        assert [bars.trace for bars in figure.bars] == list(range(len(figure.bars)))


def test_the_limit_is_a_line_in_view_or_a_dotted_one_at_the_top() -> None:
    below = figures.exponentials(3, (-6.0, 6.0), 4.5, "limit")["layout"]["shapes"][0]
    above = figures.exponentials(3, (-6.0, 6.0), 38.5, "limit")["layout"]["shapes"][0]
    assert (below["y0"], below["line"]["dash"]) == (10.5 / 12, "solid")
    assert (above["y0"], above["line"]["dash"]) == (1, "dot")


@pytest.mark.parametrize("name", controls.FORMATS)
@pytest.mark.parametrize("reach", controls.REACHES)
def test_the_axis_spans_all_that_a_drag_can_reach(name: str, reach: float) -> None:
    instrument, columns = build(Settings(format=name, reach=reach))
    low, high = instrument.figures[0].plot["layout"]["yaxis"]["range"]
    for column in ("exp_naive", "exp_shifted"):
        values = columns[column].astype(float)
        visible = values[(values > 0) & (values < float("inf"))]
        assert low < np.log10(visible.min())
        assert np.log10(visible.max()) < high


def test_no_class_name_reaches_plotly() -> None:
    hostile = ("<b>one</b>", "<a href='javascript:x'>", "three")
    instrument, _ = build(Settings(names=hostile))
    plots = json.dumps([figure.plot for figure in instrument.figures])
    assert not any(name in plots for name in hostile)
