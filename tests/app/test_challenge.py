"""A challenge: the same ten items for a seed, each of them fair, and a code of how they went."""

import json
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.challenge.code import ITEMS, OUTCOMES, CodeError, code, plain_name, read
from lab.challenge.drawing import Item, drawn
from lab.challenge.played import Challenges
from lab.challenge.pool import POOL, Kind
from lab.challenge.seed import LETTERS, letters_of
from lab.settings import Settings
from live.parts import Columns, Instrument
from pages.main import LESSONS
from tests.app.instruments import ANSWERS

CHALLENGES = Challenges(LESSONS)
SEEDS = [letters_of(7919**n, 5) for n in range(300)]
MOST_DRAGS = 3
VECTORS = Path("tests/front/challenge.json")
OUTCOME = st.sampled_from(OUTCOMES)


def named(kind: Kind) -> str:
    return f"{kind.page}-{kind.key}"


# ---------------------------------------------------------------- what is drawn


def test_a_seed_draws_five_questions_and_five_goals_in_the_order_of_the_story() -> None:
    seen: Counter[Kind] = Counter()
    for seed in SEEDS:
        items = drawn(seed)
        kinds = [item.kind for item in items]
        assert kinds == [kind for kind in POOL if kind in kinds]
        assert Counter(kind.kind for kind in kinds) == {"predict": 5, "reach": 5}
        assert all(item.link in item.kind.links for item in items)
        seen.update(kinds)
    assert set(seen) == set(POOL)
    assert len({drawn(seed) for seed in SEEDS}) == len(SEEDS)


def test_the_same_seed_draws_the_same_for_ever() -> None:
    """A change of the pool needs another `EDITION`, and then this hash of what is drawn."""
    text = repr([[named(item.kind) + item.link for item in drawn(seed)] for seed in SEEDS])
    assert sha256(text.encode()).hexdigest()[:16] == "3964f54b06f236af"


def test_the_pool_is_of_steps_in_the_order_of_the_story() -> None:
    story = [(lesson.page, s.key, s.kind) for lesson in LESSONS for s in lesson.steps]
    places = [story.index((kind.page, kind.key, kind.kind)) for kind in POOL]
    assert places == sorted(set(places))
    assert all(len(set(kind.links)) == len(kind.links) for kind in POOL)


@pytest.mark.parametrize("text", ["", "K7Q2", "K7Q2MM", "K7Q2U", "K7Q2é", "K7Q2?", "K7\0Q2M"])
def test_what_is_no_seed_draws_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="expected 5 of the letters"):
        drawn(text)
    assert CHALLENGES.answer("start", urlencode({"seed": text})).body == b"[]"


@given(st.text())
def test_whatever_is_asked_there_are_ten_items_or_none(query: str) -> None:
    for asked in (query, urlencode({"seed": query})):
        assert len(json.loads(CHALLENGES.answer("start", asked).body)) in (0, ITEMS)


# ---------------------------------------------------------------- whether it is fair


def stands(page: str, link: str) -> tuple[Settings, Instrument, np.ndarray]:
    """Return what a link opens, and where the goal is met: an array of (sliders, positions)."""
    now, notices = ANSWERS.read(page, link)
    assert notices == []
    columns = Columns()
    instrument = ANSWERS.lessons[page].build(now, columns)[0]
    step = ANSWERS.lessons[page].steps[now.get("at") - 1]
    assert step.goal
    shape = len(instrument.sliders), max(len(slider.values) for slider in instrument.sliders)
    return now, instrument, np.broadcast_to(step.goal(now, columns), shape)


def drags(instrument: Instrument, where: np.ndarray, locked: Sequence[str]) -> list[str]:
    """Return the drags that end where something holds, one for each slider, as links have them."""
    return [
        "&" + urlencode({"set": f"{slider.id}:{slider.values[row.argmax()]}"})
        for slider, row in zip(instrument.sliders, where, strict=True)
        if row.any() and not slider.masked and slider.id.split(".")[0] not in locked
    ]


def reached(kind: Kind, link: str) -> bool:
    """Say whether a goal can be met by a drag, after drags of other sliders to their ends."""
    ways = [link]
    for _ in range(MOST_DRAGS):
        further = []
        for way in ways:
            _, instrument, met = stands(kind.page, way)
            if drags(instrument, met, kind.locked):
                return True
            lasts = [len(slider.values) - 1 for slider in instrument.sliders]
            for end in ([0] * len(lasts), lasts):
                ends = np.arange(met.shape[1]) == np.array(end)[:, None]
                further += [way + drag for drag in drags(instrument, ends, kind.locked)]
        ways = further
    return False


def asks_fairly(kind: Kind, play: str) -> None:
    now, notices = ANSWERS.read(kind.page, play)
    assert notices == []
    ask = ANSWERS.lessons[kind.page].steps[now.get("at") - 1].ask
    assert ask
    question = ask(now)
    assert len(set(question.options)) == len(question.options) == len(question.reasons)
    assert 0 <= question.right < len(question.options)


def is_a_fair_goal(kind: Kind, play: str) -> None:
    _, instrument, met = stands(kind.page, play)
    assert not any(met[s, slider.index] for s, slider in enumerate(instrument.sliders))
    assert reached(kind, play)


def is_fair(kind: Kind, link: str) -> None:
    _, play = CHALLENGES.links(Item(kind, link))
    (asks_fairly if kind.kind == "predict" else is_a_fair_goal)(kind, play)


@pytest.mark.parametrize("kind", POOL, ids=named)
def test_the_first_numbers_of_each_step_are_fair(kind: Kind) -> None:
    is_fair(kind, kind.links[0])


@pytest.mark.slow
@pytest.mark.parametrize("kind", POOL, ids=named)
def test_all_other_numbers_are_fair_too(kind: Kind) -> None:
    for link in kind.links[1:]:
        is_fair(kind, link)


@pytest.mark.parametrize("kind", [kind for kind in POOL if kind.key in ("again", "heat")])
def test_a_goal_of_several_drags_is_met_again_after_each(kind: Kind) -> None:
    for link in kind.links:
        _, way = CHALLENGES.links(Item(kind, link))
        for _ in range(3):
            _, instrument, met = stands(kind.page, way)
            way += drags(instrument, met, ())[0]


# ---------------------------------------------------------------- what the page is told


def test_the_page_is_told_ten_items_that_it_can_play_and_no_right_answer() -> None:
    body = CHALLENGES.answer("start", "seed=k7q2m&lang=en").body
    items = json.loads(body)
    assert len(items) == ITEMS
    for item, told in zip(drawn("K7Q2M"), items, strict=True):
        assert set(told) == {"page", "kind", "title", "lesson", "link", "learn"}
        now, notices = ANSWERS.read(told["page"], told["link"])
        assert notices == []
        assert now.playing
        step = now.playing.step
        assert (step.key, step.kind) == (item.kind.key, item.kind.kind)
        assert (step.hidden, step.locked) == (("presets",), item.kind.locked)
        assert len(told["link"]) < 600
        learn, _ = ANSWERS.read(told["page"], told["learn"])
        assert ANSWERS.lessons[told["page"]].steps[learn.get("at") - 1].key == item.kind.key
    assert CHALLENGES.answer("gradient", "seed=K7Q2M").body == body


# ---------------------------------------------------------------- the code


@given(st.sampled_from(SEEDS), st.text(max_size=60), st.lists(OUTCOME, min_size=10, max_size=10))
def test_a_code_is_read_again(seed: str, name: str, outcomes: list[str]) -> None:
    written = code(seed, name, outcomes)
    assert len(written) == 18
    assert read(written, name) == (seed, outcomes)
    assert read(written.replace("-", " ").lower(), f" {plain_name(name)}") == (seed, outcomes)


def test_each_wrong_letter_is_noticed() -> None:
    name = "Zoë O'Hara"
    written = code("K7Q2M", name, OUTCOMES * 2 + OUTCOMES[:2])
    for i, letter in product(range(len(written)), LETTERS):
        if written[i] not in ("-", letter):
            with pytest.raises(CodeError, match="check"):
                read(written[:i] + letter + written[i + 1 :], name)
    for i, letter in product(range(len(name)), "abz'- 7éß😀"):
        other = name[:i] + letter + name[i + 1 :]
        if plain_name(other) != plain_name(name):
            with pytest.raises(CodeError, match="check"):
                read(written, other)


@pytest.mark.parametrize("text", ["", "K7Q2M", "U" * 16, "0" * 15, "0" * 17, "é" * 16, "\0" * 16])
def test_what_is_no_code_is_told_from_a_wrong_one(text: str) -> None:
    with pytest.raises(CodeError, match="form"):
        read(text, "Ada")


def test_a_code_has_an_outcome_for_each_item() -> None:
    with pytest.raises(ValueError, match="expected 10 outcomes; got 9"):
        code("K7Q2M", "Ada", ["first"] * 9)


def test_the_page_writes_the_same_codes() -> None:
    """tests/front/challengecode.test.js holds the page to these."""
    for vector in json.loads(VECTORS.read_text()):
        assert plain_name(vector["name"]) == vector["plain"]
        assert code(vector["seed"], vector["name"], vector["outcomes"]) == vector["code"]
