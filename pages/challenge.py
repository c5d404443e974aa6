"""The challenge: ten questions and goals of the lessons, drawn by a seed that a class shares."""

from collections.abc import Mapping, Sequence

from lab import pictures
from lab.challenge.code import EDITION, LONGEST_NAME
from lab.lesson import Lesson, Tool

# The sentences that the page says, by the names that live/front/challenge*.js have for them.
_WORDS = (
    *("lead", "begin", "given", "open", "seed_wrong", "seeded", "progress", "skip", "finish"),
    *("result", "points", "name", "date", "code", "nameless", "step", "answered", "went", "learn"),
    *("then", "first", "second", "wrong", "skipped", "reached", "honest", "print", "to_start"),
    *("teachers", "draw", "share", "share_page", "check", "check_lead", "check_button"),
    *("check_form", "check_check", "checked"),
)


def _picture() -> str:
    """Draw ten marks in two rows, of which seven are done."""
    across, down = pictures.WIDTH / 5, pictures.HEIGHT / 2
    return "".join(
        f'<circle cx="{across * (i % 5 + 0.5):.1f}" cy="{down * (i // 5 + 0.5):.1f}" r="9"'
        + (' fill="currentColor"/>' if i < 7 else "/>")
        for i in range(10)
    )


def tool(lessons: Sequence[Lesson]) -> Tool:
    """Return the page, for the lessons that items are drawn from."""

    def given() -> Mapping[str, object]:
        return {"first": lessons[0].page, "edition": EDITION, "longest": LONGEST_NAME}

    return Tool("challenge", _picture, "challenge.js", _WORDS, given, plays=True)
