"""What tells this build of the lab from any other."""

import hashlib
from pathlib import Path
from typing import Final

_ROOT = Path(__file__).parents[1]
_PARTS = ("ce_core", "lab", "live", "pages")
_KINDS = {".py", ".toml", ".js", ".css"}


def _fingerprint() -> str:
    digest = hashlib.blake2b(digest_size=8)
    for part in _PARTS:
        for path in sorted((_ROOT / part).rglob("*")):
            if path.suffix in _KINDS:
                digest.update(str(path.relative_to(_ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


BUILD: Final = _fingerprint()
"""A hash of all files that an answer depends on."""
