"""The forms of the cross-entropy with a smoothed label: what each makes of it in a format."""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ce_core.descent import smoothed_target
from ce_core.formats import as_float64, lookup
from ce_core.pipelines import STEPS, Step, run_all
from ce_core.pipelines.rows import Array, Values

__all__ = ["Smoothed", "smoothed_forms"]


class Smoothed(NamedTuple):
    """What one form makes of logits (..., C), in the dtype of the format."""

    loss: Array
    """Shape (...), in nats."""
    slopes: Array
    """Shape (..., C), per unit of logit."""


def smoothed_forms(
    logits: npt.ArrayLike, target: int, format: str, label_smoothing: npt.ArrayLike = 0.0
) -> dict[str, Smoothed]:
    r"""Return the loss and its slopes through every form, computed in one format.

    Parameters
    ----------
    logits : array_like, shape (..., C)
        Real numbers, in nats; -inf masks a class.
    target : int
        The true class, 0 <= target < C.
    format : str
        A name in `ce_core.formats.FORMATS`.
    label_smoothing : array_like, shape (...), optional
        ε in [0, 1], broadcast to the logits' vectors.

    Returns
    -------
    dict
        By the names of `ce_core.pipelines.PIPELINES`.

    Raises
    ------
    TypeError
        If logits or label_smoothing are no real numbers, or target is no integer.
    ValueError
        If there is no class, the target is out of range, a smoothing is outside [0, 1] or does not
        broadcast, or the format is unknown.

    See Also
    --------
    ce_core.cross_entropy : the same for use, by the form that holds.

    Notes
    -----
    The loss is :math:`\sum_c q_c \ell_c` with :math:`\ell_c = -\ln p_c` as the form gives it for
    class c, and the slopes are its derivative by the chain rule, see `ce_core.pipelines.gradient`.
    q and every operation are rounded to the format. A class with q = 0 is left out, whatever its
    loss.

    References
    ----------
    C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016,
    section 7, which writes the smoothed loss as a sum of cross-entropies.

    Examples
    --------
    >>> forms = smoothed_forms([2.0, 1.0, 0.1], 0, "float64", 0.1)
    >>> {form: round(float(found.loss), 4) for form, found in forms.items()}
    {'naive': 0.5137, 'shifted': 0.5137, 'fused': 0.5137}
    """
    runs = run_all(logits, target, format)
    shape = as_float64(logits, "logits").shape
    smoothing = as_float64(label_smoothing, "label_smoothing")
    try:
        smoothing = np.broadcast_to(smoothing, shape[:-1])
    except ValueError:
        raise ValueError(
            f"label_smoothing must broadcast to shape {shape[:-1]}; got {smoothing.shape}"
        ) from None
    q = smoothed_target(target, shape[-1], smoothing.reshape(-1))
    q = q.astype(lookup(format).dtype, order="F")  # as the rows of a run
    found = {}
    with np.errstate(all="ignore"):
        for form, run in runs.items():
            loss, slopes = _smoothed(run.rows, STEPS[form], q)
            found[form] = Smoothed(loss.reshape(shape[:-1]), slopes.reshape(shape))
    return found


def _smoothed(rows: Values, steps: Sequence[Step], q: Array) -> tuple[Array, Array]:
    """Return the loss (N,) and the slopes (N, C) of rows with targets q (N, C)."""
    loss = np.zeros_like(rows["loss"])
    by: Values = {}
    for target, share in enumerate(q.T):
        counts = share != 0  # 0 * inf is nan, and a class that does not count is not looked at
        if counts.any():
            own = _own_steps(rows, steps, target)
            loss += np.where(counts, share * own["loss"], 0).astype(loss.dtype)
            by_class = {"loss": share}
            _go_back(by_class, [s for s in steps if s.name in own], {**rows, **own}, target)
            for name, part in by_class.items():
                if name not in own:
                    part[~counts] = 0
                    by[name] = by[name] + part if name in by else part
    _go_back(by, steps, rows, 0)
    return loss, np.ascontiguousarray(by["logits"])


def _own_steps(rows: Values, steps: Sequence[Step], target: int) -> Values:
    """Return the steps that depend on which class is the target."""
    own: Values = {}
    for step in steps:
        if "target" in step.formula or not own.keys().isdisjoint(step.inputs):
            inputs = (own.get(name, rows[name]) for name in step.inputs)
            own[step.name] = step.compute(*inputs, target)
    return own


def _go_back(by: Values, steps: Sequence[Step], values: Values, target: int) -> None:
    """Hand the derivatives of the loss, by some steps, on to what these were computed from."""
    for step in reversed(steps):
        if step.name in by:
            came_in = (values[name] for name in step.inputs)
            handed = step.reverse(by[step.name], values[step.name], *came_in, target)
            for name, part in zip(step.inputs, handed, strict=True):
                if part is not None:
                    by[name] = by[name] + part if name in by else part
