"""The first page: what this is, the pipeline live, and the way to the lessons."""

import streamlit as st

from pages.shared import lesson, state
from pages.shared.live import live
from pages.shared.pipeline import build
from pages.shared.words import say

KEY = "start"


def show() -> None:
    """Show the page."""
    state.begin(KEY)
    st.title(say("start.title"), anchor=False)
    st.markdown(say("start.lead"))
    _body()


@st.fragment
def _body() -> None:
    settings = state.current()
    state.notices()
    live(KEY, *build(settings), on_commit=state.commit(KEY))
    lesson.link_to("pipeline", say("pipeline.short"))
