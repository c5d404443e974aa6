"""The sentences tell the causes that the core found, and NumPy's warnings word for word."""

import re
import warnings as python_warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np

from ce_core.formats import FORMATS, FloatFormat
from ce_core.pipelines import PIPELINES, WARNINGS, CauseKind, run_all
from ce_core.scenarios import SCENARIOS
from lab import readers
from lab.numpy_code import numpy_code
from lab.verdict import warnings
from lab.words import say
from live.parts import Columns, Sentence
from tests.app.instruments import FIRST, WIDE
from tests.app.reading import Position, Runs, at_position, fill, here, template_of, told
from tests.core import oracle


def test_each_cause_is_told_with_its_numbers() -> None:
    cases: list[tuple[tuple[float, ...], int, str, list[str]]] = [
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
    ]
    for logits, target, name, parts in cases:
        text = fill(told(here(logits, target, name), FIRST), (0, 0))
        for part in parts:
            assert part in text, (logits, target, name)


# ---------------------------------------------------------------- every sentence is true


@dataclass(frozen=True)
class Case:
    """One position: what the sentence says of it, what was computed, and what is on paper."""

    runs: Runs
    at: Position
    given: list[float]
    shift: float
    sentence: Sentence

    @property
    def format(self) -> FloatFormat:
        """The format that the sentence is about."""
        return FORMATS[self.runs["naive"].format]

    @property
    def target(self) -> int:
        """The true class."""
        return self.runs["naive"].target

    def step(self, form: str, name: str) -> np.ndarray:
        """Return what a step of one form computed here."""
        return self.runs[form].steps[name][self.at].astype(float)

    @property
    def logits(self) -> list[float]:
        """The logits as stored."""
        return self.step("naive", "logits").tolist()

    def column(self, place: str) -> float:
        """Return the number that fills a place."""
        return float(at_position(self.sentence.places[place].column.values, self.at))

    def shown(self, place: str) -> str:
        """Return a number with the digits that the page gives it."""
        style = self.sentence.places[place].style
        assert style
        return f"{self.column(place):.{style.digits}g}"

    def exact_is(self, expected: mpmath.mpf) -> bool:
        """Say whether {exact} is this number. Its exponent may itself have 300 digits."""
        exponent = self.sentence.places["exact"].exponent
        assert exponent
        log10 = mpmath.log10(expected)
        said = mpmath.log10(self.column("exact")) + float(at_position(exponent.values, self.at))
        return bool(abs(said - log10) <= 1e-5 + 1e-12 * abs(log10))


def exp_overflows(c: Case) -> bool:
    i = int(c.column("class"))
    exp = c.step("naive", "exp")
    return (
        c.column("z") == c.logits[i]
        and c.exact_is(mpmath.exp(c.logits[i]))
        and bool(mpmath.exp(c.logits[i]) > c.format.max)
        and bool(np.isinf(exp[i]) and np.isfinite(exp[:i]).all())
    )


def sum_overflows(c: Case) -> bool:
    exp = c.step("naive", "exp")
    total = mpmath.fsum(map(mpmath.exp, c.logits))
    return (
        c.exact_is(total)
        and bool(total > c.format.max)
        and bool(np.isfinite(exp).all() and np.isinf(c.step("naive", "total")))
        and c.step("naive", "loss") == np.inf
    )


def all_underflow(c: Case) -> bool:
    return (
        c.column("z") == max(c.logits)
        and c.exact_is(mpmath.exp(max(c.logits)))
        and bool(mpmath.exp(max(c.logits)) < c.format.smallest_subnormal)
        and not c.step("naive", "exp").any()
        and bool(np.isnan(c.step("naive", "loss")))
    )


def probability_underflows(c: Case) -> bool:
    probability = oracle.softmax(c.logits)[c.target]
    return (
        c.exact_is(probability)
        and bool(probability < c.format.smallest_subnormal)
        and c.step("naive", "probability") == 0
        and c.step("naive", "loss") == np.inf
    )


def too_far_apart(c: Case) -> bool:
    distance = mpmath.mpf(max(c.logits)) - mpmath.mpf(c.logits[c.target])
    return distance > c.format.max and not np.isfinite(c.step("shifted", "loss"))


def loses_digits(form: str) -> Callable[[Case], bool]:
    def check(c: Case) -> bool:
        loss = float(c.step(form, "loss"))
        exact = -oracle.log_softmax(c.logits)[c.target]
        return bool(abs(loss - exact) > 9 * c.format.unit_roundoff * exact) and c.shown(
            f"loss_{form}"
        ) != c.shown("loss_fused")

    return check


# What has to hold where a sentence is said.
TRUE: dict[str, Callable[[Case], bool]] = {
    "none": lambda c: all(
        abs(float(c.step(form, "loss")) - float(c.step("fused", "loss")))
        <= 20 * c.format.unit_roundoff * abs(float(c.step("fused", "loss")))
        + 2 * c.format.smallest_subnormal
        for form in PIPELINES
    ),
    "logit_overflow": lambda c: (
        abs(c.column("z")) > c.format.max and bool(np.isinf(c.logits[int(c.column("class"))]))
    ),
    "all_masked": lambda c: set(c.logits) == {-np.inf},
    "exp_overflow_nan": lambda c: exp_overflows(c) and bool(np.isnan(c.step("naive", "loss"))),
    "exp_overflow_inf": lambda c: (
        exp_overflows(c)
        and c.step("naive", "probability") == 0
        and c.step("naive", "loss") == np.inf
    ),
    "sum_overflow": sum_overflows,
    "sum_underflow": all_underflow,
    "target_masked": lambda c: c.logits[c.target] == -np.inf and c.step("fused", "loss") == np.inf,
    "probability_underflow": probability_underflows,
    "digits_lost": loses_digits("naive"),
    "logits_rounded": lambda c: c.shown("given") != c.shown("stored"),
    "logits_rounded_shift": lambda c: any(
        Fraction(given) + Fraction(c.shift) != Fraction(stored)
        for given, stored in zip(c.given, c.logits, strict=True)
        if np.isfinite(given)
    ),
    "target_underflow": lambda c: (
        c.column("z") == c.logits[c.target]
        and bool(mpmath.exp(c.column("z")) < c.format.smallest_subnormal)
        and c.step("naive", "exp")[c.target] == 0
        and c.step("naive", "probability") == 0
        and c.step("naive", "loss") == np.inf
    ),
    "logits_rounded_too": lambda c: any(
        Fraction(given) + Fraction(c.shift) != Fraction(stored)
        for given, stored in zip(c.given, c.logits, strict=True)
        if np.isfinite(given)
    ),
    "shifted_saves": lambda c: bool(np.isfinite(c.step("shifted", "loss"))),
    "shifted_underflow": lambda c: (
        c.step("shifted", "probability") == 0 and bool(np.isfinite(c.step("fused", "loss")))
    ),
    "shifted_digits": loses_digits("shifted"),
    "shifted_subtract": too_far_apart,
    "only_shifted_underflow": lambda c: (
        c.step("shifted", "probability") == 0
        and bool(np.isfinite([c.step("naive", "loss"), c.step("fused", "loss")]).all())
    ),
    "only_shifted_digits": loses_digits("shifted"),
}


def moved(logits: np.ndarray) -> np.ndarray:
    """Return the first logit of each class, with that of class i as its k-th at [i, k]."""
    table = np.broadcast_to(logits[:, 0], (*logits.shape, len(logits))).copy()
    for i, row in enumerate(logits):
        table[i, :, i] = row
    return table


def tables(name: str) -> Iterator[tuple[Runs, np.ndarray, float]]:
    """Make tables around every limit of a format, with some classes masked."""
    random = np.random.default_rng(7)
    fmt = FORMATS[name]
    largest = min(fmt.max, readers.LARGEST / 2)
    limits = [fmt.ln_max, fmt.ln_max / 2, -fmt.ln_max, fmt.ln_zero, fmt.ln_zero / 2, largest]
    near = [0.1, 1, 5, 8, 10, 16, 20, 40, 60, 300, largest / 2]
    centres = np.array([*limits, 0, *near, *(-v for v in near), -largest, 2 * largest])
    for shift in (0.0, 0.1, -7.3, 300.0, fmt.ln_max, 3e4):
        for _ in range(12):
            logits = random.choice(centres, (3, 120)) + random.choice([0, 0.037, 1], (3, 120))
            logits[random.random(logits.shape) < 0.05] = -np.inf
            table = moved(logits)
            yield run_all(table, 0, name, shift=shift), table, shift
    for few in ((-np.inf,) * 3, (20.0, 0.0, 0.0), (-92.6287, 0.259896, -1.96156)):
        yield here(few, 0, name), np.array([[few]]), 0.0


@cache
def cases() -> dict[str, list[Case]]:
    """Return for each sentence the positions that show it: one of each kind in each table."""
    result: dict[str, list[Case]] = {key: [] for key in TRUE}
    for name in WIDE:
        keys = {say(f"verdict.{key}", format=name): key for key in TRUE}
        for runs, logits, shift in tables(name):
            sentence = told(runs, FIRST)
            codes = sentence.column.values
            for flat in np.unique(codes, return_index=True)[1]:
                i, k = map(int, np.unravel_index(flat, codes.shape))
                case = Case(runs, (i, k), logits[i, k].tolist(), shift, sentence)
                assert sentence.said is not None
                for piece in sentence.said[codes[i, k]]:
                    result[keys[sentence.pieces[piece]]].append(case)
    return result


def test_what_is_said_is_true_of_the_numbers() -> None:
    for key, is_true in TRUE.items():
        assert cases()[key], f"no case says {key}"
        false = [case for case in cases()[key] if not is_true(case)]
        assert [(fill(c.sentence, c.at), c.given, c.shift) for c in false[:3]] == [], key


def test_every_combination_of_causes_has_its_sentences() -> None:
    """Any places left, any sentence that says all is well when it is not, is a fault."""
    random = np.random.default_rng(7)
    seen = set()
    for name in WIDE:
        well = say("verdict.none", format=name)
        for scale in (1, 10, 100, 1000, 1e5, 1e38, 1e300):
            logits = random.normal(size=(3, 700)) * scale
            logits[random.random(logits.shape) < 0.1] = -np.inf
            for shift in (0.0, -7.3, 300.0):
                runs = run_all(moved(logits), 0, name, shift=shift)
                sentence = told(runs, FIRST)
                assert sentence.said is not None
                kinds = np.stack([run.kind for run in runs.values()], axis=-1)
                seen |= {tuple(row) for row in kinds.reshape(-1, 3).tolist()}
                texts = [" ".join(sentence.pieces[i] for i in said) for said in sentence.said]
                for text in texts:
                    assert set(re.findall(r"\{(\w+)\}", text)) <= set(sentence.places)
                said_well = np.array([text == well for text in texts])[sentence.column.values]
                np.testing.assert_array_equal(
                    said_well, (kinds == CauseKind.NONE).all(axis=-1), err_msg=name
                )
    assert len(seen) >= 25


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
