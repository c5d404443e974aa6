"""What happened in each step of a pipeline, for whole tables of logits at once.

`ce_core.trace.trace` looks at one vector in every detail; this reads the kind of event off the
values that the steps left, and takes no longer than they do.
"""

from __future__ import annotations

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
    """inf or nan went in, and came out."""


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
    inputs = [_by_class(run.steps[name], run) for name in step.inputs]
    output = _by_class(run.steps[step.name], run)
    if step.operation in ("index", "negative"):
        inputs = [array[..., [run.target]] for array in inputs]
    elif step.operation == "exp" and output.shape[-1] == 1:
        inputs = [array[..., [run.target]] for array in inputs]  # exp(log_probabilities[target])
    nan_in = _any(*(np.isnan(array) for array in inputs))
    inf_in = _any(*(np.isposinf(array) for array in inputs))
    nan_out, inf_out = _any(np.isnan(output)), _any(np.isposinf(output))
    divide = (step.operation == "log") & inf_out & _any(inputs[0] == 0)
    overflow = inf_out & ~inf_in & ~divide
    if not FORMATS[run.format].has_infinity:
        # Here an overflow is a nan, and so is the log of 0.
        if step.operation == "log":
            divide = nan_out & ~nan_in
        elif step.operation != "divide":
            overflow = nan_out & ~nan_in
    underflow = np.zeros_like(nan_in)
    if step.operation in _UNDERFLOWS:
        something = np.isfinite(inputs[0]) & ((inputs[0] != 0) | (step.operation == "exp"))
        underflow = _any((output == 0) & something)
    return np.select(
        [overflow, nan_out & ~nan_in & ~divide, divide, underflow],
        [EventKind.OVERFLOW, EventKind.INVALID, EventKind.DIVIDE, EventKind.UNDERFLOW],
        np.where((nan_in | inf_in) & (nan_out | inf_out), EventKind.CARRIED, EventKind.NONE),
    ).astype(np.int8)


def _by_class(values: npt.NDArray[np.generic], run: Run) -> npt.NDArray[np.float64]:
    """Return float64 values (..., C), or (..., 1) where a step leaves one number."""
    wide = values.astype(np.float64)
    return wide if wide.ndim == run.steps["logits"].ndim else wide[..., None]


def _any(*arrays: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    result = np.zeros(arrays[0].shape[:-1], np.bool_)
    for array in arrays:
        result |= array.any(axis=-1)
    return result
