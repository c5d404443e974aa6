"""What every page answers to every question that a player, or anybody else, may ask."""

import gzip
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ce_core.bugs import BUGS
from lab.answers import Answers
from lab.parameters import FORMAT, NAMES
from lab.readers import plain
from lab.settings import Settings
from lab.surround import BREAK
from lab.words import say
from live.parts import Instrument
from pages.gradient import MAP
from tests.app.instruments import ANSWERS, FIRST, built, many, plotted, settings, unpacked
from tests.app.strategies import PARAMETERS, any_settings, texts

PAGES = tuple(ANSWERS.lessons)
LESSONS = [page for page, lesson in ANSWERS.lessons.items() if BREAK in lesson.acts]
FEW = settings(logits=(3.0, -1.0), target=1, names=("a", "b"), counts=(1, 0), model=(0.25, 0.75))
TEN = ANSWERS.parameters.read({"logits": ["0,1,2,3,4,5,6,7,8,-inf"], "target": ["9"]})[0]
TYPES = {"f8", "f4", "i4", "i2", "i1", "u1"}  # those that the player knows


def query(page: str, now: Settings, *changes: tuple[str, object]) -> str:
    """Write a question as the player does."""
    return "&".join(
        filter(
            None, [ANSWERS.link(page, now), urlencode([("set", f"{k}:{v}") for k, v in changes])]
        )
    )


@lru_cache(32)
def answered(page: str, asked: str) -> tuple[dict[str, Any], list[np.ndarray], dict[str, Any]]:
    """Return the head and the columns of the numbers, and the layout."""
    layout = json.loads(ANSWERS.layout(page, asked).body)
    return (*unpacked(ANSWERS.numbers(page, asked).body), layout)


def asked(page: str, now: Settings) -> list[dict[str, Any]]:
    questions: list[dict[str, Any]] = json.loads(ANSWERS.questions(page, query(page, now)).body)
    return questions


def numbers_in(node: Any, *keys: str) -> Iterator[Any]:
    """Yield what some keys hold, anywhere in a message."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in keys and value is not None:
                yield value
            yield from numbers_in(value, *keys)
    elif isinstance(node, list):
        for item in node:
            yield from numbers_in(item, *keys)


def columns_of(head: dict[str, Any], layout: dict[str, Any]) -> list[int]:
    """Return the numbers of all columns that are shown."""
    parts = list(numbers_in(layout, "lines", "points", "arrows", "marks", "here"))
    lines = [line for found in parts if isinstance(found, list) for line in found]
    ends = [line.get(key) for line in lines for key in ("x", "y", "start", "end")]
    named = numbers_in([head["instruments"], layout], "column", "exponent", "positions")
    goals = [head["goal"]] if "goal" in head else []
    drawn = [number for number in (*parts, *ends) if isinstance(number, int)]
    return [*named, *goals, *drawn]


# ---------------------------------------------------------------- any settings


@given(st.sampled_from(PAGES), any_settings())
@examples(max_examples=30)
def test_any_settings_are_answered_in_full(page: str, now: Settings) -> None:
    head, columns, layout = answered(page, query(page, now))
    assert head["notices"] == []
    assert ANSWERS.read(page, head["link"]) == (now, [])
    assert head["layout"] == layout["hash"]
    shown, sent = set(columns_of(head, layout)), set(range(len(columns)))
    # The steps of the overflow lab have their sentence made of all that a cause may name.
    assert shown == sent or (page == "overflow" and shown < sent)
    assert {column.dtype.str[1:] for column in columns} <= TYPES
    assert len(head["instruments"]) == len(layout["instruments"]) > 0
    for part, instrument in zip(head["instruments"], layout["instruments"], strict=True):
        check_instrument(part, instrument, columns)


def check_instrument(part: Any, layout: Any, columns: list[np.ndarray]) -> None:
    """Check that what changes with a release fits what stands on the page."""
    positions = columns[layout["positions"]]
    assert len(part["sliders"]) == len(layout["sliders"]) == len(positions)
    assert max(slider["count"] for slider in part["sliders"]) == positions.shape[1]
    for slider, values in zip(part["sliders"], positions, strict=True):
        reached = values[: slider["count"]]
        assert np.isfinite(reached).all()
        assert (np.diff(reached) >= 0).all()
        assert 0 <= slider["index"] < len(reached)
    assert not part["sliders"][-1]["masked"]
    table = positions.shape
    for number in columns_of({"instruments": []}, layout):
        assert columns[number].shape[:2] in {table, (1, 1)}
    for choice, now in zip(layout["choices"], part["choices"], strict=True):
        assert 0 <= now["selected"] < len(choice["options"])
    for figure, now in zip(layout["figures"], part["figures"], strict=True):
        plot = go.Figure(plotted(now["plot"], columns))
        assert all(bars["trace"] < len(plot.data) for bars in figure["bars"])
        assert now["alt"]
    for sentence, said in zip(layout["sentences"], part["sentences"], strict=True):
        pieces = range(len(sentence["pieces"]))
        codes = range(len(pieces if said is None else said))
        assert set(columns[sentence["column"]].ravel().tolist()) <= set(codes)
        assert {piece for pieces_said in said or [] for piece in pieces_said} <= set(pieces)


def test_every_place_of_a_sentence_is_filled() -> None:
    for page in PAGES:
        for now in (FIRST, FEW, TEN):
            _, _, layout = answered(page, query(page, now))
            for instrument in layout["instruments"]:
                for sentence in instrument["sentences"]:
                    open_places = set(re.findall(r"\{(\w+)\}", " ".join(sentence["pieces"])))
                    assert open_places <= set(sentence["places"]), (page, sentence["readout"])
            told = json.dumps([layout["break"], layout["closing"], layout["lessons"]])
            assert not re.search(r"\{\w+\}", told), page


def test_no_class_name_reaches_plotly_as_the_html_that_it_may_look_like() -> None:
    hostile = ("<b>one</b>", "<a href='x'>", "three")
    for page in PAGES:
        head, _, _ = answered(page, query(page, settings(names=hostile)))
        plots = json.dumps(
            [figure["plot"] for part in head["instruments"] for figure in part["figures"]]
        )
        for name in hostile:
            assert json.dumps(name)[1:-1] not in plots, page


def test_each_slider_stands_at_what_its_control_is_set_to() -> None:
    now = settings(logits=(2.037, -np.inf, 9.0), shift=0.75, x=-3.2, temperature=0.7, step=7)
    for page in PAGES:
        for instrument in built(page, now)[0]:
            for slider in instrument.sliders:
                key, _, i = slider.id.partition(".")
                if key == MAP:
                    continue  # it sets two others
                value = now.get(key)[int(i)] if i else now.get(key)
                assert slider.masked == np.isinf(value), (page, slider.id)
                assert slider.masked or slider.values[slider.index] == value, (page, slider.id)


def test_every_slider_shows_the_same_numbers_where_it_stands() -> None:
    for page in PAGES:
        for name in ("float64", "float16"):
            now = settings(logits=(2.037, -4.4, 9.0), format=name, shift=0.75, x=1.23, step=3)
            head, columns, layout = answered(page, query(page, now))
            for part, instrument in zip(head["instruments"], layout["instruments"], strict=True):
                at = [(s, slider["index"]) for s, slider in enumerate(part["sliders"])]
                for number in set(columns_of({"instruments": []}, instrument)):
                    column = columns[number]
                    if column.shape[:2] == (1, 1) or number == instrument["positions"]:
                        continue
                    for place in at[1:]:
                        np.testing.assert_array_equal(
                            column[place], column[at[0]], err_msg=f"{page}, {name}, {number}"
                        )


# ---------------------------------------------------------------- what is refused


def test_a_broken_link_opens_the_defaults_and_names_each_part() -> None:
    for page in PAGES:
        for key in PARAMETERS:
            now, notices = ANSWERS.read(page, urlencode({key: "<b>nan</b>", "tab": "x"}))
            if not ANSWERS.lessons[page].steps:  # a path opens its own
                assert now == FIRST, (page, key)
            assert notices[0] == say("app.ignored"), (page, key)
            said = "\n".join(notices[1:])
            assert {line.split(" = ")[0] for line in notices[1:]} == {key, "tab"}, (page, said)
            assert len(said) < 400, (page, said)
        head, _, _ = answered(page, urlencode(dict.fromkeys(PARAMETERS, "<b>nan</b>")))
        assert ANSWERS.read(page, head["link"]) == (FIRST, [])
        assert len(head["notices"]) <= 9, page


def test_a_refused_change_leaves_the_others_as_they_were_made() -> None:
    changes = [("shift", 3), ("logits.1", "x"), ("format", "float16"), ("nothing", 1), ("shift", 4)]
    for page in PAGES:
        now, notices = ANSWERS.read(page, query(page, FIRST, *changes))
        assert now == settings(shift=4.0, format="float16"), page
        assert [notice.split(" = ")[0] for notice in notices] == ["dog logit", "nothing"], page


def test_changes_are_made_in_their_order() -> None:
    for changes, names, logits in [
        ([("remove.0", ""), ("names.0", "a")], ("a", "goldfish"), (1.0, 0.1)),
        ([("names.0", "a"), ("remove.0", "")], ("dog", "goldfish"), (1.0, 0.1)),
        ([("add", ""), ("logits.3", 5)], ("cat", "dog", "goldfish", "class 4"), (2.0, 1.0, 0.1, 5)),
        ([("logits.3", 5), ("add", "")], ("cat", "dog", "goldfish", "class 4"), (2.0, 1.0, 0.1, 0)),
        ([("logits.0", 1), ("logits.0", 7), ("logits.0", 3)], FIRST.names, (3.0, 1.0, 0.1)),
    ]:
        now, _ = ANSWERS.read("pipeline", query("pipeline", FIRST, *changes))
        assert (now.names, now.logits) == (names, logits), changes


def test_what_is_repeated_is_told_once_and_much_of_it_in_a_few_lines() -> None:
    same = [("<script>", 1)] * 50
    _, notices = ANSWERS.read("pipeline", query("pipeline", FIRST, *same))
    assert len(notices) == 1
    different = [(f"nothing{i}" * 30, "x" * 30) for i in range(30)]
    _, notices = ANSWERS.read("pipeline", urlencode([("a", "b"), *different, *different]))
    assert sum(map(len, notices)) < 2000
    _, notices = ANSWERS.read("pipeline", query("pipeline", FIRST, *different))
    assert sum(map(len, notices)) < 2000


def test_a_link_that_is_too_long_is_cut_and_it_is_said() -> None:
    now, notices = ANSWERS.read("pipeline", "shift=3&" + "a" * 15_000 + "&shift=4")
    assert now == settings(shift=3.0)
    assert say("app.too_long") in notices


def test_a_page_that_there_is_not_has_no_answer() -> None:
    for answer in (ANSWERS.numbers, ANSWERS.layout, ANSWERS.questions):
        for page in ("", "nowhere", "Pipeline", "../pipeline", "main"):
            with pytest.raises(KeyError):
                answer(page, "")


strange = st.lists(
    st.tuples(
        st.sampled_from([*PARAMETERS, "set", "seen"]) | texts,
        texts
        | st.sampled_from([f"{key}{i}:" for key in PARAMETERS for i in ("", ".0")])
        | st.text(),
    ),
    max_size=8,
)


@given(st.sampled_from(PAGES), strange.map(lambda q: urlencode(q, errors="replace")) | st.text())
def test_any_question_is_answered_with_valid_settings(page: str, question: str) -> None:
    now, notices = ANSWERS.read(page, question)
    assert ANSWERS.read(page, query(page, now))[0].having_seen(now.seen) == now
    assert len(notices) < 20
    assert all(0 < len(notice) < 250 for notice in notices)
    for parameter in PARAMETERS.values():
        assert parameter.fits(now[parameter], now), parameter.key


def test_only_a_page_that_reveals_something_knows_what_was_seen() -> None:
    for page, lesson in ANSWERS.lessons.items():
        seen = ANSWERS.read(page, f"seen={','.join(BUGS)},<b>," + "a," * 1000)[0].seen
        assert seen >= set(BUGS) if lesson.reveals else seen == frozenset(), page
        assert len(seen) <= 50


# ---------------------------------------------------------------- what buttons do


def test_every_preset_can_be_picked_and_stays_picked() -> None:
    for page in PAGES:
        for part in answered(page, query(page, FIRST))[2]["instruments"]:
            for name, _ in part["presets"]["options"] if part["presets"] else []:
                head, _, layout = answered(page, query(page, FEW, (part["presets"]["id"], name)))
                (picked,) = (
                    now["picked"]
                    for now, there in zip(head["instruments"], layout["instruments"], strict=True)
                    if there["presets"] and there["presets"]["id"] == part["presets"]["id"]
                )
                assert (picked, head["notices"]) == (name, []), page
                assert answered(page, head["link"])[0]["link"] == head["link"], (page, name)


def test_a_lesson_opens_breaks_and_asks_whatever_the_classes() -> None:
    for page in LESSONS:
        for now in (FIRST, FEW, TEN):
            head, _, layout = answered(page, query(page, now, (BREAK, "")))
            assert head["notices"] == []
            assert ANSWERS.read(page, head["link"])[0] != now, page
            assert layout["break"]["button"]
            broken, _ = ANSWERS.read(page, head["link"])
            assert asked(page, broken), page
            if page != "bugs":  # its break opens another case, which has its own question
                assert len(asked(page, broken)) == len(asked(page, now)) >= 2, page


def test_an_act_refuses_what_it_does_not_know() -> None:
    for page, lesson in ANSWERS.lessons.items():
        for id_ in lesson.acts.keys() - {BREAK}:
            now, notices = ANSWERS.read(page, query(page, FEW, (id_, "<b>")))
            assert now == FEW, (page, id_)
            assert len(notices) == 1, (page, id_)


# ---------------------------------------------------------------- the layout


def moved(page: str) -> Iterator[tuple[Instrument, str, object]]:
    """Yield each slider of a page, and where it may be released."""
    for instrument in built(page, FIRST)[0]:
        for slider in instrument.sliders:
            for k in (0, len(slider.values) // 3, len(slider.values) - 1):
                yield instrument, slider.id, plain(slider.values[k])


def test_a_release_leaves_the_layout_and_the_topic_as_they_are() -> None:
    for page in PAGES:
        before = answered(page, query(page, FIRST))[0]
        for _, id_, value in moved(page):
            head = answered(page, query(page, FIRST, (id_, value)))[0]
            assert head["notices"] == [], (page, id_)
            assert head["layout"] == before["layout"], (page, id_, value)
            assert head["topic"] == before["topic"], (page, id_, value)


def test_other_names_and_formats_have_another_layout() -> None:
    for page, lesson in ANSWERS.lessons.items():
        free = FIRST.put(at=max(1, len(lesson.steps)))
        before = answered(page, query(page, free))[0]["layout"]
        for parameter, id_, value in [(NAMES, "names.0", "wolf"), (FORMAT, "format", "float16")]:
            after = answered(page, query(page, free, (id_, value)))[0]["layout"]
            assert after != before or parameter not in lesson.parameters, (page, id_)


def test_the_same_question_has_the_same_bytes_and_another_one_other_tags() -> None:
    again = Answers(list(ANSWERS.lessons.values()))
    for page in PAGES:
        first, other = query(page, FIRST), query(page, FIRST, ("reach", 100))
        for name in ("numbers", "layout", "questions"):
            one = getattr(ANSWERS, name)(page, first)
            assert one == getattr(again, name)(page, first), (page, name)
            two = getattr(ANSWERS, name)(page, other)
            assert (one.tag == two.tag) == (one.body == two.body), (page, name)


def test_the_way_from_page_to_page_is_the_story_and_a_ring() -> None:
    tiles = answered("start", "")[2]["lessons"]["items"]
    assert tuple(tile["page"] for tile in tiles) == PAGES[1:]
    for page in LESSONS:
        (link,) = answered(page, "")[2]["links"]
        assert link["page"] == ([*PAGES, PAGES[1]])[PAGES.index(page) + 1]
        assert say(f"{link['page']}.title") in link["label"]


def test_a_page_opened_from_another_keeps_the_numbers() -> None:
    start = "logits=1,2,3&temperature=0.5&counts=7,8,9"
    wanted = settings(logits=(1.0, 2.0, 3.0), temperature=0.5, counts=(7, 8, 9))
    for page in PAGES:
        link = answered("pipeline", start)[0]["link"]
        head = answered(page, link)[0]
        # Of a page with steps, its own numbers without a step open the last, the free instrument;
        # and those of others the first.
        lesson = ANSWERS.lessons[page]
        expected = wanted.put(at=max(1, len(lesson.steps)))
        named = {key for key, _ in parse_qsl(link)}
        if lesson.steps and not any(p.key in named for p in lesson.parameters):
            expected = lesson.steps[0].opens(wanted.put(at=1))
        assert ANSWERS.read(page, head["link"]) == (expected, []), page


# ---------------------------------------------------------------- sizes


# kB for three classes of float32, and for ten of float64
LIMITS = {
    "start": (20, 130),
    "pipeline": (34, 195),
    "likelihood": (70, 90),
    "sigmoid": (12, 20),
    "softmax": (65, 190),
    "overflow": (46, 80),
    "gradient": (46, 160),
    "bugs": (4, 4),
}


def test_a_release_stays_light() -> None:
    for page, limits in LIMITS.items():
        for (classes, name), limit in zip([(3, "float32"), (10, "float64")], limits, strict=True):
            body = ANSWERS.numbers(page, query(page, many(classes, format=name))).body
            assert len(gzip.compress(body, 1)) <= limit * 1000, (page, classes, name)
        layout = ANSWERS.layout(page, query(page, many(10))).body
        assert len(gzip.compress(layout, 1)) <= 10_000, page


# ---------------------------------------------------------------- questions


@given(st.sampled_from(LESSONS), any_settings())
def test_every_question_has_one_right_answer_and_a_reason_for_each(
    page: str, now: Settings
) -> None:
    lesson = ANSWERS.lessons[page]
    sent = asked(page, now)
    assert len({question["key"] for question in sent}) == len(sent)
    for question, made in zip(sent, lesson.ask(now), strict=True):
        assert len(set(question["options"])) == len(question["options"]) >= 2
        assert 0 <= question["right"] < len(question["options"])
        assert len(question["reasons"]) == len(question["options"])
        assert all(question["reasons"])
        told = " ".join([question["text"], *question["options"], *question["reasons"]])
        for name in sorted(now.names, key=len, reverse=True):  # which may hold braces itself
            told = told.replace(name, "")
        assert not re.search(r"\{\w+\}", told)
        shown, notices = ANSWERS.read(page, question["shown"])
        assert notices == []
        assert shown == ANSWERS.parameters.fitted(made.shown, now)


def test_what_a_question_shows_keeps_what_was_set_before_the_answer() -> None:
    now = settings(format="float16")
    even = next(question for question in asked("gradient", now) if question["key"] == "even")
    shown, _ = ANSWERS.read("gradient", even["shown"])
    assert (shown.format, set(shown.logits)) == ("float16", {0.0})


def test_the_cases_of_the_gallery_are_topics_of_their_own() -> None:
    topics = {answered("bugs", query("bugs", FIRST, ("bug", bug)))[0]["topic"] for bug in BUGS}
    assert len(topics) == len(BUGS)
