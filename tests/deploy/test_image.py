"""What deploy/Dockerfile makes an image of, run without a container engine."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from live.files import address
from tests.browser.serving import ROOT, STARTUP, free_port
from tests.deploy import dockerfile
from tests.deploy.test_nginx import ask, post, session


@pytest.fixture
def image() -> Iterator[Path]:
    """Copy what the image has of the app into a folder in which nobody may write."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for source, target in dockerfile.COPIED:
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, folder / target, ignore=ignored)
            elif target == ".":
                shutil.copy(ROOT / source, folder)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield folder


def run(command: list[str], folder: Path, port: int) -> "subprocess.Popen[str]":
    """Run a command of the image as the image does, but for its port and its user.

    With `ulimit -f 0` no byte can be written into any file on this machine, by root neither.
    """
    command = [word.replace(dockerfile.PORT, str(port)) for word in command]
    return subprocess.Popen(
        ["/bin/sh", "-c", 'ulimit -f 0; exec "$0" "$@"', *command],
        cwd=folder,
        env=dockerfile.environment(sys.prefix, str(folder)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def is_healthy(folder: Path, port: int) -> bool:
    with run(dockerfile.HEALTH, folder, port) as check:
        check.communicate()
    return check.returncode == 0


def test_the_image_s_files_are_enough_and_nothing_is_written(image: Path) -> None:
    files = sorted(image.rglob("*"))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with run(dockerfile.COMMAND, image, port) as app:
        try:
            deadline = time.monotonic() + STARTUP
            while app.poll() is None and not is_healthy(image, port):
                assert time.monotonic() < deadline
            assert app.returncode is None, app.communicate()
            for path, name in (("/vendor", "plotly-cartesian.min.js"), ("/live", "player.js")):
                assert ask(url, address(path, name)).status == 200
            assert ask(url, "/answer/pipeline?v=&logits=1,2").status == 200
            room = b'{"page": "start", "link": "", "lesson": ""}'
            assert post(url, "/room", room).status == 503  # without a volume
            with session(url, "") as received:
                drawn = [message.delta.new_element.WhichOneof("type") for message in received]
                app.terminate()
                printed, _ = app.communicate(timeout=STARTUP)
        finally:
            app.kill()
    assert "bidi_component" in drawn
    assert "exception" not in drawn
    # It listens to the signal and closes what is open. The first process of a container that does
    # not listen hears nothing.
    assert "session ended" in printed
    assert "Traceback" not in printed
    assert not is_healthy(image, port)
    # Root could have made folders and empty files.
    assert sorted(image.rglob("*")) == files


def test_the_build_is_given_what_it_copies_and_nothing_else() -> None:
    everything, *exceptions = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if not line.startswith(("#", "**/__pycache__"))
    ]
    assert everything == "*"
    assert sorted(exceptions) == sorted(f"!{source}" for source, _ in dockerfile.COPIED)
