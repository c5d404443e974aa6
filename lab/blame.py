"""What happened to a loss, in sentences made from the cause that the core found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ce_core.formats import FORMATS, FloatFormat
from ce_core.pipelines import CauseKind, Run
from ce_core.pipelines.paper import spacing
from lab.distance import OFF, PROSE, STATES, shown, states
from lab.parameters import MAX_CLASSES
from lab.settings import Settings
from lab.words import say
from live.parts import Columns, Place, Style

K = CauseKind

# What the exact number is compared with, where three digits would not tell them apart.
_CLOSE: Final = {K.EXP_OVERFLOW, K.SUM_OVERFLOW, K.LOGIT_OVERFLOW, K.EXP_LOST, K.SUM_UNDERFLOW}
_ROUNDED: Final = ("stored", "added", "shifted", "exp", "total", "rest", "probabilities", "loss")
_FURTHER: Final = ("log_sum", "log_probabilities", "logsumexp", "padded", "clamped")

PIECES: Final = (
    "nothing",
    "numbers",
    "nan_logit",
    "mask_lost",
    "logit_overflow",
    "logit_overflow_close",
    "logit_overflow_edge",
    "added_overflow",
    "added_overflow_down",
    "logit_overflow_down",
    "logit_overflow_down_close",
    "logit_overflow_down_edge",
    "all_masked",
    "all_masked_shifted",
    "subtract_overflow",
    "exp_overflow",
    "exp_overflow_close",
    "exp_overflow_edge",
    "sum_overflow",
    "sum_overflow_close",
    "sum_overflow_edge",
    "sum_underflow",
    "sum_underflow_close",
    "sum_underflow_edge",
    "target_masked",
    "target_masked_finite",
    "probability_underflow",
    "target_underflow",
    "result_overflow",
    "logit_lost",
    "difference_lost",
    "exp_lost",
    "exp_lost_close",
    "exp_lost_edge",
    "exp_subnormal",
    *(f"rounded_{step}" for step in (*_ROUNDED, *_FURTHER)),
    "rounded_added_alone",
    "then_inf",
    "then_inf_log",
    "then_nan",
    "then_nan_spread",
    "then_zero_log",
    "same_all_the_same",
)
"""The sentences about a cause, and about what follows from it."""


_WHOLE = Style("shortest", 17)  # any two float64 look different


def compared(format_name: str) -> Style:
    """Write numbers so that any two of the format look different."""
    return Style("shortest", {"float64": 17, "float32": 9}.get(format_name, 7))


def pieces(fmt: FloatFormat) -> list[str]:
    """Return the texts of `PIECES`."""
    largest = f"{fmt.max:.6g}".replace("e+", "e")
    beyond = "inf" if fmt.has_infinity else "nan" if fmt.has_nan else largest
    below = "nan" if beyond == "nan" else f"−{beyond}"
    return [
        say(f"verdict.{key}", format=fmt.name, beyond=beyond, below=below, infinite=beyond)
        for key in PIECES
    ]


@dataclass(frozen=True)
class Blame:
    """The cause of a run at every position, and which sentences tell it.

    Attributes
    ----------
    code : int array
        The position in `told`.
    told : list of list of str
        Keys of `PIECES`.
    state : int8 array
        The position in `lab.distance.STATES`.
    """

    run: Run
    code: np.ndarray
    told: list[list[str]]
    state: np.ndarray


def blame(run: Run) -> Blame:
    """Choose the sentences."""
    cause, fmt, state = run.cause, FORMATS[run.format], states(run)
    loss = run.steps["loss"].astype(np.float64)
    up = np.select([cause.value > 0, np.isneginf(cause.value)], [1, 2], 0)
    with np.errstate(divide="ignore"):
        log10 = np.log10(cause.significand) + cause.exponent
    kind = cause.kind.astype(np.int64)
    small = np.isin(kind, (K.EXP_LOST, K.SUM_UNDERFLOW))
    limit = np.where(small, np.log10(fmt.smallest_subnormal), np.log10(fmt.max))
    apart = np.where(np.isin(kind, list(_CLOSE)), np.abs(log10 - limit), 1.0)
    close = np.select([apart < 1e-5, apart < 0.01], [2, 1], 0)  # at the edge no digits tell
    ended = np.select([np.isnan(loss), np.isinf(loss)], [2, 1], 0)
    target = np.broadcast_to(run.target, loss.shape)[..., None]
    no_exp = np.take_along_axis(run.steps["exp"], target, axis=-1)[..., 0] == 0
    parts = (kind, cause.step + 1, up, close, ended, no_exp, state)
    sizes = (len(K), len(run.budget.steps) + 1, 3, 3, 3, 2, len(STATES))
    code = np.ravel_multi_index(tuple(np.asarray(p, np.int64) for p in parts), sizes)
    found, code = np.unique(code, return_inverse=True)
    told = []
    for number in found:
        k, step, rises, near, end, gone, how = map(int, np.unravel_index(number, sizes))
        keys = [_cause_key(K(k), run, step - 1, rises=rises, near=near, gone=bool(gone))]
        keys += _then(K(k), fmt, end)
        soft = (K.LOGIT_LOST, K.DIFFERENCE_LOST, K.EXP_LOST)
        if K(k) in soft and STATES[how] not in OFF:
            keys.append("same_all_the_same")
        told.append(["nothing"] if STATES[how] == "smallest" else keys)
    return Blame(run, code.reshape(loss.shape), told, state)


def _cause_key(kind: CauseKind, run: Run, step: int, *, rises: int, near: int, gone: bool) -> str:
    key = kind.name.lower()
    if kind == K.NONE:
        return "nothing"
    if kind == K.ROUNDED:
        name = run.budget.steps[step]
        if name == "added" and run.format == "float64":
            name = "added_alone"  # the logit that it should be has no float64 to be shown as
        return f"rounded_{name}"
    if kind == K.LOGIT_OVERFLOW and rises == 2:
        return "mask_lost"
    if kind in (K.LOGIT_OVERFLOW, K.LOGIT_LOST) and run.budget.steps[step] == "added":
        return "added_overflow" if rises else "added_overflow_down"
    if kind == K.LOGIT_OVERFLOW and not rises:
        key += "_down"
    if kind == K.TARGET_MASKED and run.pipeline in ("padded", "clamped"):
        return "target_masked_finite"
    if kind == K.ALL_MASKED and run.pipeline != "naive":
        key += "_shifted"
    if kind == K.PROBABILITY_UNDERFLOW and gone:
        key = "target_underflow"
    near_key = key + ("", "_close", "_edge")[near]
    return near_key if near_key in PIECES else key


def _then(kind: CauseKind, fmt: FloatFormat, end: int) -> list[str]:
    """Say how it came from there to the loss: 0 a number, 1 inf, 2 nan."""
    if not fmt.has_infinity:
        broken = (K.EXP_OVERFLOW, K.SUM_OVERFLOW, K.SUBTRACT_OVERFLOW, K.RESULT_OVERFLOW)
        return ["then_nan_spread"] if kind in broken and end == 2 else []
    if kind == K.EXP_OVERFLOW and end:
        return ["then_nan" if end == 2 else "then_inf"]
    if kind == K.SUM_OVERFLOW and end == 1:
        return ["then_inf_log"]
    if kind == K.PROBABILITY_UNDERFLOW and end == 1:
        return ["then_zero_log"]
    return []


def places(
    blamed: Blame, pick: Mapping[str, np.ndarray], settings: Settings, columns: Columns
) -> dict[str, Place]:
    """Add the columns that fill the sentences' places; `pick` has the cause's fields."""
    fmt = FORMATS[blamed.run.format]
    apart = compared(fmt.name)
    value = columns.add("verdict_value", pick["value"])
    close = any("_close" in key for keys in blamed.told for key in keys)
    exact = pick["significand"] if close else pick["significand"].astype(np.float32)
    significand = columns.add("verdict_significand", exact)
    exponent = columns.add("verdict_exponent", pick["exponent"])
    largest = columns.add("verdict_max", np.array([[fmt.max]]))
    tiny = columns.add("verdict_tiny", np.array([[fmt.smallest_subnormal]]))
    index = np.maximum(pick["index"], 0)
    return {
        "class": _named("verdict_class", index, settings.names, columns),
        "target": _named("verdict_target", blamed.run.target, settings.names, columns),
        "z": Place(value, Style("prose", 8)),
        "z_close": Place(value, apart),
        "given": Place(value, _WHOLE),
        "stored": Place(columns.add("verdict_stored", _stored(blamed.run, index)), _WHOLE),
        "exact": Place(significand, PROSE, exponent=exponent),
        "exact_close": Place(significand, Style("shortest", 7), exponent=exponent),
        "max": Place(largest, PROSE),
        "max_close": Place(largest, Style("shortest", 7)),
        "tiny": Place(tiny, PROSE),
        "tiny_close": Place(tiny, Style("shortest", 7)),
    }


def _named(name: str, index: int | np.ndarray, names: Sequence[str], columns: Columns) -> Place:
    """Add the place of a class's name. Of many names those are sent that are said."""
    index = np.atleast_2d(index)
    if len(names) > MAX_CLASSES:
        said, flat = np.unique(index, return_inverse=True)
        index, names = flat.reshape(index.shape), [names[i] for i in said]
    return Place(columns.add(name, index.astype(np.int8)), names=names)


def _stored(run: Run, index: np.ndarray) -> np.ndarray:
    stored = run.steps["logits"].astype(np.float64)
    return np.asarray(np.take_along_axis(stored, index[..., None], axis=-1)[..., 0])


def tails(form: str, fmt: FloatFormat) -> list[str]:
    """Return the sentences that end an account: what the costliest step cost, and the whole.

    Their places are {cost} and {off_<form>}.
    """
    name, off = say(f"pipeline.loss_{form}"), f"{{off_{form}}}"
    keys = ("cost_ulps", "cost_percent", "cost_far")
    return [say(f"verdict.{key}", form=name, format=fmt.name, off=off) for key in keys]


def tail(blamed: Blame) -> np.ndarray:
    """Return which of `tails` ends the account of each position, from 1 on, or 0 for none."""
    whole = blamed.run.broke == K.NONE
    is_ = {state: whole & (blamed.state == STATES.index(state)) for state in OFF}
    return np.select([is_["ulps"], is_["percent"], is_["far"]], [1, 2, 3], 0)


def cost(blamed: Blame) -> np.ndarray:
    """Return what the costliest step cost, in the unit in which the loss is said to be off."""
    run, in_ulps = blamed.run, blamed.state == STATES.index("ulps")
    with np.errstate(all="ignore"):
        unit = np.where(in_ulps, spacing(run.paper, FORMATS[run.format]), run.paper / 100)
        return shown(np.abs(run.cause.cost) / unit)
