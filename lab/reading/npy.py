"""NumPy's .npy: a header that says the shape and the dtype, and then the numbers.

The format is that of NEP 1, "A Simple File Format for NumPy Arrays". The header is a literal of
Python; it is not evaluated here.
"""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from lab.reading.error import UnreadableError, excerpt
from lab.reading.given import Given
from lab.reading.stored import of_bytes

MAGIC: Final = b"\x93NUMPY"
LONGEST_HEADER: Final = 10_000  # bytes; it is 128 for a plain array
_DTYPE: Final = re.compile(r"[<>=|]?(?:f[248]|[iu][1248])", re.ASCII)
_PARTS: Final = tuple(
    re.compile(rf"""['"]{key}['"]\s*:\s*{value}""", re.ASCII)
    for key, value in {
        "descr": r"""(?:['"]([^'"]*)['"]|(\[))""",
        "fortran_order": "(True|False)",
        "shape": r"\(([\d\s,]{0,200})\)",
    }.items()
)


@dataclass(frozen=True)
class Header:
    """What the header of an array says, and at which byte the numbers begin."""

    shape: tuple[int, ...]
    order: Literal["C", "F"]
    dtype: np.dtype[Any]
    length: int


def read_header(begin: bytes) -> Header:
    r"""Read what stands before the numbers.

    Raises
    ------
    UnreadableError
        If it is damaged, or says that they are no real numbers.

    Examples
    --------
    >>> text = b"{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3), }\n"
    >>> header = read_header(b"\x93NUMPY\x01\x00" + bytes([len(text), 0]) + text)
    >>> header.shape, header.dtype.name, header.length
    ((2, 3), 'float16', 70)
    """
    size = 2 if begin[6:7] == b"\x01" else 4  # of the header's length, by the version
    start = 8 + size
    length = start + int.from_bytes(begin[8:start], "little")
    text = begin[start:length].decode("latin-1")
    descr, order, shape = (part.search(text) for part in _PARTS)
    if length > LONGEST_HEADER or not (descr and order and shape):
        raise UnreadableError("damaged", kind=".npy")
    if not _DTYPE.fullmatch(descr[1] or ""):
        raise UnreadableError("dtype", dtype=excerpt(descr[1] or "structured"))
    axes = tuple(map(int, re.findall(r"\d+", shape[1])))
    return Header(axes, "F" if order[1] == "True" else "C", np.dtype(descr[1]), length)


def read_npy(data: memoryview) -> Given:
    """Read the array of a file without copying it; see `lab.reading.file.read_file`."""
    header = read_header(bytes(data[:LONGEST_HEADER]))
    return of_bytes(data, header.length, header.dtype, header.shape, header.order)
