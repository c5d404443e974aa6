"""How it is brought to a class: paragraphs, links, and what is copied, in an order."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from lab.words import say


class Part(NamedTuple):
    """A part of a text: `kind` is "title", "text", "code" or "page", which leads to a page.

    `text` is a sentence's key, or the sentence; of "code" it is what is copied.
    """

    kind: str
    text: str
    page: str = ""


# {address} is where this lab answers; the player fills it in.
_LINK: Final = "{address}/?lesson=ready.20"
_FRAME: Final = f"""\
<iframe src="{_LINK}" title="Cross-entropy lab"
        width="100%" height="720"></iframe>"""
_MYST: Final = f"""\
:::{{iframe}} {_LINK}
:width: 100%
Cross-entropy lab
:::"""
_QUARTO: Final = f"```{{=html}}\n{_FRAME}\n```"
_SETTING: Final = "CE_FRAME_ANCESTORS=https://moodle.example.org"
_SERVER: Final = ".venv/bin/python -m streamlit run app.py --server.address 0.0.0.0"

_WAYS: Final[Mapping[str, Sequence[Part]]] = {
    "class": (
        Part("title", "guide.class_votes"),
        Part("text", "guide.class_votes_start"),
        Part("text", "guide.class_votes_students"),
        Part("text", "guide.class_votes_ask"),
        Part("text", "guide.class_votes_talk"),
        Part("text", "guide.class_votes_state"),
        Part("text", "guide.class_votes_end"),
        Part("page", "guide.class_votes_open", "class"),
        Part("title", "guide.class_hands"),
        Part("text", "guide.class_hands_lecture"),
        Part("text", "guide.class_hands_vote"),
        Part("title", "guide.class_laptop"),
        Part("text", "guide.class_laptop_run"),
        Part("code", _SERVER),
        Part("text", "guide.class_laptop_address"),
        Part("text", "guide.class_laptop_link"),
        Part("text", "guide.class_laptop_wall"),
    ),
    "course": (
        Part("text", "guide.course_allow"),
        Part("code", _SETTING),
        Part("text", "guide.course_any"),
        Part("title", "guide.course_moodle"),
        Part("text", "guide.course_moodle_url"),
        Part("code", _LINK),
        Part("text", "guide.course_moodle_page"),
        Part("code", _FRAME),
        Part("title", "guide.course_canvas"),
        Part("text", "guide.course_canvas_how"),
        Part("code", _FRAME),
        Part("title", "guide.course_jupyter"),
        Part("text", "guide.course_jupyter_how"),
        Part("code", _MYST),
        Part("title", "guide.course_quarto"),
        Part("text", "guide.course_quarto_how"),
        Part("code", _QUARTO),
        Part("text", "guide.course_height"),
    ),
    "challenge": (
        Part("text", "guide.challenge_what"),
        Part("text", "guide.challenge_seed"),
        Part("text", "guide.challenge_code"),
        Part("page", "guide.challenge_open", "challenge"),
    ),
}


def ways() -> dict[str, list[Part]]:
    """Return the parts of each section, in words."""
    return {
        name: [
            part if part.kind == "code" else part._replace(text=say(part.text)) for part in parts
        ]
        for name, parts in _WAYS.items()
    }
