"""What tools print that look for inf and nan in a model, and what follows from it."""

from collections.abc import Callable
from typing import Final

from lab.reading.finding import Report
from lab.reading.operations import read_anomaly, read_debug_nans
from lab.reading.ranges import read_ranges

_READERS: Final[tuple[Callable[[str], Report | None], ...]] = (
    read_ranges,
    read_anomaly,
    read_debug_nans,
)


def read_report(text: str) -> Report | None:
    """Read what a tool printed that looks for inf and nan; None if the text is no report.

    Parameters
    ----------
    text : str
        What Hugging Face's DebugUnderflowOverflow prints, PyTorch's detect_anomaly, or JAX with
        jax_debug_nans or jax_debug_infs, with whatever stands around it in a terminal.

    Examples
    --------
    >>> report = read_report("FloatingPointError: invalid value (nan) encountered in div")
    >>> report.operation, report.value, report.link.query
    ('div', 'nan', {'logits': '89,0', 'format': 'float32'})
    """
    return next((report for read in _READERS if (report := read(text))), None)
