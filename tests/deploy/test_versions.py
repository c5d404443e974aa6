"""While a new version goes from replica to replica, each has the files of its own version alone."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.browser.serving import free_port
from tests.deploy.cluster import nginx_before
from tests.deploy.test_nginx import ask

FILES = 12  # by their visitors' numbers they go to all replicas


class Quiet(SimpleHTTPRequestHandler):
    """Serve a folder, and say nothing of it."""

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start nginx before three servers of files, of which one has a version of its own."""
    ports = [free_port() for _ in range(3)]
    with ExitStack() as stack:
        for version, port in zip(["old", "old", "new"], ports, strict=True):
            folder = tmp_path_factory.mktemp("replica")
            _fill(folder / "live" / version)
            handler = partial(Quiet, directory=folder)
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", port), handler))
            threading.Thread(target=server.serve_forever, args=[0.01]).start()
            stack.callback(server.shutdown)
        yield stack.enter_context(nginx_before(tmp_path_factory.mktemp("nginx"), ports))[0]


def _fill(folder: Path) -> None:
    folder.mkdir(parents=True)
    for i in range(FILES):
        (folder / f"{i}.js").write_text(f"// {folder.name}")


@pytest.mark.parametrize("version", ["old", "new"])
def test_a_file_comes_from_the_replica_that_has_it(url: str, version: str) -> None:
    for i in range(FILES):
        assert ask(url, f"/live/{version}/{i}.js").body == f"// {version}".encode()


def test_what_none_of_them_has_is_not_found_and_takes_no_replica_out(url: str) -> None:
    for _ in range(2 * FILES):
        assert ask(url, "/live/none/0.js").status == 404
    assert ask(url, "/live/new/0.js").status == 200
