"""vendor/ holds plotly.js as npm has it, of the version that the figures are made for."""

import hashlib
import json
import re
from importlib.metadata import version
from pathlib import Path

import plotly.offline
import pytest

from tests.supply.audit import LOCK

ROOT = LOCK.parent
SCRIPT = ROOT / "vendor" / "plotly-cartesian.min.js"
SHA256 = "79542150855a52c567260e3137095dbe2b744e6d702a5cabe67da246942fba7a"
PACKAGE = "plotly.js-cartesian-dist-min"


def named(script: str) -> str:
    """Return the version in a bundle's first lines."""
    return re.search(r"plotly\.js.* v([\d.]+)$", script[:200], re.MULTILINE)[1]


def test_the_script_is_the_one_that_was_looked_at() -> None:
    assert hashlib.sha256(SCRIPT.read_bytes()).hexdigest() == SHA256


def test_its_version_is_that_of_the_package_that_checks_the_figures() -> None:
    asked = json.loads((ROOT / "package.json").read_text())["devDependencies"][PACKAGE]
    bundled = named(plotly.offline.get_plotlyjs())
    assert named(SCRIPT.read_text()) == asked == bundled, f"plotly {version('plotly')} has another"


def test_it_has_every_kind_of_trace_that_is_drawn() -> None:
    script = SCRIPT.read_text()
    for kind in ("bar", "contour", "scatter"):
        assert f'name:"{kind}"' in script


def test_its_licence_goes_with_it() -> None:
    text = (SCRIPT.parent / "LICENSE").read_text()
    assert text.startswith("MIT License")
    assert "Plotly" in text


@pytest.mark.parametrize("path", ["plotly-cartesian.min.js", "LICENSE"])
def test_npm_has_the_same(path: str) -> None:
    installed = ROOT / "node_modules" / PACKAGE / path
    if not installed.exists():
        pytest.skip("npm ci has not run here")
    assert (ROOT / "vendor" / path).read_bytes() == installed.read_bytes()


def test_nothing_else_is_served_beside_it() -> None:
    assert {path.name for path in Path(SCRIPT.parent).iterdir()} == {SCRIPT.name, "LICENSE"}
