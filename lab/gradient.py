"""The free instrument of the gradient: pulls, map, descent, and what each form makes of them."""

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from ce_core import cross_entropy, log_sigmoid, log_softmax, logsumexp, softmax
from ce_core.descent import descend, loss_along, slope, smoothed_target
from ce_core.likelihood import cross_entropy as distribution_cross_entropy
from ce_core.likelihood import entropy
from ce_core.pipelines import PIPELINES
from ce_core.smoothed import smoothed_forms
from lab import figures
from lab.controls import (
    formats,
    logit_sliders,
    narrow,
    positions,
    reaches,
    scale,
    slider,
    steps_each_way,
)
from lab.mathml import frac, math, row, sub
from lab.parameters import LOGITS
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
_ALONG = np.linspace(-1.0, 1.0, 41)  # along an axis, in units of the reach
_DRAWN = np.arange(0, MAX_STEP + 1, 3)  # steps at which the descent is drawn
_RATES = [float(f"{10 ** (k / 25):.3g}") for k in range(-50, 51)]
_ENLARGED = 0.4  # of the reach, how long an arrow is for a pull of 1


# ---------------------------------------------------------------- the table


def instrument(settings: Settings, columns: Columns) -> Instrument:
    """Build the instrument: sliders of the logits, the smoothing, the rate and the step."""
    # Each position has a whole descent.
    half = min(50, steps_each_way(settings))
    sliders = [*logit_sliders(settings, half), *_descent_sliders(settings)]
    table = positions(settings, sliders, LOGITS, SMOOTHING, RATE, STEP)
    _add_columns(settings, sliders, table, columns)
    return Instrument(
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


def _descent_sliders(settings: Settings) -> list[Slider]:
    return [smoothing_slider(settings), rate_slider(settings), step_slider(settings, MAX_STEP)]


def smoothing_slider(settings: Settings) -> Slider:
    """Make the slider of the smoothing."""
    values = scale(settings[SMOOTHING], [k / 100 for k in range(101)])
    return slider(SMOOTHING, say("gradient.smoothing"), values)


def rate_slider(settings: Settings) -> Slider:
    """Make the slider of the rate, which is logarithmic."""
    return slider(RATE, say("gradient.rate"), scale(settings[RATE], _RATES), uneven=True)


def step_slider(settings: Settings, most: int) -> Slider:
    """Make the slider that goes downhill, at least so many steps."""
    steps = list(range(max(most, settings[STEP]) + 1))
    play = [say(f"gradient.{key}") for key in ("one_step", "play", "pause")]
    return slider(STEP, say("gradient.step"), (steps, settings[STEP]), play=play)


def paths(sliders: Sequence[Slider], longest: int) -> tuple[np.ndarray, np.ndarray]:
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
    own, which = paths(sliders, step.shape[1])
    path = descend(logits[own], t, rate[own], MAX_STEP + 1, smoothing[own])
    now, after = path[which, step], path[which, step + 1]
    p, target = softmax(now), smoothed_target(t, classes, smoothing)
    pull = slope(now, t, smoothing)
    reach = settings.effective_reach
    fallen = loss_along(path[:, _DRAWN], t, smoothing[own])
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
            "losses": drawn(fallen, *losses(settings))[which],
            "even": np.array([[even_loss(classes)]]),
            "z_target": drawn(now[..., t], -reach, reach),
            "raw": -now[..., t],
        }
    )
    ends = on_the_map(now, t)
    # Only the steps that were taken; the line ends where they led.
    taken = step[..., None] >= _DRAWN
    slider_, place, i = np.nonzero(taken)
    passed = on_the_map(path[which[slider_, place], _DRAWN[i]], t)
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
def even_loss(classes: int) -> float:
    """Return the loss where all classes are equally likely."""
    return float(cross_entropy(np.zeros(classes), 0))


def rival_of(target: int) -> int:
    """Return the other class whose logit is an axis of the map."""
    return 0 if target else 1


def losses(settings: Settings) -> tuple[float, float]:
    """Return what the axis of a loss shows: more than usual where the descent begins above that."""
    start = float(loss_along([settings.logits], settings.target, settings[SMOOTHING])[0])
    top = max(6.3, 1.05 * start) if np.isfinite(start) else 6.3
    return -0.024 * top, top


def curve(top: float) -> tuple[np.ndarray, np.ndarray]:
    """Return -ln p over p, up to a height, closest where it is steepest."""
    shares = np.geomspace(np.exp(-min(top, 700.0)), 1.0, 129)
    heights = distribution_cross_entropy([1.0, 0.0], np.stack([shares, 1 - shares], axis=-1))
    return shares, np.asarray(heights)


def on_the_map(logits: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two logits relative to the others, which is all that the loss depends on.

    With R the log-sum-exp of the other logits, logsumexp(z) - z_y is unchanged when R is subtracted
    from all. Of two classes there are no others, and the axes are the logits.
    """
    a, b = logits[..., target], logits[..., rival_of(target)]
    others = np.delete(logits, [target, rival_of(target)], axis=-1)
    if not others.shape[-1]:
        return a, b
    rest = rest_of(others)
    with np.errstate(invalid="ignore"):
        return a - rest, b - rest


def landscape(
    logits: np.ndarray, target: int, smoothing: float, reach: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return an axis of the map, and the loss over both, of shape (1, 1, len(axis)**2)."""
    rival = rival_of(target)
    axis = _ALONG * reach
    grid = np.empty((len(logits), len(axis), len(axis)))  # the classes first, where sums are fast
    rest = [i for i in range(len(logits)) if i not in (target, rival)]
    if rest:
        grid[rest] = (logits[rest] - rest_of(logits[rest]))[:, None, None]
    grid[target], grid[rival] = axis, axis[:, None]
    return axis, loss_along(np.moveaxis(grid, 0, -1), target, smoothing).reshape(1, 1, -1)


def rest_of(others: np.ndarray) -> np.ndarray:
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
    t, rival = settings.target, rival_of(settings.target)
    reach = settings.effective_reach
    count = len(settings.logits)
    now = columns["z"].values[-1, settings[STEP]]
    axis, values = landscape(now, t, settings[SMOOTHING], reach)
    heights = columns.add("map", drawn(values, 0, 2 * reach, 2**13))
    rest = [i for i in range(count) if i not in (t, rival)]
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
    even = even_loss(len(settings.logits))
    axis = losses(settings)
    x, y = curve(axis[1])
    shares = columns.add("curve_x", x[None, None])  # below float32, where a loss is large
    heights = columns.add("curve_y", y[None, None].astype(np.float32))
    return Figure(
        title=say("gradient.minus_log"),
        alt=say("gradient.minus_log_alt"),
        plot=figures.curves(
            [(shares, heights, "fused")],
            (-0.02, 1.02),
            axis,
            say("gradient.minus_log_x"),
            marks=[("y", even, say("gradient.even", classes=len(settings.logits)))],
        ),
        points=[Point(columns["p_target"], columns["minus_log"], "fused")],
    )


def _descent(settings: Settings, columns: Columns) -> Figure:
    even = even_loss(len(settings.logits))
    return Figure(
        title=say("gradient.descent"),
        alt=say("gradient.descent_alt"),
        plot=figures.curves(
            [],
            (-1, MAX_STEP + 1),
            losses(settings),
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
    rivals = np.delete(columns["z"].values, settings.target, axis=-1)
    alone = np.isneginf(rivals).all(axis=-1)
    kind = np.select(
        [no_loss, infinite, smoothing > 0, alone, loss.values == 0, weak], [4, 0, 3, 5, 6, 2], 1
    )
    keys = ("inf", "strong", "weak", "smoothed", "nan", "alone", "zero")
    style = Style("prose", 4)
    target = columns.add("pull_class", np.array([[settings.target]], np.int8))
    said = Sentence(
        "verdict",
        say("gradient.pull_title"),
        columns.add("pull_kind", kind.astype(np.int8)),
        [say(f"gradient.pull_{key}") for key in keys],
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
