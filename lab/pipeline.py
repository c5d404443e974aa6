"""The instrument of the pipeline: exponentials, probabilities, losses and every step between."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ce_core.formats import FORMATS
from ce_core.losses import one_hot
from ce_core.pipelines import FURTHER, PIPELINES, STEPS, Run, run_all
from ce_core.scenarios import SCENARIOS
from lab import figures
from lab.controls import (
    formats,
    logit_sliders,
    narrow,
    positions,
    presets,
    reaches,
    shift_slider,
    with_scenario,
)
from lab.distance import add_paper, distance
from lab.export.forms import of_forms
from lab.export.parts import Export
from lab.numpy_code import numpy_code
from lab.parameters import LOGITS, MAX_CLASSES, MIN_CLASSES, SHIFT
from lab.readers import LONGEST_NAME, one_of
from lab.settings import Parameter, Settings
from lab.shares import shares
from lab.verdict import LOSS, verdict, warnings
from lab.words import say
from live.message import cut
from live.parts import (
    Bars,
    Card,
    Cell,
    Choice,
    Code,
    Column,
    Columns,
    Editor,
    Figure,
    Instrument,
    Row,
    Style,
    Table,
)

PRESET = "preset"  # the act that opens a scenario
FORM: Final[Parameter[str]] = Parameter(
    "form", "pipeline", one_of(tuple(STEPS), "pipeline.expected_form"), "naive"
)
"""The form whose digits are followed step by step."""

# The steps that are shown, of each form.
_SHOWN = {
    "naive": ("logits", "exp", "total", "probabilities", "loss"),
    "shifted": ("largest", "shifted", "exp", "total", "probabilities", "loss"),
    "fused": ("log_sum", "log_probabilities", "probability", "loss"),
}
# Those of them that are shown without the table of steps.
_IN_SHORT = {
    "naive": ("exp", "probabilities", "loss"),
    "shifted": ("exp", "probabilities", "loss"),
    "fused": ("probability", "loss"),
}


def open_scenario(settings: Settings, name: str) -> Settings:
    """Open one of the scenarios."""
    if name not in SCENARIOS:
        raise ValueError(f"expected one of {', '.join(SCENARIOS)}; got {name!r}")
    return with_scenario(settings, SCENARIOS[name])


def build(settings: Settings, columns: Columns) -> list[Instrument]:
    """Build the instrument for these settings, and the table of all that its sliders can reach."""
    instrument, opened = _instrument(settings, columns, _SHOWN, settings[FORM])
    return [
        replace(
            instrument,
            choices=[*instrument.choices, _forms(settings[FORM])],
            figures=[*instrument.figures, shares(opened, FORM.key, "{form}", columns)],
            editor=_editor(settings),
            tables=[_steps(settings, columns)],
            code=Code(
                say("pipeline.code_title"),
                say("pipeline.code_lead"),
                numpy_code(
                    settings.logits,
                    settings.target,
                    settings.format,
                    settings.shift,
                    _forms_run(settings[FORM]),
                ),
                say("live.copy"),
                say("live.copied"),
            ),
        )
    ]


def summary(settings: Settings, columns: Columns) -> list[Instrument]:
    """Build the same without the class editor, the table of steps, the shares and the code."""
    return [_instrument(settings, columns, _IN_SHORT, "naive")[0]]


def export(settings: Settings) -> Export:
    """Return every step of the forms that are shown."""
    return of_forms(settings, _forms_run(settings[FORM]))


def _instrument(
    settings: Settings, columns: Columns, shown: Mapping[str, Sequence[str]], opened: str
) -> tuple[Instrument, Run]:
    sliders = [*logit_sliders(settings), shift_slider(settings)]
    logits, shift = positions(settings, sliders, LOGITS, SHIFT)
    everything = run_all(
        logits,
        settings.target,
        settings.format,
        shift=shift[..., None],
        pipelines=_forms_run(opened),
    )
    runs = {form: everything[form] for form in PIPELINES}
    add_steps(runs, settings, columns, shown)
    add_paper(runs["naive"], columns)
    losses = {form: columns[f"loss_{form}"] for form in runs}
    cards = [_card(settings, name, run, columns) for name, run in runs.items()]
    if opened in FURTHER:
        cards.append(_further_card(everything[opened], columns))
    instrument = Instrument(
        title=say("live.logits_title"),
        hint=say("live.logits_hint"),
        sliders=sliders,
        choice_id="target",
        choice_label=say("live.target_group"),
        choice=settings.target,
        choices=[formats(settings), reaches(settings.effective_reach)],
        presets=presets(
            PRESET, {name: with_scenario(settings, s) for name, s in SCENARIOS.items()}, settings
        ),
        figures=[exponentials(settings, columns), probabilities(settings, columns)],
        cards_title=say("pipeline.loss_title"),
        cards=cards,
        sentences=[verdict(runs, losses, settings, columns), warnings(runs, columns)],
    )
    return instrument, everything[opened]


def _forms_run(opened: str) -> tuple[str, ...]:
    return (*PIPELINES, opened) if opened in FURTHER else PIPELINES


def _forms(opened: str) -> Choice:
    options = [(form, say(f"pipeline.loss_{form}")) for form in STEPS]
    return Choice(FORM.key, say("pipeline.control_form"), options, list(STEPS).index(opened))


def add_steps(
    runs: Mapping[str, Run],
    settings: Settings,
    columns: Columns,
    shown: Mapping[str, Sequence[str]],
) -> None:
    """Add the steps of each form, as "exp_naive", and the one-hot label.

    Each has a type that holds every number of the format; of float64 the digits that are shown, and
    of a loss all of them.
    """
    each = [(step, form) for form, steps in shown.items() for step in steps]
    for step, form in sorted(each):  # much of a step is the same in another form, and deflates
        values = narrow(runs[form].steps[step], settings.format)
        whole = step == "loss" or values.dtype != np.float64
        columns.add(f"{step}_{form}", values if whole else cut(values))
    label = one_hot(settings.target, len(settings.logits), dtype=np.uint8)
    columns.add("one_hot", label[None, None])


def _editor(settings: Settings) -> Editor:
    names, count = settings.names, len(settings.names)
    numbers = range(1, count + 1)
    bounds = {MIN_CLASSES: "classes.least", MAX_CLASSES: "classes.most"}
    notes = [say(bounds[count])] if count in bounds else []
    return Editor(
        label=say("pipeline.classes"),
        names=names,
        masked=[math.isinf(z) for z in settings.logits],
        name_labels=[say("classes.name", number=i) for i in numbers],
        mask_labels=[say("classes.mask", number=i) for i in numbers],
        remove_labels=[say("classes.remove", number=i) for i in numbers],
        add=say("classes.add"),
        can_add=count < MAX_CLASSES,
        can_remove=count > MIN_CLASSES,
        notes=[*notes, say("classes.mask_help")],
        longest=LONGEST_NAME,
    )


def _cells(column: Column, count: int, style: Style, readout: str = "") -> list[Cell]:
    return [
        Cell(column, style, item, f"{readout}-{item}" if readout else "") for item in range(count)
    ]


def exponentials(settings: Settings, columns: Columns) -> Figure:
    """Draw the exponentials of both forms, with the largest number of the format as a line."""
    count = len(settings.logits)
    style = Style("significant", 2 if count >= figures.DENSE else 3)
    fmt = FORMATS[settings.format]
    limit = math.log10(fmt.max)
    naive, shifted = columns["exp_naive"], columns["exp_shifted"]
    decades = _decades([naive.values, shifted.values], limit)
    caption = say(
        "pipeline.limit_in_view" if limit <= decades[1] else "pipeline.limit_above",
        format=fmt.name,
        max=f"{fmt.max:.5g}".replace("e+", "e"),
    )
    zero = _zero_marks(settings)
    return Figure(
        title=say("pipeline.exp_title"),
        alt=say("pipeline.exp_alt", format=fmt.name),
        plot=figures.exponentials(count, decades, limit, caption),
        bars=[
            Bars(0, naive, "naive", zero, drag=[f"logits.{i}" for i in range(count)]),
            Bars(1, shifted, "shifted", zero),
        ],
        names=settings.names,
        rows=[
            Row(say("pipeline.exp_naive"), _cells(naive, count, style), "naive"),
            Row(say("pipeline.exp_shifted"), _cells(shifted, count, style), "shifted"),
        ],
        dense=count >= figures.DENSE,
    )


def _zero_marks(settings: Settings) -> list[str]:
    """Tell the 0 of a masked class from the 0 of a number that was too small."""
    return [say("live.masked" if math.isinf(v) else "live.zero") for v in settings.logits]


def _decades(tables: Sequence[np.ndarray], limit: float) -> tuple[float, float]:
    """Span all exponentials of the table, and the limit if it is near, in powers of ten."""
    both = np.concatenate([table.ravel() for table in tables])
    visible = both[np.isfinite(both) & (both > 0)].astype(np.float64)
    low = min(-1.0, float(np.log10(visible.min()))) if visible.size else -1.0
    high = max(1.0, float(np.log10(visible.max()))) if visible.size else 1.0
    # Whole steps, so that the axis stays where it is from one release to the next.
    step = next(step for step in (2, 10, 50) if high - low <= 10 * step or step == 50)
    low, high = step * math.floor(low / step), step * math.ceil(high / step)
    if high < limit < high + 0.25 * (high - low):
        high = limit
    room = 0.05 * (high - low)
    return low - room, high + room


def probabilities(settings: Settings, columns: Columns) -> Figure:
    """Draw the probabilities of both forms beside the label."""
    count = len(settings.logits)
    style = Style("significant", 2 if count >= figures.DENSE else 4)
    rows = [
        Row(
            say(f"pipeline.softmax_{name}"),
            _cells(columns[f"probabilities_{name}"], count, style, f"p-{name}"),
            name,
        )
        for name in ("naive", "shifted")
    ]
    target = _cells(columns["one_hot"], count, style)
    zero = _zero_marks(settings)
    return Figure(
        title=say("pipeline.softmax_title"),
        alt=say("pipeline.softmax_alt"),
        plot=figures.probabilities(count),
        bars=[
            Bars(0, columns["probabilities_naive"], "naive", zero),
            Bars(1, columns["probabilities_shifted"], "shifted", zero),
            Bars(2, columns["one_hot"], "onehot", [""] * count),
        ],
        names=settings.names,
        rows=[*rows, Row(say("pipeline.softmax_target"), target, "onehot")],
        dense=count >= figures.DENSE,
    )


def loss_card(run: Run, loss: Column, columns: Columns) -> Card:
    """Return the card of a form's loss: what it is, and how far it is off."""
    form = run.pipeline
    return Card(
        title=say(f"pipeline.loss_{form}"),
        note=say(f"pipeline.loss_{form}_formula"),
        swatch=form,
        value=Cell(loss, LOSS, readout=f"loss-{form}"),
        unit=say("pipeline.loss_unit"),
        off=distance(run, form, columns),
    )


def _further_card(run: Run, columns: Columns) -> Card:
    loss = columns.add(f"loss_{run.pipeline}", narrow(run.steps["loss"], run.format))
    return replace(loss_card(run, loss, columns), swatch="")


def _card(settings: Settings, name: str, run: Run, columns: Columns) -> Card:
    if name == "fused":
        probability, item = columns["probability_fused"], 0
    else:
        probability, item = columns[f"probabilities_{name}"], settings.target
    return replace(
        loss_card(run, columns[f"loss_{name}"], columns),
        second_label=say("pipeline.loss_probability", target=settings.names[settings.target]),
        second=Cell(probability, Style("significant", 6), item, f"p-target-{name}"),
    )


def _steps(settings: Settings, columns: Columns) -> Table:
    style = Style("shortest", 8 if settings.format in ("float64", "float32") else 5)
    lines: list[tuple[str, str, str | None]] = [
        ("step_logits", "logits_naive", None),
        ("step_exp", "exp_naive", "total_naive"),
        ("step_probabilities", "probabilities_naive", None),
        ("step_shifted", "shifted_shifted", "largest_shifted"),
        ("step_exp_shifted", "exp_shifted", "total_shifted"),
        ("step_probabilities_shifted", "probabilities_shifted", None),
        ("step_log_probabilities", "log_probabilities_fused", "log_sum_fused"),
    ]
    count = len(settings.logits)
    return Table(
        title=say("pipeline.steps_title"),
        lead=say("pipeline.steps_lead", format=settings.format),
        head=[say("pipeline.step"), *settings.names, say("pipeline.whole")],
        rows=[
            Row(
                say(f"pipeline.{key}", format=settings.format),
                [
                    *_cells(columns[column], count, style),
                    Cell(columns[whole], style) if whole else None,
                ],
            )
            for key, column, whole in lines
        ],
    )
