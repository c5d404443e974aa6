"""docs/sbom.cdx.json is what its command writes, and CycloneDX."""

import json

from cyclonedx.model.bom import Bom

from tests.supply.lock import lines
from tests.supply.sbom import SBOM, sbom


def test_it_is_as_its_command_writes_it() -> None:
    assert SBOM.read_text() == sbom(), "make sbom"


def test_it_has_every_package_and_can_be_read_as_cyclonedx() -> None:
    document = json.loads(SBOM.read_text())
    bom = Bom.from_json(document)  # type: ignore[attr-defined]
    assert len(bom.components) == len(lines()) + 1
    assert all(component.version and component.licenses for component in bom.components)
    assert {c.purl.type for c in bom.components} == {"pypi", "npm"}
