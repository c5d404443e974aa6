"""The gradient lesson against scalar loops, mpmath's derivatives and SciPy."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
import pytest
import scipy.special
import scipy.stats

from ce_core.formats import FORMATS
from ce_core.trace import PIPELINES
from pages import gradient
from pages.shared import controls
from pages.shared.controls import Settings
from pages.shared.live import Figure, Instrument, pack
from pages.shared.words import say
from tests.app.instruments import in_full, positions, unpacked
from tests.app.reading import Columns, Position

INF = math.inf
CUT = 2.0**-28  # of float64 the page sends 29 bits, where a cell shows no more than eight digits

TABLES = [
    Settings((2.0, 1.0, 0.1)),
    Settings((2.0, 1.0, 0.1), 1, "float64", smoothing=0.1, rate=2.0, step=7),
    Settings((3.0, -2.0), 1, "float16", ("a", "b"), smoothing=0.3, rate=0.5, step=20),
    Settings((1.5, -INF, 0.5, -1.0), 0, "bfloat16", ("a", "b", "c", "d"), step=3),
    Settings(
        (50.0, -30.0, 0.0, 20.0, 10.0),
        3,
        "float64",
        ("a", "b", "c", "d", "e"),
        reach=100.0,
        smoothing=1.0,
        rate=3.0,
        step=60,
    ),
]


def build(settings: Settings) -> tuple[Instrument, Columns]:
    """Build the instrument, with every column in its full shape."""
    instrument, columns = gradient.build(settings)
    return instrument, in_full(columns, columns["loss"].shape)


def where(settings: Settings, instrument: Instrument) -> Position:
    """Return the position at which the settings themselves stand."""
    return len(instrument.sliders) - 1, settings.step


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
        even = self.here.smoothing / count
        t = self.here.target
        self.y = [(1 - self.here.smoothing) * (i == t) + even for i in range(count)]
        self.path = [z]
        for _ in range(gradient.MAX_STEP + 1):
            p = self.p(z)
            z = [x - self.here.rate * (a - b) for x, a, b in zip(z, p, self.y, strict=True)]
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


def alike(ours: Any, theirs: Any, rtol: float = 1e-9, atol: float = 1e-12) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol)


# --- The numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", TABLES)
def test_every_number_is_that_of_a_slow_loop(settings: Settings) -> None:
    instrument, columns = build(settings)
    for at, here in positions(settings, instrument, (0, 13, 57)):
        slow, t = Slow(here), here.target
        z, after = slow.path[here.step], slow.path[here.step + 1]
        p = slow.p(z)
        pull = np.subtract(p, slow.y)
        for name, expected in {"z": z, "after": after, "p": p, "y": slow.y}.items():
            alike(columns[name][at], expected, CUT)
        alike(columns["pull"][at], pull, CUT, 1e-9)
        alike(columns["arrow"][at], z - 0.4 * settings.effective_reach * pull, CUT, 1e-6)
        alike(columns["p_target"][at], p[t])
        alike(columns["pull_target"][at], pull[t])
        alike(columns["loss"][at], slow.loss(z))
        alike(columns["minus_log"][at], slow.minus_log(z))
        alike(columns["floor"][at], scipy.stats.entropy(slow.y))
        alike(columns["even"][at], math.log(len(z)))
        alike(columns["raw"][at], -z[t])
        alike(columns["z_target"][at], z[t])
        assert columns["rate"][at] == here.rate
        assert columns["step_x"][at] == here.step


@pytest.mark.parametrize("settings", TABLES)
def test_the_lines_are_those_of_a_slow_loop(settings: Settings) -> None:
    instrument, columns = build(settings)
    descent = instrument.figures[3].lines[0].x
    raw = instrument.figures[4].lines[0].x
    assert not isinstance(descent, str)
    assert not isinstance(raw, str)
    for at, here in positions(settings, instrument, (0, 13, 57)):
        slow = Slow(here)
        losses = [slow.loss(slow.path[int(step)]) for step in descent]
        alike(columns["losses"][at], losses, 1e-3, 1e-6)
        taken = [slow.on_the_map(z) for z in slow.path[: here.step + 1]]
        for axis, name in enumerate("uv"):
            path = columns[f"path_{name}"][at]
            ends = [taken[min(i, here.step)][axis] for i in (*range(0, 61, 3), 60)]
            alike(path, ends, 1e-3, 1e-6)
            alike(columns[name][at], taken[-1][axis])
        z = list(slow.path[here.step])
        bounded = []
        for value in raw:
            z[here.target] = value
            bounded.append(slow.minus_log(z))
        alike(columns["bounded"][at], bounded, 1e-3, 1e-6)


@pytest.mark.parametrize("settings", TABLES)
def test_the_slope_is_the_derivative_of_the_loss(settings: Settings) -> None:
    instrument, columns = build(settings)
    y = Slow(settings).y
    at = where(settings, instrument)
    z = Slow(settings).path[settings.step]
    for i, value in enumerate(z):
        if value > -INF:
            slope = derivative(z, y, i)
            alike(columns["pull"][at][i], slope, CUT, 1e-9)


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
    Settings((2.0, 1.0, 0.1), 1),
    Settings((3.0, -2.0), 0, names=("a", "b"), step=2),
    Settings((1.0, 4.0, -3.0, 0.5), 2, names=("a", "b", "c", "d")),
]


@pytest.mark.parametrize("settings", FORMED)
def test_in_float64_each_form_has_the_numerical_derivative(settings: Settings) -> None:
    settings = replace(settings, format="float64")
    instrument, columns = build(settings)
    at = where(settings, instrument)
    z = Slow(settings).path[settings.step]
    one_hot = [float(i == settings.target) for i in range(len(z))]
    slopes = [derivative(z, one_hot, i) for i in range(len(z))]
    for form in PIPELINES:
        alike(columns[f"loss_{form}"][at], Slow(settings).minus_log(z), 1e-13)
        alike(columns[f"pull_{form}"][at], slopes, CUT, 1e-9)


@pytest.mark.parametrize("name", [name for name in controls.FORMATS if name != "float64"])
@pytest.mark.parametrize("settings", FORMED)
def test_in_a_narrow_format_the_fused_form_is_right_to_its_rounding(
    settings: Settings, name: str
) -> None:
    settings = replace(settings, format=name)
    instrument, columns = build(settings)
    fmt = FORMATS[name]
    for at, here in positions(settings, instrument, (0, 13, 57)):
        now = Slow(here).path[here.step]
        stored = np.array(now).astype(fmt.dtype).astype(float).tolist()
        one_hot = [float(i == here.target) for i in range(len(stored))]
        slopes = np.subtract(scipy.special.softmax(stored), one_hot)
        found = columns["pull_fused"][at]
        # ln p errs by some roundoffs of itself, and p |ln p| is at most 1 / e.
        assert np.abs(found - slopes).max() <= 8 * fmt.unit_roundoff
        as_stored = found.astype(fmt.dtype).astype(float)
        alike(found, as_stored, CUT, 0)
        exact = -scipy.special.log_softmax(stored)[here.target]
        alike(columns["loss_fused"][at], exact, 12 * fmt.unit_roundoff, 0)


@pytest.mark.parametrize("settings", [*TABLES, *FORMED])
def test_the_break_kills_all_forms_but_the_fused_one(settings: Settings) -> None:
    broken = gradient.broken(settings)
    instrument, columns = build(broken)
    at = where(broken, instrument)
    for form in ("naive", "shifted"):
        assert not np.isfinite(columns[f"pull_{form}"][at]).any()
        assert columns[f"loss_{form}"][at] == INF
    assert columns["pull_fused"][at].tolist()[:2] == [-1, 1]
    assert columns["pull_fused"][at][2] == pytest.approx(math.exp(-60), rel=1e-6)
    assert columns["loss_fused"][at] == 120
    cells = [row.cells for row in instrument.tables[0].rows]
    assert [row.label for row in instrument.tables[0].rows] == [
        say(f"pipeline.loss_{form}") for form in PIPELINES
    ]
    for form, (loss, *pulls) in zip(PIPELINES, cells, strict=True):
        assert loss
        assert loss.column == f"loss_{form}"
        assert [(cell.column, cell.item) for cell in pulls if cell] == [
            (f"pull_{form}", i) for i in range(3)
        ]


# --- The map ------------------------------------------------------------------------------------

MAPPED = [
    Settings((2.0, 1.0, 0.1)),
    Settings((2.0, 1.0, 0.1), 1, smoothing=0.25, step=11),
    Settings((2.0, -4.0, 1.0), 2, smoothing=1.0, rate=0.3, step=60),
    Settings((3.0, -2.0), 1, names=("a", "b"), smoothing=0.4, step=5),
    Settings((30.0, -INF, 1.0), 0, reach=100.0),
    Settings((3.0, -2.0, 0.5, 1.0, 2.0), 3, names=controls.first_names(5), step=30),
]


@pytest.mark.parametrize("settings", MAPPED)
def test_the_map_tells_the_loss_where_the_point_is(settings: Settings) -> None:
    instrument, columns = build(settings)
    figure = instrument.figures[1]
    (contour,) = figure.plot["data"]
    y = Slow(settings).y
    rival = 0 if settings.target else 1
    rest = [i for i in range(len(y)) if i not in (settings.target, rival)]

    def height(across: float, up: float) -> float:
        """Return the loss where the log-sum-exp of the other logits is 0."""
        z = np.zeros(len(y))
        z[settings.target], z[rival] = across, up
        if rest:
            z[rest] -= math.log(len(rest))
        log_p = scipy.special.log_softmax(z)
        return float(-np.sum([q * ln for q, ln in zip(y, log_p, strict=True) if q]))

    axis = np.linspace(-1, 1, 41) * settings.effective_reach
    alike(contour["x"], axis)
    alike(contour["y"], axis)
    alike(contour["z"], [[height(a, b) for a in axis] for b in axis], 0, 6e-5)
    (point,) = figure.points
    assert (point.x, point.y) == ("u", "v")
    for s, slider in enumerate(instrument.sliders):
        if slider.id in (figure.of or ()) and not slider.masked:
            for k in {0, 13, slider.index, len(slider.values) - 1}:
                u, v = columns["u"][s, k], columns["v"][s, k]
                alike(columns["loss"][s, k], height(u, v), 1e-7)


def test_a_map_is_dimmed_while_what_it_was_drawn_for_moves() -> None:
    def followed(settings: Settings) -> Figure:
        return gradient.build(settings)[0].figures[1]

    assert followed(TABLES[0]).of == ["logits.0", "logits.1", "logits.2", "rate", "step"]
    five = Settings((3.0, -2.0, 0.5, 1.0, 2.0), names=controls.first_names(5))
    assert "logits.4" in (followed(five).of or ())
    assert not {"logits.0", "smoothing"} & set(followed(replace(five, smoothing=0.3)).of or ())


# --- The other figures and the words ------------------------------------------------------------


def test_the_curves_that_stand_still_are_those_of_scipy() -> None:
    instrument, _ = gradient.build(Settings((2.0, 1.0, 0.1), reach=100.0))
    (log,) = instrument.figures[2].plot["data"]
    alike(log["y"], -np.log(log["x"]))
    (even,) = instrument.figures[2].plot["layout"]["shapes"]
    assert even["y0"] == even["y1"] == pytest.approx(math.log(3))
    (line,) = instrument.figures[4].plot["data"]
    alike(np.add(line["x"], line["y"]), np.zeros(len(line["x"])))


@pytest.mark.parametrize("settings", TABLES)
def test_the_sentence_that_is_chosen_holds(settings: Settings) -> None:
    instrument, columns = build(settings)
    said = instrument.sentences[0]
    for at, here in positions(settings, instrument, (0, 13, 57)):
        slow = Slow(here)
        z = slow.path[here.step]
        loss, p = slow.loss(z), slow.p(z)[here.target]
        template = said.templates[columns[said.column][at]]
        if template == say("gradient.pull_inf"):
            assert loss == INF
            assert any(q and x == -INF for q, x in zip(slow.y, here.logits, strict=True))
        elif template == say("gradient.pull_smoothed"):
            assert here.smoothing > 0
            assert loss >= scipy.stats.entropy(slow.y) - 1e-12
        else:
            assert here.smoothing == 0
            weak = template == say("gradient.pull_weak")
            assert weak == (p - 1 > -0.01)
            assert weak or template == say("gradient.pull_strong")


# --- The questions ------------------------------------------------------------------------------


def test_the_questions_are_answered_as_scipy_would() -> None:
    even, strongest, dead = gradient.ask(Settings())
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


@pytest.mark.parametrize("settings", TABLES)
def test_what_a_question_shows_is_what_it_asked_about(settings: Settings) -> None:
    for question in gradient.ask(settings):
        instrument, columns = build(question.shown)
        at = where(question.shown, instrument)
        if question.key == "even":
            assert columns["loss"][at] == columns["even"][at]
        if question.key == "strongest":
            assert int(np.abs(columns["pull"][at]).argmax()) == question.right
        if question.key == "dead":
            shown = f"{columns['pull_naive'][at][0]:g}"
            assert question.options[question.right] == shown


# --- Extremes -----------------------------------------------------------------------------------

TEN = controls.first_names(10)
EXTREMES = [
    Settings((1.0, -INF, 2.0), smoothing=1.0, rate=100.0, step=60),
    Settings((-INF, 1.0, 2.0), rate=100.0, step=60),
    Settings((-INF, -INF), names=("a", "b"), smoothing=1.0, rate=0.001, step=60),
    Settings((1e30, -1e30, 0.0), smoothing=1.0, rate=100.0, step=60),
    Settings((3.3, 1 / 3, -2 / 7), 2, smoothing=0.37, rate=100.0, step=60, reach=1000.0),
    Settings((2.0, 1.0, 0.1, -1.0, 0.0, 3.0, -2.0, 0.5, 1.5, -0.5), 9, names=TEN),
]
LIVE = Path("pages/shared/live")


@pytest.mark.parametrize("name", controls.FORMATS)
@pytest.mark.parametrize("extreme", EXTREMES)
def test_extreme_settings_make_a_message_that_a_browser_can_read(
    extreme: Settings, name: str
) -> None:
    instrument, columns = gradient.build(replace(extreme, format=name))
    unpacked(pack(instrument, columns, 1, 0))
    for sentence in instrument.sentences:
        assert columns[sentence.column].max() < len(sentence.templates)
    standing = [slider.index for slider in instrument.sliders]
    for column_name, column in columns.items():
        if column.shape[0] > 1:  # every slider shows the same where it stands
            rows = column[np.arange(len(standing)), standing].astype(float)
            assert all(np.array_equal(row, rows[0], equal_nan=True) for row in rows), column_name


@pytest.mark.parametrize("name", controls.FORMATS)
def test_a_release_stays_light(name: str) -> None:
    # Streamlit sends the component's own text along with each message.
    text = sum(p.stat().st_size for end in ("html", "css", "js") for p in LIVE.glob(f"*.{end}"))
    assert len(pack(*gradient.build(Settings(format=name)), 1, 0)) + text <= 300_000
