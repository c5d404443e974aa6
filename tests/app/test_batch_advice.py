"""The calls that are advised compute the page's number, and name what there is."""

import ast
from typing import Any

import numpy as np
import pytest

from ce_core.batch import Options
from lab.batch.calls import Call
from lab.words import say
from tests.app.brought import result, titles

LOGITS = "1 2 3\n0 5 1\n-2 0.5 0.25\n30 0 -1"
OPTIONS: list[tuple[str, dict[str, str]]] = [
    ("0 1 2 -100", {}),
    ("0 1 2 -1", {"ignore_index": "-1", "weight": "0.5, 2, 3"}),
    ("0 1 2 2", {"label_smoothing": "0.1", "reduction": "sum"}),
    ("0 1 2 -100", {"label_smoothing": "0.25", "weight": "1, 0, 3"}),
    ("0.2 0.3 0.5\n0 1 0\n1 0 0\n0 0.5 0.5", {"weight": "1, 2, 3"}),
    ("0.2 0.3 0.5\n0 1 0\n1 0 0\n0 0.5 0.5", {"label_smoothing": "0.3", "reduction": "none"}),
    ("0 1 2 0", {"reduction": "none", "format": "bfloat16"}),
    ("0 1 1\n1 0 1\n0 0.5 1\n1 1 0", {"kind": "binary"}),
    (
        "0 1 1\n1 0 1\n0 0.5 1\n1 1 0",
        {"kind": "binary", "weight": "1, 2, 3", "pos_weight": "4", "reduction": "sum"},
    ),
]

# https://docs.pytorch.org/docs/stable/nn.functional.html and .../generated/torch.Tensor.html,
# https://docs.jax.dev/en/latest/jax.nn.html and .../jax.numpy.html: what may be called, and by
# which names its arguments are known. jax.numpy has the names of NumPy.
_LOSS = {"weight", "reduction", "ignore_index", "label_smoothing"}
KNOWN: dict[str, set[str]] = {
    "F.cross_entropy": _LOSS,
    "F.nll_loss": {"weight", "reduction", "ignore_index"},
    "F.log_softmax": {"dim"},
    "F.logsigmoid": set(),
    "F.linear": set(),
    "F.binary_cross_entropy_with_logits": {"weight", "reduction", "pos_weight"},
    "torch.tensor": set(),
    "torch.exp": set(),
    "torch.autograd.set_detect_anomaly": set(),
    "jax.nn.log_softmax": {"axis"},
    "jax.nn.log_sigmoid": set(),
    "jax.config.update": set(),
    "scipy.special.log_softmax": {"axis"},
    ".float": set(),
    ".isinf": set(),
    ".isneginf": set(),
    ".nonzero": set(),
    ".all": {"dim"},
    "print": set(),
    ".log": set(),
    ".masked_fill": set(),
    ".clamp": {"min"},
    ".astype": set(),
    ".mean": set(),
    ".sum": {"axis", "keepdims", "dtype"},
    ".max": {"axis", "keepdims"},
    "float": set(),
    **{
        f"{xp}.{name}": {"axis"} if name == "take_along_axis" else set()
        for xp in ("np", "jnp")
        for name in ("array", "where", "eye", "take_along_axis", "exp", "log", "logaddexp")
    },
}


def calls(text: str) -> list[tuple[str, set[str]]]:
    """Return what a text calls, with the names of arguments."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if isinstance(node.func, ast.Attribute) and name not in KNOWN:
                name = f".{node.func.attr}"
            found.append((name, {word.arg or "" for word in node.keywords}))
    return found


def arrays(targets: str) -> dict[str, Any]:
    """Return what a snippet is given."""
    rows = [[float(x) for x in line.split()] for line in LOGITS.splitlines()]
    read = np.array([[float(x) for x in line.split()] for line in targets.splitlines()])
    classes = len(read) == 1
    return {"logits": np.array(rows), "target": read[0].astype(int) if classes else read}


@pytest.mark.parametrize(("targets", "options"), OPTIONS)
def test_the_lines_of_numpy_make_the_page_s_number(targets: str, options: dict[str, str]) -> None:
    found = result(LOGITS, targets, **options)
    (text,) = [a["text"] for a in found.head["advice"] if a["title"] == say("numbers.call_numpy")]
    space = arrays(targets)
    exec(compile(text, "advice", "exec"), space)  # noqa: S102 - the lines of advice
    loss = np.asarray(space["loss"], float)
    if options.get("reduction") == "none":
        table = found.column(say("numbers.exact"))
        rows = [int(row) - 1 for row in found.column(say("numbers.row"))]
        np.testing.assert_allclose(loss.ravel()[rows], table, rtol=1e-5, atol=1e-6)
    else:
        assert loss == pytest.approx(found.readout("loss-reduced"), rel=1e-5)


@pytest.mark.parametrize(("targets", "options"), OPTIONS)
def test_the_lines_for_torch_and_jax_call_what_there_is(
    targets: str, options: dict[str, str]
) -> None:
    for advice in result(LOGITS, targets, **options).head["advice"]:
        for name, words in calls(advice["text"]):
            assert name in KNOWN, (advice["title"], name)
            assert words <= KNOWN[name], (advice["title"], name, words)


def test_torch_is_told_every_option_that_is_not_its_own() -> None:
    options = Options(reduction="sum", weight=(1.0, 2.0), ignore_index=-1, label_smoothing=0.1)
    (call,) = [c for c in calls(Call(options, soft=False, narrow=True).torch()) if "F." in c[0]]
    assert call == ("F.cross_entropy", _LOSS)
    assert (
        Call(Options(), soft=False, narrow=False)
        .torch()
        .endswith("loss = F.cross_entropy(logits, target)")
    )


@pytest.mark.parametrize(
    ("numbers", "targets", "options", "advice"),
    [
        ("100 0", "1", {}, "fused"),
        ("100", "1", {"kind": "binary"}, "sigmoid"),
        ("-inf 2", "0 1", {"kind": "binary", "columns": "apart"}, "infinite"),
        ("1 nan", "1", {}, "nan"),
        ("1 70000", "1", {"format": "float16"}, "beyond"),
        ("-inf -inf\n1 2", "1 0", {}, "all_masked"),
        ("1 -inf", "1", {}, "target_masked"),
        ("0.5 0.5\n0.25 0.75", "1 0", {}, "probabilities"),
        ("1 -1e9", "0", {"format": "float16"}, "mask"),
        ("1 2", "-100", {}, "ignored"),
        ("1 2", "0", {"weight": "0 1", "ignore_index": "-1"}, "ignored"),
        (" ".join(["0"] * 300), "0", {"format": "bfloat16"}, "sum"),
    ],
)
def test_advice_follows_from_what_was_found_and_from_nothing_else(
    numbers: str, targets: str, options: dict[str, str], advice: str
) -> None:
    found = result(numbers, targets, **options)
    own = [title for title in titles(found) if title.startswith("In ") is False]
    assert say(f"numbers.advice_{advice}") in own
    for name, words in [pair for a in found.head["advice"] for pair in calls(a["text"])]:
        assert words <= KNOWN[name], name
    everyday = titles(result("2 1 0.1\n0 1 3", "0 2"))
    assert everyday == [say(f"numbers.call_{name}") for name in ("numpy", "torch", "jax")]


def test_answers_that_sum_to_1_are_no_probabilities_of_classes() -> None:
    """No softmax is taken of the logits of yes/no questions."""
    found = result("0.5 0.5\n0.25 0.75", "0 1\n1 0", kind="binary")
    assert titles(found) == [say(f"numbers.call_{name}") for name in ("numpy", "torch", "jax")]


@pytest.mark.parametrize(
    ("kind", "name"), [("classes", "F.log_softmax"), ("binary", "F.logsigmoid")]
)
def test_without_targets_the_log_of_the_probabilities_is_advised(kind: str, name: str) -> None:
    (advice,) = result("1 2\n3 4", kind=kind).head["advice"]
    assert name in dict(calls(advice["text"]))
