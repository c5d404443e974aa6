"""The instrument of the pipeline: exponentials, probabilities, losses and every step between."""

import math
from dataclasses import replace

import numpy as np

from ce_core.formats import FORMATS
from ce_core.losses import one_hot
from ce_core.scenarios import SCENARIOS
from ce_core.sweep import Sweep, sweep
from ce_core.trace import Run
from pages.shared import figures
from pages.shared.choices import formats, logit_sliders, presets, reaches, shift_slider
from pages.shared.controls import Settings
from pages.shared.live import Bars, Card, Cell, Code, Figure, Instrument, Row, Style, Table, cut
from pages.shared.numpy_code import numpy_code
from pages.shared.verdict import LOSS, verdict, warnings
from pages.shared.words import say


def build(settings: Settings) -> tuple[Instrument, dict[str, np.ndarray]]:
    """Build the instrument for these settings, and the table of all that its sliders can reach."""
    sliders = logit_sliders(settings)
    shift = shift_slider(settings)
    table = sweep(
        settings.logits,
        settings.target,
        settings.format,
        [slider.values for slider in sliders],
        shift=settings.shift,
        shift_positions=shift.values,
    )
    columns = columns_of(table)
    said, said_columns = verdict(table, settings.names)
    warned, warned_columns = warnings(table)
    columns |= said_columns | warned_columns
    instrument = Instrument(
        title=say("live.logits_title"),
        hint=say("live.logits_hint"),
        sliders=[*sliders, shift],
        choice_id="target",
        choice_label=say("live.target_group"),
        choice=settings.target,
        choices=[formats(settings), reaches(settings.effective_reach)],
        presets=presets(settings, SCENARIOS),
        figures=[exponentials(settings, columns), probabilities(settings)],
        cards_title=say("pipeline.loss_title"),
        cards=[_card(settings, name) for name in ("naive", "shifted", "fused")],
        sentences=[said, warned],
        tables=[_steps(settings)],
        code=Code(
            say("pipeline.code_title"),
            say("pipeline.code_lead"),
            numpy_code(settings.logits, settings.target, settings.format, settings.shift),
            say("live.copy"),
            say("live.copied"),
        ),
    )
    return instrument, columns


def summary(settings: Settings) -> tuple[Instrument, dict[str, np.ndarray]]:
    """Build the same without the tables of steps and the code."""
    instrument, columns = build(settings)
    return replace(instrument, tables=(), code=None), columns


def columns_of(table: Sweep) -> dict[str, np.ndarray]:
    """Name the columns of the table, in a type that holds every number of the format."""
    dtype = np.float64 if table.naive.format == "float64" else np.float32
    names = {
        "naive": ("logits", "exp", "total", "probabilities", "probability", "loss"),
        "shifted": ("largest", "shifted", "exp", "total", "probabilities", "probability", "loss"),
        "fused": ("log_sum", "log_probabilities", "probability", "loss"),
    }
    runs: dict[str, Run] = vars(table)
    columns = {
        f"{name}_{pipeline}": runs[pipeline].steps[name].astype(dtype, copy=False)
        for pipeline, steps in names.items()
        for name in steps
    }
    if dtype is np.float64:
        columns |= {
            name: cut(column) for name, column in columns.items() if not name.startswith("loss")
        }
    logits = table.naive.steps["logits"]
    classes = logits.shape[-1]
    columns["one_hot"] = np.broadcast_to(
        one_hot(table.naive.target, classes, dtype=np.uint8), logits.shape
    )
    return columns


def _cells(column: str, count: int, style: Style, readout: str = "") -> list[Cell]:
    return [
        Cell(column, style, item, f"{readout}-{item}" if readout else "") for item in range(count)
    ]


def exponentials(settings: Settings, columns: dict[str, np.ndarray]) -> Figure:
    count = len(settings.logits)
    style = Style("significant", 2 if count >= figures.DENSE else 3)
    fmt = FORMATS[settings.format]
    limit = math.log10(fmt.max)
    decades = _decades(columns, limit)
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
            Bars(0, "exp_naive", "naive", zero, drag=[f"logits.{i}" for i in range(count)]),
            Bars(1, "exp_shifted", "shifted", zero),
        ],
        names=settings.names,
        rows=[
            Row(say("pipeline.exp_naive"), _cells("exp_naive", count, style), "naive"),
            Row(say("pipeline.exp_shifted"), _cells("exp_shifted", count, style), "shifted"),
        ],
        dense=count >= figures.DENSE,
    )


def _zero_marks(settings: Settings) -> list[str]:
    """Tell the 0 of a masked class from the 0 of a number that was too small."""
    return [say("live.masked" if math.isinf(v) else "live.zero") for v in settings.logits]


def _decades(columns: dict[str, np.ndarray], limit: float) -> tuple[float, float]:
    """Span all exponentials of the table, and the limit if it is near, in powers of ten."""
    both = np.concatenate([columns["exp_naive"].ravel(), columns["exp_shifted"].ravel()])
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


def probabilities(settings: Settings) -> Figure:
    count = len(settings.logits)
    style = Style("significant", 2 if count >= figures.DENSE else 4)
    rows = [
        Row(
            say(f"pipeline.softmax_{name}"),
            _cells(f"probabilities_{name}", count, style, f"p-{name}"),
            name,
        )
        for name in ("naive", "shifted")
    ]
    target = _cells("one_hot", count, style)
    zero = _zero_marks(settings)
    return Figure(
        title=say("pipeline.softmax_title"),
        alt=say("pipeline.softmax_alt"),
        plot=figures.probabilities(count),
        bars=[
            Bars(0, "probabilities_naive", "naive", zero),
            Bars(1, "probabilities_shifted", "shifted", zero),
            Bars(2, "one_hot", "onehot", [""] * count),
        ],
        names=settings.names,
        rows=[*rows, Row(say("pipeline.softmax_target"), target, "onehot")],
        dense=count >= figures.DENSE,
    )


def _card(settings: Settings, name: str) -> Card:
    return Card(
        title=say(f"pipeline.loss_{name}"),
        note=say(f"pipeline.loss_{name}_formula"),
        swatch=name,
        value=Cell(f"loss_{name}", LOSS, readout=f"loss-{name}"),
        unit=say("pipeline.loss_unit"),
        second_label=say("pipeline.loss_probability", target=settings.names[settings.target]),
        second=Cell(f"probability_{name}", Style("significant", 6), readout=f"p-target-{name}"),
    )


def _steps(settings: Settings) -> Table:
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
                [*_cells(column, count, style), Cell(whole, style) if whole else None],
            )
            for key, column, whole in lines
        ],
    )
