"""The lines on the page compute what the page shows, to the last bit."""

import warnings

import numpy as np
import pytest
from hypothesis import given

from ce_core.formats import FORMATS
from ce_core.scenarios import SCENARIOS
from pages.shared import controls
from pages.shared.controls import Settings
from pages.shared.pipeline import build
from tests.app.test_controls import settings


def check(wanted: Settings) -> None:
    instrument, columns = build(wanted)
    computed: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # they are the point of the page
        exec(instrument.code.text, computed)  # noqa: S102  # the page's own lines
    for form in ("naive", "shifted", "fused"):
        loss = np.asarray(computed[f"loss_{form}"])
        assert loss.dtype == FORMATS[wanted.format].dtype
        column = columns[f"loss_{form}"]
        for s, slider in enumerate(instrument.sliders):
            if slider.masked:  # it stands in the middle, not at minus infinity
                continue
            shown = column[s, slider.index]
            assert loss.astype(column.dtype).tobytes() == shown.tobytes() or (
                np.isnan(shown) and np.isnan(float(loss))
            )


@pytest.mark.parametrize("shift", [0.0, 5.1])
@pytest.mark.parametrize("name", controls.FORMATS)
@pytest.mark.parametrize("preset", SCENARIOS)
def test_presets(preset: str, name: str, shift: float) -> None:
    check(Settings(SCENARIOS[preset].logits, SCENARIOS[preset].target, name, shift=shift))


@given(settings())
def test_any_settings(wanted: Settings) -> None:
    check(wanted)
