"""The path of the likelihood lesson against fractions and loops over the observations."""

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from lab.lesson import Question
from lab.likelihood import CAME, COUNTS, MODEL
from lab.likelihood_path import STEPS
from lab.settings import Settings
from lab.words import say
from tests.app.instruments import ANSWERS, built, committed, take, unpacked
from tests.app.reading import Position, fill, template_of

KEYS = [step.key for step in STEPS]
WORDS = {"true": "cat", "other": "dog", "format": "float32"}
TINY = 2.0**-149  # the smallest float32


def at_step(key: str, more: str = "") -> Settings:
    return ANSWERS.read("likelihood", f"at={KEYS.index(key) + 1}{more}")[0]


def asked(key: str, more: str = "") -> Question:
    ask = STEPS[KEYS.index(key)].ask
    assert ask is not None
    return ask(at_step(key, more))


def goal(now: Settings) -> np.ndarray:
    head, columns = unpacked(ANSWERS.numbers("likelihood", ANSWERS.link("likelihood", now)).body)
    return columns[head["goal"]]


def order(counts: tuple[int, ...]) -> Iterator[int]:
    """Yield who comes: always the class that is furthest behind its share."""
    seen = [0] * len(counts)
    for k in itertools.count(1):
        behind = [Fraction(k * n, sum(counts)) - s for n, s in zip(counts, seen, strict=True)]
        chosen = behind.index(max(behind))
        seen[chosen] += 1
        yield chosen


def walk(now: Settings, length: int) -> list[tuple[int, float, float]]:
    """Return who came, the product in float32 and the sum of logs, for each that came."""
    product, logs, steps = np.float32(1), [], []
    for chosen in itertools.islice(order(now[COUNTS]), length):
        p = now[MODEL][chosen]
        product = np.float32(product * np.float32(p))
        logs.append(math.log(p))
        steps.append((chosen, float(product), math.fsum(logs)))
    return steps


# ---------------------------------------------------------------- the questions


@pytest.mark.parametrize("logits", ["1,2", "1,2,3", "1,2,3,4,5,6,7,8,9,10"])
def test_the_model_that_is_what_was_seen_is_the_most_probable(logits: str) -> None:
    question = asked("model", f"&logits={logits}")
    counts = at_step("model", f"&logits={logits}")[COUNTS]
    shares = [Fraction(n, sum(counts)) for n in counts]
    models = [[Fraction(1, len(counts))] * len(counts), shares]
    likelihoods = [math.prod(p**n for p, n in zip(m, counts, strict=True)) for m in models]
    assert likelihoods[1] > likelihoods[0] > 0
    assert question.options[question.right] == say("likelihood.model_shares")
    times = likelihoods[1] / likelihoods[0]
    assert f"{float(times):.3g} times" in question.reasons[1]
    assert question.shown[MODEL] == pytest.approx([float(share) for share in shares])


def test_a_link_s_counts_leave_one_right_answer() -> None:
    for counts in ("7,0,0", "2,2,2", "0,0,513", "1,1,4", "1000,1,1"):
        question = asked("model", f"&counts={counts}")
        seen = question.shown[COUNTS]
        assert question.right == 1
        assert 0 < seen[0] == max(seen) > min(seen)
        assert sum(n > 0 for n in seen) > 1


def test_after_how_many_the_product_is_0() -> None:
    now = at_step("come")
    steps = walk(now, 200)
    zero_at = next(k for k, (_, product, _) in enumerate(steps, 1) if product == 0)
    question = asked("come")
    numbers = [int(option) for option in question.options[:-1]]
    right = min(numbers, key=lambda n: abs(math.log(n / zero_at)))
    assert question.options[question.right] == str(right)
    assert f"Animal {zero_at} " in question.reasons[question.right]
    # What the wrong answers are told: how small the product is then, and what there is below 1.
    early = numbers[0]
    depth = -math.log10(steps[early - 1][1])
    assert question.reasons[0] == say(
        "likelihood.when_early", number=early, decades=f"{depth:.0f}", format="float32", floor="45"
    )
    assert f"about {-steps[99][2] / 100 / math.log(10):.2g} powers" in question.reasons[2]
    assert steps[question.shown[CAME] - 1][1] == 0
    assert question.shown[CAME] > zero_at


def test_where_the_product_never_is_0_never_is_right() -> None:
    question = asked("come", "&counts=1,0,0&model=1,0,0")
    assert question.options[question.right] == say("likelihood.when_never")


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float64", "float8_e5m2"])
def test_other_formats_are_asked_for_as_well(name: str) -> None:
    question = asked("come", f"&format={name}")
    numbers = [int(option) for option in question.options[:-1]]
    assert question.right < len(numbers)
    assert len(set(question.options)) == 4
    assert len(question.reasons) == 4


# ---------------------------------------------------------------- the goals


def test_no_more_is_gained_where_the_likelihood_is_99_percent_of_the_most() -> None:
    now = at_step("fit")
    (instrument,), columns = built("likelihood", now)
    met = goal(now)
    most = math.prod((Fraction(n, 10)) ** n for n in now[COUNTS])
    for s, slider in enumerate(instrument.sliders):
        for k, value in enumerate(slider.values):
            rest = 1 - now[MODEL][s]
            model = [value if j == s else (1 - value) * p / rest for j, p in enumerate(now[MODEL])]
            likelihood = math.prod(p**n for p, n in zip(model, now[COUNTS], strict=True))
            share = likelihood / float(most)
            assert columns["likelihood"][s, k] == pytest.approx(likelihood, rel=1e-12)
            assert columns["percent"][s, k] == pytest.approx(100 * share, rel=1e-9)
            assert met[s, k] == (share >= 0.99), (s, value)
    # One drag of the class that is wrong gets there, and to the very top.
    assert columns["percent"][0, 50] == pytest.approx(100, rel=1e-12)


def test_one_single_animal_is_the_goal_and_its_loss_is_one_term() -> None:
    assert not goal(at_step("each")).any()
    now = at_step("each", "&counts=1,1,0")
    (instrument,), columns = built("likelihood", now)
    met = goal(now)
    (s, k), *others = np.argwhere(met)
    assert not others
    assert (instrument.sliders[s].id, instrument.sliders[s].values[k]) == ("counts.1", 0)
    assert columns["cross_entropy"][s, k] == pytest.approx(-math.log(0.5), rel=1e-12)
    assert columns["parts"][s, k].tolist() == [columns["cross_entropy"][s, k], 0, 0]
    at: Position = (int(s), int(k))
    told = instrument.sentences[0]
    assert template_of(told, at) == say("likelihood.told_one_hot", **WORDS)
    assert "−ln 0.5 = 0.693" in fill(told, at)


# ---------------------------------------------------------------- what is seen and said


def test_animal_after_animal_is_the_product_and_the_sum() -> None:
    now = at_step("log")
    (instrument,), columns = built("likelihood", now)
    (slider,) = instrument.sliders
    steps = walk(now, len(slider.values))
    told = instrument.sentences[0]
    for k, (chosen, product, log) in enumerate(steps):
        assert slider.values[k] == columns["came"][0, k] == k + 1
        assert columns["which"][0, k] == chosen
        assert columns["product"][0, k] == product
        assert columns["sum_of_logs"][0, k] == pytest.approx(log, rel=1e-12)
        piece = "sum" if product == 0 else "both"
        assert template_of(told, (0, k)) == say(f"likelihood.told_{piece}", format="float32")
        line, drawn = columns["product_line"][0, k], columns["product_y"][0, k]
        assert np.isfinite(line[: k + 1]).all()
        assert np.isnan(line[k + 1 :]).all()
        assert line[k] == drawn
        if product:
            assert drawn == pytest.approx(math.log10(product), abs=0.2)
        else:  # 0 is drawn below everything else
            assert drawn < min(columns["sum_y"].min(), math.log10(TINY)) - 1
    assert steps[-1][1] == 0
    assert now[CAME] == len(steps)


def test_the_sum_is_not_seen_before_its_step() -> None:
    _, columns = built("likelihood", at_step("come"))
    assert np.isnan(columns["sum_y"]).all()
    assert "sum-of-logs" not in STEPS[KEYS.index("come")].shows


def test_both_pictures_of_what_comes_have_one_layout() -> None:
    tags = {
        ANSWERS.layout("likelihood", ANSWERS.link("likelihood", at_step(key))).tag
        for key in ("come", "log")
    }
    assert len(tags) == 1


def test_the_bits_are_what_cannot_be_saved_and_the_price() -> None:
    now = at_step("code")
    assert now[MODEL] == (0.25, 0.25, 0.5)
    (instrument,), columns = built("likelihood", now)
    at = committed(instrument)
    shares = [0.5, 0.3, 0.2]
    entropy = -math.fsum(q * math.log2(q) for q in shares)
    found = {name: columns[name][at] for name in ("cross_entropy", "entropy", "price")}
    # Words of 2, 2 and 1 bits.
    expected = {"cross_entropy": 1.8, "entropy": entropy, "price": 1.8 - entropy}
    assert found == pytest.approx(expected, rel=1e-12)
    assert columns["parts"][at] == pytest.approx([1.0, 0.6, 0.2], rel=1e-12)


def test_what_is_said_is_short() -> None:
    for key in KEYS[:-1]:
        (instrument,), _ = built("likelihood", at_step(key))
        for piece in instrument.sentences[0].pieces:
            assert len(piece.split()) <= 45, piece


def test_a_link_with_numbers_and_no_step_opens_the_free_instrument() -> None:
    now, _ = ANSWERS.read("likelihood", "counts=1,2,3")
    assert KEYS[now.get("at") - 1] == "free"
    assert take(now, "at", 1, "likelihood")[COUNTS] == (5, 3, 2)
