"""A server of our own to be rude to: its log is not that of the browser's tests."""

from collections.abc import Iterator

import pytest

from tests.browser.serving import Server, serve


@pytest.fixture
def server(tmp_path) -> Iterator[Server]:
    """Start the app, which keeps the session of somebody who left for a second."""
    with serve(tmp_path / "log.txt", options=["--server.disconnectedSessionTTL=1"]) as app:
        yield app
