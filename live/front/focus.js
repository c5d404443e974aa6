// @ts-check
// The focus, across elements that are made anew.

/** @typedef {{instrument: number, name: string}} Focus */

/** @param {HTMLElement} root */
const instruments = (root) => [...root.querySelectorAll(".ce-live")];

/**
 * @param {HTMLElement} root
 * @returns {Focus | null}
 */
export function remember(root) {
  const node = document.activeElement;
  if (!(node instanceof HTMLElement) || !root.contains(node)) return null;
  const instrument = instruments(root).findIndex((other) => other.contains(node));
  return { instrument, name: node.dataset.focus ?? "" };
}

/**
 * @param {HTMLElement} root
 * @param {Focus | null} focus
 */
export function restore(root, focus) {
  if (!focus?.name) return;
  const within = instruments(root)[focus.instrument] ?? root;
  const named = [...within.querySelectorAll("[data-focus]")];
  const node = named.find((other) => /** @type {HTMLElement} */ (other).dataset.focus === focus.name);
  if (node instanceof HTMLElement && node !== document.activeElement) node.focus();
}
