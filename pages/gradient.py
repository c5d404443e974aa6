"""The cross-entropy and its gradient: the pull on each logit, and the way downhill."""

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from ce_core import cross_entropy, log_sigmoid, log_softmax, logsumexp, softmax
from ce_core.descent import descend, loss_along, slope, smoothed_target
from ce_core.likelihood import cross_entropy as distribution_cross_entropy
from ce_core.likelihood import entropy
from ce_core.pipelines import PIPELINES, gradient
from ce_core.scenarios import LAB, SCENARIOS
from ce_core.smoothed import smoothed_forms
from lab import figures, pictures
from lab.controls import (
    formats,
    logit_sliders,
    narrow,
    positions,
    reaches,
    scale,
    slider,
    steps_each_way,
    with_scenario,
)
from lab.lesson import Lesson, Question
from lab.mathml import frac, math, row, sub
from lab.parameters import FORMAT, LOGITS, NAMES, REACH, TARGET, first_names
from lab.readers import between, whole
from lab.settings import Parameter, Settings
from lab.verdict import LOSS
from lab.words import say
from live.message import cut, drawn
from live.parts import (
    Arrows,
    Bars,
    Card,
    Cell,
    Column,
    Columns,
    Figure,
    Formula,
    Instrument,
    Line,
    Place,
    Point,
    Row,
    Sentence,
    Slider,
    Style,
    Table,
)

MAX_STEP = 60  # steps of gradient descent

SMOOTHING: Final[Parameter[float]] = Parameter("smoothing", "gradient", between(0.0, 1.0), 0.0)
RATE: Final[Parameter[float]] = Parameter("rate", "gradient", between(0.001, 100.0), 1.0)
STEP: Final[Parameter[int]] = Parameter("step", "gradient", whole(MAX_STEP), 0, restarts=True)

SHORT = Style("significant", 4)
_LOSSES = -0.15, 6.3  # what the axis of a loss shows
_SHARES = np.geomspace(0.002, 1.0, 64).round(4)  # closest where the curve of -ln p is steepest
_CURVE = distribution_cross_entropy([1.0, 0.0], np.stack([_SHARES, 1 - _SHARES], axis=-1))
_ALONG = np.linspace(-1.0, 1.0, 41)  # along an axis, in units of the reach
_DRAWN = np.arange(0, MAX_STEP + 1, 3)  # steps at which the descent is drawn
_RATES = [float(f"{10 ** (k / 25):.3g}") for k in range(-50, 51)]
_ENLARGED = 0.4  # of the reach, how long an arrow is for a pull of 1


def broken(settings: Settings, _: str = "") -> Settings:
    """Open a wrong answer that is so sure that its probability rounds to 0."""
    return with_scenario(settings, LAB["log_of_zero"]).put(smoothing=0.0, rate=1.0, step=0)


def _picture() -> str:
    path = descend([-3.0, 1.0, 1.0], 0, 1.0, 14)
    loss = loss_along(path, 0)
    steps, heights = np.arange(len(loss), dtype=float), (0.0, float(loss.max()))
    points = pictures.place(steps, loss, heights)
    return pictures.line(steps, loss, heights) + pictures.dots(points[::2])


# ---------------------------------------------------------------- the table


def build(settings: Settings, columns: Columns) -> list[Instrument]:
    """Build the instrument: sliders of the logits, the smoothing, the rate and the step."""
    # Each position has a whole descent.
    half = min(50, steps_each_way(settings))
    sliders = [*logit_sliders(settings, half), *_descent_sliders(settings)]
    table = positions(settings, sliders, LOGITS, SMOOTHING, RATE, STEP)
    _add_columns(settings, sliders, table, columns)
    instrument = Instrument(
        title=say("gradient.controls"),
        hint=say("live.logits_hint"),
        sliders=sliders,
        choice_id="target",
        choice_label=say("live.target_group"),
        choice=settings.target,
        choices=[formats(settings), reaches(settings.effective_reach)],
        figures=[
            _pulls(settings, columns),
            _map(settings, columns),
            _minus_log(settings, columns),
            _descent(settings, columns),
            _raw(settings, columns),
        ],
        cards_title=say("gradient.cards"),
        cards=_cards(settings, columns),
        sentences=_pull(settings, columns, table[1]),
        formulas_title=say("gradient.formulas"),
        formulas=_formulas(settings, columns),
        tables=[_forms(settings, columns)],
    )
    return [instrument]


def _descent_sliders(settings: Settings) -> list[Slider]:
    smoothing = scale(settings[SMOOTHING], [k / 100 for k in range(101)])
    steps = list(range(MAX_STEP + 1))
    play = [say(f"gradient.{key}") for key in ("one_step", "play", "pause")]
    return [
        slider(SMOOTHING, say("gradient.smoothing"), smoothing),
        slider(RATE, say("gradient.rate"), scale(settings[RATE], _RATES), uneven=True),
        slider(STEP, say("gradient.step"), (steps, settings[STEP]), play=play),
    ]


def _paths(sliders: Sequence[Slider], longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which positions have a descent of their own, and which descent each position has.

    Past its last position a slider stands still, and all positions of the step are on one path.
    """
    counts = np.array([1 if s.id == STEP.key else len(s.values) for s in sliders])[:, None]
    places = np.minimum(np.arange(longest), counts - 1)
    own = np.arange(longest) < counts
    return own, np.cumsum(counts)[:, None] - counts + places


def _add_columns(
    settings: Settings, sliders: Sequence[Slider], table: Sequence[np.ndarray], columns: Columns
) -> None:
    logits, smoothing, rate, step = table
    t, classes = settings.target, logits.shape[-1]
    own, which = _paths(sliders, step.shape[1])
    path = descend(logits[own], t, rate[own], MAX_STEP + 1, smoothing[own])
    now, after = path[which, step], path[which, step + 1]
    p, target = softmax(now), smoothed_target(t, classes, smoothing)
    pull = slope(now, t, smoothing)
    reach = settings.effective_reach
    columns.update(
        {
            "z": cut(now),
            "after": cut(after[..., t]),
            "arrow": drawn(now - _ENLARGED * reach * pull, *figures.room(reach)),
            "p": cut(p),
            "p_target": p[..., t],
            "y": cut(target),
            "pull": cut(pull),
            "pull_target": pull[..., t],
            "loss": loss_along(now[..., None, :], t, smoothing)[..., 0],
            "minus_log": 0 - log_softmax(now)[..., t],
            "floor": entropy(target),
            "rate": rate,
            "step_x": step.astype(np.int8),
            "losses": drawn(loss_along(path[:, _DRAWN], t, smoothing[own]), *_LOSSES)[which],
            "even": np.array([[_even(classes)]]),
            "z_target": drawn(now[..., t], -reach, reach),
            "raw": -now[..., t],
        }
    )
    ends = _on_the_map(now, t)
    # Only the steps that were taken; the line ends where they led.
    taken = step[..., None] >= _DRAWN
    slider_, place, i = np.nonzero(taken)
    passed = _on_the_map(path[which[slider_, place], _DRAWN[i]], t)
    for name, end, points in zip("uv", ends, passed, strict=True):
        columns.add(name, drawn(end, -reach, reach))
        line = np.repeat(end[..., None], len(_DRAWN) + 1, axis=-1)
        line[..., :-1][taken] = points
        columns.add(f"path_{name}", drawn(line, -reach, reach))
    # Of the other logits, the loss depends on their log-sum-exp R alone: it is ln(1 + e^(R - z_y)).
    others = np.asarray(logsumexp(np.delete(now, t, axis=-1), keepdims=True))
    bounded = 0 - log_sigmoid(_ALONG[::2] * reach - others)
    columns.add("bounded", drawn(bounded, -reach, reach))
    for form, found in smoothed_forms(now, t, settings.format, smoothing).items():
        columns.add(f"loss_{form}", narrow(found.loss, settings.format))
        slopes = narrow(found.slopes, settings.format)
        columns.add(f"pull_{form}", cut(slopes) if slopes.dtype == np.float64 else slopes)


@cache
def _even(classes: int) -> float:
    """Return the loss where all classes are equally likely."""
    return float(cross_entropy(np.zeros(classes), 0))


def _rival(target: int) -> int:
    """Return the other class whose logit is an axis of the map."""
    return 0 if target else 1


def _on_the_map(logits: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two logits relative to the others, which is all that the loss depends on.

    With R the log-sum-exp of the other logits, logsumexp(z) - z_y is unchanged when R is subtracted
    from all. Of two classes there are no others, and the axes are the logits.
    """
    a, b = logits[..., target], logits[..., _rival(target)]
    others = np.delete(logits, [target, _rival(target)], axis=-1)
    if not others.shape[-1]:
        return a, b
    rest = _rest(others)
    with np.errstate(invalid="ignore"):
        return a - rest, b - rest


def _rest(others: np.ndarray) -> np.ndarray:
    """Return R; 0 if all the others are masked, which is as good as if there were none."""
    rest = np.asarray(logsumexp(others))
    return np.where(np.isneginf(rest), 0.0, rest)


# ---------------------------------------------------------------- what is drawn


def _pulls(settings: Settings, columns: Columns) -> Figure:
    count = len(settings.logits)
    reach = settings.effective_reach
    style = Style("significant", 2 if count >= figures.DENSE else 4)
    zero = [say("live.masked") if np.isinf(z) else "" for z in settings.logits]
    return Figure(
        title=say("gradient.pulls"),
        alt=say("gradient.pulls_alt"),
        plot=figures.signed(count, reach),
        bars=[Bars(0, columns["z"], "shifted", zero, drag=[f"logits.{i}" for i in range(count)])],
        arrows=[Arrows(list(range(count)), columns["z"], columns["arrow"], "naive")],
        names=settings.names,
        rows=[
            Row(say(f"gradient.row_{name}"), _each(columns[name], style, count), swatch)
            for name, swatch in (("p", ""), ("y", ""), ("pull", "naive"))
        ],
        key=[("shifted", say("gradient.key_logit")), ("naive", say("gradient.key_pull"))],
        dense=count >= figures.DENSE,
    )


def _each(column: Column, style: Style, count: int) -> list[Cell]:
    return [Cell(column, style, i, f"{column.name}-{i}") for i in range(count)]


def _map(settings: Settings, columns: Columns) -> Figure:
    """Draw the loss over two logits, the others being as they are now."""
    t, rival = settings.target, _rival(settings.target)
    reach = settings.effective_reach
    axis = _ALONG * reach
    count = len(settings.logits)
    now = columns["z"].values[-1, settings[STEP]]
    grid = np.empty((count, len(axis), len(axis)))  # the classes first, where sums are fast
    rest = [i for i in range(count) if i not in (t, rival)]
    if rest:
        grid[rest] = (now[rest] - _rest(now[rest]))[:, None, None]
    grid[t], grid[rival] = axis, axis[:, None]
    losses = loss_along(np.moveaxis(grid, 0, -1), t, settings[SMOOTHING])
    heights = columns.add("map", drawn(losses.reshape(1, 1, -1), 0, 2 * reach, 2**13))
    names = [settings.names[t], settings.names[rival]]
    against = settings.names[rest[0]] if len(rest) == 1 else say("gradient.others")
    titles = [say("gradient.minus", name=name, other=against) if rest else name for name in names]
    exact = [*[f"logits.{i}" for i in range(count)], "rate", "step"]
    return Figure(
        title=say("gradient.map"),
        alt=say("gradient.map_alt"),
        plot=figures.contours(axis.tolist(), heights, say("gradient.across"), say("gradient.up")),
        lines=[Line(columns["path_u"], columns["path_v"], "naive")],
        points=[Point(columns["u"], columns["v"], "naive")],
        key=[("naive", say("gradient.map_axes", across=titles[0], up=titles[1]))],
        of=exact if count <= 3 or settings[SMOOTHING] == 0 else [],
    )


def _minus_log(settings: Settings, columns: Columns) -> Figure:
    even = _even(len(settings.logits))
    shares = columns.add("curve_x", _SHARES[None, None].astype(np.float32))
    curve = columns.add("curve_y", _CURVE[None, None].astype(np.float32))
    return Figure(
        title=say("gradient.minus_log"),
        alt=say("gradient.minus_log_alt"),
        plot=figures.curves(
            [(shares, curve, "fused")],
            (-0.02, 1.02),
            _LOSSES,
            say("gradient.minus_log_x"),
            marks=[("y", even, say("gradient.even", classes=len(settings.logits)))],
        ),
        points=[Point(columns["p_target"], columns["minus_log"], "fused")],
    )


def _descent(settings: Settings, columns: Columns) -> Figure:
    even = _even(len(settings.logits))
    return Figure(
        title=say("gradient.descent"),
        alt=say("gradient.descent_alt"),
        plot=figures.curves(
            [],
            (-1, MAX_STEP + 1),
            _LOSSES,
            say("gradient.descent_x"),
            marks=[("y", even, say("gradient.even", classes=len(settings.logits)))],
        ),
        lines=[Line(_DRAWN.tolist(), columns["losses"], "fused")],
        points=[Point(columns["step_x"], columns["loss"], "fused", drag=STEP.key)],
    )


def _raw(settings: Settings, columns: Columns) -> Figure:
    reach = settings.effective_reach
    z, minus_log = columns["z_target"], columns["minus_log"]
    name = settings.names[settings.target]
    return Figure(
        title=say("gradient.raw"),
        alt=say("gradient.raw_alt", name=name),
        plot=figures.curves(
            [((-reach, reach), (reach, -reach), "onehot")],
            (-reach, reach),
            (-reach, reach),
            say("gradient.raw_x"),
        ),
        lines=[Line((_ALONG[::2] * reach).tolist(), columns["bounded"], "fused")],
        points=[Point(z, minus_log, "fused"), Point(z, columns["raw"], "onehot")],
        key=[("fused", say("gradient.key_bounded")), ("onehot", say("gradient.key_raw"))],
    )


def _cards(settings: Settings, columns: Columns) -> list[Card]:
    name = settings.names[settings.target]
    return [
        Card(
            title=say("gradient.card_loss"),
            note=say("gradient.card_loss_note"),
            swatch="fused",
            value=Cell(columns["loss"], LOSS, readout="loss"),
            unit=say("pipeline.loss_unit"),
            second_label=say("gradient.card_even"),
            second=Cell(columns["even"], LOSS, readout="even"),
        ),
        Card(
            title=say("gradient.card_probability", name=name),
            note=say("gradient.card_probability_note"),
            swatch="",
            value=Cell(columns["p_target"], SHORT, readout="p-target"),
            unit="",
        ),
        Card(
            title=say("gradient.card_pull", name=name),
            note=say("gradient.card_pull_note"),
            swatch="naive",
            value=Cell(columns["pull_target"], SHORT, readout="pull-target"),
            unit="",
        ),
    ]


def _pull(settings: Settings, columns: Columns, smoothing: np.ndarray) -> list[Sentence]:
    pull, loss = columns["pull_target"], columns["loss"]
    no_loss, infinite = np.isnan(loss.values), np.isinf(loss.values)
    weak = pull.values > -0.01
    kind = np.select([no_loss, infinite, smoothing > 0, weak], [4, 0, 3, 2], 1)
    keys = ("pull_inf", "pull_strong", "pull_weak", "pull_smoothed", "pull_nan")
    style = Style("prose", 4)
    target = columns.add("pull_class", np.array([[settings.target]], np.int8))
    said = Sentence(
        "verdict",
        say("gradient.pull_title"),
        columns.add("pull_kind", kind.astype(np.int8)),
        [say(f"gradient.{key}") for key in keys],
        {
            "target": Place(target, names=settings.names),
            "p": Place(columns["p_target"], style),
            "pull": Place(pull, style),
            "loss": Place(loss, style),
            "floor": Place(columns["floor"], style),
        },
    )
    raw = Sentence(
        "raw",
        say("gradient.raw_title"),
        columns.add("nothing", np.zeros((1, 1), np.int8)),
        [say("gradient.raw_said")],
        {"raw": Place(columns["raw"], style), "loss": Place(columns["minus_log"], style)},
    )
    return [said, raw]


def _formulas(settings: Settings, columns: Columns) -> list[Formula]:
    t = settings.target
    p, y, pull, z = (Cell(columns[name], SHORT, t) for name in ("p", "y", "pull", "z"))
    after = Cell(columns["after"], SHORT)
    index = str(t + 1)
    return [
        Formula(
            say("gradient.formula_pull", name=settings.names[t]),
            math(
                frac(row("∂", "ℓ"), row("∂", sub("z", index))),
                row("=", sub("p", index), "−", sub("y", index)),
                row("=", p, "−", y, "=", pull),
            ),
        ),
        Formula(
            say("gradient.formula_step"),
            math(
                row(sub("z", index), "←", sub("z", index), "−", "η"),
                row("(", sub("p", index), "−", sub("y", index), ")"),
                row("=", z, "−", Cell(columns["rate"], SHORT), "·", "(", pull, ")", "=", after),
            ),
        ),
    ]


def _forms(settings: Settings, columns: Columns) -> Table:
    count = len(settings.logits)
    return Table(
        title=say("gradient.forms"),
        lead=say("gradient.forms_lead", format=settings.format),
        head=[
            say("gradient.form"),
            say("gradient.head_loss"),
            *[say("gradient.head_pull", name=name) for name in settings.names],
        ],
        rows=[
            Row(
                say(f"pipeline.loss_{form}"),
                [
                    Cell(columns[f"loss_{form}"], LOSS, readout=f"loss-{form}"),
                    *[
                        Cell(columns[f"pull_{form}"], SHORT, i, f"pull-{form}-{i}")
                        for i in range(count)
                    ],
                ],
                form,
            )
            for form in PIPELINES
        ],
    )


# ---------------------------------------------------------------- the questions


def ask(settings: Settings) -> list[Question]:
    """Make the questions; the core answers them."""
    return [_ask_even(settings), _ask_strongest(settings), _ask_dead(settings)]


def _ask_even(settings: Settings) -> Question:
    classes = len(settings.logits)
    loss = _even(classes)
    values = (1 / classes, loss, float(np.log2(classes)), float(classes))
    options = [f"{value:.4f}" for value in values]
    return Question(
        "even",
        say("gradient.ask_even", classes=classes),
        options,
        options.index(f"{loss:.4f}"),
        [say("gradient.ask_even_why", classes=classes, loss=f"{loss:.4f}")] * 4,
        settings.put(logits=(0.0,) * classes, step=0, smoothing=0.0),
    )


def _ask_strongest(settings: Settings) -> Question:
    scenario = SCENARIOS["everyday"]
    pull = slope(scenario.logits, scenario.target)
    names = first_names(3)
    right = int(np.abs(pull).argmax())
    return Question(
        "strongest",
        say("gradient.ask_strongest", name=names[scenario.target]),
        names,
        right,
        [say("gradient.ask_strongest_why", pulls=", ".join(f"{g:.3f}" for g in pull))] * 3,
        with_scenario(settings, scenario).put(smoothing=0.0, step=0),
    )


@cache
def _pull_where_dead(pipeline: str) -> str:
    """Return the pull on the first class of the scenario, as it is written."""
    scenario = LAB["log_of_zero"]
    pull = gradient(scenario.logits, scenario.target, pipeline, scenario.format)
    return f"{float(pull[0]):g}"


def _ask_dead(settings: Settings) -> Question:
    scenario = LAB["log_of_zero"]
    options = ["nan", "-1", "0", "inf"]
    return Question(
        "dead",
        say("gradient.ask_dead", logits=", ".join(f"{z:g}" for z in scenario.logits)),
        options,
        options.index(_pull_where_dead("naive")),
        [say("gradient.ask_dead_why", fused=_pull_where_dead("fused"))] * 4,
        broken(settings),
    )


LESSON = Lesson(
    page="gradient",
    parameters=(LOGITS, NAMES, TARGET, FORMAT, REACH, SMOOTHING, RATE, STEP),
    picture=_picture,
    build=build,
    acts={"break": broken},
    ask=ask,
)
