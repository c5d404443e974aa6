"""Each lesson's picture is well-formed SVG, inside its view box, and shows what the core found."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import scipy.special

from lab.pictures import HEIGHT, WIDTH, framed
from pages.main import LESSONS, TOOLS

SVG = "{http://www.w3.org/2000/svg}"
PICTURES = {page.page: framed(page.picture()) for page in (*LESSONS[1:], *TOOLS)}


def parts(lesson: str) -> list[ET.Element]:
    root = ET.fromstring(PICTURES[lesson])  # noqa: S314  # our own text
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
    assert (root.get("width"), root.get("height")) == (str(WIDTH), str(HEIGHT))
    return list(root)


def points(part: ET.Element) -> np.ndarray:
    """Return the points of a line, or the corners of a rectangle or of what holds a circle."""
    if part.tag == f"{SVG}polyline":
        return np.array([pair.split(",") for pair in part.attrib["points"].split()], float)
    names = {f"{SVG}rect": ("x", "y", "width", "height"), f"{SVG}circle": ("cx", "cy", "r", "r")}
    a, b, c, d = (float(part.attrib[name]) for name in names[part.tag])
    if part.tag == f"{SVG}circle":
        return np.array([[a - c, b - c], [a + c, b + d]])
    assert c > 0
    assert d >= 0
    return np.array([[a, b], [a + c, b + d]])


def test_a_picture_is_drawn_inside_its_view_box_with_numbers_alone() -> None:
    for lesson, picture in PICTURES.items():
        assert not re.search("nan|inf|None", picture), lesson
        drawn = parts(lesson)
        assert drawn, lesson
        for part in drawn:
            corners = points(part)
            assert len(corners) > 1, lesson
            assert np.isfinite(corners).all(), lesson
            is_drawn = part.get("stroke") != "none"
            half = float(part.get("stroke-width", 2.5)) / 2 if is_drawn else 0.0
            assert corners.min() >= half, lesson
            assert (corners.max(axis=0) <= np.array([WIDTH, HEIGHT]) - half).all(), lesson


def test_the_pictures_differ() -> None:
    assert len(set(PICTURES.values())) == len(PICTURES)


@pytest.mark.parametrize("lesson", ["pipeline", "softmax"])
def test_the_bars_are_the_probabilities(lesson: str) -> None:
    heights = [float(part.attrib["height"]) for part in parts(lesson)[-3:]]
    shares = np.array(heights) / sum(heights)
    np.testing.assert_allclose(shares, scipy.special.softmax([2.0, 1.0, 0.1]), atol=2e-3)


def test_the_lab_s_cells_are_filled_where_the_loss_is_right() -> None:
    """exp(12) is beyond the formats that end before 162 755, and only the naive form makes it."""
    ends = {"float64": 1.8e308, "float32": 3.4e38, "float16": 65504, "bfloat16": 3.4e38}
    ends |= {"float8_e5m2": 57344, "float8_e4m3fn": 448}
    filled = [part.get("fill") != "none" for part in parts("overflow")]
    assert filled == [end > np.exp(12) or form > 0 for end in ends.values() for form in range(3)]


def test_the_lines_go_where_the_lessons_do() -> None:
    on_paper, product = map(points, parts("likelihood"))
    # The picture is 60 powers of ten high. The product ends at the smallest float32, 10**-44.85;
    # the log-likelihood goes on.
    depth = 60 * (product[-1, 1] - 8) / (HEIGHT - 16)
    assert 44.5 < depth < 44.9
    assert on_paper[-1, 0] > product[-1, 0]
    assert on_paper[-1, 1] > product[-1, 1]
    assert (np.diff(on_paper[:, 1]) > 0).all()
    descent = points(parts("gradient")[0])
    assert (np.diff(descent[:, 1]) >= 0).all()
    curve = points(parts("sigmoid")[0])
    np.testing.assert_allclose(curve[:, 1] + curve[::-1, 1], HEIGHT, atol=0.11)
    stuck, repaired = map(points, parts("bugs"))
    assert repaired[-1, 1] > stuck[-1, 1]
