"""From logits to probabilities and a loss, and what floating-point arithmetic does on the way.

`naive` holds the textbook formulas under the names used here, `likelihood` the measures of
distributions, and `ce_core.exact`, to be imported by itself, the same quantities to 50 digits.
"""

from ce_core import likelihood, naive
from ce_core.activations import log_sigmoid, log_softmax, logsumexp, sigmoid, softmax
from ce_core.cause import Cause, CauseKind
from ce_core.formats import FORMATS, FloatFormat, bits, neighbours
from ce_core.losses import (
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_gradient,
    cross_entropy,
    cross_entropy_gradient,
    one_hot,
)
from ce_core.scenarios import SCENARIOS, Scenario
from ce_core.sweep import Sweep, sweep
from ce_core.trace import PIPELINES, Run, Trace, run, trace

__all__ = [
    "FORMATS",
    "PIPELINES",
    "SCENARIOS",
    "Cause",
    "CauseKind",
    "FloatFormat",
    "Run",
    "Scenario",
    "Sweep",
    "Trace",
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_gradient",
    "bits",
    "cross_entropy",
    "cross_entropy_gradient",
    "likelihood",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "naive",
    "neighbours",
    "one_hot",
    "run",
    "sigmoid",
    "softmax",
    "sweep",
    "trace",
]
