"""Questions wait for their turn, and who asks for too much is told to come later."""

import logging
import threading
from dataclasses import dataclass

import pytest
from starlette.applications import Starlette

from server import answers
from server.answers import UnanswerableError, answer_routes
from tests.server.asgi import ask_all, scope


@dataclass(frozen=True)
class Words:
    """An answer."""

    body: bytes = b"words"
    media_type: str = "text/plain"
    tag: str = "tag"


class Slow:
    """Answer after all have come, one at a time."""

    def __init__(self) -> None:
        self.at_once = self.most = 0
        self.lock = threading.Lock()

    def __call__(self, page: str, _query: str) -> Words:
        """Answer a question."""
        with self.lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        threading.Event().wait(0.02)
        with self.lock:
            self.at_once -= 1
        if page == "broken":
            raise KeyError(page)
        return Words()


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_MOST_WAITING", 10)


def statuses(*clients: str, path: str = "/answer/start") -> tuple[list[int], Slow, list[str]]:
    question = Slow()
    app = Starlette(routes=answer_routes({"": question}, {"start", "broken"}, "1"))
    found = ask_all(app, [scope(path, client=(client, 5)) for client in clients])
    later = [answer.headers.get("retry-after", "") for answer in found]
    return [answer.status for answer in found], question, later


def test_a_flood_is_told_to_come_later_and_others_are_answered() -> None:
    found, question, later = statuses(*["192.0.2.7"] * 40, *[f"192.0.2.{i}" for i in range(50, 55)])
    assert found[40:] == [200] * 5
    assert found[:40].count(200) >= 5
    assert set(found[:40]) == {200, 503}
    assert all((status == 503) == bool(text) for status, text in zip(found, later, strict=True))
    assert question.most == 1


def test_a_class_behind_one_address_is_answered() -> None:
    assert statuses(*["192.0.2.7"] * 11)[0] == [200] * 11


def test_what_there_is_not_holds_nobody_up() -> None:
    found, _, _ = statuses(*["192.0.2.7"] * 3, path="/answer/nowhere")
    assert found == [404] * 3


def test_an_answer_is_computed_and_compressed_once_for_all_who_ask() -> None:
    asked: list[str] = []

    def question(_page: str, query: str) -> Words:
        asked.append(query)
        return Words(b"words " * 200)

    app = Starlette(routes=answer_routes({"": question}, {"start"}, "1"))
    again = [scope("/answer/start", query_string=b"v=1&x=2") for _ in range(3)]
    found = ask_all(app, [*again, scope("/answer/start", query_string=b"v=1&x=3")])
    assert [answer.status for answer in found] == [200] * 4
    assert sorted(asked) == ["x=2", "x=3"]


def test_what_fails_is_logged_and_still_an_answer_that_can_have_headers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, logger="ce"):
        found, _, _ = statuses("192.0.2.7", path="/answer/broken")
    assert found == [500]
    assert "KeyError" in caplog.text


def test_what_nothing_answers_is_refused_and_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    def question(_page: str, query: str) -> Words:
        raise UnanswerableError(query)

    app = Starlette(routes=answer_routes({"": question}, {"start"}, "1"))
    (found,) = ask_all(app, [scope("/answer/start", query_string=b"v=1&x=2")])
    assert (found.status, found.body) == (400, b"")
    assert caplog.text == ""
