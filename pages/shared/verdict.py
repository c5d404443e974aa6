"""What happened, in a sentence made from a sweep's causes."""

from collections.abc import Sequence

import numpy as np

from ce_core.formats import FORMATS
from ce_core.sweep import Sweep
from ce_core.trace import WARNINGS, CauseKind
from pages.shared.live import Place, Sentence, Style
from pages.shared.words import say

PROSE = Style("prose", 6)
LOSS = Style("fixed", 6)


def compared(format_name: str) -> Style:
    """Write numbers so that any two of the format look different."""
    return Style("shortest", {"float64": 17, "float32": 9}.get(format_name, 7))


# Where a logit was no number, or became infinite, or none is left, all three forms fail alike.
_IN_ALL_FORMS = {CauseKind.NAN_LOGIT, CauseKind.LOGIT_OVERFLOW, CauseKind.ALL_MASKED}

# What the other two forms make of logits on which the naive one broke.
_AND_SHIFTED = {
    CauseKind.NONE: "shifted_saves",
    CauseKind.LOGITS_ROUNDED: "shifted_saves",
    CauseKind.TARGET_MASKED: "target_masked",
    CauseKind.SUBTRACT_OVERFLOW: "shifted_subtract",
    CauseKind.PROBABILITY_UNDERFLOW: "shifted_underflow",
    CauseKind.DIGITS_LOST: "shifted_digits",
}

_ONLY_SHIFTED = {
    CauseKind.DIGITS_LOST: "only_shifted_digits",
    CauseKind.PROBABILITY_UNDERFLOW: "only_shifted_underflow",
}


def _sentences(
    naive: CauseKind,
    shifted: CauseKind,
    fused: CauseKind,
    *,
    is_nan: bool,
    no_exp: bool,
    wide: bool,
) -> list[str]:
    """Choose the sentences that tell these causes.

    `is_nan` is that of the naive loss; `no_exp` says that the true class's naive exp is 0, `wide`
    that the format holds every logit that can be given.
    """
    if naive == CauseKind.NONE:
        if shifted == fused == CauseKind.NONE:
            return ["none"]
        return [_ONLY_SHIFTED.get(shifted, "only_fused_digits")]
    first = naive.name.lower()
    if naive == CauseKind.EXP_OVERFLOW:
        first += "_nan" if is_nan else "_inf"
    if naive == CauseKind.PROBABILITY_UNDERFLOW and no_exp:
        first = "target_underflow"
    if naive == CauseKind.LOGITS_ROUNDED and wide:
        first = "logits_rounded_shift"
    if naive in _IN_ALL_FORMS or naive == shifted:
        told = [first]
        if naive == CauseKind.PROBABILITY_UNDERFLOW:
            told.append("shifted_underflow")
    else:
        told = [first, _AND_SHIFTED[shifted]]
    if fused == CauseKind.LOGITS_ROUNDED != naive:
        told.append("logits_rounded_too")
    return told


def verdict(sweep: Sweep, names: Sequence[str]) -> tuple[Sentence, dict[str, np.ndarray]]:
    """Make the sentence of every position, and the columns that fill its places."""
    naive, shifted, fused = sweep.naive, sweep.shifted, sweep.fused
    fmt = FORMATS[naive.format]
    kinds = [run.kind.astype(np.int64) for run in (naive, shifted, fused)]
    apart = compared(fmt.name)
    is_nan = np.isnan(naive.steps["loss"].astype(np.float64))
    no_exp = naive.steps["exp"][..., naive.target] == 0
    sizes = (*[len(CauseKind)] * 3, 2, 2)
    code = np.ravel_multi_index((*kinds, is_nan, no_exp), sizes)
    codes, which = np.unique(code, return_inverse=True)
    templates = []
    for number in codes:
        *three, nan, zero = np.unravel_index(number, sizes)
        keys = _sentences(
            *map(CauseKind, three),
            is_nan=bool(nan),
            no_exp=bool(zero),
            wide=fmt.dtype == np.float64,
        )
        templates.append(" ".join(say(f"verdict.{key}", format=fmt.name) for key in keys))

    broke = kinds[0] != CauseKind.NONE  # else the sentence tells the cause of the shifted form

    def pick(attribute: str) -> np.ndarray:
        ours: np.ndarray = getattr(naive.cause, attribute)
        theirs: np.ndarray = getattr(shifted.cause, attribute)
        return np.where(broke, ours, theirs)

    index = pick("index")
    stored = np.take_along_axis(
        naive.steps["logits"].astype(np.float64), np.maximum(index, 0)[..., None], axis=-1
    )[..., 0]
    shape = code.shape
    columns: dict[str, np.ndarray] = {
        "verdict": which.reshape(shape).astype(np.int16),
        "verdict_class": index.astype(np.int8),
        "verdict_target": np.full(shape, naive.target, np.int8),
        "verdict_value": pick("value"),
        "verdict_stored": stored,
        "verdict_significand": pick("significand").astype(np.float32),
        "verdict_exponent": pick("exponent"),
        "verdict_max": np.full(shape, fmt.max),
        "verdict_tiny": np.full(shape, fmt.smallest_subnormal),
    }
    places = {
        "class": Place("verdict_class", names=tuple(names)),
        "target": Place("verdict_target", names=tuple(names)),
        "z": Place("verdict_value", PROSE),
        "given": Place("verdict_value", apart),
        "stored": Place("verdict_stored", apart),
        "exact": Place("verdict_significand", PROSE, exponent="verdict_exponent"),
        "max": Place("verdict_max", PROSE),
        "tiny": Place("verdict_tiny", PROSE),
        "loss_naive": Place("loss_naive", apart),
        "loss_shifted": Place("loss_shifted", apart),
        "loss_fused": Place("loss_fused", apart),
    }
    return Sentence("verdict", say("pipeline.verdict_title"), "verdict", templates, places), columns


def warnings(sweep: Sweep) -> tuple[Sentence, dict[str, np.ndarray]]:
    """NumPy's own warnings at every position, verbatim, each with the pipeline that raised it."""
    runs = {"naive": sweep.naive, "shifted": sweep.shifted, "fused": sweep.fused}
    code = np.zeros(sweep.naive.warnings.shape, np.int64)
    for i, run in enumerate(runs.values()):
        code |= run.warnings.astype(np.int64) << 16 * i
    codes, which = np.unique(code, return_inverse=True)
    templates = []
    for number in codes:
        lines = [
            say("verdict.warning", pipeline=say(f"pipeline.loss_{name}"), text=text)
            for i, name in enumerate(runs)
            for bit, text in enumerate(WARNINGS)
            if int(number) >> 16 * i >> bit & 1
        ]
        templates.append("\n".join(lines) or say("pipeline.warnings_none"))
    title = say("pipeline.warnings_title")
    column = {"warnings": which.reshape(code.shape).astype(np.int16)}
    return Sentence("warnings", title, "warnings", templates, {}), column
