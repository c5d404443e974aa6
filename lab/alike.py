"""What of a text cannot be seen, and which texts look alike."""

import unicodedata

# Default_Ignorable_Code_Point of Unicode 17.0: what is shown as nothing where a font has no picture
# of it. From https://www.unicode.org/Public/17.0.0/ucd/DerivedCoreProperties.txt; Python's
# unicodedata does not know this property. Unicode 14.0 has the same.
_IGNORED = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
_JOINER = "\u200d"
_AS_EMOJI = "\ufe0f"  # after a sign: its picture, not its letter
_KEYCAP = "\u20e3"
_SKINS = "".join(chr(c) for c in range(0x1F3FB, 0x1F400))


def is_ignored(character: str) -> bool:
    r"""Say whether a character is one that may be shown as nothing.

    Examples
    --------
    >>> is_ignored("\u00ad"), is_ignored("a")
    (True, False)
    """
    return any(first <= ord(character) <= last for first, last in _IGNORED)


def hidden(text: str) -> str:
    r"""Return the characters of a text that cannot be seen and change no emoji.

    Examples
    --------
    >>> hidden("👩\u200d🔬"), hidden("a\u200db")
    ('', '\u200d')
    """
    return "".join(c for i, c in enumerate(text) if is_ignored(c) and not _shapes(text, i))


def skeleton(text: str) -> str:
    """Return what texts have in common that look alike: "Cat", "cat" and "ｃａｔ".

    Examples
    --------
    >>> skeleton("Ｃａｔ") == skeleton("cat"), skeleton("ﬁ") == skeleton("FI")
    (True, True)
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    # To fold may compose anew, and to compose may leave something to fold.
    folded = unicodedata.normalize("NFKC", folded).casefold()
    return "".join(c for c in folded if not is_ignored(c))


def _shapes(text: str, i: int) -> bool:
    """Say whether a character shapes the emoji around it."""
    before, after = text[i - 1 : i], text[i + 1 : i + 2]
    if text[i] == _AS_EMOJI:
        return _is_sign(before) or after == _KEYCAP
    if text[i] == _JOINER:
        stem = before if before not in (_AS_EMOJI, *_SKINS) else text[i - 2 : i - 1]
        return _is_sign(stem) and _is_sign(after)
    return False


def _is_sign(character: str) -> bool:
    return len(character) == 1 and unicodedata.category(character) in ("So", "Sm")
