"""The cross-entropy and its gradient: the pull on each logit, and the way downhill."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from ce_core import log_softmax, softmax
from ce_core.descent import descend, loss_along, slope, smoothed_target
from ce_core.likelihood import entropy
from ce_core.pipelines import PIPELINES, gradient
from ce_core.scenarios import LAB, SCENARIOS
from ce_core.smoothed import smoothed_forms
from lab import figures, pictures
from lab.controls import grid, logit_sliders, positions, slider, with_scenario
from lab.export.gradient import of_descent
from lab.export.parts import Export
from lab.gradient import (
    MAX_STEP,
    RATE,
    SHORT,
    SMOOTHING,
    STEP,
    curve,
    even_loss,
    instrument,
    landscape,
    losses,
    on_the_map,
    paths,
    rate_slider,
    rest_of,
    rival_of,
    smoothing_slider,
    step_slider,
)
from lab.lesson import Lesson, Question, Step
from lab.parameters import AT, FORMAT, LOGITS, NAMES, REACH, SHIFT, TARGET, first_names
from lab.readers import whole
from lab.settings import Settings, widened
from lab.words import say
from live.message import cut, drawn
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
    Slider,
    Stack,
    Style,
)

MAP: Final = "map"  # the slider whose positions are places on the map

_EVERYDAY = SCENARIOS["everyday"].logits
_WRONG = (-3.0, 1.0, 1.0)
_UPHILL = (-3.0, 3.0, 0.0)
_FEW = 10  # steps in which a good rate gets down
_LOW = 0.05
_BOTTOM = 0.01
_FLAT = (0.1, _BOTTOM)  # lines of the map where it is nearly flat
_PRIZE = -100.0
_REACH = 5.0  # of the scores, where nothing else is said
_REACHES = {"map": 7.5, "raw": 200.0}
_ENLARGED = 0.8  # of the reach, how long an arrow is for a pull of 1
_AHEAD = 4.0  # the rate of the step that the line on the map shows
_PROSE = Style("prose", 4)
_POWERS = {"tickvals": [0.01, 0.1, 1, 10, 100], "ticktext": ["0.01", "0.1", "1", "10", "100"]}
_PULLED = ("z", "z-arrows", "p", "p-marks", "slope")
_FORM_CARDS = tuple(f"slope-{form}" for form in PIPELINES)


def broken(settings: Settings, _: str = "") -> Settings:
    """Open a wrong answer that is so sure that its probability rounds to 0."""
    return with_scenario(settings, LAB["log_of_zero"]).put(smoothing=0.0, rate=1.0, step=0)


def _picture() -> str:
    path = descend([-3.0, 1.0, 1.0], 0, 1.0, 14)
    loss = loss_along(path, 0)
    steps, heights = np.arange(len(loss), dtype=float), (0.0, float(loss.max()))
    points = pictures.place(steps, loss, heights)
    return pictures.line(steps, loss, heights) + pictures.dots(points[::2])


# ---------------------------------------------------------------- what the steps open


def _opened(settings: Settings, logits: Sequence[float], smoothing: float = 0.0) -> Settings:
    """Open three classes of which the first is the true one, and nothing else done to them."""
    return settings.put(
        logits=tuple(logits),
        names=first_names(len(logits)),
        target=0,
        format="float32",
        shift=0.0,
        reach=10.0,
        smoothing=smoothing,
        rate=1.0,
        step=0,
    )


def _place(settings: Settings, text: str) -> Settings:
    """Put the point of the map where the learner let go of it."""
    places, index = _places(settings)
    k = whole(len(places) - 1).read(text)
    return settings if k == index else settings.put(logits=tuple(places[k]))


def _places(settings: Settings) -> tuple[list[list[float]], int]:
    """Return the logits at each place of the map, and the place where the settings stand."""
    t, rival = settings.target, rival_of(settings.target)
    logits = np.array(settings.logits)
    axis = np.linspace(-1.0, 1.0, 31) * _reach(settings)
    rest = float(rest_of(np.delete(logits, [t, rival]))) if len(logits) > 2 else 0.0
    table = np.repeat(logits[None], len(axis) ** 2, axis=0)
    table[:, t] = np.tile(axis, len(axis)) + rest
    table[:, rival] = np.repeat(axis, len(axis)) + rest
    with np.errstate(invalid="ignore"):  # of a masked class no place is near
        away = np.nan_to_num(np.hypot(*(table - logits)[:, [t, rival]].T), nan=np.inf)
    index = int(away.argmin())
    table[index] = logits
    return table.tolist(), index


# ---------------------------------------------------------------- what they ask, and their goals


def _guess_even(settings: Settings) -> Question:
    """Ask for the loss of scores that are all alike."""
    classes = len(settings.logits)
    values = (1 / classes, even_loss(classes), float(np.log2(classes)), float(classes))
    keys = ("share", "nats", "bits", "count")
    return Question(
        key="even",
        text=say("gradient.step_even_do"),
        options=[f"{value:.4f}" for value in values],
        right=keys.index("nats"),
        reasons=[
            say(f"gradient.even_{key}_why", classes=classes, value=f"{value:.4f}")
            for key, value in zip(keys, values, strict=True)
        ],
        shown=settings.put(logits=(0.0,) * classes),
    )


def _guess_pull(settings: Settings) -> Question:
    """Ask which score is pulled most."""
    t, names = settings.target, settings.names
    slopes = slope(settings.logits, t, settings[SMOOTHING])
    p = softmax(settings.logits)
    size = np.abs(slopes)
    others = [int(i) for i in np.argsort(-size, kind="stable") if i != t][:3]
    offered = sorted([t, *others])
    alike = bool(np.ptp(size) <= 1e-12)
    right = len(offered) if alike else offered.index(int(size.argmax()))
    words = {"true": names[t], "lack": f"{size[t]:.3f}"}
    agrees = "right" if alike else "wrong"
    verdict = "right" if right < len(offered) and offered[right] == t else "other"
    return Question(
        key="pull",
        text=say("gradient.step_pull_do"),
        options=[*(names[i] for i in offered), say("gradient.pull_alike")],
        right=right,
        reasons=[
            *(
                say(
                    f"gradient.pull_{verdict}_why" if i == t else "gradient.pull_wrong_why",
                    name=names[i],
                    p=f"{p[i]:.3f}",
                    **words,
                )
                for i in offered
            ),
            say(f"gradient.pull_alike_{agrees}_why", **words),
        ],
        shown=settings,
    )


def _guess_dead(settings: Settings) -> Question:
    """Ask for the slope that the naive form gives back where its probability became 0."""
    keys = ("nan", "minus", "zero", "inf")
    options = ["nan", "\u22121", "0", "inf"]

    def written(form: str) -> str:
        return _pull_where_dead(form).replace("-", "\u2212")

    return Question(
        key="sure",
        text=say("gradient.step_sure_do", true=settings.names[settings.target]),
        options=options,
        right=options.index(written("naive")),
        reasons=[say(f"gradient.sure_{key}_why", fused=written("fused")) for key in keys],
        shown=broken(settings).put(shift=0.0),
    )


def _arrived(_: Settings, columns: Columns) -> np.ndarray:
    """Say where few steps have led to a small loss."""
    met: np.ndarray = (columns["loss"].values < _LOW) & (columns["step"].values <= _FEW)
    return met


def _down(_: Settings, columns: Columns) -> np.ndarray:
    """Say where the loss is as good as at the bottom."""
    met: np.ndarray = columns["loss"].values < _BOTTOM
    return met


def _alike(columns: Columns) -> np.ndarray:
    """Say where every probability is what the step has opened it with."""
    first = softmax(np.array(_EVERYDAY))
    p = columns["p"].values
    if p.shape[-1] != len(first):
        return np.zeros(p.shape[:-1], bool)
    same: np.ndarray = (np.abs(p - first) < 1e-6).all(axis=-1)
    return same


def _won(_: Settings, columns: Columns) -> np.ndarray:
    """Say where -z is a wonderful loss, and nothing was learned."""
    met: np.ndarray = (columns["raw"].values < _PRIZE) & _alike(columns)
    return met


# ---------------------------------------------------------------- the table


def _key(settings: Settings) -> str:
    return STEPS[settings[AT] - 1].key


def _reach(settings: Settings) -> float:
    reach = _REACHES.get(_key(settings), _REACH)
    return widened(reach, *settings.logits, settings.shift)


def _sliders(settings: Settings) -> list[Slider]:
    """Make the same sliders for all steps; one that a step does not move has one position."""
    here, reach = _key(settings), _reach(settings)
    walks = here in ("downhill", "smoothing")
    scores = logit_sliders(settings, 100, reach)
    added = slider(SHIFT, say("live.shift"), grid(settings.shift, reach))
    downhill = [
        smoothing_slider(settings),
        rate_slider(settings),
        step_slider(settings, _FEW if here == "downhill" else MAX_STEP),
    ]
    moved = {
        SHIFT.key: here == "raw",
        SMOOTHING.key: here == "smoothing",
        RATE.key: walks,
        STEP.key: walks,
    }
    smoothing, rate, step = (
        replace(s if moved[s.id] else _fixed(s), beside=True) for s in downhill
    )
    shift = replace(added if moved[SHIFT.key] else _fixed(added), beside=True)
    places, index = _places(settings) if here == "map" else ([[]], 0)
    there = Slider(MAP, "", "", range(len(places)), index)
    return [*(replace(s, choice="") for s in scores), shift, smoothing, rate, there, step]


def _fixed(moved: Slider) -> Slider:
    return replace(moved, values=[moved.values[moved.index]], index=0)


def _table(settings: Settings, sliders: Sequence[Slider]) -> list[np.ndarray]:
    """Return logits, what is added to them, smoothing, rate and step at every position."""
    logits, shift, *others = positions(settings, sliders, LOGITS, SHIFT, SMOOTHING, RATE, STEP)
    if _key(settings) == "map":
        places, _ = _places(settings)
        row = [s.id for s in sliders].index(MAP)
        logits[row, : len(places)] = places
        logits[row, len(places) :] = places[-1]
    return [logits + shift[..., None], shift, *others]


def _add_columns(
    settings: Settings, sliders: Sequence[Slider], table: Sequence[np.ndarray], columns: Columns
) -> None:
    logits, shift, smoothing, rate, step = table
    t, here, reach = settings.target, _key(settings), _reach(settings)
    last = len(sliders[-1].values) - 1  # how far a descent goes
    own, which = paths(sliders, step.shape[1])
    path = descend(logits[own], t, rate[own], last, smoothing[own])
    now = path[which, step] if last else logits
    p, label = softmax(now), smoothed_target(t, logits.shape[-1], smoothing)
    pull = slope(now, t, smoothing)
    minus_log = 0 - log_softmax(now)[..., t]
    walked = loss_along(path, t, smoothing[own])[which] if last else np.zeros((1, 1, 1))
    floor = entropy(label)
    columns.update(
        {
            "z": cut(now),
            "arrow": drawn(now - _ENLARGED * reach * pull, -reach, reach),
            "p": cut(p),
            "y": drawn(label, 0, 1),
            "label": label[..., t],
            "slope": cut(pull),
            "loss": cut(loss_along(now[..., None, :], t, smoothing)[..., 0]),
            "minus_log": cut(minus_log),
            "floor": cut(floor),
            "rate": rate,
            "step": step.astype(np.int8),
            "walked": cut(walked) if here == "downhill" else drawn(walked, 0, losses(settings)[1]),
            "floor_line": np.repeat(floor[..., None], 2, axis=-1).astype(np.float32),
            "raw": cut(-now[..., t]),
            "shift": shift,
        }
    )
    u, v = on_the_map(now, t)
    ahead = on_the_map(now - _AHEAD * pull, t)
    for name, start, end in zip("uv", (u, v), ahead, strict=True):
        columns.add(name, start)
        columns.add(f"ahead_{name}", drawn(np.stack([start, end], axis=-1), -reach, reach))
    forms = smoothed_forms(now, t, settings.format, smoothing) if here == "sure" else {}
    for form in PIPELINES:
        found = forms.get(form)
        columns.add(f"loss_{form}", cut(found.loss) if found else np.zeros((1, 1)))
        columns.add(f"slope_{form}", cut(found.slopes[..., t]) if found else np.zeros((1, 1)))


# ---------------------------------------------------------------- the picture


def build(settings: Settings, columns: Columns) -> list[Instrument]:
    """Build the picture of the steps, and at their end the free instrument."""
    if settings[AT] >= len(STEPS):
        return [instrument(settings, columns)]
    sliders = _sliders(settings)
    table = _table(settings, sliders)
    _add_columns(settings, sliders, table, columns)
    return [
        Instrument(
            title=say("gradient.picture_title"),
            hint="",
            sliders=sliders,
            stacks=[_stack(settings, columns)],
            figures=[
                _curve(settings, columns),
                _descent(settings, columns),
                _forms(settings, columns),
                _map(settings, columns),
                _raw(settings, columns),
            ],
            cards=_cards(columns),
            sentences=[_told(settings, columns, table[2])],
        )
    ]


def _stack(settings: Settings, columns: Columns) -> Stack:
    reach = _reach(settings)
    return Stack(
        title=say("gradient.picture_title"),
        alt=say("gradient.picture_alt"),
        names=settings.names,
        bands=[
            Band("z", columns["z"], Style("shortest", 3), "z", share=2.0, arrows=columns["arrow"]),
            Band("p", columns["p"], Style("fixed", 4), "p", share=0.9, marks=columns["y"]),
            Band("slope", columns["slope"], Style("fixed", 4), "slope", share=0.8),
        ],
        looks=[
            Look(say("gradient.band_z"), say("gradient.band_z_note"), "plain", -reach, reach),
            Look(say("gradient.band_p"), say("gradient.band_p_note"), "fused", 0.0, 1.0),
            Look(say("gradient.band_slope"), say("gradient.band_slope_note"), "plain", -1.0, 1.0),
        ],
        drag=[f"{LOGITS.key}.{i}" for i in range(len(settings.logits))],
        marked=settings.target,
        mark=say("start.marked"),
    )


def _curve(settings: Settings, columns: Columns) -> Figure:
    axis = losses(settings)
    shares, heights = curve(axis[1])
    x = columns.add("curve_x", shares[None, None])
    y = columns.add("curve_y", heights[None, None].astype(np.float32))
    return Figure(
        title=say("gradient.minus_log"),
        alt=say("gradient.minus_log_alt"),
        plot=figures.curves([(x, y, "fused")], (-0.02, 1.02), axis, say("gradient.minus_log_x")),
        points=[Point(_true(columns, "p", settings), columns["minus_log"], "fused")],
        part="curve",
    )


def _true(columns: Columns, name: str, settings: Settings) -> Column:
    return columns.add(f"{name}_true", columns[name].values[..., settings.target])


def _descent(settings: Settings, columns: Columns) -> Figure:
    few = _key(settings) == "downhill"
    last = columns["walked"].values.shape[-1] - 1
    steps = columns.add("steps", np.arange(last + 1.0)[None, None])
    ends = columns.add("ends", np.array([[[0.0, last]]]))
    top = losses(settings)[1]
    start = float(columns["walked"].values[-1, 0, 0])
    near = 1.5 * start if np.isfinite(start) else top  # what smoothing changes is small
    plot = figures.curves(
        [],
        (-0.02 * last, 1.02 * last or 1.0),
        (-2.5, float(np.log10(2 * top))) if few else (-0.03 * near, max(1.0, near)),
        say("gradient.descent_x"),
        log_y=few,
        marks=[("y", _LOW, say("gradient.low", loss=_LOW))] if few else [],
    )
    if few:
        plot["layout"]["yaxis"] |= _POWERS
        # Of a caption on a logarithmic axis Plotly wants the power, and of a line the number.
        below = {"y": float(np.log10(_LOW)), "yanchor": "top"}
        plot["layout"]["annotations"][0] |= below
    return Figure(
        title=say("gradient.descent"),
        alt=say("gradient.descent_alt"),
        plot=plot,
        lines=[
            Line(ends, columns["floor_line"], "onehot", dashed=True),
            Line(steps, columns["walked"], "fused"),
        ],
        points=[Point(columns["step"], columns["loss"], "fused", drag=STEP.key)],
        part="descent",
    )


def _forms(settings: Settings, columns: Columns) -> Figure:
    """Draw the slope for the true class over its score, through the first form and the last."""
    t, reach, here = settings.target, _reach(settings), _key(settings) == "sure"
    along = np.linspace(-reach, reach, 401 if here else 2)
    logits = np.repeat(np.array(settings.logits)[None], len(along), axis=0)
    logits[:, t] = along
    found = smoothed_forms(logits, t, settings.format, settings[SMOOTHING])
    x = columns.add("along", along[None, None])
    drawn_forms = ("fused", "naive")
    lines = [
        (x, columns.add(f"along_{form}", found[form].slopes[:, t].astype(float)[None, None]), form)
        for form in drawn_forms
    ]
    true = _true(columns, "z", settings)
    return Figure(
        title=say("gradient.forms_along", true=settings.names[t]),
        alt=say("gradient.forms_along_alt", true=settings.names[t]),
        plot=figures.curves(lines, (-reach, reach), (-1.1, 0.1), say("gradient.forms_along_x")),
        points=[Point(true, columns[f"slope_{form}"], form) for form in drawn_forms],
        key=[(form, say(f"pipeline.loss_{form}")) for form in drawn_forms],
        of=[f"{LOGITS.key}.{t}"],
        part="forms",
    )


def _map(settings: Settings, columns: Columns) -> Figure:
    t, rival, reach = settings.target, rival_of(settings.target), _reach(settings)
    logits = np.array(settings.logits)
    axis, values = landscape(logits, t, settings[SMOOTHING], reach)
    heights = columns.add("map", drawn(values, 0, 2 * reach, 2**18))
    rest = [i for i in range(len(logits)) if i not in (t, rival)]
    against = settings.names[rest[0]] if len(rest) == 1 else say("gradient.others")
    across, up = (
        say("gradient.minus", name=settings.names[i], other=against) if rest else settings.names[i]
        for i in (t, rival)
    )
    exact = len(logits) <= 3 or settings[SMOOTHING] == 0
    return Figure(
        title=say("gradient.map_short"),
        alt=say("gradient.map_alt"),
        plot=figures.contours(
            axis.tolist(), heights, say("gradient.across"), say("gradient.up"), further=_FLAT
        ),
        # Names never reach Plotly, which reads its texts as HTML.
        key=[("", say("gradient.map_axes", across=across, up=up))],
        lines=[Line(columns["ahead_u"], columns["ahead_v"], "")],
        points=[Point(columns["u"], columns["v"], "", drag=MAP)],
        of=[*(f"{LOGITS.key}.{i}" for i in range(len(logits))), MAP] if exact else [MAP],
        part="map",
    )


def _raw(settings: Settings, columns: Columns) -> Figure:
    reach = _reach(settings)
    across = columns.add("added", np.array([[[-reach, reach]]]))
    minus = columns["raw"].values[..., None] + columns["shift"].values[..., None]
    ends = np.array([-reach, reach])
    level = np.repeat(columns["minus_log"].values[..., None], 2, axis=-1)
    falls = drawn(minus - ends, -2 * reach, 2 * reach)
    return Figure(
        title=say("gradient.raw_along"),
        alt=say("gradient.raw_along_alt"),
        plot=figures.curves(
            [], (-reach, reach), (-1.05 * reach, 1.05 * reach), say("gradient.raw_along_x")
        ),
        lines=[
            Line(across, columns.add("level", drawn(level, -2 * reach, 2 * reach)), "fused"),
            Line(across, columns.add("falls", falls), "onehot"),
        ],
        points=[
            Point(columns["shift"], columns["minus_log"], "fused"),
            Point(columns["shift"], columns["raw"], "onehot"),
        ],
        key=[("fused", say("gradient.key_bounded")), ("onehot", say("gradient.key_raw"))],
        part="raw-figure",
    )


def _cards(columns: Columns) -> list[Card]:
    def card(key: str, title: str, swatch: str, value: str, style: Style) -> Card:
        return Card(title, "", swatch, Cell(columns[value], style, readout=key), "")

    four = Style("fixed", 4)
    forms = [
        replace(
            card(f"slope-{form}", say(f"gradient.short_{form}"), form, f"slope_{form}", SHORT),
            second_label=say("gradient.short_loss_of"),
            second=Cell(columns[f"loss_{form}"], SHORT, readout=f"loss-{form}"),
        )
        for form in PIPELINES
    ]
    return [
        card("loss", say("gradient.short_loss"), "fused", "loss", four),
        card("floor", say("gradient.short_floor"), "onehot", "floor", four),
        card("raw", say("gradient.short_raw"), "onehot", "raw", Style("prose", 5)),
        *forms,
    ]


# ---------------------------------------------------------------- what is said of it

_PIECES: Final = ("walked", "rested", "bottom", "smoothed", "plain", "same", "other")


def _told(settings: Settings, columns: Columns, smoothing: np.ndarray) -> Sentence:
    """Tell what happens at every position; nothing where the step's own text is to be read."""
    here = _key(settings)
    code = np.zeros(columns["z"].values.shape[:2], np.int8)

    def tell(piece: str, where: np.ndarray) -> None:
        code[np.broadcast_to(where, code.shape)] = 1 + _PIECES.index(piece)

    if here == "downhill":
        tell("walked", columns["step"].values > 0)
        tell("rested", _arrived(settings, columns) & (smoothing == 0))
    elif here == "map":
        tell("bottom", _down(settings, columns) & (smoothing == 0))
    elif here == "smoothing":
        tell("plain", smoothing == 0)
        tell("smoothed", smoothing > 0)
    elif here == "raw":
        tell("other", ~_alike(columns))
        tell("same", _won(settings, columns))
    t = settings.target
    return Sentence(
        "verdict",
        "",
        columns.add("told", code),
        ["", *(say(f"gradient.told_{piece}", true=settings.names[t]) for piece in _PIECES)],
        {
            "step": Place(columns["step"], _PROSE),
            "rate": Place(columns["rate"], _PROSE),
            "loss": Place(columns["loss"], Style("fixed", 4)),
            "floor": Place(columns["floor"], Style("fixed", 4)),
            "cross": Place(columns["minus_log"], Style("fixed", 4)),
            "p": Place(columns["p"], _PROSE, item=t),
            "y": Place(columns["label"], _PROSE),
            "raw": Place(columns["raw"], _PROSE),
        },
    )


# ---------------------------------------------------------------- the questions


def ask(settings: Settings) -> list[Question]:
    """Make the questions; the core answers them."""
    return [_ask_even(settings), _ask_strongest(settings), _ask_dead(settings)]


def _ask_even(settings: Settings) -> Question:
    classes = len(settings.logits)
    loss = even_loss(classes)
    values = (1 / classes, loss, float(np.log2(classes)), float(classes))
    options = [f"{value:.4f}" for value in values]
    return Question(
        "even",
        say("gradient.ask_even", classes=classes),
        options,
        options.index(f"{loss:.4f}"),
        [say("gradient.ask_even_why", classes=classes, loss=f"{loss:.4f}")] * 4,
        settings.put(logits=(0.0,) * classes, step=0, smoothing=0.0),
    )


def _ask_strongest(settings: Settings) -> Question:
    scenario = SCENARIOS["everyday"]
    pull = slope(scenario.logits, scenario.target)
    names = first_names(3)
    right = int(np.abs(pull).argmax())
    return Question(
        "strongest",
        say("gradient.ask_strongest", name=names[scenario.target]),
        names,
        right,
        [say("gradient.ask_strongest_why", pulls=", ".join(f"{g:.3f}" for g in pull))] * 3,
        with_scenario(settings, scenario).put(smoothing=0.0, step=0),
    )


@cache
def _pull_where_dead(pipeline: str) -> str:
    """Return the pull on the first class of the scenario, as it is written."""
    scenario = LAB["log_of_zero"]
    pull = gradient(scenario.logits, scenario.target, pipeline, scenario.format)
    return f"{float(pull[0]):g}"


def _ask_dead(settings: Settings) -> Question:
    scenario = LAB["log_of_zero"]
    options = ["nan", "-1", "0", "inf"]
    return Question(
        "dead",
        say("gradient.ask_dead", logits=", ".join(f"{z:g}" for z in scenario.logits)),
        options,
        options.index(_pull_where_dead("naive")),
        [say("gradient.ask_dead_why", fused=_pull_where_dead("fused"))] * 4,
        broken(settings),
    )


STEPS: Final = (
    Step(
        "even",
        "predict",
        shows=("z", "p", "loss", "curve"),
        opens=lambda now: _opened(now, (0.0, 0.0, 0.0)),
        ask=_guess_even,
        covers=lambda _: ("loss", "curve"),
    ),
    Step(
        "pull",
        "predict",
        shows=(*_PULLED, "loss", "curve"),
        opens=lambda now: _opened(now, _EVERYDAY),
        ask=_guess_pull,
        covers=lambda _: ("z-arrows", "slope"),
    ),
    Step(
        "downhill",
        "reach",
        shows=(*_PULLED, "loss", "descent", "slider.rate", "slider.step"),
        opens=lambda now: _opened(now, _WRONG),
        goal=_arrived,
    ),
    Step(
        "sure",
        "predict",
        shows=(*_PULLED, *_FORM_CARDS, "forms"),
        opens=lambda now: broken(now).put(shift=0.0),
        ask=_guess_dead,
        covers=lambda _: ("z-arrows", "slope", "forms", *_FORM_CARDS),
    ),
    Step(
        "map",
        "reach",
        shows=(*_PULLED, "loss", "map"),
        opens=lambda now: _opened(now, _UPHILL),
        goal=_down,
    ),
    Step(
        "smoothing",
        "see",
        shows=(
            *(*_PULLED, "loss", "floor", "descent"),
            *("slider.smoothing", "slider.rate", "slider.step"),
        ),
        opens=lambda now: _opened(now, _EVERYDAY, smoothing=0.1),
    ),
    Step(
        "raw",
        "reach",
        shows=("z", "p", "slope", "loss", "raw", "raw-figure", "slider.shift"),
        opens=lambda now: _opened(now, _EVERYDAY),
        goal=_won,
    ),
    Step("free", "explore", opens=lambda now: _opened(now, _EVERYDAY)),
)


def _export(settings: Settings) -> Export:
    """Return the descent as the step shows it; where it shows none, where the logits stand."""
    free = settings[AT] >= len(STEPS)
    walks = free or _key(settings) in ("downhill", "smoothing")
    added = 0.0 if free else settings.shift
    logits = [z + added for z in settings.logits]
    step = settings[STEP] if walks else 0
    return of_descent(settings, logits, settings[SMOOTHING], settings[RATE], step)


LESSON = Lesson(
    page="gradient",
    parameters=(LOGITS, NAMES, TARGET, FORMAT, REACH, SMOOTHING, RATE, STEP),
    picture=_picture,
    build=build,
    acts={"break": broken, MAP: _place},
    ask=ask,
    steps=STEPS,
    export=_export,
)
