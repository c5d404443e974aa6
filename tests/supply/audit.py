"""Look up known vulnerabilities of what is deployed: `python -m tests.supply.audit`."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"
OSV = "https://api.osv.dev/v1/query"
PATIENCE = 10  # s


def audit(service: str = OSV) -> int:
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
            f"*** Nobody has looked for known vulnerabilities in {LOCK.name}.\n\n"
        )
        return 0
    command = [sys.executable, "-m", "pip_audit", "--strict", "--progress-spinner=off"]
    command += ["--require-hashes", "--disable-pip", f"--requirement={LOCK}"]
    command += ["--vulnerability-service=osv", f"--osv-url={service}"]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(audit())
