"""What is told of each row of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ce_core._checks import Array


@dataclass(frozen=True, eq=False)
class Rows:
    """What is told of n rows; of n cells, row by row, where each is a yes/no question.

    A row that is ignored has the loss 0, the cause NONE and 0 ulps, whatever it holds.

    Attributes
    ----------
    loss : dict of arrays, shape (n,)
        For each form, in the format's dtype, what ``reduction="none"`` gives: with its weight.
        Empty where there are no targets.
    exact : float64 array, shape (n,)
        The same on paper, see `ce_core.cross_entropy`; nan where there are no targets.
    kind : dict of int8 arrays, shape (n,)
        A `CauseKind` for each form. Without targets "naive" alone: what broke in the softmax.
    ulps : dict of float64 arrays, shape (n,)
        How far each form's -ln p is from that on paper, see `ce_core.pipelines.Run`. With target
        probabilities or smoothing, how far their weighted sum is. Empty without targets.
    at : dict of int32 arrays, shape (n,)
        The class that the cause of each form is told of: the true one. With target probabilities or
        smoothing it is the one whose term of the loss is furthest off; without targets the
        predicted one.
    predicted : int32 array, shape (n,)
        The class with the largest logit, the first of several; -1 where there is nan, or all
        are masked. Of a yes/no question 0 or 1.
    right : bool array, shape (n,)
        Whether that is the true class, or that with the largest target probability.
    counted : bool array, shape (n,)
        False where the row is ignored.
    part : float64 array, shape (n,)
        What the row adds to the denominator of the mean.
    """

    loss: Mapping[str, Array]
    exact: Array
    kind: Mapping[str, Array]
    ulps: Mapping[str, Array]
    at: Mapping[str, Array]
    predicted: Array
    right: Array
    counted: Array
    part: Array

    def __len__(self) -> int:
        return len(self.exact)

    @classmethod
    def joined(cls, parts: Iterable[Rows]) -> Rows:
        """Return the rows of all parts, in order."""
        every = list(parts)
        columns: dict[str, Any] = {}
        for name in (field.name for field in fields(cls)):
            each = [getattr(part, name) for part in every]
            if isinstance(each[0], Mapping):
                columns[name] = {k: np.concatenate([one[k] for one in each]) for k in each[0]}
            else:
                columns[name] = np.concatenate(each)
        return cls(**columns)

    def take(self, rows: Array) -> Rows:
        """Return some of the rows."""
        columns: dict[str, Any] = {}
        for field in fields(self):
            column = getattr(self, field.name)
            if isinstance(column, Mapping):
                columns[field.name] = {form: one[rows] for form, one in column.items()}
            else:
                columns[field.name] = column[rows]
        return Rows(**columns)
