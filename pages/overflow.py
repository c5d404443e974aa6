"""The overflow lab: one logit vector in every format and three pipelines, and what broke where."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np

from ce_core.formats import EVERYDAY, FORMATS, FloatFormat
from ce_core.pipelines import (
    PIPELINES,
    STEPS,
    EventKind,
    Run,
    find_events,
    run,
    run_all,
    run_formats,
)
from ce_core.scenarios import LAB
from lab import blame, figures, pictures
from lab.controls import (
    logit_sliders,
    narrow,
    positions,
    presets,
    reaches,
    shift_slider,
    with_scenario,
)
from lab.distance import OFF, STATES, add_paper, distance, far, mark, states
from lab.lesson import Lesson, Question
from lab.parameters import LOGITS, NAMES, REACH, SHIFT, TARGET
from lab.readers import one_of
from lab.settings import Parameter, Settings
from lab.shares import shares
from lab.words import say
from live.message import cut, drawn
from live.parts import (
    Card,
    Cell,
    Choice,
    Column,
    Columns,
    Figure,
    Instrument,
    Line,
    Place,
    Row,
    Sentence,
    Style,
    Table,
)

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


def _family(settings: Settings) -> str:
    """Return the first family that has the opened format."""
    name = settings[CELL].split(".")[0]
    return next(family for family, names in FAMILIES.items() if name in names)


FAMILY: Final[Parameter[str]] = Parameter("family", "overflow", one_of(list(FAMILIES)), _family)
PRESET = "lab"  # the act that opens a scenario, and the cell in which its effect shows
QUANTITIES = ("exp", "total", "probability", "loss")
SHORT, SIX = Style("significant", 4), Style("significant", 6)
_INSTEAD = np.array(["", "≈", "nan", "inf", "max", "0", "?"])  # of what is right, in the lanes


def _open_scenario(settings: Settings, name: str) -> Settings:
    if name not in LAB:
        raise ValueError(f"expected one of {', '.join(LAB)}; got {name!r}")
    scenario = LAB[name]
    opened = with_scenario(settings, scenario).put(cell=f"{scenario.format}.naive")
    return opened.put(family=_family(opened))


def _broken(settings: Settings, _: str) -> Settings:
    """Open logits whose exponentials are beyond float16."""
    return _open_scenario(settings, "exp_overflow")


def _picture() -> str:
    cells = []
    room = (pictures.WIDTH - 22) / len(EVERYDAY)
    for i, name in enumerate(EVERYDAY):
        runs = run_all(LAB["exp_overflow"].logits, 0, name)
        for j, form in enumerate(PIPELINES):
            fill = "none" if runs[form].broke else "currentColor"
            cells.append(
                f'<rect x="{14 + room * i:.1f}" y="{9 + 24 * j}" width="{0.65 * room:.1f}" '
                f'height="16" '
                f'fill="{fill}" stroke-width="1.5"/>'
            )
    return "".join(cells)


# ---------------------------------------------------------------- the table


def build(settings: Settings, columns: Columns) -> list[Instrument]:
    """Build the instrument: sliders of the logits and the shift, and a cell that is opened."""
    sliders = [*logit_sliders(settings), shift_slider(settings)]
    logits, shift = positions(settings, sliders, LOGITS, SHIFT)
    shown = _shown(settings)
    runs = run_formats(logits, settings.target, shown, shift=shift[..., None])
    for name, forms in runs.items():
        for form, result in forms.items():
            columns.add(f"loss_{name}_{form}", narrow(result.steps["loss"], name))
    format_name, pipeline = settings[CELL].split(".")
    opened = runs[format_name][pipeline]
    steps = _add_steps(opened, columns)
    paper, exponent = add_paper(opened, columns)
    instrument = Instrument(
        title=say("live.logits_title"),
        hint=say("live.logits_hint"),
        sliders=sliders,
        choice_id=TARGET.key,
        choice_label=say("live.target_group"),
        choice=settings.target,
        choices=[_families(settings), reaches(settings.effective_reach)],
        presets=presets(PRESET, {name: _open_scenario(settings, name) for name in LAB}, settings),
        figures=[
            _cliff(settings, pipeline, shown, logits[..., settings.target], columns),
            shares(opened, CELL.key, f"{format_name}.{{form}}", columns),
        ],
        cards_title=say("overflow.opened", format=format_name, pipeline=_name(pipeline)),
        cards=[
            replace(
                _card("loss", "naive", Cell(steps["loss"], SIX), say("pipeline.loss_unit")),
                off=distance(opened, "opened", columns),
            ),
            _card("paper", "fused", Cell(paper, SIX, exponent=exponent), say("pipeline.loss_unit")),
            *(
                [_card("probability", "", Cell(steps["probability"], SIX), "")]
                if "probability" in steps
                else []
            ),
        ],
        sentences=[account(opened, settings, columns)],
        tables=[
            _matrix(settings, shown, runs, columns),
            _steps(settings, opened, steps, columns),
            _bits(opened, steps, columns),
        ],
    )
    return [instrument]


def _name(pipeline: str) -> str:
    return say(f"pipeline.loss_{pipeline}")


def _shown(settings: Settings) -> tuple[str, ...]:
    """Return the formats of the family, and the opened one, in the order of all."""
    shown = {*FAMILIES[settings[FAMILY]], settings[CELL].split(".")[0]}
    return tuple(name for name in FORMATS if name in shown)


def _families(settings: Settings) -> Choice:
    names = list(FAMILIES)
    options = [(name, say(f"overflow.family_{name}")) for name in names]
    return Choice(FAMILY.key, FAMILY.called(), options, names.index(settings[FAMILY]))


def _add_steps(opened: Run, columns: Columns) -> dict[str, Column]:
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


# ---------------------------------------------------------------- what happened, in words


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
    places["cost"] = Place(columns.add("verdict_cost", blame.cost(blamed)), SHORT)
    places[f"off_{opened.pipeline}"] = Place(far(opened, columns), SHORT)
    return Sentence(
        "verdict",
        say("overflow.first_wrong"),
        columns.add("cause", code.reshape(blamed.code.shape).astype(np.int16)),
        [*texts, *ends],
        places,
        found,
    )


# ---------------------------------------------------------------- what is shown


def _matrix(
    settings: Settings,
    shown: Sequence[str],
    runs: Mapping[str, Mapping[str, Run]],
    columns: Columns,
) -> Table:
    return Table(
        title=say("overflow.matrix"),
        lead=say("overflow.matrix_lead"),
        head=[say("overflow.format"), *[_name(pipeline) for pipeline in PIPELINES]],
        rows=[
            Row(name, [_pick(runs[name][form], settings, columns) for form in PIPELINES])
            for name in shown
        ],
        main=True,
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
        label=say("overflow.open", format=run.format, pipeline=_name(run.pipeline)),
    )


def _card(name: str, swatch: str, value: Cell, unit: str) -> Card:
    return Card(
        title=say(f"overflow.card_{name}"),
        note=say(f"overflow.card_{name}_note"),
        swatch=swatch,
        value=replace(value, readout=name),
        unit=unit,
    )


def _steps(settings: Settings, opened: Run, steps: Mapping[str, Column], columns: Columns) -> Table:
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


def _bits(opened: Run, steps: Mapping[str, Column], columns: Columns) -> Table:
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
            specials=say(f"overflow.specials_{_specials(fmt)}", max=f"{fmt.max:g}"),
        ),
        head=[say("overflow.number"), say("overflow.value"), say("overflow.pattern")],
        rows=rows,
    )


def _specials(fmt: FloatFormat) -> str:
    """Name the sentence that tells which patterns of a format are no numbers."""
    if fmt.has_infinity:
        return "inf"
    if not fmt.has_nan:
        return "none"
    return "ones" if fmt.has_negative_zero else "zero"


# ---------------------------------------------------------------- the cliffs


def _cliff(
    settings: Settings,
    pipeline: str,
    shown: tuple[str, ...],
    here: np.ndarray,
    columns: Columns,
) -> Figure:
    """Draw where each quantity is right while the true class's logit goes from end to end.

    `here` is where that logit is at every position.
    """
    i, name = settings.target, settings.names[settings.target]
    lanes = [
        say("overflow.lane", format=fmt, quantity=say(f"overflow.lane_{quantity}"))
        for fmt in shown
        for quantity in QUANTITIES
    ]
    end = _end(shown)
    x = columns.add("cliff_x", drawn(np.stack([here, here], axis=-1), -end, end, 2048))
    y = columns.add("cliff_y", np.array([[[-1.0, len(lanes)]]]))
    return Figure(
        title=say("overflow.cliff", name=name, pipeline=_name(pipeline)),
        alt=say("overflow.cliff_alt", name=name),
        plot=_plot(
            (*settings.logits[:i], 0.0, *settings.logits[i + 1 :]),
            i,
            settings.shift,
            pipeline,
            shown,
            tuple(lanes),
            say("overflow.cliff_x", name=name),
        ),
        lines=[Line(x, y, "naive")],
        key=[("fused", say("overflow.key_right")), ("naive", say("overflow.key_here"))],
        of=[f"{LOGITS.key}.{i}"],
        tall=True,
    )


def _end(shown: Sequence[str]) -> float:
    """Return how far the lanes go: past the logit at which every format's exp is 0, in whole tens.

    The largest numbers of the smaller formats lie within 20 or not far beyond.
    """
    furthest = max(20.0, *(-FORMATS[name].ln_zero for name in shown))
    step = 10.0 ** math.floor(math.log10(furthest))
    return step * math.ceil(furthest / step)


# The logit that goes from end to end is not among what the lanes depend on: while it alone is
# moved they stay, and a class that follows the lesson asks for the same few.
@lru_cache(64)
def _plot(
    others: tuple[float, ...],
    target: int,
    shift: float,
    pipeline: str,
    shown: tuple[str, ...],
    names: tuple[str, ...],
    x_title: str,
) -> Mapping[str, Any]:
    z = np.linspace(-_end(shown), _end(shown), 801)
    logits = np.broadcast_to(others, (len(z), len(others))).copy()
    logits[:, target] = z
    runs = run_formats(logits, target, shown, shift=shift, pipelines=(pipeline,))
    z, instead = _ends(z, _lanes([forms[pipeline] for forms in runs.values()]))
    return figures.lanes(z, list(zip(names, _INSTEAD[instead], strict=True)), x_title)


def _lanes(runs: list[Run]) -> np.ndarray:
    """Return what the machine has instead of each quantity, as an index of `_INSTEAD`."""
    values = np.array([_drawn(result) for result in runs])
    state = np.array([states(result) for result in runs])
    right = np.isfinite(values) & (values != 0)
    nearly = np.zeros(values.shape, bool)
    total, probability, loss = map(QUANTITIES.index, ("total", "probability", "loss"))
    right[:, loss] = [result.right for result in runs]
    nearly[:, loss] = np.isin(state, [STATES.index(name) for name in (*OFF, "smallest")])
    if "rest" in runs[0].steps:  # its log1p may be 0
        right[:, total] = np.isfinite(values[:, total])
    stands_in = np.array([_stands_in(result) for result in runs])
    right &= ~stands_in
    nearly &= ~stands_in
    of_wrong_sum = stands_in[:, total] & right[:, probability]
    right[:, probability] &= ~of_wrong_sum
    nearly[:, probability] = of_wrong_sum
    instead = [right, nearly, np.isnan(values), np.isposinf(values), stands_in, values == 0]
    which = np.full(values.shape, len(instead), np.int8)
    for i, holds in reversed([*enumerate(instead)]):  # the first that holds is written last
        np.putmask(which, holds, i)
    return which.reshape(-1, values.shape[-1])


def _drawn(result: Run) -> list[np.ndarray]:
    """Return the values of the quantities."""
    steps = result.steps
    total = steps["log_sum" if "rest" in steps else "total"]
    drawn = (steps["exp"][:, result.target], total, steps["probability"], steps["loss"])
    return [values.astype(np.float64) for values in drawn]


def _stands_in(result: Run) -> list[np.ndarray]:
    """Say where a quantity is the largest number in place of one that is too large for the format.

    So it is where the format has neither inf nor nan.
    """
    fmt, steps = FORMATS[result.format], result.steps
    nowhere = np.zeros(steps["loss"].shape, bool)
    if fmt.has_nan or "total" not in steps:  # no exp of the fused form is above 1
        return [nowhere] * len(QUANTITIES)
    arguments = steps["shifted" if "shifted" in steps else "logits"].astype(np.float64)
    exp = np.exp(arguments) >= fmt.too_large
    total = exp.any(axis=-1) | (steps["exp"].astype(np.float64).sum(axis=-1) >= fmt.too_large)
    return [exp[:, result.target], total, nowhere, steps["probability"] == 0]


def _ends(x: np.ndarray, lanes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave out what lies between the ends of all stretches: a lane is drawn from end to end."""
    changes = (lanes[:, 1:] != lanes[:, :-1]).any(axis=0)
    kept = np.append(True, changes) | np.append(changes, True)
    return x[kept], lanes[:, kept]


# ---------------------------------------------------------------- the questions


def _ask(settings: Settings) -> list[Question]:
    """Make the questions; the core answers them."""
    return [_ask_first(settings), _ask_bfloat16(settings), _ask_forms(settings)]


def _ask_first(settings: Settings) -> Question:
    names = ["float64", "float32", "bfloat16", "float16"]
    limits = [_first_overflow(name) for name in names]
    right = int(np.argmin(limits))
    limit = limits[right]
    return Question(
        "first",
        say("overflow.ask_first"),
        names,
        right,
        [say("overflow.ask_first_why", format=names[right], limit=f"{limit:g}")] * len(names),
        _opened(settings, (12.0, 2.0, 0.0), f"{names[right]}.naive"),
    )


@cache
def _first_overflow(name: str) -> float:
    """Return the first of some rising logits whose exponential is not finite in a format."""
    logits = np.repeat(np.linspace(0, 800, 1601)[:, None], 2, axis=1)
    exp = run(logits, 0, "naive", name).steps["exp"].astype(float)
    return float(logits[np.isfinite(exp).all(axis=-1).argmin(), 0])


def _opened(settings: Settings, logits: tuple[float, ...], cell: str) -> Settings:
    opened = with_scenario(settings, replace(LAB["exp_overflow"], logits=logits)).put(cell=cell)
    return opened.put(family=_family(opened))


def _ask_bfloat16(settings: Settings) -> Question:
    names = ("float16", "bfloat16")
    half, brain = (
        bool(np.isfinite(run([80.0, 79.0], 0, "naive", name).steps["exp"].astype(float)).all())
        for name in names
    )
    options = [(True, True), (True, False), (False, True), (False, False)]
    return Question(
        "bfloat16",
        say("overflow.ask_bfloat16"),
        [say(f"overflow.ask_bfloat16_option_{i}") for i in range(4)],
        options.index((half, brain)),
        [
            say(
                "overflow.ask_bfloat16_why",
                half=f"{FORMATS['float16'].max:g}",
                brain=f"{FORMATS['bfloat16'].max:.2g}",
            )
        ]
        * 4,
        _opened(settings, (80.0, 79.0, 78.0), "bfloat16.naive"),
    )


def _ask_forms(settings: Settings) -> Question:
    scenario = LAB["log_of_zero"]
    runs = run_all(scenario.logits, scenario.target, scenario.format)
    fits = [bool(np.isfinite(result.steps["loss"])) for result in runs.values()]
    options = [[True, True, True], [False, True, True], [False, False, True]]
    return Question(
        "forms",
        say("overflow.ask_forms", logits=", ".join(f"{z:g}" for z in scenario.logits)),
        [say(f"overflow.ask_forms_option_{i}") for i in range(3)],
        options.index(fits),
        [say("overflow.ask_forms_why", loss=f"{float(runs['fused'].steps['loss']):g}")] * 3,
        _open_scenario(settings, "log_of_zero").put(cell="float32.shifted"),
    )


LESSON = Lesson(
    page="overflow",
    parameters=(LOGITS, NAMES, TARGET, REACH, CELL, FAMILY),
    picture=_picture,
    build=build,
    acts={PRESET: _open_scenario, "break": _broken},
    ask=_ask,
)
