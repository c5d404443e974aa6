"""From the likelihood of observations to the cross-entropy and its length in bits."""

from functools import cache

import numpy as np

from ce_core.activations import sigmoid
from ce_core.formats import EVERYDAY, FORMATS
from ce_core.likelihood import (
    cross_entropy,
    entropy,
    kl_divergence,
    likelihood_and_underflow,
    multinomial_log_likelihood,
    running_product,
    underflow_count,
)
from ce_core.losses import one_hot
from lab import figures, pictures
from lab.controls import formats, narrow, positions
from lab.export.likelihood import of_observations
from lab.export.parts import Export
from lab.lesson import Lesson, Question
from lab.likelihood import (
    CAME,
    COUNTS,
    FIRST_COUNTS,
    LIMIT,
    MODEL,
    count_sliders,
    first_model,
    model_sliders,
)
from lab.likelihood_path import STEPS, scene
from lab.mathml import Part, frac, ln, math, row, sub, subsup, sup
from lab.parameters import AT, FORMAT, MIN_CLASSES, TARGET
from lab.settings import Settings
from lab.words import say
from live.message import drawn
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
    Style,
    Table,
)

SHOWN = ("float64", "float32", "float16")  # whose smallest numbers are lines in the chart
_CHOICE = 2  # answers of a question, at least
# What the axes of the figures show.
_SHARE, _NATS, _POWERS = (-0.02, 1.02), (0.0, 4.0), (-345.0, 15.0)
NATS, BITS = Style("fixed", 6), Style("fixed", 4)
SMALL = Style("significant", 4)
# The curve over one probability, whose logarithms it is made of.
_GRID = np.array([0.0, *sigmoid(np.linspace(-5.0, 5.0, 21)).round(4), 1.0])
_MADE = np.unique(np.round(np.geomspace(1, LIMIT, 40)))  # numbers of observations


def broken(settings: Settings, _: str = "") -> Settings:
    """Observe hundreds: the product of their probabilities is 0 in every format."""
    count = len(settings.logits)
    few = 200 if count == MIN_CLASSES else 100  # 1075 halvings leave float64 behind
    counts = tuple(few * n for n in FIRST_COUNTS[:count])
    return settings.put(counts=counts, model=first_model(count), format="float64")


def _picture() -> str:
    made = np.arange(1, 130)
    model, counts = np.array([0.5, 0.3, 0.2]), np.array([5.0, 3.0, 2.0])
    with np.errstate(divide="ignore"):
        product = np.log10(running_product(model, counts, "float32", 129).astype(float))
    total = multinomial_log_likelihood(model, 0.1 * counts * made[:, None]) / np.log(10)
    on_paper = pictures.line(made, total, (-60, 0), dash="3 4")
    return on_paper + pictures.line(made, product, (-60, 0))


# ---------------------------------------------------------------- the table


def build(settings: Settings, columns: Columns) -> list[Instrument]:
    """Build the picture of the step; at the end of the path the free instrument.

    Its sliders are those of the counts, and then those of the model's probabilities.
    """
    if settings[AT] < len(STEPS):
        return [scene(settings, columns)]
    sliders = [*count_sliders(settings), *model_sliders(settings)]
    counts, model = positions(settings, sliders, COUNTS, MODEL)
    _add_columns(settings, counts, model / model.sum(axis=-1, keepdims=True), columns)
    instrument = Instrument(
        title=say("likelihood.controls"),
        hint=say("likelihood.controls_hint"),
        sliders=sliders,
        choice_id=TARGET.key,
        choice_label=say("likelihood.curve_of"),
        choice=settings.target,
        choices=[formats(settings)],
        figures=[_bars(settings, columns), _curve(settings, columns), _products(columns)],
        cards_title=say("likelihood.cards"),
        cards=_cards(settings, columns),
        sentences=_sentences(settings, columns),
        formulas_title=say("likelihood.formulas"),
        formulas=_formulas(settings, columns),
        tables=[_bits(columns), _formats(settings, columns)],
    )
    return [instrument]


def _add_columns(
    settings: Settings, counts: np.ndarray, model: np.ndarray, columns: Columns
) -> None:
    total = counts.sum(axis=-1, keepdims=True)
    observed = counts / total
    a = settings.target
    sums = {
        "cross_entropy": cross_entropy(observed, model),
        "entropy": entropy(observed),
        "kl": kl_divergence(observed, model),
    }
    log_likelihood = multinomial_log_likelihood(model, counts)
    columns.update(
        {
            "counts": counts.astype(np.int16),
            "observed": observed,
            "model": model,
            "total": total[..., 0].astype(np.int16),
            "log_likelihood": log_likelihood,
            **sums,
            **{f"{name}_bits": nats / np.log(2) for name, nats in sums.items()},
            "bits_in_all": 0 - log_likelihood / np.log(2),
            "point_x": drawn(model[..., a], *_SHARE),
            "seen_x": drawn(observed[..., [a, a]], *_SHARE),
            "seen_y": np.array([[[0.0, 1e3]]]),
            "curve": drawn(_over_one(observed, model, a), *_NATS),
            # Where all that were seen are on the way down; the axis ends at LIMIT.
            "here_x": np.where(total[..., 0] <= LIMIT, total[..., 0], np.nan).astype(np.float32),
            "here_y": drawn(log_likelihood / np.log(10), *_POWERS),
        }
    )
    of_one = log_likelihood[..., None] / total / np.log(10)
    columns.add("made", drawn(of_one * _MADE, *_POWERS, 256))  # the log of a product grows evenly
    multiplied = likelihood_and_underflow(model, counts, _multiplied_in(settings), LIMIT)
    for name, (product, zero_at) in multiplied.items():
        columns.add(f"product_{name}", narrow(product, name))
        columns.add(f"zero_at_{name}", zero_at.astype(np.int16))
        if name in SHOWN:
            columns.add(f"zero_x_{name}", np.where(zero_at > 0, zero_at, np.nan).astype(np.float32))
            columns.add(f"zero_y_{name}", np.array([[_floor(name)]]))


def _multiplied_in(settings: Settings) -> list[str]:
    """Return the everyday formats, and the chosen one."""
    return [name for name in FORMATS if name in EVERYDAY or name == settings.format]


def _over_one(observed: np.ndarray, model: np.ndarray, a: int) -> np.ndarray:
    """Return the cross-entropy over p_a, the others keeping their proportions.

    Class j of the others has (1 - p_a) r_j, and adds -n_j / N (ln(1 - p_a) + ln r_j).
    """
    seen, others = observed[..., a, None], np.delete(model, a, axis=-1)
    left = others.sum(axis=-1, keepdims=True)
    even = np.full_like(others, 1 / others.shape[-1])
    others = np.divide(others, left, out=even, where=left > 0)
    fixed = multinomial_log_likelihood(others, np.delete(observed, a, axis=-1))[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 ln 0 is 0
        own = np.where(seen > 0, seen * np.log(_GRID), 0.0)
        rest = np.where(seen < 1, (1 - seen) * np.log(1 - _GRID), 0.0)
    return np.asarray(0 - (own + rest + fixed))


def _floor(name: str) -> float:
    return float(np.log10(FORMATS[name].smallest_subnormal))


# ---------------------------------------------------------------- what is drawn


def _bars(settings: Settings, columns: Columns) -> Figure:
    count = len(settings.logits)
    observed, model = columns["observed"], columns["model"]
    zero = [say("live.zero")] * count
    style = Style("significant", 2 if count >= figures.DENSE else 4)
    return Figure(
        title=say("likelihood.bars"),
        alt=say("likelihood.bars_alt"),
        plot=figures.probabilities(count, traces=2),
        bars=[
            Bars(0, observed, "onehot", [""] * count),
            Bars(1, model, "shifted", zero, drag=[f"model.{j}" for j in range(count)]),
        ],
        names=settings.names,
        rows=[
            Row(say("likelihood.row_observed"), _each(observed, style, count), "onehot"),
            Row(say("likelihood.row_model"), _each(model, style, count, "p"), "shifted"),
        ],
        dense=count >= figures.DENSE,
    )


def _each(column: Column, style: Style, count: int, readout: str = "") -> list[Cell]:
    return [Cell(column, style, j, f"{readout}-{j}" if readout else "") for j in range(count)]


def _curve(settings: Settings, columns: Columns) -> Figure:
    name = settings.names[settings.target]
    return Figure(
        title=say("likelihood.curve", name=name),
        alt=say("likelihood.curve_alt", name=name),
        plot=figures.curves([], _SHARE, _NATS, say("likelihood.curve_x")),
        lines=[
            Line(columns["seen_x"], columns["seen_y"], "onehot", dashed=True),
            Line(_GRID.tolist(), columns["curve"], "fused"),
        ],
        points=[
            Point(
                columns["point_x"],
                columns["cross_entropy"],
                "fused",
                drag=f"{MODEL.key}.{settings.target}",
            )
        ],
        key=[
            ("fused", say("likelihood.key_cross_entropy")),
            ("onehot", say("likelihood.key_seen")),
        ],
    )


def _products(columns: Columns) -> Figure:
    marks = [("y", _floor(name), say("likelihood.smallest", format=name)) for name in SHOWN]
    return Figure(
        title=say("likelihood.products"),
        alt=say("likelihood.products_alt"),
        plot=figures.curves(
            [],
            (0, np.log10(LIMIT)),
            _POWERS,
            say("likelihood.products_x"),
            log_x=True,
            marks=marks,
        ),
        lines=[Line(_MADE.tolist(), columns["made"], "shifted")],
        points=[
            *(
                Point(columns[f"zero_x_{name}"], columns[f"zero_y_{name}"], "naive")
                for name in SHOWN
            ),
            Point(columns["here_x"], columns["here_y"], "shifted"),
        ],
        key=[("shifted", say("likelihood.key_sum")), ("naive", say("likelihood.key_zero"))],
    )


def _cards(settings: Settings, columns: Columns) -> list[Card]:
    return [
        Card(
            title=say("likelihood.card_product"),
            note=say("likelihood.card_product_note", format=settings.format),
            swatch="naive",
            value=Cell(columns[f"product_{settings.format}"], SMALL, readout="product"),
            unit="",
            second_label=say("likelihood.card_total"),
            second=Cell(columns["total"], Style("prose", 6), readout="total"),
        ),
        Card(
            title=say("likelihood.card_sum"),
            note=say("likelihood.card_sum_note"),
            swatch="shifted",
            value=Cell(
                columns["log_likelihood"], Style("significant", 6), readout="log-likelihood"
            ),
            unit=say("pipeline.loss_unit"),
        ),
        Card(
            title=say("likelihood.card_mean"),
            note=say("likelihood.card_mean_note"),
            swatch="fused",
            value=Cell(columns["cross_entropy"], NATS, readout="cross-entropy"),
            unit=say("pipeline.loss_unit"),
            second_label=say("likelihood.card_bits"),
            second=Cell(columns["cross_entropy_bits"], BITS, readout="bits"),
        ),
    ]


def _sentences(settings: Settings, columns: Columns) -> list[Sentence]:
    name = settings.format
    product, zero_at = columns[f"product_{name}"], columns[f"zero_at_{name}"]
    ruled_out = np.isinf(columns["log_likelihood"].values)
    case = np.select([ruled_out, product.values == 0, zero_at.values > 0], [0, 1, 2], 3)
    keys = ("ruled_out", "became_zero", "fits", "never")
    happened = Sentence(
        "verdict",
        say("pipeline.verdict_title"),
        columns.add("happened", case.astype(np.int8)),
        [say(f"likelihood.said_{key}", format=name, limit=LIMIT) for key in keys],
        {
            "total": Place(columns["total"], Style("prose", 6)),
            "zero_at": Place(zero_at, Style("prose", 6)),
            "log": Place(columns["log_likelihood"], Style("prose", 6)),
        },
    )
    seen = columns["counts"].values > 0
    only = columns.add("only", (seen.sum(axis=-1) == 1).astype(np.int8))
    which = columns.add("which", seen.argmax(axis=-1).astype(np.int8))
    length = Sentence(
        "code-length",
        say("likelihood.length_title"),
        only,
        [say("likelihood.length"), say("likelihood.one_hot")],
        {
            "bits": Place(columns["cross_entropy_bits"], BITS),
            "entropy": Place(columns["entropy_bits"], BITS),
            "kl": Place(columns["kl_bits"], BITS),
            "in_all": Place(columns["bits_in_all"], Style("prose", 5)),
            "total": Place(columns["total"], Style("prose", 6)),
            "nats": Place(columns["cross_entropy"], NATS),
            "name": Place(which, names=settings.names),
        },
    )
    return [happened, length]


def _formulas(settings: Settings, columns: Columns) -> list[Formula]:
    model, counts, observed = (columns[name] for name in ("model", "counts", "observed"))
    short = Style("shortest", 4)
    product: list[Part] = []
    terms: list[Part] = []
    for j in range(len(settings.logits)):
        p, n = Cell(model, short, j), Cell(counts, Style("shortest", 6), j)
        product += [*(["·"] if j else []), sup(p, n)]
        terms += [*(["+"] if j else []), Cell(observed, short, j), "·", ln(p)]
    value = Cell(columns[f"product_{settings.format}"], SMALL)
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
                Cell(columns["cross_entropy"], NATS),
            ),
        ),
    ]


def _bits(columns: Columns) -> Table:
    names = ("entropy", "kl", "cross_entropy")
    return Table(
        title=say("likelihood.bits"),
        lead=say("likelihood.bits_lead"),
        head=[say("likelihood.unit"), *[say(f"likelihood.head_{name}") for name in names]],
        rows=[
            Row(say("likelihood.in_nats"), [Cell(columns[name], NATS) for name in names]),
            Row(say("likelihood.in_bits"), [Cell(columns[f"{name}_bits"], NATS) for name in names]),
        ],
    )


def _formats(settings: Settings, columns: Columns) -> Table:
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
                    Cell(columns[f"product_{name}"], SMALL, readout=f"product-{name}"),
                    Cell(
                        columns[f"zero_at_{name}"],
                        Style("prose", 6),
                        readout=f"zero-at-{name}",
                        zero=say("likelihood.never"),
                    ),
                ],
            )
            for name in _multiplied_in(settings)
        ],
    )


# ---------------------------------------------------------------- the questions


def ask(settings: Settings) -> list[Question]:
    """Make the questions; the core answers them."""
    return [_ask_best(settings), _ask_zero(settings), _ask_one(settings)]


def _ask_best(settings: Settings) -> Question:
    count = len(settings.logits)
    counts = np.array(FIRST_COUNTS[:count])
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
        settings.put(counts=FIRST_COUNTS[:count], model=tuple((counts / counts.sum()).tolist())),
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
        settings.put(counts=(75, 75, *(0,) * (count - 2)), model=model, format="float32"),
    )


def _costs(model: np.ndarray, target: int) -> list[str]:
    """Return what one observation may be thought to cost, as shown: the loss, and what is not."""
    p = float(model[target])
    with np.errstate(divide="ignore"):
        costs = [*-np.log([p, 1 - p, model.max()]), entropy(model)]
    return sorted({f"{cost:.4f}" for cost in costs}, key=float)


def _ask_one(settings: Settings) -> Question:
    count, target = len(settings.logits), settings.target
    now = np.array(settings[MODEL])
    model = now / now.sum()
    # A model of its own where the learner's leaves no choice of answers.
    if not 0 < model[target] < 1 or len(_costs(model, target)) < _CHOICE:
        model = np.arange(count + 1, 1, -1.0) / np.arange(count + 1, 1, -1.0).sum()
    seen = one_hot(target, count)
    loss = float(cross_entropy(seen, model))
    values = _costs(model, target)
    name = settings.names[settings.target]
    p = f"{model[settings.target]:.6g}"
    return Question(
        "one",
        say("likelihood.ask_one", name=name, p=p),
        values,
        values.index(f"{loss:.4f}"),
        [say("likelihood.ask_one_why", p=p, loss=f"{loss:.4f}")] * len(values),
        settings.put(counts=tuple(int(n) for n in seen), model=tuple(model.tolist())),
    )


def _export(settings: Settings) -> Export:
    formats = _multiplied_in(settings)
    counts, model = settings[COUNTS], settings[MODEL]
    return of_observations(settings, counts, model, settings[CAME], formats, LIMIT)


LESSON = Lesson(
    page="likelihood",
    parameters=(TARGET, FORMAT, COUNTS, MODEL, CAME),
    picture=_picture,
    build=build,
    acts={"break": broken},
    ask=ask,
    steps=STEPS,
    export=_export,
)
