"""The softmax, line by line: the largest logit subtracted, and what depends on what."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from ce_core import softmax, softmax_jacobian
from ce_core.many_classes import with_copies
from ce_core.pipelines import STEPS, Run, run_all
from ce_core.scenarios import SCENARIOS
from lab import pictures, pipeline
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
    with_scenario,
)
from lab.distance import PROSE
from lab.lesson import Lesson, Question
from lab.mathml import Node, Part, frac, math, row, sub, sup
from lab.parameters import FORMAT, LOGITS, NAMES, REACH, SHIFT, TARGET, first_names
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


def _broken(settings: Settings, _: str) -> Settings:
    """Open logits whose exponentials are beyond float32."""
    return with_scenario(settings, SCENARIOS["over_89"]).put(temperature=1.0)


def _picture() -> str:
    return pictures.bars(softmax(np.array(SCENARIOS["everyday"].logits)))


# ---------------------------------------------------------------- the table


def build(settings: Settings, columns: Columns) -> list[Instrument]:
    """Build the instrument: sliders of the logits, the shift and the temperature."""
    half = steps_each_way(settings)
    sliders = [
        *logit_sliders(settings, half),
        shift_slider(settings, half),
        _temperature(settings, half),
    ]
    runs = _runs(settings, sliders)
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
            _lines(settings, columns),
            _jacobian(settings, columns["jacobian"]),
            _many(settings, columns),
        ],
    )
    return [instrument]


def _temperature(settings: Settings, half: int) -> Slider:
    temperature = settings[TEMPERATURE]
    power = 1 if 0.1 <= temperature <= 10 else 2
    exponents = [power * k / half for k in range(-half, half + 1)]
    steps = [float(f"{10**exponent:.3g}") for exponent in exponents]
    return slider(TEMPERATURE, say("softmax.temperature"), scale(temperature, steps), uneven=True)


def _runs(settings: Settings, sliders: list[Slider]) -> dict[str, Run]:
    """Run the pipelines at every position, on z / T as the format stores it, plus c."""
    logits, shift, temperature = positions(settings, sliders, LOGITS, SHIFT, TEMPERATURE)
    scaled = logits / temperature[..., None]
    return run_all(scaled, settings.target, settings.format, shift=shift[..., None])


def _add_others(runs: Mapping[str, Run], columns: Columns) -> None:
    """Add the Jacobian, and the sums over very many classes, in the format."""
    shifted = runs["shifted"]
    with np.errstate(all="ignore"):
        jacobian = softmax_jacobian(shifted.steps["logits"])
    # It is symmetric: what is on the diagonal and above it tells all.
    others = {"jacobian": jacobian[..., *np.triu_indices(jacobian.shape[-1])]}
    for many in MANY:
        others[f"total_{many}"], others[f"share_{many}"] = with_copies(shifted, many)
    for name, values in others.items():
        numbers = narrow(values, shifted.format)
        columns.add(name, cut(numbers) if numbers.dtype == np.float64 else numbers)
    without, subtracted = (
        runs[form].steps["probabilities"].astype(np.float64) for form in ("naive", "shifted")
    )
    with np.errstate(invalid="ignore"):
        columns.add("difference", (without - subtracted).astype(np.float32))


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


def _lines(settings: Settings, columns: Columns) -> Table:
    """Set each line of the NumPy function beside the numbers that it produced."""
    style = Style("shortest", 7 if settings.format in ("float64", "float32") else 5)
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
    rows += [
        Row(say("softmax.line_naive"), each("probabilities_naive")),
        Row(say("softmax.line_difference"), each("difference")),
    ]
    return Table(
        title=say("softmax.lines"),
        lead=say("softmax.lines_lead", format=settings.format),
        head=[say("softmax.head_line"), *settings.names, say("pipeline.whole")],
        rows=rows,
    )


def _jacobian(settings: Settings, column: Column) -> Table:
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


# ---------------------------------------------------------------- the questions


def _ask(settings: Settings) -> list[Question]:
    """Make the questions; the core answers them."""
    return [_ask_shift(settings), _ask_other(settings), _ask_temperature(settings)]


def _direction(before: float, after: float) -> int:
    """Return 0 for less, 1 for the same, 2 for more, as the options stand."""
    return 1 if np.isclose(before, after, rtol=1e-9) else 2 * int(after > before)


def _options() -> list[str]:
    return [say(f"softmax.ask_option_{i}") for i in range(3)]


def _ask_shift(settings: Settings) -> Question:
    scenario = SCENARIOS["everyday"]
    logits = np.array(scenario.logits)
    before, after = (float(softmax(z)[0]) for z in (logits, logits + 100))
    return Question(
        "shift",
        say("softmax.ask_shift"),
        _options(),
        _direction(before, after),
        [say("softmax.ask_shift_why", before=f"{before:.4f}", after=f"{after:.4f}")] * 3,
        with_scenario(settings, scenario).put(shift=100.0, reach=100.0, temperature=1.0),
    )


def _ask_other(settings: Settings) -> Question:
    scenario = SCENARIOS["everyday"]
    logits = np.array(scenario.logits)
    raised = logits + np.array([1.0, 0.0, 0.0])
    before, after = (float(softmax(z)[2]) for z in (logits, raised))
    slope = float(softmax_jacobian(logits)[2, 0])
    names = first_names(3)
    return Question(
        "other",
        say("softmax.ask_other", first=names[0], third=names[2]),
        _options(),
        _direction(before, after),
        [say("softmax.ask_other_why", slope=f"{slope:.3f}", third=names[2])] * 3,
        with_scenario(settings, scenario).put(logits=tuple(raised.tolist()), temperature=1.0),
    )


def _ask_temperature(settings: Settings) -> Question:
    scenario = SCENARIOS["everyday"]
    logits = np.array(scenario.logits)
    values = [f"{float(softmax(logits / t)[0]):.4f}" for t in (10.0, 1.0, 0.1)]
    return Question(
        "temperature",
        say("softmax.ask_temperature", p=values[1]),
        values,
        2,
        [say(f"softmax.ask_temperature_{i}") for i in range(3)],
        with_scenario(settings, scenario).put(temperature=0.1),
    )


LESSON = Lesson(
    page="softmax",
    parameters=(LOGITS, NAMES, TARGET, FORMAT, SHIFT, REACH, TEMPERATURE),
    picture=_picture,
    build=build,
    acts={"break": _broken},
    ask=_ask,
)
