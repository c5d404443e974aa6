"""The bug gallery as a person uses it, in a real browser."""

import math
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from lab.words import say
from tests.app.reading import tells
from tests.browser.conftest import OpenPage
from tests.browser.driving import (
    at_rest,
    box_of,
    darken,
    drag,
    drawn,
    position,
    readout,
    told_of,
    violations,
)
from tests.browser.walking import arrived, places

READY = ".ce-point"


@pytest.fixture
def open_bugs(open_page: OpenPage) -> OpenPage:
    """Open the bug gallery."""

    def open_(query: str = "", **options: object) -> Page:
        return open_page(query, path="bugs", ready=READY, **options)

    return open_


def slider(page: Page, name: str = "cat", sample: int = 1) -> Locator:
    return page.get_by_role(
        "slider", name=say("bugs.slider_loss", name=name, sample=sample), exact=True
    )


def loss_twice(cat: float) -> float:
    """Return the loss after two softmaxes of (cat, 0, 0), by hand."""
    p = math.exp(cat) / (math.exp(cat) + 2)
    rest = (1 - p) / 2
    return math.log(math.exp(p) + 2 * math.exp(rest)) - p


def test_a_drag_moves_the_loss_and_tells_the_server_nothing_until_release(
    open_bugs: OpenPage,
) -> None:
    page = open_bugs("?bug=softmax_twice")
    log = told_of(page)
    handle = slider(page)
    drag(page, handle, [0.7, 0.6, 0.5, 0.45])
    expect(readout(page, "loss-broken")).not_to_have_text("0.551502")
    value = position(handle)
    assert -6 < value < 2
    expect(readout(page, "logit-0-0")).to_have_text(f"{value:g}".replace("-", "\u2212"))
    assert tells(readout(page, "loss-broken").inner_text(), loss_twice(value))
    told = re.search(r"Here it is ([\d.]+)\.$", readout(page, "verdict").inner_text())
    assert tells(told[1], loss_twice(value))
    assert log == []
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"dose={value:g}&"))
    assert len(log) == 1


def test_the_point_can_be_dragged_along_its_curve(open_bugs: OpenPage) -> None:
    page = open_bugs("?bug=target_off_by_one")
    point = page.locator(READY).first
    x, y = box_of(point).middle
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 120, y, steps=4)
    page.mouse.up()
    expect(page).not_to_have_url(re.compile("dose=6&"))
    assert position(slider(page)) < 6
    assert box_of(point).middle[0] < x


def test_symptom_diagnosis_and_repair(open_bugs: OpenPage) -> None:
    page = open_bugs("?at=5")
    page.get_by_role("radio", name=say("bugs.name_wrong_axis"), exact=True).click()
    expect(page).to_have_url(re.compile(r"bug=wrong_axis&dose=8&repaired=0$"))
    expect(readout(page, "loss-broken")).to_have_text("2.018150")
    switch = page.get_by_label(say("bugs.switch"))
    expect(switch).not_to_be_attached()
    expect(readout(page, "loss-repaired")).not_to_be_attached()
    expect(page.locator(".ce-code code")).to_contain_text("def loss(")
    page.get_by_role("tab", name=say("lesson.questions")).click()
    page.get_by_text(say("bugs.diagnosis_wrong_axis"), exact=True).click()
    expect(
        page.get_by_text(
            say(
                "player.right",
                answer=say("bugs.diagnosis_wrong_axis"),
                reason=say("bugs.why_wrong_axis"),
            ),
            exact=True,
        )
    ).to_be_visible()
    page.get_by_role("tab", name=say("player.play")).click()
    expect(switch).to_have_value("0")
    expect(readout(page, "loss-repaired")).not_to_be_attached()
    switch.select_option("1")
    expect(page).to_have_url(re.compile("repaired=1$"))
    rows = [(4, 0, 1), (8, 1, 0)]
    loss = sum(math.log(sum(map(math.exp, row))) - row[0] for row in rows) / 2
    expect(readout(page, "loss-repaired")).to_have_text(f"{loss:.6f}")
    expect(page.locator(".ce-code code")).to_contain_text("def cross_entropy(")
    expect(page.locator(READY)).to_have_count(2)
    page.get_by_role("tab", name=say("bugs.repair")).click()
    expect(readout(page, "why")).to_have_text(say("bugs.why_wrong_axis"))
    page.get_by_role("tab", name=say("player.play")).click()
    switch.select_option("0")
    expect(readout(page, "loss-repaired")).not_to_be_attached()


def test_the_break_shows_nan(open_bugs: OpenPage) -> None:
    page = open_bugs("?bug=weighted_mean&repaired=1")
    page.get_by_role("tab", name=say("lesson.questions")).click()
    page.get_by_role("button", name=say("bugs.break_button")).click()
    page.get_by_role("tab", name=say("player.play")).click()
    expect(readout(page, "loss-broken")).to_have_text("nan")
    expect(page).to_have_url(re.compile(r"bug=half_precision&dose=12&repaired=0$"))
    expect(page.locator(READY)).to_have_css("visibility", "hidden")
    expect(page.locator(".ce-plot .annotation-text", has_text="nan")).to_be_visible()
    page.go_back()
    expect(readout(page, "loss-repaired")).to_have_text("0.239545")


def test_a_scale_has_a_slope_of_its_own_size(open_bugs: OpenPage) -> None:
    page = open_bugs("?bug=scaled_too_late&repaired=1")
    p = 1 / (2 + math.exp(20.5))
    shown = readout(page, "loss-repaired").inner_text().replace("\u2212", "-")
    assert math.isclose(float(shown), p, rel_tol=2.0**-11)
    expect(page.locator(READY)).to_have_count(2)
    handle = page.get_by_role("slider", name=say("bugs.slider_slope"), exact=True)
    assert position(handle) == 16
    handle.press("ArrowRight")
    assert position(handle) == 17
    expect(page).to_have_url(re.compile("dose=17&"))
    page = open_bugs("?bug=scaled_too_late&dose=46&repaired=1")
    expect(readout(page, "loss-repaired")).to_have_text("inf")
    expect(readout(page, "why")).to_contain_text(say("bugs.why_scaled_too_late_lost"))
    assert violations(page) == []


def test_a_repaired_case_breaks_no_rule_of_accessibility(open_bugs: OpenPage) -> None:
    page = open_bugs("?bug=wrong_axis&repaired=1")
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    assert violations(page) == []
    darken(page)
    assert violations(page) == []


def test_two_losses_beside_each_other_fit_a_phone(open_bugs: OpenPage) -> None:
    page = open_bugs("?bug=weighted_mean&repaired=1", size=(360, 740))
    page.wait_for_function(
        """() => [document.documentElement, ...document.querySelectorAll(".stMain, .stApp")]
            .every(element => element.scrollWidth <= element.clientWidth)"""
    )
    for name in ("loss-broken", "loss-repaired"):
        box = readout(page, name).bounding_box()
        assert box["x"] + box["width"] <= 360


def test_a_case_is_walked_by_mouse(open_bugs: OpenPage) -> None:
    """The symptom by its point, a wrong and the right diagnosis, and the curve leaves the other."""
    page = open_bugs("?bug=half_precision&at=1", size=(1280, 720))
    found = arrived(page, 1)
    still = places(page)
    x, y = box_of(page.locator(READY).first).middle
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 200, y, steps=4)
    expect(found).to_have_attribute("data-goal", "reached")  # while the hand holds it
    expect(readout(page, "loss-broken")).to_have_text("nan")
    expect(readout(page, "verdict")).to_contain_text("11.2")
    page.mouse.up()
    at_rest(page)
    assert places(page) == still
    page.get_by_role("button", name=say("player.next"), exact=True).click()
    found = arrived(page, 2)
    still = places(page)
    page.get_by_role("button", name=say("bugs.diagnosis_weighted_mean")).click()
    expect(page.locator(".ce-text")).to_have_text(say("bugs.not_weighted_mean"))
    expect(page.get_by_role("switch")).to_have_count(0)
    page.get_by_role("button", name=say("bugs.diagnosis_half_precision")).click()
    expect(page.locator(".ce-text")).to_have_text(say("bugs.why_half_precision"))
    expect(found).to_have_attribute("data-goal", "reached")
    assert places(page) == still
    page.get_by_role("button", name=say("player.next"), exact=True).click()
    arrived(page, 3)
    still = places(page)
    line = page.locator(".ce-line[data-swatch=fused]")
    before = line.get_attribute("d")
    expect(readout(page, "loss-now")).to_have_text("nan")
    page.get_by_role("switch").click()
    expect(readout(page, "loss-now")).to_have_text("0.000130")
    at_rest(page)
    assert line.get_attribute("d") != before
    assert places(page) == still
    page.get_by_role("button", name=say("player.next"), exact=True).click()
    arrived(page, 4)
    expect(page.locator(".ce-text")).to_have_text(say("bugs.step_remains_text-half_precision"))
    # The list leads to the next case, whose path has not begun.
    page.get_by_role("radio", name=say("bugs.name_softmax_twice"), exact=True).click()
    arrived(page, 1)
    expect(page.locator(".ce-path [data-done]")).to_have_count(0)


def test_the_curve_keeps_its_room_when_a_lecture_has_larger_letters(open_bugs: OpenPage) -> None:
    page = open_bugs("?at=1", size=(1280, 720))
    page.get_by_role("button", name=say("player.lecture")).click()
    expect(page.locator(".xtick text").first).to_have_css("font-size", "18px")
    drawn(page)
