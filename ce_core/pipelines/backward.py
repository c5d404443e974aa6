"""The way back: the derivative of the loss by the logits, through the steps of each pipeline.

Automatic differentiation runs a formula's steps in reverse and multiplies what comes in by each
step's derivative. A step that went wrong on the way there goes wrong on the way back, and some that
went well break only then.
"""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ce_core.pipelines.forward import Run, run
from ce_core.pipelines.further import PIPELINES, STEPS
from ce_core.pipelines.rows import Array, Target, Values
from ce_core.pipelines.steps import Step

__all__ = ["gradient", "gradient_of"]


def gradient(logits: npt.ArrayLike, target: npt.ArrayLike, pipeline: str, format: str) -> Array:
    r"""Return :math:`\partial \ell / \partial z_i`, computed backwards through one pipeline.

    Parameters
    ----------
    logits : array_like, shape (..., C)
        Real numbers z, in nats; they are stored in the format first. -inf masks a class.
    target : int or array_like, shape (...)
        The true class y, 0 <= y < C: one for all vectors, or one for each.
    pipeline : {"naive", "shifted", "fused"}
        Which of the formulas in `ce_core.pipelines.STEPS` is differentiated.
    format : str
        A name in `ce_core.formats.FORMATS`: every operation, forth and back, is rounded to it.

    Returns
    -------
    ndarray, shape (..., C)
        In the format's dtype, per unit of logit. On paper it is softmax(z) - onehot(y), whatever
        the pipeline. A vector with nan, and one whose entries are all -inf, is nan; an inf makes
        the entry of its own class nan, and all entries in "naive" and "shifted". No vectors give
        no gradients.

    Raises
    ------
    TypeError
        If the logits are no real numbers, or target is no integer.
    ValueError
        If there is no class, the target is out of range, or the pipeline or the format is unknown.

    See Also
    --------
    ce_core.cross_entropy_gradient : the gradient for use, accurate for every finite logit.

    Notes
    -----
    Nothing warns. "naive" and "shifted" run, from the loss backwards,

    ================= =====================================================
    step              what it hands to the step before
    ================= =====================================================
    loss = -ln p_y    :math:`p'_y = -1 / p_y`, and p' = 0 for other classes
    p = e / S         :math:`e' = p' / S`, :math:`S' = -\sum_i p'_i (p_i / S)`
    S = sum of e      S' is added to every e'
    e = exp(d)        d' = e' e
    d = z - max       z' = d'
    ================= =====================================================

    The maximum counts as a constant, as in ``jax.nn.softmax``, which stops the gradient there: its
    derivative is minus the sum of d', which is 0 on paper. Where p_y rounded to 0, p'_y is -inf
    and S' is inf * 0: every entry is nan. In the formats whose smallest number is below 1 / max,
    p_y may be positive and 1 / p_y overflow: the loss is finite and its gradient is not. The
    log-softmax of "fused" is one operation in the frameworks and its gradient is
    exp(ln p) - onehot(y), in which nothing is divided.

    References
    ----------
    A. Griewank, A. Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, section 3.2: the reverse
    mode. The derivatives of division and log-softmax are those in PyTorch's ``derivatives.yaml``.

    Examples
    --------
    >>> gradient([2.0, 1.0, 0.0], 0, "naive", "float64").round(4)
    array([-0.3348,  0.2447,  0.09  ])
    >>> gradient([12.0, 0.0, 0.0], 1, "naive", "float16")
    array([nan, nan, nan], dtype=float16)
    >>> gradient([12.0, 0.0, 0.0], 1, "fused", "float16")
    array([ 1.00e+00, -1.00e+00,  6.14e-06], dtype=float16)
    """
    if not isinstance(pipeline, str) or pipeline not in PIPELINES:
        raise ValueError(f"pipeline must be one of {', '.join(PIPELINES)}; got {pipeline!r}")
    return gradient_of(run(logits, target, pipeline, format))


def gradient_of(forward: Run) -> Array:
    """Return what `gradient` does, of a run that was made without a shift.

    Examples
    --------
    >>> gradient_of(run([2.0, 1.0, 0.0], 0, "naive", "float64")).round(4)
    array([-0.3348,  0.2447,  0.09  ])
    """
    rows, target = forward.rows, forward.of_target
    by: dict[str, Array] = {"loss": np.ones_like(rows["loss"])}
    with np.errstate(all="ignore"):
        go_back(by, STEPS[forward.pipeline], rows, target)
    return np.ascontiguousarray(by["logits"]).reshape(forward.steps["logits"].shape)


def go_back(
    by: Values, steps: Sequence[Step], values: Values, target: Target | tuple[slice, slice]
) -> None:
    """Hand the derivatives of the loss by some steps on to what these were computed from."""
    for step in reversed(steps):
        if step.name in by:
            came_in = (values[name] for name in step.inputs)
            handed = step.reverse(by[step.name], values[step.name], *came_in, target)
            for name, part in zip(step.inputs, handed, strict=True):
                if part is not None:
                    by[name] = by[name] + part if name in by else part
