"""The path of the overflow lab: its steps, their goals, and the picture that they play."""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from ce_core.formats import EVERYDAY, FORMATS
from ce_core.pipelines import CauseKind, Run, run, run_formats
from ce_core.scenarios import LAB
from lab.cliffs import lanes, rulers
from lab.controls import grid, narrow, positions, slider
from lab.distance import OFF, PROSE, STATES, add_paper, states
from lab.lesson import Question, Step
from lab.opened import (
    CELL,
    account,
    add_steps,
    bits_table,
    matrix,
    specials,
)
from lab.parameters import AT, LOGITS, NAMES, SHIFT
from lab.settings import Settings, widened
from lab.shares import shares
from lab.words import say
from live.parts import Columns, Instrument, Place, Sentence, Slider

_REACH = 20.0  # float16 breaks within it in every way
_WIDE = 100.0  # and float32 and bfloat16 within this
_MASK = -1e9
_FAR = 1000.0  # a logit beyond it has a slider of its own reach
_LIKELY = (2.0, 1.0, 0.0)


# ---------------------------------------------------------------- what the steps open


def _open(settings: Settings, logits: tuple[float, ...], cell: str) -> Settings:
    return settings.put(
        logits=logits,
        names=NAMES.default(settings),
        target=0,
        shift=0.0,
        cell=cell,
        family="everyday",
    )


def _rulers(settings: Settings) -> Settings:
    return _open(settings, _LIKELY, "float16.naive")


def _cliffs(settings: Settings) -> Settings:
    return _open(settings, (9.0, 8.0, 6.0), "float16.naive")


def _sum(settings: Settings) -> Settings:
    return _open(settings, (8.0, 8.0, 8.0), "float16.naive")


def _nothing(settings: Settings) -> Settings:
    return _open(settings, _LIKELY, "float16.naive")


def _still(settings: Settings) -> Settings:
    return _open(settings, _LIKELY, "float16.shifted")


def _digit(settings: Settings) -> Settings:
    return _open(settings, (8.0, 0.0, 0.0), "float16.shifted")


def _bits(settings: Settings) -> Settings:
    return _open(settings, (12.0, 8.0, 6.0), "float16.naive")


def _mask(settings: Settings) -> Settings:
    return _open(settings, _LIKELY, "float16.shifted")


def _free(settings: Settings) -> Settings:
    scenario = LAB["exp_overflow"]
    opened = _open(settings, scenario.logits, f"{scenario.format}.naive")
    return opened.put(reach=float(scenario.reach))


# ---------------------------------------------------------------- what they ask


@cache
def _first_infinite(name: str) -> float:
    """Return the first of some rising logits, all alike, at which the naive loss is no number."""
    logits = np.repeat(np.arange(0, 100, 0.01)[:, None], 3, axis=1)
    loss = run(logits, 0, "naive", name).steps["loss"].astype(float)
    return float(logits[np.isfinite(loss).argmin(), 0])


def _ask_rulers(settings: Settings) -> Question:
    """Ask which of three formats breaks first while all logits grow together."""
    names = ["float32", "float16", "bfloat16"]
    ends = [_first_infinite(name) for name in names]
    right = 3 if min(ends) == max(ends) else int(np.argmin(ends))
    options = [*names, say("overflow.rulers_together")]
    keys = [*names, "together"]
    words = {
        f"{name}_{what}": text
        for name in names
        for what, text in (
            ("exponent", str(FORMATS[name].exponent_bits)),
            ("max", f"{FORMATS[name].max:.6g}".replace("e+", "e")),
            ("ends", f"{FORMATS[name].ln_max:.4g}"),
        )
    }
    return Question(
        key="rulers",
        text=say("overflow.step_rulers_do"),
        options=options,
        right=right,
        reasons=[say(f"overflow.rulers_{key}_why", **words) for key in keys],
        shown=settings.put(shift=10.0),
    )


def _ask_mask(settings: Settings) -> Question:
    """Ask what becomes of a float16 loss one of whose logits is -1e9."""
    masked = settings.put(logits=(*_LIKELY[:2], _MASK))
    result = run([masked.logits], masked.target, "shifted", "float16")
    loss = float(result.steps["loss"][0])
    fine = math.isfinite(loss) and STATES[int(states(result)[0])] not in OFF
    right = 0 if fine else 1 if math.isinf(loss) else 2
    lowest = f"−{FORMATS['float16'].max:g}"
    return Question(
        key="mask",
        text=say("overflow.step_mask_do"),
        options=[say(f"overflow.mask_{option}") for option in ("fine", "inf", "nan")],
        right=right,
        reasons=[
            say(f"overflow.mask_{option}_why", lowest=lowest, last=masked.names[-1])
            for option in ("fine", "inf", "nan")
        ],
        shown=masked,
    )


# ---------------------------------------------------------------- their goals


def _loss(columns: Columns, cell: str) -> np.ndarray:
    name, form = cell.split(".")
    values: np.ndarray = columns[f"loss_{name}_{form}"].values
    return values


def _half_alone(_: Settings, columns: Columns) -> np.ndarray:
    """Say where float16's naive loss is no number, and bfloat16's is one."""
    half, brain = (_loss(columns, f"{name}.naive") for name in ("float16", "bfloat16"))
    return np.asarray(~np.isfinite(half) & np.isfinite(brain))


def _sum_alone(_: Settings, columns: Columns) -> np.ndarray:
    return np.asarray(columns["broke"].values == CauseKind.SUM_OVERFLOW)


def _zero_by_zero(_: Settings, columns: Columns) -> np.ndarray:
    return np.asarray(columns["broke"].values == CauseKind.SUM_UNDERFLOW)


def _fused_alone(_: Settings, columns: Columns) -> np.ndarray:
    """Say where float16's max-subtracted loss is inf, and its fused one is a number."""
    shifted, fused = (_loss(columns, f"float16.{form}") for form in ("shifted", "fused"))
    return np.asarray(np.isinf(shifted) & np.isfinite(fused))


# ---------------------------------------------------------------- the picture


def _sliders(settings: Settings) -> list[Slider]:
    near = [z for z in settings.logits if abs(z) <= _FAR]
    reach = widened(_REACH, *near)
    sliders = []
    for i, (name, z) in enumerate(zip(settings.names, settings.logits, strict=True)):
        own = reach if abs(z) <= _FAR else widened(reach, z)
        sliders.append(
            Slider(
                f"{LOGITS.key}.{i}",
                name,
                LOGITS.called(name),
                *grid(z, own),
                masked=math.isinf(z),
            )
        )
    here = STEPS[settings[AT] - 1].key
    far = widened(_WIDE if here == "rulers" else _REACH, settings.shift)
    return [*sliders, slider(SHIFT, say("live.shift"), grid(settings.shift, far))]


def picture(settings: Settings, columns: Columns) -> Instrument:
    """Build the picture of the path: sliders with the cliffs below them, and the matrix."""
    sliders = _sliders(settings)
    logits, shift = positions(settings, sliders, LOGITS, SHIFT)
    target = settings.target
    name, form = settings[CELL].split(".")
    shown = tuple(fmt for fmt in FORMATS if fmt in (*EVERYDAY, name))
    runs = run_formats(logits, target, shown, shift=shift[..., None])
    for fmt, forms in runs.items():
        for each, result in forms.items():
            columns.add(f"loss_{fmt}_{each}", narrow(result.steps["loss"], fmt))
    columns.add("broke", runs["float16"]["naive"].broke.astype(np.int8))
    opened = runs[name][form]
    steps = add_steps(opened, columns)
    add_paper(opened, columns)
    below = [
        lanes(settings, settings[CELL], sliders[target], logits[..., target], steps, columns),
        rulers(settings, sliders[-1], shift, columns),
    ]
    return Instrument(
        title=say("live.logits_title"),
        hint="",
        sliders=sliders,
        lanes=below,
        figures=[replace(shares(opened, CELL.key, f"{name}.{{form}}", columns), part="shares")],
        sentences=[_told(runs, opened, settings, columns)],
        tables=[
            replace(matrix(settings, shown, runs, columns), lead=say("overflow.matrix_lead_path")),
            bits_table(opened, steps, columns),
        ],
    )


# ---------------------------------------------------------------- what is said of it

_PIECES: Final = ("cliffs", "sum_far", "nothing_far", "still", "digit", "bits")


def _told(
    runs: Mapping[str, Mapping[str, Run]], opened: Run, settings: Settings, columns: Columns
) -> Sentence:
    """Give the account of the opened cell where there is one to give, with what the step adds.

    Nothing where the step's own text is to be read.
    """
    base = account(opened, settings, columns)
    fmt, here = FORMATS[opened.format], STEPS[settings[AT] - 1].key
    broke, naive = opened.broke != CauseKind.NONE, runs["float16"]["naive"]
    spoken, more = np.zeros(broke.shape, bool), np.zeros(broke.shape, np.int64)

    def add(piece: str, where: np.ndarray) -> None:
        more[np.broadcast_to(where, more.shape)] = 1 + _PIECES.index(piece)

    if here in ("cliffs", "sum", "nothing", "still"):
        spoken = broke
    if here == "cliffs":
        add("cliffs", _half_alone(settings, columns))
    elif here == "sum":
        add("sum_far", naive.broke == CauseKind.EXP_OVERFLOW)
    elif here == "nothing":
        add("nothing_far", np.asarray(np.isinf(naive.steps["exp"]).any(axis=-1)))
    elif here == "still":
        add("still", _fused_alone(settings, columns))
    elif here == "digit":
        spoken = np.ones(broke.shape, bool)
        state = [STATES.index(key) for key in OFF]
        off = np.asarray(np.isin(states(opened), state))
        add("digit", np.logical_and(off, np.isfinite(opened.steps["loss"].astype(float))))
    elif here == "bits" and not fmt.has_infinity:
        add("bits", np.ones(broke.shape, bool))
    code = (1 + base.column.values.astype(np.int64)) * spoken * (1 + len(_PIECES)) + more
    numbers, code = np.unique(code, return_inverse=True)
    said = [_pieces(int(number), base) for number in numbers]
    own = [
        say(
            f"overflow.told_{piece}",
            format=fmt.name,
            specials=say(f"overflow.specials_{specials(fmt)}", max=f"{fmt.max:g}"),
        )
        for piece in _PIECES
    ]
    fused = Place(columns["loss_float16_fused"], PROSE)
    return replace(
        base,
        column=columns.add("told", code.reshape(broke.shape).astype(np.int16)),
        pieces=[*base.pieces, *own],
        places={**base.places, "fused": fused},
        said=said,
    )


def _pieces(number: int, base: Sentence) -> list[int]:
    """Return the pieces of a number: those of the account, and one of the step before or after."""
    spoken, more = divmod(number, 1 + len(_PIECES))
    told = list(base.said[spoken - 1]) if spoken and base.said else []
    if not more:
        return told
    own = len(base.pieces) + more - 1
    return [own, *told] if _PIECES[more - 1] == "digit" else [*told, own]


STEPS: Final = (
    Step(
        "rulers",
        "predict",
        shows=("matrix", "rulers", "slider.shift"),
        opens=_rulers,
        ask=_ask_rulers,
        covers=lambda _: ("rulers",),
    ),
    Step("cliffs", "reach", shows=("matrix", "cliff", "slider"), opens=_cliffs, goal=_half_alone),
    Step("sum", "reach", shows=("matrix", "cliff", "slider"), opens=_sum, goal=_sum_alone),
    Step(
        "nothing", "reach", shows=("matrix", "cliff", "slider"), opens=_nothing, goal=_zero_by_zero
    ),
    Step("still", "reach", shows=("matrix", "cliff", "slider"), opens=_still, goal=_fused_alone),
    Step("digit", "see", shows=("matrix", "shares", "slider"), opens=_digit),
    Step("bits", "see", shows=("matrix", "bits", "slider"), opens=_bits),
    Step("mask", "predict", shows=("matrix", "cliff", "slider"), opens=_mask, ask=_ask_mask),
    Step("free", "explore", opens=_free),
)
