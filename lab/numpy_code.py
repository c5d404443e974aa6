"""The NumPy lines that compute what is on the screen, ready to copy."""

from collections.abc import Sequence

from ce_core.pipelines import PIPELINES, STEPS
from lab.words import say

_NUMPY_FORMATS = {"float64", "float32", "float16"}


def numpy_code(
    logits: Sequence[float],
    target: int,
    format_name: str,
    shift: float,
    forms: Sequence[str] = PIPELINES,
) -> str:
    """Python source that runs some forms on these logits, step by step.

    Examples
    --------
    >>> print(numpy_code([2.0, 1.0], 0, "float16", 0.0).splitlines()[2])
    logits = np.array([2.0, 1.0]).astype(np.float16)
    """
    native = format_name in _NUMPY_FORMATS
    dtype = f"np.{format_name}" if native else f"ml_dtypes.{format_name}"
    values = ", ".join("-np.inf" if value == float("-inf") else repr(value) for value in logits)
    lines = [
        *(["import numpy as np"] if native else ["import ml_dtypes", "import numpy as np"]),
        "",
        f"logits = np.array([{values}]).astype({dtype})",
        *([f"logits = logits + {dtype}({shift!r})"] if shift else []),
        f"target = {target}",
    ]
    for form in forms:
        lines += ["", f"# {say(f'pipeline.loss_{form}')}: {say(f'pipeline.loss_{form}_formula')}"]
        lines += [f"{step.name} = {step.formula}" for step in STEPS[form]]
        lines += [f"loss_{form} = loss"]
    return "\n".join(lines)
