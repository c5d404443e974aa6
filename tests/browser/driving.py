"""Look at a page and work its controls, as a learner would."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Locator, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from lab.words import say

# What a page asks when an answer is late, as it may be on a busy machine.
SIGN_OF_LIFE = BackMsg(app_heartbeat=True).SerializeToString()
TOLD: WeakKeyDictionary[Page, list[str | bytes]] = WeakKeyDictionary()


def readout(page: Page, name: str) -> Locator:
    return page.locator(f'[data-readout="{name}"]')


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=f"{name} logit", exact=True)


def field(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=f"{name} logit, exact value", exact=True)


def bars(page: Page) -> list[str | None]:
    return page.locator(".ce-bar").evaluate_all("bars => bars.map(b => b.getAttribute('d'))")


def note_what_is_told(page: Page) -> None:
    """Note what the page tells the server and the address bar, from the next load on."""
    told = TOLD[page] = []

    def note(frame: str | bytes) -> None:
        if frame != SIGN_OF_LIFE:
            told.append(frame)

    def moved(frame: Frame) -> None:
        if frame == page.main_frame:
            told.append(frame.url)

    page.on("websocket", lambda socket: socket.on("framesent", note))
    page.on("framenavigated", moved)


def told_of(page: Page) -> list[str | bytes]:
    """Return a list that gets what the page tells its session, and its addresses, from now on."""
    at_rest(page)
    TOLD[page].clear()
    return TOLD[page]


def at_rest(page: Page) -> None:
    """Wait until all instruments stand still and the run of the page's script has ended."""
    expect(page.locator(".ce-live")).not_to_have_count(0)
    expect(page.locator(".ce-live[aria-busy]")).to_have_count(0)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    expect(page.locator("html[data-moves]")).to_have_count(0)


def drawn(page: Page) -> None:
    """Wait until no figure has been drawn anew, or elsewhere, in ten frames of the screen."""
    page.evaluate(
        """() => new Promise(done => {
            const now = () => [...document.querySelectorAll(".ce-plot svg, .ce-moving")];
            const boxes = nodes => JSON.stringify(nodes.map(node => node.getBoundingClientRect()));
            let [nodes, seen, same] = [[], "", 0];
            const look = () => {
                const found = now();
                const box = boxes(found);
                const stands = box === seen && found.every((node, i) => node === nodes[i]);
                [nodes, seen, same] = [found, box, stands ? same + 1 : 0];
                same < 10 ? requestAnimationFrame(look) : done();
            };
            look();
        })"""
    )


def stop_clock(page: Page) -> None:
    """Let time stand still in a page that has its own clock; `page.clock.run_for` lets it go on."""
    at_rest(page)
    page.clock.install()
    page.clock.pause_at("2030-01-01")


@dataclass(frozen=True)
class Box:
    """Where something is on the screen, in CSS pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """Return where to press."""
        return self.left + self.width / 2, self.top + self.height / 2


def box_of(target: Locator) -> Box:
    """Scroll to something and return where it is.

    In one step: a chart replaces its bars and points when it gets another size.
    """
    while True:
        found = target.evaluate("""node => {
            node.scrollIntoViewIfNeeded();
            const {left, top, width, height} = node.getBoundingClientRect();
            return node.isConnected && {left, top, width, height};
        }""")
        if found:
            return Box(**found)


def position(slider: Locator) -> float:
    return float(slider.get_attribute("aria-valuetext") or "nan")


def drag(page: Page, target: Locator, fractions: list[float]) -> None:
    """Press on a slider at the first fraction of its width, and move to the others."""
    box = box_of(target)
    y = box.middle[1]
    page.mouse.move(box.left + box.width * fractions[0], y)
    page.mouse.down()
    for fraction in fractions[1:]:
        page.mouse.move(box.left + box.width * fraction, y)


def violations(page: Page) -> list[str]:
    """Return the rules of accessibility that the page breaks when it has come to rest.

    Streamlit fades what a running script may yet replace.
    """
    page.wait_for_function("""() => document.querySelector("[data-test-script-state=notRunning]")
        && document.getAnimations().every(({playState}) => playState !== "running")""")
    # axe-core runs this rule by default only in versions later than that of the package.
    named = {"rules": {"label-content-name-mismatch": {"enabled": True}}}
    found = Axe().run(page, options=named).response["violations"]
    return [f"{v['id']}: {[n['target'] for n in v['nodes']]}" for v in found]


def darken(page: Page) -> None:
    """Change to the dark theme, and wait until it is drawn."""
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".stApp")).to_have_css("background-color", "rgb(20, 25, 31)")


def ask(page: Page) -> None:
    """Open the tab of the questions, the break and the way on, where there is one."""
    tab = page.get_by_role("tab", name=say("lesson.questions"), exact=True)
    at_rest(page)
    if tab.count():
        tab.focus()
        tab.press("Enter")
