"""Any text and any bytes give numbers or a clear error, and what is written is read back."""

import io
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, settings
from hypothesis import given as fuzz
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lab.reading import Given, UnreadableError, read_file, read_one, read_report, read_text

PRINTED = sorted((Path(__file__).parent / "printed").glob("*/*.txt"))
PIECES = st.sampled_from(
    [
        *"[](){}<>,;:=\n\r\t \"'#-+.%\\f\u00a0\ud800\x00",
        *("1", "2.5", "1e5", "1,5", "1,234.5", "−3", "inf", "nan", "1e999"),
        *("tensor(", "array([[", "dtype=", "float16", "numpy=", "logits", "target", "label"),
        *(
            "1.0e+03 *",
            "grad_fn=<A0>",
            "dtype: float64",
            "[2 rows x 3 columns]",
            ">>> ",
            "Out[1]: ",
        ),
        *("abs min  abs max  metadata\n", "0.00e+00 2.57e+02 input[0]\n"),
    ]
)
MATRICES = arrays(
    np.float64, st.tuples(st.integers(1, 5), st.integers(2, 5)), elements=st.floats(width=64)
)


def read_or_refused(read: Callable[[], Given]) -> None:
    """Read, and hold what comes of it to be numbers in rows, or an error in words."""
    try:
        found = read()
        rows = np.concatenate(list(found.chunks(5)))
    except UnreadableError as refused:
        error = refused
    else:
        assert rows.shape == (found.count, found.classes)
        assert rows.dtype.name == (found.dtype or "float64") or rows.dtype == np.float64
        assert len(found.header) in {0, found.classes}
        shapes = {(found.count,), (found.count, found.classes)}
        assert found.targets is None or found.targets.shape in shapes
        return
    assert len(error.told()) < 500
    assert error.line >= (1 if error.column else 0)


@fuzz(st.one_of(st.text(), st.lists(PIECES).map("".join)))
@settings(max_examples=500)
@example("[" * 10_000)
@example("((" * 10_000 + "1")
@example("tensor(" * 10_000)
@example("[[[[[[[[[1]]]]]]]]]")
@example(",\n,")
@example('"')
@example("0.5,1\n" + '"' * 99)
@example("1" * 5000)
@example("dtype: float64")
@example("x y\nz")
@example("tensor([1., 2.], layout=torch.sparse_coo)")
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refused(lambda: read_text(text))
    report = read_report(text)
    assert report is None or report.first.told()
    with suppress(UnreadableError):
        assert isinstance(read_one(text), float)


@fuzz(st.sampled_from(PRINTED), st.data())
@settings(max_examples=150)
def test_a_damaged_print_out_is_read_or_refused(path: Path, data: st.DataObject) -> None:
    text = path.read_text()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 5))
        text = text[:at] + data.draw(st.one_of(PIECES, st.text(max_size=2))) + text[at + cut :]
    read_or_refused(lambda: read_text(text))
    read_report(text)


def stored(kind: str) -> bytes:
    """Return a small file of a kind, as the libraries write it."""
    array, stream = np.arange(6.0).reshape(2, 3), io.BytesIO()
    if kind == "npy":
        np.save(stream, array)
    elif kind == "npz":
        np.savez_compressed(stream, logits=array, labels=np.array([0, 2]))
    else:
        said = {"dtype": "F64", "shape": [2, 3], "data_offsets": [0, 48]}
        header = json.dumps({"logits": said}).encode()
        stream.write(len(header).to_bytes(8, "little") + header + array.tobytes())
    return stream.getvalue()


@fuzz(st.sampled_from(["x.csv", "x.npy", "x.npz", "x.safetensors", ""]), st.binary())
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    read_or_refused(lambda: read_file(name, data))


@pytest.mark.parametrize("kind", ["npy", "npz", "safetensors"])
@fuzz(data=st.data())
@settings(max_examples=100)
def test_a_damaged_file_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    file = bytearray(stored(kind))
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 20))
    read_or_refused(lambda: read_file("", bytes(file[: len(file) - cut])))


def rows_of(join: str, end: str = "\n") -> Callable[[np.ndarray], str]:
    return lambda array: end.join(join.join(map(repr, row)) for row in array.tolist())


def printed(array: np.ndarray, write: Callable[[np.ndarray], str]) -> str:
    with np.printoptions(threshold=10**6, precision=17, floatmode="unique"):
        return write(array)


SPELLINGS: dict[str, Callable[[np.ndarray], str]] = {
    "csv": rows_of(","),
    "csv with spaces": rows_of(" , "),
    "tsv": rows_of("\t"),
    "spaces": rows_of("  "),
    "semicolons": rows_of(";"),
    "old Macintosh": rows_of(",", "\r"),
    "Windows": rows_of(",", "\r\n"),
    "decimal comma": lambda array: rows_of(";")(array).replace(".", ","),
    "typeset minus": lambda array: rows_of("\t")(array).replace("-", "−"),
    "quoted": lambda array: '"' + rows_of('","', '"\n"')(array) + '"',
    "cell by cell": lambda array: rows_of(",")(array) + "\u00a0",
    "list": lambda array: repr(array.tolist()),
    "list, carefully": lambda array: repr(array.tolist()).replace("]", ",]", 1),
    "NumPy": lambda array: printed(array, repr),
    "NumPy, str": lambda array: printed(array, str),
    "JSON": lambda array: json.dumps({"logits": array.tolist()}),
    "scalars": lambda array: str([list(row) for row in array]),
    "header": lambda array: (
        ",".join(f"c{i}" for i in range(array.shape[1])) + "\n" + rows_of(",")(array)
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@fuzz(array=MATRICES)
@settings(max_examples=20)
@example(array=np.array([[1.0, 2.0], [3.0, 4.0]]))
@example(array=np.array([[-0.0, 5e-324], [1.7976931348623157e308, -np.inf]]))
def test_what_is_written_is_read_back(spelling: str, array: np.ndarray) -> None:
    found = read_text(SPELLINGS[spelling](array))
    rows = np.concatenate(list(found.chunks(100)))
    np.testing.assert_array_equal(rows, array)
    numbers = ~np.isnan(array)
    np.testing.assert_array_equal(np.signbit(rows)[numbers], np.signbit(array)[numbers])
