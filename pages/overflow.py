"""The overflow lab: one logit vector in six formats and three pipelines, and what broke where."""

from dataclasses import replace
from functools import cache

import numpy as np

from ce_core.events import EventKind, find_events
from ce_core.formats import FORMATS
from ce_core.scenarios import LAB
from ce_core.trace import PIPELINES, STEPS, CauseKind, Run, run, run_all, run_formats
from pages.shared import controls, figures, lesson, state
from pages.shared.choices import logit_sliders, positions, presets, reaches, shift_slider
from pages.shared.controls import Settings
from pages.shared.lesson import Lesson, Question
from pages.shared.live import (
    Card,
    Cell,
    Figure,
    Instrument,
    Line,
    Place,
    Row,
    Sentence,
    Slider,
    Style,
    Table,
    live,
)
from pages.shared.verdict import PROSE, compared
from pages.shared.words import say

KEY = "overflow"
Columns = dict[str, np.ndarray]
Runs = dict[str, dict[str, Run]]

CLIFF = 800.0  # the logit of the chart goes from -CLIFF to CLIFF
QUANTITIES = ("exp", "total", "probability", "loss")
SHORT = Style("significant", 4)
_GOOD = {CauseKind.NONE}
_WARN = {CauseKind.DIGITS_LOST, CauseKind.LOGITS_ROUNDED}
_TONES = ["good" if k in _GOOD else "warn" if k in _WARN else "bad" for k in CauseKind]
_IS = {tone: np.array(_TONES) == tone for tone in _TONES}  # for each kind
_INSTEAD = np.array(["", "≈", "nan", "inf", "0", "?"])  # of what is right, in the lanes


def show() -> None:
    """Show the page."""
    lesson.show(Lesson(KEY, draw, broken, ask))


def draw(settings: Settings) -> None:
    """Show the instrument."""
    live(KEY, *build(settings), on_commit=state.commit(KEY))


def broken(settings: Settings) -> Settings:
    """Open logits whose exponentials are beyond float16."""
    return controls.take(settings, "lab", "exp_overflow")


# ---------------------------------------------------------------- the table


def build(settings: Settings) -> tuple[Instrument, Columns]:
    """Build the instrument: sliders of the logits and the shift, and a cell that is opened."""
    sliders = [*logit_sliders(settings), shift_slider(settings)]
    runs = _runs(settings, sliders)
    format_name, pipeline = settings.cell.split(".")
    opened = runs[format_name][pipeline]
    columns: Columns = {}
    for name, forms in runs.items():
        for form, result in forms.items():
            columns[f"loss_{name}_{form}"] = _narrow(result.steps["loss"], result)
            columns[f"kind_{name}_{form}"] = result.kind.astype(np.uint8)
    said, said_columns = _cause(opened, settings)
    columns |= said_columns | _trace_columns(opened)
    instrument = Instrument(
        title=say("live.logits_title"),
        hint=say("live.logits_hint"),
        sliders=sliders,
        choice_id="target",
        choice_label=say("live.target_group"),
        choice=settings.target,
        choices=[reaches(settings.effective_reach)],
        presets=presets(settings, LAB, "lab"),
        figures=[_cliff(settings, pipeline, columns)],
        cards_title=say("overflow.opened", format=format_name, pipeline=_name(pipeline)),
        cards=_cards(),
        sentences=[said],
        tables=[_matrix(settings), _steps(settings, opened), _bits(opened)],
    )
    return instrument, columns


def _runs(settings: Settings, sliders: list[Slider]) -> Runs:
    table = positions(settings, sliders)
    logits, shift = table["logits"], table["shift"][..., None]
    return run_formats(logits, settings.target, shift=shift)


def _narrow(values: np.ndarray, result: Run) -> np.ndarray:
    """Return values in a type that the browser knows and that holds every number of the format."""
    return values.astype(np.float64 if result.format == "float64" else np.float32, copy=False)


def _name(pipeline: str) -> str:
    return say(f"pipeline.loss_{pipeline}")


def _trace_columns(opened: Run) -> Columns:
    columns: Columns = {
        "loss": _narrow(opened.steps["loss"], opened),
        "paper": opened.cause.true_loss,
        "probability": _narrow(opened.steps["probability"], opened),
    }
    for name, kinds in find_events(opened).items():
        columns[f"event_{name}"] = kinds.astype(np.uint8)
    for name, values in opened.steps.items():
        columns[f"step_{name}"] = _narrow(values, opened)
    for name, values in _watched(opened).items():
        stored = np.ascontiguousarray(values)[..., None]
        # Most significant byte first, as the bits are read.
        columns[f"bits_{name}"] = stored.view(np.uint8).reshape(*values.shape, -1)[..., ::-1]
        columns[f"value_{name}"] = _narrow(values, opened)
    return columns


def _watched(opened: Run) -> dict[str, np.ndarray]:
    """Return the numbers whose bits are shown: those of the true class on its way to the loss."""
    t = opened.target
    steps = opened.steps
    watched = {"logits": steps["logits"][..., t], "exp": steps["exp"][..., t]}
    whole = "rest" if "rest" in steps else "total"
    return watched | {name: steps[name] for name in (whole, "probability", "loss")}


# ---------------------------------------------------------------- what happened, in words


def _cause(opened: Run, settings: Settings) -> tuple[Sentence, Columns]:
    cause, fmt = opened.cause, FORMATS[opened.format]
    kind = cause.kind.astype(np.int64)
    index = np.maximum(cause.index, 0)
    stored = np.take_along_axis(
        opened.steps["logits"].astype(np.float64), index[..., None], axis=-1
    )[..., 0]
    # A format without infinity has nan in its place.
    beyond = "inf" if fmt.has_infinity else "nan"
    filled = {
        "format": fmt.name,
        "beyond": beyond,
        "percent": f"{100 * fmt.unit_roundoff:.2g}",
    }
    templates = [say(f"overflow.cause_{_cause_key(k, opened)}", **filled) for k in CauseKind]
    templates.append(say("overflow.cause_logit_overflow_down", **filled))
    down = (kind == CauseKind.LOGIT_OVERFLOW) & (cause.value < 0)
    columns: Columns = {
        "cause": np.where(down, len(CauseKind), kind).astype(np.int8),
        "cause_class": index.astype(np.int8),
        "cause_value": cause.value,
        "cause_stored": stored,
        "cause_significand": cause.significand.astype(np.float32),
        "cause_exponent": cause.exponent,
        "cause_max": np.array([[fmt.max]]),
        "cause_tiny": np.array([[fmt.smallest_subnormal]]),
    }
    apart = compared(fmt.name)
    places = {
        "class": Place("cause_class", names=settings.names),
        "z": Place("cause_value", PROSE),
        "given": Place("cause_value", apart),
        "stored": Place("cause_stored", apart),
        "exact": Place("cause_significand", PROSE, exponent="cause_exponent"),
        "max": Place("cause_max", PROSE),
        "tiny": Place("cause_tiny", PROSE),
        "loss": Place("loss", apart),
        "paper": Place("paper", apart),
    }
    sentence = Sentence("verdict", say("overflow.first_wrong"), "cause", templates, places)
    return sentence, columns


def _cause_key(kind: CauseKind, opened: Run) -> str:
    """Name the sentence of a cause; some depend on the form, and one on the format."""
    if kind == CauseKind.LOGITS_ROUNDED and opened.format == "float64":
        return "logits_shifted"  # a given logit is a float64; only adding c rounds it
    if kind == CauseKind.DIGITS_LOST and opened.pipeline == "fused":
        return "digits_lost_fused"
    if kind == CauseKind.ALL_MASKED and opened.pipeline != "naive":
        return "all_masked_shifted"
    return kind.name.lower()


def _marks() -> list[str]:
    return [say(f"overflow.mark_{kind.name.lower()}") for kind in CauseKind]


# ---------------------------------------------------------------- what is shown


def _matrix(settings: Settings) -> Table:
    marks = _marks()
    return Table(
        title=say("overflow.matrix"),
        lead=say("overflow.matrix_lead"),
        head=[say("overflow.format"), *[_name(pipeline) for pipeline in PIPELINES]],
        rows=[
            Row(name, [_pick(name, form, settings, marks) for form in PIPELINES])
            for name in FORMATS
        ],
        main=True,
    )


def _pick(name: str, form: str, settings: Settings, marks: list[str]) -> Cell:
    cell = f"{name}.{form}"
    return Cell(
        f"loss_{name}_{form}",
        SHORT,
        readout=f"cell-{cell}",
        under=Cell(f"kind_{name}_{form}", words=marks, tones=_TONES, readout=f"mark-{cell}"),
        pick=("cell", cell),
        picked=cell == settings.cell,
        label=say("overflow.open", format=name, pipeline=_name(form)),
    )


def _cards() -> list[Card]:
    return [
        Card(
            title=say("overflow.card_loss"),
            note=say("overflow.card_loss_note"),
            swatch="naive",
            value=Cell("loss", Style("significant", 6), readout="loss"),
            unit=say("pipeline.loss_unit"),
        ),
        Card(
            title=say("overflow.card_paper"),
            note=say("overflow.card_paper_note"),
            swatch="fused",
            value=Cell("paper", Style("significant", 6), readout="paper"),
            unit=say("pipeline.loss_unit"),
        ),
        Card(
            title=say("overflow.card_probability"),
            note=say("overflow.card_probability_note"),
            swatch="",
            value=Cell("probability", Style("significant", 6), readout="probability"),
            unit="",
        ),
    ]


def _steps(settings: Settings, opened: Run) -> Table:
    count = len(settings.logits)
    style = Style("shortest", 7 if opened.format in ("float64", "float32") else 5)
    words = [say(f"overflow.event_{kind.name.lower()}") for kind in EventKind]
    tones = ["", "bad", "bad", "bad", "warn", "warn"]
    rows = [Row(say("overflow.step_logits"), [*_each("logits", count, style), None, None])]
    for step in STEPS[opened.pipeline]:
        event = Cell(f"event_{step.name}", words=words, tones=tones, readout=f"event-{step.name}")
        is_one = opened.steps[step.name].ndim < opened.steps["logits"].ndim
        numbers: list[Cell | None] = (
            [*[None] * count, Cell(f"step_{step.name}", style)]
            if is_one
            else [*_each(step.name, count, style), None]
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


def _each(name: str, count: int, style: Style) -> list[Cell | None]:
    return [Cell(f"step_{name}", style, i) for i in range(count)]


def _bits(opened: Run) -> Table:
    fmt = FORMATS[opened.format]
    value = Style("shortest", 9)
    pattern = Style("bits", fmt.exponent_bits)
    return Table(
        title=say("overflow.bits"),
        lead=say(
            "overflow.bits_lead" if fmt.has_infinity else "overflow.bits_lead_finite",
            format=fmt.name,
            exponent=fmt.exponent_bits,
            fraction=fmt.fraction_bits,
        ),
        head=[say("overflow.number"), say("overflow.value"), say("overflow.pattern")],
        rows=[
            Row(
                say(f"overflow.bits_{name}"),
                [
                    Cell(f"value_{name}", value),
                    Cell(f"bits_{name}", pattern, readout=f"bits-{name}"),
                ],
            )
            for name in _watched(opened)
        ],
    )


# ---------------------------------------------------------------- the cliffs


def _cliff(settings: Settings, pipeline: str, columns: Columns) -> Figure:
    """Draw where each quantity is right while the true class's logit goes from end to end."""
    z = np.linspace(-CLIFF, CLIFF, 801)
    logits = np.broadcast_to(settings.logits, (len(z), len(settings.logits))).copy()
    logits[:, settings.target] = z
    runs = run_formats(logits, settings.target, shift=settings.shift, pipelines=(pipeline,))
    z, instead = _ends(z, _lanes([forms[pipeline] for forms in runs.values()]))
    i, name = settings.target, settings.names[settings.target]
    target = np.array(settings.logits[i], float)
    at = np.broadcast_to(target, columns["loss"].shape).copy()
    if np.isfinite(target):
        at[i] = controls.grid(settings.logits[i], settings.effective_reach)[0]
    columns["cliff_x"] = np.stack([at, at], axis=-1)
    columns["cliff_y"] = np.array([[[-1.0, len(instead)]]])
    return Figure(
        title=say("overflow.cliff", name=name, pipeline=_name(pipeline)),
        alt=say("overflow.cliff_alt", name=name),
        plot=figures.lanes(
            z,
            list(zip(_lane_names(), _INSTEAD[instead], strict=True)),
            say("overflow.cliff_x", name=name),
        ),
        lines=[Line("cliff_x", "cliff_y", "naive")],
        key=[("fused", say("overflow.key_right")), ("naive", say("overflow.key_here"))],
        of=[f"logits.{i}"],
        tall=True,
    )


@cache
def _lane_names() -> list[str]:
    return [
        say("overflow.lane", format=name, quantity=say(f"overflow.lane_{quantity}"))
        for name in FORMATS
        for quantity in QUANTITIES
    ]


def _lanes(runs: list[Run]) -> np.ndarray:
    """Return what the machine has instead of each quantity, as an index of `_INSTEAD`."""
    values = np.array([_drawn(result) for result in runs])
    kinds = np.array([result.kind for result in runs])
    right = np.isfinite(values) & (values != 0)
    nearly = np.zeros(values.shape, bool)
    total, loss = QUANTITIES.index("total"), QUANTITIES.index("loss")
    right[:, loss], nearly[:, loss] = _IS["good"][kinds], _IS["warn"][kinds]
    if "rest" in runs[0].steps:  # its log1p may be 0
        right[:, total] = np.isfinite(values[:, total])
    instead = [right, nearly, np.isnan(values), np.isposinf(values), values == 0]
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


def _ends(x: np.ndarray, lanes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave out what lies between the ends of all stretches: a lane is drawn from end to end."""
    changes = (lanes[:, 1:] != lanes[:, :-1]).any(axis=0)
    kept = np.append(True, changes) | np.append(changes, True)
    return x[kept], lanes[:, kept]


# ---------------------------------------------------------------- the questions


def ask(settings: Settings) -> list[Question]:
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
        replace(_opened(settings, (12.0, 2.0, 0.0), 0), cell=f"{names[right]}.naive"),
    )


@cache
def _first_overflow(name: str) -> float:
    """Return the first of some rising logits whose exponential is not finite in a format."""
    logits = np.repeat(np.linspace(0, CLIFF, 1601)[:, None], 2, axis=1)
    exp = run(logits, 0, "naive", name).steps["exp"].astype(float)
    return float(logits[np.isfinite(exp).all(axis=-1).argmin(), 0])


def _opened(settings: Settings, logits: tuple[float, ...], target: int) -> Settings:
    scenario = replace(LAB["exp_overflow"], logits=logits, target=target)
    return controls.with_scenario(settings, scenario)


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
        replace(_opened(settings, (80.0, 79.0, 78.0), 0), cell="bfloat16.naive"),
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
        replace(controls.take(settings, "lab", "log_of_zero"), cell="float32.shifted"),
    )
