"""The controls that several instruments have: logits, the shift, the format, the reach."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ce_core.formats import FORMATS
from ce_core.scenarios import Scenario
from lab.figures import DENSE
from lab.parameters import FORMAT, LOGITS, SHIFT, first_names
from lab.readers import plain
from lab.settings import REACHES, Parameter, Settings, widened
from lab.words import say
from live.parts import Choice, Presets, Slider


def grid(value: float, reach: float, half: int = 100) -> tuple[list[float], int]:
    """Return the positions of a slider from -reach to reach, and the index of its value.

    2 half + 1 positions; the one nearest to `value` is replaced by `value` itself, so that a typed
    value is kept to the last digit. A masked logit (-inf) leaves the slider in the middle.
    """
    positions = [k * reach / half for k in range(-half, half + 1)]
    if not math.isfinite(value):
        return positions, half
    index = half + round(value / reach * half)
    positions[index] = value
    return positions, index


def scale(value: float, positions: Sequence[float]) -> tuple[list[float], int]:
    """Return rising positions with the one nearest to `value` replaced by it, and its index."""
    index = min(range(len(positions)), key=lambda k: abs(positions[k] - value))
    return [*positions[:index], value, *positions[index + 1 :]], index


def steps_each_way(settings: Settings) -> int:
    """Return how many positions a slider has on each side where much is sent for each of them."""
    count = len(settings.logits)
    return 100 if count <= 3 else 50 if count < DENSE else 25


def logit_sliders(settings: Settings, half: int = 100, reach: float = 0.0) -> list[Slider]:
    """Make one slider for each logit, with a radio button that makes its class the true one.

    They reach as far as the settings say, or `reach`, widened where a logit lies beyond.
    """
    reach = widened(reach, *settings.logits) if reach else settings.effective_reach
    sliders = []
    for i, name in enumerate(settings.names):
        values, index = grid(settings.logits[i], reach, half)
        sliders.append(
            Slider(
                id=f"{LOGITS.key}.{i}",
                name=name,
                label=LOGITS.called(name),
                values=values,
                index=index,
                masked=math.isinf(settings.logits[i]),
                choice=say("live.target_label", name=name),
            )
        )
    return sliders


def slider(
    parameter: Parameter[Any],
    name: str,
    positions: tuple[Sequence[float], int],
    *,
    uneven: bool = False,
    play: Sequence[str] = (),
) -> Slider:
    """Make the slider of a parameter that is one number."""
    values, index = positions
    key, label = parameter.key, parameter.called()
    return Slider(key, name, label, values, index, uneven=uneven, play=play)


def shift_slider(settings: Settings, half: int = 100) -> Slider:
    """Make the slider of the constant that is added to every logit."""
    return slider(SHIFT, say("live.shift"), grid(settings.shift, settings.effective_reach, half))


def positions(
    settings: Settings, sliders: Sequence[Slider], *moved: Parameter[Any]
) -> list[np.ndarray]:
    """Return some parameters at every position of every slider: the table that a drag plays.

    A number has the shape (sliders, positions), a list (sliders, positions, classes). A slider with
    fewer positions than the others stands still past its last, and a masked one everywhere.
    """
    shape = (len(sliders), max(len(slider.values) for slider in sliders))
    tables = []
    for parameter in moved:
        now = settings[parameter]
        table = np.broadcast_to(np.array(now), (*shape, *np.shape(now))).copy()
        for row, slider in zip(table, sliders, strict=True):
            key, _, index = slider.id.partition(".")
            if key == parameter.key and not slider.masked:
                count, values = len(slider.values), np.array(slider.values)
                if index:  # one `put` for all positions: its arithmetic is that of arrays
                    for item, value in enumerate(parameter.put(now, int(index), values)):
                        row[:count, item] = value
                else:
                    row[:count] = values
                row[count:] = row[count - 1]
        tables.append(table)
    return tables


def formats(settings: Settings) -> Choice:
    """Make the list of number formats."""
    options = [(name, name) for name in FORMATS]
    return Choice(FORMAT.key, say("live.format"), options, [*FORMATS].index(settings.format))


def reaches(effective: float) -> Choice:
    """Make the list of how far the sliders reach; one that a number widened stands there too."""
    known = sorted({*REACHES, effective})
    options = [(t, say("live.reach_choice", reach=t)) for t in map(plain, known)]
    return Choice("reach", say("live.reach"), options, known.index(effective))


def with_scenario(settings: Settings, scenario: Scenario) -> Settings:
    """Open a scenario; what it does not name stays."""
    return settings.put(
        logits=scenario.logits,
        target=scenario.target,
        format=scenario.format,
        names=first_names(len(scenario.logits)),
        shift=scenario.shift,
        reach=float(scenario.reach),
    )


def presets(id_: str, opened: Mapping[str, Settings], settings: Settings) -> Presets:
    """Make the pills that open scenarios; the one that is on the screen is picked."""
    options = [(name, say(f"presets.{name}")) for name in opened]
    picked = (name for name, there in opened.items() if there == settings)
    return Presets(id_, say("live.presets"), options, next(picked, ""))


def narrow(values: np.ndarray, format_name: str) -> np.ndarray:
    """Return values in a type that the browser knows and that holds every number of the format."""
    return values.astype(np.float64 if format_name == "float64" else np.float32, copy=False)
