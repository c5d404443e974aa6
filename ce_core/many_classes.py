"""The softmax over very many classes: what their sum becomes in a number format."""

from __future__ import annotations

import numpy as np

from ce_core._checks import Array, as_index
from ce_core.pipelines import Run

__all__ = ["with_copies"]


def with_copies(run: Run, copies: int) -> tuple[Array, Array]:
    """Let the last class stand for many classes with the same logit.

    Parameters
    ----------
    run : Run
        What the naive or the shifted pipeline of `ce_core.pipelines.run` made of logits (..., C).
    copies : int
        How many classes have the last logit, at least 1.

    Returns
    -------
    total : array, shape (...)
        The sum of all exponentials, added up in the format of the run.
    probability : array, shape (...)
        That of the target; if it is the last class, of one of its copies.

    Raises
    ------
    TypeError
        If copies is no integer.
    ValueError
        If copies is below 1, or the pipeline has no sum of all exponentials.

    Notes
    -----
    NumPy adds float32 and float64 in pairs and float16 in float32; ml_dtypes adds one number after
    the other in its own format, where a sum stops growing once a term is below half its spacing.

    References
    ----------
    N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM 2002, chapter 4.

    Examples
    --------
    >>> from ce_core.pipelines import run
    >>> even = run([0.0, 0.0], 0, "shifted", "bfloat16")
    >>> total, probability = with_copies(even, 1000)  # 1 more than 256 is 256 in bfloat16
    >>> float(total), float(probability)
    (256.0, 0.00390625)
    """
    count = as_index(copies, "copies")
    if count < 1:
        raise ValueError(f"copies must be at least 1; got {count}")
    if "total" not in run.steps:
        raise ValueError(f"pipeline must be naive or shifted; got {run.pipeline!r}")
    exp = run.steps["exp"]
    last = np.broadcast_to(exp[..., -1:], (*exp.shape[:-1], count))
    with np.errstate(all="ignore"):
        total = np.asarray(np.sum(np.concatenate([exp[..., :-1], last], axis=-1), axis=-1))
        return total, np.asarray(exp[..., run.target] / total)
