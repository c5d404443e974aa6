"""What the functions of the likelihood ask of probabilities and counts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ce_core._checks import Array, as_distribution, as_weight, to_float64


def probabilities_and_counts(
    probabilities: npt.ArrayLike, counts: npt.ArrayLike, axis: int
) -> tuple[Array, Array, Array]:
    given = as_distribution(probabilities, axis, "probabilities")
    first, second = alike(given, as_weight(counts, "counts"), "probabilities and counts")
    if first.shape[axis] != given.shape[axis]:  # repeated, the probabilities would sum to more
        raise ValueError(
            f"counts must have the probabilities' classes along axis {axis}; got shapes "
            f"{np.shape(counts)} and {given.shape}"
        )
    return given, first, second


def alike(a: Array, b: Array, names: str) -> tuple[Array, Array]:
    """Return two arrays of one shape, in which sums can be trusted."""
    try:
        first, second = np.broadcast_arrays(to_float64(a), to_float64(b))
    except ValueError:
        raise ValueError(
            f"{names} must have shapes that broadcast; got {a.shape} and {b.shape}"
        ) from None
    return first, second
