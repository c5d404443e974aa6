"""The frame around each page: the navigation, the title, the words above, and the player."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from ce_core.formats import FORMATS
from lab.build import BUILD
from lab.formulas import FORMULAS
from lab.lesson import Lesson, Tool
from lab.surround import lead
from lab.visit import finish, visit
from lab.words import say, speaking, terms
from live.component import finished, player
from live.files import address
from server.address import base_path

_HERE = Path(__file__).parent
_KEY = "player"
_WORDS = (
    *("no_chart", "offline", "late", "waits", "nan", "inf", "exact", "right", "wrong", "show"),
    *("again", "done", "open", "steps", "back", "next", "lecture", "tries", "close", "class"),
    *("play", "share", "share_link", "share_code", "share_step", "share_page", "share_waits"),
    *("share_no_code", "take", "taken", "take_open", "save", "saving", "picture", "numbers"),
    *("code", "guess", "guess_none", "guess_expected", "guess_off", "guess_same", "guess_inf"),
    "guess_nan",
)

# What is said where a class is started, on every page.
_STARTS = ("start", "start_none", "start_often", "start_long", "start_away")


def show(lessons: Sequence[Lesson], tools: Sequence[Tool]) -> None:
    """Show the page that was asked for, of these lessons and tools."""
    now = visit()
    with speaking(now.language):
        # A local picture: Streamlit fetches emoji and Material icons from another host.
        st.set_page_config(page_title=say("app.title"), page_icon=_HERE / "icon.svg", layout="wide")
        st.html(_HERE / "frame.css")
        pages = [
            st.Page(
                partial(_page, lesson, lessons),
                title=_title(lesson.page, lesson.page in now.finished),
                url_path=lesson.page,
                default=lesson is lessons[0],
            )
            for lesson in lessons
        ]
        pages += [
            st.Page(
                partial(_tool, tool, lessons), title=_title(tool.page, False), url_path=tool.page
            )
            for tool in tools
        ]
        st.navigation(pages, position="top").run()


def _title(page: str, is_finished: bool) -> str:
    title = say(f"{page}.short")
    return say("lesson.done", title=title) if is_finished else title


def _page(lesson: Lesson, lessons: Sequence[Lesson]) -> None:
    page = lesson.page
    st.set_page_config(page_title=say("app.page_title", title=say(f"{page}.title")))
    if lesson.steps:
        st.html(_HERE / "steps.css")
    else:
        st.title(say(f"{page}.title"), anchor=False)
        st.markdown(lead(page))
    data = _data(page, "player.js") | {"steps": len(lesson.steps)}
    player(f"{_KEY}-{page}", data, _finish(page, lessons))
    if lesson.formulas:
        st.subheader(say(f"{page}.formulas_title"), anchor=False)
        for first in range(0, len(lesson.formulas), 2):  # more beside each other would scroll
            pair = lesson.formulas[first : first + 2]
            for column, (name, formula) in zip(st.columns(2), pair, strict=False):
                with column:
                    st.markdown(f"**{say(f'{page}.loss_{name}')}**")
                    st.latex(formula)
                    st.markdown(say(f"{page}.formula_{name}"))


def _tool(tool: Tool, lessons: Sequence[Lesson]) -> None:
    page = tool.page
    st.set_page_config(page_title=say("app.page_title", title=say(f"{page}.title")))
    st.html(_HERE / "steps.css")
    words = {word: say(f"{page}.page_{word}") for word in tool.words}
    words["title"] = say(f"{page}.title")
    data = _data(page, tool.script) | {"given": tool.given()}
    if tool.plays:
        counts = {lesson.page: len(lesson.steps) for lesson in lessons}
        data["player"] = {"words": data["words"], "steps": counts}
    data["words"] = data["words"] | words
    player(f"{_KEY}-{page}", data, _finish(page, lessons))


def _data(page: str, script: str) -> dict[str, Any]:
    base = base_path()
    return {
        "script": base + address("/live", script),
        "style": base + address("/live", "live.css"),
        "plotly": base + address("/vendor", "plotly-cartesian.min.js"),
        "page": page,
        "terms": meanings(),
        "formulas": FORMULAS,
        "base": base,
        "version": BUILD,
        "words": {word: say(f"player.{word}") for word in _WORDS}
        | {f"class_{word}": say(f"class.{word}") for word in _STARTS}
        | {"copy": say("live.copy"), "copied": say("live.copied")},
        "finished": sorted(visit().finished),
    }


def meanings() -> dict[str, str]:
    """Return what each term means; what a format is follows from its own limits."""
    formats = {
        name: say(
            "app.format",
            bits=fmt.sign_bits + fmt.exponent_bits + fmt.fraction_bits,
            max=f"{fmt.max:.4g}".replace("e+", "e"),
        )
        for name, fmt in FORMATS.items()
    }
    return formats | terms()


def _finish(page: str, lessons: Sequence[Lesson]) -> Callable[[], None]:
    pages = {lesson.page for lesson in lessons}

    def take() -> None:
        try:
            finish(frozenset(finished(f"{_KEY}-{page}")) & pages)
        except ValueError:
            return  # nothing that the player sends

    return take
