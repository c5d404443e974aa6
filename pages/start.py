"""The first page: what this is, the pipeline live, and the way to the lessons."""

from collections.abc import Mapping
from functools import cache

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import lesson, state
from pages.shared.live import live
from pages.shared.pictures import picture
from pages.shared.pipeline import summary
from pages.shared.words import say

KEY = "start"
_picture = cache(picture)


def show() -> None:
    """Show the page."""
    state.begin(KEY)
    st.title(say("start.title"), anchor=False)
    instrument = st.container()
    st.subheader(say("start.lessons"), anchor=False)
    links = _lessons()
    with instrument:
        st.markdown(say("start.lead"))
        _instrument(links)


def _lessons() -> dict[str, DeltaGenerator]:
    """Show the lessons, and return where the links to them go."""
    names = ("pipeline", *lesson.ORDER)
    links = {}
    for first in range(0, len(names), 4):
        for column, name in zip(st.columns(4), names[first : first + 4], strict=False):
            with column:
                alt = say("start.picture", title=say(f"{name}.title"))
                st.image(_picture(name), alt=alt)
                links[name] = st.container()
                st.markdown(say(f"{name}.line"))
    return links


@st.fragment
def _instrument(links: Mapping[str, DeltaGenerator]) -> None:
    state.notices()
    live(KEY, *summary(state.current()), on_commit=state.commit(KEY))
    for name, place in links.items():
        mark = "lesson.done" if lesson.is_finished(name) else "lesson.open"
        with place:
            lesson.link_to(name, say(mark, title=say(f"{name}.short")))
    lesson.mark()
