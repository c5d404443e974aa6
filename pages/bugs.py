"""The bug gallery: nine real mistakes with the cross-entropy, each to be diagnosed and repaired."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter

import numpy as np
import streamlit as st

from ce_core import cross_entropy
from ce_core.bugs import BUGS, Bug, run
from ce_core.formats import FORMATS
from pages.shared import controls, figures, lesson, progress, state
from pages.shared.controls import Settings
from pages.shared.lesson import Lesson, Question
from pages.shared.live import (
    Card,
    Cell,
    Choice,
    Code,
    Figure,
    Instrument,
    Place,
    Point,
    Presets,
    Row,
    Sentence,
    Slider,
    Style,
    Table,
    live,
)
from pages.shared.verdict import LOSS
from pages.shared.words import say

KEY = "bugs"
Columns = dict[str, np.ndarray]
_UNLOCKED = "bugs.unlocked"
_OPTIONS = 4  # diagnoses to choose from


def show() -> None:
    """Show the page."""
    lesson.show(Lesson(KEY, draw, broken, ask, topic=attrgetter("bug")))


def draw(settings: Settings) -> None:
    """Show the instrument of the case that is open."""
    instrument, columns = build(settings, diagnosed=_diagnosed(settings))
    live(KEY, instrument, columns, on_commit=state.commit(KEY))


def _diagnosed(settings: Settings) -> bool:
    """Say whether the learner may see the repair: after a diagnosis, or a link that shows it."""
    unlocked: set[str] = st.session_state.setdefault(_UNLOCKED, set())
    if settings.repaired:
        unlocked.add(settings.bug)
    return settings.bug in unlocked or (KEY, settings.bug) in progress.done()


def broken(settings: Settings) -> Settings:
    """Go where exp of a float16 is beyond float16."""
    return controls.take(settings, "bug", "half_precision")


# ---------------------------------------------------------------- the case


def build(settings: Settings, *, diagnosed: bool) -> tuple[Instrument, Columns]:
    """Build the instrument of a case; before the diagnosis it holds nothing of the repair."""
    name, bug = settings.bug, BUGS[settings.bug]
    repaired = diagnosed and settings.repaired == 1
    reach = replace(settings, reach=bug.reach).reach_for(settings.dose)
    positions, index = controls.grid(settings.dose, reach)
    batches = _batches(bug, positions)
    losses = run(bug, batches)
    columns = {"dose": np.array(positions)[None], "broken": losses[0][None]}
    if repaired:
        columns["repaired"] = losses[1][None]
    said, more = _symptom(name, positions, losses[0], batches)
    table, cells = _batch(bug, batches)
    place = _place(bug)
    hint = "bugs.hint_repair" if diagnosed else "bugs.hint_diagnose"
    instrument = Instrument(
        title=say(f"bugs.name_{name}"),
        hint=say(hint, **place),
        sliders=[
            Slider(
                "dose",
                say("bugs.slider_name", **place),
                say("bugs.slider", **place),
                positions,
                index,
            )
        ],
        choices=[_switch(settings)] if diagnosed else [],
        presets=Presets("bug", say("bugs.cases"), _cases(), name),
        figures=[_figure(columns, reach, say("bugs.slider", **place))],
        cards_title=say("bugs.cards"),
        cards=[_card(form, bug.format) for form in ("broken", "repaired") if form in columns],
        sentences=[said, *([_why(name)] if repaired else [])],
        tables=[table],
        code=_code(bug.repaired if repaired else bug.broken, reveal=diagnosed),
    )
    return instrument, columns | more | cells


def _cases() -> list[tuple[str, str]]:
    return [(name, say(f"bugs.name_{name}")) for name in BUGS]


def _place(bug: Bug) -> dict[str, str]:
    """Name the logit that moves."""
    row, column = bug.move
    return {"name": controls.FIRST_NAMES[column], "sample": str(row + 1)}


def _batches(bug: Bug, positions: list[float]) -> np.ndarray:
    batches = np.tile(np.array(bug.logits), (len(positions), 1, 1))
    row, column = bug.move
    batches[:, row, column] = positions
    return batches


def _symptom(
    name: str, positions: list[float], losses: np.ndarray, batches: np.ndarray
) -> tuple[Sentence, Columns]:
    """Say what the learner is to notice; it holds wherever the slider stands."""
    columns: Columns = {"said": np.zeros((1, 1), np.int8)}
    places = {"loss": Place("broken", LOSS)}
    finite = np.flatnonzero(np.isfinite(losses))
    values = {}
    if finite.size:
        values["lowest"] = f"{losses[finite].min():.6g}"
    if finite.size and finite[-1] + 1 < len(positions):
        values["edge"] = f"{positions[finite[-1] + 1]:g}"
    template = say(f"bugs.symptom_{name}", **values)
    if "{largest}" in template:
        rows = batches.reshape(-1, batches.shape[-1])
        each = cross_entropy(rows, np.tile(BUGS[name].target, len(batches)), reduction="none")
        columns["largest"] = each.reshape(batches.shape[:-1]).max(axis=-1)[None]
        places["largest"] = Place("largest", LOSS)
    return Sentence("verdict", say("bugs.symptom"), "said", [template], places), columns


def _why(name: str) -> Sentence:
    return Sentence("why", say("bugs.repair"), "said", [say(f"bugs.why_{name}")], {})


def _switch(settings: Settings) -> Choice:
    options = [("0", say("bugs.as_it_was")), ("1", say("bugs.repaired"))]
    return Choice("repaired", say("bugs.switch"), options, settings.repaired)


def _figure(columns: Columns, reach: float, x_title: str) -> Figure:
    colours = {"broken": "naive", "repaired": "fused"}
    forms = [form for form in colours if form in columns]
    x = columns["dose"][0].tolist()
    lines = [(x, columns[form][0].tolist(), colours[form]) for form in forms]
    finite = [y for _, line, _ in lines for y in line if np.isfinite(y)]
    # A mistake that hardly costs anything is not to look like a large loss.
    top = max([1.0, *finite])
    plot = figures.curves(lines, (-reach, reach), (-0.04 * top, 1.08 * top), x_title)
    plot["layout"]["annotations"] += _gaps(x, columns["broken"][0])
    return Figure(
        title=say("bugs.curve"),
        alt=say("bugs.curve_alt"),
        plot=plot,
        points=[Point("dose", form, colours[form], drag="dose") for form in forms],
        key=[(colours[form], say(f"bugs.card_{form}")) for form in forms],
    )


def _gaps(x: list[float], losses: np.ndarray) -> list[figures.Plot]:
    """Name what stands where the curve has a gap."""
    kind = np.select([np.isnan(losses), np.isinf(losses)], [2, 1], 0)
    stretches = np.split(np.arange(len(x)), np.flatnonzero(np.diff(kind)) + 1)
    return [
        {
            "text": say("live.nan") if kind[part[0]] == 2 else say("live.inf"),
            "x": (x[part[0]] + x[part[-1]]) / 2,
            "xref": "x",
            "xanchor": "left",
            "xshift": 4,  # px, clear of the line at 0
            "y": 1,
            "yref": "paper",
            "yanchor": "top",
            "showarrow": False,
            "font": {"size": 14},
        }
        for part in stretches
        if kind[part[0]]
    ]


def _card(form: str, format_name: str) -> Card:
    return Card(
        title=say(f"bugs.card_{form}"),
        note=say("bugs.card_note", format=format_name),
        swatch={"broken": "naive", "repaired": "fused"}[form],
        value=Cell(form, LOSS, readout=f"loss-{form}"),
        unit=say("bugs.nats"),
    )


def _batch(bug: Bug, batches: np.ndarray) -> tuple[Table, Columns]:
    """Show the batch as it is stored, one row for each sample."""
    count = batches.shape[-1]
    names = controls.FIRST_NAMES[:count]
    with np.errstate(over="ignore"):
        stored = batches.astype(FORMATS[bug.format].dtype).astype(np.float64)
    digits = Style("shortest", 6)
    rows = [
        Row(
            say("bugs.sample_number", sample=i + 1),
            [
                *(Cell("logits", digits, i * count + j, f"logit-{i}-{j}") for j in range(count)),
                Cell("true", item=i, words=names),
            ],
        )
        for i in range(len(bug.target))
    ]
    table = Table(
        title=say("bugs.batch"),
        lead=say("bugs.batch_lead", format=bug.format),
        head=[say("bugs.sample"), *names, say("bugs.true_class")],
        rows=rows,
    )
    true = np.array(bug.target, np.int8)[None, None]
    return table, {"logits": stored.reshape(1, len(batches), -1), "true": true}


def _code(function: Callable[..., np.ndarray], *, reveal: bool) -> Code:
    """List a function; its name and docstring tell the diagnosis, so they may have to wait."""
    source = inspect.getsource(function)
    if not reveal:
        source = source.replace(function.__name__, "loss", 1)
        source = source.replace(f'    """{function.__doc__}"""\n', "")
    return Code(
        title=say("bugs.code"),
        lead=say("bugs.code_lead"),
        text=source.rstrip(),
        copy=say("live.copy"),
        copied=say("live.copied"),
    )


# ---------------------------------------------------------------- the questions


def ask(settings: Settings) -> list[Question]:
    """Make the questions of a case; the second one follows the diagnosis."""
    questions = [_ask_diagnosis(settings)]
    if _diagnosed(settings):
        questions.append(_ask_value(settings))
    return questions


def _ask_diagnosis(settings: Settings) -> Question:
    order = list(BUGS)
    first = order.index(settings.bug)
    near = [order[(first + i) % len(order)] for i in range(_OPTIONS)]
    diagnoses = {bug: say(f"bugs.diagnosis_{bug}") for bug in near}
    options = sorted(diagnoses.values())
    return Question(
        settings.bug,
        say("bugs.ask", case=say(f"bugs.name_{settings.bug}")),
        options,
        options.index(diagnoses[settings.bug]),
        [say(f"bugs.why_{settings.bug}")] * _OPTIONS,
        replace(settings, repaired=1),
    )


def _ask_value(settings: Settings) -> Question:
    bug = BUGS[settings.bug]
    dose = controls.first_dose(settings.bug)
    losses = run(bug, bug.logits)
    values = {"broken": losses[0], "repaired": losses[1], "even": np.log(len(bug.logits[0]))}
    texts = {f"{value:.4g}": form for form, value in values.items()}
    options = sorted(texts)
    return Question(
        f"{settings.bug}-value",
        say("bugs.ask_value", dose=f"{dose:g}", **_place(bug)),
        options,
        options.index(f"{values['repaired']:.4g}"),
        [say(f"bugs.value_{texts[option]}", count=len(bug.logits[0])) for option in options],
        replace(settings, dose=dose, repaired=1),
    )
