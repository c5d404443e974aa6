"""What each sentence about a loss claims, held against exact arithmetic."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import mpmath  # type: ignore[import-untyped]  # it ships no type information
import numpy as np

from ce_core.formats import FORMATS
from ce_core.pipelines import STEPS
from lab.blame import PIECES, pieces, tails
from lab.distance import STATES
from lab.words import say
from live.parts import Sentence
from tests.app.reading import Position, Power, at_position, value_of
from tests.core import judge
from tests.core.judge import Judged, mpf

OTHERS = (
    "shifted_right",
    "shifted_ulps",
    "shifted_percent",
    "shifted_far",
    "fused_right",
    "fused_ulps",
    "fused_percent",
    "fused_far",
    "others_right",
    "all_right",
    "all_infinite",
    "masked_too",
)


@cache
def _keys(fmt: str) -> Mapping[str, str]:
    """Return the key of each piece by its text; "cost_ulps naive" is one."""
    names: dict[str, str] = {}
    for key, text in zip(PIECES, pieces(FORMATS[fmt]), strict=True):
        names.setdefault(text, key)
    for form in STEPS:
        for key, text in zip(
            ("cost_ulps", "cost_percent", "cost_far"), tails(form, FORMATS[fmt]), strict=True
        ):
            names[text] = f"{key} {form}"
    for key in OTHERS:
        names[say(f"verdict.{key}", format=fmt)] = key
    return names


def told_keys(sentence: Sentence, at: Position, fmt: str) -> list[str]:
    """Return the keys of the pieces that are said at a position."""
    names = _keys(fmt)
    code = int(at_position(sentence.column.values, at))
    assert sentence.said is not None
    return [names[sentence.pieces[i]] for i in sentence.said[code]]


def two_digits(said: float, value: Any) -> bool:
    """Say whether the two digits that are shown of a number are right."""
    shown = mpf(f"{said:.2g}")
    return bool(abs(shown - value) <= mpf("0.0501") * mpf(10) ** mpmath.floor(mpmath.log10(value)))


def is_drawn(bar: float, ulps: Any) -> bool:
    """Say whether a bar is a share of the error to two digits, or nothing, of a hundredth."""
    slack = mpf(2) ** -9  # of what float64 tells of the shares, as tests/core/test_budget.py holds
    if abs(ulps) < 0.01 + slack and bar == 0:
        return True
    half_a_digit = mpf("0.0501") * mpf(10) ** mpmath.floor(mpmath.log10(abs(ulps)))
    return bool(abs(mpf(f"{bar:.2g}") - ulps) <= half_a_digit + slack)


class Here:
    """One position: what is said, what the machine has, and what is on paper."""

    def __init__(
        self,
        judged: Mapping[str, Judged],
        at: Position,
        given: Sequence[float],
        shift: float,
        sentence: Sentence,
    ) -> None:
        self.at, self.sentence, self.given, self.shift = at, sentence, list(given), shift
        self.judged = judged
        first = next(iter(judged.values()))
        self.fmt, self.target, self.paper = first.format, first.target, first.paper
        self.keys = told_keys(sentence, at, self.fmt.name)
        self.form = self._told()

    def _told(self) -> Judged:
        """Find the form that is told: the first broken one, else the first that is not right."""
        for ones in (
            [j for j in self.judged.values() if self.broken(j)],
            [j for j in self.judged.values() if not j.right],
            [j for j in self.judged.values() if self.harmed(j)],
        ):
            if ones:
                return ones[0]
        return next(iter(self.judged.values()))

    def broken(self, j: Judged) -> bool:
        """Say whether a step left no number, or 0 for the probability."""
        p = j.values.get("probability")
        return (
            not math.isfinite(j.loss)
            or self.saturated(j)
            or ("probabilities" in j.values and p is not None and p[0] == 0)
        )

    def saturated(self, j: Judged) -> bool:
        """Say whether the largest number of the format stands for one that is larger."""
        if self.fmt.has_nan:
            return False
        if any(self.fmt.too_large <= abs(x) < math.inf for x in self.given):
            return True
        constant = self.kept([self.shift])[0]
        if any(abs(x + constant) >= self.fmt.too_large for x in self.kept()):
            return True
        x = j.values.get("shifted", j.values["logits"])
        over = [mpmath.exp(a) for a in x]
        terms = j.values["exp"]
        if "rest" in j.values:
            terms = judge.but(terms, j.values["logits"].index(max(j.values["logits"])))
        if max(over) >= self.fmt.too_large:
            return True
        # In few bits a sum can stop below the largest number: 4 + 1 is 4 again.
        total = j.values["total" if "total" in j.values else "rest"][0]
        return bool(total == self.fmt.max and mpmath.fsum(terms) >= self.fmt.too_large)

    def kept(self, numbers: Sequence[float] | None = None) -> list[Any]:
        """Return the given logits, or other numbers, as the format stores them."""
        with np.errstate(all="ignore"):
            stored = np.array(self.given if numbers is None else numbers).astype(self.fmt.dtype)
        return [mpf(x) for x in stored.astype(np.float64).tolist()]

    def harmed(self, j: Judged) -> bool:
        """Say whether a number of another class was lost."""
        logits = j.values["logits"]
        lost = any(z == -mpmath.inf < g for z, g in zip(logits, self.given, strict=True))
        finite = [math.isfinite(z) for z in logits]
        x = j.values.get("shifted", logits)
        gone = any(not math.isfinite(d) and f for d, f in zip(x, finite, strict=True))
        none = any(e == 0 and math.isfinite(d) for e, d in zip(j.values["exp"], x, strict=True))
        return lost or gone or none

    # ------------------------------------------------------------ the places of the sentence

    def place(self, name: str) -> Any:
        """Return what fills a place."""
        return value_of(self.sentence.places[name], self.at)

    @property
    def i(self) -> int:
        """The class that the sentence names."""
        return int(at_position(self.sentence.places["class"].column.values, self.at))

    def says(self, name: str, value: Any) -> bool:
        """Say whether a place holds this number, to all the digits that it may show."""
        said = self.place(name)
        if isinstance(said, Power):
            return same(said, value)
        return bool(abs(mpf(said) - mpf(value)) <= 1e-12 * abs(mpf(value)))

    def shows(self, name: str, value: Any) -> bool:
        """Say whether the two digits that are shown of a place are those of a number."""
        return two_digits(self.place(name), value)

    def differ(self, one: str, other: str) -> bool:
        """Say whether two numbers that are compared are shown with different digits."""
        return self.written(one) != self.written(other)

    def written(self, name: str) -> str:
        """Return the digits that are shown of a place."""
        place, value = self.sentence.places[name], self.place(name)
        assert place.style
        digits = place.style.digits
        if isinstance(value, Power):
            after = digits - 1 if place.style.kind == "shortest" else 2
            return f"{value.significand:.{after}f}e{value.exponent:.0f}"
        short = place.style.kind == "prose" and not 1e-4 <= abs(value) < 1e9
        mantissa, exponent = f"{value:.{2 if short else digits - 1}e}".split("e")
        return f"{mantissa}e{int(exponent)}"


def argument(h: Here) -> Any:
    return h.form.values.get("shifted", h.form.values["logits"])[h.i]


def _exact_exp(h: Here) -> Any:
    return mpmath.exp(argument(h))


def _terms(h: Here) -> list[Any]:
    x = h.form.values.get("shifted", h.form.values["logits"])
    terms = [mpmath.exp(z) if z > -mpmath.inf else mpf(0) for z in x]
    if "rest" in h.form.values:
        return list(judge.but(terms, h.form.values["logits"].index(max(h.form.values["logits"]))))
    return terms


def _is_beyond(h: Here, value: Any) -> bool:
    """Say whether a value is what the format has of a number that is too large."""
    if h.fmt.has_infinity:
        return bool(abs(value) == mpmath.inf)
    return bool(mpmath.isnan(value)) if h.fmt.has_nan else bool(abs(value) == h.fmt.max)


def _given(h: Here) -> Any:
    return mpf(h.given[h.i])


def added_overflow(h: Here, sign: int) -> bool:
    kept, constant = h.kept()[h.i], h.kept([h.shift])[0]
    stored = h.form.values["logits"][h.i]
    return (
        mpmath.isfinite(kept)
        and sign * (kept + constant) > h.fmt.max
        and _is_beyond(h, stored)
        and (mpmath.isnan(stored) or stored * sign > 0)
    )


def _edge(h: Here, name: str, value: Any) -> bool:
    """Say whether a number lies beyond a limit of the format by less than seven digits tell."""
    limit = h.fmt.max if name == "max" else h.fmt.smallest_subnormal
    return bool(abs(mpmath.log10(value) - mpmath.log10(limit)) < 1.01e-5)


def _exact(h: Here, close: str, limit: str, value: Any) -> bool:
    """Say whether the exact number is shown, and looks different from the limit beside it."""
    if close == "_edge":
        return _edge(h, limit, value)
    return h.says("exact" + close, value) and h.differ("exact" + close, limit + close)


def exp_overflow(h: Here, close: str = "") -> bool:
    exp, x = h.form.values["exp"], h.form.values.get("shifted", h.form.values["logits"])
    before = zip(exp[: h.i], x[: h.i], strict=True)
    earlier = [not _is_beyond(h, e) or mpmath.exp(z) < h.fmt.max for e, z in before]
    return (
        h.says("z_close" if close else "z", argument(h))
        and _exact(h, close, "max", _exact_exp(h))
        and _exact_exp(h) > h.fmt.max
        and _is_beyond(h, exp[h.i])
        and all(earlier)
    )


def sum_overflow(h: Here, close: str = "") -> bool:
    total = mpmath.fsum(_terms(h))
    name = "total" if "total" in h.form.values else "rest"
    fits = all(mpmath.isfinite(e) for e in h.form.values["exp"])
    return (
        _exact(h, close, "max", total)
        and total > h.fmt.max
        and fits
        and _is_beyond(h, h.form.values[name][0])
    )


def sum_underflow(h: Here, close: str = "") -> bool:
    return (
        h.says("z_close" if close else "z", argument(h))
        and argument(h) == max(h.form.values.get("shifted", h.form.values["logits"]))
        and _exact(h, close, "tiny", _exact_exp(h))
        and _exact_exp(h) < h.fmt.smallest_subnormal
        and not any(h.form.values["exp"])
        and h.form.values["total"][0] == 0
    )


def logit_overflow(h: Here, close: str = "", sign: int = 1) -> bool:
    # Where there is no inf and no nan, c may bring the largest number back among the others.
    stored = h.form.values["logits"][h.i] if h.fmt.has_nan else h.kept()[h.i]
    return (
        _exact(h, close, "max", sign * _given(h))
        and sign * _given(h) > h.fmt.max
        and _is_beyond(h, stored)
        and (mpmath.isnan(stored) or stored * sign > 0)
    )


def logit_lost(h: Here) -> bool:
    return (
        h.says("exact", -_given(h))
        and -_given(h) > h.fmt.max
        and h.form.values["logits"][h.i] == -mpmath.inf
        and h.i != h.target
    )


def exp_lost(h: Here, close: str = "") -> bool:
    return (
        h.says("z_close" if close else "z", argument(h))
        and _exact(h, close, "tiny", _exact_exp(h))
        and 0 < _exact_exp(h) < h.fmt.smallest_subnormal
        and h.form.values["exp"][h.i] == 0
    )


def exp_subnormal(h: Here) -> bool:
    return (
        h.says("z", argument(h))
        and h.says("exact", _exact_exp(h))
        and 0 < h.form.values["exp"][h.i] < h.fmt.smallest_normal
    )


def probability_underflow(h: Here) -> bool:
    v = h.form.values
    return (
        h.says("exact", mpmath.exp(-h.paper))
        and v["exp"][h.target] > 0
        and v["probabilities"][h.target] == 0
    )


def target_underflow(h: Here) -> bool:
    v = h.form.values
    x = v.get("shifted", v["logits"])[h.target]
    return (
        h.says("z", x)
        and mpmath.exp(x) > 0
        and v["exp"][h.target] == 0
        and v["probabilities"][h.target] == 0
        and h.says("exact", mpmath.exp(-h.paper))
    )


def subtract_overflow(h: Here) -> bool:
    v = h.form.values
    distance = max(v["logits"]) - v["logits"][h.i]
    return h.says("exact", distance) and distance > h.fmt.max and _is_beyond(h, v["shifted"][h.i])


def stored(h: Here) -> bool:
    return (
        h.says("given", _given(h))
        and h.place("given") != h.place("stored")
        and h.differ("given", "stored")
    )


def added(h: Here) -> bool:
    kept, constant = h.kept()[h.i], h.kept([h.shift])[0]
    return h.says("stored", h.form.values["logits"][h.i]) and (
        kept + constant != h.form.values["logits"][h.i]
    )


def _rounded(step: str) -> Callable[[Here], bool]:
    """Hold that a step rounded: its result is not what it is on paper."""

    def check(h: Here) -> bool:
        return bool(h.form.shares.get(step, 0) != 0)

    return check


def _masked(h: Here) -> bool:
    return h.form.values["logits"][h.target] == -mpmath.inf


def _then_inf(h: Here) -> bool:
    v = h.form.values
    return (
        v["total"][0] == mpmath.inf
        and mpmath.isfinite(v["exp"][h.target])
        and v["probabilities"][h.target] == 0
        and h.form.loss == math.inf
    )


def _then_nan(h: Here) -> bool:
    v = h.form.values
    return v["exp"][h.target] == mpmath.inf == v["total"][0] and mpmath.isnan(
        v["probabilities"][h.target]
    )


def _number_right(form: str) -> Callable[[Here], bool]:
    def check(h: Here) -> bool:
        j = h.judged[form]
        return j.right and h.place(f"loss_{form}") == j.loss

    return check


def _number_far(form: str) -> Callable[[Here], bool]:
    return lambda h: h.place(f"loss_{form}") == h.judged[form].loss and h.judged[form].far


def _number_off(form: str, unit: str) -> Callable[[Here], bool]:
    def check(h: Here) -> bool:
        j = h.judged[form]
        if not math.isfinite(j.loss) or h.place(f"loss_{form}") != j.loss:
            return False
        whole = abs(mpf(j.loss) - h.paper)
        return h.shows(f"off_{form}", whole / (j.unit if unit == "ulps" else h.paper / 100))

    return check


# What has to hold where a piece is said.
CLAIMS: dict[str, Callable[[Here], bool]] = {
    "exp_lost_edge": lambda h: exp_lost(h, "_edge"),
    "sum_underflow_edge": lambda h: sum_underflow(h, "_edge"),
    "sum_overflow_edge": lambda h: sum_overflow(h, "_edge"),
    "exp_overflow_edge": lambda h: exp_overflow(h, "_edge"),
    "logit_overflow_down_edge": lambda h: logit_overflow(h, "_edge", -1),
    "logit_overflow_edge": lambda h: logit_overflow(h, "_edge"),
    "nothing": lambda h: not any(map(h.broken, h.judged.values())),
    "numbers": lambda h: all(math.isfinite(j.loss) for j in h.judged.values()),
    "mask_lost": lambda h: h.given[h.i] == -math.inf and not h.fmt.has_infinity,
    "logit_overflow": logit_overflow,
    "logit_overflow_close": lambda h: logit_overflow(h, "_close"),
    "logit_overflow_down": lambda h: logit_overflow(h, sign=-1),
    "logit_overflow_down_close": lambda h: logit_overflow(h, "_close", -1),
    "all_masked": lambda h: set(h.form.values["logits"]) == {-mpmath.inf},
    "all_masked_shifted": lambda h: set(h.form.values["logits"]) == {-mpmath.inf},
    "subtract_overflow": subtract_overflow,
    "added_overflow": lambda h: added_overflow(h, 1),
    "added_overflow_down": lambda h: added_overflow(h, -1),
    "exp_overflow": exp_overflow,
    "exp_overflow_close": lambda h: exp_overflow(h, "_close"),
    "sum_overflow": sum_overflow,
    "sum_overflow_close": lambda h: sum_overflow(h, "_close"),
    "sum_underflow": sum_underflow,
    "sum_underflow_close": lambda h: sum_underflow(h, "_close"),
    "target_masked": lambda h: _masked(h) and h.form.loss == math.inf == h.paper,
    "target_masked_finite": lambda h: _masked(h) and h.paper == mpmath.inf,
    "probability_underflow": probability_underflow,
    "target_underflow": target_underflow,
    "result_overflow": lambda h: h.says("exact", h.paper) and h.paper > h.fmt.max,
    "logit_lost": logit_lost,
    "difference_lost": lambda h: subtract_overflow(h) and h.form.values["exp"][h.i] == 0,
    "exp_lost": exp_lost,
    "exp_lost_close": lambda h: exp_lost(h, "_close"),
    "exp_subnormal": exp_subnormal,
    "rounded_stored": stored,
    "rounded_added": added,
    "rounded_added_alone": added,
    **{
        f"rounded_{step}": _rounded(step)
        for step in ("shifted", "exp", "total", "rest", "probabilities", "loss", "log_sum")
    },
    **{
        f"rounded_{step}": _rounded(step)
        for step in ("log_probabilities", "logsumexp", "padded", "clamped")
    },
    "then_inf": _then_inf,
    "then_inf_log": lambda h: h.form.values["total"][0] == mpmath.inf and h.form.loss == math.inf,
    "then_nan": _then_nan,
    "then_nan_spread": lambda h: math.isnan(h.form.loss) and not h.fmt.has_infinity,
    "then_zero_log": lambda h: h.form.values["probability"][0] == 0 and h.form.loss == math.inf,
    "same_all_the_same": lambda h: h.form.right,
    "shifted_right": _number_right("shifted"),
    "shifted_ulps": _number_off("shifted", "ulps"),
    "shifted_percent": _number_off("shifted", "percent"),
    "shifted_far": _number_far("shifted"),
    "fused_far": _number_far("fused"),
    "fused_right": _number_right("fused"),
    "fused_ulps": _number_off("fused", "ulps"),
    "fused_percent": _number_off("fused", "percent"),
    "others_right": lambda h: h.judged["shifted"].right and h.judged["fused"].right,
    "all_right": lambda h: all(j.right for j in h.judged.values()),
    "all_infinite": lambda h: {j.loss for j in h.judged.values()} == {math.inf},
    "masked_too": _masked,
}
STEP_OF = {
    "logit_lost": ("stored", "added"),
    "difference_lost": ("shifted",),
    "exp_lost": ("exp",),
    "exp_lost_close": ("exp",),
    "exp_lost_edge": ("exp",),
    "added_overflow_down": ("added",),
    "exp_subnormal": ("exp",),
    "rounded_added_alone": ("added",),
}


def costs(h: Here, key: str) -> bool:
    """Hold the end of an account: what the costliest step cost, and how far off the whole is."""
    kind, form = key.split()
    j = h.judged[form]
    if h.form is not j:
        return False
    cause = next((k for k in h.keys if k.startswith("rounded_") or k in STEP_OF), None)
    if cause is None:
        return False
    steps = STEP_OF.get(cause, (cause.removeprefix("rounded_"),))
    shares = {step: abs(share) for step, share in j.shares.items()}
    costliest = max(shares.values())
    ours = max(shares[step] for step in steps if step in shares)
    if kind == "cost_far":
        return ours >= costliest * (1 - mpf("1e-6")) and j.far
    whole = abs(mpf(j.loss) - h.paper)
    scale = j.unit if kind == "cost_ulps" else h.paper / 100
    return (
        ours >= costliest * (1 - mpf("1e-6"))
        and h.shows("cost", ours / scale)
        and h.shows(f"off_{form}", whole / scale)
    )


def untrue(h: Here) -> list[str]:
    """Return the keys of the pieces that are not true here."""
    return [
        key for key in h.keys if not (costs(h, key) if key.startswith("cost_") else CLAIMS[key](h))
    ]


def same(said: Any, value: Any, within: float = 1e-6) -> bool:
    """Say whether a power of ten is this number, as far as its logarithm in float64 tells."""
    if value == 0:
        return bool(said.significand == 0 == said.exponent)
    log10 = mpmath.log10(mpf(said.significand)) + mpf(said.exponent)
    return bool(abs(log10 - mpmath.log10(value)) <= within + 1e-15 * abs(said.exponent))


SIX_DIGITS = 2.2e-6  # of a decimal logarithm


def distance_is_true(j: Judged, sentence: Sentence, at: Position) -> bool:
    """Hold the line under a loss, or its mark, against exact arithmetic."""
    state = STATES[int(at_position(sentence.column.values, at))]
    named = re.findall(r"\{(\w+)\}", sentence.pieces[STATES.index(state)])
    places = {name: value_of(sentence.places[name], at) for name in named}
    if "paper" in places and not same(places["paper"], j.paper, SIX_DIGITS):
        return False

    def shows(value: Any) -> bool:
        return two_digits(places["off"], value)

    whole = abs(mpf(j.loss) - j.paper)
    return bool(
        {
            "right": lambda: j.right and not (j.loss == 0 != j.paper),
            "nearest_zero": lambda: (
                j.loss == 0 and 0 < j.paper <= mpf(j.format.smallest_subnormal) / 2
            ),
            "smallest": lambda: 0 < j.paper < mpf(2) ** -1005 and whole <= 20 * mpf(2) ** -1074,
            "ulps": lambda: j.wrong and shows(j.off),
            "percent": lambda: j.wrong and shows(100 * whole / j.paper),
            "far": lambda: j.far,
            "broken": lambda: not math.isfinite(j.loss) and mpmath.isfinite(j.paper),
            "beyond": lambda: not math.isfinite(j.loss) and j.format.max < j.paper < mpmath.inf,
            "not_infinite": lambda: j.loss != math.inf and j.paper == mpmath.inf,
            "infinite_too": lambda: j.loss == math.inf == j.paper,
            "no_loss": lambda: mpmath.isnan(j.paper),
        }[state]()
    )
