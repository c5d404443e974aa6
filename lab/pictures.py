"""The strokes of which a lesson draws its small picture, from numbers of the core."""

from collections.abc import Iterable

import numpy as np

WIDTH, HEIGHT = 160, 84
_EDGE = 8
_INK = "#5b7f9f"  # 4.2:1 on the light background and on the dark one: an image knows no theme


def framed(inside: str) -> str:
    """Return a picture as SVG."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="{_INK}" color="{_INK}" '
        f'stroke-width="2.5" stroke-linejoin="round">{inside}</svg>'
    )


def place(x: np.ndarray, y: np.ndarray, y_range: tuple[float, float]) -> list[str]:
    """Return where points are in the picture, as SVG writes it; without those not finite."""
    low, high = y_range
    across = _EDGE + (WIDTH - 2 * _EDGE) * (x - x.min()) / (x.max() - x.min())
    up = HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * (y - low) / (high - low)
    return [f"{a:.1f},{b:.1f}" for a, b in zip(across, up, strict=True) if np.isfinite(b)]


def line(x: np.ndarray, y: np.ndarray, y_range: tuple[float, float], dash: str = "") -> str:
    """Draw a line through points."""
    style = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{" ".join(place(x, y, y_range))}"{style}/>'


def dots(points: Iterable[str]) -> str:
    """Draw dots at places in the picture."""
    centres = (point.split(",") for point in points)
    return "".join(
        f'<circle cx="{x}" cy="{y}" r="3" fill="currentColor" stroke="none"/>' for x, y in centres
    )


def bars(shares: np.ndarray) -> str:
    """Draw bars whose heights are shares of the picture's."""
    room = (WIDTH - 2 * _EDGE) / len(shares)
    return "".join(
        f'<rect x="{_EDGE + room * (i + 0.2):.1f}" y="{HEIGHT - _EDGE - height:.1f}" '
        f'width="{0.6 * room:.1f}" height="{height:.1f}" fill="currentColor" stroke="none"/>'
        for i, height in enumerate((HEIGHT - 2 * _EDGE) * shares)
    )
