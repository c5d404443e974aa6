"""The account of all rows of a batch so far."""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ce_core._checks import Array, as_index, as_real
from ce_core._targets import reduce
from ce_core.batch.magnitudes import Magnitudes
from ce_core.batch.options import Options
from ce_core.batch.rows import Rows
from ce_core.batch.tell import tell, tell_softmax
from ce_core.batch.terms import Terms, find_terms
from ce_core.formats import lookup
from ce_core.pipelines import CauseKind, run_formats
from ce_core.pipelines.kinds import is_broken
from ce_core.pipelines.rows import widened

BROKEN_IN: Final = ("float16", "bfloat16", "float32", "float64")


class Batch:
    """The losses of a batch, in one format and on paper, and what breaks in them.

    Rows are added in chunks, and everything can be read at any time. It keeps a few numbers a row,
    and no logits. In any chunks the results are the same, to the last bit.

    Parameters
    ----------
    format : str
        A name in `ce_core.formats.FORMATS`.
    options : Options
    classes : int
        C, the number of logits in a row.

    Attributes
    ----------
    format, options, classes
        As given.
    count, counted, correct : int
        Rows (cells, if binary) so far; those that are not ignored; those of them that are right.
    kinds : dict of int64 arrays, shape (len(CauseKind),)
        For each form, how many counted rows have each `CauseKind`.
    broken : dict of int64 arrays, shape (len(CauseKind),)
        For each of `BROKEN_IN`, in how many counted rows the naive form is broken by each
        `CauseKind`, or NONE. With target probabilities or smoothing a row is broken where the
        loss of one class that counts is.
    logits : Magnitudes
        Of all logits, those of ignored rows included.
    rows_of_class : int64 array, shape (C,)
        How many counted rows have each true class, where the targets are classes; else 0.
    rows : Rows
        All rows so far.
    denominator : float
        What the mean divides by: the sum of all `Rows.part`.
    exact : float64 scalar or array
        The reduced loss on paper.

    Raises
    ------
    ValueError
        If there is no such format, `classes` is below 1, or the weights are not C (or, for
        binary, 1) numbers.

    Notes
    -----
    The loss of a row is coefficient * -ln p of the true class in each form, in the format: the
    coefficient is its weight. With target probabilities or smoothing it is np.sum over the classes,
    and a class whose coefficient is 0 is left out; in PyTorch 0 times infinity is nan there, too.
    Yes/no questions are two classes with the logits 0 and x.

    PyTorch adds the numbers of a narrow format in parts, or in float32. NumPy adds those of float16
    in float32, too, and ml_dtypes those of the others one after the other: such a sum stalls, and
    the mean of many rows is too small.

    Examples
    --------
    >>> batch = Batch("float32", Options(weight=(20.0, 10.0)), 2)
    >>> rows = batch.add(np.array([[-100.0, 100.0]] * 2), np.array([0, 1]))
    >>> rows.loss["fused"]
    array([4000.,   -0.], dtype=float32)
    >>> batch.reduced("fused"), batch.denominator
    (array(133.33333, dtype=float32), 30.0)
    """

    def __init__(self, format: str, options: Options, classes: int) -> None:
        self.format, self.options, self.classes = lookup(format).name, options, classes
        if as_index(classes, "classes") < 1:
            raise ValueError(f"classes must be at least 1; got {classes}")
        _check_count(options.weight, "weight", classes, options)
        _check_count(options.pos_weight, "pos_weight", classes, options)
        self.count = self.counted = self.correct = 0
        self.kinds: dict[str, npt.NDArray[np.int64]] = {}
        self.broken = {name: _counts(np.empty(0, np.int8)) for name in BROKEN_IN}
        self.logits = Magnitudes.of(np.empty(0))
        self.rows_of_class = np.zeros(classes, np.int64)
        self._parts: list[Rows] = []

    def add(self, logits: npt.ArrayLike, target: npt.ArrayLike | None = None) -> Rows:
        """Add rows, and return what is told of them.

        Parameters
        ----------
        logits : array_like, shape (n, C)
            Real numbers of any format; nan, inf and -inf included.
        target : array_like, optional
            Integers of shape (n,), classes from 0 to C - 1 or `ignore_index`; or target
            probabilities of shape (n, C), finite and not negative. They need not sum to 1, as in
            PyTorch. For binary numbers in [0, 1] of shape (n, C), or (n,) if C is 1. None if there
            are none; a batch has targets in all chunks or in none.

        Returns
        -------
        Rows
            Of this chunk.

        Raises
        ------
        TypeError
            If logits are no real numbers.
        ValueError
            If a shape or a target is not as above.
        """
        given = as_real(logits, "logits")
        if given.ndim != 2 or given.shape[1] != self.classes:
            raise ValueError(f"logits must have shape (n, {self.classes}); got {given.shape}")
        true = None if target is None else np.asarray(target)
        if true is not None and true.shape[:1] != given.shape[:1]:
            raise ValueError(f"target must have {len(given)} rows; got shape {true.shape}")
        if self._parts and bool(self._parts[0].loss) != (true is not None):
            raise ValueError("target must be given with all rows of a batch or with none")
        size = max(1, _BLOCK // self.classes)
        parts = [slice(start, start + size) for start in range(0, max(1, len(given)), size)]
        blocks = [(given[part], None if true is None else true[part]) for part in parts]
        with ThreadPoolExecutor(_THREADS) as pool:
            told = list(pool.map(partial(_tell, self.format, self.options), blocks))
        rows = Rows.joined(part.rows for part in told)
        self._parts.append(rows)
        self._count(rows)
        for part in told:
            self.logits += part.logits
            for name, counts in part.broken.items():
                self.broken[name] += counts
        if true is not None and true.dtype.kind in "iu" and self.options.kind == "classes":
            self.rows_of_class += np.bincount(true[rows.counted], minlength=self.classes)
        return rows

    def _count(self, rows: Rows) -> None:
        self.count += len(rows)
        self.counted += int(np.count_nonzero(rows.counted))
        self.correct += int(np.count_nonzero(rows.right))
        for form, kind in rows.kind.items():
            counts = _counts(kind[rows.counted])
            self.kinds[form] = self.kinds[form] + counts if form in self.kinds else counts

    @property
    def rows(self) -> Rows:
        """All rows so far."""
        if not self._parts:
            raise ValueError("rows must be added before they are asked for; got none")
        self._parts = [Rows.joined(self._parts)]
        return self._parts[0]

    @property
    def denominator(self) -> float:
        """What the mean divides the sum of the losses by: the sum of all `Rows.part`."""
        return float(self.rows.part.sum())

    @property
    def exact(self) -> Array:
        """The reduced loss on paper, in float64."""
        return self._reduced(self.rows.exact)

    def total(self, form: str) -> Array:
        """Return the sum of a form's losses: np.sum in the format, beyond which it can be."""
        with np.errstate(all="ignore"):
            return np.asarray(self.rows.loss[form].sum())

    def reduced(self, form: str) -> Array:
        """Return the reduced loss of a form in the format; of "none" all losses.

        The mean is `total` over the denominator as the format stores it; of no rows it is nan.
        """
        return self._reduced(self.rows.loss[form])

    def _reduced(self, losses: Array) -> Array:
        with np.errstate(all="ignore"):
            # 0 over nan is nan, as 0 / 0 is, in the formats that have one
            divisor = self.denominator or np.nan if self.options.reduction == "mean" else 1.0
            divided = np.asarray(divisor).astype(losses.dtype)
            return np.asarray(reduce(losses, divided, self.options.reduction))

    def worst(self, k: int) -> npt.NDArray[np.intp]:
        """Return the indices of the k worst counted rows, the worst first.

        The most forms broken, then furthest off in ulps in any form, then the largest loss on
        paper, then the first.
        """
        rows = self.rows
        keys: list[Array] = [np.sum([is_broken(kind) for kind in rows.kind.values()], axis=0)]
        if rows.ulps:
            keys.append(np.max(list(rows.ulps.values()), axis=0))
        keys.append(np.where(np.isnan(rows.exact), np.inf, rows.exact))
        left, found = np.flatnonzero(rows.counted), np.empty(0, np.intp)
        for key in keys:  # to sort all rows would take longer than to find the k largest
            if 0 < k - len(found) < len(left):
                at = len(left) - (k - len(found))
                least = np.partition(key[left], at)[at]
                found = np.append(found, left[key[left] > least])
                left = left[key[left] == least]
        found = np.append(found, left[: k - len(found)])
        order = np.lexsort([found, *(-key[found].astype(np.float64) for key in reversed(keys))])
        return found[order]


_BLOCK: Final = 1 << 17
"""Numbers that are worked on at once: few enough to stay near the processor."""
_THREADS: Final = min(4, os.cpu_count() or 1)
"""Each of them needs up to 130 MB, of yes/no questions; else up to 40."""


class _Told(NamedTuple):
    rows: Rows
    broken: dict[str, Array]
    logits: Magnitudes


def _tell(format: str, options: Options, block: tuple[Array, Array | None]) -> _Told:
    """Tell of some rows, in a thread: NumPy computes in several at once."""
    logits, target = block
    with np.errstate(all="ignore"):
        fmt = lookup(format)
        terms = find_terms(logits, target, options, fmt.dtype)
        rows = tell_softmax(terms, fmt) if target is None else tell(terms, fmt)
        runs = run_formats(terms.logits, _weakest(terms), BROKEN_IN, pipelines=("naive",))
        broken = {name: _counts(forms["naive"].broke[rows.counted]) for name, forms in runs.items()}
        return _Told(rows, broken, Magnitudes.of(logits.astype(np.float64)))


def _weakest(terms: Terms) -> Array:
    """Return the class of each row whose loss breaks if that of any does that counts."""
    if terms.exact.ndim == 1:
        return terms.true
    counting = np.where(terms.exact != 0, widened(terms.logits), np.inf)
    return np.asarray(counting.argmin(axis=-1))


def _counts(kinds: Array) -> npt.NDArray[np.int64]:
    return np.bincount(kinds, minlength=len(CauseKind))


def _check_count(
    weights: Sequence[float] | None, name: str, classes: int, options: Options
) -> None:
    allowed = (1, classes) if options.kind == "binary" else (classes,)
    if weights is not None and len(weights) not in allowed:
        expected = " or ".join(map(str, dict.fromkeys(allowed)))
        raise ValueError(f"{name} must have {expected} numbers; got {len(weights)}")
