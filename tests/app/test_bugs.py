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

import ce_core
from ce_core.bugs import BUGS, run
from lab.readers import plain
from lab.settings import Settings
from lab.words import say
from live.parts import Instrument
from pages import bugs
from pages.bugs import BUG, REPAIRED, first_dose
from tests.app.instruments import ANSWERS, built, plotted, settings, take, unpacked
from tests.app.reading import Columns
from tests.app.strategies import finite as doses


def case(bug: str, dose: float | None = None, repaired: int = 0, *, seen: bool = False) -> Settings:
    """Return the settings of a case, whose diagnosis may have been seen."""
    opened = settings(bug=bug, dose=first_dose(bug) if dose is None else dose, repaired=repaired)
    return opened.having_seen(frozenset([bug])) if seen else opened


def build(now: Settings) -> tuple[Instrument, Columns]:
    (instrument,), columns = built("bugs", now)
    return instrument, columns


def batches(bug: str, doses: list[float]) -> np.ndarray:
    row, column = BUGS[bug].move
    result = np.array([BUGS[bug].logits] * len(doses))
    result[:, row, column] = doses
    return result


# ---------------------------------------------------------------- the cases


def test_a_pill_opens_its_case_with_its_own_numbers_unrepaired() -> None:
    for bug in BUGS:
        now = take(case("sigmoid_first", 3.0, 1), "bug", bug, "bugs")
        assert now == case(bug)
        link = f"bug={bug}&dose={plain(first_dose(bug))}&repaired=0"
        assert ANSWERS.link("bugs", now) == link
        assert ANSWERS.read("bugs", link) == ANSWERS.read("bugs", f"bug={bug}") == (now, [])
        instrument, _ = build(now)
        assert instrument.title == say(f"bugs.name_{bug}")
        assert instrument.presets
        assert instrument.presets.picked == bug


def test_the_break_opens_a_nan() -> None:
    now = take(settings(repaired=1), "break", "", "bugs")
    assert now == case("half_precision")
    _, columns = build(now)
    at = columns["dose"][0].tolist().index(12.0)
    assert np.isnan(columns["broken"][0, at])


def test_what_a_link_cannot_say_is_named_and_the_default_used() -> None:
    wrong = [
        *[("bug", text) for text in ("<b>", "softmax_twice,wrong_axis", "' OR 1=1")],
        *[("dose", text) for text in ("nan", "-inf", "1e301", "<script>")],
        *[("repaired", text) for text in ("2", "-1", "yes")],
    ]
    for key, text in wrong:
        now, notices = ANSWERS.read("bugs", f"{key}={text}")
        assert now == settings(), (key, text)
        assert f"{key} = {text}: expected " in notices[1], (key, text)


def test_a_bad_number_leaves_the_case_of_the_link_with_its_own_number() -> None:
    now, notices = ANSWERS.read("bugs", "bug=half_precision&dose=nan")
    assert now == case("half_precision")
    assert "dose" in notices[1]
    assert "used 12." in notices[1]


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
    _, columns = build(case(bug, 1.2345))
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
    now = case(bug, dose, repaired, seen=True)
    head, sent = unpacked(ANSWERS.numbers("bugs", ANSWERS.link("bugs", now)).body)
    assert go.Figure(plotted(head["instruments"][0]["figures"][0]["plot"], sent)).data
    instrument, columns = build(now)
    (slider,) = instrument.sliders
    assert slider.values[slider.index] == dose
    assert list(columns["dose"][0]) == slider.values == sorted(slider.values)
    text = symptom(instrument)
    assert is_true(bug, columns, text), text
    left = set(re.findall(r"\{(\w+)\}", text))
    assert left == set(instrument.sentences[0].places) - {"lowest", "edge"}


def symptom(instrument: Instrument) -> str:
    """Return what is said of a case, with the numbers that are the same wherever it is dragged."""
    sentence = instrument.sentences[0]
    (text,) = sentence.pieces
    for name in {"lowest", "edge"} & set(sentence.places):
        ((value,),) = sentence.places[name].column.values
        text = text.replace(f"{{{name}}}", f"{value:.6g}")
    return text


def test_the_second_softmax_cannot_fall_below_its_floor() -> None:
    instrument, columns = build(case("softmax_twice"))
    floor = math.log(1 + 2 / math.e)
    assert abs(columns["broken"].min() - floor) < 1e-3
    assert f"{floor:.5f}" in symptom(instrument)


def test_the_softmax_over_the_samples_is_best_where_the_samples_are_alike() -> None:
    _, columns = build(case("wrong_axis"))
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
    instrument, columns = build(case(bug))
    x = columns["dose"][0]
    np.testing.assert_array_equal(kind(columns["broken"][0]), x > threshold)
    assert f"rom {x[x > threshold][0]:g} on" in symptom(instrument)


@pytest.mark.parametrize(
    ("bug", "words"), [("all_masked_row", ["nan"]), ("smoothing_masked", ["inf"])]
)
def test_a_gap_of_the_curve_has_a_name(bug: str, words: list[str]) -> None:
    instrument, columns = build(case(bug))
    plot = instrument.figures[0].plot
    assert [note["text"] for note in plot["layout"]["annotations"]] == words
    assert {str(v) for v in columns["broken"].ravel()} == set(words)
    assert np.isnan(plot["data"][0]["y"]["column"].values).all()


def test_the_listing_computes_what_the_picture_shows() -> None:
    each = [(case(bug), case(bug, seen=True), case(bug, repaired=1)) for bug in BUGS]
    for now in [now for of_one in each for now in of_one]:
        bug, (instrument, columns) = BUGS[now[BUG]], build(now)
        assert instrument.code
        names: dict[str, Any] = {**vars(ce_core), "np": np, "Array": np.ndarray}
        exec(instrument.code.text, names)  # noqa: S102  # the page's own listing
        function = names[re.match(r"def (\w+)", instrument.code.text)[1]]
        stored = columns["logits"].reshape(201, *np.shape(bug.logits))
        with np.errstate(all="ignore"):
            computed = function(stored.astype(bug.format), np.array(bug.target)).astype(float)
        shown = "repaired" if now[REPAIRED] else "broken"
        np.testing.assert_array_equal(columns[shown][0], computed, err_msg=str(now))


def test_the_curves_are_those_of_the_numbers_and_have_gaps_where_there_are_none() -> None:
    for bug in BUGS:
        instrument, columns = build(case(bug, repaired=1))
        lines = instrument.figures[0].plot["data"]
        for line, form in zip(lines, ("broken", "repaired"), strict=True):
            x, y = (line[axis]["column"].values[0, 0] for axis in "xy")
            np.testing.assert_allclose(x, columns["dose"][0], rtol=2.0**-28, err_msg=bug)
            loss = columns[form][0]
            finite = np.where(np.isfinite(loss), loss, np.nan)
            np.testing.assert_allclose(y, finite, rtol=2.0**-28, err_msg=bug)


# ---------------------------------------------------------------- the diagnosis and the repair


def answers(now: Settings) -> tuple[bytes, bytes]:
    """Return the numbers and the layout that a player gets."""
    link = f"{ANSWERS.link('bugs', now)}&seen={','.join(now.seen)}"
    return ANSWERS.numbers("bugs", link).body, ANSWERS.layout("bugs", link).body


def tells_of_the_repair(now: Settings) -> bool:
    """Say whether the answers hold anything of the repair; they hold all of it or nothing."""
    numbers, rarely = answers(now)
    head, columns = unpacked(numbers)
    (instrument,), (shown,) = json.loads(rarely)["instruments"], head["instruments"]
    bug, name = BUGS[now[BUG]], now[BUG]
    losses = run(bug, batches(name, list(columns[instrument["positions"]][0])))[1]
    told = {
        "numbers": any(
            column.size == losses.size and np.allclose(column.ravel(), losses, equal_nan=True)
            for column in columns
        ),
        "card": "loss-repaired" in [card["value"]["readout"] for card in instrument["cards"]],
        "reason": say(f"bugs.why_{name}") in json.dumps([instrument, shown], ensure_ascii=False),
        "curve": len(shown["figures"][0]["plot"]["data"]) > 1,
        "code": str(bug.repaired.__doc__) in shown["code"],
    }
    assert len(set(told.values())) == 1, (name, told)
    return told["numbers"]


def test_before_the_diagnosis_the_page_says_nothing_of_the_repair() -> None:
    for bug in BUGS:
        now = case(bug)
        assert not tells_of_the_repair(now)
        # The diagnosis of another case opens nothing, and neither does the answer about the value.
        others = frozenset({*BUGS, f"{bug}-value"} - {bug})
        assert answers(now.having_seen(others)) == answers(now), bug
        instrument, _ = build(now)
        assert not instrument.choices, bug
        assert instrument.code
        assert instrument.code.text.startswith("def loss("), bug
        assert str(BUGS[bug].broken.__doc__) not in instrument.code.text, bug
        assert [question.key for question in bugs.ask(now)] == [bug]
        assert not bugs.LESSON.sees(now), bug


def test_after_the_diagnosis_the_repair_can_be_switched_on() -> None:
    for bug in BUGS:
        now, repaired = case(bug, seen=True), case(bug, repaired=1, seen=True)
        assert not tells_of_the_repair(now)
        instrument, _ = build(now)
        assert [choice.id for choice in instrument.choices] == ["repaired"], bug
        diagnosis, _ = bugs.ask(now)
        assert diagnosis == bugs.ask(case(bug))[0], bug
        assert diagnosis.shown == take(now, "repaired", "1", "bugs") == repaired, bug
        assert tells_of_the_repair(repaired)


def test_a_link_shows_what_its_sender_saw_and_says_that_it_does() -> None:
    now, notices = ANSWERS.read("bugs", "bug=wrong_axis&repaired=1")
    assert (now, notices) == (case("wrong_axis", repaired=1), [])
    assert tells_of_the_repair(now)
    head, _ = unpacked(ANSWERS.numbers("bugs", "bug=wrong_axis&repaired=1").body)
    assert (head["topic"], head["sees"]) == ("wrong_axis", ["wrong_axis"])
    assert len(bugs.ask(now)) == 2


def test_whatever_answer_is_chosen_it_tells_the_right_one_and_the_reason() -> None:
    asked = {bug: bugs.ask(case(bug))[0] for bug in BUGS}
    for bug, question in asked.items():
        assert question.options[question.right] == say(f"bugs.diagnosis_{bug}")
        assert len(set(question.options)) == 4
        assert question.reasons == [say(f"bugs.why_{bug}")] * 4
    # The right diagnosis has no place of its own in the list.
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


def test_the_repaired_code_is_asked_for_a_number_that_scipy_knows() -> None:
    for bug in BUGS:
        question = bugs.ask(case(bug, -1.5, seen=True))[1]
        assert len(question.options) == len(set(question.options)) == 3
        true = repaired_loss(bug)
        numbers = [float(option) for option in question.options]
        right = int(np.nanargmin(np.abs(np.array(numbers) - true)))
        assert math.isclose(numbers[right], true, rel_tol=1e-3), bug
        assert question.right == right, bug
        assert question.reasons[right] == say("bugs.value_repaired"), bug
        assert question.shown == case(bug, repaired=1, seen=True), bug


def test_the_questions_are_asked_anew_with_each_case_and_after_each_diagnosis() -> None:
    lesson = bugs.LESSON
    assert lesson.reveals
    assert lesson.topic(case("wrong_axis")) == lesson.topic(case("wrong_axis", 3.0, 1))
    assert lesson.topic(case("wrong_axis")) != lesson.topic(case("half_precision"))
    for seen, keys in [("", ["wrong_axis"]), ("wrong_axis", ["wrong_axis", "wrong_axis-value"])]:
        body = ANSWERS.questions("bugs", f"bug=wrong_axis&seen={seen}").body
        assert [question["key"] for question in json.loads(body)] == keys
