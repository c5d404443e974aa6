"""Names: what cannot be seen is refused, and two that look alike are one."""

import unicodedata

import pytest

from lab.alike import is_ignored, skeleton
from lab.readers import name
from tests.app.instruments import ANSWERS

EMOJI = [
    "👩\u200d🔬",
    "❤\ufe0f",
    "👩🏽\u200d🔬",
    "🏳\ufe0f\u200d🌈",
    "❤\ufe0f\u200d🔥",
    "1\ufe0f\u20e3",
    "⚖\ufe0f",
]
HIDDEN = [
    *("a\u200db", "\u200da", "a\u200d", "👩\u200d", "👩\u200d\u200d🔬", "👩\u200da", "🏽\u200d🔬"),
    *("a\u00adb", "a\u034fb", "a\u115fb", "a\u3164", "a\uffa0", "a\ufe0f", "a\ufe00", "👩\ufe00"),
    *("a\U000e0100", "a\u17b4", "a\u180b", "a\u2060", "a\ufeff", "a\u200b", "a\U000e0041"),
]


@pytest.mark.parametrize("text", EMOJI)
def test_an_emoji_of_several_characters_is_a_name(text: str) -> None:
    assert name().read(text) == text


@pytest.mark.parametrize("text", HIDDEN)
def test_what_cannot_be_seen_is_in_no_name(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        name().read(text)


def test_the_table_has_every_format_character_that_has_no_picture() -> None:
    """All that Python calls one are in it, but for those that are drawn or mark a text up."""
    drawn = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0xFFF9, 0xFFFA, 0xFFFB}
    drawn |= {0x110BD, 0x110CD, *range(0x13430, 0x13440)}
    missing = {
        c
        for c in range(0x110000)
        if unicodedata.category(chr(c)) == "Cf" and not is_ignored(chr(c))
    }
    assert missing <= drawn


ALIKE = [
    *(("cat", "Cat"), ("ｃａｔ", "cat"), ("ﬁsh", "FISH"), ("straße", "STRASSE"), ("①", "1")),
    *(("❤\ufe0f", "❤"), ("Å", "a\u030a"), ("Ω", "ω"), ("ſ", "s"), ("ϔ", "Υ\u0308")),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_that_look_alike_are_the_same_name(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)
    settings, notices = ANSWERS.read("pipeline", f"logits=1,2&names={one},{other}")
    assert settings.names == ("cat", "dog")
    assert notices


@pytest.mark.parametrize(("one", "other"), [("cat", "car"), ("1", "2"), ("o", "ö"), ("а", "a")])
def test_others_are_two(one: str, other: str) -> None:
    """A Cyrillic а and a Latin one, too: NFKC keeps scripts apart."""
    settings, notices = ANSWERS.read("pipeline", f"logits=1,2&names={one},{other}")
    assert (settings.names, notices) == ((one, other), [])


def test_a_class_is_renamed_to_no_other_one_s_name_and_a_new_one_has_none() -> None:
    settings, notices = ANSWERS.read("pipeline", "set=names.1:CAT")
    assert settings.names[:2] == ("cat", "dog")
    assert notices
    settings, notices = ANSWERS.read("pipeline", "set=names.0:Class 4&set=add:")
    assert settings.names == ("Class 4", "dog", "goldfish", "cat")
    settings, _ = ANSWERS.read("pipeline", "set=names.0:CLASS 4&set=names.1:CAT&set=add:")
    assert settings.names[3] == "dog"
