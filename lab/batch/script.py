"""The Python that makes a batch's numbers again, with NumPy alone."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ce_core.batch import Batch, Options
from ce_core.pipelines import PIPELINES
from lab.batch.account import Account
from lab.batch.brought import FieldError
from lab.export.files import Source
from lab.export.forms import as_function
from lab.export.parts import Export, Part
from lab.numpy_code import dtype_code
from lab.words import say

Array = npt.NDArray[Any]
MOST: Final = 10_000  # numbers that are written into a file
_NATIVE: Final = ("float16", "float32", "float64")


def source() -> Source:
    """Return where the numbers are from."""
    return Source(say("numbers.title"), "/numbers")


def check_size(account: Account) -> None:
    """Refuse numbers that are too many for a file and are in none that NumPy reads.

    Raises
    ------
    FieldError
        If they are.
    """
    numbers = account.numbers
    size = numbers.given.count * numbers.given.classes
    too_many = size > MOST and not _loads(account)
    # Targets that are no column of the file are written into it.
    apart = numbers.targets is not None and not _column(account) and numbers.targets.size > MOST
    if too_many or apart:
        raise FieldError("numbers", say("numbers.file_many", most=MOST))


def _loads(account: Account) -> bool:
    """Say whether a script can read the numbers from the visitor's own file."""
    return account.numbers.file.endswith(".npy") and account.numbers.given.dtype in _NATIVE


def _column(account: Account) -> str:
    """Return which column of that file has the targets, "first" or "last", or ""."""
    return account.numbers.column if _loads(account) else ""


def written(account: Account) -> Export:
    """Return the parts of the script, and the numbers that they come to.

    Each form is a function of one row, made of the formulas of its steps: what NumPy makes of a row
    alone is what the batch has, to the last bit.
    """
    batch = account.batch
    options = batch.options
    parts = [Part(say("export.given"), _given(account)), Part(say("export.forms"), _forms())]
    results: dict[str, Array] = {"predicted": batch.rows.predicted}
    if batch.rows.loss:
        parts.append(Part(say("numbers.file_losses"), _losses(account)))
        results |= {f"losses_{form}": losses for form, losses in batch.rows.loss.items()}
        if options.reduction != "none":
            parts.append(Part(say("numbers.file_reduced"), _reduced(options)))
            results |= {f"reduced_{form}": batch.reduced(form) for form in PIPELINES}
        if options.reduction == "mean":
            results["denominator"] = np.asarray(batch.denominator)
    return Export(parts, results)


def _forms() -> str:
    return "\n\n\n".join(as_function(form) for form in PIPELINES)


def _given(account: Account) -> str:
    """Return the lines that leave `given`, `targets`, `logits` and `predicted`."""
    numbers, targets = account.numbers, account.targets
    lines = ['np.seterr(all="ignore")  # what breaks is what there is to see']
    if numbers.given.count * numbers.given.classes > MOST:
        lines += _loaded(account)
    else:
        lines.append(f"given = {_array(_all(account))}")
        if targets is not None:
            lines.append(f"targets = {_array(targets)}")
    if account.batch.options.kind == "binary":
        lines.append("given = np.stack([np.zeros(given.size), given.ravel()], axis=-1)  # no, yes")
    return "\n".join(
        [
            *lines,
            f"dtype = np.dtype({dtype_code(account.batch.format)})",
            "logits = given.astype(dtype)",
            "unclear = np.isnan(given).any(axis=-1) | np.isneginf(given.max(axis=-1))",
            "predicted = np.where(unclear, -1, given.argmax(axis=-1))",
        ]
    )


def _all(account: Account) -> Array:
    return np.concatenate([rows.astype(np.float64) for rows in account.numbers.given.chunks(MOST)])


def _loaded(account: Account) -> list[str]:
    """Return the lines that read the numbers from the visitor's own file."""
    numbers, column = account.numbers, _column(account)
    classes = numbers.given.classes
    lines = [f"numbers = np.load({numbers.file!r}).astype(np.float64)  # your own file"]
    if column:
        kept, taken = ("1:", "0") if column == "first" else (":-1", "-1")
        lines.append(f"given, targets = numbers[:, {kept}], numbers[:, {taken}].astype(np.int64)")
    else:
        if len(numbers.given.shape) > 2:
            lines.append("numbers = np.moveaxis(numbers, 1, -1)")
        lines.append(f"given = numbers.reshape(-1, {classes})")
        if account.targets is not None:
            lines.append(f"targets = {_array(account.targets)}")
    return lines


def _array(values: Array) -> str:
    """Write an array so that it reads back to the last bit."""
    written = repr(values.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
    return f"np.array({written})"


def _losses(account: Account) -> str:
    """Return the lines that leave the losses of each form."""
    batch, targets = account.batch, account.targets
    if batch.options.kind == "binary":
        lines = [*_of_cells(batch), *_OF_SHARES]
    elif batch.options.label_smoothing or (targets is not None and targets.dtype.kind == "f"):
        lines = [*_of_shares(batch, targets), *_OF_SHARES]
    else:
        lines = [*_of_classes(batch), *_OF_CLASSES]
    return "\n".join([*lines, *(f"losses_{form} = of_rows({form})" for form in PIPELINES)])


def _of_classes(batch: Batch) -> list[str]:
    weight = np.array(batch.options.weight or (1.0,) * batch.classes)
    return [
        f"weight = {_array(weight)}",
        f"counted = targets != {batch.options.ignore_index}",
        "true = np.where(counted, targets, 0)",
        "part = np.where(counted, weight[true], 0.0)",
    ]


def _of_shares(batch: Batch, targets: Array | None) -> list[str]:
    """Return the lines that leave what each class counts, in a type that they are given."""
    if targets is not None and targets.dtype.kind == "f":
        weight = np.array(batch.options.weight or (1.0,) * batch.classes)
        lines = [
            f"weight = {_array(weight)}",
            "counted, part = np.full(len(given), True), np.ones(len(given))",
            "true = targets.argmax(axis=-1)",
        ]
        shares = "targets"
    else:
        lines, shares = _of_classes(batch), "np.eye(given.shape[-1])[true]"
    body = [f"shares = {shares}.astype(kind)"]
    if batch.options.label_smoothing:
        e = repr(batch.options.label_smoothing)
        even = f"np.asarray({e} / given.shape[-1], kind)"
        body.append(f"shares = np.asarray(1 - {e}, kind) * shares + {even}")
    body.append(_times("shares", "weight"))
    return [*lines, *_function(body, "shares")]


def _of_cells(batch: Batch) -> list[str]:
    options = batch.options
    body = [f"yes = targets.reshape(-1, {batch.classes}).astype(kind)", "no = 1 - yes"]
    if options.pos_weight is not None:
        body.append(_times("yes", _array(np.array(options.pos_weight))))
    if options.weight is not None:
        weight = _array(np.array(options.weight))
        body += [_times("yes", weight), _times("no", weight)]
    return [
        "counted, part = np.full(len(given), True), np.ones(len(given))",
        "true = (targets.ravel() > 0.5).astype(np.int64)",
        *_function(body, "np.stack([no.ravel(), yes.ravel()], axis=-1)"),
    ]


def _times(name: str, weight: str) -> str:
    return f"{name} = np.where({name} != 0, {weight}.astype(kind) * {name}, 0).astype(kind)"


def _function(body: Sequence[str], result: str) -> list[str]:
    lines = [f"    {line}" for line in (*body, f"return {result}")]
    return ["", "", "def coefficients(kind):", *lines]


_OF_CLASSES: Final = (
    "",
    "",
    "def of_rows(form):",
    "    losses = np.array([form(z, t) for z, t in zip(logits, true)], dtype)",
    "    losses = weight.astype(dtype)[true] * losses",
    "    losses[~counted] = 0",
    "    return losses",
    "",
    "",
)
_OF_SHARES: Final = (
    "",
    "",
    "def of_rows(form):",
    "    losses = []",
    "    rows = zip(logits, true, coefficients(dtype), coefficients(np.float64))",
    "    for z, t, share, exact in rows:",
    "        if np.count_nonzero(exact) > 1:",
    "            each = np.array([form(z, k) for k in range(len(z))], dtype)",
    "            losses.append(np.sum(np.where(share != 0, share * each, 0).astype(dtype)))",
    "        else:  # one class counts",
    "            k = np.argmax(exact) if exact.any() else t",
    "            losses.append(share[k] * form(z, k))",
    "    losses = np.array(losses, dtype)",
    "    losses[~counted] = 0",
    "    return losses",
    "",
    "",
)


def _reduced(options: Options) -> str:
    """Return the lines that leave the reduced losses."""
    if options.reduction == "sum":
        return "\n".join(f"reduced_{form} = losses_{form}.sum()" for form in PIPELINES)
    return "\n".join(
        [
            "denominator = part.sum()",
            "divisor = np.asarray(denominator or np.nan).astype(dtype)",
            *(f"reduced_{form} = losses_{form}.sum() / divisor" for form in PIPELINES),
        ]
    )
