"""Files under a name that holds a hash of them: browsers keep them, and never an old one."""

from pathlib import Path

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from server.address import base_path


class _Unchanging(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, to be kept for a year."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, immutable, max-age=31536000"
        return response


def files_route(path: str, folder: Path, version: str) -> Mount:
    """Serve a folder under /path/version/; whatever else is below /path/ does not exist.

    The version is in the path rather than in a query because scripts import each other by relative
    paths, and none of theirs names a version.
    """
    files = Mount(f"/{version}", _Unchanging(directory=folder))
    return Mount(f"{base_path()}{path}", routes=[files])
