"""The pipeline page as a person uses it, in a real browser."""

import re
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import unquote, urlencode

import numpy as np
import pytest
from playwright.sync_api import Error, Page, Route, expect

from ce_core.pipelines import CauseKind, run
from ce_core.scenarios import SCENARIOS
from lab.verdict import warnings
from lab.words import say
from live.parts import Columns
from tests.app.instruments import settings
from tests.app.reading import here, is_told, tells, template_of, told
from tests.browser.driving import (
    bars,
    box_of,
    darken,
    drag,
    field,
    position,
    readout,
    slider,
    stop_clock,
    told_of,
    violations,
)

OpenPage = Callable[..., Page]
FIVE = "?logits=2,1,0.1,-1,0&target=0"
NAMES = ("cat", "dog", "goldfish", "class 4", "class 5")
SHIFT = "shift c, added to every logit"
PIPELINES = ("naive", "shifted", "fused")


class Wire:
    """The page's questions, which can be kept back a while."""

    def __init__(self, page: Page) -> None:
        self.kept: list[Route] | None = None
        self.asked: list[str] = []
        page.route(re.compile(r"/answer/\w+\?"), self._asked)

    def _asked(self, route: Route) -> None:
        self.asked.append(route.request.url)
        if self.kept is None:
            route.continue_()
        else:
            self.kept.append(route)

    def keep(self) -> None:
        """Keep back what the page asks from now on."""
        self.kept = []

    def pass_on(self) -> None:
        """Ask all that was kept, and keep no more."""
        routes, self.kept = self.kept or [], None
        for route in routes:
            with suppress(Error):  # the page may have given a question up
                route.continue_()


def loss_text(logits: list[float], target: int, pipeline: str, fmt: str, shift: float = 0) -> str:
    """Format what the core says, independently of the page's own formatter."""
    loss = float(run(logits, target, pipeline, fmt, shift=shift).steps["loss"])
    if not np.isfinite(loss):
        return str(loss)
    if loss == 0:
        return "0.000000"
    if 1e-4 <= abs(loss) < 1e7:
        return f"{loss:.6f}"
    return re.sub(r"e-0?", "e\u2212", f"{loss:.6e}")


def expect_shown(
    page: Page, logits: list[float], target: int, fmt: str, shift: float = 0.0
) -> None:
    """Expect every readout to tell what the core computes for these logits."""
    for pipeline in PIPELINES:
        loss = loss_text(logits, target, pipeline, fmt, shift)
        expect(readout(page, f"loss-{pipeline}")).to_have_text(loss)
        p = run(logits, target, pipeline, fmt, shift=shift).steps["probability"]
        assert tells(readout(page, f"p-target-{pipeline}").inner_text(), float(p))
    for pipeline in ("naive", "shifted"):
        computed = run(logits, target, pipeline, fmt, shift=shift).steps["probabilities"]
        for i, p in enumerate(computed):
            assert tells(readout(page, f"p-{pipeline}-{i}").inner_text(), float(p))
    runs = here(logits, target, fmt, shift)
    text = readout(page, "verdict").inner_text()
    now = settings(logits=tuple(logits), names=NAMES[: len(logits)])
    assert is_told(text, told(runs, now), (0, 0)), text
    said = template_of(warnings(runs, Columns()), (0, 0))
    assert readout(page, "warnings").inner_text() == said


def test_a_drag_moves_everything_and_tells_the_server_nothing_until_release(
    open_page: OpenPage,
) -> None:
    page = open_page(FIVE)
    log = told_of(page)
    before = bars(page)
    drag(page, slider(page, "cat"), [0.6, 0.7, 0.8, 0.9])
    expect(readout(page, "loss-fused")).not_to_have_text("0.622130")
    value = position(slider(page, "cat"))
    assert value > 5
    expect_shown(page, [value, 1, 0.1, -1, 0], 0, "float32")
    after = bars(page)
    assert len(before) == len(after) == 5 * 5 + 6  # of five classes, and of the six steps
    assert before[0] != after[0]  # exp of the dragged class
    assert before[10] != after[10]  # its probability
    assert before[11] != after[11]  # the other classes' too
    assert log == []
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"logits={value:g}%2C1%2C0.1"))
    assert log == [page.url]


def test_held_arrow_keys_do_the_same(open_page: OpenPage) -> None:
    page = open_page()
    log = told_of(page)
    before = bars(page)
    spoken = page.get_by_role("status").text_content()
    slider(page, "dog").focus()
    for _ in range(4):
        page.keyboard.down("ArrowRight")
    expect(slider(page, "dog")).to_have_attribute("aria-valuetext", "1.4")
    expect_shown(page, [2, 1.4, 0.1], 0, "float32")
    assert bars(page) != before
    assert log == []
    assert page.get_by_role("status").text_content() == spoken
    page.keyboard.up("ArrowRight")
    expect(page).to_have_url(re.compile("logits=2%2C1.4%2C0.1"))
    assert log == [page.url]
    expect(slider(page, "dog")).to_be_focused()
    # Only now is it read aloud.
    loss = loss_text([2, 1.4, 0.1], 0, "fused", "float32")
    expect(page.get_by_role("status")).to_contain_text(f"fused {loss}")


def test_a_bar_of_exp_can_be_dragged_by_its_end(open_page: OpenPage) -> None:
    page = open_page()
    log = told_of(page)
    box = box_of(page.locator(".ce-bar").first)
    x = box.middle[0]
    page.mouse.move(x, box.top + 2)
    page.mouse.down()
    page.mouse.move(x, box.top - 40, steps=4)
    expect(slider(page, "cat")).not_to_have_attribute("aria-valuetext", "2")
    moved = position(slider(page, "cat"))
    assert moved > 2
    expect_shown(page, [moved, 1, 0.1], 0, "float32")
    end = box_of(page.locator(".ce-bar").first)
    # The end of the bar is under the pointer, but for the distance between two positions.
    assert end.top == pytest.approx(box.top - 40, abs=4)
    assert log == []
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"logits={moved:g}%2C1%2C0.1"))
    assert log == [page.url]


def test_a_finger_drags_a_slider(open_page: OpenPage) -> None:
    page = open_page(size=(390, 844), has_touch=True, is_mobile=True)
    log = told_of(page)
    box = box_of(slider(page, "cat"))
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, *fractions: float) -> None:
        y = box.middle[1]
        points = [{"x": box.left + box.width * fraction, "y": y} for fraction in fractions]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0.6)
    for fraction in (0.65, 0.7, 0.8, 0.9):
        touch("touchMove", fraction)
    expect(slider(page, "cat")).to_have_attribute("aria-valuetext", re.compile(r"^[789]"))
    expect_shown(page, [position(slider(page, "cat")), 1, 0.1], 0, "float32")
    assert log == []
    touch("touchEnd")
    expect(page).to_have_url(re.compile(r"logits=[789]"))
    assert log == [page.url]


def test_the_shift_breaks_the_naive_bars_and_leaves_the_others(open_page: OpenPage) -> None:
    page = open_page("?logits=2,1,0.1&format=float16")
    still = bars(page)[9:12]  # p, max-subtracted
    shift = page.get_by_role("slider", name=SHIFT, exact=True)
    shift.focus()
    page.keyboard.down("End")
    expect(readout(page, "loss-naive")).to_have_text("nan")
    expect_shown(page, [2, 1, 0.1], 0, "float16", shift=10)
    expect(readout(page, "verdict")).to_contain_text("65 504".replace(" ", "\u202f"))
    # Stored as float16, 12.1 is 12.1015625: the bars stand still to a pixel, not to a digit.
    numbers = [[float(n) for n in re.findall(r"[-\d.]+", path or "")] for path in bars(page)[9:12]]
    before = [[float(n) for n in re.findall(r"[-\d.]+", path or "")] for path in still]
    np.testing.assert_allclose(numbers, before, atol=1)
    page.keyboard.up("End")


def test_nothing_is_asked_in_a_drag_but_where_the_pointer_rests(open_page: OpenPage) -> None:
    page = open_page(own_clock=True)
    stop_clock(page)
    wire = Wire(page)
    box = box_of(slider(page, "cat"))
    drag(page, slider(page, "cat"), [0.6, 0.65])
    for fraction in (0.7, 0.75, 0.8, 0.85):
        page.clock.run_for(110)
        page.mouse.move(box.left + box.width * fraction, box.middle[1])
    page.clock.run_for(110)
    assert wire.asked == []
    with page.expect_response(re.compile("set=")):
        page.clock.run_for(20)
    value = position(slider(page, "cat"))
    assert [unquote(url).rpartition("set=")[2] for url in wire.asked] == [f"logits.0:{value:g}"]
    wire.keep()
    page.mouse.up()
    # The release finds its answer there.
    expect(page).to_have_url(re.compile(rf"logits={value:g}%2C1%2C0.1"))
    expect_shown(page, [value, 1, 0.1], 0, "float32")
    assert len(wire.asked) == 1


def test_releases_that_reach_the_server_together_all_count(open_page: OpenPage) -> None:
    page = open_page()
    wire = Wire(page)
    wire.keep()
    for name in ("cat", "dog", "goldfish"):
        slider(page, name).press("PageUp")
    wire.pass_on()
    expect(page).to_have_url(re.compile("logits=3%2C2%2C1.1"))
    expect_shown(page, [3, 2, 1.1], 0, "float32")


def test_what_is_held_stays_when_the_answer_to_the_last_release_comes(
    open_page: OpenPage,
) -> None:
    page = open_page()
    wire = Wire(page)
    wire.keep()
    slider(page, "cat").press("PageUp")
    slider(page, "dog").focus()
    page.keyboard.down("PageUp")
    # No table has a row for both yet, so the picture is still that of the first release.
    expect_shown(page, [3, 1, 0.1], 0, "float32")
    wire.pass_on()
    expect(page).to_have_url(re.compile("logits=3%2C1%2C0.1"))
    expect(slider(page, "dog")).to_have_attribute("aria-valuetext", "2")
    expect_shown(page, [3, 2, 0.1], 0, "float32")
    page.keyboard.up("PageUp")
    expect(page).to_have_url(re.compile("logits=3%2C2%2C0.1"))


def test_each_preset_shows_what_it_promises_on_one_screen(open_page: OpenPage) -> None:
    page = open_page("?logits=5,-5&target=1", size=(1280, 800))
    for name, scenario in SCENARIOS.items():
        preset = page.get_by_role("radio", name=say(f"presets.{name}"), exact=True)
        preset.click()
        logits = list(scenario.logits)
        query = {"logits": ",".join(f"{v:g}" for v in logits), "names": "cat,dog,goldfish"}
        expect(page).to_have_url(re.compile(re.escape(urlencode(query))))
        expect(page).to_have_url(re.compile(f"format={scenario.format}"))
        for pipeline, effect in scenario.effect.items():
            assert run(logits, scenario.target, pipeline, scenario.format).broke == effect
        expect(slider(page, "goldfish")).to_have_attribute("aria-valuetext", f"{logits[2]:g}")
        expect_shown(page, logits, scenario.target, scenario.format)
        broke = set(scenario.effect.values()) != {CauseKind.NONE}
        losses = {readout(page, f"loss-{pipeline}").inner_text() for pipeline in PIPELINES}
        assert broke == bool(losses & {"inf", "nan"})
        expect(preset).to_be_checked()
        for shown in ("loss-naive", "loss-fused", "verdict", "warnings", "p-shifted-2"):
            box = readout(page, shown).bounding_box()
            assert box
            assert box["y"] + box["height"] <= 800, name


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
    # Somebody else's browser, which writes numbers with commas.
    second = open_page("?" + first.url.split("?", 1)[1], locale="de-DE")
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
    expect(alert).to_be_empty()


def test_what_a_link_says_is_shown_and_does_nothing(open_page: OpenPage) -> None:
    texts = {
        "format": "https://evil.example/a",
        "target": "[a](http://x.y) <b>x</b>",
        "shift": ":material/home: :red[x] $x^2$",
        "reach": "![a](/x.png) `c` **s** _i_",
        "logits": "<img src=x onerror=alert(1)>",
        "names": "# h &amp; \\* www.evil.example",
    }
    page = open_page("?" + urlencode(texts))
    alert = page.get_by_role("alert")
    for key, text in texts.items():
        expect(alert).to_contain_text(f"{key} = {text}: expected")
    expect(alert.locator("p *")).to_have_count(0)


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
    alert = page.get_by_role("alert")
    for text in ("<script>alert(1)</script>", "1e999", "١", "١"):
        # The same again is said anew, so that it is read aloud again.
        alert.locator("p").evaluate_all("old => old.forEach(p => (p.className = 'old'))")
        field(page, "dog").fill(text)
        field(page, "dog").press("Enter")
        expect(alert.locator("p:not(.old)")).to_contain_text(f"dog logit = {text}")
        expect(field(page, "dog")).to_have_value("1")
    page.get_by_role("button", name=say("pipeline.classes")).click()
    box = page.get_by_role("textbox", name=say("classes.name", number=2))
    box.fill("cat")
    box.press("Enter")
    expect(alert).to_contain_text(say("app.kept", kept="dog"))
    expect(box).to_have_value("dog")


def test_a_typed_number_is_kept_to_the_last_digit_and_widens_the_reach(
    open_page: OpenPage,
) -> None:
    page = open_page("?logits=2,1,0.1&format=float64")
    field(page, "dog").fill("10.0000000012345")
    field(page, "dog").press("Enter")
    expect(page.get_by_label(say("live.reach"))).to_have_value("100")
    expect(field(page, "dog")).to_have_value("10.0000000012345")
    expected = loss_text([2, 10.0000000012345, 0.1], 0, "fused", "float64")
    expect(readout(page, "loss-fused")).to_have_text(expected)
    field(page, "dog").fill("123456")
    field(page, "dog").press("Enter")
    expect(page.locator("option", has_text="±200000")).to_be_attached()
    expect(readout(page, "loss-naive")).to_have_text("inf")


def test_a_reach_that_a_number_widened_is_no_choice(open_page: OpenPage) -> None:
    page = open_page("?logits=123456,1,0.1")
    reach = page.get_by_label(say("live.reach"))
    selected = "select => select.selectedOptions[0].text"
    assert reach.evaluate(selected) == "±200000"
    reach.select_option("±100")
    expect(page).to_have_url(re.compile("reach=100&"))
    # 123456 is still there, and what the sliders reach is what the field says.
    expect(slider(page, "cat")).to_have_attribute("max", "200000")
    expect(reach.locator("option:checked")).to_have_text("±200000")
    field(page, "cat").fill("3")
    field(page, "cat").press("Enter")
    expect(slider(page, "cat")).to_have_attribute("max", "100")
    expect(reach.locator("option:checked")).to_have_text("±100")


def test_masked_classes_and_a_masked_target(open_page: OpenPage) -> None:
    page = open_page("?logits=-inf,-inf&target=0")
    expect_shown(page, [-np.inf, -np.inf], 0, "float32")
    expect(slider(page, "cat")).to_be_disabled()
    field(page, "dog").fill("1")
    field(page, "dog").press("Enter")
    expect(slider(page, "dog")).to_be_enabled()
    expect_shown(page, [-np.inf, 1], 0, "float32")


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


def test_format_reach_and_true_class(open_page: OpenPage) -> None:
    page = open_page("?logits=2,1,0.1")
    page.get_by_label(say("live.format")).select_option("bfloat16")
    expect(page).to_have_url(re.compile("format=bfloat16"))
    page.get_by_label(say("live.reach")).select_option("±1000")
    expect(page).to_have_url(re.compile("reach=1000"))
    page.get_by_role("radio", name="goldfish is the true class").check()
    expect(page).to_have_url(re.compile("target=2"))
    expected = loss_text([2, 1, 0.1], 2, "naive", "bfloat16")
    expect(readout(page, "loss-naive")).to_have_text(expected)
    expect(slider(page, "cat")).to_have_attribute("max", "1000")


@pytest.mark.parametrize("open_page", ["**/vendor/*/plotly*"], indirect=True)
def test_without_plotly_the_numbers_follow_and_the_page_says_so(open_page: OpenPage) -> None:
    page = open_page(ready='[data-readout="loss-naive"]', allowed="Failed to load resource")
    expect(page.get_by_text(say("player.no_chart"), exact=True)).to_be_visible()
    slider(page, "cat").focus()
    page.keyboard.down("ArrowRight")
    expect(readout(page, "loss-naive")).to_have_text(
        loss_text([2.1, 1, 0.1], 0, "naive", "float32")
    )
    page.keyboard.up("ArrowRight")
    expect(page).to_have_url(re.compile("logits=2.1"))


def test_ten_classes_with_long_names_fit_every_screen(open_page: OpenPage) -> None:
    names = [f"WWWWWWWW WWWWWWWWW {i}" for i in range(10)]
    page = open_page("?" + urlencode({"logits": "0,1,2,3,4,5,6,7,8,9", "names": ",".join(names)}))
    page.get_by_role("button", name=say("pipeline.classes")).click()
    expect(page.get_by_role("button", name=say("classes.add"))).to_be_visible()
    for width, height in ((1280, 800), (800, 600), (390, 844), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        # Streamlit scrolls an element inside the document. The charts are drawn anew a moment
        # after the window has changed.
        page.wait_for_function(
            """width => innerWidth === width &&
                [document.documentElement, ...document.querySelectorAll(".stMain, .stApp")]
                    .every(element => element.scrollWidth <= element.clientWidth)""",
            arg=width,
        )
    page.keyboard.press("Escape")
    assert violations(page) == []


def test_the_code_is_copied_and_computes_what_the_page_shows(open_page: OpenPage) -> None:
    page = open_page("?logits=13.25,-2,-inf&format=bfloat16&shift=0.5&target=1")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copy = page.get_by_role("button", name=say("live.copy"), exact=True)
    copy.click()
    expect(page.get_by_role("button", name=say("live.copied"))).to_be_focused()
    source = page.evaluate("navigator.clipboard.readText()")
    computed: dict[str, float] = {}
    with np.errstate(all="ignore"):
        exec(source, computed)  # noqa: S102  # the page's own lines
    for pipeline in PIPELINES:
        shown = readout(page, f"loss-{pipeline}").inner_text()
        assert tells(shown, float(computed[f"loss_{pipeline}"]))


def test_no_accessibility_violations(open_page: OpenPage) -> None:
    page = open_page("?logits=13,2,-inf&format=float16&target=1&x=1")
    assert violations(page) == []
    page.get_by_role("button", name=say("pipeline.classes")).click()
    expect(page.get_by_role("button", name=say("classes.add"))).to_be_visible()
    assert violations(page) == []
    darken(page)
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=say("classes.add"))).not_to_be_visible()
    assert violations(page) == []


def test_the_charts_follow_the_theme(open_page: OpenPage) -> None:
    page = open_page()
    limit = page.locator(".ce-plot .shapelayer path").first
    text = "e => [getComputedStyle(e).stroke, getComputedStyle(document.body).color]"
    before = limit.evaluate(text)
    assert before[0] == before[1]
    page.emulate_media(color_scheme="dark")
    expect(limit).not_to_have_css("stroke", before[0])
    after = limit.evaluate(text)
    assert after[0] == after[1]
    assert len(bars(page)) == 3 * 5 + 6  # of three classes, and of the six steps
