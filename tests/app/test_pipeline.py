"""The pipeline page without a browser: every way into its state."""

import math
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from ce_core.scenarios import SCENARIOS
from pages.shared import controls
from pages.shared.controls import Settings
from pages.shared.pipeline import build
from pages.shared.words import say
from tests.app.opening import change, commit, link, open_app, run, said, settings


def test_a_bare_address_opens_the_defaults_and_says_nothing() -> None:
    app = open_app()
    assert settings(app) == Settings()
    assert app.title[0].value == say("pipeline.title")
    assert not app.warning


def test_a_link_opens_what_it_says() -> None:
    wanted = Settings(
        (1.5, -math.inf),
        0,
        "bfloat16",
        ("a", "b, c"),
        -3.0,
        100.0,
        counts=(2, 9),
        model=(0.25, 0.75),
    )
    app = open_app(**controls.write(wanted, "pipeline"))
    assert settings(app) == wanted
    assert not app.warning


def test_a_broken_link_names_each_broken_part() -> None:
    app = open_app(logits="5,4", format="f", target="7", shift="x" * 3000, other="<b>")
    assert settings(app).logits == (5.0, 4.0)
    for key in ("format", "target", "shift", "other"):
        assert key in said(app)
    assert len(said(app)) < 1500
    assert "` <b> `" in said(app)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_preset_sets_all_of_it_and_the_link(name: str) -> None:
    app = commit(
        change("preset", name),
        logits="5,4",
        names="x,y",
        format="float64",
        shift="3",
        reach="1000",
        target="1",
    )
    scenario = SCENARIOS[name]
    assert settings(app) == Settings(
        scenario.logits,
        scenario.target,
        scenario.format,
        controls.first_names(len(scenario.logits)),
        scenario.shift,
        float(scenario.reach),
    )
    assert controls.read(link(app)) == (settings(app), [])
    instrument, _ = build(settings(app))
    assert instrument.presets
    assert instrument.presets.picked == name


def test_a_repeated_part_is_named_and_a_good_one_beside_it_is_kept() -> None:
    app = open_app(logits=["1,2", "3,4"], format="float16")
    assert settings(app) == Settings(format="float16")
    assert "logits" in said(app)
    assert "format" not in said(app)


def test_a_warning_goes_with_the_next_change() -> None:
    app = open_app(format="float7")
    assert said(app)
    run(app.checkbox(key="mask-1").check())
    assert not said(app)


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


def test_an_unmasked_class_gets_its_own_logit_back_wherever_it_has_moved() -> None:
    app = open_app(logits="5,6,7")
    run(app.checkbox(key="mask-0").check())
    run(app.checkbox(key="mask-0").uncheck())
    run(app.checkbox(key="mask-1").check())
    run(app.button(key="remove-0").click())
    run(app.checkbox(key="mask-0").uncheck())
    assert settings(app).logits == (6.0, 7.0)


def test_the_true_class_stays_the_same_class_when_others_go() -> None:
    app = open_app(logits="5,6,7", target="1")
    run(app.button(key="remove-0").click())
    assert settings(app).names[settings(app).target] == "dog"
    assert controls.read(link(app)) == (settings(app), [])


@pytest.mark.parametrize("name", ["", " ", "cat", "\u202e", "a\x00b"])
def test_a_refused_name_is_said_and_the_old_one_kept(name: str) -> None:
    app = open_app()
    run(app.text_input(key="name-1").set_value(name))
    assert settings(app).names == ("cat", "dog", "goldfish")
    assert "Kept ` dog `" in said(app)


def test_two_classes_are_the_least_and_ten_the_most() -> None:
    app = open_app(logits="1,2")
    assert app.button(key="remove-0").disabled
    app = open_app(logits=",".join("0123456789"))
    assert next(b for b in app.button if b.label == say("classes.add")).disabled


commits: list[tuple[object, Callable[[Settings], object], object]] = [
    (change("logits.1", 4.25), lambda s: s.logits[1], 4.25),
    (change("logits.1", " -1e3 "), lambda s: s.logits[1], -1000.0),
    (change("logits.0", "-inf"), lambda s: s.logits[0], -math.inf),
    (change("shift", 300), lambda s: s.shift, 300.0),
    (change("target", 2), lambda s: s.target, 2),
    (change("format", "bfloat16"), lambda s: s.format, "bfloat16"),
    (change("reach", "100"), lambda s: s.reach, 100.0),
    (change("counts.1", "12"), lambda s: s.counts, (5, 12, 2)),
    (change("model.0", 0), lambda s: s.model, (0.0, 0.37499999999999994, 0.625)),
    (change("model.2", 1), lambda s: s.model, (0.0, 0.0, 1.0)),
    (change("temperature", "0.5"), lambda s: s.temperature, 0.5),
    (change("cell", "float8_e5m2.fused"), lambda s: s.cell, "float8_e5m2.fused"),
    (change("step", 60.0), lambda s: s.step, 60),
]


@pytest.mark.parametrize(("message", "part", "expected"), commits)
def test_what_the_component_sends_is_taken(
    message: object, part: Callable[[Settings], object], expected: object
) -> None:
    app = commit(message)
    assert part(settings(app)) == expected
    assert controls.read(link(app)) == (settings(app), [])
    assert not said(app)


def test_several_releases_in_one_message_are_taken_in_their_order_and_once() -> None:
    def script(messages: list[list[object]]) -> None:
        # AppTest runs the text of this function alone.
        import streamlit as st  # noqa: PLC0415

        from pages.shared import state  # noqa: PLC0415

        state.begin("pipeline")
        for message in messages:
            st.session_state["pipeline"] = {"commit": message}
            state.commit("pipeline")()

    third = {"n": 3, "id": "logits.0", "value": 7}
    second = {"n": 2, "id": "logits.1", "value": 6}
    first = {"n": 1, "id": "logits.0", "value": 5}
    later = {"n": 4, "id": "logits.0", "value": 9}
    app = AppTest.from_function(script, args=([[third, first, second], [later, first]],))
    assert settings(run(app)).logits == (9.0, 6.0, 0.1)


@pytest.mark.parametrize("reach", ["10", "100", "1000", "200000"])
def test_a_reach_widened_by_a_number_is_not_written_into_the_link(reach: str) -> None:
    app = commit(change("reach", reach), logits="123456,1,0")
    assert settings(app).effective_reach == 200_000
    assert controls.read(link(app)) == (settings(app), [])


@pytest.mark.parametrize(
    "message",
    [
        None,
        7,
        "x",
        [],
        {},
        [None],
        [{"n": "1", "id": "logits.1", "value": 2}],
        [{"n": True, "id": "logits.1", "value": 2}],
        [{"n": 1, "id": 1, "value": 2}],
        [{"n": 1, "id": "logits.1"}],
        [{"id": "logits.1", "value": 2}],
        change("logits.1", None),
        change("logits.1", True),
        change("logits.1", math.nan),
        change("logits.1", math.inf),
        change("logits.1", "1e999"),
        change("logits.1", "1_0"),
        change("logits.1", 10**400),
        change("logits.1", {"a": []}),
        change("logits.1", [1, 2]),
        change("logits.1", "9" * 100_000),
        change("logits.3", 1.0),
        change("logits.-1", 1.0),
        change("logits.٣", 1.0),
        change("logits." + "9" * 10_000, 1.0),
        change("logits", 1.0),
        change("logits.0.1", 1.0),
        change("target", 3),
        change("target", -1),
        change("target", "<img src=x>"),
        change("shift", "-inf"),
        change("shift.0", 1),
        change("format", 2),
        change("format", ["float64"]),
        change("reach", 1.5),
        change("counts.0", 1.5),
        change("counts.0", 1001),
        change("model.0", 1.5),
        change("names.0", "dog"),
        change("preset", "<b>"),
        change("preset", ["tie"]),
        change("lab", "nothing"),
        change("step", 61),
        change("<script>", 1),
    ],
)
def test_what_it_cannot_be_is_refused_in_words(message: object) -> None:
    app = commit(message)
    assert settings(app) == Settings()
    assert said(app)
    assert len(said(app)) < 400


def test_what_is_repeated_in_one_message_is_taken_once() -> None:
    app = commit(change("<script>", 1) * 50)
    assert said(app).count("script") == 1


def test_no_class_is_left_without_an_observation() -> None:
    app = commit(change("counts.0", 0), counts="5,0,0")
    assert settings(app).counts == (5, 0, 0)
    assert "how many times cat was seen" in said(app)
