"""The softmax, line by line: the largest logit subtracted, and what depends on what."""

from dataclasses import replace

import numpy as np

from ce_core import softmax, softmax_jacobian
from ce_core.many_classes import with_copies
from ce_core.scenarios import SCENARIOS
from ce_core.sweep import Sweep
from ce_core.trace import STEPS, Run, run_all
from pages.shared import controls, lesson, pipeline, state
from pages.shared.choices import (
    formats,
    logit_sliders,
    positions,
    reaches,
    shift_slider,
    slider,
    steps_each_way,
)
from pages.shared.controls import Settings
from pages.shared.lesson import Lesson, Question
from pages.shared.live import (
    Card,
    Cell,
    Formula,
    Instrument,
    Place,
    Row,
    Sentence,
    Slider,
    Style,
    Table,
    live,
)
from pages.shared.mathml import Node, Part, frac, math, row, sub, sup
from pages.shared.verdict import PROSE, verdict, warnings
from pages.shared.words import literal, say

KEY = "softmax"
Columns = dict[str, np.ndarray]

MANY = (1, 10, 100, 1000)  # classes with the last logit


def show() -> None:
    """Show the page."""
    lesson.show(Lesson(KEY, draw, broken, ask))


def draw(settings: Settings) -> None:
    """Show the instrument."""
    live(KEY, *build(settings), on_commit=state.commit(KEY))


def broken(settings: Settings) -> Settings:
    """Open logits whose exponentials are beyond float32."""
    return replace(controls.with_scenario(settings, SCENARIOS["over_89"]), temperature=1.0)


# ---------------------------------------------------------------- the table


def build(settings: Settings) -> tuple[Instrument, Columns]:
    """Build the instrument: sliders of the logits, the shift and the temperature."""
    half = steps_each_way(settings)
    sliders = [
        *logit_sliders(settings, half),
        shift_slider(settings, half),
        _temperature(settings, half),
    ]
    table = Sweep(**_runs(settings, sliders))
    columns = {
        name: column
        for name, column in pipeline.columns_of(table).items()
        if not name.startswith(("probability_", "log_"))
    }
    said, said_columns = verdict(table, settings.names)
    warned, warned_columns = warnings(table)
    largest, largest_columns = _largest(settings, table)
    columns |= said_columns | warned_columns | largest_columns | _others(table)
    instrument = Instrument(
        title=say("live.logits_title"),
        hint=say("softmax.hint"),
        sliders=sliders,
        choice_id="target",
        choice_label=say("softmax.formula_of"),
        choice=settings.target,
        choices=[formats(settings), reaches(settings.effective_reach)],
        figures=[pipeline.exponentials(settings, columns), pipeline.probabilities(settings)],
        cards_title=say("softmax.cards"),
        cards=[_card(name) for name in ("largest_shifted", "total_naive", "total_shifted")],
        sentences=[largest, said, warned],
        formulas_title=say("softmax.formulas"),
        formulas=_formulas(settings),
        tables=[_lines(settings), _jacobian(settings), _many(settings)],
    )
    return instrument, columns


def _temperature(settings: Settings, half: int) -> Slider:
    power = 1 if 0.1 <= settings.temperature <= 10 else 2
    exponents = [power * k / half for k in range(-half, half + 1)]
    positions = [float(f"{10**exponent:.3g}") for exponent in exponents]
    grid = controls.scale(settings.temperature, positions)
    return slider("temperature", say("softmax.temperature"), grid, uneven=True)


def _runs(settings: Settings, sliders: list[Slider]) -> dict[str, Run]:
    """Run the pipelines at every position, on z / T as the format stores it, plus c."""
    table = positions(settings, sliders)
    logits = table["logits"] / table["temperature"][..., None]
    shift = table["shift"][..., None]
    return run_all(logits, settings.target, settings.format, shift=shift)


def _others(table: Sweep) -> Columns:
    """Compute the Jacobian, and the sums over very many classes, in the format."""
    stored = table.shifted.steps["logits"]
    dtype = np.float64 if table.naive.format == "float64" else np.float32
    with np.errstate(all="ignore"):
        jacobian = softmax_jacobian(stored)
    columns = {"jacobian": jacobian.reshape(*stored.shape[:-1], -1).astype(dtype)}
    for many in MANY:
        total, share = with_copies(table.shifted, many)
        columns[f"total_{many}"] = total.astype(dtype)
        columns[f"share_{many}"] = share.astype(dtype)
    with np.errstate(invalid="ignore"):
        naive, shifted = (
            run.steps["probabilities"].astype(np.float64) for run in (table.naive, table.shifted)
        )
        columns["difference"] = (naive - shifted).astype(np.float32)
    return columns


def _largest(settings: Settings, table: Sweep) -> tuple[Sentence, Columns]:
    logits = table.shifted.steps["logits"].astype(np.float64)
    ties = (logits == logits.max(axis=-1, keepdims=True)).sum(axis=-1)
    columns = {
        "largest_class": logits.argmax(axis=-1).astype(np.int8),
        "ties": ties.astype(np.int8),
        "largest_said": np.select([~np.isfinite(logits.max(axis=-1)), ties > 1], [2, 1], 0).astype(
            np.int8
        ),
    }
    keys = ("largest_one", "largest_tie", "largest_none")
    sentence = Sentence(
        "largest",
        say("softmax.largest_title"),
        "largest_said",
        [say(f"softmax.{key}", classes=len(settings.logits)) for key in keys],
        {
            "name": Place("largest_class", names=settings.names),
            "largest": Place("largest_shifted", PROSE),
            "ties": Place("ties", PROSE),
            "total": Place("total_shifted", PROSE),
        },
    )
    return sentence, columns


# ---------------------------------------------------------------- what is shown


def _card(name: str) -> Card:
    swatch = {"largest_shifted": "", "total_naive": "naive", "total_shifted": "shifted"}[name]
    return Card(
        title=say(f"softmax.card_{name}"),
        note=say(f"softmax.card_{name}_note"),
        swatch=swatch,
        value=Cell(name, Style("significant", 5), readout=name),
        unit="",
    )


def _formulas(settings: Settings) -> list[Formula]:
    chosen = settings.target
    return [
        Formula(
            say("softmax.formula_without", name=settings.names[chosen]),
            _fraction("logits_naive", "probabilities_naive", settings),
        ),
        Formula(
            say("softmax.formula_with", name=settings.names[chosen]),
            _fraction("shifted_shifted", "probabilities_shifted", settings),
        ),
    ]


def _fraction(exponents: str, result: str, settings: Settings) -> Node:
    digits = Style("shortest", 5)
    terms: list[Part] = []
    for i in range(len(settings.logits)):
        terms += [*(["+"] if i else []), sup("e", Cell(exponents, digits, i))]
    above = sup("e", Cell(exponents, digits, settings.target))
    value = Cell(result, Style("significant", 6), settings.target, f"formula-{result}")
    return math(sub("p", str(settings.target + 1)), "=", frac(above, row(*terms)), "=", value)


def _lines(settings: Settings) -> Table:
    """Set each line of the NumPy function beside the numbers that it produced."""
    style = Style("shortest", 7 if settings.format in ("float64", "float32") else 5)
    count = len(settings.logits)

    def each(column: str) -> list[Cell | None]:
        return [*[Cell(column, style, i) for i in range(count)], None]

    rows = [Row(say("softmax.line_logits"), each("logits_naive"))]
    for step in STEPS["shifted"][:5]:
        column = f"{step.name}_shifted"
        whole: list[Cell | None] = [*[None] * count, Cell(column, style)]
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


def _jacobian(settings: Settings) -> Table:
    count = len(settings.names)
    style = Style("significant", 3)
    return Table(
        title=say("softmax.jacobian"),
        lead=say("softmax.jacobian_lead"),
        head=[
            say("softmax.head_jacobian"),
            *[say("softmax.head_input", name=name) for name in settings.names],
        ],
        rows=[
            Row(
                say("softmax.row_output", name=name),
                [
                    Cell("jacobian", style, i * count + j, f"jacobian-{i}-{j}", shade=True)
                    for j in range(count)
                ],
            )
            for i, name in enumerate(settings.names)
        ],
    )


def _many(settings: Settings) -> Table:
    style = Style("significant", 4)
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
                    Cell(f"total_{many}", style, readout=f"total-{many}"),
                    Cell(f"share_{many}", style, readout=f"share-{many}"),
                ],
            )
            for many in MANY
        ],
    )


# ---------------------------------------------------------------- the questions


def ask(settings: Settings) -> list[Question]:
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
        replace(
            controls.with_scenario(settings, scenario), shift=100.0, reach=100.0, temperature=1.0
        ),
    )


def _ask_other(settings: Settings) -> Question:
    scenario = SCENARIOS["everyday"]
    logits = np.array(scenario.logits)
    raised = logits + np.array([1.0, 0.0, 0.0])
    before, after = (float(softmax(z)[2]) for z in (logits, raised))
    slope = float(softmax_jacobian(logits)[2, 0])
    names = [literal(name) for name in controls.first_names(3)]
    return Question(
        "other",
        say("softmax.ask_other", first=names[0], third=names[2]),
        _options(),
        _direction(before, after),
        [say("softmax.ask_other_why", slope=f"{slope:.3f}", third=names[2])] * 3,
        replace(
            controls.with_scenario(settings, scenario),
            logits=tuple(raised.tolist()),
            temperature=1.0,
        ),
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
        replace(controls.with_scenario(settings, scenario), temperature=0.1),
    )
