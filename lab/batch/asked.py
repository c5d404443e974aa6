"""What a request asks: its head, and the numbers and the targets after it."""

import json
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_HEAD = 64 << 10  # bytes


@dataclass(frozen=True)
class Brought:
    """Numbers as they came: the name of a file, or "" for what was pasted, and its bytes."""

    name: str
    data: memoryview

    def text(self) -> str:
        """Return what was pasted."""
        return str(self.data, "utf-8", "replace")


@dataclass(frozen=True)
class Asked:
    """A request. `file` is the kind of a file, or "" for the stream; `options` are as typed."""

    language: str
    file: str
    numbers: Brought
    targets: Brought
    options: Mapping[str, str]


def read_request(body: memoryview, files: Collection[str]) -> Asked:
    """Read the body of a request, which may ask for one of some kinds of files.

    Raises
    ------
    ValueError
        If it is not as the docstring of `lab.batch` has it.
    """
    if len(body) < 4:
        raise ValueError(f"expected four bytes of length; got {len(body)}")
    (length,) = struct.unpack_from("<I", body)
    start = 4 + length
    if length > LONGEST_HEAD or start > len(body):
        raise ValueError(f"expected a head of at most {LONGEST_HEAD} bytes; got {length}")
    try:
        head = json.loads(str(body[4:start], "utf-8"))
    except (UnicodeDecodeError, RecursionError) as error:
        raise ValueError("expected JSON") from error
    size, targets_size = (_field(head, key, int) for key in ("size", "targets_size"))
    if size < 0 or targets_size < 0 or start + size + targets_size != len(body):
        raise ValueError(f"expected as many bytes as the head says; got {len(body) - start}")
    file = _field(head, "as", str)
    if file and file not in files:
        raise ValueError(f"expected one of {', '.join(files)}; got {file!r}")
    end = start + size
    options = _field(head, "options", dict)
    return Asked(
        _field(head, "lang", str),
        file,
        Brought(_field(head, "name", str), body[start:end]),
        Brought(_field(head, "targets_name", str), body[end:]),
        {key: _field(options, key, str) for key in options},
    )


def _field(head: Any, key: str, kind: type) -> Any:
    value = head.get(key) if isinstance(head, dict) else None
    if type(value) is not kind:
        raise ValueError(f"expected {key} as {kind.__name__}; got {type(value).__name__}")
    return value
