"""What deploy/Dockerfile says of the image that is served: its last stage."""

import json
import re
import shlex

from tests.browser.serving import ROOT

TEXT = re.sub(
    r"^ *#.*\n|\\\n", "", (ROOT / "deploy" / "Dockerfile").read_text(), flags=re.MULTILINE
)
PORT = re.search(r"^EXPOSE (\d+)$", TEXT, re.MULTILINE)[1]
UID, GID = re.search(r"^USER (\d+):(\d+)$", TEXT, re.MULTILINE).groups()
COMMAND: list[str] = json.loads(re.search(r"^CMD (.*)$", TEXT, re.MULTILINE)[1])
HEALTH: list[str] = json.loads(re.search(r"^HEALTHCHECK .*? CMD +(.*)$", TEXT, re.MULTILINE)[1])
# what is taken from the repository: path here, path there
COPIED = re.findall(r"^COPY ([^-]\S*) (\S+)$", TEXT, re.MULTILINE)


def environment(packages: str, app: str) -> dict[str, str]:
    """Return the variables that are set, with the image's folders elsewhere, and no volume."""
    line = re.search(r"^ENV (.*)$", TEXT, re.MULTILINE)[1]
    path = "/usr/local/bin:/usr/bin:/bin"
    folders = {"/packages": packages, "/app": app, "/data": "/proc/nowhere"}
    for there, here in {**folders, "$PATH": path}.items():
        line = line.replace(there, here)
    return dict(word.split("=", 1) for word in shlex.split(line))
