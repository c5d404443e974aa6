"""The likelihood lesson against plain loops over the observations."""

import math
import zlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache, partial
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ce_core.formats import EVERYDAY, FORMATS
from lab.likelihood import COUNTS, FIRST_COUNTS, LIMIT, MODEL, first_model, share
from lab.settings import Settings
from lab.words import say
from live.parts import Instrument
from pages import likelihood
from pages.likelihood import SHOWN
from tests.app import instruments
from tests.app.instruments import (
    ANSWERS,
    assert_drawn,
    built,
    committed,
    some_positions,
    take,
)
from tests.app.reading import Columns, Position, fill, template_of

# What is only drawn, and so only right to the pixel: the axes.
SHARES, NATS, POWERS = (-0.02, 1.02), (0.0, 4.0), (-345.0, 15.0)


# The free instrument is the last step of the path.
settings = partial(instruments.settings, at=len(likelihood.STEPS))
many = partial(instruments.many, at=len(likelihood.STEPS))


@cache  # no test changes what it made
def build(now: Settings) -> tuple[Instrument, Columns]:
    (instrument,), columns = built("likelihood", now)
    return instrument, columns


SEEN_BUT_RULED_OUT = settings(counts=(1, 0, 4), model=(0.25, 0.75, 0.0), target=2)
ONE_CLASS = settings(counts=(0, 7, 0), model=(0.5, 0.25, 0.25), target=1)
CERTAIN = settings(counts=(0, 1000, 0), model=(0.0, 1.0, 0.0), format="float64")
TWO = many(2, target=1, names=("a", "b"), counts=(40, 2), model=(0.97, 0.03))
FEW = {
    "three": settings(),
    "two": TWO,
    "ruled out": SEEN_BUT_RULED_OUT,
    "one class": ONE_CLASS,
    "certain": CERTAIN,
}


# ---------------------------------------------------------------- by hand


def table_row(start: Settings, instrument: Instrument, at: Position) -> tuple[list, list]:
    """Return the counts and the model where one slider was moved."""
    classes, (s, k) = len(start.logits), at
    counts, model = list(start[COUNTS]), list(start[MODEL])
    value = instrument.sliders[s].values[k]
    if s < classes:
        counts[s] = int(value)
    else:
        j = s - classes
        rest = sum(model) - model[j]
        model = [
            value if i == j else (1 - value) * (p / rest if rest else 1 / (classes - 1))
            for i, p in enumerate(model)
        ]
    return counts, [p / sum(model) for p in model]


def order(counts: Sequence[int]) -> Iterator[int]:
    """Yield observations without end: the next is of the class that is most overdue."""
    total, came, k = sum(counts), [0] * len(counts), 0
    while True:
        k += 1
        due = [k * n - total * c for n, c in zip(counts, came, strict=True)]
        chosen = due.index(max(due))
        came[chosen] += 1
        yield chosen


def products(model: Sequence[float], counts: Sequence[int], name: str) -> Iterator[float]:
    """Yield the product after each observation, rounded to the format at every factor.

    Two numbers of at most 24 bits have a product of at most 48, which a Python float holds.
    """
    dtype = FORMATS[name].dtype.type
    with np.errstate(all="ignore"):
        factors = [float(dtype(p)) for p in model]
        product = 1.0
        for observed in order(counts):
            product = float(dtype(product * factors[observed]))
            yield product


def product_of_all(model: Sequence[float], counts: Sequence[int], name: str) -> float:
    return list(islice(products(model, counts, name), sum(counts)))[-1]


def first_zero(model: Sequence[float], counts: Sequence[int], name: str) -> int:
    """Return the number of the observation that makes the product 0; 0 if none does."""
    made = islice(products(model, counts, name), LIMIT)
    return next((k for k, product in enumerate(made, start=1) if product == 0), 0)


def mean_log(shares: Sequence[float], model: Sequence[float]) -> float:
    """Return the sum of shares * ln model; 0 * ln 0 is 0."""
    terms = [q * (math.log(p) if p else -math.inf) for q, p in zip(shares, model, strict=True) if q]
    return math.fsum(terms)


# ---------------------------------------------------------------- the numbers


def test_the_sums_are_those_of_a_loop_over_the_classes() -> None:
    for case, start in FEW.items():
        instrument, columns = build(start)
        for at in some_positions(instrument):
            counts, model = table_row(start, instrument, at)
            total = sum(counts)
            shares = [n / total for n in counts]
            crossed, entropy = -mean_log(shares, model), -mean_log(shares, shares)
            expected = {
                "total": total,
                "log_likelihood": mean_log(counts, model),
                "cross_entropy": crossed,
                "cross_entropy_bits": crossed / math.log(2),
                "bits_in_all": total * crossed / math.log(2),
                "entropy": entropy,
                "entropy_bits": entropy / math.log(2),
                "kl": crossed - entropy,
                "kl_bits": (crossed - entropy) / math.log(2),
            }
            found = {name: columns[name][at] for name in expected}
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-12), (case, at)
            np.testing.assert_array_equal(columns["counts"][at], counts)
            np.testing.assert_allclose(columns["observed"][at], shares, rtol=1e-14)
            np.testing.assert_allclose(columns["model"][at], model, rtol=1e-14)
            log_made = mean_log(shares, model) / math.log(10) * likelihood._MADE  # noqa: SLF001
            assert_drawn(columns["made"][at], log_made, *POWERS, (case, at), 256)


@pytest.mark.parametrize("name", EVERYDAY)
def test_the_product_is_that_of_a_loop_over_the_observations(name: str) -> None:
    for case, start in FEW.items():
        instrument, columns = build(start)
        zero_at = columns[f"zero_at_{name}"]
        for at in some_positions(instrument, step=25):
            counts, _ = table_row(start, instrument, at)
            model = columns["model"][at].tolist()
            product = product_of_all(model, counts, name)
            assert columns[f"product_{name}"][at] == product, (case, at)
            assert zero_at[at] == first_zero(model, counts, name), (case, at)
        if name in SHOWN:
            points = columns[f"zero_x_{name}"]
            np.testing.assert_array_equal(points, np.where(zero_at, zero_at, np.nan))
            number = FORMATS[name].dtype.type
            smallest = float(np.nextafter(number(0), number(1)))
            assert columns[f"zero_y_{name}"] == pytest.approx(math.log10(smallest))


@pytest.mark.parametrize("target", range(3))
def test_the_curve_is_the_loss_over_one_probability_and_lowest_at_the_share_seen(
    target: int,
) -> None:
    start = settings(target=target, counts=(30, 12, 58))
    instrument, columns = build(start)
    grid = likelihood._GRID  # noqa: SLF001
    assert (grid[0], grid[-1]) == (0, 1)
    for at in some_positions(instrument):
        counts, model = table_row(start, instrument, at)
        shares = [n / sum(counts) for n in counts]
        others = sum(model) - model[target]
        curve = columns["curve"][at]
        for p, shown in zip(grid, curve, strict=True):
            moved = [
                p if j == target else (1 - p) * (q / others if others else 0.5)
                for j, q in enumerate(model)
            ]
            assert_drawn(shown, -mean_log(shares, moved), *NATS, (at, p))
        assert_drawn(columns["point_x"][at], model[target], *SHARES, at)
        assert_drawn(columns["seen_x"][at], shares[target], *SHARES, at)
        if np.isfinite(curve).any():
            # The loss is convex in p: its lowest number on the grid is beside the share.
            assert abs(grid[curve == curve.min()] - shares[target]).min() <= 0.0625


def test_the_point_of_the_model_stands_on_the_curve_wherever_it_is_dragged() -> None:
    start = settings(target=1)
    instrument, columns = build(start)
    dragged = next(s for s, slider in enumerate(instrument.sliders) if slider.id == "model.1")
    for k in range(2, 100):
        at = dragged, k
        assert_drawn(columns["point_x"][at], k / 100, *SHARES, k)
        line = np.interp(k / 100, likelihood._GRID, columns["curve"][at])  # noqa: SLF001
        assert columns["cross_entropy"][at] == pytest.approx(line, abs=0.035)  # below two pixels


# ---------------------------------------------------------------- the sentences


@st.composite
def observed(draw: st.DrawFn) -> Settings:
    """Draw counts and a model of few classes, often with zeros and often nearly certain."""
    classes = draw(st.integers(2, 4))
    counts = draw(st.lists(st.sampled_from((0, 1, 2, 5, 19, 80, 300)), min_size=4, max_size=4))
    counts = [counts[0] or 1, *counts[1:classes]]
    sure = draw(st.integers(0, classes - 1))
    p = draw(st.sampled_from((0.0, 0.01, 0.3, 0.5, 0.9, 0.99, 1.0)))
    model = share(first_model(classes), sure, p)
    name = draw(st.sampled_from(list(FORMATS)))
    return many(classes, counts=tuple(counts), model=model, format=name)


CASES = ("ruled_out", "became_zero", "fits", "never")


def case_of(instrument: Instrument, at: Position, name: str) -> str:
    template = template_of(instrument.sentences[0], at)
    texts = [say(f"likelihood.said_{case}", format=name, limit=LIMIT) for case in CASES]
    return CASES[texts.index(template)]


@given(observed())
@examples(max_examples=20)
def test_what_is_said_of_the_product_is_what_happened_to_it(start: Settings) -> None:
    instrument, columns = build(start)
    for at in some_positions(instrument, step=50):
        counts, model = table_row(start, instrument, at)
        total, name = sum(counts), start.format
        case = case_of(instrument, at, name)
        text = fill(instrument.sentences[0], at)
        impossible = any(n and not p for n, p in zip(counts, model, strict=True))
        assert (case == "ruled_out") == impossible
        if impossible:
            continue
        model = columns["model"][at].tolist()
        passed = [1.0, *islice(products(model, counts, name), LIMIT)]
        zero_at = int(columns[f"zero_at_{name}"][at])
        if case == "never":
            assert 0 not in passed
            continue
        assert f"at observation {zero_at:.3g}" in text
        assert passed[zero_at] == 0 != passed[zero_at - 1]
        if case == "became_zero":
            assert zero_at <= total
            assert f"The product of {total:.3g} probabilities" in text
            assert f"their logs is {mean_log(counts, model):.3g}," in text
        else:
            assert zero_at > total


def test_each_of_the_four_things_that_can_happen_is_said_somewhere() -> None:
    starts = {
        "ruled_out": SEEN_BUT_RULED_OUT,
        "became_zero": settings(counts=(50, 30, 20), format="float16"),
        "fits": settings(),
        "never": ONE_CLASS.put(model=(0.0, 1.0, 0.0)),
    }
    for case, start in starts.items():
        instrument, _ = build(start)
        assert case_of(instrument, committed(instrument), start.format) == case


def test_the_code_length_is_told_and_a_single_class_as_a_one_hot_label() -> None:
    for start in FEW.values():
        instrument, columns = build(start)
        sentence = instrument.sentences[1]
        for at in some_positions(instrument):
            counts, model = table_row(start, instrument, at)
            only = [j for j, n in enumerate(counts) if n]
            template = template_of(sentence, at)
            assert (template == say("likelihood.one_hot")) == (len(only) == 1)
            text = fill(sentence, at)
            if len(only) == 1:
                p = model[only[0]]
                nats = 0 - math.log(p) if p else math.inf
                assert f"−ln p({start.names[only[0]]}) = {nats:.3g} nats" in text
                assert "The entropy is 0," in text
                assert columns["kl"][at] == pytest.approx(nats)
            else:
                total = columns["entropy_bits"][at] + columns["kl_bits"][at]
                assert columns["cross_entropy_bits"][at] == pytest.approx(total)


# ---------------------------------------------------------------- the break and the questions


@pytest.mark.parametrize("classes", [3, 4, 10])
def test_the_break_makes_every_product_zero_and_leaves_the_loss(classes: int) -> None:
    before = many(classes)
    after = take(before, "break", "", "likelihood")
    assert after[COUNTS] == tuple(100 * n for n in before[COUNTS])
    assert after[MODEL] == before[MODEL]
    first, calm = build(before)
    second, broken = build(after)
    at, then = committed(first), committed(second)
    for name in EVERYDAY:
        assert broken[f"product_{name}"][then] == 0
        assert product_of_all(after[MODEL], after[COUNTS], name) == 0
    assert calm["product_float64"][at] > 0
    assert broken["log_likelihood"][then] == pytest.approx(100 * calm["log_likelihood"][at])
    assert broken["cross_entropy"][then] == pytest.approx(calm["cross_entropy"][at])
    assert case_of(second, then, after.format) == "became_zero"


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_the_model_that_makes_the_observations_most_probable_is_found_exactly(classes: int) -> None:
    counts = FIRST_COUNTS[:classes]
    total = sum(counts)
    most = counts.index(max(counts))
    models = [
        [Fraction(1, classes)] * classes,
        [Fraction(n, total) for n in counts],
        [Fraction(j == most) for j in range(classes)],
    ]
    exact = [math.prod(p**n for p, n in zip(m, counts, strict=True)) for m in models]
    question = likelihood.ask(many(classes))[0]
    assert ", ".join(map(str, counts)) in question.text
    assert question.right == exact.index(max(exact))
    assert exact[2] == 0
    assert question.shown[COUNTS] == counts
    instrument, columns = build(question.shown)
    assert columns["kl"][committed(instrument)] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_halving_leaves_float32_at_the_observation_that_is_told(classes: int) -> None:
    product, halvings = np.float32(1), 0
    while product > 0:
        product = np.float32(product / 2)
        halvings += 1
    question = likelihood.ask(many(classes))[1]
    assert str(halvings) in question.options[question.right]
    assert f"Halving {halvings} times" in question.reasons[question.right]
    instrument, columns = build(question.shown)
    at = committed(instrument)
    assert columns["total"][at] == columns["zero_at_float32"][at] == halvings
    assert case_of(instrument, at, question.shown.format) == "became_zero"


def test_one_animal_costs_minus_the_log_of_its_probability() -> None:
    models = [(0.2, 0.3, 0.5), (0.05, 0.9, 0.05), (0.01, 0.98, 0.01)]
    for model, target in [(model, target) for model in models for target in range(3)]:
        question = likelihood.ask(settings(model=model, target=target))[2]
        loss = f"{-math.log(model[target]):.4f}"
        assert question.options[question.right] == loss, (model, target)
        assert f"−ln {model[target]:.4g} = {loss}" in question.reasons[question.right]
        instrument, columns = build(question.shown)
        assert f"{columns['cross_entropy'][committed(instrument)]:.4f}" == loss, (model, target)


# ---------------------------------------------------------------- extremes


HOSTILE = {
    "certain and wrong": settings(counts=(1000, 1000, 1000), model=(1.0, 0.0, 0.0)),
    "certain and right": CERTAIN,
    "one of each": settings(counts=(1, 0, 0), model=(1e-300, 1.0, 0.0)),
    "smallest float64": settings(counts=(1000, 999, 1), model=(5e-324, 1.0, 0.0)),
    "odd": settings(counts=(997, 991, 983), model=(0.123, 0.456, 0.421)),
    "two": TWO.put(counts=(0, 1), model=(1.0, 0.0)),
    "ten": many(10, counts=(0,) * 9 + (1000,), model=(1.0, *(0.0,) * 9), target=9),
}


def test_extremes_are_computed_and_sent() -> None:
    for case, start in HOSTILE.items():
        instrument, columns = build(start)
        for name, column in columns.items():
            if not name.startswith(("zero_x", "here_x")):
                assert not np.isnan(column).any(), (case, name)
        for sentence in instrument.sentences:
            codes = sentence.column.values
            assert (codes >= 0).all(), case
            assert (codes < len(sentence.pieces)).all(), case
        link = ANSWERS.link("likelihood", start)
        assert ANSWERS.read("likelihood", link) == (start, []), case


def test_counts_and_probabilities_that_do_not_fit_are_refused_and_named() -> None:
    wrong = {
        "counts": ["0,0,0", "1,2", "1,2,3,4", "1001,0,0", "1.5,1,1", "-1,2,3", "a,b,c"],
        "model": ["0.2,0.3,0.4", "0.5,0.5", "1.5,-0.5,0", "nan,0,1", "1"],
    }
    for key, text in [(key, text) for key, texts in wrong.items() for text in texts]:
        now, notices = ANSWERS.read("likelihood", f"{key}={text}")
        assert now == settings(), (key, text)
        assert f"{key} = {text}: expected {say(f'likelihood.expected_{key}')}" in notices[1]


def test_a_release_is_light() -> None:
    three = [
        settings(),
        settings(counts=(101, 37, 73), model=(0.123, 0.456, 0.421)),
        HOSTILE["odd"],
    ]
    limits = [(start, 150_000) for start in three]
    limits += [(start, 250_000) for start in (many(10), HOSTILE["ten"])]
    for start, limit in limits:
        body = ANSWERS.numbers("likelihood", ANSWERS.link("likelihood", start)).body
        assert len(zlib.compress(body)) < limit, start
