"""From logits to the loss, step by step in one floating-point format, and the step that broke.

Three pipelines compute the same cross-entropy, loss = -ln softmax(logits)[target]:

- naive: the textbook formula, exp(z) / sum of exp(z), then the log;
- shifted: the same after subtracting the largest logit;
- fused: the log-softmax, which never forms the probability that it takes the log of.

`run` computes any number of logit vectors at once; `trace` looks at one vector in every detail.
"""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property, partial
from typing import Final

import numpy as np
import numpy.typing as npt

from ce_core import exact
from ce_core._checks import as_index
from ce_core.cause import (
    Array,
    Case,
    Cause,
    CauseKind,
    Values,
    find_causes,
    find_kinds,
    is_largest,
    row_max,
    row_sum,
    true_loss,
)
from ce_core.formats import FORMATS, FloatFormat, as_float64, lookup
from ce_core.numpy_warnings import WARNINGS, find_warnings

__all__ = [
    "PIPELINES",
    "STEPS",
    "WARNINGS",
    "Cause",
    "CauseKind",
    "Event",
    "Run",
    "Step",
    "Trace",
    "TracedStep",
    "run",
    "run_all",
    "run_formats",
    "trace",
]


@dataclass(frozen=True, eq=False)
class Step:
    """One line of a pipeline.

    Attributes
    ----------
    name : str
        What the step computes.
    formula : str
        The NumPy expression for one vector, in terms of `inputs` and `target`.
    operation : str
        What NumPy calls it in a warning.
    inputs : tuple of str
        The earlier steps that it needs.
    compute : callable
        The same for arrays (..., C): the values of `inputs`, then the target.
    """

    name: str
    formula: str
    operation: str
    inputs: tuple[str, ...]
    compute: Callable[..., Array]


def _sum_of_others(logits: Array, exp: Array, _: int) -> Array:
    # When the answer is confident, this rest is the loss: added to exp(0) = 1 it would be rounded
    # away, and log1p adds the 1 without that rounding.
    return row_sum(np.where(is_largest(logits), 0, exp))


_MAX: Final = Step("largest", "np.max(logits)", "reduce", ("logits",), lambda z, _: row_max(z))
_SHIFTED: Final = Step(
    "shifted",
    "logits - largest",
    "subtract",
    ("logits", "largest"),
    lambda z, largest, _: z - largest[..., None],
)
_EXP_SHIFTED: Final = Step("exp", "np.exp(shifted)", "exp", ("shifted",), lambda d, _: np.exp(d))
_SUM_TO_LOSS: Final = (
    Step("total", "np.sum(exp)", "reduce", ("exp",), lambda e, _: row_sum(e)),
    Step(
        "probabilities",
        "exp / total",
        "divide",
        ("exp", "total"),
        lambda e, total, _: e / total[..., None],
    ),
    Step(
        "probability", "probabilities[target]", "index", ("probabilities",), lambda p, t: p[..., t]
    ),
    Step("loss", "-np.log(probability)", "log", ("probability",), lambda p, _: -np.log(p)),
)

STEPS: Final[Mapping[str, tuple[Step, ...]]] = {
    "naive": (
        Step("exp", "np.exp(logits)", "exp", ("logits",), lambda z, _: np.exp(z)),
        *_SUM_TO_LOSS,
    ),
    "shifted": (_MAX, _SHIFTED, _EXP_SHIFTED, *_SUM_TO_LOSS),
    "fused": (
        _MAX,
        _SHIFTED,
        _EXP_SHIFTED,
        Step(
            "rest",
            "np.sum(np.where(np.arange(exp.size) == np.argmax(logits), 0, exp))",
            "reduce",
            ("logits", "exp"),
            _sum_of_others,
        ),
        Step("log_sum", "np.log1p(rest)", "log1p", ("rest",), lambda rest, _: np.log1p(rest)),
        Step(
            "log_probabilities",
            "shifted - log_sum",
            "subtract",
            ("shifted", "log_sum"),
            lambda d, log_sum, _: d - log_sum[..., None],
        ),
        Step(
            "loss",
            "-log_probabilities[target]",
            "negative",
            ("log_probabilities",),
            lambda log_p, t: -log_p[..., t],
        ),
        Step(
            "probability",
            "np.exp(log_probabilities[target])",
            "exp",
            ("log_probabilities",),
            lambda log_p, t: np.exp(log_p[..., t]),
        ),
    ),
}
"""The steps of each pipeline after the first, which stores the logits in the format."""

PIPELINES: Final = tuple(STEPS)


@dataclass(frozen=True, eq=False)
class Run:
    """What one pipeline made of logits (..., C).

    Attributes
    ----------
    pipeline, format : str
        The names they were called with.
    target : int
        The true class.
    steps : dict of arrays
        The value of every step in computing order, each in the format's dtype: "logits" as stored,
        then those of `STEPS`. Shapes are (..., C), or (...) where a step leaves one number.
    cause : Cause
        The first step whose result is wrong.
    warnings : uint16 array of shape (...)
        The warnings that NumPy gives for this vector alone, as a sum of 2**i for WARNINGS[i].
    """

    pipeline: str
    format: str
    target: int
    steps: Values
    _rows: Values = field(repr=False)  # the same of vectors (N, C), one class after the other
    _case: Callable[[], Case] = field(repr=False)

    # Some pictures show the steps alone, and to find what broke takes longer than to compute them.

    @cached_property
    def kind(self) -> npt.NDArray[np.int8]:
        """The `CauseKind` of each vector, as `cause` has it; to tell the rest takes longer."""
        with np.errstate(all="ignore"):
            kinds = find_kinds(self._case(), self._rows)
        return np.asarray(kinds.reshape(self.steps["loss"].shape))

    @cached_property
    def cause(self) -> Cause:
        """The first step whose result is wrong."""
        with np.errstate(all="ignore"):
            cause = find_causes(self._case(), self._rows, self.kind.ravel())
        shape = self.steps["loss"].shape
        return Cause(**{name: array.reshape(shape) for name, array in vars(cause).items()})

    @cached_property
    def warnings(self) -> npt.NDArray[np.uint16]:
        """The warnings that NumPy gives for each vector alone, as a sum of 2**i for WARNINGS[i]."""
        warnings = np.zeros(self.steps["loss"].size, np.uint16)
        if self._broken.size:
            part = {name: array.take(self._broken, axis=0) for name, array in self._rows.items()}
            with np.errstate(all="ignore"):
                warnings[self._broken] = find_warnings(self._case().at(self._broken), part)
        return warnings.reshape(self.steps["loss"].shape)

    @cached_property
    def _broken(self) -> npt.NDArray[np.intp]:
        """The vectors in which something may be wrong that leaves an inf or a nan.

        Nearly all that can go wrong leaves one in the loss, or in the argument of exp.
        """
        finite = np.isfinite(self._rows.get("shifted", self._rows["logits"]))
        finite_loss = np.isfinite(self._rows["loss"])
        if finite.all() and finite_loss.all():
            return np.empty(0, np.intp)
        return np.flatnonzero(~(finite.all(axis=-1) & finite_loss))


def run(
    logits: npt.ArrayLike,
    target: int,
    pipeline: str,
    format: str,
    *,
    shift: npt.ArrayLike = 0.0,
) -> Run:
    """Compute the cross-entropy of logit vectors in one format, and find what broke.

    Parameters
    ----------
    logits : array_like, shape (..., C)
        Real numbers; -inf masks a class.
    target : int
        The true class, 0 <= target < C.
    pipeline : {"naive", "shifted", "fused"}
        Which formula.
    format : str
        A name in `ce_core.formats.FORMATS`.
    shift : array_like, optional
        A constant that is added to every logit after storing, in the format. An array has to
        broadcast to the shape (..., 1).

    Returns
    -------
    Run

    Raises
    ------
    TypeError
        If logits or shift are no real numbers, or target is no integer.
    ValueError
        If there is no class, the target is out of range, the shift is not finite or does not
        broadcast, or the pipeline or the format is unknown.

    Notes
    -----
    Nothing warns: what NumPy would have said is in `Run.warnings`.

    Examples
    --------
    >>> broken = run([800.0, 0.0], target=1, pipeline="naive", format="float64")
    >>> broken.steps["probabilities"]
    array([nan,  0.])
    >>> CauseKind(broken.cause.kind).name
    'EXP_OVERFLOW'
    >>> run([800.0, 0.0], target=1, pipeline="fused", format="float64").steps["loss"]
    array(800.)
    """
    return run_all(logits, target, format, shift=shift, pipelines=(pipeline,))[pipeline]


def run_all(
    logits: npt.ArrayLike,
    target: int,
    format: str,
    *,
    shift: npt.ArrayLike = 0.0,
    pipelines: Sequence[str] = PIPELINES,
) -> dict[str, Run]:
    """Run several pipelines on the same logits; parameters and errors are those of `run`.

    Steps that the pipelines have in common are computed once.

    Examples
    --------
    >>> {name: float(r.steps["loss"]) for name, r in run_all([200, 0], 0, "float32").items()}
    {'naive': nan, 'shifted': -0.0, 'fused': -0.0}
    """
    return run_formats(logits, target, (format,), shift=shift, pipelines=pipelines)[format]


def run_formats(
    logits: npt.ArrayLike,
    target: int,
    formats: Iterable[str] = FORMATS,
    *,
    shift: npt.ArrayLike = 0.0,
    pipelines: Sequence[str] = PIPELINES,
) -> dict[str, dict[str, Run]]:
    """Run several pipelines in several formats; parameters and errors are those of `run`.

    The loss of the given logits on paper is computed once.

    Examples
    --------
    >>> runs = run_formats([200, 0], 0, ("float64", "float32"))
    >>> {name: float(forms["naive"].steps["loss"]) for name, forms in runs.items()}
    {'float64': -0.0, 'float32': nan}
    """
    found = [lookup(name) for name in formats]
    for pipeline in pipelines:
        if not isinstance(pipeline, str) or pipeline not in STEPS:
            raise ValueError(f"pipeline must be one of {', '.join(PIPELINES)}; got {pipeline!r}")
    given, constant = _check(logits, target, shift)
    shape = given.shape[:-1]
    # With one class after the other in memory, all steps are faster, some of them eight times.
    given = np.asfortranarray(given.reshape(-1, given.shape[-1]))
    constant = constant.reshape(-1, 1)
    given_loss = cache(partial(true_loss, given, target))
    runs = {}
    with np.errstate(all="ignore"):
        for fmt in found:
            stored = _store(given, constant, fmt)
            case = cache(partial(Case.of, given, constant, stored, target, fmt, given_loss))
            rows = _steps(stored, target, pipelines)
            steps = _shaped(rows, shape)
            runs[fmt.name] = {
                name: Run(name, fmt.name, target, steps[name], rows[name], case) for name in rows
            }
    return runs


def _steps(stored: Array, target: int, pipelines: Sequence[str]) -> dict[str, Values]:
    """Return the values of the steps; those that pipelines have in common are one array."""
    done: dict[tuple[Step, ...], Array] = {}
    rows = {}
    for pipeline in pipelines:
        values: Values = {"logits": stored}
        for count, step in enumerate(STEPS[pipeline], start=1):
            so_far = STEPS[pipeline][:count]
            if so_far not in done:
                done[so_far] = _compute(step, values, target)
            values[step.name] = done[so_far]
        rows[pipeline] = values
    return rows


def _shaped(rows: dict[str, Values], shape: tuple[int, ...]) -> dict[str, Values]:
    """Return the values in the shape of the logits, and in the usual order in memory.

    For the order in which np.sum adds, and so its last digit, depends on that.
    """
    arrays = {id(array): array for values in rows.values() for array in values.values()}
    shaped = {
        key: np.ascontiguousarray(array).reshape(shape + array.shape[1:])
        for key, array in arrays.items()
    }
    return {
        pipeline: {name: shaped[id(array)] for name, array in values.items()}
        for pipeline, values in rows.items()
    }


def _check(logits: npt.ArrayLike, target: int, shift: npt.ArrayLike) -> tuple[Array, Array]:
    """Return logits (..., C) and shift (..., 1) as float64, or raise what `run` promises."""
    given = as_float64(logits, "logits")
    if given.ndim == 0 or given.shape[-1] == 0:
        raise ValueError(f"logits must have shape (..., C) with C >= 1; got {given.shape}")
    classes = given.shape[-1]
    if not 0 <= as_index(target, "target") < classes:
        raise ValueError(f"target must be a class from 0 to {classes - 1}; got {target}")
    constant = as_float64(shift, "shift")
    if not np.isfinite(constant).all():
        raise ValueError(f"shift must be finite; got {constant}")
    try:
        constant = np.broadcast_to(constant, (*given.shape[:-1], 1))
    except ValueError:
        raise ValueError(
            f"shift must broadcast to shape {(*given.shape[:-1], 1)}; got {constant.shape}"
        ) from None
    return given, constant


def _store(given: Array, shift: Array, fmt: FloatFormat) -> Array:
    stored = given.astype(fmt.dtype, copy=False)
    # Most pictures have no shift, and to add 0 costs as much as to subtract the maximum.
    return stored + shift.astype(fmt.dtype) if shift.any() else stored


def _compute(step: Step, values: Values, target: int) -> Array:
    return step.compute(*(values[name] for name in step.inputs), target)


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
        The first step whose result is wrong, as in `Run`; its arrays have shape ().
    broken : str or None
        The name of that step; None if the loss is right, be it infinite.
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

    Raises
    ------
    TypeError, ValueError
        As `run`, and if logits are more than one vector.

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
    if np.ndim(logits) != 1:
        raise ValueError(f"logits must have shape (C,); got {np.shape(logits)}")
    cause = run(logits, target, pipeline, format, shift=shift).cause
    given, constant = _check(logits, target, shift)
    fmt = lookup(format)
    store = Step(
        "logits",
        "given.astype(format) + shift",
        "cast",
        ("given", "shift"),
        lambda given, shift, _: _store(given, shift, fmt),
    )
    # A batch of one vector, so that every step is that of `run`.
    values = {"given": given[None], "shift": constant[None]}
    recorded = []
    for step in (store, *STEPS[pipeline]):
        log = _Log()
        with np.errstate(over="log", divide="log", invalid="log", under="ignore", call=log):
            values[step.name] = _compute(step, values, target)
        recorded.append((step, tuple(log.messages)))

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
        _broken(CauseKind(int(cause.kind)), values, target),
    )


class _Log:
    """What NumPy writes its warnings to; unlike `warnings.catch_warnings` safe in threads."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def write(self, message: str) -> None:
        self.messages.append(message.removeprefix("Warning: ").rstrip())


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
        CauseKind.DIGITS_LOST: "loss",
        CauseKind.LOGITS_ROUNDED: "logits",
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
    # The class that each number belongs to; the target, where the step picks it.
    if np.ndim(output):
        classes = list(range(len(numbers)))
    else:
        classes = [target if step.name in ("probability", "loss") else -1]
    events = []
    for number, truth, index in zip(numbers, on_paper, classes, strict=True):
        went_in = [_of_class(array, index) for array in inputs.values()]
        kind = _event(step.operation, np.concatenate(went_in), number, truth, fmt)
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
