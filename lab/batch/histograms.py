"""How the logits and the losses of all rows lie: counts on a log axis, so that one shows."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from ce_core.batch import Batch, Magnitudes
from ce_core.batch.magnitudes import SMALLEST
from ce_core.formats import FORMATS
from lab.figures import Plot
from lab.readers import plain
from lab.words import say
from live.parts import Bars, Columns, Figure

# Bins of logits are powers of two of both signs: from 1/4, below which exp is near 1, to 2**17,
# above which float16 ends. What lies further has a bar at each end, and so has what is no number.
_LOW, _HIGH = -2, 17
_EACH_WAY: Final = _HIGH - _LOW
_TICKS: Final = (1, 16, 256, 4096, 65536)
# Losses have two bins for each power of ten; the first and the last one have what lies beyond.
_LEAST, _MOST, _PER_DECADE = -6, 6, 2
_BINS: Final = _PER_DECADE * (_MOST - _LEAST)
_POWERS: Final = {-6: "1e−6", -3: "0.001", 0: "1", 3: "1000", 6: "1e6"}
_FOOT: Final = 0.5  # of the bars: one row is seen
_CLOSE: Final = 0.4  # bins between two lines that have one label
_WIDE: Final = 16  # bits of the formats that are drawn, beside the chosen one


def place(logit: float) -> float:
    """Return where a logit is on the axis, in bins.

    Examples
    --------
    >>> place(0.25), place(1.0), place(-2.0)
    (0.5, 2.5, -3.5)
    """
    if abs(logit) <= 2.0**_LOW:
        return 0.5 * logit / 2.0**_LOW
    return math.copysign(math.log2(abs(logit)) - _LOW + 0.5, logit)


def histograms(batch: Batch, columns: Columns) -> list[Figure]:
    """Draw the logits, and the losses where there are some."""
    figures = [_logits(batch, columns)]
    if batch.rows.loss:
        figures.append(_losses(batch, columns))
    return figures


def _logits(batch: Batch, columns: Columns) -> Figure:
    found = batch.logits
    counts = _counts(found)
    names = [n for n, fmt in FORMATS.items() if fmt.bits >= _WIDE or n == batch.format]
    ends = _lines([(n, FORMATS[n].ln_max) for n in names])
    lost = _lines([(n, FORMATS[n].ln_zero) for n in names])
    edge = _EACH_WAY + 0.5
    ticks = [*(-t for t in reversed(_TICKS)), 0, *_TICKS]
    far = [-edge - 1.5, -edge - 0.5, edge + 0.5, edge + 1.5]
    layout = _layout(counts, (far[0] - 0.6, far[-1] + 0.6), top=92)
    layout["xaxis"] |= {
        "tickvals": [far[0], *map(place, map(float, ticks)), far[-1]],
        "ticktext": ["−inf", *(plain(float(t)).replace("-", "−") for t in ticks), "inf, nan"],
        "tickangle": -90,
    }
    layout["shapes"] = [
        {
            "type": "line",
            "x0": x,
            "x1": x,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "line": {"width": 1, "dash": dash},
        }
        for lines, dash in ((ends, "solid"), (lost, "dot"))
        for x, _ in lines
    ]
    layout["annotations"] = [
        {
            "text": label,
            "x": x,
            "yref": "paper",
            "y": 1,
            "yanchor": "bottom",
            "textangle": -90,
            "showarrow": False,
            "font": {"size": 11},
        }
        for x, label in (*ends, *lost)
    ]
    centres = [far[0], far[1], *range(-_EACH_WAY, _EACH_WAY + 1), far[2], far[3]]
    return Figure(
        title=say("numbers.spread_logits"),
        alt=say("numbers.spread_logits_alt", said=_said(found)),
        plot={"data": [_bars(centres)], "layout": layout},
        bars=[Bars(0, columns.add("spread_logits", counts[None, None]), "ink", [""] * len(counts))],
        dense=True,
        tall=True,
        wide=True,
        part="spread-logits",
    )


def _counts(found: Magnitudes) -> np.ndarray:
    """Return the heights of the bars, from -inf to inf and nan."""
    low, high = _LOW - SMALLEST, _HIGH - SMALLEST
    near = found.zeros + found.negative[:low].sum() + found.positive[:low].sum()
    return np.array(
        [
            found.minus_infinite,
            found.negative[high:].sum(),
            *found.negative[low:high][::-1],
            near,
            *found.positive[low:high],
            found.positive[high:].sum(),
            found.infinite + found.nans,
        ],
        np.float64,
    )


def _said(found: Magnitudes) -> str:
    """Say in words how far the logits reach."""
    powers = [
        f"{sign}2^{np.flatnonzero(counts)[-1] + SMALLEST + 1}"
        for sign, counts in (("−", found.negative), ("", found.positive))
        if counts.any()
    ]
    return say("numbers.spread_reach", reach=", ".join(powers)) if powers else ""


def _lines(named: Sequence[tuple[str, float]]) -> list[tuple[float, str]]:
    """Return where lines stand, those that are as good as one with one label."""
    lines: list[tuple[float, str]] = []
    for name, logit in sorted(named, key=lambda pair: pair[1]):
        x = place(logit)
        if lines and x - lines[-1][0] < _CLOSE:
            lines[-1] = (lines[-1][0], f"{lines[-1][1]}, {name}")
        else:
            lines.append((x, name))
    return lines


def _losses(batch: Batch, columns: Columns) -> Figure:
    counted = batch.rows.counted
    forms = {"exact": batch.rows.exact[counted]}
    forms["naive"] = batch.rows.loss["naive"][counted].astype(np.float64)
    counts = {form: _binned(losses) for form, losses in forms.items()}
    layout = _layout(np.concatenate(list(counts.values())), (-0.6, _BINS + 2.6), top=6)
    layout["xaxis"] |= {
        "tickvals": [*(_PER_DECADE * (power - _LEAST) - 0.5 for power in _POWERS), _BINS + 2],
        "ticktext": [*_POWERS.values(), say("numbers.no_number")],
    }
    swatches = {"exact": "ink", "naive": "naive"}
    names = {
        "exact": say("numbers.exact"),
        "naive": say("numbers.mark", form=say("pipeline.loss_naive"), format=batch.format),
    }
    return Figure(
        title=say("numbers.spread_losses"),
        alt=say("numbers.spread_losses_alt", count=int(counts["naive"][-1])),
        plot={"data": [_bars([*range(_BINS), _BINS + 2]) for _ in counts], "layout": layout},
        bars=[
            Bars(
                i, columns.add(f"spread_{form}", bins[None, None]), swatches[form], [""] * len(bins)
            )
            for i, (form, bins) in enumerate(counts.items())
        ],
        key=[(swatches[form], names[form]) for form in counts],
        dense=True,
        wide=True,
        part="spread-losses",
    )


def _binned(losses: np.ndarray) -> np.ndarray:
    """Return the heights of the bars, the last one of what is no number."""
    finite = np.isfinite(losses)
    with np.errstate(divide="ignore", invalid="ignore"):
        bins = np.floor(_PER_DECADE * (np.log10(losses[finite]) - _LEAST))
    # What is 0, or below by rounding, is in the first.
    at = np.clip(np.nan_to_num(bins, nan=0.0), 0, _BINS - 1).astype(np.intp)
    return np.append(np.bincount(at, minlength=_BINS), (~finite).sum()).astype(np.float64)


def _bars(centres: Sequence[float] | range) -> Plot:
    # The player sets the heights.
    return {"type": "bar", "x": list(centres), "y": [1.0] * len(centres), "base": _FOOT}


def _layout(counts: np.ndarray, span: tuple[float, float], top: int) -> dict[str, Any]:
    highest = math.log10(max(1.0, float(counts.max(initial=1.0)))) + 0.2
    powers = range(int(highest) + 1)
    return {
        "barmode": "group",
        "bargap": 0.1,
        "showlegend": False,
        "margin": {"l": 40, "r": 4, "t": top, "b": 48},
        "xaxis": {"range": list(span), "zeroline": False, "tickfont": {"size": 11}},
        "yaxis": {
            "type": "log",
            "range": [math.log10(_FOOT), highest],
            "tickvals": [10.0**power for power in powers],
            "tickfont": {"size": 11},
        },
    }
