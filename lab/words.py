"""The sentences a learner reads; they live in words/, one folder per language."""

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "words"
FIRST = "en"  # the language that has every sentence
LANGUAGES = tuple(sorted((path.name for path in _FOLDER.iterdir()), key=lambda n: (n != FIRST, n)))
_PLURAL = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")

_language: ContextVar[str] = ContextVar("language", default=FIRST)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything in a language, until the end of the block; in English if there is no such."""
    before = _language.set(language if language in LANGUAGES else FIRST)
    try:
        yield
    finally:
        _language.reset(before)


def language() -> str:
    """Return the language that is spoken now."""
    return _language.get()


@cache
def sentences(language: str) -> dict[str, str]:
    """Return every sentence of a language by its key, the file's name and its own."""
    return {
        f"{path.stem}.{key}": sentence
        for path in (_FOLDER / language).glob("*.toml")
        for key, sentence in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


def say(key: str, /, **values: object) -> str:
    """Return the sentence `key` with its named places filled.

    A place without a value stays as it is: the browser fills those that follow a drag. Where the
    sentence says {rows|row}, the second is that of a `count` of 1. A sentence that the language
    lacks is said in English.
    """
    return _said(_language.get(), key, tuple(values.items()))


# A page says hundreds with every answer, and nearly all of them the same.
@lru_cache(10_000)
def _said(language: str, key: str, values: tuple[tuple[str, object], ...]) -> str:
    sentence = sentences(language).get(key) or sentences(FIRST)[key]
    filled = dict(values)
    if "count" in filled:
        sentence = _PLURAL.sub(lambda found: found[2 if filled["count"] == 1 else 1], sentence)
    return re.sub(r"\{(\w+)\}", lambda place: _text(filled.get(place[1], place[0])), sentence)


def _text(value: object) -> str:
    """Write a whole number of five digits or more in groups, as the player does."""
    return (
        f"{value:,}".replace(",", "\u202f")
        if isinstance(value, int) and value > 9999
        else str(value)
    )


def terms() -> dict[str, str]:
    """Return what each term means, in one sentence, by the name that texts call it in brackets."""
    prefix = "terms."
    return {
        key.removeprefix(prefix): say(key) for key in sentences(FIRST) if key.startswith(prefix)
    }


def has(key: str) -> bool:
    """Say whether there is a sentence `key`."""
    return key in sentences(FIRST)
