"""A report of a tool that looks for inf and nan, in the place of numbers."""

from urllib.parse import urlencode

from lab.batch.asked import Brought
from lab.reading import read_report

_LONGEST = 1 << 20  # bytes; a report of some thousand tensors has less
_TEXTS = ("", ".txt", ".log")  # what was pasted, and files


def report_in(brought: Brought) -> dict[str, object] | None:
    """Return what a report says, as its frame has it; None where there is none."""
    ending = brought.name[brought.name.rfind(".") :].lower() if brought.name else ""
    if len(brought.data) > _LONGEST or ending not in _TEXTS:
        return None
    report = read_report(brought.text())
    if report is None:
        return None
    link = report.link
    return {
        "title": report.title(),
        "text": [sentence.told() for sentence in report.text],
        "first": report.first.told(),
        "link": link and {"page": link.page, "query": urlencode(link.query), "label": link.label()},
    }
