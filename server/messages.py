"""What of a browser's messages reaches Streamlit: what its page sends, and no more than that.

Streamlit takes ten kinds of message from whoever opens a connection. One lets it run git, one lets
it make links for uploads, and what is in a message may be as long as it likes.
"""

import re

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState

LONGEST_QUERY = 8000  # characters; lab.answers reads as many
_LONGEST_TEXT = 100  # of a time zone, a language, the name of a page
_LONGEST_WIDGET = 2000  # what the player tells: a list of pages
_MOST_WIDGETS = 10  # a page has one player
_MOST_HASHES = 100  # of messages that the browser has kept
_HASH = re.compile(r"[0-9a-f]{0,64}")
# A trigger of a component, by whatever key it was mounted: "$$STREAMLIT_INTERNAL_KEY_…__events".
_TRIGGER = re.compile(r"\$\$[\x21-\x7e]{1,300}__events")


def passed(data: bytes) -> bytes | None:
    """Return what of a message is passed on; None where nothing is.

    What is too long is left out, and the page is shown without it: of the query Streamlit's half of
    a page reads the language alone.

    Raises
    ------
    ValueError
        If it is no message.
    """
    asked = BackMsg()
    try:
        asked.ParseFromString(data)
    except DecodeError as error:
        raise ValueError("no message") from error
    kind = asked.WhichOneof("type")
    told = BackMsg()
    if kind == "rerun_script":
        told.rerun_script.CopyFrom(_bounded(asked.rerun_script))
    elif kind in ("stop_script", "app_heartbeat"):
        setattr(told, kind, True)
    else:
        return None
    clean: bytes = told.SerializeToString()
    return clean


def _bounded(asked: ClientState) -> ClientState:
    told = ClientState(is_history_navigation=asked.is_history_navigation)
    told.query_string = _short(asked.query_string, LONGEST_QUERY)
    told.page_name = _short(asked.page_name)
    if _HASH.fullmatch(asked.page_script_hash):
        told.page_script_hash = asked.page_script_hash
    hashes = asked.cached_message_hashes
    if len(hashes) <= _MOST_HASHES and all(map(_HASH.fullmatch, hashes)):
        told.cached_message_hashes.extend(hashes)
    told.widget_states.SetInParent()
    for widget in asked.widget_states.widgets[:_MOST_WIDGETS]:
        if (
            widget.WhichOneof("value") == "json_trigger_value"
            and _TRIGGER.fullmatch(widget.id)
            and len(widget.json_trigger_value) <= _LONGEST_WIDGET
        ):
            told.widget_states.widgets.append(widget)
    if asked.HasField("context_info"):
        context = told.context_info
        context.CopyFrom(asked.context_info)
        for name in ("timezone", "locale", "color_scheme"):
            setattr(context, name, _short(getattr(context, name)))
        # Streamlit's page tells an address without fragment. Nothing promises that it will: a
        # lecturer's secret may stand there.
        context.url = _short(context.url.partition("#")[0], LONGEST_QUERY)
    return told


def _short(text: str, longest: int = _LONGEST_TEXT) -> str:
    return text if len(text) <= longest else ""
