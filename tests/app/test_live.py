"""The message to the browser: what it holds, and what it weighs."""

import json
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given

from ce_core.sweep import sweep
from pages.shared import controls
from pages.shared.controls import Settings
from pages.shared.live import pack
from pages.shared.pipeline import build
from tests.app.instruments import unpacked
from tests.app.test_controls import settings as any_settings

LOGITS = (2.0, 1.0, 0.1, -1.0, 0.0, 3.0, -2.0, 0.5, 1.5, -0.5)
LIMITS = {3: 300_000, 5: 300_000, 10: 600_000}  # bytes
TYPES = {"f8", "f4", "i4", "i2", "i1", "u1"}  # those that live.js knows


def settings(count: int, name: str) -> Settings:
    return Settings(logits=LOGITS[:count], names=controls.first_names(count), format=name)


@pytest.mark.parametrize("name", controls.FORMATS)
@pytest.mark.parametrize("count", LIMITS)
def test_every_column_arrives_whole(count: int, name: str) -> None:
    instrument, columns = build(settings(count, name))
    head, arrived = unpacked(pack(instrument, columns, 7, 0))
    assert head["serial"] == 7
    assert list(arrived) == list(columns)
    for column, numbers in arrived.items():
        assert numbers.dtype.str[1:] in TYPES
        np.testing.assert_array_equal(numbers, columns[column])


@pytest.mark.parametrize("name", controls.FORMATS)
@pytest.mark.parametrize("count", LIMITS)
def test_a_release_stays_light(count: int, name: str) -> None:
    # Streamlit sends the component's own text along with each message.
    text = sum(path.stat().st_size for path in Path("pages/shared/live").glob("*.[chj]*"))
    assert len(pack(*build(settings(count, name)), 1, 0)) + text <= LIMITS[count]


def test_every_column_that_is_shown_is_sent() -> None:
    instrument, columns = build(Settings())
    text = json.dumps(instrument, default=vars)
    shown = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            shown.update(node[key] for key in ("column", "exponent") if node.get(key))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(json.loads(text))
    assert shown == set(columns)


@pytest.mark.parametrize("name", controls.FORMATS)
def test_every_slider_shows_the_same_numbers_where_it_stands(name: str) -> None:
    instrument, columns = build(Settings(logits=(2.037, -4.4, 9.0), format=name, shift=0.75))
    rows = [(s, slider.index) for s, slider in enumerate(instrument.sliders)]
    for column in columns.values():
        for row in rows[1:]:
            np.testing.assert_array_equal(column[row], column[rows[0]])


@given(any_settings())
def test_any_settings_make_a_message_that_a_browser_can_read(wanted: Settings) -> None:
    instrument, columns = build(wanted)
    unpacked(pack(instrument, columns, 1, 0))
    for figure in instrument.figures:
        assert go.Figure(figure.plot).data
    for slider, value in zip(instrument.sliders, (*wanted.logits, wanted.shift), strict=True):
        assert slider.masked == np.isinf(value)
        assert slider.masked or slider.values[slider.index] == value
    for sentence in instrument.sentences:
        assert columns[sentence.column].max() < len(sentence.templates)


@pytest.mark.parametrize("name", controls.FORMATS)
@pytest.mark.parametrize("centre", [0.0, -740.0, -95.0, -16.0])
def test_the_numbers_sent_are_the_core_s_to_the_digits_shown(centre: float, name: str) -> None:
    # exp of these logits is subnormal in one of the formats.
    wanted = Settings((centre, centre - 1.5, centre + 1.25), 1, name, reach=1000.0)
    instrument, columns = build(wanted)
    table = sweep(
        wanted.logits,
        wanted.target,
        name,
        [slider.values for slider in instrument.sliders[:-1]],
        shift_positions=instrument.sliders[-1].values,
    )
    for form, run in vars(table).items():
        for step in ("logits", "exp", "total", "probabilities", "probability", "loss"):
            if f"{step}_{form}" in columns:
                sent, computed = columns[f"{step}_{form}"], run.steps[step].astype(float)
                np.testing.assert_allclose(sent, computed, rtol=5e-9, atol=0, err_msg=step)
