"""What leaves a case of the gallery: the code as it was and, once it is known, the repaired one."""

from collections.abc import Mapping

import numpy as np

from ce_core.bugs import Bug, run
from ce_core.formats import FORMATS
from lab.export import plain
from lab.export.parts import Export, Part
from lab.numpy_code import array_code, dtype_code
from lab.words import say

_FUNCTIONS = (plain.one_hot, plain.sigmoid, plain.softmax, plain.log_softmax)


def of_case(
    bug: Bug, batch: np.ndarray, power: float | None, codes: Mapping[str, tuple[str, str]]
) -> Export:
    """Return what the codes of a case make of a batch (N, C).

    `codes` has "broken", and "repaired" where the learner may see it: the name of the function, and
    its source.
    """
    rows = ", ".join(array_code(row).removeprefix("np.array(")[:-1] for row in batch.tolist())
    given = ["Array = np.ndarray", f"logits = np.array([{rows}]).astype({dtype_code(bug.format)})"]
    given += [f"target = np.array({list(bug.target)!r})"]
    if power is not None:
        given += [f"scale = np.exp2(np.array({power!r})).astype(np.float32)"]
    arguments = "logits, target" if power is None else "logits, target, scale"
    found = run(bug, batch[None], None if power is None else [power])
    results = dict(zip(("broken", "repaired"), found, strict=True))
    with np.errstate(over="ignore"):
        stored = batch.astype(FORMATS[bug.format].dtype)
    return Export(
        [
            Part(say("export.given"), "\n".join(given)),
            *(
                Part(
                    say(f"bugs.card_{key}"),
                    f"{source.rstrip()}\n\n\n{key} = np.float64({name}({arguments}))",
                )
                for key, (name, source) in codes.items()
            ),
        ],
        {"logits": stored} | {key: results[key][0] for key in codes},
        _FUNCTIONS,
    )
