"""The overflow lab against mpmath, struct and the core run on one position at a time."""

import math
import re
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
import pytest
import scipy.special
from mpmath import mpf

from ce_core.formats import FORMATS, FloatFormat
from ce_core.pipelines import AVOIDED_BY, PIPELINES, CauseKind, Run, find_events, run
from ce_core.scenarios import LAB
from lab.distance import STATES
from lab.opened import CELL, CELLS, FAMILIES, FAMILY
from lab.overflow_path import STEPS
from lab.settings import Settings
from lab.words import say
from live.parts import Instrument, Sentence
from tests.app import instruments
from tests.app.claims import SIX_DIGITS, distance_is_true, is_drawn, told_keys
from tests.app.claims import same as power_of_ten_is
from tests.app.instruments import (
    ANSWERS,
    assert_drawn,
    built,
    in_full,
    positions,
    take,
    unpacked,
)
from tests.app.reading import Columns, Position, Power, template_of
from tests.core import judge, oracle
from tests.core.definitions import DEFINED, decoded
from tests.core.judge import Judged

INF = math.inf
FREE = len(STEPS)  # the step at which the free instrument stands
FIRST = instruments.settings(at=FREE)
K = CauseKind


@pytest.fixture
def _exact() -> Iterator[None]:
    with mpmath.workprec(judge.BITS):
        yield


def settings(**changes: object) -> Settings:
    return instruments.settings(at=FREE).put(**changes)


def many(classes: int, **changes: object) -> Settings:
    return instruments.many(classes, at=FREE, **changes)


def three(*logits: float, **changes: object) -> Settings:
    return settings(logits=logits, **changes)


TABLES = [
    three(12.0, 11.0, 10.0, reach=100.0),
    three(2.0, 1.0, 0.1, target=1, shift=0.75),
    three(-60.0, 60.0, 0.0, reach=100.0),
    three(20.06, 20.0, 0.0, reach=100.0),
    three(300.0, -INF, -800.0, target=2, reach=1000.0),
    three(-INF, 5.0, 1.0),
    three(88.5, 88.5, 88.5, target=2, reach=100.0, shift=-3.25),
]


@cache
def build(now: Settings) -> tuple[Instrument, Columns]:
    """Build the instrument, with every column in its full shape."""
    (instrument,), columns = built("overflow", now)
    return instrument, in_full(columns, columns["paper"].shape)


def cells_of(instrument: Instrument) -> dict[str, Any]:
    """Return the cells of the matrix, by the name that a link gives them."""
    rows = instrument.tables[0].rows
    cells = [cell for row in rows for cell in row.cells if cell]
    names = [f"{row.label}.{form}" for row in rows for form in PIPELINES]
    return dict(zip(names, cells, strict=True))


def alone(here: Settings, cell: str) -> Run:
    name, pipeline = cell.split(".")
    return run(here.logits, here.target, pipeline, name, shift=here.shift)


def same(ours: Any, theirs: Any) -> bool:
    """Say whether numbers are equal, all that is nan in one being nan in the other."""
    return np.array_equal(np.asarray(ours, float), np.asarray(theirs, float), equal_nan=True)


def where(now: Settings, instrument: Instrument) -> Position:
    """Return the position at which the settings themselves stand."""
    return len(now.logits), instrument.sliders[-1].index


def marked(instrument: Instrument, cell: str, at: Position) -> str | K:
    """Return what the mark of a cell says: a state of `lab.distance`, or what broke."""
    number = int(mark_of(instrument, cell).column.values[at])
    return STATES[number] if number < len(STATES) else K(number - len(STATES))


def mark_of(instrument: Instrument, cell: str) -> Sentence:
    under = cells_of(instrument)[cell].under
    assert isinstance(under, Sentence)
    return under


# --- The cells ----------------------------------------------------------------------------------


TONES = {
    "right": "good",
    "nearest_zero": "good",
    "infinite_too": "good",
    "smallest": "warn",
    "ulps": "warn",
    "percent": "warn",
    "far": "warn",
}


@pytest.mark.usefixtures("_exact")
def test_every_cell_is_its_position_alone_and_its_mark_is_true() -> None:
    seen = set()
    for now in TABLES:
        instrument, _ = build(now)
        for at, here in positions(now, instrument, (63, 163)):
            paper = judge.on_paper(here.logits, here.target)
            for cell, shown in cells_of(instrument).items():
                result = alone(here, cell)
                assert same(shown.column.values[at], result.steps["loss"]), (cell, here)
                mark, said = mark_of(instrument, cell), marked(instrument, cell, at)
                text = template_of(mark, at)
                tone = mark.tones[int(mark.column.values[at])]
                by = Judged(result, (), here.logits, paper)
                if isinstance(said, K):
                    assert said == result.broke != K.NONE, (cell, here)
                    assert text == say(f"overflow.mark_{said.name.lower()}")
                    assert not (math.isfinite(by.loss) and mpmath.isfinite(paper)), (cell, here)
                else:
                    assert text == say(f"overflow.mark_{said}")
                    assert distance_is_true(by, mark, at), (cell, here, said)
                assert tone == TONES.get(str(said), "bad")
                seen.add(said)
    assert seen > {"right", "ulps", "percent", "far", K.EXP_OVERFLOW, K.LOGIT_OVERFLOW}


def test_the_cell_of_the_link_is_the_one_that_is_pressed() -> None:
    for cell in CELLS:
        opened = take(TABLES[2], "cell", cell, "overflow")
        assert opened == TABLES[2].put(cell=cell)
        instrument, _ = build(opened)
        cells = cells_of(instrument)
        assert {name: c.pick for name, c in cells.items()} == {c: ("cell", c) for c in cells}
        assert [name for name, c in cells.items() if c.picked] == [cell]
        assert len({c.label for c in cells.values()}) == len(cells)


def test_the_matrix_holds_a_family_and_the_opened_cell() -> None:
    """Every format is in one of them, and 8 of them at most have room."""
    assert {name for names in FAMILIES.values() for name in names} == set(FORMATS)
    for (family, names), cell in product(FAMILIES.items(), CELLS):
        instrument, _ = build(TABLES[1].put(cell=cell, family=family))
        rows = [row.label for row in instrument.tables[0].rows]
        assert rows == [name for name in FORMATS if name in (*names, cell.split(".")[0])]
        assert len(rows) <= 8
        choice = instrument.choices[0]
        assert (choice.id, choice.options[choice.selected][0]) == ("family", family)


def test_a_link_that_names_a_cell_alone_shows_a_family_that_has_it() -> None:
    for name, family in [
        ("float64", "everyday"),
        ("float8_e5m2", "everyday"),
        ("float8_e4m3", "eight"),
        ("float4_e2m1fn", "smaller"),
    ]:
        now, notices = ANSWERS.read("overflow", f"cell={name}.naive")
        assert (now[FAMILY], notices) == (family, [])


def test_a_cell_that_there_is_not_is_refused_in_words() -> None:
    begun, _ = ANSWERS.read("overflow", "")
    for query, expected in (("cell=float16", FIRST), ("set=cell:float8.naive", begun)):
        opened, notices = ANSWERS.read("overflow", query)
        assert opened == expected
        assert "expected a number format and a formula, such as float16.naive;" in notices[-1]


FIRST_SAID = {
    "exp_overflow": "exp_overflow",
    "sum_overflow": "sum_overflow",
    "zero_by_zero": "sum_underflow",
    "log_of_zero": "probability_underflow",
    "all_masked": "all_masked",
    "no_infinity": "exp_overflow",
    "lost_digit": "rounded_total",
    "stored_alike": "rounded_stored",
}


def test_each_preset_shows_its_effect_in_its_cell_and_its_word() -> None:
    for name, scenario in LAB.items():
        now = take(many(2, logits=(5.0, -5.0), shift=3.0), "lab", name, "overflow")
        assert now[CELL] == f"{scenario.format}.naive"
        assert (now.logits, now.target, now.shift) == (
            scenario.logits,
            scenario.target,
            scenario.shift,
        )
        instrument, _ = build(now)
        assert instrument.presets
        assert (instrument.presets.id, instrument.presets.picked) == ("lab", name)
        at = where(now, instrument)
        for pipeline, effect in scenario.effect.items():
            said = marked(instrument, f"{scenario.format}.{pipeline}", at)
            assert said == effect if effect else said in TONES, name
        (account,) = instrument.sentences
        assert told_keys(account, at, scenario.format)[0] == FIRST_SAID[name]
    picked = {build(now)[0].presets.picked for now in (FIRST, TABLES[2])}  # type: ignore[union-attr]
    assert picked == {""}


def test_the_break_opens_the_preset_whose_exp_overflows() -> None:
    for now in (FIRST, many(10, shift=5.0)):
        opened = take(now, "break", "", "overflow")
        assert opened == take(now, "lab", "exp_overflow", "overflow")
        instrument, _ = build(opened)
        assert marked(instrument, "float16.naive", where(opened, instrument)) == K.EXP_OVERFLOW


# --- The trace of the opened cell ---------------------------------------------------------------


@pytest.mark.usefixtures("_exact")
def test_the_trace_is_that_of_its_position_alone() -> None:
    cut = 2.0**-28  # float64 of all classes is sent in 29 bits
    for cell in CELLS:
        name, pipeline = cell.split(".")
        for now in (table.put(cell=cell) for table in (TABLES[2], TABLES[4])):
            instrument, columns = build(now)
            for at, here in positions(now, instrument, (0, 63, 163)):
                result = alone(here, cell)
                for step, values in result.steps.items():
                    sent = f"loss_{name}_{pipeline}" if step == "loss" else f"step_{step}"
                    shown = columns[sent][at]
                    if name == "float64" and values.ndim:
                        np.testing.assert_allclose(shown, values, rtol=cut, err_msg=str(here))
                    else:
                        assert same(shown, values), (step, here)
                for step, kind in find_events(result).items():
                    assert columns[f"event_{step}"][at] == kind, (step, here)
                paper = judge.on_paper(here.logits, here.target)
                told = Power(float(columns["paper"][at]), float(columns["paper_exponent"][at]))
                if mpmath.isfinite(paper):
                    assert power_of_ten_is(told, paper, SIX_DIGITS), (here, told)
                else:
                    assert math.isnan(told.significand), here


def test_every_row_of_the_steps_shows_its_own_step() -> None:
    for cell in CELLS:
        now = TABLES[2].put(cell=cell)
        instrument, columns = build(now)
        at = where(now, instrument)
        logits, *rows = instrument.tables[1].rows
        result = alone(now, cell)
        given, *steps = result.steps.items()
        for row, (name, values) in zip([logits, *rows], [given, *steps], strict=True):
            assert row is logits or row.label.startswith(f"{name} = ")
            *numbers, event = row.cells
            assert (event is None) == (row is logits)
            shown = [
                float(
                    c.column.values[at][c.item]
                    if c.column.values.ndim == 3
                    else c.column.values[at]
                )
                for c in numbers
                if c
            ]
            np.testing.assert_allclose(shown, np.atleast_1d(values).astype(float), rtol=2.0**-28)
            assert [c is None for c in numbers] == [not values.ndim] * 3 + [bool(values.ndim)]
            if event:
                assert columns[f"event_{name}"][at] == event.column.values[at]


STRUCT = {"float64": ">d", "float32": ">f", "float16": ">e"}


def test_the_bits_are_those_of_the_value_beside_them() -> None:
    for cell in CELLS:
        name, pipeline = cell.split(".")
        whole = "rest" if pipeline == "fused" else "total"
        names = ["logits", "exp", whole, "probability", "loss"]
        for now in (table.put(cell=cell) for table in (TABLES[2], TABLES[4])):
            instrument, _ = build(now)
            rows = instrument.tables[-1].rows
            assert [row.label for row in rows] == [say(f"overflow.bits_{n}") for n in names]
            for step, row in zip(names, rows, strict=True):
                value, pattern = row.cells
                assert value
                assert pattern
                assert pattern.style
                exponent_bits, fraction_bits = DEFINED[name][:2]
                assert pattern.style.digits == exponent_bits
                assert pattern.style.width == 1 + exponent_bits + fraction_bits
                for at, here in positions(now, instrument, (0, 63, 163)):
                    right = alone(here, cell).steps[step]
                    number = float(value.column.values[at])
                    assert same(number, right[here.target] if right.ndim else right), (step, here)
                    stored = pattern.column.values[at].tobytes()
                    read = float(decoded(int.from_bytes(stored, "big"), name))
                    assert same(read, number), (step, here)
                    if not math.isnan(number):
                        assert math.copysign(1, read) == math.copysign(1, number)
                        assert name not in STRUCT or stored == struct.pack(STRUCT[name], number)


KEPT_FOR = {
    "inf and nan": "An exponent of only ones is kept for inf and nan.",
    "nan for ones": "Only ones after the sign, be it 0 or 1, are nan, and there is no inf.",
    "nan for -0": "A sign of 1 with only zeros after it, elsewhere −0, is the one nan",
    "nothing": "Every pattern is a number: there is no inf and no nan.",
}


def test_the_bits_say_which_patterns_are_no_numbers() -> None:
    """`DEFINED` decodes every pattern of each format in tests/core."""
    for name, (exponent_bits, fraction_bits, _, specials) in DEFINED.items():
        lead = build(TABLES[1].put(cell=f"{name}.naive"))[0].tables[-1].lead
        assert f"{exponent_bits} of exponent, {fraction_bits} of fraction." in lead
        assert [kept for kept, text in KEPT_FOR.items() if text in lead] == [specials]
        if specials == "nothing":
            assert f"stored as {FORMATS[name].max:g}, and what would be nan as 0." in lead


# --- The shares ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("_exact")
def test_each_bar_is_the_share_of_its_step_in_the_error() -> None:
    """The judge takes the losses after each step apart with mpmath."""
    bars = broken = 0
    for cell in CELLS:
        for now in (table.put(cell=cell) for table in (TABLES[1], TABLES[2])):
            instrument, _ = build(now)
            (shares,) = instrument.figures[1].bars
            for at, here in positions(now, instrument, (20, 163)):
                result, paper = alone(here, cell), judge.on_paper(here.logits, here.target)
                by = Judged(result, (), here.logits, paper)
                for k, wanted in enumerate(by.shares.values()):
                    drawn = float(shares.column.values[at][k])
                    if not math.isfinite(drawn):  # no number is left, or none of its own
                        assert result.broke, (cell, here, k)
                        broken += 1
                    else:
                        assert is_drawn(drawn, wanted / by.unit), (cell, here, k)
                        bars += drawn != 0
    assert bars > 1000
    assert broken > 100


def test_a_step_that_another_form_does_without_has_a_button_that_opens_it() -> None:
    for cell in CELLS:
        name, form = cell.split(".")
        now = TABLES[1].put(cell=cell)
        figure = build(now)[0].figures[1]
        steps = alone(now, cell).budget.steps
        assert list(figure.names) == [say(f"shares.{step}") for step in steps]
        opened = {
            step: take(now, *button.pick, "overflow")[CELL]
            for step, button in zip(steps, figure.rows[1].cells, strict=True)
            if button and button.pick
        }
        better = {s: f"{name}.{f}" for s, f in AVOIDED_BY[form].items() if s in steps}
        assert opened == better
        assert bool(opened) == (form != "fused")


# --- The cliffs ---------------------------------------------------------------------------------


def beyond_of(fmt: FloatFormat) -> str:
    """Say what a number that is too large is stored as."""
    return "inf" if fmt.has_infinity else "nan" if fmt.has_nan else "max"


def becomes(log: np.ndarray, fmt: FloatFormat, slack: float) -> np.ndarray:
    """Say what exp(log) becomes in a format; "" so near an edge that a rounding decides."""
    top = oracle.exp_overflow(fmt)
    bottom = math.log(fmt.smallest_subnormal) - math.log(2)
    beyond = beyond_of(fmt)
    result = np.where(log > top, beyond, np.where(log < bottom, "0", "number"))
    near = np.minimum(np.abs(log - top), np.abs(log - bottom))
    return np.where(near < slack, "", result)


def lanes_by_scipy(
    stored: np.ndarray, target: int, pipeline: str, fmt: FloatFormat
) -> dict[str, np.ndarray]:
    """Say what exp, sum, probability and loss become, from SciPy's logarithms of them."""
    u, beyond = fmt.unit_roundoff, beyond_of(fmt)
    args = stored if pipeline == "naive" else stored - stored.max(axis=-1, keepdims=True)
    args = args.astype(fmt.dtype).astype(float)
    exps = becomes(args, fmt, 8 * min(u, 2.0**-24))  # computed in float32 at least
    exp = exps[:, target]
    log_sum = scipy.special.logsumexp(np.where(exps == "0", -INF, args), axis=-1)
    log_p = scipy.special.log_softmax(args, axis=-1)[:, target]
    # Where exp is subnormal, it and the probability may be wrong by half.
    p = becomes(log_p, fmt, 0.8 + 4 * u * np.abs(log_p).max())
    if pipeline == "fused":
        number = np.full(len(stored), "number")
        return {"exp": exp, "sum": number, "p": p, "loss": number}
    total = np.where((exps == "0").all(axis=-1), "0", becomes(log_sum, fmt, 8 * u))
    total = np.where((exps == beyond).any(axis=-1), beyond, total)
    total = np.where((exps == "").any(axis=-1), "", total)
    p = np.where((total == "inf") | (exp == "0"), "0", p)
    no_number = "nan" if fmt.has_nan else "0"
    p = np.where((total == "nan") | (total == "0") | (exp == "inf"), no_number, p)
    p = np.where((total == "") | (total == "max"), "", p)
    infinite = np.full(len(stored), beyond)
    return {"exp": exp, "sum": total, "p": p, "loss": np.where(p == "0", infinite, p)}


CLIFFS = [
    many(3, logits=(12.0, 11.0, 10.0)),
    many(3, logits=(-60.0, 60.0, 0.0), target=1),
    many(2, logits=(-90.0, 40.0), shift=30.0),
    many(4, logits=(700.0, 700.0, 10.0, 0.0), target=2, shift=5.0),
]


LOW_CLIFFS = [
    many(3, logits=(1.0, 0.5, -1.0)),
    many(2, logits=(-2.0, 1.0), target=1),
    many(4, logits=(2.0, 2.0, 1.0, 0.0), target=2, shift=1.0),
]


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_lanes_end_where_each_quantity_does(pipeline: str) -> None:
    for now in CLIFFS:
        figure = build(now.put(cell=f"float16.{pipeline}"))[0].figures[0]
        check_the_lanes(figure.plot, now, pipeline, FAMILIES["everyday"])
    for now, (family, name) in product(
        LOW_CLIFFS, [("eight", "float8_e4m3"), ("smaller", "float6_e2m3fn")]
    ):
        here = now.put(cell=f"{name}.{pipeline}", family=family)
        figure = build(here)[0].figures[0]
        check_the_lanes(figure.plot, here, pipeline, FAMILIES[family])


def check_the_lanes(
    plot: Mapping[str, Any], now: Settings, pipeline: str, names: Sequence[str]
) -> None:
    logits, target, shift = now.logits, now.target, now.shift
    ticks = plot["layout"]["yaxis"]["ticktext"][::-1]
    count = 4 * len(names)
    assert len(plot["data"]) == len(ticks) == count
    end = plot["layout"]["xaxis"]["range"][1]
    assert all(end > -FORMATS[name].ln_zero for name in names)
    z = np.linspace(-end, end, 801)
    moved = np.full((len(z), len(logits)), logits)
    moved[:, target] = z
    judged = 0
    for i, (name, fmt) in enumerate((name, FORMATS[name]) for name in names):
        with np.errstate(over="ignore"):
            stored = moved.astype(fmt.dtype).astype(float) + float(np.array(shift, fmt.dtype))
            stored = stored.astype(fmt.dtype).astype(float)
        # Beyond the format a logit is nan, and so is all that follows.
        fits = np.isfinite(stored).all(axis=-1) & (np.ptp(stored, axis=-1) < fmt.max)
        expected = lanes_by_scipy(stored[fits], target, pipeline, fmt) if fits.any() else {}
        for j, quantity in enumerate(("exp", "sum", "p", "loss")):
            lane, height = plot["data"][4 * i + j], count - 1 - (4 * i + j)
            assert ticks[4 * i + j] == f"{name} {quantity}"
            assert {y for y in lane["y"] if y is not None} <= {height}
            drawn = np.zeros(len(z), bool)
            for start, end in zip(lane["x"][::3], lane["x"][1::3], strict=True):
                drawn |= (z >= start) & (z <= end)
            became = np.full(len(z), "", dtype="<U6")
            became[fits] = expected.get(quantity, "")
            sure = became != ""
            expected_drawn = became == "number"
            if quantity == "loss":  # a number may have lost its digits
                result = run(moved, target, pipeline, name, shift=shift)
                expected_drawn &= result.right
                sure &= np.abs(result.ulps - 1) > 1e-9  # at the very limit it is right and wrong
            np.testing.assert_array_equal(
                drawn[sure], expected_drawn[sure], err_msg=f"{name} {quantity}"
            )
            judged += sure.sum()
            for note in plot["layout"]["annotations"]:
                if note["y"] == height:
                    at = int(np.argmin(np.abs(z - note["x"])))
                    assert not drawn[at]
                    instead = "number" if note["text"] == "≈" else note["text"]
                    assert became[at] in ("", instead), (name, quantity)
    # With few digits a rounding decides more often, and few logits are numbers of the format.
    least = {"everyday": 0.7, "eight": 0.3, "smaller": 0.1}
    assert judged > next(least[f] for f in least if FAMILIES[f] == names) * count * len(z)


def test_the_line_on_the_lanes_stands_at_the_true_class_s_logit() -> None:
    for target in (0, 1):
        now = three(3.0, -7.5, 1.0, target=target, shift=2.0)
        instrument, _ = build(now)
        figure = instrument.figures[0]
        (line,) = figure.lines
        assert figure.of == [f"logits.{target}"]
        assert not isinstance(line.x, list | tuple)
        for at, here in positions(now, instrument, (0, 63, 163)):
            assert_drawn(line.x.values[at], here.logits[target], -800, 800, here, 2048)  # type: ignore[union-attr]
        low, high = line.y.values[0, 0]
        assert low <= 0
        assert high >= 23


def test_the_lanes_stay_while_the_true_class_s_logit_moves_and_follow_the_others() -> None:
    def lanes(now: Settings) -> Any:
        return build(now)[0].figures[0].plot

    now = three(3.0, -7.5, 1.0, target=1)
    assert lanes(now) == lanes(now.put(logits=(3.0, 60.0, 1.0)))
    for other in (
        now.put(logits=(90.0, -7.5, 1.0)),
        now.put(target=0),
        now.put(shift=40.0),
        now.put(cell="float16.shifted"),
    ):
        assert lanes(now)["data"] != lanes(other)["data"], other


# --- The questions ------------------------------------------------------------------------------


def test_the_questions_are_answered_as_mpmath_and_scipy_would() -> None:
    first, half_or_brain, forms = ANSWERS.lessons["overflow"].ask(FIRST)
    largest = {
        "float64": mpf(2) ** 1024,
        "float32": mpf(2) ** 128,
        "bfloat16": mpf(2) ** 128,
        "float16": mpf(2) ** 16,
    }
    assert first.options[first.right] == min(first.options, key=largest.__getitem__) == "float16"
    (limit,) = re.findall(r"[\d.]+(?= its exp)", first.reasons[first.right])
    assert mpmath.exp(mpf(limit)) > largest["float16"] > mpmath.exp(mpf(limit) - mpf("0.5"))

    fits = tuple(mpmath.exp(80) < largest[name] for name in ("float16", "bfloat16"))
    expected = {(True, True): 0, (True, False): 1, (False, True): 2, (False, False): 3}[fits]
    assert half_or_brain.right == expected

    z = np.array(LAB["log_of_zero"].logits, np.float32)
    assert str(z.astype(int).tolist())[1:-1] in forms.text
    assert scipy.special.softmax(z)[0] == 0
    assert scipy.special.log_softmax(z)[0] == -120
    assert forms.options[forms.right] == say("overflow.ask_forms_option_2")
    assert mpmath.exp(-120) < np.finfo(np.float32).smallest_subnormal


def test_what_a_question_shows_is_what_it_asked_about() -> None:
    for now in (FIRST, many(2, logits=(0.0, -INF), target=1)):
        questions = ANSWERS.lessons["overflow"].ask(now)
        marks = []
        for shown in (question.shown for question in questions):
            instrument, _ = build(shown)
            marks.append(marked(instrument, shown[CELL], where(shown, instrument)))
            fitted = ANSWERS.parameters.fitted(shown, now)
            assert ANSWERS.read("overflow", ANSWERS.link("overflow", fitted)) == (fitted, [])
        assert (marks[0], marks[2]) == (K.EXP_OVERFLOW, K.PROBABILITY_UNDERFLOW)
        assert marks[1] in TONES
        assert questions[1].shown.logits[0] == 80


# --- Extremes -----------------------------------------------------------------------------------

MANY = many(10, logits=(2.0, 1.0, 0.1, -1.0, 0.0, 3.0, -2.0, 0.5, 1.5, -0.5), target=9, shift=1.0)
FAR = (1e300, -1e300, 0.0, -INF, 5.0, 1e-300, 1e18, -700.0, 88.7, -INF)
EXTREMES = [
    *(three(1e300, -1 / 3, 0.3, shift=1e300, cell=cell) for cell in CELLS),
    *(many(10, logits=FAR, target=3, cell=cell) for cell in CELLS),
    *(three(-INF, -INF, -INF, shift=-1e300, cell=cell) for cell in CELLS[::4]),
    *(MANY.put(cell=cell) for cell in ("float64.fused", "float32.shifted")),
]
LIMITS = {3: 100_000, 10: 201_000}  # bytes of a release


def test_extreme_settings_make_a_light_message_that_a_browser_can_read() -> None:
    for now in EXTREMES:
        answer = ANSWERS.numbers("overflow", ANSWERS.link("overflow", now))
        head, _ = unpacked(answer.body)
        assert head["notices"] == []
        assert len(zlib.compress(answer.body, 1)) <= LIMITS[len(now.logits)], now
        (instrument,), columns = built("overflow", now)
        standing = [slider.index for slider in instrument.sliders]
        for name, column in columns.items():
            if column.shape[0] > 1:  # every slider shows the same where it stands
                rows = column[np.arange(len(standing)), standing]
                assert all(same(row, rows[0]) for row in rows), (name, now)
