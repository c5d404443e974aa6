"""What stands around the instruments of a page: its break, its questions, and the way on."""

from collections.abc import Sequence
from dataclasses import replace

from lab.lesson import Lesson, Tool
from lab.pictures import framed
from lab.settings import Settings
from lab.steps import told
from lab.words import has, say
from live.parts import Break, Heading, Link, Section, Surround, Tile, Tiles
from version import VERSION

BREAK = "break"  # the act that breaks an instrument


def surround(
    lesson: Lesson, lessons: Sequence[Lesson], tools: Sequence[Tool], settings: Settings
) -> Surround:
    """Return what stands around a lesson, of all in the order of the story, and of the tools."""
    page = lesson.page
    title = settings.playing.lesson.title if settings.playing else ""
    around = Surround(title or say(f"{page}.title"), told(lesson, settings))
    if lesson is lessons[0]:
        return replace(around, tiles=_tiles([*lessons[1:], *tools]))
    if BREAK not in lesson.acts:
        return around
    following = [*lessons, lessons[1]][lessons.index(lesson) + 1]
    after = say(f"{following.page}.title")
    return replace(
        around,
        breaking=Break(*(say(f"{page}.break_{part}") for part in ("title", "lead", "button"))),
        questions=Heading(say("lesson.questions"), say("lesson.questions_hint")),
        closing=Section(say("lesson.in_short"), say(f"{page}.closing")),
        links=[Link(following.page, say("lesson.next", title=after))],
        reveals=lesson.reveals,
    )


def _tiles(pages: Sequence[Lesson | Tool]) -> Tiles:
    return Tiles(
        say("start.lessons"),
        [
            Tile(
                page.page,
                say(f"{page.page}.short"),
                say(f"{page.page}.line"),
                framed(page.picture()),
                say("start.picture", title=say(f"{page.page}.title")),
            )
            for page in pages
        ],
        say("app.version", version=VERSION),
    )


def lead(page: str) -> str:
    """Return what a page says above its instrument, in paragraphs."""
    keys = [f"{page}.lead", *(f"{page}.lead_{n}" for n in (1, 2, 3))]
    return "\n\n".join(say(key) for key in keys if has(key))
