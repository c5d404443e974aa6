"""What happened, in a sentence about the three forms made from their causes."""

from collections.abc import Mapping

import numpy as np

from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES, WARNINGS, CauseKind, Run
from lab import blame
from lab.distance import OFF, RIGHT, SHORT, STATES, far
from lab.settings import Settings
from lab.words import say
from live.parts import Column, Columns, Place, Sentence, Style

LOSS = Style("fixed", 6)

# What the other forms make of it.
_OTHERS = (
    "",
    "shifted_right",
    "shifted_ulps",
    "shifted_percent",
    "shifted_far",
    "fused_right",
    "fused_ulps",
    "fused_percent",
    "fused_far",
    "others_right",
    "all_right",
    "all_infinite",
    "masked_too",
)


def verdict(
    runs: Mapping[str, Run], losses: Mapping[str, Column], settings: Settings, columns: Columns
) -> Sentence:
    """Make the sentence of every position, and the columns that fill its places.

    It tells of the first form that left no number; else of the first that is not right to the last
    place; else of the first to which something harmless happened.

    Parameters
    ----------
    runs : dict of Run
        The three pipelines at every position.
    losses : dict of Column
        Their losses, as they are sent.
    settings : Settings
        What the classes are called.
    columns : Columns
        Where the columns are added.
    """
    fmt = FORMATS[runs["naive"].format]
    blames = [blame.blame(runs[form]) for form in PIPELINES]
    broke = np.array([runs[form].broke != CauseKind.NONE for form in PIPELINES])
    right = np.array([np.isin(b.state, _positions(RIGHT)) for b in blames])
    smallest = np.array([b.state == STATES.index("smallest") for b in blames])
    soft = np.array([runs[form].cause.kind != CauseKind.NONE for form in PIPELINES])
    told = np.select(
        [broke.any(axis=0), ~(right | smallest).all(axis=0), soft.any(axis=0)],
        [broke.argmax(axis=0), (~(right | smallest)).argmax(axis=0), soft.argmax(axis=0)],
        0,
    )
    code = _chosen(told, [b.code for b in blames])
    tail = _chosen(told, [blame.tail(b) for b in blames])
    others = np.where(smallest.any(axis=0), 0, _others(broke, [b.state for b in blames], runs))
    parts = (told, code, tail, others)
    sizes = (len(PIPELINES), 1 + max(int(b.code.max()) for b in blames), 4, len(_OTHERS))
    number = np.ravel_multi_index(tuple(np.asarray(part, np.int64) for part in parts), sizes)
    numbers, number = np.unique(number, return_inverse=True)

    texts = blame.pieces(fmt)
    ends = [text for form in PIPELINES for text in blame.tails(form, fmt)]
    last = [say(f"verdict.{key}", format=fmt.name) for key in _OTHERS[1:]]
    said = []
    for one in numbers:
        which, cause, end, other = map(int, np.unravel_index(one, sizes))
        keys = blames[which].told[cause]
        less = {"nothing"} | ({"same_all_the_same"} if _OTHERS[other] == "all_right" else set())
        spoken = [blame.PIECES.index(key) for key in keys if key not in less]
        if end:
            spoken.insert(0, blame.PIECES.index("numbers"))
        spoken += [len(texts) + 3 * which + end - 1] if end else []
        spoken += [len(texts) + len(ends) + other - 1] if other else []
        said.append(spoken or [0])

    fields = ("value", "significand", "exponent", "index")
    pick = {f: _chosen(told, [getattr(b.run.cause, f) for b in blames]) for f in fields}
    places = blame.places(blames[0], pick, settings, columns)
    cost = _chosen(told, [blame.cost(b) for b in blames])
    places["cost"] = Place(columns.add("verdict_cost", cost), SHORT)
    apart = blame.compared(fmt.name)
    for form in PIPELINES:
        places[f"loss_{form}"] = Place(losses[form], apart)
        places[f"off_{form}"] = Place(far(runs[form], columns), SHORT)
    return Sentence(
        "verdict",
        say("pipeline.verdict_title"),
        columns.add("verdict", number.reshape(told.shape).astype(np.int16)),
        [*texts, *ends, *last],
        places,
        said,
    )


def _positions(names: frozenset[str]) -> list[int]:
    return [STATES.index(name) for name in names]


def _chosen(told: np.ndarray, arrays: list[np.ndarray]) -> np.ndarray:
    """Return of each position the number of the form that is told."""
    return np.asarray(np.choose(told, arrays))


def _others(broke: np.ndarray, state: list[np.ndarray], runs: Mapping[str, Run]) -> np.ndarray:
    """Say at each position what the other forms make of it, as a position in `_OTHERS`."""
    right, off = (np.isin(state, _positions(names)) for names in (RIGHT, OFF))
    remote, ulps = (np.array(state) == STATES.index(name) for name in ("far", "ulps"))
    naive, shifted, fused = broke
    all_right = right.all(axis=0)
    infinite = np.array(
        [np.isposinf(run.steps["loss"].astype(np.float64)) for run in runs.values()]
    )
    masked = runs["shifted"].broke == CauseKind.TARGET_MASKED
    chosen = {
        "masked_too": masked & (runs["naive"].broke != CauseKind.TARGET_MASKED),
        "all_infinite": all_right & infinite.all(axis=0),
        "all_right": all_right & ~broke.any(axis=0),
        "shifted_right": naive & ~shifted & right[1],
        "shifted_far": naive & ~shifted & remote[1],
        "shifted_ulps": naive & ~shifted & ulps[1],
        "shifted_percent": naive & ~shifted & off[1],
        "fused_right": (naive | shifted) & ~fused & right[2],
        "fused_far": (naive | shifted) & ~fused & remote[2],
        "fused_ulps": (naive | shifted) & ~fused & ulps[2],
        "fused_percent": (naive | shifted) & ~fused & off[2],
        "others_right": ~broke.any(axis=0) & ~right[0] & right[1] & right[2],
    }
    chosen["fused_right"] |= ~broke.any(axis=0) & ~right[1] & right[2]
    held = [_OTHERS.index(name) for name in chosen]
    return np.asarray(np.select(list(chosen.values()), held, 0))


def warnings(runs: Mapping[str, Run], columns: Columns) -> Sentence:
    """NumPy's own warnings at every position, verbatim, each with the pipeline that raised it."""
    code = np.zeros(runs["naive"].warnings.shape, np.int64)
    for i, run in enumerate(runs.values()):
        code |= run.warnings.astype(np.int64) << len(WARNINGS) * i
    codes = np.unique(code)
    pieces = [
        say("verdict.warning", pipeline=say(f"pipeline.loss_{name}"), text=text)
        for name in runs
        for text in WARNINGS
    ]
    count = len(pieces)
    said = [[i for i in range(count) if number >> i & 1] or [count] for number in codes.tolist()]
    return Sentence(
        "warnings",
        say("pipeline.warnings_title"),
        columns.add("warnings", np.searchsorted(codes, code).astype(np.int16)),
        [*pieces, say("pipeline.warnings_none")],
        said=said,
        glue="\n",
    )
