// @ts-check
// Going from step to step by keys and by a swipe.

const BACK = new Set(["PageUp", "ArrowLeft", "ArrowUp"]);
const ON = new Set(["PageDown", "ArrowRight", "ArrowDown"]);
// What has a use of its own for these keys.
const OWN = "input, select, textarea, [role=tab], [role=slider], [contenteditable], pre, .ce-scroll";
const FAR = 60; // px of a swipe

/**
 * @param {string} key
 * @param {boolean} own whether what has the focus uses the key itself
 * @returns {number} by how many steps it goes on
 */
export function steps(key, own) {
  if (own) return 0;
  return ON.has(key) ? 1 : BACK.has(key) ? -1 : 0;
}

/**
 * @param {number} across in px
 * @param {number} down
 * @returns {number} by how many steps a swipe goes on
 */
export function swipe(across, down) {
  if (Math.abs(across) < FAR || Math.abs(across) < 2 * Math.abs(down)) return 0;
  return across < 0 ? 1 : -1;
}

/**
 * @param {HTMLElement} root
 * @param {(by: number) => void} go
 * @param {AbortSignal} signal
 */
export function listen(root, go, signal) {
  window.addEventListener(
    "keydown",
    (event) => {
      const { target, key, altKey, ctrlKey, metaKey, shiftKey, defaultPrevented } = event;
      if (altKey || ctrlKey || metaKey || shiftKey || defaultPrevented) return;
      const by = steps(key, target instanceof Element && target.matches(OWN));
      if (!by) return;
      event.preventDefault();
      go(by);
    },
    { signal },
  );
  /** @type {[x: number, y: number] | null} */
  let start = null;
  root.addEventListener(
    "touchstart",
    ({ target, touches }) => {
      const free = target instanceof Element && !target.closest("input, .ce-handle, .ce-scroll, .ce-tabs");
      start = free && touches.length === 1 ? [touches[0].clientX, touches[0].clientY] : null;
    },
    { signal, passive: true },
  );
  root.addEventListener(
    "touchend",
    ({ changedTouches: [touch] }) => {
      if (!start) return;
      const by = swipe(touch.clientX - start[0], touch.clientY - start[1]);
      start = null;
      if (by) go(by);
    },
    { signal, passive: true },
  );
}
