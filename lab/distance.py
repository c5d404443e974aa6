"""How far a loss is from the one on paper, always said, in three states: right, off, broken."""

from typing import Final

import numpy as np

from ce_core.formats import FORMATS
from ce_core.pipelines import CauseKind, Run
from ce_core.pipelines.paper import power
from lab.words import say
from live.parts import Column, Columns, Place, Sentence, Style

MANY = 1000.0  # ulps; of more, per cent are easier to grasp
FAR = 1e6  # per cent; more say nothing any more
SHORT: Final = Style("significant", 2)
PROSE: Final = Style("prose", 6)

STATES: Final = (
    "right",
    "nearest_zero",
    "smallest",
    "ulps",
    "percent",
    "far",
    "broken",
    "beyond",
    "infinite_too",
    "not_infinite",
    "no_loss",
)
# Losses below have fewer digits than float64, in which they are judged, can tell apart.
_SMALLEST: Final = 2.0**-1005
_FEW: Final = 12 * 2.0**-1074

RIGHT: Final = frozenset(("right", "nearest_zero", "infinite_too"))
OFF: Final = frozenset(("ulps", "percent", "far"))


def states(run: Run) -> np.ndarray:
    """Return the position in `STATES` of each loss."""
    loss, paper = run.steps["loss"].astype(np.float64), run.paper
    found = np.full(loss.shape, STATES.index("percent"), np.int8)
    right = run.right
    holds = {
        "no_loss": np.isnan(paper),
        "infinite_too": np.isposinf(run.log10_paper) & np.isposinf(loss),
        "nearest_zero": right & (loss == 0) & (run.log10_paper > -np.inf),
        "smallest": (run.format == "float64")
        & (paper > 0)
        & (paper < _SMALLEST)
        & (np.abs(run.error) < _FEW),
        "right": right & np.isfinite(loss),
        "not_infinite": np.isposinf(run.log10_paper),
        "beyond": ~np.isfinite(loss) & (paper > FORMATS[run.format].max),
        "broken": ~np.isfinite(loss),
        "far": ~(percent(run) < FAR),
        "ulps": run.ulps < MANY,
    }
    for state, here in reversed(holds.items()):  # the first that holds is written last
        np.putmask(found, here, STATES.index(state))
    return found


def percent(run: Run) -> np.ndarray:
    """Return how far each loss is off, in per cent of that on paper."""
    with np.errstate(all="ignore"):
        return np.asarray(100 * np.abs(run.error) / run.paper)


def off(run: Run) -> np.ndarray:
    """Return how far each loss is off, in ulps where its state says so, and in per cent else."""
    return shown(np.where(states(run) == STATES.index("ulps"), run.ulps, percent(run)))


def far(run: Run, columns: Columns) -> Column:
    """Return the column of `off`; it is added once, whoever tells of it."""
    key = f"far_{run.format}_{run.pipeline}"
    return columns[key] if key in columns else columns.add(key, off(run))


def add_paper(run: Run, columns: Columns) -> tuple[Column, Column]:
    """Add the loss on paper, which may lie beyond every float64, as a power of ten.

    It has the six digits that are shown, which float32 holds.
    """
    told = power(run.log10_paper)
    significand = np.rint(told.significand * 1e5) / 1e5
    ten = significand == 10
    significand, exponent = np.where(ten, 1.0, significand), told.exponent + ten
    return (
        columns.add("paper", significand.astype(np.float32)),
        columns.add("paper_exponent", exponent),
    )


def distance(run: Run, name: str, columns: Columns) -> Sentence:
    """Say how far the losses of a run are off.

    Parameters
    ----------
    run : Run
        A pipeline at every position.
    name : str
        What its columns and its readout are called.
    columns : Columns
        Where they are added; "paper" and "paper_exponent" are there.
    """
    places = {
        "off": Place(far(run, columns), SHORT),
        "paper": Place(columns["paper"], PROSE, exponent=columns["paper_exponent"]),
    }
    return Sentence(
        f"off-{name}",
        "",
        columns.add(f"off_{name}", states(run)),
        [say(f"verdict.off_{state}", format=run.format) for state in STATES],
        places,
        tones=[_TONES.get(state, "bad") for state in STATES],
    )


def mark(run: Run, name: str, columns: Columns) -> Sentence:
    """Say the same in a few letters, and what broke in the place of that it did."""
    state = states(run)
    broken = np.isin(state, [STATES.index(name) for name in _BROKEN])
    kinds = [say(f"overflow.mark_{kind.name.lower()}") for kind in CauseKind if kind <= _LAST]
    return Sentence(
        name,
        "",
        columns.add(name, np.where(broken, len(STATES) + run.broke, state).astype(np.int8)),
        [*(say(f"overflow.mark_{state}") for state in STATES), *kinds],
        {"off": Place(far(run, columns), SHORT)},
        tones=[*(_TONES.get(state, "bad") for state in STATES), *["bad"] * len(kinds)],
    )


_BROKEN: Final = ("broken", "beyond", "not_infinite", "no_loss")
_LAST = CauseKind.RESULT_OVERFLOW  # the kinds up to this one leave no number
_TONES: Final = {**dict.fromkeys(RIGHT, "good"), **dict.fromkeys((*OFF, "smallest"), "warn")}


def shown(numbers: np.ndarray) -> np.ndarray:
    """Round to the two digits that are shown, and so that most bytes are 0 and deflate."""
    with np.errstate(all="ignore"):
        unit = 10.0 ** (np.floor(np.log10(np.abs(numbers))) - 1)
        rounded = np.where(numbers == 0, 0.0, np.rint(numbers / unit) * unit)
    mantissa, exponent = np.frexp(np.where(np.isinf(numbers), numbers, rounded))
    short = np.ldexp(np.rint(mantissa * 2**_BITS), exponent - _BITS)
    fits = np.abs(short[np.isfinite(short)]).max(initial=0.0) < np.finfo(np.float32).max
    return np.asarray(short, np.float32 if fits else np.float64)


_BITS = 8  # tell two decimal digits, and of a float32 leave two bytes 0
