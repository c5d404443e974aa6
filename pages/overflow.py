"""The overflow lab: one logit vector in every format and three pipelines, and what broke where."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from ce_core.formats import EVERYDAY, FORMATS
from ce_core.pipelines import PIPELINES, Run, run, run_all, run_formats
from ce_core.scenarios import LAB
from lab import pictures
from lab.cliffs import cliff
from lab.controls import (
    logit_sliders,
    narrow,
    positions,
    presets,
    reaches,
    shift_slider,
    with_scenario,
)
from lab.distance import add_paper, distance
from lab.export.forms import of_formats
from lab.export.parts import Export
from lab.lesson import Lesson, Question
from lab.opened import (
    CELL,
    FAMILY,
    SIX,
    account,
    add_steps,
    bits_table,
    families,
    family_of,
    form_name,
    matrix,
    shown_formats,
    steps_table,
)
from lab.overflow_path import STEPS, picture
from lab.parameters import AT, LOGITS, NAMES, REACH, SHIFT, TARGET
from lab.settings import Settings
from lab.shares import shares
from lab.words import say
from live.parts import Card, Cell, Columns, Instrument, Slider

PRESET = "lab"  # the act that opens a scenario, and the cell in which its effect shows


def _open_scenario(settings: Settings, name: str) -> Settings:
    if name not in LAB:
        raise ValueError(f"expected one of {', '.join(LAB)}; got {name!r}")
    scenario = LAB[name]
    opened = with_scenario(settings, scenario).put(cell=f"{scenario.format}.naive")
    return opened.put(family=family_of(opened))


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
    """Build the picture of the path, and at its end the free instrument."""
    free = settings[AT] >= len(STEPS)
    return [_free(settings, columns) if free else picture(settings, columns)]


def _free(settings: Settings, columns: Columns) -> Instrument:
    """Build the instrument: sliders of the logits and the shift, and a cell that is opened."""
    sliders = [*logit_sliders(settings), shift_slider(settings)]
    logits, shift = positions(settings, sliders, LOGITS, SHIFT)
    shown = shown_formats(settings)
    runs = run_formats(logits, settings.target, shown, shift=shift[..., None])
    for name, forms in runs.items():
        for form, result in forms.items():
            columns.add(f"loss_{name}_{form}", narrow(result.steps["loss"], name))
    format_name, pipeline = settings[CELL].split(".")
    opened = runs[format_name][pipeline]
    steps = add_steps(opened, columns)
    paper, exponent = add_paper(opened, columns)
    return Instrument(
        title=say("live.logits_title"),
        hint=say("live.logits_hint"),
        sliders=sliders,
        choice_id=TARGET.key,
        choice_label=say("live.target_group"),
        choice=settings.target,
        choices=[families(settings), reaches(settings.effective_reach)],
        presets=presets(PRESET, {name: _open_scenario(settings, name) for name in LAB}, settings),
        figures=[
            cliff(settings, pipeline, shown, logits[..., settings.target], columns),
            shares(opened, CELL.key, f"{format_name}.{{form}}", columns),
        ],
        cards_title=say("overflow.opened", format=format_name, pipeline=form_name(pipeline)),
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
            matrix(settings, shown, runs, columns),
            steps_table(settings, opened, steps, columns),
            bits_table(opened, steps, columns),
        ],
    )


# ---------------------------------------------------------------- what is shown


def _card(name: str, swatch: str, value: Cell, unit: str) -> Card:
    return Card(
        title=say(f"overflow.card_{name}"),
        note=say(f"overflow.card_{name}_note"),
        swatch=swatch,
        value=replace(value, readout=name),
        unit=unit,
    )


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
    return opened.put(family=family_of(opened))


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


def _losses(settings: Settings, sliders: Sequence[Slider]) -> dict[str, Run]:
    """Run the forms in the format of the opened cell."""
    logits, shift = positions(settings, sliders, LOGITS, SHIFT)
    name = settings[CELL].split(".")[0]
    return run_all(logits, settings.target, name, shift=shift[..., None])


def _export(settings: Settings) -> Export:
    opened, form = settings[CELL].split(".")
    return of_formats(settings, shown_formats(settings), opened, form)


LESSON = Lesson(
    page="overflow",
    parameters=(LOGITS, NAMES, TARGET, REACH, CELL, FAMILY),
    picture=_picture,
    build=build,
    acts={PRESET: _open_scenario, "break": _broken},
    ask=_ask,
    steps=STEPS,
    losses=_losses,
    export=_export,
)
