"""The gradient lesson against scalar loops, mpmath's derivatives and SciPy."""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
import pytest
import scipy.special
import scipy.stats

from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES
from lab.gradient import MAX_STEP, RATE, SMOOTHING, STEP
from lab.settings import Settings
from lab.words import say
from live.parts import Column, Figure, Instrument
from pages import gradient
from tests.app.instruments import (
    ANSWERS,
    WIDE,
    assert_drawn,
    built,
    in_full,
    many,
    positions,
    take,
    unpacked,
)
from tests.app.reading import Columns, Position, template_of

INF = math.inf
CUT = 2.0**-28  # of float64 the page sends 29 bits, where a cell shows no more than eight digits
FREE = len(gradient.STEPS)


def at_logits(*logits: float, **changes: object) -> Settings:
    """Return the settings of a link with these logits, which opens the free instrument."""
    return many(len(logits), logits=logits, at=FREE, **changes)


TABLES = [
    at_logits(2.0, 1.0, 0.1),
    at_logits(2.0, 1.0, 0.1, target=1, format="float64", smoothing=0.1, rate=2.0, step=7),
    at_logits(3.0, -2.0, target=1, format="float16", smoothing=0.3, rate=0.5, step=20),
    at_logits(1.5, -INF, 0.5, -1.0, format="bfloat16", step=3),
    at_logits(
        *(50.0, -30.0, 0.0, 20.0, 10.0),
        target=3,
        format="float64",
        reach=100.0,
        smoothing=1.0,
        rate=3.0,
        step=60,
    ),
]


def build(now: Settings) -> tuple[Instrument, Columns]:
    """Build the instrument, with every column in its full shape."""
    (instrument,), columns = built("gradient", now)
    return instrument, in_full(columns, columns["loss"].shape)


def where(now: Settings, instrument: Instrument) -> Position:
    """Return the position at which the settings themselves stand."""
    return len(instrument.sliders) - 1, now[STEP]


def log_sum_exp(z: list[float]) -> float:
    largest = max(z)
    if largest == -INF:
        return -INF
    return largest + math.log(math.fsum(math.exp(x - largest) for x in z))


@dataclass
class Slow:
    """The descent, one number at a time."""

    here: Settings

    def __post_init__(self) -> None:
        z, count = list(self.here.logits), len(self.here.logits)
        even = self.here[SMOOTHING] / count
        t = self.here.target
        self.y = [(1 - self.here[SMOOTHING]) * (i == t) + even for i in range(count)]
        self.path = [z]
        for _ in range(MAX_STEP + 1):
            p = self.p(z)
            z = [x - self.here[RATE] * (a - b) for x, a, b in zip(z, p, self.y, strict=True)]
            self.path.append(z)

    @staticmethod
    def p(z: list[float]) -> list[float]:
        """Return the softmax."""
        return [math.exp(x - log_sum_exp(z)) for x in z]

    def loss(self, z: list[float]) -> float:
        """Return the loss with the smoothed label."""
        whole = log_sum_exp(z)
        return math.fsum(q * (whole - x) for q, x in zip(self.y, z, strict=True) if q)

    def minus_log(self, z: list[float]) -> float:
        """Return -ln p of the true class."""
        return log_sum_exp(z) - z[self.here.target]

    def on_the_map(self, z: list[float]) -> list[float]:
        """Return the logits of the true class and its rival, relative to the others."""
        t = self.here.target
        rival = 0 if t else 1
        others = [x for i, x in enumerate(z) if i not in (t, rival)]
        rest = log_sum_exp(others) if others else 0.0
        return [z[t] - rest, z[rival] - rest]


def loss_axis(now: Settings) -> tuple[float, float]:
    """Return what the axis of a loss shows: at least 6.3, and the loss where the descent begins."""
    start = Slow(now).loss(list(now.logits))
    top = max(6.3, 1.05 * start) if math.isfinite(start) else 6.3
    return -0.024 * top, top


def alike(ours: Any, theirs: Any, where: object, rtol: float = 1e-9, atol: float = 1e-12) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol, err_msg=str(where))


def items(numbers: Sequence[float] | Column) -> list[float]:
    """Return fixed numbers, or those of a column that is the same everywhere."""
    if isinstance(numbers, Column):
        assert numbers.values.shape[:2] == (1, 1)
        return list(numbers.values[0, 0])
    return list(numbers)


# --- The numbers --------------------------------------------------------------------------------


def test_every_number_is_that_of_a_slow_loop() -> None:
    for now in TABLES:
        instrument, columns = build(now)
        for at, here in positions(now, instrument, (0, 13, 57)):
            slow, t = Slow(here), here.target
            z, after = slow.path[here[STEP]], slow.path[here[STEP] + 1]
            p = slow.p(z)
            pull = np.subtract(p, slow.y)
            for name, expected in {"z": z, "after": after[t], "p": p, "y": slow.y}.items():
                alike(columns[name][at], expected, (name, here), CUT)
            alike(columns["pull"][at], pull, here, CUT, 1e-9)
            reach = now.effective_reach
            end = z - 0.4 * reach * pull
            assert_drawn(columns["arrow"][at], end, -1.15 * reach, 1.15 * reach, here)
            assert_drawn(columns["z_target"][at], z[t], -reach, reach, here)
            alike(columns["p_target"][at], p[t], here)
            alike(columns["pull_target"][at], pull[t], here)
            alike(columns["loss"][at], slow.loss(z), here)
            alike(columns["minus_log"][at], slow.minus_log(z), here)
            alike(columns["floor"][at], scipy.stats.entropy(slow.y), here)
            alike(columns["even"][at], math.log(len(z)), here)
            alike(columns["raw"][at], -z[t], here)
            assert columns["rate"][at] == here[RATE]
            assert columns["step_x"][at] == here[STEP]


def test_the_lines_are_those_of_a_slow_loop() -> None:
    for now in TABLES:
        instrument, columns = build(now)
        descent, raw = (items(instrument.figures[i].lines[0].x) for i in (3, 4))
        for at, here in positions(now, instrument, (0, 13, 57)):
            slow, step = Slow(here), here[STEP]
            losses = [slow.loss(slow.path[int(k)]) for k in descent]
            assert_drawn(columns["losses"][at], losses, *loss_axis(now), here)
            reach = now.effective_reach
            taken = [slow.on_the_map(z) for z in slow.path[: step + 1]]
            for axis, name in enumerate("uv"):
                path = columns[f"path_{name}"][at]
                ends = [taken[min(i, step)][axis] for i in (*range(0, 61, 3), 60)]
                assert_drawn(path, ends, -reach, reach, (name, here))
                assert_drawn(columns[name][at], taken[-1][axis], -reach, reach, (name, here))
            z = list(slow.path[step])
            bounded = []
            for value in raw:
                z[here.target] = value
                bounded.append(slow.minus_log(z))
            assert_drawn(columns["bounded"][at], bounded, -reach, reach, here)


def test_the_slope_is_the_derivative_of_the_loss() -> None:
    for now in TABLES:
        instrument, columns = build(now)
        slow, at = Slow(now), where(now, instrument)
        z = slow.path[now[STEP]]
        for i, value in enumerate(z):
            if value > -INF:
                alike(columns["pull"][at][i], derivative(z, slow.y, i), now, CUT, 1e-9)


def derivative(z: list[float], y: list[float], i: int) -> float:
    """Return the derivative of the loss by one logit, numerically, to 30 digits."""
    with mpmath.workdps(40):

        def loss(x: Any) -> Any:
            moved = [x if j == i else mpmath.mpf(v) for j, v in enumerate(z)]
            finite = [v for v in moved if v != -mpmath.inf]
            whole = mpmath.log(mpmath.fsum(map(mpmath.exp, finite)))
            return mpmath.fsum(q * (whole - v) for q, v in zip(y, moved, strict=True) if q)

        return float(mpmath.diff(loss, mpmath.mpf(z[i])))


# --- The three forms ----------------------------------------------------------------------------

FORMED = [
    at_logits(2.0, 1.0, 0.1, target=1),
    at_logits(3.0, -2.0, step=2),
    at_logits(1.0, 4.0, -3.0, 0.5, target=2),
]


def test_in_float64_each_form_has_the_numerical_derivative() -> None:
    for start in FORMED:
        now = start.put(format="float64")
        instrument, columns = build(now)
        at, slow = where(now, instrument), Slow(now)
        z = slow.path[now[STEP]]
        one_hot = [float(i == now.target) for i in range(len(z))]
        slopes = [derivative(z, one_hot, i) for i in range(len(z))]
        for form in PIPELINES:
            alike(columns[f"loss_{form}"][at], slow.minus_log(z), (form, now), 1e-13)
            alike(columns[f"pull_{form}"][at], slopes, (form, now), CUT, 1e-9)


@pytest.mark.parametrize("name", [name for name in WIDE if name != "float64"])
def test_in_a_narrow_format_the_fused_form_is_right_to_its_rounding(name: str) -> None:
    fmt = FORMATS[name]
    for start in FORMED:
        now = start.put(format=name)
        instrument, columns = build(now)
        for at, here in positions(now, instrument, (0, 13, 57)):
            slow = Slow(here)
            z = slow.path[here[STEP]]
            stored = np.array(z).astype(fmt.dtype).astype(float).tolist()
            slopes = np.subtract(scipy.special.softmax(stored), slow.y)
            found = columns["pull_fused"][at]
            # ln p errs by some roundoffs of itself, and p |ln p| is at most 1 / e.
            assert np.abs(found - slopes).max() <= 8 * fmt.unit_roundoff, here
            alike(found, found.astype(fmt.dtype).astype(float), here, CUT, 0)
            exact = -np.dot(slow.y, scipy.special.log_softmax(stored))
            # The label is rounded, and its product with each of up to four logs, and their sums.
            alike(columns["loss_fused"][at], exact, here, 18 * fmt.unit_roundoff, 0)


def test_the_forms_honour_the_smoothing_as_the_first_card_does() -> None:
    now = at_logits(2.0, 1.0, 0.1, format="float64", smoothing=0.1)
    instrument, columns = build(now)
    at = where(now, instrument)
    assert f"{columns['loss'][at]:.4f}" == "0.5137"
    for form in PIPELINES:
        alike(columns[f"loss_{form}"][at], columns["loss"][at], form, 1e-15, 0)
        alike(columns[f"pull_{form}"][at], columns["pull"][at], form, CUT, 1e-15)


def test_the_slopes_of_a_confident_answer_are_not_0_and_add_up_to_0() -> None:
    now = at_logits(40.0, 0.0, 0.0)
    instrument, columns = build(now)
    at = where(now, instrument)
    with mpmath.workdps(40):
        each = float(mpmath.exp(-40) / (1 + 2 * mpmath.exp(-40)))
    alike(columns["pull"][at], [-2 * each, each, each], now, CUT, 0)
    assert abs(columns["pull"][at].sum()) <= 4 * CUT * each
    assert columns["pull_target"][at] == pytest.approx(-8.496708510e-18, rel=1e-9)


def test_the_break_kills_all_forms_but_the_fused_one() -> None:
    for now in [*TABLES, *FORMED]:
        broken = take(now, "break", "", "gradient")
        assert (broken[SMOOTHING], broken[RATE], broken[STEP]) == (0, 1, 0)
        instrument, columns = build(broken)
        at = where(broken, instrument)
        for form in ("naive", "shifted"):
            assert not np.isfinite(columns[f"pull_{form}"][at]).any(), now
            assert columns[f"loss_{form}"][at] == INF
        assert columns["pull_fused"][at].tolist()[:2] == [-1, 1]
        assert columns["pull_fused"][at][2] == pytest.approx(math.exp(-60), rel=1e-6)
        assert columns["loss_fused"][at] == 120
        rows = instrument.tables[0].rows
        assert [row.label for row in rows] == [say(f"pipeline.loss_{form}") for form in PIPELINES]
        for form, row in zip(PIPELINES, rows, strict=True):
            shown = [(cell.column.name, cell.item) for cell in row.cells if cell]
            assert shown == [(f"loss_{form}", 0), *((f"pull_{form}", i) for i in range(3))]


# --- The map ------------------------------------------------------------------------------------

MAPPED = [
    at_logits(2.0, 1.0, 0.1),
    at_logits(2.0, 1.0, 0.1, target=1, smoothing=0.25, step=11),
    at_logits(2.0, -4.0, 1.0, target=2, smoothing=1.0, rate=0.3, step=60),
    at_logits(3.0, -2.0, target=1, smoothing=0.4, step=5),
    at_logits(30.0, -INF, 1.0, reach=100.0),
    at_logits(3.0, -2.0, 0.5, 1.0, 2.0, target=3, step=30),
]


def test_the_map_tells_the_loss_where_the_point_is() -> None:
    for now in MAPPED:
        instrument, columns = build(now)
        figure = instrument.figures[1]
        (contour,) = figure.plot["data"]
        y = Slow(now).y
        rival = 0 if now.target else 1
        rest = [i for i in range(len(y)) if i not in (now.target, rival)]
        axis = np.linspace(-1, 1, 41) * now.effective_reach
        alike(contour["x"], axis, now)
        alike(contour["y"], axis, now)
        across, up = np.meshgrid(axis, axis)
        assert contour["z"]["rows"] == 41
        heights = contour["z"]["column"].values.reshape(41, 41)
        reach = now.effective_reach
        expected = height(y, now.target, rival, rest, across, up)
        assert_drawn(heights, expected, 0, 2 * reach, now, 2**13)
        (point,) = figure.points
        assert (point.x.name, point.y.name) == ("u", "v")
        for s, slider in enumerate(instrument.sliders):
            if slider.id in (figure.of or ()) and not slider.masked:
                for k in {0, 13, slider.index, len(slider.values) - 1}:
                    u, v = columns["u"][s, k], columns["v"][s, k]
                    if max(abs(u), abs(v)) == 3 * reach:  # it is further away than is told
                        continue
                    loss = height(y, now.target, rival, rest, u, v)
                    # The loss changes by at most what both logits do, and they are drawn.
                    alike(columns["loss"][s, k], loss, (slider.id, k, now), 0, 2 * reach / 512)


def height(
    y: list[float], target: int, rival: int, rest: list[int], across: np.ndarray, up: np.ndarray
) -> np.ndarray:
    """Return the loss where the log-sum-exp of the other logits is 0."""
    z = np.zeros((*np.shape(across), len(y)))
    z[..., target], z[..., rival] = across, up
    if rest:
        z[..., rest] -= math.log(len(rest))
    log_p = scipy.special.log_softmax(z, axis=-1)
    return -sum(q * log_p[..., i] for i, q in enumerate(y) if q)


def test_a_map_is_dimmed_while_what_it_was_drawn_for_moves() -> None:
    def followed(now: Settings) -> Figure:
        return build(now)[0].figures[1]

    assert followed(TABLES[0]).of == ["logits.0", "logits.1", "logits.2", "rate", "step"]
    five = at_logits(3.0, -2.0, 0.5, 1.0, 2.0)
    assert "logits.4" in (followed(five).of or ())
    assert not {"logits.0", "smoothing"} & set(followed(five.put(smoothing=0.3)).of or ())


# --- The other figures and the words ------------------------------------------------------------


def test_the_curves_that_stand_still_are_those_of_scipy() -> None:
    instrument, _ = build(at_logits(2.0, 1.0, 0.1, reach=100.0))
    (log,) = instrument.figures[2].plot["data"]
    x, y = (items(log[axis]["column"]) for axis in "xy")
    assert x == sorted(x)
    assert (min(x), max(x)) == pytest.approx((math.exp(-6.3), 1))
    alike(y, -np.log(x), "-ln p", 1e-6, 1e-6)
    (even,) = instrument.figures[2].plot["layout"]["shapes"]
    assert even["y0"] == even["y1"] == pytest.approx(math.log(3))
    (line,) = instrument.figures[4].plot["data"]
    assert (line["x"], line["y"]) == ([-100.0, 100.0], [100.0, -100.0])


def test_the_sentence_that_is_chosen_holds() -> None:
    masked = at_logits(-INF, -INF)
    alone, zero = at_logits(2.0, -INF, -INF), at_logits(1000.0, 0.0, 0.0)
    for now, key in ((alone, "alone"), (zero, "zero")):
        instrument, _ = build(now)
        found = template_of(instrument.sentences[0], where(now, instrument))
        assert found == say(f"gradient.pull_{key}")
    for now in [*TABLES, at_logits(2.0, -INF, 1.0, target=1), alone, zero, masked]:
        instrument, columns = build(now)
        for at, here in positions(now, instrument, (0, 13, 57)):
            template = template_of(instrument.sentences[0], at)
            if now is masked:
                assert template == say("gradient.pull_nan")
                assert np.isnan(columns["loss"][at])
                continue
            slow = Slow(here)
            z = slow.path[here[STEP]]
            loss, p = slow.loss(z), slow.p(z)[here.target]
            others = [x for i, x in enumerate(z) if i != here.target]
            if template == say("gradient.pull_alone"):
                assert max(others) == -INF, here
                assert loss == 0, here
            elif template == say("gradient.pull_zero"):
                assert -INF < max(others) - z[here.target] < -744, here  # e to that is no float64
            elif template == say("gradient.pull_inf"):
                assert loss == INF, here
                assert any(q and x == -INF for q, x in zip(slow.y, here.logits, strict=True)), here
            elif template == say("gradient.pull_smoothed"):
                assert here[SMOOTHING] > 0, here
                assert loss >= scipy.stats.entropy(slow.y) - 1e-12, here
            else:
                assert here[SMOOTHING] == 0, here
                assert max(others) - z[here.target] > -746, here
                weak = template == say("gradient.pull_weak")
                assert weak == (p - 1 > -0.01), here
                assert weak or template == say("gradient.pull_strong"), here


# --- The questions ------------------------------------------------------------------------------


def test_the_questions_are_answered_as_scipy_would() -> None:
    even, strongest, dead = gradient.ask(TABLES[0])
    assert even.options[even.right] == f"{scipy.stats.entropy([1 / 3] * 3):.4f}"

    pull = scipy.special.softmax([2.0, 1.0, 0.1]) - [1, 0, 0]
    assert strongest.right == int(np.abs(pull).argmax())
    assert all(f"{slope:.3f}" in strongest.reasons[0] for slope in pull)

    z = np.array([-60, 60, 0], np.float32)
    p = scipy.special.softmax(z)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = -1 / p[0] * (p[0] * (1 - p[0]))  # the chain rule: d(-ln p) / dp times dp / dz
    assert dead.options[dead.right] == f"{slope:g}" == "nan"
    assert f"{p[0] - 1:g}" in dead.reasons[0]


def test_what_a_question_shows_is_what_it_asked_about() -> None:
    for now in TABLES:
        for question in gradient.ask(now):
            instrument, columns = build(question.shown)
            at = where(question.shown, instrument)
            if question.key == "even":
                assert columns["loss"][at] == columns["even"][at]
            if question.key == "strongest":
                assert int(np.abs(columns["pull"][at]).argmax()) == question.right
            if question.key == "dead":
                shown = f"{columns['pull_naive'][at][0]:g}"
                assert question.options[question.right] == shown


def test_the_descent_begins_anew_with_other_logits() -> None:
    now = take(TABLES[1], "preset", "everyday")  # the logits that it has already
    assert now[STEP] == 7
    now = take(TABLES[1], "preset", "over_89")
    assert (now[STEP], now[RATE]) == (0, 2)


# --- Extremes -----------------------------------------------------------------------------------

EXTREMES = [
    at_logits(1.0, -INF, 2.0, smoothing=1.0, rate=100.0, step=60),
    at_logits(-INF, 1.0, 2.0, rate=100.0, step=60),
    at_logits(-INF, -INF, smoothing=1.0, rate=0.001, step=60),
    at_logits(1e30, -1e30, 0.0, smoothing=1.0, rate=100.0, step=60),
    at_logits(3.3, 1 / 3, -2 / 7, target=2, smoothing=0.37, rate=100.0, step=60, reach=1000.0),
    at_logits(2.0, 1.0, 0.1, -1.0, 0.0, 3.0, -2.0, 0.5, 1.5, -0.5, target=9),
]


@pytest.mark.parametrize("name", FORMATS)
def test_extreme_settings_make_a_message_that_a_browser_can_read(name: str) -> None:
    for extreme in EXTREMES:
        now = extreme.put(format=name)
        link = ANSWERS.link("gradient", now)
        head, _ = unpacked(ANSWERS.numbers("gradient", link).body)
        assert (head["link"], head["notices"]) == (link, [])
        (instrument,), columns = built("gradient", now)
        for sentence in instrument.sentences:
            assert sentence.column.values.max() < len(sentence.pieces)
        standing = [slider.index for slider in instrument.sliders]
        for column_name, column in columns.items():
            if column.shape[0] > 1:  # every slider shows the same where it stands
                rows = column[np.arange(len(standing)), standing].astype(float)
                same = all(np.array_equal(row, rows[0], equal_nan=True) for row in rows)
                assert same, (column_name, now)


def test_a_release_stays_light() -> None:
    for limit, now in [(100_000, TABLES[0]), (100_000, TABLES[1]), (250_000, EXTREMES[-1])]:
        body = ANSWERS.numbers("gradient", ANSWERS.link("gradient", now)).body
        assert len(zlib.compress(body)) < limit, now
