"""How many rows break, in one sentence."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from ce_core.batch import BROKEN_IN, Batch
from ce_core.pipelines import PIPELINES, CauseKind
from lab.words import say

K = CauseKind

# What is said of rows that break; the first sort that a row's cause is in.
_SORTS: Final[Mapping[str, tuple[CauseKind, ...]]] = {
    "overflow": (K.EXP_OVERFLOW, K.SUM_OVERFLOW, K.LOGIT_OVERFLOW),
    "underflow": (K.SUM_UNDERFLOW, K.PROBABILITY_UNDERFLOW),
    "far": (K.SUBTRACT_OVERFLOW, K.RESULT_OVERFLOW),
    "nan": (K.NAN_LOGIT,),
    "masked": (K.ALL_MASKED, K.TARGET_MASKED),
}
# Which format it is compared with: one as wide that goes further, or the next wider one.
_BESIDE: Final = {"float16": "bfloat16", "bfloat16": "float32", "float32": "float64", "float64": ""}


def summary(batch: Batch) -> str:
    """Say how many rows break in the format, and in another; or that none does."""
    rows, kinds = batch.counted, batch.kinds["naive"]
    if not rows:
        return say("numbers.summary_none", rows=batch.count)
    sorts = {sort: _count(kinds, sort) for sort in _SORTS}
    sort = max(sorts, key=lambda name: sorts[name])
    if not sorts[sort]:
        return _fine(batch)
    what = _what(batch)
    beside = _BESIDE.get(batch.format, "bfloat16")
    told = say(
        f"numbers.summary_{sort}", count=sorts[sort], rows=rows, what=what, format=batch.format
    )
    if beside:
        other = _count(batch.broken[beside], sort)
        told += say("numbers.summary_beside", count=other, format=beside)
    rest = [
        say(f"numbers.summary_also_{name}", count=count)
        for name, count in sorts.items()
        if count and name != sort
    ]
    return " ".join([f"{told}.", *rest, *_better(batch)])


def _count(kinds: np.ndarray, sort: str) -> int:
    return int(sum(kinds[kind] for kind in _SORTS[sort]))


def broken(kinds: np.ndarray) -> int:
    """Return how many rows of these causes have no number."""
    return int(sum(_count(kinds, sort) for sort in _SORTS))


def _what(batch: Batch) -> str:
    return say("numbers.cells" if batch.options.kind == "binary" else "numbers.rows")


def _fine(batch: Batch) -> str:
    """Say that all rows are numbers, and where they would not be."""
    elsewhere = {name: broken(batch.broken[name]) for name in BROKEN_IN}
    worst = max(elsewhere, key=lambda name: elsewhere[name])
    values = {"rows": batch.counted, "what": _what(batch), "format": batch.format}
    if elsewhere[worst]:
        more = {"count": elsewhere[worst], "other": worst}
        return say("numbers.summary_elsewhere", **values, **more)
    return say("numbers.summary_fine", **values)


def _better(batch: Batch) -> list[str]:
    """Say what is left of it in the other forms; nothing where there are no losses."""
    if len(batch.kinds) < len(PIPELINES):
        return []
    shifted, fused = (broken(batch.kinds[form]) for form in ("shifted", "fused"))
    if not shifted:
        return [say("numbers.summary_shifted_none")]
    if not fused:
        return [say("numbers.summary_fused_none", count=shifted)]
    return [say("numbers.summary_left", shifted=shifted, fused=fused)]
