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
from live.parts import Instrument, Sentence
from pages import bugs
from pages.bugs import BUG, REPAIRED, first_dose
from tests.app.instruments import ANSWERS, built, plotted, settings, take, unpacked
from tests.app.reading import Columns
from tests.app.strategies import finite as doses

FREE = len(bugs.STEPS)  # the step in which all of a case is played with


def case(bug: str, dose: float | None = None, repaired: int = 0, *, seen: bool = False) -> Settings:
    """Return the settings of a case, whose diagnosis may have been seen."""
    opened = settings(bug=bug, dose=first_dose(bug) if dose is None else dose, repaired=repaired)
    opened = opened.put(at=FREE)
    return opened.having_seen(frozenset([bug])) if seen else opened


def build(now: Settings) -> tuple[Instrument, Columns]:
    (instrument,), columns = built("bugs", now)
    return instrument, columns


def batches(bug: str, doses: list[float]) -> np.ndarray:
    row, column = BUGS[bug].move
    result = np.array([BUGS[bug].logits] * len(doses))
    if BUGS[bug].power is None:
        result[:, row, column] = doses
    return result


def losses_at(bug: str, doses: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return what the core makes of a case whose slider stands at these numbers."""
    powers = None if BUGS[bug].power is None else doses
    return run(BUGS[bug], batches(bug, doses), powers)


# ---------------------------------------------------------------- the cases


def test_a_pill_opens_its_case_with_its_own_numbers_unrepaired() -> None:
    for bug in BUGS:
        now = take(case("sigmoid_first", 3.0, 1), "bug", bug, "bugs")
        assert now == case(bug)
        link = f"at={FREE}&bug={bug}&dose={plain(first_dose(bug))}&repaired=0"
        assert ANSWERS.link("bugs", now) == link
        assert ANSWERS.read("bugs", link) == ANSWERS.read("bugs", f"bug={bug}") == (now, [])
        instrument, _ = build(now)
        assert instrument.title == say(f"bugs.name_{bug}")
        assert instrument.presets
        assert instrument.presets.picked == bug


def test_the_break_opens_a_nan() -> None:
    now = take(case("wrong_axis", repaired=1), "break", "", "bugs")
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
        assert now == case("softmax_twice"), (key, text)
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
        "zero_times_infinity": lambda: mixed(z) if min(z[:, 2]) >= -10 else np.array([np.nan]),
    }
    return np.mean(forms[bug]())


def mixed(z: np.ndarray) -> np.ndarray:
    """Return the losses of two samples, each 0.7 cat or dog and 0.3 the other, by SciPy."""
    q = np.array([[0.7, 0.3, 0.0], [0.3, 0.7, 0.0]])
    # The cross-entropy is the entropy of q and its divergence from p, and 0 log 0 is 0 in both.
    return np.sum(special.entr(q) + special.rel_entr(q, special.softmax(z, axis=-1)), axis=-1)


@pytest.mark.parametrize("bug", [name for name, bug in BUGS.items() if bug.format == "float64"])
def test_the_numbers_are_those_of_scipy(bug: str) -> None:
    _, columns = build(case(bug, 1.2345))
    at = list(columns["dose"][0]).index(1.2345)
    for k in (0, 50, at, 150, 200):
        batch = batches(bug, [columns["dose"][0, k]])[0]
        np.testing.assert_allclose(columns["broken"][0, k], in_float(bug, batch), rtol=1e-12)
        np.testing.assert_array_equal(columns["logits"][0, k], batch.ravel())


NUMBER = r"(nan|-?inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"


def number_after(words: str, text: str) -> float:
    return float(re.search(rf"{words} {NUMBER}", text)[1])


def told(sentence: Sentence, k: int) -> str:
    """Return what a sentence says at a position of the slider, with twelve digits."""

    def at(column: Any) -> Any:
        return column.values[0, min(k, column.values.shape[1] - 1)]

    which = at(sentence.column)
    pieces = [which] if sentence.said is None else sentence.said[which]
    text = " ".join(sentence.pieces[piece] for piece in pieces)
    for name, place in sentence.places.items():
        text = text.replace(f"{{{name}}}", f"{at(place.column):.12g}")
    return text


def largest(bug: str, batch: np.ndarray) -> float:
    """Return the largest loss of a sample, by SciPy, from logits as they are stored."""
    with np.errstate(all="ignore"):
        stored = batch.astype(BUGS[bug].format).astype(float)
        each = -special.log_softmax(stored, axis=-1)[range(3), np.array(BUGS[bug].target)]
    return float(each.max())


def is_true(bug: str, columns: Columns, k: int, symptom: str) -> bool:
    """Say whether the symptom, as its sentence puts it at a position, is what the numbers show."""
    x, loss = columns["dose"][0], columns["broken"][0]
    now = f"{loss[k]:.12g}"
    match bug:
        case "softmax_twice" | "wrong_axis" | "target_off_by_one":
            lowest = number_after("below", symptom)
            rises = np.diff(loss) > -1e-12  # more than its rounding
            true = {
                "softmax_twice": True,
                "wrong_axis": rises[x[:-1] >= 4].all(),  # 4 is the cat logit of sample 1
                "target_off_by_one": rises.all(),
            }[bug] and lowest <= min(loss) < lowest * (1 + 1e-5)
            return bool(true) and symptom.endswith(f"Here it is {now}.")
        case "log_of_softmax" | "half_precision" | "epsilon_vanishes":
            edge = number_after("rom", symptom)
            gone = not np.isfinite(loss[x >= edge]).any()
            return gone and symptom.endswith(f"Here it is {now}.")
        case "sum_in_half":
            edge = number_after("from", symptom)
            most = largest(bug, batches(bug, list(x))[k])
            said = number_after("of a sample is", symptom)
            close = math.isclose(said, most, rel_tol=1e-11) or math.isnan(said) == math.isnan(most)
            gone = not np.isfinite(loss[x >= edge]).any()
            return close and gone and symptom.endswith(f"Here it is {now}.")
        case "weighted_mean":
            most = largest(bug, batches(bug, list(x))[k])
            said = number_after("of a sample is", symptom)
            within = "keeps to that" in symptom
            close = math.isclose(said, most, rel_tol=1e-11)
            return close and within == (loss[k] <= most * (1 + 1e-12)) and f" {now}" in symptom
        case "zero_times_infinity":
            cliff = number_after("from", symptom)
            gone = not np.isfinite(loss[x <= cliff]).any()
            there = np.isfinite(loss[x > cliff * (1 - 1e-11)]).all()
            return bool(gone and there) and symptom.endswith(f"Here it is {now}.")
        case "scaled_too_late":
            p = 1 / (2 + math.exp(20.5))
            paper = number_after("the slope is", symptom)
            return math.isclose(paper, p, rel_tol=1e-11) and symptom.endswith(f"says {now}.")
        case "all_masked_row" | "smoothing_masked" | "sigmoid_first":
            return len(np.unique(loss)) == 1 and f" {now}" in symptom
    raise AssertionError(f"expected a case whose claims are known; got {bug}")


def is_reason_true(bug: str, columns: Columns, k: int, reason: str) -> bool:
    """Say whether what is said of the repair at a position is what the numbers show."""
    general = say(f"bugs.why_{bug}")
    if bug != "scaled_too_late":
        return reason == general
    back = columns["repaired"][0, k]
    if "still 0" in reason:
        return bool(back == 0)
    if "comes back" in reason and "no number" not in reason:
        return f"{back:.12g} comes back" in reason and 0 < back < math.inf
    return "no number" in reason and not np.isfinite(back)


@given(bug=st.sampled_from(list(BUGS)), dose=doses, repaired=st.integers(0, 1))
@example(bug="half_precision", dose=1e300, repaired=1)
@example(bug="half_precision", dose=65520.0, repaired=1)
@example(bug="log_of_softmax", dose=-1e300, repaired=1)
@example(bug="log_of_softmax", dose=43.97212345678, repaired=0)
@example(bug="weighted_mean", dose=1e300, repaired=0)
@example(bug="softmax_twice", dose=19.9, repaired=0)
@example(bug="sum_in_half", dose=65520.0, repaired=1)
@example(bug="zero_times_infinity", dose=2.0000000000000002e33, repaired=0)
@example(bug="scaled_too_late", dose=1e300, repaired=1)
@example(bug="scaled_too_late", dose=-150.0, repaired=1)
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
    assert_true_everywhere(bug, instrument, columns)


def assert_true_everywhere(bug: str, instrument: Instrument, columns: Columns) -> None:
    for k in range(len(columns["dose"][0])):
        texts = [told(sentence, k) for sentence in instrument.sentences]
        assert is_true(bug, columns, k, texts[0]), texts[0]
        assert all(is_reason_true(bug, columns, k, text) for text in texts[1:]), texts[1]
        assert not re.search(r"\{\w+\}", " ".join(texts))


@pytest.mark.parametrize("bug", BUGS)
def test_each_sentence_is_true_along_the_slider_and_with_either_code(bug: str) -> None:
    said = set()
    for repaired in (0, 1):
        instrument, columns = build(case(bug, repaired=repaired))
        assert_true_everywhere(bug, instrument, columns)
        assert len(instrument.sentences) == 1 + repaired
        # What is said of the code as it was says so beside the repaired one.
        was = say("bugs.symptom_was") if repaired else say("bugs.symptom")
        assert instrument.sentences[0].title == was
        said |= {sentence.pieces[i] for sentence in instrument.sentences for i in which(sentence)}
    # No piece is there for nothing.
    assert said == {piece for sentence in instrument.sentences for piece in sentence.pieces}


def which(sentence: Sentence) -> set[int]:
    """Return the pieces of a sentence that are said somewhere on the slider."""
    rows = set(sentence.column.values.ravel().tolist())
    return rows if sentence.said is None else {i for row in rows for i in sentence.said[row]}


def test_what_the_reasons_say_of_numbers_is_so() -> None:
    half, single = np.finfo(np.float16), np.finfo(np.float32)
    with np.errstate(over="ignore"):
        assert "65504" in say("bugs.why_half_precision")
        assert half.max == 65504
        assert np.isinf(np.exp(np.float16(11.1)))
        assert np.isfinite(np.exp(np.float16(11)))
    text = say("bugs.why_sum_in_half")
    copies = 3 * int(number_after("these samples", say("bugs.symptom_sum_in_half")))
    assert f"{copies} of them" in text
    assert "4096, axis=-1" in build(case("sum_in_half"))[0].code.text
    assert 0 < 65520 / copies - number_after("passes", text) < 0.003
    assert copies * 65504 < single.max
    text = say("bugs.why_epsilon_vanishes")
    epsilon = number_after("0 and", text)
    assert math.isclose(epsilon, half.smallest_subnormal, rel_tol=0.01)
    assert np.float16(1e-8) == 0 < np.float16(epsilon)
    assert math.isclose(-math.log(np.float16(epsilon)), number_after("at", text), abs_tol=0.05)
    assert "−1e9" in say("bugs.why_zero_times_infinity")
    assert 0 * special.log_softmax([3.0, 1.0, -1e9])[2] == 0
    assert "by 1 at most" in say("bugs.why_softmax_twice")
    assert "logit is 12" in say("bugs.break_lead")
    assert first_dose("half_precision") == 12


# Words by which a case would be told before the question; its code may hold them, as code does.
TELLING = {
    "softmax_twice": r"twice|second|softmax|probabilit",
    "wrong_axis": r"axis|softmax|\bover the",
    "log_of_softmax": r"underflow|probabilit|log\b|becomes? 0",
    "half_precision": r"overflow|exp\b|float16|too large|format",
    "all_masked_row": r"padding|masked|\brow\b",
    "smoothing_masked": r"smooth|mask",
    "weighted_mean": r"weight|divid|number of rows",
    "sigmoid_first": r"sigmoid|softmax|by itself",
    "target_off_by_one": r"(moved|off) by|index|label|class before",
    "sum_in_half": r"overflow|\bsum\b|float16|format|add",
    "epsilon_vanishes": r"epsilon|1e-8|float16|round|log 0",
    "zero_times_infinity": r"times|−inf|mask|\b0 \b|log\b",
    "scaled_too_late": r"round|float16|underflow|late|before|too small",
}


def test_nothing_said_before_the_question_gives_the_cause_away() -> None:
    assert set(TELLING) == set(BUGS)
    around = [say(f"bugs.{key}") for key in ("title", "line", "lead_1", "lead_2", "break_lead")]
    for bug, telling in TELLING.items():
        instrument, _ = build(case(bug))
        sentences = [text for sentence in instrument.sentences for text in sentence.pieces]
        texts = [instrument.title, instrument.hint, *sentences, *around, say("bugs.break_button")]
        names = [text for _, text in instrument.presets.options]
        for text in [*texts, *names, instrument.sliders[0].label]:
            assert not re.search(telling, text, re.IGNORECASE), (bug, text)
        # The words are those of the diagnosis: they would be found in it.
        assert re.search(telling, say(f"bugs.diagnosis_{bug}"), re.IGNORECASE), bug


def test_the_second_softmax_cannot_fall_below_its_floor() -> None:
    instrument, columns = build(case("softmax_twice"))
    floor = math.log(1 + 2 / math.e)
    assert abs(columns["broken"].min() - floor) < 1e-3
    assert 0 <= floor - number_after("below", told(instrument.sentences[0], 0)) < 1e-6


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
        # The losses of samples 2 and 3 are 3.066 and 3.055; 12288 losses of 5.33203 sum to 65520.
        ("sum_in_half", 3 * 65520 / 12288 - 3.0659 - 3.0550, np.isposinf),
        # Half of the smallest float16 rounds to 0: 9 + z = 25 log 2.
        ("epsilon_vanishes", 25 * math.log(2) - 9, np.isposinf),
    ],
)
def test_the_loss_breaks_where_the_format_ends(
    bug: str, threshold: float, kind: Callable[[np.ndarray], np.ndarray]
) -> None:
    instrument, columns = build(case(bug))
    x = columns["dose"][0]
    np.testing.assert_array_equal(kind(columns["broken"][0]), x > threshold)
    assert f"rom {x[x > threshold][0]:g} on" in told(instrument.sentences[0], 0)


def test_the_scale_has_a_cliff_at_either_end_of_its_plateau() -> None:
    instrument, columns = build(case("scaled_too_late", repaired=1))
    k, back = columns["dose"][0], columns["repaired"][0]
    p = 1 / (2 + math.exp(20.5))
    assert list(k) == list(range(-64, 65))
    np.testing.assert_array_equal(back == 0, p * 2.0**k <= 2.0**-25)
    np.testing.assert_array_equal(np.isposinf(back), p * 2.0**k >= 65520)
    assert back[k == 16] == pytest.approx(p, rel=2.0**-11)
    plot = instrument.figures[0].plot
    assert [note["text"] for note in plot["layout"]["annotations"]] == ["inf"]
    low, high = plot["layout"]["yaxis"]["range"]
    assert low < 0 < max(back[np.isfinite(back)]) < high < 4 * p
    (card, _) = instrument.cards
    assert card.unit == ""


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
        stored = columns["logits"].reshape(-1, *np.shape(bug.logits)).astype(bug.format)
        scale = () if bug.power is None else (np.exp2(columns["dose"][0]).astype(np.float32),)
        with np.errstate(all="ignore"):
            computed = function(stored, np.array(bug.target), *scale).astype(float)
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
    losses = losses_at(name, list(columns[instrument["positions"]][0]))[1]
    told = {
        "numbers": any(
            column.size == losses.size
            and np.allclose(column.ravel(), losses, atol=0, equal_nan=True)
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
        named = "loss" if BUGS[bug].power is None else "slope"
        assert instrument.code.text.startswith(f"def {named}("), bug
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
    if bug == "zero_times_infinity":
        return float(mixed(np.where(z < -10, -np.inf, z)).mean())
    if bug == "scaled_too_late":
        return float(special.softmax(z)[0, 1])
    # The rows of the weighted case have one loss, so their weights do not matter.
    return float(np.mean(-log_p[range(len(target)), target]))


def test_the_repaired_code_is_asked_for_a_number_that_scipy_knows() -> None:
    for bug in BUGS:
        question = bugs.ask(case(bug, -1.5, seen=True))[1]
        assert len(question.options) == len(set(question.options)) == 3
        true = repaired_loss(bug)
        numbers = [float(option) for option in question.options]
        apart = [abs(number - true) if np.isfinite(number) else math.inf for number in numbers]
        right = apart.index(min(apart))
        assert math.isclose(numbers[right], true, rel_tol=1e-3), bug
        assert question.right == right, bug
        kind = "loss" if BUGS[bug].power is None else "slope"
        assert question.reasons[right] == say(f"bugs.value_repaired_{kind}"), bug
        assert question.shown == case(bug, repaired=1, seen=True), bug


def test_the_questions_are_asked_anew_with_each_case_and_after_each_diagnosis() -> None:
    lesson = bugs.LESSON
    assert lesson.reveals
    assert lesson.topic(case("wrong_axis")) == lesson.topic(case("wrong_axis", 3.0, 1))
    assert lesson.topic(case("wrong_axis")) != lesson.topic(case("half_precision"))
    for seen, keys in [("", ["wrong_axis"]), ("wrong_axis", ["wrong_axis", "wrong_axis-value"])]:
        body = ANSWERS.questions("bugs", f"bug=wrong_axis&seen={seen}").body
        assert [question["key"] for question in json.loads(body)] == keys


# ---------------------------------------------------------------- the path of a case


def at_step(bug: str, key: str) -> Settings:
    at = [step.key for step in bugs.STEPS].index(key) + 1
    return ANSWERS.read("bugs", f"bug={bug}&at={at}")[0]


def test_another_case_begins_its_path_unless_all_is_played_freely() -> None:
    for bug in BUGS:
        for key in ("symptom", "diagnosis", "repair", "remains"):
            assert take(at_step("sigmoid_first", key), "bug", bug, "bugs") == at_step(
                bug, "symptom"
            )
        assert take(case("sigmoid_first"), "bug", bug, "bugs") == case(bug)


# What shows the symptom at a position of the slider, by SciPy or by hand, where not all show it.
def far(bug: str, dose: float) -> bool:
    return dose >= 0.9 * BUGS[bug].reach


def larger_than_its_parts(dose: float) -> bool:
    z = np.diag([2.0, 2.0, dose])
    each = -special.log_softmax(z, axis=-1).diagonal()
    return bool(each @ [1, 1, 10] / 3 > each.max())


SHOWS: dict[str, Callable[[float], bool]] = {
    "softmax_twice": lambda z: far("softmax_twice", z),
    "wrong_axis": lambda z: np.logaddexp(4, z) - (4 + z) / 2 <= 1.02 * math.log(2),
    "log_of_softmax": lambda z: np.exp(np.float32(-60 - z)) == 0,
    "half_precision": lambda z: math.exp(z) >= 65520 or np.exp(np.float16(z)) == 0 or z < -14,
    "all_masked_row": lambda z: abs(z) >= 9,
    "smoothing_masked": lambda z: far("smoothing_masked", z),
    "weighted_mean": larger_than_its_parts,
    "sigmoid_first": lambda z: far("sigmoid_first", z),
    "target_off_by_one": lambda z: far("target_off_by_one", z),
    "sum_in_half": lambda z: 4096 * float(np.sum(sum_losses(z))) >= 65520,
    "epsilon_vanishes": lambda z: float(special.softmax([-9, z, 0])[0]) <= 2.0**-25,
    "zero_times_infinity": lambda z: z < -10,
    "scaled_too_late": lambda k: abs(k) >= 57.6,
}


def sum_losses(dose: float) -> np.ndarray:
    z = np.array(BUGS["sum_in_half"].logits)
    z[0, 1] = dose
    losses = -special.log_softmax(z, axis=-1)[range(3), BUGS["sum_in_half"].target]
    return losses.astype(np.float16).astype(float)


@pytest.mark.parametrize("bug", BUGS)
def test_the_symptom_is_met_where_it_shows_and_not_from_the_start(bug: str) -> None:
    now = at_step(bug, "symptom")
    head, columns = unpacked(ANSWERS.numbers("bugs", ANSWERS.link("bugs", now)).body)
    met = columns[head["goal"]][0]
    instrument, numbers = build(now)
    (slider,) = instrument.sliders
    assert not met[slider.index]
    assert met.any()
    expected = [SHOWS[bug](value) for value in slider.values]
    # A logit on the very edge of a format may fall to either side of it.
    wrong = [v for v, one, other in zip(slider.values, met, expected, strict=True) if one != other]
    assert len(wrong) <= (2 if BUGS[bug].format != "float64" else 0), wrong
    # What is said at a place where it is met is said of the symptom, elsewhere nothing.
    said = [told(instrument.sentences[0], k) for k in range(len(met))]
    assert [bool(text) for text in said] == [bool(one) for one in met]
    for k in np.flatnonzero(met):
        assert is_true(bug, numbers, k, said[k]), said[k]


@pytest.mark.parametrize("bug", BUGS)
def test_the_diagnosis_has_a_reason_for_each_answer(bug: str) -> None:
    step = next(step for step in bugs.STEPS if step.ask)
    assert step.ask
    now = at_step(bug, "diagnosis")
    question = step.ask(now)
    diagnosis = {say(f"bugs.diagnosis_{other}"): other for other in BUGS}
    assert diagnosis[question.options[question.right]] == bug
    instrument, _ = build(now)
    assert instrument.code
    source = instrument.code.text
    for option, reason in zip(question.options, question.reasons, strict=True):
        other = diagnosis[option]
        assert reason == say(f"bugs.{'why' if other == bug else 'not'}_{other}")
        assert other == bug or EXCLUDED[other](source, bug), (bug, other)


# What a wrong diagnosis is told of the code, looked up in the code.
EXCLUDED: dict[str, Callable[[str, str], bool]] = {
    "softmax_twice": lambda code, _: len(re.findall("softmax", code)) == 1,
    "wrong_axis": lambda code, _: bool(re.search(r"softmax\([^\n]*axis=-1\)", code)),
    "log_of_softmax": lambda code, _: "np.log(" not in code,
    "half_precision": lambda code, _: "np.exp(" not in code and "softmax(" in code,
    "all_masked_row": lambda _, bug: bool(np.isfinite(BUGS[bug].logits).any(axis=-1).all()),
    "smoothing_masked": lambda code, _: "one_hot" not in code and ", target]" in code,
    "weighted_mean": lambda code, _: "weight" not in code and "np.mean(" in code,
    "sigmoid_first": lambda code, _: "sigmoid" not in code and "softmax(" in code,
    "target_off_by_one": lambda code, _: not re.search(r"target *[-+]", code),
    "sum_in_half": lambda _, bug: BUGS[bug].format == "float64",
    "epsilon_vanishes": lambda code, _: not re.search(r"np\.log\([^\n]*\+", code),
    "zero_times_infinity": lambda code, _: "one_hot" not in code and ", target" in code,
    "scaled_too_late": lambda code, bug: "scale" not in code and BUGS[bug].power is None,
}


@pytest.mark.parametrize("bug", BUGS)
def test_the_switch_leads_from_the_code_as_it_was_to_the_repaired_one(bug: str) -> None:
    before = at_step(bug, "repair")
    after = take(before, "repaired", "1", "bugs")
    assert (
        answers(before)[1] == answers(after)[1]
    )  # one layout, so that the curve can be seen to go
    (was, left), (now, right) = build(before), build(after)
    drawn = [unpacked(answers(step)[0])[0]["instruments"][0]["figures"] for step in (before, after)]
    assert drawn[0] == drawn[1]  # nor is the background drawn anew
    np.testing.assert_array_equal(left["now"], left["broken"])
    repaired = losses_at(bug, list(right["dose"][0]))[1][None]
    np.testing.assert_array_equal(right["now"], repaired)
    finite = np.isfinite(repaired)
    np.testing.assert_allclose(right["curve_now"][0][finite], repaired[finite], rtol=2.0**-28)
    right["repaired"] = right["now"]
    # Where the code as it was has no number, the curve waits above the chart.
    top = now.figures[0].plot["layout"]["yaxis"]["range"][1]
    assert (left["curve_now"][0][~np.isfinite(left["broken"])] > 2 * top).all()
    assert told(was.sentences[0], 0) == ""
    for k in range(0, right["dose"].shape[1], 10):
        assert is_reason_true(bug, right, k, told(now.sentences[0], k))
    assert told(build(at_step(bug, "remains"))[0].sentences[0], 0) == ""


def test_no_step_before_the_diagnosis_holds_the_repair_whatever_was_seen() -> None:
    for bug in BUGS:
        for key in ("symptom", "diagnosis"):
            now = at_step(bug, key).put(repaired=1).having_seen(frozenset(BUGS))
            instrument, columns = build(now)
            assert "repaired" not in columns
            assert instrument.code
            assert str(BUGS[bug].broken.__doc__) not in instrument.code.text
            assert not instrument.choices
            assert not instrument.switches
            assert not bugs.LESSON.sees(now)


def test_what_is_done_is_kept_for_each_case_and_each_has_its_own_sentences() -> None:
    told_of = {
        bug: json.loads(ANSWERS.layout("bugs", f"bug={bug}&at=1").body)["steps"] for bug in BUGS
    }
    keys = [step["key"] for steps in told_of.values() for step in steps]
    assert len(set(keys)) == len(keys) == 5 * len(BUGS)
    assert all(re.fullmatch(r"[\w-]{1,35}", key) for key in keys)
    for what, at in (("text", 0), ("task", 0), ("text", 2), ("text", 3)):
        said = [steps[at][what] for steps in told_of.values()]
        assert len(set(said)) == len(BUGS)
        assert all(1 <= len(text.split()) <= 40 for text in said)
    for bug, (symptom, diagnosis, *_) in told_of.items():
        for text in (symptom["text"], symptom["task"], diagnosis["text"], diagnosis["task"]):
            assert not re.search(TELLING[bug], text, re.IGNORECASE), (bug, text)
