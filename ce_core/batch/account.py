"""The account of all rows of a batch so far."""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ce_core.batch.magnitudes import Magnitudes
from ce_core.batch.options import Options
from ce_core.batch.rows import Rows

BROKEN_IN = ("float16", "bfloat16", "float32", "float64")


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
        How many counted rows have each true class; 0 everywhere for target probabilities. For
        yes/no questions how many cells each question has.
    rows : Rows
        All rows so far.

    Raises
    ------
    ValueError
        If there is no such format, `classes` is below 1, or the weights are not C (or, for
        binary, 1) numbers.

    Examples
    --------
    >>> batch = Batch("float32", Options(weight=(20.0, 10.0)), 2)
    >>> rows = batch.add(np.array([[-100.0, 100.0]] * 2), np.array([0, 1]))
    >>> rows.loss["fused"]
    array([4000.,    0.], dtype=float32)
    >>> batch.reduced("fused"), batch.denominator
    (np.float32(133.33333), 30.0)
    """

    count: int
    counted: int
    correct: int
    kinds: Mapping[str, npt.NDArray[np.int64]]
    broken: Mapping[str, npt.NDArray[np.int64]]
    logits: Magnitudes
    rows_of_class: npt.NDArray[np.int64]

    def __init__(self, format: str, options: Options, classes: int) -> None:
        self.format, self.options, self.classes = format, options, classes
        raise NotImplementedError

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
        raise NotImplementedError

    @property
    def rows(self) -> Rows:
        """All rows so far."""
        raise NotImplementedError

    @property
    def denominator(self) -> float:
        """What the mean divides the sum of the losses by: the sum of all `Rows.part`."""
        raise NotImplementedError

    def total(self, form: str) -> npt.NDArray[Any]:
        """Return the sum of a form's losses: np.sum in the format."""
        raise NotImplementedError

    def reduced(self, form: str) -> npt.NDArray[Any]:
        """Return the reduced loss of a form in the format; of "none" all losses.

        The mean is `total` over the denominator, rounded to the format; of no rows it is nan.
        """
        raise NotImplementedError

    @property
    def exact(self) -> npt.NDArray[np.float64]:
        """The reduced loss on paper, in float64."""
        raise NotImplementedError

    def worst(self, k: int) -> npt.NDArray[np.intp]:
        """Return the indices of the k worst counted rows, the worst first.

        The most forms broken, then furthest off in ulps in any form, then the largest loss on
        paper, then the first.
        """
        raise NotImplementedError
