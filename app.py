"""What the server serves: the Streamlit app, the answers to its player, and the player's files."""

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from lab.answers import Answers
from lab.version import BUILD
from live.component import FRONT, FRONT_HASH
from pages.main import LESSONS
from server.address import TellTheAddress, base_path, script_hashes
from server.answers import answer_routes
from server.files import files_route
from server.headers import SecurityHeaders
from server.logs import Logged, write_json_lines
from server.memory import GivesBack, share_arenas, skip_modules
from server.origins import OwnOrigin
from server.packed import Packed

share_arenas()
skip_modules()
write_json_lines()
answers = Answers(LESSONS)
asked = {"": answers.numbers, "layout": answers.layout, "questions": answers.questions}
app = st.App(
    "pages/main.py",
    routes=[
        *answer_routes(asked, BUILD),
        files_route("/live", FRONT, FRONT_HASH),
        Mount(f"{base_path()}/vendor", StaticFiles(packages=[("plotly", "package_data")])),
    ],
    middleware=[
        Middleware(Logged),
        Middleware(GivesBack),
        Middleware(SecurityHeaders, scripts=script_hashes()),
        Middleware(OwnOrigin),
        Middleware(TellTheAddress),
        Middleware(Packed),
    ],
)
