"""The steps of the softmax lesson against mpmath and sums of one term at a time."""

import math
from functools import cache

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
import pytest

from ce_core.formats import FORMATS
from lab.lesson import Question
from lab.settings import Settings
from lab.words import say
from live.parts import Instrument
from pages.softmax import STEPS
from tests.app.instruments import ANSWERS, built, committed, settings, take, unpacked
from tests.app.reading import Columns
from tests.core import oracle

KEYS = [step.key for step in STEPS]
EVERYDAY = (2.0, 1.0, 0.1)


def at_step(key: str) -> Settings:
    return ANSWERS.read("softmax", f"at={KEYS.index(key) + 1}")[0]


@cache
def seen(now: Settings) -> tuple[Instrument, Columns]:
    (instrument,), columns = built("softmax", now)
    return instrument, columns


def goal(now: Settings) -> np.ndarray:
    head, columns = unpacked(ANSWERS.numbers("softmax", ANSWERS.link("softmax", now)).body)
    return columns[head["goal"]].astype(bool)


def question(key: str) -> Question:
    step = STEPS[KEYS.index(key)]
    assert step.ask is not None
    return step.ask(at_step(key))


def paper(*logits: float) -> list[float]:
    return [float(p) for p in oracle.softmax(list(logits))]


def moved(now: Settings, s: int, k: int) -> tuple[list[float], float, float]:
    """Return the logits, c and T where one slider stands elsewhere."""
    instrument, _ = seen(now)
    slider = instrument.sliders[s]
    logits, c, temperature = [*now.logits], now.shift, float(now.get("temperature"))
    key, _, i = slider.id.partition(".")
    value = slider.values[min(k, len(slider.values) - 1)]
    if key == "logits":
        logits[int(i)] = value
    elif key == "shift":
        c = value
    else:
        assert key == "temperature"
        temperature = value
    return logits, c, temperature


def everywhere(now: Settings, step: int = 1) -> list[tuple[int, int]]:
    instrument, _ = seen(now)
    sliders = enumerate(instrument.sliders)
    return [(s, k) for s, slider in sliders for k in range(0, len(slider.values), step)]


# ---------------------------------------------------------------- the questions


@pytest.mark.parametrize("key", ["scores", "add"])
def test_the_right_answer_is_the_one_on_paper_and_the_picture_gives_it(key: str) -> None:
    asked, now = question(key), at_step(key)
    i = {"scores": 1, "add": 0}[key]
    after = {"scores": (3.0, 1.0, 0.1), "add": (102.0, 101.0, mpmath.mpf("0.1") + 100)}[key]
    before, then = paper(*now.logits)[i], paper(*after)[i]
    change = 1 if math.isclose(before, then, rel_tol=1e-12) else 0 if then < before else 2
    assert asked.options[asked.right] == say(f"softmax.ask_option_{change}")
    for shown, p in ((now, before), (asked.shown, then)):
        instrument, columns = seen(shown)
        assert columns["p"][committed(instrument)][i] == pytest.approx(p, rel=1e-6)
    if key == "scores":
        assert f"from {before:.4f} to {then:.4f}" in asked.reasons[asked.right]


def test_exp_of_100_has_the_digits_that_are_told() -> None:
    assert len(str(int(mpmath.exp(100)))) == 44
    assert "44 digits" in say("softmax.step_add_text")
    assert mpmath.exp(102) < FORMATS["float64"].max


def to_bfloat16(value: int) -> int:
    """Round a whole number to eight bits, half to even."""
    unit = 2 ** max(value.bit_length() - 8, 0)
    low, rest = divmod(value, unit)
    return unit * (low + (2 * rest > unit or (2 * rest == unit and low % 2 == 1)))


def test_a_thousand_ones_get_stuck_in_bfloat16() -> None:
    asked, total = question("many"), 0
    for _ in range(1002):
        total = to_bfloat16(total + 1)
    assert list(asked.options) == ["1002", str(to_bfloat16(1002)), str(total)]
    assert asked.options[asked.right] == str(total)
    right = asked.reasons[asked.right]
    assert to_bfloat16(total + 1) == total
    assert f"{total + 1} lies halfway" in right
    assert f"are {to_bfloat16(total + 2) - total} apart" in right
    assert f"{1002 / total:.1f} times too large" in right
    near = to_bfloat16(1002)
    assert f"{to_bfloat16(near + 4) - near} apart" in asked.reasons[0]
    instrument, columns = seen(asked.shown)
    at = committed(instrument)
    assert columns["total_paper"][at].tolist() == [3, 12, 102, 1002]
    assert columns["total_low"][at].tolist() == [3, 12, 102, total]
    assert columns["share_low"][at] == pytest.approx(1 / total, rel=2**-8)
    assert columns["share_paper"][at] == pytest.approx(1 / 1002, rel=1e-8)


def test_what_a_question_asks_for_is_covered() -> None:
    step = STEPS[KEYS.index("many")]
    assert step.covers(at_step("many")) == ("total_low.3", "share-low")


# ---------------------------------------------------------------- the goals


def test_the_other_class_gets_its_share_without_being_touched() -> None:
    now = at_step("everyone")
    met, (instrument, columns) = goal(now), seen(now)
    assert [slider.id for slider in instrument.sliders] == ["logits.0", "logits.2", "shift"]
    assert [*instrument.stacks[0].drag] == ["logits.0", "", "logits.2"]
    for s, k in everywhere(now):
        logits, _, _ = moved(now, s, k)
        p = paper(*logits)
        assert met[s, k] == (p[1] > 0.5), logits
        slope = p[1] * -p[0]
        assert columns["slope"][s, k] == pytest.approx(slope, rel=1e-5)
        assert bool(columns["told"][s, k]) == (logits != list(EVERYDAY))
    assert not goal(now.put(logits=(-5.0, 4.0, 0.1))).any()  # it was touched


def test_only_the_check_breaks_where_an_exp_or_the_sum_leaves_float32() -> None:
    now = at_step("lines")
    met, (instrument, columns) = goal(now), seen(now)
    pieces = [say(f"softmax.told_{key}", format="float32") for key in ("over", "sum", "nothing")]
    seen_codes = set()
    for at in everywhere(now):
        logits, c, _ = moved(now, *at)
        z = [float(np.float32(v) + np.float32(c)) for v in logits]
        # Numbers so near to the edges that rounding decides are not those of a grid.
        exps = [mpmath.exp(v) for v in z]
        most, least = FORMATS["float32"].max, FORMATS["float32"].smallest_subnormal / 2
        code = 1 if max(exps) > most else 2 if sum(exps) > most else 3 if max(exps) < least else 0
        assert met[at] == (code > 0), (logits, c)
        assert columns["told"][at] == code, (logits, c)
        seen_codes.add(code)
        assert np.isfinite(columns["probabilities_shifted"][at]).all()
        assert columns["exp_shifted"][at].max() == 1
        if code in (1, 3):
            assert np.isnan(columns["probabilities_naive"][at]).any()
        if code == 2:
            assert (columns["probabilities_naive"][at] == 0).all()
    assert list(instrument.sentences[0].pieces) == ["", *pieces]
    assert seen_codes >= {0, 1}


@pytest.mark.parametrize(
    ("logits", "c", "code"),
    [((88.5, 88.4, 88.3), 0.0, 2), ((-5.0, -5.0, -5.0), -100.0, 3), ((2.0, 1.0, 0.1), 87.0, 1)],
)
def test_each_way_in_which_the_check_breaks_is_told(
    logits: tuple[float, ...], c: float, code: int
) -> None:
    instrument, columns = seen(at_step("lines").put(logits=logits, shift=c))
    at = committed(instrument)
    assert columns["told"][at] == code
    assert np.isfinite(columns["probabilities_shifted"][at]).all()


def test_the_temperature_alone_brings_both_extremes_and_the_open_one_does_not_count() -> None:
    now = at_step("heat")
    instrument, columns = seen(now)
    assert [slider.id for slider in instrument.sliders] == ["temperature"]
    for here, counts in ((1.0, (True, True)), (0.1, (False, True)), (10.0, (True, False))):
        there = now.put(temperature=here)
        met = goal(there)
        for at in everywhere(there):
            logits, _, temperature = moved(there, *at)
            p = paper(*(z / temperature for z in logits))[0]
            assert met[at] == ((p > 0.99 and counts[0]) or (p < 0.4 and counts[1])), temperature
    cold, hot = (say(f"softmax.told_{key}") for key in ("cold", "hot"))
    assert list(instrument.sentences[0].pieces) == ["", cold, hot]
    for at in everywhere(now):
        _, _, temperature = moved(now, *at)
        p = paper(*(z / temperature for z in EVERYDAY))
        code = 1 if max(p) > 0.99 else 2 if max(p) < 0.4 else 0
        assert columns["told"][at] == code
        assert code == 0 or (temperature < 1) == (code == 1)
        order = np.argsort(columns["p"][at])
        assert order.tolist() == [2, 1, 0]


# ---------------------------------------------------------------- the pictures


def test_exp_and_p_are_to_one_scale() -> None:
    now = at_step("over")
    instrument, columns = seen(now)
    for at in everywhere(now, 7):
        logits, _, _ = moved(now, *at)
        exps = [mpmath.exp(z) for z in logits]
        np.testing.assert_allclose(columns["exp"][at], [float(e) for e in exps], rtol=3e-7)
        assert columns["total"][at] == pytest.approx(float(sum(exps)), rel=1e-6)
        np.testing.assert_allclose(columns["p"][at], paper(*logits), rtol=1e-6)
        assert columns["exp"][at].max() <= instrument.stacks[0].looks[1].high * (1 + 1e-6)


@pytest.mark.parametrize("key", KEYS[:-1])
def test_no_bar_is_cut_off_where_a_slider_can_bring_it(key: str) -> None:
    """A number beyond its axis would have the bar of a smaller one."""
    asked = STEPS[KEYS.index(key)].ask
    there = [at_step(key), *([asked(at_step(key)).shown] if asked else [])]
    for now in there:
        instrument, columns = seen(now)
        (stack,) = instrument.stacks
        for band, look in zip(stack.bands, stack.looks, strict=True):
            values = columns[band.column.name]
            heights = np.log10(values) if band.log else values
            room = 1e-6 * (look.high - look.low)
            assert look.low - room <= heights.min(), (key, band.part)
            assert heights.max() <= look.high + room, (key, band.part)


def test_each_step_opens_its_own_numbers_whatever_was_dragged() -> None:
    wild = settings(logits=(9.0, -7.0), format="float16", shift=30.0, temperature=7.0)
    for i, key in enumerate(KEYS):
        now = take(ANSWERS.parameters.fitted(wild, wild), "at", i + 1, "softmax")
        assert now.put(at=0) == at_step(key).put(at=0)


def test_a_class_more_or_less_leaves_every_step_whole() -> None:
    for logits in ("1,2", ",".join("0123456789"), "3,-inf,1"):
        for i in range(len(KEYS)):
            now, notices = ANSWERS.read("softmax", f"at={i + 1}&logits={logits}")
            assert notices == []
            assert ANSWERS.numbers("softmax", ANSWERS.link("softmax", now)).body
