"""Formulas that a text names in braces, as it names a term in brackets: {softmax}."""

from collections.abc import Mapping
from typing import Final

from lab.mathml import Node, Part, frac, math, row, sub, subsup, sup

_Z_I, _Z_J, _Z_Y = (sub("z", i) for i in "ijy")
_LOG: Final[Node] = ["mi", "log\u00a0"]
_OPEN: Final[Node] = ["mtext", "("]  # an operator would grow with what it holds
_CLOSE: Final[Node] = ["mtext", ")"]


def _exp(power: Part) -> Node:
    return sup("e", power)


def _sum(term: Part, below: Part = "j") -> Node:
    return row(sub("∑", below), term)


# y is the true class, m the largest logit.
FORMULAS: Final[Mapping[str, Node]] = {
    "exp": math(_exp("z")),
    "sigmoid": math("σ", _OPEN, "x", _CLOSE, "=", frac("1", row("1", "+", _exp(row("−", "x"))))),
    "softmax": math(sub("p", "i"), "=", frac(_exp(_Z_I), _sum(_exp(_Z_J)))),
    "loss": math("−", _LOG, sub("p", "y")),
    "naive": math("−", _LOG, frac(_exp(_Z_Y), _sum(_exp(_Z_J)))),
    "max-subtracted": math(
        "−", _LOG, frac(_exp(row(_Z_Y, "−", "m")), _sum(_exp(row(_Z_J, "−", "m"))))
    ),
    "fused": math(
        *(_LOG, _OPEN, "1", "+", _sum(_exp(row(_Z_J, "−", "m")), row("j", "≠", "m")), _CLOSE),
        *("−", _OPEN, _Z_Y, "−", "m", _CLOSE),
    ),
    "log-sum-exp": math(_LOG, _sum(_exp(_Z_J))),
    "cross-entropy": math("−", _sum(row(sub("q", "j"), _LOG, sub("p", "j")))),
    "gradient": math(sub("p", "i"), "−", sub("y", "i")),
    "likelihood": math(row(sub("∏", "j"), subsup("p", "j", sub("n", "j")))),
}
