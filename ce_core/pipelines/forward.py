"""From logits to the loss, step by step in one floating-point format, and the step that broke.

`run` computes any number of logit vectors at once; NumPy's warnings are not given but kept.
"""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from ce_core._checks import as_index
from ce_core.formats import FORMATS, as_float64, lookup
from ce_core.pipelines.budget import Budget, find_budget, find_paper
from ce_core.pipelines.cause import Cause, Judged, find_causes
from ce_core.pipelines.costs import Once
from ce_core.pipelines.further import PIPELINES, STEPS
from ce_core.pipelines.kinds import Breaks, Case, find_breaks, find_kinds
from ce_core.pipelines.numpy_warnings import find_warnings
from ce_core.pipelines.pairs import Pair
from ce_core.pipelines.paper import error, log10_loss, spacing, true_loss
from ce_core.pipelines.rows import Array, Target, Values, take_rows, widened


@dataclass(frozen=True, eq=False)
class Run:
    """What one pipeline made of logits (..., C).

    Attributes
    ----------
    pipeline, format : str
        The names they were called with.
    target : int, or int array of shape (...)
        The true class.
    steps : mapping of arrays
        The value of every step in computing order, each in the format's dtype: "logits" as stored,
        then those of `STEPS`. Shapes are (..., C), or (...) where a step leaves one number.
    rows : dict of arrays
        The same of vectors (N, C), one class after the other in memory.
    broke : int8 array of shape (...)
        The `CauseKind` of the first step that left no number, or NONE.
    paper, error, ulps : float64 arrays of shape (...)
        The loss of the logits as given on paper, and how far the computed one is from it.
    budget : Budget
        The share of each step in that error.
    cause : Cause
        The step to blame.
    warnings : uint16 array of shape (...)
        The warnings that NumPy gives for this vector alone, as a sum of 2**i for WARNINGS[i].
    """

    pipeline: str
    format: str
    target: int | Array
    steps: Mapping[str, Array]
    rows: Values = field(repr=False)
    _case: Case = field(repr=False)
    _paper: Callable[[], Pair] = field(repr=False)
    _once: Once = field(repr=False)

    @property
    def of_target(self) -> Target:
        """The index that takes the true class's number from `rows`."""
        return self._case.target

    # Some pictures show the steps alone, and to find what broke takes longer than to compute them.

    @cached_property
    def broke(self) -> npt.NDArray[np.int8]:
        """The `CauseKind` of the first step of each vector that left no number, or 0 of one."""
        return self._shaped(find_kinds(self._breaks, len(self.rows["loss"])))

    @cached_property
    def _breaks(self) -> Breaks:
        with np.errstate(all="ignore"):
            return find_breaks(self._case, self.rows)

    @cached_property
    def paper(self) -> npt.NDArray[np.float64]:
        """The loss of the logits as given, on paper, rounded to float64."""
        return self._shaped(self._paper().high)

    @cached_property
    def log10_paper(self) -> npt.NDArray[np.float64]:
        """The decimal logarithm of that loss, be it below or beyond every float64."""
        with np.errstate(all="ignore"):
            return self._shaped(log10_loss(self._paper().high, self._case.given, self.of_target))

    @cached_property
    def error(self) -> npt.NDArray[np.float64]:
        """The loss less that on paper, in nats; nan or infinite where one of them is."""
        with np.errstate(all="ignore"):
            return self._shaped(error(widened(self.rows["loss"]), self._paper()))

    @cached_property
    def ulps(self) -> npt.NDArray[np.float64]:
        """How far the loss is from that on paper, in units in the last place of the format there.

        0 where the target is masked and both are infinite, and inf where one of them is no number.
        """
        with np.errstate(all="ignore"):
            paper = self._paper().high
            found = np.abs(self.error.ravel()) / spacing(paper, self._case.format)
            masked = np.isneginf(self._case.given[self.of_target])
            found[masked & (self.rows["loss"] == paper)] = 0
            return self._shaped(np.where(np.isnan(found), np.inf, found))

    @cached_property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether each loss is right to the last place: less than a unit off, and 0 if nearest."""
        return np.asarray(np.where(self.steps["loss"] == 0, self.ulps <= 0.5, self.ulps < 1))

    @cached_property
    def budget(self) -> Budget:
        """The share of each step in the error of the loss."""
        with np.errstate(all="ignore"):
            found = find_budget(self._case, STEPS[self.pipeline], self.rows, self._once)
        return replace(found, shares=self._shaped(found.shares))

    @cached_property
    def cause(self) -> Cause:
        """The step to blame: the first that broke, else the one that cost most."""
        with np.errstate(all="ignore"):
            cause = find_causes(
                Judged(
                    self._case,
                    self.rows,
                    self._breaks,
                    self.broke.ravel(),
                    self.right.ravel(),
                    self.budget,
                    self.budget.shares.reshape(-1, len(self.budget.steps)),
                    self._paper().high,
                    self._once,
                )
            )
        return Cause(**{name: self._shaped(array) for name, array in vars(cause).items()})

    def _shaped(self, rows: Array) -> Array:
        return np.asarray(rows.reshape(self.steps["loss"].shape + rows.shape[1:]))

    @cached_property
    def warnings(self) -> npt.NDArray[np.uint16]:
        """The warnings that NumPy gives for each vector alone, as a sum of 2**i for WARNINGS[i]."""
        warnings = np.zeros(self.steps["loss"].size, np.uint16)
        if self._broken.size:
            part = {name: take_rows(array, self._broken) for name, array in self.rows.items()}
            with np.errstate(all="ignore"):
                warnings[self._broken] = find_warnings(self._case.at(self._broken), part)
        return warnings.reshape(self.steps["loss"].shape)

    @cached_property
    def _broken(self) -> npt.NDArray[np.intp]:
        """The vectors in which something may be wrong that leaves an inf or a nan.

        Nearly all that can go wrong leaves one in the loss, or in the argument of exp; but nothing
        does in a format that has neither.
        """
        if not FORMATS[self.format].has_nan:
            return np.arange(len(self.rows["loss"]))
        finite = np.isfinite(self.rows.get("shifted", self.rows["logits"]))
        finite_loss = np.isfinite(self.rows["loss"])
        if finite.all() and finite_loss.all():
            return np.empty(0, np.intp)
        return np.flatnonzero(~(finite.all(axis=-1) & finite_loss))


def run(
    logits: npt.ArrayLike,
    target: npt.ArrayLike,
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
    target : int or array_like, shape (...)
        The true class, 0 <= target < C: one for all vectors, or one for each.
    pipeline : str
        Which formula: a name in `STEPS`.
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
        If there is no class, a target is out of range or the targets have another shape, the shift
        is not finite or does not broadcast, or the pipeline or the format is unknown.

    Notes
    -----
    Nothing warns: what NumPy would have said is in `Run.warnings`.

    Examples
    --------
    >>> broken = run([800.0, 0.0], target=1, pipeline="naive", format="float64")
    >>> broken.steps["probabilities"]
    array([nan,  0.])
    >>> from ce_core.pipelines import CauseKind
    >>> CauseKind(broken.cause.kind).name
    'EXP_OVERFLOW'
    >>> run([800.0, 0.0], target=1, pipeline="fused", format="float64").steps["loss"]
    array(800.)
    """
    return run_all(logits, target, format, shift=shift, pipelines=(pipeline,))[pipeline]


def run_all(
    logits: npt.ArrayLike,
    target: npt.ArrayLike,
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
    target: npt.ArrayLike,
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
            raise ValueError(f"pipeline must be one of {', '.join(STEPS)}; got {pipeline!r}")
    given, classes, constant = _check(logits, target, shift)
    shape = given.shape[:-1]
    # With one class after the other in memory, all steps are faster, some of them eight times.
    given = np.asfortranarray(given.reshape(-1, given.shape[-1]))
    constant = constant.reshape(-1, 1)
    of_target = Target.of(classes if isinstance(classes, int) else classes.ravel(), len(given))
    with np.errstate(all="ignore"):
        kept = {fmt.name: given.astype(fmt.dtype, copy=False) for fmt in found}
        stored = {name: _add(logits, constant) for name, logits in kept.items()}
        rows = {name: _steps(logits, of_target, pipelines) for name, logits in stored.items()}

        @cache
        def paper() -> Pair:
            with np.errstate(all="ignore"):
                if "float64" not in rows:
                    loss = true_loss(given, of_target)
                    return Pair(loss, np.zeros_like(loss))
                forms, case, once = rows["float64"], cases["float64"], shared["float64"]
                values = forms.get("fused") or _steps(case.stored, of_target, ("fused",))["fused"]
                budget = find_budget(case, STEPS["fused"], values, once)
                return find_paper(given, of_target, values["loss"], budget)

    shared = {name: Once() for name in rows}
    cases = {
        name: Case(given, constant, kept[name], stored[name], of_target, FORMATS[name])
        for name in rows
    }
    runs = {}
    for name, forms in rows.items():
        shaped: dict[int, Array] = {}
        runs[name] = {
            pipeline: Run(
                pipeline,
                name,
                classes,
                _Shaped(values, shape, shaped),
                values,
                cases[name],
                paper,
                shared[name],
            )
            for pipeline, values in forms.items()
        }
    return runs


def _steps(stored: Array, target: Target, pipelines: Sequence[str]) -> dict[str, Values]:
    """Return the values of the steps; those that pipelines have in common are one array."""
    done: dict[tuple[object, ...], Array] = {}
    rows = {}
    for pipeline in pipelines:
        values: Values = {"logits": stored}
        for step in STEPS[pipeline]:
            came_in = [values[name] for name in step.inputs]
            key = (step.compute, *map(id, came_in))
            if key not in done:
                done[key] = step.compute(*came_in, target)
            values[step.name] = done[key]
        rows[pipeline] = values
    return rows


class _Shaped(Mapping[str, Array]):
    """The values in the shape of the logits, and in the usual order in memory, once asked for.

    For the order in which np.sum adds, and so its last digit, depends on that.
    """

    def __init__(self, rows: Values, shape: tuple[int, ...], done: dict[int, Array]) -> None:
        self._rows, self._shape = rows, shape
        self._done = done  # by the id of the rows: pipelines have steps in common

    def __getitem__(self, name: str) -> Array:
        rows = self._rows[name]
        if id(rows) not in self._done:
            shape = self._shape + rows.shape[1:]
            self._done[id(rows)] = np.ascontiguousarray(rows).reshape(shape)
        return self._done[id(rows)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _check(
    logits: npt.ArrayLike, target: npt.ArrayLike, shift: npt.ArrayLike
) -> tuple[Array, int | Array, Array]:
    """Return logits (..., C), targets, and shift (..., 1), or raise what `run` promises."""
    given = as_float64(logits, "logits")
    if given.ndim == 0 or given.shape[-1] == 0:
        raise ValueError(f"logits must have shape (..., C) with C >= 1; got {given.shape}")
    classes = _as_targets(target, given.shape)
    constant = as_float64(shift, "shift")
    if not np.isfinite(constant).all():
        raise ValueError(f"shift must be finite; got {constant}")
    try:
        constant = np.broadcast_to(constant, (*given.shape[:-1], 1))
    except ValueError:
        raise ValueError(
            f"shift must broadcast to shape {(*given.shape[:-1], 1)}; got {constant.shape}"
        ) from None
    return given, classes, constant


def _as_targets(target: npt.ArrayLike, shape: tuple[int, ...]) -> int | Array:
    """Return the target of all vectors of logits of this shape, or of each."""
    last = shape[-1] - 1
    if np.ndim(target) == 0:
        one = as_index(target, "target")  # type: ignore[arg-type]  # or it raises
        if not 0 <= one <= last:
            raise ValueError(f"target must be a class from 0 to {last}; got {one}")
        return one
    each = np.asarray(target)
    if each.dtype.kind not in "iu":
        raise TypeError(f"target must be integers; got dtype {each.dtype}")
    if each.shape != shape[:-1]:
        raise ValueError(f"target must be one class or have shape {shape[:-1]}; got {each.shape}")
    bad = (each < 0) | (each > last)
    if bad.any():
        raise ValueError(f"target must be a class from 0 to {last}; got {each[bad][0]}")
    return each.astype(np.intp)


def _add(kept: Array, shift: Array) -> Array:
    # Most pictures have no shift, and to add 0 costs as much as to subtract the maximum.
    return kept + shift.astype(kept.dtype) if shift.any() else kept
