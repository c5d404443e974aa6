"""Drawing ten items by a seed, for ever the same ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from typing import Final

from lab.challenge.code import EDITION, ITEMS
from lab.challenge.pool import POOL, Kind
from lab.challenge.seed import read_seed

_QUESTIONS: Final = ITEMS // 2  # the rest are goals, so that no challenge is much harder


@dataclass(frozen=True)
class Item:
    """What is asked: a step, and the numbers with which it opens, as a link has them."""

    kind: Kind
    link: str


def _numbers(seed: str) -> Iterator[int]:
    """Yield numbers below 2**64: hashes of the seed and a counter.

    A sequence of `random` may be another one in another Python.
    """
    for n in count():
        digest = blake2b(f"{EDITION} {seed} {n}".encode(), digest_size=8).digest()
        yield int.from_bytes(digest, "big")


def drawn(seed: str) -> tuple[Item, ...]:
    """Draw the items of a challenge, in the order of the story.

    Raises
    ------
    ValueError
        If there is no such seed.

    Examples
    --------
    >>> [item.kind.key for item in drawn("K7Q2M")] == [item.kind.key for item in drawn("k7q-2m")]
    True
    """
    numbers = _numbers(read_seed(seed))

    def some(what: str, many: int) -> list[Kind]:
        left = [kind for kind in POOL if kind.kind == what]
        return [left.pop(next(numbers) % len(left)) for _ in range(many)]

    chosen = [*some("predict", _QUESTIONS), *some("reach", ITEMS - _QUESTIONS)]
    return tuple(
        Item(kind, kind.links[next(numbers) % len(kind.links)]) for kind in POOL if kind in chosen
    )
