"""For teachers: lessons that are ready, one's own, which lives in its link, and how to teach."""

from collections.abc import Mapping, Sequence

from ce_core.pipelines import PIPELINES
from lab import pictures
from lab.formulas import FORMULAS
from lab.lesson import Lesson, Tool
from lab.prepared.lesson import LONGEST
from lab.prepared.reading import (
    LOSSES,
    MOST_OPTIONS,
    MOST_STEPS,
    NAME,
    OPTION,
    QUESTION,
    TEXT,
    TITLE,
)
from lab.teaching.misconceptions import misconceptions
from lab.teaching.plans import plans
from lab.teaching.ways import ways
from lab.words import say

# The sentences that live/front/teach.js says, by the names that it has for them.
_WORDS = (
    *("lead", "name", "add_label", "add_hint", "add", "added", "opened", "no_link", "no_page"),
    *("steps", "none", "entry", "untitled", "up", "down", "remove", "full"),
    *("step", "step_title", "text", "kind", "kind_see", "kind_explore", "kind_own", "kind_guess"),
    *("kind_goal", "kind_predict", "guess_card", "guess_low", "guess_high", "guess_hint"),
    *("guess_none", "goal_text", "goal_form", "goal_loss", "goal_above", "goal_below", "goal_hint"),
    *("kind_reach", "question", "option", "right", "hidden", "hidden_hint", "locked"),
    *("locked_hint", "part_choices", "part_presets", "part_editor", "picture"),
    *("out", "link", "code", "no_code", "too_long", "length", "play", "save", "open_file"),
    *("no_file", "away", "kept", "wrong", "replaces"),
)
# Those of live/front/guide.js.
_GUIDE = (
    *("sections", "tab_ready", "tab_prepare", "tab_class", "tab_misconceptions", "tab_course"),
    *("tab_challenge", "ready_lead", "ready_minutes", "ready_needs", "ready_aim", "ready_play"),
    *("ready_plan", "ready_edit", "ready_link", "plan_title", "plan_print", "plan_back"),
    *("plan_note", "plan_from", "plan_ask", "plan_comes", "plan_say"),
    *("misconceptions_lead", "misconceptions_why"),
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
            "text_hint": say(
                "teach.text_hint",
                term="[softmax]",
                formula="{softmax}",
                names=", ".join(FORMULAS),
            ),
            "most_options": MOST_OPTIONS,
            "forms": [(form, say(f"pipeline.loss_{form}")) for form in PIPELINES],
            "losses": [(loss, say(f"teach.loss_{loss}")) for loss in LOSSES],
            "letters": {
                key: reader.limits["longest"]
                for key, reader in (
                    *(("name", NAME), ("title", TITLE), ("text", TEXT)),
                    *(("question", QUESTION), ("option", OPTION)),
                )
            },
            "pages": {lesson.page: _page(lesson) for lesson in lessons if lesson.steps},
            "guide": {
                "words": {word: say(f"guide.{word}") for word in _GUIDE},
                "plans": plans(),
                "misconceptions": misconceptions({lesson.page: lesson for lesson in lessons}),
                "ways": ways(),
            },
        }

    return Tool("teach", _picture, "teach.js", _WORDS, given)


def _page(lesson: Lesson) -> dict[str, object]:
    page = lesson.page
    return {
        "title": say(f"{page}.title"),
        "steps": [
            {
                "key": step.key,
                "kind": step.kind,
                "title": say(f"{page}.step_{step.key}_title"),
                "goals": lesson.losses is not None and step.goals,
            }
            for step in lesson.steps
        ],
        "locks": [[p.key, p.called(say("teach.each"))] for p in lesson.parameters],
    }
