"""The softmax over very many classes: what their sum becomes in a number format."""

from __future__ import annotations

import numpy as np

from ce_core._checks import Array, as_index
from ce_core.pipelines import Run
from ce_core.pipelines.rows import row_sum

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
    exp = run.rows["exp"]
    with np.errstate(all="ignore"):
        total = _sum_with_copies(exp, count)
        probability = exp[run.of_target] / total
    shape = run.steps["loss"].shape
    return total.reshape(shape), probability.reshape(shape)


def _sum_with_copies(terms: Array, count: int) -> Array:
    """Return the sum of each row (N, C) whose last term comes `count` times."""
    last = terms[:, -1]
    if issubclass(terms.dtype.type, np.floating):
        every = np.empty((len(terms), terms.shape[1] - 1 + count), terms.dtype)
        every[:, :-count], every[:, -count:] = terms[:, :-1], last[:, None]
        return np.asarray(np.sum(every, axis=-1))
    total = row_sum(terms)
    for added in range(1, count):
        before, total = total, total + last
        # To compare costs as much as to add. What came through unchanged, or as nan, stays so.
        if added % 16 == 0 and ((total == before) | (total != total)).all():
            break
    return total
