"""The sentences a learner reads; they live in words/, one folder per language."""

import re
import tomllib
from functools import cache
from pathlib import Path


@cache
def _sentences() -> dict[str, str]:
    return {
        f"{path.stem}.{key}": sentence
        for path in (Path(__file__).parent / "words" / "en").glob("*.toml")
        for key, sentence in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


def say(key: str, /, **values: object) -> str:
    """Return the sentence `key` with its named places filled.

    A place without a value stays as it is: the browser fills those that follow a drag.
    """
    sentence = _sentences()[key]
    if not values:  # as most have none, and a page says hundreds
        return sentence
    return re.sub(r"\{(\w+)\}", lambda place: str(values.get(place[1], place[0])), sentence)


def has(key: str) -> bool:
    """Say whether there is a sentence `key`."""
    return key in _sentences()


def literal(text: str) -> str:
    """Write text from a stranger as Markdown code, in which nothing is a link or a picture.

    Slashes stand outside: Streamlit rewrites :material/ in all Markdown, code included. Half a
    character, which JSON may hold and UTF-8 may not, becomes a question mark.
    """
    text = text.encode("utf-8", "replace").decode()
    return r"\/".join(map(_code, " ".join(text.split()).split("/")))


def _code(line: str) -> str:
    longest = max(map(len, re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}" if line.strip() else line
