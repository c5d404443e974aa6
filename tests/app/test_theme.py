"""The two themes can be read by people with weak sight and with any kind of colour vision."""

import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

CONFIG = Path(__file__).parents[2] / ".streamlit" / "config.toml"
THEMES: dict[str, dict[str, Any]] = tomllib.loads(CONFIG.read_text())["theme"]

# Linear RGB as seen without one kind of cone: Machado, Oliveira and Fernandes, "A
# physiologically-based model for simulation of color vision deficiency", IEEE TVCG 15, 2009.
VISION = {
    "all cones": np.eye(3),
    "no red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no blue": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# CIE 1931 from linear sRGB, over the D65 white (IEC 61966-2-1); its second row is luminance.
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = XYZ.sum(axis=1)


def linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Compute WCAG 2.2's contrast ratio."""
    dark, light = sorted(float(XYZ[1] @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE 1976 L*a*b*, in which a difference of 2 or so is just visible."""
    ratio = XYZ @ rgb.clip(0, 1) / WHITE
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_the_formulas_give_the_standards_own_examples() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    np.testing.assert_allclose(lab(linear("#ffffff")), [100, 0, 0], atol=0.01)
    np.testing.assert_allclose(lab(linear("#ff0000")), [53.24, 80.09, 67.20], atol=0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_and_lines_stand_out_from_what_is_behind_them(theme: str) -> None:
    colours = THEMES[theme]
    for background in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
        assert contrast(colours["textColor"], background) >= 7
        assert contrast(colours["primaryColor"], background) >= 4.5
        assert contrast(colours["linkColor"], background) >= 4.5
        assert contrast(colours["redColor"], background) >= 4.5
        for drawn in [colours["borderColor"], *colours["chartCategoricalColors"]]:
            assert contrast(drawn, background) >= 3, drawn
    assert contrast("#ffffff", colours["primaryColor"]) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_written_within_a_bar_can_be_read(theme: str) -> None:
    colours = THEMES[theme]
    for bar in (*colours["chartCategoricalColors"][:2], colours["redColor"]):
        assert contrast(colours["backgroundColor"], bar) >= 4.5, bar


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_chart_colours_stay_apart_to_every_kind_of_eyes(theme: str) -> None:
    for one, other in combinations(THEMES[theme]["chartCategoricalColors"], 2):
        for eyes, seen in VISION.items():
            difference = lab(seen @ linear(one)) - lab(seen @ linear(other))
            assert np.linalg.norm(difference) > 20, (one, other, eyes)
