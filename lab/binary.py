"""The instruments of two classes: one score through the sigmoid, and two through a softmax."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from ce_core import softmax
from ce_core.activations import sigmoid
from ce_core.binary import FORMS, BinaryRun, run
from ce_core.formats import FORMATS
from ce_core.pipelines import WARNINGS
from lab import figures
from lab.blame import compared
from lab.controls import formats, grid, narrow, positions, reaches, slider
from lab.mathml import frac, math, row, sub, sup
from lab.readers import number
from lab.settings import Parameter, Settings, widened
from lab.words import say
from live.message import cut
from live.parts import (
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

X: Final[Parameter[float]] = Parameter("x", "sigmoid", number(), 2.0)
OTHER: Final[Parameter[float]] = Parameter("other", "sigmoid", number(), 0.0)

VALUE = Style("significant", 6)


# ---------------------------------------------------------------- the curve


def one(settings: Settings, columns: Columns) -> Instrument:
    """Build the instrument of one number x."""
    reach = widened(settings.reach, settings[X])
    moved = slider(X, "x", grid(settings[X], reach))
    (x,) = positions(settings, [moved], X)
    table = run(x, settings.format)
    add_columns(table, settings, reach, columns, reach / 10)
    columns.add("loss_log", narrow(table.losses["log"], settings.format))
    return Instrument(
        title=say("sigmoid.score"),
        hint=say("sigmoid.score_hint"),
        sliders=[moved],
        choices=[formats(settings), reaches(reach)],
        figures=[curve(reach, columns), tails(settings, reach, columns)],
        cards_title=say("sigmoid.cards"),
        cards=[_card("naive", columns), _card("stable", columns), _slope_card(columns)],
        sentences=[_verdict(table, x, settings.format, columns), _warnings(table, columns)],
        formulas_title=say("sigmoid.formulas"),
        formulas=_formulas(columns),
        tables=[_losses(columns)],
    )


def add_columns(
    table: BinaryRun, settings: Settings, reach: float, columns: Columns, across: float
) -> None:
    """Add what the curve, the tails and the cards show of a run, and the two curves themselves.

    The tangent is drawn from x - across to x + across.
    """
    numbers = {
        "x": table.x,
        "naive": table.sigmoid["naive"],
        "stable": table.sigmoid["stable"],
        "log_naive": table.log_sigmoid["naive"],
        "log_stable": table.log_sigmoid["stable"],
        "complement": table.complement,
        "slope": table.slope,
        "loss_naive": table.losses["naive"],
        "loss_fused": table.losses["fused"],
    }
    for name, values in numbers.items():
        columns.add(name, narrow(values, settings.format))
    ends = across * np.array([-1.0, 1.0])
    at, p, slope = (
        v.astype(np.float64)[..., None] for v in (table.x, numbers["stable"], table.slope)
    )
    columns.add("tangent_x", cut(at + ends))
    columns.add("tangent_y", cut(p + slope * ends))
    columns.update(_still(settings.format, reach))


@lru_cache(100)  # the curves change with the format and the reach alone
def _still(format_name: str, reach: float) -> dict[str, np.ndarray]:
    x = cut(np.linspace(-reach, reach, 401))  # whose ends may be beyond float32
    still = run(x, format_name)
    # The tails go down to the smallest number of the format, which may be far below float32's.
    tails = {"still": still.sigmoid["stable"], "still_complement": still.complement}
    sent = {name: narrow(values, format_name) for name, values in tails.items()}
    if format_name == "float64":
        sent = {name: cut(values) for name, values in sent.items()}
    return {name: values[None, None] for name, values in ({"still_x": x} | sent).items()}


def curve(reach: float, columns: Columns, marks: Sequence[tuple[str, float, str]] = ()) -> Figure:
    """Draw the sigmoid and its tangent, with some marks at the axes (see `lab.figures.curves`)."""
    line = (columns["still_x"], columns["still"], "fused")
    return Figure(
        title=say("sigmoid.curve"),
        alt=say("sigmoid.curve_alt"),
        plot=figures.curves([line], (-reach, reach), (-0.05, 1.05), "x", marks=marks),
        lines=[Line(columns["tangent_x"], columns["tangent_y"], "naive", True, "tangent")],
        points=[Point(columns["x"], columns["stable"], "fused", drag=X.key)],
        key=[("fused", say("sigmoid.key_sigmoid")), ("naive", say("sigmoid.key_slope"))],
        part="curve",
        spare=True,
    )


def tails(settings: Settings, reach: float, columns: Columns) -> Figure:
    """Draw the sigmoid of x and of -x on a logarithmic scale."""
    fmt = FORMATS[settings.format]
    lowest = max(np.log10(fmt.smallest_subnormal), -reach / np.log(10))
    x = columns["still_x"]
    lines = [(x, columns["still"], "fused"), (x, columns["still_complement"], "shifted")]
    return Figure(
        title=say("sigmoid.tails"),
        alt=say("sigmoid.tails_alt"),
        plot=figures.curves(lines, (-reach, reach), (1.05 * lowest, 0.5), "x", log_y=True),
        points=[
            Point(columns["x"], columns["stable"], "fused", drag=X.key),
            Point(columns["x"], columns["complement"], "shifted"),
        ],
        key=[("fused", say("sigmoid.key_sigmoid")), ("shifted", say("sigmoid.key_rest"))],
        part="tails",
    )


def _card(form: str, columns: Columns) -> Card:
    return Card(
        title=say(f"sigmoid.card_{form}"),
        note=say(f"sigmoid.card_{form}_note"),
        swatch="fused" if form == "stable" else "naive",
        value=Cell(columns[form], VALUE, readout=f"sigmoid-{form}"),
        unit="",
        second_label=say("sigmoid.card_log"),
        second=Cell(columns[f"log_{form}"], VALUE, readout=f"log-{form}"),
    )


def _slope_card(columns: Columns) -> Card:
    return Card(
        title=say("sigmoid.card_slope"),
        note=say("sigmoid.card_slope_note"),
        swatch="",
        value=Cell(columns["slope"], VALUE, readout="slope"),
        unit="",
        second_label=say("sigmoid.card_rest"),
        second=Cell(columns["complement"], VALUE, readout="complement"),
    )


def _verdict(table: BinaryRun, given: np.ndarray, name: str, columns: Columns) -> Sentence:
    """Say what became of the log, read off what was computed."""
    fmt = FORMATS[name]
    p, stable_p = table.sigmoid["naive"], table.sigmoid["stable"]
    naive = table.log_sigmoid["naive"].astype(np.float64)
    stable = table.log_sigmoid["stable"].astype(np.float64)
    heard = np.char.find(table.warnings, "exp") >= 0
    with np.errstate(invalid="ignore", over="ignore"):
        overflowed = np.exp(-table.x.astype(np.float64)) >= fmt.too_large
        lost = np.abs(naive - stable) > 10 * fmt.unit_roundoff * np.abs(stable)
        agree = (p == stable_p) & (naive == stable)
    # In the order in which they are asked; the last holds where no other does.
    cases = {
        "beyond": np.abs(given) >= fmt.too_large,
        "overflow": overflowed & heard & fmt.has_infinity,
        "overflow_unheard": overflowed & fmt.has_infinity,
        "overflow_nan": overflowed & fmt.has_nan,
        "overflow_max": overflowed,
        "log_of_zero": (p == 0) & fmt.has_infinity,
        "log_of_zero_nan": (p == 0) & fmt.has_nan,
        "log_of_zero_max": p == 0,
        "agree": agree,
        "rounds_to_one": lost & (naive == 0),
        "digits": lost,
        "near": ~agree,
    }
    code = np.select([*cases.values()], range(len(cases)))
    places = {
        "naive": Place(columns["log_naive"], compared(name)),
        "stable": Place(columns["log_stable"], compared(name)),
        "p": Place(columns["stable"], Style("prose", 4)),
    }
    return Sentence(
        "verdict",
        say("pipeline.verdict_title"),
        columns.add("said", code.astype(np.int8)),
        [say(f"sigmoid.said_{key}", format=name, max=f"{fmt.max:g}") for key in cases],
        places,
    )


def _warnings(table: BinaryRun, columns: Columns) -> Sentence:
    texts, which = np.unique(table.warnings, return_inverse=True)
    said = [[WARNINGS.index(line) for line in str(text).splitlines()] for text in texts]
    pieces = [
        say("verdict.warning", pipeline=say("pipeline.loss_naive"), text=text) for text in WARNINGS
    ]
    return Sentence(
        "warnings",
        say("pipeline.warnings_title"),
        columns.add("warned", which.reshape(table.x.shape).astype(np.int8)),
        [*pieces, say("pipeline.warnings_none")],
        said=[lines or [len(pieces)] for lines in said],
        glue="\n",
    )


def _formulas(columns: Columns) -> list[Formula]:
    x, p = Cell(columns["x"], Style("shortest", 6)), Cell(columns["stable"], VALUE)
    exponent = row("−", "(", x, ")")
    return [
        Formula(
            say("sigmoid.formula_sigmoid"),
            math(
                row("σ", "(", "x", ")", "="),
                frac("1", row("1", "+", sup("e", row("−", "x")))),
                "=",
                frac("1", row("1", "+", sup("e", exponent))),
                "=",
                p,
            ),
        ),
        Formula(
            say("sigmoid.formula_slope"),
            math(
                row("σ′", "(", "x", ")", "=", "σ", "(", "x", ")", "·", "σ", "(", "−", "x", ")"),
                row(
                    "=",
                    p,
                    "·",
                    Cell(columns["complement"], VALUE),
                    "=",
                    Cell(columns["slope"], VALUE),
                ),
            ),
        ),
    ]


def _losses(columns: Columns) -> Table:
    return Table(
        title=say("sigmoid.losses"),
        lead=say("sigmoid.losses_lead"),
        head=[say("sigmoid.way"), say("sigmoid.label_0"), say("sigmoid.label_1")],
        rows=[
            Row(
                say(f"sigmoid.loss_{form}"),
                [
                    Cell(columns[f"loss_{form}"], Style("fixed", 6), label, f"loss-{form}-{label}")
                    for label in (0, 1)
                ],
            )
            for form in FORMS
        ],
    )


# ---------------------------------------------------------------- the softmax of two


def pair_sliders(settings: Settings) -> list[Slider]:
    """Make the sliders of x and of z."""
    reach = widened(settings.reach, settings[X], settings[OTHER])
    return [
        slider(parameter, name, grid(settings[parameter], reach))
        for parameter, name in ((X, "x"), (OTHER, "z"))
    ]


def add_pair(
    settings: Settings, sliders: Sequence[Slider], columns: Columns
) -> tuple[Column, Column]:
    """Add the scores (x, z), and their softmax followed by the sigmoid of x - z."""
    with np.errstate(all="ignore"):
        stored = np.stack(positions(settings, sliders, X, OTHER), axis=-1).astype(
            FORMATS[settings.format].dtype
        )
        one = sigmoid(stored[..., :1] - stored[..., 1:])
        both = np.concatenate([softmax(stored), one], axis=-1)
    scores = columns.add("pair_scores", narrow(stored, settings.format))
    return scores, columns.add("pair_bars", narrow(both, settings.format))


def pair(settings: Settings, columns: Columns) -> Instrument:
    """Build the instrument that compares the sigmoid of x - z with the softmax of (x, z)."""
    sliders = pair_sliders(settings)
    scores, bars = add_pair(settings, sliders, columns)
    names = [say("sigmoid.pair_x"), say("sigmoid.pair_other"), say("sigmoid.pair_sigmoid")]
    cells = [Cell(bars, VALUE, i, f"pair-{i}") for i in range(3)]
    return Instrument(
        title=say("sigmoid.pair"),
        hint=say("sigmoid.pair_hint"),
        sliders=sliders,
        figures=[
            Figure(
                title=say("sigmoid.pair_bars"),
                alt=say("sigmoid.pair_alt"),
                plot=figures.probabilities(3, traces=1),
                bars=[Bars(0, bars, "shifted", [say("live.zero")] * 3)],
                names=names,
                rows=[Row(say("sigmoid.pair_row"), cells, "shifted")],
            )
        ],
        formulas=[_pair_formula(scores, bars)],
    )


def _pair_formula(scores: Column, bars: Column) -> Formula:
    digits = Style("shortest", 6)
    x, z = Cell(scores, digits, 0), Cell(scores, digits, 1)
    return Formula(
        say("sigmoid.formula_pair"),
        math(
            sub("softmax", "x"),
            "=",
            frac(sup("e", x), row(sup("e", x), "+", sup("e", z))),
            "=",
            frac("1", row("1", "+", sup("e", row("−", "(", x, "−", "(", z, ")", ")")))),
            "=",
            Cell(bars, VALUE, 2),
        ),
    )
