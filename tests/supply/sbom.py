"""Write docs/sbom.cdx.json, what is shipped, as CycloneDX: `python -m tests.supply.sbom`."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from tests.supply.audit import LOCK
from tests.supply.lock import lines
from version import VERSION

ROOT = LOCK.parent
SBOM = ROOT / "docs" / "sbom.cdx.json"
_VENDORED = "plotly.js-cartesian-dist-min"


def sbom() -> str:
    """Return the bill of materials: the same text for the same packages, so without a date."""
    app = _component("application", "cross-entropy-lab", VERSION, "", "Apache-2.0")
    components = [*_python(), _script()]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([app, components]))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": app},
        "components": components,
    }
    return json.dumps(document, indent=1) + "\n"


def _python() -> list[dict[str, Any]]:
    licences = dict(
        re.findall(r"^\| ([a-z0-9-]+) \| \d\S* \| (.*?) \|$", _licences(), re.MULTILINE)
    )
    found = []
    for line in lines():
        package = Requirement(line.split(" --hash")[0])
        version = str(package.specifier).removeprefix("==")
        purl = f"pkg:pypi/{package.name}@{version}"
        part = _component("library", package.name, version, purl, licences[package.name])
        if package.marker:
            part["properties"] = [{"name": "marker", "value": str(package.marker)}]
        # A package has a file for each platform; which one is installed, the lock says by its hash.
        part["externalReferences"] = [
            {
                "type": "distribution",
                "url": f"https://pypi.org/project/{package.name}/{version}/",
                "hashes": [
                    {"alg": "SHA-256", "content": digest}
                    for digest in re.findall(r"sha256:([0-9a-f]{64})", line)
                ],
            }
        ]
        found.append(part)
    return found


def _script() -> dict[str, Any]:
    locked = json.loads((ROOT / "package-lock.json").read_text())
    version = locked["packages"][f"node_modules/{_VENDORED}"]["version"]
    return _component("library", _VENDORED, version, f"pkg:npm/{_VENDORED}@{version}", "MIT")


def _component(kind: str, name: str, version: str, purl: str, licence: str) -> dict[str, Any]:
    part: dict[str, Any] = {"type": kind, "bom-ref": purl or name, "name": name, "version": version}
    if purl:
        part["purl"] = purl
    joined = " AND " in licence or " OR " in licence or " WITH " in licence
    said = {"expression": licence} if joined else {"license": {"id": licence}}
    return {**part, "licenses": [said]}


def _licences() -> str:
    return (ROOT / "docs" / "licences.md").read_text()


if __name__ == "__main__":
    Path(SBOM).write_text(sbom())
