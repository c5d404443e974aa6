"""What leaves a page computes, with NumPy alone, what the core computed, to the last bit."""

import csv
import io
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ce_core.bugs import BUGS
from ce_core.formats import FORMATS
from lab.export.files import KINDS, Source
from lab.export.parts import Export
from lab.settings import Settings
from live.parts import Cell
from pages.start import LESSON as FIRST_PAGE
from tests.app.instruments import ANSWERS, FIRST, built, committed, many, settings
from tests.app.strategies import any_settings

PAGES = tuple(ANSWERS.lessons)
SOURCE = Source("The page", "/page?x=1")
# Of a page, a file without anything of the lab is run elsewhere, and its variables come back.
RUN = """
import contextlib, io, pickle, sys, warnings
warnings.simplefilter("ignore")  # NumPy's are the point of some pages
found = []
for names, text in pickle.load(sys.stdin.buffer):
    space, said = {"__name__": "__main__"}, io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(text, space)
    values = {}
    for name in names:
        import numpy as np
        value = np.asarray(space[name])
        values[name] = (value.dtype.name, value.shape, value.tobytes())
    found.append((values, said.getvalue()))
assert not {"ce_core", "lab", "streamlit"} & set(sys.modules)
pickle.dump(found, sys.stdout.buffer)
"""


def some_settings() -> Iterator[tuple[str, Settings]]:
    """Yield settings of every page: few classes and many, masks, cliffs, and all formats."""
    hot = {"smoothing": 0.3, "rate": 7.0, "step": 9, "temperature": 0.7, "shift": 0.1}
    for page in PAGES:
        steps = len(ANSWERS.lessons[page].steps)
        yield page, FIRST.put(at=1)
        for at in {max(steps - 1, 1), steps or 1}:
            yield page, many(10, format="bfloat16", at=at, **hot)
            yield page, many(9, format="float32", at=at, **hot)
        for name in FORMATS:
            broken = settings(
                logits=(800.0, -np.inf, 12.1), target=2, format=name, cell=f"{name}.shifted"
            )
            yield page, broken.put(x=-33.3, form="running", counts=(7, 0, 900), at=steps or 1)
    yield "likelihood", settings(counts=(5, 3, 2), model=(0.41, 0.35, 0.24), came=77)
    for name in BUGS:
        yield "bugs", settings(bug=name, at=len(ANSWERS.lessons["bugs"].steps), repaired=1)


def exported(page: str, now: Settings) -> Export:
    return ANSWERS.lessons[page].export(now)


def run_elsewhere(files: list[tuple[list[str], str]], folder: Path) -> Any:
    """Run texts of Python where there is NumPy and nothing of the lab."""
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input=pickle.dumps(files),
        capture_output=True,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return pickle.loads(done.stdout)  # noqa: S301  # what the process above has written


def assert_same(found: Mapping[str, Any], export: Export, where: object) -> None:
    """Compare bits, but for those of a nan."""
    assert export.results, where
    for name, expected in export.results.items():
        kind, shape, raw = found[name]
        assert (kind, shape) == (expected.dtype.name, expected.shape), (where, name)
        value = np.frombuffer(raw, expected.dtype).reshape(shape)
        lost = np.isnan(expected.astype(float))
        assert (np.isnan(value.astype(float)) == lost).all(), (where, name)
        assert value[~lost].tobytes() == expected[~lost].tobytes(), (where, name, value, expected)


def python_of(export: Export) -> str:
    return KINDS["python"].write(export, SOURCE).decode()


def test_every_page_leaves_as_python_that_computes_its_numbers(tmp_path: Path) -> None:
    cases = [(page, now, exported(page, now)) for page, now in some_settings()]
    files = [(list(export.results), python_of(export)) for _, _, export in cases]
    for (page, now, export), (found, said) in zip(
        cases, run_elsewhere(files, tmp_path), strict=True
    ):
        assert_same(found, export, (page, now))
        for name in export.results:
            assert f"{name} = " in said


@given(st.sampled_from(PAGES), any_settings())
def test_so_it_does_with_any_settings(page: str, now: Settings) -> None:
    export = exported(page, now)
    space: dict[str, Any] = {}
    code = compile(python_of(export).partition("# The numbers\n")[0], page, "exec")
    with np.errstate(all="ignore"):
        exec(code, space)  # noqa: S102  # the page's own lines
    found = {name: np.asarray(space[name]) for name in export.results}
    raw = {name: (v.dtype.name, v.shape, v.tobytes()) for name, v in found.items()}
    assert_same(raw, export, (page, now))


def test_a_notebook_is_valid_and_its_cells_compute_the_same(tmp_path: Path) -> None:
    files, exports = [], []
    for page in PAGES:
        export = exported(page, many(3, format="bfloat16"))
        text = KINDS["notebook"].write(export, SOURCE).decode()
        read = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
        nbformat.validate(read)
        cells = [cell.source for cell in read.cells if cell.cell_type == "code"]
        files.append((list(export.results), "\n".join(cells)))
        exports.append(export)
    for page, export, (found, _) in zip(
        PAGES, exports, run_elsewhere(files, tmp_path), strict=True
    ):
        assert_same(found, export, page)


def test_a_table_and_an_archive_hold_every_number_to_its_last_digit() -> None:
    for page, now in [*some_settings()][::7]:
        export = exported(page, now)
        rows = list(csv.DictReader(io.StringIO(KINDS["csv"].write(export, SOURCE).decode())))
        archive = np.load(io.BytesIO(KINDS["npz"].write(export, SOURCE)))
        assert set(archive) == set(export.results)
        for name, values in export.results.items():
            own = [row for row in rows if row["name"] == name]
            assert {row["format"] for row in own} == {values.dtype.name}
            wide = values.astype(float)
            read = np.array([float(row["value"]) for row in own])
            np.testing.assert_array_equal(read, wide.ravel())
            np.testing.assert_array_equal(archive[name].astype(float), wide)
            places = [tuple(int(row[k]) for k in ("row", "column") if row[k]) for row in own]
            assert places == [*np.ndindex(values.shape)]


# What a learner reads off the screen: the readout, and where in the results its number stands.
SHOWN = {
    "start": {
        "loss-naive": ("loss_naive",),
        "loss-shifted": ("loss_shifted",),
        "total": ("total_naive",),
    },
    "pipeline": {"p-naive-1": ("probabilities_naive", 1), "loss-fused": ("loss_fused",)},
    "likelihood": {
        "product-float16": ("product_float16",),
        "zero-at-float16": ("zero_at_float16",),
        "bits": ("cross_entropy_bits",),
    },
    "sigmoid": {
        "log-stable": ("log_stable", 0),
        "loss-log-1": ("loss_log_1", 0),
        "pair-2": ("pair_sigmoid", 0),
    },
    "softmax": {"total-1000": ("total_1000",), "jacobian-0-1": ("jacobian", 0, 1)},
    "overflow": {"loss": ("loss_naive",), "cell-bfloat16.fused": ("loss_bfloat16_fused",)},
    "gradient": {
        "pull-0": ("slopes", 0),
        "pull-fused-2": ("slopes_fused", 2),
        "loss": ("losses", 4),
    },
    "bugs": {"loss-broken": ("broken",)},
}


@pytest.mark.parametrize("page", PAGES)
def test_the_results_are_the_numbers_on_the_screen(page: str) -> None:
    last = 1 if page == FIRST_PAGE.page else len(ANSWERS.lessons[page].steps) or 1
    now = settings(logits=(2.5, 1.0, -0.3), target=1, step=4, cell="float32.naive", at=last)
    results = exported(page, now).results
    shown = dict(readouts(page, now))
    for readout, (name, *place) in SHOWN[page].items():
        value = float(results[name][tuple(place)])
        assert shown[readout] == pytest.approx(value, rel=1e-6), (page, readout)


def readouts(page: str, now: Settings) -> Iterator[tuple[str, float]]:
    """Yield what stands on a page at the settings, by the names of the readouts."""
    instruments, columns = built(page, now)
    for instrument in instruments:
        s, k = committed(instrument)
        for cell in cells_in(instrument):
            column = columns[cell.column.name]
            row = column[0, 0] if column.shape[:2] == (1, 1) else column[s, k]
            if cell.readout and not cell.words:
                yield cell.readout, float(np.ravel(row)[cell.item])


def cells_in(part: Any) -> Iterator[Any]:
    if isinstance(part, Cell):
        yield part
    elif hasattr(part, "__dataclass_fields__"):
        for name in part.__dataclass_fields__:
            yield from cells_in(getattr(part, name))
    elif isinstance(part, (list, tuple)):
        for child in part:
            yield from cells_in(child)


def test_names_of_strangers_stay_texts(tmp_path: Path) -> None:
    hostile = ('"""', "';import os", "# %%\\n<b>")
    now = settings(names=hostile)
    export = exported("pipeline", now)
    ((found, _),) = run_elsewhere([(["names", "loss_naive"], python_of(export))], tmp_path)
    assert found["names"][1] == (3,)
    cells = json.loads(KINDS["notebook"].write(export, SOURCE))["cells"]
    prose = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    assert not any(name in prose for name in hostile)
    assert not any(name.encode() in KINDS["csv"].write(export, SOURCE) for name in hostile)


def test_a_repair_that_nobody_has_seen_is_in_no_file() -> None:
    """Until the diagnosis nothing that is sent holds the repair, nor a name that tells it."""
    for name, bug in BUGS.items():
        names = {bug.broken.__name__, bug.repaired.__name__} - {"cross_entropy"}
        for link in (f"bug={name}&at=1", f"bug={name}&repaired=0"):
            for write in ANSWERS.files.values():
                body = write("bugs", link).body.decode(errors="replace")
                _, _, told = body.partition("What was set")  # the link names the case
                assert not any(f"def {word}" in told for word in names), name
                assert "\nrepaired," not in body, name
        seen = ANSWERS.files["python"]("bugs", f"bug={name}&repaired=0&seen={name}").body.decode()
        assert f"repaired = np.float64({bug.repaired.__name__}(" in seen


def test_a_file_depends_on_the_link_alone() -> None:
    link = ANSWERS.link("pipeline", settings(logits=(1.5, 2.5), names=("a", "b"), target=1))
    for kind, write in ANSWERS.files.items():
        answer = write("pipeline", link)
        assert answer.media_type == KINDS[kind].media_type
        assert answer == write("pipeline", link)
        assert answer.tag != write("pipeline", link + "&set=logits.0:9").tag
    now = ANSWERS.link("pipeline", ANSWERS.read("pipeline", link)[0])
    assert now.encode() in ANSWERS.files["python"]("pipeline", link).body
