// @ts-check
// The focus, across elements that are made anew.

/** @typedef {{instrument: number, name: string, otherwise: string}} Focus `otherwise`: where that is gone */

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
  const around = /** @type {HTMLElement | null} */ (node.closest("[data-otherwise]"));
  return { instrument, name: node.dataset.focus ?? "", otherwise: around?.dataset.otherwise ?? "" };
}

/**
 * @param {HTMLElement} root
 * @param {Focus | null} focus
 */
export function restore(root, focus) {
  if (!focus?.name) return;
  const within = instruments(root)[focus.instrument] ?? root;
  /** @type {NodeListOf<HTMLElement>} */
  const named = within.querySelectorAll("[data-focus]:not(:disabled)");
  const find = (/** @type {string} */ name) => [...named].find(({ dataset }) => dataset.focus === name);
  const node = find(focus.name) ?? find(focus.otherwise);
  if (node && node !== document.activeElement) node.focus();
}
