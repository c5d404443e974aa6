"""The navigation, and the frame that all lessons share."""

from pathlib import Path

import streamlit as st

from pages import pipeline
from pages.shared.words import say

_SHARED = Path(__file__).parent / "shared"

# A local picture: Streamlit fetches emoji and Material icons for the tab from another host.
st.set_page_config(page_title=say("app.title"), page_icon=_SHARED / "icon.svg", layout="wide")
st.html(_SHARED / "frame.css")
st.navigation(
    [st.Page(pipeline.show, title=say("app.page_pipeline"), url_path="pipeline", default=True)],
    position="top",
).run()
