"""Open a page of the app in Streamlit's own test runner."""

from pathlib import Path
from typing import Protocol

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from pages.shared import controls
from pages.shared.controls import Settings

MAIN = Path(__file__).parents[2] / "pages" / "main.py"


class Runnable(Protocol):
    """An app, or one of its widgets after a change."""

    def run(self) -> AppTest:
        """Run the app."""


def open_app(page: str = "pipeline", **query: str | list[str]) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=30)
    # The pages are functions, which AppTest.switch_page cannot name.
    app._page_hash = calc_hash(page)  # noqa: SLF001
    for key, text in query.items():
        app.query_params[key] = text
    app.session_state["classes"] = True  # the pipeline's class editor is open
    return run(app)


def run(changed: Runnable) -> AppTest:
    app = changed.run()
    assert not app.exception
    return app


def settings(app: AppTest) -> Settings:
    result: Settings = app.session_state["settings"]
    return result


def link(app: AppTest) -> dict[str, list[str]]:
    """Return the address that the app wrote, each key with all its values."""
    return {
        key: [values] if isinstance(values, str) else values
        for key, values in app.query_params.items()
    }


def said(app: AppTest) -> str:
    return "\n".join(warning.value for warning in app.warning)


def reads_back(app: AppTest) -> bool:
    """Say whether the address reopens what the app shows."""
    return controls.read(link(app)) == (settings(app), [])


def change(id_: str, value: object) -> list[object]:
    return [{"n": 1, "id": id_, "value": value}]


def commit(message: object, page: str = "pipeline", **query: str) -> AppTest:
    """Run the page's own handler inside the app, as the component's release would.

    AppTest cannot drive a component, so the message is put where Streamlit leaves it.
    """

    def script(message: object, page: str) -> None:
        # AppTest runs the text of this function alone.
        import streamlit as st  # noqa: PLC0415

        from pages.shared import state  # noqa: PLC0415

        state.begin(page)
        st.session_state[page] = {"commit": message}
        state.commit(page)()
        state.notices()

    app = AppTest.from_function(script, args=(message, page), default_timeout=30)
    for key, text in query.items():
        app.query_params[key] = text
    return run(app)
