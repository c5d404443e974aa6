"""The sentences a learner reads; they live in words/, one file per language."""

import re
import tomllib
from functools import cache
from pathlib import Path

_MARKDOWN = re.compile(r"([^\w\s])")


@cache
def _sentences() -> dict[str, str]:
    text = (Path(__file__).parent / "words" / "en.toml").read_text(encoding="utf-8")
    return {
        f"{section}.{key}": sentence
        for section, sentences in tomllib.loads(text).items()
        for key, sentence in sentences.items()
    }


def say(key: str, /, **values: object) -> str:
    """Return the sentence `key` with its named places filled.

    A place without a value stays as it is: the browser fills those that follow a drag.
    """
    return re.sub(
        r"\{(\w+)\}",
        lambda place: str(values.get(place[1], place[0])),
        _sentences()[key],
    )


def literal(text: str) -> str:
    """Escape text from a stranger, so that Markdown shows it and does nothing else."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
