"""What all tests of the pages share."""

from collections.abc import Iterator
from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner


@pytest.fixture(autouse=True, scope="session")
def components_looked_for_once() -> Iterator[None]:
    """Look through the installed packages for components of theirs once for all apps.

    Each `AppTest` does it, and it takes nine tenths of the time of a small one.
    """
    with pytest.MonkeyPatch.context() as patch:
        scan = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield
