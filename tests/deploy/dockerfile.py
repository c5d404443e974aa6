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


def environment(packages: str) -> dict[str, str]:
    """Return the variables that are set, with the packages in this folder."""
    line = re.search(r"^ENV (.*)$", TEXT, re.MULTILINE)[1].replace("/packages", packages)
    base = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    pairs = (word.split("=", 1) for word in shlex.split(line.replace("$PATH", base["PATH"])))
    return base | dict(pairs)
