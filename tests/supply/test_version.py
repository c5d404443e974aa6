"""The version stands in one file, and the changelog begins with it."""

import re

from tests.supply.audit import LOCK
from version import VERSION

HEADINGS = re.findall(
    r"^## \[(.*?)\] - (Unreleased|\d{4}-\d\d-\d\d)$",
    (LOCK.parent / "CHANGELOG.md").read_text(),
    re.MULTILINE,
)


def test_the_changelog_begins_with_the_version() -> None:
    assert HEADINGS[0][0] == VERSION
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_versions_and_their_days_descend() -> None:
    numbers = [[int(part) for part in version.split(".")] for version, _ in HEADINGS]
    days = [day for _, day in HEADINGS]
    assert numbers == sorted(numbers, reverse=True)
    assert days[1:] == sorted(days[1:], reverse=True)
    assert "Unreleased" not in days[1:]
