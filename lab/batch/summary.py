"""How many rows break, in one sentence."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from ce_core.batch import BROKEN_IN, Batch
from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES, CauseKind
from lab.batch.whole import short, stored
from lab.words import say

K = CauseKind

# What is said of rows that break; the first sort that a row's cause is in.
_SORTS: Final[Mapping[str, tuple[CauseKind, ...]]] = {
    "overflow": (K.EXP_OVERFLOW, K.SUM_OVERFLOW),
    "stored": (K.LOGIT_OVERFLOW,),
    "underflow": (K.SUM_UNDERFLOW, K.PROBABILITY_UNDERFLOW),
    "far": (K.SUBTRACT_OVERFLOW, K.RESULT_OVERFLOW),
    "nan": (K.NAN_LOGIT,),
    "masked": (K.ALL_MASKED, K.TARGET_MASKED),
}
# Which format it is compared with: one as wide that goes further, or the next wider one.
_BESIDE: Final = {"float16": "bfloat16", "bfloat16": "float32", "float32": "float64", "float64": ""}


def summary(batch: Batch) -> str:
    """Say how many rows break in the format, and in another; or that none does, or none can."""
    rows, kinds = batch.counted, batch.kinds["naive"]
    if not rows:
        return say("numbers.summary_none", count=batch.count)
    if batch.options.kind == "classes" and len(batch.rows_of_class) == 1:
        return say("numbers.summary_one_class")
    sorts = {sort: _count(kinds, sort) for sort in _SORTS}
    sort = max(sorts, key=lambda name: sorts[name])
    if not sorts[sort]:
        return " ".join([_fine(batch), *_off(batch), *_total(batch), *_infinite(batch)])
    what = _what(batch)
    beside = _BESIDE.get(batch.format, "bfloat16")
    values = {"rows": rows, "what": what, "format": batch.format}
    key = "masked_alone" if sort == "masked" and not batch.rows.loss else sort
    told = say(f"numbers.summary_{key}", count=sorts[sort], **values)
    if beside:
        other = _count(batch.broken[beside], sort)
        told += say("numbers.summary_beside", count=other, format=beside)
    rest = [
        say(f"numbers.summary_also_{name}", count=count)
        for name, count in sorts.items()
        if count and name != sort
    ]
    return " ".join([f"{told}.", *rest, *_better(batch), *_total(batch), *_infinite(batch)])


def _count(kinds: np.ndarray, sort: str) -> int:
    return int(sum(kinds[kind] for kind in _SORTS[sort]))


def broken(kinds: np.ndarray) -> int:
    """Return how many rows of these causes have no number."""
    return int(sum(_count(kinds, sort) for sort in _SORTS))


def _what(batch: Batch) -> str:
    of = "numbers.cells" if batch.options.kind == "binary" else "numbers.rows"
    return say(of, count=batch.counted)


def _fine(batch: Batch) -> str:
    """Say that all rows are numbers, and where they would not be."""
    elsewhere = {name: broken(batch.broken[name]) for name in BROKEN_IN if name != batch.format}
    worst = max(elsewhere, key=lambda name: elsewhere[name])
    values = {"rows": batch.counted, "what": _what(batch), "format": batch.format}
    if elsewhere[worst]:
        return say("numbers.summary_elsewhere", count=elsewhere[worst], other=worst, **values)
    weighted = batch.options.weight or batch.options.pos_weight
    # A weight can take a loss beyond a format, which is known of the chosen one alone.
    names = ", ".join(dict.fromkeys((batch.format, *(() if weighted else BROKEN_IN))))
    if not batch.rows.loss:
        return say("numbers.summary_fine_alone", count=batch.counted, formats=names)
    return say("numbers.summary_fine", count=batch.counted, formats=names)


def _better(batch: Batch) -> list[str]:
    """Say what is left of it in the other forms; nothing where there are no losses."""
    if len(batch.kinds) < len(PIPELINES):
        return []
    shifted, fused = (broken(batch.kinds[form]) for form in ("shifted", "fused"))
    if not shifted:
        return [say("numbers.summary_shifted_none")]
    if not fused:
        return [say("numbers.summary_fused_none", count=shifted)]
    return [say("numbers.summary_left", count=shifted, fused=fused)]


def _off(batch: Batch) -> list[str]:
    """Say how far the worst loss of the fused form is off, unless all are right to the digit."""
    if not batch.rows.loss:
        return []
    ulps = np.nan_to_num(batch.rows.ulps["fused"], posinf=0.0)
    at = int(ulps.argmax())
    if ulps[at] < 2:
        return []
    loss, exact = (short(float(x[at])) for x in (batch.rows.loss["fused"], batch.rows.exact))
    key = "numbers.summary_off_little" if loss == exact else "numbers.summary_off"
    return [say(key, ulps=short(float(ulps[at]), 2), loss=loss, exact=exact)]


def _total(batch: Batch) -> list[str]:
    """Say why the losses are numbers and what they are reduced to is none, or a wrong one."""
    fmt, options = FORMATS[batch.format], batch.options
    if options.reduction == "none" or not batch.rows.loss:
        return []
    if options.reduction == "mean" and batch.denominator >= fmt.too_large:
        return [
            say(
                "numbers.summary_divisor",
                divisor=short(batch.denominator, 12),
                max=short(fmt.max),
                format=fmt.name,
                stored=stored(batch.denominator, fmt),
                mean=short(abs(float(batch.reduced("fused")))),  # -0 is 0
            )
        ]
    losses, total, reduced = (
        bool(np.isfinite(x.astype(np.float64)).all())
        for x in (batch.rows.loss["fused"], batch.total("fused"), batch.reduced("fused"))
    )
    if reduced or not losses:
        return []
    # A mean is between its losses, unless it is 0 / 0.
    key = "numbers.summary_no_weight" if total else "numbers.summary_total"
    return [say(key, format=batch.format)]


def _infinite(batch: Batch) -> list[str]:
    """Say that PyTorch makes nan of what is a number here."""
    shares = not batch.rows_of_class.any()  # of all classes, or the answers to yes/no questions
    if batch.rows.loss and shares and batch.logits.minus_infinite:
        return [say(f"numbers.summary_infinite_{batch.options.kind}")]
    return []
