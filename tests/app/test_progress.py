"""What the browser hands back to a server that was started anew."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages import overflow, sigmoid
from pages.shared import controls, lesson, progress
from pages.shared.controls import Settings
from pages.shared.words import say
from tests.app.opening import change, open_app, run, said, settings
from tests.app.test_controls import settings as any_settings

PAGES = ("start", "pipeline", *lesson.ORDER)
LINK: dict[str, Any] = {"x": "3"}


def told(value: object, page: str = "pipeline", since: tuple[tuple[str, str], ...] = ()) -> AppTest:
    """Open a page where some parts were done since, and let the browser tell what it has kept."""

    def script(
        value: object, page: str, pages: tuple[str, ...], since: tuple[tuple[str, str], ...]
    ) -> None:
        # AppTest runs the text of this function alone.
        import streamlit as st  # noqa: PLC0415

        from pages.shared import progress, state  # noqa: PLC0415

        state.begin(page)
        st.session_state["pages"] = pages
        progress.done().update(dict.fromkeys(since))
        st.session_state[page] = {"commit": [{"n": 1, "id": progress.ID, "value": value}]}
        state.commit(page)()
        state.notices()
        st.session_state["copy"] = progress.copy()

    return run(AppTest.from_function(script, args=(value, page, PAGES, since), default_timeout=30))


def done(app: AppTest) -> dict[tuple[str, str], progress.Answer | None]:
    result: dict[tuple[str, str], progress.Answer | None] = app.session_state["done"]
    return result


def test_what_was_done_is_restored_and_kept_again() -> None:
    value = [["sigmoid", "log", 1, LINK], ["sigmoid", "break"], ["overflow", "finished"]]
    app = told(value)
    assert done(app) == {
        ("sigmoid", "log"): progress.Answer(1, replace(Settings(), x=3.0)),
        ("sigmoid", "break"): None,
        ("overflow", "finished"): None,
    }
    assert not said(app)
    copy = app.session_state["copy"]
    assert copy["told"] is True
    again = told(copy["done"])
    assert done(again) == done(app)


def test_what_was_done_since_comes_before_what_the_browser_kept() -> None:
    app = told([["sigmoid", "log", 1, LINK], ["sigmoid", "break"]], since=(("sigmoid", "log"),))
    assert done(app) == {("sigmoid", "log"): None, ("sigmoid", "break"): None}


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "sigmoid",
        {},
        {"sigmoid": "log"},
        [None],
        [[]],
        [["sigmoid"]],
        [["sigmoid", 3]],
        [["nowhere", "log"]],
        [["<script>", "log"]],
        [["sigmoid", "<b>x</b>"]],
        [["sigmoid", ""]],
        [["sigmoid", "x" * 41]],
        [["sigmoid", "log", 1]],
        [["sigmoid", "log", 1, LINK, 5]],
        [["sigmoid", "log", None, LINK]],
        [["sigmoid", "log", True, LINK]],
        [["sigmoid", "log", "1", LINK]],
        [["sigmoid", "log", -1, LINK]],
        [["sigmoid", "log", 10**400, LINK]],
        [["sigmoid", "log", math.nan, LINK]],
        [["sigmoid", "log", 1, None]],
        [["sigmoid", "log", 1, [LINK]]],
        [["sigmoid", "log", 1, {"x": 3}]],
        [["sigmoid", "log", 1, {"x": "<script>"}]],
        [["sigmoid", "log", 1, {"y": "3"}]],
        [["sigmoid", "log", 1, {"logits": "9" * 100_000}]],
        [["sigmoid", f"q{i}"] for i in range(101)],
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_cannot_have_been_kept_is_refused_in_words(value: object) -> None:
    app = told(value)
    assert app.session_state["copy"] == {"told": True, "done": []}
    assert said(app) == say("expected_one.progress")


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(PAGES),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


links = st.dictionaries(
    st.sampled_from(["logits", "names", "format"]) | st.text(), st.text() | json
)
answers = st.tuples(
    st.sampled_from(PAGES), st.just("log"), st.integers(-1, 11) | json, links | json
)


@given(answers.map(list) | json)
@examples(max_examples=500, deadline=None)
def test_no_entry_of_a_stranger_raises_anything_but_a_refusal(entry: Any) -> None:
    try:
        key, answer = progress.read(entry, PAGES)
    except ValueError:
        return
    assert key[0] in PAGES
    assert answer is None or 0 <= answer.chosen < 10


@given(any_settings(), st.sampled_from(PAGES))
def test_an_answer_is_kept_with_the_settings_it_was_asked_with(asked: Settings, page: str) -> None:
    entry = [page, "log", 2, controls.write(asked, page)]
    assert progress.read(entry, PAGES) == ((page, "log"), progress.Answer(2, asked))


def test_a_part_that_is_not_understood_does_not_take_the_others_along() -> None:
    app = told([["sigmoid", "log", 99, LINK], ["sigmoid", "break"]])
    assert done(app) == {("sigmoid", "break"): None}
    assert said(app)


def test_what_is_told_a_second_time_changes_nothing() -> None:
    def script(pages: tuple[str, ...]) -> None:
        # AppTest runs the text of this function alone.
        import streamlit as st  # noqa: PLC0415

        from pages.shared import progress  # noqa: PLC0415

        st.session_state["pages"] = pages
        progress.done()["sigmoid", "break"] = None
        progress.restore([["sigmoid", "log"]])
        progress.restore([["overflow", "break"]])

    app = run(AppTest.from_function(script, args=(PAGES,)))
    assert set(done(app)) == {("sigmoid", "break"), ("sigmoid", "log")}


def restored(page: str, value: dict[tuple[str, str], progress.Answer | None]) -> AppTest:
    app = open_app(page)
    app.session_state["done"] = value
    return run(app)


def test_a_question_that_was_answered_before_is_shown_as_it_was_asked() -> None:
    asked = replace(Settings(), logits=(1.0, 5.0, 2.0), x=-3.0)
    question = sigmoid.ask(asked)[0]
    app = restored("sigmoid", {("sigmoid", question.key): progress.Answer(question.right, asked)})
    assert question.text in [text.value for text in app.markdown]
    assert question.options[question.right] in app.success[0].value
    assert settings(app) == Settings()


@pytest.mark.parametrize("key", ["log", "no_such_question"])
def test_an_answer_that_fits_no_question_leaves_it_open(key: str) -> None:
    app = restored("sigmoid", {("sigmoid", key): progress.Answer(9, Settings())})
    assert len(app.radio) == len(sigmoid.ask(Settings()))


def test_a_mark_that_the_navigation_lacks_runs_the_page_again() -> None:
    def script() -> None:
        # AppTest runs the text of this function alone.
        import streamlit as st  # noqa: PLC0415

        from pages.shared import lesson, progress  # noqa: PLC0415

        st.session_state["marked"] = set(st.session_state.get("finished", ()))
        progress.done()["sigmoid", lesson.FINISHED] = None
        st.session_state["finished"] = {"sigmoid"}
        lesson.mark()
        st.session_state["seen"] = st.session_state["marked"]

    app = run(AppTest.from_function(script))
    assert app.session_state["seen"] == {"sigmoid"}


def test_an_option_that_was_picked_from_the_server_before_counts() -> None:
    question = overflow.ask(Settings())[0]
    app = open_app("overflow")
    app.session_state[f"overflow-{question.key}-open"] = question.right
    run(app)
    assert question.reasons[question.right] in app.success[0].value
    assert ("overflow", question.key) in done(app)


def test_the_numbers_of_changes_have_no_end_that_a_long_visit_reaches() -> None:
    def script(message: list[object]) -> None:
        # AppTest runs the text of this function alone.
        import streamlit as st  # noqa: PLC0415

        from pages.shared import state  # noqa: PLC0415

        state.begin("pipeline")
        st.session_state["pipeline"] = {"commit": message}
        state.commit("pipeline")()

    late = change("shift", 5.0)
    late[0]["n"] = 5000  # type: ignore[index]
    assert settings(run(AppTest.from_function(script, args=(late,)))).shift == 5.0
