"""The forms of the cross-entropy with a smoothed label: what each makes of it in a format."""

# ruff: noqa: A002 - "format" is the word for it; no function here needs the builtin.

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ce_core.descent import smoothed_target
from ce_core.formats import as_float64, lookup
from ce_core.pipelines import STEPS, run_all
from ce_core.pipelines.rows import Array
from ce_core.pipelines.soft import of_every_class, slopes, weighted_sum

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
    q and every operation are rounded to the format, and the sum is np.sum's. A class with q = 0 is
    left out, whatever its loss.

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
            own = of_every_class(run.rows, STEPS[form])
            loss = weighted_sum(own["loss"], q)
            by_logit = np.ascontiguousarray(slopes(run.rows, own, STEPS[form], q))
            found[form] = Smoothed(loss.reshape(shape[:-1]), by_logit.reshape(shape))
    return found
