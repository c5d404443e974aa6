"""The first page: what this is, the pipeline live, and the way to the lessons."""

from functools import cache

import streamlit as st

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
    _body()


@st.fragment
def _body() -> None:
    st.markdown(say("start.lead"))
    state.notices()
    live(KEY, *summary(state.current()), on_commit=state.commit(KEY))
    st.subheader(say("start.lessons"), anchor=False)
    names = ("pipeline", *lesson.ORDER)
    for first in range(0, len(names), 4):
        for column, name in zip(st.columns(4), names[first : first + 4], strict=False):
            with column:
                alt = say("start.picture", title=say(f"{name}.title"))
                st.image(_picture(name), alt=alt)
                mark = "lesson.done" if lesson.is_finished(name) else "lesson.open"
                lesson.link_to(name, say(mark, title=say(f"{name}.short")))
                st.markdown(say(f"{name}.line"))
    lesson.mark()
