"""The locks hold what the app needs, each file by its hash, and are what the tests run."""

import json
import re
from importlib.metadata import requires, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.supply.audit import LOCK
from tests.supply.lock import DEV, SHIPPED, lines, locked

DIRECT = [
    Requirement(line)
    for lock in SHIPPED
    for line in lock.with_suffix(".txt").read_text().splitlines()
]


def needed_by(package: Requirement) -> list[Requirement]:
    """Return what an installed package needs here, with the extras that were asked for."""
    extras = {"", *package.extras}
    return [
        needed
        for needed in map(Requirement, requires(package.name) or [])
        if not needed.marker or any(needed.marker.evaluate({"extra": extra}) for extra in extras)
    ]


def test_every_package_has_one_version_and_hashes() -> None:
    entry = re.compile(r"[a-z0-9-]+==[\w.]+( ; \S.*?)?( +--hash=sha256:[0-9a-f]{64})+")
    assert [line for line in lines() if not entry.fullmatch(line)] == []


def test_every_direct_requirement_is_locked_as_it_is_pinned() -> None:
    pins = {canonicalize_name(p.name): str(p.specifier).removeprefix("==") for p in DIRECT}
    assert {name: locked().get(name) for name in pins} == pins


def test_nothing_is_missing_and_nothing_is_left_over() -> None:
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = [*DIRECT]
    while waiting:
        package = waiting.pop()
        key = canonicalize_name(package.name), frozenset(package.extras)
        if key not in found:
            found.add(key)
            waiting += needed_by(package)
    assert {name for name, _ in found} == set(locked())


def test_the_tests_run_on_what_is_locked() -> None:
    assert {name: version(name) for name in locked()} == locked()


def test_what_the_tests_need_has_hashes_too_and_the_same_versions_of_what_runs() -> None:
    entry = re.compile(r"[a-z0-9-]+==[\w.]+( ; \S.*?)?( +--hash=sha256:[0-9a-f]{64})+")
    wrong = [line for line in lines(DEV) if not entry.fullmatch(line)]
    assert wrong == []
    assert locked().items() <= locked(DEV).items()


def test_every_direct_requirement_of_the_tests_is_locked_as_it_is_pinned() -> None:
    asked = (DEV.parent / "requirements-dev.txt").read_text()
    pins = re.findall(r"^([A-Za-z][\w.-]*)==([\w.]+)", asked, re.MULTILINE)
    everywhere = {Requirement(line.split(" --hash")[0]).name: line for line in lines(DEV)}
    for name, version_ in pins:
        assert everywhere[canonicalize_name(name)].split()[0].endswith(f"=={version_}")
    assert "torch" not in everywhere


@pytest.mark.parametrize(
    "name",
    [*(lock.name for lock in (*SHIPPED, DEV)), "package-lock.json"],
)
def test_no_lock_names_where_a_machine_gets_its_packages(name: str) -> None:
    text = (LOCK.parent / name).read_text()
    elsewhere = r'"resolved": "(?!https://registry\.npmjs\.org/)|^--?(index|extra|find|i |f )'
    assert re.findall(elsewhere, text, re.MULTILINE) == []
    assert name == "package-lock.json" or "://" not in text


def test_every_script_package_has_one_version_and_a_hash() -> None:
    lock = json.loads((LOCK.parent / "package-lock.json").read_text())
    asked = json.loads((LOCK.parent / "package.json").read_text())["devDependencies"]
    assert lock["packages"].pop("")["devDependencies"] == asked
    assert all(re.fullmatch(r"[\d.]+", version) for version in asked.values())
    assert [name for name, said in lock["packages"].items() if "integrity" not in said] == []
