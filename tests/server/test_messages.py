"""What of a browser's messages is passed on to Streamlit."""

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from server.messages import LONGEST_QUERY, passed
from tests.fuzz.visitor import opening, told

PLAYER = "$$ID-60943e1416819e29767cc4f4a7941d73-player-pipeline"


def through(message: BackMsg) -> BackMsg:
    """Return what comes of a message, which is passed on."""
    data = passed(message.SerializeToString())
    assert data is not None
    return BackMsg.FromString(data)


def first_visit() -> BackMsg:
    """Return the longest message that a browser was seen to send, with what else it may hold."""
    message = opening("logits=2%2C1&names=cat%2Cdog", "softmax", told(PLAYER, ["sigmoid"]))
    message.rerun_script.page_name = "softmax"
    message.rerun_script.is_history_navigation = True
    message.rerun_script.cached_message_hashes.extend(["0af3", "1b"])
    context = message.rerun_script.context_info
    context.timezone, context.timezone_offset, context.locale = "Europe/Berlin", -120, "de-DE"
    context.url, context.is_embedded = "https://lab.example.org/softmax", True
    context.color_scheme = "dark"
    return message


def test_what_the_page_sends_comes_through_as_it_was() -> None:
    assert through(first_visit()) == first_visit()
    for kind in ("app_heartbeat", "stop_script"):
        message = BackMsg(**{kind: True})
        assert through(message) == message


KINDS = [field.name for field in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields]


@pytest.mark.parametrize(
    "kind", sorted({*KINDS} - {"rerun_script", "app_heartbeat", "stop_script"})
)
def test_other_kinds_do_not(kind: str) -> None:
    message = BackMsg()
    if message.DESCRIPTOR.fields_by_name[kind].message_type:
        getattr(message, kind).SetInParent()
    else:
        setattr(message, kind, True)
    assert message.WhichOneof("type") == kind
    assert passed(message.SerializeToString()) is None


def test_nothing_is_no_message_and_what_cannot_be_read_is_an_error() -> None:
    assert passed(b"") is None
    for data in (b"\0", b"text", first_visit().SerializeToString()[:-3]):
        with pytest.raises(ValueError, match="no message"):
            passed(data)


@pytest.mark.parametrize(
    "state",
    [
        WidgetState(id=PLAYER, json_value="{}"),
        WidgetState(id=PLAYER, bytes_value=b"x"),
        WidgetState(id="$$STREAMLIT_INTERNAL_KEY_x__events", bool_value=True),
        WidgetState(id="x__events", json_trigger_value="[]"),
        WidgetState(id="$$" + "x" * 1000 + "__events", json_trigger_value="[]"),
        WidgetState(id="$$\n__events", json_trigger_value="[]"),
        told(PLAYER, ["x" * 2000]),
        WidgetState(),
    ],
)
def test_of_widgets_the_players_trigger_alone(state: WidgetState) -> None:
    good = told(PLAYER, ["sigmoid"])
    asked = opening("", "pipeline", state, good)
    assert list(through(asked).rerun_script.widget_states.widgets) == [good]


def test_of_many_widgets_ten() -> None:
    states = [told(f"$$ID-{i}", []) for i in range(1000)]
    assert len(through(opening("", "pipeline", *states)).rerun_script.widget_states.widgets) == 10


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("query_string", "x" * (LONGEST_QUERY + 1)),
        ("page_script_hash", "../../etc/passwd"),
        ("page_script_hash", "a" * 65),
        ("page_name", "x" * 101),
        ("fragment_id", "a"),
        ("is_auto_rerun", True),
    ],
)
def test_what_is_too_long_or_never_sent_is_left_out(name: str, text: object) -> None:
    asked = first_visit()
    setattr(asked.rerun_script, name, text)
    left = first_visit()
    left.rerun_script.ClearField(name)
    assert through(asked) == left


def test_so_is_the_fragment_of_an_address_in_which_a_secret_may_stand() -> None:
    asked = first_visit()
    asked.rerun_script.context_info.url += "?room=ABCDE#lead=secret"
    left = first_visit()
    left.rerun_script.context_info.url += "?room=ABCDE"
    assert through(asked) == left


def test_so_is_what_it_says_of_the_browser() -> None:
    asked = first_visit()
    context = asked.rerun_script.context_info
    for name in ("timezone", "locale", "color_scheme", "url"):
        setattr(context, name, "x" * (LONGEST_QUERY + 1))
    assert len(through(asked).SerializeToString()) < 400
    asked.rerun_script.cached_message_hashes.extend(["a"] * 1000)
    assert not through(asked).rerun_script.cached_message_hashes
