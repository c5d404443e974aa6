"""Which of NumPy's warnings each vector alone would raise, read off the values of the steps.

NumPy warns once for a whole array and does not say for which row, so the rows of a table are told
apart by their values: an overflow is finite in and inf out, an invalid operation no nan in and nan
out.
"""

from __future__ import annotations

from typing import Any, Final

import ml_dtypes
import numpy as np

from ce_core.pipelines.kinds import Case
from ce_core.pipelines.rows import Array, Values, others

WARNINGS: Final = (
    "overflow encountered in cast",
    "overflow encountered in add",
    "invalid value encountered in add",
    "invalid value encountered in reduce",
    "overflow encountered in subtract",
    "invalid value encountered in subtract",
    "overflow encountered in exp",
    "overflow encountered in reduce",
    "invalid value encountered in divide",
    "divide by zero encountered in log",
    "overflow encountered in scalar subtract",
)
"""NumPy's warnings, verbatim. Bit i of `Run.warnings` stands for WARNINGS[i]."""


def find_warnings(case: Case, values: Values) -> Array:
    """Return the bits of `WARNINGS` for each row; to be called with NumPy's own warnings off.

    ml_dtypes computes in float32 and then rounds. NumPy hears of an overflow only if float32
    overflowed; where only the rounding did, the inf (or nan) comes without a warning.
    """
    dtype = case.format.dtype
    wide = dtype if np.issubdtype(dtype, np.floating) else np.dtype(np.float32)
    given, shift = case.given.astype(dtype).astype(wide), case.shift.astype(dtype).astype(wide)
    cast = _overflowed(case.given.astype(wide), case.given)
    cast |= _overflowed(case.shift.astype(wide), case.shift)
    arguments = values.get("shifted", values["logits"]).astype(wide)
    terms = values["exp"]
    if "rest" in values:
        terms = others(terms, values["logits"], values["largest"])
    found = {
        "overflow encountered in cast": cast,
        "overflow encountered in add": _overflowed(given + shift, given, shift),
        "invalid value encountered in add": _became_nan(given + shift, given, shift),
        "overflow encountered in exp": _overflowed(np.exp(arguments), arguments),
        "overflow encountered in reduce": _sum_warns(terms, wide)[:, None],
    }
    if "largest" in values:
        found |= _of_differences(case, values, wide)
    if "total" in values:
        found["divide by zero encountered in log"] = (values[_log_of(values)] == 0)[:, None]
    if "probabilities" in values:
        total = values["total"].astype(wide)[:, None]
        exp = values["exp"].astype(wide)  # not every format can store a nan
        found["invalid value encountered in divide"] = _became_nan(exp / total, exp, total)
    if "logsumexp" in values and wide == dtype:  # of one number, ml_dtypes tells NumPy nothing
        found["overflow encountered in scalar subtract"] = _overflowed(
            values["loss"], values["logsumexp"], values["logits"][case.target]
        )[:, None]
    raised = np.zeros(case.given.shape, np.uint16)
    for bit, text in enumerate(WARNINGS):
        if text in found:
            raised |= found[text] * np.uint16(1 << bit)
    return np.asarray(np.bitwise_or.reduce(raised, axis=-1))


def _overflowed(result: Array, *inputs: Array) -> Array:
    hit = np.isinf(result)
    for array in inputs:
        hit = hit & np.isfinite(array)
    return np.asarray(hit)


def _became_nan(result: Array, *inputs: Array) -> Array:
    hit = np.isnan(result)
    for array in inputs:
        hit = hit & ~np.isnan(array)
    return np.asarray(hit)


def _of_differences(case: Case, values: Values, wide: np.dtype[Any]) -> dict[str, Array]:
    stored = values["logits"].astype(wide)
    largest = values["largest"].astype(wide)[:, None]
    difference = stored - largest
    found = {
        "overflow encountered in subtract": _overflowed(difference, stored, largest),
        "invalid value encountered in subtract": _became_nan(difference, stored, largest),
    }
    # ml_dtypes compares bfloat16 numbers as float32 with an instruction that objects to nan.
    if case.format.dtype == ml_dtypes.bfloat16:
        invalid = np.isnan(stored) & ~np.isnan(stored[:, :1])
        found["invalid value encountered in reduce"] = invalid
    return found


def _log_of(values: Values) -> str:
    """Name the step that the last log is taken of."""
    return next(n for n in ("padded", "clamped", "probability", "total") if n in values)


def _sum_warns(terms: Array, wide: np.dtype[Any]) -> Array:
    """Say for which rows np.sum reports an overflow."""
    if wide != terms.dtype:
        before = np.add.accumulate(terms, axis=-1)[:, :-1].astype(wide)
        term = terms[:, 1:].astype(wide)
        warns = np.isinf(before + term) & np.isfinite(before) & np.isfinite(term)
        return np.asarray(warns.any(axis=-1))
    finite = np.isfinite(terms)
    warns = np.isinf(np.sum(np.where(finite, terms, 0), axis=-1))
    # Beside an inf or a nan it depends on the order of NumPy's additions; these few rows are asked.
    for row in np.flatnonzero(warns & ~finite.all(axis=-1)):
        try:
            with np.errstate(over="raise"):
                np.sum(terms[row])
        except FloatingPointError:
            continue
        warns[row] = False
    return np.asarray(warns)
