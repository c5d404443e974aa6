"""The kinds of files that an export is written as."""

import csv
import inspect
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from lab.export.notebook import notebook
from lab.export.parts import Export, Part
from lab.numpy_code import imports
from lab.words import say


@dataclass(frozen=True)
class Source:
    """Where an export is from: what the page is called, and the link that opens it there."""

    title: str
    link: str


@dataclass(frozen=True)
class Kind:
    """A kind of file: its type, as HTTP names it, and what writes it."""

    media_type: str
    write: Callable[[Export, Source], bytes]


def as_python(export: Export, source: Source) -> bytes:
    """Write a script that computes the results and prints them."""
    parts = _parts(export)
    head = [f'"""{say("export.python", title=source.title)}', "", source.link]
    code = "\n\n".join(f"# {part.title}\n{part.code}" for part in parts)
    text = "\n".join([*head, _needs(code), '"""', "", imports(code), "", code, ""])
    return text.encode()


def as_notebook(export: Export, source: Source) -> bytes:
    """Write a Jupyter notebook, one cell of code for each part."""
    parts = _parts(export)
    needs = _needs("\n".join(part.code for part in parts))
    first = say("export.notebook", title=source.title)
    cells: list[Any] = [("markdown", f"# {source.title}\n\n{first}\n\n`{source.link}`\n\n{needs}")]
    cells.append(("code", imports("\n".join(part.code for part in parts))))
    for part in parts:
        cells += [("markdown", f"## {part.title}"), ("code", part.code)]
    return notebook(cells).encode()


def as_csv(export: Export, _: Source) -> bytes:
    """Write a row for each number, with all its digits: its name, format, row and column."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["name", "format", "row", "column", "value"])
    for name, values in export.results.items():
        wide = np.asarray(values)
        for place, value in np.ndenumerate(wide):
            row, column = ("", "", *place)[-2:]
            lines.writerow([name, wide.dtype.name, row, column, repr(float(value))])
    return text.getvalue().encode()


def as_npz(export: Export, _: Source) -> bytes:
    """Write NumPy's archive of arrays; what NumPy cannot read by itself is stored as float32."""
    file = io.BytesIO()
    arrays = {name: _native(values) for name, values in export.results.items()}
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


KINDS: Final[Mapping[str, Kind]] = {
    "python": Kind("text/x-python", as_python),
    "notebook": Kind("application/x-ipynb+json", as_notebook),
    "csv": Kind("text/csv", as_csv),
    "npz": Kind("application/zip", as_npz),
}
"""The kinds of files, by their names in an address."""


def _parts(export: Export) -> list[Part]:
    """Return the parts with the functions before them and what prints the results at their end."""
    functions = "\n\n\n".join(map(_source, export.functions))
    shown = "\n".join(f'print("{name} =", {name})' for name in export.results)
    return [
        *([Part(say("export.functions"), functions)] if functions else []),
        *export.parts,
        Part(say("export.results"), shown),
    ]


def _needs(code: str) -> str:
    return say("export.needs_ml_dtypes" if "ml_dtypes." in code else "export.needs")


@cache  # Python finds it by reading the file
def _source(function: Callable[..., Any]) -> str:
    return inspect.getsource(function).rstrip()


def _native(values: np.ndarray) -> np.ndarray:
    array = np.asarray(values)
    return array if array.dtype.isbuiltin == 1 else array.astype(np.float32)
