"""What a household may do with rooms: a class of 1,000 has one address, and so has whoever guesses.

Nothing of this is written anywhere, and each process counts for itself.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from server.pace import Buckets
from server.rooms.room import GoneError

# Requests: a class opens its room at once, and then answers within some seconds.
_ASKED, _ASKED_AT_ONCE = 100, 1500
# Rooms: a school has one address, and a lecturer starts a class anew now and then.
_MADE, _MADE_AT_ONCE = 1 / 600, 12
# Codes that are none, or that nobody here has named before. There are 8 million, so that somebody
# who tries for the whole day that one of ten rooms lasts enters it with a probability of 5 %.
_GUESSED, _GUESSED_AT_ONCE = 0.5, 60
_MOST_KNOWN = 20_000  # pairs of a household and a room
_OPEN_HERE = 800  # streams of a household
_OPEN = 1200  # streams of this process


class TooOftenError(Exception):
    """A household has to wait.

    Attributes
    ----------
    wait : float
        Seconds.
    """

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


class Limits:
    """What households have done lately."""

    def __init__(self) -> None:
        self._asked = Buckets(_ASKED, _ASKED_AT_ONCE)
        self._made = Buckets(_MADE, _MADE_AT_ONCE)
        self._guessed = Buckets(_GUESSED, _GUESSED_AT_ONCE)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._open: Counter[str] = Counter()

    def ask(self, who: str) -> None:
        """Count a request.

        Raises
        ------
        TooOftenError
            If there were too many.
        """
        _take(self._asked, who)

    def make(self, who: str) -> None:
        """Count a room; raise as `ask` does."""
        _take(self._made, who)

    @contextmanager
    def naming(self, who: str, code: str) -> Iterator[None]:
        """Count a guess, unless somebody of this household was in the room; raise as `ask` does.

        So a class goes on while one of its neighbours guesses.
        """
        if (who, code) not in self._known:
            _take(self._guessed, who)
        try:
            yield
        except GoneError:
            self._known.pop((who, code), None)
            raise
        self._known[who, code] = None
        self._known.move_to_end((who, code))
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    @contextmanager
    def stream(self, who: str) -> Iterator[None]:
        """Hold a stream open; raise as `ask` does."""
        if self._open[who] >= _OPEN_HERE or self._open.total() >= _OPEN:
            raise TooOftenError(5.0)
        self._open[who] += 1
        try:
            yield
        finally:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]


def _take(buckets: Buckets, who: str) -> None:
    bucket = buckets.of(who)
    if wait := bucket.wait():
        raise TooOftenError(wait)
    bucket.take()
