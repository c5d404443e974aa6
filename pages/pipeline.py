"""The pipeline: logits, exponentials, softmax with and without max-subtraction, cross-entropy."""

import numpy as np

from ce_core import softmax
from ce_core.scenarios import SCENARIOS
from lab import pictures
from lab.lesson import Lesson
from lab.parameters import FORMAT, LOGITS, NAMES, REACH, SHIFT, TARGET
from lab.pipeline import FORM, PRESET, build, export, open_scenario


def _picture() -> str:
    logits = np.array(SCENARIOS["everyday"].logits)
    return pictures.bars(np.concatenate([np.exp(logits - 2.2), softmax(logits)]))


LESSON = Lesson(
    page="pipeline",
    parameters=(LOGITS, NAMES, TARGET, FORMAT, SHIFT, REACH, FORM),
    picture=_picture,
    build=build,
    acts={PRESET: open_scenario},
    export=export,
    # y is the true class, m the largest logit.
    formulas=(
        ("naive", r"-\log \frac{e^{z_y}}{\sum_j e^{z_j}}"),
        ("shifted", r"-\log \frac{e^{z_y - m}}{\sum_j e^{z_j - m}}"),
        ("fused", r"\log \left(1 + \sum_{j \neq m} e^{z_j - m}\right) - (z_y - m)"),
        # With a space: KaTeX takes too little room for an index at the end, and it would scroll.
        ("lse", r"\log \sum_j e^{z_j} - z_y\,"),
    ),
)
