"""What is told of each row of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


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

    loss: Mapping[str, npt.NDArray[Any]]
    exact: npt.NDArray[np.float64]
    kind: Mapping[str, npt.NDArray[np.int8]]
    ulps: Mapping[str, npt.NDArray[np.float64]]
    at: Mapping[str, npt.NDArray[np.int32]]
    predicted: npt.NDArray[np.int32]
    right: npt.NDArray[np.bool_]
    counted: npt.NDArray[np.bool_]
    part: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.exact)
