"""What happened in each step of a pipeline, for whole tables of logits at once.

`ce_core.trace.trace` looks at one vector in every detail; this reads the kind of event off the
values that the steps left, and takes no longer than they do.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from ce_core.formats import FORMATS
from ce_core.trace import STEPS, Run, Step

__all__ = ["EventKind", "find_events"]

_UNDERFLOWS = {"exp", "divide"}


class EventKind(IntEnum):
    """What a step did to its numbers. Where several hold, the first in this order is named."""

    NONE = 0
    """The results fit the format."""
    OVERFLOW = 1
    """Finite numbers went in, and a result is beyond the format: inf, or nan if it has no inf."""
    INVALID = 2
    """nan came out though no nan went in, as from 0 / 0 or inf / inf."""
    DIVIDE = 3
    """The log of 0: an exact infinity."""
    UNDERFLOW = 4
    """A number that is not 0 on paper was rounded to 0."""
    CARRIED = 5
    """inf or nan went in, and the result is its work."""


def find_events(run: Run) -> dict[str, npt.NDArray[np.int8]]:
    """Return what happened in each step.

    Parameters
    ----------
    run : Run
        What `ce_core.trace.run` made of logits (..., C).

    Returns
    -------
    dict of int8 arrays
        An `EventKind` of shape (...) for each step of the pipeline but the storing of the logits.
        A masked class, whose logit is -inf, is no event.

    Examples
    --------
    >>> from ce_core.trace import run
    >>> events = find_events(run([12.0, 0.0], 0, "naive", "float16"))
    >>> [EventKind(int(kind)).name for kind in events.values()]
    ['OVERFLOW', 'CARRIED', 'INVALID', 'CARRIED', 'CARRIED']
    """
    return {step.name: _event(run, step) for step in STEPS[run.pipeline]}


def _event(run: Run, step: Step) -> npt.NDArray[np.int8]:
    """Name the event of each class, and of those the first in the order of `EventKind`."""
    logits = run.steps["logits"]
    whole = run.steps[step.name].ndim < logits.ndim
    output = _by_class(run.steps[step.name], run)
    inputs = [_by_class(run.steps[name], run) for name in step.inputs]
    if step.operation in ("index", "negative") or (step.operation == "exp" and whole):
        inputs = [array[..., [run.target]] for array in inputs]
    nan_in = _any(np.isnan, inputs, keep=not whole)
    inf_in = _any(np.isinf, inputs, keep=not whole)
    nan_made = np.isnan(output) & ~nan_in
    inf_made = np.isinf(output) & ~inf_in & ~nan_in
    if FORMATS[run.format].has_infinity:
        divide = np.asarray(inf_made & (step.operation == "log"))
        overflow = np.asarray(inf_made & ~divide)
    else:  # here an overflow is a nan, and so is the log of 0
        divide = np.asarray(nan_made & (step.operation == "log"))
        overflow = np.asarray(nan_made & ~divide & (step.operation != "divide"))
    finite = ~nan_in & ~inf_in
    underflow = (output == 0) & finite & (step.operation in _UNDERFLOWS)
    if step.operation == "divide":
        underflow &= inputs[0] != 0
    by_inf = inf_in & (step.operation == "divide")
    carried = (nan_in & np.isnan(output)) | (inf_in & np.isinf(output)) | by_inf
    kinds = np.select(
        [overflow, nan_made, divide, underflow, carried],
        [
            EventKind.OVERFLOW,
            np.where(divide, EventKind.DIVIDE, EventKind.INVALID),
            EventKind.DIVIDE,
            EventKind.UNDERFLOW,
            EventKind.CARRIED,
        ],
        len(EventKind),
    )
    # A masked class is -inf all along; only the nan that it may become is an event.
    masked = np.isneginf(logits.astype(np.float64))
    if whole:
        masked = np.asarray(masked.all(axis=-1, keepdims=True))
    kinds = np.where(masked & ~np.isnan(output), len(EventKind), kinds)
    first = kinds.min(axis=-1)
    return np.where(first == len(EventKind), EventKind.NONE, first).astype(np.int8)


def _by_class(values: npt.NDArray[np.generic], run: Run) -> npt.NDArray[np.float64]:
    """Return float64 values (..., C), or (..., 1) where a step leaves one number."""
    wide = values.astype(np.float64)
    return wide if wide.ndim == run.steps["logits"].ndim else wide[..., None]


def _any(
    test: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.bool_]],
    inputs: list[npt.NDArray[np.float64]],
    *,
    keep: bool,
) -> npt.NDArray[np.bool_]:
    """Say for each class, or for all at once, whether one of the inputs passes the test."""
    result = np.zeros(1, np.bool_)
    for array in inputs:
        passed = test(array)
        result = result | (passed if keep else np.asarray(passed.any(axis=-1, keepdims=True)))
    return result
