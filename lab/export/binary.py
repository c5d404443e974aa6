"""What leaves the page of the sigmoid: one score, and two of them."""

import numpy as np

from ce_core import softmax
from ce_core.activations import sigmoid
from ce_core.binary import FORMS, run
from ce_core.formats import FORMATS
from lab.export import plain
from lab.export.parts import Export, Part
from lab.numpy_code import array_code, dtype_code
from lab.words import say


def of_scores(x: float, other: float, format_name: str) -> Export:
    """Return the sigmoid of x, its log and losses in each form, and the softmax of x and another.

    x is an array of one number, and so is all that is made of it: the arithmetic of the formats'
    arrays is that of the page.
    """
    dtype, code = FORMATS[format_name].dtype, dtype_code(format_name)
    table = run([x], format_name)
    with np.errstate(all="ignore"):
        exp = np.exp(-table.x)
        pair = np.array([x, other]).astype(dtype)
        pair_softmax, pair_sigmoid = softmax(pair), sigmoid(pair[:1] - pair[1:])
    return Export(
        [
            Part(say("export.given"), f"x = {array_code([x])}.astype({code})"),
            Part(say("export.written"), _WRITTEN),
            Part(say("export.stable"), _STABLE),
            Part(say("export.binary"), _LOSSES),
            Part(
                say("export.pair"),
                f"pair = {array_code([x, other])}.astype({code})\n"
                "pair_softmax = softmax(pair)\n"
                "pair_sigmoid = sigmoid(pair[:1] - pair[1:])",
            ),
        ],
        {
            "x": table.x,
            "exp_naive": exp,
            "sigmoid_naive": table.sigmoid["naive"],
            "log_naive": table.log_sigmoid["naive"],
            "sigmoid_stable": table.sigmoid["stable"],
            "log_stable": table.log_sigmoid["stable"],
            "complement": table.complement,
            "slope": table.slope,
            **{
                f"loss_{form}_{label}": table.losses[form][:, label]
                for form in FORMS
                for label in (0, 1)
            },
            "pair": pair,
            "pair_softmax": pair_softmax,
            "pair_sigmoid": pair_sigmoid,
        },
        (plain.sigmoid, plain.log_sigmoid, plain.softmax),
    )


_WRITTEN = """\
exp_naive = np.exp(-x)
sigmoid_naive = 1 / (1 + exp_naive)
log_naive = np.log(sigmoid_naive)"""

_STABLE = """\
sigmoid_stable = sigmoid(x)
log_stable = log_sigmoid(x)
complement = sigmoid(-x)
slope = sigmoid_stable * complement"""

_LOSSES = """\
loss_naive_0, loss_naive_1 = 0 - np.log(1 - sigmoid_naive), 0 - np.log(sigmoid_naive)
loss_log_0, loss_log_1 = 0 - np.log(1 - sigmoid_stable), 0 - np.log(sigmoid_stable)
loss_fused_0, loss_fused_1 = 0 - log_sigmoid(-x), 0 - log_sigmoid(x)"""
