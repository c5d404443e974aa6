"""The cliffs: how far a logit can go before each quantity of a loss gives way, format by format."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np

from ce_core.formats import EVERYDAY, FORMATS
from ce_core.pipelines import Run, run_formats
from lab import figures
from lab.distance import OFF, STATES, percent, states
from lab.parameters import LOGITS
from lab.settings import Settings
from lab.words import say
from live.message import drawn
from live.parts import Cell, Column, Columns, Figure, Lanes, Line, Slider, Style

QUANTITIES: Final = ("exp", "total", "probability", "loss")
_INSTEAD = np.array(["", "≈", "nan", "inf", "max", "0", "?"])  # of what is right, in the lanes


def cliff(
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
        title=say("overflow.cliff", name=name, pipeline=say(f"pipeline.loss_{pipeline}")),
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


# ---------------------------------------------------------------- under a slider

Stretches = tuple[tuple[tuple[float, str, str], ...], ...]
_KINDS: Final = ("fits", "off", "nan", "inf", "max", "zero", "off")  # what `_INSTEAD` means
_FAR_OFF = 10.0  # per cent
_NEIGHBOURS = 17  # of 801 places
_NARROW = 0.09  # of the track; less has no room for a word
_SHORT: Final = Style("significant", 4)


def lanes(
    settings: Settings,
    cell: str,
    under: Slider,
    here: np.ndarray,
    steps: Mapping[str, Column],
    columns: Columns,
) -> Lanes:
    """Draw the cliffs of one cell under the slider of the true class's logit.

    `here` is where that logit is at every position, and `steps` are the columns of the cell.
    """
    i, logits = settings.target, settings.logits
    name, form = cell.split(".")
    others = (*logits[:i], 0.0, *logits[i + 1 :])
    low, high = under.values[0], under.values[-1]
    stretches = _under(others, i, settings.shift, form, name, low, high)
    total = "log_sum" if "log_sum" in steps else "total"
    cells = [
        Cell(steps["exp"], _SHORT, i, "lane-exp"),
        Cell(steps[total], _SHORT, readout="lane-total"),
        Cell(steps["probability"], _SHORT, readout="lane-probability"),
        Cell(steps["loss"], _SHORT, readout="lane-loss"),
    ]
    return _made(
        say("overflow.lanes", name=settings.names[i], format=name, form=_called(form)),
        "cliff",
        under,
        columns.add("lane_here", drawn(here, low, high, 2048)),
        [say(f"overflow.lane_{quantity}") for quantity in QUANTITIES],
        stretches,
        cells,
    )


def rulers(settings: Settings, under: Slider, here: np.ndarray, columns: Columns) -> Lanes:
    """Draw how far all logits can go together until each format's naive loss gives way."""
    low, high = under.values[0], under.values[-1]
    return _made(
        say("overflow.rulers", form=_called("naive")),
        "rulers",
        under,
        columns.add("ruler_here", drawn(here, low, high, 2048)),
        EVERYDAY,
        _together(settings.logits, settings.target, low, high),
    )


def _called(form: str) -> str:
    return say(f"pipeline.loss_{form}")


def _made(
    title: str,
    part: str,
    under: Slider,
    here: Column,
    labels: Sequence[str],
    stretches: Stretches,
    cells: Sequence[Cell] = (),
) -> Lanes:
    low, high = under.values[0], under.values[-1]
    said = [
        say(
            "overflow.lane_alt",
            lane=label,
            stretches=", ".join(
                say("overflow.lane_alt_to", what=say(f"overflow.lane_{kind}"), end=f"{end:.4g}")
                for end, kind, _ in lane
            ),
        )
        for label, lane in zip(labels, stretches, strict=True)
    ]
    return Lanes(
        title=title,
        alt=" ".join([title + ".", *said]),
        part=part,
        under=under.id,
        here=here,
        labels=labels,
        cells=cells,
        low=low,
        high=high,
        stretches=stretches,
    )


@lru_cache(64)
def _under(
    others: tuple[float, ...],
    target: int,
    shift: float,
    form: str,
    name: str,
    low: float,
    high: float,
) -> Stretches:
    z = np.linspace(low, high, 801)
    logits = np.broadcast_to(others, (len(z), len(others))).copy()
    logits[:, target] = z
    runs = run_formats(logits, target, (name,), shift=shift, pipelines=(form,))
    return _drawn_alone(z, [runs[name][form]])


@lru_cache(64)
def _together(logits: tuple[float, ...], target: int, low: float, high: float) -> Stretches:
    z = np.linspace(low, high, 801)
    table = np.broadcast_to(logits, (len(z), len(logits)))
    runs = run_formats(table, target, EVERYDAY, shift=z[:, None], pipelines=("naive",))
    lanes = _drawn_alone(z, [runs[name]["naive"] for name in EVERYDAY])
    return lanes[QUANTITIES.index("loss") :: len(QUANTITIES)]


def _drawn_alone(z: np.ndarray, runs: list[Run]) -> Stretches:
    """Return the lanes of some runs; a loss is doubtful where it is far off, else it fits."""
    found = _lanes(runs)
    loss = QUANTITIES.index("loss")
    for lane, result in zip(found[loss :: len(QUANTITIES)], runs, strict=True):
        near = np.isfinite(result.steps["loss"].astype(float)) & (percent(result) < _FAR_OFF)
        lane[near] = _KINDS.index("fits")
        # Where one of several neighbours is off, all are in doubt: no thumb stands between them.
        off = np.convolve(lane == _KINDS.index("off"), np.ones(_NEIGHBOURS), "same") > 0
        lane[off & near] = _KINDS.index("off")
    return tuple(_stretches(z, lane) for lane in found)


def _stretches(z: np.ndarray, instead: np.ndarray) -> tuple[tuple[float, str, str], ...]:
    """Return for each stretch where the next one begins, its kind, and what is written in it."""
    kinds = np.where(instead == len(_KINDS) - 1, _KINDS.index("off"), instead)
    begins = np.flatnonzero(np.append(True, kinds[1:] != kinds[:-1]))
    ends = np.append(begins[1:], len(z) - 1)
    room = _NARROW * (len(z) - 1)
    found = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        kind = _KINDS[kinds[begin]]
        text = say(f"overflow.lane_{kind}") if end - begin >= room else ""
        found.append((float(z[end]), kind, text))
    return tuple(found)
