"""The path of the likelihood lesson: a model, a product that becomes 0, and a mean."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from ce_core.formats import FORMATS
from ce_core.likelihood import (
    cross_entropy,
    entropy,
    kl_divergence,
    multinomial_likelihood,
    multinomial_log_likelihood,
    observation_order,
    running_product,
    underflow_count,
)
from ce_core.losses import one_hot
from lab import figures
from lab.controls import narrow, positions, scale, slider
from lab.lesson import Question, Step
from lab.likelihood import (
    CAME,
    COUNTS,
    FIRST_COUNTS,
    LIMIT,
    MODEL,
    count_sliders,
    model_sliders,
    share,
)
from lab.parameters import AT
from lab.settings import Settings
from lab.steps import places
from lab.words import say
from live.message import drawn
from live.parts import (
    Band,
    Card,
    Cell,
    Column,
    Columns,
    Figure,
    Instrument,
    Line,
    Look,
    Place,
    Point,
    Sentence,
    Stack,
    Style,
)

_FEW = 6  # of a class: as far as a count is dragged here
_MOST = 200  # positions of the slider of what has come
_BEYOND = 1.3  # how far the animals go on after the product became 0, times as many
_GAINED = 99.0  # % of the most that any model can give: nothing more is gained on the screen
_LOW = -4.0  # the power of ten at which the bars of p^n begin

NATS, BITS, SUM = Style("fixed", 4), Style("fixed", 3), Style("fixed", 2)
SMALL = Style("significant", 4)
WHOLE, SHORT = Style("prose", 6), Style("shortest", 3)


# ---------------------------------------------------------------- what the steps open


def _total(settings: Settings) -> int:
    counts = settings[COUNTS]
    return sum(counts)


def _shares(settings: Settings) -> tuple[float, ...]:
    """Return the model that is what was seen."""
    return tuple(n / _total(settings) for n in settings[COUNTS])


def _begin(settings: Settings) -> Settings:
    """Open the first counts, and a model that knows nothing."""
    count = len(settings.logits)
    even = (1 / count,) * count
    return settings.put(counts=FIRST_COUNTS[:count], model=even, target=0, format="float32", came=1)


def _wrong(settings: Settings) -> Settings:
    """Open a model that is wrong about the true class alone: one drag mends it."""
    settings = _begin(settings)
    right = _shares(settings)
    return settings.put(model=share(right, settings.target, 0.4 * right[settings.target]))


def _fitted(settings: Settings) -> Settings:
    settings = _begin(settings)
    return settings.put(model=_shares(settings))


def _coming(settings: Settings) -> Settings:
    """Let as many have come as were seen."""
    settings = _fitted(settings)
    return settings.put(came=_total(settings))


def _gone(settings: Settings) -> Settings:
    """Let so many have come that the product is 0, and some more."""
    settings = _fitted(settings)
    return settings.put(came=_end(settings))


def _coded(settings: Settings) -> Settings:
    """Open a model whose code has words of whole bits, the shortest for the rarest class."""
    settings = _begin(settings)
    count = len(settings.logits)
    words = [count - 1, *range(count - 1, 0, -1)]
    return settings.put(model=tuple(2.0**-word for word in words))


# ---------------------------------------------------------------- what they ask, and their goals


def _unlike(settings: Settings) -> Settings:
    """Return settings whose true class was seen most, but not alone and not as often as all."""
    counts = settings[COUNTS]
    most = counts[settings.target] == max(counts)
    return settings if most and max(counts) not in (min(counts), sum(counts)) else _begin(settings)


def _best(settings: Settings) -> Question:
    """Ask which model makes what was seen most probable."""
    settings = _unlike(settings)
    counts = np.array(settings[COUNTS])
    models = {
        "even": np.full(counts.size, 1 / counts.size),
        "shares": np.array(_shares(settings)),
        "all": np.asarray(one_hot(settings.target, counts.size)),
    }
    found = multinomial_log_likelihood(np.stack([*models.values()]), counts)
    right = int(found.argmax())
    powers = float(found[right] - found[0]) / math.log(10)
    words = {
        **places(settings),
        "n": counts[settings.target],
        "times": f"{10**powers:.3g}" if powers < 6 else f"10^{powers:.0f}",
    }
    return Question(
        key="model",
        text=say("likelihood.step_model_do", **words),
        options=[say(f"likelihood.model_{name}", **words) for name in models],
        right=right,
        reasons=[say(f"likelihood.model_{name}_why", **words) for name in models],
        shown=settings.put(model=_shares(settings)),
    )


def _zero_at(settings: Settings) -> int:
    """Return after how many of the open animals the product is 0 in the open format."""
    model = np.array(settings[MODEL])
    return int(underflow_count(model / model.sum(), settings[COUNTS], settings.format, LIMIT))


def _end(settings: Settings) -> int:
    """Return how many animals the picture of what comes has."""
    zero_at = _zero_at(settings)
    return min(math.ceil(_BEYOND * zero_at) if zero_at else _total(settings) + 100, LIMIT)


def _when(settings: Settings) -> Question:
    """Ask after how many animals the product is 0."""
    zero_at = _zero_at(settings)
    about = float(f"{zero_at or 100:.1g}")
    first = about / 10 if about >= 10 else about
    numbers = [round(first * 10**i) for i in range(3)]
    right = numbers.index(round(about)) if zero_at else len(numbers)
    fmt = FORMATS[settings.format]
    model = np.array(settings[MODEL])
    per_animal = cross_entropy(_shares(settings), model / model.sum()) / math.log(10)
    floor = -math.log10(fmt.smallest_subnormal)
    reasons = [
        say(
            "likelihood.when_early" if number < zero_at else "likelihood.when_late",
            number=number,
            decades=f"{number * per_animal:.0f}",
            each=f"{per_animal:.2g}",
            floor=f"{floor:.0f}",
            format=fmt.name,
        )
        for number in numbers
    ]
    reasons.append(say("likelihood.when_never_wrong", tiny=_tiny(settings), format=fmt.name))
    key = "likelihood.when_right" if zero_at else "likelihood.when_never_right"
    reasons[right] = say(key, zero_at=zero_at, limit=LIMIT, format=fmt.name)
    end = _end(settings)
    return Question(
        key="when",
        text=say("likelihood.step_come_do", **places(settings)),
        options=[*map(str, numbers), say("likelihood.when_never")],
        right=right,
        reasons=reasons,
        shown=settings.put(came=min(zero_at + math.ceil(0.05 * zero_at), end) if zero_at else end),
    )


def _gained(_: Settings, columns: Columns) -> np.ndarray:
    """Say where no model makes what was seen much more probable."""
    gained: np.ndarray = columns["percent"].values >= _GAINED
    return gained


def _single(settings: Settings, columns: Columns) -> np.ndarray:
    """Say where one animal is left, of the true class."""
    counts = columns["counts"].values
    single: np.ndarray = (counts == one_hot(settings.target, counts.shape[-1])).all(axis=-1)
    return single


STEPS: Final = (
    Step(
        "model",
        "predict",
        shows=("n", "p", "part", "likelihood"),
        opens=_begin,
        ask=_best,
    ),
    Step("fit", "reach", opens=_wrong, goal=_gained),
    Step(
        "come",
        "predict",
        shows=("arrivals", "slider.came", "animal", "product"),
        opens=_coming,
        ask=_when,
    ),
    Step("log", "see", opens=_gone),
    Step("each", "reach", opens=_fitted, goal=_single),
    Step("code", "see", opens=_coded),
    Step("free", "explore"),
)


# ---------------------------------------------------------------- the pictures


def scene(settings: Settings, columns: Columns) -> Instrument:
    """Build the picture of a step before the last."""
    key = STEPS[settings[AT] - 1].key
    if key in _DRAWN:
        return _bars(settings, _DRAWN[key], columns)
    return _arrivals(settings, columns, key)


@dataclass(frozen=True)
class _Drawn:
    """What a step shows as bars: which row is dragged, and what the third row has."""

    held: int
    part: str  # "product", "nats" or "bits"
    told: str  # the sentence that it says where there is one to say


_DRAWN: Final = {
    "model": _Drawn(1, "product", ""),
    "fit": _Drawn(1, "product", "best"),
    "each": _Drawn(0, "nats", "one_hot"),
    "code": _Drawn(1, "bits", "code"),
}


def _bars(settings: Settings, drawn_as: _Drawn, columns: Columns) -> Instrument:
    """Build one column for each class: what was seen, the model, and what they make."""
    held, part = drawn_as.held, drawn_as.part
    sliders = model_sliders(settings, choice=False) if held else count_sliders(settings, _FEW)
    counts, model = positions(settings, sliders, COUNTS, MODEL)
    _add(counts, model / model.sum(axis=-1, keepdims=True), part, columns)
    return Instrument(
        title=say("likelihood.picture_title"),
        hint="",
        sliders=sliders,
        stacks=[_stack(settings, drawn_as, columns)],
        cards=_cards(part, columns),
        sentences=[_said(settings, drawn_as, columns)],
    )


def _add(counts: np.ndarray, model: np.ndarray, part: str, columns: Columns) -> None:
    total = counts.sum(axis=-1, keepdims=True)
    observed = counts / total
    if part == "product":
        parts = model**counts
        price = kl_divergence(observed, model)
        numbers = {
            "observed": observed,
            "likelihood": multinomial_likelihood(model, counts),
            "percent": 100 * np.exp(-total[..., 0] * price),
        }
    else:
        unit = np.log(2) if part == "bits" else 1.0
        with np.errstate(divide="ignore", invalid="ignore"):  # 0 ln 0 is 0
            parts = np.where(counts > 0, 0 - observed * np.log(model), 0.0) / unit
        numbers = {"cross_entropy": cross_entropy(observed, model) / unit}
        numbers |= (
            {
                "total": total[..., 0].astype(np.int16),
                "minus_log": 0 - multinomial_log_likelihood(model, counts),
            }
            if part == "nats"
            else {
                "entropy": entropy(observed) / unit,
                "price": kl_divergence(observed, model) / unit,
            }
        )
    columns.update({"counts": counts.astype(np.int16), "model": model, "parts": parts, **numbers})


def _stack(settings: Settings, drawn_as: _Drawn, columns: Columns) -> Stack:
    held, part = drawn_as.held, drawn_as.part
    log = part == "product"
    seen = max(_FEW, *settings[COUNTS])
    most = {"product": 0.0, "nats": 1.0, "bits": 1.5}[part]
    drag = say("likelihood.drag")
    return Stack(
        title=say("likelihood.picture_title"),
        alt=say(f"likelihood.picture_alt_{part}"),
        names=settings.names,
        bands=[
            Band("n", columns["counts"], WHOLE, "n", share=0.8),
            Band("p", columns["model"], SHORT, "p"),
            Band(
                "part",
                columns["parts"],
                Style("significant", 3) if log else BITS,
                "part",
                log=log,
            ),
        ],
        looks=[
            Look(say("likelihood.band_n"), "" if held else drag, "onehot", 0.0, float(seen)),
            Look(say("likelihood.band_p"), drag if held else "", "plain", 0.0, 1.0),
            Look(
                say(f"likelihood.band_{part}"),
                say(f"likelihood.band_{part}_note"),
                "naive" if log else "fused",
                _LOW if log else 0.0,
                most,
            ),
        ],
        drag=[f"{(MODEL if held else COUNTS).key}.{j}" for j in range(len(settings.logits))],
        held=held,
    )


def _cards(part: str, columns: Columns) -> list[Card]:
    if part == "product":
        return [
            _card("likelihood", "naive", columns["likelihood"], SMALL),
            _card("percent", "onehot", columns["percent"], Style("fixed", 1), "%"),
        ]
    if part == "nats":
        return [
            _card("minus_log", "fused", columns["minus_log"], SUM),
            _card("total", "onehot", columns["total"], WHOLE),
            _card("cross_entropy", "fused", columns["cross_entropy"], NATS),
        ]
    return [
        _card("bits", "fused", columns["cross_entropy"], BITS),
        _card("entropy", "onehot", columns["entropy"], BITS),
        _card("price", "naive", columns["price"], BITS),
    ]


def _card(name: str, swatch: str, column: Column, style: Style, unit: str = "") -> Card:
    readout = name.replace("_", "-")
    return Card(
        say(f"likelihood.path_{name}"), "", swatch, Cell(column, style, readout=readout), unit
    )


def _said(settings: Settings, drawn_as: _Drawn, columns: Columns) -> Sentence:
    """Tell what is reached, or what the bits are; nothing where the step's text is to be read."""
    if drawn_as.told == "best":
        where = _gained(settings, columns)
    elif drawn_as.told == "one_hot":
        where = _single(settings, columns)
    else:
        where = np.full((1, 1), drawn_as.told == "code")
    words = places(settings)
    pieces = ["", *([say(f"likelihood.told_{drawn_as.told}", **words)] if drawn_as.told else [])]
    number = {"p": Place(columns["model"], SHORT, item=settings.target)}
    if drawn_as.part == "product":
        number["share"] = Place(columns["observed"], SHORT, item=settings.target)
        number["percent"] = Place(columns["percent"], Style("fixed", 1))
    else:
        style = BITS if drawn_as.part == "bits" else NATS
        number["loss"] = Place(columns["cross_entropy"], style)
    if drawn_as.part == "bits":
        number["entropy"] = Place(columns["entropy"], BITS)
        number["price"] = Place(columns["price"], BITS)
    return Sentence("verdict", "", columns.add("told", where.astype(np.int8)), pieces, number)


# ---------------------------------------------------------------- one by one


def _arrivals(settings: Settings, columns: Columns, key: str) -> Instrument:
    """Build the way down: the product of all that came, and the sum of their logs."""
    end = max(_end(settings), settings[CAME])
    numbers = np.unique(np.linspace(1, end, min(end, _MOST)).round().astype(int)).tolist()
    values, index = scale(settings[CAME], numbers)
    buttons = [say(f"likelihood.came_{button}") for button in ("one", "play", "pause")]
    name = say("likelihood.came")
    sliders = [slider(CAME, name, (values, index), uneven=True, play=buttons)]
    (came,) = positions(settings, sliders, CAME)
    model = np.array(settings[MODEL])
    model = model / model.sum()
    order = observation_order(settings[COUNTS], end)
    at = came.astype(int) - 1
    product = running_product(model, settings[COUNTS], settings.format, end)
    with np.errstate(divide="ignore"):
        logs = np.cumsum(np.log(model[order]))
        powers = np.log10(product.astype(float))
    bottom, low = _depth(settings, float(logs[-1]) / math.log(10))
    fallen = np.where(np.isneginf(powers), bottom, powers)
    axis = (low, -0.05 * low)
    columns.update(
        {
            "came": came.astype(np.int16),
            "which": order[at].astype(np.int8),
            "factor": model[order[at]],
            "product": narrow(product[at], settings.format),
            "sum_of_logs": logs[at],
            "came_x": came.astype(np.float32),
            "product_y": drawn(fallen[at], *axis),
            "product_line": drawn(_so_far(fallen[at[0]]), *axis),
            # Its line is a part that the step names; a point has none.
            "sum_y": drawn(logs[at] / np.log(10), *axis)
            if key == "log"
            else at * np.float32("nan"),
            "sum_line": drawn(_so_far(logs[at[0]] / np.log(10)), *axis),
            "floor_y": np.full((1, 1, 2), _floor(settings), np.float32),
        }
    )
    return Instrument(
        title=say("likelihood.arrivals_title"),
        hint="",
        sliders=sliders,
        scene=True,
        figures=[_falling(settings, came[0], (bottom, *axis), columns)],
        cards=_arrival_cards(settings, columns),
        sentences=[_walked(settings, columns, key)],
    )


def _floor(settings: Settings) -> float:
    return math.log10(FORMATS[settings.format].smallest_subnormal)


def _tiny(settings: Settings) -> str:
    """Write the smallest number of the format."""
    return f"{FORMATS[settings.format].smallest_subnormal:.2g}".replace("-", "\u2212")


def _depth(settings: Settings, last: float) -> tuple[float, float]:
    """Return where 0 is drawn, below all that is not, and where the axis ends below that."""
    deepest = min(_floor(settings), last if math.isfinite(last) else 0.0)
    return 1.12 * deepest, 1.2 * deepest


def _so_far(heights: np.ndarray) -> np.ndarray:
    """Return a line for each position, which ends there."""
    count = len(heights)
    lines = np.broadcast_to(heights, (1, count, count))
    return np.where(np.tri(count, dtype=bool), lines, np.nan)


def _falling(
    settings: Settings,
    came: np.ndarray,
    heights: tuple[float, float, float],
    columns: Columns,
) -> Figure:
    bottom, low, high = heights
    end = float(came[-1])
    plot = figures.curves([], (0, 1.04 * end), (low, high), say("likelihood.arrivals_x"))
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200) if -bottom <= 8 * s)
    powers = [-n * step for n in range(int(0.97 * -bottom / step) + 1)]
    labels = [f"10<sup>\u2212{-power}</sup>" if power else "1" for power in powers]
    plot["layout"]["yaxis"] |= {"tickvals": [*powers, bottom], "ticktext": [*labels, "0"]}
    plot["layout"]["annotations"] = [
        {
            "text": say("likelihood.floor", tiny=_tiny(settings), format=settings.format),
            "x": 0.02 * end,
            "y": _floor(settings),
            "xanchor": "left",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 11},
        }
    ]
    return Figure(
        title=say("likelihood.arrivals_title"),
        alt=say("likelihood.arrivals_alt", format=settings.format),
        plot=plot,
        lines=[
            Line([0.0, 1.04 * end], columns["floor_y"], "broken", dashed=True),
            Line(came.tolist(), columns["product_line"], "naive"),
            Line(came.tolist(), columns["sum_line"], "fused", dashed=True, part="sum-of-logs"),
        ],
        points=[
            Point(columns["came_x"], columns["sum_y"], "fused"),
            Point(columns["came_x"], columns["product_y"], "naive", drag=CAME.key),
        ],
        key=[
            ("naive", say("likelihood.key_product", format=settings.format)),
            ("fused", say("likelihood.key_sum")),
        ],
        part="arrivals",
    )


def _arrival_cards(settings: Settings, columns: Columns) -> list[Card]:
    return [
        Card(
            title=say("likelihood.path_animal"),
            note="",
            swatch="onehot",
            value=Cell(columns["which"], readout="animal", words=settings.names),
            unit="",
            second_label=say("likelihood.path_factor"),
            second=Cell(columns["factor"], SHORT, readout="factor"),
        ),
        Card(
            title=say("likelihood.path_product", format=settings.format),
            note="",
            swatch="naive",
            value=Cell(columns["product"], SMALL, readout="product"),
            unit="",
            second_label=say("likelihood.path_came"),
            second=Cell(columns["came"], WHOLE, readout="came"),
        ),
        _card("sum_of_logs", "fused", columns["sum_of_logs"], SUM),
    ]


def _walked(settings: Settings, columns: Columns, key: str) -> Sentence:
    """Tell what the product and the sum are, where the sum is seen."""
    pieces = ("both", "sum")
    code = 1 + (columns["product"].values == 0) if key == "log" else np.zeros((1, 1))
    return Sentence(
        "verdict",
        "",
        columns.add("told", code.astype(np.int8)),
        ["", *(say(f"likelihood.told_{piece}", format=settings.format) for piece in pieces)],
        {
            "came": Place(columns["came"], WHOLE),
            "product": Place(columns["product"], SMALL),
            "sum": Place(columns["sum_of_logs"], SUM),
        },
    )
