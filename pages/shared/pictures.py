"""Pure: a small picture of each lesson, drawn by the core. Imports no Streamlit."""

from collections.abc import Callable, Iterable

import numpy as np

from ce_core import softmax
from ce_core.activations import sigmoid
from ce_core.bugs import BUGS
from ce_core.bugs import run as run_bug
from ce_core.descent import descend, loss_along
from ce_core.formats import FORMATS
from ce_core.likelihood import multinomial_log_likelihood, running_product
from ce_core.scenarios import LAB, SCENARIOS
from ce_core.trace import PIPELINES, run_all

WIDTH, HEIGHT = 160, 84
_EDGE = 8
_INK = "#5b7f9f"  # 4.2:1 on the light background and on the dark one: an image knows no theme


def picture(lesson: str) -> str:
    """Return the picture of a lesson as SVG."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="{_INK}" color="{_INK}" '
        f'stroke-width="2.5" stroke-linejoin="round">{"".join(_PICTURES[lesson]())}</svg>'
    )


def _place(x: np.ndarray, y: np.ndarray, y_range: tuple[float, float]) -> list[str]:
    low, high = y_range
    across = _EDGE + (WIDTH - 2 * _EDGE) * (x - x.min()) / (x.max() - x.min())
    up = HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * (y - low) / (high - low)
    return [f"{a:.1f},{b:.1f}" for a, b in zip(across, up, strict=True) if np.isfinite(b)]


def _line(x: np.ndarray, y: np.ndarray, y_range: tuple[float, float], dash: str = "") -> str:
    style = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{" ".join(_place(x, y, y_range))}"{style}/>'


def _bars(shares: np.ndarray) -> list[str]:
    room = (WIDTH - 2 * _EDGE) / len(shares)
    return [
        f'<rect x="{_EDGE + room * (i + 0.2):.1f}" y="{HEIGHT - _EDGE - height:.1f}" '
        f'width="{0.6 * room:.1f}" height="{height:.1f}" fill="currentColor" stroke="none"/>'
        for i, height in enumerate((HEIGHT - 2 * _EDGE) * shares)
    ]


def _pipeline() -> Iterable[str]:
    logits = np.array(SCENARIOS["everyday"].logits)
    return _bars(np.concatenate([np.exp(logits - 2.2), softmax(logits)]))


def _likelihood() -> Iterable[str]:
    made = np.arange(1, 130)
    model, counts = np.array([0.5, 0.3, 0.2]), np.array([5.0, 3.0, 2.0])
    with np.errstate(divide="ignore"):
        product = np.log10(running_product(model, counts, "float32", 129).astype(float))
    total = multinomial_log_likelihood(model, 0.1 * counts * made[:, None]) / np.log(10)
    yield _line(made, total, (-60, 0), dash="3 4")
    yield _line(made, product, (-60, 0))


def _sigmoid() -> Iterable[str]:
    x = np.linspace(-8, 8, 60)
    yield _line(x, sigmoid(x), (0, 1))


def _softmax() -> Iterable[str]:
    return _bars(softmax(np.array(SCENARIOS["everyday"].logits)))


def _overflow() -> Iterable[str]:
    logits = LAB["exp_overflow"].logits
    for i, name in enumerate(FORMATS):
        runs = run_all(logits, 0, name)
        for j, form in enumerate(PIPELINES):
            fill = "none" if runs[form].cause.kind else "currentColor"
            yield (
                f'<rect x="{14 + 23 * i}" y="{9 + 24 * j}" width="15" height="16" '
                f'fill="{fill}" stroke-width="1.5"/>'
            )


def _gradient() -> Iterable[str]:
    path = descend([-3.0, 1.0, 1.0], 0, 1.0, 14)
    loss = loss_along(path, 0)
    steps = np.arange(len(loss), dtype=float)
    yield _line(steps, loss, (0, float(loss.max())))
    for point in _place(steps, loss, (0, float(loss.max())))[::2]:
        x, y = point.split(",")
        yield f'<circle cx="{x}" cy="{y}" r="3" fill="currentColor" stroke="none"/>'


def _bugs() -> Iterable[str]:
    bug = BUGS["softmax_twice"]
    x = np.linspace(-2, 8, 50)
    batch = np.broadcast_to(bug.logits, (50, *np.shape(bug.logits))).copy()
    batch[:, bug.move[0], bug.move[1]] = x
    stuck, repaired = run_bug(bug, batch)
    yield _line(x, stuck, (0, 3))
    yield _line(x, repaired, (0, 3), dash="3 4")


_PICTURES: dict[str, Callable[[], Iterable[str]]] = {
    "pipeline": _pipeline,
    "likelihood": _likelihood,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "overflow": _overflow,
    "gradient": _gradient,
    "bugs": _bugs,
}
