// @ts-check
// What the tab keeps of what was entered, for a reload. Anybody may have written into the storage,
// so all that is not of its form is left out.

import { read, storage, store } from "./stored.js";

/** @import {Stored} from "./stored.js" */
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
 * @param {Pick<Stored, "setItem"> | null} [kept]
 * @returns {boolean} whether a reload finds it again
 */
export function keep(entered, kept = storage()) {
  const text = JSON.stringify(entered);
  const long = text.length > MOST;
  return store(kept, KEY, long ? "" : text) && !long; // half of it would be worse than nothing
}

/**
 * @param {Pick<Stored, "getItem"> | null} [kept]
 * @returns {Entered}
 */
export function kept(kept = storage()) {
  const found = read(kept, KEY);
  const text = (/** @type {unknown} */ value) => (typeof value === "string" ? value : "");
  const options = Object.entries(found?.options ?? {}).filter(([, value]) => typeof value === "string");
  return { text: text(found?.text), targets: text(found?.targets), options: Object.fromEntries(options) };
}
