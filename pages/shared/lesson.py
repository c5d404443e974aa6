"""What every lesson has around its instrument: words, a break, questions, and the way on.

A lesson is one file in pages/, called like its page. Its sentences are those of its own section in
the words file: title, lead_1 and so on, break_title, break_lead, break_button, closing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import state
from pages.shared.controls import Settings
from pages.shared.progress import Answer, done
from pages.shared.words import has, say

ORDER = ("likelihood", "sigmoid", "softmax", "overflow", "gradient", "bugs")
BREAK, FINISHED = "break", "finished"  # parts of a lesson, beside its questions


@dataclass(frozen=True)
class Question:
    """A question that is answered before the picture answers it.

    `right` is the position of the right option, as `ce_core` computed it. `reasons` has one
    sentence for each option, and `shown` is what the picture shows afterwards. Two are equal that
    the learner cannot tell apart before the picture is shown.
    """

    key: str
    text: str
    options: Sequence[str]
    right: int
    reasons: Sequence[str]
    shown: Settings = field(compare=False)


@dataclass(frozen=True)
class Lesson:
    """What a lesson file says of itself.

    `draw` shows the instruments for these settings, `broken` are those that "now break it" opens,
    and `ask` makes the questions. These are asked anew when the `topic` changes, and stay while
    the learner moves anything else.
    """

    page: str
    draw: Callable[[Settings], None]
    broken: Callable[[Settings], Settings]
    ask: Callable[[Settings], Sequence[Question]]
    topic: Callable[[Settings], str] = lambda _: ""


def show(lesson: Lesson) -> None:
    """Show a lesson."""
    page = lesson.page
    state.begin(page)
    st.title(say(f"{page}.title"), anchor=False)
    # A release runs the instrument's fragment, and costs what that shows; the rest stays.
    instrument, rest, following = st.container(), st.container(), st.container()
    with rest:
        _questions(lesson)
    with instrument:
        st.markdown("\n\n".join(say(key) for n in (1, 2, 3) if has(key := f"{page}.lead_{n}")))
        _instrument(lesson, _asked_of(lesson), following)
    mark()


@st.fragment
def _instrument(lesson: Lesson, asked_of: tuple[Any, ...], following: DeltaGenerator) -> None:
    if _asked_of(lesson) != asked_of:
        st.rerun()
    state.notices()
    lesson.draw(state.current())
    with following:
        _links(lesson.page)


def is_finished(page: str) -> bool:
    """Say whether the learner has broken a lesson's instrument and answered all its questions."""
    return (page, FINISHED) in done()


def mark() -> None:
    """Let the navigation mark every lesson that is finished."""
    if any(is_finished(page) and page not in st.session_state["marked"] for page in ORDER):
        st.rerun()


def _asked_of(lesson: Lesson) -> tuple[Any, ...]:
    """Return what the questions on the page depend on: the topic, and what was answered."""
    return lesson.topic(state.current()), dict(done())


def _questions(lesson: Lesson) -> None:
    page, settings = lesson.page, state.current()
    st.subheader(say(f"{page}.break_title"), anchor=False)
    st.markdown(say(f"{page}.break_lead"))
    st.button(say(f"{page}.break_button"), key=f"{page}-break", on_click=partial(_break, lesson))
    st.subheader(say("lesson.questions"), anchor=False)
    st.markdown(say("lesson.questions_hint"))
    questions = lesson.ask(settings)
    for question in questions:
        _ask(lesson, question)
    if all((page, part) in done() for part in (BREAK, *(question.key for question in questions))):
        done()[page, FINISHED] = None
    st.subheader(say("lesson.in_short"), anchor=False)
    st.markdown(say(f"{page}.closing"))


def _break(lesson: Lesson) -> None:
    done()[lesson.page, BREAK] = None
    state.replace_all(lesson.broken(state.current()))


def _ask(lesson: Lesson, now: Question) -> None:
    """Ask; a question that was answered stays as it was asked, whatever the learner moves."""
    key = f"{lesson.page}-{now.key}"
    question, chosen = _answered(lesson, now.key) or (now, None)
    if chosen is None:
        picked = st.radio(
            now.text,
            range(len(now.options)),
            index=None,
            format_func=now.options.__getitem__,
            key=f"{key}-open",
            horizontal=True,
            on_change=partial(_answer, lesson, now, state.current()),
        )
        if picked is not None:  # before this server was started, so that it was not called back
            _answer(lesson, now, state.current())
            if _answered(lesson, now.key):
                st.rerun()
        return
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
        st.button(
            say("lesson.again"), key=f"{key}-again", on_click=partial(_again, lesson.page, now.key)
        )


def _answered(lesson: Lesson, part: str) -> tuple[Question, int] | None:
    answer = done().get((lesson.page, part))
    if answer is None:
        return None
    try:
        question = _as_asked(lesson.ask, part, answer.asked)
    except KeyError:  # an answer from a stranger's browser
        return None
    return (question, answer.chosen) if answer.chosen < len(question.options) else None


@lru_cache(1000)  # every release shows all answers again
def _as_asked(
    ask: Callable[[Settings], Sequence[Question]], part: str, settings: Settings
) -> Question:
    return {question.key: question for question in ask(settings)}[part]


def _answer(lesson: Lesson, question: Question, asked: Settings) -> None:
    chosen = st.session_state[f"{lesson.page}-{question.key}-open"]
    if chosen in range(len(question.options)):
        now = state.current()
        asked = now if question in lesson.ask(now) else asked
        done()[lesson.page, question.key] = Answer(chosen, asked)


def _again(page: str, part: str) -> None:
    done()[page, part] = None
    st.session_state.pop(f"{page}-{part}-open", None)


def _links(page: str) -> None:
    """Link to the other lessons; the links carry the learner's numbers along."""
    order = [*ORDER, "pipeline"]
    following = order[order.index(page) + 1]
    link_to(following, say("lesson.next", title=say(f"{following}.title")))


def link_to(page: str, label: str) -> None:
    """Link to another page, with the learner's numbers."""
    pages: dict[str, st.Page] = st.session_state["pages"]
    st.page_link(pages[page], label=label, query_params=state.link(page))
