"""Who may import whom, and what every page keeps to."""

import ast
import sys
from pathlib import Path

import pytest

import ce_core

SHARED = Path("pages/shared")
LESSONS = sorted(
    path for path in Path("pages").glob("*.py") if path.stem not in {"main", "__init__"}
)


def imports(path: Path) -> set[str]:
    """Return the modules that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", sorted(Path("ce_core").rglob("*.py")), ids=str)
def test_the_core_knows_numbers_and_nothing_else(path: Path) -> None:
    allowed = {"ce_core", "numpy", "ml_dtypes", *sys.stdlib_module_names}
    assert roots(path) <= allowed


@pytest.mark.parametrize("path", sorted(Path("pages").rglob("*.py")), ids=str)
def test_pages_import_the_core_and_the_packages_of_requirements_txt(path: Path) -> None:
    allowed = {"pages", "ce_core", "numpy", "plotly", "streamlit", *sys.stdlib_module_names}
    assert roots(path) <= allowed


def test_the_app_serves_the_pages_and_computes_nothing() -> None:
    assert roots(Path("app.py")) <= {"streamlit", "starlette", "server"}


def test_figures_know_no_screen() -> None:
    for name in ("figures.py", "pictures.py"):
        assert "streamlit" not in roots(SHARED / name)


@pytest.mark.parametrize("path", sorted(SHARED.rglob("*.py")), ids=str)
def test_what_is_shared_imports_no_lesson(path: Path) -> None:
    lessons = {f"pages.{lesson.stem}" for lesson in LESSONS} | {"pages.main", "app"}
    assert not imports(path) & lessons


@pytest.mark.parametrize("path", LESSONS, ids=str)
def test_no_lesson_imports_another(path: Path) -> None:
    others = {f"pages.{lesson.stem}" for lesson in LESSONS} | {"pages.main", "app"}
    assert not imports(path) & others


def test_all_that_the_core_offers_is_there_and_documented() -> None:
    for name in ce_core.__all__:
        assert getattr(ce_core, name).__doc__, name
    assert list(ce_core.__all__) == sorted(ce_core.__all__, key=lambda n: (n.islower(), n))


def test_every_lesson_of_the_navigation_is_a_file() -> None:
    shown = {name for name in imports(Path("pages/main.py")) if name.startswith("pages.")}
    assert {f"pages.{lesson.stem}" for lesson in LESSONS} <= shown
