"""The largest error of each function in ulps, beside SciPy's and PyTorch's on the same logits.

Run with `python -m bench.accuracy` from the project's folder; it writes its table, and that of
`bench.core`, into docs/implementation.md. The truth is `tests.core.exact`, which the tests hold
against mpmath. Results beyond the largest number of a format are left out.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.special

import ce_core
from bench import core
from ce_core import FORMATS, FloatFormat
from ce_core.formats import EVERYDAY
from tests.core import exact

Array = npt.NDArray[Any]

DOCUMENT = Path(__file__).parents[1] / "docs" / "implementation.md"
TORCH = Path(__file__).parents[1] / "tests" / "core" / "torch_reference.json"
TARGET = 0
CLASSES = [2, 3, 10, 100]
NUMBERS = 300
"""Logits for each number of classes and each magnitude."""
RANGES = {
    "usual": [1.0, 5.0],
    # More of those between which exp goes from 1 to 0.
    "every": [
        *(10.0**k for k in (*range(-300, 0, 30), *range(30, 309, 30), 308)),
        *(1e-3, 0.03, 1.0, 5.0, 30.0, 100.0, 300.0),
    ],
}
"""Magnitudes: what classifiers give, and 1e-300 to 1e308 as far as a format holds them."""


class Measured(NamedTuple):
    """A function of logits (N, C), the same in SciPy, and the truth for one vector."""

    ours: Callable[[Array], Array]
    scipys: Callable[[Array], Array] | None
    on_paper: Callable[[Sequence[float]], Iterable[Decimal]]


def targets(logits: Array) -> Array:
    return np.full(len(logits), TARGET)


def scipys(name: str) -> Callable[[Array], Array]:
    function = getattr(scipy.special, name)
    return lambda z: np.asarray(function(z, axis=-1))


def accurate(function: Callable[..., Array]) -> Callable[[Array], Array]:
    return lambda z: function(z, accurate=True)


def yes_or_no(logits: Array) -> Array:
    return np.ones_like(logits)


def each(function: Callable[[list[float]], Iterable[Decimal]]) -> Callable[..., list[Decimal]]:
    """Return what a function of the logits [x, 0] gives for class 0, for each x."""
    return lambda numbers: [next(iter(function([x, 0.0]))) for x in numbers]


def slopes_on_paper(logits: Sequence[float], target: int) -> list[Decimal]:
    before, after = np.split(np.array(exact.softmax(logits)), [target])
    return [*before, -sum((*before, *after[1:]), Decimal(0)), *after[1:]]


FUNCTIONS = {
    "sigmoid": Measured(ce_core.sigmoid, scipy.special.expit, each(exact.softmax)),
    "log_sigmoid": Measured(ce_core.log_sigmoid, scipy.special.log_expit, each(exact.log_softmax)),
    "logsumexp": Measured(
        ce_core.logsumexp, scipys("logsumexp"), lambda row: [exact.logsumexp(row)]
    ),
    "softmax": Measured(ce_core.softmax, scipys("softmax"), exact.softmax),
    "softmax, accurate": Measured(accurate(ce_core.softmax), scipys("softmax"), exact.softmax),
    "log_softmax": Measured(ce_core.log_softmax, scipys("log_softmax"), exact.log_softmax),
    "log_softmax, accurate": Measured(
        accurate(ce_core.log_softmax), scipys("log_softmax"), exact.log_softmax
    ),
    "cross_entropy": Measured(
        lambda z: ce_core.cross_entropy(z, targets(z), reduction="none"),
        lambda z: -scipy.special.log_softmax(z, axis=-1)[:, TARGET],
        lambda row: [exact.cross_entropy(row, TARGET)],
    ),
    "cross_entropy_gradient": Measured(
        lambda z: ce_core.cross_entropy_gradient(z, targets(z), reduction="none"),
        None,
        lambda row: slopes_on_paper(row, TARGET),
    ),
    "binary_cross_entropy_with_logits": Measured(
        lambda z: ce_core.binary_cross_entropy_with_logits(z, yes_or_no(z), reduction="none"),
        lambda z: -scipy.special.log_expit(z),
        each(lambda pair: [exact.cross_entropy(pair, 0)]),
    ),
    "binary_cross_entropy_with_logits_gradient": Measured(
        lambda z: ce_core.binary_cross_entropy_with_logits_gradient(
            z, yes_or_no(z), reduction="none"
        ),
        None,
        each(lambda pair: [-exact.softmax(pair)[1]]),
    ),
}


def batches(fmt: FloatFormat, magnitudes: Iterable[float]) -> Iterator[Array]:
    """Yield logits (N, C), uniform between plus and minus each magnitude."""
    rng = np.random.default_rng(0)
    fitting = [size for size in magnitudes if fmt.smallest_subnormal <= size <= fmt.max]
    for magnitude in fitting:
        for classes in CLASSES:
            numbers = rng.uniform(-1, 1, (NUMBERS // classes, classes)) * magnitude
            yield numbers.astype(fmt.dtype)


def largest_error(found: Array, truth: Sequence[Decimal], fmt: FloatFormat) -> float:
    numbers = np.ravel(found).astype(np.float64).tolist()
    return max(
        (
            exact.ulp_error(number, on_paper, fmt.name)
            for number, on_paper in zip(numbers, truth, strict=True)
            if abs(on_paper) <= fmt.max
        ),
        default=0.0,
    )


def measure(
    measured: Measured, fmt: FloatFormat, magnitudes: Iterable[float]
) -> tuple[float, float | None]:
    """Return the largest error in ulps, and SciPy's, if it has the function and the format."""
    ours, scipys = 0.0, 0.0
    beside = measured.scipys if fmt.name in ("float64", "float32") else None
    for logits in batches(fmt, magnitudes):
        rows = logits.astype(np.float64).tolist()
        truth = [number for row in rows for number in measured.on_paper(row)]
        ours = max(ours, largest_error(measured.ours(logits), truth, fmt))
        if beside is not None:
            with np.errstate(over="ignore"):  # SciPy warns where a difference overflows
                scipys = max(scipys, largest_error(beside(logits), truth, fmt))
    return ours, scipys if beside is not None else None


def shown(error: float | None) -> str:
    if error is None:
        return "–"
    return f"{math.ceil(error * 100) / 100:.2f}" if error < 1e4 else f"{error:.0e}"


def rows() -> Iterator[str]:
    """Yield the table in Markdown, line by line."""
    heads = ["function", "logits"]
    for name in EVERYDAY:
        heads += [name, "SciPy"] if name in ("float64", "float32") else [name]
    yield f"| {' | '.join(heads)} |"
    yield "|---|---|" + "--:|" * (len(heads) - 2)
    for name, measured in FUNCTIONS.items():
        for words, magnitudes in RANGES.items():
            function, *way = name.split(",")
            cells = [f"`{function}`{','.join(['', *way])}", words]
            for fmt in map(FORMATS.__getitem__, EVERYDAY):
                ours, scipys = measure(measured, fmt, magnitudes)
                cells.append(shown(ours))
                if fmt.name in ("float64", "float32"):
                    cells.append(shown(scipys))
            yield f"| {' | '.join(cells)} |"


def torch_rows() -> Iterator[str]:
    """Yield a table of the errors in float64 on the logits of which PyTorch's answers are kept."""
    yield "| function | float64 | PyTorch |"
    yield "|---|--:|--:|"
    kept = json.loads(TORCH.read_text())["cross_entropy"]
    plain = [
        case
        for case in kept
        if case["options"] == {"label_smoothing": 0.0, "reduction": "none"}
        and isinstance(np.ravel(case["target"])[0], np.integer)
    ]
    truths: dict[str, Callable[[list[float], int], list[Decimal]]] = {
        "loss": lambda row, target: [exact.cross_entropy(row, target)],
        "gradient": slopes_on_paper,
    }
    for key, name in (("loss", "cross_entropy"), ("gradient", "cross_entropy_gradient")):
        ours, torchs = 0.0, 0.0
        for case in plain:
            rows_, classes = np.atleast_2d(case["logits"]).tolist(), np.ravel(case["target"])
            pairs = zip(rows_, classes.tolist(), strict=True)
            truth = [number for row, target in pairs for number in truths[key](row, target)]
            found = getattr(ce_core, name)(case["logits"], case["target"], reduction="none")
            ours = max(ours, largest_error(found, truth, FORMATS["float64"]))
            torchs = max(torchs, largest_error(case[key], truth, FORMATS["float64"]))
        yield f"| `{name}` | {shown(ours)} | {shown(torchs)} |"


def write(marker: str, lines: Iterable[str]) -> None:
    """Replace what is between two markers in the document, and print it."""
    text = DOCUMENT.read_text()
    start, end = f"<!-- {marker} -->\n", f"<!-- /{marker} -->"
    before, rest = text.split(start)
    _, after = rest.split(end)
    table = "".join(f"{line}\n" for line in lines)
    print(table)
    DOCUMENT.write_text(f"{before}{start}{table}{end}{after}")


def main() -> None:
    """Measure everything and write it down."""
    write("accuracy", [*rows(), "", *torch_rows()])
    write("speed", [*core.rows(), "", core.import_sentence()])


if __name__ == "__main__":
    main()
