"""A lesson that a stranger sends in a link: whatever it is, it is a lesson that plays, or none."""

import base64
import json
import zlib
from typing import Any
from urllib.parse import urlencode

import mpmath
import numpy as np
import pytest
from hypothesis import Phase, assume, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ce_core.pipelines import PIPELINES
from lab.judging import judged
from lab.parameters import AT
from lab.prepared.lesson import (
    LONGEST,
    MOST_BYTES,
    Prepared,
    UnpackedError,
    pack,
    plain,
    unpack,
)
from lab.prepared.reading import Read
from lab.words import say
from tests.app.instruments import ANSWERS, built, unpacked
from tests.app.strategies import any_settings

OWN = {"text": "Which one?", "options": ["this", "that", "none"], "right": 1}
GUESS = {"text": "What is it now?", "of": "loss-naive", "low": 0.0, "high": 12.5}
GOAL = {"text": "Make it inf", "form": "naive", "loss": "inf", "above": 0.9}
LESSON: dict[str, Any] = {
    "title": "Logits and losses",
    "steps": [
        {"page": "softmax", "link": "at=2&logits=3,1,-7", "title": "Look", "text": "Ça <b>va</b>?"},
        {"page": "overflow", "kind": "predict", "key": "mask"},
        {"page": "softmax", "link": "at=8", "kind": "predict", "own": OWN, "locked": ["logits"]},
        {"page": "start", "link": "at=3", "kind": "reach", "key": "again", "hidden": ["exp"]},
        {
            "page": "start",
            "link": "at=1",
            "kind": "predict",
            "guess": GUESS,
            "hidden": ["loss-naive"],
        },
        {"page": "start", "link": "at=1", "kind": "reach", "goal": GOAL},
    ],
}
ENDS = st.floats(-1e300, 1e300)
BOUNDS = st.floats(0, 1, exclude_min=True, exclude_max=True)
LED = {page: lesson for page, lesson in ANSWERS.lessons.items() if lesson.steps}
FAULT = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([[]])
JSON = st.recursive(
    FAULT, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=8
)


def read(content: object) -> Read:
    return Read(pack(content), ANSWERS.lessons, ANSWERS.parameters)


def whole(content: object) -> Prepared:
    found = read(content)
    assert found.lesson is not None
    assert found.faults == []
    return found.lesson


def query(**parts: object) -> str:
    return urlencode({"lesson": whole(LESSON).packed} | parts)


def told(page: str, asked: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the head and the layout of an answer."""
    head, _ = unpacked(ANSWERS.numbers(page, asked).body)
    return head, json.loads(ANSWERS.layout(page, asked).body)


# ---------------------------------------------------------------- reading


@st.composite
def lessons(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a lesson of whatever the pages have, opened with any settings."""
    words = st.text("abc äß≤<>&", min_size=1, max_size=24).map(lambda text: f"x{text}".strip())
    steps = []
    for _ in range(draw(st.integers(1, 3))):
        page, lesson = draw(st.sampled_from(list(LED.items())))
        now = draw(any_settings())
        shown = lesson.steps[min(now[AT], len(lesson.steps)) - 1]
        step = {
            "page": page,
            "link": ANSWERS.shared(page, now),
            "title": draw(words)[:24],
            "text": draw(words),
            "kind": draw(st.sampled_from(["see", "explore", "predict", "reach"])),
            "hidden": draw(st.lists(st.sampled_from(["p", "slider.x", "loss-naive"]), unique=True)),
            "locked": draw(
                st.lists(st.sampled_from([p.key for p in lesson.parameters]), unique=True)
            ),
        }
        keys = [own.key for own in lesson.steps if own.kind == step["kind"]]
        if step["kind"] == "predict" and draw(st.booleans()):
            low, high = sorted(draw(st.lists(ENDS, min_size=2, max_size=2, unique=True)))
            step["guess"] = {"text": "What?", "of": "loss", "low": low, "high": high}
        elif step["kind"] == "predict" and (not keys or draw(st.booleans())):
            apart = st.lists(words, min_size=2, max_size=4, unique_by=lambda t: " ".join(t.split()))
            options = draw(apart)
            step["own"] = {"text": "Why?", "options": options, "right": len(options) - 1}
        elif step["kind"] == "reach" and lesson.losses and shown.goals and draw(st.booleans()):
            form, loss = draw(st.sampled_from(PIPELINES)), draw(st.sampled_from(["inf", "nan"]))
            sides = draw(st.lists(BOUNDS, min_size=2, max_size=2, unique=True).map(sorted))
            step["goal"] = {"text": "Go", "form": form, "loss": loss}
            step["goal"] |= dict(zip(("above", "below"), sides, strict=True))
        elif step["kind"] in ("predict", "reach"):
            assume(keys)
            step["key"] = draw(st.sampled_from(keys))
        steps.append(step)
    return {"title": draw(words), "steps": steps}


@given(lessons())
@examples(max_examples=25, phases=[Phase.generate])
def test_a_lesson_comes_back_as_it_was_written_and_each_step_plays(content: dict[str, Any]) -> None:
    lesson = whole(content)
    assert whole(unpack(lesson.packed)) == lesson
    assert len(lesson.steps) == len(content["steps"])
    for n, step in enumerate(lesson.steps, 1):
        asked = urlencode({"lesson": lesson.packed, AT.key: n})
        now, notices = ANSWERS.read(step.page, asked)
        assert notices == []
        alone = ANSWERS.read(step.page, step.link)[0]
        assert now.in_lesson(None) == alone
        for write in (ANSWERS.link, ANSWERS.shared):
            assert ANSWERS.read(step.page, write(step.page, now)) == (now, [])
        head, layout = told(step.page, asked)
        assert (head["at"], layout["title"]) == (n, lesson.title)
        if step.guess is None:  # which asks nothing where the picture has no such card
            assert ("question" in head) == (step.kind == "predict")
        if step.goal:
            assert layout["steps"][n - 1]["task"] == "Go"


@given(st.binary(max_size=200) | JSON.map(lambda part: json.dumps(part).encode()), st.booleans())
def test_any_bytes_are_a_lesson_or_none_and_it_is_said(content: bytes, packs: bool) -> None:
    bits = zlib.compress(content) if packs else content
    text = f"1.{base64.urlsafe_b64encode(bits).decode().rstrip('=')}"
    found = Read(text, ANSWERS.lessons, ANSWERS.parameters)
    assert (found.lesson is None) == (found.faults == [say("teach.unread_damaged")])


@given(st.data())
def test_whatever_one_part_of_it_is_the_rest_plays(data: st.DataObject) -> None:
    content = json.loads(json.dumps(LESSON))
    n = data.draw(st.integers(0, 5))
    fields = ["page", "link", "title", "text", "kind", "key", "hidden", "locked"]
    place = content["steps"][n]
    own = [name for name in ("own", "guess", "goal") if name in place]
    if own and data.draw(st.booleans()):
        place = place[own[0]]
        own, fields = [], [*place, "below"]
    fields += ["own", "guess", "goal"] * bool(own)
    place[data.draw(st.sampled_from(fields))] = data.draw(JSON)
    found = read(content)
    assert found.lesson is not None
    others = [step for i, step in enumerate(whole(LESSON).steps) if i != n]
    assert [step for step in found.lesson.steps if step in others] == others
    assert whole(plain(found.lesson)) == found.lesson  # what is left has no fault any more


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"page": "numbers"}, "Step 1, page: expected start, "),
        ({"kind": "play"}, "Step 1, what to do: expected predict, reach, see or explore"),
        ({"kind": "reach", "key": "scores"}, "Step 1, the task of the page"),
        ({"kind": "predict"}, "Step 1: a question needs"),
        ({"kind": "predict", "own": OWN | {"right": 3}}, "Step 1: a question needs"),
        ({"kind": "predict", "own": OWN | {"right": True}}, "Step 1: a question needs"),
        ({"kind": "predict", "own": OWN | {"options": ["a", "a"]}}, "Step 1: a question needs"),
        ({"kind": "predict", "own": OWN | {"options": list("abcde")}}, "Step 1: a question needs"),
        *(
            ({"kind": "predict", "guess": GUESS | wrong}, "Step 1: a number to guess needs")
            for wrong in (
                *({"low": 12.5}, {"low": None}, {"low": True}, {"high": "9"}, {"high": 10**400}),
                *({"high": float("nan")}, {"low": -float("inf")}, {"of": "<b>"}, {"of": ["p"]}),
                *({"text": ""}, {"of": None}),
            )
        ),
        *(
            ({"kind": "reach", "goal": GOAL | wrong}, "Step 1: a goal needs")
            for wrong in (
                *({"form": "lse"}, {"form": ["naive"]}, {"loss": "big"}, {"loss": {}}),
                *({"above": 0}, {"above": 1.5}, {"above": "0.9"}, {"above": float("nan")}),
                *({"below": 0.9}, {"below": 0.1}, {"text": None}, {"loss": "any", "above": None}),
            )
        ),
        (
            {"page": "gradient", "kind": "reach", "goal": GOAL},
            "Step 1: with this picture there is no goal",
        ),
        (
            {"link": "at=7", "kind": "reach", "goal": GOAL},
            "Step 1: with this picture there is no goal",
        ),
        ({"title": "x" * 25}, "Step 1, title: expected a text of 1 to 24 visible letters"),
        ({"text": "x" * 301}, "Step 1, text: expected"),
        ({"text": "left\u202eright"}, "Step 1, text: expected"),
        ({"text": "half \ud800"}, "Step 1, text: expected"),
        ({"link": "at=2&logits=nan"}, "Step 1: left out logits = nan"),
        ({"link": "at=2&lesson=1.abc"}, "Step 1: left out lesson = 1.abc"),
        ({"locked": ["x"]}, "Step 1, what is locked: names were left out"),
        ({"hidden": ["<b>"]}, "Step 1, what is hidden: names were left out"),
    ],
)
def test_what_is_wrong_is_left_out_and_said(change: dict[str, Any], said: str) -> None:
    text = json.dumps({"steps": [LESSON["steps"][0] | change, LESSON["steps"][1]]})
    packed = base64.urlsafe_b64encode(zlib.compress(text.encode())).decode().rstrip("=")
    found = Read(f"1.{packed}", ANSWERS.lessons, ANSWERS.parameters)
    assert len(found.faults) == 1
    assert said in found.faults[0]
    assert found.lesson is not None
    assert found.lesson.steps[-1].key == "mask"
    assert whole(plain(found.lesson)) == found.lesson


def test_a_bomb_is_not_unpacked_and_a_cut_link_is_known() -> None:
    bomb = zlib.compress(b" " * (4 * MOST_BYTES) + b"{}", 9)
    texts = {
        "damaged": [f"1.{base64.urlsafe_b64encode(bomb).decode()}", pack(LESSON)[:-4], "1.", "1.%"],
        "version": ["", "2." + pack(LESSON)[2:], "x"],
        "long": ["1." + "A" * LONGEST],
    }
    for reason, given_ in texts.items():
        for text in given_:
            with pytest.raises(UnpackedError) as refused:
                unpack(text)
            assert refused.value.reason == reason, text[:20]
    deep = zlib.compress(b"[" * 60_000)
    with pytest.raises(UnpackedError):
        unpack(f"1.{base64.urlsafe_b64encode(deep).decode()}")


def test_more_than_twenty_steps_are_left_out_and_it_is_said() -> None:
    texts = "The largest logit is taken away from all of them, and the shares stay as they were. "
    full = [LESSON["steps"][0] | {"text": f"{n} {texts * 3}"[:300].strip()} for n in range(21)]
    found = read({"steps": full})
    assert found.faults == [say("teach.unread_steps", most=20)]
    assert found.lesson is not None
    assert len(found.lesson.steps) == 20


# ---------------------------------------------------------------- playing


def test_a_step_opens_and_asks_and_goes_on_as_the_lesson_says() -> None:
    head, layout = told("softmax", query())
    assert head["at"] == 1
    assert head["notices"] == []
    pages = ["softmax", "overflow", "softmax", "start", "start", "start"]
    assert [step["page"] for step in layout["steps"]] == pages
    assert layout["steps"][0]["text"] == "Ça <b>va</b>?"
    assert "logits=3%2C1%2C-7" in head["link"]

    head, layout = told("softmax", query(set="at:3"))
    assert head["at"] == 3
    assert {key: head["question"][key] for key in OWN} == OWN
    assert layout["steps"][2]["locks"] == ["logits"]

    head, _ = told("overflow", query(at=2))
    own, _ = told("overflow", "at=8")
    texts = ("text", "options", "right", "reasons")
    assert [head["question"][key] for key in texts] == [own["question"][key] for key in texts]

    head, layout = told("start", query(at=4))
    assert layout["steps"][3]["hides"] == ["exp"]
    assert layout["steps"][3]["times"] == 3
    _, columns = unpacked(ANSWERS.numbers("start", query(at=4)).body)
    _, alone = unpacked(ANSWERS.numbers("start", "at=4").body)
    own, _ = told("start", "at=4")
    assert columns[head["goal"]].tolist() == alone[own["goal"]].tolist()
    assert columns[head["goal"]].any()


def test_a_number_is_guessed_of_a_card_that_is_covered_and_seen() -> None:
    head, layout = told("start", query(at=5))
    assert head["question"] == GUESS | {"key": "own", "kind": "number"}
    step = layout["steps"][4]
    assert step["covers"] == ["loss-naive"]
    assert "loss-naive" in step["shows"]
    assert step["hides"] == []
    assert step["task"] == GUESS["text"]
    # Of a card that the picture does not have, or that shows no number, nothing is asked.
    for page, link, of in (("start", "at=1", "elsewhere"), ("likelihood", "at=3", "animal")):
        steps = [{"page": page, "link": link, "kind": "predict", "guess": GUESS | {"of": of}}]
        head, _ = told(page, f"lesson={whole({'steps': steps}).packed}")
        assert "question" not in head


def test_a_goal_of_ones_own_is_met_where_mathematics_says() -> None:
    head, layout = told("start", query(at=6, logits="11,8,6"))
    assert (layout["steps"][5]["task"], layout["steps"][5]["done"]) == (GOAL["text"], "Reached.")
    now, _ = ANSWERS.read("start", query(at=6, logits="11,8,6"))
    slider = built("start", now)[0][0].sliders[1]
    _, columns = unpacked(ANSWERS.numbers("start", query(at=6, logits="11,8,6")).body)
    met = columns[head["goal"]][1, : len(slider.values)]
    expected = []
    for value in slider.values:
        logits = [11.0, value, 6.0]
        exps = [mpmath.exp(mpmath.mpf(float(np.float16(z)))) for z in logits]
        broken = max(exps) < 65520 <= mpmath.fsum(exps)  # it alone makes -log(x / inf)
        p = mpmath.exp(logits[0]) / mpmath.fsum(map(mpmath.exp, logits))
        expected.append(broken and p > 0.9)
    assert met.tolist() == expected
    assert 0 < met.sum() < 5
    found = judged(ANSWERS, "start", query(at=6, logits="11,8.7,6"))
    assert (found.met, found.x, found.y) == (True, 11.0, 8.7)


@pytest.mark.parametrize(
    ("page", "link", "logits", "loss"),
    [
        ("overflow", "at=9&cell=float16.naive", "12,0", "nan"),
        ("overflow", "at=9&cell=float32.naive", "12,0", "finite"),
        ("overflow", "at=2&cell=float16.shifted", "-18,0", "inf"),
        ("softmax", "at=8&format=float16", "12,0", "nan"),
        ("softmax", "at=8&format=float16&temperature=2", "12,0", "finite"),
        ("softmax", "at=4&format=float16&shift=8", "5,0", "nan"),
        ("start", "at=6&format=float64", "709,0", "finite"),
        ("start", "at=6&format=float64", "710,0", "nan"),
    ],
)
def test_a_goal_is_about_the_numbers_of_its_picture(
    page: str, link: str, logits: str, loss: str
) -> None:
    form = "shifted" if "shifted" in link else "naive"
    for asked in ("nan", "inf", "finite"):
        goal = {"text": "Go", "form": form, "loss": asked}
        steps = [{"page": page, "link": f"{link}&logits={logits}", "kind": "reach", "goal": goal}]
        state = f"lesson={whole({'steps': steps}).packed}"
        assert judged(ANSWERS, page, state).met == (asked == loss)


def test_what_a_learner_sets_is_kept_in_the_lesson_and_a_file_has_no_lesson() -> None:
    now, _ = ANSWERS.read("softmax", query(set="logits.2:5"))
    assert now.logits == (3.0, 1.0, 5.0)
    back, _ = ANSWERS.read("softmax", ANSWERS.link("softmax", now) + "&set=logits.2:-7&set=at:1")
    assert back.logits == (3.0, 1.0, -7.0)
    # What the step opens with, and a link sets as it is at first, stays so.
    wide = whole({"steps": [{"page": "start", "link": "at=3&reach=100"}]})
    first, _ = ANSWERS.read("start", f"lesson={wide.packed}&reach=10")
    assert ANSWERS.read("start", ANSWERS.link("start", first)) == (first, [])
    assert first.reach == 10
    python = ANSWERS.files["python"]("softmax", query()).body.decode()
    assert "lesson=" not in python
    assert "at=2" in python


def test_a_lesson_that_has_no_such_step_here_says_so() -> None:
    head, layout = told("gradient", query(at=1))
    assert head["notices"] == [say("teach.unread_page")]
    assert layout["steps"][0]["page"] == ""
    head, _ = told("softmax", query(at=2))
    assert (head["at"], head["notices"]) == (1, [say("teach.elsewhere", n=2, instead=1)])
    for wrong in (2, 9, "x"):
        head, _ = told("softmax", query(set=f"at:{wrong}"))
        assert head["at"] == 1
        assert len(head["notices"]) == 1
    head, _ = told("softmax", "at=2&lesson=1.abc")
    assert (head["at"], head["notices"]) == (2, [say("teach.unread_damaged")])
