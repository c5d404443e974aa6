"""The sigmoid: two classes, its tails, its log, and the softmax that it is."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np

from ce_core.activations import sigmoid
from ce_core.binary import BinaryRun, run
from ce_core.formats import FORMATS
from lab import figures, pictures
from lab.binary import (
    OTHER,
    VALUE,
    X,
    add_columns,
    add_pair,
    curve,
    one,
    pair,
    pair_sliders,
    tails,
)
from lab.controls import grid, narrow, positions, slider
from lab.distance import PROSE
from lab.export.binary import of_scores
from lab.lesson import Lesson, Question, Step
from lab.parameters import AT, FORMAT, REACH
from lab.settings import Settings, widened
from lab.words import say
from live.message import cut, drawn
from live.parts import (
    Band,
    Card,
    Cell,
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

_SURE = 0.99
_BOTH = 0.9  # the probability to be made in two ways, to two digits
_FAR = -800.0  # where the log breaks in float64
_LOSS = Style("fixed", 4)
_SHORT = Style("shortest", 6)


def build(settings: Settings, columns: Columns) -> list[Instrument]:
    """Build the picture of the step, and at the end the free instruments."""
    if settings[AT] >= len(STEPS):
        return [one(settings, columns), pair(settings, columns)]
    if _here(settings) == "two":
        return [_two(settings, columns)]
    return [_story(settings, columns)]


def _here(settings: Settings) -> str:
    return STEPS[settings[AT] - 1].key


def _broken(settings: Settings, _: str) -> Settings:
    """Go where exp(-x) is beyond every format."""
    return settings.put(x=-1234.0, other=0.0, format="float64", reach=1000.0)


def _picture() -> str:
    x = np.linspace(-8, 8, 60)
    return pictures.line(x, sigmoid(x), (0, 1))


# ---------------------------------------------------------------- the picture of one score


def _story(settings: Settings, columns: Columns) -> Instrument:
    """Build the one picture of the steps about x, of which each shows a part."""
    reach = widened(settings.reach, settings[X])
    moved = slider(X, "x", grid(settings[X], reach))
    (x,) = positions(settings, [moved], X)
    table = run(x, settings.format)
    # Through the middle such a tangent goes from 0 to 1.
    add_columns(table, settings, reach, columns, reach / 5)
    with np.errstate(all="ignore"):
        columns.add("exp", narrow(np.exp(-table.x), settings.format))
    columns.add("at_one", _at_one(settings, columns).astype("u1"))
    columns.update(_written(settings.format, reach))
    marks = [("y", _SURE, say("sigmoid.mark_sure"))] if _here(settings) == "squash" else []
    whole = curve(reach, columns, marks)
    return Instrument(
        title=say("sigmoid.score"),
        hint="",
        sliders=[moved],
        scene=True,
        figures=[
            replace(whole, title=say("sigmoid.curve_story"), key=[]),
            tails(settings, reach, columns),
            _logs(reach, columns),
            _losses(reach, columns),
        ],
        cards=_cards(columns),
        sentences=[_told(table, settings, columns)],
    )


@lru_cache(100)
def _written(format_name: str, reach: float) -> dict[str, np.ndarray]:
    """Compute the log and both losses as they are written and from x itself, along the axis."""
    still = run(cut(np.linspace(-reach, reach, 401)), format_name)
    log, losses = still.log_sigmoid, still.losses
    lines = {"still_log": log["stable"], "still_log_naive": _fall(log["naive"], -3 * reach)}
    for label in (0, 1):
        lines[f"still_loss_{label}"] = losses["fused"][:, label]
        lines[f"still_loss_{label}_naive"] = _fall(losses["naive"][:, label], 3 * reach)
    far = 1.1 * reach
    return {
        name: drawn(values.astype(np.float64), -far, far, 2048)[None, None]
        for name, values in lines.items()
    }


def _fall(values: np.ndarray, end: float) -> np.ndarray:
    """Let a line go off the picture where its values become infinite, and end there."""
    line = values.astype(np.float64)
    gone = ~np.isfinite(line)
    edge = gone & (np.append(~gone[1:], False) | np.append(False, ~gone[:-1]))
    return np.where(edge, end, np.where(gone, np.nan, line))


def _logs(reach: float, columns: Columns) -> Figure:
    paper = (columns["still_x"], columns["still_log"], "fused")
    return Figure(
        title=say("sigmoid.logs"),
        alt=say("sigmoid.logs_alt"),
        plot=figures.curves([paper], (-reach, reach), (-1.1 * reach, 0.1 * reach), "x"),
        lines=[Line(columns["still_x"], columns["still_log_naive"], "naive", True, "written")],
        points=[Point(columns["x"], columns["log_stable"], "fused", drag=X.key)],
        key=_two_ways(),
        part="logs",
    )


def _losses(reach: float, columns: Columns) -> Figure:
    x = columns["still_x"]
    lines = [(x, columns[f"still_loss_{label}"], "fused") for label in (0, 1)]
    plot = figures.curves(lines, (-reach, reach), (-0.08 * reach, 1.1 * reach), "x")
    plot["layout"]["annotations"] += [
        {
            "text": say(f"sigmoid.label_{label}"),
            "x": side * 0.7 * reach,
            "y": 0.7 * reach,
            "xanchor": "right" if side > 0 else "left",
            "xshift": -16 * side,
            "showarrow": False,
            "font": {"size": 11},
        }
        for label, side in ((1, -1), (0, 1))
    ]
    high = drawn(columns["loss_fused"].values.astype(np.float64), -reach, 1.1 * reach, 2048)
    return Figure(
        title=say("sigmoid.losses_curve"),
        alt=say("sigmoid.losses_alt"),
        plot=plot,
        lines=[
            Line(x, columns[f"still_loss_{label}_naive"], "naive", True, f"written-{label}")
            for label in (0, 1)
        ],
        points=[
            Point(columns["x"], columns.add(f"loss_{label}", high[..., label]), "fused", X.key)
            for label in (0, 1)
        ],
        key=_two_ways(),
        part="losses",
    )


def _two_ways() -> list[tuple[str, str]]:
    return [("fused", say("sigmoid.key_from_x")), ("naive", say("sigmoid.key_written"))]


def _cards(columns: Columns) -> list[Card]:
    def card(
        name: str, readout: str, swatch: str, style: Style = _SHORT, *, large: bool = False
    ) -> Card:
        value = Cell(columns[name], style, readout=readout)
        return Card(say(f"sigmoid.story_{name}"), "", swatch, value, "", large=large)

    one_or_not = [say(f"sigmoid.{word}") for word in ("below_one", "at_one")]
    return [
        replace(
            card("stable", "sigmoid-stable", "fused", VALUE, large=True),
            second=Cell(columns["at_one"], readout="at-one", words=one_or_not),
        ),
        card("complement", "complement", "shifted", VALUE),
        card("slope", "slope", "naive"),
        card("exp", "exp", "naive"),
        card("naive", "sigmoid-naive", "naive"),
        card("log_naive", "log-naive", "naive", large=True),
        card("log_stable", "log-stable", "fused"),
        *(
            Card(
                say(f"sigmoid.story_loss_{label}"),
                "",
                "fused",
                Cell(columns["loss_fused"], _LOSS, label, readout=f"loss-fused-{label}", zero="0"),
                "",
                say("sigmoid.story_written"),
                Cell(columns["loss_naive"], _LOSS, label, readout=f"loss-naive-{label}", zero="0"),
                large=True,
            )
            for label in (1, 0)
        ),
    ]


def _told(table: BinaryRun, settings: Settings, columns: Columns) -> Sentence:
    """Tell what was reached; nothing where the step's own text is to be read."""
    fmt = FORMATS[settings.format]
    code = np.zeros(table.x.shape, np.int8)
    here = _here(settings)
    if here == "squash":
        code[_sure(settings, columns)] = 1
    elif here == "flat":
        code[_at_one(settings, columns) & (columns["complement"].values > 0)] = 2
    pieces = ("sure", "flat")
    return Sentence(
        "verdict",
        "",
        columns.add("told", code),
        ["", *(say(f"sigmoid.told_{piece}", format=fmt.name) for piece in pieces)],
        {
            "x": Place(columns["x"], PROSE),
            "p": Place(columns["stable"], PROSE),
            "rest": Place(columns["complement"], PROSE),
            # The numbers just below 1 lie half as far apart as those above it.
            "gap": Place(columns.add("gap", np.array([[fmt.unit_roundoff]])), Style("prose", 3)),
            "tiny": Place(columns.add("tiny", np.array([[fmt.smallest_subnormal]])), PROSE),
        },
    )


# ---------------------------------------------------------------- the picture of two scores


def _two(settings: Settings, columns: Columns) -> Instrument:
    """Build two scores, the softmax of them, and the sigmoid of their difference."""
    sliders = pair_sliders(settings)
    scores, bars = add_pair(settings, sliders, columns)
    with np.errstate(invalid="ignore"):
        apart = scores.values[..., 0] - scores.values[..., 1]
    difference = columns.add("difference", narrow(apart, settings.format))
    reach = sliders[0].values[-1]
    return Instrument(
        title=say("sigmoid.pair"),
        hint="",
        sliders=sliders,
        stacks=[
            Stack(
                title=say("sigmoid.pair"),
                alt=say("sigmoid.two_alt"),
                names=[say("sigmoid.two_x"), say("sigmoid.two_z")],
                bands=[
                    Band("score", scores, Style("shortest", 3), "score", share=1.2),
                    Band("p", bars, Style("fixed", 4), "p"),
                ],
                looks=[
                    Look(say("sigmoid.two_score"), say("start.z_note"), "plain", -reach, reach),
                    Look(say("sigmoid.two_p"), say("start.p_note"), "shifted", 0.0, 1.0),
                ],
                drag=[X.key, OTHER.key],
            )
        ],
        cards=[
            Card(
                say("sigmoid.two_card"),
                "",
                "fused",
                Cell(bars, _LOSS, 2, readout="pair-2"),
                "",
                say("sigmoid.two_difference"),
                Cell(difference, Style("shortest", 4), readout="difference"),
                large=True,
            )
        ],
        sentences=[
            Sentence(
                "verdict",
                "",
                columns.add("told", _both(settings, columns).astype(np.int8)),
                ["", say("sigmoid.told_both")],
                {"d": Place(difference, PROSE), "p": Place(bars, _LOSS, item=2)},
            )
        ],
    )


# ---------------------------------------------------------------- the steps


def _opens(**values: object) -> Callable[[Settings], Settings]:
    return lambda settings: settings.put(**values)


def _sure(_: Settings, columns: Columns) -> np.ndarray:
    sure: np.ndarray = columns["stable"].values >= _SURE
    return sure


def _at_one(_: Settings, columns: Columns) -> np.ndarray:
    rounded: np.ndarray = columns["stable"].values >= 1
    return rounded


def _both(_: Settings, columns: Columns) -> np.ndarray:
    """Say where both pictures are 0.90, to two digits."""
    both = columns["pair_bars"].values[..., [0, 2]].astype(np.float64)
    near: np.ndarray = np.abs(both - _BOTH).max(axis=-1) < 0.005
    return near


def _ask_steep(settings: Settings) -> Question:
    slope = float(run(0.0, "float64").slope)
    return _predicted(
        "steep", ["1", "0.5", "0.25", "0"], slope, settings.put(x=0.0), slope=f"{slope:g}"
    )


def _ask_break(settings: Settings) -> Question:
    far = run(_FAR, "float64")
    naive, stable = (float(far.log_sigmoid[form]) for form in ("naive", "stable"))
    shown = settings.put(x=_FAR, format="float64", reach=1000.0)
    return _predicted("break", [f"{stable:g}", "0", "nan", f"{naive:g}"], naive, shown)


def _predicted(
    key: str, options: list[str], right: float, shown: Settings, **words: object
) -> Question:
    """Ask for a number; the answers have their reasons in the order of the options."""
    return Question(
        key=key,
        text=say(f"sigmoid.step_{key}_do"),
        options=[option.replace("-", "−") for option in options],
        right=options.index(f"{right:g}"),
        reasons=[say(f"sigmoid.{key}_why_{i}", **words) for i in range(len(options))],
        shown=shown,
    )


STEPS: Final = (
    Step(
        "squash",
        "reach",
        shows=("curve", "sigmoid-stable", "complement", "slider.x"),
        opens=_opens(x=0.0, format="float32", reach=10.0),
        goal=_sure,
    ),
    Step(
        "steep",
        "predict",
        shows=("curve", "tangent", "sigmoid-stable", "slope", "slider.x"),
        opens=_opens(x=0.0, format="float32", reach=10.0),
        ask=_ask_steep,
        covers=lambda _: ("tangent", "slope"),
    ),
    Step(
        "flat",
        "reach",
        shows=("curve", "tails", "sigmoid-stable", "complement", "slider.x"),
        opens=_opens(x=4.0, format="float16", reach=10.0),
        goal=_at_one,
    ),
    Step(
        "break",
        "predict",
        shows=("logs", "written", "exp", "sigmoid-naive", "log-naive", "log-stable", "slider.x"),
        opens=_opens(x=_FAR, format="float64", reach=1000.0),
        ask=_ask_break,
        covers=lambda _: ("written", "exp", "sigmoid-naive", "log-naive"),
    ),
    Step(
        "from_x",
        "see",
        shows=("losses", "written-0", "written-1", "loss-fused-1", "loss-fused-0", "slider.x"),
        opens=_opens(x=20.0, format="float32", reach=100.0),
    ),
    Step(
        "two",
        "reach",
        opens=_opens(x=-1.0, other=2.0, format="float32", reach=10.0),
        goal=_both,
    ),
    Step("free", "explore"),
)


# ---------------------------------------------------------------- the questions


def _ask(settings: Settings) -> list[Question]:
    """Make the questions; the core answers them."""
    return [_ask_log(settings), _ask_flat(settings), _ask_slope(settings)]


def _ask_log(settings: Settings) -> Question:
    x = -800.0
    result = run(x, "float64")
    naive, stable = (float(result.log_sigmoid[form]) for form in ("naive", "stable"))
    options = [f"{naive:g}", f"{stable:g}", "0", "nan"]
    return Question(
        "log",
        say("sigmoid.ask_log", x=f"{x:g}"),
        options,
        options.index(f"{naive:g}"),
        [say(f"sigmoid.ask_log_{i}", stable=f"{stable:g}") for i in range(4)],
        settings.put(x=x, format="float64", reach=1000.0),
    )


def _ask_flat(settings: Settings) -> Question:
    x = 9.0
    ones = {name: bool(run(x, name).sigmoid["stable"] == 1) for name in ("float16", "float32")}
    right = [(True, True), (True, False), (False, False)].index((ones["float16"], ones["float32"]))
    rest = float(run(x, "float32").complement)
    return Question(
        "flat",
        say("sigmoid.ask_flat", x=f"{x:g}"),
        [say(f"sigmoid.ask_flat_option_{i}") for i in range(3)],
        right,
        [say("sigmoid.ask_flat_why", rest=f"{rest:.3g}")] * 3,
        settings.put(x=x, format="float16", reach=10.0),
    )


def _ask_slope(settings: Settings) -> Question:
    slope = float(run(0.0, "float64").slope)
    options = ["1", "0.5", "0.25", "0"]
    return Question(
        "slope",
        say("sigmoid.ask_slope"),
        options,
        options.index(f"{slope:g}"),
        [say("sigmoid.ask_slope_why", slope=f"{slope:g}")] * 4,
        settings.put(x=0.0, reach=10.0),
    )


LESSON = Lesson(
    page="sigmoid",
    parameters=(FORMAT, REACH, X, OTHER),
    picture=_picture,
    build=build,
    acts={"break": _broken},
    ask=_ask,
    steps=STEPS,
    export=lambda settings: of_scores(settings[X], settings[OTHER], settings.format),
)
