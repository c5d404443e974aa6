"""The lines on the page compute what the page shows, to the last bit."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ce_core.scenarios import SCENARIOS
from ce_core.trace import run_all
from pages.shared import controls
from pages.shared.numpy_code import numpy_code


def check(logits: tuple[float, ...], target: int, name: str, shift: float) -> None:
    scope: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # they are the point of the page
        exec(numpy_code(logits, target, name, shift), scope)  # noqa: S102  # the page's own lines
    for form, expected in run_all(logits, target, name, shift=shift).items():
        computed = np.asarray(scope[f"loss_{form}"])
        assert computed.dtype == expected.steps["loss"].dtype
        assert (
            computed.tobytes() == expected.steps["loss"].tobytes()
            or np.isnan([float(computed), float(expected.steps["loss"])]).all()
        )


@pytest.mark.parametrize("name", controls.FORMATS)
@pytest.mark.parametrize("preset", SCENARIOS)
def test_presets(preset: str, name: str) -> None:
    check(SCENARIOS[preset].logits, SCENARIOS[preset].target, name, SCENARIOS[preset].shift)


logit = st.floats(-200, 200) | st.just(float("-inf"))


@given(
    st.lists(logit, min_size=2, max_size=10),
    st.sampled_from(controls.FORMATS),
    st.sampled_from([0.0, 1.5, -300.0, 0.1]),
)
def test_any_logits(logits: list[float], name: str, shift: float) -> None:
    check(tuple(logits), len(logits) - 1, name, shift)
