"""Look at a page and work its controls, as a learner would."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

# What a page asks when an answer is late, as it may be on a busy machine.
SIGN_OF_LIFE = BackMsg(app_heartbeat=True).SerializeToString()


def readout(page: Page, name: str) -> Locator:
    return page.locator(f'[data-readout="{name}"]')


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=f"{name} logit", exact=True)


def field(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=f"{name} logit, exact value", exact=True)


def bars(page: Page) -> list[str | None]:
    return page.locator(".ce-bar").evaluate_all("bars => bars.map(b => b.getAttribute('d'))")


def frames_sent(page: Page) -> list[str | bytes]:
    """Count what the page tells the server, from the next load on."""
    sent: list[str | bytes] = []

    def note(frame: str | bytes) -> None:
        if frame != SIGN_OF_LIFE:
            sent.append(frame)

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", note)

    page.on("websocket", listen)
    page.reload()
    expect(page.locator(".ce-bar, .ce-point, .ce-line").first).to_be_attached()
    # The script run that a load starts has ended when the page says so.
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    sent.clear()
    return sent


def position(slider: Locator) -> float:
    return float(slider.get_attribute("aria-valuetext") or "nan")


def drag(page: Page, target: Locator, fractions: list[float]) -> None:
    """Press on a slider at the first fraction of its width, and move to the others."""
    box = target.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * fractions[0], y)
    page.mouse.down()
    for fraction in fractions[1:]:
        page.mouse.move(box["x"] + box["width"] * fraction, y)


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {[n['target'] for n in v['nodes']]}" for v in found]
