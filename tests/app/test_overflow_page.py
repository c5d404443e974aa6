"""The overflow lab against mpmath, struct and the core run on one position at a time."""

import json
import math
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
import pytest
import scipy.special
from mpmath import mpf

from ce_core.events import find_events
from ce_core.formats import FORMATS, FloatFormat
from ce_core.scenarios import LAB
from ce_core.trace import PIPELINES, CauseKind, Run, run
from pages import overflow
from pages.shared import controls
from pages.shared.controls import CELLS, Settings
from pages.shared.live import Instrument, Sentence, pack
from pages.shared.words import say
from tests.app.instruments import in_full, positions
from tests.app.reading import Columns, Position, Power, template_of, value_of

INF = math.inf
K = CauseKind
BEYOND = {K.EXP_OVERFLOW, K.SUM_OVERFLOW, K.SUBTRACT_OVERFLOW}


@pytest.fixture
def _many_digits() -> Iterator[None]:
    with mpmath.workdps(60):
        yield


TABLES = [
    Settings((12.0, 11.0, 10.0), reach=100.0),
    Settings((2.0, 1.0, 0.1), 1, shift=0.75),
    Settings((-60.0, 60.0, 0.0), reach=100.0),
    Settings((20.06, 20.0, 0.0), reach=100.0),
    Settings((300.0, -INF, -800.0), 2, reach=1000.0),
    Settings((-INF, 5.0, 1.0), 0),
    Settings((88.5, 88.5, 88.5), 2, reach=100.0, shift=-3.25),
]


@cache
def build(settings: Settings) -> tuple[Instrument, Columns]:
    """Build the instrument, with every column in its full shape."""
    instrument, columns = overflow.build(settings)
    return instrument, in_full(columns, columns["loss"].shape)


def alone(here: Settings, cell: str) -> Run:
    name, pipeline = cell.split(".")
    return run(here.logits, here.target, pipeline, name, shift=here.shift)


def same(ours: Any, theirs: Any) -> bool:
    """Say whether numbers are equal, all that is nan in one being nan in the other."""
    return np.array_equal(np.asarray(ours, float), np.asarray(theirs, float), equal_nan=True)


def where(settings: Settings, instrument: Instrument) -> Position:
    """Return the position at which the settings themselves stand."""
    return len(settings.logits), instrument.sliders[-1].index


def loss_on_paper(logits: Any, target: int) -> mpf:
    """Return the loss from its definition; infinite for a masked target, nan without a class."""
    numbers = [mpf(float(z)) for z in logits if z != -INF]
    if not numbers or any(map(mpmath.isnan, numbers)):
        return mpmath.nan
    if logits[target] == -INF:
        return mpmath.inf
    with mpmath.workdps(60):
        largest = max(numbers)
        numbers.remove(largest)
        others = mpmath.fsum(mpmath.exp(z - largest) for z in numbers)
        return mpmath.log1p(others) + (largest - mpf(float(logits[target])))


def close(loss: float, reference: mpf, fmt: FloatFormat) -> bool:
    """Say whether a loss is within 10 unit roundoffs, as "right" promises."""
    distance = abs(mpf(loss) - reference)
    if distance <= fmt.smallest_subnormal:
        return True
    return bool(loss != 0 and distance <= 10 * fmt.unit_roundoff * reference * mpf("1.000001"))


# --- The cells ----------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", TABLES)
def test_every_cell_is_its_position_alone_and_its_mark_fits_the_number(settings: Settings) -> None:
    instrument, columns = build(settings)
    marks = {say(f"overflow.mark_{kind.name.lower()}"): kind for kind in CauseKind}
    rows = {row.label: row.cells for row in instrument.tables[0].rows}
    assert list(rows) == list(FORMATS)
    for at, here in positions(settings, instrument, (0, 63, 163)):
        for cell in CELLS:
            name, pipeline = cell.split(".")
            shown = rows[name][PIPELINES.index(pipeline)]
            assert shown
            assert shown.under
            result = alone(here, cell)
            loss = float(columns[shown.column][at])
            assert same(loss, result.steps["loss"])
            number = columns[shown.under.column][at]
            mark, tone = shown.under.words[number], shown.under.tones[number]
            assert marks[mark] == result.cause.kind
            assert {"✓": "good", "≈": "warn"}.get(mark[0], "bad") == tone
            assert fits(mark[0], loss, here, result)


def fits(sign: str, loss: float, here: Settings, result: Run) -> bool:
    """Say whether a loss is what the sign of its mark says: right, roughly right, or no number."""
    fmt = FORMATS[result.format]
    paper = loss_on_paper(result.steps["logits"].astype(float), here.target)
    if sign == "✓":
        return close(loss, paper, fmt)
    if sign == "≈":
        given = loss_on_paper(here.logits, here.target)
        return math.isfinite(loss) and not (close(loss, paper, fmt) and close(paper, given, fmt))
    return not math.isfinite(loss)


@pytest.mark.parametrize("cell", CELLS)
def test_the_cell_of_the_link_is_the_one_that_is_pressed(cell: str) -> None:
    instrument, _ = build(replace(TABLES[2], cell=cell))
    cells = [c for row in instrument.tables[0].rows for c in row.cells if c]
    assert [c.pick for c in cells] == [("cell", name) for name in CELLS]
    assert [c.pick for c in cells if c.picked] == [("cell", cell)]
    assert len({c.label for c in cells}) == len(CELLS)
    assert controls.take(Settings(), "cell", cell).cell == cell


@pytest.mark.parametrize("name", LAB)
def test_each_preset_shows_its_effect_in_its_cell_and_its_word(name: str) -> None:
    scenario = LAB[name]
    settings = controls.take(Settings((5.0, -5.0), names=("a", "b")), "lab", name)
    assert settings.cell == f"{scenario.format}.naive"
    instrument, columns = build(settings)
    assert instrument.presets
    assert instrument.presets.picked == name
    at = where(settings, instrument)
    for pipeline, effect in scenario.effect.items():
        row = next(row for row in instrument.tables[0].rows if row.label == scenario.format)
        cell = row.cells[PIPELINES.index(pipeline)]
        assert cell
        assert cell.under
        word = cell.under.words[columns[cell.under.column][at]]
        assert word == say(f"overflow.mark_{effect.name.lower()}")
    (said,) = instrument.sentences
    key = f"overflow.cause_{scenario.effect['naive'].name.lower()}"
    beyond = "inf" if FORMATS[scenario.format].has_infinity else "nan"
    assert template_of(said, columns, at) == say(key, format=scenario.format, beyond=beyond)


# --- The sentence -------------------------------------------------------------------------------


class Told:
    """What the sentence of one position says, and what there is to say."""

    def __init__(self, sentence: Sentence, columns: Columns, at: Position, here: Settings) -> None:
        self.here, self.fmt, self.target = here, FORMATS[here.cell.split(".")[0]], here.target
        self.result = alone(here, here.cell)
        self.steps = {name: v.astype(float) for name, v in self.result.steps.items()}
        self.text = template_of(sentence, columns, at)
        self.kind = K(int(columns[sentence.column][at]))
        self.given = [z + here.shift for z in here.logits]
        named = re.findall(r"\{(\w+)\}", self.text)
        self.values = {name: value_of(sentence.places[name], columns, at) for name in named}
        self.i = int(columns["cause_class"][at])
        assert self.values.get("class", here.names[self.i]) == here.names[self.i]
        self.paper = loss_on_paper(self.steps["logits"], here.target)
        arguments = self.steps.get("shifted", self.steps["logits"])
        self.on_paper = [mpmath.exp(mpf(z)) if z > -INF else mpf(0) for z in arguments]
        self.argument = float(arguments[self.i])

    def says(self, name: str, value: Any) -> bool:
        """Say whether a place of the sentence holds this number."""
        return close_to(self.values[name], value)

    def keeps(self, value: float) -> bool:
        """Say whether a number that should be beyond the format is what the sentence calls it."""
        word = "inf" if self.fmt.has_infinity else "nan"
        return f"became {word}" in self.text and str(value) == word


def close_to(said: str | float | Power, value: Any) -> bool:
    if isinstance(said, Power):  # some are beyond every format, and are compared by their logarithm
        log10 = mpmath.log10(mpf(said.significand)) + mpf(said.exponent)
        return bool(abs(log10 - mpmath.log10(value)) <= 1e-6 + 1e-15 * abs(said.exponent))
    return isinstance(said, float) and bool(abs(mpf(said) - value) <= 1e-12 * abs(value))


def none(told: Told) -> bool:
    return close(float(told.steps["loss"]), told.paper, told.fmt)


def exp_overflow(told: Told) -> bool:
    exact = told.on_paper[told.i]
    return (
        told.says("z", told.argument)
        and told.says("exact", exact)
        and told.says("max", told.fmt.max)
        and exact > told.fmt.max
        and told.keeps(told.steps["exp"][told.i])
    )


def sum_overflow(told: Told) -> bool:
    exact = mpmath.fsum(told.on_paper)
    return (
        told.says("exact", exact)
        and exact > told.fmt.max
        and bool(np.isfinite(told.steps["exp"]).all())
        and told.keeps(float(told.steps["total"]))
    )


def sum_underflow(told: Told) -> bool:
    return (
        told.says("z", told.argument)
        and told.says("exact", told.on_paper[told.i])
        and told.says("tiny", told.fmt.smallest_subnormal)
        and max(told.on_paper) < told.fmt.smallest_subnormal
        and not told.steps["exp"].any()
        and math.isnan(told.steps["loss"])
    )


def probability_underflow(told: Told) -> bool:
    return (
        told.says("exact", mpmath.exp(-told.paper))
        and told.steps["probability"] == 0
        and not math.isfinite(told.steps["loss"])
    )


def digits_lost(told: Told) -> bool:
    loss = float(told.steps["loss"])
    return (
        told.says("loss", loss)
        and told.says("paper", told.paper)
        and not close(loss, told.paper, told.fmt)
        and told.result.warnings == 0
    )


def logits_rounded(told: Told) -> bool:
    given = loss_on_paper(told.here.logits, told.target)
    return (
        none(told)
        and told.says("given", told.given[told.i])
        and told.says("stored", told.steps["logits"][told.i])
        and told.given[told.i] != told.steps["logits"][told.i]
        and not close(float(told.paper), given, told.fmt)
    )


def logit_overflow(told: Told) -> bool:
    return (
        told.values["z"] == told.given[told.i]
        and told.says("max", told.fmt.max)
        and abs(told.given[told.i]) > told.fmt.max
        and f"stored as {told.steps['logits'][told.i]}." in told.text
    )


def subtract_overflow(told: Told) -> bool:
    distance = mpf(max(told.steps["logits"])) - mpf(told.steps["logits"][told.i])
    return (
        told.says("exact", distance)
        and distance > told.fmt.max
        and not math.isfinite(told.steps["shifted"][told.i])
    )


def target_masked(told: Told) -> bool:
    return told.steps["logits"][told.target] == -INF and told.paper == told.steps["loss"] == INF


def all_masked(told: Told) -> bool:
    return not told.steps["exp"].any() and told.steps["total"] == 0


HOLDS = {
    K.NONE: none,
    K.LOGIT_OVERFLOW: logit_overflow,
    K.ALL_MASKED: all_masked,
    K.SUBTRACT_OVERFLOW: subtract_overflow,
    K.EXP_OVERFLOW: exp_overflow,
    K.SUM_OVERFLOW: sum_overflow,
    K.SUM_UNDERFLOW: sum_underflow,
    K.TARGET_MASKED: target_masked,
    K.PROBABILITY_UNDERFLOW: probability_underflow,
    K.DIGITS_LOST: digits_lost,
    K.LOGITS_ROUNDED: logits_rounded,
}


NARROW = [
    "float32.naive",
    "float32.shifted",
    "float32.fused",
    "float16.naive",
    "bfloat16.fused",
    "float8_e5m2.naive",
    "float8_e4m3fn.shifted",
]
SAID = [
    *((table, cell) for table in TABLES[:4] for cell in NARROW),
    *((table, "float64.naive") for table in (TABLES[0], TABLES[2], TABLES[4])),
]
ONE_BY_ONE = [
    Settings((1e300, 5.0, 0.0), cell="float32.naive"),
    Settings((5.0, 1e300, 0.0), cell="float8_e4m3fn.fused"),
    Settings((1e300, 5.0, 0.0), cell="float64.naive"),
    Settings((-1e300, 5.0, 0.0), cell="float64.shifted"),
    Settings((60000.0, -60000.0, 0.0), 1, cell="float16.fused"),
    Settings((-INF, -INF, -INF), cell="float32.naive"),
    Settings((-INF, 5.0, 1.0), 0, cell="float16.shifted"),
    *(controls.take(Settings(), "lab", name) for name in LAB),
]


@pytest.mark.usefixtures("_many_digits")
def test_what_the_sentence_says_holds() -> None:
    seen = set()
    for table, cell in SAID:
        settings = replace(table, cell=cell)
        instrument, columns = build(settings)
        for at, here in positions(settings, instrument, (0, 63, 163)):
            told = Told(instrument.sentences[0], columns, at, here)
            assert HOLDS[told.kind](told), (here, told.text, told.values)
            seen.add(told.kind)
    for settings in ONE_BY_ONE:
        instrument, columns = build(settings)
        at = where(settings, instrument)
        told = Told(instrument.sentences[0], columns, at, settings)
        assert HOLDS[told.kind](told), (settings, told.text, told.values)
        seen.add(told.kind)
    assert seen == set(HOLDS) == set(CauseKind) - {K.NAN_LOGIT}  # which no control can make


# --- The trace of the opened cell ---------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
def test_the_trace_is_that_of_its_position_alone(cell: str) -> None:
    for settings in (replace(table, cell=cell) for table in (TABLES[2], TABLES[4])):
        instrument, columns = build(settings)
        for at, here in positions(settings, instrument, (0, 63, 163)):
            result = alone(here, cell)
            for name, values in result.steps.items():
                assert same(columns[f"step_{name}"][at], values), name
            for name, kind in find_events(result).items():
                assert columns[f"event_{name}"][at] == kind
            paper = loss_on_paper(result.steps["logits"].astype(float), here.target)
            assert close_to(float(columns["paper"][at]), paper) or not mpmath.isfinite(paper)


def decoded(pattern: bytes, exponent_bits: int, *, has_infinity: bool) -> float:
    """Read the bits of a number, most significant byte first."""
    bits = "".join(f"{byte:08b}" for byte in pattern)
    exponent, fraction = bits[1 : 1 + exponent_bits], bits[1 + exponent_bits :]
    bias = 2 ** (exponent_bits - 1) - 1
    e, f = int(exponent, 2), int(fraction, 2)
    if "0" not in exponent and has_infinity:
        size = math.nan if f else INF
    elif "0" not in exponent + fraction:
        size = math.nan
    else:
        hidden = 2 ** len(fraction) if e else 0
        size = math.ldexp(hidden + f, max(e, 1) - bias - len(fraction))
    return math.copysign(size, -1 if bits[0] == "1" else 1)


STRUCT = {"float64": ">d", "float32": ">f", "float16": ">e"}
EXPONENT_BITS = {
    "float64": 11,
    "float32": 8,
    "float16": 5,
    "bfloat16": 8,
    "float8_e5m2": 5,
    "float8_e4m3fn": 4,
}


@pytest.mark.parametrize("cell", CELLS)
def test_the_bits_are_those_of_the_value_beside_them(cell: str) -> None:
    name, pipeline = cell.split(".")
    names = ["logits", "exp", "rest" if pipeline == "fused" else "total", "probability", "loss"]
    for table in TABLES[2], TABLES[4]:
        settings = replace(table, cell=cell)
        instrument, columns = build(settings)
        rows = instrument.tables[-1].rows
        assert [row.label for row in rows] == [say(f"overflow.bits_{n}") for n in names]
        for step, row in zip(names, rows, strict=True):
            value, pattern = row.cells
            assert value
            assert pattern
            assert pattern.style
            assert (value.column, pattern.column) == (f"value_{step}", f"bits_{step}")
            assert pattern.style.digits == EXPONENT_BITS[name]
        for at, here in positions(settings, instrument, (0, 63, 163)):
            steps = alone(here, cell).steps
            for step in names:
                number = float(columns[f"value_{step}"][at])
                assert same(number, steps[step][here.target] if steps[step].ndim else steps[step])
                stored = columns[f"bits_{step}"][at].tobytes()
                has_infinity = name != "float8_e4m3fn"
                read = decoded(stored, EXPONENT_BITS[name], has_infinity=has_infinity)
                assert same(read, number)
                if not math.isnan(number):
                    assert math.copysign(1, read) == math.copysign(1, number)
                    assert name not in STRUCT or stored == struct.pack(STRUCT[name], number)


# --- The cliffs ---------------------------------------------------------------------------------


def becomes(log: np.ndarray, fmt: FloatFormat, slack: float) -> np.ndarray:
    """Say what exp(log) becomes in a format; "" so near an edge that a rounding decides."""
    top = math.log(fmt.max) + fmt.unit_roundoff / 2
    bottom = math.log(fmt.smallest_subnormal) - math.log(2)
    beyond = "inf" if fmt.has_infinity else "nan"
    result = np.where(log > top, beyond, np.where(log < bottom, "0", "number"))
    near = np.minimum(np.abs(log - top), np.abs(log - bottom))
    return np.where(near < slack, "", result)


def lanes_by_scipy(
    stored: np.ndarray, target: int, pipeline: str, fmt: FloatFormat
) -> dict[str, np.ndarray]:
    """Say what exp, sum, probability and loss become, from SciPy's logarithms of them."""
    u, beyond = fmt.unit_roundoff, "inf" if fmt.has_infinity else "nan"
    args = stored if pipeline == "naive" else stored - stored.max(axis=-1, keepdims=True)
    args = args.astype(fmt.dtype).astype(float)
    exps = becomes(args, fmt, 8 * u)
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
    p = np.where((total == "nan") | (total == "0") | (exp == "inf"), "nan", p)
    p = np.where(total == "", "", p)
    infinite = np.full(len(stored), beyond)
    return {"exp": exp, "sum": total, "p": p, "loss": np.where(p == "0", infinite, p)}


@pytest.mark.parametrize("pipeline", PIPELINES)
@pytest.mark.parametrize(
    ("logits", "target", "shift"),
    [
        ((12.0, 11.0, 10.0), 0, 0.0),
        ((-60.0, 60.0, 0.0), 1, 0.0),
        ((-90.0, 40.0), 0, 30.0),
        ((700.0, 700.0, 10.0, 0.0), 2, 5.0),
    ],
)
def test_the_lanes_end_where_each_quantity_does(
    pipeline: str, logits: tuple[float, ...], target: int, shift: float
) -> None:
    names = controls.first_names(len(logits))
    settings = Settings(logits, target, names=names, shift=shift, cell=f"float16.{pipeline}")
    instrument, _ = overflow.build(settings)
    plot = instrument.figures[0].plot
    ticks = plot["layout"]["yaxis"]["ticktext"][::-1]
    assert len(plot["data"]) == len(ticks) == 24
    z = np.linspace(-800, 800, 801)
    moved = np.full((len(z), len(logits)), logits)
    moved[:, target] = z
    judged = 0
    for i, (name, fmt) in enumerate(FORMATS.items()):
        with np.errstate(over="ignore"):
            stored = moved.astype(fmt.dtype).astype(float) + float(np.array(shift, fmt.dtype))
            stored = stored.astype(fmt.dtype).astype(float)
        # Beyond the format a logit is nan, and so is all that follows.
        fits = np.isfinite(stored).all(axis=-1) & (np.ptp(stored, axis=-1) < fmt.max)
        expected = lanes_by_scipy(stored[fits], target, pipeline, fmt) if fits.any() else {}
        for j, quantity in enumerate(("exp", "sum", "p", "loss")):
            lane, height = plot["data"][4 * i + j], 23 - (4 * i + j)
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
                expected_drawn &= result.cause.kind == CauseKind.NONE
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
    assert judged > 0.7 * 24 * len(z)


@pytest.mark.parametrize("target", [0, 1])
def test_the_line_on_the_lanes_stands_at_the_true_class_s_logit(target: int) -> None:
    settings = Settings((3.0, -7.5, 1.0), target, shift=2.0)
    instrument, columns = build(settings)
    (figure,) = instrument.figures
    assert figure.of == [f"logits.{target}"]
    for at, here in positions(settings, instrument, (0, 63, 163)):
        assert columns["cliff_x"][at].tolist() == [here.logits[target]] * 2
        low, high = columns["cliff_y"][at]
        assert low <= 0
        assert high >= 23


# --- The questions ------------------------------------------------------------------------------


def test_the_questions_are_answered_as_mpmath_and_scipy_would() -> None:
    first, half_or_brain, forms = overflow.ask(Settings())
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


@pytest.mark.parametrize("settings", [Settings(), Settings((0.0, -INF), 1, names=("a", "b"))])
def test_what_a_question_shows_is_what_it_asked_about(settings: Settings) -> None:
    first, half_or_brain, forms = (question.shown for question in overflow.ask(settings))
    marks = []
    for shown in (first, half_or_brain, forms):
        instrument, columns = build(shown)
        at = where(shown, instrument)
        name, pipeline = shown.cell.split(".")
        marks.append(K(int(columns[f"kind_{name}_{pipeline}"][at])))
        assert controls.read({k: [v] for k, v in controls.write(shown, "overflow").items()}) == (
            shown,
            [],
        )
    assert marks == [K.EXP_OVERFLOW, K.NONE, K.PROBABILITY_UNDERFLOW]
    assert half_or_brain.logits[0] == 80


# --- Extremes -----------------------------------------------------------------------------------

TEN = controls.first_names(10)
MANY = Settings((2.0, 1.0, 0.1, -1.0, 0.0, 3.0, -2.0, 0.5, 1.5, -0.5), 9, names=TEN, shift=1.0)
EXTREMES = [
    *(Settings((1e300, -1 / 3, 0.3), shift=1e300, cell=cell) for cell in CELLS),
    *(
        Settings(
            (1e300, -1e300, 0.0, -INF, 5.0, 1e-300, 1e18, -700.0, 88.7, -INF),
            3,
            names=TEN,
            cell=cell,
        )
        for cell in CELLS
    ),
    *(Settings((-INF, -INF, -INF), shift=-1e300, cell=cell) for cell in CELLS[::4]),
    *(replace(MANY, cell=cell) for cell in ("float64.fused", "float32.shifted")),
]
LIMITS = {3: 300_000, 10: 600_000}  # bytes of a release, of which Streamlit's copy of the text is
LIVE = Path("pages/shared/live")


@pytest.mark.parametrize("settings", EXTREMES)
def test_extreme_settings_make_a_light_message_that_a_browser_can_read(settings: Settings) -> None:
    instrument, columns = overflow.build(settings)
    packed = pack(instrument, columns, 1, 0)
    text = sum(p.stat().st_size for end in ("html", "css", "js") for p in LIVE.glob(f"*.{end}"))
    assert len(packed) + text <= LIMITS[len(settings.logits)]
    message = zlib.decompress(packed)
    (length,) = struct.unpack_from("<I", message)
    json.loads(message[4 : 4 + length], parse_constant=pytest.fail)  # Infinity is no JSON
    for sentence in instrument.sentences:
        assert columns[sentence.column].max() < len(sentence.templates)
    standing = [slider.index for slider in instrument.sliders]
    for name, column in columns.items():
        if column.shape[0] > 1:  # every slider shows the same where it stands
            rows = column[np.arange(len(standing)), standing]
            assert all(same(row, rows[0]) for row in rows), name
