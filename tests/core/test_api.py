"""What `import ce_core` offers and costs: names, signatures, modules, memory."""

import inspect
import subprocess
import sys
import tracemalloc
from itertools import product

import numpy as np
import pytest

import ce_core
from ce_core import activations, formats, losses, naive

WITHOUT_A_TEXTBOOK_FORM = {"one_hot", "softmax_jacobian"}


def functions_of(module: object) -> set[str]:
    """Return the public functions that a module, or a module inside a package, defines itself."""
    return {
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and f"{value.__module__}.".startswith(f"{module.__name__}.")
        and not name.startswith("_")
    }


def test_all_names_every_function_of_the_stable_modules() -> None:
    assert functions_of(activations) | functions_of(losses) <= set(ce_core.__all__)
    assert {"FORMATS", "FloatFormat", "naive", "likelihood"} <= set(ce_core.__all__)
    assert len(ce_core.__all__) == len(set(ce_core.__all__))
    assert ce_core.FORMATS is formats.FORMATS


@pytest.mark.parametrize("module", [ce_core.naive, ce_core.likelihood], ids=lambda m: m.__name__)
def test_all_of_a_submodule_is_what_it_defines(module: object) -> None:
    assert set(module.__all__) == functions_of(module)


def test_a_naive_function_has_the_signature_of_its_stable_one(subtests: pytest.Subtests) -> None:
    for name in sorted(functions_of(activations) | functions_of(losses)):
        with subtests.test(name=name):
            if name in WITHOUT_A_TEXTBOOK_FORM:
                assert not hasattr(naive, name)
            else:
                stable = inspect.signature(getattr(ce_core, name))
                # There is no more accurate way to compute a formula as it is written.
                kept = [p for p in stable.parameters.values() if p.name != "accurate"]
                assert inspect.signature(getattr(naive, name)) == stable.replace(parameters=kept)


def test_every_function_says_where_it_comes_from_and_shows_an_example(
    subtests: pytest.Subtests,
) -> None:
    for function in [
        getattr(module, name)
        for module in (activations, losses, naive, ce_core.likelihood)
        for name in sorted(functions_of(module))
    ]:
        with subtests.test(function=function.__name__):
            text = inspect.getdoc(function)
            assert text is not None
            assert "Examples\n--------\n>>>" in text
            if function.__module__ != naive.__name__:  # there they are those of the stable ones
                assert "Raises\n------" in text
                assert "Returns\n-------" in text


def test_importing_the_core_loads_nothing_but_numpy_and_ml_dtypes() -> None:
    code = (
        "import sys, numpy, ml_dtypes; before = set(sys.modules); import ce_core;"
        "print(*{m.split('.')[0] for m in set(sys.modules) - before})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) - set(sys.stdlib_module_names) <= {"ce_core", "numpy"}


def test_one_temporary_of_the_inputs_size_at_most(subtests: pytest.Subtests) -> None:
    for function, dtype, shape in product(
        ["logsumexp", "softmax", "log_softmax"], [np.float32, np.float64], [(400_000,), (4000, 100)]
    ):
        with subtests.test(function=function, dtype=dtype, shape=shape):
            f = getattr(ce_core, function)
            logits = np.random.default_rng(0).normal(size=shape).astype(dtype)
            f(logits)  # what only the first call imports or caches is not counted
            tracemalloc.start()
            result = f(logits)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            # The largest logit, its index, the sum; and NumPy converts in pieces.
            beside = 0.2 * logits.nbytes
            # The exponentials that a logsumexp adds are in float64.
            temporary = 8 * logits.size if function == "logsumexp" else logits.nbytes
            assert peak <= result.nbytes + temporary + beside
