"""The likelihood lesson against plain loops over the observations."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ce_core.formats import FORMATS
from pages import likelihood
from pages.shared import controls
from pages.shared.controls import Settings
from pages.shared.live import Instrument, pack
from pages.shared.words import say
from tests.app.instruments import committed, many, some_positions, unpacked
from tests.app.opening import open_app, said, settings
from tests.app.reading import Columns, Position, fill, template_of

DRAWN = 2.0**-10  # what is only drawn has 11 bits
build = cache(likelihood.build)  # no test changes what it made

SEEN_BUT_RULED_OUT = Settings(counts=(1, 0, 4), model=(0.25, 0.75, 0.0), target=2)
ONE_CLASS = Settings(counts=(0, 7, 0), model=(0.5, 0.25, 0.25), target=1)
CERTAIN = Settings(counts=(0, 1000, 0), model=(0.0, 1.0, 0.0), format="float64")
TWO = Settings((3.0, -1.0), 1, names=("a", "b"), counts=(40, 2), model=(0.97, 0.03))
FEW = {
    "three": Settings(),
    "two": TWO,
    "ruled out": SEEN_BUT_RULED_OUT,
    "one class": ONE_CLASS,
    "certain": CERTAIN,
}


# ---------------------------------------------------------------- by hand


def table_row(start: Settings, instrument: Instrument, at: Position) -> tuple[list, list]:
    """Return the counts and the model where one slider was moved."""
    classes, (s, k) = len(start.counts), at
    counts, model = list(start.counts), list(start.model)
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
    made = islice(products(model, counts, name), likelihood.LIMIT)
    return next((k for k, product in enumerate(made, start=1) if product == 0), 0)


def mean_log(shares: Sequence[float], model: Sequence[float]) -> float:
    """Return the sum of shares * ln model; 0 * ln 0 is 0."""
    terms = [q * (math.log(p) if p else -math.inf) for q, p in zip(shares, model, strict=True) if q]
    return math.fsum(terms)


# ---------------------------------------------------------------- the numbers


@pytest.mark.parametrize("start", FEW.values(), ids=FEW)
def test_the_sums_are_those_of_a_loop_over_the_classes(start: Settings) -> None:
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
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12), at
        np.testing.assert_array_equal(columns["counts"][at], counts)
        np.testing.assert_allclose(columns["observed"][at], shares, rtol=1e-14)
        np.testing.assert_allclose(columns["model"][at], model, rtol=1e-14)
        log_made = mean_log(shares, model) / math.log(10) * likelihood._MADE  # noqa: SLF001
        np.testing.assert_allclose(columns["made"][at], log_made, rtol=DRAWN)


@pytest.mark.parametrize("start", FEW.values(), ids=FEW)
@pytest.mark.parametrize("name", FORMATS)
def test_the_product_is_that_of_a_loop_over_the_observations(start: Settings, name: str) -> None:
    instrument, columns = build(start)
    zero_at = columns[f"zero_at_{name}"]
    for at in some_positions(instrument, step=25):
        counts, _ = table_row(start, instrument, at)
        model = columns["model"][at].tolist()
        assert columns[f"product_{name}"][at] == product_of_all(model, counts, name), at
        assert zero_at[at] == first_zero(model, counts, name), at
    if name in likelihood.SHOWN:
        points = columns[f"zero_x_{name}"]
        np.testing.assert_array_equal(points, np.where(zero_at, zero_at, np.nan))
        smallest = float(np.nextafter(FORMATS[name].dtype.type(0), FORMATS[name].dtype.type(1)))
        assert columns[f"zero_y_{name}"] == pytest.approx(math.log10(smallest))


@pytest.mark.parametrize("target", range(3))
def test_the_curve_is_the_loss_over_one_probability_and_lowest_at_the_share_seen(
    target: int,
) -> None:
    start = Settings(target=target, counts=(30, 12, 58))
    instrument, columns = build(start)
    grid = np.linspace(0, 1, 51)
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
            assert shown == pytest.approx(-mean_log(shares, moved), rel=DRAWN, abs=1e-7)
        assert columns["point_x"][at] == pytest.approx(model[target], rel=1e-14)
        np.testing.assert_allclose(columns["seen_x"][at], shares[target], rtol=1e-14)
        if np.isfinite(curve).any():
            # The loss is convex in p: its lowest number on the grid is beside the share.
            assert abs(grid[curve == curve.min()] - shares[target]).min() <= 0.02


def test_the_point_of_the_model_stands_on_the_curve_wherever_it_is_dragged() -> None:
    start = Settings(target=1)
    instrument, columns = build(start)
    dragged = next(s for s, slider in enumerate(instrument.sliders) if slider.id == "model.1")
    for k in range(2, 100, 2):
        at = dragged, k
        assert columns["point_x"][at] == pytest.approx(k / 100)
        assert columns["cross_entropy"][at] == pytest.approx(
            columns["curve"][at][k // 2], rel=DRAWN
        )


# ---------------------------------------------------------------- the sentences


@st.composite
def observed(draw: st.DrawFn) -> Settings:
    """Draw counts and a model of few classes, often with zeros and often nearly certain."""
    classes = draw(st.integers(2, 4))
    counts = draw(st.lists(st.sampled_from((0, 1, 2, 5, 19, 80, 300)), min_size=4, max_size=4))
    counts = [counts[0] or 1, *counts[1:classes]]
    sure = draw(st.integers(0, classes - 1))
    p = draw(st.sampled_from((0.0, 0.01, 0.3, 0.5, 0.9, 0.99, 1.0)))
    model = controls.share(controls.first_model(classes), sure, p)
    name = draw(st.sampled_from(controls.FORMATS))
    return many(classes, counts=tuple(counts), model=model, format=name)


CASES = ("ruled_out", "became_zero", "fits", "never")


def case_of(instrument: Instrument, columns: Columns, at: Position, name: str) -> str:
    template = template_of(instrument.sentences[0], columns, at)
    texts = [say(f"likelihood.said_{case}", format=name, limit=likelihood.LIMIT) for case in CASES]
    return CASES[texts.index(template)]


@given(observed())
@examples(max_examples=20)
def test_what_is_said_of_the_product_is_what_happened_to_it(start: Settings) -> None:
    instrument, columns = build(start)
    for at in some_positions(instrument, step=50):
        counts, model = table_row(start, instrument, at)
        total, name = sum(counts), start.format
        case = case_of(instrument, columns, at, name)
        text = fill(instrument.sentences[0], columns, at)
        impossible = any(n and not p for n, p in zip(counts, model, strict=True))
        assert (case == "ruled_out") == impossible
        if impossible:
            continue
        model = columns["model"][at].tolist()
        passed = [1.0, *islice(products(model, counts, name), likelihood.LIMIT)]
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
        "became_zero": Settings(counts=(50, 30, 20), format="float16"),
        "fits": Settings(),
        "never": replace(ONE_CLASS, model=(0.0, 1.0, 0.0)),
    }
    for case, start in starts.items():
        instrument, columns = build(start)
        assert case_of(instrument, columns, committed(instrument), start.format) == case


@pytest.mark.parametrize("start", FEW.values(), ids=FEW)
def test_the_code_length_is_told_and_a_single_class_as_a_one_hot_label(start: Settings) -> None:
    instrument, columns = build(start)
    sentence = instrument.sentences[1]
    for at in some_positions(instrument):
        counts, model = table_row(start, instrument, at)
        only = [j for j, n in enumerate(counts) if n]
        template = template_of(sentence, columns, at)
        assert (template == say("likelihood.one_hot")) == (len(only) == 1)
        text = fill(sentence, columns, at)
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
    after = likelihood.broken(before)
    assert after.counts == tuple(100 * n for n in before.counts)
    assert after.model == before.model
    first, calm = build(before)
    second, broken = build(after)
    at, then = committed(first), committed(second)
    for name in FORMATS:
        assert broken[f"product_{name}"][then] == 0
        assert product_of_all(after.model, after.counts, name) == 0
    assert calm["product_float64"][at] > 0
    assert broken["log_likelihood"][then] == pytest.approx(100 * calm["log_likelihood"][at])
    assert broken["cross_entropy"][then] == pytest.approx(calm["cross_entropy"][at])
    assert case_of(second, broken, then, after.format) == "became_zero"


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_the_model_that_makes_the_observations_most_probable_is_found_exactly(classes: int) -> None:
    counts = controls.FIRST_COUNTS[:classes]
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
    assert question.shown.counts == counts
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
    assert case_of(instrument, columns, at, question.shown.format) == "became_zero"


@pytest.mark.parametrize("target", range(3))
@pytest.mark.parametrize("model", [(0.2, 0.3, 0.5), (0.05, 0.9, 0.05), (0.01, 0.98, 0.01)])
def test_one_animal_costs_minus_the_log_of_its_probability(
    model: tuple[float, ...], target: int
) -> None:
    question = likelihood.ask(Settings(model=model, target=target))[2]
    loss = f"{-math.log(model[target]):.4f}"
    assert question.options[question.right] == loss
    assert f"−ln {model[target]:.4g} = {loss}" in question.reasons[question.right]
    instrument, columns = build(question.shown)
    assert f"{columns['cross_entropy'][committed(instrument)]:.4f}" == loss


# ---------------------------------------------------------------- extremes


HOSTILE = {
    "certain and wrong": Settings(counts=(1000, 1000, 1000), model=(1.0, 0.0, 0.0)),
    "certain and right": CERTAIN,
    "one of each": Settings(counts=(1, 0, 0), model=(1e-300, 1.0, 0.0)),
    "smallest float64": Settings(counts=(1000, 999, 1), model=(5e-324, 1.0, 0.0)),
    "odd": Settings(counts=(997, 991, 983), model=(0.123, 0.456, 0.421)),
    "two": replace(TWO, counts=(0, 1), model=(1.0, 0.0)),
    "ten": many(10, counts=(0,) * 9 + (1000,), model=(1.0, *(0.0,) * 9), target=9),
}


@pytest.mark.parametrize("start", HOSTILE.values(), ids=HOSTILE)
def test_extremes_are_computed_and_sent(start: Settings) -> None:
    instrument, columns = build(start)
    for name, column in columns.items():
        if not name.startswith("zero_x"):
            assert not np.isnan(column).any(), name
    for sentence in instrument.sentences:
        assert (columns[sentence.column] >= 0).all()
        assert (columns[sentence.column] < len(sentence.templates)).all()
    head, _ = unpacked(pack(instrument, columns, 1, 0))
    assert {name for name, *_ in head["columns"]} == set(columns)


def test_a_hostile_link_opens() -> None:
    app = open_app("likelihood", counts="1000,1000,1000", model="0,0.5,0.5", format="float16")
    assert settings(app) == replace(
        Settings(), counts=(1000, 1000, 1000), model=(0.0, 0.5, 0.5), format="float16"
    )
    assert not said(app)


@pytest.mark.parametrize(
    ("start", "limit"),
    [
        (Settings(), 300_000),
        (Settings(counts=(101, 37, 73), model=(0.123, 0.456, 0.421)), 300_000),
        (HOSTILE["odd"], 300_000),
        (many(10), 600_000),
        (HOSTILE["ten"], 600_000),
    ],
)
def test_a_release_is_light(start: Settings, limit: int) -> None:
    assert len(pack(*build(start), 1, 0)) < limit
