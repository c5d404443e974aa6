"""What the server serves: the Streamlit app, the answers to its player, and the player's files."""

import streamlit as st
from starlette.middleware import Middleware

from lab.answers import Answers
from lab.batch.replies import reply
from lab.build import BUILD
from live.files import FOLDERS
from pages.main import LESSONS, TOOLS
from server.address import TellTheAddress, script_hashes
from server.answers import Question, answer_routes
from server.batch import batch_route
from server.codes import code
from server.files import files_route
from server.headers import SecurityHeaders
from server.listening import bound_uvicorn
from server.logs import Logged, write_json_lines
from server.memory import GivesBack, share_arenas, skip_modules
from server.origins import OwnOrigin
from server.packed import Packed
from server.paths import KnownPaths
from server.stream import Stream

share_arenas()
skip_modules()
write_json_lines()
bound_uvicorn()
answers = Answers(LESSONS, TOOLS)
asked: dict[str, Question] = {
    "": answers.numbers,
    "layout": answers.layout,
    "questions": answers.questions,
    "lesson": answers.lesson,
    "qr": code,
    **answers.files,
}
app = st.App(
    "pages/main.py",
    routes=[
        *answer_routes(asked, answers.lessons, BUILD),
        batch_route(reply),
        *(files_route(path, folder, hash_) for path, (folder, hash_) in FOLDERS.items()),
    ],
    middleware=[
        Middleware(Logged),
        Middleware(GivesBack),
        Middleware(SecurityHeaders, scripts=script_hashes()),
        Middleware(KnownPaths, pages=tuple(page.page for page in (*LESSONS, *TOOLS))),
        Middleware(OwnOrigin),
        Middleware(Stream),
        Middleware(TellTheAddress),
        Middleware(Packed),
    ],
)
