"""Every sentence about a loss is true of the numbers: thousands of random settings a format.

`python -m tests.app.test_sentences 50000` plays more.
"""

import sys
from collections import Counter
from collections.abc import Iterator

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
import pytest

from ce_core.formats import FORMATS, FloatFormat
from ce_core.pipelines import FURTHER, PIPELINES, Run, run_all
from lab.blame import PIECES
from lab.distance import add_paper, distance
from lab.opened import account
from lab.settings import Settings
from lab.verdict import verdict
from live.parts import Columns, Sentence
from tests.app.claims import CLAIMS, Here, distance_is_true, untrue
from tests.app.instruments import FIRST
from tests.core import judge
from tests.core.judge import Judged

SETTINGS = 2000  # of each format, in the tests
BLOCK = 250


def settings_of(names: int) -> Settings:
    letters = tuple("abcdefghij"[:names])
    return FIRST.having("names", letters)


def some_logits(fmt: FloatFormat, count: int, classes: int, rng: np.random.Generator) -> np.ndarray:
    """Draw vectors around every limit of a format."""
    largest = min(fmt.max, 1e307)
    marks = np.array([fmt.ln_max, fmt.ln_max / 2, fmt.ln_zero, fmt.ln_zero / 2, 0, 1, 5, 16, 40])
    kinds = [
        lambda: rng.normal(size=classes) * rng.choice([0.5, 3, 10]),
        lambda: rng.normal(size=classes) * fmt.ln_max,
        lambda: np.full(classes, fmt.ln_max - rng.random() * 3),
        lambda: fmt.ln_zero - rng.random(classes) * 20,
        lambda: rng.choice(marks, classes) * rng.choice([-1, 1, 0.999, 1.001], classes),
        lambda: rng.normal(size=classes) * largest / 4,
        lambda: np.where(np.arange(classes), -rng.random() * 40, 0.0),
        lambda: np.round(rng.normal(size=classes) * 8, 1),
    ]
    rows = np.array([kinds[rng.integers(len(kinds))]() for _ in range(count)])
    rows[rng.random(rows.shape) < 0.02] = -np.inf
    return rows


def blocks(name: str, count: int, seed: int) -> Iterator[tuple[np.ndarray, int, float]]:
    rng = np.random.default_rng(seed)
    fmt = FORMATS[name]
    for _ in range(0, count, BLOCK):
        classes = int(rng.choice([2, 3, 3, 3, 5, 10]))
        shift = float(rng.choice([0, 0, 0, 0.1, -7.3, fmt.ln_max, min(fmt.max / 2, 3e4)]))
        logits = some_logits(fmt, min(BLOCK, count), classes, rng)
        yield logits, int(rng.integers(classes)), shift


def untrue_ones(name: str, count: int, seed: int) -> tuple[list[object], Counter[str]]:
    """Play settings of a format; return what is not true, and how often each piece was said."""
    false, said = [], Counter[str]()
    with mpmath.workprec(judge.BITS):
        for logits, target, shift in blocks(name, count, seed):
            rng = np.random.default_rng(seed)
            further = FURTHER[int(rng.integers(len(FURTHER)))]
            table = logits[None]
            everything = run_all(
                table,
                target,
                name,
                shift=np.full((1, len(logits), 1), shift),
                pipelines=(*PIPELINES, further),
            )
            settings = settings_of(logits.shape[1])
            for here, form, line in _all_here(everything, settings, table, shift, further):
                said.update(here.keys)
                wrong = untrue(here)
                if not distance_is_true(here.judged[form], line, here.at):
                    wrong.append(f"off {form}")
                if wrong:
                    told = {form: j.loss for form, j in here.judged.items()}
                    false.append((name, wrong, here.given, target, shift, told))
    return false, said


def _all_here(
    everything: dict[str, Run],
    settings: Settings,
    table: np.ndarray,
    shift: float,
    further: str,
) -> Iterator[tuple[Here, str, Sentence]]:
    """Yield the verdict and the account of one cell at each position, and the line under a loss."""
    runs = {form: everything[form] for form in PIPELINES}
    columns = Columns()
    add_paper(runs["naive"], columns)
    losses = {f: columns.add(f"loss_{f}", r.steps["loss"].astype(float)) for f, r in runs.items()}
    lines = {form: distance(run, form, columns) for form, run in everything.items()}
    together = verdict(runs, losses, settings, columns)
    opened = {form: account(run, settings, Columns()) for form, run in everything.items()}
    for k in range(table.shape[1]):
        at, given = (0, k), table[0, k].tolist()
        paper = judge.on_paper(given, runs["naive"].target)
        forms = {form: Judged(run, at, given, paper) for form, run in everything.items()}
        three = {form: forms[form] for form in PIPELINES}
        form = PIPELINES[k % 3]
        yield Here(three, at, given, shift, together), form, lines[form]
        form = (*PIPELINES, further)[k % 4]
        yield Here({form: forms[form]}, at, given, shift, opened[form]), form, lines[form]


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_what_is_said_is_true_of_the_numbers(name: str) -> None:
    false, said = untrue_ones(name, SETTINGS, 7)
    assert false[:3] == []
    assert len(said) >= 20


def test_there_is_a_claim_for_each_piece() -> None:
    assert set(PIECES) - {"nan_logit"} <= set(CLAIMS)  # which no control can make


if __name__ == "__main__":
    COUNT, SEED, *NAMES = [*sys.argv[1:], *["1"][len(sys.argv) - 2 :]]
    for each in NAMES or FORMATS:
        wrong, often = untrue_ones(each, int(COUNT), int(SEED))
        print(f"{each}: {len(wrong)} untrue of {often.total()}", *wrong[:3], sep="\n  ")  # noqa: T201
