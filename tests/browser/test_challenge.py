"""A challenge from its start to a code that a teacher checks, by hand and by keys."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

from lab.challenge.code import ITEMS, Outcome, code
from lab.challenge.drawing import Item, drawn
from lab.challenge.played import Challenges
from lab.words import say
from pages.main import LESSONS
from tests.app.instruments import ANSWERS
from tests.browser.conftest import OpenPage
from tests.browser.driving import darken, violations

SEED = "K7Q2M"
PHONE = (360, 740)
CHALLENGES = Challenges(LESSONS)
OFFLINE = "ERR_INTERNET_DISCONNECTED"


def word(key: str, **values: object) -> str:
    return say(f"challenge.page_{key}", **values)


def button(page: Page, text: str) -> Locator:
    return page.get_by_role("button", name=text, exact=True)


def right(item: Item) -> int:
    """Return the position of the right option, as the core computes it."""
    now, _ = ANSWERS.read(item.kind.page, CHALLENGES.links(item)[1])
    ask = ANSWERS.lessons[item.kind.page].steps[now.get("at") - 1].ask
    assert ask
    return ask(now).right


def stands(page: Page, n: int) -> None:
    """Wait until an item is on the screen."""
    title = f"{word('seeded', seed=SEED)} · {word('progress', n=n, count=ITEMS)}"
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".ce-task")).not_to_be_empty()


def ends(page: Page) -> None:
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(word("result", seed=SEED))


def reach(page: Page, item: Item) -> None:
    """Drag the true class up by keys, and load the page anew where the goal is met."""
    target = ANSWERS.read("start", item.link)[0].target
    page.get_by_role("slider").nth(target).press("End")
    expect(button(page, say("player.next"))).to_be_visible()
    page.reload()
    expect(page.locator("[data-goal=reached]")).to_be_visible()


def answer(page: Page, item: Item, outcome: str) -> None:
    """Answer, once or twice; the page is loaded anew after a first try that was wrong."""
    good = right(item)
    wrong = [option for option in range(3) if option != good]
    tries = {"first": [good], "second": [wrong[0], good], "wrong": wrong}[outcome]
    options = page.locator(".ce-answer")
    options.nth(tries[0]).click()
    if outcome == "second":
        expect(page.locator(".ce-answer[data-answer=wrong]")).to_have_count(1)
        page.reload()
        expect(options.nth(tries[0])).to_be_disabled()
    for option in tries[1:]:
        options.nth(option).click()


def opens_the_seed(page: Page) -> None:
    """Type the seed, wrongly and rightly, and look at what a teacher shares of it."""
    for text in ("no", "k7q2m"):
        page.get_by_label(word("given")).fill(text)
        button(page, word("open")).click()
        if text == "no":
            expect(page.get_by_text(word("seed_wrong"))).to_be_visible()
    button(page, word("share")).click()
    link = page.get_by_label(say("player.share_link")).input_value()
    assert link == page.url
    assert urlsplit(link).query == f"seed={SEED}"
    expect(page.locator(".ce-sharing img")).to_be_visible()
    page.keyboard.press("Escape")
    assert violations(page) == []


def test_ten_items_are_worked_through_and_their_code_is_checked_without_a_network(
    open_page: OpenPage,
) -> None:
    page = open_page(
        "?seed=no", path="challenge", ready=".ce-challenge", size=(1280, 720), own_clock=True
    )
    expect(page.get_by_text(word("seed_wrong"))).to_be_visible()
    opens_the_seed(page)
    button(page, word("begin")).click()
    items, outcomes = drawn(SEED), list[Outcome]()
    left: list[Outcome] = ["first", "second", "wrong"]
    for n, item in enumerate(items, 1):
        stands(page, n)
        outcome: Outcome = "skipped"
        if item.kind.key == "drag":
            outcome = "first"
            reach(page, item)
        elif item.kind.kind == "predict" and left:
            outcome = left.pop(0)
            answer(page, item, outcome)
            assert violations(page) == []
        outcomes.append(outcome)
        # A double click goes on once.
        button(page, word("skip") if outcome == "skipped" else say("player.next")).dblclick()
    ends(page)

    expect(page.locator(".ce-sum")).to_have_text(word("points", points=5, most=20))
    expect(page.get_by_text(word("nameless"))).to_be_visible()
    page.get_by_label(word("name")).fill("Zoë O’Hara")
    written = code(SEED, "zoë o'hara", outcomes)
    expect(page.locator("output")).to_have_text(written)
    for row, item, outcome in zip(
        page.locator(".ce-result tbody tr").all(), items, outcomes, strict=True
    ):
        reached = item.kind.kind == "reach" and outcome == "first"
        expect(row).to_contain_text(word("reached" if reached else outcome))
        lesson = row.get_by_role("link").get_attribute("href") or ""
        first = item.kind.page == "start"  # which has no path
        assert urlsplit(lesson).path == ("/" if first else f"/{item.kind.page}")
    darken(page)
    assert violations(page) == []
    page.reload()
    expect(page.locator("output")).to_have_text(written)
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1

    teacher = open_page(path="challenge", ready=".ce-check", own_clock=True, allowed=OFFLINE)
    teacher.context.set_offline(True)
    for name, text, says in (
        ("Zoe O'Hara", written, word("check_check")),
        ("Zoë O'Hara", written[:-1], "16"),
        ("Zoë O'Hara", written.lower(), word("checked", points=5, most=20, seed=SEED)),
    ):
        teacher.get_by_label(word("name"), exact=True).fill(name)
        teacher.get_by_label(word("code"), exact=True).fill(text)
        button(teacher, word("check_button")).click()
        expect(teacher.locator(".ce-check [role=status]")).to_contain_text(says)
    told = teacher.locator(".ce-check li").all_text_contents()
    assert told == [word(outcome) for outcome in outcomes]
    teacher.context.set_offline(False)
    button(teacher, word("check_button")).click()
    assert (items[0].kind.kind, outcomes[0]) == ("reach", "first")
    drag = f"{say('start.short')}, {say('start.step_drag_title')}: {word('reached')}"
    expect(teacher.locator(".ce-check li").first).to_have_text(drag)


def test_on_a_phone_and_by_keys_each_item_is_skipped(open_page: OpenPage) -> None:
    page = open_page(f"?seed={SEED}", path="challenge", ready=".ce-challenge", size=PHONE)
    button(page, word("begin")).press("Enter")
    for n in range(1, ITEMS + 1):
        stands(page, n)
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        page.keyboard.press("PageUp")  # there is no way back, and none past an item
        page.keyboard.press("PageDown")
        stands(page, n)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        button(page, word("skip")).press("Enter")
    ends(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    button(page, word("to_start")).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(say("challenge.title"))
    page.go_back()
    ends(page)
