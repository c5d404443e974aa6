"""The pipeline page as most people would write it: `st.slider` and `st.plotly_chart`."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

NAMES = ("cat", "dog", "goldfish")


def bars(title: str, **traces: np.ndarray) -> go.Figure:
    figure = go.Figure([go.Bar(name=name, x=NAMES, y=values) for name, values in traces.items()])
    figure.update_layout(title=title, height=260)
    return figure


@st.fragment
def page() -> None:
    logits = np.array([st.slider(name, -10.0, 10.0, 1.0, 0.1) for name in NAMES], np.float32)
    shift = st.slider("shift", -10.0, 10.0, 0.0, 0.1)
    target = 0
    naive = np.exp(logits + np.float32(shift))
    shifted = np.exp(logits - logits.max())
    probabilities = shifted / shifted.sum()
    left, right = st.columns(2)
    left.plotly_chart(bars("exponentials", naive=naive, shifted=shifted))
    right.plotly_chart(bars("probabilities", naive=naive / naive.sum(), softmax=probabilities))
    st.metric("cross-entropy", f"{-np.log(probabilities[target]):.4f}")


def first() -> None:
    page()


def second() -> None:
    page()


st.set_page_config(layout="wide")
st.navigation([st.Page(first, default=True), st.Page(second)]).run()
