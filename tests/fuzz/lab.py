"""Fuzzers of the parsers: whatever arrives, the settings are valid and what was refused is told."""

import math
import unicodedata
from dataclasses import replace
from typing import Any

import streamlit as st
from markdown_it import MarkdownIt

from ce_core.bugs import BUGS
from ce_core.scenarios import ALL_SCENARIOS
from pages import bugs, gradient, likelihood, overflow, sigmoid, softmax
from pages.shared import controls, pipeline, state
from pages.shared.controls import Settings
from pages.shared.live import pack
from pages.shared.words import literal
from tests.fuzz.source import Source

KEYS = [parameter.key for parameter in controls.PARAMETERS]
LISTS = [f"{key}.{i}" for key in ("logits", "names", "counts", "model") for i in range(10)]
PAGES = ("pipeline", "likelihood", "sigmoid", "softmax", "overflow", "gradient", "bugs")
COMMONMARK = MarkdownIt("commonmark")
BUILDERS = (
    pipeline.build,
    likelihood.build,
    sigmoid.curve,
    sigmoid.pair,
    softmax.build,
    overflow.build,
    gradient.build,
    lambda settings: bugs.build(settings, diagnosed=False),
    lambda settings: bugs.build(settings, diagnosed=True),
)


def assert_valid(settings: Settings, page: str = "pipeline") -> None:
    """Check the settings against the rules, and that a link of the page reopens them."""
    count = len(settings.logits)
    assert 2 <= count <= 10
    assert all(z == -math.inf or abs(z) <= 1e300 for z in settings.logits)
    assert "-0.0" not in map(str, (*settings.logits, *settings.model, settings.shift))
    assert len(settings.names) == len(set(settings.names)) == count
    assert all(1 <= len(name) <= 20 for name in settings.names)
    assert all(name.replace("\u200d", "").isprintable() for name in settings.names)  # joins emoji
    assert type(settings.target) is int
    assert 0 <= settings.target < count
    assert len(settings.counts) == count
    assert all(type(n) is int and 0 <= n <= 1000 for n in settings.counts)
    assert sum(settings.counts) > 0
    assert len(settings.model) == count
    assert all(0 <= p <= 1 for p in settings.model)
    assert abs(sum(settings.model) - 1) <= 1e-5
    numbers = (settings.shift, settings.x, settings.other, settings.dose)
    assert all(abs(number) <= 1e300 for number in numbers)
    assert settings.format in ("float64", "float32", "float16", "bfloat16")
    assert settings.reach in (10, 100, 1000)
    assert settings.reach <= settings.effective_reach < math.inf
    assert 0.01 <= settings.temperature <= 100
    assert 0 <= settings.smoothing <= 1
    assert 0.001 <= settings.rate <= 100
    assert settings.step in range(61)
    assert settings.bug in BUGS
    assert settings.repaired in (0, 1)
    written = controls.write(settings, page)
    assert controls.read({key: [text] for key, text in written.items()}) == (settings, [])


def assert_text(text: str) -> None:
    """Check that a text from a stranger is nothing but text in Markdown, and that all of it is."""
    tokens = COMMONMARK.parseInline(f"a {literal(text)} b")[0].children or []
    assert {token.type for token in tokens} <= {"text", "code_inline"}
    shown = "".join(token.content for token in tokens)
    assert "".join(shown.split()) == "".join(f"a{text}b".replace("\0", "\ufffd").split())


def link(source: Source) -> None:
    """Open a link: any keys, any number of times, with any text."""
    parts = [part.partition("=") for part in source.rest().split("&")]
    query: dict[str, list[str]] = {}
    for key, _, text in parts:
        query.setdefault(key, []).append(text)
    settings, ignored = controls.read(query)
    assert_valid(settings, source.pick(PAGES))
    told = {part.key: part.text for part in ignored}
    assert len(told) == len(ignored)
    for key, texts in query.items():
        if key in told:
            assert told[key] == " & ".join(texts)
        else:  # it was taken: written again, it reads the same
            value = getattr(settings, key)
            assert controls.read(query | {key: [controls.plain(value)]})[0] == settings
            assert len(texts) == 1
    untold = {key: texts for key, texts in query.items() if key not in told}
    assert controls.read(untold) == (settings, [])


def release(source: Source) -> None:
    """Take releases of an instrument: any JSON that a browser may send."""
    page = source.pick(PAGES)
    st.session_state.clear()
    st.query_params.clear()
    state.begin(page)
    for _ in range(source.whole(1, 3)):
        before = state.current()
        st.session_state[page] = source.or_junk({"commit": _message(source)})
        state.commit(page)()
        assert_valid(state.current(), page)
        if before != state.current():
            assert st.query_params.to_dict() == state.link(page)
        state.notices()


def _message(source: Source) -> Any:
    if source.whole(0, 7) == 0:
        return source.json()
    return [_change(source, n) for n in range(1, source.whole(1, 4) + 1)]


def _change(source: Source, n: int) -> Any:
    id_ = source.pick(KEYS + LISTS + ["preset", "lab"]) if source.whole(0, 7) else source.text()
    texts = (*ALL_SCENARIOS, *BUGS, *controls.CELLS, *controls.FORMATS, "10", "100", "1000")
    value = source.json() if source.whole(0, 3) else source.pick(texts)
    change: dict[str, Any] = {"n": n, "id": id_, "value": value}
    if source.whole(0, 15) == 0:
        change[source.pick(("n", "id", "value", "more"))] = source.json()
    return change


def classes(source: Source) -> None:
    """Add, name and remove classes, set all that can be set, and open scenarios."""
    settings = Settings()
    for _ in range(source.whole(1, 12)):
        i = source.whole(0, len(settings.names) - 1)
        match source.whole(0, 3):
            case 0 if len(settings.names) < controls.MAX_CLASSES:
                settings = controls.with_class(settings)
            case 1 if len(settings.names) > controls.MIN_CLASSES:
                settings = controls.without_class(settings, i)
            case 2:
                scenario = source.pick(list(ALL_SCENARIOS.values()))
                settings = controls.with_scenario(settings, scenario)
            case _:
                settings = _changed(source, settings)
        assert_valid(settings)


def _changed(source: Source, settings: Settings) -> Settings:
    id_ = source.pick(KEYS + LISTS)
    value = source.text() if id_.startswith("names") else source.json(0)
    try:
        return controls.take(settings, id_, value)
    except ValueError:
        return settings


def name(source: Source) -> None:
    """Name a class."""
    text = source.rest()
    try:
        cleaned = controls.name(text)
    except ValueError:
        return
    assert controls.name(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert len(cleaned.splitlines()) == 1
    assert_valid(replace(Settings(), names=(cleaned, "another", "a third")))
    assert_text(cleaned)


def words(source: Source) -> None:
    """Show text from a stranger in a sentence."""
    assert_text(source.rest().encode("utf-8", "replace").decode())


def picture(source: Source) -> None:
    """Draw the lessons' pictures for whatever settings there may be."""
    settings = Settings()
    for _ in range(source.whole(0, 3)):
        settings = controls.with_class(settings)
    for _ in range(source.whole(0, 12)):
        settings = _changed(source, settings)
    instrument, columns = source.pick(BUILDERS)(settings)
    pack(instrument, columns, 1, 0)


# A picture takes as long as many of the others.
TARGETS = (*(link, release, classes, name, words) * 4, picture)
