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
# Losses that people asked about: what they gave, and the options.
REPORTS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    # https://github.com/pytorch/pytorch/issues/8062
    "weights 20 and 10": ([[-100.0, 100.0]] * 2, [0, 1], {"weight": [20.0, 10.0]}),
    "weights 1, 10, 1": (
        [[-100.0, 100.0, -100.0]] * 3,
        [0, 0, 1],
        {"weight": [1.0, 10.0, 1.0]},
    ),
    # https://github.com/pytorch/pytorch/issues/25571
    "weights 2, 4, 6": (
        [[0.2, 0.3, 0.5], [0.5, 0.2, 0.3]],
        [2, 1],
        {"weight": [2.0, 4.0, 6.0]},
    ),
    # https://discuss.pytorch.org/t/weight-in-cross-entropy-loss/78256
    "weights 0.4 and 0.36": ([[3.0, 4.0], [6.0, 9.0]], [1, 0], {"weight": [0.4, 0.36]}),
    # https://discuss.pytorch.org/t/cross-entropy-loss-math-under-the-hood/79749
    "probabilities of pixels": (
        [[[[0.1, 0.3], [0.4, 0.5]], [[0.2, 0.3], [0.4, 0.5]], [[0.7, 0.4], [0.2, 0.0]]]],
        [[[2, 2], [0, 1]]],
        {},
    ),
    "all ignored": ([[2.0, 1.0], [0.0, 3.0]], [-100, -100], {}),
}
BINARY_WEIGHTS = {"none": None, "per sample": [[1.0], [0.5], [2.0]], "per logit": PROBABILITIES}


torch.set_default_dtype(torch.float64)  # in which torch.tensor reads 0.1


def answer(loss: Any, logits: Any, target: Any, options: dict[str, Any]) -> dict[str, Any]:
    z = torch.tensor(logits).requires_grad_()
    tensors = {key: torch.tensor(v) if isinstance(v, list) else v for key, v in options.items()}
    value = loss(z, torch.tensor(target), **tensors)
    value.sum().backward()
    arguments = {"logits": logits, "target": target, "options": options}
    return {**arguments, "loss": value.tolist(), "gradient": z.grad.tolist()}


def documented() -> list[dict[str, Any]]:
    """Return the examples of the documentation of both losses, in float32 as there."""
    torch.manual_seed(0)
    scores, pixels = torch.randn(3, 5).tolist(), torch.randn(2, 4, 3, 3).tolist()
    classes = torch.empty(3, dtype=torch.long).random_(5).tolist()
    of_pixels = torch.empty(2, 3, 3, dtype=torch.long).random_(0, 4).tolist()
    shares = torch.randn(3, 5).softmax(dim=1).tolist()
    x, y = torch.randn(3).tolist(), torch.empty(3).random_(2).tolist()
    binary = functional.binary_cross_entropy_with_logits
    return [
        answer(functional.cross_entropy, scores, classes, {}),
        answer(functional.cross_entropy, scores, shares, {}),
        answer(functional.cross_entropy, pixels, of_pixels, {}),
        answer(binary, x, y, {}),
        answer(binary, [[1.5] * 64] * 10, [[1.0] * 64] * 10, {"pos_weight": [1.0] * 64}),
    ]


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

    torch.set_default_dtype(torch.float32)
    batches = documented()
    for name, (logits, target, options) in REPORTS.items():
        batches.append(
            {"report": name, **answer(functional.cross_entropy, logits, target, options)}
        )
    for case in batches:
        del case["gradient"]

    path = Path(__file__).parents[1] / "tests/core/torch_reference.json"
    lines = ",\n".join(
        f'"{name}": [\n' + ",\n".join(map(json.dumps, cases)) + "\n]"
        for name, cases in (
            ("cross_entropy", cross_entropy),
            ("binary_cross_entropy", binary),
            ("float32", batches),
        )
    )
    source = f"PyTorch {torch.__version__}, in float64 but where it is said"
    source += "; written by bench/torch_reference.py"
    path.write_text(f'{{\n"source": "{source}",\n{lines}\n}}\n')


if __name__ == "__main__":
    main()
