"""The pipeline page without a browser: every way into its state."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest
from streamlit.testing.v1 import AppTest

from ce_core.scenarios import SCENARIOS
from pages.shared import controls
from pages.shared.controls import Settings
from pages.shared.words import say


class Runnable(Protocol):
    """An app, or one of its widgets after a change."""

    def run(self) -> AppTest:
        """Run the app."""


MAIN = Path(__file__).parents[2] / "pages" / "main.py"


def open_app(**query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=30)
    for key, text in query.items():
        app.query_params[key] = text
    app.session_state["classes"] = True  # the class editor is open
    return run(app)


def run(changed: Runnable) -> AppTest:
    app = changed.run()
    assert not app.exception
    return app


def settings(app: AppTest) -> Settings:
    result: Settings = app.session_state["settings"]
    return result


def said(app: AppTest) -> str:
    return "\n".join(warning.value for warning in app.warning)


def test_a_bare_address_opens_the_defaults_and_says_nothing() -> None:
    app = open_app()
    assert settings(app) == Settings()
    assert app.title[0].value == say("pipeline.title")
    assert not app.warning


def test_a_link_opens_what_it_says() -> None:
    wanted = Settings((1.5, -math.inf), 0, "bfloat16", ("a", "b, c"), -3.0, 100.0)
    app = open_app(**controls.write(wanted))
    assert settings(app) == wanted
    assert not app.warning


def test_a_broken_link_names_each_broken_part() -> None:
    app = open_app(logits="5,4", format="f", target="7", shift="x" * 3000, other="<b>")
    assert settings(app).logits == (5.0, 4.0)
    for key in ("format", "target", "shift", "other"):
        assert key in said(app)
    assert len(said(app)) < 1500
    assert "<" not in said(app).replace("\\<", "")


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_preset_sets_all_of_it_and_the_link(name: str) -> None:
    app = open_app(logits="5,4", names="x,y", format="float64", shift="3", reach="1000", target="1")
    pill = next(group for group in app.button_group if say("presets.tie") in group.options)
    run(pill.set_value(name))
    scenario = SCENARIOS[name]
    assert settings(app) == Settings(
        scenario.logits,
        scenario.target,
        scenario.format,
        controls.first_names(len(scenario.logits)),
        scenario.shift,
        float(scenario.reach),
    )
    link = {
        key: [values] if isinstance(values, str) else values
        for key, values in app.query_params.items()
    }
    assert controls.read(link) == (settings(app), [])


def test_classes_are_renamed_masked_unmasked_added_and_removed() -> None:
    app = open_app()
    run(app.text_input(key="name-1").set_value("  wolf  "))
    assert settings(app).names == ("cat", "wolf", "goldfish")
    run(app.checkbox(key="mask-1").check())
    assert settings(app).logits == (2.0, -math.inf, 0.1)
    run(app.checkbox(key="mask-1").uncheck())
    assert settings(app).logits == (2.0, 1.0, 0.1)
    add = next(button for button in app.button if button.label == say("classes.add"))
    run(add.click())
    assert settings(app).logits == (2.0, 1.0, 0.1, 0.0)
    assert len(set(settings(app).names)) == 4
    run(app.button(key="remove-0").click())
    assert settings(app).names[0] == "wolf"
    assert settings(app).target == 0


@pytest.mark.parametrize("name", ["", " ", "cat", "\u202e", "a\x00b"])
def test_a_refused_name_is_said_and_the_old_one_kept(name: str) -> None:
    app = open_app()
    run(app.text_input(key="name-1").set_value(name))
    assert settings(app).names == ("cat", "dog", "goldfish")
    assert "Kept dog" in said(app)


def test_two_classes_are_the_least_and_ten_the_most() -> None:
    app = open_app(logits="1,2")
    assert app.button(key="remove-0").disabled
    app = open_app(logits=",".join("0123456789"))
    assert next(b for b in app.button if b.label == say("classes.add")).disabled


Message = dict[str, object]
commits: list[tuple[object, Callable[[Settings], object], object]] = [
    ({"id": "1", "value": 4.25}, lambda s: s.logits[1], 4.25),
    ({"id": "1", "value": " -1e3 "}, lambda s: s.logits[1], -1000.0),
    ({"id": "0", "value": "-inf"}, lambda s: s.logits[0], -math.inf),
    ({"id": "shift", "value": 300}, lambda s: s.shift, 300.0),
    ({"id": "target", "value": 2}, lambda s: s.target, 2),
    ({"id": "format", "value": 3}, lambda s: s.format, "bfloat16"),
    ({"id": "reach", "value": 1}, lambda s: s.reach, 100.0),
]


@pytest.mark.parametrize(("message", "part", "expected"), commits)
def test_what_the_component_sends_is_taken(
    message: object, part: Callable[[Settings], object], expected: object
) -> None:
    assert part(settings(commit(message))) == expected


@pytest.mark.parametrize(
    "message",
    [
        None,
        7,
        "x",
        [],
        {},
        {"id": 1, "value": 2},
        {"id": "1"},
        {"id": "1", "value": None},
        {"id": "1", "value": True},
        {"id": "1", "value": math.nan},
        {"id": "1", "value": math.inf},
        {"id": "1", "value": "1e999"},
        {"id": "1", "value": 10**400},
        {"id": "1", "value": {"a": []}},
        {"id": "1", "value": [1, 2]},
        {"id": "1", "value": "9" * 100_000},
        {"id": "3", "value": 1.0},
        {"id": "-1", "value": 1.0},
        {"id": "٣", "value": 1.0},
        {"id": "9" * 10_000, "value": 1.0},
        {"id": "target", "value": 3},
        {"id": "target", "value": -1},
        {"id": "target", "value": "<img src=x>"},
        {"id": "shift", "value": "-inf"},
        {"id": "format", "value": "float64"},
        {"id": "reach", "value": 1.5},
        {"id": "<script>", "value": 1},
    ],
)
def test_what_it_cannot_be_is_refused_in_words(message: object) -> None:
    app = commit(message)
    assert settings(app) == Settings()
    assert said(app)
    assert len(said(app)) < 400


def commit(message: object) -> AppTest:
    """Run the page's own handler inside the app, as the component's release would.

    AppTest cannot drive a component, so the message is put where Streamlit leaves it.
    """

    def script(message: object) -> None:
        # AppTest runs the text of this function alone.
        import streamlit as st  # noqa: PLC0415

        from pages import pipeline  # noqa: PLC0415
        from pages.shared import state  # noqa: PLC0415

        state.begin()
        st.session_state[pipeline.KEY] = {"commit": message}
        pipeline.commit()
        state.notices()

    app = AppTest.from_function(script, args=(message,), default_timeout=30)
    return run(app)
