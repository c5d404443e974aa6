"""The bytes of a message: what was packed arrives, to the last bit."""

import json
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from live.message import cut, drawn, pack
from live.parts import (
    Band,
    Choice,
    Code,
    Columns,
    Figure,
    Instrument,
    Lanes,
    Look,
    Presets,
    Sentence,
    Slider,
    Stack,
    Style,
    Surround,
    Switch,
)
from tests.app.instruments import assert_drawn, unpacked

SLIDER = Slider("z", "z", "score", [0.0, 0.5, 1.0], 1)
INSTRUMENT = Instrument("Scores", "", [SLIDER])

columns = st.lists(
    st.sampled_from(["f8", "f4", "i4", "i2", "i1", "u1"]).flatmap(
        lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=2, max_dims=3, max_side=7))
    ),
    max_size=4,
)


def packed(*tables: np.ndarray, head: dict[str, Any] | None = None) -> bytes:
    there = Columns()
    for i, table in enumerate(tables):
        there.add(f"column {i}", table)
    return pack([INSTRUMENT], there, Surround(), head or {}).numbers


@given(columns)
def test_every_column_arrives_whole(tables: list[np.ndarray]) -> None:
    _, arrived = unpacked(packed(*tables))
    assert len(arrived) == len(tables) + 1
    for sent, got in zip(tables, arrived, strict=False):
        assert (got.dtype, got.shape) == (sent.dtype, sent.shape)
        assert got.tobytes() == sent.tobytes()
    np.testing.assert_array_equal(arrived[-1], [SLIDER.values])


def test_a_column_in_any_order_of_memory_arrives_whole() -> None:
    table = np.arange(24.0).reshape(2, 3, 4)
    for sent in (table.T, table[:, ::-1], np.broadcast_to(table[:1], (5, 3, 4))):
        np.testing.assert_array_equal(unpacked(packed(sent))[1][0], sent)


def test_shorter_sliders_stand_at_their_last_value() -> None:
    short = Slider("t", "T", "temperature", [1.0, 2.0], 0)
    message = pack([Instrument("Scores", "", [short, SLIDER])], Columns(), Surround(), {}).numbers
    head, (positions,) = unpacked(message)
    assert [slider["count"] for slider in head["instruments"][0]["sliders"]] == [2, 3]
    np.testing.assert_array_equal(positions, [[1.0, 2.0, 2.0], [0.0, 0.5, 1.0]])


def look(now: int) -> Look:
    return Look(f"title {now}", "", "naive", 0.0, 1.0)


def instrument(now: int, text: str) -> tuple[Instrument, Columns]:
    """Return an instrument, all of whose parts that change with a release are at `now`."""
    there = Columns()
    column = there.add("said", np.array([[now]], np.int8))
    style = Style("fixed", 1)
    parts = Instrument(
        "Scores",
        "",
        [Slider("z", "z", "score", [0.0, 0.5 + now, 2.0], now, masked=bool(now))],
        choice=now,
        choices=[Choice("format", "Format", [("a", "A"), ("b", "B")], now)],
        switches=[Switch("on", "On", bool(now))],
        stacks=[Stack("", f"alt {now}", ["a"], [Band("x", column, style)], [look(now)], ["z"])],
        lanes=[Lanes("", f"alt {now}", "", "z", column, [""], [], 0.0, 1.0, [[(now, "fits", "")]])],
        presets=Presets("preset", "Try", [("a", "A"), ("b", "B")], "ab"[now]),
        figures=[Figure(text, f"alt {now}", {"data": [], "layout": {"now": now}})],
        sentences=[Sentence("verdict", "", column, ["one", "two"], said=[[now], [0, 1]])],
        code=Code(text, "", f"code {now}", "", ""),
    )
    return parts, there


def test_a_release_changes_the_numbers_and_other_words_the_layout() -> None:
    def message(now: int, text: str) -> tuple[dict[str, Any], dict[str, Any], str]:
        parts, there = instrument(now, text)
        result = pack([parts], there, Surround(), {"link": "z=1", "notices": ["<b>"]})
        return unpacked(result.numbers)[0], json.loads(result.layout), result.hash

    head, layout, tag = message(0, "title")
    later, same, same_tag = message(1, "title")
    assert (same, same_tag) == (layout, tag)
    assert head["layout"] == layout["hash"] == tag
    assert (head["link"], head["notices"]) == ("z=1", ["<b>"])
    (before,), (after,) = head["instruments"], later["instruments"]
    assert after == {
        "sliders": [{"count": 3, "index": 1, "masked": True}],
        "choice": 1,
        "choices": [{"selected": 1}],
        "switches": [{"on": True}],
        "lanes": [{"stretches": [[[1, "fits", ""]]], "low": 0.0, "high": 1.0, "alt": "alt 1"}],
        "stacks": [{"alt": "alt 1", "looks": [vars(look(1))]}],
        "picked": "b",
        "figures": [{"plot": {"data": [], "layout": {"now": 1}}, "alt": "alt 1"}],
        "sentences": [[[1], [0, 1]]],
        "code": "code 1",
    }
    assert all(before[part] != after[part] for part in after)
    assert not re_said(layout, "alt 0", "code 0")
    assert message(0, "other")[2] != tag


def re_said(layout: dict[str, Any], *texts: str) -> bool:
    return any(text in json.dumps(layout) for text in texts)


def test_a_number_that_json_lacks_is_not_sent_as_json() -> None:
    for value in (np.nan, np.inf):
        with pytest.raises(ValueError, match="JSON"):
            packed(head={"link": value})


def test_a_column_has_a_name_of_its_own_and_its_number_is_its_place() -> None:
    there = Columns()
    there.update({"a": np.zeros((1, 1)), "b": np.ones((1, 1))})
    assert [(column.number, column.name) for column in there] == [(0, "a"), (1, "b")]
    assert (there["b"].number, len(there)) == (1, 2)
    with pytest.raises(ValueError, match="new name"):
        there.add("a", np.zeros((1, 1)))


def shown(number: float, digits: int) -> str:
    """Return a number in so many digits, rounded from all that it has."""
    if not np.isfinite(number) or number == 0:
        return str(number)
    with localcontext(prec=digits, rounding=ROUND_HALF_UP):  # as toPrecision of a browser
        return str(+Decimal(number))


def assert_shown_alike(numbers: np.ndarray) -> np.ndarray:
    short = cut(numbers)
    assert short.shape == numbers.shape
    assert short.dtype == np.float64
    for before, after in zip(numbers.ravel().tolist(), short.ravel().tolist(), strict=True):
        for digits in range(1, 9):
            assert shown(after, digits) == shown(before, digits), before.hex()
    return short


def cut_off(numbers: np.ndarray) -> np.ndarray:
    mask = np.uint64(0xFFFFFF)
    return np.asarray((np.ascontiguousarray(numbers).view(np.uint64) & mask) == 0)


@given(arrays.arrays("f8", (1, 9)))
def test_what_is_cut_shows_the_same_digits(numbers: np.ndarray) -> None:
    assert_shown_alike(numbers)


@given(st.lists(st.decimals(-(10**8), 10**8, places=3), min_size=1))
def test_decimals_and_their_neighbours_show_the_same_digits_when_cut(some: list[Decimal]) -> None:
    numbers = np.array(some, float)
    for moved in (numbers, np.nextafter(numbers, np.inf), np.nextafter(numbers, -np.inf)):
        assert_shown_alike(moved)


def test_numbers_of_every_size_are_cut_and_show_the_same_digits() -> None:
    rng = np.random.default_rng(0)
    for numbers in (rng.normal(size=(9, 5, 40)), np.exp(rng.uniform(-660, 709, (2, 1000)))):
        assert cut_off(assert_shown_alike(numbers)).mean() > 0.97
        assert cut_off(assert_shown_alike(-numbers.T)).mean() > 0.97


def test_what_is_cut_at_the_edges_of_float64() -> None:
    powers = np.array([float(f"1e{k}") for k in range(-330, 310)])
    edges = [0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 2.2250738585072014e-308, 1e-290]
    largest = np.finfo(float).max
    near = [*edges, largest, np.nextafter(largest, 0), 9.9999999499999e307, 4.76452715285]
    with np.errstate(all="ignore"):
        for numbers in (powers, powers * 0.99999999, powers * 1.00000001, np.array(near)):
            for moved in (numbers, np.nextafter(numbers, 0), np.nextafter(numbers, np.inf)):
                assert_shown_alike(moved)
    np.testing.assert_array_equal(cut(np.array(edges)), edges)


@given(
    arrays.arrays("f8", (1, 9)),
    st.floats(-1e300, 1e300),
    st.floats(1e-3, 1e300),
    st.sampled_from([256, 512, 2**13]),
)
def test_what_is_drawn_is_right_to_half_a_part_of_its_axis(
    numbers: np.ndarray, middle: float, reach: float, parts: int
) -> None:
    low, high = middle - max(reach, abs(middle)), middle + max(reach, abs(middle))
    assert_drawn(drawn(numbers, low, high, parts), numbers, low, high, (low, high), parts)


def test_what_is_drawn_has_few_digits_and_ends_an_axis_beyond_the_axis() -> None:
    numbers = np.array([[np.nan, np.inf, -np.inf, 1e300, -1e300, 1 / 3, 1e-9]])
    short = drawn(numbers, 0.0, 4.0)
    assert short.dtype == np.float32
    np.testing.assert_array_equal(short, [[np.nan, np.inf, -np.inf, 8, -4, 43 / 128, 0]])
    wide = drawn(numbers, -1e300, 1e300)
    assert wide.dtype == np.float64  # beyond float32 there are figures, too
    np.testing.assert_allclose(wide, numbers, atol=2e297)
