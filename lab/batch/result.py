"""The frame that tells what is known of a batch."""

from typing import Any

import numpy as np

from ce_core import binary_cross_entropy_with_logits_gradient, cross_entropy_gradient
from ce_core._targets import coefficients
from ce_core.batch import Options
from lab.batch.account import Account
from lab.batch.advice import advice
from lab.batch.frames import framed
from lab.batch.histograms import histograms
from lab.batch.picture import picture
from lab.batch.summary import summary
from lab.batch.table import opens, table
from lab.batch.whole import denominator, reduced
from lab.batch.worst import Array, Worst, worst
from lab.words import say
from live.message import pack_whole
from live.parts import Columns


def result(account: Account) -> bytes:
    """Return the frame of the rows that were added so far."""
    batch, columns = account.batch, Columns()
    options = batch.options
    found = worst(batch, account.numbers.given, account.targets)
    names = account.numbers.names
    if options.kind == "binary":
        names = (say("numbers.no"), say("numbers.yes"))
    drawn = picture(found, names, batch.format, _slopes(account, found), columns)
    head: dict[str, Any] = {
        "kind": "result",
        "done": account.done,
        "of": account.of,
        "summary": summary(batch),
        "reduced": reduced(batch, columns) if batch.rows.loss else [],
        "denominator": denominator(batch, columns) if batch.rows.loss else None,
        "advice": advice(account, drawn.runs["naive"]),
        "opens": opens(found, names, batch.format),
    }
    layout = {"rows": table(found, names, drawn, columns)}
    figures = histograms(batch, columns)
    return framed(pack_whole([drawn.instrument], figures, columns, head, layout))


def _slopes(account: Account, found: Worst) -> Array | None:
    """Return the gradient of the reduced loss by the logits of the worst rows."""
    if found.targets is None:
        return None
    options = account.batch.options
    if options.kind == "binary":
        x = found.logits[:, 1]
        answers = binary_gradient(x, found.targets, found.questions, options)
        slopes = np.stack([np.zeros_like(x), answers], axis=-1)
    else:
        slopes = gradient(found.logits, found.targets, options)
    with np.errstate(all="ignore"):
        return slopes / account.batch.denominator if options.reduction == "mean" else slopes


def gradient(logits: Array, targets: Array, options: Options) -> Array:
    """Return the derivative of the sum of the losses by each logit, (n, C)."""
    z = logits.astype(np.float64)
    if targets.dtype.kind != "f":
        weight, ignored, smoothing = options.weight, options.ignore_index, options.label_smoothing
        found = cross_entropy_gradient(
            z,
            targets,
            weight=weight,
            ignore_index=ignored,
            label_smoothing=smoothing,
            reduction="sum",
        )
        return np.asarray(found)
    weights = np.ones(z.shape[-1]) if options.weight is None else np.array(options.weight)
    # Shares need not sum to 1 in PyTorch: the gradient grows with their sum.
    shares = coefficients(targets, weights, options.label_smoothing)
    total = shares.sum(axis=-1, keepdims=True)
    even = np.full_like(shares, 1 / shares.shape[-1])
    shares = np.where(total > 0, shares / np.where(total > 0, total, 1), even)
    return np.asarray(total * cross_entropy_gradient(z, shares, reduction="sum"))


def binary_gradient(x: Array, answers: Array, questions: Array, options: Options) -> Array:
    """Return the derivative of the sum of the losses by each logit of some cells."""

    def of_each(weights: tuple[float, ...] | None) -> Array:
        given = np.array(weights or (1.0,))
        return given[np.minimum(questions, len(given) - 1)]

    return np.asarray(
        binary_cross_entropy_with_logits_gradient(
            x.astype(np.float64),
            answers,
            weight=of_each(options.weight),
            pos_weight=of_each(options.pos_weight),
            reduction="sum",
        )
    )
