"""One fuzzer, in a process that libFuzzer ends: `python -m tests.fuzz.guided MODULE [OPTIONS]`.

MODULE is `lab` or `core`, or one target of it: `core.losses`. The options are libFuzzer's:
https://llvm.org/docs/LibFuzzer.html#options
"""

import importlib
import logging
import sys
import traceback
import warnings


def main() -> None:
    """Fuzz until an option of libFuzzer says stop, or a target fails."""
    # It has wheels for some platforms only; tests/fuzz/test_fuzz.py says so where it has none.
    import atheris  # noqa: PLC0415

    # What counts as reached are the project's own branches, and none of NumPy or Streamlit.
    with atheris.instrument_imports(include=["ce_core", "lab", "live", "pages"]):
        name, _, single = sys.argv[1].partition(".")
        module = importlib.import_module(f"tests.fuzz.{name}")
        source_of = importlib.import_module("tests.fuzz.source").Source
    targets = (getattr(module, single),) if single else module.TARGETS
    warnings.simplefilter("error")
    logging.disable()  # Streamlit says of each call that it has no server here

    def once(data: bytes) -> None:
        source = source_of(atheris.FuzzedDataProvider(data))
        try:
            source.pick(targets)(source)
        except BaseException as error:
            report = traceback.TracebackException.from_exception(error, capture_locals=True)
            sys.stderr.write("".join(report.format()))
            raise

    atheris.Setup([sys.argv[0], *sys.argv[2:]], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
