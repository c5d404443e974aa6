"""The worst rows as the positions of a slider, and all that is told of the whole."""

from urllib.parse import urlencode

import numpy as np

from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES, run_all
from lab.batch.frames import framed
from lab.controls import narrow
from lab.distance import add_paper, distance, mark
from lab.parameters import MAX_CLASSES, written
from lab.settings import Settings
from lab.shares import shares
from lab.verdict import LOSS, verdict, warnings
from lab.words import say
from live.message import pack_whole
from live.parts import Bars, Card, Cell, Columns, Figure, Instrument, Row, Slider, Style


def result(logits: np.ndarray, targets: np.ndarray, fmt: str) -> bytes:
    rows, classes = logits.shape
    columns = Columns()
    target = int(targets[0])
    runs = run_all(logits[None], target, fmt)
    names = tuple(say("numbers.class_number", number=i + 1) for i in range(classes))
    settings = Settings({"names": names})
    losses = {}
    for form, run in runs.items():
        losses[form] = columns.add(f"loss_{form}", narrow(run.steps["loss"], fmt))
    add_paper(runs["naive"], columns)
    cards = [
        Card(
            title=say(f"pipeline.loss_{form}"),
            note=say(f"pipeline.loss_{form}_formula"),
            swatch=form,
            value=Cell(losses[form], LOSS, readout=f"loss-{form}"),
            unit=say("pipeline.loss_unit"),
            off=distance(run, form, columns),
        )
        for form, run in runs.items()
    ]
    numbers = np.arange(rows)
    slider = Slider(
        "row",
        say("numbers.row"),
        say("numbers.row_label"),
        [float(i + 1) for i in range(rows)],
        0,
    )
    p = columns.add("p", runs["shifted"].steps["probabilities"].astype(np.float64))
    figure = Figure(
        say("pipeline.softmax_title"),
        say("pipeline.softmax_alt"),
        {"data": [{"type": "bar", "x": list(range(classes)), "y": [1.0] * classes}],
         "layout": {"showlegend": False, "yaxis": {"range": [0, 1.08]},
                    "xaxis": {"range": [-0.5, classes - 0.5], "visible": False},
                    "margin": {"l": 104, "r": 4, "t": 6, "b": 6}}},
        bars=[Bars(0, p, "shifted", [""] * classes)],
        names=names,
        rows=[Row(say("pipeline.softmax_shifted"),
                  [Cell(p, Style("significant", 4), i) for i in range(classes)], "shifted")],
    )
    instrument = Instrument(
        title=say("numbers.row_title"),
        hint=say("numbers.row_hint"),
        sliders=[slider],
        figures=[figure, shares(runs["naive"], "form", "{form}", columns)],
        cards_title=say("pipeline.loss_title"),
        cards=cards,
        sentences=[verdict(runs, losses, settings, columns), warnings(runs, columns)],
    )
    number = columns.add("row", (numbers + 1)[None].astype(np.int32))
    largest = columns.add("predicted", logits.argmax(-1)[None].astype(np.int32))
    true = columns.add("target", targets[None].astype(np.int32))
    cells = [
        Cell(number, Style("shortest", 12)),
        *[Cell(losses[form], LOSS) for form in PIPELINES],
        Cell(columns["paper"], Style("prose", 6), exponent=columns["paper_exponent"]),
        Cell(largest, Style("shortest", 12)),
        Cell(true, Style("shortest", 12)),
        mark(runs["naive"], "mark-naive", columns),
    ]
    heads = [
        say("numbers.row"),
        *[say(f"pipeline.loss_{form}") for form in PIPELINES],
        say("numbers.exact"),
        say("numbers.predicted"),
        say("numbers.target"),
        say("numbers.mark", format=fmt, form=say("pipeline.loss_naive")),
    ]
    broken = int((runs["naive"].broke != 0).sum())
    reduced = []
    for form in PIPELINES:
        mean = runs[form].steps["loss"].mean(keepdims=True)
        readout = "loss-reduced" if form == "fused" else f"loss-reduced-{form}"
        column = columns.add(f"reduced_{form}", narrow(mean.reshape(1, 1), fmt))
        reduced.append(
            Card(
                say(f"pipeline.loss_{form}"),
                say("numbers.reduced_note", reduction="mean"),
                form,
                Cell(column, LOSS, readout=readout),
                say("pipeline.loss_unit"),
            )
        )
    divisor = columns.add("denominator", np.array([[float(rows)]]))
    denominator = Card(
        say("numbers.denominator"),
        say("numbers.all_rows", count=rows),
        "",
        Cell(divisor, Style("shortest", 12), readout="denominator"),
        "",
    )
    key = "summary_overflow" if broken else "summary_fine"
    queries = [
        urlencode({"logits": written(tuple(map(float, z))), "target": int(t), "format": fmt})
        if classes <= MAX_CLASSES
        else ""
        for z, t in zip(logits, targets, strict=True)
    ]
    head = {
        "kind": "result",
        "done": rows,
        "of": rows,
        "summary": say(f"numbers.{key}", count=broken, what="rows", rows=rows, format=FORMATS[fmt].name),
        "reduced": reduced,
        "denominator": denominator,
        "advice": [{"title": "PyTorch", "lead": "", "text": "F.cross_entropy(logits, target)"}],
        "opens": {"page": "pipeline", "queries": queries},
    }
    layout = {"rows": {"head": heads, "cells": cells}}
    return framed(pack_whole([instrument], [], columns, head, layout))



import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lab.batch.frames import error, frame


@dataclass(frozen=True)
class Reply:
    """An answer: how it goes out, and its pieces, each the work of one turn."""

    pieces: Iterator[bytes]
    status: int = 200
    media_type: str = "application/octet-stream"
    file_name: str = ""


def reply(body: memoryview) -> Reply:
    """Read the body of a request, and begin its answer."""
    return Reply(_stream(body))


def _stream(body: memoryview) -> Iterator[bytes]:
    try:
        (length,) = struct.unpack_from("<I", body)
        head = json.loads(bytes(body[4 : 4 + length]))
        size = int(head["size"])
        text = bytes(body[4 + length : 4 + length + size]).decode()
        options = head["options"]
    except (struct.error, ValueError, KeyError, TypeError):
        yield error("numbers", say("numbers.expected_head"))
        return
    try:
        table = [[float(x) for x in line.replace(",", " ").split()] for line in text.splitlines()]
        given = np.array([row for row in table if row])
        if given.ndim != 2:
            raise ValueError("ragged")
    except ValueError as wrong:
        yield error("numbers", str(wrong), 1, 1)
        return
    targets = given[:, -1].astype(int)
    logits = given[:, :-1]
    rows, classes = logits.shape
    targets = np.clip(targets, 0, classes - 1)
    texts = [[f"{x:g}" for x in row] for row in logits[:50]]
    yield frame(
        "read",
        rows=rows,
        classes=classes,
        notes=[],
        dtype="",
        header=[],
        table=texts,
        targets=[str(t) for t in targets],
    )
    yield frame("progress", done=0, of=rows)
    yield result(logits, targets, options.get("format") or "float32")
