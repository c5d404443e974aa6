"""What the server serves: the Streamlit app, its security headers, and plotly.js."""

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from server.address import TellTheAddress, script_hashes
from server.headers import SecurityHeaders
from server.logs import Logged, write_json_lines
from server.memory import GivesBack, share_arenas, skip_modules
from server.origins import OwnOrigin

share_arenas()
skip_modules()
write_json_lines()
app = st.App(
    "pages/main.py",
    routes=[Mount("/vendor", StaticFiles(packages=[("plotly", "package_data")]))],
    middleware=[
        Middleware(Logged),
        Middleware(GivesBack),
        Middleware(SecurityHeaders, scripts=script_hashes()),
        Middleware(OwnOrigin),
        Middleware(TellTheAddress),
    ],
)
