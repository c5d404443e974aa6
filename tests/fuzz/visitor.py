"""A browser's half of Streamlit's protocol: what a visitor may send, and what comes back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX
from streamlit.util import calc_hash
from websockets.sync.client import ClientConnection, connect

PATIENCE = 60  # s; how long an answer may take on a busy machine


@dataclass
class Answer:
    """What a run of the script showed."""

    exceptions: list[str] = field(default_factory=list)
    navigation: list[str] = field(default_factory=list)
    player: str = ""  # the component's id
    session: str = ""  # the session's
    ended: str = ""

    def note(self, message: ForwardMsg) -> None:
        """Keep what matters of a message."""
        if message.HasField("navigation"):
            self.navigation = [page.page_name for page in message.navigation.app_pages]
        if message.HasField("new_session"):
            self.session = message.new_session.initialize.session_id
        if message.HasField("script_finished"):
            self.ended = ForwardMsg.ScriptFinishedStatus.Name(message.script_finished)
        element = message.delta.new_element
        if element.HasField("exception"):
            self.exceptions.append(str(element.exception))
        elif element.HasField("bidi_component"):
            self.player = element.bidi_component.id


class Visitor:
    """One open page."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def send(self, message: BackMsg) -> Answer:
        """Send a message that runs the script, and return what the run showed."""
        self._socket.send(message.SerializeToString())
        answer = Answer()
        while not answer.ended:
            message = ForwardMsg()
            message.ParseFromString(self._socket.recv(timeout=PATIENCE))
            answer.note(message)
        return answer

    def open(self, query: str = "", page: str = "pipeline", *states: WidgetState) -> Answer:
        """Run a page as for a link, with the states of widgets."""
        return self.send(opening(query, page, *states))


def opening(query: str = "", page: str = "pipeline", *states: WidgetState) -> BackMsg:
    """Return the message with which a browser asks for a page."""
    message = BackMsg()
    message.rerun_script.query_string = query
    message.rerun_script.page_script_hash = calc_hash(page)
    message.rerun_script.widget_states.widgets.extend(states)
    return message


def said(id_: str, text: str) -> WidgetState:
    """Return what the player with this id says, whatever it is."""
    return WidgetState(id=f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{id_}__events", json_trigger_value=text)


def told(id_: str, pages: Any) -> WidgetState:
    """Return what the player with this id says when pages are finished."""
    return said(id_, json.dumps([{"event": "finished", "value": pages}]))


@contextmanager
def visit(server: str) -> Iterator[Visitor]:
    """Open a connection as a browser does."""
    with dial(server) as socket:
        yield Visitor(socket)


def dial(server: str, **options: Any) -> ClientConnection:
    """Open the WebSocket that Streamlit's page opens."""
    address = f"ws://{urlsplit(server).netloc}/_stcore/stream"
    return connect(address, subprotocols=["streamlit"], max_size=None, **options)
