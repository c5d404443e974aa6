"""Links as QR codes; tests/browser reads them off the screen."""

import re
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
import segno

from server.answers import UnanswerableError
from server.codes import LONGEST, code

LINK = "https://lab.example/gradient?at=2&logits=-12,34,-5"


def drawn(link: str) -> ET.Element:
    body = code("start", f"text={quote(link, safe='')}").body
    return ET.fromstring(body)  # noqa: S314


def test_a_link_is_dark_on_light_with_a_margin_and_nothing_else() -> None:
    root = drawn(LINK)
    size = segno.make_qr(LINK, error="m").symbol_size(border=4)[0]
    assert root.get("viewBox") == f"0 0 {size} {size}"
    ground, modules = root
    assert ground.tag == modules.tag == "{http://www.w3.org/2000/svg}path"
    assert (ground.get("fill"), ground.get("d")) == ("#fff", f"M0 0h{size}v{size}h-{size}z")
    assert modules.get("stroke") == "#000"
    assert modules.get("d", "").startswith("M4 4.5h7")


def test_another_link_is_another_code_and_the_same_one_the_same() -> None:
    first, again, other = (code("start", f"text={quote(LINK + end)}") for end in ("", "", "1"))
    assert first == again
    assert first.tag != other.tag
    assert first.body != other.body


def test_no_text_of_a_link_becomes_markup() -> None:
    assert len(drawn("https://lab.example/<script>alert(1)</script>")) == 2


@pytest.mark.parametrize(
    "query",
    [
        "",
        "text=",
        "text=javascript%3Aalert(1)",
        "text=ftp%3A%2F%2Flab.example",
        "text=https%3A%2F%2Flab.example%2Fa%20b",
        "text=https%3A%2F%2Flab.example%2F%0A",
        "text=https%3A%2F%2Flab.example%2F%C3%A9",
        "link=https%3A%2F%2Flab.example%2F",
        f"text=https%3A%2F%2F{'a' * (LONGEST - 7)}",
    ],
)
def test_what_is_no_link_or_too_long_has_no_code(query: str) -> None:
    with pytest.raises(UnanswerableError, match="expected text=http"):
        code("start", query)


def test_the_longest_link_has_a_code_and_the_page_asks_for_no_longer_one() -> None:
    assert len(drawn(f"https://{'a' * (LONGEST - 8)}")) == 2
    script = Path("live/front/sharing.js").read_text()
    assert re.findall(r"^export const LONGEST = (\d+);", script, re.MULTILINE) == [str(LONGEST)]
