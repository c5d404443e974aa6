"""Named logit vectors, each with the floating-point effect that it must show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ce_core.pipelines import CauseKind


@dataclass(frozen=True)
class Scenario:
    """A picture worth opening.

    Attributes
    ----------
    logits : tuple of float
    target : int
        The true class.
    format : str
        A name in `ce_core.formats.FORMATS`.
    effect : mapping
        What `Run.broke` of `ce_core.pipelines.run` is, for each pipeline.
    shift : float
        The constant that is added to every logit.
    reach : int
        The sliders reach from -reach to reach.
    """

    logits: tuple[float, ...]
    target: int
    format: str
    effect: Mapping[str, CauseKind]
    shift: float = 0.0
    reach: int = 10


def _effect(naive: CauseKind, shifted: CauseKind, fused: CauseKind) -> Mapping[str, CauseKind]:
    return MappingProxyType({"naive": naive, "shifted": shifted, "fused": fused})


_NOTHING: Final = CauseKind.NONE

SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        "everyday": Scenario((2.0, 1.0, 0.1), 0, "float32", _effect(_NOTHING, _NOTHING, _NOTHING)),
        "over_89": Scenario(
            (95.0, 94.0, 92.0),
            0,
            "float32",
            _effect(CauseKind.EXP_OVERFLOW, _NOTHING, _NOTHING),
            reach=100,
        ),
        "over_89_half": Scenario(
            (95.0, 94.0, 92.0),
            0,
            "float16",
            _effect(CauseKind.EXP_OVERFLOW, _NOTHING, _NOTHING),
            reach=100,
        ),
        # exp(88.5) is 0.8 times the largest float32.
        "sum_overflow": Scenario(
            (88.5, 88.5, 88.5),
            0,
            "float32",
            _effect(CauseKind.SUM_OVERFLOW, _NOTHING, _NOTHING),
            reach=100,
        ),
        "very_negative": Scenario(
            (-800.0, -801.0, -802.0),
            0,
            "float32",
            _effect(CauseKind.SUM_UNDERFLOW, _NOTHING, _NOTHING),
            reach=1000,
        ),
        # No exp overflows, and the target's exp is no 0; its share of the sum is 8e-53.
        "confidently_wrong": Scenario(
            (-60.0, 60.0, 0.0),
            0,
            "float32",
            _effect(CauseKind.PROBABILITY_UNDERFLOW, CauseKind.PROBABILITY_UNDERFLOW, _NOTHING),
            reach=100,
        ),
        # The loss is 4e-9; next to 1 that is less than half the distance between two float32.
        "confidently_right": Scenario(
            (20.0, 0.0, 0.0),
            0,
            "float32",
            _effect(_NOTHING, _NOTHING, _NOTHING),
            reach=100,
        ),
        "tie": Scenario((1.0, 1.0, 1.0), 0, "float32", _effect(_NOTHING, _NOTHING, _NOTHING)),
    }
)
"""The scenarios by name."""

LAB: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        # exp(12) is 2.5 times the largest float16; 12 itself is far from it.
        "exp_overflow": Scenario(
            (12.0, 11.0, 10.0),
            0,
            "float16",
            _effect(CauseKind.EXP_OVERFLOW, _NOTHING, _NOTHING),
            reach=100,
        ),
        "sum_overflow": SCENARIOS["sum_overflow"],
        # Every exp is 0, and so is their sum.
        "zero_by_zero": SCENARIOS["very_negative"],
        "log_of_zero": SCENARIOS["confidently_wrong"],
        "all_masked": Scenario(
            (-math.inf, -math.inf, -math.inf),
            0,
            "float32",
            _effect(CauseKind.ALL_MASKED, CauseKind.ALL_MASKED, CauseKind.ALL_MASKED),
        ),
        # float8_e4m3fn ends at 448 and has no infinity: exp(7) = 1097 becomes nan at once.
        "no_infinity": Scenario(
            (7.0, 1.0, 0.0),
            1,
            "float8_e4m3fn",
            _effect(CauseKind.EXP_OVERFLOW, _NOTHING, _NOTHING),
        ),
        "lost_digit": SCENARIOS["confidently_right"],
        # 20.06 and 20 are the same bfloat16, whose numbers near 20 lie 0.125 apart.
        "stored_alike": Scenario(
            (20.06, 20.0, 0.0),
            0,
            "bfloat16",
            _effect(_NOTHING, _NOTHING, _NOTHING),
            reach=100,
        ),
    }
)
"""One scenario for each kind of failure, in the format where it shows."""

ALL_SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType({**LAB, **SCENARIOS})
