"""What the commas within the numbers of a text mean, and how to do without them."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from lab.reading.given import Note

_FLOAT_SIGN: Final = re.compile(r"[fF](?<=[\d.].)(?![\w.])", re.ASCII)
# A comma that cannot separate thousands: 0,5 and 1234,5 and 1,25, but not 1,234.
_DECIMAL: Final = re.compile(r"(?<![\d,.])(?:0\d*|\d{4,}|\d{1,3}(?=,(?!\d{3}(?!\d)))),\d", re.ASCII)
# Commas that can separate nothing else: 1,234.5 and 1,234,567; then those of 1,234 do, too.
_THOUSANDS: Final = re.compile(
    r"(?<![\d,.])[1-9]\d{0,2}(?:(?:,\d{3})+\.\d*|(?:,\d{3}){2,})(?![\d,.])", re.ASCII
)
_GROUPED: Final = re.compile(
    r"(?<![\d,.+-])[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?(?![\d,.])", re.ASCII
)
_QUOTED: Final = r'(?:(?<=^)|(?<={0}))"([^"{0}\n]*)"(?={0}|$)'  # and nothing beside the quotes
# The same where commas separate the numbers, too: then those within are in quotes.
_QUOTED_DECIMAL: Final = re.compile(
    r'(?:(?<=^)|(?<=,))"(?![-+]?[1-9]\d{0,2},\d{3}")([-+]?\d+),(\d+)"(?=,|$)',
    re.ASCII | re.MULTILINE,
)
_SWAPPED: Final = str.maketrans(",.", "._")  # a point among decimal commas is no number


@dataclass(frozen=True)
class Spelling:
    """How the numbers of a text are spelled.

    Attributes
    ----------
    separator : str or None
        What stands between them; None for spaces.
    commas : {"", "decimal_comma", "thousands"}
        What the commas are that do not separate them.
    """

    separator: str | None = None
    commas: Literal["", "decimal_comma", "thousands"] = ""

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the one who wrote the numbers should know of how they were read."""
        return (Note(self.commas, {}),) if self.commas else ()

    def plain(self, text: str) -> str:
        """Spell all numbers in NumPy's way, each in its place, so that columns stay the same.

        Examples
        --------
        >>> Spelling(";", "decimal_comma").plain('0,5;"1";90f')
        '0.5; 1 ;90 '
        """
        text = _FLOAT_SIGN.sub(" ", text)
        if self.separator == "," and self.commas:
            text = _QUOTED_DECIMAL.sub(r" \1.\2 ", text)
        if self.separator and '"' in text:
            text = re.sub(_QUOTED.format(self.separator), r" \1 ", text, flags=re.MULTILINE)
        if self.commas == "thousands":
            return _GROUPED.sub(lambda t: t[0].replace(",", "").rjust(len(t[0])), text)
        return text.translate(_SWAPPED) if self.commas and self.separator != "," else text


def spelling_of(text: str, separator: str | None) -> Spelling:
    """Return how the numbers of a text are spelled whose separator is known."""
    if separator == ",":
        return Spelling(",", "decimal_comma" if _QUOTED_DECIMAL.search(text) else "")
    if "," not in text:
        return Spelling(separator)
    if _THOUSANDS.search(text):
        return Spelling(separator, "thousands")
    if separator == ";" or _DECIMAL.search(text):
        return Spelling(separator, "decimal_comma")
    return Spelling(separator)
