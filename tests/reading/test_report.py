"""Reports that tools printed of models that overflow, which print_out.py ran."""

import math
from pathlib import Path
from urllib.parse import urlencode

import pytest

from ce_core.pipelines import run_all
from lab.reading import Range, Report, UnreadableError, read_report, read_text
from tests.app.instruments import ANSWERS

FOLDER = Path(__file__).parent / "printed"
NAMES = {
    *(f"transformers-5.24.0/{path.stem}" for path in FOLDER.glob("transformers-*/*.txt")),
    *(f"torch-2.13.0/{path.stem}" for path in FOLDER.glob("torch-*/anomaly-*.txt")),
    *(f"jax-0.10.2/{name}" for name in ("nans-log", "nans-softmax", "nans-jit", "infs-exp")),
}


def text(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text()


def report(printed: str) -> Report:
    found = read_report(printed)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "value", "fmt", "batch", "count", "passed"),
    [
        (
            "feed",
            "inf",
            "float16",
            0,
            10,
            Range(22, "second", "Linear", "output", math.inf, math.inf),
        ),
        (
            "feed-second-batch",
            "inf",
            "float16",
            1,
            22,
            Range(42, "second", "Linear", "output", math.inf, math.inf),
        ),
        (
            "feed-float32",
            "inf",
            "float32",
            0,
            10,
            Range(22, "second", "Linear", "output", math.inf, math.inf),
        ),
        ("softmax", "inf", "float16", 0, 2, Range(12, "exp", "Exp", "output", 7.39, math.inf)),
        ("traced", "", "", 0, 12, None),
        (
            "t5",
            "inf",
            "float16",
            0,
            44,
            Range(
                71,
                "encoder.block.0.layer.1.DenseReluDense.wo",
                "Linear",
                "output",
                116.0,
                math.inf,
            ),
        ),
    ],
)
def test_the_first_range_beyond_a_limit_is_named(
    name: str, value: str, fmt: str, batch: int, count: int, passed: Range | None
) -> None:
    printed = text(f"transformers-5.24.0/{name}")
    found = report(printed)
    assert (found.value, found.format, found.batch, len(found.ranges)) == (value, fmt, batch, count)
    assert found.passed == passed
    for tensor in found.ranges:  # each stands where it says
        line = printed.split("\n")[tensor.line - 1].split()
        assert line == [f"{tensor.low:.2e}", f"{tensor.high:.2e}", tensor.what]


def test_a_limit_that_finite_numbers_pass_is_that_of_float16() -> None:
    printed = text("transformers-5.24.0/traced").replace("5.76e+04", "6.56e+04")
    found = report(printed)
    assert (found.value, found.format) == ("", "float16")
    assert found.passed == Range(17, "second", "Linear", "output", 65600.0, 65600.0)
    assert "65504" in found.first.told()
    assert "65600 in output of second (Linear), line 17" in found.first.told()


def test_nan_without_a_number_before_it_names_no_format() -> None:
    found = report("abs min  abs max  metadata\n  net Net\n     nan      nan input[0]")
    assert (found.value, found.format, found.link) == ("nan", "", None)
    assert found.first.told() == "The first nan is in input[0] of net (Net), line 3."


@pytest.mark.parametrize(
    ("name", "value", "operation", "first"),
    [
        ("torch-2.13.0/anomaly-log", "nan", "log", "Log is the first"),
        ("torch-2.13.0/anomaly-exp", "nan", "div", "in the gradient of its input 1,"),
        ("torch-2.13.0/anomaly-sqrt", "nan", "sqrt", "Sqrt is the first"),
        ("jax-0.10.2/nans-log", "nan", "log", "log is the first operation that returned nan."),
        ("jax-0.10.2/nans-softmax", "nan", "div", "div is the first operation"),
        ("jax-0.10.2/nans-jit", "nan", "div", "div is the first operation"),
        ("jax-0.10.2/infs-exp", "inf", "exp", "exp is the first operation that returned inf."),
    ],
)
def test_the_operation_that_returned_nan_is_named(
    name: str, value: str, operation: str, first: str
) -> None:
    found = report(text(name))
    assert (found.value, found.operation) == (value, operation)
    assert first in found.first.told()


def test_the_line_that_called_it_is_ones_own() -> None:
    called, _ = report(text("torch-2.13.0/anomaly-log")).text
    assert called.values["file"] == "print_out.py"
    assert called.values["code"] == "return -torch.log(torch.softmax(x, -1) * 0)[0, 0] * 0"
    traceback = (
        "Error detected in SoftmaxBackward0. Traceback of forward call that caused the error:\n"
        '  File "/home/a/train.py", line 65, in forward\n    p = F.softmax(z, dim=1)\n'
        '  File "/usr/lib/python3/site-packages/torch/nn/functional.py", line 1680, in softmax\n'
        "    ret = input.softmax(dim)\n (Triggered internally at x.cpp:104.)\n"
        '  File "/home/a/train.py", line 165, in train\n    loss.backward()\n'
    )
    found = report(traceback)
    assert found.text[0].told() == "It was called in train.py, line 65: p = F.softmax(z, dim=1)"
    assert found.link is not None
    assert found.link.query == {"bug": "all_masked_row"}


def test_an_operation_within_jit_is_preferred_to_the_wrapper() -> None:
    # https://github.com/jax-ml/jax/issues/22291, /issues/9092
    error = "FloatingPointError: invalid value (nan) encountered in "
    assert report(error + "jit(convert_element_type). Because").operation == "convert_element_type"
    assert report(f"{error}div\n{error}xla_call").operation == "div"
    assert report(f"{error}xla_call").operation == "xla_call"


@pytest.mark.parametrize("name", sorted(NAMES))
def test_what_a_report_says_is_filled_and_its_picture_breaks(name: str) -> None:
    found = report(text(name))
    for told in (found.title(), found.first.told(), *(s.told() for s in found.text)):
        assert "{" not in told
    if not found.link:
        assert found.value == "" or found.operation in {"log", "sqrt"}
        return
    assert "{" not in found.link.label()
    settings, refused = ANSWERS.read(found.link.page, urlencode(found.link.query))
    assert refused == []
    if found.link.page == "overflow":
        naive = run_all(settings.logits, 0, settings.format)["naive"]
        assert naive.broke
        if found.link.key == "stored":
            assert math.isinf(naive.steps["logits"][0])


@pytest.mark.parametrize("printed", ["", "1,2,3", "abs min  abs max  metadata", "loss is nan"])
def test_what_is_no_report_is_none(printed: str) -> None:
    assert read_report(printed) is None


def test_a_report_is_not_read_as_numbers() -> None:
    for name in NAMES:
        with pytest.raises(UnreadableError):
            read_text(text(name))
