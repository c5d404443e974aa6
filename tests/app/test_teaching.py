"""What is said to teachers: each number of it is computed, and each link opens what it names."""

import math
import re
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from ce_core import FORMATS, softmax
from ce_core.bugs import BUGS
from ce_core.likelihood import cross_entropy, entropy, underflow_count
from ce_core.pipelines import gradient, run, run_all
from docs.teaching import written
from lab.prepared.goals import met
from lab.prepared.lesson import Goal
from lab.prepared.ready import MOMENTS, TALKED
from lab.teaching.misconceptions import MISCONCEPTIONS, misconceptions
from lab.teaching.plans import plans
from lab.words import FIRST, sentences
from tests.app.instruments import ANSWERS, head

SENTENCES = sentences(FIRST)
SAID = {key: text for key, text in SENTENCES.items() if re.match(r"(ready|guide)[.]", key)}
FORMS = ("naive", "fused")
SEEN, SHARES = (5, 3, 2), (0.5, 0.3, 0.2)  # animals, as the lesson opens
HALF, BRAIN, SINGLE = (FORMATS[name] for name in ("float16", "bfloat16", "float32"))


def loss(logits: list[float], form: str, name: str) -> float:
    return float(run([logits], 0, form, name).steps["loss"][0])


# ---------------------------------------------------------------- numbers


def _decades() -> float:
    """Return how many powers of ten one more animal costs, on average."""
    return float(cross_entropy(SHARES, SHARES)) / math.log(10)


def _animals() -> int:
    return int(underflow_count(SHARES, SEEN, "float32", 1000))


def _came() -> int:
    """Return how many animals have come where their product is looked at."""
    found = re.search(r"came=(\d+)", head("likelihood", "at=4")["link"])
    assert found
    return int(found[1])


def _entropy() -> str:
    return f"{float(entropy(SHARES, unit='bits')):.2f}"


def _price() -> float:
    return float(cross_entropy([1, 0, 0], [0.2, 0.3, 0.5]))


def _brink() -> Goal:
    goal = MOMENTS["brink"].own["goal"]
    return Goal("", goal["form"], goal["loss"], goal["above"])


def _ends(name: str) -> float:
    return FORMATS[name].ln_max


# The numbers of each sentence beside 0 and 1, computed; those that a sentence gives stand as they
# are.
NUMBERS: Mapping[str, Callable[[], set[str]]] = {
    "ready.model_ask": lambda: set(map(str, SEEN)),
    "ready.come_comes": lambda: {"1000"},
    "ready.come_say": lambda: {f"{_decades():.2f}", str(_animals())},
    "ready.log_ask": lambda: {str(_came())},
    "ready.log_say": lambda: {f"{_came() * _decades() * math.log(10):.0f}"},
    "ready.cat_question": lambda: {"0.2"},
    "ready.cat_ask": lambda: {"0.2"},
    "ready.cat_comes": lambda: {f"{1 - 0.2}", f"{1 / 0.2:.0f}"},
    "ready.cat_say": lambda: {"0.2", f"{_price():.3f}"},
    "ready.code_say": lambda: {_entropy(), *map(str, SEEN)},
    "ready.squash_ask": lambda: {"99", "99.9"},
    "ready.squash_say": lambda: {
        *(f"{math.log(p / (1 - p)):.1f}" for p in (0.99, 0.999)),
        f"{math.log(0.9999 / 0.0001) - math.log(0.999 / 0.001):.1f}",
        "100",
    },
    "ready.two_ask": lambda: {"0.90"},
    "ready.two_say": lambda: {f"{math.log(0.9 / 0.1):.1f}"},
    "ready.over_say": lambda: {f"{math.e:.3f}"},
    "ready.add_title": lambda: {"100"},
    "ready.add_ask": lambda: {"100"},
    "ready.add_say": lambda: {"100"},
    "ready.drag_comes": lambda: {f"{_ends('float16'):.0f}"},
    "ready.drag_say": lambda: {f"{HALF.max:.0f}", f"{_ends('float16'):.2f}"},
    "ready.leave_question": lambda: {"1000", "999", "997"},
    "ready.leave_option_2": lambda: {"1000"},
    "ready.leave_option_3": lambda: {f"{1000 - 997}"},
    "ready.leave_ask": lambda: {"1000", "999", "997"},
    "ready.leave_comes": lambda: {"1000", f"{1000 - 997}"},
    "ready.leave_say": lambda: {"1000"},
    "ready.brink_question": lambda: {str(_brink().above)},
    "ready.brink_comes": lambda: {str(_brink().above)},
    "ready.brink_say": lambda: {"11.0", "8.6"},
    "ready.cliffs_title": lambda: {str(HALF.bits)},
    "ready.cliffs_ask": lambda: {str(BRAIN.bits)},
    "ready.cliffs_say": lambda: {
        str(BRAIN.exponent_bits - HALF.exponent_bits),
        f"{_ends('bfloat16'):.1f}",
    },
    "guide.certainty_belief": lambda: {"0.99", "99", "100"},
    "guide.certainty_holds": lambda: {"0.99"},
    "guide.certainty_source": lambda: {"2017"},
    "guide.huge_numbers_why": lambda: {f"{math.floor(_ends('float64'))}"},
    "guide.huge_numbers_holds": lambda: {f"{math.ceil(10 * _ends('float16')) / 10}"},
    "guide.same_bits_belief": lambda: {str(HALF.bits)},
    "guide.same_bits_holds": lambda: {
        *(str(fmt.exponent_bits) for fmt in (HALF, BRAIN)),
        f"{_ends('float16'):.2f}",
        f"{_ends('bfloat16'):.1f}",
    },
    "guide.no_warning_holds": lambda: {"8"},
    "guide.no_warning_source": lambda: {"2018"},
    "guide.softmax_first_holds": lambda: {f"{loss([1, 0, 0], 'fused', 'float64'):.4f}"},
    "guide.epsilon_belief": lambda: {"1e-8"},
    "guide.epsilon_holds": lambda: {"1e-8"},
    "guide.reaches_zero_holds": lambda: {_entropy(), *map(str, SEEN)},
    "guide.never_zero_holds": lambda: {
        *("10", *map(str, SHARES)),
        f"{-math.log10(SINGLE.smallest_subnormal):.0f}",
        str(_animals()),
    },
}
# What is said of the house, not of the mathematics.
OURS = re.compile(r"guide[.](class|course|challenge)_")


def test_every_number_that_is_said_to_teachers_is_computed() -> None:
    found = {}
    for key, text in SAID.items():
        without = re.sub(r"\bb?float\d+", "", text)
        numbers = set(re.findall(r"\d+(?:[.]\d+)?(?:e-\d+)?", without)) - {"0", "1"}
        if numbers and not OURS.match(key):
            found[key] = numbers
    assert found == {key: numbers() for key, numbers in NUMBERS.items()}


def test_what_is_said_in_words_holds() -> None:
    """Hold the sentences whose claim is no number against the core."""
    # float16, max-subtracted, 8, 0, 0: half as large again, and a number all the same.
    assert loss([8, 0, 0], "shifted", "float16") / loss([8, 0, 0], "fused", "float64") == (
        pytest.approx(1.5, abs=0.1)
    )
    # On the brink: where the plan says so, and neither further up nor further down.
    tried = [[11.0, 8.6, 6.0], [11.0, 8.5, 6.0], [11.1, 8.6, 6.0], [11.0, 8.9, 6.0]]
    runs = run_all([tried], 0, "float16")
    assert met(_brink(), runs).tolist() == [[True, False, False, False]]
    assert np.isfinite(runs["naive"].steps["exp"][0, 0]).all()
    # 0 / 0 without any inf on the way.
    nothing = run([[-20.0, -21.0, -22.0]], 0, "naive", "float16").steps
    assert not np.isinf(nothing["exp"]).any()
    assert np.isnan(nothing["loss"]).all()
    # cat is inf / inf and dog finite / inf.
    shares = run([[11.1, 8.0, 6.0]], 0, "naive", "float16").steps["probabilities"][0]
    assert np.isnan(shares[0])
    assert shares[1] == 0
    # Sure and wrong: nan through the naive form, -1 through the fused one.
    slopes = [gradient([[-60.0, 60.0, 0.0]], 0, form, "float32")[0, 0] for form in FORMS]
    assert np.isnan(slopes[0])
    assert slopes[1] == -1
    # Where the last step looks, the probability is lost and only the fused loss is a number.
    here = run([[-10.0, 10.0, 0.0]], 0, "shifted", "float16").steps
    assert here["probabilities"][0, 0] == 0
    assert [math.isfinite(loss([-10, 10, 0], form, "float16")) for form in (*FORMS, "shifted")] == [
        False,
        True,
        False,
    ]
    # The two numbers of the temperature: the order stays, p is any.
    logits = np.array([2.0, 1.0, 0.1])
    cold, hot = softmax(logits / 0.1), softmax(logits / 10)
    assert (cold.argsort() == hot.argsort()).all()
    assert cold[0] > 0.99 > hot[0]
    # With the largest subtracted the largest exp is 1.
    assert run([[1000.0, 999.0, 997.0]], 0, "shifted", "float16").steps["exp"].max() == 1
    # 1e-8 is 0 in float16 alone.
    assert np.float16(1e-8) == 0 != np.float64(1e-8)


# ---------------------------------------------------------------- where links lead


def test_a_misconception_opens_the_step_that_dissolves_it() -> None:
    assert len(MISCONCEPTIONS) == 15
    told = misconceptions(ANSWERS.lessons)
    for (key, one), row in zip(MISCONCEPTIONS.items(), told, strict=True):
        lesson = ANSWERS.lessons[one.page]
        now = head(row["page"], row["link"])
        step = lesson.steps[now["at"] - 1]
        assert (step.key, step.kind) == (one.step, one.kind), key
        assert now["notices"] == []
        assert ("question" in now) == (one.kind == "predict")
        for part in one.numbers.split("&"):
            assert part in now["link"], key
        assert row["opens"].startswith(
            {"predict": "Let them vote", "reach": "Let them drag", "see": "Look"}[step.kind]
        )
        assert row["opens"].endswith(SENTENCES[f"{one.page}.step_{one.step}_title"])
    assert {one.numbers.partition("=")[2] for one in MISCONCEPTIONS.values()} <= {"", *BUGS}
    assert all(row[part] for row in told for part in ("belief", "why", "holds"))


def test_a_plan_has_all_of_its_lesson_in_its_time() -> None:
    for plan in plans():
        begins = 0
        for row in plan["rows"]:
            assert row["begins"] == begins
            begins += row["minutes"]
            assert all(row[part] for part in ("title", "does", "ask", "comes", "say"))
        assert begins == plan["minutes"] == int(plan["name"])
        talked = TALKED[plan["name"]]
        assert all(MOMENTS[key].kind == "predict" for key in talked)
        assert sum("again" in row["does"] for row in plan["rows"]) == len(talked)


def test_the_docs_say_what_the_page_says() -> None:
    for path, text in written().items():
        assert path.read_text() == text, f"{path.name}: run python -m docs.teaching"
