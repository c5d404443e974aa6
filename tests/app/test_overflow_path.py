"""The steps of the overflow lab: their answers and goals, against exponentials of 40 digits."""

from decimal import Decimal, localcontext
from itertools import pairwise

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
import pytest

from lab.lesson import Question
from lab.overflow_path import STEPS
from lab.settings import Settings
from lab.words import say
from live.parts import Instrument
from pages.overflow import LESSON
from tests.app.instruments import ANSWERS, built, unpacked
from tests.app.reading import Columns

KEYS = [step.key for step in STEPS]
OVER = Decimal(65520)  # from here on a number rounds to inf in float16
GONE = Decimal(2) ** -25  # up to here to 0
TINY = Decimal(2) ** -24


def at_step(key: str) -> Settings:
    return ANSWERS.read("overflow", f"at={KEYS.index(key) + 1}")[0]


def seen(key: str) -> tuple[Settings, Instrument, Columns, np.ndarray]:
    now = at_step(key)
    (instrument,), columns = built("overflow", now)
    head, sent = unpacked(ANSWERS.numbers("overflow", ANSWERS.link("overflow", now)).body)
    return now, instrument, columns, sent[head["goal"]]


def exps(now: Settings, slider: str, value: float) -> list[Decimal]:
    """Return the exponentials of what float16 stores, with one slider elsewhere."""
    logits, shift = [*now.logits], now.shift
    i = slider.partition(".")[2]
    if i:
        logits[int(i)] = value
    else:
        shift = value
    half = np.array(logits).astype(np.float16) + np.float16(shift)
    with localcontext(prec=40):
        return [Decimal(float(z)).exp() for z in half]


def naive(e: list[Decimal]) -> str:
    """Say what happens to the naive loss of float16 on its way."""
    with localcontext(prec=40):
        if max(e) >= OVER:
            return "exp"
        if sum(e) >= OVER:
            return "sum"
        if max(e) <= GONE:
            return "0 / 0"
        return "log 0" if e[0] <= GONE or e[0] / sum(e) <= GONE else "number"


GOALS = {
    "cliffs": ("exp", "sum", "log 0", "0 / 0"),  # bfloat16 goes on to 88
    "sum": ("sum",),
    "nothing": ("0 / 0",),
}


@pytest.mark.parametrize("key", GOALS)
def test_a_goal_is_met_where_an_independent_computation_says_so(key: str) -> None:
    now, instrument, _, met = seen(key)
    for s, slider in enumerate(instrument.sliders):
        for k, value in enumerate(slider.values):
            found = naive(exps(now, slider.id, value))
            assert met[s, k] == (found in GOALS[key]), (slider.id, value, found)


def test_only_the_fused_form_is_left_where_the_probability_is_gone() -> None:
    now, instrument, columns, met = seen("still")
    for s, slider in enumerate(instrument.sliders):
        for k, value in enumerate(slider.values):
            e = exps(now, slider.id, value)
            with localcontext(prec=40):
                paper = float(-(e[0] / sum(e)).ln())
                # exp is stored first, to a multiple of the smallest number where it is small.
                ratio = e[0] / max(e)
                stored = (
                    (ratio / TINY).to_integral_value() * TINY if ratio < 2**10 * TINY else ratio
                )
                gone = stored / (sum(e) / max(e)) <= GONE
            assert met[s, k] == gone, (slider.id, value)
            if gone:
                fused = columns["loss_float16_fused"][s, k]
                assert fused == pytest.approx(paper, rel=2e-3)


def question(key: str) -> Question:
    ask = STEPS[KEYS.index(key)].ask
    assert ask is not None
    return ask(at_step(key))


def test_float16_breaks_first_and_bfloat16_second() -> None:
    """By the definitions: the largest numbers of 5 and 8 bits of exponent."""
    ends = {
        "float16": mpmath.log((2 - mpmath.mpf(2) ** -10) * mpmath.mpf(2) ** 15),
        "bfloat16": mpmath.log((2 - mpmath.mpf(2) ** -7) * mpmath.mpf(2) ** 127),
        "float32": mpmath.log((2 - mpmath.mpf(2) ** -23) * mpmath.mpf(2) ** 127),
    }
    asked = question("rulers")
    assert asked.options[asked.right] == min(ends, key=lambda name: ends[name])
    right = asked.reasons[asked.right]
    assert f"exp({float(ends['float16']):.4g})" in right
    assert f"exp({float(ends['float32']):.4g}), bfloat16 a hair before" in right
    assert 0 < ends["float32"] - ends["bfloat16"] < 0.01
    (_,), columns = built("overflow", asked.shown)
    at = len(asked.shown.logits), 110
    assert np.isnan(columns["loss_float16_naive"][at])
    assert np.isfinite(columns["loss_bfloat16_naive"][at])
    assert np.isfinite(columns["loss_float32_naive"][at])


def test_a_mask_of_a_thousand_million_is_fine_in_float16() -> None:
    asked = question("mask")
    assert asked.options[asked.right] == say("overflow.mask_fine")
    assert asked.shown.logits == (2.0, 1.0, -1e9)
    (instrument,), columns = built("overflow", asked.shown)
    at = 3, instrument.sliders[-1].index
    paper = float(mpmath.log1p(mpmath.exp(-1)))  # exp(-1e9) is below any digit of it
    for form in ("naive", "shifted", "fused"):
        loss = columns[f"loss_float16_{form}"][at]
        assert abs(loss - paper) < float(np.spacing(np.float16(paper))), form
    # Its slider alone reaches that far.
    assert instrument.sliders[2].values[0] <= -1e9
    assert instrument.sliders[0].values[-1] == 20


def test_the_lanes_end_where_the_numbers_do() -> None:
    """The places of the cliffs, within the 801 places that are looked at."""
    (instrument,), _ = built("overflow", at_step("cliffs"))
    cliff, _ = instrument.lanes
    exp, total, probability, loss = cliff.stretches
    assert cliff.under == "logits.0"
    assert [kind for _, kind, _ in exp] == ["zero", "fits", "inf"]
    assert exp[0][0] == pytest.approx(-17.33, abs=0.06)  # ln 2^-25
    assert exp[1][0] == pytest.approx(11.09, abs=0.06)  # ln 65520
    others = float(Decimal(65520) - Decimal(8).exp() - Decimal(6).exp())
    assert total[0][0] == pytest.approx(np.log(others), abs=0.06)
    assert loss[0][1] == "inf"
    assert probability[-1][1] == "nan"
    for lane in cliff.stretches:
        assert lane[-1][0] == cliff.high
        assert all(a[0] < b[0] and a[1] != b[1] for a, b in pairwise(lane))


def test_the_digits_are_gone_without_a_warning() -> None:
    """The max-subtracted loss in float16 is about half as large again as on paper."""
    now, instrument, columns, _ = seen("digit")
    at = 3, instrument.sliders[-1].index
    paper = float(mpmath.log1p(2 * mpmath.exp(-8)))
    assert columns["loss_float16_shifted"][at] / paper == pytest.approx(1.457, abs=0.01)
    assert columns["loss_float16_fused"][at] == pytest.approx(paper, rel=1e-3)
    told = instrument.sentences[0]
    assert told.said is not None
    pieces = [told.pieces[i] for i in told.said[int(columns["told"][at])]]
    assert pieces[0] == say("overflow.told_digit")
    assert now.logits == (8, 0, 0)


def test_the_free_instrument_has_what_the_page_had() -> None:
    (instrument,), _ = built("overflow", at_step("free"))
    assert instrument.presets
    assert len(instrument.tables) == 3
    assert len(instrument.figures) == 2
    assert {*LESSON.acts} == {"lab", "break"}
    assert len(LESSON.ask(at_step("free"))) == 3


def test_a_link_of_each_step_reopens_it() -> None:
    for key in KEYS:
        now = at_step(key)
        assert ANSWERS.read("overflow", ANSWERS.link("overflow", now)) == (now, [])
