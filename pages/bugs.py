"""The bug gallery: real mistakes with the cross-entropy, each to be diagnosed and repaired.

Its path is walked once for each case. Until the diagnosis nothing that is sent holds the repair.
"""

import inspect
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from functools import cache
from typing import Final

import numpy as np

from ce_core import cross_entropy, cross_entropy_gradient
from ce_core.bugs import BUGS, Bug, run
from ce_core.formats import FORMATS
from lab import figures, pictures
from lab.controls import grid
from lab.export.bugs import of_case
from lab.export.parts import Export
from lab.lesson import Lesson, Question, Step
from lab.parameters import AT, FIRST_NAMES
from lab.readers import number, one_of, whole
from lab.settings import Parameter, Settings, widened
from lab.verdict import LOSS
from lab.words import say
from live.message import cut
from live.parts import (
    Card,
    Cell,
    Choice,
    Code,
    Column,
    Columns,
    Figure,
    Instrument,
    Line,
    Place,
    Point,
    Presets,
    Row,
    Sentence,
    Slider,
    Style,
    Switch,
    Table,
)


def first_dose(bug: str) -> float:
    """Return where the slider of a bug stands at first: a logit of its own data, or its power."""
    row, column = BUGS[bug].move
    power = BUGS[bug].power
    return BUGS[bug].logits[row][column] if power is None else power


BUG: Final[Parameter[str]] = Parameter(
    "bug", "bugs", one_of(tuple(BUGS), "bugs.expected_bug"), "softmax_twice"
)
DOSE: Final[Parameter[float]] = Parameter(
    "dose", "bugs", number(), lambda settings: first_dose(settings[BUG])
)
REPAIRED: Final[Parameter[int]] = Parameter("repaired", "bugs", whole(1), 0)

_OPTIONS = 4  # diagnoses to choose from
_FAR = 0.9  # of a slider: as far as one has to go
_NEAR_LOWEST = 1.02  # times the lowest loss, so that a finger can find it
_FORMS = ("broken", "repaired")
_COLOURS = {"broken": "naive", "repaired": "fused", "now": "fused"}


def opened(settings: Settings, name: str) -> Settings:
    """Open another case, unrepaired: its path, or with its own data where all is played freely."""
    there = _with_symptom(settings.put(bug=BUG.reader.read(name)))
    return there if _here(settings) == "free" else _begin(there.put(at=1))


def broken(settings: Settings, _: str = "") -> Settings:
    """Go where exp of a float16 is beyond float16."""
    return opened(settings, "half_precision")


def _here(settings: Settings) -> str:
    return STEPS[settings[AT] - 1].key


def _leads_to_repair(settings: Settings) -> bool:
    """Say whether a step shows both codes, and the switch between them."""
    return _here(settings) in ("repair", "remains")


def _repaired(settings: Settings) -> bool:
    return settings[REPAIRED] == 1 and _here(settings) not in ("symptom", "diagnosis")


def _diagnosed(settings: Settings) -> bool:
    """Say whether the learner may see the repair: after a diagnosis, or a link that shows it."""
    known = settings[REPAIRED] == 1 or settings[BUG] in settings.seen
    return _leads_to_repair(settings) or (_here(settings) == "free" and known)


def _seen(settings: Settings) -> list[str]:
    return [settings[BUG]] if _repaired(settings) or _leads_to_repair(settings) else []


# ---------------------------------------------------------------- the path


# Where the slider stands before the symptom is met.
_BEFORE: Final = {
    "softmax_twice": 0.0,
    "wrong_axis": 8.0,
    "log_of_softmax": 10.0,
    "half_precision": 6.0,
    "all_masked_row": 3.0,
    "smoothing_masked": 0.0,
    "weighted_mean": 6.0,
    "sigmoid_first": -5.0,
    "target_off_by_one": -5.0,
    "sum_in_half": 2.0,
    "epsilon_vanishes": 0.0,
    "zero_times_infinity": 0.0,
    "scaled_too_late": 0.0,
}


def _begin(settings: Settings) -> Settings:
    return settings.put(dose=_BEFORE[settings[BUG]], repaired=0)


def _with_symptom(settings: Settings) -> Settings:
    return settings.put(dose=first_dose(settings[BUG]), repaired=0)


def _mended(settings: Settings) -> Settings:
    return settings.put(repaired=1)


def _symptomatic(settings: Settings, columns: Columns) -> np.ndarray:
    """Say where the symptom shows; where the code is wrong everywhere, far along the slider."""
    name, bug = settings[BUG], BUGS[settings[BUG]]
    dose, losses = columns["dose"].values, columns["broken"].values
    broken = ~np.isfinite(losses)
    met: np.ndarray
    if name == "weighted_mean":
        met = losses > columns["largest"].values
    elif name == "wrong_axis":
        met = losses <= _NEAR_LOWEST * losses.min()
    elif broken.any() and not broken.all():
        met = broken
    else:  # where no position is better than another, either end will do
        one_way = name not in ("all_masked_row", "scaled_too_late")
        met = (dose if one_way else np.abs(dose)) >= _FAR * bug.reach
    return met


def _flipped(settings: Settings, _: Columns) -> np.ndarray:
    return np.array([[settings[REPAIRED] == 1]])


def _diagnose(settings: Settings) -> Question:
    """Ask for the diagnosis; a wrong one is told what would be seen if it were right."""
    near, options, right = _diagnoses(settings[BUG])
    reasons = {say(f"bugs.diagnosis_{bug}"): say(f"bugs.not_{bug}") for bug in near} | {
        say(f"bugs.diagnosis_{settings[BUG]}"): say(f"bugs.why_{settings[BUG]}")
    }
    return Question(
        settings[BUG],
        say("bugs.step_diagnosis_do"),
        options,
        right,
        [reasons[option] for option in options],
        settings,
    )


STEPS: Final = (
    Step("symptom", "reach", opens=_begin, goal=_symptomatic),
    Step("diagnosis", "predict", opens=_with_symptom, ask=_diagnose),
    Step("repair", "reach", opens=_with_symptom, goal=_flipped),
    Step("remains", "see", opens=_mended),
    Step("free", "explore"),
)


def _picture() -> str:
    bug = BUGS["softmax_twice"]
    x = np.linspace(-2, 8, 50)
    stuck, repaired = run(bug, *_given(bug, x))
    return pictures.line(x, stuck, (0, 3)) + pictures.line(x, repaired, (0, 3), dash="3 4")


# ---------------------------------------------------------------- the case


def build(settings: Settings, columns: Columns) -> list[Instrument]:
    """Build the instrument of a case; before the diagnosis it holds nothing of the repair."""
    name, bug = settings[BUG], BUGS[settings[BUG]]
    diagnosed, repaired = _diagnosed(settings), _repaired(settings)
    both, leads = _leads_to_repair(settings), _here(settings) != "free"
    reach = widened(bug.reach, settings[DOSE])
    # Only whole powers of two scale without an error.
    half = 100 if bug.power is None else min(100, int(reach))
    positions, index = grid(settings[DOSE], reach, half)
    batches, powers = _given(bug, positions)
    columns.add("dose", np.array([positions]))
    losses = dict(zip(_FORMS, run(bug, batches, powers), strict=True))
    if both:
        losses["now"] = losses["repaired" if repaired else "broken"]
    shown = ["broken", "now"] if both else list(_FORMS) if repaired else ["broken"]
    for form in shown:
        columns.add(form, losses[form][None])
    if bug.power is not None:
        columns.add("paper", np.array([[_on_paper(bug)]]))
    place, kind = _place(bug), _kind(bug)
    hint = "bugs.hint_repair" if diagnosed else "bugs.hint_diagnose"
    label = say(f"bugs.slider_{kind}", **place)
    slider_name = say(f"bugs.slider_name_{kind}", **place)
    if both:
        silent = _here(settings) == "remains" or not repaired
        sentences = [_why(name, columns["now"], columns, silent=silent)]
    else:
        symptom = _symptom(settings, columns, batches)
        sentences = [symptom, *([_why(name, columns["repaired"], columns)] if repaired else [])]
    drawn = (
        _moving(bug, losses, reach, label, columns)
        if both
        else _figure(bug, shown, reach, label, columns)
    )
    instrument = Instrument(
        title=say(f"bugs.name_{name}"),
        hint=f"{say(f'bugs.hint_{kind}', **place)} {say(hint)}",
        sliders=[Slider(DOSE.key, slider_name, label, positions, index)],
        choices=[_switch(settings)] if diagnosed and not leads else [],
        switches=[Switch(REPAIRED.key, say("bugs.repair_it"), repaired)] if both else [],
        presets=Presets(BUG.key, say("bugs.cases"), _cases(), name),
        figures=[_with_ring(drawn, columns[shown[-1]], columns) if leads else drawn],
        cards_title=say(f"bugs.cards_{kind}", **place),
        cards=[_card(form, shown, bug, columns) for form in shown],
        sentences=sentences,
        tables=[_batch(bug, columns, batches)],
        code=_code(bug, repaired=repaired, reveal=diagnosed),
    )
    return [instrument]


def _cases() -> list[tuple[str, str]]:
    return [(name, say(f"bugs.name_{name}")) for name in BUGS]


def _place(bug: Bug) -> dict[str, str]:
    """Name the logit that moves."""
    row, column = bug.move
    return {"name": FIRST_NAMES[column], "sample": str(row + 1)}


def _kind(bug: Bug) -> str:
    """Name what a case computes."""
    return "loss" if bug.power is None else "slope"


def _given(
    bug: Bug, positions: Sequence[float] | np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the batches and the powers of a case with its slider at each position."""
    batches = np.tile(np.array(bug.logits), (len(positions), 1, 1))
    if bug.power is not None:
        return batches, np.array(positions)
    row, column = bug.move
    batches[:, row, column] = positions
    return batches, None


def _stored(bug: Bug, batches: np.ndarray) -> np.ndarray:
    """Return logits as the case's format holds them."""
    with np.errstate(over="ignore"):
        return batches.astype(FORMATS[bug.format].dtype).astype(np.float64)


def _on_paper(bug: Bug) -> float:
    """Return the slope that a case with a scale is to find."""
    gradient = cross_entropy_gradient(np.array(bug.logits), bug.target, reduction="sum")
    return float(gradient[bug.move])


def _rounded(value: float, digits: int, towards: str) -> float:
    """Return a bound with so many digits, rounded to the side on which what is said of it holds."""
    return float(Context(digits, towards).create_decimal(repr(float(value))))


def _symptom(settings: Settings, columns: Columns, batches: np.ndarray) -> Sentence:
    """Say what the learner is to notice; it holds wherever the slider stands.

    On the path it is said where the symptom shows; elsewhere the step's own text stands.
    """
    name = settings[BUG]
    bug, pieces = BUGS[name], [say(f"bugs.symptom_{name}")]
    losses, positions = columns["broken"].values[0], columns["dose"].values[0]
    said = np.zeros((1, 1), np.int8)
    places = {"loss": Place(columns["broken"], LOSS)}
    finite = np.flatnonzero(np.isfinite(losses))
    found: dict[str, float] = {}
    if bug.power is not None:
        places["paper"] = Place(columns["paper"], LOSS)
    if finite.size:
        found["lowest"] = _rounded(losses[finite].min(), 6, ROUND_FLOOR)
    if finite.size and finite[-1] + 1 < len(positions):
        found["edge"] = _rounded(positions[finite[-1] + 1], 12, ROUND_CEILING)
    if finite.size and finite[0]:
        found["cliff"] = _rounded(positions[finite[0] - 1], 12, ROUND_FLOOR)
    for key, value in found.items():
        if f"{{{key}}}" in pieces[0]:
            # A typed position needs its digits: just beside it the symptom may be gone.
            places[key] = Place(columns.add(key, np.array([[value]])), Style("shortest", 12))
    if "{largest}" in pieces[0]:
        rows = _stored(bug, batches).reshape(-1, batches.shape[-1])
        each = cross_entropy(rows, np.tile(bug.target, len(batches)), reduction="none")
        largest = each.reshape(batches.shape[:-1]).max(axis=-1)[None]
        places["largest"] = Place(columns.add("largest", largest), LOSS)
        if name == "weighted_mean":
            pieces.append(say("bugs.symptom_weighted_mean_within"))
            said = (losses <= largest).astype(np.int8)
    if _here(settings) != "free":
        pieces = ["", *pieces]
        said = np.where(_symptomatic(settings, columns), said + 1, 0).astype(np.int8)
    title = say("bugs.symptom_was") if _repaired(settings) else say("bugs.symptom")
    return Sentence("verdict", title, columns.add("said", said), pieces, places)


def _why(name: str, repaired: Column, columns: Columns, *, silent: bool = False) -> Sentence:
    """Say what the repair does, and for a scale, whether this one is enough."""
    reason, title = say(f"bugs.why_{name}"), say("bugs.repair")
    if BUGS[name].power is None:
        because = columns.add("because", np.full((1, 1), silent, np.int8))
        return Sentence("why", title, because, [reason], said=[[0], []])
    ends = [say(f"bugs.why_{name}_{end}") for end in ("zero", "kept", "lost")]
    end = np.select([repaired.values == 0, np.isfinite(repaired.values)], [0, 1], 2)
    return Sentence(
        "why",
        title,
        columns.add("because", np.where(silent, 3, end).astype(np.int8)),
        [reason, *ends],
        {"repaired": Place(repaired, LOSS), "paper": Place(columns["paper"], LOSS)},
        said=[[0, 1], [0, 2], [0, 3], []],
    )


def _switch(settings: Settings) -> Choice:
    options = [("0", say("bugs.as_it_was")), ("1", say("bugs.repaired"))]
    return Choice(REPAIRED.key, say("bugs.switch"), options, settings[REPAIRED])


def _figure(bug: Bug, forms: Sequence[str], reach: float, x_title: str, columns: Columns) -> Figure:
    # Where the code as it was has no gap, the repaired one may have.
    named = "broken" if not np.isfinite(columns["broken"].values).all() else forms[-1]
    top = _top(bug, [columns[form].values for form in forms])
    plot = _background(forms, named, (reach, top), x_title, columns)
    return _drawn(bug, plot, columns, {form: columns[form] for form in forms})


def _moving(
    bug: Bug, losses: Mapping[str, np.ndarray], reach: float, x_title: str, columns: Columns
) -> Figure:
    """Draw the code as it was, and over it what it is now: the switch lets one leave the other.

    Until then the two are one, and what is still to come waits above the chart.
    """
    top = _top(bug, [losses[form] for form in _FORMS])
    plot = _background([], "broken", (reach, top), x_title, columns)
    was, now = (cut(columns[form].values[None]) for form in ("broken", "now"))
    rest = np.nan if losses["now"] is losses["repaired"] else 3 * top
    columns.add("curve_broken", np.where(np.isfinite(was), was, np.nan))
    columns.add("curve_now", np.where(np.isfinite(now), now, rest))
    drawn = _drawn(bug, plot, columns, {form: columns[form] for form in ("now", "broken")})
    across = columns["curve_x"]
    lines = [Line(across, columns[f"curve_{form}"], _COLOURS[form]) for form in ("now", "broken")]
    return replace(drawn, lines=lines, key=drawn.key[::-1])


def _with_ring(figure: Figure, losses: Column, columns: Columns) -> Figure:
    """Let a ring be dragged, which goes on beside the cliff where the point has no place."""
    x, y = columns["dose"].values[0], losses.values[0]
    finite = np.flatnonzero(np.isfinite(y))
    held = np.zeros_like(y)
    if finite.size:
        nearest = finite[np.abs(x[finite][:, None] - x).argmin(axis=0)]
        held = y[nearest]
    ring = Point(columns["dose"], columns.add("held", cut(held[None])), "lost", drag=DOSE.key)
    return replace(figure, points=[ring, *(replace(p, drag="") for p in figure.points)])


def _top(bug: Bug, shown: Sequence[np.ndarray]) -> float:
    """Return the largest number that a figure shows."""
    losses = np.stack(shown)
    # A mistake that hardly costs anything is not to look like a large loss.
    least = 1.0 if bug.power is None else _on_paper(bug)
    return max(least, float(losses.max(initial=0.0, where=np.isfinite(losses))))


def _background(
    forms: Sequence[str],
    named: str,
    ends: tuple[float, float],
    x_title: str,
    columns: Columns,
) -> figures.Plot:
    reach, top = ends
    dose = columns["dose"].values
    across = columns.add("curve_x", cut(dose[None]))
    lines = []
    for form in forms:
        losses = columns[form].values[None]
        curve = columns.add(f"curve_{form}", cut(np.where(np.isfinite(losses), losses, np.nan)))
        lines.append((across, curve, _COLOURS[form]))
    plot = figures.curves(lines, (-reach, reach), (-0.04 * top, 1.08 * top), x_title)
    plot["layout"]["yaxis"]["exponentformat"] = "power"
    gaps = _gaps(dose[0], columns[named].values[0])
    plot["layout"]["annotations"] += [note for note, _ in gaps]
    plot["layout"]["shapes"] += [shade for _, shade in gaps]
    return plot


def _drawn(bug: Bug, plot: figures.Plot, columns: Columns, shown: Mapping[str, Column]) -> Figure:
    kind = _kind(bug)
    return Figure(
        title=say(f"bugs.curve_{kind}", **_place(bug)),
        alt=say(f"bugs.curve_alt_{kind}"),
        plot=plot,
        points=[
            Point(columns["dose"], losses, _COLOURS[form], drag=DOSE.key)
            for form, losses in shown.items()
        ],
        key=[(_COLOURS[form], _called(form, shown)) for form in shown],
    )


def _gaps(x: np.ndarray, losses: np.ndarray) -> list[tuple[figures.Plot, figures.Plot]]:
    """Name what stands where the curve has a gap, and shade it."""
    kind = np.select([np.isnan(losses), np.isinf(losses)], [2, 1], 0)
    stretches = np.split(np.arange(len(x)), np.flatnonzero(np.diff(kind)) + 1)
    step = (x[-1] - x[0]) / (len(x) - 1) / 2
    return [
        (
            {
                "text": say("live.nan") if kind[part[0]] == 2 else say("live.inf"),
                "x": float(x[part[0]] + x[part[-1]]) / 2,
                "xref": "x",
                "xanchor": "left",
                "xshift": 4,  # px, clear of the line at 0
                "y": 1,
                "yref": "paper",
                "yanchor": "top",
                "showarrow": False,
                "font": {"size": 20},
            },
            {
                "type": "rect",
                "x0": float(x[part[0]]) - step,
                "x1": float(x[part[-1]]) + step,
                "xref": "x",
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "fillcolor": "broken",
                "opacity": 0.12,
                "line": {"width": 0},
                "layer": "below",
            },
        )
        for part in stretches
        if kind[part[0]]
    ]


def _called(form: str, shown: Container[str]) -> str:
    """Say what a code is called, beside the others that are shown."""
    return say("bugs.card_was" if form == "broken" and "now" in shown else f"bugs.card_{form}")


def _card(form: str, shown: Container[str], bug: Bug, columns: Columns) -> Card:
    loss = columns[form]
    return Card(
        title=_called(form, shown),
        note=say("bugs.card_note", format=bug.format),
        swatch=_COLOURS[loss.name],
        value=Cell(loss, LOSS, readout=f"loss-{loss.name}"),
        unit=say("bugs.nats") if bug.power is None else "",
    )


def _batch(bug: Bug, columns: Columns, batches: np.ndarray) -> Table:
    """Show the batch as it is stored, one row for each sample."""
    count = batches.shape[-1]
    names = FIRST_NAMES[:count]
    logits = columns.add("logits", _stored(bug, batches).reshape(1, len(batches), -1))
    true = columns.add("true", np.array(bug.target, np.int8)[None, None])
    digits = Style("shortest", 6)
    rows = [
        Row(
            say("bugs.sample_number", sample=i + 1),
            [
                *(Cell(logits, digits, i * count + j, f"logit-{i}-{j}") for j in range(count)),
                Cell(true, item=i, words=names),
            ],
        )
        for i in range(len(bug.target))
    ]
    return Table(
        title=say("bugs.batch"),
        lead=say("bugs.batch_lead", format=bug.format),
        head=[say("bugs.sample"), *names, say("bugs.true_class")],
        rows=rows,
    )


@cache  # Python finds it by reading the file
def _source(function: Callable[..., np.ndarray]) -> str:
    return inspect.getsource(function)


def _listed(function: Callable[..., np.ndarray], bug: Bug, *, reveal: bool) -> tuple[str, str]:
    """Return the name and the source; they tell the diagnosis, so they may have to wait."""
    source, name = _source(function), function.__name__
    if reveal:
        return name, source
    source = source.replace(name, _kind(bug), 1)
    return _kind(bug), source.replace(f'    """{function.__doc__}"""\n', "")


def _code(bug: Bug, *, repaired: bool, reveal: bool) -> Code:
    _, source = _listed(bug.repaired if repaired else bug.broken, bug, reveal=reveal)
    return Code(
        title=say("bugs.code"),
        lead=say("bugs.code_lead"),
        text=source.rstrip(),
        copy=say("live.copy"),
        copied=say("live.copied"),
        beside=True,
    )


# ---------------------------------------------------------------- the questions


def ask(settings: Settings) -> list[Question]:
    """Make the questions of a case; the second one follows the diagnosis."""
    questions = [_ask_diagnosis(settings)]
    if _diagnosed(settings):
        questions.append(_ask_value(settings))
    return questions


def _diagnoses(bug: str) -> tuple[list[str], list[str], int]:
    """Return the cases whose diagnoses are offered, those in words, and which of these is right."""
    order = list(BUGS)
    near = [order[(order.index(bug) + i) % len(order)] for i in range(_OPTIONS)]
    options = sorted(say(f"bugs.diagnosis_{case}") for case in near)
    return near, options, options.index(say(f"bugs.diagnosis_{bug}"))


def _ask_diagnosis(settings: Settings) -> Question:
    _, options, right = _diagnoses(settings[BUG])
    return Question(
        settings[BUG],
        say("bugs.ask", case=say(f"bugs.name_{settings[BUG]}")),
        options,
        right,
        [say(f"bugs.why_{settings[BUG]}")] * _OPTIONS,
        settings.put(repaired=1),
    )


def _ask_value(settings: Settings) -> Question:
    bug = BUGS[settings[BUG]]
    dose, kind = first_dose(settings[BUG]), _kind(bug)
    losses = run(bug, bug.logits)
    classes = len(bug.logits[0])
    even = np.log(classes) if bug.power is None else 1 / classes
    values = {"broken": losses[0], "repaired": losses[1], "even": even}
    texts = {f"{value:.4g}": form for form, value in values.items()}
    options = sorted(texts)
    return Question(
        f"{settings[BUG]}-value",
        say(f"bugs.ask_value_{kind}", dose=f"{dose:g}", **_place(bug)),
        options,
        options.index(f"{values['repaired']:.4g}"),
        [say(f"bugs.value_{texts[option]}_{kind}", count=classes) for option in options],
        settings.put(dose=dose, repaired=1),
    )


def _export(settings: Settings) -> Export:
    """Return what the code makes of the batch, and the repaired one where that may be seen."""
    bug, reveal = BUGS[settings[BUG]], _diagnosed(settings)
    batches, powers = _given(bug, [settings[DOSE]])
    codes = {"broken": _listed(bug.broken, bug, reveal=reveal)}
    if reveal:
        codes["repaired"] = _listed(bug.repaired, bug, reveal=True)
    return of_case(bug, batches[0], None if powers is None else float(powers[0]), codes)


LESSON = Lesson(
    page="bugs",
    parameters=(BUG, DOSE, REPAIRED),
    picture=_picture,
    build=build,
    acts={BUG.key: opened, "break": broken},
    ask=ask,
    topic=lambda settings: settings[BUG],
    reveals=True,
    sees=_seen,
    steps=STEPS,
    case=lambda settings: settings[BUG],
    export=_export,
)
