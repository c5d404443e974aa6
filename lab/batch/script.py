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
    batch = account.batch
    lines = _cells(batch, account) if batch.options.kind == "binary" else _classes(batch, account)
    each = [f"losses_{form} = of_rows({form})" for form in PIPELINES]
    return "\n".join([*lines, "", "", *each])


def _classes(batch: Batch, account: Account) -> list[str]:
    options = batch.options
    soft = account.targets is not None and account.targets.dtype.kind == "f"
    weight = _array(np.array(options.weight or (1.0,) * batch.classes))
    lines = [f"weight = {weight}"]
    if soft:
        lines += ["counted = np.full(len(given), True)", "part = np.ones(len(given))"]
        shares = "targets"
    else:
        lines += [
            f"counted = targets != {options.ignore_index}",
            "true = np.where(counted, targets, 0)",
            "part = np.where(counted, weight[true], 0.0)",
        ]
        shares = "np.eye(given.shape[-1])[true]"
    if not soft and not options.label_smoothing:
        return [*lines, *_of_true("weight.astype(dtype)[true]")]
    lines.append(f"shares = {shares}.astype(dtype)")
    if options.label_smoothing:
        e = repr(options.label_smoothing)
        lines.append(
            f"shares = np.asarray(1 - {e}, dtype) * shares"
            f" + np.asarray({e} / given.shape[-1], dtype)"
        )
    return [*lines, _times("shares", "weight.astype(dtype)"), *_of_all()]


def _cells(batch: Batch, account: Account) -> list[str]:
    options = batch.options
    shape = f"(-1, {batch.classes})"
    lines = [
        "counted = np.full(len(given), True)",
        "part = np.ones(len(given))",
        f"yes = targets.reshape{shape}.astype(dtype)",
        "no = 1 - yes",
    ]
    if options.pos_weight is not None:
        lines.append(_times("yes", f"{_array(np.array(options.pos_weight))}.astype(dtype)"))
    if options.weight is not None:
        weight = f"{_array(np.array(options.weight))}.astype(dtype)"
        lines += [_times("yes", weight), _times("no", weight)]
    lines.append("shares = np.stack([no.ravel(), yes.ravel()], axis=-1)")
    if account.targets is not None and np.isin(account.targets, (0, 1)).all():
        lines.append("true = targets.ravel().astype(np.int64)")
        return [*lines, *_of_true("shares[np.arange(len(true)), true]")]
    return [*lines, *_of_all()]


def _times(name: str, weight: str) -> str:
    return f"{name} = np.where({name} != 0, {weight} * {name}, 0).astype(dtype)"


def _of_true(weights: str) -> Sequence[str]:
    return (
        "",
        "",
        "def of_rows(form):",
        "    losses = np.array([form(z, t) for z, t in zip(logits, true)], dtype)",
        f"    losses = {weights} * losses",
        "    losses[~counted] = 0",
        "    return losses",
    )


def _of_all() -> Sequence[str]:
    return (
        "",
        "",
        "def of_rows(form):",
        "    losses = []",
        "    for z, share in zip(logits, shares):",
        "        each = np.array([form(z, t) for t in range(len(z))], dtype)",
        "        losses.append(np.sum(np.where(share != 0, share * each, 0).astype(dtype)))",
        "    losses = np.array(losses, dtype)",
        "    losses[~counted] = 0",
        "    return losses",
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
