"""What happened in each step of a pipeline, read off the values that the steps left."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from functools import reduce
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ce_core.formats import FORMATS
from ce_core.pipelines.forward import Run
from ce_core.pipelines.further import STEPS
from ce_core.pipelines.rows import Array
from ce_core.pipelines.steps import Step

__all__ = ["EventKind", "find_events"]

Mask = npt.NDArray[np.bool_]

_UNDERFLOWS = {"exp", "divide"}


class EventKind(IntEnum):
    """What a step did to its numbers. Where several hold, the first in this order is named."""

    NONE = 0
    """The results fit the format."""
    OVERFLOW = 1
    """Finite numbers went in, and a result is beyond the format: see `FloatFormat.overflow`."""
    INVALID = 2
    """A result is no number though no nan went in, as of 0 / 0 or inf / inf; 0 without a nan."""
    DIVIDE = 3
    """The log of 0: an exact infinity, and beyond every format."""
    UNDERFLOW = 4
    """A number that is not 0 on paper was rounded to 0."""
    CARRIED = 5
    """inf or nan went in, and the result is its work."""


def find_events(run: Run) -> dict[str, npt.NDArray[np.int8]]:
    """Return what happened in each step.

    Parameters
    ----------
    run : Run
        What `ce_core.pipelines.run` made of logits (..., C).

    Returns
    -------
    dict of int8 arrays
        An `EventKind` of shape (...) for each step of the pipeline but the storing of the logits.
        A masked class, whose logit is -inf, is no event.

    Examples
    --------
    >>> from ce_core.pipelines import run
    >>> events = find_events(run([12.0, 0.0], 0, "naive", "float16"))
    >>> [EventKind(int(kind)).name for kind in events.values()]
    ['OVERFLOW', 'CARRIED', 'INVALID', 'CARRIED', 'CARRIED']
    """
    seen = {name: _Seen.of(values) for name, values in run.rows.items()}
    # A masked class is -inf all along; only the nan that it may become is an event.
    masked = np.isneginf(run.rows["logits"].astype(np.float64, copy=False))
    shape = run.steps["loss"].shape
    return {
        step.name: _event(run, step, seen, masked).reshape(shape) for step in STEPS[run.pipeline]
    }


class _Seen(NamedTuple):
    """What the values of a step are, for each class (N, C), or (N, 1) of one number for all."""

    nan: Mask
    inf: Mask
    zero: Mask

    @classmethod
    def of(cls, values: Array) -> _Seen:
        wide = values.astype(np.float64, copy=False)
        if wide.ndim == 1:
            wide = wide[:, None]
        return cls(np.isnan(wide), np.isinf(wide), wide == 0)

    @classmethod
    def before_storing(cls, run: Run, step: Step) -> _Seen:
        """Return the same of a format in which no result shows that it is another's stand-in.

        There the step is computed once more, in float64: what would be inf in a format of the same
        widths that has one counts as inf.
        """
        fmt = FORMATS[run.format]
        came_in = [run.rows[name].astype(np.float64) for name in step.inputs]
        with np.errstate(all="ignore"):
            wide = step.compute(*came_in, run.of_target)
        beyond = np.abs(wide) >= fmt.too_large
        stored = cls.of(run.rows[step.name])
        no_number, too_large = cls.of(np.where(beyond, np.inf, wide))[:2]
        return cls(no_number, too_large, stored.zero)


def _event(run: Run, step: Step, seen: Mapping[str, _Seen], masked: Mask) -> npt.NDArray[np.int8]:
    """Name the event of each class, and of those the first in the order of `EventKind`."""
    fmt = FORMATS[run.format]
    whole = run.rows[step.name].ndim == 1
    output = seen[step.name] if fmt.has_nan else _Seen.before_storing(run, step)
    inputs = [seen[name] for name in step.inputs]
    nans, infs = [i.nan for i in inputs], [i.inf for i in inputs]
    if step.operation in ("index", "negative") or (step.operation == "exp" and whole):
        nans, infs = ([each[run.of_target][:, None] for each in of] for of in (nans, infs))
    nan_in, inf_in = _any(nans, keep=not whole), _any(infs, keep=not whole)
    divides = step.operation == "divide"
    carried = inf_in if divides else inf_in & output.inf
    kinds = np.full(output.nan.shape, len(EventKind), np.int8, order="F")
    # What is written later stands before it in the order of the kinds.
    np.copyto(kinds, EventKind.CARRIED, where=carried | (nan_in & output.nan))
    if step.operation in _UNDERFLOWS:
        underflow = output.zero & ~(nan_in | inf_in)
        if divides:
            underflow &= ~inputs[0].zero
        np.copyto(kinds, EventKind.UNDERFLOW, where=underflow)
    nan_made = output.nan & ~nan_in
    np.copyto(kinds, EventKind.INVALID, where=nan_made)
    beyond = EventKind.DIVIDE if step.operation == "log" else EventKind.OVERFLOW
    if fmt.has_infinity or not fmt.has_nan:
        np.copyto(kinds, beyond, where=output.inf & ~(inf_in | nan_in))
    elif not divides:  # here an overflow is a nan, and so is the log of 0
        np.copyto(kinds, beyond, where=nan_made)
    if whole:
        masked = np.asarray(masked.all(axis=-1, keepdims=True))
    np.copyto(kinds, len(EventKind), where=masked & ~output.nan)
    first = np.asarray(kinds.min(axis=-1))
    first[first == len(EventKind)] = EventKind.NONE
    return first


def _any(masks: list[Mask], *, keep: bool) -> Mask:
    """Say for each class, or for all at once, whether one of the inputs is so."""
    if not keep:
        masks = [np.asarray(mask.any(axis=-1, keepdims=True)) for mask in masks]
    return np.asarray(reduce(np.logical_or, masks))
