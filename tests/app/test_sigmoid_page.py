"""The sigmoid lesson against mpmath and against the textbook's lines, one number at a time."""

import math
import warnings
import zlib
from collections.abc import Callable, Iterator
from functools import cache

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
import pytest
from mpmath import mpf

from ce_core.formats import FORMATS, FloatFormat
from lab.binary import X
from lab.lesson import Question
from lab.settings import Settings
from lab.words import say
from live.parts import Instrument
from pages.sigmoid import STEPS
from tests.app.instruments import ANSWERS, WIDE, built, committed, settings, take, unpacked
from tests.app.reading import Columns, Position, fill, template_of
from tests.core import oracle

FREE = len(STEPS)
FIRST = settings(at=FREE)
BROAD = [
    settings(x=x, format=name, reach=reach, at=FREE)
    for name in FORMATS
    for x, reach in ((2.3, 10.0), (-17.25, 100.0), (333.3, 1000.0))
]
everywhere = pytest.mark.parametrize("name", FORMATS)
wide = pytest.mark.parametrize("name", WIDE)


@cache  # no test changes what it made
def curve(start: Settings) -> tuple[Instrument, Columns]:
    """Return the instrument of one number x, and the columns of the page."""
    (instrument, _), columns = built("sigmoid", start)
    return instrument, {name: values.astype(float) for name, values in columns.items()}


def pair(start: Settings) -> tuple[Instrument, Columns]:
    """Return the instrument of two scores, and the columns of the page."""
    (_, instrument), columns = built("sigmoid", start)
    return instrument, columns


def starts_in(name: str) -> list[Settings]:
    return [start for start in BROAD if start.format == name]


def finite_positions(columns: Columns) -> Iterator[tuple[Position, float]]:
    """Return each position with its x as stored, where the format holds it."""
    for k, x in enumerate(columns["x"][0].tolist()):
        if math.isfinite(x):
            yield (0, k), x


def slope(x: float) -> mpf:
    """Return the derivative of 1 / (1 + exp(-x)) as the quotient of two small differences."""
    with mpmath.workdps(600):  # of two numbers that may be 1 and differ by exp(-1000)
        h = mpf(10) ** -20
        left, right = (1 / (1 + mpmath.exp(-z)) for z in (mpf(x) - h, mpf(x) + h))
        return (right - left) / (2 * h)


def textbook(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return p, ln p and ln (1 - p), line by line as in a textbook."""
    p = 1 / (1 + np.exp(-x))
    return p, np.log(p), np.log(1 - p)


# ---------------------------------------------------------------- the numbers


@everywhere
def test_each_stable_number_is_as_near_to_the_truth_as_its_format_allows(name: str) -> None:
    fmt = FORMATS[name]
    exact: list[tuple[str, Callable[[float], mpf], float]] = [
        ("stable", oracle.sigmoid, 1.5),
        ("complement", lambda x: oracle.sigmoid(-x), 1.5),
        ("log_stable", oracle.log_sigmoid, 1.5),
        ("slope", slope, 2.5),
    ]
    for start in starts_in(name):
        _, columns = curve(start)
        for at, x in finite_positions(columns):
            for column, function, ulps in exact:
                assert oracle.ulps(columns[column][at], function(x), fmt) <= ulps, (column, x)
            for label, loss in enumerate(columns["loss_fused"][at]):
                true = -oracle.log_sigmoid(x if label else -x)
                assert oracle.ulps(loss, true, fmt) <= 1.5, (label, x)


@wide
def test_each_textbook_number_is_what_these_lines_make_of_it(name: str) -> None:
    dtype = FORMATS[name].dtype
    for start in starts_in(name):
        instrument, columns = curve(start)
        given = np.array(instrument.sliders[0].values).astype(dtype)
        np.testing.assert_array_equal(columns["x"][0], given.astype(float))
        for at, x in finite_positions(columns):
            with np.errstate(all="ignore"):
                p, log_p, log_rest = (float(step[0]) for step in textbook(np.array([x], dtype)))
                stable = np.array(columns["stable"][at]).astype(dtype)
                logs = np.log(np.stack([1 - stable, stable])).astype(float)
            assert columns["naive"][at] == p, x
            assert columns["log_naive"][at] == log_p, x
            np.testing.assert_array_equal(columns["loss_naive"][at], [-log_rest, -log_p])
            np.testing.assert_array_equal(columns["loss_log"][at], -logs)


def test_the_tangent_touches_the_curve_and_the_tails_stay_in_sight() -> None:
    cut = 2.0**-28  # float64 is sent in 29 bits
    for start in (start for start in BROAD if start.format in WIDE):
        instrument, columns = curve(start)
        x, y = (columns[name][0].astype(float) for name in ("tangent_x", "tangent_y"))
        room = cut * np.abs(x).max()
        np.testing.assert_allclose(x.mean(-1), columns["x"][0], atol=room, err_msg=str(start))
        np.testing.assert_allclose(x[:, 1] - x[:, 0], start.reach / 5, atol=2 * room)
        room = cut * np.abs(y).max()
        np.testing.assert_allclose(y.mean(-1), columns["stable"][0], atol=room)
        rise = columns["slope"][0].astype(float) * start.reach / 5
        np.testing.assert_allclose(y[:, 1] - y[:, 0], rise, atol=2 * room)
        low, high = instrument.figures[1].plot["layout"]["yaxis"]["range"]
        for name in ("stable", "complement"):
            positive = columns[name][columns[name] > 0]
            assert low < np.log10(positive.min()) <= np.log10(positive.max()) < high, start


@wide
def test_the_two_curves_that_stand_still_are_the_two_tails(name: str) -> None:
    fmt = FORMATS[name]
    cut = 2.0**-28 if name == "float64" else 0  # float64 is sent in 29 bits
    for start in starts_in(name):
        instrument, _ = curve(start)
        (line,) = instrument.figures[0].plot["data"]
        left, right = instrument.figures[1].plot["data"]
        assert (line["x"], line["y"]) == (left["x"], left["y"])
        assert left["x"] == right["x"]
        x, p, rest = (at["column"].values[0, 0] for at in (left["x"], left["y"], right["y"]))
        np.testing.assert_allclose(x, np.linspace(-start.reach, start.reach, 401), rtol=2.0**-28)
        for z, left_tail, right_tail in zip(x.tolist(), p, rest, strict=True):
            stored = float(np.array(z).astype(fmt.dtype))
            for y, exact in (
                (float(left_tail), oracle.sigmoid(stored)),
                (float(right_tail), oracle.sigmoid(-stored)),
            ):
                near = oracle.ulps(y, exact, fmt) <= 1.5
                assert near or abs(y - exact) <= cut * exact, (start, z)


# ---------------------------------------------------------------- the sentences


BEYOND = ("overflow", "overflow_unheard", "overflow_nan", "overflow_max")
AT_ZERO = ("log_of_zero", "log_of_zero_nan", "log_of_zero_max")
CASES = ("beyond", *BEYOND, *AT_ZERO, "agree", "rounds_to_one", "digits", "near")


def case_of(instrument: Instrument, at: Position, name: str) -> str:
    largest = f"{FORMATS[name].max:g}"
    texts = {say(f"sigmoid.said_{case}", format=name, max=largest): case for case in CASES}
    assert len(texts) == len(CASES)
    return texts[template_of(instrument.sentences[0], at)]


def broken(p: float, log: float, fmt: FloatFormat, *, beyond: bool, heard: bool) -> str:
    """Name the case of a textbook sigmoid that is 0, or whose exp is `beyond` the format."""
    assert p == 0 or beyond
    if fmt.has_infinity:
        assert (p, log) == (0, -np.inf)
        return ("overflow" if heard else "overflow_unheard") if beyond else "log_of_zero"
    if fmt.has_nan:
        assert np.isnan(log)
        assert np.isnan(p) == beyond
        return "overflow_nan" if beyond else "log_of_zero_nan"
    assert (log == -fmt.max) == (p == 0)
    return "overflow_max" if beyond else "log_of_zero_max"


@everywhere
def test_what_is_said_of_the_log_is_what_became_of_it(name: str) -> None:
    fmt = FORMATS[name]
    found = set()
    for start in starts_in(name):
        instrument, columns = curve(start)
        for at, x in finite_positions(columns):
            case = case_of(instrument, at, name)
            found.add(case)
            naive, stable = columns["log_naive"][at], columns["log_stable"][at]
            truth = oracle.log_sigmoid(x)
            error, size = abs(mpf(naive) - truth), fmt.unit_roundoff * abs(truth)
            given = instrument.sliders[0].values[at[1]]
            assert (case == "beyond") == (abs(given) >= fmt.too_large)
            if case == "beyond":
                assert x != given
                continue
            if case in ("agree", "near"):
                assert error <= 12 * size + fmt.smallest_subnormal, x
                assert oracle.ulps(columns["naive"][at], oracle.sigmoid(x), fmt) <= 2.5, x
                equal = naive == stable and columns["naive"][at] == columns["stable"][at]
                assert equal == (case == "agree")
            elif case in (*BEYOND, *AT_ZERO):
                heard = "overflow encountered in exp" in fill(instrument.sentences[1], at)
                beyond = -x >= oracle.exp_overflow(fmt)
                assert case == broken(
                    columns["naive"][at], naive, fmt, beyond=beyond, heard=heard
                ), x
            elif case == "rounds_to_one":
                assert columns["naive"][at] == 1
                assert naive == 0 > stable
            else:
                assert case == "digits"
                assert np.isfinite(naive)
                assert naive != 0
                assert error > (8 if fmt.bits > 8 else 4) * size, x
            assert oracle.ulps(stable, truth, fmt) <= 1.5
    assert found & {*BEYOND}
    assert found & {"agree", "near"}
    if fmt.bits > 8:
        assert found >= {"agree", "overflow", "rounds_to_one", "digits"}


@wide
def test_the_warnings_are_numpy_s_own(name: str) -> None:
    told = set()
    for start in starts_in(name):
        instrument, columns = curve(start)
        for at, x in finite_positions(columns):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                textbook(np.array([x], FORMATS[name].dtype))
            lines = dict.fromkeys(str(warning.message) for warning in caught)
            whose = say("pipeline.loss_naive")
            expected = "\n".join(say("verdict.warning", pipeline=whose, text=t) for t in lines)
            text = fill(instrument.sentences[1], at)
            assert text == (expected or say("pipeline.warnings_none"))
            told.add(text)
    assert len(told) == 3  # none, the log's alone, and those of exp and the log


# ---------------------------------------------------------------- the softmax of two


@wide
def test_a_softmax_of_two_is_the_sigmoid_of_their_difference(name: str) -> None:
    fmt = FORMATS[name]
    for x, other in ((2.0, 0.0), (-7.5, 3.25), (90.0, 95.5), (-700.0, 31.0)):
        instrument, columns = pair(settings(x=x, other=other, format=name, at=FREE))
        assert [slider.id for slider in instrument.sliders] == ["x", "other"]
        for s, slider in enumerate(instrument.sliders):
            for k in range(0, len(slider.values), 7):
                moved = [slider.values[k] if i == s else z for i, z in enumerate((x, other))]
                stored = np.array(moved).astype(fmt.dtype)
                scores = stored.astype(float).tolist()
                np.testing.assert_array_equal(columns["pair_scores"][s, k], scores)
                first, second, single = columns["pair_bars"][s, k].astype(float)
                difference = float(stored[0] - stored[1])
                # Rounded before exp, which makes a relative error of an absolute one.
                wide = (abs(difference) + 5) * fmt.unit_roundoff
                for p, exact in zip((first, second), oracle.softmax(scores), strict=True):
                    assert abs(p - exact) <= wide * exact + fmt.smallest_subnormal, moved
                assert oracle.ulps(single, oracle.sigmoid(difference), fmt) <= 1.5, moved
                if name == "float64" and abs(difference) < 700:
                    assert single == pytest.approx(first, rel=1e-12)


# ---------------------------------------------------------------- the break and the questions


def test_the_break_loses_the_log_and_nothing_else() -> None:
    broken, other = (take(start, "break", "", "sigmoid") for start in (FIRST, BROAD[-1]))
    assert (
        broken == other == settings(x=-1234.0, other=0.0, format="float64", reach=1000.0, at=FREE)
    )
    instrument, columns = curve(broken)
    at = committed(instrument)
    assert case_of(instrument, at, "float64") == "overflow"
    # On paper the sigmoid is so small that 0 is the nearest float64.
    assert float(oracle.sigmoid(-1234.0)) == columns["naive"][at] == columns["stable"][at] == 0
    assert columns["log_naive"][at] == -np.inf
    assert columns["log_stable"][at] == float(oracle.log_sigmoid(-1234.0)) == -1234
    np.testing.assert_array_equal(columns["loss_naive"][at], [0, np.inf])
    np.testing.assert_array_equal(columns["loss_fused"][at], [0, 1234])


def test_the_log_as_it_is_written_is_what_numpy_makes_of_it() -> None:
    question = ANSWERS.lessons["sigmoid"].ask(FIRST)[0]
    assert "x = -800" in question.text
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(np.float64(800)))
        assert question.options[question.right] == f"{np.log(p)}"
    assert p == 0
    on_paper = question.options.index(f"{float(oracle.log_sigmoid(-800.0)):g}")
    assert f"right on paper, {question.options[on_paper]}." in question.reasons[on_paper]
    instrument, columns = curve(question.shown)
    assert columns["x"][committed(instrument)] == -800


def test_the_curve_that_looks_flat_is_exactly_1_in_one_format() -> None:
    question = ANSWERS.lessons["sigmoid"].ask(FIRST)[1]
    assert "x = 9 " in question.text
    is_one = {
        name: oracle.ulps(1.0, oracle.sigmoid(9.0), FORMATS[name]) <= 0.5
        for name in ("float16", "float32")
    }
    assert is_one == {"float16": True, "float32": False}
    assert question.right == 1
    reason = question.reasons[1]
    assert f"missing to 1 is {float(oracle.sigmoid(-9.0)):.3g}." in reason
    below = {name: 1 - np.nextafter(dtype(1), dtype(0)) for name, dtype in np_types().items()}
    assert f"float16 has steps of {below['float16']:.4f} just below 1" in reason
    assert f"float32 of {below['float32']:.8f}." in reason
    instrument, columns = curve(question.shown)
    assert columns["stable"][committed(instrument)] == 1


def np_types() -> dict[str, type[np.floating]]:
    return {"float16": np.float16, "float32": np.float32}


def test_the_slope_in_the_middle_is_the_steepest() -> None:
    question = ANSWERS.lessons["sigmoid"].ask(FIRST)[2]
    slope = float(mpmath.diff(oracle.sigmoid, 0))
    assert float(question.options[question.right]) == pytest.approx(slope, rel=1e-9)
    instrument, columns = curve(question.shown)
    at = committed(instrument)
    assert columns["slope"][at] == 0.25 == columns["slope"].max()


# ---------------------------------------------------------------- the steps

KEYS = [step.key for step in STEPS]


def story(key: str, **changes: object) -> tuple[Settings, Instrument, Columns]:
    """Return what a step opens, its picture, and its columns with the goal."""
    now = ANSWERS.read("sigmoid", f"at={KEYS.index(key) + 1}")[0].put(**changes)
    (instrument,), columns = built("sigmoid", now)
    head, sent = unpacked(ANSWERS.numbers("sigmoid", ANSWERS.link("sigmoid", now)).body)
    return now, instrument, columns | {"goal": sent[head["goal"]]}


def test_the_first_goal_is_to_be_99_percent_sure() -> None:
    _, instrument, columns = story("squash")
    for k, x in enumerate(instrument.sliders[0].values):
        sure = oracle.sigmoid(float(np.float32(x))) >= mpf("0.99")
        assert columns["goal"][0, k] == sure == columns["told"][0, k], x
    reached = instrument.sliders[0].values[int(columns["goal"][0].argmax())]
    assert reached == pytest.approx(4.6)
    with mpmath.workdps(50):  # "Each further step of 1 divides that by about e"
        ratio = oracle.sigmoid(-reached) / oracle.sigmoid(-reached - 1)
    assert float(ratio) == pytest.approx(math.e, rel=0.01)


def test_flat_is_where_the_nearest_float16_is_1() -> None:
    _, instrument, columns = story("flat")
    fmt = FORMATS["float16"]
    gap = 1 - float(np.nextafter(np.float16(1), np.float16(0)))
    assert columns["gap"] == gap
    assert columns["tiny"] == float(np.nextafter(np.float16(0), np.float16(1)))
    for k, x in enumerate(instrument.sliders[0].values):
        exact = oracle.sigmoid(float(np.float16(x)))
        is_one = float(np.float16(float(exact))) == 1
        assert columns["goal"][0, k] == is_one == (columns["told"][0, k] == 2), x
        assert columns["at_one"][0, k] == is_one
        if is_one:  # what is told of it
            assert 1 - exact <= mpf(gap) / 2
            assert columns["log_stable"][0, k] < 0 == np.log(columns["stable"][0, k])
            assert oracle.ulps(float(columns["complement"][0, k]), 1 - exact, fmt) <= 1.5


def question_of(key: str, now: Settings) -> Question:
    ask = STEPS[KEYS.index(key)].ask
    assert ask is not None
    return ask(now)


def test_the_slope_is_asked_where_it_is_steepest() -> None:
    now, instrument, columns = story("steep")
    question = question_of("steep", now)
    slope = float(mpmath.diff(oracle.sigmoid, 0))
    assert float(question.options[question.right]) == pytest.approx(slope, rel=1e-9)
    # "Going on so steeply, it takes four steps of x from 0 to 1."
    assert 1 / slope == pytest.approx(4)
    at = committed(instrument)
    np.testing.assert_allclose(columns["tangent_x"][at], [-2, 2], atol=1e-6)
    np.testing.assert_allclose(columns["tangent_y"][at], [0, 1], atol=1e-6)
    assert question.reasons[question.right].count(f"{slope:g}") == 1
    # "0.5 is how high the curve is here"
    assert question.options[1] == f"{float(oracle.sigmoid(0)):g}"
    assert {"tangent", "slope"} == {*STEPS[KEYS.index("steep")].covers(now)}


def test_the_log_breaks_in_the_last_of_three_lines() -> None:
    now, instrument, columns = story("break")
    question = question_of("break", now)
    with np.errstate(all="ignore"):
        exp = np.exp(np.float64(800))
        p = 1 / (1 + exp)
        assert question.options[question.right] == f"{np.log(p)}".replace("-", "−")
    # What the right answer says, and each wrong one of it.
    assert (exp, p) == (np.inf, 0)
    assert oracle.sigmoid(-800.0) < mpf(2) ** -1075  # 0 is the nearest float64
    assert [text for i, text in enumerate(question.options) if i != question.right] == [
        f"{float(oracle.log_sigmoid(-800.0)):g}".replace("-", "−"),
        "0",
        "nan",
    ]
    at = committed(instrument)
    assert [columns[name][at] for name in ("exp", "naive", "log_naive", "log_stable")] == [
        np.inf,
        0,
        -np.inf,
        -800,
    ]
    assert {"written", "exp", "sigmoid-naive", "log-naive"} == {
        *STEPS[KEYS.index("break")].covers(now)
    }
    (log,) = [card for card in instrument.cards if card.value.readout == "log-naive"]
    assert log.large
    for other in ({"x": 3.0}, {"format": "float16", "x": -8.0}, {"reach": 10.0, "x": 0.0}):
        assert question_of("break", now.put(**other)).shown == now


def test_what_is_written_falls_out_of_the_picture_where_it_becomes_infinite() -> None:
    _, _, columns = story("break")
    x, log = columns["still_x"][0, 0], columns["still_log_naive"][0, 0]
    with np.errstate(all="ignore"):
        expected = np.log(1 / (1 + np.exp(-x.astype(float))))
    near = np.isfinite(expected)
    np.testing.assert_allclose(log[near], expected[near], atol=5)
    gone = log[~near]  # from the left: nothing, and at the edge below the picture
    assert np.isnan(gone[:-1]).all()
    assert gone[-1] < -1100
    _, _, columns = story("from_x")
    for label in (0, 1):
        line = columns[f"still_loss_{label}_naive"][0, 0]
        assert (line > 110).sum() == 1, label
        assert np.isnan(line).any()


def test_the_loss_from_x_itself_is_right_for_both_labels_and_as_written_it_is_not() -> None:
    _, instrument, columns = story("from_x")
    for k, given in enumerate(instrument.sliders[0].values):
        x = float(np.float32(given))
        for label in (0, 1):
            exact = max(x, 0) - x * label + mpmath.log1p(mpmath.exp(-abs(x)))
            assert (
                oracle.ulps(float(columns["loss_fused"][0, k, label]), exact, FORMATS["float32"])
                <= 1.5
            )
    at = committed(instrument)
    assert columns["loss_naive"][at].tolist() == [np.inf, 0]
    assert columns["loss_fused"][at][0] == 20


def test_two_pictures_are_to_say_0_90() -> None:
    _, instrument, columns = story("two")
    assert not columns["goal"][committed(instrument)]
    first = [slider.values[slider.index] for slider in instrument.sliders]
    for s, slider in enumerate(instrument.sliders):
        for k, value in enumerate(slider.values):
            x, z = (float(np.float32(v)) for v in (*first[:s], value, *first[s + 1 :]))
            p = float(oracle.softmax([x, z])[0])
            assert columns["goal"][s, k] == (abs(p - 0.9) < 0.005), (x, z)
            assert columns["told"][s, k] == columns["goal"][s, k]
            assert columns["difference"][s, k] == np.float32(x) - np.float32(z)
    assert columns["goal"].any(axis=-1).all()  # either score leads there


def test_what_is_said_of_an_x_that_the_format_has_not() -> None:
    instrument, columns = curve(settings(x=-70000.0, format="float16", at=FREE))
    at = committed(instrument)
    assert columns["x"][at] == -np.inf
    assert case_of(instrument, at, "float16") == "beyond"


def test_two_logs_that_differ_are_not_said_to_agree() -> None:
    instrument, columns = curve(settings(x=-4.0, format="bfloat16", at=FREE))
    at = committed(instrument)
    assert (columns["log_naive"][at], columns["log_stable"][at]) == (-4, -4.03125)
    assert case_of(instrument, at, "bfloat16") == "near"


# ---------------------------------------------------------------- extremes

EXTREMES = (1e300, -1e300, 7e4, -7e4, 5e-324, 0.0)


@wide
def test_extremes_are_computed_and_sent(name: str) -> None:
    for x in EXTREMES:
        for other in (0.0, -x):
            link = ANSWERS.link("sigmoid", settings(x=x, other=other, format=name, at=FREE))
            head, columns = unpacked(ANSWERS.numbers("sigmoid", link).body)
            assert len(head["columns"]) == len(columns) > 15
            assert head["notices"] == []
        instrument, numbers = curve(settings(x=x, format=name, at=FREE))
        for column in ("naive", "stable", "complement", "slope", "loss_fused", "log_stable"):
            assert not np.isnan(numbers[column]).any(), (column, x)
        for column in ("still_x", "still", "still_complement", "tangent_y"):
            assert np.isfinite(numbers[column]).all(), (column, x)
        at = committed(instrument)
        assert numbers["stable"][at] == {-1: 0, 0: 0.5, 1: 1}[np.sign(round(x))]


def test_a_hostile_link_opens() -> None:
    for x in ("1e300", "-1e300"):
        opened, notices = ANSWERS.read("sigmoid", f"x={x}&other={x}&format=float16")
        assert opened == settings(x=float(x), other=float(x), format="float16", at=FREE)
        assert notices == []


def test_a_change_of_either_number_is_taken_or_refused_in_words() -> None:
    assert take(FIRST, "x", "-3.5", "sigmoid")[X] == -3.5
    kept, (notice,) = ANSWERS.read("sigmoid", "x=4&set=other:1e301&set=x:5")
    assert kept == settings(x=5.0, at=FREE)
    assert notice == (
        "the other logit = 1e301: expected one plain number, as there are two classes here; kept 0."
    )
    _, (notice,) = ANSWERS.read("sigmoid", "x=4&set=x:[2.1, -3]")
    assert notice == (
        "x = [2.1, -3]: expected one plain number, as two classes need one score; kept 4."
    )


def test_a_release_is_light() -> None:
    for start in BROAD:
        answer = ANSWERS.numbers("sigmoid", ANSWERS.link("sigmoid", start))
        assert len(zlib.compress(answer.body, 1)) < 30_000, start
