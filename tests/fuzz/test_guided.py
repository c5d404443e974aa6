"""The fuzzers, guided by the branches that they reach: half a minute in all."""

import importlib.util

import pytest

from tests.fuzz import run


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="atheris has wheels for Python 3.11 to 3.13 on x86-64 Linux only",
)
@pytest.mark.parametrize("module", run.MODULES)
def test_nothing_that_arrives_breaks_a_promise(module: str) -> None:
    result = run.fuzz(module, 14, "-seed=1")
    assert not result.failed, result.report
    # It was guided: some inputs were kept because they reached what none had reached before.
    assert result.discoveries > 0, result.report
