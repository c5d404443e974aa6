"""The numbers and the targets of a request, read."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ce_core.batch import Options
from lab.batch.asked import Asked, Brought
from lab.batch.choices import COLUMNS
from lab.batch.classes import names_of
from lab.readers import plain
from lab.reading import Given, UnreadableError, read_file, read_targets, read_text
from lab.words import say

Array = npt.NDArray[Any]
_ROWS, _CLASSES = 200, 50  # that a table shows, in which they are edited


class FieldError(ValueError):
    """A part of a request cannot be read; `line` and `column` are 0 where no place is meant."""

    def __init__(self, field: str, text: str, line: int = 0, column: int = 0) -> None:
        super().__init__(text)
        self.field, self.line, self.column = field, line, column


@dataclass(frozen=True, eq=False)
class Numbers:
    """Logits, and their targets: int64 (N,), float64 (N, C), or None.

    `file` is the name of the logits' file, or "" for what was pasted; `column` says which of its
    columns was taken as the targets, "first", "last" or "".
    """

    given: Given
    targets: Array | None
    file: str = ""
    column: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What the classes are called."""
        return names_of(self.given.header, self.given.classes)


def read_numbers(asked: Asked) -> Numbers:
    """Read the numbers, and the targets where the options say that they are.

    Raises
    ------
    FieldError
        If one of them cannot be read.
    """
    given, file = _read("numbers", asked.numbers), asked.numbers.name
    where = asked.options.get("columns") or "auto"
    try:
        where = COLUMNS.read(where)
    except ValueError:
        raise FieldError("columns", say("numbers.expected", expected=COLUMNS.expected())) from None
    try:
        if where in ("first", "last"):
            return Numbers(*given.without(where), file, column=where)
        if where == "none":
            return Numbers(given, None, file)
    except UnreadableError as error:
        raise FieldError("columns", error.told()) from None
    if len(asked.targets.data):
        apart = _read("targets", asked.targets)
        try:
            return Numbers(given, read_targets(apart, given.count, given.classes), file)
        except UnreadableError as error:
            raise FieldError("targets", error.told()) from None
    return Numbers(given, given.targets if where == "auto" else None, file)


def _read(field: str, brought: Brought) -> Given:
    try:
        if brought.name:
            return read_file(brought.name, brought.data)
        return read_text(brought.text())
    except UnreadableError as error:
        raise FieldError(field, error.told(), error.line, error.column) from None


def as_targets(targets: Array | None, options: Options, classes: int) -> Array | None:
    """Return targets as `ce_core.batch` takes them.

    Raises
    ------
    FieldError
        If one is no class or no probability, with its row, counted from 1.
    """
    if targets is None:
        return None
    if options.kind == "binary":
        if targets.ndim == 1 and classes > 1:
            raise FieldError("targets", say("numbers.targets_cells", count=classes))
        answers = targets.reshape(len(targets), -1).astype(np.float64)
        _check(answers, (answers >= 0) & (answers <= 1), say("numbers.expected_answer"))
        return answers
    if targets.dtype.kind == "f":
        _check(targets, (targets >= 0) & np.isfinite(targets), say("numbers.expected_probability"))
        return targets
    good = (targets >= 0) & (targets < classes) | (targets == options.ignore_index)
    ignored = str(options.ignore_index).replace("-", "\u2212")
    values = {"high": classes - 1, "ignored": ignored}
    _check(targets, good, say("numbers.expected_class", **values))
    return targets


def _check(targets: Array, good: Array, expected: str) -> None:
    if not good.all():
        at = int(np.argmin(good.ravel()))
        row = at // (targets.size // len(targets)) + 1
        found = plain(targets.ravel()[at].item()).replace("-", "\u2212")
        raise FieldError(
            "targets", say("numbers.wrong_target", row=row, text=found, expected=expected)
        )


def read_head(numbers: Numbers) -> dict[str, object]:
    """Return what a frame tells of the numbers that were read."""
    given = numbers.given
    few = given.count <= _ROWS and given.classes <= _CLASSES
    rows = np.concatenate(list(given.chunks(_ROWS * _CLASSES))) if few else None
    targets = numbers.targets
    column = targets if targets is not None and targets.ndim == 1 else None
    alone = [say("numbers.no_targets")] if targets is None else []
    return {
        "rows": given.count,
        "classes": given.classes,
        "notes": [note.told() for note in given.notes] + alone,
        "dtype": given.dtype,
        "header": list(given.header),
        "table": None if rows is None else [[_written(x) for x in row] for row in rows],
        "targets": [_written(x) for x in column] if few and column is not None else None,
    }


def _written(number: Any) -> str:
    """Write a number so that it reads back in its own type.

    Examples
    --------
    >>> _written(np.float16(0.1)), _written(np.float64(2)), _written(np.int64(3))
    ('0.1', '2', '3')
    """
    return str(number).removesuffix(".0")
