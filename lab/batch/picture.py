"""The worst rows as the positions of a slider, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ce_core.pipelines import PIPELINES, Run, run_all
from lab.batch.classes import Shown, shown
from lab.batch.worst import Array, Worst
from lab.controls import narrow
from lab.distance import add_paper
from lab.pipeline import exponentials, loss_card, probabilities
from lab.settings import Settings
from lab.shares import shares
from lab.verdict import verdict, warnings
from lab.words import say
from live.message import cut
from live.parts import Card, Cell, Columns, Figure, Instrument, Row, Slider, Style, Table


@dataclass(frozen=True, eq=False)
class Picture:
    """An instrument, and the runs of the forms at each position of its slider, (1, K)."""

    instrument: Instrument
    runs: Mapping[str, Run]


def picture(
    found: Worst, names: tuple[str, ...], format_name: str, slopes: Array | None, columns: Columns
) -> Picture:
    """Make the instrument of the worst rows.

    Parameters
    ----------
    found : Worst
    names : tuple of str
        What the classes are called.
    format_name : str
        The format in which the forms are computed.
    slopes : array, shape (K, C), optional
        The gradient of the reduced loss by the logits.
    columns : Columns
        Where the columns are added.
    """
    logits, told = found.logits[None], found.classes[None]
    runs = run_all(logits, told, format_name)
    some = shown(found.logits, found.classes, names, say(f"numbers.rank_{_told(found)}"))
    settings = Settings({"names": names})
    drawn = Settings(
        {"names": some.names, "logits": (0.0,) * len(some.names), "format": format_name}
    )
    _add_steps(runs, some, found, columns)
    losses = {form: columns[f"step_loss_{form}"] for form in PIPELINES}
    add_paper(runs["naive"], columns)
    figures = [exponentials(drawn, columns), _labelled(probabilities(drawn, columns))]
    count = len(found.numbers)
    instrument = Instrument(
        title=say("numbers.row_title"),
        hint=say("numbers.row_hint" if found.targets is not None else "numbers.row_hint_alone"),
        sliders=[
            Slider(
                "row",
                say("numbers.place"),
                say("numbers.place_label"),
                [float(place) for place in range(1, count + 1)],
                0,
            )
        ],
        figures=[*map(_still, figures), _shares(runs["naive"], columns)],
        cards_title=say(f"numbers.cards_{_told(found)}"),
        cards=[_card(form, runs[form], columns) for form in PIPELINES],
        sentences=[verdict(runs, losses, settings, columns), warnings(runs, columns)],
        tables=[_table(found, some, names, slopes, columns)],
    )
    return Picture(instrument, runs)


def _told(found: Worst) -> str:
    """Return which class the cards of a row tell of, as the words name it."""
    if found.targets is None:
        return "alone"
    return "soft" if found.shared else "true"


def _add_steps(runs: Mapping[str, Run], some: Shown, found: Worst, columns: Columns) -> None:
    """Add what the figures and the cards read, by the names that `lab.pipeline` has for them."""
    for form in ("naive", "shifted"):
        for step in ("exp", "probabilities"):
            with np.errstate(all="ignore"):
                values = some.of(runs[form].steps[step][0])
            columns.add(f"{step}_{form}", cut(values) if values.dtype == "f8" else _own(values))
    for form, run in runs.items():
        columns.add(f"step_loss_{form}", narrow(run.steps["loss"], run.format))
        columns.add(f"probability_{form}", narrow(run.steps["probability"], run.format))
    columns.add("one_hot", some.of(_label(found)).astype(np.float32))


def _own(values: Array) -> Array:
    return np.asarray(values.astype(np.float32))


def _label(found: Worst) -> Array:
    """Return the target of each row as shares of the classes; nothing where there is none."""
    count, classes = found.logits.shape
    given = found.targets
    if given is None:
        return np.zeros((count, classes))
    if given.ndim == 2:
        return np.asarray(given)
    if given.dtype.kind == "f":  # the answer to a yes/no question
        return np.stack([1 - given, given], axis=-1)
    return np.asarray(given[:, None] == np.arange(classes), np.float64)


def _labelled(figure: Figure) -> Figure:
    """Return the figure of the probabilities, whose last row is a target of any kind."""
    *others, target = figure.rows
    return replace(figure, rows=[*others, replace(target, label=say("numbers.target"))])


def _still(figure: Figure) -> Figure:
    """Return a figure whose bars nobody drags."""
    return replace(figure, bars=[replace(bars, drag=()) for bars in figure.bars])


def _shares(run: Run, columns: Columns) -> Figure:
    figure = shares(run, "", "", columns)
    return replace(figure, rows=figure.rows[:1])  # without the buttons that open other forms


def _card(form: str, run: Run, columns: Columns) -> Card:
    return replace(
        loss_card(run, columns[f"step_loss_{form}"], columns),
        second_label=say("numbers.probability"),
        second=Cell(columns[f"probability_{form}"], Style("significant", 6), 0, f"p-{form}"),
    )


def _table(
    found: Worst, some: Shown, names: tuple[str, ...], slopes: Array | None, columns: Columns
) -> Table:
    """Show the logits of what is shown, and the gradient."""
    last: list[Cell | None] = [None] if some.others else []
    count = some.at.shape[-1]
    logits = np.take_along_axis(found.logits, some.at, axis=-1)[None]
    column = columns.add("logits", logits)
    rows = [
        Row(
            say("numbers.logits"),
            [*(Cell(column, Style("shortest", 9), i) for i in range(count)), *last],
        )
    ]
    if some.others:
        rows.insert(0, Row(say("numbers.class"), [*_classes(some, names, columns), *last]))
    if slopes is not None:
        with np.errstate(all="ignore"):
            column = columns.add("slopes", cut(some.of(slopes)))
        style = Style("significant", 4)
        rows.append(
            Row(
                say("numbers.gradient"),
                [Cell(column, style, i, f"gradient-{i}") for i in range(len(some.names))],
            )
        )
    key = "row_table_alone" if slopes is None else "row_table"
    return Table(say(f"numbers.{key}"), say(f"numbers.{key}_lead"), ["", *some.names], rows)


def _classes(some: Shown, names: tuple[str, ...], columns: Columns) -> list[Cell]:
    said, at = np.unique(some.at, return_inverse=True)
    column = columns.add("shown", at.reshape(1, *some.at.shape).astype(np.int16))
    words = [names[i] for i in said]
    return [Cell(column, item=i, words=words) for i in range(some.at.shape[-1])]
