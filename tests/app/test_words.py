"""Every sentence is used, and every sentence that is used exists."""

import re
import tomllib
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from ce_core.bugs import BUGS
from ce_core.cause import CauseKind
from ce_core.events import EventKind
from ce_core.formats import FORMATS
from ce_core.scenarios import ALL_SCENARIOS
from ce_core.trace import PIPELINES
from pages.shared import controls
from pages.shared.words import literal, say

PAGES = Path("pages")
SENTENCES = {
    f"{path.stem}.{key}": text
    for path in sorted((PAGES / "shared/words/en").glob("*.toml"))
    for key, text in tomllib.loads(path.read_text()).items()
}
SOURCE = "\n".join(path.read_text() for path in sorted(PAGES.rglob("*.py")))
# What may fill a place in a key, beside the words that stand in quotes somewhere in the pages.
NAMES = {
    *ALL_SCENARIOS,
    *BUGS,
    *PIPELINES,
    *FORMATS,
    *map(str, range(10)),
    *(parameter.key for parameter in controls.PARAMETERS),
    *(kind.name.lower() for kind in CauseKind),
    *(kind.name.lower() for kind in EventKind),
    "exp_overflow_nan",
    "exp_overflow_inf",
}


def patterns() -> set[str]:
    """Return the keys that the pages ask for, each as a regular expression."""
    asked = re.findall(r'\b(?:say|has)\(\s*(?:key := )?f?["\']([\w{][^"\']+)["\']', SOURCE)
    return {
        re.sub(r"\{[^}]*\}", "(\\\\w+)", re.escape(key).replace(r"\{", "{").replace(r"\}", "}"))
        for key in asked
    }


def used() -> set[str]:
    quoted = set(re.findall(r'"(\w+)"', SOURCE)) | NAMES
    whole = {key for key in SENTENCES if f'"{key}"' in SOURCE}
    asked = patterns()
    return whole | {
        key
        for key in SENTENCES
        for pattern in asked
        if (found := re.fullmatch(pattern, key)) and set(found.groups()) <= quoted
    }


def test_the_words_file_holds_what_the_pages_say_and_nothing_else() -> None:
    assert set(SENTENCES) - used() == set()
    assert {p for p in patterns() if not any(re.fullmatch(p, key) for key in SENTENCES)} == set()


def test_a_sentence_is_short_plain_text_with_named_places() -> None:
    for key, text in SENTENCES.items():
        assert text == text.lstrip(), key
        assert not re.search(r"\{\W|\{\}|%s|\bTODO\b|<[a-z]", text), key
        assert len(text) <= 240, key


def test_places_are_filled_and_unknown_ones_are_left_to_the_browser() -> None:
    assert say("control.logits", name="{cat}") == "{cat} logit"
    assert "{exact}" in say("verdict.exp_overflow_nan", format="float16")
    assert "float16" in say("verdict.exp_overflow_nan", format="float16")


@given(st.text())
@example("`c` `` d")
@example("https://a.example/ www.a.example a@b.example :material/home: -> [x](y) $x^2$ <b>")
def test_literal_is_markdown_code_that_nothing_ends_early(text: str) -> None:
    lines = " ".join(text.split()).split("/")
    written = literal(text).split(r"\/")
    assert len(written) == len(lines)
    for line, code in zip(lines, written, strict=True):
        fence = re.match("`*", code)[0]
        assert code == (f"{fence} {line} {fence}" if line.strip() else line)
        assert len(fence) not in {len(run) for run in re.findall("`+", line)}
        assert bool(fence) == bool(line.strip())


def test_literal_of_half_a_character_can_be_sent() -> None:
    assert literal("a\ud800b").encode() == b"` a?b `"
