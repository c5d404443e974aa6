"""What every lesson has around its instrument: words, a break, questions, and the way on.

A lesson is one file in pages/, called like its page. Its sentences are those of its own section in
the words file: title, lead_1 and so on, break_title, break_lead, break_button, closing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from pages.shared import state
from pages.shared.controls import Settings
from pages.shared.words import has, say

ORDER = ("likelihood", "sigmoid", "softmax", "overflow", "gradient", "bugs")
BREAK = "break"


@dataclass(frozen=True)
class Question:
    """A question that is answered before the picture answers it.

    `right` is the position of the right option, as `ce_core` computed it. `reasons` has one
    sentence for each option, and `shown` is what the picture shows afterwards.
    """

    key: str
    text: str
    options: Sequence[str]
    right: int
    reasons: Sequence[str]
    shown: Settings


@dataclass(frozen=True)
class Lesson:
    """What a lesson file says of itself.

    `draw` shows the instruments for these settings, `broken` are those that "now break it" opens,
    and `ask` makes the questions.
    """

    page: str
    draw: Callable[[Settings], None]
    broken: Callable[[Settings], Settings]
    ask: Callable[[Settings], Sequence[Question]]


def show(lesson: Lesson) -> None:
    """Show a lesson."""
    state.begin(lesson.page)
    st.title(say(f"{lesson.page}.title"), anchor=False)
    _body(lesson)


def done() -> set[tuple[str, str]]:
    """Return what the learner has done in this visit: pairs of page and question or break."""
    result: set[tuple[str, str]] = st.session_state.setdefault("done", set())
    return result


def is_finished(page: str) -> bool:
    """Say whether the learner has broken a lesson's instrument and answered all its questions."""
    parts = {part for where, part in done() if where == page}
    return BREAK in parts and parts >= st.session_state.get(f"{page}.parts", {""})


@st.fragment
def _body(lesson: Lesson) -> None:
    page, settings = lesson.page, state.current()
    st.markdown("\n\n".join(say(key) for n in (1, 2, 3) if has(key := f"{page}.lead_{n}")))
    state.notices()
    lesson.draw(settings)
    st.subheader(say(f"{page}.break_title"), anchor=False)
    st.markdown(say(f"{page}.break_lead"))
    st.button(
        say(f"{page}.break_button"),
        key=f"{page}-break",
        on_click=lambda: _open(page, BREAK, lesson.broken(settings)),
    )
    st.subheader(say("lesson.questions"), anchor=False)
    st.markdown(say("lesson.questions_hint"))
    questions = lesson.ask(settings)
    st.session_state[f"{page}.parts"] = {question.key for question in questions}
    for question in questions:
        _ask(page, question)
    st.subheader(say("lesson.in_short"), anchor=False)
    st.markdown(say(f"{page}.closing"))
    _links(page)
    if is_finished(page) and page not in st.session_state["marked"]:
        st.rerun()  # the navigation has a mark to show


def _open(page: str, part: str, settings: Settings) -> None:
    done().add((page, part))
    state.replace_all(settings)


def _ask(page: str, now: Question) -> None:
    """Ask; a question that was answered stays as it was asked, whatever the learner moves."""
    key = f"{page}-{now.key}"
    asked: tuple[Question, int] | None = st.session_state.get(f"{key}-asked")
    if asked is None:
        st.radio(
            now.text,
            range(len(now.options)),
            index=None,
            format_func=now.options.__getitem__,
            key=f"{key}-open",
            horizontal=True,
            on_change=partial(_answer, page, now),
        )
        return
    question, chosen = asked
    reason, answer = question.reasons[chosen], question.options[question.right]
    st.markdown(question.text)
    if chosen == question.right:
        st.success(say("lesson.right", answer=answer, reason=reason))
    else:
        wrong = question.options[chosen]
        st.error(say("lesson.wrong", chosen=wrong, answer=answer, reason=reason))
    with st.container(horizontal=True):
        st.button(
            say("lesson.show"),
            key=f"{key}-show",
            on_click=partial(state.replace_all, question.shown),
        )
        st.button(say("lesson.again"), key=f"{key}-again", on_click=partial(_again, key))


def _answer(page: str, question: Question) -> None:
    key = f"{page}-{question.key}"
    chosen = st.session_state[f"{key}-open"]
    if chosen in range(len(question.options)):
        st.session_state[f"{key}-asked"] = (question, chosen)
        done().add((page, question.key))


def _again(key: str) -> None:
    st.session_state.pop(f"{key}-asked", None)
    st.session_state.pop(f"{key}-open", None)


def _links(page: str) -> None:
    """Link to the other lessons; the links carry the learner's numbers along."""
    order = [*ORDER, "pipeline"]
    following = order[order.index(page) + 1]
    link_to(following, say("lesson.next", title=say(f"{following}.title")))


def link_to(page: str, label: str) -> None:
    """Link to another page, with the learner's numbers."""
    pages: dict[str, st.Page] = st.session_state["pages"]
    st.page_link(pages[page], label=label, query_params=state.link(page))
