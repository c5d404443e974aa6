"""Your own numbers: what becomes of logits that somebody brings, row by row."""

import numpy as np

from ce_core.formats import FORMATS
from ce_core.pipelines import run_all
from lab import pictures
from lab.lesson import Tool
from lab.reading.given import MOST_BYTES
from lab.words import say

_EVERYDAY = """cat\tdog\tbird\tlabel
2.0\t1.0\t0.1\t0
0.5\t2.5\t-1.0\t1
1.2\t0.3\t0.8\t2
-0.4\t0.1\t3.0\t2
"""
_HALF = """tensor([[12.5000,  3.2500, -1.0000],
        [ 2.0000, 11.5000,  0.5000],
        [ 1.0000,  0.5000,  2.0000],
        [-3.0000, 14.0000,  6.0000]], dtype=torch.float16)
"""
_WEIGHTED = """-100\t100
-100\t100
"""
# What each one says, and what it sets beside the numbers; all else is as it is at first.
_EXAMPLES = {
    "everyday": (_EVERYDAY, "", {}),
    "half": (_HALF, "0, 1, 2, 0", {"columns": "apart"}),
    "weighted": (_WEIGHTED, "0, 1", {"columns": "apart", "weight": "20, 10"}),
}

# The sentences that live/front/batch.js says, by the names that it has for them.
_WORDS = (
    *("lead", "box", "hint", "examples", "choose", "file", "too_large", "pasted"),
    *("remove", "back_to_before", "privacy", "kept", "not_kept"),
    *("table", "text", "cell", "class", "add_row", "remove_row", "no_table"),
    *("target", "targets", "targets_box", "targets_hint", "targets_auto", "targets_first"),
    *("targets_last", "targets_apart", "targets_none"),
    *("options", "option_format", "option_kind", "option_reduction", "option_weight"),
    *("option_ignore_index", "option_label_smoothing", "option_pos_weight", "format_auto"),
    *("kind_classes", "kind_binary", "reduction_mean", "reduction_sum", "reduction_none"),
    "each_class",
    *("read", "read_as", "empty_line", "may_table", "may_print", "may_file"),
    *("may_report", "reading", "rows_done", "stop", "stopped"),
    *("stopped_early", "earlier", "show_place", "show_line", "away", "refused", "broken"),
    *("tab_rows", "tab_spread", "tab_advice", "tab_take", "rows", "more", "open_row"),
    *("save_png", "save_svg"),
    *("take_hint", "take_csv", "take_npy", "take_py", "take_ipynb", "taking", "taken", "not_taken"),
)


def _picture() -> str:
    """Draw the losses of four rows in float16: a hollow bar to the end is one that is infinite."""
    logits = np.array([[2.0, 1.0, 0.1], [0.5, 2.5, -1.0], [12.5, 3.25, -1.0], [1.2, 0.3, 0.8]])
    runs = [run_all(row, 2, "float16", pipelines=("naive",))["naive"] for row in logits]
    losses = np.array([float(run.steps["loss"]) for run in runs])
    shares = np.minimum(losses / (1.5 * losses[np.isfinite(losses)].max()), 1.0)
    room = (pictures.HEIGHT - 16) / len(shares)
    return "".join(
        f'<rect x="10" y="{8 + room * (i + 0.2):.1f}" width="{140 * share:.1f}" '
        f'height="{0.6 * room:.1f}" '
        + ("/>" if share == 1 else 'fill="currentColor" stroke="none"/>')
        for i, share in enumerate(shares)
    )


def _given() -> dict[str, object]:
    return {
        "most": MOST_BYTES,
        "formats": list(FORMATS),
        "copy": say("live.copy"),
        "copied": say("live.copied"),
        "examples": [
            {
                "name": say(f"numbers.page_example_{key}"),
                "text": text,
                "targets": targets,
                "options": set_,
            }
            for key, (text, targets, set_) in _EXAMPLES.items()
        ],
    }


TOOL = Tool("numbers", _picture, "batch.js", _WORDS, _given)
