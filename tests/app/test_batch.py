"""What is answered about numbers that somebody brings: public reports, options, and anything."""

import json
import struct
from contextvars import copy_context
from urllib.parse import urlencode

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ce_core.formats import FORMATS
from lab import words
from lab.batch import account, worst
from lab.batch.classes import shown
from lab.batch.replies import reply
from lab.words import say
from tests.app.brought import OPTIONS, answer, body, brought, frames, result, titles
from tests.app.instruments import ANSWERS, SWATCHES

WEIGHTED = "[[-100, 100], [-100, 100]]"
PIXELS = "[[[[0.1, 0.3], [0.4, 0.5]], [[0.2, 0.3], [0.4, 0.5]], [[0.7, 0.4], [0.2, 0.0]]]]"


def test_a_mean_larger_than_its_parts_says_what_it_is_divided_by() -> None:
    """Weights 20 and 10: torch returns 133.33, and 4000 and 0 row by row."""
    found = result(WEIGHTED, "0 1", weight="20, 10")
    assert found.readout("loss-reduced") == pytest.approx(133.333333, abs=1e-5)
    assert found.readout("denominator") == 30
    assert "30 = 20 + 10" in found.head["denominator"]["note"]
    assert found.column(say("pipeline.loss_fused")) == [4000, 0]
    assert found.readout("accuracy") == 0.5
    assert found.head["summary"].startswith("2 of 2 rows overflow in float32 without")


def test_one_row_is_told_as_one() -> None:
    found = result("100 0", "1")
    assert found.head["summary"].startswith("1 of 1 row overflows in float32 without")
    assert found.head["denominator"]["note"] == "N = 1 row."
    assert result("1 2", "-100").head["summary"] == "0 of 1 row counts: it is ignored."


def test_a_target_that_is_none_is_told_with_a_minus_sign() -> None:
    (error,) = [f.head for f in brought("1 2\n3 4", "0 -5", columns="apart") if f.kind == "error"]
    assert error["text"].endswith("got \u22125.")
    (error,) = [f.head for f in brought("1 2\n3 4", "0 -0.5") if f.kind == "error"]
    assert error["text"].startswith("The target of row 2 is \u22120.5,")


def test_many_weights_are_told_class_by_class() -> None:
    found = result("0 0\n" * 30, " ".join(["0", "0", "1"] * 10), weight="0.5 2")
    assert "30 = 20 × 0.5 + 10 × 2" in found.head["denominator"]["note"]


def test_rows_that_are_all_ignored_have_no_mean() -> None:
    found = result("1 2 3\n4 5 6", "-100 -100")
    assert np.isnan(found.readout("loss-reduced"))
    assert found.readout("denominator") == 0
    assert "0/0 is nan" in found.head["denominator"]["note"]
    assert titles(found)[0] == say("numbers.advice_ignored")
    assert found.head["layout"]["rows"]["cells"][-1]["pieces"][-1] == say("numbers.ignored")
    mark = found.columns[found.head["layout"]["rows"]["cells"][-1]["column"]]
    assert set(mark.ravel()) == {len(found.head["layout"]["rows"]["cells"][-1]["pieces"]) - 1}


def test_pixels_of_probabilities_are_rows_and_are_told_to_be_no_logits() -> None:
    found = result(PIXELS, "[[[2, 2], [0, 1]]]")
    assert found.head["of"] == 4
    assert found.readout("loss-reduced") == pytest.approx(0.948831, abs=5e-7)
    assert titles(found)[0] == say("numbers.advice_probabilities")


def test_a_finite_mask_is_beyond_float16_and_told_to_be_infinite() -> None:
    found = result("1 -1e9 3\n-1e9 5 6", "0 0", format="float16")
    assert found.column(say("numbers.row")) == [2, 1]
    assert [found.readout(f"loss-{form}") for form in ("naive", "shifted", "fused")] == [np.inf] * 3
    assert titles(found)[0] == say("numbers.advice_mask")
    assert "−1e9" in found.head["advice"][0]["lead"]
    assert "65504" in found.head["advice"][0]["lead"]
    assert say("numbers.advice_mask") not in titles(result("1 -1e9 3", "0", format="bfloat16"))


def test_a_sum_that_stalls_in_bfloat16_is_told() -> None:
    """512 ones added one by one end at 256 in bfloat16, and so the fused loss is ln 257."""
    found = result("\n".join([" ".join(["0"] * 512)] * 2), "0 7", format="bfloat16")
    assert found.readout("loss-reduced") == 5.5625
    assert found.head["summary"].endswith(
        "But the worst fused loss is 5.5625 in place of 6.23832, which is 22 ulps off."
    )
    assert titles(found)[0] == say("numbers.advice_sum")
    assert {"512", "256"} <= set(found.head["advice"][0]["lead"].replace(".", " ").split(" "))


def test_without_targets_there_are_probabilities_and_causes_and_no_loss() -> None:
    found = result("100 2 3\n1 2 3")
    assert (found.head["reduced"], found.head["denominator"]) == ([], None)
    assert found.head["summary"].startswith("1 of 2 rows overflows in float32")
    assert say("numbers.target") not in found.head["layout"]["rows"]["head"]
    assert titles(found) == [say("numbers.call_alone")]


def test_answers_to_questions_are_rows_of_their_own() -> None:
    found = result("1 2 3\n4 5 -100", "0 1 1\n1 0 1", kind="binary", reduction="sum")
    x, y = np.array([1.0, 2, 3, 4, 5, -100]), np.array([0, 1, 1, 1, 0, 1])
    assert found.readout("loss-reduced") == pytest.approx(
        (np.logaddexp(0, x) - x * y).sum(), rel=1e-6
    )
    assert found.column(say("numbers.row"))[:1] == [2]
    assert found.column(say("numbers.question"))[:1] == [2]
    assert found.head["denominator"] is None
    assert found.queries[0].startswith(urlencode({"logits": "0,-100"}))


def test_shares_and_smoothing_are_what_torch_makes_of_them() -> None:
    found = result("1 2 3\n0 5 1", "0.2 0.3 0.5\n0 1 0", label_smoothing="0.1", weight="1,2,3")
    z = np.array([[1.0, 2, 3], [0, 5, 1]])
    q = 0.9 * np.array([[0.2, 0.3, 0.5], [0, 1, 0]]) + 0.1 / 3
    log_p = z - np.log(np.exp(z).sum(-1, keepdims=True))
    wanted = -(np.array([1.0, 2, 3]) * q * log_p).sum() / 2
    assert found.readout("loss-reduced") == pytest.approx(wanted, rel=1e-6)
    assert found.head["layout"]["instruments"][0]["cards_title"] == say("numbers.cards_soft")


def test_the_gradient_is_that_of_the_reduced_loss() -> None:
    found = result("1 2 3\n0 5 1", "2 0", weight="1,2,3")
    at = found.column(say("numbers.row")).index(1)
    gradient = [
        found.value(cell, at)
        for row in found.head["layout"]["instruments"][0]["tables"][0]["rows"]
        for cell in row["cells"]
        if cell and cell["readout"].startswith("gradient")
    ]
    p = np.exp([1.0, 2, 3]) / np.exp([1.0, 2, 3]).sum()
    np.testing.assert_allclose(gradient, 3 * (p - [0, 0, 1]) / 4, rtol=1e-6)


def test_the_worst_row_comes_first_and_opens_in_the_lab_as_it_is() -> None:
    found = result("2 1 0 0\n12.5 3 -1 1\n0.5 nan 1 2", columns="last", format="float16")
    assert found.column(say("numbers.row")) == [3, 2, 1]
    assert found.queries[0] == ""
    opened, notices = ANSWERS.read(found.head["opens"]["page"], found.queries[1])
    assert notices == []
    assert (opened.logits, opened.target, opened.format) == ((12.5, 3, -1), 1, "float16")


def test_a_row_of_many_classes_opens_with_the_true_one_and_the_largest() -> None:
    logits = np.random.default_rng(4).normal(0, 3, (3, 5000))
    logits[:, 4000] = -20
    text = "\n".join(" ".join(map(repr, row)) for row in logits.tolist())
    found = result(text, "4000 4000 4000")
    opened, notices = ANSWERS.read("pipeline", found.queries[0])
    assert notices == []
    row = logits[int(found.column(say("numbers.row"))[0]) - 1]
    assert opened.logits[opened.target] == -20
    assert sorted(opened.logits)[1:] == sorted(row)[-9:]
    names = found.head["layout"]["instruments"][0]["figures"][1]["names"]
    assert names[-1] == say("numbers.others", count=4995)
    (bars,) = [
        bars
        for bars in found.head["layout"]["instruments"][0]["figures"][1]["bars"]
        if bars["swatch"] == "shifted"
    ]
    assert found.columns[bars["column"]][0, 0].sum() == pytest.approx(1, abs=1e-5)


def test_what_is_drawn_is_all_that_was_brought() -> None:
    found = result("1 -1e9 3\n-inf 5 nan", "0 1", format="float16")
    logits, losses = found.head["layout"]["figures"]
    counts = found.columns[logits["bars"][0]["column"]][0, 0]
    assert counts.sum() == 6
    assert (counts[0], counts[1], counts[-1]) == (1, 1, 1)
    for bars in losses["bars"]:
        assert found.columns[bars["column"]][0, 0].sum() == 2
    swatches = {bars["swatch"] for figure in (logits, losses) for bars in figure["bars"]}
    assert swatches <= SWATCHES
    for figure in found.head["figures"]:
        for trace, bars in zip(figure["plot"]["data"], logits["bars"], strict=False):
            assert len(trace["x"]) == len(trace["y"])
            assert bars["trace"] == 0


def test_each_bar_is_as_high_as_its_numbers_are_many() -> None:
    chance = np.random.default_rng(2)
    logits = np.concatenate([chance.normal(0, 30, 900), [0.0, 1e5, -3e5, 2.0**17, 0.24, -1.0]])
    found = result("\n".join(f"{a!r} {b!r}" for a, b in logits.reshape(-1, 2).tolist()))
    (drawn,) = found.head["layout"]["figures"]
    heights = dict(
        zip(
            found.head["figures"][0]["plot"]["data"][0]["x"],
            found.columns[drawn["bars"][0]["column"]][0, 0],
            strict=True,
        )
    )
    edges = 2.0 ** np.arange(-2, 18)
    for sign in (1, -1):
        counts, _ = np.histogram(sign * logits[sign * logits >= 0.25], edges)
        # np.histogram counts the last edge with what is below it.
        counts[-1] -= np.count_nonzero(sign * logits == edges[-1])
        assert [heights[sign * k] for k in range(1, 20)] == list(counts)
    assert heights[0] == np.count_nonzero(np.abs(logits) < 0.25)
    assert (heights[-20], heights[20]) == (1, 1)
    losses = result("0 0\n0 5\n0 800\n0 800", "0 0 0 1", format="float64")
    bars = losses.head["layout"]["figures"][1]["bars"]
    exact, naive = (losses.columns[b["column"]][0, 0] for b in bars)
    # ln 2, 5.01, 800 and 0, of which the naive form has no number for the last two.
    assert [int(k) for k in np.flatnonzero(exact)] == [0, 11, 13, 17]
    assert [int(k) for k in np.flatnonzero(naive)] == [11, 13, 24]


def test_what_is_told_in_between_is_of_the_rows_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "CHUNK", 8)
    monkeypatch.setattr(account, "_OFTEN", 0.0)
    monkeypatch.setattr(account, "_SHARE", 0)
    numbers = "\n".join(f"{k} 0 0 0" for k in range(8))
    told = [f for f in brought(numbers, columns="last") if f.kind in ("progress", "result")]
    assert [f.head["done"] for f in told] == [2, 4, 6, 8]
    assert {f.kind for f in told} == {"result"}
    whole = told[-1].column(say("numbers.row"))
    for frame in told:
        so_far = frame.head["done"]
        assert frame.readout("denominator") == so_far
        assert sorted(frame.column(say("numbers.row"))) == list(range(1, so_far + 1))
    monkeypatch.setattr(account, "CHUNK", 10**6)
    assert result(numbers, columns="last").column(say("numbers.row")) == whole


def test_no_more_rows_are_shown_than_can_be_told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worst, "_MOST_NUMBERS", 9)
    found = result("100 0 0\n" * 5, "1 1 1 1 1")
    assert len(found.queries) == 3
    assert found.head["summary"].startswith("5 of 5")


WRONG = {
    "format": ("float9", "float32"),
    "kind": ("ternary", "classes"),
    "reduction": ("median", "mean"),
    "weight": ("1, 2", "none"),
    "ignore_index": ("-1e2", "\u2212100"),
    "label_smoothing": ("1.5", "0"),
    "pos_weight": ("1, 1, 1", "none"),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_a_wrong_option_is_told_with_what_is_used_instead(option: str) -> None:
    wrong, used = WRONG[option]
    found = brought("1 2 3", "0", **{option: wrong})
    errors = [frame.head for frame in found if frame.kind == "error"]
    assert [error["field"] for error in errors] == [option]
    assert errors[0]["text"].endswith(say("app.used", used=used) + ".")
    usual = result("1 2 3", "0")
    assert found[-1].readout("loss-reduced") == usual.readout("loss-reduced")


@pytest.mark.parametrize(
    ("numbers", "targets", "options", "field", "place"),
    [
        ("1 2 x", "", {}, "numbers", (1, 5)),
        ("1 2\n3", "", {}, "numbers", (2, 0)),
        ("", "", {}, "numbers", (0, 0)),
        ("1 2 3", "7", {}, "targets", (0, 0)),
        ("1 2 3\n1 2 3", "0", {}, "targets", (0, 0)),
        ("1 2 3", "0, 1, x1", {}, "targets", (0, 0)),
        ("1 2 3", "0.5 -1 1", {}, "targets", (0, 0)),
        ("1 2 3", "0 2 1", {"kind": "binary"}, "targets", (0, 0)),
        ("1 2 3\n1 2 3", "0 1", {"kind": "binary"}, "targets", (0, 0)),
        ("1 2 0.5", "", {"columns": "last"}, "columns", (0, 0)),
        ("1 2 0", "", {"columns": "middle"}, "columns", (0, 0)),
    ],
)
def test_what_cannot_be_read_ends_the_answer_with_its_place(
    numbers: str, targets: str, options: dict[str, str], field: str, place: tuple[int, int]
) -> None:
    last = brought(numbers, targets, **options)[-1].head
    assert (last["kind"], last["field"]) == ("error", field)
    assert (last["line"], bool(last["column"])) == (place[0], bool(place[1]))
    assert last["text"]


def test_a_report_is_read_in_the_place_of_numbers() -> None:
    text = "FloatingPointError: invalid value (nan) encountered in div"
    (pasted,) = brought(text)
    assert (pasted.kind, pasted.head["link"]["page"]) == ("report", "overflow")
    assert ANSWERS.read("overflow", pasted.head["link"]["query"])[1] == []
    assert [frame.head for frame in brought(text, name="run.log")] == [pasted.head]


def test_names_above_the_columns_are_the_classes() -> None:
    found = brought("cat,dog,label\n1,2,0\n3,1,1")
    assert found[0].head["header"] == ["cat", "dog"]
    assert found[0].head["targets"] == ["0", "1"]
    assert found[-1].head["layout"]["instruments"][0]["figures"][1]["names"] == ["cat", "dog"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_an_answer(name: str) -> None:
    found = result(
        "1 2 3\n400 -1e5 0\nnan 0 0\n-inf -inf -inf\n-1e9 1e9 0", "0 1 2 0 1", format=name
    )
    assert found.head["summary"]


def test_the_language_that_was_asked_for_is_spoken_in_every_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = words.sentences
    another = {"numbers.row_title": "Eine Zeile"}
    monkeypatch.setattr(words, "LANGUAGES", ("en", "xx"))
    monkeypatch.setattr(words, "sentences", lambda name: another if name == "xx" else known(name))
    pieces = reply(memoryview(body("1 2", "0").replace(b'"lang": "en"', b'"lang": "xx"'))).pieces
    data = b""
    while piece := copy_context().run(next, pieces, b""):  # as a thread of its own would
        data += piece
    *_, last = frames(data)
    assert last.head["layout"]["instruments"][0]["title"] == "Eine Zeile"


def test_of_many_classes_those_that_are_shown_differ() -> None:
    """Also where all are masked, so that none is larger than another."""
    logits = np.full((20, 20), -np.inf)
    some = shown(logits, np.arange(20), tuple(map(str, range(20))), "true")
    assert [len(set(row)) for row in some.at] == [5] * 20
    assert list(some.at[:, 0]) == list(range(20))
    logits[:, ::3] = np.arange(7)
    some = shown(logits, np.full(20, 18), tuple(map(str, range(20))), "true")
    assert list(some.at[0]) == [18, 15, 12, 9, 6]
    assert some.of(np.ones((20, 20)))[0, 0].tolist() == [1] * 5 + [15]


HOSTILE = [
    b"",
    b"\0\0\0",
    b"\xff\xff\xff\xff{}",
    struct.pack("<I", 2) + b"{}",
    struct.pack("<I", 4) + b"null",
    struct.pack("<I", 3) + b"\xff\xff\xff",
    struct.pack("<I", 60_000) + b"[" * 60_000,
    body("1 2", "0").replace(b'"size": 3', b'"size": 4'),
    body("1 2", "0").replace(b'"size": 3', b'"size": -1'),
    body("1 2", "0").replace(b'"size": 3', b'"size": true'),
    body("1 2", "0").replace(b'"size": 3', b'"size": 1e0'),
    body("1 2", "0").replace(b'"as": ""', b'"as": "exe"'),
    body("1 2", "0")[:-1],
    body("1 2", "0") + b"1",
]


@pytest.mark.parametrize("request_body", HOSTILE)
def test_what_no_page_sends_is_refused(request_body: bytes) -> None:
    found = reply(memoryview(request_body))
    assert found.status == 422
    assert [frame.kind for frame in frames(b"".join(found.pieces))] == ["error"]


@given(
    head=st.dictionaries(
        st.sampled_from(("lang", "as", "name", "size", "options", "x")), st.none()
    ),
    data=st.binary(max_size=40),
    more=st.text(max_size=20),
)
def test_whatever_comes_has_an_answer(head: dict[str, None], data: bytes, more: str) -> None:
    told = json.dumps(head).encode()
    for request in (data, struct.pack("<I", len(told)) + told + data):
        assert list(frames(b"".join(reply(memoryview(request)).pieces)))
    for options in ({key: more} for key in OPTIONS):
        found = brought(data, more, **options)
        assert found[-1].kind in ("error", "result", "report")
        assert json.dumps(found[-1].head)


@settings(max_examples=20)
@given(st.sampled_from(OPTIONS), st.text(max_size=30))
def test_any_option_has_an_answer(option: str, text: str) -> None:
    found = brought("1 2\n3 4", "0 1", **{option: text})
    assert found[-1].kind == "result"


def test_a_file_that_cannot_be_made_says_why() -> None:
    found = answer("1 2 x", file="csv")
    assert (found.status, found.file_name) == (422, "")
    (error,) = frames(b"".join(found.pieces))
    assert (error.head["field"], error.head["column"]) == ("numbers", 5)


def test_a_single_class_is_told_to_be_no_question_at_all() -> None:
    """The scores of one example, written below each other, are a common slip."""
    told = say("numbers.summary_one_class")
    assert result("1\n2\n3").head["summary"] == told
    assert result("1\n2\n3", "1 0 1", kind="binary").head["summary"] != told


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"weight": "0 1"}, "no_weight"),  # 0 / 0
        ({"weight": "1e-9 1", "format": "float16"}, "no_weight"),  # 0 in this format
        ({"format": "float16"}, "total"),
    ],
)
def test_why_numbers_come_to_none_is_told(options: dict[str, str], key: str) -> None:
    found = result("0 60000\n0 60000", "0 0", **options)
    assert not np.isfinite(found.readout("loss-reduced"))
    format_name = options.get("format", "float32")
    assert found.head["summary"].endswith(say(f"numbers.summary_{key}", format=format_name))


@pytest.mark.parametrize(
    ("name", "rows", "told"),
    [
        ("float16", 65_520, "is stored as inf. So the fused mean is 0."),
        ("float8_e4m3fn", 500, "is stored as nan. So the fused mean is nan."),
        ("float6_e3m2fn", 40, "is stored as 28. So the fused mean is 0.3125."),
    ],
)
def test_more_rows_than_the_format_can_count_are_told(name: str, rows: int, told: str) -> None:
    """Of float6 ln 2 is 0.75, the sum stalls at 8, and 8 / 28 is rounded."""
    found = result("0 0\n" * rows, "0\n" * rows, format=name)
    assert found.readout("denominator") == rows
    assert f"The mean divides by {rows}, which is beyond " in found.head["summary"]
    assert found.head["summary"].endswith(told)
    fits = result("0 0\n" * 20, "0\n" * 20, format=name)
    assert "divides" not in fits.head["summary"]


def test_a_format_is_not_compared_with_itself() -> None:
    """A share of 1e-9 is 0 in float16, so that class is left out; its exp(-20) is 0, too."""
    found = result("0 -20\n0 0", "1 1e-9\n0.5 0.5", columns="apart", format="float16")
    assert found.head["summary"].startswith("No inf and no nan: 2 of 2 losses are numbers")


def test_a_loss_that_is_infinite_on_paper_is_broken_whatever_is_smoothed() -> None:
    found = result("-inf 2 1\n1 2 3", "1 0", label_smoothing="0.1")
    assert found.readout("loss-reduced") == np.inf
    told = say("numbers.summary_masked", count=1, rows=2, what="rows", format="float32")
    assert found.head["summary"].startswith(told)


def test_where_there_are_no_targets_none_is_masked() -> None:
    told = say("numbers.summary_masked_alone", count=1, rows=2, what="rows", format="float32")
    assert result("-inf -inf\n1 2").head["summary"].startswith(told)


@pytest.mark.parametrize(
    ("numbers", "targets", "kind", "told"),
    [
        ("-inf\n2", "0\n1", "binary", True),
        ("-inf 2 1", "[[0, 1, 0]]", "classes", True),
        ("-inf 2 1", "1", "classes", False),
    ],
)
def test_what_pytorch_makes_nan_of_is_told_where_it_is_a_number_here(
    numbers: str, targets: str, kind: str, told: bool
) -> None:
    """PyTorch 2.13 gives nan, nan and 0.3133 for these."""
    found = result(numbers, targets, kind=kind, columns="apart")
    assert np.isfinite(found.readout("loss-reduced"))
    assert found.head["summary"].endswith(say(f"numbers.summary_infinite_{kind}")) == told


def test_numbers_without_targets_are_told_to_have_none() -> None:
    assert brought("1 2\n3 4")[0].head["notes"] == [say("numbers.no_targets")]
    assert brought("1 2\n3 4", "0 1", columns="apart")[0].head["notes"] == []
