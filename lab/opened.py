"""The matrix of losses, a cell for each format and form, and what is in the cell that is opened."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from ce_core.formats import EVERYDAY, FORMATS, FloatFormat
from ce_core.pipelines import PIPELINES, STEPS, EventKind, Run, find_events
from lab import blame
from lab.controls import narrow
from lab.distance import SHORT as TWO
from lab.distance import far, mark
from lab.readers import one_of
from lab.settings import Parameter, Settings
from lab.words import say
from live.message import cut
from live.parts import Cell, Choice, Column, Columns, Place, Row, Sentence, Style, Table

CELLS = tuple(f"{name}.{pipeline}" for name in FORMATS for pipeline in PIPELINES)
CELL: Final[Parameter[str]] = Parameter(
    "cell", "overflow", one_of(CELLS, "overflow.expected_cell"), "float16.naive"
)
# So many at a time as have room in the matrix and among the lanes.
FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "everyday": EVERYDAY,
    "eight": tuple(name for name, fmt in FORMATS.items() if fmt.bits == 8),
    "smaller": tuple(name for name, fmt in FORMATS.items() if fmt.bits < 8),
}


def family_of(settings: Settings) -> str:
    """Return the first family that has the opened format."""
    name = settings[CELL].split(".")[0]
    return next(family for family, names in FAMILIES.items() if name in names)


FAMILY: Final[Parameter[str]] = Parameter("family", "overflow", one_of(list(FAMILIES)), family_of)
SHORT, SIX = Style("significant", 4), Style("significant", 6)


def form_name(pipeline: str) -> str:
    """Return what a form is called."""
    return say(f"pipeline.loss_{pipeline}")


def shown_formats(settings: Settings) -> tuple[str, ...]:
    """Return the formats of the family, and the opened one, in the order of all."""
    shown = {*FAMILIES[settings[FAMILY]], settings[CELL].split(".")[0]}
    return tuple(name for name in FORMATS if name in shown)


def families(settings: Settings) -> Choice:
    """Make the list of families of formats."""
    names = list(FAMILIES)
    options = [(name, say(f"overflow.family_{name}")) for name in names]
    return Choice(FAMILY.key, FAMILY.called(), options, names.index(settings[FAMILY]))


def add_steps(opened: Run, columns: Columns) -> dict[str, Column]:
    """Add the steps of the opened cell: one number whole, those of all classes as far as shown."""
    steps = {"loss": columns[f"loss_{opened.format}_{opened.pipeline}"]}
    for name in opened.steps:
        if name in steps:
            continue
        values = narrow(opened.steps[name], opened.format)
        whole = _is_one(opened, name) or values.dtype != np.float64
        steps[name] = columns.add(f"step_{name}", values if whole else cut(values))
    for name, kinds in find_events(opened).items():
        columns.add(f"event_{name}", kinds)
    return steps


def _is_one(opened: Run, step: str) -> bool:
    """Say whether a step leaves one number for all classes."""
    return opened.steps[step].ndim < opened.steps["logits"].ndim


def account(opened: Run, settings: Settings, columns: Columns) -> Sentence:
    """Say what happened in one cell, at every position."""
    fmt = FORMATS[opened.format]
    blamed, cause = blame.blame(opened), opened.cause
    tail = blame.tail(blamed)
    texts, ends = blame.pieces(fmt), blame.tails(opened.pipeline, fmt)
    code, found = blamed.code * 4 + tail, []
    numbers, code = np.unique(code, return_inverse=True)
    for number in numbers:
        which, end = divmod(int(number), 4)
        spoken = [blame.PIECES.index(key) for key in blamed.told[which]]
        found.append(spoken + ([len(texts) + end - 1] if end else []))
    places = blame.places(blamed, vars(cause), settings, columns)
    places["cost"] = Place(columns.add("verdict_cost", blame.cost(blamed)), TWO)
    places[f"off_{opened.pipeline}"] = Place(far(opened, columns), TWO)
    return Sentence(
        "verdict",
        say("overflow.first_wrong"),
        columns.add("cause", code.reshape(blamed.code.shape).astype(np.int16)),
        [*texts, *ends],
        places,
        found,
    )


def matrix(
    settings: Settings,
    shown: Sequence[str],
    runs: Mapping[str, Mapping[str, Run]],
    columns: Columns,
) -> Table:
    """Show the loss of every format and form, each a button that opens it."""
    return Table(
        title=say("overflow.matrix"),
        lead=say("overflow.matrix_lead"),
        head=[say("overflow.format"), *[form_name(pipeline) for pipeline in PIPELINES]],
        rows=[
            Row(name, [_pick(runs[name][form], settings, columns) for form in PIPELINES])
            for name in shown
        ],
        main=True,
        part="matrix",
    )


def _pick(run: Run, settings: Settings, columns: Columns) -> Cell:
    cell = f"{run.format}.{run.pipeline}"
    return Cell(
        columns[f"loss_{run.format}_{run.pipeline}"],
        SHORT,
        readout=f"cell-{cell}",
        under=mark(run, f"mark-{cell}", columns),
        pick=(CELL.key, cell),
        picked=cell == settings[CELL],
        label=say("overflow.open", format=run.format, pipeline=form_name(run.pipeline)),
    )


def steps_table(
    settings: Settings, opened: Run, steps: Mapping[str, Column], columns: Columns
) -> Table:
    """Show every step of the opened cell, and what happened in it."""
    count = len(settings.logits)
    style = Style("shortest", 7 if opened.format in ("float64", "float32") else 5)
    words = [say(f"overflow.event_{kind.name.lower()}") for kind in EventKind]
    if not FORMATS[opened.format].has_nan:
        words[EventKind.INVALID] = say("overflow.event_invalid_as_zero")
    tones = ["", "bad", "bad", "bad", "warn", "warn"]

    def each(name: str) -> list[Cell]:
        return [Cell(steps[name], style, i) for i in range(count)]

    rows = [Row(say("overflow.step_logits"), [*each("logits"), None, None])]
    for step in STEPS[opened.pipeline]:
        happened = columns[f"event_{step.name}"]
        event = Cell(happened, words=words, tones=tones, readout=f"event-{step.name}")
        numbers: list[Cell | None] = (
            [*[None] * count, Cell(steps[step.name], style)]
            if _is_one(opened, step.name)
            else [*each(step.name), None]
        )
        rows.append(Row(f"{step.name} = {step.formula}", [*numbers, event], code=True))
    return Table(
        title=say("overflow.steps"),
        lead=say("overflow.steps_lead", format=opened.format),
        head=[
            say("pipeline.step"),
            *settings.names,
            say("pipeline.whole"),
            say("overflow.event"),
        ],
        rows=rows,
    )


def bits_table(opened: Run, steps: Mapping[str, Column], columns: Columns) -> Table:
    """Show the bits of the numbers of the true class on its way to the loss."""
    fmt = FORMATS[opened.format]
    whole = "rest" if "rest" in steps else "total"
    rows = []
    for name in ("logits", "exp", whole, "probability", "loss"):
        values = opened.steps[name]
        if _is_one(opened, name):
            value = steps[name]
        else:
            values = values[..., opened.target]
            value = columns.add(f"value_{name}", narrow(values, opened.format))
        stored = np.ascontiguousarray(values)[..., None].view(np.uint8)
        # Most significant byte first, as the bits are read.
        pattern = columns.add(f"bits_{name}", stored[..., ::-1])
        cells = [
            Cell(value, Style("shortest", 9)),
            Cell(pattern, Style("bits", fmt.exponent_bits, fmt.bits), readout=f"bits-{name}"),
        ]
        rows.append(Row(say(f"overflow.bits_{name}"), cells))
    return Table(
        title=say("overflow.bits"),
        lead=say(
            "overflow.bits_lead",
            format=fmt.name,
            exponent=fmt.exponent_bits,
            fraction=fmt.fraction_bits,
            specials=say(f"overflow.specials_{specials(fmt)}", max=f"{fmt.max:g}"),
        ),
        head=[say("overflow.number"), say("overflow.value"), say("overflow.pattern")],
        rows=rows,
        part="bits",
    )


def specials(fmt: FloatFormat) -> str:
    """Name the sentence that tells which patterns of a format are no numbers."""
    if fmt.has_infinity:
        return "inf"
    if not fmt.has_nan:
        return "none"
    return "ones" if fmt.has_negative_zero else "zero"
