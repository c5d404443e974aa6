// @ts-check
// The style sheet, which the document takes once.

import { make } from "./dom.js";

/** @type {Map<string, Promise<void>>} */
const taken = new Map();

/**
 * @param {string} href
 * @returns {Promise<void>} when it stands, or cannot be had: plain, the page works as well
 */
export function styled(href) {
  const known = taken.get(href);
  if (known) return known;
  /** @type {Promise<void>} */
  const loading = new Promise((resolve) => {
    const link = make("link", { rel: "stylesheet", href });
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => {
      taken.delete(href);
      link.remove();
      resolve();
    });
    document.head.append(link);
  });
  taken.set(href, loading);
  return loading;
}
