"""Files as the libraries write them, and as strangers do."""

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from lab.reading import Given, UnreadableError, read_file
from lab.reading.given import MOST_BYTES

SMALL = np.array([[2.125, -np.inf, 0.5], [np.nan, 3.0, -0.0]])
DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F8_E5M2": "float8_e5m2",
    "F8_E4M3": "float8_e4m3fn",
}


def npy(array: np.ndarray, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def npz(save: Callable[..., None] = np.savez, **arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    save(stream, **arrays)
    return stream.getvalue()


def safetensors(header: object, numbers: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + numbers


def tensor(dtype: str, array: np.ndarray, begin: int = 0) -> dict[str, object]:
    return {
        "dtype": dtype,
        "shape": array.shape,
        "data_offsets": [begin, begin + array.nbytes],
    }


def rows(given: Given, most: int = 7) -> np.ndarray:
    return np.concatenate(list(given.chunks(most)))


def refused(name: str, data: bytes) -> str:
    """Return the key of the error that a file is refused with, when its rows are read at last."""
    with pytest.raises(UnreadableError) as error:
        rows(read_file(name, data))
    assert "{" not in error.value.told()
    return error.value.key


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f2", ">f4", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_numpy_arrays_are_read_in_their_own_format(
    dtype: str, order: Any, save: Callable[..., None]
) -> None:
    array = np.asarray(SMALL, dtype, order=order)
    for data in (npy(array), npz(save, a=array)):
        given = read_file("x", data)
        assert given.shape == (2, 3)
        read = rows(given)
        assert given.dtype == read.dtype.name == array.dtype.newbyteorder("=").name
        np.testing.assert_array_equal(read, array)
        assert np.signbit(read[1, 2])


@pytest.mark.parametrize("dtype", ["i1", "i8", "u2", ">i4"])
def test_whole_numbers_are_read_as_float64(dtype: str) -> None:
    array = np.array([[2, 1, 0], [3, 100, 7]], dtype)
    given = read_file("x.npy", npy(array))
    assert (given.dtype, rows(given).dtype, rows(given).tolist()) == ("", float, array.tolist())


@pytest.mark.parametrize("shape", [(3,), (1, 3), (4, 3), (4, 3, 2), (2, 3, 4, 5)])
def test_classes_are_axis_1_in_any_file(shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)
    expected = array[None] if array.ndim == 1 else np.moveaxis(array, 1, -1).reshape(-1, shape[1])
    stored = safetensors({"x": tensor("F32", array)}, array.tobytes())
    packed = npz(np.savez_compressed, x=array)
    for data in (npy(array), packed, npz(x=np.asfortranarray(array)), stored):
        for most in (1, 3, 7, 1000):
            chunks = list(read_file("x", data).chunks(most))
            assert all(1 <= len(chunk) <= max(1, most // 3) for chunk in chunks)
            np.testing.assert_array_equal(np.concatenate(chunks), expected)


@pytest.mark.parametrize(("name", "dtype"), DTYPES.items())
def test_tensors_are_read_in_their_own_format(name: str, dtype: str) -> None:
    array = SMALL[:, [0, 2]].astype(np.dtype(getattr(ml_dtypes, dtype, dtype)))
    header = {"__metadata__": {"format": "pt"}, "scores": tensor(name, array, 2)}
    given = read_file("model.safetensors", safetensors(header, b"--" + array.tobytes()))
    assert (given.dtype, given.shape) == (dtype, (2, 2))
    np.testing.assert_array_equal(rows(given).astype(float), array.astype(float))


def test_arrays_are_told_apart_by_their_names() -> None:
    labels, logits, other = np.array([2, 0]), SMALL, np.zeros(4)
    header = {
        "labels": tensor("I64", labels),
        "other": tensor("F64", other, 16),
        "Logits": tensor("F64", logits, 48),
    }
    stored = safetensors(header, labels.tobytes() + other.tobytes() + logits.tobytes())
    for data in (npz(labels=labels, other=other, Logits=logits), stored):
        given = read_file("x", data)
        assert given.targets is not None
        assert given.targets.tolist() == [2, 0]
        assert given.targets.dtype == np.int64
        np.testing.assert_array_equal(rows(given), SMALL)
        assert [note.told() for note in given.notes] == ["Left out: other."]
    soft = npz(logits=SMALL, targets=np.full((2, 3), 1 / 3))
    np.testing.assert_array_equal(read_file("x", soft).targets, np.full((2, 3), 1 / 3))


def test_a_packed_array_is_never_held_whole() -> None:
    data = npz(np.savez_compressed, logits=np.zeros((5_000, 1000), np.float32))
    given = read_file("x.npz", data)
    tracemalloc.start()
    count = sum(len(chunk) for chunk in given.chunks(100_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == given.count == 5_000
    assert peak < 4_000_000  # of 20 MB


def test_an_archive_that_promises_too_much_is_refused_unread() -> None:
    def packed(shape: str, size: int) -> bytes:
        text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}\n".encode()
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            header = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
            archive.writestr("x.npy", header + bytes(size))
        return stream.getvalue()

    assert refused("x.npz", packed("1000, 100001", 80)) == "many"
    assert refused("x.npz", packed("9" * 199, 80)) == "many"
    assert refused("x.npz", packed("3, 4", 80)) == "cut"
    assert refused("x.npz", packed("0, 3", 80)) == "empty"
    assert refused("x.npz", packed("10000001,", 80)) == "unordered"
    assert rows(read_file("x.npz", packed("2, 5", 50_000_000))).shape == (2, 5)  # and no more


@pytest.mark.parametrize(
    ("array", "key"),
    [
        (np.array([["a"]], object), "dtype"),
        (np.array([[True, False]]), "dtype"),
        (np.array([[1 + 2j]]), "dtype"),
        (np.array(["cat"]), "dtype"),
        (np.array([(1, 2.0)], "i4,f4"), "dtype"),
        (np.array([[1.5]], ml_dtypes.bfloat16), "dtype"),  # which NumPy writes as two bytes
        (np.zeros((0, 3)), "empty"),
    ],
)
def test_arrays_of_other_things_are_refused(array: np.ndarray, key: str) -> None:
    assert refused("x.npy", npy(array)) == key
    assert refused("x.npz", npz(x=array)) == key


def test_damaged_files_are_refused() -> None:
    good = npz(np.savez_compressed, x=np.arange(1000.0))
    middle = good[:200] + bytes([good[200] ^ 255]) + good[201:]
    assert refused("x.npz", middle) == "damaged"
    assert refused("x.npz", good[:-30]) == "damaged"
    assert refused("x.npz", b"PK\x03\x04" + b"PK\x01\x02" * 2000) == "damaged"
    assert refused("x.npy", npy(SMALL)[:-1]) == "cut"
    assert refused("x.npy", npy(SMALL)[:40]) == "damaged"
    assert refused("x.npy", b"1,2,3") == "another_kind"
    assert refused("x.csv", b"1,2\xff") == "encoding"
    assert refused("x.csv", bytes(MOST_BYTES + 1)) == "large"


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 8]}, "damaged"),
        ({"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}, "cut"),
        ({"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]}, "cut"),
        ({"dtype": "F32", "shape": [-1, -2], "data_offsets": [0, 8]}, "damaged"),
        ({"dtype": "F32", "shape": [True, 2], "data_offsets": [0, 8]}, "damaged"),
        ({"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]}, "damaged"),
        ({"dtype": "F32", "shape": [10**400], "data_offsets": [0, 8]}, "many"),
        ({"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}, "empty"),
        ({"dtype": "BOOL", "shape": [8], "data_offsets": [0, 8]}, "dtype"),
        ({"dtype": ["F32"], "shape": [2], "data_offsets": [0, 8]}, "damaged"),
        ({"shape": [2]}, "damaged"),
        (None, "damaged"),
    ],
)
def test_a_header_of_a_stranger_is_not_believed(said: object, key: str) -> None:
    assert refused("x.safetensors", safetensors({"x": said}, bytes(8))) == key


def test_headers_that_are_none_are_refused() -> None:
    assert refused("x", safetensors(b"{" * 1000)) == "damaged"
    assert refused("x", safetensors(b'{"x":' * 100_000)) == "damaged"
    assert refused("x", safetensors(b"{}")) == "empty"
    assert refused("x", safetensors(b"{" + b" " * 2_000_000)) == "damaged"
    assert refused("x.safetensors", b"\xff" * 8 + b"{}") == "another_kind"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_text_is_read_in_the_encodings_of_spreadsheets(encoding: str, end: str) -> None:
    text = end.join(["cat,dog", "−1,2.5", "3,-inf", ""])
    given = read_file("logits.csv", text.encode(encoding))
    assert given.header == ("cat", "dog")
    assert rows(given).tolist() == [[-1.0, 2.5], [3.0, -np.inf]]
