"""Visitors who send what no browser of ours sends: links, releases, and what is no message."""

import random
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from pages.shared import controls
from pages.shared.words import say
from tests.browser.serving import ROOT, STARTUP, Server
from tests.fuzz.hostile import TEXTS
from tests.fuzz.visitor import Answer, Visitor, dial, opening, released, visit

PROCESSES = Path("/proc")
PAGES = ("pipeline", "likelihood", "sigmoid", "softmax", "overflow", "gradient", "bugs", "start")
KEYS = [parameter.key for parameter in controls.PARAMETERS]
VALUES: tuple[Any, ...] = (
    *(text for text in TEXTS if len(text) < 3000),
    *(None, True, False, [], {}, [[1]], {"a": {"b": 1}}, 10**400, -1, 0.5),
    *(float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, 1e300, 1e301),
)


def queries() -> list[str]:
    """Return links: each text as each parameter, repeated keys, strange keys, broken escapes."""
    dice = random.Random(1)  # noqa: S311 - not for secrets
    texts = [text.encode("utf-8", "replace") for text in TEXTS]
    made = [urlencode([(dice.choice(KEYS), text), (text, "1")]) for text in texts]
    made += [urlencode([(key, dice.choice(texts)) for key in KEYS for _ in range(2)])]
    return [
        *made,
        "logits=%zz%",
        "&&=&=1&logits",
        "names=%ff%fe%00",
        "a=b&" * 900,
        "?" * 500,
    ]  # of 1000 and more parameters, Streamlit reads none


def assert_fine(answer: Answer) -> None:
    """Check that the page ran to its end and showed no failure."""
    assert answer.ended == "FINISHED_SUCCESSFULLY"
    assert answer.exceptions == []


def component(visitor: Visitor) -> str:
    return visitor.open("logits=3,2,1").widgets["live"]


def test_a_hostile_link_is_answered_with_a_page_that_says_what_it_ignored(server: Server) -> None:
    dice = random.Random(1)  # noqa: S311 - not for secrets
    for query in queries():
        with visit(server.url) as visitor:
            answer = visitor.open(query, dice.choice(PAGES))
        assert_fine(answer)
        assert [say("app.ignored") in warning for warning in answer.warnings] == [True], query[:200]
    assert "Traceback" not in server.log.read_text(), server.log.read_text()


def test_a_hostile_release_is_refused_in_words_and_changes_nothing_else(server: Server) -> None:
    dice = random.Random(1)  # noqa: S311 - not for secrets
    ids = [
        *KEYS,
        *(f"{key}.{i}" for key in KEYS for i in (0, 3)),
        "preset",
        "lab",
        "",
        "a.b.c",
        ".",
    ]
    messages: list[Any] = [{}, True, 1, [], [1], {"n": 1}, [None], [[]], [{}], [{"n": 1}]]
    messages += [[{"n": n, "id": "shift", "value": 1}] for n in (True, 1.5, "1", None, 10**400)]
    messages += [[{"n": 1, "id": "shift", "value": 1}] * 20_000]
    with visit(server.url) as visitor:
        id_ = component(visitor)
        for message in messages:
            answer = visitor.open("", "pipeline", released(id_, message))
            assert_fine(answer)
        for n in range(1, 50):
            changes = [
                {"n": 10 * n + k, "id": dice.choice(ids), "value": dice.choice(VALUES)}
                for k in range(4)
            ]
            answer = visitor.open("", "pipeline", released(id_, changes))
            assert_fine(answer)
            assert answer.query is not None
            query = dict(pair.split("=", 1) for pair in answer.query.split("&"))
            assert set(query) <= set(KEYS)
        last = visitor.open("", "pipeline", released(id_, [{"n": 1000, "id": "no", "value": 1}]))
        assert say("expected_one.control") in last.warnings[0]
    assert "Traceback" not in server.log.read_text(), server.log.read_text()


OURS = tuple(str(ROOT / part) for part in ("app.py", "server", "pages", "ce_core"))


def faults_of_ours(log: str) -> list[str]:
    """Return the tracebacks that end in a file of the project."""
    blocks = re.split(r"^Traceback.*$", log, flags=re.MULTILINE)[1:]
    ends = [re.findall(r'^ +File "([^"]+)"', block, re.MULTILINE)[-1:] for block in blocks]
    return [
        block for block, end in zip(blocks, ends, strict=True) if end and end[0].startswith(OURS)
    ]


def garbage(id_: str) -> list[BackMsg]:
    """Return messages that are well-formed, and states that no widget has."""
    states = [
        released(id_, "no JSON"),
        released(id_, '{"commit": ' + "9" * 5000 + "}"),
        released(id_, "[" * 5000 + "]" * 5000),
        WidgetState(id=id_, bool_value=True),
        WidgetState(id=id_, int_value=-1),
        WidgetState(id=id_, double_value=float("nan")),
        WidgetState(id=id_, string_value="\0"),
        WidgetState(id=id_, bytes_value=b"\xff"),
        WidgetState(id=id_, trigger_value=True),
        WidgetState(id=id_, json_trigger_value="[]"),
        WidgetState(id=id_),
        WidgetState(id="", json_value="{}"),
        WidgetState(id="x" * 100_000, json_value="{}"),
    ]
    messages = [opening("", "pipeline", state) for state in states]
    for page in ("../../etc/passwd", "<script>", "\0", "x" * 100_000):
        messages.append(opening())
        messages[-1].rerun_script.page_script_hash = page
        messages[-1].rerun_script.page_name = page
    return messages


def test_what_is_no_release_breaks_at_most_the_page_that_sent_it(server: Server) -> None:
    with visit(server.url) as visitor:
        id_ = component(visitor)
    for message in garbage(id_):
        with visit(server.url) as visitor:
            visitor.open()
            answer = visitor.send(message)
        assert answer.ended == "FINISHED_SUCCESSFULLY"
        # Streamlit may say that something failed, and never what.
        told = "".join(answer.exceptions)
        assert not re.search(r"Traceback|File \"|site-packages|Error\b", told), told
    with visit(server.url) as visitor:
        assert_fine(visitor.open("logits=3,2,1"))
    assert faults_of_ours(server.log.read_text()) == []


def be_rude(server: Server, dice: random.Random) -> None:
    """Connect a few times: with bytes that are no message, a text, half a message, and much."""
    for frame in (dice.randbytes(50), "text", opening("logits=1,2").SerializeToString()[:-3], b""):
        with dial(server.url) as socket, suppress(ConnectionClosed):
            socket.send(frame)
    junk = "x" * 400_000
    with visit(server.url) as visitor:
        visitor.open(f"names={junk}", "pipeline", WidgetState(id="no", json_value=f'"{junk}"'))


def memory(server: Server) -> int:
    """Return the resident memory of the server, in pages."""
    return int((PROCESSES / str(server.pid) / "statm").read_text().split()[1])


@pytest.mark.skipif(not PROCESSES.exists(), reason="there is no /proc to read the memory from")
def test_what_is_no_message_is_dropped_and_leaves_no_memory_behind(server: Server) -> None:
    dice = random.Random(1)  # noqa: S311 - not for secrets
    for _ in range(30):
        be_rude(server, dice)
    first = memory(server)
    for _ in range(30):
        be_rude(server, dice)
    # What they left is collected a second after their sessions' time is over.
    deadline = time.monotonic() + STARTUP
    while memory(server) > 1.05 * first:
        assert time.monotonic() < deadline, (memory(server), first)
        time.sleep(0.1)
    with visit(server.url) as visitor:
        assert_fine(visitor.open("logits=3,2,1"))
    assert faults_of_ours(server.log.read_text()) == []
