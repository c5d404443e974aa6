"""The sentences tell the causes that the core found, and NumPy's warnings word for word."""

import re
import warnings as python_warnings

import numpy as np
import pytest

from ce_core.cause import CauseKind
from ce_core.scenarios import SCENARIOS
from ce_core.sweep import Sweep, sweep
from ce_core.trace import WARNINGS
from pages.shared import controls
from pages.shared.numpy_code import numpy_code
from pages.shared.verdict import verdict, warnings
from pages.shared.words import say

NAMES = ("cat", "dog", "goldfish")


def here(logits: tuple[float, ...], target: int, name: str, shift: float = 0.0) -> Sweep:
    """One position: the logits themselves."""
    return sweep(logits, target, name, [[v] for v in logits], shift=shift)


def sentence(table: Sweep) -> str:
    """Return the verdict with its places filled by the columns, as the browser would."""
    chosen, columns = verdict(table, NAMES)
    for form in ("naive", "shifted", "fused"):
        columns[f"loss_{form}"] = getattr(table, form).steps["loss"].astype(float)

    def fill(place: re.Match[str]) -> str:
        spec = chosen.places[place[1]]
        value = columns[spec.column][0, 0]
        if spec.names:
            return spec.names[value]
        return f"{value:.3g}" + (f"e{columns[spec.exponent][0, 0]:.0f}" if spec.exponent else "")

    return re.sub(r"\{(\w+)\}", fill, chosen.templates[columns["verdict"][0, 0]])


@pytest.mark.parametrize(
    ("logits", "target", "name", "parts"),
    [
        ((2, 1, 0.1), 0, "float32", ["Nothing broke"]),
        ((12, 1, 0), 0, "float16", ["exp(12) = 1.63e5", "6.55e+04", "cat", "inf / inf"]),
        ((12, 1, 0), 1, "float16", ["exp(12)", "dog gets probability 0", "the loss is 11"]),
        ((88.5, 88.5, 88.5), 0, "float32", ["their sum 8.17e38", "3.4e+38"]),
        ((-800, -801, -802), 0, "float32", ["exp(-800) = 3.67e-348", "0 / 0", "0.408"]),
        ((-60, 60, 0), 0, "float32", ["probability of cat, 7.67e-53", "does not help", "120"]),
        ((20, 0, 0), 0, "float32", ["digits are gone", "4.12e-09"]),
        ((-np.inf,) * 3, 0, "float32", ["Every class is masked"]),
        ((-np.inf, 1, 2), 0, "float32", ["cat is masked", "on paper too"]),
        ((-np.inf, 100, 2), 0, "float32", ["exp(100)", "cat is masked"]),
        ((7e4, 1, 2), 0, "float16", ["7e+04, the logit of cat, is beyond 6.55e+04"]),
        ((100.4, 100.1, 99.7), 1, "bfloat16", ["exp(100", "logits themselves moved"]),
    ],
)
def test_each_cause_is_told_with_its_numbers(
    logits: tuple[float, ...], target: int, name: str, parts: list[str]
) -> None:
    told = sentence(here(logits, target, name))
    for part in parts:
        assert part in told


def test_every_combination_of_causes_has_its_sentences() -> None:
    """Any places left, any sentence that says all is well when it is not, is a fault."""
    random = np.random.default_rng(7)
    seen = set()
    for name in controls.FORMATS:
        for scale in (1, 10, 100, 1000, 1e5, 1e38, 1e300):
            logits = random.normal(size=(3, 700)) * scale
            logits[random.random(logits.shape) < 0.1] = -np.inf
            for shift in (0.0, -7.3, 300.0):
                table = sweep(logits[:, 0], 0, name, logits, shift=shift)
                chosen, columns = verdict(table, NAMES)
                kinds = np.stack([r.cause.kind for r in vars(table).values()], axis=-1)
                seen |= {tuple(row) for row in kinds.reshape(-1, 3)}
                for template in chosen.templates:
                    assert set(re.findall(r"\{(\w+)\}", template)) <= set(chosen.places)
                well = [t == say("verdict.none") for t in chosen.templates]
                said = np.array(well)[columns["verdict"]]
                np.testing.assert_array_equal(said, (kinds == CauseKind.NONE).all(axis=-1))
    assert len(seen) >= 25


@pytest.mark.parametrize("name", controls.FORMATS)
@pytest.mark.parametrize("preset", SCENARIOS)
def test_warnings_are_what_numpy_says_when_the_lines_on_the_page_run(
    preset: str, name: str
) -> None:
    logits, target = SCENARIOS[preset].logits, SCENARIOS[preset].target
    source = numpy_code(logits, target, name, 0.0)
    with python_warnings.catch_warnings(record=True) as caught:
        python_warnings.simplefilter("always")
        exec(source, {})  # noqa: S102  # the page's own lines
    chosen, columns = warnings(here(logits, target, name))
    shown = re.findall(r"RuntimeWarning: (.*)", chosen.templates[columns["warnings"][0, 0]])
    heard = [str(warning.message) for warning in caught]
    assert set(shown) == set(heard)
    assert set(shown) <= set(WARNINGS)
