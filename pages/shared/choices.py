"""The controls that several instruments have: logits, the shift, the format, the reach."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ce_core.scenarios import Scenario
from pages.shared import controls
from pages.shared.controls import Settings
from pages.shared.figures import DENSE
from pages.shared.live import Choice, Presets, Slider
from pages.shared.words import say


def steps_each_way(settings: Settings) -> int:
    """Return how many positions a slider has on each side where much is sent for each of them."""
    count = len(settings.logits)
    return 100 if count <= 3 else 50 if count < DENSE else 25


def logit_sliders(settings: Settings, half: int = 100) -> list[Slider]:
    """Make one slider for each logit, with a radio button that makes its class the true one."""
    sliders = []
    for i, name in enumerate(settings.names):
        values, index = controls.grid(settings.logits[i], settings.effective_reach, half)
        sliders.append(
            Slider(
                id=f"logits.{i}",
                name=name,
                label=say("control.logits", name=name),
                values=values,
                index=index,
                masked=math.isinf(settings.logits[i]),
                choice=say("live.target_label", name=name),
            )
        )
    return sliders


def slider(
    key: str, name: str, grid: tuple[Sequence[float], int], *, uneven: bool = False
) -> Slider:
    """Make the slider of a parameter that is one number."""
    values, index = grid
    return Slider(key, name, say(f"control.{key}"), values, index, uneven=uneven)


def positions(settings: Settings, sliders: Sequence[Slider]) -> dict[str, np.ndarray]:
    """Return each parameter that a slider moves, at every position of every slider.

    A number has the shape (sliders, positions), a list (sliders, positions, classes). A slider with
    fewer positions than the others stands still past its last, and a masked one everywhere.
    """
    shape = (len(sliders), max(len(moved.values) for moved in sliders))
    table = {}
    for key in {moved.id.partition(".")[0] for moved in sliders}:
        now = np.array(getattr(settings, key))
        table[key] = np.broadcast_to(now, (*shape, *now.shape)).copy()
    for s, moved in enumerate(sliders):
        if not moved.masked:
            parameter, i = controls.find(settings, moved.id)
            now = getattr(settings, parameter.key)
            reached = [v if i is None else parameter.put(now, i, v) for v in moved.values]
            table[parameter.key][s, : len(reached)] = reached
            table[parameter.key][s, len(reached) :] = reached[-1]
    return table


def shift_slider(settings: Settings, half: int = 100) -> Slider:
    """Make the slider of the constant that is added to every logit."""
    return slider(
        "shift", say("live.shift"), controls.grid(settings.shift, settings.effective_reach, half)
    )


def formats(settings: Settings) -> Choice:
    """Make the list of number formats."""
    options = [(name, name) for name in controls.FORMATS]
    return Choice("format", say("live.format"), options, controls.FORMATS.index(settings.format))


def reaches(effective: float) -> Choice:
    """Make the list of how far the sliders reach; one that a number widened stands there too."""
    known = sorted({*controls.REACHES, effective})
    options = [(t, say("live.reach_choice", reach=t)) for t in map(controls.plain, known)]
    return Choice("reach", say("live.reach"), options, known.index(effective))


def presets(settings: Settings, scenarios: Mapping[str, Scenario], id_: str = "preset") -> Presets:
    """Make the pills that open scenarios; the one that is on the screen is picked."""
    options = [(name, say(f"presets.{name}")) for name in scenarios]
    picked = (name for name in scenarios if controls.take(settings, id_, name) == settings)
    return Presets(id_, say("live.presets"), options, next(picked, ""))
