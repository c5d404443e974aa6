"""What a link and a change may say, and what becomes of the rest."""

import math
import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lab import readers
from lab.controls import grid, scale
from lab.parameters import SHARED, Parameters, RefusedError, first_names, told, written
from lab.readers import plain
from lab.settings import REACHES, Parameter, Settings, widened
from tests.app.instruments import ANSWERS, FIRST, many, settings, take
from tests.app.strategies import PARAMETERS, any_settings, finite, texts

PAGES = tuple(ANSWERS.lessons)
read = ANSWERS.parameters.read


def link(now: Settings, page: str) -> dict[str, list[str]]:
    own = ANSWERS.lessons[page].parameters
    return {key: [text] for key, text in ANSWERS.parameters.write(now, own).items()}


def assert_valid(now: Settings) -> None:
    """Check that every parameter fits the others; a list has one value for each class."""
    for parameter in ANSWERS.parameters.all:
        value = now[parameter]
        assert parameter.fits(value, now), (parameter.key, now)
        assert not parameter.split or len(value) == len(now.logits), (parameter.key, now)


# ---------------------------------------------------------------- links


@given(any_settings(), st.sampled_from(PAGES))
@example(settings(names=('a,"b"', "'", "\\")), "pipeline")
@example(settings(names=("<img src=x>", "*a*, $b$", "\u05d0")), "start")
@example(settings(logits=(0.1 + 0.2, 1e-300, -1e300)), "pipeline")
def test_a_link_that_the_lab_wrote_reads_back_exactly(wanted: Settings, page: str) -> None:
    assert read(link(wanted, page)) == (wanted, [])
    assert_valid(wanted)


@given(
    st.dictionaries(
        st.sampled_from(list(PARAMETERS)) | st.text(), st.lists(texts, min_size=1, max_size=3)
    )
)
@example({"logits": ["9" * 100_000]})
@example({"logits": ["1," * 50_000]})
@example({"names": ['"' * 99_999]})
@example({"names": ["a\nb,c,d"]})
@example({"target": ["9" * 5000]})
def test_any_link_gives_valid_settings_and_names_what_it_left_out(
    query: dict[str, list[str]],
) -> None:
    result, ignored = read(query)
    assert_valid(result)
    assert read(link(result, "pipeline")) == (result, [])
    refused = {part.key for part in ignored}
    # A part that is not named was taken: it is what its text says.
    for key in {"logits", "shift", "target"} & set(query) - refused:
        numbers = [float(part) + 0.0 for part in query[key][0].split(",")]
        assert numbers == list(np.ravel(result.get(key)))
    for key in {"format", "reach"} & set(query) - refused:
        assert query[key][0] == plain(result.get(key))
    for key, values in query.items():
        if key not in PARAMETERS or len(values) > 1:
            assert key in refused
    for key, parameter in PARAMETERS.items():
        if key not in query:
            assert result.get(key) == parameter.default(result)
    lines = told(ignored)
    assert bool(lines) == bool(refused)
    assert len(lines) < 10
    assert max(map(len, lines), default=0) < 250


def test_a_broken_part_is_refused_and_the_others_are_kept() -> None:
    broken = {
        "logits": ["1", ",".join("0" * 11), "1,nan", "1,inf", "1,1e301", "1;2", "1,١", "1,1_0", ""],
        "names": [
            *("cat,cat,dog", "cat,dog", "cat,,dog", f"cat,dog,{'x' * 21}", "cat,dog,a\u202eb"),
            *('cat,dog,"x', "cat,dog,\u200d", "cat,dog,\u3164", "cat,dog,\u2800", "cat,dog,\ufe0f"),
        ],
        "target": ["3", "-1", "1.5", "1e999", ""],
        "format": ["float8", "Float32"],
        "shift": ["-inf", ""],
        "reach": ["20", "10.0"],
        "lang": ["xx", "", "../en"],
    }
    good = {"logits": ["3,2,1"], "format": ["float16"]}
    for key, refused in broken.items():
        for text in refused:
            result, ignored = read(good | {key: [text]})
            assert [(part.key, part.text) for part in ignored] == [(key, text)]
            assert PARAMETERS[key].expected() in ignored[0].why, (key, text)
            assert written(result.get(key)) in ignored[0].why, (key, text)
            assert result == read({k: v for k, v in good.items() if k != key})[0], (key, text)


def test_a_repeated_part_is_refused_whatever_it_says() -> None:
    result, ignored = read({"logits": ["1,2", "3,4"], "format": ["float16"]})
    assert result == settings(format="float16")
    assert [(part.key, part.text) for part in ignored] == [("logits", "1,2 & 3,4")]


def test_a_link_holds_what_its_lesson_always_says_and_what_was_changed() -> None:
    own = ANSWERS.lessons["pipeline"].parameters
    keys = {parameter.key for parameter in own}
    assert set(ANSWERS.parameters.write(FIRST, own)) == keys
    assert ANSWERS.parameters.write(FIRST, []) == {}
    assert ANSWERS.parameters.write(settings(shift=2.5), []) == {"shift": "2.5"}


def test_two_parameters_of_one_key_are_refused() -> None:
    twin = Parameter("shift", "shared", readers.number(), 1.0)
    with pytest.raises(ValueError, match="key of its own"):
        Parameters([twin])
    assert Parameters([*SHARED, *SHARED]).all == SHARED


# ---------------------------------------------------------------- changes


def refused(now: Settings, id_: str, text: str, page: str = "pipeline") -> str:
    """Return what is said of a change that must be refused."""
    with pytest.raises(RefusedError) as error:
        take(now, id_, text, page)
    return str(error.value)


def test_a_change_is_taken_as_a_link_would_read_it() -> None:
    taken = [
        ("logits.1", "4.25", {"logits": (2.0, 4.25, 0.1)}),
        ("logits.1", " -1e3 ", {"logits": (2.0, -1000.0, 0.1)}),
        ("logits.0", "-inf", {"logits": (-math.inf, 1.0, 0.1)}),
        ("names.1", "  wolf \u00a0 pup ", {"names": ("cat", "wolf pup", "goldfish")}),
        ("shift", "300", {"shift": 300.0}),
        ("shift", "-0", {"shift": 0.0}),
        ("target", "2", {"target": 2}),
        ("format", "bfloat16", {"format": "bfloat16"}),
        ("reach", "100", {"reach": 100.0}),
        ("counts.1", "12", {"counts": (5, 12, 2)}),
        ("model.0", "0", {"model": (0.0, 0.37499999999999994, 0.625)}),
        ("model.2", "1", {"model": (0.0, 0.0, 1.0)}),
        ("temperature", "0.5", {"temperature": 0.5}),
        ("cell", "float8_e5m2.fused", {"cell": "float8_e5m2.fused"}),
        ("step", "60", {"step": 60}),
    ]
    for id_, text, changes in taken:
        assert take(FIRST, id_, text) == settings(**changes), (id_, text)


def test_a_refused_change_names_the_control_and_what_was_kept() -> None:
    cases = [
        *[
            ("logits.1", text, "dog logit", "1")
            for text in ("nan", "inf", "1e999", "1_0", "", "one")
        ],
        ("logits.1", "9" * 100_000, "dog logit", "1"),
        *[("names.1", text, "name of dog", "dog") for text in ("", " ", "cat", "\u202e", "a\0b")],
        *[("target", text, "true class", "0") for text in ("3", "-1", "<img src=x>", "0.5")],
        *[("shift", text, "shift c", "0") for text in ("-inf", "1e301", "x")],
        ("format", "2", "number format", "float32"),
        ("reach", "1.5", "how far the sliders reach", "10"),
        ("counts.0", "1.5", "how many times cat was seen", "5"),
        ("counts.0", "1001", "how many times cat was seen", "5"),
        ("model.0", "1.5", "cat", "0.2"),
        ("step", "61", "step", "0"),
    ]
    for id_, text, label, kept in cases:
        said = refused(FIRST, id_, text)
        assert label in said, (id_, text)
        assert said.endswith(f"kept {kept}."), (id_, text)
        assert len(said) < 200, (id_, text)


def test_there_is_no_other_control() -> None:
    wrong = [
        *("logits.01", "logits.1f", "logits. 1", "logits.−1", "remove.1f"),
        *("logits.3", "logits.-1", "logits.٣", f"logits.{'9' * 10_000}", "logits", "logits.0.1"),
        *("logits.", "shift.0", "<script>", "", ".", "add.1", "remove", "remove.3", "remove.-1"),
        *("remove.1.0", "seen", "set"),
    ]
    for id_ in wrong:
        assert "no such control" in refused(FIRST, id_, "1"), id_


def test_no_class_is_left_without_an_observation() -> None:
    said = refused(settings(counts=(5, 0, 0)), "counts.0", "0")
    assert "how many times cat was seen" in said


def test_an_added_class_is_new_in_every_list() -> None:
    now = take(settings(names=("cat", "class 4", "dog"), step=7), "add", "")
    assert now.logits == (2.0, 1.0, 0.1, 0.0)
    assert now.names[:3] == ("cat", "class 4", "dog")
    assert now.names[3] not in now.names[:3]
    assert (now.get("counts"), now.get("model")) == ((5, 3, 2, 0), (0.2, 0.3, 0.5, 0.0))
    assert now.get("step") == 0


def test_a_removed_class_leaves_every_list_and_the_true_class_stays_the_same() -> None:
    start = settings(logits=(5.0, 6.0, 7.0), target=1, counts=(4, 0, 0), step=7)
    now = take(start, "remove.0", "")
    assert (now.logits, now.names) == ((6.0, 7.0), ("dog", "goldfish"))
    assert now.names[now.target] == "dog"
    assert sum(now.get("counts")) > 0  # the class that had been seen is gone
    assert now.get("model") == pytest.approx((0.375, 0.625))
    assert now.get("step") == 0
    assert take(start, "remove.2", "").target == 1
    assert take(start, "remove.1", "").names == ("cat", "goldfish")


def test_two_classes_are_the_least_and_ten_the_most() -> None:
    assert "no such control" in refused(many(2), "remove.0", "")
    assert "no such control" in refused(many(10), "add", "")


@given(
    any_settings(),
    st.lists(
        st.sampled_from(["add", *(f"remove.{i}" for i in range(10)), "names.1", "model.0"])
        | st.sampled_from([f"{key}{i}" for key in PARAMETERS for i in ("", ".0", ".9")]),
        max_size=12,
    ),
    st.lists(texts, min_size=12, max_size=12),
)
def test_whatever_is_changed_in_whatever_order_the_settings_stay_valid(
    now: Settings, ids: list[str], values: list[str]
) -> None:
    for id_, text in zip(ids, values, strict=False):
        try:
            now, said = take(now, id_, text), ""
        except RefusedError as error:
            said = str(error)
        assert len(said) < 300, (id_, text)
        assert_valid(now)
    assert read(link(now, "pipeline")) == (now, [])


# ---------------------------------------------------------------- lists in the field of a logit


def spelled_lists(values: Sequence[float]) -> dict[str, str]:
    """Return some ways to write numbers that all mean the same."""
    texts = [repr(v).replace("-", "\u2212") for v in values]
    exact = ", ".join(map(repr, values))
    return {
        "list": f"[{exact}]",
        "tensor": f"tensor([[{exact}]], device='cuda:0',\n       grad_fn=<AddmmBackward0>)",
        "array": "[" + " ".join(map(repr, values)) + "]",
        "row of a sheet": "\t".join(texts) + "\r\n",
        "column of a sheet": "\n".join(texts) + "\n",
        "row with decimal commas": "; ".join(t.replace(".", ",") for t in texts),
    }


@given(
    any_settings(),
    st.lists(finite | st.just(-math.inf), min_size=2, max_size=10),
    st.integers(0, 9),
)
def test_a_list_sets_all_logits_and_the_classes_follow_as_the_editor_has_them(
    now: Settings, values: list[float], i: int
) -> None:
    by_hand = now
    for _ in range(len(now.logits), len(values)):
        by_hand = take(by_hand, "add", "")
    for last in range(len(now.logits) - 1, len(values) - 1, -1):
        by_hand = take(by_hand, f"remove.{last}", "")
    for j, value in enumerate(values):
        by_hand = take(by_hand, f"logits.{j}", repr(value))
    if by_hand.logits != now.logits:
        by_hand = by_hand.put(step=0)
    for way, text in spelled_lists(values).items():
        assert take(now, f"logits.{i % len(now.logits)}", text) == by_hand, (way, text)


def test_a_list_of_one_number_sets_one_logit() -> None:
    for text in ("[4.5]", "tensor(4.5, grad_fn=<SelectBackward0>)", "np.float32(4.5)"):
        assert take(FIRST, "logits.1", text) == settings(logits=(2.0, 4.5, 0.1)), text
    for text in ("the loss is 4.5", "<img src=x onerror=alert(4.5)>", "javascript:alert(4.5)"):
        assert text in refused(FIRST, "logits.1", text)


def test_a_list_that_cannot_be_used_is_refused_as_a_whole_and_told() -> None:
    more = "“Your own numbers” takes more. Kept 2,1,0.1."
    one = "expected one plain number (-inf masks a class). Kept 2,1,0.1."
    cases = {
        "0 " * 10 + "0": f"Expected at most 10 numbers, and 11 came. {more}",
        "1 2\n3 4\n5 6": f"Expected at most 10 numbers in one row, and 3 rows came. {more}",
        "2, " * 300 + "2…": f"Expected at most 10 numbers, and a text came that holds more. {more}",
        "[1, 2, nan]": f"Number 3 is nan; {one}",
        "1 -2 1e301": f"Number 3 is 1e+301; {one}",
        "[1, 2, cat]": "expected a number, found “cat”. Kept 2,1,0.1.",
        "[1., 2., ..., 9.]": "the dots stand for numbers that were not printed",
        "1,234": "“1,234” may be 1.234 or 1234. Write it without the comma. Kept 2,1,0.1.",
    }
    for text, why in cases.items():
        said = refused(FIRST, "logits.1", text)
        assert said.startswith("dog logit = "), text
        assert why in said, text
        assert len(said) < 300, text


# ---------------------------------------------------------------- readers


def accepts(reader: readers.Reader[object], candidates: Sequence[str]) -> list[str]:
    """Return the texts that a reader takes."""
    taken = []
    for text in candidates:
        try:
            reader.read(text)
        except ValueError:
            continue
        taken.append(text)
    return taken


def test_a_reader_takes_what_it_says_and_nothing_else() -> None:
    numbers = [
        "0",
        "1",
        "1.5",
        "-1",
        "1e3",
        " 2 ",
        "100",
        "101",
        "-inf",
        "inf",
        "nan",
        "",
        "1_0",
        "٣",
    ]
    assert accepts(readers.number(), numbers) == numbers[:8]
    assert accepts(readers.logit(), numbers) == numbers[:9]
    assert accepts(readers.between(1, 100), numbers) == ["1", "1.5", " 2 ", "100"]
    assert accepts(readers.whole(100), numbers) == ["0", "1", " 2 ", "100"]
    assert accepts(readers.one_of((1.5, 100.0)), numbers) == ["1.5", "100"]
    assert str(readers.number().read("-0")) == "0.0"
    assert readers.between(0.01, 100).expected() == "a number from 0.01 to 100"
    assert readers.one_of(("a", "b", "c")).expected() == "a, b or c"
    assert readers.one_of(("a",)).expected() == "a"


BLANKS = st.text(" \t\n\u00a0\u2009\u202f", max_size=3)


@st.composite
def spellings(draw: st.DrawFn) -> tuple[float, str]:
    """Draw a number, and one of the ways to write it."""
    value = draw(finite)
    digits = draw(st.sampled_from([repr, plain, "{:.17e}".format, "{:.16E}".format]))(abs(value))
    comma = digits.replace(".", ",")
    if not re.fullmatch(r"[1-9]\d{0,2},\d{3}", comma):
        digits = draw(st.sampled_from([digits, comma]))
    sign = draw(st.sampled_from(["-", "\u2212"] if value < 0 else ["", "+"]))
    suffix = draw(st.sampled_from(["", "f", "F"]))
    return value, draw(BLANKS) + sign + digits + suffix + draw(BLANKS)


@given(spellings())
def test_any_spelling_of_a_number_reads_back_exactly(spelled: tuple[float, str]) -> None:
    value, text = spelled
    assert readers.number().read(text) == value
    assert take(FIRST, "logits.1", text).logits[1] == value
    opened, ignored = read({"shift": [text]})
    assert (opened.shift, ignored) == (value, [])


def test_what_people_paste_is_read() -> None:
    taken = {
        "\u22123": -3.0,
        "90f": 90.0,
        "1e-3f": 0.001,
        "2,5": 2.5,
        "\u22120,5": -0.5,
        "+3": 3.0,
        "\u00a0 7\u2009": 7.0,
        "\u2212inf": -math.inf,
        "-Infinity": -math.inf,
        "\u2212∞": -math.inf,
        "\u20133": -3.0,
        "65\u202f504": 65504.0,
    }
    assert {text: readers.logit().read(text) for text in taken} == taken
    assert readers.whole(9).read(" +3.0f ") == 3
    assert readers.between(0, 1).read("0,25") == 0.25


@given(
    texts
    | st.from_regex(r"\s*[-+]?(\d*[.]?\d*|inf|nan)(e[-+]?\d+)?\s*", fullmatch=True)
    | finite.map(repr)
)
def test_a_link_reads_as_it_always_did(text: str) -> None:
    """What NumPy's and Python's spelling says, where it says it in ASCII and without _."""
    try:
        value = float(text)
    except ValueError:
        return
    if text.isascii() and "_" not in text and abs(value) <= readers.LARGEST:
        opened, ignored = read({"shift": [text], "logits": [f"1,{text}"]})
        assert (opened.shift, opened.logits, ignored) == (value, (1.0, value), [])


def test_a_name_is_what_people_can_see_and_tell_apart() -> None:
    taken = {
        " a  b\u00a0c ": "a b c",
        "e\u0301": "\u00e9",
        "👩\u200d🔬": "👩\u200d🔬",
        "\u05d0": "\u05d0",
        "<b>": "<b>",
        "x" * 20: "x" * 20,
    }
    assert {text: readers.name().read(text) for text in taken} == taken
    hidden = [
        "",
        " ",
        "x" * 21,
        "x" * 5000,
        "a\0",
        "\u202ea",
        "\u200d",
        "\u3164",
        "\u2800",
        "\ue000",
    ]
    assert accepts(readers.name(), hidden) == []


# ---------------------------------------------------------------- sliders


@given(finite | st.just(-math.inf), st.sampled_from([*REACHES, 2e5, 1e300]))
def test_a_slider_holds_its_value_exactly_between_even_steps(value: float, reach: float) -> None:
    if math.isfinite(value):
        reach = max(reach, abs(value))
    positions, index = grid(value, reach)
    assert len(positions) == 201
    assert positions == sorted(positions)
    assert all(math.isfinite(position) for position in positions)
    assert positions[index] == (value if math.isfinite(value) else 0)
    even = [k * reach / 100 for k in range(-100, 101)]
    assert all(a == b for k, (a, b) in enumerate(zip(positions, even, strict=True)) if k != index)


def test_the_grid_of_tenths_is_made_of_the_decimals_that_people_read() -> None:
    positions, _ = grid(0.0, 10.0)
    assert [plain(v) for v in positions[100:104]] == ["0", "0.1", "0.2", "0.3"]
    assert positions == [round(v, 1) for v in positions]


@given(st.floats(0.5, 64.0))
def test_an_uneven_slider_holds_its_value_in_the_place_of_the_nearest(value: float) -> None:
    marks = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]
    positions, index = scale(value, marks)
    assert positions[index] == value
    assert positions == sorted(positions)
    assert all(a == b for k, (a, b) in enumerate(zip(positions, marks, strict=True)) if k != index)
    assert abs(value - marks[index]) == min(abs(value - mark) for mark in marks)


def test_a_value_out_of_reach_widens_it() -> None:
    powers = [((float(f"1e{p}"), 0.0), 10, max(10, 10.0**p)) for p in range(-5, 300, 7)]
    others = [((-float(f"1.01e{p}"), 0.0), 10, 2 * 10.0**p) for p in range(4, 300, 7)]
    cases: list[tuple[tuple[float, ...], float, float]] = [
        *powers,
        *others,
        ((1.0, 2.0), 10, 10),
        ((10.0, -10.0), 10, 10),
        ((10.5, 0.0), 10, 100),
        ((-math.inf, 101.0), 10, 1000),
        ((1000.5, 0.0), 10, 2000),
        ((123456.0, 0.0), 1000, 200000),
        ((1e300, 0.0), 10, 1e300),
    ]
    for logits, reach, effective in cases:
        now = settings(logits=logits, names=first_names(2), reach=reach)
        assert now.effective_reach == widened(reach, *logits) == pytest.approx(effective)
        assert now.effective_reach >= max(abs(v) for v in logits if math.isfinite(v))
    assert settings(shift=-50.0).effective_reach == 100


def test_a_reach_widened_by_a_number_is_not_written_into_the_link() -> None:
    now = settings(logits=(123456.0, 1.0, 0.0))
    assert now.effective_reach == 200_000
    assert link(now, "pipeline")["reach"] == ["10"]
    assert "kept 10" in refused(now, "reach", "200000")
