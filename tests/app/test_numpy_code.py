"""The lines on the page compute what the page shows, to the last bit."""

import warnings
from itertools import product

import numpy as np
from hypothesis import given

from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES
from ce_core.scenarios import SCENARIOS
from lab.settings import Settings
from tests.app.instruments import built, settings
from tests.app.strategies import any_settings


def check(wanted: Settings) -> None:
    (instrument,), columns = built("pipeline", wanted)
    assert instrument.code
    computed: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # they are the point of the page
        exec(instrument.code.text, computed)  # noqa: S102  # the page's own lines
    for form in PIPELINES:
        loss = np.asarray(computed[f"loss_{form}"])
        assert loss.dtype == FORMATS[wanted.format].dtype
        column = columns[f"loss_{form}"]
        for s, slider in enumerate(instrument.sliders):
            if slider.masked:  # it stands in the middle, not at minus infinity
                continue
            shown = column[s, slider.index]
            assert loss.astype(column.dtype).tobytes() == shown.tobytes() or (
                np.isnan(shown) and np.isnan(float(loss))
            ), (form, wanted)


def test_presets() -> None:
    for scenario, name, shift in product(SCENARIOS.values(), FORMATS, (0.0, 5.1)):
        check(settings(logits=scenario.logits, target=scenario.target, format=name, shift=shift))


@given(any_settings())
def test_any_settings(wanted: Settings) -> None:
    check(wanted)
