// @ts-check
// A finger on a slider: browsers set the slider where it touches, and scroll the page where it goes
// up or down. So nothing is set until the finger has gone across, or has left where it touched.

const SLIDES = 8; // px across until a finger is taken to move the slider

/**
 * @param {HTMLInputElement} range
 * @param {() => void} restore put the slider back where it stood
 * @returns {{decided: () => boolean, down: (event: PointerEvent, begin: () => void) => void}}
 */
export function sliding(range, restore) {
  let decided = true;
  return {
    decided: () => decided,
    down(event, begin) {
      if (event.pointerType !== "touch") {
        decided = true;
        begin();
        return;
      }
      decided = false;
      let wanted = range.value; // where the browser has put it
      const { clientX, clientY, pointerId } = event;
      const listening = new AbortController();
      const { signal } = listening;
      const take = () => {
        decided = true;
        range.value = wanted;
        begin();
      };
      range.addEventListener("input", () => (wanted = range.value), { signal, capture: true });
      window.addEventListener(
        "pointermove",
        (moved) => {
          if (moved.pointerId !== pointerId || decided) return;
          const [across, down] = [moved.clientX - clientX, moved.clientY - clientY].map(Math.abs);
          if (across > SLIDES && across > down) take();
        },
        { signal },
      );
      // Before the slider's own listeners, which take the finger's leaving as a release.
      const options = { signal, capture: true };
      window.addEventListener(
        "pointerup",
        () => {
          listening.abort();
          if (!decided) take();
        },
        options,
      );
      window.addEventListener(
        "pointercancel",
        () => {
          listening.abort();
          if (!decided) restore();
          decided = true;
        },
        options,
      );
    },
  };
}
