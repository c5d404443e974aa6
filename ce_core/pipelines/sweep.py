"""Every picture that a slider can reach: all positions of all sliders in one call."""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ce_core.formats import as_float64
from ce_core.pipelines.forward import Run, run_all


@dataclass(frozen=True, eq=False)
class Sweep:
    """The three pipelines over all positions; leading shape (S, K), the slider and its position.

    Row i < C of S is the slider of logit i. Row C, if there is one, is the slider of the shift.
    """

    naive: Run
    shifted: Run
    fused: Run


def sweep(
    logits: npt.ArrayLike,
    target: int,
    format: str,
    positions: npt.ArrayLike,
    *,
    shift: float = 0.0,
    shift_positions: npt.ArrayLike | None = None,
) -> Sweep:
    """Run all pipelines for each position of each slider, the other sliders standing still.

    Parameters
    ----------
    logits : array_like, shape (C,)
        Where the sliders stand.
    target : int
        The true class.
    format : str
        A name in `ce_core.formats.FORMATS`.
    positions : array_like, shape (C, K)
        The values that each logit takes.
    shift : float, optional
        The constant that is added to all logits.
    shift_positions : array_like, shape (K,), optional
        The values that the shift takes.

    Returns
    -------
    Sweep
        Entry [i, k] of each array is what `ce_core.pipelines.run` gives for that position alone.

    Raises
    ------
    TypeError, ValueError
        As `ce_core.pipelines.run`, and if a shape is not as above.

    Examples
    --------
    >>> table = sweep([2.0, 1.0], 0, "float32", [[0.0, 1.0, 2.0], [1.0, 100.0, 1.0]])
    >>> table.fused.steps["loss"].round(4)
    array([[ 1.3133,  0.6931,  0.3133],
           [ 0.3133, 98.    ,  0.3133]], dtype=float32)
    >>> table.naive.steps["loss"].round(4)
    array([[1.3133, 0.6931, 0.3133],
           [0.3133,    inf, 0.3133]], dtype=float32)
    """
    start = as_float64(logits, "logits")
    grid = as_float64(positions, "positions")
    if start.ndim != 1:
        raise ValueError(f"logits must have shape (C,); got {start.shape}")
    classes = len(start)
    if grid.ndim != 2 or len(grid) != classes:
        raise ValueError(f"positions must have shape ({classes}, K); got {grid.shape}")
    count = grid.shape[1]
    rows = classes if shift_positions is None else classes + 1

    pictures = np.empty((rows, count, classes))
    pictures[:] = start
    for i in range(classes):
        pictures[i, :, i] = grid[i]
    constant = as_float64(shift, "shift")
    if constant.ndim:
        raise ValueError(f"shift must be one number; got shape {constant.shape}")
    shifts = np.full((rows, count, 1), constant)
    if shift_positions is not None:
        moves = as_float64(shift_positions, "shift_positions")
        if moves.shape != (count,):
            raise ValueError(f"shift_positions must have shape ({count},); got {moves.shape}")
        shifts[classes, :, 0] = moves
    return Sweep(**run_all(pictures, target, format, shift=shifts))
