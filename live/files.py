"""The files that a page with a player loads, each folder under a hash of what is in it."""

import hashlib
from pathlib import Path
from typing import Final

_ROOT = Path(__file__).parents[1]

FRONT: Final = _ROOT / "live" / "front"
"""The player's modules and its style sheet."""
VENDOR: Final = _ROOT / "vendor"
"""What others have written: plotly.js."""


def file_hash(folder: Path) -> str:
    """Return what changes when a file in a folder does, its name included.

    Examples
    --------
    >>> file_hash(FRONT) == file_hash(FRONT) != file_hash(VENDOR)
    True
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()}\n{content}\n".encode())
    return digest.hexdigest()[:16]


FOLDERS: Final = {"/live": (FRONT, file_hash(FRONT)), "/vendor": (VENDOR, file_hash(VENDOR))}
"""Each folder and its hash, by the path under which it is served: /live/<hash>/player.js."""


def address(path: str, name: str) -> str:
    """Return where a file is, without the server's base path.

    Examples
    --------
    >>> address("/live", "player.js") == f"/live/{file_hash(FRONT)}/player.js"
    True
    """
    return f"{path}/{FOLDERS[path][1]}/{name}"
