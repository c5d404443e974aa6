"""The first page: why everyone subtracts the largest score, in a minute, and the way on."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ce_core import FORMATS
from ce_core.pipelines import PIPELINES, CauseKind, Run, run_all
from lab.controls import logit_sliders, positions, slider
from lab.distance import PROSE, add_paper, distance
from lab.export.forms import of_forms
from lab.lesson import Lesson, Question, Step
from lab.parameters import AT, FORMAT, LOGITS, NAMES, SHIFT, TARGET
from lab.pipeline import PRESET, open_scenario, summary
from lab.readers import one_of
from lab.settings import Parameter, Settings, widened
from lab.steps import other, places
from lab.words import say
from live.message import cut
from live.parts import (
    Band,
    Card,
    Cell,
    Columns,
    Instrument,
    Look,
    Place,
    Sentence,
    Slider,
    Stack,
    Style,
    Switch,
)

SUBTRACT: Final[Parameter[int]] = Parameter("subtract", "start", one_of((0, 1)), 0)

_REACH = 15.0  # of the sliders: float16's cliff, 11.09, lies within
_HALF = 150  # positions to each side: steps of a tenth
_FIRST = (9.0, 8.0, 6.0)  # a short drag from the cliff
_WILD = 0.9  # of the reach
_SUM = Style("prose", 5)


# ---------------------------------------------------------------- what the steps open


def _begin(settings: Settings) -> Settings:
    return settings.put(
        logits=_FIRST, names=NAMES.default(settings), target=0, format="float16", shift=0.0
    ).put(subtract=0)


def _run(settings: Settings, form: str) -> Run:
    forms = run_all(
        settings.logits, settings.target, settings.format, shift=settings.shift, pipelines=(form,)
    )
    return forms[form]


def _broken(settings: Settings) -> Settings:
    """Open the naive form, broken: exp of the true class is inf, and that of the other is not."""
    settings = settings.put(subtract=0)
    exp = _run(settings, "naive").steps["exp"]
    if np.isinf(exp[settings.target]) and np.isfinite(exp[other(settings)]):
        return settings
    settings = _begin(settings)
    cliff = math.ceil(10 * FORMATS[settings.format].ln_max) / 10
    return settings.put(logits=(cliff, *settings.logits[1:]))


def _subtracted(settings: Settings) -> Settings:
    return settings.put(subtract=1)


def _saved(settings: Settings) -> Settings:
    """Open what breaks as it is and does not with the largest subtracted."""
    naive, shifted = (_run(settings, form).steps["loss"] for form in ("naive", "shifted"))
    saved = np.isfinite(shifted) and not np.isfinite(naive)
    return _subtracted(settings if saved else _broken(settings))


# ---------------------------------------------------------------- what they ask, and their goals


def _others(settings: Settings) -> list[str]:
    """Name the probabilities of all classes but the true one."""
    return [f"p.{i}" for i in range(len(settings.logits)) if i != settings.target]


def _guess(settings: Settings) -> Question:
    """Ask for the probability of the other class where the true one is nan."""
    p = float(_run(settings, "naive").steps["probabilities"][other(settings)])
    right = 2 if math.isnan(p) else 1 if p == 0 else 0
    options = ("before", "zero", "nan")
    verdicts = ["right" if i == right else "wrong" for i in range(len(options))]
    words = places(settings)
    return Question(
        key="guess",
        text=say("start.step_guess_do", **words),
        options=[say(f"start.guess_{option}") for option in options],
        right=right,
        reasons=[
            say(f"start.guess_{option}_{verdict}", **words)
            for option, verdict in zip(options, verdicts, strict=True)
        ],
        shown=settings,
    )


def _broke(settings: Settings, columns: Columns) -> np.ndarray:
    """Say where exp of the true class became inf in the form that is shown."""
    broke: np.ndarray = np.isinf(columns["exp"].values[..., settings.target])
    return broke


def _flipped(settings: Settings, _: Columns) -> np.ndarray:
    return np.array([[settings[SUBTRACT] == 1]])


def _far(settings: Settings, columns: Columns) -> np.ndarray:
    """Say where a score is dragged to an end of its slider, and yet no exp passes 1."""
    sliders = _sliders(settings)
    (logits,) = positions(settings, sliders, LOGITS)
    moved = np.stack([logits[i, :, i] for i in range(len(settings.logits))])
    wild = np.zeros(logits.shape[:2], bool)
    wild[: len(moved)] = np.abs(moved) >= _WILD * _reach(settings)
    exp = columns["exp"].values
    holds: np.ndarray = wild & (exp <= 1).all(axis=-1)
    return holds


# ---------------------------------------------------------------- the picture


def _reach(settings: Settings) -> float:
    return widened(_REACH, *settings.logits)


def _sliders(settings: Settings) -> list[Slider]:
    scores = logit_sliders(settings, _HALF, _REACH)
    # The last slider of an instrument is never masked: that of the shift, which stands still here.
    still = slider(SHIFT, say("live.shift"), ([settings.shift], 0))
    return [*(replace(score, choice="") for score in scores), still]


def _runs(
    settings: Settings, sliders: Sequence[Slider], pipelines: Sequence[str] = PIPELINES
) -> dict[str, Run]:
    logits, shift = positions(settings, sliders, LOGITS, SHIFT)
    return run_all(
        logits, settings.target, settings.format, shift=shift[..., None], pipelines=pipelines
    )


def build(settings: Settings, columns: Columns) -> list[Instrument]:
    """Build the picture of the story, and at its end the free instrument."""
    if settings[AT] >= len(STEPS):
        return summary(settings, columns)
    sliders = _sliders(settings)
    runs = _runs(settings, sliders, ("naive", "shifted"))
    shown = runs["shifted" if settings[SUBTRACT] else "naive"]
    for name, step in (
        ("z", "shifted" if settings[SUBTRACT] else "logits"),
        ("exp", "exp"),
        ("p", "probabilities"),
        ("total", "total"),
    ):
        columns.add(name, _plain(shown.steps[step]))
    for form, run in runs.items():
        columns.add(f"loss_{form}", _plain(run.steps["loss"]))
    add_paper(shown, columns)
    return [
        Instrument(
            title=say("start.picture_title"),
            hint="",
            sliders=sliders,
            switches=[Switch(SUBTRACT.key, SUBTRACT.called(), settings[SUBTRACT] == 1, "switch")],
            stacks=[_stack(settings, columns)],
            cards=[*(_card(settings, run, columns) for run in runs.values()), _paper(columns)],
            sentences=[_told(runs, settings, columns)],
        )
    ]


def _plain(values: np.ndarray) -> np.ndarray:
    return cut(values) if values.dtype == np.float64 else values.astype(np.float32)


def _stack(settings: Settings, columns: Columns) -> Stack:
    fmt = FORMATS[settings.format]
    reach = _reach(settings)
    decades = 2 * reach / math.log(10)
    # Down to the smallest number of the format, and up to its largest, where they are near.
    low = max(math.log10(fmt.smallest_subnormal), -decades)
    limit = math.log10(fmt.max)
    near = limit <= decades
    largest = f"{fmt.max:.0f}" if fmt.max < 1e6 else f"{fmt.max:.3g}".replace("e+", "e")
    if len(largest) > 4 and largest.isdigit():
        largest = f"{int(largest):,}".replace(",", "\u202f")
    subtracted = settings[SUBTRACT] == 1
    swatch = "shifted" if subtracted else "naive"
    form = "shifted" if subtracted else "naive"
    return Stack(
        title=say("start.picture_title"),
        alt=say("start.picture_alt", format=fmt.name),
        names=settings.names,
        bands=[
            Band("z", columns["z"], Style("shortest", 3), "z", share=1.2),
            Band(
                "exp",
                columns["exp"],
                Style("significant", 4),
                "exp",
                log=True,
                share=1.05,
                total=Cell(columns["total"], _SUM, readout="total"),
                total_label=say("start.total"),
            ),
            Band("p", columns["p"], Style("fixed", 4), "p", share=0.6),
        ],
        looks=[
            Look(say(f"start.z_{form}"), say("start.z_note"), "plain", -reach, reach),
            Look(
                say(f"start.exp_{form}"),
                say("start.exp_note"),
                swatch,
                low,
                (limit if near else decades) + 0.06 * decades,
                fmt.max if near else None,
                say("start.limit", format=fmt.name, max=largest),
            ),
            Look(say("start.p_title"), say("start.p_note"), swatch, 0.0, 1.0),
        ],
        drag=[f"{LOGITS.key}.{i}" for i in range(len(settings.logits))],
        marked=settings.target,
        mark=say("start.marked"),
    )


def _card(settings: Settings, run: Run, columns: Columns) -> Card:
    form = run.pipeline
    return Card(
        title=say(f"start.loss_{form}", true=settings.names[settings.target]),
        note="",
        swatch=form,
        value=Cell(columns[f"loss_{form}"], Style("fixed", 4), readout=f"loss-{form}"),
        unit="",
        off=distance(run, form, columns),
    )


def _paper(columns: Columns) -> Card:
    return Card(
        title=say("start.loss_paper"),
        note="",
        swatch="onehot",
        value=Cell(
            columns["paper"],
            Style("prose", 5),
            readout="loss-paper",
            exponent=columns["paper_exponent"],
        ),
        unit="",
    )


# ---------------------------------------------------------------- what is said of it

# What is told of a form that broke; of any other cause the step's own text is told.
_CAUSES: Final[Mapping[CauseKind, str]] = {
    CauseKind.EXP_OVERFLOW: "exp_nan",
    CauseKind.SUM_OVERFLOW: "sum",
    CauseKind.SUM_UNDERFLOW: "nothing",
    CauseKind.PROBABILITY_UNDERFLOW: "underflow",
}
_PIECES: Final = ("exp_nan", "exp_inf", "sum", "nothing", "underflow", "still", "saved", "both")


def _told(runs: Mapping[str, Run], settings: Settings, columns: Columns) -> Sentence:
    """Tell what happens at every position; nothing where the step's own text is to be read."""
    naive, shifted = runs["naive"], runs["shifted"]
    code = np.zeros(naive.broke.shape, np.int8)

    def tell(piece: str, where: np.ndarray) -> None:
        code[np.broadcast_to(where, code.shape)] = 1 + _PIECES.index(piece)

    here = STEPS[settings[AT] - 1].key
    if here == "what":
        lost = ~np.isfinite(columns["loss_naive"].values)
        tell("both", lost & np.isfinite(columns["loss_shifted"].values))
    elif settings[SUBTRACT] and here != "guess":
        exp = columns["exp"].values
        fits = np.isfinite(exp).all(axis=-1)
        tell("saved", fits & ((here != "again") | _far(settings, columns)))
        tell("still", shifted.broke == CauseKind.PROBABILITY_UNDERFLOW)
    elif here in ("drag", "again"):
        for kind, piece in _CAUSES.items():
            tell(piece, naive.broke == kind)
        infinite = np.isinf(columns["loss_naive"].values)
        tell("exp_inf", (naive.broke == CauseKind.EXP_OVERFLOW) & infinite)
    cause = naive.cause
    fmt = FORMATS[settings.format]
    words = {"format": fmt.name, "true": settings.names[settings.target]}
    named = {
        "z": Place(columns.add("cause_z", cut(cause.value)), PROSE),
        "exact": Place(
            columns.add("cause_significand", cause.significand.astype(np.float32)),
            PROSE,
            exponent=columns.add("cause_exponent", cause.exponent),
        ),
        "class": Place(
            columns.add("cause_class", cause.index.astype(np.int8)), names=settings.names
        ),
        "max": Place(columns.add("max", np.array([[fmt.max]])), PROSE),
        "tiny": Place(columns.add("tiny", np.array([[fmt.smallest_subnormal]])), PROSE),
        "largest": Place(
            columns.add("largest", _plain(shifted.steps["largest"])), Style("prose", 4)
        ),
        "naive": Place(columns["loss_naive"], Style("fixed", 4)),
        "shifted": Place(columns["loss_shifted"], Style("fixed", 4)),
    }
    return Sentence(
        "verdict",
        "",
        columns.add("told", code),
        ["", *(say(f"start.told_{piece}", **words) for piece in _PIECES)],
        named,
    )


STEPS: Final = (
    Step(
        "drag",
        "reach",
        shows=("z", "exp", "p", "loss-naive"),
        opens=_begin,
        goal=_broke,
        covers=_others,
    ),
    Step(
        "guess",
        "predict",
        shows=("z", "exp", "p", "loss-naive"),
        opens=_broken,
        ask=_guess,
        covers=_others,
    ),
    Step("subtract", "reach", opens=_broken, goal=_flipped),
    Step("again", "reach", opens=_subtracted, goal=_far, times=3),
    Step("what", "see", opens=_saved),
    Step("lessons", "explore"),
)

LESSON = Lesson(
    page="start",
    parameters=(LOGITS, NAMES, TARGET, FORMAT, SUBTRACT),
    picture=str,
    build=build,
    acts={PRESET: open_scenario},
    steps=STEPS,
    losses=_runs,
    export=of_forms,
)
