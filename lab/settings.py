"""What a lesson shows: the value of every parameter, always valid."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from lab.prepared.lesson import Playing
from lab.readers import LONGEST_TEXT, Reader
from lab.words import has, say

T = TypeVar("T")

REACHES = (10.0, 100.0, 1000.0)


class Settings:
    """The value of every parameter. It is a value itself: it never changes, and can be compared.

    `settings[PARAMETER]` is a parameter's value. Those that all lessons share have a name, too.
    `seen` holds the keys of the questions whose answers the learner has seen, and `playing` the
    prepared lesson that is played in place of the page's own steps. They are no settings.
    """

    __slots__ = ("_hash", "_values", "playing", "seen")

    def __init__(
        self,
        values: Mapping[str, Any],
        seen: frozenset[str] = frozenset(),
        playing: Playing | None = None,
    ) -> None:
        self._values = dict(values)
        self._hash = hash((*self._values.values(), seen, playing))
        self.seen = seen
        self.playing = playing

    def __getitem__(self, parameter: "Parameter[T]") -> T:
        value: T = self._values[parameter.key]
        return value

    def get(self, key: str) -> Any:
        """Return the value of the parameter of this key."""
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def put(self, **values: Any) -> "Settings":
        """Return settings with other values of some parameters, by their keys.

        Raises
        ------
        KeyError
            If there is no parameter of such a key.
        """
        if unknown := values.keys() - self._values.keys():
            raise KeyError(f"expected keys of parameters; got {', '.join(sorted(unknown))}")
        return Settings(self._values | values, self.seen, self.playing)

    def having(self, key: str, value: Any) -> "Settings":
        """Return settings with the value of one more parameter."""
        return Settings(self._values | {key: value}, self.seen, self.playing)

    def having_seen(self, seen: frozenset[str]) -> "Settings":
        """Return the same settings for a learner who has seen these answers."""
        return Settings(self._values, seen, self.playing)

    def in_lesson(self, playing: Playing | None) -> "Settings":
        """Return the same settings in a prepared lesson, or in none."""
        return Settings(self._values, self.seen, playing)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Settings):
            return NotImplemented
        mine, others = (self._values, self.seen, self.playing), (other._values, other.seen)
        return mine == (*others, other.playing)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Settings({self._values}, {set(self.seen)}, {self.playing})"

    @property
    def logits(self) -> tuple[float, ...]:
        """The logits; -inf masks a class."""
        logits: tuple[float, ...] = self._values["logits"]
        return logits

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the classes."""
        names: tuple[str, ...] = self._values["names"]
        return names

    @property
    def target(self) -> int:
        """The true class."""
        target: int = self._values["target"]
        return target

    @property
    def format(self) -> str:
        """The number format, by its name."""
        name: str = self._values["format"]
        return name

    @property
    def shift(self) -> float:
        """The constant that is added to every logit."""
        shift: float = self._values["shift"]
        return shift

    @property
    def reach(self) -> float:
        """How far the sliders were chosen to reach."""
        reach: float = self._values["reach"]
        return reach

    @property
    def effective_reach(self) -> float:
        """The reach chosen, widened until every finite logit and the shift are inside."""
        return widened(self.reach, *self.logits, self.shift)


def widened(reach: float, *values: float) -> float:
    """Return a reach, widened until every finite one of these values is inside.

    Examples
    --------
    >>> widened(10.0, 3.0), widened(10.0, -11.0), widened(10.0, 123456.0)
    (10.0, 100.0, 200000.0)
    """
    largest = max(abs(v) for v in (0.0, *values) if math.isfinite(v))
    if largest <= reach:
        return reach
    standard = [reach for reach in REACHES if reach >= largest]
    if standard:
        return standard[0]
    power = 10.0 ** math.floor(math.log10(largest))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= largest)


def _put(values: Sequence[Any], i: int, value: Any) -> tuple[Any, ...]:
    return (*values[:i], value, *values[i + 1 :])


@dataclass(frozen=True, eq=False)
class Parameter(Generic[T]):
    """One parameter of a link: what it may be, what it is at first, and what it is called.

    Attributes
    ----------
    key : str
        Its name in a link.
    words : str
        The words file that calls it `control_<key>`; of a list also says what it may hold,
        `expected_<key>`.
    reader : Reader
        What reads one value.
    first : value, or callable
        Where a link does not name it; a callable is given the settings read before it.
    split : callable, optional
        How the text of a list falls apart. A list has one value for each class.
    fits : callable
        Whether a value fits the settings read before it.
    put : callable
        How one value comes into a list.
    added, removed : callable, optional
        The list when a class is added, and when class i is removed.
    restarts : bool
        Whether it is as at first again when other classes or other logits are opened.
    """

    key: str
    words: str
    reader: Reader[Any]
    first: T | Callable[[Settings], T]
    split: Callable[[str], list[str]] | None = None
    fits: Callable[[Any, Settings], bool] = lambda _value, _settings: True
    put: Callable[[Sequence[Any], int, Any], tuple[Any, ...]] = _put
    added: Callable[[tuple[Any, ...]], tuple[Any, ...]] | None = None
    removed: Callable[[tuple[Any, ...], int], tuple[Any, ...]] | None = None
    restarts: bool = False

    def default(self, settings: Settings) -> T:
        """Return what it is where a link does not name it."""
        return self.first(settings) if callable(self.first) else self.first

    def parse(self, text: str) -> Any:
        """Read what a link says."""
        if len(text) > LONGEST_TEXT:
            raise ValueError("too long")
        read = self.reader.read
        return tuple(map(read, self.split(text))) if self.split else read(text)

    def called(self, name: str = "") -> str:
        """Return what a control of it is called; one for each class has the class's name."""
        return say(f"{self.words}.control_{self.key}", name=name)

    def expected(self) -> str:
        """Say what a link may hold."""
        key = f"{self.words}.expected_{self.key}"
        return say(key, one=self.reader.expected()) if has(key) else self.reader.expected()
