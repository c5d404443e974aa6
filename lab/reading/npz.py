"""NumPy's .npz: .npy files in a zip archive, which are unpacked a part at a time."""

import io
import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np

from lab.reading.error import UnreadableError
from lab.reading.given import MOST_HELD, Array, Given, check_shape, whole
from lab.reading.npy import LONGEST_HEADER, read_header
from lab.reading.stored import chosen, format_of, native, together

ZIP: Final = b"PK\x03\x04"
_MOST_ARRAYS: Final = 1000
_ENTRY: Final = b"PK\x01\x02"  # begins what the archive says of each of its files
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # those of NumPy


def read_npz(data: memoryview) -> Given:
    """Read the arrays of an archive; see `lab.reading.file.read_file`."""
    raw = bytes(data)
    if raw.count(_ENTRY) > _MOST_ARRAYS:  # each takes a thousand times its bytes to list
        raise UnreadableError("damaged", kind=".npz")
    with _unpacking():
        archive = zipfile.ZipFile(io.BytesIO(raw))
    files = {
        info.filename.removesuffix(".npy"): info
        for info in archive.infolist()
        if info.filename.endswith(".npy")
    }
    if not files:
        raise UnreadableError("empty")
    logits, targets, notes = chosen(list(files))
    beside = _member(archive, files[targets]) if targets else None
    return together(_member(archive, files[logits]), beside, notes)


@contextmanager
def _unpacking() -> Iterator[None]:
    """Say of whatever is wrong with an archive that it is damaged."""
    try:
        yield
    except UnreadableError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError):
        raise UnreadableError("damaged", kind=".npz") from None


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Given:
    """Return one array; no more of it is ever unpacked than its header says."""
    if info.compress_type not in _METHODS:
        raise UnreadableError("damaged", kind=".npz")
    with _unpacking(), archive.open(info) as stream:
        header = read_header(stream.read(LONGEST_HEADER))
    shape = header.shape or (1,)
    check_shape(shape)
    held = len(shape) == 1 or header.order == "F"  # whose first row is spread over all numbers
    rows, sample = (1, shape) if held else (shape[0], shape[1:])
    if math.prod(sample) > MOST_HELD:
        raise UnreadableError("unordered", most=MOST_HELD)

    def samples(most: int) -> Iterator[Array]:
        step = max(1, most // math.prod(sample))
        with _unpacking(), archive.open(info) as stream:
            stream.read(header.length)
            for at in range(0, rows, step):
                count = min(step, rows - at) * math.prod(sample)
                block = stream.read(count * header.dtype.itemsize)
                if len(block) < count * header.dtype.itemsize:
                    raise UnreadableError("cut")
                numbers = native(np.frombuffer(block, header.dtype))
                if held:
                    yield from whole(numbers.reshape(shape, order=header.order)).samples(most)
                else:
                    yield numbers.reshape(-1, *sample)

    return Given(shape, samples, dtype=format_of(header.dtype))
