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
)
"""NumPy's warnings, verbatim. Bit i of `Run.warnings` stands for WARNINGS[i]."""


def find_warnings(case: Case, values: Values) -> Array:
    """Return the bits of `WARNINGS` for each row; to be called with NumPy's own warnings off.

    ml_dtypes computes in float32 and then rounds. NumPy hears of an overflow only if float32
    overflowed; where only the rounding did, the inf (or nan) comes without a warning.
    """
    dtype = case.format.dtype
    native = np.issubdtype(dtype, np.floating)
    wide = dtype if native else np.dtype(np.float32)
    nothing = np.zeros(case.given.shape, np.bool_)

    def overflowed(result: Array, *inputs: Array) -> Array:
        hit = np.isinf(result)
        for array in inputs:
            hit = hit & np.isfinite(array)
        return hit

    def became_nan(result: Array, *inputs: Array) -> Array:
        hit = np.isnan(result)
        for array in inputs:
            hit = hit & ~np.isnan(array)
        return hit

    given, shift = case.given.astype(dtype).astype(wide), case.shift.astype(dtype).astype(wide)
    cast = overflowed(case.given.astype(wide), case.given)
    cast |= overflowed(case.shift.astype(wide), case.shift)
    stored, exp = values["logits"].astype(wide), values["exp"].astype(wide)
    arguments = values.get("shifted", values["logits"]).astype(wide)

    reduce_invalid = subtract_over = subtract_invalid = divide_invalid = log_zero = nothing
    if "largest" in values:
        # ml_dtypes compares bfloat16 numbers as float32 with an instruction that objects to nan.
        if dtype == ml_dtypes.bfloat16:
            reduce_invalid = np.isnan(stored) & ~np.isnan(stored[:, :1])
        largest = values["largest"].astype(wide)[:, None]
        subtract_over = overflowed(stored - largest, stored, largest)
        subtract_invalid = became_nan(stored - largest, stored, largest)
    terms = values["exp"]
    if "rest" in values:
        terms = others(terms, values["logits"], values["largest"])
    sum_over = _sum_warns(terms, wide)[:, None]
    if "total" in values:
        total = values["total"].astype(wide)[:, None]
        divide_invalid = became_nan(exp / total, exp, total)  # not every format can store a nan
        log_zero = (values["probability"] == 0)[:, None]
    found = {
        "overflow encountered in cast": cast,
        "overflow encountered in add": overflowed(given + shift, given, shift),
        "invalid value encountered in add": became_nan(given + shift, given, shift),
        "invalid value encountered in reduce": reduce_invalid,
        "overflow encountered in subtract": subtract_over,
        "invalid value encountered in subtract": subtract_invalid,
        "overflow encountered in exp": overflowed(np.exp(arguments), arguments),
        "overflow encountered in reduce": sum_over,
        "invalid value encountered in divide": divide_invalid,
        "divide by zero encountered in log": log_zero,
    }
    raised = np.zeros(case.given.shape, np.uint16)
    for bit, text in enumerate(WARNINGS):
        raised |= found[text] * np.uint16(1 << bit)
    return np.asarray(np.bitwise_or.reduce(raised, axis=-1))


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
