"""From the likelihood of observations to the cross-entropy and its length in bits."""

from dataclasses import replace
from functools import cache

import numpy as np

from ce_core.formats import FORMATS
from ce_core.likelihood import (
    cross_entropy,
    entropy,
    kl_divergence,
    likelihood_and_underflow,
    multinomial_log_likelihood,
    underflow_count,
)
from ce_core.losses import one_hot
from pages.shared import controls, figures, lesson, state
from pages.shared.choices import formats, positions
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
    Slider,
    Style,
    Table,
    drawn,
    live,
)
from pages.shared.mathml import Part, frac, ln, math, row, sub, subsup, sup
from pages.shared.words import literal, say

KEY = "likelihood"
Columns = dict[str, np.ndarray]

LIMIT = 2000  # observations that are made at most, to see where a product becomes 0
SHOWN = ("float64", "float32", "float16")  # whose smallest numbers are lines in the chart
NATS, BITS = Style("fixed", 6), Style("fixed", 4)
SMALL = Style("significant", 4)
_GRID = np.linspace(0.0, 1.0, 51)  # the curve over one probability
_MADE = np.unique(np.round(np.geomspace(1, LIMIT, 40)))  # numbers of observations


def show() -> None:
    """Show the page."""
    lesson.show(Lesson(KEY, draw, broken, ask))


def draw(settings: Settings) -> None:
    """Show the instrument."""
    live(KEY, *build(settings), on_commit=state.commit(KEY))


def broken(settings: Settings) -> Settings:
    """Observe hundreds: the product of their probabilities is 0 in every format."""
    count = len(settings.logits)
    few = 200 if count == controls.MIN_CLASSES else 100  # 1075 halvings leave float64 behind
    counts = tuple(few * n for n in controls.FIRST_COUNTS[:count])
    return replace(settings, counts=counts, model=controls.first_model(count), format="float64")


# ---------------------------------------------------------------- the table


def build(settings: Settings) -> tuple[Instrument, Columns]:
    """Build the instrument: sliders of the counts, then of the model's probabilities."""
    sliders = [*_count_sliders(settings), *_model_sliders(settings)]
    table = positions(settings, sliders)
    model = table["model"] / table["model"].sum(axis=-1, keepdims=True)
    columns = _columns(settings, table["counts"], model)
    instrument = Instrument(
        title=say("likelihood.controls"),
        hint=say("likelihood.controls_hint"),
        sliders=sliders,
        choice_id="target",
        choice_label=say("likelihood.curve_of"),
        choice=settings.target,
        choices=[formats(settings)],
        figures=[_bars(settings), _curve(settings), _products()],
        cards_title=say("likelihood.cards"),
        cards=_cards(settings),
        sentences=_sentences(settings, columns),
        formulas_title=say("likelihood.formulas"),
        formulas=_formulas(settings),
        tables=[_bits(), _formats()],
    )
    return instrument, columns


def _count_sliders(settings: Settings) -> list[Slider]:
    top = 100 if max(settings.counts) <= 100 else controls.MAX_COUNT
    sliders = []
    for j, (name, count) in enumerate(zip(settings.names, settings.counts, strict=True)):
        values, index = controls.scale(count, range(0, top + 1, top // 100))
        if sum(settings.counts) == count:
            values[0] = values[0] or 1  # one observation at least
        label = say("control.counts", name=name)
        sliders.append(
            Slider(f"counts.{j}", say("likelihood.count", name=name), label, values, index)
        )
    return sliders


def _model_sliders(settings: Settings) -> list[Slider]:
    sliders = []
    for j, (name, p) in enumerate(zip(settings.names, settings.model, strict=True)):
        values, index = controls.scale(p, [k / 100 for k in range(101)])
        sliders.append(
            Slider(
                f"model.{j}",
                say("likelihood.probability", name=name),
                say("control.model", name=name),
                values,
                index,
                choice=say("likelihood.curve_choice", name=name),
            )
        )
    return sliders


def _columns(settings: Settings, counts: np.ndarray, model: np.ndarray) -> Columns:
    total = counts.sum(axis=-1, keepdims=True)
    observed = counts / total
    a = settings.target
    columns: Columns = {
        "counts": counts.astype(np.int16),
        "observed": observed,
        "model": model,
        "total": total[..., 0].astype(np.float64),
        "log_likelihood": multinomial_log_likelihood(model, counts),
        "cross_entropy": cross_entropy(observed, model),
        "cross_entropy_bits": cross_entropy(observed, model, unit="bits"),
        "entropy_bits": entropy(observed, unit="bits"),
        "kl_bits": kl_divergence(observed, model, unit="bits"),
        "entropy": entropy(observed),
        "kl": kl_divergence(observed, model),
        "point_x": model[..., a],
        "seen_x": observed[..., [a, a]],
        "seen_y": np.array([[[0.0, 1e3]]]),
    }
    columns["bits_in_all"] = -multinomial_log_likelihood(model, counts, unit="bits")
    others = np.delete(model, a, axis=-1)
    left = others.sum(axis=-1, keepdims=True)
    even = np.full_like(others, 1 / others.shape[-1])
    others = np.divide(others, left, out=even, where=left > 0)
    rest = (1 - _GRID)[:, None] * others[..., None, :]
    models = np.insert(rest, a, np.broadcast_to(_GRID, rest.shape[:-1]), axis=-1)
    columns["curve"] = drawn(cross_entropy(observed[..., None, :], models))
    of_one = multinomial_log_likelihood(model, observed)[..., None] / np.log(10)
    columns["made"] = drawn(of_one * _MADE)  # the log of a product grows evenly
    multiplied = likelihood_and_underflow(model, counts, list(FORMATS), LIMIT)
    for name, (product, zero_at) in multiplied.items():
        columns[f"product_{name}"] = product.astype(np.float64)
        columns[f"zero_at_{name}"] = zero_at.astype(np.int32)
        if name in SHOWN:
            columns[f"zero_x_{name}"] = np.where(zero_at > 0, zero_at, np.nan)
            columns[f"zero_y_{name}"] = np.array([[_floor(name)]])
    return columns


def _floor(name: str) -> float:
    return float(np.log10(FORMATS[name].smallest_subnormal))


# ---------------------------------------------------------------- what is drawn


def _bars(settings: Settings) -> Figure:
    count = len(settings.counts)
    zero = [say("live.zero")] * count
    style = Style("significant", 2 if count >= figures.DENSE else 4)
    return Figure(
        title=say("likelihood.bars"),
        alt=say("likelihood.bars_alt"),
        plot=figures.probabilities(count, traces=2),
        bars=[
            Bars(0, "observed", "onehot", [""] * count),
            Bars(1, "model", "shifted", zero, drag=[f"model.{j}" for j in range(count)]),
        ],
        names=settings.names,
        rows=[
            Row(say("likelihood.row_observed"), _each("observed", style, count), "onehot"),
            Row(say("likelihood.row_model"), _each("model", style, count, "p"), "shifted"),
        ],
        dense=count >= figures.DENSE,
    )


def _each(column: str, style: Style, count: int, readout: str = "") -> list[Cell]:
    return [Cell(column, style, j, f"{readout}-{j}" if readout else "") for j in range(count)]


def _curve(settings: Settings) -> Figure:
    name = settings.names[settings.target]
    return Figure(
        title=say("likelihood.curve", name=name),
        alt=say("likelihood.curve_alt", name=name),
        plot=figures.curves([], (-0.02, 1.02), (0, 4), say("likelihood.curve_x")),
        lines=[
            Line("seen_x", "seen_y", "onehot", dashed=True),
            Line(_GRID.tolist(), "curve", "fused"),
        ],
        points=[Point("point_x", "cross_entropy", "fused", drag=f"model.{settings.target}")],
        key=[
            ("fused", say("likelihood.key_cross_entropy")),
            ("onehot", say("likelihood.key_seen")),
        ],
    )


def _products() -> Figure:
    marks = [("y", _floor(name), say("likelihood.smallest", format=name)) for name in SHOWN]
    return Figure(
        title=say("likelihood.products"),
        alt=say("likelihood.products_alt"),
        plot=figures.curves(
            [],
            (0, np.log10(LIMIT)),
            (-345, 15),
            say("likelihood.products_x"),
            log_x=True,
            marks=marks,
        ),
        lines=[Line(_MADE.tolist(), "made", "shifted")],
        points=[Point(f"zero_x_{name}", f"zero_y_{name}", "naive") for name in SHOWN],
        key=[("shifted", say("likelihood.key_sum")), ("naive", say("likelihood.key_zero"))],
    )


def _cards(settings: Settings) -> list[Card]:
    return [
        Card(
            title=say("likelihood.card_product"),
            note=say("likelihood.card_product_note", format=settings.format),
            swatch="naive",
            value=Cell(f"product_{settings.format}", SMALL, readout="product"),
            unit="",
            second_label=say("likelihood.card_total"),
            second=Cell("total", Style("prose", 6), readout="total"),
        ),
        Card(
            title=say("likelihood.card_sum"),
            note=say("likelihood.card_sum_note"),
            swatch="shifted",
            value=Cell("log_likelihood", Style("significant", 6), readout="log-likelihood"),
            unit=say("pipeline.loss_unit"),
        ),
        Card(
            title=say("likelihood.card_mean"),
            note=say("likelihood.card_mean_note"),
            swatch="fused",
            value=Cell("cross_entropy", NATS, readout="cross-entropy"),
            unit=say("pipeline.loss_unit"),
            second_label=say("likelihood.card_bits"),
            second=Cell("cross_entropy_bits", BITS, readout="bits"),
        ),
    ]


def _sentences(settings: Settings, columns: Columns) -> list[Sentence]:
    name = settings.format
    product, zero_at = columns[f"product_{name}"], columns[f"zero_at_{name}"]
    ruled_out = np.isinf(columns["log_likelihood"])
    columns["happened"] = np.select([ruled_out, product == 0, zero_at > 0], [0, 1, 2], 3).astype(
        np.int8
    )
    keys = ("ruled_out", "became_zero", "fits", "never")
    happened = Sentence(
        "verdict",
        say("pipeline.verdict_title"),
        "happened",
        [say(f"likelihood.said_{key}", format=name, limit=LIMIT) for key in keys],
        {
            "total": Place("total", Style("prose", 6)),
            "zero_at": Place(f"zero_at_{name}", Style("prose", 6)),
            "log": Place("log_likelihood", Style("prose", 6)),
        },
    )
    seen = columns["counts"] > 0
    columns["only"] = np.where(seen.sum(axis=-1) == 1, 1, 0).astype(np.int8)
    columns["which"] = seen.argmax(axis=-1).astype(np.int8)
    length = Sentence(
        "code-length",
        say("likelihood.length_title"),
        "only",
        [say("likelihood.length"), say("likelihood.one_hot")],
        {
            "bits": Place("cross_entropy_bits", BITS),
            "entropy": Place("entropy_bits", BITS),
            "kl": Place("kl_bits", BITS),
            "in_all": Place("bits_in_all", Style("prose", 5)),
            "total": Place("total", Style("prose", 6)),
            "nats": Place("cross_entropy", NATS),
            "name": Place("which", names=settings.names),
        },
    )
    return [happened, length]


def _formulas(settings: Settings) -> list[Formula]:
    count = len(settings.counts)
    short = Style("shortest", 4)
    product: list[Part] = []
    terms: list[Part] = []
    for j in range(count):
        p, n = Cell("model", short, j), Cell("counts", Style("shortest", 6), j)
        product += [*(["·"] if j else []), sup(p, n)]
        terms += [*(["+"] if j else []), Cell("observed", short, j), "·", ln(p)]
    value = Cell(f"product_{settings.format}", SMALL)
    return [
        Formula(
            say("likelihood.formula_product"),
            math("L", "=", row("∏", subsup("p", "j", sub("n", "j"))), "=", *product, "=", value),
        ),
        Formula(
            say("likelihood.formula_mean"),
            math(
                "H",
                "=",
                row("−", frac("1", "N"), ln("L")),
                "=",
                row("−", "(", *terms, ")"),
                "=",
                Cell("cross_entropy", NATS),
            ),
        ),
    ]


def _bits() -> Table:
    columns = ("entropy", "kl", "cross_entropy")
    return Table(
        title=say("likelihood.bits"),
        lead=say("likelihood.bits_lead"),
        head=[say("likelihood.unit"), *[say(f"likelihood.head_{column}") for column in columns]],
        rows=[
            Row(say("likelihood.in_nats"), [Cell(column, NATS) for column in columns]),
            Row(say("likelihood.in_bits"), [Cell(f"{column}_bits", NATS) for column in columns]),
        ],
    )


def _formats() -> Table:
    return Table(
        title=say("likelihood.formats"),
        lead=say("likelihood.formats_lead", limit=LIMIT),
        head=[
            say("likelihood.head_format"),
            say("likelihood.head_product"),
            say("likelihood.head_zero_at"),
        ],
        rows=[
            Row(
                name,
                [
                    Cell(f"product_{name}", SMALL, readout=f"product-{name}"),
                    Cell(
                        f"zero_at_{name}",
                        Style("prose", 6),
                        readout=f"zero-at-{name}",
                        zero=say("likelihood.never"),
                    ),
                ],
            )
            for name in FORMATS
        ],
    )


# ---------------------------------------------------------------- the questions


def ask(settings: Settings) -> list[Question]:
    """Make the questions; the core answers them."""
    return [_ask_best(settings), _ask_zero(settings), _ask_one(settings)]


def _ask_best(settings: Settings) -> Question:
    count = len(settings.logits)
    counts = np.array(controls.FIRST_COUNTS[:count])
    models = [
        np.full(count, 1 / count),
        counts / counts.sum(),
        np.asarray(one_hot(int(counts.argmax()), count)),
    ]
    right = int(multinomial_log_likelihood(np.stack(models), counts).argmax())
    return Question(
        "best",
        say("likelihood.ask_best", counts=", ".join(map(str, counts))),
        [say(f"likelihood.ask_best_option_{i}") for i in range(3)],
        right,
        [say(f"likelihood.ask_best_{i}") for i in range(3)],
        replace(
            settings,
            counts=controls.FIRST_COUNTS[:count],
            model=tuple((counts / counts.sum()).tolist()),
        ),
    )


@cache
def _zero_of_halves() -> int:
    return int(underflow_count([0.5, 0.5], [1, 1], "float32", LIMIT))


def _ask_zero(settings: Settings) -> Question:
    options = (15, 150, 1500)
    zero_at = _zero_of_halves()
    right = int(np.argmin([abs(np.log(option / zero_at)) for option in options]))
    count = len(settings.logits)
    model = (0.5, 0.5, *(0.0,) * (count - 2))
    return Question(
        "zero",
        say("likelihood.ask_zero"),
        [say("likelihood.ask_zero_option", number=option) for option in options],
        right,
        [say("likelihood.ask_zero_why", number=zero_at)] * 3,
        replace(settings, counts=(75, 75, *(0,) * (count - 2)), model=model, format="float32"),
    )


def _ask_one(settings: Settings) -> Question:
    count = len(settings.logits)
    model = np.array(settings.model) / sum(settings.model)
    seen = one_hot(settings.target, count)
    # A model of its own where the learner's leaves no choice of answers.
    if not 0 < model[settings.target] < 1 or np.ptp(model) == 0:
        model = np.arange(count + 1, 1, -1.0) / np.arange(count + 1, 1, -1.0).sum()
    loss = float(cross_entropy(seen, model))
    others = [float(-np.log(p)) for p in (1 - model[settings.target], float(model.max()))]
    values = sorted({f"{value:.4f}" for value in (loss, *others, float(entropy(model)))}, key=float)
    name = settings.names[settings.target]
    p = f"{model[settings.target]:.6g}"
    return Question(
        "one",
        say("likelihood.ask_one", name=literal(name), p=p),
        values,
        values.index(f"{loss:.4f}"),
        [say("likelihood.ask_one_why", p=p, loss=f"{loss:.4f}")] * len(values),
        replace(settings, counts=tuple(int(n) for n in seen), model=tuple(model.tolist())),
    )
