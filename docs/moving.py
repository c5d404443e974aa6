"""Take the moving picture that the README opens with: `python -m docs.moving`.

It is an animated PNG, which browsers and GitHub show: the frames are screenshots of the app, whose
clock stands still between them.
"""

import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.serving import chromium, serve

TARGET = Path(__file__).parent / "subtraction.png"
SIZE = {"width": 1000, "height": 720}
STEP = 50  # ms between the frames of a tween
TWEEN = 400  # ms
HEAD = b"\x89PNG\r\n\x1a\n"


def frames(page: Page, url: str) -> Iterator[tuple[bytes, int]]:
    """Yield screenshots, and for how many ms each is seen."""
    page.goto(f"{url}/?at=1", wait_until="networkidle")
    page.locator("[data-step='1']").wait_for()
    page.evaluate("document.fonts.ready")
    page.clock.install()
    yield page.screenshot(), 1200
    page.get_by_role("slider").first.focus()
    for press in range(31):  # from 9 to 12.1: over the cliff
        page.keyboard.press("ArrowUp")
        page.clock.run_for(20)
        if press % 4 == 0 or press > 26:
            yield page.screenshot(), 60 if press < 30 else 1800
    page.clock.resume()
    page.get_by_role("button", name="Subtract", exact=True).click()
    page.locator("[data-step='3']").wait_for()
    page.wait_for_load_state("networkidle")
    page.clock.install()
    yield page.screenshot(), 1200
    page.get_by_role("switch").click()
    for _ in range(TWEEN // STEP):
        page.clock.run_for(STEP)
        yield page.screenshot(), STEP
    page.clock.run_for(200)
    yield page.screenshot(), 3500


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the data of each chunk."""
    at = len(HEAD)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def chunk(kind: bytes, data: bytes) -> bytes:
    """Write one chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def animated(pictures: list[tuple[bytes, int]]) -> bytes:
    """Join PNGs of one size and colour type to an animated one, as the third edition of PNG has it."""
    parts = [dict_of(png) for png, _ in pictures]
    head = parts[0][b"IHDR"]
    out = [HEAD, chunk(b"IHDR", head), chunk(b"acTL", struct.pack(">II", len(pictures), 0))]
    number = 0
    for i, ((_, shown), part) in enumerate(zip(pictures, parts, strict=True)):
        control = struct.pack(">I", number) + head[:8]
        control += struct.pack(">IIHHBB", 0, 0, shown, 1000, 0, 0)
        out.append(chunk(b"fcTL", control))
        number += 1
        if i == 0:
            out.append(chunk(b"IDAT", part[b"IDAT"]))
        else:
            out.append(chunk(b"fdAT", struct.pack(">I", number) + part[b"IDAT"]))
            number += 1
    return b"".join([*out, chunk(b"IEND", b"")])


def dict_of(png: bytes) -> dict[bytes, bytes]:
    """Return the chunks of a PNG by kind, those of one kind joined."""
    found: dict[bytes, bytes] = {}
    for kind, data in chunks(png):
        found[kind] = found.get(kind, b"") + data
    return found


def main() -> None:
    """Play the subtraction, and write it down."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder) / "log.txt") as app,
        sync_playwright() as playwright,
        playwright.chromium.launch(**chromium()) as browser,
    ):
        page = browser.new_page(viewport=SIZE)
        TARGET.write_bytes(animated(list(frames(page, app.url))))


if __name__ == "__main__":
    main()
