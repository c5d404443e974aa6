"""A class: its lecturer leads it through a lesson, and students follow and answer."""

from lab import pictures
from lab.lesson import Tool

# The sentences that live/front/class*.js say, by the names that they have for them.
_WORDS = (
    *("letters", "join", "no_letters", "how", "to_lessons", "unknown", "ended", "locked"),
    *("bar", "code", "here", "here_one", "away", "not_led", "not_done"),
    *("show_code", "qr", "link", "join_how", "csv", "end", "end_text", "end_yes", "end_no"),
    *("turn_ask", "turn_show", "turn_again", "turn_answer", "turn_next", "answered"),
    *("follows", "around", "around_asked", "come_back", "not_asked", "asked", "asked_state"),
    *("send", "sending", "waits_to_send", "received", "received_met", "received_unmet", "too_late"),
    *("too_late_to_change", "not_taken", "closed", "has_answered"),
    *("results", "round_1", "round_2", "of", "of_one", "of_none", "votes"),
    *("look_votes", "look_picture"),
    *("is_right", "is_own", "numbers", "own_mark", "true_mark", "states", "x", "y"),
)
_VOTES = (0.35, 0.8, 0.2)  # of the room, in the picture


def _picture() -> str:
    """Draw a vote: a bar for each of three answers, and those who gave them below."""
    room = pictures.WIDTH / len(_VOTES)
    top, floor = 8, pictures.HEIGHT - 26
    bars = "".join(
        f'<rect x="{room * (i + 0.25):.1f}" y="{floor - share * (floor - top):.1f}" '
        f'width="{room / 2:.1f}" height="{share * (floor - top):.1f}" rx="3"'
        + (' fill="currentColor"/>' if share == max(_VOTES) else "/>")
        for i, share in enumerate(_VOTES)
    )
    seats = "".join(
        f'<circle cx="{pictures.WIDTH * (i + 0.5) / 9:.1f}" cy="{pictures.HEIGHT - 10}" r="4"/>'
        for i in range(9)
    )
    return bars + seats


TOOL = Tool("class", _picture, "class.js", _WORDS, dict, plays=True)
