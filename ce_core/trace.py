"""From logits to the loss, step by step in one floating-point format, and the step that broke.

Three pipelines compute the same cross-entropy, loss = -ln softmax(logits)[target]:

- naive: the textbook formula, exp(z) / sum of exp(z), then the log;
- shifted: the same after subtracting the largest logit;
- fused: the log-softmax, which never forms the probability that it takes the log of.

`run` computes any number of logit vectors at once and names for each the first step whose result is
wrong. That is read off the values (finite in, inf out), never predicted from the format's limits.
"""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, NamedTuple

import ml_dtypes
import numpy as np
import numpy.typing as npt

from ce_core.formats import FloatFormat, as_float64, lookup

Array = npt.NDArray[Any]
Values = dict[str, Array]


@dataclass(frozen=True, eq=False)
class Step:
    """One line of a pipeline.

    Attributes
    ----------
    name : str
        What the step computes.
    formula : str
        The NumPy expression, in terms of the names of earlier steps and of `target`.
    compute : callable
        The same on arrays (..., C), from the values of earlier steps and the target.
    """

    name: str
    formula: str
    compute: Callable[[Values, int], Array]


def _sum_without_largest(v: Values, _: int) -> Array:
    # When the answer is confident, this rest is the loss: added to exp(0) = 1 it would be rounded
    # away, and log1p adds the 1 without that rounding.
    return np.asarray(np.sum(np.where(_is_largest(v["logits"]), 0, v["exp"]), axis=-1))


def _is_largest(logits: Array) -> npt.NDArray[np.bool_]:
    """Mark one largest logit, the first of equals, in each vector."""
    classes: npt.NDArray[np.bool_] = (
        np.arange(logits.shape[-1]) == np.argmax(logits, axis=-1)[..., None]
    )
    return classes


_SUM = Step("sum", "np.sum(exp)", lambda v, _: np.sum(v["exp"], axis=-1))
_PROBABILITIES = Step("probabilities", "exp / sum", lambda v, _: v["exp"] / v["sum"][..., None])
_PROBABILITY = Step("probability", "probabilities[target]", lambda v, t: v["probabilities"][..., t])
_LOSS = Step("loss", "-np.log(probability)", lambda v, _: -np.log(v["probability"]))
_MAX = Step("max", "np.max(logits)", lambda v, _: np.max(v["logits"], axis=-1))
_SHIFTED = Step("shifted", "logits - max", lambda v, _: v["logits"] - v["max"][..., None])
_EXP_SHIFTED = Step("exp", "np.exp(shifted)", lambda v, _: np.exp(v["shifted"]))

STEPS: Final[Mapping[str, tuple[Step, ...]]] = {
    "naive": (
        Step("exp", "np.exp(logits)", lambda v, _: np.exp(v["logits"])),
        _SUM,
        _PROBABILITIES,
        _PROBABILITY,
        _LOSS,
    ),
    "shifted": (_MAX, _SHIFTED, _EXP_SHIFTED, _SUM, _PROBABILITIES, _PROBABILITY, _LOSS),
    "fused": (
        _MAX,
        _SHIFTED,
        _EXP_SHIFTED,
        Step(
            "rest",
            "np.sum(np.where(np.arange(exp.size) == np.argmax(logits), 0, exp))",
            _sum_without_largest,
        ),
        Step("log_sum", "np.log1p(rest)", lambda v, _: np.log1p(v["rest"])),
        Step(
            "log_probabilities",
            "shifted - log_sum",
            lambda v, _: v["shifted"] - v["log_sum"][..., None],
        ),
        Step("loss", "-log_probabilities[target]", lambda v, t: -v["log_probabilities"][..., t]),
        Step(
            "probability",
            "np.exp(log_probabilities[target])",
            lambda v, t: np.exp(v["log_probabilities"][..., t]),
        ),
    ),
}
"""The steps of each pipeline after the first, which stores the logits in the format."""

PIPELINES: Final = tuple(STEPS)


class CauseKind(IntEnum):
    """Why a result is wrong, or infinite. Where several hold, the first in this order is named."""

    NONE = 0
    """Nothing broke: the loss is right to about a decimal digit less than the format has."""
    NAN_LOGIT = 1
    """A given logit is nan or +inf: there is no loss, on paper either."""
    LOGIT_OVERFLOW = 2
    """A logit, or logit + shift, is beyond the format: it was stored as inf or nan."""
    ALL_MASKED = 3
    """Every logit is -inf: there is no class left to give a probability to."""
    SUBTRACT_OVERFLOW = 4
    """logit - max is beyond the format."""
    EXP_OVERFLOW = 5
    """exp of a finite logit is beyond the format."""
    SUM_OVERFLOW = 6
    """Every exp is finite; their sum is beyond the format."""
    SUM_UNDERFLOW = 7
    """Every exp rounded to 0, so the probabilities are 0 / 0."""
    TARGET_MASKED = 8
    """The target's logit is -inf: its loss is infinite, on paper too."""
    PROBABILITY_UNDERFLOW = 9
    """The target's probability rounded to 0, whose log is infinite."""
    DIGITS_LOST = 10
    """The loss is finite, but its relative error exceeds 10 unit roundoffs."""
    LOGITS_ROUNDED = 11
    """Only storing the logits (and adding the shift) moved the loss by more than that."""


@dataclass(frozen=True)
class Cause:
    """The first wrong step of each logit vector; every array has the leading shape (...).

    Attributes
    ----------
    kind : int8 array
        A `CauseKind`.
    index : integer array
        The class that it hit, the first where it hit several, or -1 where it hit no single class.
    value : float64 array
        What went into the step that broke; nan for NONE.
    significand, exponent : float64 arrays
        What should have come out on paper is significand * 10**exponent with
        1 <= significand < 10, so that exp(800) = 2.73 * 10**347 can be told in any format.
        nan where there is nothing to tell.
    true_loss : float64 array
        The loss of the *stored* logits on paper, to float64's accuracy.

    Notes
    -----
    ===================== ============================= ===================================
    kind                  value                         significand * 10**exponent
    ===================== ============================= ===================================
    NAN_LOGIT             the given logit               nothing
    LOGIT_OVERFLOW        the given logit + shift       its magnitude
    ALL_MASKED            -inf                          nothing
    SUBTRACT_OVERFLOW     the stored logit              max - logit
    EXP_OVERFLOW          the stored logit              its exponential
    SUM_OVERFLOW          the largest argument of exp   the sum
    SUM_UNDERFLOW         the largest argument of exp   its exponential
    TARGET_MASKED         -inf                          nothing
    PROBABILITY_UNDERFLOW the target's argument of exp  the target's probability
    DIGITS_LOST           the loss as computed          its relative error
    LOGITS_ROUNDED        the given logit + shift that  the relative change of the loss
                          storing moved most
    ===================== ============================= ===================================

    The argument of exp is the stored logit in the naive pipeline and logit - max in the others.
    `index` is the class of that value; for DIGITS_LOST it is the target.
    """

    kind: npt.NDArray[np.int8]
    index: npt.NDArray[np.intp]
    value: npt.NDArray[np.float64]
    significand: npt.NDArray[np.float64]
    exponent: npt.NDArray[np.float64]
    true_loss: npt.NDArray[np.float64]


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


@dataclass(frozen=True)
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
    cause: Cause
    warnings: npt.NDArray[np.uint16]


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
    fmt = lookup(format)
    for pipeline in pipelines:
        if pipeline not in STEPS:
            raise ValueError(f"pipeline must be one of {', '.join(PIPELINES)}; got {pipeline!r}")
    given, constant = _check(logits, target, shift)
    shape = given.shape[:-1]
    given = given.reshape(-1, given.shape[-1])
    constant = constant.reshape(-1, 1)

    with np.errstate(all="ignore"):
        stored = _store(given, constant, fmt)
        case = _case(given, constant, stored, target, fmt)
        done: dict[tuple[Step, ...], Array] = {}
        runs = {}
        for pipeline in pipelines:
            values: Values = {"logits": stored}
            for count, step in enumerate(STEPS[pipeline], start=1):
                so_far = STEPS[pipeline][:count]
                if so_far not in done:
                    done[so_far] = step.compute(values, target)
                values[step.name] = done[so_far]
            cause, warnings = _explain(case, values)
            runs[pipeline] = Run(
                pipeline,
                format,
                target,
                {name: array.reshape(shape + array.shape[1:]) for name, array in values.items()},
                Cause(**{name: array.reshape(shape) for name, array in vars(cause).items()}),
                warnings.reshape(shape),
            )
    return runs


def _check(logits: npt.ArrayLike, target: int, shift: npt.ArrayLike) -> tuple[Array, Array]:
    """Return logits (..., C) and shift (..., 1) as float64, or raise what `run` promises."""
    given = as_float64(logits, "logits")
    if given.ndim == 0 or given.shape[-1] == 0:
        raise ValueError(f"logits must have shape (..., C) with C >= 1; got {given.shape}")
    classes = given.shape[-1]
    try:
        in_range = 0 <= operator.index(target) < classes
    except TypeError:
        raise TypeError(f"target must be an integer; got {target!r}") from None
    if not in_range:
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
    stored = given.astype(fmt.dtype)
    # Adding 0 would be harmless but for masked classes and speed: most pictures have no shift.
    return stored + shift.astype(fmt.dtype) if shift.any() else stored


class _Case(NamedTuple):
    """What all pipelines were given, and what they should find; logits are (N, C), losses (N,)."""

    given: Array
    shift: Array
    stored: Array
    target: int
    format: FloatFormat
    given_loss: Array
    true_loss: Array

    def at(self, rows: Array) -> _Case:
        return self._replace(
            given=self.given[rows],
            shift=self.shift[rows],
            stored=self.stored[rows],
            given_loss=self.given_loss[rows],
            true_loss=self.true_loss[rows],
        )


def _case(given: Array, shift: Array, stored: Array, target: int, fmt: FloatFormat) -> _Case:
    stored64 = stored.astype(np.float64, copy=False)
    given_loss = _true_loss(given, target, fmt)
    true_loss = given_loss if stored is given else _true_loss(stored64, target, fmt)
    return _Case(given, shift, stored64, target, fmt, given_loss, true_loss)


def _true_loss(logits: Array, target: int, fmt: FloatFormat) -> Array:
    """Return the loss of float64 logits to within a few units in the last place of float64.

    All terms of rest and of the result have one sign, so nothing cancels. What is left is the
    rounding of logit - max, whose effect grows with the size of the difference. For formats
    narrower than float64 it is far below their own rounding.

    A loss below the smallest float64 is returned as that smallest number: 0 would say that there
    is no other class.
    """
    largest = np.max(logits, axis=-1, keepdims=True)
    shifted = logits - largest
    exp = np.exp(shifted)
    target_error: Array | float = 0.0
    if fmt.dtype == np.float64:
        error = _difference_error(logits, largest, shifted)
        exp += exp * error
        target_error = error[:, target]
    rest = np.sum(np.where(_is_largest(logits), 0, exp), axis=-1)
    loss = np.asarray(np.log1p(rest) - shifted[:, target] - target_error)
    vanished = np.flatnonzero(loss == 0)
    if vanished.size:
        others = np.sum(logits[vanished] > -np.inf, axis=-1) > 1
        loss[vanished[others]] = np.nextafter(0.0, 1.0)
    return loss


def _difference_error(a: Array, b: Array, difference: Array) -> Array:
    """Return (a - b) - difference, exact where `difference` is a - b rounded; 0 where not finite.

    D. E. Knuth, The Art of Computer Programming, vol. 2, section 4.2.2, theorem B.
    """
    from_a = difference - a
    error = (a - (difference - from_a)) - (b + from_a)
    return np.where(np.isfinite(error), error, 0.0)


def _explain(case: _Case, values: Values) -> tuple[Cause, Array]:
    """Return the causes and NumPy's warnings of one pipeline's values, row by row."""
    loss = values["loss"].astype(np.float64, copy=False)
    finite = np.isfinite(loss)
    lost = finite & _differs(loss, case.true_loss, case.format)
    rounded = finite & ~lost & _differs(case.true_loss, case.given_loss, case.format)
    kind = np.zeros(len(loss), np.int8)
    index = np.full(len(loss), -1)
    warnings = np.zeros(len(loss), np.uint16)
    kind[lost], index[lost] = CauseKind.DIGITS_LOST, case.target
    if rounded.any():
        moved = _difference_error(case.given[rounded], -case.shift[rounded], case.stored[rounded])
        kind[rounded], index[rounded] = CauseKind.LOGITS_ROUNDED, np.abs(moved).argmax(axis=-1)

    # Everything else leaves an inf or a nan behind, in the loss or on the way to it.
    usual = np.isfinite(values.get("shifted", case.stored))
    if not (usual.all() and finite.all()):
        rows = np.flatnonzero(~(usual.all(axis=-1) & finite))
        part = case.at(rows)
        part_values = {name: array[rows] for name, array in values.items()}
        warnings[rows] = _numpy_warnings(part, part_values)
        broken, part_kind, part_index = _breaks(part, part_values)
        kind[rows[broken]], index[rows[broken]] = part_kind, part_index

    value, log10 = _tell(case, values, loss, kind, index)
    exponent = np.floor(log10)
    return (
        Cause(kind, index, value, 10 ** (log10 - exponent), exponent, case.true_loss),
        warnings,
    )


def _differs(loss: Array, reference: Array, fmt: FloatFormat) -> Array:
    """Say where a loss is more than 10 unit roundoffs from the reference, relatively.

    A 0 in place of a positive number has no right digit, even where 10 unit roundoffs exceed 1.
    """
    apart = np.abs(loss - reference) > 10 * fmt.unit_roundoff * reference
    return np.asarray(apart | ((loss == 0) & (reference > 0)))


def _breaks(case: _Case, values: Values) -> tuple[Array, Array, Array]:
    """Return the rows in which an inf, a nan or a 0 came out wrong, their kinds and classes."""
    given, stored = case.given, case.stored
    is_target = np.arange(given.shape[-1]) == case.target
    arguments = _arguments(values)
    exp = values["exp"]
    finite_exp = np.isfinite(exp)

    no_number = np.isnan(given) | (given == np.inf)
    subtract_overflow = np.isfinite(stored) & ~np.isfinite(arguments)
    # -inf is as good as any very negative number for exp, unless the loss is to be read from it.
    subtract_overflow &= np.isnan(arguments) | is_target
    found = {
        CauseKind.NAN_LOGIT: no_number,
        CauseKind.LOGIT_OVERFLOW: ~no_number & ~np.isfinite(stored) & (stored != given),
        CauseKind.ALL_MASKED: (stored == -np.inf).all(axis=-1, keepdims=True),
        CauseKind.SUBTRACT_OVERFLOW: subtract_overflow,
        CauseKind.EXP_OVERFLOW: np.isfinite(arguments) & ~finite_exp,
        CauseKind.TARGET_MASKED: (stored == -np.inf) & is_target,
    }
    total = values["sum" if "sum" in values else "rest"][:, None]
    found[CauseKind.SUM_OVERFLOW] = finite_exp.all(axis=-1, keepdims=True) & ~np.isfinite(total)
    if "sum" in values:
        found[CauseKind.SUM_UNDERFLOW] = (total == 0) & _is_largest(stored)
        found[CauseKind.PROBABILITY_UNDERFLOW] = (values["probabilities"] == 0) & is_target

    # CauseKind counts in the order of the steps: the smallest kind is the first step that broke.
    nothing = len(CauseKind)
    kinds = np.full(given.shape, nothing, np.int8)
    for kind, hit in found.items():
        np.minimum(kinds, kind, out=kinds, where=hit)
    index = np.argmin(kinds, axis=-1)
    kind = kinds[np.arange(len(kinds)), index]
    index[(kind == CauseKind.ALL_MASKED) | (kind == CauseKind.SUM_OVERFLOW)] = -1
    broken = np.flatnonzero(kind != nothing)
    return broken, kind[broken], index[broken]


def _arguments(values: Values) -> Array:
    return values.get("shifted", values["logits"]).astype(np.float64, copy=False)


class _Hit(NamedTuple):
    """The vectors with one kind of cause; an entry each, of the class that was hit."""

    given: Array
    shift: Array
    stored: Array
    argument: Array
    loss: Array
    true_loss: Array
    given_loss: Array
    all_stored: Array
    all_terms: Array


def _log10_distance(a: Array, b: Array) -> Array:
    # Halved, because the distance of two float64 can be beyond float64.
    return np.asarray(np.log10(np.abs(a / 2 - b / 2)) + np.log10(2.0))


def _log10_sum_exp(terms: Array) -> Array:
    largest = np.max(terms, axis=-1)
    rest = np.sum(np.exp(terms - largest[:, None]), axis=-1)
    return np.asarray(largest * _LOG10_E + np.log10(rest))


def _log10_change(loss: Array, reference: Array) -> Array:
    return np.asarray(np.log10(np.abs(loss - reference) / reference))


_LOG10_E: Final = 1 / np.log(10.0)

_TOLD: Final[Mapping[int, tuple[Callable[[_Hit], Array], Callable[[_Hit], Array | float]]]] = {
    CauseKind.NAN_LOGIT: (lambda h: h.given, lambda _: np.nan),
    CauseKind.LOGIT_OVERFLOW: (
        lambda h: h.given + h.shift,
        lambda h: _log10_distance(h.given, -h.shift),
    ),
    CauseKind.ALL_MASKED: (lambda h: h.stored, lambda _: np.nan),
    CauseKind.SUBTRACT_OVERFLOW: (
        lambda h: h.stored,
        lambda h: _log10_distance(np.max(h.all_stored, axis=-1), h.stored),
    ),
    CauseKind.EXP_OVERFLOW: (lambda h: h.argument, lambda h: h.argument * _LOG10_E),
    CauseKind.SUM_OVERFLOW: (
        lambda h: np.max(h.all_terms, axis=-1),
        lambda h: _log10_sum_exp(h.all_terms),
    ),
    CauseKind.SUM_UNDERFLOW: (lambda h: h.argument, lambda h: h.argument * _LOG10_E),
    CauseKind.TARGET_MASKED: (lambda h: h.stored, lambda _: np.nan),
    CauseKind.PROBABILITY_UNDERFLOW: (lambda h: h.argument, lambda h: -h.true_loss * _LOG10_E),
    CauseKind.DIGITS_LOST: (lambda h: h.loss, lambda h: _log10_change(h.loss, h.true_loss)),
    CauseKind.LOGITS_ROUNDED: (
        lambda h: h.given + h.shift,
        lambda h: _log10_change(h.true_loss, h.given_loss),
    ),
}
"""For each kind, `Cause.value` and log10 of significand * 10**exponent."""


def _tell(
    case: _Case, values: Values, loss: Array, kinds: Array, index: Array
) -> tuple[Array, Array]:
    """Return what went into the step that broke, and log10 of its result on paper."""
    value = np.full(len(kinds), np.nan)
    log10 = np.full(len(kinds), np.nan)
    arguments = _arguments(values)
    for kind in np.flatnonzero(np.bincount(kinds)).tolist():
        if kind in _TOLD:
            rows = np.flatnonzero(kinds == kind)
            at = rows, index[rows]
            terms = arguments[rows]
            if "rest" in values:
                terms = np.where(_is_largest(terms), -np.inf, terms)
            hit = _Hit(
                case.given[at],
                case.shift[rows, 0],
                case.stored[at],
                arguments[at],
                loss[rows],
                case.true_loss[rows],
                case.given_loss[rows],
                case.stored[rows],
                terms,
            )
            tell_value, tell_log10 = _TOLD[kind]
            value[rows], log10[rows] = tell_value(hit), tell_log10(hit)
    log10[np.isinf(log10)] = np.nan
    return value, log10


def _numpy_warnings(case: _Case, values: Values) -> Array:
    """Return the bits of `WARNINGS` for each row, from the values that went in and came out.

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
    if "max" in values:
        # ml_dtypes compares bfloat16 numbers as float32 with an instruction that objects to nan.
        if dtype == ml_dtypes.bfloat16:
            reduce_invalid = np.isnan(stored) & ~np.isnan(stored[:, :1])
        largest = values["max"].astype(wide)[:, None]
        subtract_over = overflowed(stored - largest, stored, largest)
        subtract_invalid = became_nan(stored - largest, stored, largest)
    terms = values["exp"]
    if "rest" in values:
        terms = np.where(_is_largest(values["logits"]), 0, terms)
    sum_over = _sum_warns(terms, wide)[:, None]
    if "sum" in values:
        total = values["sum"].astype(wide)[:, None]
        divide_invalid = became_nan(values["probabilities"].astype(wide), exp, total)
        log_zero = (values["probability"] == 0)[:, None]
    found = (
        cast,
        overflowed(given + shift, given, shift),
        became_nan(given + shift, given, shift),
        reduce_invalid,
        subtract_over,
        subtract_invalid,
        overflowed(np.exp(arguments), arguments),
        sum_over,
        divide_invalid,
        log_zero,
    )
    raised = np.zeros(case.given.shape, np.uint16)
    for bit, hit in enumerate(found):
        np.bitwise_or(raised, 1 << bit, out=raised, where=hit)
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
