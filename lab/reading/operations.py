"""PyTorch's detect_anomaly and JAX's jax_debug_nans: the operation that returned nan or inf."""

import math
import re
from typing import Final

from ce_core.formats import FORMATS
from lab.reading.error import excerpt
from lab.reading.finding import Link, Report, Sentence

# The error, and what is warned of before it.
_ANOMALY: Final = re.compile(
    r"Function '(\w{1,80}?)Backward\d*' returned nan values in its (\d{1,3})th output", re.ASCII
)
_WARNED: Final = re.compile(r"Error detected in (\w{1,80}?)Backward\d*\.", re.ASCII)
_FRAME: Final = re.compile(r'File "([^"\n]+)", line (\d{1,9}), in [^\n]+\n +(\S[^\n]*)', re.ASCII)
_LIBRARY: Final = re.compile(r"(?:site|dist)-packages|/torch/")
_DEBUG_NANS: Final = re.compile(
    r"invalid value \((nan|inf)\) encountered in (?:jit\()?(\w{1,80})", re.ASCII
)
_WRAPPERS: Final = frozenset({"jit", "pjit", "xla_call", "while", "scan", "cond"})
_LONGEST: Final = 120  # letters of a line of code


def _bug(name: str) -> Link:
    return Link("bugs", {"bug": name}, name, {})


def _exp() -> Link:
    """Return the picture of an exp beyond float32, in which both libraries compute."""
    x = math.ceil(FORMATS["float32"].ln_max)
    query = {"logits": f"{x},0", "format": "float32"}
    return Link("overflow", query, "exp", {"x": x, "format": "float32"})


# What happens in the backward step of an operation, and in the operation itself; with the picture
# of the lab that shows it, if there is one.
_BACKWARD: Final = {
    "log": ("backward_log", _bug("log_of_softmax")),
    "exp": ("backward_exp", _exp()),
    "div": ("backward_div", _exp()),
    "softmax": ("backward_softmax", _bug("all_masked_row")),
    "logsoftmax": ("backward_softmax", _bug("all_masked_row")),
    "mul": ("backward_mul", _bug("zero_times_infinity")),
    "sqrt": ("backward_sqrt", None),
}
_FORWARD: Final = {
    ("nan", "log"): ("forward_nan_log", None),
    ("inf", "log"): ("forward_inf_log", _bug("log_of_softmax")),
    ("inf", "exp"): ("forward_inf_exp", _exp()),
    ("nan", "div"): ("forward_nan_div", _exp()),
    ("nan", "sub"): ("forward_nan_sub", _bug("all_masked_row")),
    ("nan", "mul"): ("forward_nan_mul", _bug("zero_times_infinity")),
    ("nan", "sqrt"): ("forward_nan_sqrt", None),
}
_UNKNOWN: Final[tuple[str, Link | None]] = ("", None)


def read_anomaly(text: str) -> Report | None:
    """Read what PyTorch's detect_anomaly prints; None if it is something else."""
    found, warned = _ANOMALY.search(text), _WARNED.search(text)
    either = found or warned
    if not either:
        return None
    name, operation = either[1], either[1].lower()
    why, link = _BACKWARD.get(operation, _UNKNOWN)
    sentences = [_called(text[warned.end() :])] if warned else []
    sentences += [Sentence(why, {})] if why else []
    first = Sentence("anomaly", {"operation": name})
    if found:
        first = Sentence("anomaly_input", {"operation": name, "input": int(found[2])})
    return Report(
        tool="detect_anomaly",
        first=first,
        text=tuple(sentence for sentence in sentences if sentence),
        value="nan",
        operation=operation,
        link=link,
    )


def _called(traceback: str) -> Sentence | None:
    """Say which line of one's own called the operation: the last before the error's own lines."""
    frames = list(_FRAME.finditer(traceback.partition("(Triggered internally")[0]))
    own = [frame for frame in frames if not _LIBRARY.search(frame[1])] or frames
    if not own:
        return None
    file, line, code = own[-1].groups()
    place = {"file": excerpt(re.split(r"[\\/]", file)[-1], _LONGEST), "line": line}
    return Sentence("called", {**place, "code": excerpt(code, _LONGEST)})


def read_debug_nans(text: str) -> Report | None:
    """Read the error that JAX raises at the first nan or inf; None if it is something else."""
    found = list(_DEBUG_NANS.finditer(text))
    if not found:
        return None
    own = [error for error in found if error[2] not in _WRAPPERS] or found
    value, operation = own[-1].groups()
    why, link = _FORWARD.get((value, operation), _UNKNOWN)
    return Report(
        tool="jax_debug_nans",
        first=Sentence("encountered", {"operation": operation, "value": value}),
        text=(Sentence(why, {}),) if why else (),
        value=value,
        operation=operation,
        link=link,
    )
