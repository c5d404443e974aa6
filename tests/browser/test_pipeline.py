"""The pipeline page as a person uses it, in a real browser."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, WebSocket, expect

from ce_core.scenarios import SCENARIOS
from ce_core.trace import CauseKind, run
from pages.shared.words import say

OpenPage = Callable[..., Page]
FIVE = "?logits=2,1,0.1,-1,0&target=0"


def readout(page: Page, name: str) -> Locator:
    return page.locator(f'[data-readout="{name}"]')


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=f"{name} logit", exact=True)


def field(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=f"{name} logit, exact value", exact=True)


def bars(page: Page) -> list[str | None]:
    return page.locator(".ce-bar").evaluate_all("bars => bars.map(b => b.getAttribute('d'))")


def frames_sent(page: Page) -> list[str | bytes]:
    """Count what the page tells the server, from the next load on."""
    sent: list[str | bytes] = []

    def note(frame: str | bytes) -> None:
        sent.append(frame)

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", note)

    page.on("websocket", listen)
    page.reload()
    expect(page.locator(".ce-bar").first).to_be_attached()
    # The script run that a load starts has ended when the page says so.
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    sent.clear()
    return sent


def loss_text(logits: list[float], target: int, pipeline: str, fmt: str, shift: float = 0) -> str:
    """Format what the core says, independently of the page's own formatter."""
    loss = float(run(logits, target, pipeline, fmt, shift=shift).steps["loss"])
    if not np.isfinite(loss):
        return str(loss)
    if loss == 0:
        return "0.000000"
    if 1e-4 <= abs(loss) < 1e7:
        return f"{loss:.6f}"
    return re.sub(r"e-0?", "e-", f"{loss:.6e}")


def drag(page: Page, target: Locator, fractions: list[float]) -> None:
    """Press on a slider at the first fraction of its width, and move to the others."""
    box = target.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * fractions[0], y)
    page.mouse.down()
    for fraction in fractions[1:]:
        page.mouse.move(box["x"] + box["width"] * fraction, y)


def test_a_drag_moves_everything_and_tells_the_server_nothing_until_release(
    open_page: OpenPage,
) -> None:
    page = open_page(FIVE)
    sent = frames_sent(page)
    before = bars(page)
    drag(page, slider(page, "cat"), [0.6, 0.7, 0.8, 0.9])
    expect(readout(page, "loss-fused")).not_to_have_text("0.622130")
    value = float(slider(page, "cat").get_attribute("aria-valuetext") or "nan")
    assert value > 5
    for pipeline in ("naive", "shifted", "fused"):
        expected = loss_text([value, 1, 0.1, -1, 0], 0, pipeline, "float32")
        expect(readout(page, f"loss-{pipeline}")).to_have_text(expected)
    p = run([value, 1, 0.1, -1, 0], 0, "naive", "float32").steps["probabilities"]
    shown = float(readout(page, "p-naive-0").text_content() or "nan")
    assert shown == pytest.approx(float(p[0]), rel=1e-3)
    after = bars(page)
    assert len(before) == len(after) == 5 * 5
    assert before[0] != after[0]  # exp of the dragged class
    assert before[10] != after[10]  # its probability
    assert before[11] != after[11]  # the other classes' too
    assert sent == []
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"logits={value:g}%2C1%2C0.1"))
    assert len(sent) == 1


def test_held_arrow_keys_do_the_same(open_page: OpenPage) -> None:
    page = open_page()
    sent = frames_sent(page)
    slider(page, "dog").focus()
    for _ in range(4):
        page.keyboard.down("ArrowRight")
    expect(slider(page, "dog")).to_have_attribute("aria-valuetext", "1.4")
    expect(readout(page, "loss-fused")).to_have_text(
        loss_text([2, 1.4, 0.1], 0, "fused", "float32")
    )
    assert sent == []
    page.keyboard.up("ArrowRight")
    expect(page).to_have_url(re.compile("logits=2%2C1.4%2C0.1"))
    assert len(sent) == 1
    expect(slider(page, "dog")).to_be_focused()


def test_a_bar_of_exp_can_be_dragged_by_its_end(open_page: OpenPage) -> None:
    page = open_page()
    box = page.locator(".ce-bar").first.bounding_box()
    assert box
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(x, box["y"] - 40, steps=4)
    expect(slider(page, "cat")).not_to_have_attribute("aria-valuetext", "2")
    moved = slider(page, "cat").get_attribute("aria-valuetext")
    assert moved
    assert float(moved) > 2
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"logits={moved}%2C1%2C0.1"))


def test_the_shift_breaks_the_naive_bars_and_leaves_the_others(open_page: OpenPage) -> None:
    page = open_page("?logits=2,1,0.1&format=float16")
    still = bars(page)[9:12]  # p, max-subtracted
    shift = page.get_by_role("slider", name="shift c, added to every logit", exact=True)
    shift.focus()
    page.keyboard.down("End")
    expect(readout(page, "loss-naive")).to_have_text("nan")
    expect(readout(page, "p-naive-0")).to_have_text("nan")
    expect(readout(page, "verdict")).to_contain_text("65 504".replace(" ", "\u202f"))
    # Stored as float16, 12.1 is 12.1015625: the bars stand still to a pixel, not to a digit.
    numbers = [[float(n) for n in re.findall(r"[-\d.]+", path or "")] for path in bars(page)[9:12]]
    before = [[float(n) for n in re.findall(r"[-\d.]+", path or "")] for path in still]
    np.testing.assert_allclose(numbers, before, atol=1)
    page.keyboard.up("End")


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_preset_shows_what_it_promises(open_page: OpenPage, name: str) -> None:
    scenario = SCENARIOS[name]
    page = open_page("?logits=5,-5&target=1")
    preset = page.get_by_role("radio", name=say(f"presets.{name}"), exact=True)
    preset.click()
    logits = list(scenario.logits)
    for pipeline, effect in scenario.effect.items():
        expected = loss_text(logits, scenario.target, pipeline, scenario.format)
        expect(readout(page, f"loss-{pipeline}")).to_have_text(expected)
        assert run(logits, scenario.target, pipeline, scenario.format).cause.kind == effect
    if set(scenario.effect.values()) == {CauseKind.NONE}:
        expect(readout(page, "verdict")).to_have_text(say("verdict.none"))
    else:
        expect(readout(page, "verdict")).not_to_have_text(say("verdict.none"))
    expect(preset).to_be_checked()
    expect(page).to_have_url(re.compile(f"format={scenario.format}"))


def test_a_link_reopens_the_same_picture(open_page: OpenPage) -> None:
    query = "?" + urlencode(
        {
            "logits": "11.75,-inf,3.062499,1",
            "names": 'cat,"dog, big",goldfish,ant',
            "target": 3,
            "format": "bfloat16",
            "shift": -2.5,
            "reach": 100,
        }
    )
    first = open_page(query)
    field(first, "cat").fill("12.125")
    field(first, "cat").press("Enter")
    expect(first).to_have_url(re.compile("logits=12.125"))
    second = open_page("?" + first.url.split("?", 1)[1])
    names = [f"loss-{p}" for p in ("naive", "shifted", "fused")] + ["verdict", "p-naive-3"]
    for name in names:
        expect(readout(second, name)).to_have_text(readout(first, name).text_content() or "-")
    assert bars(second) == bars(first)
    expect(slider(second, "dog, big")).to_be_disabled()
    expect(second.get_by_role("radio", name="ant is the true class")).to_be_checked()


def test_a_broken_link_names_the_broken_part_and_works(open_page: OpenPage) -> None:
    page = open_page("?logits=3,2,1&format=float7&target=9&shift=nan&" + "x" * 300 + "=1")
    alert = page.get_by_role("alert")
    for part in ("format = float7", "target = 9", "shift = nan"):
        expect(alert).to_contain_text(part)
    expect(slider(page, "cat")).to_have_attribute("aria-valuetext", "3")
    expect(readout(page, "loss-fused")).to_have_text(loss_text([3, 2, 1], 0, "fused", "float32"))
    slider(page, "cat").press("ArrowLeft")
    expect(alert).not_to_be_attached()


def test_a_class_name_that_is_html_is_text(open_page: OpenPage) -> None:
    hostile = "<img src=x onerror=a"
    page = open_page("?" + urlencode({"names": f"{hostile},*b* $c$ :d:,[e](f)"}))
    expect(slider(page, hostile)).to_be_visible()
    expect(page.locator("thead th").first).to_be_attached()
    for name in (hostile, "*b* $c$ :d:", "[e](f)"):
        expect(page.locator("th", has_text=name).first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    page.get_by_role("button", name=say("pipeline.classes")).click()
    box = page.get_by_role("textbox", name=say("classes.name", number=2))
    box.fill("<b>x</b>")
    box.press("Enter")
    expect(slider(page, "<b>x</b>")).to_be_attached()
    assert page.locator(".ce-live b").count() == 0


def test_a_refused_name_and_a_refused_number_are_said_and_the_old_ones_kept(
    open_page: OpenPage,
) -> None:
    page = open_page()
    for text in ("<script>alert(1)</script>", "1e999", "١"):
        field(page, "dog").fill(text)
        field(page, "dog").press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(f"dog logit = {text}")
        expect(field(page, "dog")).to_have_value("1")
    page.get_by_role("button", name=say("pipeline.classes")).click()
    box = page.get_by_role("textbox", name=say("classes.name", number=2))
    box.fill("cat")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Kept dog")
    expect(box).to_have_value("dog")


def test_a_typed_number_is_kept_to_the_last_digit_and_widens_the_reach(
    open_page: OpenPage,
) -> None:
    page = open_page("?logits=2,1,0.1&format=float64")
    field(page, "dog").fill("10.0000000012345")
    field(page, "dog").press("Enter")
    expect(page.get_by_label(say("pipeline.reach"))).to_have_value("1")
    expect(field(page, "dog")).to_have_value("10.0000000012345")
    expected = loss_text([2, 10.0000000012345, 0.1], 0, "fused", "float64")
    expect(readout(page, "loss-fused")).to_have_text(expected)
    field(page, "dog").fill("123456")
    field(page, "dog").press("Enter")
    expect(page.locator("option", has_text="±200000")).to_be_attached()
    expect(readout(page, "loss-naive")).to_have_text("inf")


def test_classes_can_be_added_masked_and_removed(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_role("button", name=say("pipeline.classes")).click()
    for count in range(4, 11):
        page.get_by_role("button", name=say("classes.add")).click()
        expect(page.locator(".ce-slider")).to_have_count(count + 1)
    expect(page.get_by_role("button", name=say("classes.add"))).to_be_disabled()
    page.get_by_text(say("classes.mask", number=2), exact=True).click()
    expect(field(page, "dog")).to_have_value("-inf")
    expect(readout(page, "p-shifted-1")).to_have_text("0")
    page.get_by_text(say("classes.mask", number=2), exact=True).click()
    expect(field(page, "dog")).to_have_value("1")
    page.get_by_role("button", name=say("classes.remove", number=1), exact=True).click()
    expect(page.locator(".ce-slider")).to_have_count(10)
    expect(slider(page, "cat")).not_to_be_attached()
    expect(page.get_by_role("radio", name="dog is the true class")).to_be_checked()


def test_reload_back_and_forward(open_page: OpenPage) -> None:
    page = open_page()
    for value in ("3", "4"):
        field(page, "cat").fill(value)
        field(page, "cat").press("Enter")
        expect(page).to_have_url(re.compile(f"logits={value}%2C"))
    page.reload()
    expect(slider(page, "cat")).to_have_attribute("aria-valuetext", "4")
    page.go_back()
    expect(slider(page, "cat")).to_have_attribute("aria-valuetext", "3")
    expect(readout(page, "loss-fused")).to_have_text(loss_text([3, 1, 0.1], 0, "fused", "float32"))
    page.go_forward()
    expect(slider(page, "cat")).to_have_attribute("aria-valuetext", "4")


def test_two_quick_releases_both_count(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    slider(page, "cat").press("PageUp")
    expect(page).to_have_url(re.compile("logits=3%2C1%2C0.1"))
    slider(page, "dog").press("PageUp")
    expect(page).to_have_url(re.compile("logits=3%2C2%2C0.1"))
    expect(readout(page, "loss-fused")).to_have_text(loss_text([3, 2, 0.1], 0, "fused", "float32"))


def test_format_reach_and_true_class(open_page: OpenPage) -> None:
    page = open_page("?logits=2,1,0.1")
    page.get_by_label(say("pipeline.format")).select_option("bfloat16")
    expect(page).to_have_url(re.compile("format=bfloat16"))
    page.get_by_label(say("pipeline.reach")).select_option("±1000")
    expect(page).to_have_url(re.compile("reach=1000"))
    page.get_by_role("radio", name="goldfish is the true class").check()
    expect(page).to_have_url(re.compile("target=2"))
    expected = loss_text([2, 1, 0.1], 2, "naive", "bfloat16")
    expect(readout(page, "loss-naive")).to_have_text(expected)
    expect(slider(page, "cat")).to_have_attribute("max", "1000")


@pytest.mark.parametrize("open_page", ["**/vendor/plotly.min.js*"], indirect=True)
def test_without_plotly_the_numbers_follow_and_the_page_says_so(open_page: OpenPage) -> None:
    page = open_page(ready='[data-readout="loss-naive"]', allowed="Failed to load resource")
    expect(page.locator(".ce-notice")).to_have_text(say("live.no_chart"))
    slider(page, "cat").focus()
    page.keyboard.down("ArrowRight")
    expect(readout(page, "loss-naive")).to_have_text(
        loss_text([2.1, 1, 0.1], 0, "naive", "float32")
    )
    page.keyboard.up("ArrowRight")
    expect(page).to_have_url(re.compile("logits=2.1"))


@pytest.mark.parametrize("width", [360, 390, 800, 1280])
def test_no_page_scrolls_sideways(open_page: OpenPage, width: int) -> None:
    ten = ",".join(str(i) for i in range(10))
    page = open_page(f"?logits={ten}", size=(width, 800))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_projector_shows_the_whole_way_without_scrolling(open_page: OpenPage) -> None:
    page = open_page("?logits=95,94,92&format=float16")
    for name in ("loss-naive", "loss-fused", "verdict", "warnings", "p-shifted-2"):
        box = readout(page, name).bounding_box()
        assert box
        assert box["y"] + box["height"] <= 800


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_violations(open_page: OpenPage, scheme: str) -> None:
    page = open_page("?logits=13,2,-inf&format=float16&target=1&x=1", color_scheme=scheme)
    assert violations(page) == []
    page.get_by_role("button", name=say("pipeline.classes")).click()
    expect(page.get_by_role("button", name=say("classes.add"))).to_be_visible()
    assert violations(page) == []


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {[n['target'] for n in v['nodes']]}" for v in found]


def test_a_finger_drags_a_slider(open_page: OpenPage) -> None:
    page = open_page(size=(390, 844), has_touch=True, is_mobile=True)
    box = slider(page, "cat").bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2)
    expect(page).to_have_url(re.compile(r"logits=[89]"))


def test_numbers_have_the_digits_that_mean_something(open_page: OpenPage) -> None:
    page = open_page()
    page.evaluate(
        """async text => {
            const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
            window.formatNumber = (await import(url)).format;
        }""",
        Path("pages/shared/live/live.js").read_text(encoding="utf-8"),
    )
    cases = [
        (0.41703, "fixed", 6, "0.417030"),
        (4.122307e-09, "fixed", 6, "4.122307e-9"),
        (120.0, "fixed", 6, "120.000000"),
        (0.0, "fixed", 6, "0.000000"),
        (0.6590011, "significant", 4, "0.6590"),
        (1.0, "significant", 4, "1"),
        (0.99999, "significant", 4, "1.000"),
        (1096.6332, "significant", 3, "1097"),
        (2.7e41, "significant", 3, "2.7e41"),
        (1.6689e-05, "significant", 4, "1.67e-5"),
        (0.0, "significant", 4, "0"),
        (0.10000000149011612, "shortest", 7, "0.1"),
        (65504.0, "prose", 6, "65\u202f504"),
        (162754.79, "prose", 6, "162\u202f755"),
        (12.0, "prose", 6, "12"),
        (3.4028235e38, "prose", 6, "3.4e38"),
    ]
    for value, kind, digits, text in cases:
        shown = page.evaluate(
            "([v, s]) => formatNumber(v, s)", [value, {"kind": kind, "digits": digits}]
        )
        assert shown == text, (value, kind, digits)
    odd = page.evaluate(
        "[NaN, Infinity, -Infinity].map(v => formatNumber(v, {kind: 'fixed', digits: 6}))"
    )
    assert odd == ["nan", "inf", "-inf"]


def test_the_charts_follow_the_theme(open_page: OpenPage) -> None:
    page = open_page(color_scheme="light")
    limit = page.locator(".ce-plot .shapelayer path").first
    text = "e => [getComputedStyle(e).stroke, getComputedStyle(document.body).color]"
    before = limit.evaluate(text)
    assert before[0] == before[1]
    page.emulate_media(color_scheme="dark")
    expect(limit).not_to_have_css("stroke", before[0])
    after = limit.evaluate(text)
    assert after[0] == after[1]
    assert len(bars(page)) == 3 * 5
