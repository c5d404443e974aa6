"""The sigmoid: two classes, its tails, its log, and the softmax that it is."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from ce_core import softmax
from ce_core.activations import sigmoid
from ce_core.binary import FORMS, BinaryRun, run
from ce_core.formats import FORMATS
from pages.shared import controls, figures, lesson, state
from pages.shared.choices import formats, reaches, slider
from pages.shared.controls import Settings
from pages.shared.lesson import Lesson, Question
from pages.shared.live import (
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
    Style,
    Table,
    live,
)
from pages.shared.mathml import frac, math, row, sub, sup
from pages.shared.verdict import compared
from pages.shared.words import say

KEY = "sigmoid"
Columns = dict[str, np.ndarray]
VALUE = Style("significant", 6)


def show() -> None:
    """Show the page."""
    lesson.show(Lesson(KEY, draw, broken, ask))


def draw(settings: Settings) -> None:
    """Show the two instruments of the lesson."""
    live(KEY, *curve(settings), on_commit=state.commit(KEY))
    live("pair", *pair(settings), on_commit=state.commit("pair"))


def broken(settings: Settings) -> Settings:
    """Go where exp(-x) is beyond every format."""
    return replace(settings, x=-1234.0, other=0.0, format="float64", reach=1000.0)


# ---------------------------------------------------------------- the curve


def curve(settings: Settings) -> tuple[Instrument, Columns]:
    """Build the instrument of one number x."""
    reach = settings.reach_for(settings.x)
    positions = controls.grid(settings.x, reach)
    table = run([positions[0]], settings.format)
    said, columns = _verdict(table, settings.format)
    warned, warned_columns = _warnings(table)
    columns |= warned_columns | _columns(table)
    half = reach / 10  # how far the tangent is drawn
    x = table.x.astype(np.float64)[..., None]
    slope, p = columns["slope"][..., None], columns["stable"][..., None]
    columns["tangent_x"] = np.concatenate([x - half, x + half], axis=-1)
    columns["tangent_y"] = np.concatenate([p - half * slope, p + half * slope], axis=-1)
    instrument = Instrument(
        title=say("sigmoid.score"),
        hint=say("sigmoid.score_hint"),
        sliders=[slider("x", "x", positions)],
        choices=[formats(settings), reaches(reach)],
        figures=[_curve(settings, reach), _tails(settings, reach)],
        cards_title=say("sigmoid.cards"),
        cards=[_card("naive"), _card("stable"), _slope_card()],
        sentences=[said, warned],
        formulas_title=say("sigmoid.formulas"),
        formulas=_formulas(),
        tables=[_losses()],
    )
    return instrument, columns


def _columns(table: BinaryRun) -> Columns:
    columns = {
        "x": table.x,
        "naive": table.sigmoid["naive"],
        "stable": table.sigmoid["stable"],
        "log_naive": table.log_sigmoid["naive"],
        "log_stable": table.log_sigmoid["stable"],
        "complement": table.complement,
        "slope": table.slope,
    } | {f"loss_{form}": losses for form, losses in table.losses.items()}
    return {name: column.astype(np.float64) for name, column in columns.items()}


@lru_cache(100)  # the curves change with the format and the reach alone
def _still(format_name: str, reach: float) -> tuple[np.ndarray, BinaryRun]:
    x = np.linspace(-reach, reach, 401)
    return x, run(x, format_name)


def _curve(settings: Settings, reach: float) -> Figure:
    x, still = _still(settings.format, reach)
    line = (x.tolist(), still.sigmoid["stable"].astype(float).tolist(), "fused")
    return Figure(
        title=say("sigmoid.curve"),
        alt=say("sigmoid.curve_alt"),
        plot=figures.curves([line], (-reach, reach), (-0.05, 1.05), "x"),
        lines=[Line("tangent_x", "tangent_y", "naive", dashed=True)],
        points=[Point("x", "stable", "fused", drag="x")],
        key=[("fused", say("sigmoid.key_sigmoid")), ("naive", say("sigmoid.key_slope"))],
    )


def _tails(settings: Settings, reach: float) -> Figure:
    x, still = _still(settings.format, reach)
    fmt = FORMATS[settings.format]
    lowest = max(np.log10(fmt.smallest_subnormal), -reach / np.log(10))
    lines = [
        (x.tolist(), y.astype(float).tolist(), colour)
        for y, colour in ((still.sigmoid["stable"], "fused"), (still.complement, "shifted"))
    ]
    return Figure(
        title=say("sigmoid.tails"),
        alt=say("sigmoid.tails_alt"),
        plot=figures.curves(lines, (-reach, reach), (1.05 * lowest, 0.5), "x", log_y=True),
        points=[Point("x", "stable", "fused", drag="x"), Point("x", "complement", "shifted")],
        key=[("fused", say("sigmoid.key_sigmoid")), ("shifted", say("sigmoid.key_rest"))],
    )


def _card(form: str) -> Card:
    return Card(
        title=say(f"sigmoid.card_{form}"),
        note=say(f"sigmoid.card_{form}_note"),
        swatch="fused" if form == "stable" else "naive",
        value=Cell(form, VALUE, readout=f"sigmoid-{form}"),
        unit="",
        second_label=say("sigmoid.card_log"),
        second=Cell(f"log_{form}", VALUE, readout=f"log-{form}"),
    )


def _slope_card() -> Card:
    return Card(
        title=say("sigmoid.card_slope"),
        note=say("sigmoid.card_slope_note"),
        swatch="",
        value=Cell("slope", VALUE, readout="slope"),
        unit="",
        second_label=say("sigmoid.card_rest"),
        second=Cell("complement", VALUE, readout="complement"),
    )


def _verdict(table: BinaryRun, name: str) -> tuple[Sentence, Columns]:
    """Say what became of the log, read off what was computed."""
    naive = table.log_sigmoid["naive"].astype(np.float64)
    stable = table.log_sigmoid["stable"].astype(np.float64)
    overflowed = np.char.find(table.warnings, "exp") >= 0
    with np.errstate(invalid="ignore"):
        lost = np.abs(naive - stable) > 10 * FORMATS[name].unit_roundoff * np.abs(stable)
    code = np.select(
        [np.isneginf(naive) & overflowed, np.isneginf(naive), lost & (naive == 0), lost],
        [1, 2, 3, 4],
        0,
    )
    keys = ("agree", "overflow", "log_of_zero", "rounds_to_one", "digits")
    places = {
        "naive": Place("log_naive", compared(name)),
        "stable": Place("log_stable", compared(name)),
        "p": Place("stable", Style("prose", 4)),
    }
    templates = [say(f"sigmoid.said_{key}", format=name) for key in keys]
    title = say("pipeline.verdict_title")
    return Sentence("verdict", title, "said", templates, places), {"said": code.astype(np.int8)}


def _warnings(table: BinaryRun) -> tuple[Sentence, Columns]:
    texts, which = np.unique(table.warnings, return_inverse=True)
    templates = [
        "\n".join(
            say("verdict.warning", pipeline=say("pipeline.loss_naive"), text=line)
            for line in str(text).splitlines()
        )
        or say("pipeline.warnings_none")
        for text in texts
    ]
    column = which.reshape(table.x.shape).astype(np.int16)
    sentence = Sentence("warnings", say("pipeline.warnings_title"), "warned", templates, {})
    return sentence, {"warned": column}


def _formulas() -> list[Formula]:
    x, p = Cell("x", Style("shortest", 6)), Cell("stable", VALUE)
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
                row("=", p, "·", Cell("complement", VALUE), "=", Cell("slope", VALUE)),
            ),
        ),
    ]


def _losses() -> Table:
    return Table(
        title=say("sigmoid.losses"),
        lead=say("sigmoid.losses_lead"),
        head=[say("sigmoid.way"), say("sigmoid.label_0"), say("sigmoid.label_1")],
        rows=[
            Row(
                say(f"sigmoid.loss_{form}"),
                [
                    Cell(f"loss_{form}", Style("fixed", 6), label, f"loss-{form}-{label}")
                    for label in (0, 1)
                ],
            )
            for form in FORMS
        ],
    )


# ---------------------------------------------------------------- the softmax of two


def pair(settings: Settings) -> tuple[Instrument, Columns]:
    """Build the instrument that compares the sigmoid of x - z with the softmax of (x, z)."""
    reach = settings.reach_for(settings.x, settings.other)
    grids = [controls.grid(value, reach) for value in (settings.x, settings.other)]
    dtype = FORMATS[settings.format].dtype
    logits = np.empty((2, len(grids[0][0]), 2))
    logits[..., 0], logits[..., 1] = settings.x, settings.other
    for i, (values, _) in enumerate(grids):
        logits[i, :, i] = values
    with np.errstate(all="ignore"):
        stored = logits.astype(dtype)
        both = softmax(stored)
        one = sigmoid(stored[..., 0] - stored[..., 1])
    columns = {
        "softmax": both.astype(np.float64),
        "sigmoid": one.astype(np.float64)[..., None],
        "z": stored.astype(np.float64),
    }
    columns["bars"] = np.concatenate([columns["softmax"], columns["sigmoid"]], axis=-1)
    names = [say("sigmoid.pair_x"), say("sigmoid.pair_other"), say("sigmoid.pair_sigmoid")]
    cells = [Cell("bars", VALUE, i, f"pair-{i}") for i in range(3)]
    instrument = Instrument(
        title=say("sigmoid.pair"),
        hint=say("sigmoid.pair_hint"),
        sliders=[slider("x", "x", grids[0]), slider("other", "z", grids[1])],
        figures=[
            Figure(
                title=say("sigmoid.pair_bars"),
                alt=say("sigmoid.pair_alt"),
                plot=figures.probabilities(3, traces=1),
                bars=[Bars(0, "bars", "shifted", [say("live.zero")] * 3)],
                names=names,
                rows=[Row(say("sigmoid.pair_row"), cells, "shifted")],
            )
        ],
        formulas_title="",
        formulas=[_pair_formula()],
    )
    return instrument, columns


def _pair_formula() -> Formula:
    digits = Style("shortest", 6)
    x, z = Cell("z", digits, 0), Cell("z", digits, 1)
    return Formula(
        say("sigmoid.formula_pair"),
        math(
            sub("softmax", "x"),
            "=",
            frac(sup("e", x), row(sup("e", x), "+", sup("e", z))),
            "=",
            frac("1", row("1", "+", sup("e", row("−", "(", x, "−", "(", z, ")", ")")))),
            "=",
            Cell("sigmoid", VALUE),
        ),
    )


# ---------------------------------------------------------------- the questions


def ask(settings: Settings) -> list[Question]:
    """Make the questions; the core answers them."""
    return [_ask_log(settings), _ask_flat(settings), _ask_slope(settings)]


def _ask_log(settings: Settings) -> Question:
    x = -800.0
    result = run(x, "float64")
    naive, stable = (float(result.log_sigmoid[form]) for form in ("naive", "stable"))
    options = [f"{naive:g}", f"{stable:g}", "0", "nan"]
    return Question(
        "log",
        say("sigmoid.ask_log", x=f"{x:g}"),
        options,
        options.index(f"{naive:g}"),
        [say(f"sigmoid.ask_log_{i}", stable=f"{stable:g}") for i in range(4)],
        replace(settings, x=x, format="float64", reach=1000.0),
    )


def _ask_flat(settings: Settings) -> Question:
    x = 9.0
    ones = {name: bool(run(x, name).sigmoid["stable"] == 1) for name in ("float16", "float32")}
    right = [(True, True), (True, False), (False, False)].index((ones["float16"], ones["float32"]))
    rest = float(run(x, "float32").complement)
    return Question(
        "flat",
        say("sigmoid.ask_flat", x=f"{x:g}"),
        [say(f"sigmoid.ask_flat_option_{i}") for i in range(3)],
        right,
        [say("sigmoid.ask_flat_why", rest=f"{rest:.3g}")] * 3,
        replace(settings, x=x, format="float16", reach=10.0),
    )


def _ask_slope(settings: Settings) -> Question:
    slope = float(run(0.0, "float64").slope)
    options = ["1", "0.5", "0.25", "0"]
    return Question(
        "slope",
        say("sigmoid.ask_slope"),
        options,
        options.index(f"{slope:g}"),
        [say("sigmoid.ask_slope_why", slope=f"{slope:g}")] * 4,
        replace(settings, x=0.0, reach=10.0),
    )
