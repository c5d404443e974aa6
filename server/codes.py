"""A link as a QR code, which a phone reads from a screen or from paper."""

import hashlib
import io
import re
from dataclasses import dataclass
from urllib.parse import unquote

import segno

from server.answers import UnanswerableError

# Characters. What stands on the screen has a link of 150, whose code is seen from the back row; a
# lesson that somebody has prepared takes up to 117 modules a side, which a phone reads near by.
LONGEST = 900
_QUIET = 4  # modules of white around it, which ISO/IEC 18004 asks for
_LINK = re.compile(r"https?://[!-~]+")


@dataclass(frozen=True)
class Code:
    """A code as the bytes of an SVG."""

    body: bytes
    tag: str
    media_type: str = "image/svg+xml"


def code(_page: str, query: str) -> Code:
    """Draw the link that a query holds as `text`, so that it is read with 15 % of it lost.

    Raises
    ------
    UnanswerableError
        If the query holds anything else, or a longer link.
    """
    name, _, text = query.partition("=")
    link = unquote(text)
    if name != "text" or len(link) > LONGEST or not _LINK.fullmatch(link):
        raise UnanswerableError(f"expected text=http…, of at most {LONGEST} characters")
    drawn = io.BytesIO()
    segno.make_qr(link, error="m").save(
        drawn,
        kind="svg",
        border=_QUIET,
        light="#fff",
        xmldecl=False,
        omitsize=True,  # as large as the page has it
        svgclass=None,
        lineclass=None,
    )
    # Smoothed, its rows would have hairlines between them.
    body = drawn.getvalue().replace(b"<svg ", b'<svg shape-rendering="crispEdges" ', 1)
    return Code(body, hashlib.blake2b(body, digest_size=12).hexdigest())
