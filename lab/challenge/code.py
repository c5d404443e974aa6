"""A result as a code, which a teacher checks with the name, and without a server.

It has three groups: the seed, how each item went (two bits an item), and a checksum of these and of
the name. The checksum is CRC-32, and no cryptography: whoever can run these lines can make a code
for any result, whatever the function, as the browser has to know all that makes one. It is there
for slips of the pen and for friends' codes. A CRC notices every change of 32 bits in a row, so each
wrong letter of a seed, a code or a name, and another change but for one in 4 billion. It needs a
few lines, where SubtleCrypto is missing from pages without HTTPS, as a laptop in a classroom has.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final, Literal, get_args
from zlib import crc32

from lab.challenge.seed import LENGTH, letters_of, number_of, plain_letters, read_seed

EDITION: Final = 1  # one more when the pool becomes another, as a code is of what was asked
ITEMS: Final = 10
LONGEST_NAME: Final = 60  # letters, of which all count
_TRIES: Final = 4  # letters that hold how the items went
_CHECK: Final = 7  # letters that hold the checksum

Outcome = Literal["skipped", "first", "second", "wrong"]
"""How an item went; "first" and "second" is the try that was right."""

OUTCOMES: Final[Sequence[Outcome]] = get_args(Outcome)


class CodeError(ValueError):
    """A code that is none; `reason` is "form", or "check" where it is not of this name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def plain_name(name: str) -> str:
    r"""Return what of a name counts: not its capitals, its spaces, nor the kind of its apostrophe.

    Examples
    --------
    >>> plain_name("  Ada\u00a0 LOVELACE "), plain_name("Jose\u0301 O\u2019Hara")
    ('ada lovelace', "josé o'hara")
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())
    return " ".join(part for part in folded.replace("\u2019", "'").split(" ") if part)


def code(seed: str, name: str, outcomes: Sequence[Outcome]) -> str:
    """Write the code of a result.

    Raises
    ------
    ValueError
        If there is no such seed, or the items are not `ITEMS`.

    Examples
    --------
    >>> code("K7Q2M", "Ada", ["first"] * 9 + ["skipped"])
    'K7Q2M-2NAN-1AGSG8A'
    """
    if len(outcomes) != ITEMS:
        raise ValueError(f"expected {ITEMS} outcomes; got {len(outcomes)}")
    number = sum(OUTCOMES.index(outcome) << 2 * i for i, outcome in enumerate(outcomes))
    seed, tries = read_seed(seed), letters_of(number, _TRIES)
    return f"{seed}-{tries}-{_checksum(seed, tries, name)}"


def read(text: str, name: str) -> tuple[str, list[Outcome]]:
    """Read a code: its seed, and how each item went.

    Raises
    ------
    CodeError
        If it is no code, or none of this name.

    Examples
    --------
    >>> seed, outcomes = read("k7q2m 2nan 1agsg8a", "ada")
    >>> seed, outcomes.count("first"), outcomes[-1]
    ('K7Q2M', 9, 'skipped')
    """
    plain = plain_letters(text)
    if plain is None or len(plain) != LENGTH + _TRIES + _CHECK:
        raise CodeError("form")
    seed, tries, check = plain[:LENGTH], plain[LENGTH:-_CHECK], plain[-_CHECK:]
    if check != _checksum(seed, tries, name):
        raise CodeError("check")
    number = number_of(tries)
    return seed, [OUTCOMES[number >> 2 * i & 3] for i in range(ITEMS)]


def _checksum(seed: str, tries: str, name: str) -> str:
    text = f"cross-entropy challenge {EDITION} {seed} {tries} {plain_name(name)}"
    return letters_of(crc32(text.encode()), _CHECK)
