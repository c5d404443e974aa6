"""The parameters of all lessons as one table: a link is read, changed and written by it.

What arrives, whether a link or a change of one control, is text from a stranger. Whatever it is,
valid settings come of it, and sentences that say what was refused and what is used instead.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ce_core.formats import FORMATS
from lab.alike import skeleton
from lab.readers import LONGEST_TEXT, counted, logit, name, number, one_of, plain, whole
from lab.reading.error import excerpt as cut
from lab.settings import REACHES, Parameter, Settings
from lab.vector import ListError, read_list
from lab.words import FIRST, LANGUAGES, say

MIN_CLASSES, MAX_CLASSES = 2, 10
FIRST_LOGITS = (2.0, 1.0, 0.1)
FIRST_NAMES = ("cat", "dog", "goldfish")

Act = Callable[[Settings, str], Settings]
"""What a button does to the settings, given its text; it raises ValueError for what it refuses."""


def numbers(text: str) -> list[str]:
    """Split a list of numbers."""
    return [part.strip() for part in text.split(",", MAX_CLASSES)]


def _texts(text: str) -> list[str]:
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise ValueError("not a comma-separated list") from error
    return rows[0] if len(rows) == 1 else []


def written(value: Any) -> str:
    """Write a value of a parameter as a link does.

    Examples
    --------
    >>> written((2.0, -1.5)), written(("cat", "dog, big"))
    ('2,-1.5', 'cat,"dog, big"')
    """
    if not isinstance(value, tuple):
        return plain(value)
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([plain(item) for item in value])
    return text.getvalue()


def one_for_each_class(values: Sequence[Any], settings: Settings) -> bool:
    """Say whether a list has one value for each class."""
    return len(values) == len(settings.logits)


def first_names(count: int) -> tuple[str, ...]:
    """Name `count` classes that nobody has named."""
    return tuple(FIRST_NAMES[i] if i < len(FIRST_NAMES) else f"class {i + 1}" for i in range(count))


def _with_name(names: tuple[str, ...]) -> tuple[str, ...]:
    taken = set(map(skeleton, names))
    free = (new for new in first_names(2 * MAX_CLASSES) if skeleton(new) not in taken)
    return (*names, next(free))


def _tell_apart(names: Sequence[str]) -> bool:
    return len(set(map(skeleton, names))) == len(names)


def without(values: tuple[Any, ...], i: int) -> tuple[Any, ...]:
    """Return a list without the value of class i."""
    return values[:i] + values[i + 1 :]


LOGITS: Final[Parameter[tuple[float, ...]]] = Parameter(
    "logits",
    "shared",
    logit(),
    FIRST_LOGITS,
    split=numbers,
    fits=lambda values, _: MIN_CLASSES <= len(values) <= MAX_CLASSES,
    added=lambda values: (*values, 0.0),
    removed=without,
)
NAMES: Final[Parameter[tuple[str, ...]]] = Parameter(
    "names",
    "shared",
    name(),
    lambda settings: first_names(len(settings.logits)),
    split=_texts,
    fits=lambda values, settings: one_for_each_class(values, settings) and _tell_apart(values),
    added=_with_name,
    removed=without,
)
TARGET: Final[Parameter[int]] = Parameter(
    "target",
    "shared",
    whole(MAX_CLASSES - 1),
    0,
    fits=lambda value, settings: value < len(settings.logits),
)
FORMAT: Final[Parameter[str]] = Parameter(
    "format", "shared", one_of(list(FORMATS), "shared.expected_format"), "float32"
)
SHIFT: Final[Parameter[float]] = Parameter("shift", "shared", number(), 0.0)
REACH: Final[Parameter[float]] = Parameter("reach", "shared", one_of(REACHES), 10.0)
LANGUAGE: Final[Parameter[str]] = Parameter("lang", "shared", one_of(LANGUAGES), FIRST)

# The step of a lesson, counted from 1. It stands in the links of lessons that have steps.
AT: Final[Parameter[int]] = Parameter("at", "lesson", counted(99), 1)

# In the order in which they are read: the logits say how many classes there are.
SHARED: Final = (LANGUAGE, LOGITS, NAMES, TARGET, FORMAT, SHIFT, REACH, AT)

_MOST_LINES = 8
_LONGEST_EXCERPT = 40  # of a refused text, so that a hostile link cannot fill the screen


class Refused(NamedTuple):
    """A part of a link, or a change, that was refused, and why, in words."""

    key: str
    text: str
    why: str

    def __str__(self) -> str:
        key, text = excerpt(self.key), excerpt(self.text)
        return say("app.ignored_part", key=key, text=text, why=self.why)


def excerpt(text: str) -> str:
    """Return a text of a stranger on one line, and not too long for a sentence."""
    return cut(text, _LONGEST_EXCERPT)


def lines(refused: Sequence[Refused]) -> list[str]:
    """Say what was refused, in a few lines, and nothing twice."""
    return list(dict.fromkeys(map(str, refused)))[:_MOST_LINES]


def told(refused: Sequence[Refused]) -> list[str]:
    """Say what in a link was refused."""
    return [say("app.ignored"), *lines(refused)] if refused else []


class Parameters:
    """The parameters of some lessons, after those that all share.

    Parameters
    ----------
    own : iterable of Parameter
        Those of the lessons; one may be named more than once.
    """

    def __init__(self, own: Iterable[Parameter[Any]]) -> None:
        self.all: tuple[Parameter[Any], ...] = tuple(dict.fromkeys([*SHARED, *own]))
        self._by_key = {parameter.key: parameter for parameter in self.all}
        if len(self._by_key) < len(self.all):
            raise ValueError("expected a key of its own for each parameter")

    def first(self) -> Settings:
        """Return the settings of an empty link."""
        return self.read({})[0]

    def read(self, query: Mapping[str, Sequence[str]]) -> tuple[Settings, list[Refused]]:
        """Read the settings that a link asks for, and what in it was refused.

        Parameters
        ----------
        query : mapping of str to list of str
            Each key with all its values, as a link may repeat a key.

        Examples
        --------
        >>> link = {"logits": ["3,1"], "format": ["float8"], "tab": ["2"]}
        >>> settings, refused = Parameters([]).read(link)
        >>> settings.logits, settings.names, settings.format
        ((3.0, 1.0), ('cat', 'dog'), 'float32')
        >>> [(part.key, part.text) for part in refused]
        [('format', 'float8'), ('tab', '2')]
        """
        settings = Settings({})
        refused = []
        for parameter in self.all:
            key, texts = parameter.key, query.get(parameter.key, ())
            value = parameter.default(settings)
            if texts:
                try:
                    value = _only(parameter, texts, settings)
                except ValueError:
                    used = say("app.used", used=excerpt(written(value)))
                    why = say("app.once") if len(texts) > 1 else parameter.expected()
                    why = say("app.expected", expected=why, instead=used)
                    refused.append(Refused(key, " & ".join(texts), why))
            settings = settings.having(key, value)
        refused += [
            Refused(key, " & ".join(texts), say("app.unknown"))
            for key, texts in query.items()
            if key not in self._by_key
        ]
        return settings, refused

    def write(self, settings: Settings, own: Iterable[Parameter[Any]]) -> dict[str, str]:
        """Write the parameters that reopen these settings: `own`, and all that was changed.

        So a link from one lesson to the next carries the learner's numbers along.
        """
        always = set(own)
        return {
            p.key: written(settings[p])
            for p in self.all
            if p in always or settings[p] != p.default(settings)
        }

    def take(self, settings: Settings, id_: str, text: str) -> Settings:
        """Change what a control was set to.

        Parameters
        ----------
        settings : Settings
            What holds now.
        id_ : str
            The key of a parameter, or of one value in a list: "logits.2". Or "add", which adds a
            class, or "remove.2", which removes one.
        text : str
            What it was set to. A list in the field of a logit sets all logits, and makes as many
            classes.

        Raises
        ------
        RefusedError
            If there is no such control, or the value is none that it may have.
        """
        key, dot, index = id_.partition(".")
        if id_ == "add" or key == "remove":
            return self._resized(settings, id_, index)
        parameter = self._by_key.get(key)
        if parameter is None or bool(dot) != bool(parameter.split):
            raise RefusedError(Refused(id_, text, say("app.no_control")))
        i = _index(id_, index, settings) if dot else None
        try:
            return self._set(settings, parameter, i, text if len(text) <= LONGEST_TEXT else "")
        except ListError as error:
            kept = excerpt(written(settings[parameter]))
            why = say("app.kept_instead", why=error, kept=kept)
        except ValueError:
            now = settings[parameter]
            kept = say("app.kept", kept=written(now if i is None else now[i]))
            expected = parameter.expected() if i is None else parameter.reader.expected()
            why = say("app.expected", expected=expected, instead=kept)
        label = parameter.called("" if i is None else settings.names[i])
        raise RefusedError(Refused(label, text, why))

    def _set(
        self, settings: Settings, parameter: Parameter[Any], i: int | None, text: str
    ) -> Settings:
        values = read_list(text, LOGITS.reader, MAX_CLASSES) if parameter is LOGITS else ()
        if len(values) > 1:
            return self._filled(settings, values)
        new = values[0] if values else parameter.reader.read(text)
        if i is not None:
            new = parameter.put(settings[parameter], i, new)
        if not parameter.fits(new, settings):
            raise ValueError("does not fit the other settings")
        return settings.put(**{parameter.key: new})

    def _filled(self, settings: Settings, logits: tuple[float, ...]) -> Settings:
        """Open other logits; the last classes go, or new ones come, until each has its own."""
        now = settings
        while (count := len(now.logits)) != len(logits):
            id_ = "add" if count < len(logits) else "remove"
            now = self._resized(now, id_, str(count - 1))
        return self.fitted(now.put(logits=logits), settings)

    def _resized(self, settings: Settings, id_: str, index: str) -> Settings:
        count = len(settings.logits)
        if id_ == "add" and count < MAX_CLASSES:
            lists = {p.key: p.added(settings[p]) for p in self.all if p.added}
            return self.fitted(settings.put(**lists), settings)
        if id_ != "add" and count > MIN_CLASSES:
            i = _index(id_, index, settings)
            lists = {p.key: p.removed(settings[p], i) for p in self.all if p.removed}
            # The true class stays the same, if it was not this one.
            target = min(settings.target - (settings.target > i), count - 2)
            return self.fitted(settings.put(**lists, target=target), settings)
        raise RefusedError(Refused(id_, "", say("app.no_control")))

    def fitted(self, settings: Settings, before: Settings) -> Settings:
        """Return settings that were opened anew: what no longer fits is as at first again."""
        other = settings.logits != before.logits
        for parameter in self.all:
            restarts = parameter.restarts and other
            if restarts or not parameter.fits(settings[parameter], settings):
                settings = settings.put(**{parameter.key: parameter.default(settings)})
        return settings


class RefusedError(ValueError):
    """A change was refused; `part` says which, and why."""

    def __init__(self, part: Refused) -> None:
        super().__init__(str(part))
        self.part = part


def _index(id_: str, index: str, settings: Settings) -> int:
    """Return the class that the control `id_` is of."""
    known = [str(i) for i in range(len(settings.logits))]
    if index not in known:
        raise RefusedError(Refused(id_, "", say("app.no_control")))
    return known.index(index)


def _only(parameter: Parameter[Any], texts: Sequence[str], settings: Settings) -> Any:
    if len(texts) > 1:
        raise ValueError("more than once")
    value = parameter.parse(texts[0])
    if not parameter.fits(value, settings):
        raise ValueError("does not fit what was read before it")
    return value
