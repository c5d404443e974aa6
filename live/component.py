"""The player as a Streamlit component: a few lines that import it, and what it is told once."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

# Streamlit runs this again with every run of the page, from a blob, which has no path of its own.
_SCRIPT = """
const players = new WeakMap();
export default function ({ data, parentElement, setTriggerValue }) {
  let player = players.get(parentElement);
  if (player) player.then(({ update }) => update(data));
  else {
    const root = parentElement.querySelector(".ce-player-root");
    const tell = (finished) => setTriggerValue("finished", finished);
    const script = new URL(data.script, location.origin).href;
    player = import(script).then(({ show }) => show({ root, data, tell }));
    players.set(parentElement, player);
  }
  return () => {
    players.delete(parentElement);
    player.then(({ leave }) => leave());
  };
}
"""

_mount = st.components.v2.component(
    "player",
    html='<div class="ce-player-root"></div>',
    js=_SCRIPT,
    # plotly.js puts its style rules into the document; a shadow root would not see them.
    isolate_styles=False,
)


def player(key: str, data: Mapping[str, Any], on_finished: Callable[[], None]) -> None:
    """Show the player.

    Parameters
    ----------
    key : str
        The component's key; `finished(key)` is what it has told.
    data : dict
        What `show` of front/player.js is given.
    on_finished : callable
        Called when the learner has finished a page.
    """
    _mount(key=key, data=dict(data), on_finished_change=on_finished)


def finished(key: str) -> list[str]:
    """Return the pages that the browser says are finished: texts of a stranger.

    Raises
    ------
    ValueError
        If the browser sent something else than a list of texts.
    """
    state = st.session_state.get(key)
    pages = state.get("finished") if isinstance(state, Mapping) else None
    if not isinstance(pages, list) or not all(isinstance(page, str) for page in pages):
        raise ValueError(f"expected a list of pages; got {type(pages).__name__}")
    return pages
