"""The steps of the gradient lesson against SciPy and scalar loops."""

import json
import math
import zlib

import numpy as np
import pytest
import scipy.special
import scipy.stats

from lab.gradient import RATE, SMOOTHING, STEP
from lab.lesson import Question
from lab.parameters import AT
from lab.settings import Settings
from lab.words import say
from live.parts import Instrument
from pages.gradient import MAP, STEPS
from tests.app.instruments import ANSWERS, built, many, take, unpacked
from tests.app.reading import Columns, Position, template_of

KEYS = [step.key for step in STEPS]
STORY = KEYS[:-1]


def at_step(key: str) -> Settings:
    return ANSWERS.read("gradient", f"at={KEYS.index(key) + 1}")[0]


def question(key: str, now: Settings) -> Question:
    asks = STEPS[KEYS.index(key)].ask
    assert asks is not None
    return asks(now)


def build(now: Settings) -> tuple[Instrument, Columns, np.ndarray]:
    """Build the picture; return its columns in their full shape, and where the goal is met."""
    (instrument,), columns = built("gradient", now)
    head, sent = unpacked(ANSWERS.numbers("gradient", ANSWERS.link("gradient", now)).body)
    shape = columns["z"].shape[:2]
    full = {
        name: np.broadcast_to(column, (*shape, *column.shape[2:]))
        for name, column in columns.items()
        if column.shape[:2] in ((1, 1), shape)
    }
    return instrument, full, np.broadcast_to(sent[head["goal"]], shape)


def walk(z: list[float], rate: float, steps: int, y: list[float]) -> list[float]:
    """Return the losses of gradient descent, one number at a time."""
    found = []
    for _ in range(steps + 1):
        whole = math.log(math.fsum(map(math.exp, z)))
        found.append(math.fsum(q * (whole - x) for q, x in zip(y, z, strict=True)))
        z = [x - rate * (math.exp(x - whole) - q) for x, q in zip(z, y, strict=True)]
    return found


def here(now: Settings, instrument: Instrument) -> list[tuple[Position, Settings]]:
    """Return some positions of all sliders but the map's, and the settings that they stand for."""
    return [
        ((s, k), take(now, slider.id, slider.values[k], "gradient"))
        for s, slider in enumerate(instrument.sliders)
        if slider.id != MAP
        for k in {0, min(13, len(slider.values) - 1), slider.index, len(slider.values) - 1}
    ]


# ---------------------------------------------------------------- the questions


@pytest.mark.parametrize("classes", range(2, 11))
def test_the_loss_of_even_scores_is_the_entropy_of_even_shares(classes: int) -> None:
    now = many(classes, logits=(0.0,) * classes, at=1)
    asked = question("even", now)
    assert asked.options[asked.right] == f"{scipy.stats.entropy([1 / classes] * classes):.4f}"
    bits = asked.reasons[2]
    assert bits == say("gradient.even_bits_why", classes=classes)
    assert asked.options[2] == f"{math.log2(classes):.4f}"


@pytest.mark.parametrize(
    "logits", [(2.0, 1.0, 0.1), (-3.0, 4.0, 1.0, 0.0), (1.0, -2.0), (0.0,) * 10]
)
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_what_is_pulled_most_is_what_scipy_finds(
    logits: tuple[float, ...], smoothing: float
) -> None:
    for target in range(min(len(logits), 3)):
        now = many(len(logits), logits=logits, target=target, smoothing=smoothing, at=2)
        asked = question("pull", now)
        label = np.full(len(logits), smoothing / len(logits))
        label[target] += 1 - smoothing
        size = np.abs(scipy.special.softmax(logits) - label)
        chosen = asked.options[asked.right]
        alike = size.max() - size.min() < 1e-9
        expected = say("gradient.pull_alike") if alike else now.names[int(size.argmax())]
        assert chosen == expected, now
        assert len(set(asked.options)) == len(asked.options)


def test_the_slope_through_the_naive_form_is_nan_and_the_fused_one_teaches() -> None:
    now = at_step("sure")
    asked = question("sure", now)
    p = scipy.special.softmax(np.array(now.logits, np.float32))
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = -1 / p[0] * (p[0] * (1 - p[0]))
    assert asked.options[asked.right] == f"{slope:g}"
    instrument, columns, _ = build(asked.shown)
    at = len(instrument.sliders) - 1, 0
    assert np.isnan(columns["slope_naive"][at])
    assert columns["loss_naive"][at] == math.inf
    assert columns["slope_fused"][at] == -1
    assert columns["loss_fused"][at] == 120


def test_the_naive_curve_ends_where_its_probability_is_0() -> None:
    now = at_step("sure")
    (instrument,), columns = built("gradient", now)
    names = ("along", "along_naive", "along_fused")
    along, naive, fused = (columns[name].ravel() for name in names)
    for z, slope, held in zip(along, naive, fused, strict=True):
        if z > 80:
            continue  # its exp overflows
        exps = [np.float32(math.exp(x)) for x in (z, 60.0, 0.0)]
        with np.errstate(all="ignore"):
            back = np.float32(1) / (exps[0] / np.float32(sum(exps)))
        assert np.isnan(slope) == np.isinf(back), z
        p = scipy.special.softmax([z, 60.0, 0.0])[0]
        assert held == pytest.approx(p - 1, abs=1e-5), z
    figure = next(figure for figure in instrument.figures if figure.part == "forms")
    assert figure.of == ["logits.0"]  # of all others the curves would be other ones


# ---------------------------------------------------------------- the goals


def test_a_rate_is_good_where_a_slow_walk_gets_down_in_ten_steps() -> None:
    now = at_step("downhill")
    instrument, _, met = build(now)
    ids = [slider.id for slider in instrument.sliders]
    rates = instrument.sliders[ids.index(RATE.key)]
    assert not met[ids.index(RATE.key)].any()  # no rate helps before a step
    assert instrument.sliders[ids.index(STEP.key)].values[-1] == 10
    reached = []
    for value in rates.values[::7]:
        _, after, there = build(now.put(rate=value, step=10))
        slow = walk(list(now.logits), value, 10, [1.0, 0.0, 0.0])
        for k in range(11):
            assert after["loss"][-1, k] == pytest.approx(slow[k], rel=1e-7), (value, k)
            assert there[-1, k] == (slow[k] < 0.05), (value, k)
        reached.append(slow[10] < 0.05)
    assert True in reached
    assert False in reached
    first = walk(list(now.logits), 1.0, 10, [1.0, 0.0, 0.0])
    assert min(first) > 0.05  # the rate that it opens is too small


def test_every_place_of_the_map_is_reached_and_lets_go_there() -> None:
    now = at_step("map")
    instrument, columns, met = build(now)
    row = [slider.id for slider in instrument.sliders].index(MAP)
    count = len(instrument.sliders[row].values)
    assert count == 31**2
    places = set()
    for k in range(count):
        u, v = float(columns["u"][row, k]), float(columns["v"][row, k])
        loss = math.log1p(math.exp(-u) + math.exp(v - u))  # the third score is subtracted
        assert columns["loss"][row, k] == pytest.approx(loss, rel=1e-7)
        assert met[row, k] == (loss < 0.01)
        places.add((round(u, 6), round(v, 6)))
    assert len(places) == count
    assert (min(places), max(places)) == ((-7.5, -7.5), (7.5, 7.5))
    for k in (0, 17, 480, count - 1):
        after = take(now, MAP, k, "gradient")
        assert after.logits[:2] == pytest.approx((columns["u"][row, k], columns["v"][row, k]))
        assert after.logits[2] == now.logits[2]
        again, moved, _ = build(after)
        assert again.sliders[row].index == k
        assert moved["loss"][row, k] == pytest.approx(columns["loss"][row, k], rel=1e-9)
    assert take(now, MAP, instrument.sliders[row].index, "gradient") == now
    for text in ("-1", str(count), "x", "1.5", ""):
        with pytest.raises(ValueError, match="map"):
            take(now, MAP, text, "gradient")


def test_the_line_on_the_map_is_a_step_downhill() -> None:
    now = at_step("map")
    _, columns, _ = build(now)
    z = np.array(now.logits)
    after = z - 4 * (scipy.special.softmax(z) - [1, 0, 0])
    for name, i in (("u", 0), ("v", 1)):
        start, end = columns[f"ahead_{name}"][-1, 0]
        assert (start, end) == pytest.approx((z[i] - z[2], after[i] - after[2]), abs=0.02)


def test_only_what_is_added_to_all_makes_the_raw_score_a_prize() -> None:
    now = at_step("raw")
    instrument, columns, met = build(now)
    for s, slider in enumerate(instrument.sliders):
        for k, value in enumerate(slider.values):
            assert met[s, k] == (slider.id == "shift" and -(2 + value) < -100), (slider.id, value)
    row = [slider.id for slider in instrument.sliders].index("shift")
    assert np.ptp(columns["loss"][row]) < 1e-8
    elsewhere = now.put(logits=(150.0, 1.0, 0.1))  # a score that was dragged, and let go of
    assert not build(elsewhere)[2][0].any()


# ---------------------------------------------------------------- the numbers and the words


@pytest.mark.parametrize("key", STORY)
def test_the_numbers_are_those_of_scipy(key: str) -> None:
    now = at_step(key)
    instrument, columns, _ = build(now)
    for at, there in here(now, instrument):
        classes = len(there.logits)
        y = np.full(classes, there[SMOOTHING] / classes)
        y[there.target] += 1 - there[SMOOTHING]
        z = np.array(there.logits) + there.shift
        for _ in range(there[STEP]):
            z = z - there[RATE] * (scipy.special.softmax(z) - y)
        p = scipy.special.softmax(z)
        np.testing.assert_allclose(columns["z"][at], z, rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(columns["p"][at], p, rtol=1e-7, atol=1e-12)
        np.testing.assert_allclose(columns["slope"][at], p - y, rtol=1e-7, atol=1e-9)
        loss = -(y * scipy.special.log_softmax(z)).sum()
        assert columns["loss"][at] == pytest.approx(loss, rel=1e-8, abs=1e-12)
        assert columns["floor"][at] == pytest.approx(scipy.stats.entropy(y), rel=1e-8, abs=1e-12)
        assert columns["raw"][at] == pytest.approx(-z[there.target], rel=1e-8)
        arrow = columns["arrow"][at] - z
        if key != "raw":  # whose scores lie far outside of what is drawn, and which shows none
            long = np.abs(p - y) > 0.05
            np.testing.assert_array_equal(np.sign(arrow[long]), np.sign((y - p)[long]))


FIRST = scipy.special.softmax([2.0, 1.0, 0.1])
# What each sentence claims, of the numbers where it stands and whether the goal is met there.
TOLD = {
    "walked": lambda at, _: at["step"] > 0,
    "rested": lambda at, met: met and at["floor"] == 0,
    "bottom": lambda at, _: 0 < at["loss"] < 0.01 and at["floor"] == 0,
    "smoothed": lambda at, _: at["floor"] > 0 and at["loss"] >= at["floor"] - 1e-9,
    "plain": lambda at, _: at["loss"] > at["floor"] == 0,
    "same": lambda at, _: np.abs(at["p"] - FIRST).max() < 2e-6,
    "other": lambda at, _: np.abs(at["p"] - FIRST).max() > 1e-7,
}


@pytest.mark.parametrize("key", ["downhill", "map", "smoothing", "raw"])
def test_what_is_told_is_true(key: str) -> None:
    said = {say(f"gradient.told_{name}", true="cat"): name for name in TOLD}
    seen = set()
    for now in (at_step(key), at_step(key).put(smoothing=0.0), at_step(key).put(rate=20.0, step=4)):
        instrument, columns, met = build(now)
        for s, slider in enumerate(instrument.sliders):
            for k in range(0, len(slider.values), 5):
                name = said.get(template_of(instrument.sentences[0], (s, k)), "")
                numbers = {column: values[s, k] for column, values in columns.items()}
                assert not name or TOLD[name](numbers, met[s, k]), (name, slider.id, k)
                seen.add(name)
    expected = {
        "downhill": {"", "walked", "rested"},
        "map": {"", "bottom"},
        "smoothing": {"smoothed", "plain"},
        "raw": {"", "same", "other"},
    }
    assert seen == expected[key]


def test_a_larger_rate_is_only_faster_without_smoothing_and_not_with_it() -> None:
    """So the sentences of two steps say."""
    z = [-3.0, 1.0, 1.0]
    ends = [walk(z, rate, 3, [1.0, 0.0, 0.0])[-1] for rate in (0.1, 0.5, 1.0, 4.0, 20.0, 100.0)]
    assert ends == sorted(ends, reverse=True)
    smoothed = walk([2.0, 1.0, 0.1], 20.0, 1, [1 - 0.1 + 0.1 / 3, 0.1 / 3, 0.1 / 3])
    assert smoothed[1] > smoothed[0]


# ---------------------------------------------------------------- what is sent


def test_all_steps_of_the_picture_have_one_layout_and_stay_light() -> None:
    layouts = set()
    for key in STORY:
        link = ANSWERS.link("gradient", at_step(key))
        layouts.add(json.loads(ANSWERS.layout("gradient", link).body)["hash"])
        body = ANSWERS.numbers("gradient", link).body
        assert len(zlib.compress(body)) < 100_000, key
    assert len(layouts) == 1


def test_a_link_of_each_step_reopens_it() -> None:
    for key in KEYS:
        now = at_step(key)
        assert ANSWERS.read("gradient", ANSWERS.link("gradient", now))[0] == now
        assert take(now, "at", KEYS.index(key) + 1, "gradient") == now
    assert ANSWERS.read("gradient", "logits=1,2,3")[0][AT] == len(KEYS)


@pytest.mark.parametrize("classes", [2, 5, 10])
def test_other_numbers_of_classes_have_every_step(classes: int) -> None:
    masked = (*range(classes - 1), -math.inf)
    for logits in (tuple(map(float, range(classes))), masked, (-math.inf,) * classes):
        for i, step in enumerate(STEPS):
            now = many(classes, logits=tuple(map(float, logits)), target=classes - 1, at=i + 1)
            body = ANSWERS.numbers("gradient", ANSWERS.link("gradient", now)).body
            assert unpacked(body)[0]["at"] == i + 1, step.key
