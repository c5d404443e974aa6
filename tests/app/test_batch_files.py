"""What leaves the page of one's own numbers: it makes the page's numbers again, to the last bit."""

import csv
import io
import json
import pickle
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from ce_core.batch import Batch, Options
from ce_core.formats import FORMATS
from ce_core.pipelines import CauseKind
from lab.batch import account, records
from tests.app.brought import answer, frames

NUMBERS = "1 2 3\n4 -7 6\nnan 0.1 2\n-inf 800 3\n-1e9 1e5 0\n0.3 0.3 0.3"
TARGETS = "0 1 2 0 2 -100"
ANSWERS = "0 1 1\n1 0 1\n0 0 0\n1 1 0\n0 1 1\n1 1 1"
SHARES = "0.2 0.3 0.5\n0 1 0\n1 0 0\n0 0.5 0.5\n0.1 0.1 0.1\n0 0 1"
CASES: dict[str, tuple[str, dict[str, str]]] = {
    "plain": (TARGETS, {}),
    "weighted": (TARGETS, {"weight": "0.3, 2, 70"}),
    "smoothed": (TARGETS, {"label_smoothing": "0.1", "weight": "1, 0, 3", "reduction": "sum"}),
    "shares": (SHARES, {"weight": "1, 2, 3"}),
    "answers": (ANSWERS, {"kind": "binary", "pos_weight": "3", "weight": "1, 2, 0.5"}),
    "half answers": (ANSWERS.replace("0", "0.25", 3), {"kind": "binary", "reduction": "none"}),
    "none": ("", {}),
}
# Run elsewhere, where nothing of the lab can be imported.
RUN = """
import pickle, sys
import numpy as np
found = []
for text in pickle.load(sys.stdin.buffer):
    space = {"__name__": "__main__"}
    said, sys.stdout = sys.stdout, open("/dev/null", "w")
    exec(compile(text, "numbers.py", "exec"), space)
    sys.stdout = said
    names = [n for n in space if n.startswith(("losses_", "reduced_", "predicted", "denominator"))]
    values = {n: np.asarray(space[n]) for n in names}
    found.append({n: (v.dtype.name, v.shape, v.tobytes()) for n, v in values.items()})
assert not {"ce_core", "lab", "streamlit"} & set(sys.modules)
sys.stdout.flush()
pickle.dump(found, sys.stdout.buffer)
"""


def file_of(kind: str, targets: str = TARGETS, /, **options: str) -> bytes:
    found = answer(NUMBERS, targets, file=kind, **options)
    assert found.status == 200
    return b"".join(found.pieces)


def run(folder: Path, texts: list[str]) -> list[dict[str, tuple[str, tuple[int, ...], bytes]]]:
    """Run scripts in a folder, with NumPy and nothing of the lab."""
    given = pickle.dumps(texts)
    done = subprocess.run(
        [sys.executable, "-I", "-c", RUN], input=given, capture_output=True, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return pickle.loads(done.stdout)  # noqa: S301 - from the lines above


def batch_of(case: str, name: str) -> Batch:
    """Return the account that the frames are made of."""
    targets, typed = CASES[case]
    read = {
        k: tuple(map(float, typed[k].split(","))) for k in ("weight", "pos_weight") if k in typed
    }
    options = Options(
        kind=typed.get("kind", "classes"),
        reduction=typed.get("reduction", "mean"),
        label_smoothing=float(typed.get("label_smoothing", 0)),
        **read,
    )
    rows = [list(map(float, line.split())) for line in NUMBERS.splitlines()]
    batch = Batch(name, options, 3)
    numbers = [list(map(float, line.split())) for line in targets.splitlines()]
    if case in ("plain", "weighted", "smoothed"):
        batch.add(np.array(rows), np.array(numbers[0], int))
    else:
        batch.add(np.array(rows), np.array(numbers) if numbers else None)
    return batch


def bits(array: object) -> tuple[str, tuple[int, ...], bytes]:
    value = np.asarray(array)
    return value.dtype.name, value.shape, value.tobytes()


def test_the_script_and_the_notebook_make_the_numbers_again(tmp_path: Path, subtests) -> None:
    pairs = [(case, name) for case in CASES for name in ("float32", "bfloat16")]
    pairs += [("weighted", name) for name in FORMATS] + [("shares", "float16")]
    texts = []
    for i, (case, name) in enumerate(pairs):
        targets, options = CASES[case]
        if i % 2:
            book = nbformat.reads(file_of("ipynb", targets, format=name, **options).decode(), 4)
            nbformat.validate(book)
            texts.append("\n".join(c.source for c in book.cells if c.cell_type == "code"))
        else:
            texts.append(file_of("py", targets, format=name, **options).decode())
    for (case, name), found in zip(pairs, run(tmp_path, texts), strict=True):
        with subtests.test(case=case, format=name):
            batch = batch_of(case, name)
            wanted = {"predicted": bits(batch.rows.predicted.astype(np.int64))}
            for form, losses in batch.rows.loss.items():
                wanted[f"losses_{form}"] = bits(losses)
                if batch.options.reduction != "none":
                    wanted[f"reduced_{form}"] = bits(batch.reduced(form))
            if batch.rows.loss and batch.options.reduction == "mean":
                wanted["denominator"] = bits(batch.denominator)
            assert found == wanted


def test_the_table_and_the_array_have_every_row_with_all_its_digits() -> None:
    for case, (targets, options) in CASES.items():
        batch = batch_of(case, "float16")
        data = file_of("npy", targets, format="float16", **options)
        array = np.load(io.BytesIO(data), allow_pickle=False)
        text = file_of("csv", targets, format="float16", **options).decode()
        lines = list(csv.DictReader(io.StringIO(text)))
        assert len(array) == len(lines) == batch.count
        for form, losses in batch.rows.loss.items():
            np.testing.assert_array_equal(array[f"loss_{form}"], losses.astype(float))
            told = [float(line[f"loss_{form}"]) for line in lines]
            np.testing.assert_array_equal(told, losses.astype(float))
        for form, kinds in batch.rows.kind.items():
            assert [CauseKind[line[f"cause_{form}"].upper()] for line in lines] == list(kinds)
            np.testing.assert_array_equal(array[f"cause_{form}"], kinds)
        np.testing.assert_array_equal(array["counted"], batch.rows.counted)


def test_the_gradient_in_the_files_is_that_of_the_reduced_loss() -> None:
    array = np.load(io.BytesIO(file_of("npy", weight="1, 2, 3")), allow_pickle=False)
    p = np.exp([1.0, 2, 3]) / np.exp([1.0, 2, 3]).sum()
    # The weights of the true classes 0, 1, 2, 0 and 2; the last row is ignored.
    np.testing.assert_allclose(array["gradient"][0], (p - [1, 0, 0]) / 10, rtol=1e-14)
    np.testing.assert_array_equal(array["gradient"][-1], 0)
    shares = np.load(
        io.BytesIO(file_of("npy", SHARES, weight="1, 2, 3", reduction="sum")), allow_pickle=False
    )
    q = np.array([1, 2, 3]) * [0.2, 0.3, 0.5]
    np.testing.assert_allclose(shares["gradient"][0], q.sum() * p - q, rtol=1e-13)
    q = np.array([1, 2, 3]) * 0.1  # they need not sum to 1
    at_zero = shares["gradient"][4]
    np.testing.assert_allclose(at_zero, q.sum() * np.array([0, 1, 0]) - q, rtol=1e-13)
    cells = np.load(
        io.BytesIO(file_of("npy", ANSWERS, kind="binary", reduction="sum")), allow_pickle=False
    )
    np.testing.assert_allclose(cells["gradient"][:2], 1 / (1 + np.exp([-1.0, -2])) - [0, 1], 1e-14)


def test_files_of_many_rows_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {kind: file_of(kind) for kind in ("csv", "npy")}
    monkeypatch.setattr(account, "CHUNK", 6)
    monkeypatch.setattr(records, "CHUNK", 6)
    for kind, wanted in whole.items():
        pieces = list(answer(NUMBERS, TARGETS, file=kind).pieces)
        assert len(pieces) > 6
        assert b"".join(pieces) == wanted


def test_a_file_without_a_gradient_where_it_would_be_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_MOST_SLOPES", 17)
    assert b"gradient" not in file_of("csv")


def stored(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("column", ["first", "last", "apart"])
def test_numbers_that_are_many_are_read_from_the_visitors_own_file(
    tmp_path: Path, column: str
) -> None:
    chance = np.random.default_rng(3)
    logits = chance.normal(0, 5, (3000, 4)).astype(np.float32)
    targets = chance.integers(0, 4, 3000)
    beside = [targets[:, None], logits] if column == "first" else [logits, targets[:, None]]
    whole = logits if column == "apart" else np.concatenate(beside, axis=1).astype(np.float32)
    apart = " ".join(map(str, targets)) if column == "apart" else ""
    (tmp_path / "it's mine.npy").write_bytes(stored(whole))
    found = answer(
        stored(whole), apart, file="py", name="it's mine.npy", columns=column, format="float16"
    )
    (values,) = run(tmp_path, [b"".join(found.pieces).decode()])
    batch = Batch("float16", Options(), 4)
    batch.add(logits, targets)
    assert values["losses_fused"] == bits(batch.rows.loss["fused"])
    assert values["reduced_naive"] == bits(batch.reduced("naive"))


def test_numbers_that_are_many_and_in_no_such_file_are_refused() -> None:
    found = answer("1 2 3\n" * 4000, "", file="ipynb")
    assert found.status == 422
    (error,) = frames(b"".join(found.pieces))
    assert (error.head["kind"], error.head["field"]) == ("error", "numbers")


@pytest.mark.parametrize(
    ("kind", "name", "media_type"),
    [
        ("csv", "results.csv", "text/csv"),
        ("npy", "results.npy", "application/octet-stream"),
        ("py", "your_numbers.py", "text/x-python"),
        ("ipynb", "your_numbers.ipynb", "application/x-ipynb+json"),
    ],
)
def test_each_file_has_a_name_and_a_type(kind: str, name: str, media_type: str) -> None:
    found = answer(NUMBERS, TARGETS, file=kind)
    assert (found.file_name, found.media_type) == (name, media_type)


def test_the_script_runs_under_the_name_that_it_is_saved_by(tmp_path: Path) -> None:
    found = answer(NUMBERS, TARGETS, file="py")
    script = tmp_path / found.file_name
    script.write_bytes(b"".join(found.pieces))
    done = subprocess.run([sys.executable, script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_what_a_stranger_called_a_file_is_a_text_in_the_script() -> None:
    name = '"""\n__import__("os")#.npy'
    data = stored(np.zeros((6000, 2), np.float32))
    text = b"".join(answer(data, file="py", name=name, columns="none").pieces).decode()
    compile(text, "numbers.py", "exec")
    assert json.dumps(name)[1:-1] not in text.splitlines()[0]
    assert f"np.load({name!r})" in text
