"""What requirements.lock says."""

import re

from packaging.requirements import Requirement

from tests.supply.audit import LOCK


def lines() -> list[str]:
    """Return an entry for each package: what is required, and its hashes."""
    text = re.sub(r"^ *#.*\n", "", LOCK.read_text(), flags=re.MULTILINE)
    return text.replace("\\\n", "").splitlines()


def locked() -> dict[str, str]:
    """Return the version of each package that this platform needs."""
    needed = [Requirement(line.split(" --hash")[0]) for line in lines()]
    return {
        package.name: str(package.specifier).removeprefix("==")
        for package in needed
        if package.marker is None or package.marker.evaluate()
    }
