"""The learner's settings: one value in the session, mirrored in the URL."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shared import controls, progress
from pages.shared.controls import Ignored, Settings
from pages.shared.live import committed
from pages.shared.words import literal, say

_SETTINGS, _PAGE, _NOTICES = "settings", "page", "notices"
_LONGEST = 40  # of a refused text, so that a hostile link cannot fill the screen
_MOST_LINES = 8


def begin(page: str) -> None:
    """At each run of the whole page: follow the URL, where the learner went to it.

    That is when a link was opened, and when somebody went back or forward. Any other run may come
    with a URL that the browser has not yet replaced by the one written at the last release; and a
    click in the navigation comes with none.
    """
    first = _SETTINGS not in st.session_state
    context = get_script_run_ctx()
    if first or (context is not None and context.is_history_navigation):
        query = {key: st.query_params.get_all(key) for key in st.query_params}
        settings, ignored = controls.read(query)
        st.session_state[_SETTINGS] = settings
        st.session_state[_NOTICES] = _tell(ignored, settings)
    elif st.session_state[_PAGE] != page:
        st.session_state[_NOTICES] = []
        # A link between pages has brought it along; written again, it would need two steps back.
        if st.query_params.to_dict() != link(page):
            st.query_params.from_dict(link(page))
    st.session_state[_PAGE] = page


def current() -> Settings:
    """Return the settings now; always valid."""
    settings: Settings = st.session_state[_SETTINGS]
    return settings


def change(**parameters: Any) -> None:
    """Change some of the settings."""
    replace_all(replace(current(), **parameters))


def replace_all(settings: Settings) -> None:
    """Change all of the settings, and the URL with them."""
    st.session_state[_SETTINGS] = settings
    st.session_state[_NOTICES] = []
    st.query_params.from_dict(link(st.session_state[_PAGE]))


def link(page: str) -> dict[str, str]:
    """Return the URL parameters that open a page with the learner's numbers."""
    return controls.write(current(), page)


def commit(key: str) -> Callable[[], None]:
    """Return what takes the releases of the instrument `key`."""

    def take() -> None:
        lines = []
        try:
            changes = committed(key)
        except ValueError:
            _say([_line(key, "", say("expected_one.control"))])
            return
        settings = before = current()
        for id_, value in changes:
            try:
                if id_ == progress.ID:
                    progress.restore(value)
                else:
                    settings = controls.take(settings, id_, value)
            except ValueError:
                lines.append(_refused(settings, id_, value))
        if settings != before or lines or any(id_ != progress.ID for id_, _ in changes):
            replace_all(settings)
            _say(lines[:_MOST_LINES])

    return take


def widget(key: str, value: Any) -> None:
    """Let a widget show what the settings say. Call it before the widget."""
    st.session_state[key] = value


def refuse_name(kept: str) -> None:
    """Say that a class name was refused."""
    _say([say("classes.refused", kept=literal(kept))])


def notices() -> None:
    """Show what there is to say, until the next change."""
    if lines := st.session_state[_NOTICES]:
        st.warning("  \n".join(lines))


def _say(lines: list[str]) -> None:
    st.session_state[_NOTICES] = lines


def _refused(settings: Settings, id_: str, value: Any) -> str:
    if id_ == progress.ID:
        return say("expected_one.progress")
    try:
        parameter, i = controls.find(settings, id_)
    except ValueError:
        return _line(id_, str(value), say("expected_one.control"))
    kept = getattr(settings, parameter.key)
    label = say(f"control.{parameter.key}", name="" if i is None else settings.names[i])
    kept = literal(controls.plain(kept if i is None else kept[i]))
    return _line(label, str(value), say(f"expected_one.{parameter.key}", kept=kept))


def _tell(ignored: list[Ignored], settings: Settings) -> list[str]:
    lines = [
        _line(
            key,
            text,
            say(f"expected.{rule}", used=literal(controls.plain(getattr(settings, key, "")))),
        )
        for key, text, rule in ignored[:_MOST_LINES]
    ]
    return [say("app.ignored"), *lines] if lines else []


def _line(key: str, text: str, expected: str) -> str:
    return say("app.ignored_part", key=_excerpt(key), text=_excerpt(text), expected=expected)


def _excerpt(text: str) -> str:
    return literal(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")
