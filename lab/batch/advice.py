"""What to write instead, as it follows from what the rows came to and from the options."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ce_core.formats import FORMATS
from ce_core.pipelines import CauseKind, Run, run_all
from lab.batch.account import Account
from lab.batch.calls import Call
from lab.batch.summary import broken
from lab.batch.whole import short, stored
from lab.words import say

_SUMMED: Final = "total"
_NARROW: Final = 2.0**-20  # unit roundoff of a format with fewer digits than float32


_LOG: Final = {
    "classes": (
        "log_p = F.log_softmax(logits, dim=-1)          # not F.softmax(...).log()\n"
        "log_p = jax.nn.log_softmax(logits, axis=-1)    # not jnp.log(jax.nn.softmax(...))\n"
        "log_p = scipy.special.log_softmax(logits, axis=-1)"
    ),
    "binary": (
        "log_p = F.logsigmoid(logits)          # not torch.sigmoid(logits).log()\n"
        "log_p = jax.nn.log_sigmoid(logits)    # not jnp.log(jax.nn.sigmoid(logits))\n"
        "log_p = -np.logaddexp(0, -logits)"
    ),
}


@dataclass(frozen=True)
class Advice:
    """A piece of advice: what it is about, why, and code to copy, or none."""

    title: str
    lead: str
    text: str


def advice(account: Account, run: Run) -> list[Advice]:
    """Return what to change, and then the calls.

    Parameters
    ----------
    account : Account
        The rows so far.
    run : Run
        The naive form of the worst rows, (1, K).
    """
    found = [piece for rule in _RULES for piece in rule(account, run)]
    return [*found, *_calls(account)]


def _calls(account: Account) -> Iterator[Advice]:
    if account.targets is None:
        text = _LOG[account.batch.options.kind]
        yield Advice(say("numbers.call_alone"), say("numbers.call_alone_lead"), text)
        return
    call = _call(account)
    lead = "numbers.call_lead_narrow" if call.narrow else "numbers.call_lead"
    for name in ("numpy", "torch", "jax"):
        text = getattr(call, name)()
        yield Advice(say(f"numbers.call_{name}"), say(lead, format=account.batch.format), text)


def _call(account: Account, **others: Any) -> Call:
    """Return the call with the options of a batch, of which some may be others."""
    narrow = FORMATS[account.batch.format].unit_roundoff > _NARROW
    soft = account.targets is not None and account.targets.dtype.kind == "f"
    return Call(replace(account.batch.options, **others), soft, narrow)


def _probabilities(account: Account, _: Run) -> Iterator[Advice]:
    """Tell of probabilities that were given as logits."""
    classes = account.batch.options.kind == "classes" and account.batch.classes > 1
    if classes and account.seen.probabilities:
        yield Advice(
            say("numbers.advice_probabilities"),
            say("numbers.advice_probabilities_lead"),
            "import torch.nn.functional as F\n\n"
            "loss = F.cross_entropy(logits, target)    # what the softmax was taken of\n"
            "loss = F.nll_loss(p.log(), target)        # where there is only p",
        )


def _mask(account: Account, _: Run) -> Iterator[Advice]:
    """Tell of a finite number that stands for a mask and is beyond the format."""
    fmt, lowest = FORMATS[account.batch.format], account.seen.lowest
    if lowest <= -fmt.too_large:
        yield Advice(
            say("numbers.advice_mask"),
            say(
                "numbers.advice_mask_lead",
                lowest=short(lowest),
                format=fmt.name,
                max=short(fmt.max),
                stored=stored(lowest, fmt),
            ),
            'logits = logits.masked_fill(mask, float("-inf"))    # PyTorch\n'
            "logits = jnp.where(mask, -jnp.inf, logits)          # JAX\n"
            "logits = np.where(mask, -np.inf, logits)            # NumPy",
        )


def _log_of_softmax(account: Account, _: Run) -> Iterator[Advice]:
    """Tell of the log of a softmax, where a log-softmax does not break."""
    batch = account.batch
    if "fused" not in batch.kinds:
        return
    count, left = (broken(batch.kinds[form]) for form in ("naive", "fused"))
    if count > left:
        kind = batch.options.kind
        yield Advice(
            say("numbers.advice_sigmoid" if kind == "binary" else "numbers.advice_fused"),
            say("numbers.advice_fused_lead", count=count - left, format=batch.format),
            _LOG[kind],
        )


def _sum(_: Account, run: Run) -> Iterator[Advice]:
    """Tell of a sum that is rounded after each term, which stalls where digits are few."""
    name, logits = run.format, run.steps["logits"][0, :1]
    if logits.shape[-1] * FORMATS[name].unit_roundoff < 1:
        return
    forms = run_all(logits, 0, name, pipelines=("running", "wide_sum"))
    sums = {form: float(one.steps[_SUMMED][0]) for form, one in forms.items()}
    if np.isfinite(sums["wide_sum"]) and sums["running"] < sums["wide_sum"]:
        yield Advice(
            say("numbers.advice_sum"),
            say(
                "numbers.advice_sum_lead",
                count=logits.shape[-1],
                format=name,
                running=f"{sums['running']:g}",
                wide=f"{sums['wide_sum']:g}",
            ),
            "total = torch.exp(z).sum(-1, dtype=torch.float32)    # PyTorch\n"
            "total = jnp.exp(z).sum(-1, dtype=jnp.float32)        # JAX\n"
            "total = np.exp(z).sum(-1, dtype=np.float32)          # NumPy",
        )


def _nan(account: Account, _: Run) -> Iterator[Advice]:
    """Tell of logits that are no numbers."""
    count = int(account.batch.kinds["naive"][CauseKind.NAN_LOGIT])
    if count:
        yield Advice(
            say("numbers.advice_nan"),
            say("numbers.advice_nan_lead", count=count),
            "torch.autograd.set_detect_anomaly(True)      # PyTorch: name the step that made it\n"
            'jax.config.update("jax_debug_nans", True)    # JAX',
        )


def _beyond(account: Account, _: Run) -> Iterator[Advice]:
    """Tell of a logit that is too large for the format."""
    fmt, largest = FORMATS[account.batch.format], account.seen.largest
    if largest >= fmt.too_large and fmt.unit_roundoff > _NARROW:
        yield Advice(
            say("numbers.advice_beyond"),
            say(
                "numbers.advice_beyond_lead",
                largest=short(largest),
                format=fmt.name,
                max=short(fmt.max),
            ),
            "logits = F.linear(h.float(), weight.float())    # the last layer; later is too late",
        )


def _masked(account: Account, _: Run) -> Iterator[Advice]:
    """Tell of rows whose loss is infinite or nan on paper: what counts in them is masked."""
    batch, kinds = account.batch, account.batch.kinds["naive"]
    if batch.options.kind == "binary":
        return
    if count := int(kinds[CauseKind.ALL_MASKED]):
        yield Advice(
            say("numbers.advice_all_masked"),
            say("numbers.advice_all_masked_lead", count=count),
            "kept = ~logits.isneginf().all(dim=-1)\nlogits, target = logits[kept], target[kept]",
        )
    if count := int(kinds[CauseKind.TARGET_MASKED]):
        yield Advice(
            say("numbers.advice_target_masked"),
            say("numbers.advice_target_masked_lead", count=count),
            f"{_call(account, reduction='none').torch()}\n"
            "print(loss.isinf().nonzero())    # the rows, counted from 0",
        )


def _infinite(account: Account, _: Run) -> Iterator[Advice]:
    """Tell of infinite logits of which PyTorch makes nan."""
    batch, targets = account.batch, account.targets
    if targets is None or targets.dtype.kind != "f" or not batch.logits.minus_infinite:
        return
    yield Advice(
        say("numbers.advice_infinite"),
        say(f"numbers.advice_infinite_lead_{batch.options.kind}"),
        "logits = logits.clamp(min=-1e4)    # its exp is 0 in every format",
    )


def _ignored(account: Account, _: Run) -> Iterator[Advice]:
    """Tell of the mean over no rows, or over rows without weight."""
    batch, options = account.batch, account.batch.options
    if account.targets is None or batch.denominator != 0 or options.reduction != "mean":
        return
    counted_rows = f"target != {options.ignore_index}"
    if options.weight is None:
        divisor = f"({counted_rows}).sum().clamp(min=1)"
    else:
        weight = f"torch.tensor({list(options.weight)})"
        divisor = f"{weight}[target[{counted_rows}]].sum().clamp(min=1e-6)"
    yield Advice(
        say("numbers.advice_ignored"),
        say("numbers.advice_ignored_lead"),
        f"{_call(account, reduction='sum').torch()}\nloss = loss / {divisor}",
    )


_RULES: Final[tuple[Callable[[Account, Run], Iterator[Advice]], ...]] = (
    _ignored,
    _probabilities,
    _nan,
    _beyond,
    _masked,
    _infinite,
    _mask,
    _log_of_softmax,
    _sum,
)
