"""Every sentence is used, every one that is used exists, and each language has them all."""

import re
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from ce_core.bugs import BUGS
from ce_core.formats import FORMATS
from ce_core.pipelines import STEPS, CauseKind, EventKind
from ce_core.scenarios import ALL_SCENARIOS
from lab import words
from lab.blame import PIECES
from lab.frame import meanings
from lab.parameters import FORMATS as CHOSEN
from lab.words import FIRST, LANGUAGES, has, language, say, sentences, speaking
from pages.main import LESSONS
from tests.app.instruments import ANSWERS

SENTENCES = sentences(FIRST)
SOURCE = "\n".join(
    path.read_text()
    for part in ("lab", "live", "pages")
    for path in sorted(Path(part).rglob("*.py"))
)
CALLED = {f"{p.words}.control_{p.key}" for p in ANSWERS.parameters.all}
EXPECTED = {f"{p.words}.expected_{p.key}" for p in ANSWERS.parameters.all}
# What may fill a place in a key, beside the words that stand in quotes somewhere in the source.
NAMES = {
    *ALL_SCENARIOS,
    *BUGS,
    *STEPS,
    *FORMATS,
    *map(str, range(10)),
    *(kind.name.lower() for kind in CauseKind),
    *(kind.name.lower() for kind in EventKind),
    *PIECES,
}


def pattern(key: str) -> str:
    """Return a key that the source writes as a regular expression, with a group for each place."""
    return re.sub(r"\\\{.*?\\\}", r"(\\w+)", re.escape(key))


def asked_for() -> set[str]:
    """Return the keys that the source says or asks for, each as a regular expression."""
    asked = re.findall(r"""\b(?:say|has)\(\s*f?["']([\w{][^"']+)["']""", SOURCE)
    # Those of the parameters are looked up by themselves.
    return {pattern(key) for key in asked if not key.startswith("{self.")}


def mentioned() -> set[str]:
    """Return all texts of the source that may be keys, each as a regular expression."""
    return {pattern(key) for key in re.findall(r'f"(\{?\w+\}?\.[^" ]+)"', SOURCE)} | asked_for()


def used() -> set[str]:
    quoted = set(re.findall(r'"(\w+)"', SOURCE)) | NAMES
    whole = {key for key in SENTENCES if f'"{key}"' in SOURCE}
    keys = mentioned() - {pattern("{self.words}.control_{self.key}")}
    keys -= {pattern("{self.words}.expected_{self.key}")}
    forms = [re.compile(key) for key in keys]  # more than `re` itself remembers
    return whole | {
        key
        for key in SENTENCES
        for form in forms
        if (found := form.fullmatch(key)) and set(found.groups()) <= quoted
    }


def test_the_words_files_hold_what_the_lab_says_and_nothing_else() -> None:
    said = {key for key in SENTENCES if not key.startswith("terms.")}
    assert said - used() - CALLED - EXPECTED == set()
    assert CALLED - set(SENTENCES) == set()
    assert {f for f in asked_for() if not any(re.fullmatch(f, key) for key in SENTENCES)} == set()


def test_every_lesson_has_its_title_its_tile_and_what_stands_around_it() -> None:
    for lesson in LESSONS:
        keys = ["title", "short", "line"]
        if "break" in lesson.acts:
            keys += ["break_title", "break_lead", "break_button", "closing"]
            keys += [] if lesson.steps else ["lead_1"]
        for key in keys if lesson is not LESSONS[0] else keys[:2]:
            assert has(f"{lesson.page}.{key}"), (lesson.page, key)


def test_a_sentence_is_short_plain_text_with_named_places() -> None:
    for key, text in SENTENCES.items():
        assert text == text.lstrip(), key
        assert not re.search(r"\{\W|\{\}|%s|\bTODO\b|<[a-z]", text), key
        assert len(text) <= 240, key


def test_a_term_in_brackets_has_a_meaning() -> None:
    named = {
        term.split("|")[-1]
        for text in SENTENCES.values()
        for term in re.findall(r"\[([a-zA-Z{][^\]]*)\]", text)
    }
    named = (named - {"{format}"}) | set(CHOSEN)
    assert named >= {"softmax", "nan"}
    assert named - set(meanings()) == set()


def test_places_are_filled_and_unknown_ones_are_left_to_the_browser() -> None:
    assert say("shared.control_logits", name="{cat}") == "{cat} logit"
    assert "{exact}" in say("verdict.exp_overflow", format="float16")
    assert "float16" in say("verdict.exp_overflow", format="float16")


def test_one_is_told_otherwise_than_many() -> None:
    told = [say("numbers.all_rows", count=count) for count in (0, 1, 2)]
    assert told == ["N = 0 rows.", "N = 1 row.", "N = 2 rows."]


# ---------------------------------------------------------------- languages


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def faults(translated: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with a translation, by the key of the sentence."""
    lacking = dict.fromkeys(SENTENCES.keys() - translated.keys(), "is missing")
    superfluous = dict.fromkeys(translated.keys() - SENTENCES.keys(), "is not said anywhere")
    return (
        lacking
        | superfluous
        | {
            key: f"has the places {places(text)} instead of {places(SENTENCES[key])}"
            for key, text in translated.items()
            if key in SENTENCES and places(text) != places(SENTENCES[key])
        }
    )


def test_each_language_has_every_sentence_with_its_places() -> None:
    assert LANGUAGES[0] == FIRST
    for name in LANGUAGES:
        assert faults(sentences(name)) == {}, name


def test_what_a_translation_lacks_is_named() -> None:
    partly = {key: text for key, text in SENTENCES.items() if key != "live.copy"}
    partly["app.version"] = "Ausgabe {fassung}"
    partly["app.extra"] = "mehr"
    assert faults(partly) == {
        "live.copy": "is missing",
        "app.extra": "is not said anywhere",
        "app.version": "has the places {'fassung'} instead of {'version'}",
    }


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a second language beside English that has one sentence."""
    (tmp_path / FIRST).symlink_to(Path("lab/words/en").absolute())
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "live.toml").write_text('copy = "Kopieren"\nreach_choice = "von {reach}"\n')
    monkeypatch.setattr(words, "_FOLDER", tmp_path)
    monkeypatch.setattr(words, "LANGUAGES", ("en", "de"))
    monkeypatch.setattr(words, "sentences", sentences.__wrapped__)


@pytest.mark.usefixtures("german")
def test_a_language_is_spoken_within_its_block_and_english_where_it_lacks_a_sentence() -> None:
    english = say("live.copied")
    with speaking("de"):
        assert language() == "de"
        assert say("live.copy") == "Kopieren"
        assert say("live.reach_choice", reach=7) == "von 7"
        assert say("live.copied") == english
        with speaking("no such language"):
            assert (language(), say("live.copy")) == ("en", "Copy")
        assert say("live.copy") == "Kopieren"
    assert (language(), say("live.copy")) == ("en", "Copy")


def fail_in(name: str, heard: list[str]) -> None:
    with speaking(name):
        other = threading.Thread(target=lambda: heard.append(say("live.copy")))
        other.start()
        other.join()
        say("no.such_sentence")


@pytest.mark.usefixtures("german")
def test_an_error_ends_the_block_and_other_threads_speak_as_they_did() -> None:
    heard: list[str] = []
    with pytest.raises(KeyError):
        fail_in("de", heard)
    assert (heard, language()) == (["Copy"], "en")
