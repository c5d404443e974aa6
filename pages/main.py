"""The lessons in the order of the story, the tools, and the page that shows one of them."""

from lab.frame import show
from pages import (
    bugs,
    challenge,
    classroom,
    gradient,
    likelihood,
    numbers,
    overflow,
    pipeline,
    sigmoid,
    softmax,
    start,
    teach,
)

# Order, navigation, marks, parameters of a link, and answers follow from this list.
LESSONS = (
    start.LESSON,
    pipeline.LESSON,
    likelihood.LESSON,
    sigmoid.LESSON,
    softmax.LESSON,
    overflow.LESSON,
    gradient.LESSON,
    bugs.LESSON,
)
TOOLS = (numbers.TOOL, classroom.TOOL, teach.tool(LESSONS), challenge.tool(LESSONS))

if __name__ == "__main__":
    show(LESSONS, TOOLS)
