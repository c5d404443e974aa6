"""What happened, in a sentence made from a table's causes."""

from collections.abc import Mapping

import numpy as np

from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES, WARNINGS, CauseKind, Run
from lab.settings import Settings
from lab.words import say
from live.parts import Column, Columns, Place, Sentence, Style

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


# Every sentence that the choice above can make.
_PIECES = (
    "none",
    *(kind.name.lower() for kind in CauseKind if kind.name not in ("NONE", "EXP_OVERFLOW")),
    "exp_overflow_nan",
    "exp_overflow_inf",
    "target_underflow",
    "logits_rounded_shift",
    "logits_rounded_too",
    "shifted_saves",
    "shifted_underflow",
    "shifted_digits",
    "shifted_subtract",
    "only_shifted_underflow",
    "only_shifted_digits",
    "only_fused_digits",
)


def verdict(
    runs: Mapping[str, Run], losses: Mapping[str, Column], settings: Settings, columns: Columns
) -> Sentence:
    """Make the sentence of every position, and the columns that fill its places.

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
    naive, shifted, fused = (runs[name] for name in PIPELINES)
    fmt = FORMATS[naive.format]
    kinds = [run.kind.astype(np.int64) for run in (naive, shifted, fused)]
    apart = compared(fmt.name)
    is_nan = np.isnan(naive.steps["loss"].astype(np.float64))
    no_exp = naive.steps["exp"][..., naive.target] == 0
    sizes = (*[len(CauseKind)] * 3, 2, 2)
    code = np.ravel_multi_index((*kinds, is_nan, no_exp), sizes)
    codes = np.flatnonzero(np.bincount(code.ravel()))
    said = []
    for number in codes:
        *three, nan, zero = map(int, np.unravel_index(number, sizes))
        keys = _sentences(
            *map(CauseKind, three),
            is_nan=bool(nan),
            no_exp=bool(zero),
            wide=fmt.dtype == np.float64,
        )
        said.append([_PIECES.index(key) for key in keys])

    broke = kinds[0] != CauseKind.NONE  # else the sentence tells the cause of the shifted form

    def pick(attribute: str) -> np.ndarray:
        ours: np.ndarray = getattr(naive.cause, attribute)
        theirs: np.ndarray = getattr(shifted.cause, attribute)
        return np.where(broke, ours, theirs)

    index = pick("index")
    stored = np.take_along_axis(
        naive.steps["logits"].astype(np.float64), np.maximum(index, 0)[..., None], axis=-1
    )[..., 0]
    value = columns.add("verdict_value", pick("value"))
    places = {
        "class": Place(columns.add("verdict_class", index.astype(np.int8)), names=settings.names),
        "target": Place(
            columns.add("verdict_target", np.array([[naive.target]], np.int8)), names=settings.names
        ),
        "z": Place(value, PROSE),
        "given": Place(value, apart),
        "stored": Place(columns.add("verdict_stored", stored), apart),
        "exact": Place(
            columns.add("verdict_significand", pick("significand").astype(np.float32)),
            PROSE,
            exponent=columns.add("verdict_exponent", pick("exponent")),
        ),
        "max": Place(columns.add("verdict_max", np.array([[fmt.max]])), PROSE),
        "tiny": Place(columns.add("verdict_tiny", np.array([[fmt.smallest_subnormal]])), PROSE),
        **{f"loss_{name}": Place(column, apart) for name, column in losses.items()},
    }
    return Sentence(
        "verdict",
        say("pipeline.verdict_title"),
        columns.add("verdict", np.searchsorted(codes, code).astype(np.int16)),
        [say(f"verdict.{key}", format=fmt.name) for key in _PIECES],
        places,
        said,
    )


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
