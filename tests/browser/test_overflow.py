"""The overflow lab as a person uses it, in a real browser."""

import re
import struct
from itertools import product
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from ce_core.formats import EVERYDAY
from ce_core.pipelines import PIPELINES, CauseKind, Run, run
from ce_core.scenarios import LAB
from lab.opened import CELL
from lab.overflow_path import STEPS
from lab.parameters import written
from lab.settings import Settings
from lab.words import say
from tests.app.instruments import FIRST, built, settings, take
from tests.app.reading import is_told, tells
from tests.browser.conftest import OpenPage
from tests.browser.driving import at_rest, box_of, drag, position, readout, slider, told_of


@pytest.fixture
def open_lab(open_page: OpenPage) -> OpenPage:
    """Open the overflow lab."""

    def open_(query: str = "", **options: object) -> Page:
        return open_page(query, path="overflow", ready=".ce-line", **options)

    return open_


def shown(page: Page) -> dict[str, str]:
    """Return all readouts of the next picture."""
    texts: dict[str, str] = page.evaluate(
        """() => new Promise(done => requestAnimationFrame(() => done(Object.fromEntries(
            [...document.querySelectorAll("[data-readout]")]
                .map(node => [node.dataset.readout, node.textContent])
        ))))"""
    )
    return texts


def button(page: Page, cell: str) -> Locator:
    name, pipeline = cell.split(".")
    label = say("overflow.open", format=name, pipeline=say(f"pipeline.loss_{pipeline}"))
    return page.get_by_role("button", name=re.compile(f"^{re.escape(label)}: "))


def expect_opened(page: Page, now: Settings) -> None:
    """Expect the cell of the settings to be pressed, and its trace to be below."""
    name, pipeline = now[CELL].split(".")
    expect(button(page, now[CELL])).to_have_attribute("aria-pressed", "true")
    assert page.locator(".ce-pick[aria-pressed=true]").count() == 1
    texts = shown(page)
    result = run(now.logits, now.target, pipeline, name, shift=now.shift)
    assert tells(texts["loss"], float(result.steps["loss"]))
    assert {f"event-{step}" for step in result.steps} - set(texts) == {"event-logits"}
    (instrument,), _ = built("overflow", now)
    here = len(now.logits), instrument.sliders[-1].index
    assert is_told(texts["verdict"], instrument.sentences[0], here), texts["verdict"]


def expect_cells(page: Page, logits: list[float], target: int) -> None:
    """Expect every cell to tell what the core computes for these logits, and its mark why."""
    texts = shown(page)
    for name, pipeline in product(EVERYDAY, PIPELINES):
        cell = f"{name}.{pipeline}"
        result = run(logits, target, pipeline, name)
        assert tells(texts[f"cell-{cell}"], float(result.steps["loss"])), cell
        expect_mark(texts[f"mark-{cell}"], result)


def expect_mark(mark: str, result: Run) -> None:
    """Expect a mark to say how far off a loss is, or what broke."""
    if result.broke:
        assert mark == say(f"overflow.mark_{CauseKind(int(result.broke)).name.lower()}")
    elif result.right:
        assert mark in (say("overflow.mark_right"), say("overflow.mark_nearest_zero"))
    else:
        percent = 100 * abs(float(result.error)) / float(result.paper)
        off = mark.split(maxsplit=1)[0]
        in_ulps = mark == say("overflow.mark_ulps", off=off)
        # Two digits count, so that 230 is 2.3e2.
        off = re.sub(r"^(\d)(\d)(0+)$", lambda d: f"{d[1]}.{d[2]}e{1 + len(d[3])}", off)
        assert tells(off, float(result.ulps) if in_ulps else percent), mark


def stored(value: float) -> str:
    bits = f"{int.from_bytes(struct.pack('>f', value), 'big'):032b}"
    return f"{bits[0]} {bits[1:9]} {bits[9:]}"


def test_a_cell_opens_its_trace_by_click_and_by_key(open_lab: OpenPage) -> None:
    page = open_lab("?logits=12,11,10&reach=100")
    now = settings(logits=(12.0, 11.0, 10.0), reach=100.0, at=len(STEPS))
    expect_opened(page, now)
    button(page, "float32.fused").click()
    expect(page).to_have_url(re.compile("cell=float32.fused"))
    expect_opened(page, now.put(cell="float32.fused"))
    button(page, "float8_e4m3fn.shifted").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("cell=float8_e4m3fn.shifted"))
    expect_opened(page, now.put(cell="float8_e4m3fn.shifted"))
    expect(button(page, "float8_e4m3fn.shifted")).to_be_focused()


def test_a_drag_breaks_the_cells_and_tells_the_server_nothing_until_release(
    open_lab: OpenPage,
) -> None:
    page = open_lab("?logits=2,1,0.1&reach=100&target=1&cell=float32.naive")
    told = told_of(page)
    expect_cells(page, [2, 1, 0.1], 1)
    line = page.locator(".ce-line").first
    before = line.get_attribute("d")
    drag(page, slider(page, "dog"), [0.505, 0.6, 0.8, 0.97])
    expect(readout(page, "cell-float32.naive")).to_have_text("nan")
    value = position(slider(page, "dog"))
    expect_cells(page, [2, value, 0.1], 1)
    assert shown(page)["bits-logits"] == stored(value)
    assert shown(page)["bits-exp"] == stored(np.inf)
    assert line.get_attribute("d") != before
    assert told == []
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"logits=2%2C{value:g}%2C0.1"))
    assert told == [page.url]
    expect_cells(page, [2, value, 0.1], 1)


def test_each_preset_opens_the_cell_that_it_breaks(open_lab: OpenPage) -> None:
    page = open_lab("?logits=5,-5&target=1&cell=float64.fused")
    for name in LAB:
        preset = page.get_by_role("radio", name=say(f"presets.{name}"), exact=True)
        preset.click()
        opened = take(FIRST.put(at=len(STEPS)), "lab", name, "overflow")
        link = {"logits": written(opened.logits), "names": "cat,dog,goldfish"}
        expect(page).to_have_url(re.compile(re.escape(urlencode(link))))
        expect(preset).to_be_checked()
        name_, form = opened[CELL].split(".")
        found = run(opened.logits, opened.target, form, name_)
        expect_mark(readout(page, f"mark-{opened[CELL]}").inner_text(), found)
        expect_opened(page, opened)


KEYS = [step.key for step in STEPS]


def fits(page: Page) -> bool:
    """Say whether nothing scrolls, but in the tabs."""
    return page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll(
                ".stMain, .ce-led, .ce-sentence, .ce-steer, .ce-opened, .ce-main")]
            .every(node => node.scrollHeight <= node.clientHeight + 1
                && node.scrollWidth <= node.clientWidth + 1)"""
    )


def test_it_is_walked_by_mouse_and_the_thumb_meets_the_cliff(open_page: OpenPage) -> None:
    page = open_page(path="overflow", ready=".ce-lanes", size=(1280, 720))
    step = page.locator(".ce-step")
    # Where each goal is met: the slider, and how far along it.
    reached = {
        "cliffs": ("cat logit", 0.79),
        "sum": ("cat logit", 0.7607),
        "nothing": (say("shared.control_shift"), 0.0),
        "still": ("cat logit", 0.0),
    }
    for i, key in enumerate(KEYS[:-1]):
        expect(step).to_have_attribute("data-step", str(i + 1))
        at_rest(page)
        assert fits(page), key
        matrix = box_of(page.locator(".ce-main"))
        if key == "rulers":
            page.get_by_role("button", name="bfloat16", exact=True).click()
            expect(step).to_have_attribute("data-goal", "open")
            page.get_by_role("button", name="float16", exact=True).click()
            expect(readout(page, "cell-float16.naive")).to_have_text("nan")
            expect(readout(page, "cell-bfloat16.naive")).not_to_have_text("nan")
        elif key == "mask":
            page.get_by_role("button", name=say("overflow.mask_fine"), exact=True).click()
            expect(readout(page, "cell-float16.shifted")).to_have_text("0.3135")
        elif key in reached:
            expect(step).to_have_attribute("data-goal", "open")
            name, share = reached[key]
            range_ = page.get_by_role("slider", name=name, exact=True)
            drag(page, range_, [0.5, share])
            expect(step).to_have_attribute("data-goal", "reached")  # while the hand holds it
            if key == "cliffs":
                here = box_of(page.locator(".ce-lanes[data-part=cliff] .ce-here")).middle[0]
                cliff = box_of(
                    page.locator(".ce-lanes[data-part=cliff] [data-kind=inf]").first
                ).left
                assert here >= cliff - 2
                at = position(range_)
                box = box_of(range_)
                thumb = box.left + 8 + (at + 20) / 40 * (box.width - 16)
                assert abs(here - thumb) < 2
            page.mouse.up()
            at_rest(page)
        assert box_of(page.locator(".ce-main")) == matrix, key
        page.get_by_role("button", name=say("player.next"), exact=True).click()
    expect(step).to_have_attribute("data-step-kind", "explore")
    expect(page.get_by_role("tab", name=say("overflow.bits"))).to_be_visible()
