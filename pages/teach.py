"""For teachers: a lesson of one's own, of steps of this lab, which lives in its link."""

from collections.abc import Mapping, Sequence

from lab import pictures
from lab.lesson import Lesson, Tool
from lab.prepared.lesson import LONGEST
from lab.prepared.reading import MOST_OPTIONS, MOST_STEPS, NAME, OPTION, QUESTION, TEXT, TITLE
from lab.words import say

# The sentences that live/front/teach.js says, by the names that it has for them.
_WORDS = (
    *("lead", "name", "add_label", "add_hint", "add", "added", "opened", "no_link", "no_page"),
    *("steps", "none", "entry", "untitled", "up", "down", "remove", "full"),
    *("step", "step_title", "text", "kind", "kind_see", "kind_explore", "kind_own", "kind_predict"),
    *("kind_reach", "question", "option", "right", "hidden", "hidden_hint", "locked"),
    *("locked_hint", "part_choices", "part_presets", "part_editor", "picture"),
    *("out", "link", "code", "no_code", "too_long", "length", "play", "save", "open_file"),
    *("no_file", "away", "kept", "wrong"),
)


def _picture() -> str:
    """Draw three steps, one below the other, of which the second is the one that is played."""
    room = (pictures.HEIGHT - 16) / 3
    return "".join(
        f'<circle cx="22" cy="{8 + room * (i + 0.5):.1f}" r="7"'
        + (' fill="currentColor"/>' if i == 1 else "/>")
        + f'<rect x="42" y="{5 + room * (i + 0.5):.1f}" width="{width}" height="6" rx="3"/>'
        for i, width in enumerate((100, 78, 90))
    )


def tool(lessons: Sequence[Lesson]) -> Tool:
    """Return the page, for the steps that these lessons have."""

    def given() -> Mapping[str, object]:
        return {
            "copy": say("live.copy"),
            "copied": say("live.copied"),
            "first": lessons[0].page,  # the page of an address without a path
            "longest": LONGEST,
            "most_steps": MOST_STEPS,
            "most_options": MOST_OPTIONS,
            "letters": {
                key: reader.limits["longest"]
                for key, reader in (
                    *(("name", NAME), ("title", TITLE), ("text", TEXT)),
                    *(("question", QUESTION), ("option", OPTION)),
                )
            },
            "pages": {lesson.page: _page(lesson) for lesson in lessons if lesson.steps},
        }

    return Tool("teach", _picture, "teach.js", _WORDS, given)


def _page(lesson: Lesson) -> dict[str, object]:
    page = lesson.page
    return {
        "title": say(f"{page}.title"),
        "steps": [
            {"key": step.key, "kind": step.kind, "title": say(f"{page}.step_{step.key}_title")}
            for step in lesson.steps
        ],
        "locks": [[p.key, p.called(say("teach.each"))] for p in lesson.parameters],
    }
