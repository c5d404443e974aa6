"""Every sentence is used, and every sentence that is used exists."""

import re
import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ce_core.cause import CauseKind
from ce_core.scenarios import SCENARIOS
from pages.shared import controls
from pages.shared.words import literal, say

PAGES = Path("pages")
SENTENCES = {
    f"{section}.{key}": text
    for section, sentences in tomllib.loads((PAGES / "shared/words/en.toml").read_text()).items()
    for key, text in sentences.items()
}
SOURCE = "\n".join(path.read_text() for path in sorted(PAGES.rglob("*.py")))
FORMS = ("naive", "shifted", "fused")


def used() -> set[str]:
    keys = set(re.findall(r'\bsay\(\s*f?"(\w+\.\w+)"', SOURCE))
    for pattern, values in {
        "presets.{}": SCENARIOS,
        "pipeline.loss_{}": FORMS,
        "pipeline.loss_{}_formula": FORMS,
        "pipeline.code_{}": FORMS,
        "pipeline.formula_{}": FORMS,
        "pipeline.softmax_{}": ("naive", "shifted"),
        "expected.{}": ["once", "unknown", *(p.key for p in controls.PARAMETERS)],
        "live.{}": ("no_chart", "nan", "inf"),
    }.items():
        keys |= {pattern.format(value) for value in values}
    quoted = set(re.findall(r'"((?:\w+\.)?\w+)"', SOURCE))
    keys |= {k for k in SENTENCES if k in quoted}
    keys |= {f"pipeline.{k}" for k in quoted if k.startswith("step_")}
    keys |= {f"verdict.{k}" for k in quoted if f"verdict.{k}" in SENTENCES}
    keys |= {f"verdict.{kind.name.lower()}" for kind in CauseKind if kind != CauseKind.EXP_OVERFLOW}
    return keys | {"verdict.exp_overflow_nan", "verdict.exp_overflow_inf"}


def test_the_words_file_holds_what_the_pages_say_and_nothing_else() -> None:
    assert used() == set(SENTENCES)


def test_a_sentence_is_short_plain_text_with_named_places() -> None:
    for key, text in SENTENCES.items():
        assert text == text.lstrip(), key
        assert not re.search(r"\{\W|\{\}|%s|\bTODO\b|<[a-z]", text), key
        assert len(text) <= 240, key


def test_places_are_filled_and_unknown_ones_are_left_to_the_browser() -> None:
    assert say("pipeline.logit_label", name="{cat}") == "{cat} logit"
    assert "{exact}" in say("verdict.exp_overflow_nan", format="float16")
    assert "float16" in say("verdict.exp_overflow_nan", format="float16")


@given(st.text())
def test_literal_leaves_no_punctuation_that_markdown_could_read(text: str) -> None:
    escaped = literal(text)
    assert re.sub(r"\\([^\w\s])", r"\1", escaped) == " ".join(text.split())
    assert not re.search(r"(?<!\\)(?:\\\\)*[^\w\s\\]", escaped)
    assert "\n" not in escaped
