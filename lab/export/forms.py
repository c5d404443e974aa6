"""What leaves the pages about the forms of the loss: their steps, and the losses of formats."""

from collections.abc import Iterable, Sequence

import numpy as np

from ce_core.pipelines import PIPELINES, STEPS, Run, run_all, run_formats
from lab.export.parts import Export, Part
from lab.numpy_code import array_code, dtype_code, form_code, form_title, stored_code
from lab.settings import Settings
from lab.words import say


def of_forms(settings: Settings, forms: Sequence[str] = PIPELINES) -> Export:
    """Return every step of some forms on the logits of the settings, in their format."""
    z, target, name, shift = settings.logits, settings.target, settings.format, settings.shift
    runs = run_all(z, target, name, shift=shift, pipelines=forms)
    return Export(
        [given(settings, stored_code(array_code(z), name, shift)), *map(steps_part, forms)],
        {"logits": runs[forms[0]].steps["logits"]} | steps_of(runs.values()),
    )


def given(settings: Settings, *lines: str) -> Part:
    """Return the part of what was set: the classes, which of them is true, and further lines."""
    names = f"names = {list(settings.names)!r}"
    return Part(say("export.given"), "\n".join([names, f"target = {settings.target}", *lines]))


def steps_part(form: str) -> Part:
    """Return the part that runs a form and keeps each step under a name of its own."""
    kept = "\n".join(f"{step.name}_{form} = {step.name}" for step in STEPS[form])
    return Part(form_title(form), f"{form_code(form)}\n{kept}")


def steps_of(runs: Iterable[Run]) -> dict[str, np.ndarray]:
    """Return every step of some runs by its name and the form's."""
    return {
        f"{step.name}_{run.pipeline}": run.steps[step.name]
        for run in runs
        for step in STEPS[run.pipeline]
    }


def of_formats(settings: Settings, formats: Sequence[str], opened: str, form: str) -> Export:
    """Return the losses of the three forms in some formats, and every step of the opened cell."""
    z, target, shift = settings.logits, settings.target, settings.shift
    runs = run_formats(z, target, formats, shift=shift)
    cell = run_all(z, target, opened, shift=shift, pipelines=(form,))
    losses = {
        f"loss_{name}_{way}": run.steps["loss"]
        for name, ways in runs.items()
        for way, run in ways.items()
    }
    functions = "\n\n\n".join(as_function(way) for way in PIPELINES)
    return Export(
        [
            given(settings),
            Part(say("export.forms"), functions),
            *(_losses_part(settings, name) for name in formats),
            Part(say("export.opened"), stored_code(array_code(z), opened, shift)),
            steps_part(form),
        ],
        {"logits": cell[form].steps["logits"]} | steps_of(cell.values()) | losses,
    )


def as_function(form: str) -> str:
    """Return a form as a function of logits and a target, which is called as the form is."""
    body = [f'"""{form_title(form)}."""', *form_code(form).splitlines(), "return loss"]
    return "\n    ".join([f"def {form}(logits, target):", *body])


def _losses_part(settings: Settings, name: str) -> Part:
    stored = stored_code(array_code(settings.logits), name, settings.shift)
    losses = [f"loss_{name}_{form} = {form}(logits, target)" for form in PIPELINES]
    return Part(dtype_code(name), "\n".join([stored, *losses]))
