"""What requirements.lock says, and what the locks beside it do."""

import re
from pathlib import Path

from packaging.requirements import Requirement

from tests.supply.audit import LOCK, POSTGRESQL

DEV = LOCK.parent / "requirements-dev.lock"
SHIPPED = (POSTGRESQL, LOCK)


def lines(*locks: Path) -> list[str]:
    """Return an entry for each package of some locks, or of what is shipped.

    An entry says what is required, and its hashes.
    """
    entries: dict[str, str] = {}
    for lock in locks or SHIPPED:
        text = re.sub(r"^ *#.*\n", "", lock.read_text(), flags=re.MULTILINE)
        entries |= {line.split("==")[0]: line for line in text.replace("\\\n", "").splitlines()}
    return [entries[name] for name in sorted(entries)]


def locked(*locks: Path) -> dict[str, str]:
    """Return the version of each package that this platform needs."""
    needed = [Requirement(line.split(" --hash")[0]) for line in lines(*locks)]
    return {
        package.name: str(package.specifier).removeprefix("==")
        for package in needed
        if package.marker is None or package.marker.evaluate()
    }
