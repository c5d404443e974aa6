"""A state is judged as mathematics judges it, and as the player shows it, whoever sends it."""

import math
from collections.abc import Sequence
from urllib.parse import urlencode

import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from lab.judging import judged, state_in
from tests.app.instruments import ANSWERS, built, unpacked

REACH = [
    (page, n, step.key)
    for page, lesson in ANSWERS.lessons.items()
    for n, step in enumerate(lesson.steps, 1)
    if step.kind == "reach"
]
LARGEST = 65520  # from here on a number is stored as inf in float16: 65504 and half a step
SMALLEST = 2.0**-25  # up to here it is stored as 0: half the smallest one
PARTS = (
    *("logits=1e300,-1e300", "logits=-inf,-inf,-inf", "shift=1e300", "target=2", "names=a,b,c"),
    *("x=-1e300", "dose=1e300", "counts=0,0,1000", "model=0,0,1", "temperature=0.01", "reach=1000"),
    *("rate=100", "step=60", "at=3", "set=at:2", "set=logits.0:nan", "cell=float16.lse"),
)
STATES = st.text(max_size=40) | st.lists(st.sampled_from(PARTS)).map("&".join)
SCORES = st.lists(st.integers(-200, 200).map(lambda n: n / 10), min_size=2, max_size=5)


def stands(page: str, step: str, logits: Sequence[float], **others: object) -> bool:
    at = next(n for where, n, key in REACH if (where, key) == (page, step))
    link = {"at": at, "logits": ",".join(map(str, logits))} | others
    return judged(ANSWERS, page, urlencode(link)).met


def stored(logits: Sequence[float]) -> list[mpmath.mpf]:
    """Return logits as float16 has them, exactly."""
    return [mpmath.mpf(float(np.float16(z))) for z in logits]


# ---------------------------------------------------------------- by mathematics


@given(SCORES)
@example([11.0, 8.0])
@example([11.1, 8.0])
def test_exp_of_the_true_class_is_inf_in_float16(logits: list[float]) -> None:
    assert stands("start", "drag", logits) == (mpmath.exp(stored(logits)[0]) >= LARGEST)


@given(SCORES)
@examples(max_examples=30)
@example([11.0, 8.6, 6.0])
def test_the_sum_alone_is_inf_in_float16(logits: list[float]) -> None:
    exps = [mpmath.exp(z) for z in stored(logits)]
    total = mpmath.fsum(exps)
    assume(abs(total / LARGEST - 1) > 0.002)  # each of the exps was rounded
    assert stands("overflow", "sum", logits) == (max(exps) < LARGEST <= total)


@given(SCORES)
@examples(max_examples=30)
@example([-16.0, 1.0, 0.0])
def test_the_largest_subtracted_does_not_save_a_probability_that_rounds_to_0(
    logits: list[float],
) -> None:
    exps = [mpmath.exp(z) for z in stored(logits)]
    p = exps[0] / mpmath.fsum(exps)
    away = mpmath.exp(stored(logits)[0] - max(stored(logits)))
    # What is subtracted is rounded to float16, too, and so is exp of it.
    assume(all(abs(mpmath.log(q / SMALLEST)) > 0.1 for q in (p, away)))
    assert stands("overflow", "still", logits) == (p < SMALLEST)


@given(st.integers(-150, 150).map(lambda n: n / 10))
def test_a_sigmoid_is_0_99_or_it_is_not(x: float) -> None:
    share = 1 / (1 + mpmath.exp(-mpmath.mpf(x)))
    at = next(n for page, n, key in REACH if (page, key) == ("sigmoid", "squash"))
    assert judged(ANSWERS, "sigmoid", f"at={at}&x={x}").met == (share >= mpmath.mpf("0.99"))


# ---------------------------------------------------------------- as the player shows it


@pytest.mark.parametrize(("page", "n", "key"), REACH)
def test_what_the_player_says_along_a_drag_is_said_of_the_state_it_leads_to(
    page: str, n: int, key: str
) -> None:
    opened, _ = ANSWERS.read(page, f"at={n}")
    assert not judged(ANSWERS, page, f"at={n}").met, key
    head, columns = unpacked(ANSWERS.numbers(page, f"at={n}").body)
    sliders = built(page, opened)[0][0].sliders
    goal = columns[head["goal"]]
    places = [
        (s, k)
        for s, slider in enumerate(sliders)
        for k in np.linspace(0, len(slider.values) - 1, 7).astype(int).tolist()
        if len(slider.values) > 1 and goal.size > 1
    ]
    for s, k in places:
        moved = sliders[s].id
        value = k if moved == "map" else repr(float(sliders[s].values[k]))  # a place, by its number
        state, _ = ANSWERS.read(page, urlencode({"at": n, "set": f"{moved}:{value}"}))
        found = judged(ANSWERS, page, ANSWERS.shared(page, state)).met
        shown = bool(goal[s, k])
        # One goal is about the slider that is dragged, and another may already stand there.
        assert found >= shown if key == "again" else found == shown, (moved, k)


def test_a_flipped_switch_is_a_state() -> None:
    for page, key in (("start", "subtract"), ("bugs", "repair")):
        at = next(n for where, n, step in REACH if (where, step) == (page, key))
        name = "subtract" if page == "start" else "repaired"
        assert [judged(ANSWERS, page, f"at={at}&{name}={on}").met for on in (0, 1)] == [False, True]


# ---------------------------------------------------------------- whoever sends it


@given(STATES, st.sampled_from(REACH))
@examples(max_examples=40)
def test_any_text_is_a_state_that_lies_somewhere(text: str, step: tuple[str, int, str]) -> None:
    page, n, _ = step
    found = judged(ANSWERS, page, state_in(f"at={n}", "", text))
    assert type(found.met) is bool
    assert math.isfinite(found.x)
    assert math.isfinite(found.y)


def test_a_state_lies_where_its_logits_are_and_a_masked_one_at_the_end() -> None:
    found = judged(ANSWERS, "softmax", "at=3&logits=1,-inf,7,3&target=3&shift=2")
    assert (found.x, found.y) == (5.0, 9.0)
    found = judged(ANSWERS, "overflow", "at=3&logits=-inf,-inf")
    assert found.x == found.y < -1
    found = judged(ANSWERS, "sigmoid", "at=6&x=-3&other=2")
    assert (found.x, found.y) == (-3.0, 2.0)
    assert judged(ANSWERS, "softmax", "at=6&temperature=4").x == 4.0


def test_a_learner_names_neither_the_step_nor_the_lesson() -> None:
    for cheat in ("at=3&subtract=1", "set=at:3&set=subtract:1", "at=3&subtract=1&lesson=1.x"):
        assert judged(ANSWERS, "start", cheat.replace("&lesson=1.x", "")).met
        assert not judged(ANSWERS, "start", state_in("at=1&logits=12,8,6", "", cheat)).met
    for cheat in ("at=3", "set=at:3", "lesson=1.x&at=3", "seen=x&at=99"):
        assert judged(ANSWERS, "start", state_in("at=1", "", f"logits=12,8,6&{cheat}")).met
