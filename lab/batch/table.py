"""The table of the worst rows, a line for each of them, and the links that open them in the lab."""

from urllib.parse import urlencode

import numpy as np

from ce_core.pipelines import PIPELINES
from lab.batch.picture import Picture
from lab.batch.whole import COUNT, EXACT
from lab.batch.worst import Array, Worst
from lab.controls import narrow
from lab.distance import mark
from lab.parameters import MAX_CLASSES, written
from lab.readers import LARGEST
from lab.verdict import LOSS
from lab.words import say
from live.parts import Cell, Columns, Sentence

PAGE = "pipeline"  # the lesson in which a row opens


def table(
    found: Worst, names: tuple[str, ...], drawn: Picture, columns: Columns
) -> dict[str, object]:
    """Return the head of the table, and the cells that are looked up at each position."""
    run = drawn.runs["naive"]
    is_cell = len(names) == 2 and bool(found.questions.any())
    cells: list[tuple[str, Cell | Sentence]] = [
        (say("numbers.row"), _number("row", found.numbers + 1, columns))
    ]
    if is_cell:
        cells.append((say("numbers.question"), _number("question", found.questions, columns)))
    for form in PIPELINES if found.rows.loss else ():
        column = columns.add(f"loss_{form}", narrow(found.rows.loss[form][None], run.format))
        cells.append((say(f"pipeline.loss_{form}"), Cell(column, LOSS)))
    if found.rows.loss:
        exact = columns.add("exact", found.rows.exact[None])
        cells.append((say("numbers.exact"), Cell(exact, EXACT)))
    predicted = _class("predicted", found.rows.predicted, names, columns)
    cells.append((say("numbers.predicted"), predicted))
    if found.targets is not None:
        cells.append((say("numbers.target"), _target(found.targets, found, names, columns)))
    heading = say("numbers.mark", form=say("pipeline.loss_naive"), format=run.format)
    cells.append((heading, _mark(found, drawn, columns)))
    return {"head": [head for head, _ in cells], "cells": [cell for _, cell in cells]}


def _number(name: str, numbers: Array, columns: Columns) -> Cell:
    return Cell(columns.add(name, numbers[None].astype(np.int32)), COUNT)


def _class(name: str, classes: Array, names: tuple[str, ...], columns: Columns) -> Cell:
    """Show the name of a class; of many names those are sent that are shown."""
    said, at = np.unique(classes, return_inverse=True)
    words = [names[i] if 0 <= i < len(names) else say("numbers.none") for i in said]
    return Cell(columns.add(name, at.reshape(1, -1).astype(np.int16)), words=words)


def _target(given: Array, found: Worst, names: tuple[str, ...], columns: Columns) -> Cell:
    """Show the true class, that with the largest share, or the answer to a yes/no question."""
    if given.dtype.kind == "f" and given.ndim == 1:
        return Cell(columns.add("target", given[None]), EXACT)
    classes = given.argmax(axis=-1) if given.ndim == 2 else given
    return _class("target", np.where(found.rows.counted, classes, -1), names, columns)


def _mark(found: Worst, drawn: Picture, columns: Columns) -> Sentence:
    """Say what the naive form came to, or that the row does not count."""
    told = mark(drawn.runs["naive"], "mark of each", columns)
    pieces = [*told.pieces, say("numbers.ignored")]
    code = np.where(found.rows.counted, told.column.values, len(told.pieces)).astype(np.int8)
    return Sentence(
        "mark", "", columns.add("mark", code), pieces, told.places, tones=[*told.tones, ""]
    )


def opens(found: Worst, names: tuple[str, ...], format_name: str) -> dict[str, object]:
    """Return where a row opens, the query of each, and what is left out of rows of many classes."""
    classes = found.logits.shape[-1]
    note = "" if classes <= MAX_CLASSES else say("numbers.left_out", count=MAX_CLASSES, of=classes)
    queries = [
        _query(logits, int(told), names, format_name)
        for logits, told in zip(found.logits, found.classes, strict=True)
    ]
    return {"page": PAGE, "queries": queries, "note": note}


def _query(logits: Array, told: int, names: tuple[str, ...], format_name: str) -> str:
    """Write the query that opens a row; "" where the lesson takes no such logits."""
    classes = np.arange(len(logits))
    if len(logits) > MAX_CLASSES:
        order = np.argsort(np.where(classes == told, -np.inf, -logits), kind="stable")
        classes = np.sort(order[:MAX_CLASSES])
    taken = logits[classes]
    if len(taken) < 2 or not ((np.abs(taken) <= LARGEST) | np.isneginf(taken)).all():
        return ""
    return urlencode(
        {
            "logits": written(tuple(taken.tolist())),
            "names": written(tuple(names[i] for i in classes)),
            "target": int(np.flatnonzero(classes == told)[0]),
            "format": format_name,
        }
    )
