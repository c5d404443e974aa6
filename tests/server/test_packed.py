"""Files go out compressed once, and as they are to whom and what that would not suit."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from server.packed import Packed
from tests.server.asgi import Answer, answering, ask, ask_all, response, scope

GZIP = {"accept-encoding": "gzip, deflate, br"}
SCRIPT = b"let number = 1;\n" * 1000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.js").write_bytes(SCRIPT)
    (tmp_path / "page.html").write_bytes(SCRIPT)
    (tmp_path / "picture.png").write_bytes(SCRIPT)
    (tmp_path / "tiny.js").write_bytes(b"1")
    return tmp_path


class Counted:
    """An app that counts what it was asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.asked = app, []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count, and pass on."""
        self.asked.append(scope["method"])
        await self.app(scope, receive, send)


@pytest.fixture
def files(folder: Path) -> Counted:
    return Counted(Starlette(routes=[Mount("/static", StaticFiles(directory=folder))]))


def plain(answer: Answer) -> bool:
    """Say whether an answer is the file as it is."""
    return "content-encoding" not in answer.headers and answer.body == SCRIPT


def test_a_script_comes_packed(files: Counted) -> None:
    answer = ask(Packed(files), "/static/a.js", GZIP)
    assert answer.status == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == SCRIPT
    assert int(answer.headers["content-length"]) == len(answer.body) < len(SCRIPT) / 10
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "accept-ranges" not in answer.headers


def test_it_is_read_and_packed_once(files: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    packed: list[int] = []
    compress = gzip.compress

    def counted(data: bytes, *options: int, **named: int) -> bytes:
        packed.append(len(data))
        return compress(data, *options, **named)

    monkeypatch.setattr(gzip, "compress", counted)
    app = Packed(files)
    answers = ask_all(app, [scope("/static/a.js", GZIP) for _ in range(20)])
    assert len({answer.body for answer in answers}) == 1
    assert packed == [len(SCRIPT)]
    assert files.asked.count("GET") == 1


def test_head_is_get_without_the_body(files: Counted) -> None:
    app = Packed(files)
    head, get = (ask(app, "/static/a.js", GZIP, method=method) for method in ("HEAD", "GET"))
    assert head.body == b""
    assert head.status == get.status
    assert head.headers == get.headers


@pytest.mark.parametrize(
    "headers",
    [{}, {"accept-encoding": "br"}, {"accept-encoding": "gzip;q=0"}, {"accept-encoding": ""}],
)
def test_who_takes_no_gzip_gets_the_file_and_a_word_for_caches(
    files: Counted, headers: dict[str, str]
) -> None:
    answer = ask(Packed(files), "/static/a.js", headers)
    assert plain(answer)
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"].startswith('"')


def test_a_range_is_of_the_file_as_it_is(files: Counted) -> None:
    app = Packed(files)
    for first, last in ((4, 9), (0, 999), (0, len(SCRIPT) - 1)):
        answer = ask(app, "/static/a.js", {**GZIP, "range": f"bytes={first}-{last}"})
        assert (answer.status, answer.body) == (206, SCRIPT[first : last + 1])
        assert "content-encoding" not in answer.headers
        assert answer.headers["vary"] == "Accept-Encoding"
    assert kept(app) == []


def test_a_part_of_another_state_is_the_whole_of_this_one(files: Counted) -> None:
    app = Packed(files)
    etag = ask(app, "/static/a.js", GZIP).headers["etag"]
    part = {**GZIP, "range": "bytes=4-9", "if-range": etag}  # weak: of a file packed anyhow
    assert gzip.decompress(ask(app, "/static/a.js", part).body) == SCRIPT


@pytest.mark.parametrize("name", ["page.html", "picture.png", "tiny.js"])
def test_what_is_not_worth_it_stays_as_it_is(files: Counted, folder: Path, name: str) -> None:
    answer = ask(Packed(files), f"/static/{name}", GZIP)
    assert "content-encoding" not in answer.headers
    assert answer.body == (folder / name).read_bytes()


def test_what_is_packed_already_is_not_packed_again() -> None:
    headers = {"content-encoding": "br", "content-type": "text/css", "etag": '"1"'}
    messages = response(b"x" * 600, headers={**headers, "content-length": "600"})
    assert ask(Packed(answering(*messages)), "/static/a.css", GZIP).body == b"x" * 600


async def show_encodings(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what may be sent."""
    text = dict(scope["headers"]).get(b"accept-encoding", b"only as it is")
    await Response(text)(scope, receive, send)


@pytest.mark.parametrize("path", ["/", "/pipeline", "/staticky/a.js", "/a/static/a.js"])
def test_other_paths_are_none_of_its_business(path: str) -> None:
    answer = ask(Packed(show_encodings), path, GZIP)
    assert answer.body == GZIP["accept-encoding"].encode()
    assert "vary" not in answer.headers


def test_nobody_else_packs_a_file() -> None:
    assert ask(Packed(show_encodings), "/static/a", GZIP).body == b"only as it is"


def test_a_file_of_any_size_takes_no_memory(
    files: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.packed._LARGEST", len(SCRIPT) - 1)
    assert plain(ask(Packed(files), "/static/a.js", GZIP))


def test_a_file_is_read_where_a_server_would_send_it_by_its_path() -> None:
    headers = {"content-type": "text/css", "etag": '"1"', "content-length": "600"}

    async def send_path(scope: Scope, _receive: Receive, send: Send) -> None:
        start, body = response(b"x" * 600, headers=headers)
        await send(start)
        paths = scope["extensions"]
        await send({"type": "http.response.pathsend", "path": "/a"} if paths else body)

    extensions = {"http.response.pathsend": {}}
    answer = ask(Packed(send_path), "/static/a.css", GZIP, extensions=extensions)
    assert gzip.decompress(answer.body) == b"x" * 600


def test_a_file_that_is_still_the_same_is_not_sent_again(files: Counted) -> None:
    app = Packed(files)
    etag = ask(app, "/static/a.js", GZIP).headers["etag"]
    assert etag.startswith('W/"')
    again = ask(app, "/static/a.js", {**GZIP, "if-none-match": etag})
    assert (again.status, again.body) == (304, b"")
    assert (again.headers["etag"], again.headers["vary"]) == (etag, "Accept-Encoding")


def test_a_file_that_changed_is_packed_anew(files: Counted, folder: Path) -> None:
    app = Packed(files)
    old = ask(app, "/static/a.js", GZIP)
    (folder / "a.js").write_bytes(SCRIPT.replace(b"1", b"2"))
    os.utime(folder / "a.js", (1, 1))
    new = ask(app, "/static/a.js", {**GZIP, "if-none-match": old.headers["etag"]})
    assert gzip.decompress(new.body) == SCRIPT.replace(b"1", b"2")


def kept(app: Packed) -> list[str]:
    return list(app._kept)  # noqa: SLF001


@pytest.mark.parametrize(
    "path", ["/static/a.js", "/static//a.js", "/static/./a.js", "/static/none.js", "/static/"]
)
def test_what_a_stranger_invents_takes_no_memory(files: Counted, path: str) -> None:
    app = Packed(files)
    ask(app, "/static/a.js", GZIP)
    for query in (b"", b"v=1", b"v=2"):
        ask(app, path, GZIP, query_string=query)
    assert kept(app) == ["/static/a.js"]


def test_an_error_is_passed_on_and_not_kept() -> None:
    async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise OSError

    headers = {"content-type": "text/css", "etag": '"1"', "content-length": "600"}
    broken = answering(*response(b"x" * 600, status=500, headers=headers))
    app = Packed(broken)
    answer = ask(app, "/static/a.css", GZIP)
    assert (answer.status, answer.body) == (500, b"x" * 600)
    assert kept(app) == []
    with pytest.raises(OSError):  # noqa: PT011
        ask(Packed(fail), "/static/a.css", GZIP)


def test_a_file_of_which_a_part_was_read_is_not_kept() -> None:
    headers = {"content-type": "text/css", "etag": '"1"', "content-length": "601"}
    app = Packed(answering(*response(b"x" * 600, headers=headers)))
    assert "content-encoding" not in ask(app, "/static/a.css", GZIP).headers
    assert kept(app) == []


def test_memory_is_bounded_and_the_longest_unused_goes_first() -> None:
    def noise(path: str) -> Callable[..., Response]:
        content = os.urandom(1000)
        return lambda _: Response(content, media_type="text/css", headers={"etag": f'"{path}"'})

    paths = [f"/static/{i}.css" for i in range(4)]
    app = Packed(Starlette(routes=[Route(path, noise(path)) for path in paths]), room=3500)
    for path in [*paths[:3], paths[0], paths[3]]:
        assert ask(app, path, GZIP).headers["content-encoding"] == "gzip"
    assert kept(app) == [paths[2], paths[0], paths[3]]


def test_the_path_before_all_others_is_left_out(
    files: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.packed.base_path", lambda: "/lab")
    app = Packed(Starlette(routes=[Mount("/lab", files), Mount("/", files)]))
    assert "content-encoding" in ask(app, "/lab/static/a.js", GZIP).headers
    assert plain(ask(app, "/static/a.js", GZIP))


def test_it_leaves_sockets_alone() -> None:
    (message,) = ask(
        Packed(answering({"type": "websocket.close"})), "/static/a.js", GZIP, type="websocket"
    ).messages
    assert message["type"] == "websocket.close"
