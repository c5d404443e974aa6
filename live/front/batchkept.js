// @ts-check
// What the tab keeps of what was entered, for a reload. Anybody may have written into the storage,
// so all that is not of its form is left out.

import { storage } from "./kept.js";

/**
 * @typedef {object} Entered what stands in the form, as it was typed
 * @property {string} text
 * @property {string} targets
 * @property {Record<string, string>} options
 */

const KEY = "ce-numbers";
export const MOST = 200 * 1024; // characters

/**
 * @param {Entered} entered
 * @param {Pick<Storage, "setItem"> | null} [kept]
 * @returns {boolean} whether a reload finds it again
 */
export function keep(entered, kept = storage()) {
  const text = JSON.stringify(entered);
  try {
    kept?.setItem(KEY, text.length > MOST ? "" : text); // half of it would be worse than nothing
    return kept !== null && text.length <= MOST;
  } catch {
    return false; // full, or refused
  }
}

/**
 * @param {Pick<Storage, "getItem"> | null} [kept]
 * @returns {Entered}
 */
export function kept(kept = storage()) {
  /** @type {any} */
  let found = null;
  try {
    found = JSON.parse(kept?.getItem(KEY) || "null");
  } catch {
    // No JSON, or refused.
  }
  const text = (/** @type {unknown} */ value) => (typeof value === "string" ? value : "");
  const options = Object.entries(found?.options ?? {}).filter(([, value]) => typeof value === "string");
  return { text: text(found?.text), targets: text(found?.targets), options: Object.fromEntries(options) };
}
