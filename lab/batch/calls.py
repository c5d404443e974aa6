"""The call that computes a batch's loss from its logits: in NumPy, PyTorch and JAX."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ce_core.batch import Options

_LEFT_OUT: Final = -100  # PyTorch's own ignore_index, which a call need not name


@dataclass(frozen=True)
class Call:
    """What a call depends on: the options, and whether targets are shares of all classes."""

    options: Options
    soft: bool
    narrow: bool  # the format has fewer digits than float32

    @property
    def _smoothed(self) -> float:
        return self.options.label_smoothing

    def numpy(self) -> str:
        """Return lines of NumPy that leave `loss`, given `logits` and `target`."""
        return _joined("import numpy as np", *self._lines("np", "np", _NUMPY_LOG))

    def jax(self) -> str:
        """Return the same in JAX, whose log_softmax and log_sigmoid are stable."""
        return _joined(
            "import jax\nimport jax.numpy as jnp", *self._lines("jnp", "jax.nn", _JAX_LOG)
        )

    def torch(self) -> str:
        """Return the call in PyTorch."""
        options = self.options
        logits = "logits.float()" if self.narrow else "logits"
        name = "cross_entropy"
        named: list[tuple[str, str]] = []
        if options.kind == "binary":
            name = "binary_cross_entropy_with_logits"
        if options.weight is not None:
            named.append(("weight", f"torch.tensor({list(options.weight)})"))
        if options.pos_weight is not None:
            named.append(("pos_weight", f"torch.tensor({list(options.pos_weight)})"))
        if self._ignores and options.ignore_index != _LEFT_OUT:
            named.append(("ignore_index", str(options.ignore_index)))
        if self._smoothed:
            named.append(("label_smoothing", repr(self._smoothed)))
        if options.reduction != "mean":
            named.append(("reduction", repr(options.reduction)))
        arguments = [logits, "target", *(f"{key}={value}" for key, value in named)]
        imports = "import torch.nn.functional as F"
        if "torch.tensor" in "".join(arguments):
            imports = f"import torch\n{imports}"
        lines = "".join(f"\n    {argument}," for argument in arguments)
        call = f"({', '.join(arguments)})" if len(arguments) < 4 else f"({lines}\n)"
        return f"{imports}\n\nloss = F.{name}{call}"

    @property
    def _ignores(self) -> bool:
        return self.options.kind == "classes" and not self.soft

    def _lines(self, xp: str, nn: str, logs: dict[str, Sequence[str]]) -> list[str]:
        binary = self.options.kind == "binary"
        wide = [f"logits = logits.astype({xp}.float32)"] if self.narrow else []
        log = [line.format(xp=xp, nn=nn) for line in logs["binary" if binary else "classes"]]
        losses = self._cells(xp) if binary else self._classes(xp)
        return [*wide, *log, *losses]

    def _cells(self, xp: str) -> list[str]:
        options, yes, whole = self.options, "target * log_p", ""
        if options.pos_weight is not None:
            yes = f"{_array(xp, options.pos_weight)} * {yes}"
        if options.weight is not None:
            whole = f"{_array(xp, options.weight)} * "
        return [
            f"losses = -{whole}({yes} + (1 - target) * log_not_p)",
            {"mean": "loss = losses.mean()", "sum": "loss = losses.sum()", "none": "loss = losses"}[
                options.reduction
            ],
        ]

    def _classes(self, xp: str) -> list[str]:
        options, lines = self.options, []
        weight = "weight" if options.weight is not None else ""
        if weight:
            lines.append(f"weight = {_array(xp, options.weight or ())}")
        if self.soft:
            lines.append("shares = target")
        else:
            lines += [
                f"counted = target != {options.ignore_index}",
                f"true = {xp}.where(counted, target, 0)",
            ]
        if self._smoothed and not self.soft:
            lines.append(f"shares = {xp}.eye(logits.shape[-1])[true]")
        if self._smoothed:
            e = repr(self._smoothed)
            lines.append(f"shares = (1 - {e}) * shares + {e} / logits.shape[-1]")
        if self.soft or self._smoothed:
            product = "weight * shares" if weight else "shares"
            # 0 * -inf is nan: what has no share does not count.
            masked = f"{xp}.where({product} > 0, {product} * log_p, 0)"
            lines.append(f"losses = -{masked}.sum(axis=-1)")
        else:
            taken = f"{xp}.take_along_axis(log_p, true[:, None], axis=-1)[:, 0]"
            lines.append(f"losses = -{'weight[true] * ' if weight else ''}{taken}")
        if not self.soft:
            lines.append(f"losses = {xp}.where(counted, losses, 0)")
        if options.reduction == "none":
            return [*lines, "loss = losses"]
        if options.reduction == "sum":
            return [*lines, "loss = losses.sum()"]
        if self.soft:
            return [*lines, "loss = losses.mean()"]
        divisor = f"{xp}.where(counted, weight[true], 0).sum()" if weight else "counted.sum()"
        return [*lines, f"loss = losses.sum() / {divisor}"]


_NUMPY_LOG: Final[dict[str, Sequence[str]]] = {
    "classes": (
        "z = logits - logits.max(axis=-1, keepdims=True)",
        "log_p = z - {xp}.log({xp}.exp(z).sum(axis=-1, keepdims=True))",
    ),
    "binary": (
        "log_p = -{xp}.logaddexp(0, -logits)",
        "log_not_p = -{xp}.logaddexp(0, logits)",
    ),
}
_JAX_LOG: Final[dict[str, Sequence[str]]] = {
    "classes": ("log_p = {nn}.log_softmax(logits, axis=-1)",),
    "binary": ("log_p = {nn}.log_sigmoid(logits)", "log_not_p = {nn}.log_sigmoid(-logits)"),
}


def _array(xp: str, numbers: Sequence[float]) -> str:
    return f"{xp}.array({list(numbers)})"


def _joined(imports: str, *lines: str) -> str:
    return "\n".join([imports, "", *lines])
