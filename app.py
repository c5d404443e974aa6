"""What the server serves: the Streamlit app, and plotly.js from the plotly package."""

import streamlit as st
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

app = st.App(
    "pages/main.py",
    routes=[Mount("/vendor", StaticFiles(packages=[("plotly", "package_data")]))],
)
