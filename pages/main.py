"""The navigation, and the frame that all lessons share."""

from pathlib import Path

import streamlit as st

from pages import bugs, gradient, likelihood, overflow, pipeline, sigmoid, softmax, start
from pages.shared import lesson
from pages.shared.words import say

_SHARED = Path(__file__).parent / "shared"
_SHOW = {
    "start": start.show,
    "pipeline": pipeline.show,
    "likelihood": likelihood.show,
    "sigmoid": sigmoid.show,
    "softmax": softmax.show,
    "overflow": overflow.show,
    "gradient": gradient.show,
    "bugs": bugs.show,
}


def _title(name: str) -> str:
    title = say(f"{name}.short")
    return say("lesson.done", title=title) if lesson.is_finished(name) else title


# A local picture: Streamlit fetches emoji and Material icons for the tab from another host.
st.set_page_config(page_title=say("app.title"), page_icon=_SHARED / "icon.svg", layout="wide")
st.html(_SHARED / "frame.css")
_PAGES = {
    name: st.Page(show, title=_title(name), url_path=name, default=name == "start")
    for name, show in _SHOW.items()
}
st.session_state["pages"] = _PAGES
st.session_state["marked"] = {name for name in _SHOW if lesson.is_finished(name)}
st.navigation(list(_PAGES.values()), position="top").run()
