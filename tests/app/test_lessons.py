"""What every lesson keeps to, without a browser."""

import importlib
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as examples
from streamlit.testing.v1 import AppTest

from pages import likelihood
from pages.shared import controls, lesson
from pages.shared.controls import Settings
from pages.shared.words import say
from tests.app.opening import link, open_app, run, said, settings
from tests.app.test_controls import settings as any_settings
from tests.app.test_live import TYPES

LESSONS = {name: importlib.import_module(f"pages.{name}") for name in lesson.ORDER}
FEW = Settings((3.0, -1.0), 1, names=("a", "b"), counts=(1, 0), model=(0.25, 0.75))
MANY = controls.read({"logits": ["0,1,2,3,4,5,6,7,8,-inf"], "target": ["9"]})[0]


def questions(app: AppTest) -> list[str]:
    return [radio.label for radio in app.radio]


def reads_back(wanted: Settings, page: str) -> bool:
    query = {key: [text] for key, text in controls.write(wanted, page).items()}
    return controls.read(query) == (wanted, [])


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("start", [Settings(), FEW, MANY], ids=["three", "two", "ten"])
def test_a_lesson_opens_breaks_and_asks_whatever_the_classes(name: str, start: Settings) -> None:
    app = open_app(name, **controls.write(start, name))
    assert settings(app) == start
    assert not said(app)
    assert app.title[0].value == say(f"{name}.title")
    asked = questions(app)
    run(app.button(key=f"{name}-break").click())
    assert settings(app) == LESSONS[name].broken(start) != start
    assert controls.read(link(app)) == (settings(app), [])
    if name != "bugs":  # its break opens another case, which has its own question
        assert len(asked) >= 2
        assert len(questions(app)) == len(asked)


@pytest.mark.parametrize("name", ["pipeline", *LESSONS])
def test_a_broken_link_opens_the_defaults_and_names_each_part(name: str) -> None:
    broken = dict.fromkeys((p.key for p in controls.PARAMETERS), "<b>nan</b>")
    app = open_app(name, **broken, tab="x")
    assert settings(app) == Settings()
    for key in list(broken)[:8]:
        assert key in said(app)


@pytest.mark.parametrize("name", LESSONS)
@given(any_settings())
@examples(max_examples=15, deadline=None)
def test_every_question_has_one_right_answer_and_a_reason_for_each(
    name: str, start: Settings
) -> None:
    module = LESSONS[name]
    for question in module.ask(start):
        assert len(set(question.options)) == len(question.options) >= 2
        assert 0 <= question.right < len(question.options)
        assert len(question.reasons) == len(question.options)
        assert all(question.reasons)
        assert reads_back(question.shown, name)
        assert not re.search(r"\{\w+\}", " ".join([question.text, *question.reasons]))
    assert reads_back(module.broken(start), name)


def radios(app: AppTest) -> list[str]:
    return [str(radio.key) for radio in app.radio]


def test_an_answer_is_judged_kept_and_can_be_given_again() -> None:
    app = open_app("sigmoid")
    question = LESSONS["sigmoid"].ask(Settings())[0]
    wrong = (question.right + 1) % len(question.options)
    key = f"sigmoid-{question.key}"
    run(app.radio(key=f"{key}-open").set_value(wrong))
    assert question.options[question.right] in app.error[0].value
    assert question.reasons[wrong] in app.error[0].value
    assert f"{key}-open" not in radios(app)
    run(app.button(key=f"{key}-show").click())
    assert settings(app) == question.shown
    assert app.error
    run(app.button(key=f"{key}-again").click())
    assert not app.error
    run(app.radio(key=f"{key}-open").set_value(question.right))
    assert question.reasons[question.right] in app.success[0].value


def test_what_a_question_shows_keeps_what_was_set_before_the_answer() -> None:
    app = open_app("gradient")
    app.session_state["settings"] = replace(settings(app), format="float16")
    run(app.radio(key="gradient-even-open").set_value(1))
    run(app.button(key="gradient-even-show").click())
    assert (settings(app).format, set(settings(app).logits)) == ("float16", {0.0})


def test_a_question_is_judged_as_it_stood_on_the_page_whatever_was_moved_since() -> None:
    app = open_app("likelihood")
    radio = app.radio(key="likelihood-one-open")
    asked, options = radio.label, list(radio.options)
    app.session_state["settings"] = replace(settings(app), model=(0.6, 0.3, 0.1))
    run(radio.set_value(0))
    (question,) = (q for q in likelihood.ask(Settings()) if q.key == "one")
    assert (asked, options) == (question.text, list(question.options))
    assert asked in [text.value for text in app.markdown]
    run(app.button(key="likelihood-one-show").click())
    assert settings(app) == question.shown


def test_the_navigation_marks_a_lesson_when_all_of_it_was_done() -> None:
    app = open_app("sigmoid")
    for question in LESSONS["sigmoid"].ask(Settings()):
        run(app.radio(key=f"sigmoid-{question.key}-open").set_value(0))
        assert ("sigmoid", question.key) in app.session_state["done"]
        assert ("sigmoid", lesson.BREAK) not in app.session_state["done"]
    run(app.button(key="sigmoid-break").click())
    assert set(app.session_state["done"]) == {
        ("sigmoid", lesson.BREAK),
        ("sigmoid", lesson.FINISHED),
        *(("sigmoid", question.key) for question in LESSONS["sigmoid"].ask(Settings())),
    }


def test_a_page_opened_from_another_keeps_the_numbers_and_writes_its_own_link() -> None:
    app = open_app("softmax", logits="1,2,3", temperature="0.5", counts="7,8,9")
    assert settings(app) == replace(
        Settings(), logits=(1.0, 2.0, 3.0), temperature=0.5, counts=(7, 8, 9)
    )


@pytest.mark.parametrize("name", ["likelihood", "softmax", "overflow", "gradient"])
def test_every_column_is_shown_and_of_a_type_that_the_browser_reads(name: str) -> None:
    instrument, columns = LESSONS[name].build(Settings())
    assert {column.dtype.str[1:] for column in columns.values()} <= TYPES
    text = json.dumps(instrument, default=vars)
    assert [column for column in columns if f'"{column}"' not in text] == []
