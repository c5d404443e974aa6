"""What the server serves: the app, the answers to its player, the rooms, and the player's files."""

import os

import streamlit as st
from starlette.middleware import Middleware

from lab.answers import Answers
from lab.batch.replies import reply
from lab.build import BUILD
from lab.challenge.played import Challenges
from lab.judging import Judged, judged, state_in
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
from server.rooms.database import database
from server.rooms.room import Room
from server.rooms.routes import Rooms
from server.stream import Stream

share_arenas()
skip_modules()
write_json_lines()
bound_uvicorn()
answers = Answers(LESSONS, TOOLS)


def judge(room: Room, state: str) -> Judged:
    """Judge a student's state by the step at which a class is."""
    place = room.place
    return judged(answers, place.page, state_in(place.link, room.lesson, state))


rooms = Rooms(database(os.environ.get("CE_CLASS_DATABASE", "")), judge, answers.lessons)
asked: dict[str, Question] = {
    "": answers.numbers,
    "layout": answers.layout,
    "questions": answers.questions,
    "lesson": answers.lesson,
    "challenge": Challenges(LESSONS).answer,
    "qr": code,
    **answers.files,
}
app = st.App(
    "pages/main.py",
    routes=[
        *answer_routes(asked, answers.lessons, BUILD),
        batch_route(reply),
        *rooms.routes,
        *(files_route(path, folder, hash_) for path, (folder, hash_) in FOLDERS.items()),
    ],
    lifespan=rooms.running,
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
