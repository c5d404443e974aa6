"""Every URL parameter of the app, in one table: how it is read, checked and written.

What arrives, whether from a link, a typed field or the browser's component state, is text or
JSON from a stranger. `read` turns a link into valid `Settings` and a list of what it refused;
`take` does the same with one message of an instrument.
"""

import csv
import io
import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ce_core.bugs import BUGS
from ce_core.formats import FORMATS as ALL_FORMATS
from ce_core.scenarios import ALL_SCENARIOS, Scenario
from ce_core.trace import PIPELINES

MIN_CLASSES, MAX_CLASSES = 2, 10
MAX_NAME_LENGTH = 20
MAX_TEXT_LENGTH = 2000  # longer than any link the app writes; a bound on work, not on meaning
MAX_COUNT = 1000  # observations of one class
MAX_STEP = 60  # steps of gradient descent
FORMATS = ("float64", "float32", "float16", "bfloat16")
CELLS = tuple(f"{name}.{pipeline}" for name in ALL_FORMATS for pipeline in PIPELINES)
REACHES = (10.0, 100.0, 1000.0)
LARGEST = 1e300  # a typed logit; the sum of two of them is still a float64
FIRST_NAMES = ("cat", "dog", "goldfish")
FIRST_COUNTS = (5, 3, 2, 1, 1, 1, 1, 1, 1, 1)

# Unicode categories that a class name may not hold: controls, surrogates, unassigned and private
# characters, line breaks, and format characters (which include the bidirectional overrides that
# would reorder the text around a name). U+200D joins emoji and is harmless.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
# A name needs a letter, number, punctuation or symbol that is not one of Unicode's blank ones:
# the Hangul fillers and the empty Braille pattern.
_SEEN_CATEGORIES = frozenset("LNPS")
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


@dataclass(frozen=True)
class Settings:
    """What the lessons show; always valid."""

    logits: tuple[float, ...] = (2.0, 1.0, 0.1)
    target: int = 0
    format: str = "float32"
    names: tuple[str, ...] = FIRST_NAMES
    shift: float = 0.0
    reach: float = 10.0
    counts: tuple[int, ...] = FIRST_COUNTS[:3]
    model: tuple[float, ...] = (0.2, 0.3, 0.5)
    x: float = 2.0
    other: float = 0.0
    temperature: float = 1.0
    cell: str = "float16.naive"
    smoothing: float = 0.0
    rate: float = 1.0
    step: int = 0
    bug: str = "softmax_twice"
    dose: float = 10.0
    repaired: int = 0

    @property
    def effective_reach(self) -> float:
        """The reach chosen, widened until every finite logit and the shift are inside."""
        return self.reach_for(*self.logits, self.shift)

    def reach_for(self, *values: float) -> float:
        """Return the reach chosen, widened until every finite one of these values is inside."""
        largest = max(abs(v) for v in (0.0, *values) if math.isfinite(v))
        if largest <= self.reach:
            return self.reach
        standard = [reach for reach in REACHES if reach >= largest]
        return standard[0] if standard else _round_up(largest)


class Ignored(NamedTuple):
    """A part of a link or message that was refused."""

    key: str
    text: str
    expected: str  # the key of the sentence that says what is allowed


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 5 times a power of ten: a scale that people can read."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= value)


# ---------------------------------------------------------------- one value


def number(value: Any) -> float:
    """Read a finite number within +-LARGEST, from text or JSON."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("not a number")
    # float() also reads other scripts' digits, and 1_000.
    if isinstance(value, str) and (not value.isascii() or "_" in value):
        raise ValueError("not a plain number")
    try:
        result = float(value)
    except OverflowError as error:  # an integer of JSON may have any length
        raise ValueError("not a number in range") from error
    if not abs(result) <= LARGEST:
        raise ValueError("not a finite number in range")
    return result + 0.0  # -0 becomes 0


def between(low: float, high: float) -> Callable[[Any], float]:
    """Return what reads a number from `low` to `high`."""

    def read(value: Any) -> float:
        result = number(value)
        if not low <= result <= high:
            raise ValueError("out of range")
        return result

    return read


def whole(high: int) -> Callable[[Any], int]:
    """Return what reads a whole number from 0 to `high`, in decimal digits or as JSON."""

    def read(value: Any) -> int:
        text = plain(value) if isinstance(value, int | float) else value
        if isinstance(value, bool) or not isinstance(text, str):
            raise ValueError("not a whole number")
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(high)) + 1):
            raise ValueError("not a whole number in range")
        if int(text) > high:
            raise ValueError("out of range")
        return int(text)

    return read


def logit(value: Any) -> float:
    """Read a finite number, or -inf: a masked class."""
    return -math.inf if value in ("-inf", -math.inf) else number(value)


def name(value: Any) -> str:
    """Read a class name: short, printable, on one line."""
    if not isinstance(value, str) or len(value) > MAX_TEXT_LENGTH:
        raise ValueError("not a text")
    cleaned = " ".join(unicodedata.normalize("NFC", value).split())
    if not 1 <= len(cleaned) <= MAX_NAME_LENGTH:
        raise ValueError("empty or too long")
    categories = {c: unicodedata.category(c) for c in cleaned.replace("\u200d", "")}
    if not _REFUSED_CATEGORIES.isdisjoint(categories.values()):
        raise ValueError("holds characters that cannot be shown")
    if not any(k[0] in _SEEN_CATEGORIES and c not in _BLANK for c, k in categories.items()):
        raise ValueError("holds nothing that can be seen")
    return cleaned


def _one_of(choices: Sequence[Any]) -> Callable[[Any], Any]:
    by_text = {plain(choice): choice for choice in choices}

    def read(value: Any) -> Any:
        if not isinstance(value, str) or value not in by_text:
            raise ValueError("not one of the choices")
        return by_text[value]

    return read


# ---------------------------------------------------------------- lists of values


def _numbers(text: str) -> list[str]:
    return [part.strip() for part in text.split(",", MAX_CLASSES)]


def _texts(text: str) -> list[str]:
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise ValueError("not a comma-separated list") from error
    return rows[0] if len(rows) == 1 else []


def plain(value: Any) -> str:
    """Write a value as a link does: the shortest text that reads back exactly."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    if isinstance(value, tuple):
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow([plain(item) for item in value])
        return text.getvalue()
    return str(value)


def share(model: Sequence[float], i: int, value: float) -> tuple[float, ...]:
    """Return the model with p_i = value; what is left keeps its proportions."""
    rest = math.fsum(p for j, p in enumerate(model) if j != i)
    others = [p / rest if rest else 1 / (len(model) - 1) for p in model]
    return tuple(value if j == i else (1 - value) * q for j, q in enumerate(others))


def _put(values: Sequence[Any], i: int, value: Any) -> tuple[Any, ...]:
    return (*values[:i], value, *values[i + 1 :])


# ---------------------------------------------------------------- the table


def _one_for_each_class(values: Sequence[Any], settings: Settings) -> bool:
    return len(values) == len(settings.logits)


class Parameter(NamedTuple):
    """One URL parameter. `fits` checks it against the parameters read before it."""

    key: str
    pages: str  # those whose links always hold it
    read: Callable[[Any], Any]  # one value, from text or JSON
    split: Callable[[str], list[str]] | None = None  # how the text of a list falls apart
    fits: Callable[[Any, Settings], bool] = lambda _value, _settings: True
    default: Callable[[Settings], Any] | None = None  # where it depends on those read before it
    put: Callable[[Sequence[Any], int, Any], tuple[Any, ...]] = _put  # one value into a list

    def parse(self, text: str) -> Any:
        """Read what a link says."""
        if len(text) > MAX_TEXT_LENGTH:
            raise ValueError("too long")
        return tuple(map(self.read, self.split(text))) if self.split else self.read(text)


_LOGITS = "pipeline softmax overflow gradient"

# In the order in which they are read: the logits say how many classes there are.
PARAMETERS = (
    Parameter(
        "logits",
        _LOGITS,
        logit,
        _numbers,
        fits=lambda values, _: MIN_CLASSES <= len(values) <= MAX_CLASSES,
    ),
    Parameter(
        "names",
        _LOGITS,
        name,
        _texts,
        fits=lambda values, settings: (
            _one_for_each_class(values, settings) and len(set(values)) == len(values)
        ),
        default=lambda settings: first_names(len(settings.logits)),
    ),
    Parameter(
        "target",
        f"{_LOGITS} likelihood",
        whole(MAX_CLASSES),
        fits=lambda value, settings: value < len(settings.logits),
    ),
    Parameter("format", "pipeline likelihood sigmoid softmax gradient", _one_of(FORMATS)),
    Parameter("shift", "pipeline softmax", number),
    Parameter("reach", f"{_LOGITS} sigmoid", _one_of(REACHES)),
    Parameter(
        "counts",
        "likelihood",
        whole(MAX_COUNT),
        _numbers,
        fits=lambda values, settings: _one_for_each_class(values, settings) and sum(values) > 0,
        default=lambda settings: FIRST_COUNTS[: len(settings.logits)],
    ),
    Parameter(
        "model",
        "likelihood",
        between(0.0, 1.0),
        _numbers,
        fits=lambda values, settings: (
            _one_for_each_class(values, settings) and abs(math.fsum(values) - 1) <= 1e-6
        ),
        default=lambda settings: first_model(len(settings.logits)),
        put=share,
    ),
    Parameter("x", "sigmoid", number),
    Parameter("other", "sigmoid", number),
    Parameter("temperature", "softmax", between(0.01, 100.0)),
    Parameter("cell", "overflow", _one_of(CELLS)),
    Parameter("smoothing", "gradient", between(0.0, 1.0)),
    Parameter("rate", "gradient", between(0.001, 100.0)),
    Parameter("step", "gradient", whole(MAX_STEP)),
    Parameter("bug", "bugs", _one_of(tuple(BUGS))),
    Parameter("dose", "bugs", number, default=lambda settings: first_dose(settings.bug)),
    Parameter("repaired", "bugs", whole(1)),
)
_BY_KEY = {parameter.key: parameter for parameter in PARAMETERS}


def read(query: Mapping[str, Sequence[str]]) -> tuple[Settings, list[Ignored]]:
    """Read the settings that a link asks for, and what in it was refused.

    Parameters
    ----------
    query : mapping of str to list of str
        Each key with all its values, as a URL may repeat a key.

    Examples
    --------
    >>> settings, ignored = read({"logits": ["3,1"], "format": ["float8"], "tab": ["2"]})
    >>> settings.logits, settings.names, settings.format
    ((3.0, 1.0), ('cat', 'dog'), 'float32')
    >>> [(part.key, part.text) for part in ignored]
    [('format', 'float8'), ('tab', '2')]
    """
    settings = Settings()
    ignored = []
    for parameter in PARAMETERS:
        key = parameter.key
        settings = replace(settings, **{key: default(parameter, settings)})
        texts = query.get(key, ())
        if not texts:
            continue
        if len(texts) > 1:
            ignored.append(Ignored(key, " & ".join(texts), "once"))
            continue
        try:
            value = parameter.parse(texts[0])
        except ValueError:
            ignored.append(Ignored(key, texts[0], key))
            continue
        if parameter.fits(value, settings):
            settings = replace(settings, **{key: value})
        else:
            ignored.append(Ignored(key, texts[0], key))
    ignored += [
        Ignored(key, " & ".join(texts), "unknown")
        for key, texts in query.items()
        if key not in _BY_KEY
    ]
    return settings, ignored


def take(settings: Settings, id_: str, value: Any) -> Settings:
    """Change what a control of an instrument was set to.

    Parameters
    ----------
    settings : Settings
        What holds now.
    id_ : str
        The key of a parameter, or of one value in a list: "logits.2".
    value : object
        What the browser sent. For "preset" and the overflow lab's "lab", the name of a scenario.

    Raises
    ------
    ValueError
        If there is no such parameter, or the value is none that it may have.

    Examples
    --------
    >>> take(Settings(), "model.2", 0.0).model
    (0.4, 0.6, 0.0)
    """
    if id_ in ("preset", "lab"):
        scenario = ALL_SCENARIOS[_one_of(list(ALL_SCENARIOS))(value)]
        opened = with_scenario(settings, scenario)
        return replace(opened, cell=f"{scenario.format}.naive") if id_ == "lab" else opened
    parameter, i = find(settings, id_)
    new = parameter.read(value)
    if i is not None:
        new = parameter.put(getattr(settings, parameter.key), i, new)
    if not parameter.fits(new, settings):
        raise ValueError("does not fit the other settings")
    changed = replace(settings, **{parameter.key: new})
    if parameter.key == "bug":  # another case, with its own data
        return replace(changed, dose=first_dose(new), repaired=0)
    return changed


def find(settings: Settings, id_: str) -> tuple[Parameter, int | None]:
    """Return the parameter that a control is about, and the class, where it has one for each."""
    key, dot, index = id_.partition(".")
    parameter = _BY_KEY.get(key)
    if parameter is None or bool(dot) != bool(parameter.split):
        raise ValueError("no such control")
    return parameter, whole(len(settings.logits) - 1)(index) if dot else None


def default(parameter: Parameter, settings: Settings) -> Any:
    """Return what a parameter is where a link does not name it."""
    return parameter.default(settings) if parameter.default else getattr(Settings(), parameter.key)


def write(settings: Settings, page: str) -> dict[str, str]:
    """Write the URL parameters that reopen these settings: a page's own, and all that was changed.

    So a link from one lesson to the next carries the learner's numbers along.
    """
    return {
        p.key: plain(getattr(settings, p.key))
        for p in PARAMETERS
        if page in p.pages.split() or getattr(settings, p.key) != default(p, settings)
    }


def first_dose(bug: str) -> float:
    """Return the logit of a bug's own data that its slider moves."""
    row, column = BUGS[bug].move
    return BUGS[bug].logits[row][column]


# ---------------------------------------------------------------- classes that come and go


def first_names(count: int) -> tuple[str, ...]:
    """Name `count` classes that nobody has named."""
    return tuple(FIRST_NAMES[i] if i < len(FIRST_NAMES) else f"class {i + 1}" for i in range(count))


def first_model(count: int) -> tuple[float, ...]:
    """Return the probabilities of a model that nobody has touched."""
    return Settings.model if count == len(Settings.model) else (1 / count,) * count


def with_class(settings: Settings) -> Settings:
    """Add a class with logit 0, which was never observed and which the model rules out."""
    free = (name for name in first_names(2 * MAX_CLASSES) if name not in settings.names)
    return replace(
        settings,
        logits=(*settings.logits, 0.0),
        names=(*settings.names, next(free)),
        counts=(*settings.counts, 0),
        model=(*settings.model, 0.0),
        step=0,
    )


def without_class(settings: Settings, i: int) -> Settings:
    """Remove a class; the true class stays the same, if it was not this one."""
    counts = settings.counts[:i] + settings.counts[i + 1 :]
    ruled_out = share(settings.model, i, 0.0)
    target = settings.target - (settings.target > i)
    return replace(
        settings,
        logits=settings.logits[:i] + settings.logits[i + 1 :],
        names=settings.names[:i] + settings.names[i + 1 :],
        counts=counts if sum(counts) else FIRST_COUNTS[: len(counts)],
        model=ruled_out[:i] + ruled_out[i + 1 :],
        target=min(target, len(settings.logits) - 2),
        step=0,
    )


def with_scenario(settings: Settings, scenario: Scenario) -> Settings:
    """Open a scenario; what it does not name stays. Only the lab shows 8-bit formats."""
    count = len(scenario.logits)
    fits = count == len(settings.logits)
    return replace(
        settings,
        logits=scenario.logits,
        target=scenario.target,
        format=scenario.format if scenario.format in FORMATS else settings.format,
        names=first_names(count),
        shift=scenario.shift,
        reach=float(scenario.reach),
        counts=settings.counts if fits else FIRST_COUNTS[:count],
        model=settings.model if fits else first_model(count),
        step=0,
    )


# ---------------------------------------------------------------- the positions of sliders


def grid(value: float, reach: float, half: int = 100) -> tuple[list[float], int]:
    """Return the positions of a slider from -reach to reach, and the index of its value.

    2 half + 1 positions; the one nearest to `value` is replaced by `value` itself, so that a typed
    value is kept to the last digit. A masked logit (-inf) leaves the slider in the middle.
    """
    positions = [k * reach / half for k in range(-half, half + 1)]
    if not math.isfinite(value):
        return positions, half
    index = half + round(value / reach * half)
    positions[index] = value
    return positions, index


def scale(value: float, positions: Sequence[float]) -> tuple[list[float], int]:
    """Return rising positions with the one nearest to `value` replaced by it, and its index."""
    index = min(range(len(positions)), key=lambda k: abs(positions[k] - value))
    return [*positions[:index], value, *positions[index + 1 :]], index
