"""From logits to probabilities and a loss, and what floating-point arithmetic does on the way.

The functions here hold for every finite logit. `naive` has the textbook formulas under the same
names, and `likelihood` the measures of distributions. What the lab shows beside them is imported
by itself, which keeps `import ce_core` quick: `ce_core.pipelines` runs the formulas step by step
and back again, `ce_core.descent` follows the gradient, `ce_core.scenarios` names logits worth
seeing.
"""

from ce_core import likelihood, naive
from ce_core.activations import (
    log_sigmoid,
    log_softmax,
    logsumexp,
    sigmoid,
    softmax,
    softmax_jacobian,
)
from ce_core.formats import FORMATS, FloatFormat, bits, neighbours
from ce_core.losses import (
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_gradient,
    cross_entropy,
    cross_entropy_gradient,
    one_hot,
)

__all__ = [
    "FORMATS",
    "FloatFormat",
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
    "sigmoid",
    "softmax",
    "softmax_jacobian",
]
