"""The frame that tells what is known of a batch."""

from typing import Any

import numpy as np

from ce_core.batch import slopes
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
    """Return the gradient by the logits of the worst rows, (K, C), or nothing without targets."""
    if found.targets is None:
        return None
    batch = account.batch
    if batch.options.kind != "binary":
        return slopes(batch, found.logits, found.targets)
    yes = slopes(batch, found.logits[:, 1], found.targets, found.questions)
    return np.stack([np.zeros_like(yes), yes], axis=-1)  # of the two logits one is always 0
