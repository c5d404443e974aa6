"""Who may import whom, and what every page keeps to."""

import ast
import re
import sys
from pathlib import Path

import ce_core

# The arrows run one way: app -> pages -> lab -> live and ce_core. The server knows none of them.
MAY_IMPORT = {
    "ce_core": {"ce_core", "numpy", "ml_dtypes"},
    "live": {"live", "numpy", "streamlit"},
    "lab": {"lab", "live", "ce_core", "numpy", "streamlit", "server.address", "version"},
    "pages": {"pages", "lab", "live", "ce_core", "numpy"},
    "server": {
        *("server", "streamlit", "starlette", "anyio", "uvicorn", "google.protobuf", "segno"),
        "psycopg",
    },
    "app.py": {"pages", "lab", "live", "server", "version", "streamlit", "starlette"},
}
# Where Streamlit is spoken to; all else can be computed and tested without it.
STREAMLIT = {"lab/frame.py", "lab/visit.py", "live/component.py"}
LESSONS = sorted(
    path.stem for path in Path("pages").glob("*.py") if path.stem not in {"main", "__init__"}
)


def files(part: str) -> list[Path]:
    """Return the Python files of a package, or the file of this name."""
    path = Path(part)
    found = [path] if path.is_file() else sorted(path.rglob("*.py"))
    assert found, part
    return found


def imports(path: Path) -> set[str]:
    """Return the modules that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def is_in(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def test_each_part_imports_what_lies_below_it_and_nothing_else() -> None:
    for part, allowed in MAY_IMPORT.items():
        for path in files(part):
            wrong = {m for m in imports(path) if not is_in(m, allowed | sys.stdlib_module_names)}
            assert wrong == set(), path


def test_what_is_shown_is_computed_without_streamlit() -> None:
    for part in ("lab", "live", "pages"):
        for path in files(part):
            speaks = any(is_in(module, {"streamlit"}) for module in imports(path))
            assert speaks == (path.as_posix() in STREAMLIT), path


def test_no_lesson_imports_another() -> None:
    for lesson in LESSONS:
        assert not any(is_in(m, {"pages"}) for m in imports(Path(f"pages/{lesson}.py"))), lesson


def test_one_file_names_all_lessons_and_every_lesson_is_in_it() -> None:
    sources = [path for part in MAY_IMPORT for path in files(part)]
    sources += sorted(Path("live/front").glob("*.js"))
    naming = [
        path.as_posix()
        for path in sources
        if all(re.search(rf"\b{lesson}\b", path.read_text()) for lesson in LESSONS)
    ]
    assert naming == ["pages/main.py"]


def test_all_that_the_core_offers_is_there_and_documented() -> None:
    for name in ce_core.__all__:
        assert getattr(ce_core, name).__doc__, name
    assert list(ce_core.__all__) == sorted(ce_core.__all__, key=lambda n: (n.islower(), n))
