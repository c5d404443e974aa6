"""The sentences tell the causes that the core found, and NumPy's warnings word for word."""

import re
import warnings as python_warnings
from itertools import product

import numpy as np

from ce_core.pipelines import WARNINGS
from ce_core.scenarios import SCENARIOS
from lab.numpy_code import numpy_code
from lab.verdict import warnings
from lab.words import say
from live.parts import Columns
from tests.app.instruments import FIRST, WIDE
from tests.app.reading import fill, here, template_of, told


def test_each_cause_is_told_with_its_numbers() -> None:
    cases: list[tuple[tuple[float, ...], int, str, list[str]]] = [
        ((2, 1, 0.1), 0, "float32", ["All three losses are numbers", "The sum", "1.7 ulps off"]),
        ((12, 1, 0), 0, "float16", ["exp(12) = 1.63e5", "6.55e+04", "cat", "inf / inf"]),
        ((12, 1, 0), 1, "float16", ["exp(12)", "dog gets probability 0", "the loss is 11"]),
        ((88.5, 88.5, 88.5), 0, "float32", ["their sum 8.17e38", "3.4e+38"]),
        ((-800, -801, -802), 0, "float32", ["exp(-800) = 3.67e-348", "0 / 0", "0.408"]),
        ((-60, 60, 0), 0, "float32", ["probability of cat, 7.67e-53", "has 120, right to the"]),
        ((20, 0, 0), 0, "float32", ["The sum of the exponentials", "It is 100 % off", "4.12e-09"]),
        ((-np.inf,) * 3, 0, "float32", ["Every class is masked"]),
        ((-np.inf, 1, 2), 0, "float32", ["cat is masked", "on paper too"]),
        ((-np.inf, 100, 2), 0, "float32", ["exp(100)", "cat is masked"]),
        ((7e4, 1, 2), 0, "float16", ["7e4, the logit of cat, is beyond 6.55e+04"]),
        (
            (2, 1, -1e9),
            0,
            "float16",
            ["stored as −inf, which masks goldfish", "All three"],
        ),
        ((88.7229, 0), 0, "float32", ["3.4", "larger"]),
    ]
    for logits, target, name, parts in cases:
        text = fill(told(here(logits, target, name), FIRST), (0, 0))
        for part in parts:
            assert part in text, (logits, target, name)


def test_warnings_are_what_numpy_says_when_the_lines_on_the_page_run() -> None:
    for name, (preset, scenario) in product(WIDE, SCENARIOS.items()):
        logits, target = scenario.logits, scenario.target
        source = numpy_code(logits, target, name, 0.0)
        with python_warnings.catch_warnings(record=True) as caught:
            python_warnings.simplefilter("always")
            exec(source, {})  # noqa: S102  # the page's own lines
        sentence = warnings(here(logits, target, name), Columns())
        shown = re.findall(r"RuntimeWarning: (.*)", template_of(sentence, (0, 0)))
        heard = {str(warning.message) for warning in caught}
        assert set(shown) == heard, (preset, name)
        assert heard <= set(WARNINGS), (preset, name)
        assert bool(shown) == (template_of(sentence, (0, 0)) != say("pipeline.warnings_none"))
