"""Visitors who send what no browser of ours sends: questions, what is finished, and no message."""

import json
import random
import re
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from lab.words import say
from tests.app.instruments import ANSWERS, unpacked
from tests.browser.serving import ROOT, STARTUP, Server
from tests.fuzz.hostile import TEXTS
from tests.fuzz.visitor import Answer, dial, opening, said, told, visit

PROCESSES = Path("/proc")
LONGEST_REQUEST = 15_900  # characters; a longer path and query is refused
PAGES = tuple(ANSWERS.lessons)
KEYS = [parameter.key for parameter in ANSWERS.parameters.all]
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


def changes() -> list[str]:
    """Return changes: each text as a value and as a control, and of each control."""
    dice = random.Random(1)  # noqa: S311 - not for secrets
    texts = [text.encode("utf-8", "replace")[:2000].decode("utf-8", "replace") for text in TEXTS]
    ids = [*KEYS, *(f"{key}.{i}" for key in KEYS for i in (0, 3)), "preset", "lab", "remove.0", "."]
    made = [urlencode([("set", f"{dice.choice(ids)}:{text}"), ("set", text)]) for text in texts]
    return [*made, *(urlencode([("set", f"{id_}:{dice.choice(texts)}")]) for id_ in ids)]


def ask(server: Server, page: str, query: str) -> tuple[int, bytes]:
    """Return the status and the body of an answer."""
    try:
        with urllib.request.urlopen(f"{server.url}/answer/{page}?{query}&v=") as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def assert_fine(answer: Answer) -> None:
    """Check that the page ran to its end and showed no failure."""
    assert answer.ended == "FINISHED_SUCCESSFULLY"
    assert answer.exceptions == []
    assert answer.player


def test_a_hostile_question_is_answered_and_told_what_was_ignored(server: Server) -> None:
    dice = random.Random(1)  # noqa: S311 - not for secrets
    for query in queries():
        if len(query) > LONGEST_REQUEST:
            continue
        status, body = ask(server, dice.choice(PAGES), query)
        assert status == 200, query[:200]
        assert say("app.ignored") in unpacked(body)[0]["notices"], query[:200]
    for query in changes():
        page = dice.choice(PAGES)
        status, body = ask(server, page, query)
        assert status == 200, query[:200]
        head, _ = unpacked(body)
        assert ANSWERS.read(page, head["link"])[1] == [], query[:200]
        for part in ("layout", "questions"):
            status, body = ask(server, f"{page}/{part}", query)
            assert (status, json.loads(body) is None) == (200, False), query[:200]
    assert "Traceback" not in server.log.read_text(), server.log.read_text()


def test_a_page_that_there_is_not_has_no_answer(server: Server) -> None:
    for text in ["nowhere", "main", "pipeline/nowhere", "../pipeline", *filter(None, TEXTS)]:
        page = quote(text[:2000].encode("utf-8", "replace"), safe="")
        status, body = ask(server, page, "logits=1,2")
        # Streamlit shows its own page wherever there is nothing else.
        assert status in {400, 404} or b"<!doctype html>" in body.lower(), page
        assert status != 200 or "/" in text, page
    assert "Traceback" not in server.log.read_text(), server.log.read_text()


def test_a_page_opens_whatever_its_link_says(server: Server) -> None:
    dice = random.Random(1)  # noqa: S311 - not for secrets
    for query in queries():
        if len(query) > LONGEST_REQUEST:
            continue
        with visit(server.url) as visitor:
            assert_fine(visitor.open(query, dice.choice(PAGES)))
    assert "Traceback" not in server.log.read_text(), server.log.read_text()


def test_what_cannot_be_finished_is_refused_quietly_and_marks_nothing(server: Server) -> None:
    with visit(server.url) as visitor:
        first = visitor.open("", "sigmoid")
        for value in [*VALUES, [None], [[]], ["nowhere"], [7, "sigmoid"], ["x"] * 2000]:
            answer = visitor.open("", "sigmoid", told(first.player, [value, value]))
            assert_fine(answer)
            answer = visitor.open("", "sigmoid", told(first.player, value))
            assert_fine(answer)
            assert answer.navigation == first.navigation
        answer = visitor.open("", "sigmoid", told(first.player, ["sigmoid"]))
        marked = say("lesson.done", title=say("sigmoid.short"))
        assert set(answer.navigation) - set(first.navigation) == {marked}
    assert "Traceback" not in server.log.read_text(), server.log.read_text()


OURS = tuple(str(ROOT / part) for part in ("app.py", "server", "pages", "lab", "live", "ce_core"))


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
        said(id_, "no JSON"),
        said(id_, '[{"event": "finished", "value": ' + "9" * 5000 + "}]"),
        said(id_, "[" * 5000 + "]" * 5000),
        WidgetState(id=id_, json_value='{"finished": ["sigmoid"]}'),
        WidgetState(id=id_, json_value="no JSON"),
        WidgetState(id=id_, bool_value=True),
        WidgetState(id=id_, int_value=-1),
        WidgetState(id=id_, double_value=float("nan")),
        WidgetState(id=id_, string_value="\0"),
        WidgetState(id=id_, bytes_value=b"\xff"),
        WidgetState(id=id_, trigger_value=True),
        WidgetState(id=id_, json_trigger_value="[]"),
        WidgetState(id=id_),
        WidgetState(id="", json_value="{}"),
        WidgetState(id="x" * 30_000, json_value="{}"),
    ]
    messages = [opening("", "pipeline", state) for state in states]
    for page in ("../../etc/passwd", "<script>", "\0", "x" * 30_000):
        messages.append(opening())
        messages[-1].rerun_script.page_script_hash = page
        messages[-1].rerun_script.page_name = page
    return messages


def test_what_is_no_message_of_the_player_breaks_at_most_the_page_that_sent_it(
    server: Server,
) -> None:
    with visit(server.url) as visitor:
        id_ = visitor.open().player
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
    junk = "x" * 30_000
    with visit(server.url) as visitor:
        visitor.open(f"names={junk}", "pipeline", WidgetState(id="no", json_value=f'"{junk}"'))
    with visit(server.url) as visitor, suppress(ConnectionClosed):
        visitor.open(f"names={junk * 10}")


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
