"""The page of one's own numbers: what is entered in each way, what comes back, what leaves it."""

import ast
import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import scipy.special
from playwright.sync_api import Locator, Page, Route, expect

from lab.reading.given import MOST_BYTES
from lab.words import say
from tests.browser.conftest import OpenPage
from tests.browser.driving import darken, readout, violations
from tests.browser.walking import finger, focused, press

LOGITS = np.array([[2.0, 1.0, 0.1], [0.5, 2.5, -1.0], [100.0, 3.0, 1.0], [-0.4, 0.1, 3.0]])
TARGETS = np.array([0, 1, 0, 2])
TEXT = "cat,dog,bird,label\n" + "".join(
    f"{','.join(map(str, row))},{target}\n" for row, target in zip(LOGITS, TARGETS, strict=True)
)
# By SciPy, in float64.
LOSSES = -scipy.special.log_softmax(LOGITS, axis=-1)[np.arange(4), TARGETS]
REPORT = """Detected inf/nan during batch_number=0
Last 21 forward frames:
abs min  abs max  metadata
                  encoder.block.1.layer.1.DenseReluDense.dropout Dropout
0.00e+00 2.57e+02 input[0]
0.00e+00 2.85e+02 output
                  encoder.block.2.layer.1.DenseReluDense.wo Linear
3.18e-04 6.27e+04 input[0]
0.00e+00      inf output
"""

SELECTED = "node => node.value.slice(node.selectionStart, node.selectionEnd)"


def words(key: str, **values: object) -> str:
    return say(f"numbers.page_{key}", **values)


def own(open_page: OpenPage, **options: object) -> Page:
    return open_page(path="numbers", ready=".ce-box", **options)


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Paste your numbers", exact=True)


def button(page: Page, key: str) -> Locator:
    return page.get_by_role("button", name=words(key), exact=True)


def tab(page: Page, key: str) -> Locator:
    return page.get_by_role("tab", name=words(key), exact=True)


def paste(page: Page, text: str) -> None:
    """Paste a text over all that is in the box, by the keys: one change."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    box(page).press("ControlOrMeta+a")
    box(page).press("ControlOrMeta+v")


def drop(page: Page, name: str, content: str) -> None:
    """Drop a file on the page; `content` is what makes it, in JavaScript."""
    page.evaluate(
        f"""name => {{
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([{content}], name));
            const told = {{ dataTransfer, bubbles: true, cancelable: true }};
            document.querySelector(".ce-out").dispatchEvent(new DragEvent("drop", told));
        }}""",
        name,
    )


def number(found: Locator) -> float:
    return float((found.text_content() or "").replace("\u2212", "-"))


def loss(page: Page, expected: float) -> None:
    """Wait until the reduced loss is this one, as float32 has it."""
    expect(readout(page, "loss-reduced")).to_be_visible()
    page.wait_for_function(
        """expected => Math.abs(Number(document.querySelector('[data-readout="loss-reduced"]')
            .textContent) / expected - 1) < 1e-5""",
        arg=expected,
    )


def chosen(page: Page) -> Locator:
    return page.locator(".ce-rows tr:has(input:checked)")


def test_what_is_pasted_is_told_of_in_one_sentence_and_kept_for_a_reload(
    open_page: OpenPage,
) -> None:
    page = own(open_page)
    address = page.url
    expect(readout(page, "summary")).to_have_text(words("empty_line"))
    paste(page, TEXT)
    loss(page, LOSSES.mean())
    expect(readout(page, "summary")).to_contain_text("1 of 4")  # exp(100) ends float32
    expect(readout(page, "denominator")).to_have_text("4")
    expect(readout(page, "accuracy")).to_have_text(re.compile(r"1(\.0+)?"))
    expect(readout(page, "loss-reduced-naive")).to_have_text("nan")
    expect(chosen(page).locator("th")).to_have_text("3")
    expect(readout(page, "loss-naive")).to_have_text("nan")
    assert page.url == address
    page.reload()
    expect(box(page)).to_have_value(TEXT)
    loss(page, LOSSES.mean())


def test_the_options_are_those_of_torch_and_a_wrong_one_is_told_beside_its_field(
    open_page: OpenPage,
) -> None:
    page = own(open_page)
    button(page, "example_weighted").click()
    loss(page, 4000 / 30)  # https://github.com/pytorch/pytorch/issues/31295: 20 * 200 / (20 + 10)
    expect(readout(page, "denominator")).to_have_text("30")
    page.locator("summary").click()
    weights = page.get_by_role("textbox", name=words("option_weight"), exact=True)
    weights.fill("20, oops")
    expect(weights).to_have_attribute("aria-invalid", "true")
    told = page.locator(f"#{weights.get_attribute('aria-describedby')}")
    expect(told).to_contain_text("expected 2 numbers")
    loss(page, 100)  # without weights: 200 / 2
    weights.fill("20, 10")
    expect(told).to_be_empty()
    loss(page, 4000 / 30)
    page.get_by_role("combobox", name=words("option_reduction")).select_option("sum")
    loss(page, 4000)


def test_a_file_stands_in_the_place_of_the_text_until_it_is_removed(open_page: OpenPage) -> None:
    page = own(open_page)
    paste(page, TEXT)
    loss(page, LOSSES.mean())
    file = io.BytesIO()
    np.save(file, np.array([[12.0, 1.0], [1.0, 2.0]], np.float16))
    payload = {"name": "logits.npy", "mimeType": "", "buffer": file.getvalue()}
    page.locator("input[type=file]").first.set_input_files([payload])
    expect(page.locator(".ce-read-of")).to_have_text(
        words("read_as", rows=2, classes=2, dtype="float16")
    )
    expect(readout(page, "summary")).to_contain_text("float16")
    drop(page, "rows.csv", '"1,2,3\\n3,4,5\\n6,7,8\\n"')
    expect(page.locator(".ce-read-of")).to_have_text(words("read", rows=3, classes=3))
    expect(box(page)).to_have_value(TEXT)
    page.get_by_role("button", name=words("remove", name="rows.csv"), exact=True).click()
    loss(page, LOSSES.mean())


def test_a_bad_line_is_named_and_marked_and_nothing_is_lost(open_page: OpenPage) -> None:
    page = own(open_page)
    paste(page, TEXT)
    loss(page, LOSSES.mean())
    wrong = TEXT.replace("2.5", "oops")
    paste(page, wrong)
    told = page.locator("#ce-numbers-fault")
    expect(told).to_contain_text("Line 3, column 5")
    expect(box(page)).to_have_value(wrong)
    page.wait_for_function(f"({SELECTED})(document.querySelector('.ce-box')) === 'oops'")
    expect(page.locator(".ce-told")).to_have_text(words("earlier"))
    loss(page, LOSSES.mean())  # what stood there stays
    # While somebody types, nothing is selected under the fingers.
    box(page).press("Home")
    box(page).press_sequentially("x")
    expect(told).to_contain_text("Line 3, column 1")
    assert box(page).evaluate(SELECTED) == ""
    page.get_by_role("button", name=words("show_place", line=3, column=1)).click()
    assert box(page).evaluate(SELECTED) == "x0.5"
    expect(box(page)).to_be_focused()
    drop(page, "bad.csv", '"1,2\\n3,4\\n5,six\\n"')
    expect(told).to_contain_text("Line 3, column 3")
    expect(box(page)).not_to_have_value("")


def test_what_is_too_large_is_refused_before_it_is_sent(open_page: OpenPage) -> None:
    page = own(open_page)
    posts: list[str] = []
    page.on("request", lambda asked: posts.append(asked.url) if asked.method == "POST" else None)
    drop(page, "large.npy", f"new Uint8Array({MOST_BYTES + (1 << 20)})")
    told = words("too_large", name="large.npy", size="21 MB", most="20 MB")
    expect(page.locator("#ce-numbers-fault")).to_have_text(told)
    box(page).evaluate(
        f"""node => {{
            node.value = "1 ".repeat({MOST_BYTES // 20 * 11});
            node.dispatchEvent(new InputEvent("input", {{ inputType: "insertFromPaste" }}));
        }}"""
    )
    told = words("too_large", name=words("pasted"), size="22 MB", most="20 MB")
    expect(page.locator("#ce-numbers-fault")).to_have_text(told)
    box(page).fill(TEXT)
    loss(page, LOSSES.mean())
    assert len(posts) == 1


def test_a_small_table_writes_the_text(open_page: OpenPage) -> None:
    page = own(open_page)
    paste(page, "[[2, 1, 0.1], [0.5, 2.5, -1]]")
    expect(page.locator(".ce-read-of")).to_have_text(words("read", rows=2, classes=3))
    button(page, "table").click()
    cell = page.locator(".ce-grid input")
    expect(cell).to_have_count(6)
    expect(cell.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(cell.nth(3)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(cell.nth(4)).to_be_focused()
    page.keyboard.insert_text("7")
    page.keyboard.press("Enter")  # in the last row it makes another
    expect(cell).to_have_count(9)
    expect(cell.nth(7)).to_be_focused()
    cell.nth(6).focus()
    for text in ("1", "x", "3"):
        page.keyboard.insert_text(text)
        page.keyboard.press("ArrowRight")
    expect(page.locator(".ce-grid [aria-invalid=true]")).to_have_value("x")
    cell.nth(7).fill("2")
    expect(page.locator(".ce-read-of")).to_have_text(words("read", rows=3, classes=3))
    button(page, "text").click()
    expect(box(page)).to_have_value("2\t1\t0.1\n0.5\t7\t-1\n1\t2\t3\n")
    for example in ("example_everyday", "example_half"):  # neither takes its place for good
        button(page, example).click()
    button(page, "back_to_before").click()
    expect(box(page)).to_have_value("2\t1\t0.1\n0.5\t7\t-1\n1\t2\t3\n")


def test_a_table_that_is_asked_for_before_the_text_is_read_comes_when_it_is(
    open_page: OpenPage,
) -> None:
    page = own(open_page)
    cells = page.locator(".ce-grid input")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/batch?*", hold)
    with page.expect_request("**/batch?*"):
        paste(page, "1,2\n3,4\n")
    button(page, "table").click()
    expect(cells).to_have_count(0)
    held.pop().continue_()
    expect(cells).to_have_count(4)
    expect(cells.first).to_be_focused()
    button(page, "text").click()
    # Who types on is left where they are.
    box(page).fill("5,6")
    button(page, "table").click()
    box(page).press_sequentially("7")
    page.unroute("**/batch?*")
    box(page).press("Control+Enter")
    expect(page.locator(".ce-read-of")).to_have_text(words("read", rows=1, classes=2))
    expect(box(page)).to_be_focused()


def test_a_print_out_that_is_edited_keeps_its_format(open_page: OpenPage) -> None:
    page = own(open_page)
    button(page, "example_half").click()
    expect(page.locator(".ce-read-of")).to_contain_text("float16")
    button(page, "table").click()
    page.locator(".ce-grid input").first.fill("13")
    expect(page.locator(".ce-read-of")).to_have_text(words("read", rows=4, classes=3))
    expect(page.locator(".ce-reduced .ce-card").first).to_contain_text("in float16")
    button(page, "text").click()
    expect(box(page)).to_have_value(re.compile("^13\t"))
    button(page, "example_weighted").click()
    button(page, "back_to_before").click()
    expect(box(page)).to_have_value(re.compile("^13\t"))


def test_a_long_one_tells_how_far_it_is_and_stops_with_what_there_is(open_page: OpenPage) -> None:
    page = own(open_page)
    file = io.BytesIO()
    rows = 60_000
    logits = np.tile(np.linspace(-3, 12, 100), (rows, 1)).astype(np.float16)
    np.savez_compressed(file, logits=logits, targets=np.arange(rows) % 100)
    payload = {"name": "logits.npz", "mimeType": "", "buffer": file.getvalue()}
    page.locator("input[type=file]").first.set_input_files([payload])
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuemax", str(rows))
    expect(readout(page, "denominator")).to_have_text(re.compile(r"\d"))
    button(page, "stop").click()
    told = page.locator(".ce-told")
    expect(told).to_have_text(re.compile(r"^Stopped after [\d\u202f]+ of 60\u202f000 rows\."))
    expect(bar).to_be_hidden()
    count = re.sub(r"\D", "", (told.text_content() or "").split(" of ")[0])
    assert 0 < int(count) < rows
    assert number(readout(page, "denominator")) == int(count)


def test_a_report_is_told_in_sentences_and_leads_to_a_picture(open_page: OpenPage) -> None:
    page = own(open_page)
    paste(page, REPORT)
    report = page.locator(".ce-report")
    expect(report).to_be_visible()
    # The first that passes a limit.
    expect(readout(page, "summary")).to_contain_text("block.2.layer.1.DenseReluDense.wo")
    report.get_by_role("link").click()
    expect(page.locator(".ce-live").first).to_be_visible()
    assert "/numbers" not in page.url


def saved(page: Page, key: str) -> bytes:
    with page.expect_download() as download:
        button(page, key).click()
    return Path(download.value.path()).read_bytes()


def test_each_file_that_leaves_holds_the_losses(open_page: OpenPage) -> None:
    page = own(open_page)
    paste(page, TEXT)
    loss(page, LOSSES.mean())
    tab(page, "tab_take").click()
    table = list(csv.DictReader(io.StringIO(saved(page, "take_csv").decode())))
    exact = [float(row["exact"]) for row in table]
    np.testing.assert_allclose(exact, LOSSES, rtol=1e-12, atol=1e-15)
    assert [row["cause_naive"] for row in table][2] == "exp_overflow"
    array = np.load(io.BytesIO(saved(page, "take_npy")), allow_pickle=False)
    np.testing.assert_allclose(array["exact"], LOSSES, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(array["loss_fused"], LOSSES, rtol=1e-6, atol=1e-15)
    code = saved(page, "take_py").decode()
    ast.parse(code)
    notebook = json.loads(saved(page, "take_ipynb"))
    assert notebook["nbformat"] == 4
    for source in (code, json.dumps(notebook)):
        assert "[100.0, 3.0, 1.0]" in source
    expect(page.locator(".ce-take [role=status]")).to_have_text(
        words("taken", name="your_numbers.ipynb")
    )


def test_a_row_opens_in_the_lab_and_the_way_back_finds_everything(open_page: OpenPage) -> None:
    page = own(open_page)
    paste(page, TEXT)
    loss(page, LOSSES.mean())
    page.locator(".ce-rows tbody tr", has=page.get_by_role("radio", name="2", exact=True)).click()
    expect(chosen(page).locator("th")).to_have_text("2")
    # It stays the chosen one in numbers that are new, in which another is the worst.
    box(page).fill(TEXT.replace("100.0", "10.0"))
    expect(readout(page, "summary")).not_to_contain_text("1 of 4")
    expect(chosen(page).locator("th")).to_have_text("2")
    page.get_by_role("link", name=words("open_row", row=2)).click()
    page.wait_for_url("**/pipeline?*logits=0.5%2C2.5%2C-1*")
    expect(page.locator(".ce-bar").first).to_be_attached()
    expect(readout(page, "loss-fused").first).to_have_text(f"{LOSSES[1]:.6f}")
    page.go_back()
    expect(box(page)).to_have_value(TEXT.replace("100.0", "10.0"))
    expect(readout(page, "summary")).not_to_contain_text("1 of 4")


def test_without_a_server_it_says_so_and_goes_on_by_itself(open_page: OpenPage) -> None:
    page = own(open_page, allowed="Failed to load resource")
    page.route("**/batch?*", lambda route: route.abort())
    paste(page, TEXT)
    expect(page.locator(".ce-told")).to_contain_text(words("away"))
    page.unroute("**/batch?*")
    loss(page, LOSSES.mean())
    expect(page.locator(".ce-told")).to_be_empty()


def test_all_of_it_is_done_by_keys(open_page: OpenPage) -> None:
    page = own(open_page)
    press(page, "Tab", focused(page, ".ce-box"))
    page.keyboard.insert_text(TEXT)
    page.keyboard.press("Control+Enter")
    loss(page, LOSSES.mean())
    press(page, "Tab", focused(page, ".ce-rows input"))
    before = chosen(page).locator("th").text_content() or ""
    page.keyboard.press("ArrowDown")
    expect(chosen(page).locator("th")).not_to_have_text(before)
    expect(page.locator(".ce-rows input:focus")).to_be_checked()
    press(page, "Tab", focused(page, ".ce-slider input[type=range]"))
    page.keyboard.press("End")
    expect(page.locator(".ce-rows tbody tr").last.get_by_role("radio")).to_be_checked()
    press(page, "Shift+Tab", focused(page, "[role=tab]"))
    page.keyboard.press("ArrowRight")
    expect(page.locator(".ce-spread figure").first).to_be_visible()


def test_no_state_of_the_page_breaks_a_rule_of_accessibility(open_page: OpenPage) -> None:
    page = own(open_page)
    button(page, "example_weighted").click()
    page.locator("summary").click()
    loss(page, 4000 / 30)
    assert violations(page) == []
    page.get_by_role("textbox", name=words("option_weight"), exact=True).fill("oops")
    expect(page.locator(".ce-fields [aria-invalid=true]")).to_be_visible()
    button(page, "table").click()
    tab(page, "tab_spread").click()
    assert violations(page) == []
    tab(page, "tab_take").click()
    darken(page)
    assert violations(page) == []
    tab(page, "tab_advice").click()
    button(page, "example_half").click()
    expect(readout(page, "summary")).to_contain_text("float16")
    assert violations(page) == []
    tab(page, "tab_rows").click()
    assert violations(page) == []


def test_it_fits_a_phone_and_is_worked_by_touch(open_page: OpenPage) -> None:
    page = own(open_page, size=(360, 740), has_touch=True, is_mobile=True)
    button(page, "example_half").tap()
    expect(readout(page, "summary")).to_contain_text("float16")
    page.locator("summary").tap()
    row = page.locator(".ce-rows tbody tr").nth(1)
    row.scroll_into_view_if_needed()
    row.tap()
    expect(row.get_by_role("radio")).to_be_checked()
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            ".ce-batch :is(button:not(.ce-term), select, summary, a, .ce-rows label)")]
            .map(node => [node.textContent, node.getBoundingClientRect()])
            .filter(([, { width, height }]) => width && height < 44)
            .map(([text]) => text)"""
    )
    assert small == []
    for key in ("tab_rows", "tab_spread", "tab_advice", "tab_take"):
        tab(page, key).tap()
        page.wait_for_function(
            """() => [document.documentElement, ...document.querySelectorAll(".stMain, .stApp")]
                .every(element => element.scrollWidth <= element.clientWidth)"""
        )
    scrolled = page.evaluate("() => document.querySelector('.stMain').scrollTop")
    finger(page, (180, 400), (0, 200))
    page.wait_for_function("top => document.querySelector('.stMain').scrollTop < top", arg=scrolled)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_what_counts_is_one_view_and_stays_where_it_is(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = own(open_page, size=size)
    button(page, "example_half").click()
    expect(readout(page, "summary")).to_contain_text("float16")
    for found in (
        *(box(page), readout(page, "summary"), readout(page, "loss-reduced"), chosen(page)),
        *(readout(page, "loss-fused"), page.locator(".ce-foot")),
    ):
        expect(found.first).to_be_in_viewport(ratio=1)
    assert page.evaluate(
        """() => [document.documentElement, document.querySelector(".stMain")]
            .every(node => node.scrollHeight <= node.clientHeight + 1)"""
    )
