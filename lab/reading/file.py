"""Reading a file that holds numbers, told by what is in it before its name."""

import codecs
from typing import Final

from lab.reading.error import UnreadableError, excerpt
from lab.reading.given import MOST_BYTES, Given
from lab.reading.npy import MAGIC, read_npy
from lab.reading.npz import ZIP, read_npz
from lab.reading.safetensors import is_safetensors, read_safetensors
from lab.reading.text import read_text

_MARKS: Final = {  # what may stand at the beginning of a text and says how it is encoded
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_BINARY: Final = (".npy", ".npz", ".safetensors")


def read_file(name: str, data: bytes | memoryview) -> Given:
    """Read the numbers of a file.

    Parameters
    ----------
    name : str
        Its name; a text may have any.
    data : bytes or memoryview
        What is in it: a text as `read_text` reads it, in UTF-8 or, with a byte order mark, in
        UTF-16; or what `numpy.save`, `numpy.savez` and safetensors write.

    Returns
    -------
    Given
        The logits, in the format that they are stored in. Of several arrays it is the one called
        logits, else the first; one called targets or labels is the targets.

    Raises
    ------
    UnreadableError
        If the file is damaged, too large, or holds something else.

    Examples
    --------
    >>> read_file("logits.csv", b"2,1,0.1").shape
    (3,)
    """
    data = memoryview(data)
    if data.nbytes > MOST_BYTES:
        raise UnreadableError("large", most=MOST_BYTES >> 20)
    begin = bytes(data[:16])
    if begin.startswith(MAGIC):
        return read_npy(data)
    if begin.startswith(ZIP):
        return read_npz(data)
    if is_safetensors(data):
        return read_safetensors(data)
    if name.lower().endswith(_BINARY):
        raise UnreadableError("another_kind", name=excerpt(name))
    return read_text(_decoded(data))


def _decoded(data: memoryview) -> str:
    begin = bytes(data[:3])
    encoding = next((e for mark, e in _MARKS.items() if begin.startswith(mark)), "utf-8")
    try:
        return str(data, encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError("encoding", byte=error.start + 1) from None
