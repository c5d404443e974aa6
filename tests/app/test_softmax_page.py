"""The softmax lesson against mpmath, a numerical derivative and sums one term at a time."""

import math
import zlib
from collections.abc import Sequence
from functools import cache

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from mpmath import mpf

from ce_core.formats import FORMATS, FloatFormat
from lab.settings import Settings
from lab.softmax import TEMPERATURE
from lab.words import say
from live.parts import Instrument
from pages.softmax import STEPS
from tests.app.instruments import (
    ANSWERS,
    FIRST,
    WIDE,
    built,
    committed,
    many,
    settings,
    some_positions,
    take,
    unpacked,
)
from tests.app.reading import Columns, Position, fill, template_of
from tests.core import oracle

STARTS = {
    "everyday": FIRST,
    "warm and shifted": settings(logits=(3.7, -2.2, 0.4), target=2, temperature=2.7, shift=-3.3),
    "cold": settings(logits=(0.31, 0.3, -0.2), target=1, temperature=0.05),
    "masked": settings(logits=(1.5, -math.inf, 4.0)),
    "two, tied": many(2, logits=(3.0, 3.0), target=1),
    "far": settings(logits=(-40.0, 60.0, 20.0), reach=100.0),
}
everywhere = pytest.mark.parametrize("name", WIDE)


def freely(start: Settings) -> Settings:
    """Open the last step, in which everything is played with."""
    return start.put(at=len(STEPS))


@cache  # no test changes what it made
def build(start: Settings) -> tuple[Instrument, Columns]:
    """Return the free instrument and its columns."""
    (instrument,), columns = built("softmax", freely(start))
    return instrument, columns


def starts_in(name: str) -> list[Settings]:
    return [start.put(format=name) for start in STARTS.values()]


def stored(start: Settings, instrument: Instrument, at: Position) -> list[float]:
    """Return z / T, as the format stores it, plus c, where one slider was moved."""
    dtype = FORMATS[start.format].dtype.type
    slider = instrument.sliders[at[0]]
    value = slider.values[at[1]]
    moved = {"temperature": start[TEMPERATURE], "shift": start.shift}
    moved |= {f"logits.{i}": z for i, z in enumerate(start.logits)}
    if not slider.masked:
        assert slider.id in moved
        moved[slider.id] = value
    with np.errstate(all="ignore"):
        c = float(dtype(moved["shift"]))
        logits = (moved[f"logits.{i}"] / moved["temperature"] for i in range(len(start.logits)))
        return [float(dtype(float(dtype(z)) + c)) for z in logits]


def is_near(value: float, exact: mpf, fmt: FloatFormat, relative: float) -> bool:
    """Say whether a column is this number, to some unit roundoffs; float64 is sent in 29 bits."""
    value = float(value)
    if not math.isfinite(value):
        return oracle.ulps(value, exact, fmt) == 0
    cut = 2.0**-28 if fmt.name == "float64" else 0
    wide = relative * fmt.unit_roundoff + cut
    return bool(abs(mpf(value) - exact) <= wide * abs(exact) + fmt.smallest_subnormal)


def spread(logits: Sequence[float]) -> float:
    """Return the largest distance between two logits that are not masked."""
    finite = [z for z in logits if math.isfinite(z)]
    return max(finite) - min(finite)


# ---------------------------------------------------------------- the lines


@everywhere
def test_each_line_is_what_a_loop_makes_of_the_line_before(name: str) -> None:
    fmt = FORMATS[name]
    for start in starts_in(name):
        instrument, columns = build(start)
        for at in some_positions(instrument, 25):
            z = stored(start, instrument, at)
            np.testing.assert_allclose(columns["logits_naive"][at], z, rtol=2.0**-28)
            largest = max(z)
            assert is_near(columns["largest_shifted"][at], mpf(largest), fmt, 0)
            wide = spread(z) + len(z) + 4
            below = [float(fmt.dtype.type(v - largest)) for v in z]
            np.testing.assert_allclose(columns["shifted_shifted"][at], below, rtol=2.0**-28)
            exps = [mpmath.exp(d) for d in below]
            for shown, exact in zip(columns["exp_shifted"][at], exps, strict=True):
                assert is_near(shown, exact, fmt, 3)
            assert is_near(columns["total_shifted"][at], mpmath.fsum(exps), fmt, len(z) + 4)
            # The distance to the largest is rounded before exp, which makes a relative error of it.
            probabilities = zip(
                columns["probabilities_shifted"][at], oracle.softmax(z), strict=True
            )
            assert all(is_near(p, exact, fmt, wide) for p, exact in probabilities), at


@everywhere
def test_without_subtracting_the_same_comes_out_or_exp_has_left_the_format(name: str) -> None:
    fmt = FORMATS[name]
    for start in starts_in(name):
        instrument, columns = build(start)
        for at in some_positions(instrument, 25):
            z = stored(start, instrument, at)
            exps = [mpmath.exp(v) for v in z]
            for shown, exact in zip(columns["exp_naive"][at], exps, strict=True):
                assert is_near(shown, exact, fmt, 3)
            with np.errstate(invalid="ignore"):
                difference = (
                    columns["probabilities_naive"][at] - columns["probabilities_shifted"][at]
                )
            # The probabilities were cut to 29 bits, their difference was not.
            cut = 2.0**-27 if name == "float64" else 0
            np.testing.assert_allclose(columns["difference"][at], difference, rtol=1e-6, atol=cut)
            total = mpmath.fsum(exps)
            assert is_near(columns["total_naive"][at], total, fmt, len(z) + 4)
            if fmt.smallest_normal < max(exps) and total < fmt.max:
                apart = np.abs(columns["difference"][at])
                assert (apart <= (spread(z) + 2 * len(z) + 8) * fmt.unit_roundoff).all()
            else:
                assert (
                    not np.isfinite(columns["total_naive"][at]) or total < fmt.smallest_normal * 10
                )


# ---------------------------------------------------------------- what depends on what


def jacobian(logits: Sequence[float]) -> list[list[mpf]]:
    """Return how much each probability moves per unit of each logit, as a small quotient."""
    with mpmath.workdps(120):
        h = mpf(10) ** -30

        def p(j: int, step: mpf) -> list[mpf]:
            exps = [mpmath.exp(mpf(z) + step * (i == j)) for i, z in enumerate(logits)]
            return [e / mpmath.fsum(exps) for e in exps]

        columns = [
            [(right - left) / (2 * h) for left, right in zip(p(j, -h), p(j, h), strict=True)]
            for j in range(len(logits))
        ]
        return [[column[i] for column in columns] for i in range(len(logits))]


@everywhere
def test_the_jacobian_is_the_derivative_and_its_rows_and_columns_add_up_to_0(name: str) -> None:
    fmt = FORMATS[name]
    cut = 2.0**-28 if name == "float64" else 0
    for start in (STARTS[k].put(format=name) for k in ("everyday", "warm and shifted", "masked")):
        instrument, _ = build(start)
        count = len(start.logits)
        for at in some_positions(instrument, 25):
            z = stored(start, instrument, at)
            rows = [[cell for cell in row.cells if cell] for row in instrument.tables[1].rows]
            shown = np.array(
                [[float(cell.column.values[at][cell.item]) for cell in cells] for cells in rows]
            )
            wide = 2 * (spread(z) + count + 4)
            for row, exact in zip(shown, jacobian(z), strict=True):
                assert all(is_near(a, b, fmt, wide) for a, b in zip(row, exact, strict=True)), at
            largest = (fmt.unit_roundoff + cut) * np.abs(shown).max()
            room = 2 * count * (largest + fmt.smallest_subnormal)
            assert np.abs(shown.sum(0)).max() <= room
            assert np.abs(shown.sum(1)).max() <= room
            assert (shown.diagonal() >= 0).all()
            assert (shown[~np.eye(count, dtype=bool)] <= 0).all()


# ---------------------------------------------------------------- very many classes


@everywhere
def test_the_sum_over_many_classes_is_that_of_the_format(name: str) -> None:
    fmt = FORMATS[name]
    cut = 2.0**-27 if name == "float64" else 0
    for start in starts_in(name):
        instrument, columns = build(start)
        for at in some_positions(instrument, step=50):
            *others, last = columns["exp_shifted"][at].tolist()
            for row, number in zip(instrument.tables[2].rows, (1, 10, 100, 1000), strict=True):
                assert row.label == str(number)
                total, found = (
                    float(np.atleast_1d(columns[cell.column.name][at])[cell.item])
                    for cell in row.cells
                    if cell
                )
                terms = [*others, *[last] * number]
                if name == "bfloat16":  # NumPy adds it one term at a time, each sum rounded
                    running = fmt.dtype.type(0)
                    for term in terms:
                        running = fmt.dtype.type(float(running) + term)
                    assert total == float(running)
                else:  # in blocks of 128 with eight running sums, and then in pairs
                    assert total == pytest.approx(
                        math.fsum(terms), rel=24 * fmt.unit_roundoff + cut
                    )
                share = float(columns["exp_shifted"][at][start.target]) / total
                wide = 2 + cut / fmt.unit_roundoff
                assert is_near(found, mpf(share), fmt, wide)


def test_a_thousand_small_numbers_are_too_small_for_bfloat16_to_add() -> None:
    start = many(2, logits=(3.0, 1.0), format="bfloat16")
    instrument, columns = build(start)
    at = committed(instrument)
    on_paper = 1 + 1000 * math.exp(-2)
    assert columns["total_1000"][at] < on_paper / 2
    assert columns["share_1000"][at] > 2 / on_paper
    _, right = build(start.put(format="float32"))
    assert right["total_1000"][at] == pytest.approx(on_paper, rel=1e-6)


# ---------------------------------------------------------------- the sentences


def case_of(instrument: Instrument, at: Position) -> str:
    cases = ("largest_one", "largest_tie", "largest_none")
    texts = [say(f"softmax.{case}", classes=len(instrument.figures[0].names)) for case in cases]
    return cases[texts.index(template_of(instrument.sentences[0], at))]


@st.composite
def near_ties(draw: st.DrawFn) -> Settings:
    """Draw logits of a coarse grid, some masked, so that there often are several largest."""
    classes = draw(st.integers(2, 5))
    one = st.sampled_from((-math.inf, -3.0, 0.0, 0.5, 2.0))
    logits = draw(st.lists(one, min_size=classes, max_size=classes))
    return many(classes, logits=tuple(logits), format=draw(st.sampled_from(WIDE)))


@given(near_ties())
@examples(max_examples=40)
def test_what_is_said_of_the_largest_is_so(start: Settings) -> None:
    instrument, columns = build(start)
    for at in some_positions(instrument, 25):
        z = stored(start, instrument, at)
        case, text = case_of(instrument, at), fill(instrument.sentences[0], at)
        ties = z.count(max(z))
        if max(z) == -math.inf:
            assert case == "largest_none"
            continue
        exps = columns["exp_shifted"][at]
        total = float(columns["total_shifted"][at])
        assert f"the largest logit, {max(z):.3g}." in text
        assert f"{'the sum,' if ties == 1 else 'a sum of'} {total:.3g}," in text
        assert (exps == 1).sum() == ties
        if ties == 1:
            assert case == "largest_one"
            assert text.startswith(f"{start.names[z.index(max(z))]} has")
            assert 1 <= total <= len(z)
            assert f"between 1 and {len(z)}." in text
        else:
            assert case == "largest_tie"
            assert text.startswith(f"{ties} classes share")
            p = columns["probabilities_shifted"][at]
            assert len({p[i] for i, v in enumerate(z) if v == max(z)}) == 1
            assert total >= ties


def test_the_temperature_s_slider_rises_and_keeps_what_was_typed() -> None:
    for temperature in (0.01, 0.1, 0.37, 1.0, 9.99, 50.0, 100.0):
        instrument, _ = build(take(FIRST, "temperature", temperature, "softmax"))
        slider = instrument.sliders[-1]
        assert slider.id == "temperature"
        assert slider.values[slider.index] == temperature
        assert all(a < b for a, b in zip(slider.values, slider.values[1:], strict=False))
        assert 0 < slider.values[0] <= 0.1
        assert slider.values[-1] >= 9.9
        assert len({len(other.values) for other in instrument.sliders}) == 1


# ---------------------------------------------------------------- the break and the questions


def test_the_break_overflows_exp_and_subtracting_saves_it() -> None:
    for before in (FIRST, many(10), STARTS["cold"].put(shift=7.0)):
        after = take(before, "break", "", "softmax")
        assert (after.logits, after[TEMPERATURE], after.shift) == ((95.0, 94.0, 92.0), 1.0, 0.0)
        assert after.format == "float32"
        edge = mpmath.log(FORMATS["float32"].max)
        assert f"{float(edge):.1f}" in say("softmax.break_lead")
        assert all(z > edge for z in after.logits)
        instrument, columns = build(after)
        at = committed(instrument)
        assert np.isinf(columns["exp_naive"][at]).all()
        assert columns["total_naive"][at] == np.inf
        assert np.isnan(columns["probabilities_naive"][at]).all()
        on_paper = [float(p) for p in oracle.softmax([95.0, 94.0, 92.0])]
        np.testing.assert_allclose(columns["probabilities_shifted"][at], on_paper, rtol=1e-6)
        assert "inf / inf is nan" in fill(instrument.sentences[1], at)
        told = fill(instrument.sentences[2], at)
        assert "overflow encountered in exp" in told
        assert "invalid value encountered in divide" in told


def paper(*logits: float) -> list[float]:
    return [float(p) for p in oracle.softmax(logits)]


def direction(before: float, after: float) -> int:
    """Return which option says so: less, the same, more."""
    if math.isclose(before, after, rel_tol=1e-12):
        return 1
    return 0 if after < before else 2


def test_adding_the_same_to_all_changes_nothing() -> None:
    question = ANSWERS.lessons["softmax"].ask(FIRST)[0]
    before, after = paper(2, 1, 0.1)[0], paper(102, 101, mpf("0.1") + 100)[0]
    assert question.options[question.right] == say("softmax.ask_option_1")
    assert f"It was {before:.4f} and is {after:.4f}." in question.reasons[1]
    assert direction(before, after) == question.right
    instrument, columns = build(question.shown)
    p = columns["probabilities_shifted"][committed(instrument)][0]
    assert p == pytest.approx(after, rel=1e-5)


def test_raising_one_logit_lowers_the_probability_of_another() -> None:
    question = ANSWERS.lessons["softmax"].ask(FIRST)[1]
    before, after = paper(2, 1, 0.1)[2], paper(3, 1, 0.1)[2]
    assert question.options[question.right] == say("softmax.ask_option_0")
    assert direction(before, after) == question.right
    assert f"moves by {float(jacobian((2, 1, 0.1))[2][0]):.3f} for" in question.reasons[0]
    instrument, columns = build(question.shown)
    p = columns["probabilities_shifted"][committed(instrument)][2]
    assert p == pytest.approx(after, rel=1e-5)


def test_a_low_temperature_gives_nearly_all_to_the_largest() -> None:
    question = ANSWERS.lessons["softmax"].ask(settings(temperature=3.0))[2]
    values = [paper(2 / t, 1 / t, mpf("0.1") / t)[0] for t in (10, 1, mpf("0.1"))]
    assert list(question.options) == [f"{p:.6f}" for p in values]
    assert question.options[2] == "0.999955"
    assert f"p = {values[1]:.6f}." in question.text
    assert question.right == 2
    assert "T = 10" in question.reasons[0]
    assert "T = 1." in question.reasons[1]
    instrument, columns = build(question.shown)
    p = columns["probabilities_shifted"][committed(instrument)][0]
    assert p == pytest.approx(values[2], rel=1e-5)


# ---------------------------------------------------------------- extremes


HOSTILE = {
    "far apart": settings(logits=(1e300, -1e300, 0.0), temperature=0.01, shift=-1e300),
    "all masked": settings(logits=(-math.inf,) * 3, shift=1e300),
    "one left": settings(logits=(-math.inf, -math.inf, 7e4), temperature=100.0),
    "subnormal": settings(logits=(5e-324, 0.0, -5e-324), temperature=100.0),
    "ten": many(10, logits=(1e300, *(-math.inf,) * 8, -1e300), target=9, temperature=0.01),
}


@everywhere
def test_extremes_are_computed_and_sent(name: str) -> None:
    for why, start in HOSTILE.items():
        instrument, _ = build(start.put(format=name))
        for sentence in instrument.sentences:
            codes = sentence.column.values
            assert 0 <= codes.min() <= codes.max(), why
            assert codes.max() < len(sentence.pieces if sentence.said is None else sentence.said)
            assert fill(sentence, committed(instrument)), why
        link = ANSWERS.link("softmax", freely(start.put(format=name)))
        head, columns = unpacked(ANSWERS.numbers("softmax", link).body)
        assert len(head["columns"]) == len(columns) > 25
        assert head["notices"] == [], why


def test_a_hostile_link_opens() -> None:
    link = "logits=1e300,-inf,-1e300&temperature=0.01&format=float16"
    logits = (1e300, -math.inf, -1e300)
    opened = freely(settings(logits=logits, temperature=0.01, format="float16"))
    assert ANSWERS.read("softmax", link) == (opened, [])


def test_a_temperature_of_0_is_refused_in_words() -> None:
    kept, (notice,) = ANSWERS.read("softmax", "temperature=2&set=temperature:0")
    assert kept == freely(settings(temperature=2.0))
    assert "temperature = 0: expected a number from 0.01 to 100; kept 2." in notice


def test_a_release_is_light() -> None:
    rng = np.random.default_rng(20)
    for name in WIDE:
        for start, limit in (
            (FIRST, 150_000),
            (STARTS["warm and shifted"], 150_000),
            (many(10, logits=tuple(rng.normal(0, 3, 10).tolist())), 400_000),
        ):
            link = ANSWERS.link("softmax", freely(start.put(format=name)))
            size = len(zlib.compress(ANSWERS.numbers("softmax", link).body, 1))
            assert size < limit, (link, size)
