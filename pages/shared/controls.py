"""Every URL parameter of the app, in one table: how it is read, checked and written.

What arrives, whether from a link, a typed field or the browser's component state, is text or
JSON from a stranger. `read` turns it into a valid `Settings`, and a list of what it refused.
"""

import csv
import io
import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

MIN_CLASSES, MAX_CLASSES = 2, 10
MAX_NAME_LENGTH = 20
MAX_TEXT_LENGTH = 2000  # longer than any link the app writes; a bound on work, not on meaning
FORMATS = ("float64", "float32", "float16", "bfloat16")
REACHES = (10.0, 100.0, 1000.0)
LARGEST = 1e300  # a typed logit; the sum of two of them is still a float64
FIRST_NAMES = ("cat", "dog", "goldfish")

# Unicode categories that a class name may not hold: controls, surrogates, unassigned and private
# characters, line breaks, and format characters (which include the bidirectional overrides that
# would reorder the text around a name). U+200D joins emoji and is harmless.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


@dataclass(frozen=True)
class Settings:
    """What the pipeline page shows; always valid."""

    logits: tuple[float, ...] = (2.0, 1.0, 0.1)
    target: int = 0
    format: str = "float32"
    names: tuple[str, ...] = FIRST_NAMES
    shift: float = 0.0
    reach: float = 10.0

    @property
    def effective_reach(self) -> float:
        """The reach chosen, widened until every finite logit and the shift are inside."""
        largest = max(abs(v) for v in (*self.logits, self.shift) if math.isfinite(v))
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


def number(value: Any) -> float:
    """Read a finite number within +-LARGEST, from text or JSON."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("not a number")
    if isinstance(value, str) and not value.isascii():
        raise ValueError("not a plain number")  # float() also reads other scripts' digits
    try:
        result = float(value)
    except OverflowError as error:  # an integer of JSON may have any length
        raise ValueError("not a number in range") from error
    if not abs(result) <= LARGEST:
        raise ValueError("not a finite number in range")
    return result + 0.0  # -0 becomes 0


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
    if any(unicodedata.category(c) in _REFUSED_CATEGORIES for c in cleaned.replace("\u200d", "")):
        raise ValueError("holds characters that cannot be shown")
    return cleaned


def _split(text: str) -> list[str]:
    rows = list(csv.reader([text], strict=True))
    return rows[0] if len(rows) == 1 else []


def _read_logits(text: str) -> tuple[float, ...]:
    values = tuple(logit(part.strip()) for part in text.split(",", MAX_CLASSES))
    if not MIN_CLASSES <= len(values) <= MAX_CLASSES:
        raise ValueError("wrong number of classes")
    return values


def _read_names(text: str) -> tuple[str, ...]:
    try:
        values = tuple(name(part) for part in _split(text))
    except csv.Error as error:
        raise ValueError("not a comma-separated list") from error
    if len(set(values)) != len(values):
        raise ValueError("two classes with one name")
    return values


def _read_target(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_CLASSES))):
        raise ValueError("not a class index")
    return int(text)


def _one_of(choices: Sequence[Any]) -> Callable[[str], Any]:
    by_text = {plain(choice): choice for choice in choices}

    def read(text: str) -> Any:
        if text not in by_text:
            raise ValueError("not one of the choices")
        return by_text[text]

    return read


def plain(value: Any) -> str:
    """Write a value as a link does: the shortest text that reads back exactly."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    return str(value)


def _join(values: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([plain(value) for value in values])
    return text.getvalue()


class Parameter(NamedTuple):
    """One URL parameter. `fits` checks it against the parameters read before it."""

    key: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]
    fits: Callable[[Any, Settings], bool] = lambda _value, _settings: True
    default: Callable[[Settings], Any] | None = None


# In the order in which they are read: the logits say how many classes there are.
PARAMETERS = (
    Parameter("logits", _read_logits, _join),
    Parameter(
        "names",
        _read_names,
        _join,
        fits=lambda value, settings: len(value) == len(settings.logits),
        default=lambda settings: first_names(len(settings.logits)),
    ),
    Parameter(
        "target",
        _read_target,
        plain,
        fits=lambda value, settings: value < len(settings.logits),
    ),
    Parameter("format", _one_of(FORMATS), plain),
    Parameter("shift", number, plain),
    Parameter("reach", _one_of(REACHES), plain),
)


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
    for key, parse, _, fits, default in PARAMETERS:
        if default is not None:
            settings = replace(settings, **{key: default(settings)})
        texts = query.get(key, ())
        if not texts:
            continue
        if len(texts) > 1:
            ignored.append(Ignored(key, " & ".join(texts), "once"))
            continue
        try:
            if len(texts[0]) > MAX_TEXT_LENGTH:
                raise ValueError("too long")
            value = parse(texts[0])
        except ValueError:
            ignored.append(Ignored(key, texts[0], key))
            continue
        if fits(value, settings):
            settings = replace(settings, **{key: value})
        else:
            ignored.append(Ignored(key, texts[0], key))
    known = {parameter.key for parameter in PARAMETERS}
    ignored += [
        Ignored(k, " & ".join(texts), "unknown") for k, texts in query.items() if k not in known
    ]
    return settings, ignored


def write(settings: Settings) -> dict[str, str]:
    """Write the URL parameters that reopen these settings."""
    return {p.key: p.write(getattr(settings, p.key)) for p in PARAMETERS}


def first_names(count: int) -> tuple[str, ...]:
    """Name `count` classes that nobody has named."""
    return tuple(FIRST_NAMES[i] if i < len(FIRST_NAMES) else f"class {i + 1}" for i in range(count))


def grid(value: float, reach: float) -> tuple[list[float], int]:
    """Return the positions of a slider from -reach to reach, and the index of its value.

    201 positions; the one nearest to `value` is replaced by `value` itself, so that a typed value
    is kept to the last digit. A masked logit (-inf) leaves the slider in the middle.
    """
    half = 100
    positions = [k * reach / half for k in range(-half, half + 1)]
    if not math.isfinite(value):
        return positions, half
    index = half + round(value / reach * half)
    positions[index] = value
    return positions, index
