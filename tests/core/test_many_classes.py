"""Many classes with one logit, against sums that are added term by term or exactly."""

import math
from itertools import product

import numpy as np
import pytest

from ce_core.formats import FORMATS
from ce_core.many_classes import with_copies
from ce_core.pipelines import run

LOGITS = [[2.0, 1.0, 0.1], [0.0, 0.0, 0.0], [-3.0, 5.0, -math.inf], [8.0, -8.0, 1.0]]


def test_the_sum_is_that_of_an_array_that_holds_every_class(subtests: pytest.Subtests) -> None:
    for copies, name in product([1, 10, 1000], FORMATS):
        with subtests.test(copies=copies, name=name):
            shifted = run(LOGITS, 1, "shifted", name)
            total, probability = with_copies(shifted, copies)
            for i, logits in enumerate(LOGITS):
                many = run([*logits[:-1], *[logits[-1]] * copies], 1, "shifted", name)
                np.testing.assert_array_equal(
                    total[i].astype(float), many.steps["total"].astype(float)
                )
                wanted = many.steps["probability"].astype(float)
                np.testing.assert_array_equal(probability[i].astype(float), wanted)


@pytest.mark.parametrize("name", ["float64", "float32"])
def test_wide_formats_come_near_the_exact_sum(name: str) -> None:
    total, _ = with_copies(run([2.0, 1.0, 0.1], 0, "naive", name), 1000)
    exact = math.exp(2) + math.exp(1) + 1000 * math.exp(float(np.array(0.1, name)))
    assert float(total) == pytest.approx(exact, rel=100 * FORMATS[name].unit_roundoff)


@pytest.mark.parametrize(
    "name", ["bfloat16", "float8_e5m2", "float8_e4m3fn", "float6_e3m2fn", "float4_e2m1fn"]
)
def test_a_sum_of_ones_stalls_where_one_more_is_less_than_half_a_step(name: str) -> None:
    fmt = FORMATS[name]
    total, _ = with_copies(run([0.0, 0.0], 0, "shifted", name), 1000)
    assert float(total) == 2.0 ** (fmt.fraction_bits + 1)


def test_what_it_cannot_do_is_said() -> None:
    naive = run([1.0, 2.0], 0, "naive", "float32")
    with pytest.raises(ValueError, match="copies must be at least 1; got 0"):
        with_copies(naive, 0)
    with pytest.raises(TypeError, match="copies"):
        with_copies(naive, 1.5)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ValueError, match="pipeline must be naive or shifted; got 'fused'"):
        with_copies(run([1.0, 2.0], 0, "fused", "float32"), 2)
