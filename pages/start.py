"""The first page: what this is, the pipeline live, and the way to the lessons."""

from lab.lesson import Lesson
from lab.pipeline import PRESET, open_scenario, summary

LESSON = Lesson(
    page="start",
    parameters=(),
    picture=str,
    build=summary,
    acts={PRESET: open_scenario},
)
