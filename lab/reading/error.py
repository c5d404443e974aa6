"""What is said of a text or a file that cannot be read."""

from lab.words import say

_LONGEST_EXCERPT = 20


class UnreadableError(ValueError):
    """Numbers could not be read.

    Parameters
    ----------
    key : str
        Names the sentence, "reading.<key>" in words/.
    line, column : int
        Where in the text, counted from 1; 0 where no place is meant.
    values : object
        What fills the sentence.

    Examples
    --------
    >>> UnreadableError("text", 2, 5, text="cat").told()
    'Line 2, column 5: expected a number, found “cat”.'
    """

    def __init__(self, key: str, line: int = 0, column: int = 0, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.line = line
        self.column = column
        self.values = values

    def __str__(self) -> str:
        return self.told()

    def told(self) -> str:
        """Say what was expected, what came, and where."""
        sentence = say(f"reading.{self.key}", **self.values)
        if self.column:
            place = say("reading.place", line=self.line, column=self.column)
        else:
            place = say("reading.line", line=self.line) if self.line else ""
        return place + sentence


def excerpt(text: str, longest: int = _LONGEST_EXCERPT) -> str:
    """Cut a stranger's text to what a sentence can show.

    Examples
    --------
    >>> excerpt("a text of more than twenty letters")
    'a text of more than …'
    """
    # Half a character, which JSON may hold and UTF-8 may not, becomes a question mark.
    shown = " ".join(text.encode("utf-8", "replace").decode().split())
    return shown if len(shown) <= longest else shown[:longest] + "…"


def place_of(text: str, at: int) -> tuple[int, int]:
    r"""Return the line and the column of a place, counted from 1.

    Examples
    --------
    >>> place_of("ab\ncd", 4)
    (2, 2)
    """
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
