"""What is read of real print-outs, which print_out.py made of arrays with known values."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ce_core.formats import FORMATS
from lab.reading import UnreadableError, read_text

FOLDER = Path(__file__).parent / "printed"
CASES = [case for case in json.loads((FOLDER / "cases.json").read_text()) if len(case) > 1]


def rows(values: list[str], shape: list[int]) -> np.ndarray:
    """Return stored values as rows of classes."""
    array = np.array(list(map(float, values))).reshape(shape)
    return array[None] if array.ndim == 1 else np.moveaxis(array, 1, -1).reshape(-1, shape[1])


@pytest.mark.parametrize("case", CASES, ids=[case["file"] for case in CASES])
def test_what_a_library_printed_is_read(case: dict[str, Any]) -> None:
    text = (FOLDER / case["file"]).read_text()
    if "error" in case:
        with pytest.raises(UnreadableError) as error:
            read_text(text)
        assert error.value.key == case["error"]
        assert error.value.line or case["error"] == "empty"
        return
    given = read_text(text)
    expected = rows(case["values"], case["shape"])
    read = np.concatenate(list(given.chunks(7)))
    # A print-out has the digits that tell a number from its neighbours in its format.
    dtype = FORMATS[given.dtype].dtype if given.dtype else expected.dtype
    pairs = [numbers.astype(dtype).astype(float) for numbers in (read, expected)]
    np.testing.assert_array_equal(*pairs)
    assert given.shape == tuple(case["shape"])
    assert given.dtype == case.get("dtype", "")
    assert given.header == tuple(case.get("header", ()))
    if "targets" in case:
        assert given.targets is not None
        assert given.targets.tolist() == case["targets"]
    else:
        assert given.targets is None
    assert {note.key for note in given.notes} - {"index"} == set(case.get("notes", ()))
