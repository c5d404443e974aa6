"""Make the print-outs that the tests read: what each library prints of an array, and its values.

    python -m venv /tmp/printing
    /tmp/printing/bin/pip install torch jax pandas tensorflow-cpu transformers
    /tmp/printing/bin/python tests/reading/print_out.py

Each goes to printed/<library>-<version>/<name>.txt, and what must be read of it to
printed/cases.json. All values are multiples of 1/16, whose digits are all printed.
"""

# ruff: noqa: BLE001, D102, D106, T201 - it prints, errors too, and its models are a few lines.

import io
import json
import re
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import tensorflow as tf
import torch
import transformers
from torch import nn
from transformers import T5Config, T5ForConditionalGeneration
from transformers.debug_utils import DebugUnderflowOverflow

FOLDER = Path(__file__).parent / "printed"
INF, NAN = float("inf"), float("nan")
SMALL = np.array([[2.125, 1.0, 0.0625], [-3.5, 0.25, 90.0]])
SPECIAL = np.array([[2.125, -INF], [NAN, 3.0], [INF, -0.0]])
ROW = np.array([2.0, 1.0, 0.125])
WIDE = np.arange(120.0).reshape(2, 60) / 16 - 2  # longer than a line
LARGE = np.array([[65504.0, 1e10], [-0.0625, 3.0]])  # printed with exponents, or a factor
FOUR = np.arange(48.0).reshape(2, 3, 4, 2) / 16
MANY = np.arange(4000.0).reshape(40, 100)
ARRAYS = {
    "small": SMALL,
    "special": SPECIAL,
    "row": ROW,
    "wide": WIDE,
    "large": LARGE,
    "four": FOUR,
}

cases: list[dict[str, object]] = []


def keep(library: str, name: str, text: str, array: object = None, **others: object) -> None:
    """Write what was printed, and what is to be read of it."""
    version = {"numpy": np, "torch": torch, "jax": jax, "tensorflow": tf, "pandas": pd}.get(
        library, transformers
    ).__version__.partition("+")[0]
    path = FOLDER / f"{library}-{version}" / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.rstrip("\n") + "\n")
    case = {"file": str(path.relative_to(FOLDER)), **others}
    if array is not None:
        numbers = np.asarray(array, np.float64)
        case |= {"shape": numbers.shape, "values": [repr(float(x)) for x in numbers.ravel()]}
    cases.append(case)


def numpy_prints() -> None:
    for name, array in ARRAYS.items():
        keep("numpy", f"{name}-repr", repr(array), array, dtype="float64")
        keep("numpy", f"{name}-str", str(array), array)
        half = array.astype(np.float16)
        keep("numpy", f"{name}-float16", repr(half), half, dtype="float16")
    keep("numpy", "many", repr(MANY), error="elided")
    keep("numpy", "many-str", str(MANY), error="elided")
    keep("numpy", "scalars", str(list(ROW)), ROW)
    keep("numpy", "list", str(SMALL.tolist()), SMALL)
    keep("numpy", "integers", repr(np.array([[2, 1], [-3, 4]])), [[2, 1], [-3, 4]])
    keep("numpy", "booleans", repr(np.array([[True, False]])), error="text")
    keep("numpy", "strings", repr(np.array(["1.0", "cat"])), error="text")
    text = f"logits = {SMALL!r}\nlabels = {np.array([0, 2])!r}"
    keep("numpy", "targets", text, SMALL, dtype="float64", targets=[0, 2])


def torch_prints() -> None:
    for name, array in ARRAYS.items():
        tensor = torch.tensor(array, dtype=torch.float32)
        keep("torch", name, repr(tensor), tensor, dtype="float32")
        half = tensor.to(torch.float16)
        keep("torch", f"{name}-float16", repr(half), half, dtype="float16")
        narrow = tensor.to(torch.bfloat16)
        keep("torch", f"{name}-bfloat16", repr(narrow), narrow.float(), dtype="bfloat16")
    small = torch.tensor(SMALL, dtype=torch.float32, requires_grad=True)
    keep("torch", "leaf", repr(small), SMALL, dtype="float32")
    keep("torch", "graph", repr(small * 2), SMALL * 2, dtype="float32")
    wide = (torch.tensor(WIDE, requires_grad=True) * 1).half()
    keep("torch", "graph-wide", repr(wide), WIDE, dtype="float16")
    keep("torch", "many", repr(torch.tensor(MANY)), error="elided")
    keep("torch", "scalar", repr(torch.tensor(2.25)), [2.25], dtype="float32")
    rows = [torch.tensor(row, dtype=torch.float32) for row in SMALL]
    keep("torch", "rows", repr(rows), SMALL)
    targets = torch.tensor([0, 2])
    text = f"logits = {small!r}\ntarget = {targets!r}"
    keep("torch", "targets", text, SMALL, dtype="float32", targets=[0, 2])
    keep("torch", "targets-bare", f"{small!r}\n{targets!r}", SMALL, dtype="float32", targets=[0, 2])
    soft = torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.25, 0.75]])
    text = f"logits = {small!r}\ntarget = {soft!r}"
    keep("torch", "targets-soft", text, SMALL, dtype="float32", targets=soft.tolist())
    dense = torch.tensor(FOUR)
    places = torch.tensor([[[0, 1]] * 4, [[2, 0]] * 4])
    flat = [[int(x)] for x in places.ravel()]
    text = f">>> logits\n{dense!r}\n>>> target\n{places!r}"
    keep("torch", "targets-four", text, FOUR, dtype="float64", targets=[x for [x] in flat])
    output = {"loss": torch.tensor(0.25), "logits": small}
    keep("torch", "output", repr(output), SMALL, dtype="float32", notes=["left"])
    keep("torch", "sparse", repr(torch.tensor(SMALL).to_sparse()), error="sparse")
    keep("torch", "integers", repr(torch.tensor([[2, 1], [3, 4]])), [[2, 1], [3, 4]])
    keep("torch", "empty", repr(torch.zeros(0, 3)), error="empty")
    for name in ("float8_e5m2", "float8_e4m3fn"):
        narrow = torch.tensor(SMALL).to(getattr(torch, name))
        keep("torch", name, repr(narrow), narrow.float(), dtype=name)


def jax_prints() -> None:
    for name, array in ARRAYS.items():
        for dtype in ("float32", "float16", "bfloat16"):
            narrow = jnp.asarray(array, dtype)
            keep("jax", f"{name}-{dtype}", repr(narrow), narrow.astype("float32"), dtype=dtype)
        keep("jax", f"{name}-str", str(jnp.asarray(array)), array)
    keep("jax", "many", repr(jnp.asarray(MANY)), error="elided")
    keep("jax", "weak", repr(jnp.asarray(2.0) * 1), [2.0], dtype="float32")


def tensorflow_prints() -> None:
    for name, array in ARRAYS.items():
        for dtype in ("float32", "float16", "bfloat16"):
            tensor = tf.constant(array, dtype)
            values = tf.cast(tensor, "float32")
            keep("tensorflow", f"{name}-{dtype}", repr(tensor), values, dtype=dtype)
            keep("tensorflow", f"{name}-{dtype}-str", str(tensor), values, dtype=dtype)
    variable = tf.Variable(SMALL, dtype="float32", name="scores")
    keep("tensorflow", "variable", repr(variable), SMALL, dtype="float32")
    keep("tensorflow", "many", repr(tf.constant(MANY)), error="elided")
    keep("tensorflow", "many-str", str(tf.constant(MANY)), error="elided")


def pandas_prints() -> None:
    small = pd.DataFrame(SMALL, columns=["cat", "dog", "goldfish"])
    keep("pandas", "small", str(small), SMALL, header=["cat", "dog", "goldfish"])
    keep("pandas", "numbered", str(pd.DataFrame(SMALL)), SMALL, header=["0", "1", "2"])
    rows = pd.DataFrame(SMALL, index=["first", "second"])
    keep("pandas", "named-rows", str(rows), SMALL, header=["0", "1", "2"])
    keep("pandas", "special", str(pd.DataFrame(SPECIAL)), SPECIAL, header=["0", "1"])
    thirty = WIDE[:, :30]
    names = [str(i) for i in range(30)]
    with pd.option_context("display.max_columns", None):
        keep("pandas", "wrapped", str(pd.DataFrame(thirty)), thirty, header=names)
    keep("pandas", "series", str(pd.Series(ROW, dtype="float32")), ROW, dtype="float32")
    keep("pandas", "series-named", str(pd.Series(ROW, name="x")), ROW, dtype="float64")
    keep("pandas", "many", str(pd.DataFrame(MANY)), error="elided")
    keep("pandas", "many-rows", str(pd.DataFrame(MANY.reshape(-1, 2))), error="elided")
    labelled = small.assign(label=[0, 2])
    shown = {"header": ["cat", "dog", "goldfish"], "targets": [0, 2]}
    keep("pandas", "labelled", str(labelled), SMALL, **shown)
    keep("pandas", "labelled-csv", labelled.to_csv(), SMALL, **shown)
    keep("pandas", "labelled-tsv", labelled.to_csv(sep="\t", index=False), SMALL, **shown)
    text = labelled.to_csv(sep=";", decimal=",", index=False)
    keep("pandas", "labelled-german", text, SMALL, notes=["decimal_comma"], **shown)


def heard(act: object) -> str:
    """Return what a call prints, warnings and its error included, without the machine's paths."""
    text = io.StringIO()
    with redirect_stdout(text), redirect_stderr(text), warnings.catch_warnings():
        warnings.simplefilter("always")
        try:
            act()
        except Exception as error:  # it is what a terminal shows
            print(f"{type(error).__name__}: {error}")
    return re.sub(r"(?:/[\w.-]+)+/(?=site-packages/|print_out)", "", text.getvalue())


class Feed(nn.Module):
    """Two layers whose output is beyond float16 from the second on."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.drop, self.second = nn.Linear(4, 4), nn.Dropout(0.0), nn.Linear(4, 4)
        for layer in (self.first, self.second):
            nn.init.constant_(layer.weight, 60.0)
            nn.init.zeros_(layer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.drop(self.first(x)))


class Soft(nn.Module):
    """A softmax written out, which overflows in exp."""

    class Exp(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.exp(x)

    class Divide(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x / x.sum(-1, keepdim=True)

    def __init__(self) -> None:
        super().__init__()
        self.exp, self.divide = self.Exp(), self.Divide()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.divide(self.exp(x))


def report(model: nn.Module, *batches: object, **options: object) -> str:
    DebugUnderflowOverflow(model, **options)

    def act() -> None:
        with torch.no_grad():
            for batch in batches:
                model(**batch) if isinstance(batch, dict) else model(batch)

    return heard(act)


def reports() -> None:
    torch.manual_seed(0)
    half = torch.float16
    feed = report(Feed().to(half), torch.full((2, 4), 5.0, dtype=half))
    keep("transformers", "feed", feed)
    second = report(
        Feed().to(half), torch.ones(2, 4, dtype=half) / 16, torch.ones(2, 4, dtype=half) * 5
    )
    keep("transformers", "feed-second-batch", second)
    feed32 = report(Feed(), torch.full((2, 4), 1e36))
    keep("transformers", "feed-float32", feed32)
    brain = report(Feed().to(torch.bfloat16), torch.full((2, 4), 1e36, dtype=torch.bfloat16))
    keep("transformers", "feed-bfloat16", brain)
    keep("transformers", "softmax", report(Soft(), torch.tensor([[12.0, 2.0]], dtype=half)))
    keep(
        "transformers",
        "traced",
        report(Feed().to(half), torch.ones(2, 4, dtype=half), trace_batch_nums=[0]),
    )
    config = T5Config(vocab_size=32, d_model=16, d_kv=8, d_ff=32, num_layers=3, num_heads=2)
    model = T5ForConditionalGeneration(config).eval().to(half)
    with torch.no_grad():
        for block in model.encoder.block:
            block.layer[1].DenseReluDense.wo.weight.mul_(3e4)
    ids = torch.arange(8)[None]
    keep("transformers", "t5", report(model, {"input_ids": ids, "labels": ids}))

    def anomaly(loss: object) -> None:
        with torch.autograd.detect_anomaly():
            x = torch.tensor([[0.0, 1.0, 200.0]], requires_grad=True)
            loss(x).backward()

    def log(x: torch.Tensor) -> torch.Tensor:
        return -torch.log(torch.softmax(x, -1) * 0)[0, 0] * 0

    def divide(x: torch.Tensor) -> torch.Tensor:
        return (torch.exp(x) / torch.exp(x).sum())[0, 2]

    def root(x: torch.Tensor) -> torch.Tensor:
        return torch.where(x > 0, torch.sqrt(x - 1), x).sum() * 0

    for name, loss in {"log": log, "exp": divide, "sqrt": root}.items():
        keep("torch", f"anomaly-{name}", heard(lambda loss=loss: anomaly(loss)))
    jax.config.update("jax_debug_nans", True)
    x = jnp.array([0.0, 1.0, 200.0])
    keep("jax", "nans-log", heard(lambda: jnp.log(x - 1)))
    keep("jax", "nans-softmax", heard(lambda: jnp.exp(x) / jnp.exp(x).sum()))
    keep("jax", "nans-jit", heard(lambda: jax.jit(lambda x: jnp.exp(x) / jnp.exp(x).sum())(x)))
    jax.config.update("jax_debug_nans", False)
    jax.config.update("jax_debug_infs", True)
    keep("jax", "infs-exp", heard(lambda: jnp.exp(x)))


if __name__ == "__main__":
    numpy_prints()
    torch_prints()
    jax_prints()
    tensorflow_prints()
    pandas_prints()
    reports()
    text = ",\n".join(json.dumps(case) for case in cases)
    (FOLDER / "cases.json").write_text(f"[\n{text}\n]\n")
