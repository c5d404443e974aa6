"""The cross-entropy and its gradient: the pull on each logit, and the way downhill."""

from dataclasses import replace
from functools import cache

import numpy as np

from ce_core import cross_entropy, log_sigmoid, log_softmax, logsumexp, softmax
from ce_core.backward import gradient, gradient_of
from ce_core.descent import descend, loss_along, slope, smoothed_target
from ce_core.likelihood import cross_entropy as distribution_cross_entropy
from ce_core.likelihood import entropy
from ce_core.scenarios import LAB, SCENARIOS
from ce_core.trace import PIPELINES, run_all
from pages.shared import controls, figures, lesson, state
from pages.shared.choices import (
    formats,
    logit_sliders,
    positions,
    reaches,
    slider,
    steps_each_way,
)
from pages.shared.controls import MAX_STEP, Settings
from pages.shared.lesson import Lesson, Question
from pages.shared.live import (
    Arrows,
    Bars,
    Card,
    Cell,
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
    cut,
    drawn,
    live,
)
from pages.shared.mathml import frac, math, row, sub
from pages.shared.words import literal, say

KEY = "gradient"
Columns = dict[str, np.ndarray]

LOSS = Style("fixed", 6)
SHORT = Style("significant", 4)
_SHARES = np.geomspace(0.002, 1.0, 64).round(4)  # closest where the curve of -ln p is steepest
_CURVE = distribution_cross_entropy([1.0, 0.0], np.stack([_SHARES, 1 - _SHARES], axis=-1))
_ALONG = np.linspace(-1.0, 1.0, 41)  # along an axis, in units of the reach
_DRAWN = np.arange(0, MAX_STEP + 1, 3)  # steps at which the descent is drawn
_ENLARGED = 0.4  # of the reach, how long an arrow is for a pull of 1


def show() -> None:
    """Show the page."""
    lesson.show(Lesson(KEY, draw, broken, ask))


def draw(settings: Settings) -> None:
    """Show the instrument."""
    live(KEY, *build(settings), on_commit=state.commit(KEY))


def broken(settings: Settings) -> Settings:
    """Open a wrong answer that is so sure that its probability rounds to 0."""
    opened = controls.with_scenario(settings, LAB["log_of_zero"])
    return replace(opened, smoothing=0.0, rate=1.0)


# ---------------------------------------------------------------- the table


def build(settings: Settings) -> tuple[Instrument, Columns]:
    """Build the instrument: sliders of the logits, the smoothing, the rate and the step."""
    # Each position has a whole descent.
    half = min(50, steps_each_way(settings))
    sliders = [*logit_sliders(settings, half), *_descent_sliders(settings)]
    table = positions(settings, sliders)
    smoothing, rate, step = table["smoothing"], table["rate"], table["step"]
    path = descend(table["logits"], settings.target, rate, MAX_STEP + 1, smoothing)
    columns = _columns(settings, path, smoothing, rate, step)
    pull, pull_columns = _pull(settings, columns, smoothing)
    columns |= pull_columns
    instrument = Instrument(
        title=say("gradient.controls"),
        hint=say("live.logits_hint"),
        sliders=sliders,
        choice_id="target",
        choice_label=say("live.target_group"),
        choice=settings.target,
        choices=[formats(settings), reaches(settings.effective_reach)],
        figures=[
            _pulls(settings),
            _map(settings, columns),
            _minus_log(settings),
            _descent(settings),
            _raw(settings),
        ],
        cards_title=say("gradient.cards"),
        cards=_cards(settings),
        sentences=pull,
        formulas_title=say("gradient.formulas"),
        formulas=_formulas(settings),
        tables=[_forms(settings)],
    )
    return instrument, columns


def _descent_sliders(settings: Settings) -> list[Slider]:
    rates = [float(f"{10 ** (k / 25):.3g}") for k in range(-50, 51)]
    smoothing = controls.scale(settings.smoothing, [k / 100 for k in range(101)])
    steps = list(range(MAX_STEP + 1))
    play = [say(f"gradient.{key}") for key in ("one_step", "play", "pause")]
    return [
        slider("smoothing", say("gradient.smoothing"), smoothing),
        slider("rate", say("gradient.rate"), controls.scale(settings.rate, rates), uneven=True),
        replace(slider("step", say("gradient.step"), (steps, settings.step)), play=play),
    ]


def _columns(
    settings: Settings,
    path: np.ndarray,
    smoothing: np.ndarray,
    rate: np.ndarray,
    step: np.ndarray,
) -> Columns:
    t, classes = settings.target, path.shape[-1]
    rows = np.arange(path.shape[0])[:, None], np.arange(path.shape[1])
    now, after = path[(*rows, step)], path[(*rows, step + 1)]
    p, target = softmax(now), smoothed_target(t, classes, smoothing)
    pull = slope(now, t, smoothing)
    columns: Columns = {
        "z": now,
        "after": after,
        "arrow": now - _ENLARGED * settings.effective_reach * pull,
        "p": p,
        "p_target": p[..., t],
        "y": target,
        "pull": pull,
        "pull_target": pull[..., t],
        "loss": loss_along(now[..., None, :], t, smoothing)[..., 0],
        "minus_log": 0 - log_softmax(now)[..., t],
        "floor": entropy(target),
        "rate": rate,
        "step_x": step.astype(np.int8),
        "losses": drawn(loss_along(path[..., _DRAWN, :], t, smoothing)),
        "even": np.array([[_even(classes)]]),
        "z_target": now[..., t],
        "raw": -now[..., t],
    }
    columns["u"], columns["v"] = _on_the_map(now, t)
    # Only the steps that were taken; the line ends where they led.
    taken = step[..., None] >= _DRAWN
    for name, places in zip(("u", "v"), _on_the_map(path[..., _DRAWN, :][taken], t), strict=True):
        line = np.repeat(columns[name][..., None], len(_DRAWN) + 1, axis=-1)
        line[..., :-1][taken] = places
        columns[f"path_{name}"] = drawn(line)
    along = _ALONG[::2] * settings.effective_reach
    # Of the other logits, the loss depends on their log-sum-exp R alone: it is ln(1 + e^(R - z_y)).
    others = np.asarray(logsumexp(np.delete(now, t, axis=-1), keepdims=True))
    columns["bounded"] = drawn(0 - log_sigmoid(along - others))
    seen = ["z", "after", "arrow", "p", "y", "pull"]
    wide = np.float64 if settings.format == "float64" else np.float32  # float32 holds the others
    for form, result in run_all(now, t, settings.format).items():
        columns[f"loss_{form}"] = result.steps["loss"].astype(wide)
        columns[f"pull_{form}"] = gradient_of(result).astype(wide)
        if wide is np.float64:
            seen.append(f"pull_{form}")
    return columns | {name: cut(columns[name]) for name in seen}


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


def _pulls(settings: Settings) -> Figure:
    count = len(settings.logits)
    reach = settings.effective_reach
    style = Style("significant", 2 if count >= figures.DENSE else 4)
    zero = [say("live.masked") if np.isinf(z) else "" for z in settings.logits]
    return Figure(
        title=say("gradient.pulls"),
        alt=say("gradient.pulls_alt"),
        plot=figures.signed(count, reach),
        bars=[Bars(0, "z", "shifted", zero, drag=[f"logits.{i}" for i in range(count)])],
        arrows=[Arrows(list(range(count)), "z", "arrow", "naive")],
        names=settings.names,
        rows=[
            Row(say(f"gradient.row_{column}"), _each(column, style, count), swatch)
            for column, swatch in (("p", ""), ("y", ""), ("pull", "naive"))
        ],
        key=[("shifted", say("gradient.key_logit")), ("naive", say("gradient.key_pull"))],
        dense=count >= figures.DENSE,
    )


def _each(column: str, style: Style, count: int) -> list[Cell]:
    return [Cell(column, style, i, f"{column}-{i}") for i in range(count)]


def _map(settings: Settings, columns: Columns) -> Figure:
    """Draw the loss over two logits, the others being as they are now."""
    t, rival = settings.target, _rival(settings.target)
    reach = settings.effective_reach
    axis = _ALONG * reach
    count = len(settings.logits)
    now = columns["z"][-1, settings.step]
    grid = np.empty((count, len(axis), len(axis)))  # the classes first, where sums are fast
    rest = [i for i in range(count) if i not in (t, rival)]
    if rest:
        grid[rest] = (now[rest] - _rest(now[rest]))[:, None, None]
    grid[t], grid[rival] = axis, axis[:, None]
    losses = loss_along(np.moveaxis(grid, 0, -1), t, settings.smoothing).round(4)
    names = [settings.names[t], settings.names[rival]]
    against = settings.names[rest[0]] if len(rest) == 1 else say("gradient.others")
    titles = [say("gradient.minus", name=name, other=against) if rest else name for name in names]
    exact = [*[f"logits.{i}" for i in range(count)], "rate", "step"]
    return Figure(
        title=say("gradient.map"),
        alt=say("gradient.map_alt"),
        plot=figures.contours(axis.tolist(), losses, say("gradient.across"), say("gradient.up")),
        lines=[Line("path_u", "path_v", "naive")],
        points=[Point("u", "v", "naive")],
        key=[("naive", say("gradient.map_axes", across=titles[0], up=titles[1]))],
        of=exact if count <= 3 or settings.smoothing == 0 else [],
    )


def _minus_log(settings: Settings) -> Figure:
    even = _even(len(settings.logits))
    return Figure(
        title=say("gradient.minus_log"),
        alt=say("gradient.minus_log_alt"),
        plot=figures.curves(
            [(_SHARES.tolist(), _CURVE.tolist(), "fused")],
            (-0.02, 1.02),
            (-0.15, 6.3),
            say("gradient.minus_log_x"),
            marks=[("y", even, say("gradient.even", classes=len(settings.logits)))],
        ),
        points=[Point("p_target", "minus_log", "fused")],
    )


def _descent(settings: Settings) -> Figure:
    even = _even(len(settings.logits))
    return Figure(
        title=say("gradient.descent"),
        alt=say("gradient.descent_alt"),
        plot=figures.curves(
            [],
            (-1, MAX_STEP + 1),
            (-0.15, 6.3),
            say("gradient.descent_x"),
            marks=[("y", even, say("gradient.even", classes=len(settings.logits)))],
        ),
        lines=[Line(_DRAWN.tolist(), "losses", "fused")],
        points=[Point("step_x", "loss", "fused", drag="step")],
    )


def _raw(settings: Settings) -> Figure:
    reach = settings.effective_reach
    along = (_ALONG[::2] * reach).tolist()
    name = settings.names[settings.target]
    return Figure(
        title=say("gradient.raw"),
        alt=say("gradient.raw_alt", name=name),
        plot=figures.curves(
            [(along, [-z for z in along], "onehot")],
            (-reach, reach),
            (-reach, reach),
            say("gradient.raw_x"),
        ),
        lines=[Line(along, "bounded", "fused")],
        points=[Point("z_target", "minus_log", "fused"), Point("z_target", "raw", "onehot")],
        key=[("fused", say("gradient.key_bounded")), ("onehot", say("gradient.key_raw"))],
    )


def _cards(settings: Settings) -> list[Card]:
    name = settings.names[settings.target]
    return [
        Card(
            title=say("gradient.card_loss"),
            note=say("gradient.card_loss_note"),
            swatch="fused",
            value=Cell("loss", LOSS, readout="loss"),
            unit=say("pipeline.loss_unit"),
            second_label=say("gradient.card_even"),
            second=Cell("even", LOSS, readout="even"),
        ),
        Card(
            title=say("gradient.card_probability", name=name),
            note=say("gradient.card_probability_note"),
            swatch="",
            value=Cell("p_target", SHORT, readout="p-target"),
            unit="",
        ),
        Card(
            title=say("gradient.card_pull", name=name),
            note=say("gradient.card_pull_note"),
            swatch="naive",
            value=Cell("pull_target", SHORT, readout="pull-target"),
            unit="",
        ),
    ]


def _pull(
    settings: Settings, columns: Columns, smoothing: np.ndarray
) -> tuple[list[Sentence], Columns]:
    pull = columns["pull_target"]
    loss = columns["loss"]
    kind = np.select([np.isnan(loss), np.isinf(loss), smoothing > 0, pull > -0.01], [4, 0, 3, 2], 1)
    keys = ("pull_inf", "pull_strong", "pull_weak", "pull_smoothed", "pull_nan")
    style = Style("prose", 4)
    said = Sentence(
        "verdict",
        say("gradient.pull_title"),
        "pull_kind",
        [say(f"gradient.{key}") for key in keys],
        {
            "target": Place("pull_class", names=settings.names),
            "p": Place("p_target", style),
            "pull": Place("pull_target", style),
            "loss": Place("loss", style),
            "floor": Place("floor", style),
        },
    )
    raw = Sentence(
        "raw",
        say("gradient.raw_title"),
        "nothing",
        [say("gradient.raw_said")],
        {"raw": Place("raw", style), "loss": Place("minus_log", style)},
    )
    return [said, raw], {
        "pull_kind": kind.astype(np.int8),
        "pull_class": np.array([[settings.target]], np.int8),
        "nothing": np.zeros((1, 1), np.int8),
    }


def _formulas(settings: Settings) -> list[Formula]:
    t = settings.target
    p, y, pull = (Cell(column, SHORT, t) for column in ("p", "y", "pull"))
    z, after = Cell("z", SHORT, t), Cell("after", SHORT, t)
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
                row("=", z, "−", Cell("rate", SHORT), "·", "(", pull, ")", "=", after),
            ),
        ),
    ]


def _forms(settings: Settings) -> Table:
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
                    Cell(f"loss_{form}", LOSS, readout=f"loss-{form}"),
                    *[Cell(f"pull_{form}", SHORT, i, f"pull-{form}-{i}") for i in range(count)],
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
        replace(settings, logits=(0.0,) * classes, step=0, smoothing=0.0),
    )


def _ask_strongest(settings: Settings) -> Question:
    scenario = SCENARIOS["everyday"]
    pull = slope(scenario.logits, scenario.target)
    names = [literal(name) for name in controls.first_names(3)]
    right = int(np.abs(pull).argmax())
    return Question(
        "strongest",
        say("gradient.ask_strongest", name=names[scenario.target]),
        names,
        right,
        [say("gradient.ask_strongest_why", pulls=", ".join(f"{g:.3f}" for g in pull))] * 3,
        replace(controls.with_scenario(settings, scenario), smoothing=0.0),
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
