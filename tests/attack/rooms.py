"""What a stranger does to classes."""

import json
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from server.rooms.room import LETTERS
from tests.attack import raw
from tests.attack.target import Target


def rooms(target: Target) -> str:
    """Make rooms, guess those of others, and answer for very many students, at a judge's cost."""
    dice = random.Random(2)  # noqa: S311 - not for secrets
    deadline = time.monotonic() + max(2.0, 8 * target.size)

    def post(path: str, given: object, secret: str = "") -> bytes:
        body = json.dumps(given).encode()
        head = f"POST /room{path} HTTP/1.1\r\nHost: {urlsplit(target.url).netloc}\r\n"
        head += f"Authorization: Bearer {secret}\r\nContent-Length: {len(body)}\r\n"
        return raw.request(target.url, f"{head}Connection: close\r\n\r\n".encode() + body, 20)

    def status(answer: bytes) -> int:
        return int(answer.split(b" ", 2)[1]) if answer else 0

    first = post("", {"page": "start", "link": "at=1", "lesson": ""})
    mine = json.loads(first.partition(b"\r\n\r\n")[2])
    ask = {"key": "start.cliff", "kind": "state"}
    place = {"page": "start", "link": "at=1", "ask": ask, "round": 1, "phase": "open"}
    assert status(post(f"/{mine['room']}/lead", place, mine["secret"])) == 204
    assert status(post(f"/{mine['room']}/lead", place, "guessed")) == 403

    def attempt(n: int) -> tuple[str, int]:
        if time.monotonic() > deadline:
            return "late", 0
        kind = ("made", "guessed", "answered", "answered")[n % 4]
        if kind == "made":
            return kind, status(post("", {"page": "start", "link": "", "lesson": "a" * 6000}))
        code = "".join(dice.choices(LETTERS, k=5)) if kind == "guessed" else mine["room"]
        state = f"logits={dice.uniform(-9, 9):.6f},1,2"
        answer = {"who": f"{n:022d}", "key": ask["key"], "round": 1, "value": state}
        return kind, status(post(f"/{code}/answer", answer))

    with ThreadPoolExecutor(32) as pool:
        found = Counter(pool.map(attempt, range(target.count(8000))))
    few = 80 * len(target.pids)  # guesses: 60 at once, and then one every two seconds
    assert found["made", 201] <= len(target.pids) * 13
    assert found["guessed", 404] <= few
    assert {code for _, code in found} <= {0, 200, 201, 404, 429, 503}, str(found)
    return ", ".join(f"{found[k]} {k[0]} ({k[1]})" for k in sorted(found) if k[1])
