"""What the session knows of a visit. The settings are not among it: they stand in the link."""

from dataclasses import dataclass, replace

import streamlit as st

from lab.words import FIRST, LANGUAGES

_KEY = "visit"


@dataclass(frozen=True)
class Visit:
    """The pages that were finished, and the language that is spoken."""

    finished: frozenset[str] = frozenset()
    language: str = FIRST


def visit() -> Visit:
    """Return the visit as it is now; a link may have named another language."""
    now: Visit = st.session_state.setdefault(_KEY, Visit())
    named = st.query_params.get("lang", now.language)
    if named in LANGUAGES and named != now.language:
        now = st.session_state[_KEY] = replace(now, language=named)
    return now


def finish(pages: frozenset[str]) -> None:
    """Note that these pages are finished, beside those that are."""
    now = visit()
    st.session_state[_KEY] = replace(now, finished=now.finished | pages)
