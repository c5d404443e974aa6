"""The NumPy lines that compute what is on the screen, ready to copy."""

from collections.abc import Iterable, Sequence

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
    stored = stored_code(array_code(logits), format_name, shift)
    lines = [imports(stored), "", stored, f"target = {target}"]
    for form in forms:
        lines += ["", f"# {form_title(form)}", form_code(form), f"loss_{form} = loss"]
    return "\n".join(lines)


def imports(code: str) -> str:
    """Return the lines that import what some lines need.

    Examples
    --------
    >>> imports("np.array([0.1]).astype(ml_dtypes.bfloat16)").splitlines()
    ['import ml_dtypes', 'import numpy as np']
    """
    return ("import ml_dtypes\n" if "ml_dtypes." in code else "") + "import numpy as np"


def dtype_code(format_name: str) -> str:
    """Return the expression of a format's dtype."""
    return f"{'np' if format_name in _NUMPY_FORMATS else 'ml_dtypes'}.{format_name}"


def array_code(values: Iterable[float]) -> str:
    """Return the expression of an array that holds every number to its last digit.

    Examples
    --------
    >>> array_code([0.1, float("-inf")])
    'np.array([0.1, -np.inf])'
    """
    written = ("-np.inf" if value == float("-inf") else repr(value) for value in values)
    return f"np.array([{', '.join(written)}])"


def stored_code(values: str, format_name: str, shift: float) -> str:
    """Return the lines that store an expression as logits of a format, and add the constant."""
    dtype = dtype_code(format_name)
    stored = f"logits = {values}.astype({dtype})"
    return f"{stored}\nlogits = logits + {dtype}({shift!r})" if shift else stored


def form_title(form: str) -> str:
    """Return what a form is called, and what it computes."""
    return f"{say(f'pipeline.loss_{form}')}: {say(f'pipeline.loss_{form}_formula')}"


def form_code(form: str) -> str:
    """Return the lines of a form, from logits and target to loss, one for each step."""
    return "\n".join(f"{step.name} = {step.formula}" for step in STEPS[form])
