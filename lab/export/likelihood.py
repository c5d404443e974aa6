"""What leaves the page of the likelihood: products in each format, sums of logs, and entropies."""

from collections.abc import Sequence

import numpy as np

from ce_core.likelihood import (
    cross_entropy,
    entropy,
    kl_divergence,
    likelihood_and_underflow,
    multinomial_likelihood,
    multinomial_log_likelihood,
    observation_order,
    running_product,
)
from lab.export import plain
from lab.export.parts import Export, Part
from lab.numpy_code import array_code, dtype_code
from lab.settings import Settings
from lab.words import say


def of_observations(
    settings: Settings,
    counts: Sequence[int],
    model: Sequence[float],
    came: int,
    formats: Sequence[str],
    limit: int,
) -> Export:
    """Return what a model makes of how often each class was seen, and of the first that came.

    In each of the formats the observations are multiplied, `limit` at most to see where they are 0.
    """
    seen = np.array(counts)
    p = np.array(model) / np.sum(model)
    observed = seen / seen.sum()
    log_likelihood = multinomial_log_likelihood(p, seen)
    with np.errstate(divide="ignore"):
        logs = np.log(p[observation_order(seen, came)])
    sums = {
        "cross_entropy": cross_entropy(observed, p),
        "entropy": entropy(observed),
        "kl": kl_divergence(observed, p),
    }
    products: dict[str, np.ndarray] = {}
    for name, found in likelihood_and_underflow(p, seen, formats, limit).items():
        products |= dict(zip((f"product_{name}", f"zero_at_{name}"), found, strict=True))
    given = [f"names = {list(settings.names)!r}", f"counts = {array_code(counts)}"]
    given += [f"model = {array_code(model)}", "model = model / model.sum()"]
    return Export(
        [
            Part(say("export.given"), "\n".join(given)),
            Part(say("export.entropies"), _SUMS),
            Part(
                say("export.came"),
                f"came = {came}\n"
                f"factors = model[observation_order(counts, came)]\n"
                f"product = np.multiply.accumulate(factors.astype("
                f"{dtype_code(settings.format)}))[-1]\n"
                f"sum_of_logs = np.add.accumulate(np.log(factors))[-1]",
            ),
            Part(
                say("export.observed"),
                f"order = observation_order(counts, max(counts.sum(), {limit}))",
            ),
            *(_product(name, limit) for name in formats),
        ],
        {
            "counts": seen,
            "model": p,
            "observed": observed,
            "likelihood": multinomial_likelihood(p, seen),
            "log_likelihood": log_likelihood,
            **sums,
            **{f"{name}_bits": nats / np.log(2) for name, nats in sums.items()},
            "bits_in_all": 0 - log_likelihood / np.log(2),
            "product": running_product(p, seen, settings.format, came)[-1],
            "sum_of_logs": np.cumsum(logs)[-1],
            **products,
        },
        (plain.times_log, plain.kl_divergence, plain.observation_order),
    )


_SUMS = """\
observed = counts / counts.sum()
likelihood = np.prod(model**counts)
log_likelihood = times_log(counts, model).sum()
cross_entropy = (0 - times_log(observed, model)).sum()
entropy = (0 - times_log(observed, observed)).sum()
kl = kl_divergence(observed, model)
cross_entropy_bits, entropy_bits, kl_bits = (
    nats / np.log(2) for nats in (cross_entropy, entropy, kl)
)
bits_in_all = 0 - log_likelihood / np.log(2)"""


def _product(name: str, limit: int) -> Part:
    lines = [
        f"products = np.multiply.accumulate(model.astype({dtype_code(name)})[order])",
        f"product_{name} = products[counts.sum() - 1]",
        f"zeros = np.flatnonzero(products[:{limit}] == 0)",
        f"zero_at_{name} = zeros[0] + 1 if zeros.size else 0",
    ]
    return Part(dtype_code(name), "\n".join(lines))
