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
from streamlit.util import calc_hash
from websockets.sync.client import ClientConnection, connect

PATIENCE = 60  # s; how long an answer may take on a busy machine


@dataclass
class Answer:
    """What a run of the script showed."""

    warnings: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    widgets: dict[str, str] = field(default_factory=dict)  # id by kind or label
    query: str | None = None  # of the address, where the run changed it
    ended: str = ""

    def note(self, message: ForwardMsg) -> None:
        """Keep what matters of a message."""
        if message.HasField("page_info_changed"):
            self.query = message.page_info_changed.query_string
        if message.HasField("script_finished"):
            self.ended = ForwardMsg.ScriptFinishedStatus.Name(message.script_finished)
        element = message.delta.new_element
        if element.HasField("alert"):
            self.warnings.append(element.alert.body)
        elif element.HasField("exception"):
            self.exceptions.append(str(element.exception))
        elif element.HasField("bidi_component"):
            self.widgets[element.bidi_component.component_name] = element.bidi_component.id
        elif element.WhichOneof("type") in ("text_input", "checkbox", "button", "radio"):
            widget = getattr(element, element.WhichOneof("type"))
            self.widgets[widget.label] = widget.id
        elif message.delta.add_block.HasField("popover"):
            popover = message.delta.add_block.popover
            self.widgets[popover.label] = popover.id


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


def released(id_: str, message: Any) -> WidgetState:
    """Return what the component with this id says after a release; text goes as it is."""
    text = message if isinstance(message, str) else json.dumps({"commit": message})
    return WidgetState(id=id_, json_value=text)


@contextmanager
def visit(server: str) -> Iterator[Visitor]:
    """Open a connection as a browser does."""
    with dial(server) as socket:
        yield Visitor(socket)


def dial(server: str, **options: Any) -> ClientConnection:
    """Open the WebSocket that Streamlit's page opens."""
    address = f"ws://{urlsplit(server).netloc}/_stcore/stream"
    return connect(address, subprotocols=["streamlit"], max_size=None, **options)
