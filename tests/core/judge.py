"""The loss on paper after each step of a form, to 40 digits, from the numbers that a run left.

E_k is the loss whose steps 1..k ran in the format and whose later ones are exact. It is written
out here once more, with mpmath, and of the core only the steps' values are used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np

from ce_core.formats import FORMATS, FloatFormat
from ce_core.pipelines import Run

Number = Any  # mpmath.mpf
Values = Mapping[str, list[Number]]
BITS = 180  # what is near 0 is written as a log1p, so that its digits count from its first

mpf = mpmath.mpf
NEARLY = mpf(2) ** -40  # units: nearer to a limit float64 does not tell on which side


def on_paper(given: Sequence[float], target: int) -> Number:
    """Return the loss of the logits as given: inf for a masked target, nan where there is none."""
    if math.isfinite(given[target]) and max(given) < math.inf:
        return of_logits([mpf(z) for z in given], target)
    return mpmath.inf if math.inf > max(given) > -math.inf else mpmath.nan


def of_logits(z: Sequence[Number], target: int) -> Number:
    """Return ln(sum of exp) - z[target]."""
    return mpmath.log1p(mpmath.fsum(mpmath.exp(x - z[target]) for x in but(z, target)))


def but(numbers: Sequence[Number], at: int) -> list[Number]:
    """Return all numbers but one."""
    return [x for j, x in enumerate(numbers) if j != at]


def minus_log(p: Number) -> Number:
    """Return -ln(p)."""
    if p == 0:
        return mpmath.inf
    return -mpmath.log1p(p - 1) if abs(p - 1) < 0.5 else -mpmath.log(p)


def _log_of_sum(terms: Sequence[Number]) -> Number:
    """Return ln(sum), 1 being among the terms."""
    at = terms.index(max(terms))
    return mpmath.log1p(mpmath.fsum(but(terms, at)) + (terms[at] - 1))


def _from_exp(v: Values, t: int) -> Number:
    if v["exp"][t] == 0:
        return mpmath.nan if all(e == 0 for e in v["exp"]) else mpmath.inf
    return mpmath.log1p(mpmath.fsum(but(v["exp"], t)) / v["exp"][t])


def _from_total(v: Values, t: int) -> Number:
    return mpmath.log1p((v["total"][0] - v["exp"][t]) / v["exp"][t])


def _aside(v: Values, t: int) -> Number:
    return max(v["logits"]) - v["logits"][t]


def _rest(v: Values) -> Number:
    return mpmath.fsum(but(v["exp"], v["logits"].index(max(v["logits"]))))


Tail = Callable[[Values, int], Number]
_P: dict[str, Tail] = {
    "exp": _from_exp,
    "total": _from_total,
    "probabilities": lambda v, t: minus_log(v["probabilities"][t]),
    "padded": lambda v, _: minus_log(v["padded"][0]),
    "clamped": lambda v, _: minus_log(v["clamped"][0]),
    "loss": lambda v, _: v["loss"][0],
    "shifted": lambda v, t: of_logits(v["shifted"], t),
}
_FUSED: dict[str, Tail] = {
    "shifted": _P["shifted"],
    "exp": lambda v, t: mpmath.log1p(_rest(v)) - v["shifted"][t],
    "rest": lambda v, t: mpmath.log1p(v["rest"][0]) - v["shifted"][t],
    "log_sum": lambda v, t: v["log_sum"][0] - v["shifted"][t],
    "log_probabilities": lambda v, t: -v["log_probabilities"][t],
}
_LSE: dict[str, Tail] = {
    "shifted": lambda v, t: _log_of_sum([mpmath.exp(d) for d in v["shifted"]]) + _aside(v, t),
    "exp": lambda v, t: _log_of_sum(v["exp"]) + _aside(v, t),
    "total": lambda v, t: mpmath.log1p(v["total"][0] - 1) + _aside(v, t),
    "log_sum": lambda v, t: v["log_sum"][0] + _aside(v, t),
    "logsumexp": lambda v, t: v["logsumexp"][0] - v["logits"][t],
    "loss": _P["loss"],
}


@lru_cache(10_000)  # the forms have many numbers in common
def _exact(number: float) -> Number:
    return mpf(number)


class Judged:
    """One vector of a run, and what is on paper.

    Attributes
    ----------
    paper : mpf
        The loss of the logits as given.
    loss : float
        As computed.
    unit : mpf
        The unit in the last place of the format at the loss on paper (Harrison's definition).
    """

    def __init__(
        self, run: Run, at: tuple[int, ...], given: Sequence[float], paper: Number
    ) -> None:
        self.run, self.at, self.given, self.paper = run, at, given, paper
        self.target, self.format = run.target, FORMATS[run.format]
        self.values = {
            name: [_exact(x) for x in np.atleast_1d(array[at].astype(np.float64)).tolist()]
            for name, array in run.steps.items()
        }
        self.loss = float(run.steps["loss"][at])
        self.unit = unit(paper, self.format)

    def after(self, step: str) -> Number:
        """Return E_k."""
        if step == "stored":
            with np.errstate(all="ignore"):
                kept = np.array(self.given).astype(self.format.dtype).astype(np.float64)
            return of_logits([mpf(x) for x in kept.tolist()], self.target)
        if step == "added":
            return of_logits(self.values["logits"], self.target)
        table = {"fused": _FUSED, "lse": _LSE}.get(self.run.pipeline, _P)
        return table[step](self.values, self.target)

    @cached_property
    def shares(self) -> dict[str, Number]:
        """E_k - E_(k-1) of each step, up to the first that is no number."""
        found, before = {}, self.paper
        for step in self.run.budget.steps:
            after = self.after(step)
            found[step] = after - before
            if not mpmath.isfinite(after):
                break
            before = after
        return found

    @cached_property
    def off(self) -> Number:
        """How far the loss is off, in units in the last place."""
        return abs(mpf(self.loss) - self.paper) / self.unit

    @property
    def right(self) -> bool:
        """Whether the loss is right to the last place."""
        if not math.isfinite(self.loss):
            return bool(self.paper == self.loss)
        return bool(self.off < self._limit + NEARLY)

    @property
    def wrong(self) -> bool:
        """Whether the loss is not right; at the very limit it is both."""
        return not self.right or bool(self.off > self._limit - NEARLY)

    @property
    def far(self) -> bool:
        """Whether the loss is so far off that per cent say nothing."""
        whole = abs(mpf(self.loss) - self.paper)
        return math.isfinite(self.loss) and bool(whole >= mpf("0.999e4") * self.paper)

    @property
    def _limit(self) -> Number:
        return mpf(0.5) if self.loss == 0 != self.paper else mpf(1)


def unit(number: Number, fmt: FloatFormat) -> Number:
    """Return the distance of the two numbers of a format that enclose a number most closely."""
    if not mpmath.isfinite(number):
        return mpmath.nan
    size = min(max(abs(number), mpf(fmt.smallest_normal)), mpf(fmt.max))
    _, exponent = mpmath.frexp(size)
    if size == mpf(2) ** (exponent - 1) and size > fmt.smallest_normal:
        exponent -= 1
    return mpf(2) ** (exponent - 1 - fmt.fraction_bits)
