"""Every page on paper: light, whole, without what can only be clicked, and with its address."""

import re
import tomllib
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lab.challenge.drawing import drawn
from lab.challenge.seed import LENGTH, letters_of
from lab.prepared.ready import READY
from lab.words import say
from tests.browser.conftest import OpenPage
from tests.browser.driving import at_rest

WIDTH = 703  # CSS px between the margins of a sheet of A4
HEIGHT = 1017
LIGHT = tomllib.loads(Path(".streamlit/config.toml").read_text())["theme"]["light"]
STEPS = (
    ("", "at=2"),
    ("likelihood", "at=3"),
    ("sigmoid", "at=5"),
    ("softmax", "at=3"),
    ("softmax", "at=8"),
    ("overflow", "at=2"),
    ("gradient", "at=5"),
    ("bugs", "at=2"),
)

# What is cut off, stands beyond the edge of the sheet, is too pale, or can only be clicked.
FAULTS = """width => {
    const faults = [];
    const note = (what, node) => faults.push(
        `${what}: ${node.tagName} ${node.className} ${node.textContent.trim().slice(0, 40)}`);
    const nodes = document.querySelectorAll(".ce-page, .ce-page *, .ce-address, .stMain *");
    for (const node of nodes) {
        if (node.closest("svg, .ce-hidden, .ce-plot, .katex")) continue;
        if (!node.checkVisibility({visibilityProperty: true})) continue;
        const style = getComputedStyle(node);
        const {scrollWidth, clientWidth, scrollHeight, clientHeight} = node;
        const cuts = style.overflowX !== "visible" || style.overflowY !== "visible";
        const over = scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1;
        const ends = style.textOverflow === "ellipsis" || node.matches("textarea, input, select");
        if (cuts && over && !ends) note("cut", node);
        const clicked = "button:not(.ce-term, .ce-pick, .ce-answer, [aria-current])";
        if (node.matches(clicked)) note("button", node);
        const texts = [...node.childNodes].filter(child => child.nodeType === 3);
        if (!texts.some(child => child.data.trim())) continue;
        const {left, right} = node.getBoundingClientRect();
        if (left < -1 || right > width + 1) note("beyond", node);
        const [r, g, b] = style.color.match(/[\\d.]+/g).map(Number);
        if (!node.closest(".ce-lane") && 0.3 * r + 0.59 * g + 0.11 * b > 150) note("pale", node);
    }
    return faults;
}"""


def on_paper(page: Page) -> list[str]:
    """Lay the page out as a sheet of A4 has it, and return what is wrong with that."""
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    return list(page.evaluate(FAULTS, WIDTH))


def shape(page: Page) -> dict[str, Any]:
    return dict(
        page.evaluate("""() => ({
            bottom: Math.max(...[...document.querySelectorAll(".ce-page *, .ce-address")]
                .map(node => node.getBoundingClientRect().bottom)),
            scrolled: document.documentElement.scrollHeight,
            back: getComputedStyle(document.body).backgroundColor,
        })""")
    )


def printed(page: Page) -> int:
    """Print the page, and return how many sheets that takes."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", print_background=True)))


@pytest.mark.parametrize(("path", "query"), STEPS)
def test_a_step_is_a_handout(open_page: OpenPage, path: str, query: str) -> None:
    page = open_page(
        f"?{query}", path=path, ready=".ce-step[data-step]", size=(1280, 720), color_scheme="dark"
    )
    at_rest(page)
    assert printed(page) >= 1
    assert page.locator(".ce-address, .ce-page svg[viewBox]").count() == 0  # as it was before
    title = page.locator(".ce-path [aria-current]").inner_text()
    assert on_paper(page) == []
    found = shape(page)
    assert found["back"] == "rgb(255, 255, 255)"
    assert found["bottom"] <= found["scrolled"] + 1
    expect(page.locator(".ce-path li:visible")).to_have_text([title])
    expect(page.locator(".ce-printed")).to_be_visible()
    expect(page.locator(".ce-printed")).not_to_be_empty()
    expect(page.locator(".ce-address")).to_have_text(page.url)
    expect(page.locator(".stAppHeader")).to_be_hidden()
    drawn = page.locator(".ce-stack svg, .main-svg, .ce-lanes").filter(visible=True)
    expect(drawn).not_to_have_count(0)


def test_the_sheet_has_the_colours_of_the_light_theme(open_page: OpenPage) -> None:
    page = open_page(
        "?at=5", path="sigmoid", ready=".main-svg .js-line", color_scheme="dark", size=(1280, 720)
    )
    at_rest(page)
    on_paper(page)
    found = page.evaluate("""() => {
        const style = getComputedStyle(document.querySelector(".ce-page"));
        const names = ["--naive", "--shifted", "--fused", "--onehot", "--st-background-color",
            "--st-secondary-background-color", "--st-text-color", "--st-border-color",
            "--st-primary-color", "--st-red-color", "--st-link-color"];
        return names.map(name => style.getPropertyValue(name).trim());
    }""")
    names = ("background", "secondaryBackground", "text", "border", "primary", "red", "link")
    light = [*LIGHT["chartCategoricalColors"], *(LIGHT[f"{name}Color"] for name in names)]
    assert [colour.replace("#fff", "#ffffff", 1) for colour in found[4:5]] == light[4:5]
    assert found[:4] + found[5:] == light[:4] + light[5:]
    # What Plotly has drawn in the colours of the dark theme, too.
    drawn = page.locator(".main-svg .js-line").first
    expect(drawn).to_have_css("stroke", "rgb(44, 124, 81)")


def test_a_page_that_another_shows_has_them_too(open_page: OpenPage) -> None:
    seeds = (letters_of(n, LENGTH) for n in count())
    seed = next(seed for seed in seeds if drawn(seed)[0].kind.page == "sigmoid")
    page = open_page(
        f"?seed={seed}",
        path="challenge",
        ready=".ce-challenge",
        color_scheme="dark",
        size=(1280, 720),
    )
    page.get_by_role("button", name=say("challenge.page_begin"), exact=True).click()
    line = page.locator(".main-svg .js-line").first
    expect(line).to_be_visible()
    assert on_paper(page) == []
    expect(line).to_have_css("stroke", "rgb(44, 124, 81)")
    expect(page.locator(".ce-printed")).not_to_be_empty()
    # What has no colour of its own is given none.
    painted = page.locator(".main-svg .trace").evaluate_all(
        "nodes => nodes.map(({style}) => style.stroke + style.fill)"
    )
    assert set(painted) == {""}


def test_a_question_is_asked_on_paper(open_page: OpenPage) -> None:
    page = open_page("?at=4", path="softmax", ready=".ce-answer", size=(390, 844))
    at_rest(page)
    assert on_paper(page) == []
    expect(page.locator(".ce-task")).to_be_visible()
    options = [say(f"softmax.ask_option_{i}") for i in range(3)]
    expect(page.locator(".ce-answer:visible")).to_have_text(options)


def test_the_long_page_goes_over_sheets(open_page: OpenPage) -> None:
    page = open_page(path="pipeline", ready=".ce-bar", size=(1280, 720), color_scheme="dark")
    at_rest(page)
    sheets = printed(page)
    assert on_paper(page) == []
    height = page.evaluate("document.documentElement.scrollHeight")
    assert sheets >= height // HEIGHT >= 2
    expect(page.locator(".ce-code pre")).to_be_visible()
    for card in page.locator(".ce-card:visible").all():
        expect(card).to_have_css("break-inside", "avoid")


def test_what_teachers_read_is_printed_whole(open_page: OpenPage) -> None:
    page = open_page("#plan-90", path="teach", ready="h1", size=(1280, 720), color_scheme="dark")
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    assert printed(page) >= 2
    assert on_paper(page) == []
    steps = page.locator("[data-section=plan-90] .ce-plan > li")
    expect(steps).to_have_count(len(READY["90"]))
    assert all(step.is_visible() for step in steps.all())
    last = {
        "ready": "ready.90_title",
        "misconceptions": "guide.never_zero_holds",
        "course": "guide.course_height",
        "class": "guide.class_laptop_wall",
    }
    for section, text in last.items():
        page.evaluate("section => { location.hash = section; }", section)
        expect(page.get_by_text(say(text)).filter(visible=True)).to_have_count(1)
        assert page.evaluate(FAULTS, WIDTH) == [], section


def test_a_tool_is_printed_too(open_page: OpenPage) -> None:
    page = open_page(path="numbers", ready="h1", size=(1280, 720), color_scheme="dark")
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    assert on_paper(page) == []
    expect(page.locator(".ce-address")).to_have_text(page.url)
