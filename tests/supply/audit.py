"""Look up known vulnerabilities of what is deployed: `python -m tests.supply.audit [--note]`.

With `--note` an audit that found nothing is noted in docs/deploy.md, with its date.
"""

import json
import re
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"
POSTGRESQL = LOCK.parent / "requirements-postgresql.lock"  # which the image has, too
OSV = "https://api.osv.dev/v1/query"
NOTES = LOCK.parent / "docs" / "deploy.md"
PATIENCE = 10  # s
_LAST = re.compile(r"(?<=The last audit that found nothing: )(\d{4}-\d\d-\d\d|none yet)")


def last_audit(notes: Path = NOTES) -> str:
    """Return the date of the last audit that found nothing, as the notes have it."""
    found = _LAST.search(notes.read_text())
    if not found:
        raise ValueError(f"{notes} says nothing of the last audit")
    return found[0]


def note_audit(notes: Path = NOTES) -> None:
    """Note that there was an audit today which found nothing."""
    today = datetime.now(UTC).date().isoformat()
    notes.write_text(_LAST.sub(today, notes.read_text()))


def audit(service: str = OSV, *, note: bool = False) -> int:
    """Return 0, or what pip-audit returns where it has found something.

    Where the service cannot be asked, that is said aloud and is no failure: the tests also run
    where the network ends at a package index. One that answers has to answer for every package.
    """
    question = json.dumps({"package": {"name": "pip", "ecosystem": "PyPI"}, "version": "0"})
    try:
        with urllib.request.urlopen(service, question.encode(), timeout=PATIENCE) as answer:
            json.load(answer)
    except (OSError, ValueError) as reason:  # nobody there, an error, or something else than OSV
        sys.stderr.write(
            f"\n*** NOT AUDITED: {service} cannot be asked ({reason}).\n"
            f"*** Nobody has looked for known vulnerabilities in {LOCK.name}"
            f" since the last audit: {last_audit()}.\n\n"
        )
        return 0
    command = [sys.executable, "-m", "pip_audit", "--strict", "--progress-spinner=off"]
    command += ["--require-hashes", "--disable-pip"]
    command += [f"--requirement={lock}" for lock in (LOCK, POSTGRESQL)]
    command += ["--vulnerability-service=osv", f"--osv-url={service}"]
    found = subprocess.run(command, check=False).returncode
    if not found and note:
        note_audit()
    return found


if __name__ == "__main__":
    sys.exit(audit(note="--note" in sys.argv[1:]))
