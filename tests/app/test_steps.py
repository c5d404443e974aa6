"""The steps of lessons as data: their words, their questions, their goals, and what they open."""

import json
import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

from lab.lesson import Lesson
from lab.parameters import AT, FORMATS
from lab.settings import Settings
from lab.words import has, say
from live.parts import Columns
from pages.main import LESSONS
from pages.start import STEPS as START
from pages.start import SUBTRACT
from tests.app.instruments import ANSWERS, built, settings, take, unpacked

LED = [lesson for lesson in LESSONS if lesson.steps]
KEYS = [step.key for step in START]
# From where one more drag reaches a goal that takes several.
NEARLY: dict[tuple[str, str], dict[str, object]] = {("likelihood", "each"): {"counts": (1, 3, 0)}}


def opened(page: str, query: str = "") -> Settings:
    return ANSWERS.read(page, query)[0]


def at_step(key: str) -> Settings:
    return opened("start", f"at={KEYS.index(key) + 1}")


def goal(page: str, now: Settings) -> np.ndarray:
    """Return where the goal of a step is met, as the player is told."""
    head, columns = unpacked(ANSWERS.numbers(page, ANSWERS.link(page, now)).body)
    return columns[head["goal"]]


# ---------------------------------------------------------------- all lessons


@pytest.mark.parametrize("lesson", LED, ids=lambda lesson: lesson.page)
def test_a_step_has_few_words_and_one_thing_to_do(lesson: Lesson) -> None:
    layout = json.loads(ANSWERS.layout(lesson.page, "").body)
    assert len({step.key for step in lesson.steps}) == len(lesson.steps)
    for step, told in zip(lesson.steps, layout["steps"], strict=True):
        where = (lesson.page, step.key)
        assert 1 <= len(told["title"].split()) <= 3, where
        assert 1 <= len(told["text"].split()) <= 40, where
        assert bool(told["task"]) == (step.kind in ("predict", "reach")), where
        assert bool(told["done"]) == (step.kind == "reach"), where
        assert (step.ask is not None) == (step.kind == "predict"), where
        assert (step.goal is not None) == (step.kind == "reach"), where
        assert step.times == 1 or step.kind == "reach", where
        assert not has(f"{lesson.page}.step_{step.key}_do") or told["task"], where
    assert lesson.steps[-1].kind == "explore", lesson.page


@pytest.mark.parametrize("lesson", LED, ids=lambda lesson: lesson.page)
def test_a_question_has_a_reason_for_each_answer_and_what_it_shows_fits(lesson: Lesson) -> None:
    for i, step in enumerate(lesson.steps):
        if step.ask is None:
            continue
        question = step.ask(opened(lesson.page, f"at={i + 1}"))
        assert 2 <= len(question.options) == len(question.reasons)
        assert len(set(question.options)) == len(question.options)
        assert all(len(reason.split()) <= 40 for reason in question.reasons)
        assert question.shown[AT] == i + 1


@pytest.mark.parametrize("lesson", LED, ids=lambda lesson: lesson.page)
def test_a_goal_can_be_reached_and_is_not_from_the_start(lesson: Lesson) -> None:
    for i, step in enumerate(lesson.steps):
        if step.goal is None:
            continue
        now = opened(lesson.page, f"at={i + 1}")
        met = goal(lesson.page, now)
        if met.shape == (1, 1):
            assert not met.any(), (lesson.page, step.key)
            continue  # it is reached by a switch
        last = now.put(**NEARLY.get((lesson.page, step.key), {}))
        assert goal(lesson.page, last).any(), (lesson.page, step.key)
        assert not met.all(), (lesson.page, step.key)


@pytest.mark.parametrize("lesson", LED, ids=lambda lesson: lesson.page)
def test_the_parts_that_a_step_names_are_there(lesson: Lesson) -> None:
    for i, step in enumerate(lesson.steps):
        now = opened(lesson.page, f"at={i + 1}")
        (instrument, *_), _ = built(lesson.page, now)
        rows = [band.part for stack in instrument.stacks for band in stack.bands]
        parts = {switch.part for switch in instrument.switches} | set(rows) | {"sentence"}
        parts |= {figure.part for figure in instrument.figures}
        parts |= {f"slider.{slider.id}" for slider in instrument.sliders if slider.beside}
        bands = [band for stack in instrument.stacks for band in stack.bands]
        parts |= {f"{band.part}-arrows" for band in bands if band.arrows}
        parts |= {f"{band.part}-marks" for band in bands if band.marks}
        parts |= {card.value.readout for card in instrument.cards}
        parts |= {f"slider.{slider.id}" for slider in instrument.sliders}
        parts |= {figure.part for figure in instrument.figures}
        parts |= {line.part for figure in instrument.figures for line in figure.lines}
        parts |= {f"slider.{slider.id}" for slider in instrument.sliders} | {"slider"}
        shown = (*instrument.figures, *instrument.lanes, *instrument.tables)
        parts |= {part.part for part in shown}
        parts |= {f"{row}.{n}" for row in rows for n in range(len(now.logits))}
        parts |= {
            f"{band.part}.{n}"
            for stack in instrument.stacks
            for band in stack.bands
            for n in range(len(stack.names))
        }
        assert {*step.shows, *step.covers(now)} <= parts, (lesson.page, step.key)


# ---------------------------------------------------------------- what a link opens


def test_a_link_that_names_nothing_begins_the_path() -> None:
    for query in ("", "lang=en", "at=1"):
        now = opened("start", query)
        assert (now[AT], now.logits, now.format, now[SUBTRACT]) == (1, (9, 8, 6), "float16", 0)


def test_a_link_that_names_numbers_and_no_step_opens_the_free_instrument() -> None:
    now = opened("start", "logits=1,2,3")
    assert now == settings(logits=(1.0, 2.0, 3.0), at=len(START))


def test_a_link_that_names_a_step_opens_the_path_up_to_there_but_for_what_it_says() -> None:
    assert opened("start", "at=4")[SUBTRACT] == 1
    assert opened("start", "at=4&logits=1,2").logits == (1, 2)
    assert opened("start", "at=99")[AT] == len(START)


def test_going_to_a_step_opens_it_and_one_that_is_not_there_is_refused() -> None:
    now = take(settings(logits=(1.0, 2.0, 3.0)), "at", 1, "start")
    assert now == opened("start")
    for text in ("0", str(len(START) + 1), "", "-1", "x", "²"):
        with pytest.raises(ValueError, match="at"):
            take(now, "at", text, "start")
    with pytest.raises(ValueError, match="at"):
        take(now, "at", 1, "pipeline")


def test_a_link_of_each_step_reopens_it() -> None:
    for i in range(len(START)):
        now = opened("start", f"at={i + 1}")
        assert opened("start", ANSWERS.link("start", now)) == now
        assert take(now, "at", i + 1, "start") == now


def test_all_steps_of_the_picture_have_one_layout() -> None:
    hashes = {
        json.loads(ANSWERS.layout("start", ANSWERS.link("start", now)).body)["hash"]
        for i in range(len(START) - 1)
        for now in [opened("start", "at=1").put(at=i + 1)]
    }
    assert len(hashes) == 1


# ---------------------------------------------------------------- the first page


def exactly(z: float) -> Decimal:
    """Return exp of what float16 stores in the place of z, to 40 digits."""
    with localcontext(prec=40):
        return Decimal(float(np.float16(z))).exp()


OVER = Decimal(65520)  # from here on a number rounds to inf in float16
GONE = Decimal(2) ** -25  # up to here to 0


def test_the_first_drag_is_short_and_breaks_it() -> None:
    now = at_step("drag")
    (instrument,), _ = built("start", now)
    met = goal("start", now)
    for s, slider in enumerate(instrument.sliders):
        for k, value in enumerate(slider.values):
            assert met[s, k] == (s == 0 and exactly(value) >= OVER), (s, value)
    cat = instrument.sliders[0]
    first = int(np.flatnonzero(met[0])[0])
    assert 0 < cat.values[first] - cat.values[cat.index] < 2.5


@pytest.mark.parametrize(
    ("logits", "right"),
    [((11.1, 8.0, 6.0), "zero"), ((9.0, 8.0, 6.0), "before"), ((12.0, 11.5, 0.0), "nan")],
)
def test_what_is_left_of_the_other_class(logits: tuple[float, ...], right: str) -> None:
    now = at_step("guess").put(logits=logits)
    step = START[KEYS.index("guess")]
    assert step.ask is not None
    question = step.ask(now)
    exps = [exactly(z) for z in logits]
    broken = [exp >= OVER for exp in exps]
    found = "nan" if broken[1] else "zero" if any(broken) or sum(exps) >= OVER else "before"
    assert question.options[question.right] == say(f"start.guess_{right}")
    assert found == right


def test_whatever_is_open_the_guess_is_about_a_break() -> None:
    for logits in ((0.0, 0.0, 0.0), (12.0, 12.0, 1.0), (-15.0, 3.0, -math.inf), (1.0, 2.0)):
        for name in FORMATS:
            before = settings(logits=logits, format=name, names=("a", "b", "c")[: len(logits)])
            now = take(ANSWERS.parameters.fitted(before, before), "at", 2, "start")
            step = START[KEYS.index("guess")]
            assert step.ask is not None
            assert step.ask(now).right == 1, (logits, name)
            assert step.covers(now) == [f"p.{i}" for i in range(len(now.logits)) if i != now.target]


def test_the_switch_reaches_its_goal_and_moves_every_score_by_the_largest() -> None:
    now = at_step("subtract")
    assert not goal("start", now).any()
    flipped = take(now, "subtract", 1, "start")
    assert goal("start", flipped).all()
    (_,), before = built("start", now)
    (_,), after = built("start", flipped)
    np.testing.assert_array_equal(after["z"].max(axis=-1), 0)
    expected = before["z"] - before["z"].max(axis=-1, keepdims=True)
    np.testing.assert_array_equal(after["z"], expected.astype(np.float16))
    assert (after["exp"].max(axis=-1) == 1).all()


def test_a_wild_drag_is_one_to_an_end_and_no_exp_passes_1() -> None:
    now = at_step("again")
    (instrument,), columns = built("start", now)
    met = goal("start", now)
    for s, slider in enumerate(instrument.sliders):
        for k, value in enumerate(slider.values):
            assert met[s, k] == (s < 3 and abs(value) >= 13.5), (s, value)
    assert columns["exp"].max() == 1


def test_as_it_is_training_is_over_and_with_the_largest_subtracted_it_goes_on() -> None:
    wild = settings(logits=(-15.0, 15.0, 6.0), format="float16", at=4, subtract=1)
    for now in (at_step("what"), take(wild, "at", 5, "start")):
        (instrument,), columns = built("start", now)
        at = len(instrument.sliders) - 1, 0
        assert not np.isfinite(columns["loss_naive"][at])
        exact = sum(exactly(z) for z in now.logits) / exactly(now.logits[0])
        assert columns["loss_shifted"][at] == pytest.approx(float(exact.ln()), rel=0.03)
        assert instrument.sentences[0].pieces[columns["told"][at]] == say(
            "start.told_both", true="cat", format="float16"
        )


def test_the_loss_on_paper_stands_beside() -> None:
    for now in (at_step("drag"), at_step("again")):
        (instrument,), columns = built("start", now)
        for s, slider in enumerate(instrument.sliders[:3]):
            for k in range(0, len(slider.values), 7):
                power = Decimal(10) ** int(columns["paper_exponent"][s, k])
                logits = [*now.logits]
                logits[s] = slider.values[k]
                with localcontext(prec=60):
                    total = sum(Decimal(z).exp() for z in logits)
                    exact = total.ln() - Decimal(logits[0])
                    told = Decimal(float(columns["paper"][s, k])) * power
                assert float(told) == pytest.approx(float(exact), rel=5e-6)  # six digits
        assert [card.off.readout for card in instrument.cards if card.off] == [
            "off-naive",
            "off-shifted",
        ]


def test_what_is_told_is_true() -> None:
    """Each sentence's claim, against exponentials of 40 digits."""
    pieces = ["", *("exp_nan", "exp_inf", "sum", "nothing", "underflow", "still", "saved", "both")]
    seen = set()
    for key in ("drag", "subtract", "again"):
        for subtract in (0, 1):
            now = at_step(key).put(subtract=subtract)
            (instrument,), columns = built("start", now)
            told = columns["told"]
            for s, slider in enumerate(instrument.sliders[:3]):
                for k in range(0, len(slider.values), 3):
                    piece = pieces[told[s, k]]
                    seen.add(piece)
                    logits = [*now.logits]
                    logits[s] = slider.values[k]
                    stored = [float(np.float16(z)) for z in logits]
                    exps = [exactly(z) for z in stored]
                    if piece == "exp_nan":
                        assert exps[0] >= OVER
                    elif piece == "exp_inf":
                        assert exps[0] < OVER <= max(exps)
                    elif piece == "sum":
                        assert max(exps) < OVER <= sum(exps)
                    elif piece in ("still", "underflow"):
                        with localcontext(prec=40):
                            p = exps[0] / sum(exps)
                        assert p <= GONE * Decimal("1.01")
                    elif piece == "saved":
                        assert subtract
                        assert columns["exp"][s, k].max() == 1
    assert seen >= {"", "exp_nan", "exp_inf", "saved", "still"}


def test_columns_of_a_goal_are_boolean() -> None:
    for lesson in LED:
        for i, step in enumerate(lesson.steps):
            now = opened(lesson.page, f"at={i + 1}")
            columns = Columns()
            lesson.build(now, columns)
            if step.goal:
                assert step.goal(now, columns).dtype == bool, (lesson.page, step.key)
