"""What leaves the lab, before it is written as one kind of file or another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Part:
    """A piece of Python, and what it is for, in one line that no stranger had a hand in."""

    title: str
    code: str


@dataclass(frozen=True, eq=False)
class Export:
    """The numbers that a page shows, and the NumPy by which anybody makes them again.

    Attributes
    ----------
    parts : sequence of Part
        Run one after the other, they leave a variable for each result.
    results : mapping
        The numbers as `ce_core` computed them, in their formats, by the names of the variables.
    functions : sequence of callable
        Those of `lab.export.plain` that the parts call, each after what it calls itself.
    """

    parts: Sequence[Part]
    results: Mapping[str, np.ndarray]
    functions: Sequence[Callable[..., Any]] = ()
