"""The pipeline: logits, exponentials, softmax with and without max-subtraction, cross-entropy."""

import math
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from ce_core.formats import FORMATS
from ce_core.losses import one_hot
from ce_core.scenarios import SCENARIOS
from ce_core.sweep import Sweep, sweep
from ce_core.trace import Run
from pages.shared import controls, figures, state
from pages.shared.controls import Settings
from pages.shared.live import (
    Bars,
    Card,
    Cell,
    Choice,
    Code,
    Figure,
    Instrument,
    Row,
    Slider,
    Style,
    Table,
    committed,
    live,
)
from pages.shared.numpy_code import numpy_code
from pages.shared.verdict import LOSS, verdict, warnings
from pages.shared.words import say

KEY = "pipeline"
SHIFT = "shift"

# y is the true class, m the largest logit.
_FORMULAS = {
    "naive": r"-\log \frac{e^{z_y}}{\sum_j e^{z_j}}",
    "shifted": r"-\log \frac{e^{z_y - m}}{\sum_j e^{z_j - m}}",
    "fused": r"\log \sum_j e^{z_j - m} - (z_y - m)",
}


def show() -> None:
    """Show the page."""
    state.begin()
    st.title(say("pipeline.title"), anchor=False)
    st.markdown(say("pipeline.lead"))
    _body()
    st.subheader(say("pipeline.formulas_title"), anchor=False)
    for column, name in zip(st.columns(3), _FORMULAS, strict=True):
        with column:
            st.markdown(f"**{say(f'pipeline.loss_{name}')}**")
            st.latex(_FORMULAS[name])
            st.markdown(say(f"pipeline.formula_{name}"))


@st.fragment
def _body() -> None:
    settings = state.current()
    _toolbar(settings)
    state.notices()
    instrument, columns = build(settings)
    live(KEY, instrument, columns, on_commit=commit)


# ---------------------------------------------------------------- what is on the screen


def build(settings: Settings) -> tuple[Instrument, dict[str, np.ndarray]]:
    """Build the instrument for these settings, and the table of all that its sliders can reach."""
    reach = settings.effective_reach
    grids = [controls.grid(value, reach) for value in settings.logits]
    shift_grid = controls.grid(settings.shift, reach)
    table = sweep(
        settings.logits,
        settings.target,
        settings.format,
        [values for values, _ in grids],
        shift=settings.shift,
        shift_positions=shift_grid[0],
    )
    columns = _columns(table)
    said, said_columns = verdict(table, settings.names)
    warned, warned_columns = warnings(table)
    columns |= said_columns | warned_columns
    instrument = Instrument(
        title=say("pipeline.logits_title"),
        hint=say("pipeline.logits_hint"),
        sliders=[
            Slider(
                id=str(i),
                name=name,
                label=say("pipeline.logit_label", name=name),
                values=grids[i][0],
                index=grids[i][1],
                masked=math.isinf(settings.logits[i]),
                choice=say("pipeline.target_label", name=name),
            )
            for i, name in enumerate(settings.names)
        ]
        + [
            Slider(
                SHIFT,
                say("pipeline.shift"),
                say("pipeline.shift_label"),
                values=shift_grid[0],
                index=shift_grid[1],
            )
        ],
        choice_label=say("pipeline.target_group"),
        choice=settings.target,
        choices=_choices(settings),
        figures=[_exponentials(settings, columns), _probabilities(settings)],
        cards_title=say("pipeline.loss_title"),
        cards=[_card(settings, name) for name in ("naive", "shifted", "fused")],
        sentences=[said, warned],
        table=_steps(settings),
        code=Code(
            say("pipeline.code_title"),
            say("pipeline.code_lead"),
            numpy_code(settings.logits, settings.target, settings.format, settings.shift),
            say("pipeline.copy"),
            say("pipeline.copied"),
        ),
        words={key: say(f"live.{key}") for key in ("no_chart", "nan", "inf")},
    )
    return instrument, columns


def _reaches(settings: Settings) -> list[float]:
    return sorted({*controls.REACHES, settings.effective_reach})


def _choices(settings: Settings) -> list[Choice]:
    reaches = _reaches(settings)
    return [
        Choice(
            "format",
            say("pipeline.format"),
            controls.FORMATS,
            controls.FORMATS.index(settings.format),
        ),
        Choice(
            "reach",
            say("pipeline.reach"),
            [say("pipeline.reach_choice", reach=controls.plain(reach)) for reach in reaches],
            reaches.index(settings.effective_reach),
        ),
    ]


def _columns(table: Sweep) -> dict[str, np.ndarray]:
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
        # Eight digits are shown, but for a loss. Cutting each number to the 29 bits that hold them
        # lets the message deflate: 10 classes take 420 kB instead of 600.
        columns |= {
            name: (np.ascontiguousarray(column).view(np.uint64) & ~np.uint64(0xFFFFFF)).view(dtype)
            for name, column in columns.items()
            if not name.startswith("loss")
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


def _exponentials(settings: Settings, columns: dict[str, np.ndarray]) -> Figure:
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
            Bars(0, "exp_naive", "naive", zero, drag=[str(i) for i in range(count)]),
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


def _probabilities(settings: Settings) -> Figure:
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


# ---------------------------------------------------------------- what the learner changes


def commit() -> None:
    """Take what a control of the instrument was set to."""
    settings = state.current()
    try:
        id_, value = committed(KEY)
    except ValueError:
        state.refuse(KEY, "", kept="")
        return
    try:
        if id_ == "target":
            state.change(target=_index(value, len(settings.logits)))
        elif id_ == "format":
            state.change(format=controls.FORMATS[_index(value, len(controls.FORMATS))])
        elif id_ == "reach":
            reaches = _reaches(settings)
            state.change(reach=reaches[_index(value, len(reaches))])
        elif id_ == SHIFT:
            state.change(shift=controls.number(value))
        else:
            i = _index(id_, len(settings.logits))
            logits = list(settings.logits)
            logits[i] = controls.logit(value)
            state.change(logits=tuple(logits))
    except ValueError:
        kept = {
            str(i): (say("pipeline.logit_label", name=name), settings.logits[i])
            for i, name in enumerate(settings.names)
        }
        kept[SHIFT] = (say("pipeline.shift_label"), settings.shift)
        label, number = kept.get(id_, (id_, ""))
        state.refuse(label, str(value), kept=controls.plain(number))


def _index(value: Any, count: int) -> int:
    index = int(value) if isinstance(value, int | str) and str(value).isdecimal() else -1
    if not 0 <= index < count:
        raise ValueError("no such class")
    return index


def _toolbar(settings: Settings) -> None:
    presets = {name: say(f"presets.{name}") for name in SCENARIOS}
    state.widget("preset", _preset_of(settings))
    examples, editor = st.columns([6, 1], vertical_alignment="bottom")
    examples.pills(
        say("pipeline.presets"),
        list(presets),
        format_func=presets.__getitem__,
        key="preset",
        on_change=_open_preset,
        label_visibility="collapsed",
    )
    # Closed, the editor sends none of its widgets, of which a release would carry thirty.
    popover = editor.popover(
        say("pipeline.classes"), width="stretch", key="classes", on_change="rerun"
    )
    if popover.open:
        with popover:
            _classes(settings)


def _preset_of(settings: Settings) -> str | None:
    return next((name for name in SCENARIOS if _settings_of(name) == settings), None)


def _settings_of(preset: str) -> Settings:
    scenario = SCENARIOS[preset]
    return Settings(
        logits=scenario.logits,
        target=scenario.target,
        format=scenario.format,
        names=controls.first_names(len(scenario.logits)),
        shift=scenario.shift,
        reach=float(scenario.reach),
    )


def _open_preset() -> None:
    if (name := st.session_state["preset"]) in SCENARIOS:
        state.replace_all(_settings_of(name))


def _classes(settings: Settings) -> None:
    count = len(settings.logits)
    for i, name in enumerate(settings.names):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            state.widget(f"name-{i}", name)
            st.text_input(
                say("classes.name", number=i + 1),
                key=f"name-{i}",
                label_visibility="collapsed",
                max_chars=controls.MAX_NAME_LENGTH,
                on_change=partial(_rename, i),
                width=170,
            )
            state.widget(f"mask-{i}", math.isinf(settings.logits[i]))
            st.checkbox(
                say("classes.mask", number=i + 1), key=f"mask-{i}", on_change=partial(_mask, i)
            )
            st.button(
                say("classes.remove", number=i + 1),
                key=f"remove-{i}",
                type="tertiary",
                disabled=count == controls.MIN_CLASSES,
                on_click=partial(_remove, i),
            )
    st.button(
        say("classes.add"), disabled=count == controls.MAX_CLASSES, on_click=_add, width="stretch"
    )
    if count in (controls.MIN_CLASSES, controls.MAX_CLASSES):
        st.caption(say("classes.least" if count == controls.MIN_CLASSES else "classes.most"))
    st.caption(say("classes.mask_help"))


def _rename(i: int) -> None:
    names = list(state.current().names)
    text = st.session_state[f"name-{i}"]
    try:
        new = controls.name(text)
    except ValueError:
        new = ""
    if not new or new in names[:i] + names[i + 1 :]:
        state.refuse_name(names[i])
        return
    names[i] = new
    state.change(names=tuple(names))


def _mask(i: int) -> None:
    logits = list(state.current().logits)
    if math.isinf(logits[i]):
        logits[i] = st.session_state.get(f"unmasked-{i}", 0.0)
    else:
        st.session_state[f"unmasked-{i}"] = logits[i]
        logits[i] = -math.inf
    state.change(logits=tuple(logits))


def _add() -> None:
    settings = state.current()
    free = (
        name
        for name in controls.first_names(2 * controls.MAX_CLASSES)
        if name not in settings.names
    )
    state.change(logits=(*settings.logits, 0.0), names=(*settings.names, next(free)))


def _remove(i: int) -> None:
    settings = state.current()
    target = settings.target - (settings.target > i)
    state.replace_all(
        replace(
            settings,
            logits=settings.logits[:i] + settings.logits[i + 1 :],
            names=settings.names[:i] + settings.names[i + 1 :],
            target=min(target, len(settings.logits) - 2),
        )
    )
