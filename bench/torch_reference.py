"""Write tests/core/torch_reference.json: what PyTorch gives for every option of the losses.

PyTorch is no dependency of the project, so it is installed apart, once, and its answers are kept:

    python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.13.0
    /tmp/torch/bin/python bench/torch_reference.py
"""

import itertools
import json
from pathlib import Path
from typing import Any

import torch  # type: ignore[import-not-found]  # installed apart, see above
from torch.nn import functional  # type: ignore[import-not-found]

LOGITS = [[2.0, 1.0, 0.1, -1.0], [-3.0, 0.5, 40.0, 0.0], [0.25, -7.5, 1.5, 800.0]]
PROBABILITIES = [[0.7, 0.1, 0.1, 0.1], [0.0, 0.0, 1.0, 0.0], [0.25, 0.5, 0.125, 0.125]]
WEIGHT = [0.5, 2.0, 0.0, 3.0]
# The logits, the target and ignore_index of each.
TARGETS: dict[str, tuple[Any, Any, int | None]] = {
    "classes": (LOGITS, [0, 1, 3], None),
    "classes, one ignored": (LOGITS, [0, -100, 3], -100),
    "classes, an ignored one that exists": (LOGITS, [0, 1, 3], 1),
    "classes, all ignored": (LOGITS, [-1, -1, -1], -1),
    "classes, all of weight 0": (LOGITS, [2, 2, 2], None),
    "probabilities": (LOGITS, PROBABILITIES, None),
    "one class": (LOGITS[0], 3, None),
    "one vector of probabilities": (LOGITS[0], PROBABILITIES[0], None),
}
BINARY_TARGET = [[1.0, 0.0, 1.0, 0.25], [0.0, 0.5, 0.0, 1.0], [1.0, 1.0, 0.0, 0.0]]
BINARY_WEIGHTS = {"none": None, "per sample": [[1.0], [0.5], [2.0]], "per logit": PROBABILITIES}


torch.set_default_dtype(torch.float64)  # in which torch.tensor reads 0.1


def answer(loss: Any, logits: Any, target: Any, options: dict[str, Any]) -> dict[str, Any]:
    z = torch.tensor(logits).requires_grad_()
    tensors = {key: torch.tensor(v) if isinstance(v, list) else v for key, v in options.items()}
    value = loss(z, torch.tensor(target), **tensors)
    value.sum().backward()
    arguments = {"logits": logits, "target": target, "options": options}
    return {**arguments, "loss": value.tolist(), "gradient": z.grad.tolist()}


def main() -> None:
    cross_entropy, binary = [], []
    reductions = ("mean", "sum", "none")
    for (logits, target, ignored), weight, smoothing, reduction in itertools.product(
        TARGETS.values(), (None, WEIGHT), (0.0, 0.1), reductions
    ):
        options: dict[str, Any] = {"label_smoothing": smoothing, "reduction": reduction}
        if weight is not None:
            options["weight"] = weight
        if ignored is not None:
            options["ignore_index"] = ignored
        cross_entropy.append(answer(functional.cross_entropy, logits, target, options))
    for weight, pos_weight, reduction in itertools.product(
        BINARY_WEIGHTS.values(), (None, WEIGHT), reductions
    ):
        options = {"weight": weight, "pos_weight": pos_weight, "reduction": reduction}
        loss = functional.binary_cross_entropy_with_logits
        binary.append(answer(loss, LOGITS, BINARY_TARGET, options))

    path = Path(__file__).parents[1] / "tests/core/torch_reference.json"
    lines = ",\n".join(
        f'"{name}": [\n' + ",\n".join(map(json.dumps, cases)) + "\n]"
        for name, cases in (("cross_entropy", cross_entropy), ("binary_cross_entropy", binary))
    )
    source = f"PyTorch {torch.__version__} in float64; written by bench/torch_reference.py"
    path.write_text(f'{{\n"source": "{source}",\n{lines}\n}}\n')


if __name__ == "__main__":
    main()
