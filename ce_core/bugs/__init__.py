"""Mistakes that people make with the cross-entropy, each beside its repair, on the same batch.

The functions are written to be read: plain NumPy, and no checks. They take logits of shape
(..., N, C) in the format of their case and one true class per row, and give losses of shape (...).
Where a broken loss is wrong, the arithmetic makes it so.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ce_core.bugs.case import Bug, run
from ce_core.bugs.formulas import (
    cross_entropy,
    divided_by_rows,
    divided_by_weights,
    sigmoid_first,
    softmax_twice,
    target_off_by_one,
    wrong_axis,
)
from ce_core.bugs.masks import (
    smoothing_masked,
    smoothing_unmasked,
    without_padding,
    zero_is_zero,
    zero_times_infinity,
)
from ce_core.bugs.ranges import (
    epsilon_vanishes,
    half_precision,
    log_of_softmax,
    scaled_in_time,
    scaled_too_late,
    single_precision,
    sum_in_half,
    sum_in_single,
)

__all__ = ["BUGS", "Bug", "run"]

_MASKED: Final = float("-inf")

BUGS: Final[Mapping[str, Bug]] = MappingProxyType(
    {
        # "The input is expected to contain the unnormalized logits": torch.nn.CrossEntropyLoss,
        # PyTorch 2 documentation. Probabilities differ by 1 at most, so the second softmax gives
        # the true class e / (e + C - 1) at most.
        "softmax_twice": Bug(
            ((10.0, 0.0, 0.0),), (0,), "float64", softmax_twice, cross_entropy, (0, 0), 20.0
        ),
        # Both rows are right and confident; over the rows, one can only gain what the other loses.
        "wrong_axis": Bug(
            ((4.0, 0.0, 1.0), (8.0, 1.0, 0.0)),
            (0, 0),
            "float64",
            wrong_axis,
            cross_entropy,
            (1, 0),
            10.0,
        ),
        # P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and
        # softmax functions", IMA J. Numer. Anal. 41 (2021), section 1. exp(-120) is 0 in float32.
        "log_of_softmax": Bug(
            ((-60.0, 60.0, 0.0),), (0,), "float32", log_of_softmax, cross_entropy, (0, 1), 100.0
        ),
        # P. Micikevicius et al., "Mixed Precision Training", ICLR 2018, section 3.3: softmax is to
        # read and write float16 but compute in float32. exp(12) is 2.5 times the largest float16.
        "half_precision": Bug(
            ((12.0, 3.0, 0.0),), (0,), "float16", half_precision, single_precision, (0, 0), 20.0
        ),
        # The last row is padding, and its target a placeholder.
        "all_masked_row": Bug(
            ((3.0, 1.0, 0.0), (0.5, 2.0, -1.0), (_MASKED, _MASKED, _MASKED)),
            (0, 1, 0),
            "float64",
            cross_entropy,
            without_padding,
            (0, 0),
            10.0,
        ),
        # Label smoothing: C. Szegedy et al., "Rethinking the Inception Architecture for Computer
        # Vision", CVPR 2016, section 7. Its uniform distribution is over the classes there are.
        "smoothing_masked": Bug(
            ((4.0, 1.0, _MASKED),),
            (0,),
            "float64",
            smoothing_masked,
            smoothing_unmasked,
            (0, 0),
            10.0,
        ),
        # The divisor of the mean with class weights: torch.nn.CrossEntropyLoss, PyTorch 2
        # documentation. The three rows have the same loss before they are weighted.
        "weighted_mean": Bug(
            ((2.0, 0.0, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 2.0)),
            (0, 1, 2),
            "float64",
            divided_by_rows,
            divided_by_weights,
            (2, 2),
            10.0,
        ),
        # C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 4.3.4:
        # classes that exclude each other call for the softmax, 4.3.2: two classes for the sigmoid.
        "sigmoid_first": Bug(
            ((5.0, 12.0, 0.0),), (0,), "float64", sigmoid_first, cross_entropy, (0, 1), 20.0
        ),
        "target_off_by_one": Bug(
            ((6.0, 0.0, 1.0), (0.0, 7.0, 1.0), (1.0, 0.0, 6.0)),
            (0, 1, 2),
            "float64",
            target_off_by_one,
            cross_entropy,
            (0, 0),
            10.0,
        ),
        # NumPy adds float16 in float32 and rounds the sum once: 65520 and more is inf, and 12288
        # losses add up to it from a mean of 5.33 on.
        "sum_in_half": Bug(
            ((0.0, 14.0, 0.0), (1.0, 4.0, 0.0), (5.0, 2.0, 0.0)),
            (0, 0, 1),
            "float16",
            sum_in_half,
            sum_in_single,
            (0, 1),
            20.0,
        ),
        # A guard of log as it was found too small: github.com/rwightman/efficientdet-pytorch,
        # issue 291. Half the smallest float16 is 2^-25 = 3e-8, and what lies below rounds to 0.
        "epsilon_vanishes": Bug(
            ((-9.0, 12.0, 0.0),), (0,), "float16", epsilon_vanishes, cross_entropy, (0, 1), 20.0
        ),
        # The product as written: SoftTargetCrossEntropy of github.com/huggingface/pytorch-image-
        # models, timm/loss/cross_entropy.py. Mixed targets: H. Zhang et al., "mixup: Beyond
        # Empirical Risk Minimization", ICLR 2018 (not looked up). Logits below -10 are masked.
        "zero_times_infinity": Bug(
            ((3.0, 1.0, -12.0), (0.0, 2.0, -1.0)),
            (0, 1),
            "float64",
            zero_times_infinity,
            zero_is_zero,
            (0, 2),
            20.0,
        ),
        # P. Micikevicius et al., "Mixed Precision Training", ICLR 2018, section 3.2: scale the
        # loss, so that the chain rule scales every gradient. 2^16 is where torch.amp.GradScaler
        # begins.
        "scaled_too_late": Bug(
            ((20.5, 0.0, 0.0),),
            (0,),
            "float16",
            scaled_too_late,
            scaled_in_time,
            (0, 1),
            64.0,
            16.0,
        ),
    }
)
"""The bugs by name."""
