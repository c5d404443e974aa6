"""What is told of each row, as records: for a table, and for NumPy."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ce_core.batch import slopes
from ce_core.pipelines import PIPELINES
from lab.batch.account import CHUNK, Account

Array = npt.NDArray[Any]
_MOST_SLOPES = 1_000_000  # numbers of the gradient that go into a file


def kind_of(account: Account) -> np.dtype[Any]:
    """Return the type of a record.

    Losses are in float64, which holds every number of the format. The gradient of the reduced loss
    by the logits, of a row or of a cell, is there where it has at most a million numbers.
    """
    batch = account.batch
    binary = batch.options.kind == "binary"
    fields: list[Any] = [("row", "i8"), *([("question", "i8")] if binary else [])]
    fields += [("predicted", "i4"), ("counted", "?"), ("right", "?"), ("part", "f8")]
    rows = batch.rows
    fields += [(f"loss_{form}", "f8") for form in PIPELINES if form in rows.loss]
    fields += [("exact", "f8")] if rows.loss else []
    fields += [(f"ulps_{form}", "f8") for form in PIPELINES if form in rows.ulps]
    fields += [(f"cause_{form}", "i1") for form in PIPELINES if form in rows.kind]
    if rows.loss and account.of * batch.classes <= _MOST_SLOPES:
        fields.append(("gradient", "f8", () if binary else (batch.classes,)))
    return np.dtype(fields)


def records(account: Account) -> Iterator[Array]:
    """Yield the records of all rows, some at a time; all have been added."""
    batch, kind, start = account.batch, kind_of(account), 0
    each = batch.classes if batch.options.kind == "binary" else 1
    names = set(kind.names or ())
    for logits in account.numbers.given.chunks(CHUNK):
        here = slice(start * each, (start + len(logits)) * each)
        found = np.zeros(len(logits) * each, kind)
        found["row"] = np.repeat(np.arange(start, start + len(logits)), each) + 1
        if "question" in names:
            found["question"] = np.tile(np.arange(each), len(logits))
        for name in ("predicted", "counted", "right", "part", "exact"):
            if name in names:
                found[name] = getattr(batch.rows, name)[here]
        for field, of_forms in (
            ("loss", batch.rows.loss),
            ("ulps", batch.rows.ulps),
            ("cause", batch.rows.kind),
        ):
            for form, array in of_forms.items():
                found[f"{field}_{form}"] = array[here]
        if "gradient" in names:
            found["gradient"] = _slopes(account, logits, slice(start, start + len(logits)))
        start += len(logits)
        yield found


def _slopes(account: Account, logits: Array, here: slice) -> Array:
    targets, batch = account.targets, account.batch
    if targets is None:
        raise ValueError("targets must be there; got none")
    if batch.options.kind != "binary":
        return slopes(batch, logits, targets[here])
    questions = np.tile(np.arange(batch.classes), len(logits))
    return slopes(batch, logits.ravel(), targets[here].ravel(), questions)
