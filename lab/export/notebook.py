"""A Jupyter notebook, written by the standard library."""

import json
from collections.abc import Iterable
from typing import Literal

Cell = tuple[Literal["markdown", "code"], str]
"""What kind of a cell it is, and its text."""


def notebook(cells: Iterable[Cell]) -> str:
    r"""Return a notebook of version 4.5 that was not run yet.

    Parameters
    ----------
    cells : iterable of (str, str)
        Each "markdown" or "code", and the text of the cell.

    Returns
    -------
    str
        JSON. The same cells make the same text: a cell's id is its place.

    References
    ----------
    "The Notebook file format", https://nbformat.readthedocs.io/en/latest/format_description.html;
    since 4.5 a cell has an id of 1 to 64 letters, digits, "-" and "_".

    Examples
    --------
    >>> written = json.loads(notebook([("markdown", "# Two"), ("code", "two = 1 + 1\nprint(two)")]))
    >>> written["nbformat"], written["nbformat_minor"]
    (4, 5)
    >>> [(cell["id"], cell["source"]) for cell in written["cells"]]
    [('cell-1', ['# Two']), ('cell-2', ['two = 1 + 1\n', 'print(two)'])]
    """
    return json.dumps(
        {
            "cells": [_cell(i, *cell) for i, cell in enumerate(cells, start=1)],
            "metadata": {
                "kernelspec": {
                    "display_name": "Python 3",
                    "language": "python",
                    "name": "python3",
                },
                "language_info": {"name": "python"},
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        },
        ensure_ascii=False,
        indent=1,
    )


def _cell(number: int, kind: str, text: str) -> dict[str, object]:
    cell: dict[str, object] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell | {"source": text.splitlines(keepends=True)}
