"""What the server serves: the Streamlit app, the answers to its player, and the player's files."""

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from lab.answers import Answers
from lab.frame import BUILD
from pages.main import LESSONS
from server.address import TellTheAddress, script_hashes
from server.answers import answer_routes
from server.headers import SecurityHeaders
from server.logs import Logged, write_json_lines
from server.memory import GivesBack, share_arenas, skip_modules
from server.origins import OwnOrigin

share_arenas()
skip_modules()
write_json_lines()
answers = Answers(LESSONS)
asked = {"": answers.numbers, "layout": answers.layout, "questions": answers.questions}
app = st.App(
    "pages/main.py",
    routes=[
        *answer_routes(asked, BUILD),
        Mount("/vendor", StaticFiles(packages=[("plotly", "package_data")])),
    ],
    middleware=[
        Middleware(Logged),
        Middleware(GivesBack),
        Middleware(SecurityHeaders, scripts=script_hashes()),
        Middleware(OwnOrigin),
        Middleware(TellTheAddress),
    ],
)
