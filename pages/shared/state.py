"""The learner's settings: one value in the session, mirrored in the URL."""

from dataclasses import replace
from typing import Any

import streamlit as st

from pages.shared import controls
from pages.shared.controls import Ignored, Settings
from pages.shared.words import literal, say

_SETTINGS, _URL, _NOTICES = "settings", "url", "notices"
_LONGEST = 40  # of a refused text, so that a hostile link cannot fill the screen
_MOST_LINES = 8


def begin() -> None:
    """At each run of the whole page: follow the URL where it is not what the app wrote itself.

    It differs when a link was opened and when somebody went back or forward. Runs of a fragment
    do not look: after two quick releases the browser still reports the URL of the first.
    """
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    if _SETTINGS in st.session_state and query == st.session_state[_URL]:
        return
    settings, ignored = controls.read(query)
    st.session_state[_SETTINGS] = settings
    st.session_state[_URL] = query
    st.session_state[_NOTICES] = _tell(ignored, settings)


def current() -> Settings:
    """Return the settings now; always valid."""
    settings: Settings = st.session_state[_SETTINGS]
    return settings


def change(**parameters: Any) -> None:
    """Change some of the settings."""
    replace_all(replace(current(), **parameters))


def replace_all(settings: Settings) -> None:
    """Change all of the settings, and the URL with them."""
    query = controls.write(settings)
    st.session_state[_SETTINGS] = settings
    st.session_state[_URL] = {key: [text] for key, text in query.items()}
    st.session_state[_NOTICES] = []
    st.query_params.from_dict(query)


def widget(key: str, value: Any) -> None:
    """Let a widget show what the settings say. Call it before the widget."""
    st.session_state[key] = value


def refuse(control: str, text: str, kept: str) -> None:
    """Say that what a control sent was refused, and what it keeps."""
    _say([_line(control, text, say("expected.message", kept=kept))])


def refuse_name(kept: str) -> None:
    """Say that a class name was refused."""
    _say([say("classes.refused", kept=literal(kept))])


def notices() -> None:
    """Show what there is to say, until the next change."""
    if lines := st.session_state[_NOTICES]:
        st.warning("  \n".join(lines))


def _say(lines: list[str]) -> None:
    st.session_state[_NOTICES] = lines


def _tell(ignored: list[Ignored], settings: Settings) -> list[str]:
    used = controls.write(settings)
    lines = [
        _line(key, text, say(f"expected.{rule}", used=literal(used.get(key, ""))))
        for key, text, rule in ignored[:_MOST_LINES]
    ]
    return [say("app.ignored"), *lines] if lines else []


def _line(key: str, text: str, expected: str) -> str:
    return say("app.ignored_part", key=_excerpt(key), text=_excerpt(text), expected=expected)


def _excerpt(text: str) -> str:
    return literal(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")
