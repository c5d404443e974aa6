"""What leaves the page of the gradient: the way downhill, its pulls, and what each form makes."""

from collections.abc import Sequence

from ce_core import log_softmax, softmax
from ce_core.descent import descend, loss_along, slope, smoothed_target
from ce_core.likelihood import entropy
from ce_core.pipelines import PIPELINES
from ce_core.smoothed import smoothed_forms
from lab.export import plain
from lab.export.parts import Export, Part
from lab.numpy_code import array_code, dtype_code, form_code, form_title
from lab.settings import Settings
from lab.words import say


def of_descent(
    settings: Settings, logits: Sequence[float], smoothing: float, rate: float, step: int
) -> Export:
    """Return the path from some logits to a step and the one after it, and what is there."""
    t, classes, name = settings.target, len(logits), settings.format
    # Of several rows, as on the page: a lone one is added up in another order.
    path = descend([logits, logits], t, rate, step + 1, smoothing)[0]
    z, q = path[step], smoothed_target(t, classes, smoothing)
    slopes = slope(z, t, smoothing)
    results = {
        "path": path,
        "losses": loss_along(path, t, smoothing),
        "z": z,
        "p": softmax(z),
        "q": q,
        "slopes": slopes,
        "minus_log": 0 - log_softmax(z)[t],
        "floor": entropy(q),
        "raw": -z[t],
    }
    for form, found in smoothed_forms(z, t, name, smoothing).items():
        results |= {f"loss_{form}": found.loss, f"slopes_{form}": found.slopes}
    given = [f"names = {list(settings.names)!r}", f"logits = {array_code(logits)}", f"target = {t}"]
    given += [f"smoothing = {smoothing!r}", f"rate = {rate!r}", f"step = {step}"]
    stored = f"logits, q_stored = z.astype({dtype_code(name)}), q.astype({dtype_code(name)})"
    return Export(
        [
            Part(say("export.given"), "\n".join(given)),
            Part(say("export.descent"), _DESCENT),
            Part(say("export.stored"), stored),
            *(Part(form_title(form), _with_slopes(form)) for form in PIPELINES),
        ],
        results,
        (
            plain.one_hot,
            plain.softmax,
            plain.log_softmax,
            plain.accurate_softmax,
            plain.less_target,
            plain.times_log,
            plain.weighted,
            plain.descend,
        ),
    )


_DESCENT = """\
q = (1 - smoothing) * one_hot(np.array(target), len(logits)) + smoothing / len(logits)
path = descend(logits, q, target, rate, step + 1)
losses = np.array([0 - weighted(q, log_softmax(z)).sum() for z in path])
z = path[step]
p = softmax(z)
slopes = less_target(accurate_softmax(z), q, target)
minus_log = 0 - log_softmax(z)[target]
floor = (0 - times_log(q, q)).sum()
raw = -z[target]"""

# By the chain rule, from the loss back to the logits.
_BACK = """\
by_p = np.where(q_stored != 0, -(q_stored / probabilities), 0).astype(exp.dtype)
by_exp = by_p / total - np.sum(by_p * (probabilities / total))
slopes_{form} = by_exp * exp"""

_BACK_FUSED = """\
by_log_p = np.where(q_stored != 0, -q_stored, 0).astype(exp.dtype)
slopes_fused = by_log_p - np.exp(log_probabilities) * np.sum(by_log_p)"""


def _with_slopes(form: str) -> str:
    # The step before the target is chosen has the losses of all classes.
    of_all = "-log_probabilities" if form == "fused" else "-np.log(probabilities)"
    back = _BACK_FUSED if form == "fused" else _BACK.format(form=form)
    loss = f"loss_{form} = np.sum(weighted(q_stored, {of_all}))"
    return f"{form_code(form)}\n{loss}\n{back}"
