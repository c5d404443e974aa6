"""The softmax, line by line: the largest logit subtracted, and what depends on what."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ce_core import FORMATS, softmax, softmax_jacobian
from ce_core.many_classes import with_copies
from ce_core.pipelines import Run, run
from ce_core.scenarios import SCENARIOS
from lab import pictures
from lab import softmax as free
from lab.controls import logit_sliders, positions, shift_slider, slider, with_scenario
from lab.distance import PROSE
from lab.export.softmax import of_softmax
from lab.lesson import Lesson, Question, Step
from lab.mathml import frac
from lab.mathml import math as formula
from lab.parameters import AT, FORMAT, LOGITS, NAMES, REACH, SHIFT, TARGET, first_names
from lab.settings import Settings, widened
from lab.softmax import TEMPERATURE
from lab.steps import other, places
from lab.words import say
from live.message import cut
from live.parts import (
    Band,
    Card,
    Cell,
    Column,
    Columns,
    Formula,
    Instrument,
    Look,
    Place,
    Sentence,
    Slider,
    Stack,
    Style,
)

_REACH = 5.0  # of the sliders of the scores
_NEAR = 3.0  # the same where exp is drawn as it is
_FAR = 100.0  # of the slider of c: float32's cliff, 88.7, lies within
_HALF = 100  # positions to each side: steps of a tenth
_MORE = 100.0  # what is added to every score
_SHARE = 0.5  # that the other class is to get
_COLD, _HOT = 0.99, 0.4  # shares of the true class
_SCORE = Style("shortest", 4)
_P = Style("fixed", 4)


# ---------------------------------------------------------------- what the steps open


def _everyday(settings: Settings) -> Settings:
    return with_scenario(settings, SCENARIOS["everyday"]).put(temperature=1.0)


def _wide(settings: Settings) -> Settings:
    """Open a format that has room for exp(102)."""
    return _everyday(settings).put(format="float64")


def _even(settings: Settings) -> Settings:
    """Open equal scores in a format that soon has no room for one more."""
    return _everyday(settings).put(logits=(2.0, 2.0, 2.0), format="bfloat16")


# ---------------------------------------------------------------- what they ask, and their goals


def _predicted(
    settings: Settings,
    key: str,
    options: Mapping[str, str],
    right: str,
    shown: Settings,
    **words: str,
) -> Question:
    """Make the question of a step: each option has its reason, said as the right or a wrong one."""
    words = places(settings) | words
    return Question(
        key=key,
        text=say(f"softmax.step_{key}_do", **words),
        options=list(options.values()),
        right=[*options].index(right),
        reasons=[say(f"softmax.{key}_{option}", **words) for option in options],
        shown=shown,
    )


def _ways() -> dict[str, str]:
    return dict(zip(("less", "same", "more"), _options(), strict=True))


def _ask_scores(settings: Settings) -> Question:
    raised = LOGITS.put(settings.logits, settings.target, settings.logits[settings.target] + 1)
    before, after = (softmax(np.array(z))[other(settings)] for z in (settings.logits, raised))
    return _predicted(
        settings,
        "scores",
        _ways(),
        [*_ways()][_direction(before, after)],
        settings.put(logits=raised),
        before=f"{before:.4f}",
        after=f"{after:.4f}",
    )


def _ask_add(settings: Settings) -> Question:
    logits = np.array(settings.logits)
    before, after = (softmax(z)[settings.target] for z in (logits, logits + _MORE))
    right = [*_ways()][_direction(before, after)]
    return _predicted(settings, "add", _ways(), right, settings.put(shift=_MORE))


def _ask_many(settings: Settings) -> Question:
    """Ask for the sum of equal exponentials, one of them a thousand times."""
    settings = _even(settings)
    dtype = FORMATS[settings.format].dtype.type
    totals = {
        name: float(with_copies(run(settings.logits, 0, "shifted", name), free.MANY[-1])[0])
        for name in ("float64", settings.format)
    }
    paper, stalled = totals.values()
    once = float(dtype(paper))
    gaps = [float(np.spacing(dtype(v))) for v in (paper, stalled)]
    options = {"paper": f"{paper:.0f}", "once": f"{once:.0f}", "stalled": f"{stalled:.0f}"}
    right = next(key for key, text in options.items() if float(text) == stalled)
    return _predicted(
        settings,
        "many",
        options,
        right,
        settings,
        paper=options["paper"],
        total=options["stalled"],
        next=f"{stalled + 1:.0f}",
        gap=f"{gaps[0]:.0f}",
        apart=f"{gaps[1]:.0f}",
        times=f"{paper / stalled:.1f}",
    )


def _raised(settings: Settings, columns: Columns) -> np.ndarray:
    """Say where the other class has its share, and its score is what the step opened."""
    i = other(settings)
    untouched = settings.logits[i] == _everyday(settings).logits[i]
    raised: np.ndarray = (columns["p"].values[..., i] > _SHARE) & untouched
    return raised


def _only_the_check(_: Settings, columns: Columns) -> np.ndarray:
    """Say where the sum without subtracting is lost, and the one with it is not."""
    told: np.ndarray = columns["told"].values > 0
    return told


def _hot_or_cold(settings: Settings, columns: Columns) -> np.ndarray:
    """Say where the true class has nearly all, or little; the side that is open does not count."""
    cold, hot = _cold_and_hot(columns["p"].values[..., settings.target])
    now = softmax(np.array(settings.logits) / settings[TEMPERATURE])[settings.target]
    was_cold, was_hot = _cold_and_hot(now)
    met: np.ndarray = (cold & ~was_cold) | (hot & ~was_hot)
    return met


def _at_a_side(settings: Settings, columns: Columns) -> np.ndarray:
    cold, hot = _cold_and_hot(columns["p"].values[..., settings.target])
    return np.asarray(cold | hot)


def _cold_and_hot(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(p > _COLD), np.asarray(p < _HOT)


# ---------------------------------------------------------------- the pictures


def build(settings: Settings, columns: Columns) -> list[Instrument]:
    """Build the picture of the step, and at the end of the path the free instrument."""
    picture = _PICTURES.get(STEPS[min(settings[AT], len(STEPS)) - 1].key, free.build)
    return picture(settings, columns)


def _still(settings: Settings) -> Slider:
    """Make the last slider, which is never masked: that of c, which stands still here."""
    return slider(SHIFT, say("live.shift"), ([settings.shift], 0))


def _scores(settings: Settings, reach: float = _REACH, but: Sequence[int] = ()) -> list[Slider]:
    sliders = logit_sliders(settings, _HALF, reach)
    return [replace(score, choice="") for i, score in enumerate(sliders) if i not in but]


def _add(run: Run, columns: Columns, **steps: str) -> None:
    for name, step in steps.items():
        columns.add(name, _plain(run.steps[step]))


def _plain(values: np.ndarray) -> np.ndarray:
    return cut(values) if values.dtype == np.float64 else values.astype(np.float32)


def _score(low: float, high: float, key: str = "z") -> Look:
    return Look(say(f"softmax.{key}_title"), say(f"softmax.{key}_note"), "plain", low, high)


def _band(columns: Columns, part: str, style: Style, share: float) -> Band:
    return Band(part, columns[part], style, part, share=share)


def _probability(swatch: str, key: str = "p") -> Look:
    return Look(say(f"softmax.{key}_title"), say("softmax.p_note"), swatch, 0.0, 1.0)


def _instrument(
    settings: Settings,
    sliders: Sequence[Slider],
    bands: Sequence[Band],
    looks: Sequence[Look],
    *,
    drag: Sequence[int] = (),
) -> Instrument:
    """Show a picture whose bars of these classes are dragged."""
    rows = ", ".join(look.title for look in looks)
    return Instrument(
        title=say("softmax.picture_title"),
        hint="",
        sliders=sliders,
        stacks=[
            Stack(
                title=say("softmax.picture_title"),
                alt=say("softmax.picture_alt", rows=rows),
                names=settings.names,
                bands=bands,
                looks=looks,
                drag=[f"{LOGITS.key}.{i}" if i in drag else "" for i in range(len(settings.names))],
            )
        ],
    )


def _all(settings: Settings) -> range:
    return range(len(settings.logits))


def _shares(settings: Settings, columns: Columns) -> list[Instrument]:
    """Show scores and probabilities, a class one vertical line."""
    sliders = [*_scores(settings), _still(settings)]
    _add(free.runs_of(settings, sliders)["shifted"], columns, z="logits", p="probabilities")
    reach = widened(_REACH, *settings.logits)
    return [
        _instrument(
            settings,
            sliders,
            [_band(columns, "z", _SCORE, 1.0), _band(columns, "p", _P, 1.0)],
            [_score(-reach, reach), _probability("shifted", "share")],
            drag=_all(settings),
        )
    ]


def _up_and_over(settings: Settings, columns: Columns) -> list[Instrument]:
    """Show exp as it is, to the scale of the probabilities below it, and the fractions."""
    sliders = [*_scores(settings, _NEAR), _still(settings)]
    naive = free.runs_of(settings, sliders)["naive"]
    _add(naive, columns, z="logits", exp="exp", total="total", p="probabilities")
    reach = widened(_NEAR, *settings.logits)
    highest = math.exp(min(reach, 709.0))  # beyond it float64 has no exp
    digits = Style("significant", 4)
    instrument = _instrument(
        settings,
        sliders,
        [
            _band(columns, "z", _SCORE, 0.9),
            replace(
                _band(columns, "exp", digits, 1.1),
                total=Cell(columns["total"], Style("prose", 5), readout="total"),
                total_label=say("softmax.total"),
            ),
            _band(columns, "p", _P, 1.0),
        ],
        [
            _score(-reach, reach),
            Look(say("softmax.exp_title"), say("softmax.exp_note"), "naive", 0, highest),
            _probability("naive"),
        ],
        drag=_all(settings),
    )
    fractions = [
        Formula(
            say("softmax.share_of", name=name),
            formula(
                frac(Cell(columns["exp"], digits, i), Cell(columns["total"], digits)),
                "=",
                Cell(columns["p"], _P, i, f"share-{i}"),
            ),
        )
        for i, name in enumerate(settings.names)
    ]
    return [replace(instrument, formulas_title=say("softmax.shares"), formulas=fractions)]


def _everyone(settings: Settings, columns: Columns) -> list[Instrument]:
    """Show who moves whom, beside scores of which one stands still."""
    i, j = other(settings), settings.target
    sliders = [*_scores(settings, but=(i,)), _still(settings)]
    shifted = free.runs_of(settings, sliders)["shifted"]
    _add(shifted, columns, z="logits", p="probabilities")
    table = free.jacobian(settings, free.add_jacobian(shifted, columns))
    with np.errstate(all="ignore"):
        slope = softmax_jacobian(shifted.steps["logits"])[..., i, j]
    opened = softmax(np.array(_everyday(settings).logits))[i]
    told = Sentence(
        "moves",
        "",
        columns.add("told", (np.abs(columns["p"].values[..., i] - opened) > 1e-6).astype(np.int8)),
        ["", say("softmax.told_moves", **places(settings))],
        {
            "p": Place(columns["p"], _P, item=i),
            "slope": Place(columns.add("slope", _plain(slope)), Style("significant", 3)),
        },
    )
    reach = widened(_REACH, *settings.logits)
    instrument = _instrument(
        settings,
        sliders,
        [_band(columns, "z", _SCORE, 1.0), _band(columns, "p", _P, 1.0)],
        [_score(-reach, reach), _probability("shifted")],
        drag=[k for k in _all(settings) if k != i],
    )
    return [
        replace(
            instrument,
            tables=[
                replace(
                    table,
                    title=say("softmax.moves"),
                    lead=say("softmax.moves_lead"),
                    head=["", *settings.names],
                )
            ],
            sentences=[told],
        )
    ]


def _added(settings: Settings, columns: Columns) -> list[Instrument]:
    """Show the same scores with c added, and exp on one scale for both."""
    sliders = [*_scores(settings), _still(settings)]
    naive = free.runs_of(settings, sliders)["naive"]
    _add(naive, columns, z="logits", exp="exp", p="probabilities")
    c = settings.shift
    reach = widened(_REACH, *settings.logits)
    top = (widened(_MORE, c) + reach) / math.log(10)
    z = _score(min(-reach, c - reach), max(reach, c + reach))
    return [
        _instrument(
            settings,
            sliders,
            [
                _band(columns, "z", _SCORE, 1.0),
                replace(_band(columns, "exp", Style("significant", 4), 1.1), log=True),
                _band(columns, "p", _P, 0.8),
            ],
            [
                replace(z, title=say("softmax.z_plus", c=f"{c:g}")) if c else z,
                Look(
                    say("softmax.exp_title"),
                    say("softmax.log_note"),
                    "naive",
                    -reach / math.log(10),
                    top,
                ),
                _probability("naive"),
            ],
            drag=_all(settings),
        )
    ]


_LINES: Final = {
    "naive": ("logits", "probabilities"),
    "shifted": ("largest", "shifted", "exp", "total", "probabilities"),
}


def _line_by_line(settings: Settings, columns: Columns) -> list[Instrument]:
    """Show each line of NumPy beside what it made, with the sliders in view."""
    name = say("softmax.added")
    c = replace(shift_slider(settings.put(reach=_FAR), _HALF), name=name, beside=True)
    sliders = [*_scores(settings), c]
    runs = free.runs_of(settings, sliders)
    for form, steps in _LINES.items():
        _add(runs[form], columns, **{f"{step}_{form}": step for step in steps})
    (logits,) = positions(settings, sliders, LOGITS)
    columns.add("z", logits)
    naive, fmt = runs["naive"].steps, FORMATS[settings.format]
    exp, total = (naive[step].astype(np.float64) for step in ("exp", "total"))
    saved = np.isfinite(runs["shifted"].steps["total"].astype(np.float64))
    over = np.isinf(exp).any(axis=-1)
    code = np.where(saved, np.select([over, np.isinf(total), total == 0], [1, 2, 3], 0), 0)
    told = Sentence(
        "lines",
        "",
        columns.add("told", code.astype(np.int8)),
        ["", *(say(f"softmax.told_{key}", format=fmt.name) for key in ("over", "sum", "nothing"))],
        {
            "largest": Place(columns["largest_shifted"], PROSE),
            "max": Place(columns.add("max", np.array([[fmt.max]])), PROSE),
            "tiny": Place(columns.add("tiny", np.array([[fmt.smallest_subnormal]])), PROSE),
        },
    )
    reach = widened(_REACH, *settings.logits)
    table = free.lines(settings, columns, digits=5)
    # T comes later on the path.
    first, *rest = table.rows
    rows = [replace(first, label=say("softmax.line_added")), *rest]
    instrument = _instrument(
        settings,
        sliders,
        [_band(columns, "z", _SCORE, 1.0)],
        [_score(-reach, reach)],
        drag=_all(settings),
    )
    return [replace(instrument, tables=[replace(table, lead="", rows=rows)], sentences=[told])]


def _heat(settings: Settings, columns: Columns) -> list[Instrument]:
    """Show the scores divided by T, and the shares; only T is moved."""
    temperature = replace(free.temperature_slider(settings, _HALF), beside=True)
    shifted = free.runs_of(settings, [temperature])["shifted"]
    _add(shifted, columns, z="logits", p="probabilities")
    columns.add("T", np.array([temperature.values]))
    z, p = columns["z"].values, columns["p"].values
    cold = (p.max(axis=-1) > _COLD) & (columns["T"].values < 1)
    hot = (p.max(axis=-1) < _HOT) & (columns["T"].values > 1)
    finite = z[np.isfinite(z)]
    told = Sentence(
        "heat",
        "",
        columns.add("told", (cold + 2 * hot).astype(np.int8)),
        ["", *(say(f"softmax.told_{key}") for key in ("cold", "hot"))],
        {"T": Place(columns["T"], PROSE)},
    )
    instrument = _instrument(
        settings,
        [temperature],
        [_band(columns, "z", _SCORE, 1.0), _band(columns, "p", _P, 1.0)],
        [
            _score(
                min(0.0, float(finite.min(initial=0))),
                max(1.0, float(finite.max(initial=0))),
                "heat",
            ),
            _probability("shifted"),
        ],
    )
    card = Card(
        title=say("softmax.share_of", name=settings.names[settings.target]),
        note="",
        swatch="shifted",
        value=Cell(columns["p"], _P, settings.target, readout="share"),
        unit="",
    )
    return [replace(instrument, cards=[card], sentences=[told])]


def _very_many(settings: Settings, columns: Columns) -> list[Instrument]:
    """Show the sum as the last class gets copies, on paper and added up in the format."""
    last = len(settings.logits) - 1
    name = say("softmax.score_of", name=settings.names[last])
    score = replace(_scores(settings)[last], name=name, beside=True)
    sliders = [score, _still(settings)]
    cards: list[Card] = []
    for name, swatch in (("float64", "onehot"), (settings.format, "shifted")):
        shifted = free.runs_of(settings.put(format=name), sliders)["shifted"]
        each = [with_copies(shifted, many) for many in (1, *free.MANY)]
        where = "paper" if not cards else "low"
        columns.add(f"total_{where}", _plain(np.stack([total for total, _ in each], axis=-1)))
        share = columns.add(f"share_{where}", _plain(each[-1][1]))
        cards.append(_share_card(settings, where, swatch, share))
    most = free.MANY[-1] + last
    instrument = _instrument(
        settings,
        sliders,
        [
            Band(f"total_{where}", columns[f"total_{where}"], Style("prose", 5), f"total_{where}")
            for where in ("paper", "low")
        ],
        [
            Look(
                say(f"softmax.total_{where}", format=settings.format),
                say("softmax.total_note", **places(settings)),
                swatch,
                0.0,
                1.02 * most,
            )
            for where, swatch in (("paper", "plain"), ("low", "shifted"))
        ],
    )
    (stack,) = instrument.stacks
    names = [say("softmax.copies", many=many) for many in (1, *free.MANY)]
    return [
        replace(
            instrument,
            stacks=[replace(stack, names=names, drag=[""] * len(names))],
            cards=cards,
        )
    ]


def _share_card(settings: Settings, where: str, swatch: str, share: Column) -> Card:
    return Card(
        title=say(f"softmax.share_{where}", **places(settings)),
        note="",
        swatch=swatch,
        value=Cell(share, Style("fixed", 6), readout=f"share-{where}"),
        unit="",
    )


_PICTURES: Final[Mapping[str, Callable[[Settings, Columns], list[Instrument]]]] = {
    "scores": _shares,
    "over": _up_and_over,
    "everyone": _everyone,
    "add": _added,
    "lines": _line_by_line,
    "heat": _heat,
    "many": _very_many,
}


# ---------------------------------------------------------------- the questions of the free step


def _broken(settings: Settings, _: str) -> Settings:
    """Open logits whose exponentials are beyond float32."""
    return with_scenario(settings, SCENARIOS["over_89"]).put(temperature=1.0)


def _picture() -> str:
    return pictures.bars(softmax(np.array(SCENARIOS["everyday"].logits)))


def _ask(settings: Settings) -> list[Question]:
    """Make the questions; the core answers them."""
    return [_ask_shift(settings), _ask_other(settings), _ask_temperature(settings)]


def _direction(before: float, after: float) -> int:
    """Return 0 for less, 1 for the same, 2 for more, as the options stand."""
    return 1 if np.isclose(before, after, rtol=1e-9) else 2 * int(after > before)


def _options() -> list[str]:
    return [say(f"softmax.ask_option_{i}") for i in range(3)]


def _ask_shift(settings: Settings) -> Question:
    scenario = SCENARIOS["everyday"]
    logits = np.array(scenario.logits)
    before, after = (float(softmax(z)[0]) for z in (logits, logits + 100))
    return Question(
        "shift",
        say("softmax.ask_shift"),
        _options(),
        _direction(before, after),
        [say("softmax.ask_shift_why", before=f"{before:.4f}", after=f"{after:.4f}")] * 3,
        with_scenario(settings, scenario).put(shift=100.0, reach=100.0, temperature=1.0),
    )


def _ask_other(settings: Settings) -> Question:
    scenario = SCENARIOS["everyday"]
    logits = np.array(scenario.logits)
    raised = logits + np.array([1.0, 0.0, 0.0])
    before, after = (float(softmax(z)[2]) for z in (logits, raised))
    slope = float(softmax_jacobian(logits)[2, 0])
    names = first_names(3)
    return Question(
        "other",
        say("softmax.ask_other", first=names[0], third=names[2]),
        _options(),
        _direction(before, after),
        [say("softmax.ask_other_why", slope=f"{slope:.3f}", third=names[2])] * 3,
        with_scenario(settings, scenario).put(logits=tuple(raised.tolist()), temperature=1.0),
    )


def _ask_temperature(settings: Settings) -> Question:
    scenario = SCENARIOS["everyday"]
    logits = np.array(scenario.logits)
    # Six decimals: four would make a 1 of what is not quite 1.
    values = [f"{float(softmax(logits / t)[0]):.6f}" for t in (10.0, 1.0, 0.1)]
    return Question(
        "temperature",
        say("softmax.ask_temperature", p=values[1]),
        values,
        2,
        [say(f"softmax.ask_temperature_{i}") for i in range(3)],
        with_scenario(settings, scenario).put(temperature=0.1),
    )


STEPS: Final = (
    Step("scores", "predict", opens=_everyday, ask=_ask_scores),
    Step("over", "see", opens=_everyday),
    Step("everyone", "reach", opens=_everyday, goal=_raised),
    Step("add", "predict", opens=_wide, ask=_ask_add),
    Step("lines", "reach", opens=_everyday, goal=_only_the_check),
    Step("heat", "reach", opens=_everyday, goal=_hot_or_cold, times=2, rests=_at_a_side),
    Step(
        "many",
        "predict",
        opens=_even,
        ask=_ask_many,
        covers=lambda _: (f"total_low.{len(free.MANY)}", "share-low"),
        goals=False,  # it has a thousand classes more
    ),
    Step("free", "explore", opens=_everyday),
)

LESSON = Lesson(
    page="softmax",
    parameters=(LOGITS, NAMES, TARGET, FORMAT, SHIFT, REACH, TEMPERATURE),
    picture=_picture,
    build=build,
    acts={"break": _broken},
    ask=_ask,
    steps=STEPS,
    losses=free.runs_of,
    export=lambda settings: of_softmax(settings, settings[TEMPERATURE], free.MANY),
)
