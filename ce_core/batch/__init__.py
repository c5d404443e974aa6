"""A batch of one's own: the loss of each row in a format, and the options of PyTorch's losses."""

from ce_core.batch.account import BROKEN_IN, Batch
from ce_core.batch.magnitudes import Magnitudes
from ce_core.batch.options import Options
from ce_core.batch.rows import Rows
from ce_core.batch.slopes import slopes

__all__ = ["BROKEN_IN", "Batch", "Magnitudes", "Options", "Rows", "slopes"]
