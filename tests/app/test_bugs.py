"""The bug gallery without a browser: its cases, its numbers, and what it keeps back at first."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import special
from streamlit.testing.v1 import AppTest

import ce_core
from ce_core.bugs import BUGS, run
from pages import bugs
from pages.shared import controls, lesson
from pages.shared.controls import Settings
from pages.shared.live import pack
from pages.shared.words import say
from tests.app import opening
from tests.app.instruments import unpacked
from tests.app.opening import change, commit, link, open_app, reads_back, said, settings

Columns = dict[str, np.ndarray]
each_bug = pytest.mark.parametrize("bug", BUGS)
doses = st.floats(-controls.LARGEST, controls.LARGEST, allow_nan=False).map(lambda v: v + 0.0)


def case(bug: str, dose: float | None = None, repaired: int = 0) -> Settings:
    dose = controls.first_dose(bug) if dose is None else dose
    return Settings(bug=bug, dose=dose, repaired=repaired)


def sent(app: AppTest) -> tuple[dict[str, Any], Columns]:
    """Return the instrument that the browser gets."""
    (mounted,) = app.get("bidi_component")
    head, columns = unpacked(mounted.proto.bytes)
    return head["instrument"], columns


def batches(bug: str, doses: list[float]) -> np.ndarray:
    row, column = BUGS[bug].move
    result = np.array([BUGS[bug].logits] * len(doses))
    result[:, row, column] = doses
    return result


def diagnose(app: AppTest, *, right: bool = True) -> AppTest:
    bug = settings(app).bug
    radio = app.radio(key=f"bugs-{bug}-open")
    own = radio.options.index(say(f"bugs.diagnosis_{bug}"))
    return opening.run(radio.set_value(own if right else (own + 1) % len(radio.options)))


# ---------------------------------------------------------------- the cases


@each_bug
def test_a_pill_opens_its_case_with_its_own_numbers_unrepaired(bug: str) -> None:
    app = commit(change("bug", bug), "bugs", bug="sigmoid_first", dose="3", repaired="1")
    assert settings(app) == case(bug)
    assert {key: link(app)[key] for key in ("bug", "dose", "repaired")} == {
        "bug": [bug],
        "dose": [controls.plain(controls.first_dose(bug))],
        "repaired": ["0"],
    }
    assert reads_back(app)
    instrument, _ = sent(open_app("bugs", bug=bug))
    assert instrument["title"] == say(f"bugs.name_{bug}")
    assert instrument["presets"]["picked"] == bug


def test_the_break_opens_a_nan() -> None:
    app = open_app("bugs", repaired="1")
    opening.run(app.button(key="bugs-break").click())
    assert settings(app) == case("half_precision")
    _, columns = sent(app)
    at = columns["dose"][0].tolist().index(12.0)
    assert np.isnan(columns["broken"][0, at])


@pytest.mark.parametrize(
    "query",
    [
        {"bug": "<b>"},
        {"bug": "softmax_twice,wrong_axis"},
        {"dose": "nan"},
        {"dose": "-inf"},
        {"dose": "1e301"},
        {"repaired": "2"},
        {"repaired": "-1"},
        {"bug": "' OR 1=1", "dose": "<script>", "repaired": "yes"},
    ],
)
def test_what_a_link_cannot_say_is_named_and_the_default_used(query: dict[str, str]) -> None:
    app = open_app("bugs", **query)
    assert settings(app) == Settings()
    for key, text in query.items():
        assert f"` {key} ` = ` {text} `: " in said(app)


def test_a_bad_number_leaves_the_case_of_the_link_with_its_own_number() -> None:
    app = open_app("bugs", bug="half_precision", dose="nan")
    assert settings(app) == case("half_precision")
    assert "dose" in said(app)


# ---------------------------------------------------------------- the numbers


def in_float(bug: str, z: np.ndarray) -> np.ndarray:
    """Return the broken loss of a batch by SciPy, for the cases whose format is float64."""
    target = np.array(BUGS[bug].target)
    rows = np.arange(len(target))
    with np.errstate(invalid="ignore"):
        log_p = special.log_softmax(z, axis=-1)
    picked = -log_p[rows, target]
    weight = np.array([1.0, 1.0, 10.0])[target]
    forms: dict[str, Callable[[], np.ndarray]] = {
        "softmax_twice": lambda: -special.log_softmax(special.softmax(z, -1), -1)[rows, target],
        "wrong_axis": lambda: -special.log_softmax(z, axis=0)[rows, target],
        "all_masked_row": lambda: picked,
        "smoothing_masked": lambda: -0.9 * log_p[rows, target] - 0.1 * log_p.mean(axis=-1),
        "weighted_mean": lambda: weight * picked,
        "sigmoid_first": lambda: -special.log_expit(z[rows, target]),
        "target_off_by_one": lambda: -log_p[rows, target - 1],
    }
    return np.mean(forms[bug]())


@pytest.mark.parametrize("bug", [name for name, bug in BUGS.items() if bug.format == "float64"])
def test_the_numbers_are_those_of_scipy(bug: str) -> None:
    _, columns = bugs.build(case(bug, 1.2345), diagnosed=True)
    at = list(columns["dose"][0]).index(1.2345)
    for k in (0, 50, at, 150, 200):
        batch = batches(bug, [columns["dose"][0, k]])[0]
        np.testing.assert_allclose(columns["broken"][0, k], in_float(bug, batch), rtol=1e-12)
        np.testing.assert_array_equal(columns["logits"][0, k], batch.ravel())


def number_after(words: str, text: str) -> float:
    return float(re.search(rf"{words} (-?\d+(\.\d+)?(e[+-]\d+)?)", text)[1])


def is_true(bug: str, columns: Columns, symptom: str) -> bool:
    """Say whether the symptom, as its sentence puts it, holds wherever the slider stands."""
    x, loss = columns["dose"][0], columns["broken"][0]
    match bug:
        case "softmax_twice":
            return math.isclose(min(loss), number_after("below", symptom), rel_tol=1e-5)
        case "wrong_axis":
            rises = np.diff(loss[x >= 4]) > 0  # 4 is the cat logit of sample 1
            lowest = number_after("below", symptom)
            return bool(rises.all()) and math.isclose(min(loss), lowest, rel_tol=1e-5)
        case "target_off_by_one":
            falls = np.diff(loss) < -1e-12  # more than its rounding
            lowest = number_after("is", symptom)
            return not falls.any() and math.isclose(loss[0], lowest, rel_tol=1e-5)
        case "log_of_softmax" | "half_precision":
            edge = number_after("rom", symptom)
            return not np.isfinite(loss[x >= edge * (1 - 1e-5)]).any()
        case "weighted_mean":
            rows = -special.log_softmax(batches(bug, list(x)), axis=-1)[:, range(3), range(3)]
            return np.allclose(columns["largest"][0], rows.max(axis=-1), rtol=1e-12)
        case _:
            return len(np.unique(loss)) == 1


@given(bug=st.sampled_from(list(BUGS)), dose=doses, repaired=st.integers(0, 1))
@example(bug="half_precision", dose=1e300, repaired=1)
@example(bug="half_precision", dose=65520.0, repaired=1)
@example(bug="log_of_softmax", dose=-1e300, repaired=1)
@example(bug="weighted_mean", dose=1e300, repaired=0)
@example(bug="softmax_twice", dose=19.9, repaired=0)
def test_any_number_makes_a_picture_and_a_true_sentence(
    bug: str, dose: float, repaired: int
) -> None:
    instrument, columns = bugs.build(case(bug, dose, repaired), diagnosed=True)
    unpacked(pack(instrument, columns, 1, 0))
    (slider,) = instrument.sliders
    assert slider.values[slider.index] == dose
    assert list(columns["dose"][0]) == slider.values == sorted(slider.values)
    (figure,) = instrument.figures
    # Plotly does not know the colours that the component names.
    plot = re.sub('"(naive|fused)"', '"#000"', json.dumps(figure.plot))
    assert go.Figure(json.loads(plot)).data
    symptom = instrument.sentences[0].templates[0]
    assert is_true(bug, columns, symptom), symptom
    assert set(re.findall(r"\{(\w+)\}", symptom)) == set(instrument.sentences[0].places)


def test_the_second_softmax_cannot_fall_below_its_floor() -> None:
    instrument, columns = bugs.build(case("softmax_twice"), diagnosed=False)
    floor = math.log(1 + 2 / math.e)
    assert abs(columns["broken"].min() - floor) < 1e-3
    assert f"{floor:.5f}" in instrument.sentences[0].templates[0]


def test_the_softmax_over_the_samples_is_best_where_the_samples_are_alike() -> None:
    _, columns = bugs.build(case("wrong_axis"), diagnosed=False)
    k = columns["broken"][0].argmin()
    assert columns["dose"][0, k] == 4.0
    assert math.isclose(columns["broken"][0, k], math.log(2), rel_tol=1e-12)


@pytest.mark.parametrize(
    ("bug", "threshold", "kind"),
    [
        # Half of the smallest float32 rounds to 0: 60 + z = 150 log 2.
        ("log_of_softmax", 150 * math.log(2) - 60, np.isposinf),
        # From 65520 on, a number rounds beyond the largest float16.
        ("half_precision", math.log(65520), np.isnan),
    ],
)
def test_the_loss_breaks_where_the_format_ends(
    bug: str, threshold: float, kind: Callable[[np.ndarray], np.ndarray]
) -> None:
    instrument, columns = bugs.build(case(bug), diagnosed=False)
    x = columns["dose"][0]
    np.testing.assert_array_equal(kind(columns["broken"][0]), x > threshold)
    assert f"rom {x[x > threshold][0]:g} on" in instrument.sentences[0].templates[0]


@pytest.mark.parametrize(
    ("bug", "words"), [("all_masked_row", ["nan"]), ("smoothing_masked", ["inf"])]
)
def test_a_gap_of_the_curve_has_a_name(bug: str, words: list[str]) -> None:
    instrument, columns = bugs.build(case(bug), diagnosed=False)
    plot = instrument.figures[0].plot
    assert [note["text"] for note in plot["layout"]["annotations"]] == words
    assert {str(v) for v in columns["broken"].ravel()} == set(words)
    assert plot["data"][0]["y"] == [None] * 201


@each_bug
@pytest.mark.parametrize("repaired", [0, 1])
def test_the_listing_computes_what_the_picture_shows(bug: str, repaired: int) -> None:
    for diagnosed in (False, True):
        instrument, columns = bugs.build(case(bug, repaired=repaired), diagnosed=diagnosed)
        names: dict[str, Any] = {**vars(ce_core), "np": np, "Array": np.ndarray}
        exec(instrument.code.text, names)  # noqa: S102  # the page's own listing
        function = names[re.match(r"def (\w+)", instrument.code.text)[1]]
        stored = columns["logits"].reshape(201, *np.shape(BUGS[bug].logits))
        with np.errstate(all="ignore"):
            z = stored.astype(BUGS[bug].format)
            computed = function(z, np.array(BUGS[bug].target)).astype(float)
        shown = "repaired" if repaired and diagnosed else "broken"
        np.testing.assert_array_equal(columns[shown][0], computed)


# ---------------------------------------------------------------- the diagnosis and the repair


def tells_of_the_repair(bug: str, instrument: dict[str, Any], columns: Columns) -> bool:
    losses = run(BUGS[bug], batches(bug, list(columns["dose"][0])))[1]
    numbers = any(
        column.shape == (1, 201) and np.allclose(column[0], losses, equal_nan=True)
        for column in columns.values()
    )
    text = json.dumps(instrument, ensure_ascii=False)
    readouts = {card["value"]["readout"] for card in instrument["cards"]}
    named = "loss-repaired" in readouts or "repaired" in columns
    said = say(f"bugs.why_{bug}") in text
    drawn = len(instrument["figures"][0]["plot"]["data"]) > 1
    assert len({numbers, named, said, drawn}) == 1, (numbers, named, said, drawn)
    return numbers


@each_bug
def test_before_the_diagnosis_the_page_says_nothing_of_the_repair(bug: str) -> None:
    app = open_app("bugs", bug=bug)
    instrument, columns = sent(app)
    assert not tells_of_the_repair(bug, instrument, columns)
    assert instrument["choices"] == []
    code = instrument["code"]["text"]
    assert code.startswith("def loss(")
    assert BUGS[bug].broken.__doc__ not in code
    assert [radio.key for radio in app.radio] == [f"bugs-{bug}-open"]


@each_bug
def test_after_the_diagnosis_the_repair_can_be_switched_on(bug: str) -> None:
    app = diagnose(open_app("bugs", bug=bug))
    assert say(f"bugs.why_{bug}") in app.success[0].value
    instrument, columns = sent(app)
    assert not tells_of_the_repair(bug, instrument, columns)
    assert [choice["id"] for choice in instrument["choices"]] == ["repaired"]
    opening.run(app.button(key=f"bugs-{bug}-show").click())
    assert settings(app) == case(bug, repaired=1)
    assert reads_back(app)
    assert tells_of_the_repair(bug, *sent(app))


@each_bug
def test_a_wrong_diagnosis_is_told_the_right_one_and_the_reason(bug: str) -> None:
    app = diagnose(open_app("bugs", bug=bug), right=False)
    assert say(f"bugs.diagnosis_{bug}") in app.error[0].value
    assert say(f"bugs.why_{bug}") in app.error[0].value
    assert not app.success


def test_a_diagnosis_opens_no_other_case() -> None:
    app = diagnose(open_app("bugs", bug="softmax_twice"))
    app.session_state["settings"] = case("wrong_axis")
    opening.run(app)
    instrument, _ = sent(app)
    assert instrument["choices"] == []


def test_a_link_shows_what_its_sender_saw_and_the_switch_stays() -> None:
    app = open_app("bugs", bug="wrong_axis", repaired="1")
    assert tells_of_the_repair("wrong_axis", *sent(app))
    app.session_state["settings"] = case("wrong_axis")
    opening.run(app)
    instrument, columns = sent(app)
    assert not tells_of_the_repair("wrong_axis", instrument, columns)
    assert [choice["id"] for choice in instrument["choices"]] == ["repaired"]


def test_the_right_diagnosis_has_no_place_of_its_own_in_the_list() -> None:
    asked = {bug: bugs._ask_diagnosis(case(bug)) for bug in BUGS}  # noqa: SLF001
    for bug, question in asked.items():
        assert question.options[question.right] == say(f"bugs.diagnosis_{bug}")
        assert len(set(question.options)) == 4
    assert len({question.right for question in asked.values()}) > 2


def repaired_loss(bug: str) -> float:
    """Return what the repaired code must make of a case's own batch, by SciPy."""
    z, target = np.array(BUGS[bug].logits), np.array(BUGS[bug].target)
    if bug == "all_masked_row":
        z, target = z[:2], target[:2]
    log_p = special.log_softmax(z, axis=-1)
    if bug == "smoothing_masked":  # 0.1 is shared by the two classes that are left
        return -float(np.dot([0.95, 0.05], log_p[0, :2]))
    # The rows of the weighted case have one loss, so their weights do not matter.
    return float(np.mean(-log_p[range(len(target)), target]))


@each_bug
def test_the_repaired_code_is_asked_for_a_number_that_scipy_knows(bug: str) -> None:
    app = diagnose(open_app("bugs", bug=bug))
    radio = app.radio(key=f"bugs-{bug}-value-open")
    assert len(radio.options) == len(set(radio.options)) == 3
    true = repaired_loss(bug)
    numbers = [float(option) for option in radio.options]
    right = int(np.nanargmin(np.abs(np.array(numbers) - true)))
    assert math.isclose(numbers[right], true, rel_tol=1e-3)
    opening.run(radio.set_value(right))
    assert say("bugs.value_repaired") in app.success[-1].value
    opening.run(app.button(key=f"bugs-{bug}-value-show").click())
    assert settings(app) == case(bug, repaired=1)


def test_a_case_is_finished_after_the_break_and_both_questions() -> None:
    app = open_app("bugs")
    opening.run(app.button(key="bugs-break").click())
    diagnose(app)
    parts = {("bugs", part) for part in ("break", "half_precision", "half_precision-value")}
    assert ("bugs", lesson.FINISHED) not in app.session_state["done"]
    opening.run(app.radio(key="bugs-half_precision-value-open").set_value(0))
    assert set(app.session_state["done"]) == {*parts, ("bugs", lesson.FINISHED)}
