"""What is on the screen, saved: a picture that stands by itself, its numbers, and their code."""

import csv
import io
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import nbformat
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from lab.words import say
from tests.browser.conftest import OpenPage
from tests.browser.driving import at_rest, darken, field, readout, violations

SVG = "{http://www.w3.org/2000/svg}"
ROWS = {
    "picture": ("PNG", "SVG"),
    "numbers": ("CSV", "NumPy"),
    "code": ("Python", "Jupyter"),
}
# The colour of every bar that is seen, as a canvas paints it, and every number in the pictures.
BARS = """() => {
    const paint = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    return [...document.querySelectorAll("figure :is(.ce-pillar, .ce-bar)")]
        .filter(bar => bar.checkVisibility({visibilityProperty: true}))
        .map(bar => getComputedStyle(bar).fill)
        .filter(fill => fill !== "none")
        .map(fill => {
            paint.fillStyle = fill;
            paint.fillRect(0, 0, 1, 1);
            return `rgb(${[...paint.getImageData(0, 0, 1, 1).data.slice(0, 3)].join(", ")})`;
        });
}"""
WORDS = """() => [...document.querySelectorAll("figure :is(.ce-number, td, th), .ce-value")]
    .filter(node => node.checkVisibility({visibilityProperty: true}))
    .map(node => node.firstChild?.nodeType === 3 ? node.firstChild.data.trim() : "")
    .filter(Boolean)"""


def opened(page: Page) -> None:
    at_rest(page)
    page.get_by_role("button", name=say("player.save"), exact=True).click()
    expect(page.get_by_role("dialog", name=say("player.saving"))).to_be_visible()


def saved(page: Page, row: str, kind: str, folder: Path) -> Path:
    """Save one kind of file from the open panel, and return where it is."""
    role = "button" if row == "picture" else "link"
    with page.expect_download() as coming:
        page.get_by_role(role, name=f"{say(f'player.{row}')}: {kind}", exact=True).click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


@pytest.mark.parametrize(
    ("path", "query", "ready"),
    [
        ("", "", ".ce-pillar"),
        ("pipeline", "", ".ce-bar"),
        ("gradient", "?logits=2,1,0", ".ce-point"),
    ],
)
def test_a_picture_stands_by_itself_and_shows_what_the_screen_shows(
    open_page: OpenPage, tmp_path: Path, path: str, query: str, ready: str
) -> None:
    page = open_page(query, path=path, ready=ready)
    darken(page)
    opened(page)
    bars, words = page.evaluate(BARS), page.evaluate(WORDS)
    assert bars
    assert words
    text = saved(page, "picture", "SVG", tmp_path).read_text()
    root = ET.fromstring(text)  # noqa: S314  # what the page above has written
    assert text.count("http") == text.count('xmlns="http')
    assert "var(" not in text
    assert "class=" not in text
    said = {"".join(node.itertext()).strip() for node in root.iter(f"{SVG}text")}
    assert set(words) <= said
    fills = [node.get("fill") for node in root.iter() if node.tag in {f"{SVG}rect", f"{SVG}path"}]
    assert {fill: min(bars.count(fill), fills.count(fill)) for fill in bars} == Counter(bars)
    assert root.find(f"{SVG}rect").get("fill") == "rgb(20, 25, 31)"

    image = Image.open(saved(page, "picture", "PNG", tmp_path)).convert("RGB")
    assert image.size == (2 * int(root.get("width")), 2 * int(root.get("height")))
    seen = {colour for count, colour in image.getcolors(10**6) if count > 200}
    drawn = {tuple(map(int, bar[4:-1].split(", "))) for bar in bars}
    assert drawn | {(20, 25, 31)} <= seen


def test_the_files_hold_the_numbers_on_the_screen(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("?format=bfloat16")
    at_rest(page)
    before = readout(page, "loss-naive").inner_text()
    typed = field(page, "dog")
    typed.fill("3.25")
    typed.press("Enter")
    expect(readout(page, "loss-naive")).not_to_have_text(before)
    opened(page)
    shown = {form: readout(page, f"loss-{form}").inner_text() for form in ("naive", "fused")}
    chances = [readout(page, f"p-naive-{i}").inner_text() for i in range(3)]

    rows = list(csv.DictReader(io.StringIO(saved(page, "numbers", "CSV", tmp_path).read_text())))
    losses = {row["name"]: row["value"] for row in rows if row["name"].startswith("loss_")}
    assert {form: f"{float(losses[f'loss_{form}']):.6f}" for form in shown} == shown
    found = [float(row["value"]) for row in rows if row["name"] == "probabilities_naive"]
    assert [f"{p:#.4g}" for p in found] == chances

    archive = np.load(saved(page, "numbers", "NumPy", tmp_path))
    assert [float(p) for p in archive["probabilities_naive"]] == found
    assert archive["logits"].tolist()[1] == 3.25

    script = saved(page, "code", "Python", tmp_path)
    done = subprocess.run(
        [sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    printed = dict(line.split(" = ") for line in done.stdout.splitlines())
    assert {form: f"{float(printed[f'loss_{form}']):.6f}" for form in shown} == shown

    book = saved(page, "code", "Jupyter", tmp_path)
    assert book.suffix == ".ipynb"
    nbformat.validate(nbformat.from_dict(json.loads(book.read_text())))


def test_what_a_step_covers_is_in_no_picture(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("?at=2", path="", ready=".ce-pillar")
    at_rest(page)
    covered = page.locator("[data-covered] .ce-number").all_text_contents()
    assert "0" in covered
    opened(page)
    root = ET.parse(saved(page, "picture", "SVG", tmp_path))  # noqa: S314
    texts = ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]
    assert texts.count("?") == len(covered)
    assert "0" not in texts


@pytest.mark.parametrize(
    ("path", "ready", "size"),
    [("", ".ce-pillar", (390, 844)), ("pipeline", ".ce-bar", (1280, 720))],
)
def test_the_panel_is_reached_and_left_by_keys(
    open_page: OpenPage, path: str, ready: str, size: tuple[int, int]
) -> None:
    page = open_page(path=path, ready=ready, size=size)
    at_rest(page)
    button = page.get_by_role("button", name=say("player.save"), exact=True)
    panel = page.get_by_role("dialog", name=say("player.saving"))
    address = page.url
    button.focus()
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    assert len(panel.get_by_role("link").all() + panel.get_by_role("button").all()) == 7
    for row, kinds in ROWS.items():
        for kind in kinds:
            choice = panel.get_by_label(f"{say(f'player.{row}')}: {kind}")
            expect(choice).to_be_in_viewport(ratio=1)
            box = choice.bounding_box()
            assert box is not None
            assert box["height"] >= 44
    assert violations(page) == []
    darken(page)
    assert violations(page) == []
    page.keyboard.press("ArrowRight")  # which elsewhere goes to the next step
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(button).to_be_focused()
    assert page.url == address


def test_a_press_beside_the_panel_closes_it(open_page: OpenPage) -> None:
    page = open_page()
    opened(page)
    page.mouse.click(5, 300)
    expect(page.get_by_role("dialog", name=say("player.saving"))).to_be_hidden()
