"""Files are kept for a year under the name that holds their hash, and found under no other."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount

from live.files import file_hash
from server.files import files_route
from tests.server.asgi import ask


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "show.js").write_text("export {};\n")
    (tmp_path / "parts" / "say.js").write_text("export {};\n")
    return tmp_path


@pytest.fixture
def app(folder: Path) -> Starlette:
    """Streamlit's page stands below every path that is nobody else's."""
    rest = Mount("/", PlainTextResponse("the page"))
    return Starlette(routes=[files_route("/live", folder, "abc"), rest])


@pytest.mark.parametrize("name", ["show.js", "parts/say.js"])
def test_a_file_is_a_script_and_kept_for_a_year(app: Starlette, name: str) -> None:
    answer = ask(app, f"/live/abc/{name}")
    assert (answer.status, answer.body) == (200, b"export {};\n")
    assert "/javascript" in answer.headers["content-type"]
    assert answer.headers["cache-control"] == "public, immutable, max-age=31536000"


def test_what_did_not_change_is_kept_for_another_year(app: Starlette) -> None:
    etag = ask(app, "/live/abc/show.js").headers["etag"]
    again = ask(app, "/live/abc/show.js", {"if-none-match": etag})
    assert again.status == 304
    assert again.headers["cache-control"] == "public, immutable, max-age=31536000"


@pytest.mark.parametrize(
    "path",
    ["/live/def/show.js", "/live/show.js", "/live/abc/none.js", "/live/abc/../../x", "/live/"],
)
def test_nothing_else_is_there_and_nobody_keeps_that(app: Starlette, path: str) -> None:
    answer = ask(app, path)
    assert answer.status == 404
    assert "cache-control" not in answer.headers


def test_the_path_before_all_others_is_before_these(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.files.base_path", lambda: "/lab")
    app = Starlette(routes=[files_route("/live", folder, "abc")])
    assert ask(app, "/lab/live/abc/show.js").status == 200
    assert ask(app, "/live/abc/show.js").status == 404


def test_the_hash_changes_with_content_and_names(folder: Path) -> None:
    hashes = [file_hash(folder)]
    (folder / "show.js").write_text("export { };\n")
    hashes.append(file_hash(folder))
    (folder / "parts" / "say.js").write_text("export { };\n")
    hashes.append(file_hash(folder))
    (folder / "show.js").rename(folder / "shown.js")
    hashes.append(file_hash(folder))
    (folder / "shown.js").rename(folder / "parts" / "show.js")
    hashes.append(file_hash(folder))
    (folder / "empty.js").touch()
    hashes.append(file_hash(folder))
    assert len(set(hashes)) == len(hashes)
    assert file_hash(folder) == hashes[-1]
