"""The frame around the lessons, in Streamlit's own test runner."""

import json
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from lab.batch.asked import LONGEST_HEAD
from lab.surround import lead
from lab.visit import Visit
from lab.words import say
from pages import numbers
from pages.main import LESSONS, TOOLS
from server.batch import LARGEST

MAIN = Path(__file__).parents[2] / "pages" / "main.py"
PAGES = [page.page for page in (*LESSONS, *TOOLS)]


def open_app(page: str = PAGES[0], **query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=30)
    # The pages are functions, which AppTest.switch_page cannot name.
    app._page_hash = calc_hash(page)  # noqa: SLF001
    for key, text in query.items():
        app.query_params[key] = text
    app.run()
    assert not app.exception, page
    return app


def player(app: AppTest) -> Any:
    """Return the component on the page, as it is sent to the browser."""
    (element,) = (e.proto for e in app.main if hasattr(e.proto, "component_name"))
    return element


def tell(app: AppTest, events: object) -> None:
    """Let the player on the page tell something, as a browser does; AppTest alone cannot."""
    id_ = f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{player(app).id}__events"
    state = WidgetState(id=id_, json_trigger_value=json.dumps(events))
    app._run(WidgetStates(widgets=[state]))  # noqa: SLF001
    assert not app.exception, events


def finish(app: AppTest, pages: object) -> frozenset[str]:
    """Let the player tell which pages are finished; return those that the session knows."""
    tell(app, [{"event": "finished", "value": pages}])
    visit: Visit = app.session_state["visit"]
    return visit.finished


@pytest.fixture
def titles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the titles of the navigation, which AppTest does not show, of the last run."""
    noted: list[str] = []
    navigation = st.navigation

    def note(pages: list[Any], **options: Any) -> Any:
        noted[:] = [page.title for page in pages]
        return navigation(pages, **options)

    monkeypatch.setattr(st, "navigation", note)
    return noted


def test_each_page_opens_with_its_title_what_it_says_and_its_player() -> None:
    for lesson in LESSONS:
        page = lesson.page
        app = open_app(page, logits="<b>", tab="x")  # what a link says is the player's matter
        if not lesson.steps:  # else the player says them
            assert app.title[0].value == say(f"{page}.title")
            assert app.markdown[0].value == lead(page)
        data = json.loads(player(app).json)
        assert (data["page"], data["base"], data["finished"]) == (page, "", [])
        assert data["script"].startswith("/live/")
        assert len(app.get("latex")) == len(lesson.formulas), page
        assert not app.warning


def test_a_tool_opens_with_its_script_its_sentences_and_what_it_is_given() -> None:
    for tool in TOOLS:
        app = open_app(tool.page)
        data = json.loads(player(app).json)
        assert data["page"] == tool.page
        assert data["script"].endswith(f"/{tool.script}")
        assert data["words"]["title"] == say(f"{tool.page}.title")
        assert {word: data["words"][word] for word in tool.words} == {
            word: say(f"{tool.page}.page_{word}") for word in tool.words
        }
        assert data["given"] == json.loads(json.dumps(tool.given()))


def test_the_page_names_as_its_limit_what_the_server_takes() -> None:
    assert numbers.TOOL.given()["most"] == LARGEST - LONGEST_HEAD


def test_the_navigation_marks_finished_pages(titles: list[str]) -> None:
    plain = [say(f"{page}.short") for page in PAGES]
    app = open_app("sigmoid")
    assert titles == plain
    assert finish(app, ["sigmoid"]) == {"sigmoid"}
    assert titles == [
        say("lesson.done", title=title) if page == "sigmoid" else title
        for page, title in zip(PAGES, plain, strict=True)
    ]
    assert json.loads(player(app).json)["finished"] == ["sigmoid"]


def test_what_is_finished_stays_so_whatever_is_told_later() -> None:
    app = open_app("sigmoid")
    finish(app, ["sigmoid", "bugs"])
    assert finish(app, []) == finish(app, ["softmax"]) - {"softmax"} == {"sigmoid", "bugs"}


def test_what_a_stranger_tells_is_refused_quietly(titles: list[str]) -> None:
    app = open_app("sigmoid")
    for pages in [
        *(None, True, 7, "sigmoid", {}, {"sigmoid": True}, [None], [["sigmoid"]], ["sigmoid", 7]),
        *(["nowhere"], ["<script>"], ["\ud800"], ["x" * 100_000], [str(i) for i in range(10_000)]),
    ]:
        assert finish(app, pages) == frozenset(), pages
        assert not app.warning
    for events in [None, 7, [], {}, [7], [{"event": 7}], [{"event": "other", "value": ["bugs"]}]]:
        tell(app, events)
    assert titles == [say(f"{page}.short") for page in PAGES]
    assert finish(app, ["bugs", "nowhere"]) == {"bugs"}


def test_a_link_may_name_the_language_and_another_one_is_not_spoken() -> None:
    for language in ("en", "xx", "", "../en"):
        app = open_app("sigmoid", lang=language)
        assert app.session_state["visit"].language == "en"
        assert json.loads(player(app).json)["words"]["next"] == say("player.next")


def test_the_player_is_told_what_every_term_means() -> None:
    terms = json.loads(player(open_app("sigmoid")).json)["terms"]
    assert {"logit", "softmax", "log-sum-exp"} <= set(terms)
    assert all(terms.values())
