"""The pipeline's page: its numbers, its figures, its presets and its classes."""

import math
from itertools import product

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np
import pytest

from ce_core.formats import FORMATS
from ce_core.pipelines import AVOIDED_BY, PIPELINES, STEPS
from ce_core.pipelines import run as run_form
from ce_core.scenarios import SCENARIOS
from lab.parameters import first_names
from lab.pipeline import FORM
from lab.settings import REACHES
from lab.words import say
from live.parts import Editor
from tests.app.claims import distance_is_true, is_drawn
from tests.app.instruments import ANSWERS, built, many, positions, settings, take
from tests.app.reading import here
from tests.core import judge
from tests.core.judge import Judged


def editor(classes: int) -> Editor:
    (instrument,), _ = built("pipeline", many(classes))
    assert instrument.editor
    return instrument.editor


def test_the_numbers_sent_are_the_core_s_to_the_digits_shown() -> None:
    # exp of these logits is subnormal in one of the formats.
    for name, centre in product(FORMATS, (0.0, -740.0, -95.0, -16.0)):
        logits = (centre, centre - 1.5, centre + 1.25)
        wanted = settings(logits=logits, target=1, format=name, reach=1000.0)
        (instrument,), columns = built("pipeline", wanted)
        for at, now in positions(wanted, instrument, range(0, 201, 25)):
            for form, run in here(now.logits, 1, name, now.shift).items():
                for step, computed in run.steps.items():
                    if f"{step}_{form}" in columns:
                        np.testing.assert_allclose(
                            columns[f"{step}_{form}"][at].astype(float),
                            computed[0, 0].astype(float),
                            rtol=0 if step == "loss" else 5e-9,
                            atol=0,
                            err_msg=f"{step} of {form} at {now}",
                        )
        assert {f"loss_{form}" for form in ("naive", "shifted", "fused")} < set(columns)


def test_the_short_form_on_the_first_page_has_the_same_numbers() -> None:
    wanted = settings(logits=(95.0, 3.0, -2.0), format="float16")
    free = len(ANSWERS.lessons["start"].steps)
    _, short = built("start", wanted.put(at=free))
    _, whole = built("pipeline", wanted)
    assert len(short) < len(whole)
    for name, column in short.items():
        np.testing.assert_array_equal(column, whole[name], err_msg=name)


def test_each_trace_of_a_figure_has_its_bars_whatever_the_number_of_classes() -> None:
    for count in range(2, 11):
        (instrument,), columns = built("pipeline", many(count))
        for figure, width in zip(instrument.figures, (count, count, 6), strict=True):
            traces = [bars.trace for bars in figure.bars]
            assert traces == list(range(len(figure.plot["data"])))
            for bars in figure.bars:
                assert bars.column.values.shape[-1] == len(bars.zero) == width
            assert len(figure.names) == width
            # The bars are as long as the numbers below them say.
            for bars, row in zip(figure.bars, figure.rows, strict=False):
                shown = [(cell.column, cell.item) for cell in row.cells if cell]
                assert shown == [(bars.column, item) for item in range(width)]
        for figure in instrument.figures[:2]:
            for bars, row in zip(figure.bars, figure.rows, strict=False):
                assert bars.swatch == row.swatch
        assert columns["exp_naive"].shape[-1] == count


@pytest.mark.parametrize("form", STEPS)
def test_the_digits_of_any_form_are_followed_to_its_loss(form: str) -> None:
    """Its bars are what each step moved the loss by, which `tests/core/judge.py` tells apart."""
    wanted = settings(logits=(8.0, 7.5, -3.0), target=1, format="float16", form=form, shift=0.75)
    (instrument,), columns = built("pipeline", wanted)
    figure, (bars,) = instrument.figures[2], instrument.figures[2].bars
    drawn_steps = 0
    for (s, k), now in positions(wanted, instrument, (95, 105)):
        result = run_form(now.logits, 1, form, "float16", shift=now.shift)
        with mpmath.workprec(judge.BITS):
            by = Judged(result, (), now.logits, judge.on_paper(now.logits, 1))
            assert list(figure.names) == [say(f"shares.{step}") for step in result.budget.steps]
            for i, wanted_share in enumerate(by.shares.values()):
                drawn = float(bars.column.values[s, k, i])
                if not math.isfinite(drawn):
                    assert not math.isfinite(by.loss), (now, i)
                    break
                assert is_drawn(drawn, wanted_share / by.unit), (now, i)
                drawn_steps += drawn != 0
            card = next(c for c in instrument.cards if c.value.column.name == f"loss_{form}")
            np.testing.assert_equal(float(columns[f"loss_{form}"][s, k]), result.steps["loss"])
            assert card.off
            assert distance_is_true(by, card.off, (s, k))
    assert drawn_steps > 20
    assert len(instrument.cards) == len({*PIPELINES, form})


@pytest.mark.parametrize("form", STEPS)
def test_a_step_that_another_form_does_without_opens_it(form: str) -> None:
    now = settings(form=form)
    (instrument,), _ = built("pipeline", now)
    steps = run_form(now.logits, 0, form, now.format).budget.steps
    buttons = instrument.figures[2].rows[1].cells
    opened = {
        step: take(now, *button.pick)[FORM]
        for step, button in zip(steps, buttons, strict=True)
        if button and button.pick
    }
    assert opened == {step: form for step, form in AVOIDED_BY[form].items() if step in steps}
    (choice,) = (choice for choice in instrument.choices if choice.id == "form")
    assert choice.options[choice.selected][0] == form


def test_a_form_that_there_is_not_is_refused_in_words() -> None:
    now, notices = ANSWERS.read("pipeline", "form=exact")
    assert now[FORM] == "naive"
    assert say("pipeline.expected_form") in " ".join(notices)


def test_the_axis_spans_all_that_a_drag_can_reach() -> None:
    for name, reach in product(FORMATS, REACHES):
        (instrument,), columns = built("pipeline", settings(format=name, reach=reach))
        low, high = instrument.figures[0].plot["layout"]["yaxis"]["range"]
        for column in ("exp_naive", "exp_shifted"):
            values = columns[column].astype(float)
            visible = values[(values > 0) & (values < math.inf)]
            assert low < np.log10(visible.min()), (name, reach)
            assert np.log10(visible.max()) < high, (name, reach)


def test_a_preset_sets_all_of_it_but_what_other_lessons_own() -> None:
    before = settings(
        logits=(5.0, 4.0),
        names=("x", "y"),
        format="float64",
        shift=3.0,
        reach=1000.0,
        target=1,
        counts=(1, 2),
        model=(0.5, 0.5),
        x=7.0,
    )
    for name, scenario in SCENARIOS.items():
        now = take(before, "preset", name)
        assert now == settings(
            logits=scenario.logits,
            target=scenario.target,
            format=scenario.format,
            names=first_names(len(scenario.logits)),
            shift=scenario.shift,
            reach=float(scenario.reach),
            counts=(5, 3, 2),
            model=(0.2, 0.3, 0.5),
            x=7.0,
        ), name
        (instrument,), _ = built("pipeline", now)
        assert instrument.presets
        assert instrument.presets.picked == name
    with pytest.raises(ValueError, match="no such control"):
        take(before, "preset", "<b>")


def test_the_classes_are_edited_between_two_and_ten() -> None:
    for count in range(2, 11):
        panel = editor(count)
        assert (panel.can_remove, panel.can_add) == (count > 2, count < 10)
        assert len(panel.notes) == 1 + (count in (2, 10))
        labels = [*panel.name_labels, *panel.mask_labels, *panel.remove_labels]
        assert len(set(labels)) == 3 * count == 3 * len(panel.names)


def test_a_masked_class_is_marked_wherever_it_stands() -> None:
    (instrument,), _ = built("pipeline", settings(logits=(2.0, -math.inf, 0.1)))
    assert instrument.editor
    assert list(instrument.editor.masked) == [False, True, False]
    assert [slider.masked for slider in instrument.sliders] == [False, True, False, False]
    for figure in instrument.figures[:2]:
        assert figure.bars[0].zero[1] == figure.bars[1].zero[1] == "masked"
        assert figure.bars[0].zero[0] == "0"
