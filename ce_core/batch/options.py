"""What is asked of a batch: the options of PyTorch's two losses, with their meaning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ce_core._targets import Reduction


@dataclass(frozen=True)
class Options:
    """The options of ``torch.nn.CrossEntropyLoss``, or of ``BCEWithLogitsLoss`` if `kind` is so.

    Attributes
    ----------
    kind : {"classes", "binary"}
        One class of C is true in each row; or each of the C logits of a row is a yes/no question.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the rows; of the cells, if `kind` is "binary".
    weight : tuple of float, optional
        C numbers, finite and not negative: of each class, or of each of the C questions.
    ignore_index : int
        Rows with this target are left out, whatever they hold. It has no meaning for target
        probabilities and yes/no questions.
    label_smoothing : float
        ε in [0, 1]: the target is mixed with equal probabilities. 0 for yes/no questions, which
        have none in PyTorch.
    pos_weight : tuple of float, optional
        C numbers, finite and not negative: the weight of the answer yes. None for classes.

    Raises
    ------
    ValueError
        If an option is not as above. How many weights there have to be is asked by `Batch`.

    References
    ----------
    ``torch.nn.CrossEntropyLoss`` and ``torch.nn.BCEWithLogitsLoss``, PyTorch 2 documentation.

    Examples
    --------
    >>> Options(weight=(20.0, 10.0)).reduction
    'mean'
    >>> Options(label_smoothing=2.0)
    Traceback (most recent call last):
        ...
    ValueError: label_smoothing must be a number in [0, 1]; got 2.0
    """

    kind: Literal["classes", "binary"] = "classes"
    reduction: Reduction = "mean"
    weight: tuple[float, ...] | None = None
    ignore_index: int = -100
    label_smoothing: float = 0.0
    pos_weight: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("classes", "binary"):
            raise ValueError(f"kind must be classes or binary; got {self.kind!r}")
        if self.reduction not in ("mean", "sum", "none"):
            raise ValueError(f"reduction must be mean, sum or none; got {self.reduction!r}")
        if not 0 <= self.label_smoothing <= 1:
            raise ValueError(
                f"label_smoothing must be a number in [0, 1]; got {self.label_smoothing}"
            )
        if self.kind == "binary" and self.label_smoothing:
            raise ValueError(f"label_smoothing must be 0 for binary; got {self.label_smoothing}")
        if self.kind == "classes" and self.pos_weight is not None:
            raise ValueError(f"pos_weight must be None for classes; got {self.pos_weight}")
        _check_weights(self.weight, "weight")
        _check_weights(self.pos_weight, "pos_weight")


def _check_weights(weights: Sequence[float] | None, name: str) -> None:
    for number in weights or ():
        if not (math.isfinite(number) and number >= 0):
            raise ValueError(f"{name} must be finite and not negative; got {number}")
