"""The free instrument of the softmax: its lines of NumPy, its Jacobian, and very many classes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ce_core import softmax_jacobian
from ce_core.many_classes import with_copies
from ce_core.pipelines import STEPS, Run, run_all
from lab import pipeline
from lab.controls import (
    formats,
    logit_sliders,
    narrow,
    positions,
    reaches,
    scale,
    shift_slider,
    slider,
    steps_each_way,
)
from lab.distance import PROSE
from lab.mathml import Node, Part, frac, math, row, sub, sup
from lab.parameters import LOGITS, SHIFT, TARGET
from lab.readers import between
from lab.settings import Parameter, Settings
from lab.verdict import verdict, warnings
from lab.words import say
from live.message import cut
from live.parts import (
    Card,
    Cell,
    Column,
    Columns,
    Formula,
    Instrument,
    Place,
    Row,
    Sentence,
    Slider,
    Style,
    Table,
)

TEMPERATURE: Final[Parameter[float]] = Parameter(
    "temperature", "softmax", between(0.01, 100.0), 1.0
)

MANY = (10, 100, 1000)  # classes with the last logit, beside the one

# The steps that are shown, of each form; the verdict tells all three losses.
_SHOWN = {
    "naive": ("logits", "exp", "total", "probabilities", "loss"),
    "shifted": ("largest", "shifted", "exp", "total", "probabilities", "loss"),
    "fused": ("loss",),
}


# ---------------------------------------------------------------- the table


def build(settings: Settings, columns: Columns) -> list[Instrument]:
    """Build the instrument: sliders of the logits, the shift and the temperature."""
    half = steps_each_way(settings)
    sliders = [
        *logit_sliders(settings, half),
        shift_slider(settings, half),
        temperature_slider(settings, half),
    ]
    runs = runs_of(settings, sliders)
    pipeline.add_steps(runs, settings, columns, _SHOWN)
    _add_others(runs, columns)
    losses = {form: columns[f"loss_{form}"] for form in runs}
    instrument = Instrument(
        title=say("live.logits_title"),
        hint=say("softmax.hint"),
        sliders=sliders,
        choice_id=TARGET.key,
        choice_label=say("softmax.formula_of"),
        choice=settings.target,
        choices=[formats(settings), reaches(settings.effective_reach)],
        figures=[
            pipeline.exponentials(settings, columns),
            pipeline.probabilities(settings, columns),
        ],
        cards_title=say("softmax.cards"),
        cards=[
            _card(name, swatch, columns[name])
            for name, swatch in (
                ("largest_shifted", ""),
                ("total_naive", "naive"),
                ("total_shifted", "shifted"),
            )
        ],
        sentences=[
            _largest(settings, runs["shifted"], columns),
            verdict(runs, losses, settings, columns),
            warnings(runs, columns),
        ],
        formulas_title=say("softmax.formulas"),
        formulas=_formulas(settings, columns),
        tables=[
            _compared(settings, columns),
            jacobian(settings, columns["jacobian"]),
            _many(settings, columns),
        ],
    )
    return [instrument]


def temperature_slider(settings: Settings, half: int) -> Slider:
    """Make the slider of T, whose positions are evenly spaced by their logarithms."""
    temperature = settings[TEMPERATURE]
    power = 1 if 0.1 <= temperature <= 10 else 2
    exponents = [power * k / half for k in range(-half, half + 1)]
    steps = [float(f"{10**exponent:.3g}") for exponent in exponents]
    return slider(TEMPERATURE, say("softmax.temperature"), scale(temperature, steps), uneven=True)


def runs_of(settings: Settings, sliders: Sequence[Slider]) -> dict[str, Run]:
    """Run the pipelines at every position, on z / T as the format stores it, plus c."""
    logits, shift, temperature = positions(settings, sliders, LOGITS, SHIFT, TEMPERATURE)
    scaled = logits / temperature[..., None]
    return run_all(scaled, settings.target, settings.format, shift=shift[..., None])


def _add_others(runs: Mapping[str, Run], columns: Columns) -> None:
    """Add the Jacobian, and the sums over very many classes, in the format."""
    shifted = runs["shifted"]
    add_jacobian(shifted, columns)
    for many in MANY:
        total, share = with_copies(shifted, many)
        columns.add(f"total_{many}", _sent(total, shifted))
        columns.add(f"share_{many}", _sent(share, shifted))
    without, subtracted = (
        runs[form].steps["probabilities"].astype(np.float64) for form in ("naive", "shifted")
    )
    with np.errstate(invalid="ignore"):
        columns.add("difference", (without - subtracted).astype(np.float32))


def add_jacobian(shifted: Run, columns: Columns) -> Column:
    """Add the Jacobian at the logits as they are stored: it is symmetric, so the half of it."""
    with np.errstate(all="ignore"):
        whole = softmax_jacobian(shifted.steps["logits"])
    return columns.add("jacobian", _sent(whole[..., *np.triu_indices(whole.shape[-1])], shifted))


def _sent(values: np.ndarray, run: Run) -> np.ndarray:
    numbers = narrow(values, run.format)
    return cut(numbers) if numbers.dtype == np.float64 else numbers


def _largest(settings: Settings, shifted: Run, columns: Columns) -> Sentence:
    logits = shifted.steps["logits"].astype(np.float64)
    largest = shifted.steps["largest"].astype(np.float64)
    ties = (logits == largest[..., None]).sum(axis=-1)
    code = np.select([~np.isfinite(largest), ties > 1], [2, 1], 0)
    return Sentence(
        "largest",
        say("softmax.largest_title"),
        columns.add("largest_said", code.astype(np.int8)),
        [
            say(f"softmax.{key}", classes=len(settings.logits))
            for key in ("largest_one", "largest_tie", "largest_none")
        ],
        {
            "name": Place(
                columns.add("largest_class", logits.argmax(axis=-1).astype(np.int8)),
                names=settings.names,
            ),
            "largest": Place(columns["largest_shifted"], PROSE),
            "ties": Place(columns.add("ties", ties.astype(np.int8)), PROSE),
            "total": Place(columns["total_shifted"], PROSE),
        },
    )


# ---------------------------------------------------------------- what is shown


def _card(name: str, swatch: str, column: Column) -> Card:
    return Card(
        title=say(f"softmax.card_{name}"),
        note=say(f"softmax.card_{name}_note"),
        swatch=swatch,
        value=Cell(column, Style("significant", 5), readout=name),
        unit="",
    )


def _formulas(settings: Settings, columns: Columns) -> list[Formula]:
    chosen = settings.names[settings.target]
    return [
        Formula(
            say(f"softmax.formula_{key}", name=chosen),
            _fraction(exponents, form, settings, columns),
        )
        for key, exponents, form in (
            ("without", "logits_naive", "naive"),
            ("with", "shifted_shifted", "shifted"),
        )
    ]


def _fraction(exponents: str, form: str, settings: Settings, columns: Columns) -> Node:
    powers, result = columns[exponents], f"probabilities_{form}"
    digits = Style("shortest", 5)
    terms: list[Part] = []
    for i in range(len(settings.logits)):
        terms += [*(["+"] if i else []), sup("e", Cell(powers, digits, i))]
    above = sup("e", Cell(powers, digits, settings.target))
    value = Cell(columns[result], Style("significant", 6), settings.target, f"formula-{result}")
    return math(sub("p", str(settings.target + 1)), "=", frac(above, row(*terms)), "=", value)


def lines(settings: Settings, columns: Columns, digits: int = 7) -> Table:
    """Set each line of the NumPy function beside the numbers that it produced."""
    style = Style("shortest", digits if settings.format in ("float64", "float32") else 5)
    count = len(settings.logits)

    def each(column: str) -> list[Cell | None]:
        return [*[Cell(columns[column], style, i) for i in range(count)], None]

    rows = [Row(say("softmax.line_logits"), each("logits_naive"))]
    for step in STEPS["shifted"][:5]:
        column = f"{step.name}_shifted"
        whole: list[Cell | None] = [*[None] * count, Cell(columns[column], style)]
        is_one = step.name in ("largest", "total")
        text = f"{step.name} = {step.formula}"
        rows.append(Row(text, whole if is_one else each(column), code=True))
    rows.append(Row(say("softmax.line_naive"), each("probabilities_naive")))
    return Table(
        title=say("softmax.lines"),
        lead=say("softmax.lines_lead", format=settings.format),
        head=[say("softmax.head_line"), *settings.names, say("pipeline.whole")],
        rows=rows,
    )


def _compared(settings: Settings, columns: Columns) -> Table:
    """Add to the lines by how much the check differs from them."""
    table, difference = lines(settings, columns), columns["difference"]
    style = Style("shortest", 5)
    cells = [Cell(difference, style, i) for i in range(len(settings.names))]
    last = Row(say("softmax.line_difference"), [*cells, None])
    return replace(table, rows=[*table.rows, last])


def jacobian(settings: Settings, column: Column) -> Table:
    """Set what moves beside what moves it, from the column of `add_jacobian`."""
    names, count = settings.names, len(settings.names)
    style = Style("significant", 3)
    items = np.zeros((count, count), int)
    items[np.triu_indices(count)] = np.arange(column.values.shape[-1])
    items = np.maximum(items, items.T)
    return Table(
        title=say("softmax.jacobian"),
        lead=say("softmax.jacobian_lead"),
        head=[
            say("softmax.head_jacobian"),
            *[say("softmax.head_input", name=name) for name in names],
        ],
        rows=[
            Row(
                say("softmax.row_output", name=name),
                [
                    Cell(column, style, item, f"jacobian-{i}-{j}", shade=True)
                    for j, item in enumerate(items[i].tolist())
                ],
            )
            for i, name in enumerate(names)
        ],
    )


def _many(settings: Settings, columns: Columns) -> Table:
    style = Style("significant", 4)
    sums = {1: ("total_shifted", "probabilities_shifted", settings.target)}
    sums |= {many: (f"total_{many}", f"share_{many}", 0) for many in MANY}
    last, chosen = settings.names[-1], settings.names[settings.target]
    return Table(
        title=say("softmax.many"),
        lead=say("softmax.many_lead", name=last, format=settings.format),
        head=[
            say("softmax.head_many", name=last),
            say("softmax.head_total"),
            say("softmax.head_share", name=chosen),
        ],
        rows=[
            Row(
                str(many),
                [
                    Cell(columns[total], style, readout=f"total-{many}"),
                    Cell(columns[share], style, item, f"share-{many}"),
                ],
            )
            for many, (total, share, item) in sums.items()
        ],
    )
