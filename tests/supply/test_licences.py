"""docs/licences.md lists what is shipped, as the packages' own metadata say it."""

import re
from importlib.metadata import metadata

from tests.supply.audit import LOCK
from tests.supply.lock import lines, locked
from tests.supply.test_vendor import SCRIPT, named

TEXT = (LOCK.parent / "docs" / "licences.md").read_text()
# What some packages write instead of an identifier of https://spdx.org/licenses; protobuf and the
# four "BSD License" have three clauses, by the texts that they bring along.
SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "Apache License 2.0": "Apache-2.0",
}


def licence(name: str) -> str:
    """Return a package's licence: an expression, else a short text, else what classifies it."""
    about = metadata(name)
    classes = [value for key, value in about.items() if key == "Classifier"]
    classified = [c.split(" :: ")[-1] for c in classes if c.startswith("License")]
    said = about["License-Expression"] or about["License"]
    if not said or "\n" in said:  # nothing, or the whole licence
        (said,) = classified
    return SPDX.get(said, said)


def test_every_package_is_listed_with_its_version_and_licence() -> None:
    rows = re.findall(r"^\| ([a-z0-9-]+) \| (\d\S*) \| (.*?) \|$", TEXT, re.MULTILINE)
    pins = [tuple(line.split()[0].split("==")) for line in lines()]
    assert [(name, version) for name, version, _ in rows] == pins
    listed = {name: said for name, _, said in rows}
    here = locked()  # those of other platforms have no metadata here
    assert {name: listed[name] for name in here} == {name: licence(name) for name in here}


def test_the_version_of_plotly_js_is_named() -> None:
    assert f"plotly.js {named(SCRIPT.read_text())}," in TEXT
