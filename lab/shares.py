"""Where the digits went: a bar for the share of each step in the error of a loss."""

import math

import numpy as np

from ce_core.formats import FORMATS
from ce_core.pipelines import AVOIDED_BY, Run
from ce_core.pipelines.paper import spacing
from lab import figures
from lab.distance import SHORT, shown
from lab.words import say
from live.parts import Bars, Cell, Columns, Figure, Row

_LEAST = 0.01  # ulps at the foot of the bars; less is as good as nothing


def shares(run: Run, id_: str, opens: str, columns: Columns) -> Figure:
    """Draw the share of each step, in units in the last place of the loss on paper.

    Under a step that another form does without, a button asks for (id_, opens) with that form's
    name in the place of {form}.
    """
    steps = run.budget.steps
    with np.errstate(all="ignore"):
        unit = spacing(run.paper, FORMATS[run.format])
        ulps = run.budget.shares / unit[..., None]
    ulps = np.where(np.abs(ulps) < _LEAST, 0.0, ulps)
    signed = columns.add("shares", shown(ulps))
    largest = float(np.abs(ulps)[np.isfinite(ulps)].max(initial=1.0))
    top = 2 * math.ceil((math.log10(largest) + 0.5) / 2)
    names = [say(f"shares.{step}") for step in steps]
    return Figure(
        title=say("shares.title", form=say(f"pipeline.loss_{run.pipeline}"), format=run.format),
        alt=say("shares.alt"),
        plot=figures.shares(len(steps), (math.log10(_LEAST), max(2, top))),
        bars=[Bars(0, signed, run.pipeline if run.pipeline in _OWN else "ink", [""] * len(steps))],
        names=names,
        rows=[
            Row(
                say("shares.ulps"),
                [Cell(signed, SHORT, i, f"share-{step}") for i, step in enumerate(steps)],
            ),
            Row(
                say("shares.rewrite"),
                [_rewrite(run.pipeline, s, id_, opens, columns) for s in steps],
            ),
        ],
        wide=True,
    )


def _rewrite(form: str, step: str, id_: str, opens: str, columns: Columns) -> Cell | None:
    """Make the button that opens the form which does without what a step loses."""
    better = AVOIDED_BY[form].get(step)
    if better is None:
        return None
    name = say(f"pipeline.loss_{better}")
    return Cell(
        columns.add(f"rewrite_{step}", np.zeros((1, 1), np.int8)),
        words=[name],
        pick=(id_, opens.format(form=better)),
        label=say("shares.rewrite_step", step=say(f"shares.{step}"), form=name),
    )


_OWN = frozenset(("naive", "shifted", "fused"))  # the forms that have a colour
