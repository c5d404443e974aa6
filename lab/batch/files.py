"""The files that leave the page: a table, NumPy's array, a script and a notebook."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ce_core.pipelines import CauseKind
from lab.batch.account import Account
from lab.batch.records import kind_of, records
from lab.batch.script import check_size, source, written
from lab.export.files import as_notebook, as_python

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class File:
    """A kind of file: what it is called, its type, and its pieces, once all rows were added.

    `check` raises a FieldError before that, where numbers cannot be in such a file.
    """

    name: str
    media_type: str
    pieces: Callable[[Account], Iterator[bytes]]
    check: Callable[[Account], None] = lambda _: None


def _csv(account: Account) -> Iterator[bytes]:
    """Write a line for each row, with all digits of each number."""
    kind = kind_of(account)
    titles: list[str] = []
    for name in kind.names or ():
        shape = kind[name].shape
        titles += [f"{name}_{i}" for i in range(shape[0])] if shape else [name]
    yield _lines([titles])
    for part in records(account):
        yield _lines(map(_cells, part))


def _cells(record: Any) -> list[str]:
    cells: list[str] = []
    for name, value in zip(record.dtype.names, record.item(), strict=True):
        if name.startswith("cause_"):
            cells.append(CauseKind(value).name.lower())
        elif isinstance(value, np.ndarray):
            cells += map(repr, value.tolist())
        else:
            cells.append(repr(int(value) if isinstance(value, bool) else value))
    return cells


def _lines(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _npy(account: Account) -> Iterator[bytes]:
    """Write one array of records, which NumPy reads without pickles."""
    kind = kind_of(account)
    head = io.BytesIO()
    shape = (account.batch.count,)
    described = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False}
    np.lib.format.write_array_header_1_0(head, {**described, "shape": shape})
    yield head.getvalue()
    for part in records(account):
        yield part.tobytes()


def _python(account: Account) -> Iterator[bytes]:
    yield as_python(written(account), source())


def _notebook(account: Account) -> Iterator[bytes]:
    yield as_notebook(written(account), source())


FILES: Final[Mapping[str, File]] = {
    "csv": File("results.csv", "text/csv", _csv),
    "npy": File("results.npy", "application/octet-stream", _npy),
    # As numbers.py it would stand in the way of Python's own, which NumPy imports.
    "py": File("your_numbers.py", "text/x-python", _python, check_size),
    "ipynb": File("your_numbers.ipynb", "application/x-ipynb+json", _notebook, check_size),
}
"""The kinds of files, by what a request asks for."""
