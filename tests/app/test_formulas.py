"""The formulas that a text names are MathML that every browser reads."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from lab.formulas import FORMULAS

CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3}
TEXTS = {"mi", "mn", "mo", "mtext"}


def nodes(node: Any) -> Iterator[list[Any]]:
    yield node
    for child in node[1:]:
        if isinstance(child, list):
            yield from nodes(child)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_has_the_parts_that_its_tags_need(name: str) -> None:
    assert re.fullmatch(r"[a-z][\w-]*", name)  # what live/front/terms.js finds in a text
    assert FORMULAS[name][0] == "math"
    for tag, *parts in nodes(FORMULAS[name]):
        assert tag in {"math", "mrow", *CHILDREN, *TEXTS}
        assert len(parts) == CHILDREN.get(tag, len(parts))
        assert all(isinstance(part, str) == (tag in TEXTS) for part in parts)
