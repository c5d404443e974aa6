"""Reading whatever holds numbers: a text, a file, a report; and saying why where it cannot be."""

from lab.reading.error import UnreadableError
from lab.reading.file import read_file
from lab.reading.finding import Link, Range, Report
from lab.reading.given import Given, Note
from lab.reading.number import read_one
from lab.reading.report import read_report
from lab.reading.targets import read_targets
from lab.reading.text import read_many, read_text

__all__ = [
    "Given",
    "Link",
    "Note",
    "Range",
    "Report",
    "UnreadableError",
    "read_file",
    "read_many",
    "read_one",
    "read_report",
    "read_targets",
    "read_text",
]
