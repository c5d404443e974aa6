"""From the likelihood of observations to the cross-entropy between distributions.

N independent observations of C classes, n_j of class j, have under a model with probabilities p_j
the likelihood prod_j p_j ** n_j. (The multinomial distribution has a factor N! / prod n_j! before
it, the number of orders, which does not depend on the model.) Minus its log, divided by N, is the
cross-entropy between the observed frequencies n_j / N and the model. The product leaves a
floating-point format after a few hundred factors, if not sooner; the sum of logs does not.
"""

from ce_core.likelihood.distributions import (
    cross_entropy,
    entropy,
    kl_divergence,
    multinomial_likelihood,
    multinomial_log_likelihood,
)
from ce_core.likelihood.products import (
    likelihood_and_underflow,
    observation_order,
    rounded_likelihood,
    running_product,
    underflow_count,
)

__all__ = [
    "cross_entropy",
    "entropy",
    "kl_divergence",
    "likelihood_and_underflow",
    "multinomial_likelihood",
    "multinomial_log_likelihood",
    "observation_order",
    "rounded_likelihood",
    "running_product",
    "underflow_count",
]
