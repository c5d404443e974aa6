"""Functions of the core in plain NumPy, to be read in a file that needs nothing of the lab.

They check nothing and take one vector, or an axis where they name one. What each computes is what
the function of its name in `ce_core` does, to the last bit; the reasons stand there.
"""

# NumPy declares that its reductions return Any; a conversion for its sake would hide the formula.
# mypy: disable-error-code="no-any-return"

import numpy as np


def one_hot(target: np.ndarray, classes: int, dtype: type = float) -> np.ndarray:
    """Return 1 for the class of each target, and 0 for the others."""
    return (target[..., None] == np.arange(classes)).astype(dtype)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), with an exp that never overflows."""
    wide = x.astype(np.float64)
    e = np.exp(-np.abs(wide))
    return np.where(wide < 0, e - e * e / (1 + e), 1 / (1 + e)).astype(x.dtype)


def log_sigmoid(x: np.ndarray) -> np.ndarray:
    """Return the log of the sigmoid without taking the log of a probability."""
    wide = x.astype(np.float64)
    return (np.minimum(wide, 0) - np.log1p(np.exp(-np.abs(wide)))).astype(x.dtype)


def softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return exp(z - max) over its sum; narrow formats are computed in float32."""
    z = logits.astype(np.float32) if logits.itemsize < 4 else logits
    exp = np.exp(z - z.max(axis, keepdims=True))
    return (exp / exp.sum(axis, keepdims=True)).astype(logits.dtype)


def log_softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return z - max - log1p(the sum of the other exponentials)."""
    z = logits.astype(np.float32) if logits.itemsize < 4 else logits
    place = z.argmax(axis, keepdims=True)
    largest = np.take_along_axis(z, place, axis)
    exp = np.exp(z - largest)
    np.put_along_axis(exp, place, 0, axis)
    log_sum = np.log1p(exp.sum(axis, keepdims=True))
    log_p = z - largest - np.where(np.isfinite(largest), log_sum, 0)
    return log_p.astype(logits.dtype)


def accurate_softmax(logits: np.ndarray) -> np.ndarray:
    """Return the softmax in float64, with the rounding error of z - max given back to exp."""
    z = logits.astype(np.float64)
    place = z.argmax()
    largest = z[place]
    shifted = z - largest
    minus_largest = shifted - z
    lost = z - (shifted - minus_largest) - (minus_largest + largest)
    exp = np.exp(shifted)
    exp += exp * np.where(np.isfinite(lost), lost, 0)
    exp[place] = 0
    total = 1 + exp.sum() if np.isfinite(largest) else np.nan
    exp[place] = 1
    return exp / total


def softmax_jacobian(logits: np.ndarray) -> np.ndarray:
    """Return by how much p_i (row) changes per unit of z_j (column): p_i ([i = j] - p_j)."""
    p = accurate_softmax(logits)
    diagonal = np.eye(len(p), dtype=bool)
    others = np.where(diagonal, 0, p).sum(-1, keepdims=True)
    return (p[:, None] * np.where(diagonal, others, 0 - p)).astype(logits.dtype)


def less_target(p: np.ndarray, q: np.ndarray, target: int) -> np.ndarray:
    """Return p - q; where p of the true class is near 1, its entry is minus the sum of the rest."""
    rest = p - q
    rest[target] = 0
    rest[target] = 0 - rest.sum() if p[target] > 0.5 else p[target] - q[target]
    return rest


def descend(logits: np.ndarray, q: np.ndarray, target: int, rate: float, steps: int) -> np.ndarray:
    """Return the logits before and after each step of z = z - rate * (softmax(z) - q)."""
    path = [logits]
    for _ in range(steps):
        z = path[-1]
        exp = np.exp(z - z.max())
        p = exp / np.add.accumulate(exp)[-1]
        pull = p - q
        pull[target] = 0
        rest = np.add.accumulate(pull)[-1]
        pull[target] = 0 - rest if p[target] > 0.5 else p[target] - q[target]
        path.append(z - rate * pull)
    return np.array(path)


def times_log(weights: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return weights * log(p), with 0 log 0 = 0."""
    return np.multiply(weights, np.log(p), out=np.zeros(len(p)), where=weights != 0)


def kl_divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return the sum of p log(p / q); near 1 the log of the ratio is log1p((p - q) / q)."""
    ratio = p / q
    logs = np.select(
        [(ratio >= 0.5) & (ratio <= 2), np.isfinite(ratio)],
        [np.log1p((p - q) / q), np.log(ratio)],
        np.log(p) - np.log(q),
    )
    return np.multiply(p, logs, out=np.zeros(len(p)), where=p != 0).sum()


def observation_order(counts: np.ndarray, length: int) -> list[int]:
    """Return the classes of the observations: always the one that is furthest behind its share."""
    due, order = np.zeros(len(counts)), []
    for _ in range(length):
        due += counts
        order.append(int(due.argmax()))
        due[order[-1]] -= counts.sum()
    return order


def weighted(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return weights * values; what has no weight is not looked at, be it infinite."""
    return np.multiply(weights, values, out=np.zeros_like(values), where=weights != 0)
