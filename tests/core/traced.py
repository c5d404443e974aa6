"""One pipeline on one logit vector in every detail: what the tests hold the core's causes against.

Each number of each step stands beside what it is on paper, to 50 digits, and NumPy is asked for its
warnings step by step.
"""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ce_core.formats import FloatFormat, lookup
from ce_core.listening import listening
from ce_core.pipelines import STEPS, Cause, CauseKind, Step, run
from tests.core import exact

Array = npt.NDArray[Any]
Values = dict[str, Array]


@dataclass(frozen=True)
class Event:
    """Something that happened to one number in one step.

    Attributes
    ----------
    kind : {"overflow", "underflow", "invalid", "divide", "inexact"}
        overflow: finite numbers went in, and their result is beyond the format.
        underflow: the result is subnormal or 0, though on paper it is not 0.
        invalid: nan came out of numbers none of which is nan, as from 0 / 0 or inf - inf.
        divide: the log of 0, an exact infinity.
        inexact: the number is more than 10 unit roundoffs from what this step gives on paper
        for the stored logits, relatively. Earlier steps may be to blame.
    index : int
        The class; -1 if the step leaves one number for all classes.
    warning : str or None
        What NumPy said, if it said anything. By default it is silent about underflow, and it knows
        nothing of inexact results.
    """

    kind: str
    index: int
    warning: str | None


@dataclass(frozen=True, eq=False)
class TracedStep:
    """One step of one vector.

    Attributes
    ----------
    name, formula : str
        As in `STEPS`; the first step is "logits".
    inputs : dict of arrays
        The numbers that went in, by the name of the step that they come from.
    output : array, shape (C,) or ()
        The numbers that came out, in the format.
    exact : tuple of Decimal
        What this step gives on paper for the stored logits, to 50 digits; C numbers, or one.
    ulps : tuple of float
        How far the output is from that, in units in the last place of the format.
    events : tuple of Event
        In order of the classes.
    warnings : tuple of str
        NumPy's warnings, verbatim.
    """

    name: str
    formula: str
    inputs: dict[str, Array]
    output: Array
    exact: tuple[Decimal, ...]
    ulps: tuple[float, ...]
    events: tuple[Event, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Trace:
    """One pipeline on one logit vector, in every detail.

    Attributes
    ----------
    pipeline, format : str
        The names they were called with.
    target : int
        The true class.
    steps : tuple of TracedStep
        In computing order. The events of the steps after `broken` are what followed.
    cause : Cause
        The step to blame, as in `Run`; its arrays have shape ().
    broken : str or None
        The name of the step that left no number; None if there is one, be it infinite.
    """

    pipeline: str
    format: str
    target: int
    steps: tuple[TracedStep, ...]
    cause: Cause
    broken: str | None


def trace(
    logits: npt.ArrayLike,
    target: int,
    pipeline: str,
    format: str,
    *,
    shift: float = 0.0,
) -> Trace:
    """Run one pipeline on one logit vector and record what happens in each step.

    Parameters
    ----------
    logits : array_like, shape (C,)
        Real numbers; -inf masks a class.
    target, pipeline, format, shift
        As for `run`.

    Returns
    -------
    Trace

    Examples
    --------
    >>> broken = trace([12.0, 0.0], target=0, pipeline="naive", format="float16")
    >>> broken.broken
    'exp'
    >>> for step in broken.steps:
    ...     print(step.name, step.output, *step.warnings)
    logits [12.  0.]
    exp [inf  1.] overflow encountered in exp
    total inf
    probabilities [nan  0.] invalid value encountered in divide
    probability nan
    loss nan
    """
    found = run(logits, target, pipeline, format, shift=shift)
    cause, broke = found.cause, found.broke
    fmt = lookup(format)
    given, constant = np.array(logits, np.float64), np.reshape(shift, 1).astype(np.float64)
    store = Step(
        "logits",
        "given.astype(format) + shift",
        "cast",
        ("given", "shift"),
        # To add no shift changes no number.
        lambda given, shift, _: given.astype(fmt.dtype) + shift.astype(fmt.dtype),
    )
    # A batch of one vector, so that every step is that of `run`.
    values = {"given": given[None], "shift": constant[None]}
    recorded = []
    for step in (store, *STEPS[pipeline]):
        with listening() as said:
            values[step.name] = step.compute(
                *(values[name] for name in step.inputs), found.of_target
            )
        recorded.append((step, tuple(said)))

    on_paper = exact.steps(values["logits"][0].astype(np.float64).tolist(), target, pipeline)
    on_paper["logits"] = exact.add(given.tolist(), float(constant[0]))
    return Trace(
        pipeline,
        format,
        target,
        tuple(
            _traced(step, values, target, fmt, on_paper[step.name], messages)
            for step, messages in recorded
        ),
        cause,
        _broken(CauseKind(int(broke)), values, target),
    )


def _broken(kind: CauseKind, values: Values, target: int) -> str | None:
    if kind == CauseKind.SUM_OVERFLOW:
        return "total" if "total" in values else "rest"
    if kind == CauseKind.PROBABILITY_UNDERFLOW:
        return "exp" if values["exp"][0, target] == 0 else "probabilities"
    return {
        CauseKind.NAN_LOGIT: "logits",
        CauseKind.LOGIT_OVERFLOW: "logits",
        CauseKind.ALL_MASKED: "logits",
        CauseKind.SUBTRACT_OVERFLOW: "shifted",
        CauseKind.EXP_OVERFLOW: "exp",
        CauseKind.SUM_UNDERFLOW: "exp",
    }.get(kind)


def _traced(
    step: Step,
    values: Values,
    target: int,
    fmt: FloatFormat,
    on_paper: tuple[Decimal, ...],
    messages: tuple[str, ...],
) -> TracedStep:
    inputs = {name: values[name][0] for name in step.inputs}
    output = values[step.name][0]
    numbers = np.atleast_1d(output).astype(np.float64).tolist()
    results = numbers if fmt.has_nan else _unbounded(step, inputs, target, fmt)
    # The class that each number belongs to; the target, where the step picks it.
    if np.ndim(output):
        classes = list(range(len(numbers)))
    else:
        classes = [target if step.name in ("probability", "loss") else -1]
    events = []
    for result, truth, index in zip(results, on_paper, classes, strict=True):
        went_in = [_of_class(array, index) for array in inputs.values()]
        kind = _event(step.operation, np.concatenate(went_in), result, truth, fmt)
        if kind is not None:
            said = (m for m in messages if m.startswith(_NUMPY_WORDS.get(kind, kind)))
            events.append(Event(kind, index, next(said, None)))
    return TracedStep(
        step.name,
        step.formula,
        inputs,
        np.asarray(output),
        on_paper,
        tuple(map(exact.ulp_error, numbers, on_paper, [fmt.name] * len(numbers))),
        tuple(events),
        messages,
    )


def _unbounded(step: Step, inputs: dict[str, Array], target: int, fmt: FloatFormat) -> list[float]:
    """Return what a step would leave in a format that has inf and nan beside its numbers.

    In one that has neither, the stored number does not tell: the formula is evaluated in float64.
    """
    names = {name: np.asarray(array, np.float64) for name, array in inputs.items()}
    largest = fmt.max + math.ldexp(fmt.unit_roundoff, math.frexp(fmt.max)[1] - 1)
    with np.errstate(all="ignore"):
        if step.operation == "cast":
            wide = names["given"] + names["shift"]
        else:
            wide = eval(step.formula, {"np": np, "target": target, **names})  # noqa: S307 - ours
        wide = np.where(np.abs(wide) >= largest, np.inf, np.atleast_1d(wide))
        stored = wide.astype(fmt.dtype).astype(np.float64)
    return np.where(np.isfinite(wide), stored, wide).tolist()


_NUMPY_WORDS: Final = {"invalid": "invalid value", "divide": "divide by zero"}


def _of_class(array: Array, index: int) -> Array:
    numbers = np.atleast_1d(array).astype(np.float64)
    return numbers if index < 0 or len(numbers) == 1 else numbers[index : index + 1]


def _event(
    operation: str, inputs: Array, result: float, on_paper: Decimal, fmt: FloatFormat
) -> str | None:
    """Name what happened to one number."""
    finite_inputs = bool(np.isfinite(inputs).all())
    if not math.isfinite(result):
        if finite_inputs:
            # A probability is at most 1, so a quotient can only fail as 0 / 0.
            return {"divide": "invalid", "log": "divide"}.get(operation, "overflow")
        return "invalid" if math.isnan(result) and not np.isnan(inputs).any() else None
    if on_paper.is_nan():
        return None
    may_underflow = operation == "exp" or (operation == "divide" and inputs[0] != 0)
    if may_underflow and finite_inputs and on_paper != 0 and abs(result) < fmt.smallest_normal:
        return "underflow"
    if exact.relative_error(result, on_paper) > 10 * fmt.unit_roundoff:
        return "inexact"
    return None
