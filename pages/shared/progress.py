"""What the learner has done in this visit.

The browser keeps a copy, because a server that was started anew knows nothing of the visit: it asks
for the copy with its first message, and reads it as the text of a stranger.
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shared import controls
from pages.shared.controls import Settings

ID = "progress"  # under which the browser sends its copy
_MOST_PARTS = 100  # that one visit may hold; all lessons together have fewer
_MOST_OPTIONS = 10
_PART = re.compile(r"[a-z0-9_-]{1,40}")
_DONE, _TOLD = "done", "told"


@dataclass(frozen=True)
class Answer:
    """The option that was chosen, and the settings that the question was asked with."""

    chosen: int
    asked: Settings


def done() -> dict[tuple[str, str], Answer | None]:
    """Return what was done, by page and part; the answers of those questions that show one."""
    result: dict[tuple[str, str], Answer | None] = st.session_state.setdefault(_DONE, {})
    return result


def copy() -> dict[str, Any]:
    """Return what the browser keeps, and whether it has told this session what it has kept."""
    parts = [
        [page, part, *([answer.chosen, controls.write(answer.asked, page)] if answer else [])]
        for (page, part), answer in done().items()
    ]
    return {"told": _TOLD in st.session_state, "done": parts}


def restore(value: Any) -> None:
    """Take what the browser has kept; what was done since comes first. It is taken once.

    Raises
    ------
    ValueError
        If it is no list, or too long, or parts of it are not what `copy` returns. The other parts
        are taken.
    """
    if _TOLD in st.session_state:
        return
    st.session_state[_TOLD] = True
    if not isinstance(value, list) or len(value) > _MOST_PARTS:
        raise ValueError("expected a list of what was done")
    refused = 0
    for entry in value:
        try:
            key, answer = read(entry, st.session_state.get("pages", ()))
        except ValueError:
            refused += 1
        else:
            done().setdefault(key, answer)
    if refused:
        raise ValueError(f"could not read {refused} of {len(value)} parts")


def read(entry: Any, pages: Container[str]) -> tuple[tuple[str, str], Answer | None]:
    """Read one part of what the browser has kept; only these pages are known.

    Raises
    ------
    ValueError
        If it is not what `copy` returns.
    """
    match entry:
        case [str() as page, str() as part, *rest]:
            if page not in pages or not _PART.fullmatch(part):
                raise ValueError("no such page or part")
            return (page, part), _answer(rest) if rest else None
    raise ValueError("expected a page and a part")


def _answer(rest: list[Any]) -> Answer:
    match rest:
        case [int() as chosen, dict() as link] if not isinstance(chosen, bool):
            if not all(isinstance(text, str) for text in link.values()):
                raise ValueError("expected a link")
            asked, ignored = controls.read({key: [text] for key, text in link.items()})
            if ignored or chosen not in range(_MOST_OPTIONS):
                raise ValueError("no such link or option")
            return Answer(chosen, asked)
    raise ValueError("expected an option and a link")
