"""The pipeline: logits, exponentials, softmax with and without max-subtraction, cross-entropy."""

import math
from functools import partial
from typing import Any

import streamlit as st

from pages.shared import controls, lesson, state
from pages.shared.controls import Settings
from pages.shared.live import live
from pages.shared.pipeline import build
from pages.shared.words import say

KEY = "pipeline"

# y is the true class, m the largest logit.
_FORMULAS = {
    "naive": r"-\log \frac{e^{z_y}}{\sum_j e^{z_j}}",
    "shifted": r"-\log \frac{e^{z_y - m}}{\sum_j e^{z_j - m}}",
    "fused": r"\log \sum_j e^{z_j - m} - (z_y - m)",
}


def show() -> None:
    """Show the page."""
    state.begin(KEY)
    st.title(say("pipeline.title"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(say("pipeline.lead"))
        _editor(state.current())
    _instrument(_edited())
    st.subheader(say("pipeline.formulas_title"), anchor=False)
    for column, name in zip(st.columns(3), _FORMULAS, strict=True):
        with column:
            st.markdown(f"**{say(f'pipeline.loss_{name}')}**")
            st.latex(_FORMULAS[name])
            st.markdown(say(f"pipeline.formula_{name}"))


@st.fragment
def _instrument(edited: tuple[Any, ...]) -> None:
    # A release runs this alone; a preset, or a logit typed as -inf, changes what the editor shows.
    if _edited() != edited:
        st.rerun()
    state.notices()
    live(KEY, *build(state.current()), on_commit=state.commit(KEY))
    lesson.mark()


def _edited() -> tuple[Any, ...]:
    """Return what the class editor shows."""
    settings = state.current()
    return settings.names, [math.isinf(z) for z in settings.logits]


def _editor(settings: Settings) -> None:
    # Closed, the editor sends none of its widgets, of which there are thirty.
    popover = st.popover(say("pipeline.classes"), key="classes", on_change="rerun")
    if popover.open:
        with popover:
            _classes(settings)


def _classes(settings: Settings) -> None:
    count = len(settings.logits)
    for i, name in enumerate(settings.names):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            state.widget(f"name-{i}", name)
            st.text_input(
                say("classes.name", number=i + 1),
                key=f"name-{i}",
                label_visibility="collapsed",
                max_chars=controls.MAX_NAME_LENGTH,
                on_change=partial(_rename, i),
                width=170,
            )
            state.widget(f"mask-{i}", math.isinf(settings.logits[i]))
            st.checkbox(
                say("classes.mask", number=i + 1), key=f"mask-{i}", on_change=partial(_mask, i)
            )
            st.button(
                say("classes.remove", number=i + 1),
                key=f"remove-{i}",
                type="tertiary",
                disabled=count == controls.MIN_CLASSES,
                on_click=partial(_remove, i),
            )
    st.button(
        say("classes.add"), disabled=count == controls.MAX_CLASSES, on_click=_add, width="stretch"
    )
    if count in (controls.MIN_CLASSES, controls.MAX_CLASSES):
        st.caption(say("classes.least" if count == controls.MIN_CLASSES else "classes.most"))
    st.caption(say("classes.mask_help"))


def _rename(i: int) -> None:
    names = list(state.current().names)
    text = st.session_state[f"name-{i}"]
    try:
        new = controls.name(text)
    except ValueError:
        new = ""
    if not new or new in names[:i] + names[i + 1 :]:
        state.refuse_name(names[i])
        return
    unmasked = _unmasked()
    if names[i] in unmasked:
        unmasked[new] = unmasked.pop(names[i])
    names[i] = new
    state.change(names=tuple(names))


def _unmasked() -> dict[str, float]:
    """Return the logits of masked classes by name, for when they are unmasked."""
    logits: dict[str, float] = st.session_state.setdefault("unmasked", {})
    return logits


def _mask(i: int) -> None:
    settings = state.current()
    logits, name = list(settings.logits), settings.names[i]
    if math.isinf(logits[i]):
        logits[i] = _unmasked().pop(name, 0.0)
    else:
        _unmasked()[name] = logits[i]
        logits[i] = -math.inf
    state.change(logits=tuple(logits), step=0)


def _add() -> None:
    state.replace_all(controls.with_class(state.current()))


def _remove(i: int) -> None:
    _unmasked().pop(state.current().names[i], None)
    state.replace_all(controls.without_class(state.current(), i))
