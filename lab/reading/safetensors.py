"""The .safetensors format: the length of a header, the header in JSON, and the numbers.

https://github.com/huggingface/safetensors, "Format": 8 bytes, a little-endian length N; N bytes of
JSON, {"name": {"dtype": "F16", "shape": [2, 3], "data_offsets": [BEGIN, END]}}, with offsets from
the end of the header; and the numbers, little-endian and in C's order.
"""

import json
import math
from typing import Any, Final

import numpy as np

from ce_core.formats import FORMATS
from lab.reading.error import UnreadableError, excerpt
from lab.reading.given import Given, check_shape
from lab.reading.stored import chosen, of_bytes, together

_LONGEST_HEADER: Final = 1_000_000  # bytes: 10 000 tensors
_DTYPES: Final[dict[str, np.dtype[Any]]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": FORMATS["bfloat16"].dtype,
    "F8_E5M2": FORMATS["float8_e5m2"].dtype,
    "F8_E4M3": FORMATS["float8_e4m3fn"].dtype,
    **{
        f"{kind}{8 * size}": np.dtype(f"<{kind.lower()}{size}")
        for kind in "IU"
        for size in (1, 2, 4, 8)
    },
}


def is_safetensors(data: memoryview) -> bool:
    """Say whether a file begins as one: a length that it can hold, and a brace."""
    length = int.from_bytes(data[:8], "little")
    return 2 <= length <= data.nbytes - 8 and data[8] == ord("{")


def read_safetensors(data: memoryview) -> Given:
    """Read the tensors of a file; see `lab.reading.file.read_file`."""
    length = int.from_bytes(data[:8], "little")
    if length > _LONGEST_HEADER:
        raise UnreadableError("damaged", kind=".safetensors")
    try:
        header = json.loads(bytes(data[8 : 8 + length]))
    except (ValueError, RecursionError):
        raise UnreadableError("damaged", kind=".safetensors") from None
    header.pop("__metadata__", None)
    if not header:
        raise UnreadableError("empty")
    logits, targets, notes = chosen(list(header))
    numbers = data[8 + length :]
    beside = _tensor(header[targets], numbers) if targets else None
    return together(_tensor(header[logits], numbers), beside, notes)


def _tensor(said: object, numbers: memoryview) -> Given:
    """Return one tensor, after a look at all that the header says of it."""
    match said:
        case {"dtype": str(name), "shape": [*shape], "data_offsets": [int(begin), int(end)]} if all(
            type(axis) is int and axis >= 0 for axis in shape
        ):
            if name not in _DTYPES:
                raise UnreadableError("dtype", dtype=excerpt(name))
            check_shape(tuple(shape))
            if not 0 <= begin <= end <= len(numbers):
                raise UnreadableError("cut")
            if end - begin == math.prod(shape) * _DTYPES[name].itemsize:
                return of_bytes(numbers[begin:end], 0, _DTYPES[name], tuple(shape))
    raise UnreadableError("damaged", kind=".safetensors")
