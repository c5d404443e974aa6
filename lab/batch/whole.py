"""What is told of all rows: the reduced losses, what the mean divides by, and the accuracy."""

import numpy as np

from ce_core.batch import Batch
from ce_core.formats import FloatFormat
from ce_core.pipelines import PIPELINES
from lab.controls import narrow
from lab.readers import plain
from lab.verdict import LOSS
from lab.words import say
from live.parts import Card, Cell, Columns, Style

_MOST_PARTS = 6  # of a fraction that is written out
EXACT = Style("shortest", 9)
COUNT = Style("shortest", 12)


def short(number: float, digits: int = 6) -> str:
    """Write a number with a few digits.

    Examples
    --------
    >>> short(-1e9), short(65504.0), short(22.4, 2)
    ('−1e9', '65504', '22')
    """
    text, _, power = f"{number:.{digits}g}".partition("e")
    return f"{text}e{int(power)}".replace("-", "−") if power else text.replace("-", "−")


def stored(number: float, fmt: FloatFormat) -> str:
    """Write what a number becomes in a format.

    Examples
    --------
    >>> from ce_core.formats import FORMATS
    >>> [stored(-1e9, FORMATS[name]) for name in ("float16", "float8_e4m3fn", "float6_e3m2fn")]
    ['−inf', 'nan', '−28']
    """
    with np.errstate(all="ignore"):
        return short(float(np.asarray(number).astype(fmt.dtype)))


def reduced(batch: Batch, columns: Columns) -> list[Card]:
    """Return what each form's losses are reduced to, and the accuracy."""
    cards = []
    if batch.options.reduction != "none":
        exact = columns.add("exact_reduced", np.array([[float(batch.exact)]]))
        for form in PIPELINES:
            value = narrow(np.asarray(batch.reduced(form)).reshape(1, 1), batch.format)
            readout = "loss-reduced" if form == "fused" else f"loss-reduced-{form}"
            cards.append(
                Card(
                    title=say(f"numbers.reduced_{batch.options.reduction}", form=_form(form)),
                    note=say("numbers.reduced_note", format=batch.format),
                    swatch=form,
                    value=Cell(columns.add(f"reduced_{form}", value), LOSS, readout=readout),
                    unit=say("pipeline.loss_unit"),
                    second_label=say("numbers.exact_label"),
                    second=Cell(exact, EXACT),
                )
            )
    if batch.counted:
        share = columns.add("accuracy", np.array([[batch.correct / batch.counted]]))
        note = say("numbers.accuracy_note", count=batch.counted, correct=batch.correct)
        cell = Cell(share, Style("fixed", 4), readout="accuracy")
        cards.append(Card(say("numbers.accuracy"), note, "", cell, ""))
    return cards


def _form(form: str) -> str:
    return say(f"pipeline.loss_{form}")


def denominator(batch: Batch, columns: Columns) -> Card | None:
    """Return what the mean divides by, with its parts; None where nothing is divided."""
    if batch.options.reduction != "mean":
        return None
    column = columns.add("denominator", np.array([[batch.denominator]]))
    return Card(
        title=say("numbers.denominator"),
        note=_parts(batch),
        swatch="",
        value=Cell(column, COUNT, readout="denominator"),
        unit="",
    )


def _parts(batch: Batch) -> str:
    """Say what the denominator is the sum of."""
    ignored = batch.count - batch.counted
    sentences = [_sum(batch)]
    if ignored:
        sentences.append(say("numbers.ignored_rows", count=ignored))
    return " ".join(sentences)


def _sum(batch: Batch) -> str:
    weight = batch.options.weight
    if not batch.counted:
        return say("numbers.no_rows")
    if batch.options.kind == "binary":
        return say("numbers.all_cells", count=batch.counted)
    if weight is None or not batch.rows_of_class.any():
        return say("numbers.all_rows", count=batch.counted)
    if batch.counted <= _MOST_PARTS:
        parts = [plain(float(part)) for part in batch.rows.part[batch.rows.counted]]
    else:
        there = np.flatnonzero(batch.rows_of_class)
        parts = [f"{batch.rows_of_class[i]} × {plain(weight[i])}" for i in there[:_MOST_PARTS]]
        parts += ["…"] if len(there) > _MOST_PARTS else []
    return say("numbers.weights", sum=f"{plain(batch.denominator)} = {' + '.join(parts)}")
