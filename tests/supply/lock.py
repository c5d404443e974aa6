"""What requirements.lock says, and requirements-dev.lock."""

import re
from pathlib import Path

from packaging.requirements import Requirement

from tests.supply.audit import LOCK

DEV = LOCK.parent / "requirements-dev.lock"


def lines(lock: Path = LOCK) -> list[str]:
    """Return an entry for each package: what is required, and its hashes."""
    text = re.sub(r"^ *#.*\n", "", lock.read_text(), flags=re.MULTILINE)
    return text.replace("\\\n", "").splitlines()


def locked(lock: Path = LOCK) -> dict[str, str]:
    """Return the version of each package that this platform needs."""
    needed = [Requirement(line.split(" --hash")[0]) for line in lines(lock)]
    return {
        package.name: str(package.specifier).removeprefix("==")
        for package in needed
        if package.marker is None or package.marker.evaluate()
    }
