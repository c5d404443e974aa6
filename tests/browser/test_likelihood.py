"""The likelihood lesson as a person uses it, in a real browser."""

import math
import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from lab.words import say
from tests.app.reading import tells
from tests.browser.conftest import OpenPage
from tests.browser.driving import box_of, position, readout, told_of

NAMES = ("cat", "dog", "goldfish")
COUNTS = (5, 3, 2)
MODEL = (0.2, 0.3, 0.5)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """Open the lesson."""
    return open_page("?counts=5,3,2", path="likelihood")


def slider(page: Page, kind: str, name: str) -> Locator:
    return page.get_by_role("slider", name=say(f"likelihood.control_{kind}", name=name), exact=True)


def moved(i: int, p: float) -> list[float]:
    """Return the model with p for one class; the others share the rest as they did."""
    rest = sum(MODEL) - MODEL[i]
    return [p if j == i else (1 - p) * q / rest for j, q in enumerate(MODEL)]


def expect_shown(page: Page, model: list[float]) -> None:
    """Expect the numbers of ten animals under a model, each by a loop."""
    log = math.fsum(n * math.log(p) for n, p in zip(COUNTS, model, strict=True))
    product = np.float32(1)
    for p, n in zip(model, COUNTS, strict=True):
        for _ in range(n):
            product = np.float32(product * np.float32(p))
    shown = {
        "log-likelihood": log,
        "cross-entropy": -log / 10,
        "bits": -log / 10 / math.log(2),
        **{f"p-{j}": p for j, p in enumerate(model)},
    }
    expect(readout(page, "cross-entropy")).to_have_text(f"{-log / 10:.6f}")
    for name, value in shown.items():
        assert tells(readout(page, name).inner_text(), value), name
    # Three digits are shown; in another order of the factors float32's last ones differ.
    text = readout(page, "product").inner_text()
    assert float(text.replace("\u2212", "-")) == pytest.approx(float(product), rel=6e-3)
    assert readout(page, "product-float32").inner_text() == text
    expect(readout(page, "total")).to_have_text("10")


def test_a_bar_of_the_model_can_be_dragged_and_the_others_make_room(page: Page) -> None:
    log = told_of(page)
    before = readout(page, "cross-entropy").inner_text()
    bar = page.locator(".ce-bar").nth(len(NAMES))  # after those of what was seen
    box = box_of(bar)
    (x, y), top = box.middle, box.top
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, top - 60, steps=4)
    expect(readout(page, "cross-entropy")).not_to_have_text(before)
    p = position(slider(page, "model", "cat"))
    assert p > MODEL[0]
    assert box_of(bar).top == pytest.approx(top - 60, abs=4)
    expect_shown(page, moved(0, p))
    assert log == []
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"model={p:g}%2C"))
    assert len(log) == 1
    expect_shown(page, moved(0, p))


def test_the_point_on_the_curve_is_lowest_at_the_share_that_was_seen(page: Page) -> None:
    page.get_by_role("radio", name=say("likelihood.curve_choice", name="dog"), exact=True).check()
    caption = page.locator("figcaption", has_text=say("likelihood.curve", name="dog"))
    expect(caption).to_be_visible()
    expect(page).to_have_url(re.compile("target=1"))
    log = told_of(page)
    point = page.locator('.ce-point[data-swatch="fused"]')
    x, y = box_of(point).middle
    page.mouse.move(x, y)
    page.mouse.down()
    lowest = math.inf
    for way in (1, 2, 3, 4):
        page.mouse.move(x + 30 * way, y)
        expect(slider(page, "model", "dog")).not_to_have_attribute("aria-valuetext", "0.3")
        expect_shown(page, moved(1, position(slider(page, "model", "dog"))))
        lowest = min(lowest, float(readout(page, "cross-entropy").inner_text()))
    assert log == []
    page.mouse.move(x, y)
    expect(slider(page, "model", "dog")).to_have_attribute("aria-valuetext", "0.3")
    # Three of ten were dogs.
    assert float(readout(page, "cross-entropy").inner_text()) < lowest
    page.mouse.up()


def test_one_class_left_is_a_one_hot_label(page: Page) -> None:
    slider(page, "counts", "goldfish").press("Home")
    expect(page).to_have_url(re.compile("counts=5%2C3%2C0"))
    log = told_of(page)
    expect(readout(page, "code-length")).to_contain_text("the KL divergence")
    slider(page, "counts", "dog").focus()
    page.keyboard.down("Home")
    nats = -math.log(MODEL[0])
    words = say("likelihood.one_hot", name="cat", nats=f"{nats:.6f}")
    words = words.replace("{bits}", f"{nats / math.log(2):.4f}").replace("{entropy}", "0.0000")
    expect(readout(page, "code-length")).to_have_text(words)
    expect(readout(page, "cross-entropy")).to_have_text(f"{nats:.6f}")
    expect(readout(page, "total")).to_have_text("5")
    assert log == []
    page.keyboard.up("Home")
    expect(page).to_have_url(re.compile("counts=5%2C0%2C0"))
    expect(readout(page, "code-length")).to_have_text(words)
