"""Ways from logits to the cross-entropy, step by step in one format, and where digits go."""

from ce_core.pipelines.backward import gradient, gradient_of
from ce_core.pipelines.budget import Budget
from ce_core.pipelines.cause import Cause
from ce_core.pipelines.events import EventKind, find_events
from ce_core.pipelines.forward import Run, run, run_all, run_formats
from ce_core.pipelines.further import AVOIDED_BY, FURTHER, PIPELINES, STEPS
from ce_core.pipelines.kinds import CauseKind
from ce_core.pipelines.numpy_warnings import WARNINGS
from ce_core.pipelines.steps import Step

__all__ = [
    "AVOIDED_BY",
    "FURTHER",
    "PIPELINES",
    "STEPS",
    "WARNINGS",
    "Budget",
    "Cause",
    "CauseKind",
    "EventKind",
    "Run",
    "Step",
    "find_events",
    "gradient",
    "gradient_of",
    "run",
    "run_all",
    "run_formats",
]
