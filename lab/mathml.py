"""Formulas for the player: MathML as plain lists, with numbers that follow the drag.

A node is [tag, child, ...]; a child is a text, a node, or a `Cell`. The browser makes elements of
it without reading any text as markup.
"""

from live.parts import Cell

Node = list["Node | Cell | str"]
Part = Node | Cell | str


def math(*parts: Part) -> Node:
    """Return a whole formula."""
    return ["math", row(*parts)]


def row(*parts: Part) -> Node:
    """Put parts beside each other; a text is a name, a number or a sign by its first letter."""
    return ["mrow", *[_part(part) for part in parts]]


def _part(part: Part) -> Node | Cell:
    if not isinstance(part, str):
        return part
    if part[0].isdigit():
        return ["mn", part]
    return ["mi", part] if part[0].isalpha() else ["mo", part]


def sub(base: Part, below: Part) -> Node:
    """Return a base with an index."""
    return ["msub", row(base), row(below)]


def sup(base: Part, above: Part) -> Node:
    """Return a base with an exponent."""
    return ["msup", row(base), row(above)]


def subsup(base: Part, below: Part, above: Part) -> Node:
    """Return a base with an index and an exponent."""
    return ["msubsup", row(base), row(below), row(above)]


def ln(argument: Part) -> Node:
    """Return the natural logarithm of something, at a distance."""
    return row(["mi", "ln\u00a0"], argument)


def frac(above: Part, below: Part) -> Node:
    """Return a fraction."""
    return ["mfrac", row(above), row(below)]
