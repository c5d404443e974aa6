"""What leaves the page of the softmax: the forms, the Jacobian, and the sums of very many."""

from collections.abc import Sequence

import numpy as np

from ce_core import softmax_jacobian
from ce_core.many_classes import with_copies
from ce_core.pipelines import PIPELINES, run_all
from lab.export import plain
from lab.export.forms import given, steps_of, steps_part
from lab.export.parts import Export, Part
from lab.numpy_code import array_code, stored_code
from lab.settings import Settings
from lab.words import say


def of_softmax(settings: Settings, temperature: float, many: Sequence[int]) -> Export:
    """Return the steps of the forms on z / T + c, and what the page makes of them.

    `many` are the numbers of classes with the last logit.
    """
    name, shift = settings.format, settings.shift
    scaled = np.array(settings.logits) / temperature
    runs = run_all(scaled, settings.target, name, shift=shift)
    shifted = runs["shifted"]
    stored = stored_code(f"({array_code(settings.logits)} / {temperature!r})", name, shift)
    with np.errstate(all="ignore"):
        jacobian = softmax_jacobian(shifted.steps["logits"])
    results = {"logits": shifted.steps["logits"]} | steps_of(runs.values()) | {"jacobian": jacobian}
    for copies in many:
        total, share = with_copies(shifted, copies)
        results |= {f"total_{copies}": total, f"share_{copies}": share}
    return Export(
        [
            given(settings, stored),
            *map(steps_part, PIPELINES),
            Part(say("export.jacobian"), "jacobian = softmax_jacobian(logits)"),
            Part(say("export.many"), "\n".join(map(_many, many))),
        ],
        results,
        (plain.accurate_softmax, plain.softmax_jacobian),
    )


def _many(copies: int) -> str:
    every = f"np.append(exp_shifted, np.repeat(exp_shifted[-1], {copies - 1}))"
    share = f"share_{copies} = exp_shifted[target] / total_{copies}"
    return f"total_{copies} = np.sum({every})\n{share}"
