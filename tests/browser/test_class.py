"""A class in four browsers: it is led, votes twice, drags, and loses its server and its network."""

import csv
import io
import os
import re
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import APIResponse, Browser, Locator, Page, Request, Route, expect

from lab.words import say
from tests.browser.conftest import PATIENCE, OpenPage, Watched
from tests.browser.driving import darken, violations
from tests.browser.serving import free_port, serve
from tests.browser.test_offline import REFUSED

CUT_OFF = rf"{REFUSED}|ERR_INCOMPLETE_CHUNKED_ENCODING"  # of a stream whose server dies
SIZES = {"lecturer": (1280, 720), "Ada": (390, 844), "Ben": (360, 640), "Eve": (1280, 800)}


def word(key: str, **places: object) -> str:
    return say(f"class.page_{key}", **places)


def button(page: Page | Locator, text: str) -> Locator:
    return page.get_by_role("button", name=text, exact=True)


def option(page: Page, key: str) -> Locator:
    """Find an answer to "What is p(dog) now?": before, zero or nan, of which zero is right."""
    return page.locator(".ce-answers").get_by_role("button", name=say(f"start.guess_{key}"))


def stands(page: Page, step: int) -> None:
    """Wait until a step of the lesson is seen."""
    expect(page.locator(".ce-step")).to_have_attribute("data-step", str(step))
    expect(page.locator(".ce-live[aria-busy]")).to_have_count(0)


def told(page: Page, text: str) -> None:
    """Wait until a student is told something of an answer."""
    expect(page.locator(".ce-given")).to_have_text(text)


def height(page: Page) -> object:
    """Return how high the bar is, above which a phone's slider stands."""
    return page.evaluate("document.querySelector('.ce-step').getBoundingClientRect().height")


def counts(page: Page, *expected: str) -> None:
    """Wait until it is shown what the class said, and a percentage beside it."""
    bars = page.locator(".ce-vote-bar > span:last-child")
    expect(bars).to_have_text([re.compile(rf"^{count} · \d+ %$") for count in expected])


@pytest.fixture
def people(browser: Browser) -> Iterator[Mapping[str, Page]]:
    """Return a tab in a context of its own for each of a class."""
    pages: dict[str, Page] = {}
    for name, (width, height) in SIZES.items():
        context = browser.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(PATIENCE)
        pages[name] = context.new_page()
    yield pages
    for page in pages.values():
        page.context.close()


def led(page: Page, address: str, step: int) -> tuple[str, str]:
    """Start a class at a step of a lesson that is ready; return letters and secret."""
    page.goto(address)
    stands(page, step)
    button(page, say("player.share")).click()
    button(page, say("class.start")).click()
    page.wait_for_url("**/class?room=*")
    found = re.fullmatch(r".*/class[?]room=([A-Z]{5})#lead=([\w-]{43})", page.url)
    assert found
    stands(page, step)
    return found[1], found[2]


def joined(people: Mapping[str, Page], url: str, room: str) -> list[Page]:
    """Let three students come in, the first one by the letters."""
    lecturer, *students = people.values()
    button(lecturer, word("show_code")).click()
    expect(lecturer.get_by_role("img", name=word("qr"))).to_have_js_property("complete", True)
    screen = Image.open(io.BytesIO(lecturer.screenshot()))
    (link,) = [found.text for found in zxingcpp.read_barcodes(screen)]
    assert link == f"{url}/class?room={room}"
    button(lecturer, say("player.close")).click()
    first, *others = students
    first.goto(f"{url}/class")
    first.get_by_label(word("letters")).fill(room.lower())
    first.keyboard.press("Enter")
    for page in others:
        page.goto(link)
    for page in students:
        stands(page, 2)
        expect(option(page, "zero")).to_be_disabled()  # nothing is asked yet
    expect(lecturer.locator(".ce-here-now")).to_have_text(word("here", here=3))
    return students


def test_a_class_votes_twice_and_loses_nothing(people: Mapping[str, Page], tmp_path: Path) -> None:
    port, lecturer = free_port(), people["lecturer"]
    settings = {"CE_CLASS_DATABASE": f"sqlite:///{tmp_path}/classes.sqlite3"}
    watched: list[Watched] = []
    asked: list[Request] = []
    frames: list[str | bytes] = []

    def note(request: Request) -> None:
        asked.append(request)

    def sent(frame: str | bytes) -> None:
        frames.append(frame)

    first = button(lecturer, word("turn_ask"))
    with serve(tmp_path / "first.txt", port=port, settings=settings) as app:
        for page in people.values():
            watched.append(Watched(page, app.url))
            page.on("request", note)
            page.on("websocket", lambda socket: socket.on("framesent", sent))
        room, secret = led(lecturer, f"{app.url}/?at=2&lesson=ready.20", 2)
        ada, ben, eve = joined(people, app.url, room)
        assert violations(lecturer) == violations(ben) == []
        expect(ben.locator(".ce-given")).to_have_text(word("not_asked"))
        heights = [height(ben)]

        first.dblclick()  # as impatient people do: the vote stays open
        for page, key in ((ada, "before"), (ben, "nan"), (eve, "nan")):
            option(page, key).click()
            told(page, word("received"))
        expect(lecturer.locator(".ce-here-now")).to_have_text(word("answered", answered=3, here=3))
        option(eve, "zero").click()
        expect(option(eve, "nan")).to_have_attribute("aria-pressed", "false")
        told(eve, word("received"))
        ben.reload()
        expect(option(ben, "nan")).to_have_attribute("aria-pressed", "true")
        told(ben, word("received"))
        expect(lecturer.locator(".ce-results")).to_have_count(0)  # how many, and never what
        heights.append(height(ben))

        button(lecturer, word("turn_show")).click()
        for page in people.values():
            counts(page, "1", "1", "1")
            expect(page.locator(".ce-results [data-right]")).to_have_count(0)
        expect(option(ada, "zero")).to_be_disabled()
        expect(ada.locator(".ce-step")).to_be_focused()  # and not nothing, as no answer may be
        assert {*heights, height(ben)} == {heights[0]}
        lecturer.keyboard.press("PageDown")  # as a clicker does: once more
        expect(option(ada, "before")).to_have_attribute("aria-pressed", "false")
        expect(option(ada, "zero")).to_be_enabled()
        eve.context.set_offline(True)
        option(eve, "zero").click()
        told(eve, word("waits_to_send"))
        option(ben, "nan").click()
        told(ben, word("received"))
        os.kill(app.pid, signal.SIGKILL)
        option(ada, "zero").click()
        told(ada, word("waits_to_send"))
    with serve(tmp_path / "second.txt", port=port, settings=settings) as app:
        for page in (ada, ben, eve):
            page.context.set_offline(False)
            told(page, word("received"))
        expect(lecturer.locator(".ce-here-now")).to_have_text(word("answered", answered=3, here=3))
        lecturer.keyboard.press("PageDown")
        for page in people.values():
            counts(page, "1", "0", "1", "2", "1", "1")  # both votes, answer by answer
        assert violations(lecturer) == violations(ada) == []
        button(lecturer, word("turn_answer")).click()
        right, why = option(lecturer, "zero"), say("start.guess_zero_right", other="dog")
        expect(right).to_have_attribute("data-answer", "right")
        for page in people.values():
            expect(page.locator(".ce-text")).to_contain_text(why)
        expect(ben.locator(".ce-text")).to_contain_text(say("start.guess_nan_wrong", other="dog"))
        expect(option(ben, "nan")).to_have_attribute("data-answer", "wrong")
        button(lecturer, word("look_votes")).click()
        expect(lecturer.locator(".ce-results [data-right]")).to_contain_text(word("is_right"))

        looks_around_and_comes_back(people)
        sends_states(people)
        with lecturer.expect_download() as download:
            button(lecturer, word("csv")).click()
        rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
        assert sorted(row["kind"] for row in rows) == ["choice"] * 6 + ["state"] * 3

        button(lecturer, word("end")).click()
        button(lecturer, word("end_no")).click()
        button(lecturer, word("end")).click()
        assert violations(lecturer) == []
        button(lecturer, word("end_yes")).click()
        for page in people.values():
            expect(page.get_by_text(word("ended"))).to_be_visible()
        ada.get_by_role("link", name=word("to_lessons")).click()
        stands(ada, 1)
    keeps_the_secret(asked, frames, secret, tmp_path)
    assert [f for one in watched for f in one.faults if not re.search(CUT_OFF, f)] == []


def looks_around_and_comes_back(people: Mapping[str, Page]) -> None:
    """Go to another page together; let one go elsewhere, until the way back is taken."""
    lecturer, ada, ben, _ = people.values()
    address = lecturer.url
    lecturer.keyboard.press("PageDown")
    for page in people.values():
        stands(page, 3)
        expect(page.locator(".ce-task")).to_have_text(say("softmax.step_add_do", true="cat"))
    assert lecturer.url == address
    ada.locator(".ce-path button").nth(4).click()
    stands(ada, 5)
    lecturer.locator(".ce-path button").first.click()
    stands(ben, 1)
    stands(ada, 5)
    button(ada, word("come_back")).click()
    stands(ada, 1)
    expect(button(ada, word("come_back"))).to_be_hidden()


def sends_states(people: Mapping[str, Page]) -> None:
    """Ask for a state: one student drags until it breaks, and the others send what they see."""
    lecturer, ada, ben, eve = people.values()
    button(lecturer, word("turn_ask")).click()
    for page in (ada, ben, eve):
        expect(button(page, word("send"))).to_be_enabled()
    slider = ada.locator(".ce-dock input[type=range]").first
    stood = slider.input_value()
    slider.press("End")
    expect(ada.locator(".ce-goal")).to_be_visible()
    expect(button(ada, word("come_back"))).to_be_hidden()  # who does what is asked for is here
    for page, text in ((ada, "received_met"), (ben, "received_unmet"), (eve, "received_unmet")):
        button(page, word("send")).click()
        told(page, word(text))
    assert violations(ada) == []
    button(lecturer, word("turn_show")).click()
    for page in people.values():
        expect(page.locator(".ce-state-dot")).to_have_count(3)
        expect(page.locator(".ce-state-dot[data-met]")).to_have_count(1)
        expect(page.locator(".ce-results")).to_contain_text(word("states", met=1, count=3))
    button(ada, word("look_picture")).click()
    expect(slider).to_have_value(stood)


def keeps_the_secret(
    asked: list[Request], frames: list[str | bytes], secret: str, logs: Path
) -> None:
    """See the secret in headers alone."""
    assert any(request.headers.get("authorization") == f"Bearer {secret}" for request in asked)
    assert [request.url for request in asked if secret in request.url] == []
    assert [frame for frame in frames if secret in str(frame)] == []
    assert frames
    for log in ("first.txt", "second.txt"):
        text = (logs / log).read_text()
        assert secret not in text
        assert "Traceback" not in text


def test_a_class_guesses_a_number_twice(people: Mapping[str, Page], server: str) -> None:
    lecturer, *students = list(people.values())[:3]
    room, _ = led(lecturer, f"{server}/likelihood?at=5&lesson=ready.45", 5)
    for page in students:
        page.goto(f"{server}/class?room={room}")
        stands(page, 5)
    columns, card = ".ce-results .ce-column", ".ce-led [data-part=cross-entropy]"
    late: list[tuple[Route, APIResponse]] = []  # what the room has done, and the lecturer not heard
    for guesses, drawn in ((("1,5", "3"), 2), (("2", "2"), 3)):
        lecturer.keyboard.press("PageDown")
        for page, guess in zip(students, guesses, strict=True):
            told(page, word("asked"))
            page.locator(".ce-guess input[type=text]").fill(guess)
            page.keyboard.press("Enter")
            told(page, word("received"))
        expect(students[0].locator(card)).to_have_attribute("data-covered", "")
        lecturer.route("**/lead", lambda route: late.append((route, route.fetch())))
        lecturer.keyboard.press("PageDown")
        for page in students:
            expect(page.locator(columns)).to_have_count(drawn)
        route, response = late.pop()
        route.fulfill(response=response)
        expect(lecturer.locator(columns)).to_have_count(drawn)
        lecturer.unroute("**/lead")
    expect(lecturer.locator(".ce-results figcaption")).to_have_text(
        [
            f"{word('round_1')}: {word('numbers', count=2, median=2.25)}",
            f"{word('round_2')}: {word('numbers', count=2, median=2)}",
        ]
    )
    lecturer.keyboard.press("PageDown")
    for page in students:
        text = say("player.guess_off", guess="2", shown="1.6094", apart="0.391")
        expect(page.locator(".ce-text")).to_have_text(text)
        expect(page.locator(card)).not_to_have_attribute("data-covered", "")
    button(lecturer, word("look_votes")).click()
    expect(lecturer.locator(".ce-true-mark")).to_have_count(2)
    assert violations(lecturer) == []


@pytest.mark.parametrize("size", [(1280, 720), (360, 640)])
def test_who_names_no_class_is_told_so_kindly(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page(
        "?room=QQQQQ", path="class", ready=".ce-door", size=size, allowed="404", own_clock=True
    )
    said = page.locator(".ce-door-said")
    expect(said).to_have_text(word("unknown"))
    page.get_by_label(word("letters")).fill("1234")
    page.keyboard.press("Enter")
    expect(said).to_have_text(word("no_letters"))
    assert violations(page) == []
    darken(page)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
